r"""Areas that have one row in common, and the price of that row.

Where reach is short, needs and offers fall into areas that share nothing but a target for the
average. With a price :math:`\pi \ge 0` on that row, :math:`a x \ge b`,

.. math::
    L(\pi) = \pi b + \sum_A \min_{x \in X_A} (c_A - \pi a_A) x_A

is a bound for any price, and the plans of the areas together are a best plan among those that do as
much for the row (Everett 1963; Geoffrion 1974).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from pse_opt.solving.compiled import Compiled
from pse_opt.solving.decomposition.parts import Part, components, split
from pse_opt.solving.highs import Session
from pse_opt.solving.interrupt import Stop
from pse_opt.solving.linking import with_some
from pse_opt.solving.outcome import Options

__all__ = ["Areas", "Sample", "areas_of"]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

SIZE = 100
"""Whole numbers from which areas are not put together any more: small ones share a solve."""
GREATEST = 0.25
"""Part of all whole numbers that one area may have at most."""
NEAR = 5e-4
"""What the sample may do more for the row than is aimed at, relative to what the row asks."""
DOUBLINGS, HALVINGS = 20, 30


@dataclass(frozen=True, eq=False)
class Areas:
    """A model that falls into areas but for one row.

    Attributes
    ----------
    compiled : Compiled
        The model.
    weights : ndarray, shape (columns,)
        Its coefficients, positive where more is better for the row.
    asked : float
        What they are to reach.
    parts : tuple of Part
        The areas, the hardest first.
    """

    compiled: Compiled
    weights: Floats
    asked: float
    parts: tuple[Part, ...]

    @cached_property
    def total(self) -> float:
        """Sum of the weights, whatever their sign."""
        return float(np.abs(self.weights).sum())

    @property
    def alike(self) -> float:
        """How many areas there would be if all had the same size (inverse of Simpson's index)."""
        size = np.array([p.weight for p in self.parts], dtype=float)
        return float(size.sum() ** 2 / (size @ size))

    def more(self, parts: list[Part], values: Floats) -> float:
        """Return what values of all columns do in some areas more than these are asked.

        Relative to what they are asked, in proportion to their weights; 0 where they have none.
        """
        columns = np.concatenate([p.columns for p in parts])
        weights = self.weights[columns]
        share = float(np.abs(weights).sum()) / self.total
        if share == 0.0:
            return 0.0
        return float(weights @ values[columns] - share * self.asked) / (share * self.unit)

    @property
    def unit(self) -> float:
        """What ``more`` is relative to."""
        return abs(self.asked) if self.asked else self.total

    def priced(self, part: Part, price: float) -> Compiled:
        """Return the model of an area in which the row has a price, with its share of the rest.

        The constant keeps the objective what it costs, so that relative gaps mean the same.
        """
        sign = -1.0 if self.compiled.maximize else 1.0
        c, weights = part.compiled, self.weights[part.columns]
        share = self.asked * float(np.abs(weights).sum()) / self.total
        return replace(c, cost=c.cost - sign * price * weights, offset=sign * price * share)


def areas_of(compiled: Compiled) -> Areas | None:
    """Return the areas of a model; None where it does not fall into several.

    The row with the most entries is the one that has a price.
    """
    if compiled.rules or compiled.whole or not compiled.integer.any():
        return None
    row = int(np.argmax(np.diff(compiled.matrix.indptr)))
    low, high = float(compiled.row_lower[row]), float(compiled.row_upper[row])
    if np.isfinite(low) == np.isfinite(high):
        return None
    rest = np.delete(np.arange(len(compiled.rows)), row)
    bare = with_some(compiled, rest)
    of_column, of_row, count = components(bare)
    whole = np.bincount(of_column[compiled.integer], minlength=count)
    if whole.max() > GREATEST * whole.sum():
        return None
    number = _bundled(whole)
    if not number.any():
        return None
    parts = split(bare, number[of_column], number[of_row], int(number.max()) + 1)
    direction = 1.0 if np.isfinite(low) else -1.0
    weights = direction * compiled.matrix[[row]].toarray().ravel()
    asked = low if direction > 0.0 else -high
    moved = tuple(replace(p, rows=rest[p.rows]) for p in parts)
    return Areas(compiled, weights, asked, moved)


def _bundled(whole: Integers) -> Integers:
    """Return for each component the number of the area it is in, the largest first."""
    order = np.argsort(-whole, kind="stable")
    number = np.zeros(len(whole), dtype=np.int64)
    current, held = 0, 0
    for k, size in zip(order.tolist(), whole[order].tolist(), strict=True):
        if held >= SIZE:
            current, held = current + 1, 0
        number[k] = current
        held += max(size, 1)
    return number


class Sample:
    """Linear programs of areas, which say what is done for the row at a price.

    Parameters
    ----------
    areas : Areas
        All of them.
    which : list of int
        Those looked at.
    options : Options
        Of the linear programs.
    stop : Stop, optional
        Ends them.
    plan : ndarray, shape (columns,), optional
        Where it is given, whole numbers are fixed at its values.

    Attributes
    ----------
    values : ndarray, shape (columns,)
        They do just what was aimed at, or more without a price: a mixture of those below and above
        the price that was returned last. Of columns of other areas, 0 or the plan's.
    """

    def __init__(
        self,
        areas: Areas,
        which: list[int],
        options: Options,
        stop: Stop | None,
        plan: Floats | None = None,
    ) -> None:
        self.areas = areas
        self.values = np.zeros(len(areas.weights)) if plan is None else plan.copy()
        self.parts = [areas.parts[k] for k in which]
        self.sessions = [Session(p.compiled, options, stop=stop) for p in self.parts]
        for session, part in zip(self.sessions, self.parts, strict=True):
            if plan is None:
                session.relax()
            else:
                session.fix(plan[part.columns])
        cost, weights = np.abs(areas.compiled.cost), np.abs(areas.weights)
        self.first = 1.0
        if cost.any():
            self.first = float(cost[cost > 0.0].mean() / weights[weights > 0.0].mean())

    def more(self, price: float) -> float | None:
        """Return what is done more than asked, relative to that; None where it is not known."""
        for session, part in zip(self.sessions, self.parts, strict=True):
            session.seek(self.areas.priced(part, price).goal)
            answer = session.run()
            if answer.state != "optimal" or answer.values is None:
                return None
            self.values[part.columns] = answer.values
        return self.areas.more(self.parts, self.values)

    def price(self, aim: float) -> float | None:
        """Return a price, about the least, at which so much more than asked is done.

        None where there is none, or time is up.
        """
        low, high = 0.0, self.first
        more = self.more(0.0)
        if more is None or more >= aim:
            return None if more is None else 0.0
        less, below = more, self.values.copy()
        for _ in range(DOUBLINGS):
            more = self.more(high)
            if more is None or more >= aim:
                break
            low, high = high, 2.0 * high
            less, below = more, self.values.copy()
        if more is None or more < aim:
            return None
        above = self.values.copy()
        for _ in range(HALVINGS):
            if more - aim <= NEAR or high - low <= NEAR * high:
                break
            middle = 0.5 * (low + high)
            now = self.more(middle)
            if now is None:
                return None
            if now < aim:
                low, less, below = middle, now, self.values.copy()
            else:
                high, more, above = middle, now, self.values.copy()
        self.first = high
        self.values = below + (aim - less) / (more - less) * (above - below)
        return high
