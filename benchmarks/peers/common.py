"""What every peer does: read the problem, say what was found.

A peer receives on stdin what is asked (model, number of sites, gap, time limit, threads, folder)
and finds the problem as arrays in ``problem.npz``; it writes one line of JSON to stdout. Importing
its packages counts as starting.
"""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np


@dataclass
class Problem:
    """A location problem: links by position of site and customer, and what is asked.

    ``cost`` is of all of a customer's demand; ``capacity`` is None where no site can be full.
    """

    model: str
    sites: int | None
    gap: float
    time_limit: float
    threads: int
    site: np.ndarray
    customer: np.ndarray
    cost: np.ndarray
    travel: np.ndarray
    demand: np.ndarray
    fixed_cost: np.ndarray
    capacity: np.ndarray | None
    seconds: dict[str, float]

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of sites and customers."""
        return len(self.fixed_cost), len(self.demand)

    def matrix(self, values: np.ndarray, missing: float = np.inf) -> np.ndarray:
        """Return values of links as an array of shape (customers, sites)."""
        sites, customers = self.shape
        found = np.full((customers, sites), missing)
        found[self.customer, self.site] = values
        return found


def ask() -> dict[str, Any]:
    """Read what is asked, with the seconds it took until now."""
    began = float(os.environ.get("PSE_OPT_BENCH_BEGAN", time.time()))
    return {**json.loads(sys.stdin.read()), "start": time.time() - began}


def read(models: tuple[str, ...], asked: dict[str, Any] | None = None) -> Problem:
    """Read the problem; end with a message where the peer has no such model."""
    asked = ask() if asked is None else asked
    if asked["model"] not in models:
        sys.exit(f"this peer solves {', '.join(models)}, not {asked['model']}")
    mark = time.perf_counter()
    with np.load(Path(asked["folder"]) / "problem.npz") as held:
        parts = {name: held[name] for name in held}
    full = parts["capacity"] >= parts["demand"].sum() * (1 - 1e-9)
    seconds = {"start": asked["start"], "read": time.perf_counter() - mark}
    return Problem(
        asked["model"],
        asked["sites"],
        asked["gap"],
        asked["time_limit"],
        asked["threads"],
        parts["site"],
        parts["customer"],
        parts["cost"],
        parts["travel"],
        parts["demand"],
        parts["fixed_cost"],
        None if full.all() else parts["capacity"],
        seconds,
    )


def nearest(problem: Problem, opened: list[int]) -> list[tuple[int, int, float]]:
    """Return who serves whom when every customer goes to the cheapest site that is open."""
    chosen = np.flatnonzero(np.isin(problem.site, opened))
    order = chosen[np.lexsort((problem.cost[chosen], problem.customer[chosen]))]
    customer, first = np.unique(problem.customer[order], return_index=True)
    site = problem.site[order[first]]
    return [(int(s), int(c), 1.0) for s, c in zip(site, customer, strict=True)]


def served(problem: Problem, shares: np.ndarray) -> list[tuple[int, int, float]]:
    """Return who serves whom from the shares of links."""
    used = np.flatnonzero(shares > 1e-9)
    triples = zip(problem.site[used], problem.customer[used], shares[used], strict=True)
    return [(int(s), int(c), float(x)) for s, c, x in triples]


def answer(
    problem: Problem,
    status: str,
    *,
    objective: float | None = None,
    bound: float | None = None,
    opened: Any = (),
    serves: list[tuple[int, int, float]] | None = None,
    remark: str = "",
) -> None:
    """Write what was found: status as the peer claims it, and the plan by position."""
    gap = None
    if objective is not None and bound is not None:
        gap = abs(objective - bound) / max(abs(objective), 1e-9)
    found: dict[str, Any] = {
        "status": status,
        "claimed": objective,
        "bound": bound,
        "gap": gap,
        "remark": remark,
    }
    if serves is not None:
        found["plan"] = {"opened": [int(k) for k in opened], "serves": serves}
    told(problem, found)


def told(problem: Any, found: dict[str, Any]) -> None:
    """Write what was found with the seconds it took."""
    sys.stdout.write(json.dumps({**found, "seconds": problem.seconds}) + "\n")


class Clock:
    """Seconds of a part, added up with the problem: ``with Clock(problem, "build"): ...``."""

    def __init__(self, problem: Problem, part: str) -> None:
        self.problem, self.part = problem, part

    def __enter__(self) -> None:
        self.mark = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        took = time.perf_counter() - self.mark
        self.problem.seconds[self.part] = self.problem.seconds.get(self.part, 0.0) + took


def left(problem: Problem) -> float:
    """Seconds of the time limit that building has left for solving, at least a moment."""
    return max(0.1, problem.time_limit - problem.seconds.get("build", 0.0))
