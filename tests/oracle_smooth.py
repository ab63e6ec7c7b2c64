"""Smooth measures of inequality for the brute force: cuts where they touch the bound.

The plans that keep such a bound are a convex set. A linear program without it is solved; where its
answer breaks the bound, it is moved towards equal levels until it just keeps it, and the tangent
plane of the set there is added as a row. This is repeated until nothing is broken.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from scipy.optimize import brentq

from tests import oracle_formulas as formulas
from tests.oracle_linear import KEPT, Linear

NEAR_ZERO = 1e-12
"""Levels over the mean below this have no tangent of their own."""
Shape = Callable[[float], tuple[float, float]]


def total(terms: Sequence[Linear], weights: Sequence[float]) -> Linear:
    found = Linear(np.zeros(0))
    for term, weight in zip(terms, weights, strict=True):
        found += term * float(weight)
    return found


def counted(block: Any) -> list[int]:
    """Positions of those of a block who count for somebody; all where nobody is counted."""
    return [k for k, w in enumerate(block.people) if w > 0 or not any(block.people)]


class Curve:
    """A bound on a relative measure that is smooth.

    Each such measure says that the mean over people of a convex function of their level over the
    mean level is bounded. Every entity therefore has a column above the tangents of that function;
    and where that is not enough, the plane that touches the set of levels that keep the bound.
    With a column for the excess the mean may be greater by that (over the mean level).
    """

    def __init__(self, plans: Any, block: Any, bound: float, excess: Linear | None = None) -> None:
        self.entry, self.bound, self.excess = block.entry, bound, excess
        members = counted(block)
        self.levels = [block.levels[k] for k in members]
        self.people = [block.people[k] for k in members]
        self.p = np.array(formulas.shares(self.people))
        self.mean = total(self.levels, self.p)
        self.heights = [plans.column(free=True) for _ in members]
        self.shape, self.allowed = SHAPES[self.entry["measure"]](self.entry, bound)
        more = plans.constant(0.0) if excess is None else excess
        plans.at_most(total(self.heights, self.p) - self.mean * self.allowed, more)
        for height, level in zip(self.heights, self.levels, strict=True):
            for r in (0.25, 0.5, 1.0, 2.0):
                plans.at_most(self._tangent(level, r), height)

    def _tangent(self, level: Linear, r: float) -> Linear:
        value, slope = self.shape(r)
        return level * slope + self.mean * (value - r * slope)

    def value(self, u: np.ndarray) -> float:
        return formulas.value(self.entry, list(u), list(self.people), None)

    def cuts(self, columns: np.ndarray, kept: float = KEPT) -> list[Linear]:
        """Rows that are to be at most zero and are not yet; none where it is nearly kept."""
        u = np.array([max(level.at(columns), 0.0) for level in self.levels])
        within = self.value(u) <= self.bound + kept * max(1.0, self.bound)
        middle = float(self.p @ u)
        if (within and self.excess is None) or middle <= formulas.ZERO:
            return []
        tangents = [
            self._tangent(level, max(r, NEAR_ZERO)) - height
            for r, level, height in zip(u / middle, self.levels, self.heights, strict=True)
        ]
        rows = [t for t in tangents if t.at(columns) > 1e-11 * middle]
        near = np.maximum(u, NEAR_ZERO * middle)
        if self.excess is not None or self.value(near) <= self.bound:
            return rows
        return [self._touching(near, float(self.p @ near)), *rows]

    def attained(self, columns: np.ndarray) -> float:
        """The excess that there truly is, times the mean level."""
        u = np.array([max(level.at(columns), 0.0) for level in self.levels])
        middle = float(self.p @ u)
        if middle <= formulas.ZERO:
            return 0.0
        heights = [self.shape(max(r, NEAR_ZERO))[0] for r in u / middle]
        return middle * (float(self.p @ heights) - self.allowed)

    def _touching(self, u: np.ndarray, middle: float) -> Linear:
        equal = np.full(len(u), middle)

        def excess(towards: float) -> float:
            return min(self.value(u + towards * (equal - u)), 1e6) - self.bound

        at = u + brentq(excess, 0.0, 1.0, xtol=1e-15) * (equal - u)
        slope = GRADIENTS[self.entry["measure"]](at, self.p, float(self.p @ at), self.entry)
        # The measure does not change with the unit of the level, so the plane contains zero.
        return total(self.levels, slope / np.abs(slope).max())


def _theil_shape(_: Any, bound: float) -> tuple[Shape, float]:
    return lambda r: (r * math.log(r), math.log(r) + 1), bound


def _log_shape(_: Any, bound: float) -> tuple[Shape, float]:
    return lambda r: (-math.log(r), -1 / r), bound


def _square_shape(_: Any, bound: float) -> tuple[Shape, float]:
    return lambda r: ((r - 1) ** 2, 2 * (r - 1)), bound**2


def _atkinson_shape(entry: Any, bound: float) -> tuple[Shape, float]:
    power = 1 - entry.get("aversion", 0.5)
    if power == 0:
        return _log_shape(entry, -math.log(1 - bound))
    sign = -1.0 if power > 0 else 1.0
    return lambda r: (sign * r**power, sign * power * r ** (power - 1)), sign * (1 - bound) ** power


SHAPES: Mapping[str, Callable[[Any, float], tuple[Shape, float]]] = {
    "theil": _theil_shape,
    "mean_log_deviation": _log_shape,
    "atkinson": _atkinson_shape,
    "coefficient_of_variation": _square_shape,
}
"""Value and slope of the convex function, and what its mean may be, over the mean level."""


def _theil(u: np.ndarray, p: np.ndarray, middle: float, _: Any) -> np.ndarray:
    logs = np.log(u / middle)
    return p * (logs - p @ (u / middle * logs)) / middle


def _mean_log_deviation(u: np.ndarray, p: np.ndarray, middle: float, _: Any) -> np.ndarray:
    return p * (1 / middle - 1 / u)


def _atkinson(u: np.ndarray, p: np.ndarray, middle: float, entry: Any) -> np.ndarray:
    aversion = entry.get("aversion", 0.5)
    r = u / middle
    if aversion == 1:
        equal = math.exp(p @ np.log(r))
    else:
        equal = float(p @ r ** (1 - aversion)) ** (1 / (1 - aversion))
    return p * (equal - equal**aversion * r**-aversion) / middle


def _coefficient_of_variation(u: np.ndarray, p: np.ndarray, middle: float, _: Any) -> np.ndarray:
    deviation = math.sqrt(p @ (u - middle) ** 2)
    return p * ((u - middle) / deviation - deviation / middle) / middle


GRADIENTS: Mapping[str, Callable[..., np.ndarray]] = {
    "theil": _theil,
    "mean_log_deviation": _mean_log_deviation,
    "atkinson": _atkinson,
    "coefficient_of_variation": _coefficient_of_variation,
}


class Equivalent:
    """A bound on the equally distributed equivalent of Kolm and Pollak, constant or a column.

    Of a benefit it is concave and at least the bound; of a burden it is convex and at most it.
    """

    def __init__(
        self,
        levels: Sequence[Linear],
        people: Sequence[float],
        kappa: float,
        bound: Linear,
        burden: bool,
    ) -> None:
        self.levels, self.p, self.kappa = levels, formulas.shares(people), kappa
        self.bound, self.sign = bound, 1.0 if burden else -1.0

    def cuts(self, columns: np.ndarray, kept: float = KEPT) -> list[Linear]:
        """Rows that are to be at most zero and are not yet; none where it is nearly kept."""
        u = np.array([level.at(columns) for level in self.levels])
        value = formulas.kolm_pollak(list(u), self.p, self.kappa, self.sign)
        scale = max(np.abs(u).max(), 1e-6)
        if self.sign * (value - self.bound.at(columns)) <= kept * scale:
            return []
        weights = self.p * np.exp(self.sign * self.kappa * (u - value))
        tangent = total(self.levels, weights) + Linear(np.zeros(0), value - float(weights @ u))
        return [(tangent - self.bound) * self.sign]
