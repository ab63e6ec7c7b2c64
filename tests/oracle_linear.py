"""Linear programs of the brute force of :mod:`tests.oracle`: columns, rows, SciPy's answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.optimize import linprog

FEASIBLE = 1e-9
"""Greatest excess of a row without columns that still counts as kept."""
PRECISE = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}
TRIES = (("highs", PRECISE), ("highs", {}), ("highs", {"presolve": False}), ("highs-ipm", {}))
"""How programs are solved: precisely, else, where the solver does not end so, as it can."""
NOTHING = 1e-12
"""Coefficients up to which a row is of no column."""
MISSED = 1e-8
"""What rows must be missed by, where solvers cannot tell, for them to be incompatible."""
ROUNDS, PATIENCE = 400, 100
"""Rounds of cuts; a few dozen are enough for nearly all programs."""
KEPT, LOOSELY_KEPT = 1e-9, 5e-7
"""Excess of a smooth bound that counts as kept, and that which does after many rounds."""


class Smooth(Protocol):
    """A convex bound that is kept by cuts."""

    def cuts(self, columns: np.ndarray, kept: float) -> list[Linear]:
        """Rows that are to be at most zero and are not yet; none where it is nearly kept."""


@dataclass(frozen=True)
class Linear:
    """A linear function of the columns: coefficients (those left out are zero) and a constant."""

    slope: np.ndarray
    constant: float = 0.0

    def __add__(self, other: Linear) -> Linear:
        width = max(len(self.slope), len(other.slope))
        slope = padded(self.slope, width) + padded(other.slope, width)
        return Linear(slope, self.constant + other.constant)

    def __mul__(self, factor: float) -> Linear:
        return Linear(self.slope * factor, self.constant * factor)

    def __sub__(self, other: Linear) -> Linear:
        return self + other * -1.0

    def at(self, columns: np.ndarray) -> float:
        """The value where the columns have these values."""
        return float(padded(self.slope, len(columns)) @ columns) + self.constant


def padded(slope: np.ndarray, width: int) -> np.ndarray:
    return np.concatenate([slope, np.zeros(width - len(slope))])


class Program:
    """Columns, each at least zero or free, rows, each to be at most zero, and smooth bounds."""

    def __init__(self) -> None:
        self.free: list[bool] = []
        self.rows: list[Linear] = []
        self.smooth: list[Smooth] = []

    @property
    def width(self) -> int:
        return len(self.free)

    def column(self, *, free: bool = False) -> Linear:
        """A new column."""
        self.free.append(free)
        slope = np.zeros(self.width)
        slope[-1] = 1.0
        return Linear(slope)

    def constant(self, value: float) -> Linear:
        return Linear(np.zeros(self.width), value)

    def at_most(self, left: Linear, right: Linear | float) -> None:
        other = right if isinstance(right, Linear) else self.constant(right)
        self.rows.append(left - other)

    @contextmanager
    def trial(self) -> Iterator[None]:
        """What is added inside is taken away again."""
        before = len(self.free), len(self.rows), len(self.smooth)
        yield
        del self.free[before[0] :], self.rows[before[1] :], self.smooth[before[2] :]

    def least(self, goal: Linear) -> tuple[float, np.ndarray] | None:
        """The least value of a goal and where it is, or None where no columns keep the rules."""
        for number in range(ROUNDS):
            found = self.outer(goal)
            if found is None:
                return None
            # Where many plans cost the same the cuts only ever shift from one to the next.
            kept = KEPT if number < PATIENCE else LOOSELY_KEPT
            cuts = [cut for bound in self.smooth for cut in bound.cuts(found[1], kept)]
            if not cuts:
                return found
            self.rows += cuts
        raise AssertionError("the cuts do not come to an end")

    def outer(self, goal: Linear) -> tuple[float, np.ndarray] | None:
        """The same, with smooth bounds kept only as far as the cuts so far do."""
        if self.width == 0:
            kept = all(r.constant <= FEASIBLE for r in self.rows)
            return (goal.constant, np.zeros(0)) if kept else None
        left = np.array([padded(row.slope, self.width) for row in self.rows])
        right = np.array([-row.constant for row in self.rows])
        size = np.abs(left).max(axis=1)
        size[size < NOTHING] = 1.0
        for method, options in TRIES:
            found = linprog(
                padded(goal.slope, self.width),
                A_ub=left / size[:, None],
                b_ub=right / size,
                bounds=[(None if free else 0.0, None) for free in self.free],
                method=method,
                options=options,
            )
            if found.status in (0, 2):
                break
        if (
            found.status not in (0, 2)
            and _missed_by(left / size[:, None], right / size, self.free) > MISSED
        ):
            return None
        assert found.status in (0, 2), found.message
        return (goal.at(found.x), found.x) if found.status == 0 else None


def _missed_by(left: np.ndarray, right: np.ndarray, free: list[bool]) -> float:
    """The least greatest excess of all rows."""
    count, width = left.shape
    found = linprog(
        np.append(np.zeros(width), 1.0),
        A_ub=np.column_stack([left, -np.ones(count)]),
        b_ub=right,
        bounds=[*((None if f else 0.0, None) for f in free), (0.0, None)],
    )
    return float(found.fun) if found.status == 0 else 0.0
