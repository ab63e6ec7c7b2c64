"""Linear programs of the brute force of :mod:`tests.oracle`: columns, rows, SciPy's answer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog

FEASIBLE = 1e-9
"""Greatest excess of a row without columns that still counts as kept."""


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
    """Columns, each at least zero or free, and rows, each to be at most zero."""

    def __init__(self) -> None:
        self.free: list[bool] = []
        self.rows: list[Linear] = []

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

    def least(self, goal: Linear) -> tuple[float, np.ndarray] | None:
        """The least value of a goal and where it is, or None where no columns keep the rows."""
        if self.width == 0:
            kept = all(r.constant <= FEASIBLE for r in self.rows)
            return (goal.constant, np.zeros(0)) if kept else None
        left = np.array([padded(row.slope, self.width) for row in self.rows])
        right = np.array([-row.constant for row in self.rows])
        size = np.maximum(np.abs(left).max(axis=1), 1e-12)
        found = linprog(
            padded(goal.slope, self.width),
            A_ub=left / size[:, None],
            b_ub=right / size,
            bounds=[(None if free else 0.0, None) for free in self.free],
            method="highs",
        )
        assert found.status in (0, 2), found.message
        return (goal.at(found.x), found.x) if found.status == 0 else None
