"""Convex rules of which a model holds some rows, and makes more where a solution needs them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from pse_opt.formulation.forms import anchor, threshold
from pse_opt.formulation.levels import Levels
from pse_opt.solving.cuts import Additions, Cut, Cutter

__all__ = ["Bend", "Curve", "Pairs", "curve_of"]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

FIRST_RATIOS = (0.25, 0.5, 0.75, 1.0, 1.25, 1.75)
"""Levels, as multiples of the mean, at which relative measures have their first tangents."""
FIRST_POINTS = 6
SHARP = 100.0
"""What tangents are multiplied by: the solver lets a row be broken by a fixed amount."""
LEAST_RATIO = 1e-6
"""Levels below this share of the mean are as good as nothing to a tangent."""


@dataclass(frozen=True)
class Bend:
    """A convex function of one number, with its slope.

    Attributes
    ----------
    value, slope : callable
        Of an array of arguments.
    relative : bool
        The argument is level over mean, and the function is multiplied by the mean; otherwise the
        argument is the level.
    starts : tuple of float
        Arguments of the first tangents.
    least : float
        Arguments below this are taken as this.
    """

    value: Callable[[Floats], Floats]
    slope: Callable[[Floats], Floats]
    relative: bool
    starts: tuple[float, ...]
    least: float

    def first(self) -> list[tuple[float, float, float]]:
        """Return the first tangents: slope, coefficient of the mean, constant."""
        at = np.array(self.starts)
        slope, rest = self.slope(at), self.value(at) - at * self.slope(at)
        if self.relative:
            return [(float(a), float(b), 0.0) for a, b in zip(slope, rest, strict=True)]
        return [(float(a), 0.0, float(b)) for a, b in zip(slope, rest, strict=True)]


def curve_of(levels: Levels, block: int) -> Bend:
    """Return the curve of a measure, over levels in units of their scale."""
    entry = levels.entry
    if entry.measure == "kolm_pollak":
        return _exponential(levels, levels.scale(block))
    if entry.measure == "theil":
        return _relative(lambda r: r * np.log(r), lambda r: np.log(r) + 1.0)
    if entry.measure == "coefficient_of_variation":
        over = threshold(levels, block, entry.maximum) if entry.maximum else 1.0
        return _relative(lambda r: (r - 1.0) ** 2 / over, lambda r: 2.0 * (r - 1.0) / over)
    power = 1.0 - entry.parameters["aversion"] if entry.measure == "atkinson" else 0.0
    if power == 0.0:
        return _relative(lambda r: -np.log(r), lambda r: -1.0 / r)
    sign = -1.0 if power > 0 else 1.0
    return _relative(lambda r: sign * r**power, lambda r: sign * power * r ** (power - 1.0))


def _relative(value: Callable[[Floats], Floats], slope: Callable[[Floats], Floats]) -> Bend:
    return Bend(value, slope, True, FIRST_RATIOS, LEAST_RATIO)


def _exponential(levels: Levels, scale: float) -> Bend:
    kappa = levels.kappa * scale * (1.0 if levels.entry.is_burden else -1.0)
    at = anchor(levels) / scale
    cap = float(levels.instance.services["travel_cap"].max())
    most = cap if levels.entry.is_burden else 1.0
    starts = tuple(np.linspace(0.0, most, FIRST_POINTS).tolist())

    def value(u: Floats) -> Floats:
        return np.asarray(np.exp(kappa * (u - at)))

    return Bend(value, lambda u: kappa * value(u), False, starts, -math.inf)


@dataclass(frozen=True, eq=False)
class Curve:
    """``curve >= mean * f(level / mean)`` for each entity of a block (or ``f(level)``).

    Attributes
    ----------
    variables : list of VarData
        Curves, then levels of the entities, then the mean where the measure is relative.
    weights : ndarray
        Shares of people.
    bend : Bend
        The function.
    """

    variables: list[Any]
    weights: Floats
    bend: Bend

    def cutter(self, columns: Integers) -> Cutter:
        """Return what makes its tangents."""
        return _Tangents(self, columns)


class _Tangents:
    """Tangents of a curve where a solution lies below it; one for each entity that does."""

    def __init__(self, curve: Curve, columns: Integers) -> None:
        count = len(curve.weights)
        self.weights, self.bend = curve.weights, curve.bend
        self.curves, self.levels = columns[:count], columns[count : 2 * count]
        self.mean = int(columns[-1]) if self.bend.relative else -1

    def _below(self, values: Floats) -> tuple[Floats, Floats, float]:
        """Return arguments of the function, by how much each curve is below it, and the unit."""
        unit = max(float(values[self.mean]), 1e-12) if self.bend.relative else 1.0
        at = np.maximum(values[self.levels] / unit, self.bend.least)
        return at, unit * self.bend.value(at) - values[self.curves], unit

    def violation(self, values: Floats) -> float:
        """Return by how much the weighted sum of the curves is too low, relative to the mean."""
        _, below, unit = self._below(values)
        return float(self.weights @ np.maximum(below, 0.0)) / unit

    def additions(self, values: Floats, columns: int, rows: int) -> Additions:  # noqa: ARG002
        """Return a tangent for every entity whose curve is too low."""
        at, below, _ = self._below(values)
        slope = self.bend.slope(at)
        rest = self.bend.value(at) - at * slope
        found = Additions()
        for e in np.flatnonzero(self.weights * below > 1e-12):
            index, terms = [self.curves[e], self.levels[e]], [1.0, -float(slope[e])]
            lower = float(rest[e])
            if self.bend.relative:
                index, terms, lower = [*index, self.mean], [*terms, -lower], 0.0
            found.rows.append(
                Cut(np.array(index), SHARP * np.array(terms), SHARP * lower, math.inf)
            )
        return found


@dataclass(frozen=True, eq=False)
class Pairs:
    """``spread >= sum over pairs of p_i p_j |u_i - u_j|``, with a column only for pairs that turn.

    Attributes
    ----------
    variables : list of VarData
        Levels of the entities of a block, then the spread.
    weights : ndarray
        Shares of people.
    """

    variables: list[Any]
    weights: Floats

    def cutter(self, columns: Integers) -> Cutter:
        """Return what adds its pairs."""
        return _Turns(self.weights, columns)


class _Turns:
    """The order of the first solution as a row, and a column for each pair that leaves it.

    In a fixed order every difference is linear; a pair that turns gets ``e >= other - one``, whose
    double, added to the linear difference, is the absolute one. There are finitely many pairs.
    """

    def __init__(self, weights: Floats, columns: Integers) -> None:
        self.weights, self.levels, self.spread = weights, columns[:-1], int(columns[-1])
        self.rank: npt.NDArray[np.int64] | None = None
        self.row = -1
        self.turned: set[tuple[int, int]] = set()

    def _gini(self, levels: Floats) -> float:
        order = np.argsort(levels, kind="stable")
        people = self.weights[order]
        middle = np.cumsum(people) - people / 2.0
        return float(2.0 * (people * (middle - 0.5)) @ levels[order])

    def violation(self, values: Floats) -> float:
        """Return by how much the spread is below the true one, relative to the mean."""
        levels = values[self.levels]
        unit = max(float(self.weights @ levels), 1e-12)
        return max(self._gini(levels) - float(values[self.spread]), 0.0) / unit

    def additions(self, values: Floats, columns: int, rows: int) -> Additions:
        """Return the row of the first order, or the pairs that have left it since."""
        levels = values[self.levels]
        if self.rank is None:
            order = np.argsort(levels, kind="stable")
            self.rank, self.row = np.empty(len(order), dtype=np.int64), rows
            self.rank[order] = np.arange(len(order))
            people = self.weights[order]
            slope = np.empty(len(order))
            slope[order] = 2.0 * people * (np.cumsum(people) - people / 2.0 - 0.5)
            terms = np.append(-slope, 1.0)
            index = np.append(self.levels, self.spread)
            return Additions([Cut(index, terms, 0.0, math.inf)])
        found = Additions()
        for i, j in self._new(levels):
            both = float(self.weights[i] * self.weights[j])
            found.columns.append({self.row: -2.0 * both})
            index = np.array([columns, self.levels[i], self.levels[j]])
            found.rows.append(Cut(index, np.array([1.0, -1.0, 1.0]), 0.0, math.inf))
            columns += 1
        return found

    def _new(self, levels: Floats) -> list[tuple[int, int]]:
        """Pairs (i, j), i first in the first order, where i is above j now."""
        assert self.rank is not None
        lower = self.rank[:, None] < self.rank[None, :]
        turned = np.argwhere(lower & (levels[:, None] > levels[None, :] + 1e-12))
        pairs = [(int(i), int(j)) for i, j in turned]
        new = [p for p in pairs if p not in self.turned]
        self.turned.update(new)
        return new
