"""Curves of which a model holds some tangents, and makes more where a solution needs them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from pse_opt.formulation.forms import anchor, divisor
from pse_opt.formulation.levels import Levels
from pse_opt.solving.cuts import Additions, Cut, Cutter, Key

__all__ = ["MOST_EXPONENT", "Bend", "Curve", "curve_of"]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

FIRST_STEPS = (-1.0, -2 / 3, -1 / 3, 0.0, 1 / 3, 1.0)
"""Where relative measures have their first tangents: parts of the widest step from the mean."""
WIDEST = 0.75
"""The widest step, relative to the mean; it is less where the bound leaves less room."""
FIRST_POINTS = 6
SHARP, STEEP = 100.0, 1e5
"""What tangents are multiplied by, for the solver lets a row be broken by a fixed amount; and the
greatest coefficient that this may lead to."""
LEAST_RATIO = 1e-5
"""Below this share of the mean a curve that ends at zero with an infinite slope is a line."""
NOTHING = 1e-9
"""A mean level that is zero but for rounding: where all have nothing, all are equal."""
BEYOND = 1.5
"""A level whose curve alone is this times the bound needs no tangent further out."""
MOST_EXPONENT = 20.0
"""Exponentials beyond this are as good as forbidden, and are cut off there."""
REMEMBERED = 6
"""Tangents of an entity, the newest first, of which another solve is told."""
APART = 0.01
"""How far apart they are at least: a part of the way from the first tangent to the last."""


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
    least, most : float
        Arguments beyond these are taken as these: no level further out keeps the bound.
    floor : float
        Arguments are at least this, where the function is infinite at zero.
    """

    value: Callable[[Floats], Floats]
    slope: Callable[[Floats], Floats]
    relative: bool
    starts: tuple[float, ...]
    least: float
    most: float = math.inf
    floor: float = 0.0

    def first(self) -> list[tuple[float, float, float]]:
        """Return the first tangents: slope, coefficient of the mean, constant."""
        at = np.array(self.starts)
        slope, rest = self.slope(at), self.value(at) - at * self.slope(at)
        if self.relative:
            return [(float(a), float(b), 0.0) for a, b in zip(slope, rest, strict=True)]
        return [(float(a), 0.0, float(b)) for a, b in zip(slope, rest, strict=True)]


def curve_of(levels: Levels, block: int) -> Bend:
    """Return the curve of a measure, over levels in units of their scale.

    Curves of relative measures are 0 with slope 0 at the mean, and divided by what their weighted
    sum is at the bound. At perfect equality there is no curve: see :func:`divisor`.
    """
    entry = levels.entry
    weights = np.array([levels.weights[e] for e in levels.members[block]])
    narrow = float(weights[weights > 0].min(initial=1.0))
    if entry.measure == "kolm_pollak":
        return _exponential(levels, levels.scale(block), narrow)
    over = divisor(entry)
    if entry.measure == "theil":
        return _relative(_entropy, np.log, over, narrow, ends=True)
    if entry.measure == "coefficient_of_variation":
        return _relative(lambda r: (r - 1.0) ** 2, lambda r: 2.0 * (r - 1.0), over, narrow)
    power = 1.0 - entry.parameters["aversion"] if entry.measure == "atkinson" else 0.0
    if power == 0.0:
        return _relative(lambda r: r - 1.0 - np.log(r), lambda r: 1.0 - 1.0 / r, over, narrow)
    sign = -1.0 if power > 0 else 1.0
    return _relative(
        lambda r: sign * (r**power - 1.0 - power * (r - 1.0)),
        lambda r: sign * power * (r ** (power - 1.0) - 1.0),
        over,
        narrow,
        ends=power > 0,
    )


def _entropy(r: Floats) -> Floats:
    from scipy.special import xlogy

    return np.asarray(xlogy(r, r) - r + 1.0)


def _relative(
    value: Callable[[Floats], Floats],
    slope: Callable[[Floats], Floats],
    over: float,
    narrow: float,
    *,
    ends: bool = False,
) -> Bend:
    """Return a curve divided by a number; near zero a line, where it ends there.

    The line lies above the curve: what it leaves out are plans in which somebody has less than
    LEAST_RATIO of the mean, but not nothing. Where the curve is infinite at zero, nobody may have
    less.
    """
    if ends:
        at = np.array(LEAST_RATIO)
        zero, first = float(value(np.array(0.0))), float(value(at))
        chord = (first - zero) / LEAST_RATIO
    else:
        zero = chord = 0.0

    def line_or(curved: Callable[[Floats], Floats], line: Callable[[Floats], Floats]) -> Any:
        def both(r: Floats) -> Floats:
            far = curved(np.maximum(r, LEAST_RATIO)) if ends else curved(r)
            return np.asarray(np.where(r < LEAST_RATIO, line(r), far) if ends else far) / over

        return both

    bend = line_or(value, lambda r: zero + chord * r)
    width = min(WIDEST, 2.0 * _room(value, over))
    starts = tuple(1.0 + width * step for step in FIRST_STEPS)
    floor = 0.0 if ends else LEAST_RATIO
    least = _where(bend, BEYOND / narrow, floor, 1.0)
    most = _where(bend, BEYOND / narrow, 1.0 / narrow, 1.0)
    grows = line_or(slope, lambda _: np.array(chord))
    with np.errstate(divide="ignore"):
        infinite = not math.isfinite(float(value(np.array(0.0))))
    return Bend(bend, grows, True, starts, least, most, LEAST_RATIO if infinite else 0.0)


def _room(value: Callable[[Floats], Floats], over: float) -> float:
    """Return how far from the mean a curve has reached a value, about."""
    bend = float(value(np.array(1.01))) / 0.01**2
    return math.sqrt(over / bend)


def _where(value: Callable[[Floats], Floats], wanted: float, far: float, near: float) -> float:
    """Return an argument between two at which a curve has just passed a value, or the far one."""
    if float(value(np.array(far))) <= wanted:
        return far
    for _ in range(60):
        middle = 0.5 * (far + near)
        if float(value(np.array(middle))) > wanted:
            far = middle
        else:
            near = middle
    return far


def _exponential(levels: Levels, scale: float, narrow: float) -> Bend:
    sign = 1.0 if levels.entry.is_burden else -1.0
    kappa = levels.kappa * scale * sign
    at = anchor(levels) / scale
    cap = float(levels.instance.services["travel_cap"].max())
    bounded = levels.entry.bound is not None
    exponent = min(MOST_EXPONENT, math.log(BEYOND / narrow)) if bounded else MOST_EXPONENT
    furthest = at + sign * exponent / abs(kappa)
    low, high = 0.0, cap if levels.entry.is_burden else 1.0
    least, most = (-math.inf, furthest) if sign > 0 else (furthest, math.inf)
    starts = np.unique(np.clip(np.linspace(low, high, FIRST_POINTS), least, most))

    def value(u: Floats) -> Floats:
        return np.asarray(np.exp(kappa * (u - at)))

    return Bend(value, lambda u: kappa * value(u), False, tuple(starts.tolist()), least, most)


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
    key : tuple of str
        Entry, service and block.
    """

    variables: list[Any]
    weights: Floats
    bend: Bend
    key: Key = ()

    def cutter(self, columns: Integers, points: Floats | None = None) -> Cutter:
        """Return what makes its tangents."""
        return _Tangents(self, columns, points)


class _Tangents(Cutter):
    """Tangents of a curve where a solution lies below it; one for each entity that does.

    A tangent is told to other solves by its argument alone: another bound has the same curve in
    another unit. Its points have the arguments of all entities, and no number where there is none.
    """

    def __init__(self, curve: Curve, columns: Integers, points: Floats | None) -> None:
        count = len(curve.weights)
        self.key, self.weights, self.bend = curve.key, curve.weights, curve.bend
        fits = points is not None and points.ndim == 2 and points.shape[1] == count
        self.before = points if fits else None
        self.apart = APART * (self.bend.starts[-1] - self.bend.starts[0])
        self.taken: list[Floats] = []
        self.curves, self.levels = columns[:count], columns[count : 2 * count]
        self.mean = int(columns[-1]) if self.bend.relative else -1

    def _below(self, values: Floats) -> tuple[Floats, Floats, float]:
        """Return arguments of the function, by how much each curve is below it, and the unit."""
        unit = float(values[self.mean]) if self.bend.relative else 1.0
        if unit <= NOTHING:
            return np.ones(len(self.weights)), np.zeros(len(self.weights)), 1.0
        at = np.clip(values[self.levels] / unit, self.bend.least, self.bend.most)
        return at, unit * self.bend.value(at) - values[self.curves], unit

    def violation(self, values: Floats) -> float:
        """Return by how much the weighted sum of the curves is too low, relative to the mean."""
        _, below, unit = self._below(values)
        return float(self.weights @ np.maximum(below, 0.0)) / unit

    def additions(self, values: Floats, columns: int, rows: int) -> Additions:  # noqa: ARG002
        """Return a tangent for every entity whose curve is too low."""
        at, below, _ = self._below(values)
        return self._at(np.where(self.weights * below > 1e-12, at, np.nan))

    @property
    def points(self) -> Floats:
        """The newest tangents of each entity that are not next to a newer one."""
        return self._thinned(np.array(self.taken).reshape(-1, len(self.weights)), REMEMBERED)

    def recalled(self, columns: int, rows: int) -> Additions:  # noqa: ARG002
        """Return the tangents of another solve."""
        before, self.before = self.before, None
        found = Additions()
        if before is not None:
            for at in self._thinned(before, len(before)):
                found.rows += self._at(np.clip(at, self.bend.least, self.bend.most)).rows
        return found

    def _thinned(self, points: Floats, most: int) -> Floats:
        """Return the last points of each entity that are not next to a later one, in order."""
        kept = np.full((min(most, len(points)), len(self.weights)), np.nan)
        count = np.zeros(len(self.weights), dtype=np.int64)
        for at in points[::-1]:
            near = (np.abs(kept - at) < self.apart).any(axis=0)
            new = np.flatnonzero(~near & np.isfinite(at) & (count < len(kept)))
            kept[count[new], new] = at[new]
            count[new] += 1
        return kept[: count.max(initial=0)][::-1]

    def _at(self, at: Floats) -> Additions:
        """Return the tangents at arguments, where they are numbers."""
        self.taken.append(at)
        slope = self.bend.slope(at)
        rest = self.bend.value(at) - at * slope
        found = Additions()
        for e in np.flatnonzero(np.isfinite(at)):
            index, terms = [self.curves[e], self.levels[e]], [1.0, -float(slope[e])]
            lower = float(rest[e])
            if self.bend.relative:
                index, terms, lower = [*index, self.mean], [*terms, -lower], 0.0
            steepest = float(np.abs(terms).max())
            sharp = min(SHARP, max(STEEP / steepest, 1.0))
            row = Cut(np.array(index), sharp * np.array(terms), sharp * lower, math.inf)
            found.rows.append(row)
        return found
