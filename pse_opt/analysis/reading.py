"""The folder that ``frontier`` or ``compare`` wrote, read again: all but the plans themselves."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from pse_opt.analysis.compare import Comparison
from pse_opt.analysis.entry import TODAY, Entry, Figures
from pse_opt.analysis.frontier_facts import Best
from pse_opt.analysis.frontier_points import Against, Point, Price
from pse_opt.analysis.frontier_result import Frontier
from pse_opt.analysis.savings import BreakEven, Trial
from pse_opt.analysis.varying import read_varied
from pse_opt.errors import InputError, Problem
from pse_opt.instance import Instance
from pse_opt.stored import policy_of

__all__ = ["kind_of", "read_analysis"]

KEYS = ("plan", "region", "group", "service")
"""Columns of ``levels.csv`` that hold words."""
Said = Mapping[str, Any]
Levels = Mapping[str, pd.DataFrame]


def kind_of(folder: Path) -> str | None:
    """Return ``frontier`` or ``compare``, by which of the two wrote the folder; None for neither.

    A folder that both wrote is told by the one that wrote last.
    """
    there = [p for k in ("frontier", "compare") if (p := folder / f"{k}.json").is_file()]
    return max(there, key=lambda path: path.stat().st_mtime).stem if there else None


def read_analysis(folder: Path, instance: Instance) -> Frontier | Comparison:
    """Read what ``frontier`` or ``compare`` wrote; the plans themselves are not kept there.

    Parameters
    ----------
    folder : Path
        The folder.
    instance : Instance
        The instance it is of.

    Raises
    ------
    InputError
        The folder holds neither, is of another instance, or a file of it is missing or wrong.
    """
    kind = kind_of(folder)
    if kind is None:
        remedy = "name a folder that frontier or compare wrote"
        raise InputError([Problem(str(folder), "there is no frontier and no comparison", remedy)])
    try:
        said = json.loads((folder / f"{kind}.json").read_text(encoding="utf-8"))
        if said["instance"] != instance.name:
            message = f"it is of {said['instance']}, not of {instance.name}"
            remedy = f"name the instance {said['instance']}"
            raise InputError([Problem(str(folder), message, remedy)])
        levels = _levels(folder / "levels.csv")
        if kind == "frontier":
            return _frontier(said, instance, levels, folder)
        return _comparison(said, instance, levels)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        remedy = f"run {kind} again into this folder"
        message = f"cannot be read again ({type(error).__name__}: {error})"
        raise InputError([Problem(str(folder), message, remedy)]) from None


def _levels(path: Path) -> Levels:
    """Levels by the plan they are of."""
    kinds = dict.fromkeys(KEYS, str)
    table = pd.read_csv(path, dtype=kinds, keep_default_na=False, encoding="utf-8")
    table = table.astype({"demand": float, "coverage": float})
    return {str(name): rows.drop(columns="plan") for name, rows in table.groupby("plan")}


def _frontier(said: Said, instance: Instance, levels: Levels, folder: Path) -> Frontier:
    policy = policy_of(folder, None)
    against, best = said["against"], said["best"]
    return Frontier(
        instance,
        said["model"],
        said["vary"],
        said["quantity"],
        said["objective"] == "cost",
        tuple(_point(p, levels.get(str(k))) for k, p in enumerate(said["points"], start=1)),
        None if best is None else Best(**best),
        None if against is None else Against(**{k: _tuple(v) for k, v in against.items()}),
        tuple(said["reasons"]),
        tuple(said["notes"]),
        tuple(said["missing"]),
        said["solves"],
        said["resumed"],
        said["seconds"],
        read_varied(said["vary"], policy, instance),
        policy,
    )


def _point(said: Said, levels: pd.DataFrame | None) -> Point:
    ends = [said[k] for k in ("price", "price_least", "price_most")]
    price = None if None in ends else Price(*ends)
    left = ("price", "plan", "levels")
    known = {k: said[k] for k in Point.__dataclass_fields__ if k not in left}
    if known["objective"] is not None and known["value"] is None:
        known["value"] = math.inf  # a ratio where somebody gets nothing; JSON knows no infinity
    return Point(**known, price=price, levels=levels)


def _comparison(said: Said, instance: Instance, levels: Levels) -> Comparison:
    today, without, searched = said["today"], said["without"], said["break_even"]
    now = None if today is None else _figures(today, levels.get(TODAY))
    return Comparison(
        instance,
        tuple(_entry(e, levels.get(e["model"]), now) for e in said["entries"]),
        {v: tuple(_entry(e) for e in some["entries"]) for v, some in said["variants"].items()},
        said["mixed"],
        None if without is None else _entry(without),
        None if searched is None else _break_even(searched),
        {m: tuple(rules) for m, rules in said["rules_that_differ"].items()},
        tuple(said["missing"]),
    )


def _entry(said: Said, levels: pd.DataFrame | None = None, today: Figures | None = None) -> Entry:
    figures = None if said["figures"] is None else _figures(said["figures"], levels)
    left = ("figures", "today")
    known = {k: _tuple(said[k]) for k in Entry.__dataclass_fields__ if k not in left}
    return Entry(**known, figures=figures, today=today)


def _figures(said: Said, levels: pd.DataFrame | None) -> Figures:
    left = ("flows", "levels")
    known = {k: said[k] for k in Figures.__dataclass_fields__ if k not in left}
    flows = pd.DataFrame(said["flows"], columns=["payer", "receiver", "amount"])
    empty = pd.DataFrame([], columns=[*KEYS[1:], "demand", "coverage"])
    return Figures(**known, flows=flows, levels=empty if levels is None else levels)


def _break_even(said: Said) -> BreakEven:
    high = math.inf if said["high"] is None else said["high"]
    trials = tuple(Trial(**t) for t in said["trials"])
    return BreakEven(said["low"], high, said["left"], said["ratio"], trials)


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
