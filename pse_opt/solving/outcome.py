"""What a solve is asked for, and what it says: when to stop, progress, outcome."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

from pse_opt.solving.cuts import Points

__all__ = [
    "PROVEN",
    "Options",
    "Outcome",
    "Progress",
    "Status",
    "Termination",
    "relative_gap",
    "status_of",
]

Floats = npt.NDArray[np.float64]
Status = Literal["optimal", "within_gap", "feasible", "infeasible", "unbounded", "no_plan"]
Termination = Literal["gap_reached", "time_limit", "interrupted", "infeasible", "error"]

PROVEN = 1e-6
"""Relative gap at which an objective counts as proven optimal."""


@dataclass(frozen=True)
class Options:
    """When to stop: relative gap, seconds, threads (0: the solver's choice), seed."""

    gap: float = 1e-3
    time_limit: float = 60.0
    threads: int = 0
    seed: int = 0


@dataclass(frozen=True)
class Progress:
    """A moment of a solve; unknown numbers are None."""

    seconds: float
    objective: float | None
    bound: float | None
    gap: float | None


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a solve found, and why it stopped.

    Attributes
    ----------
    status, termination : str
        What is held, and why it stopped.
    values : ndarray or None, shape (columns,)
        The incumbent, integers whole.
    objective, bound, gap : float or None
        In the model's own units; the bound is the mixed-integer one.
    row_dual : ndarray or None, shape (rows,)
        Duals of the linear program with the integers fixed.
    seconds : float
        Time in the solver.
    rounds, cuts : int
        Linear programs that added rows of convex rules, and the rows they added.
    points : mapping
        Where those rows were taken, for solves of models close to this one.
    """

    status: Status
    termination: Termination
    values: Floats | None
    objective: float | None
    bound: float | None
    gap: float | None
    row_dual: Floats | None
    seconds: float
    rounds: int = 0
    cuts: int = 0
    points: Points = field(default_factory=dict, repr=False)


def relative_gap(objective: float | None, bound: float | None) -> float | None:
    """Return |objective - bound| / max(|objective|, 1e-9), or None."""
    if objective is None or bound is None:
        return None
    if objective == bound:  # also where both are infinite
        return 0.0
    return abs(objective - bound) / max(abs(objective), 1e-9)


def status_of(gap: float | None, wanted: float) -> Status:
    """Return what an incumbent with this gap is, when that one was asked for."""
    if gap is not None and gap <= PROVEN:
        return "optimal"
    return "within_gap" if gap is not None and gap <= wanted * (1 + 1e-9) else "feasible"
