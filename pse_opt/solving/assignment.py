"""What it costs to serve each need from each offer that reaches it, and the cheapest engaged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from pse_opt.solving.cuts import Additions, Cut, Cutter, Key

__all__ = ["Assignment", "Nearest"]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

WHOLE = 1.0 - 1e-9
"""Engaged offers that add up to this serve a need in full."""
SHORT = 1e-9
"""By how much a cost is too low for a cut to be worth adding, relative to the mean cost."""
INNER = 0.5
"""Where cuts are looked for: this far from the middle of what was seen to the solution."""
KEPT = 0.8
"""How much of the middle stays when a solution is seen."""


@dataclass(frozen=True, eq=False)
class Assignment:
    """Costs of serving needs, for each need from the cheapest link to the dearest.

    Attributes
    ----------
    start : ndarray, shape (needs + 1,)
        Where the links of each need begin.
    offer, cost : ndarray, shape (links,)
        Offer of each link, and cost of serving the need over it.
    link : ndarray, shape (links,)
        Position of the link in the order in which it was given.
    fixed : ndarray, shape (offers,)
        Cost of engaging each offer.
    """

    start: Integers
    offer: Integers
    cost: Floats
    link: Integers
    fixed: Floats

    @classmethod
    def of(
        cls, need: Integers, offer: Integers, cost: Floats, fixed: Floats, needs: int
    ) -> Assignment:
        """Sort links by need and cost; every need has one at least."""
        order = np.lexsort((offer, cost, need))
        start = np.searchsorted(need[order], np.arange(needs + 1)).astype(np.int64)
        return cls(start, offer[order], cost[order], order.astype(np.int64), fixed)

    @property
    def needs(self) -> int:
        """Number of needs."""
        return len(self.start) - 1

    @property
    def of_need(self) -> Integers:
        """Need of each link."""
        return np.repeat(np.arange(self.needs), np.diff(self.start))

    def first(self, chosen: Flags) -> Integers:
        """Return for each need the place of its cheapest link among some; -1 without one."""
        places = np.where(chosen, np.arange(len(chosen)), len(chosen))
        found = np.minimum.reduceat(places, self.start[:-1])
        return np.where(found < self.start[1:], found, -1)

    def links_used(self, engaged: Flags) -> Integers:
        """Return the given position of the cheapest link of each need to an engaged offer."""
        return np.sort(self.link[self.first(engaged[self.offer])])

    def total(self, engaged: Flags) -> float:
        """Return the cost of engagements with the cheapest deliveries; infinite without some."""
        used = self.first(engaged[self.offer])
        if (used < 0).any():
            return float("inf")
        return float(self.fixed[engaged].sum() + self.cost[used].sum())

    def reaching(self) -> Iterator[Integers]:
        """Yield the sets of offers of which one at least must be engaged, each once."""
        seen: set[bytes] = set()
        for begin, end in zip(self.start[:-1], self.start[1:], strict=True):
            offers = np.sort(self.offer[begin:end])
            key = offers.tobytes()
            if key not in seen:
                seen.add(key)
                yield offers

    def without(self, offers: Flags) -> Assignment:
        """Return the same without the links of some offers."""
        kept = ~offers[self.offer]
        start = np.concatenate(([0], np.cumsum(kept)))[self.start]
        return Assignment(start, self.offer[kept], self.cost[kept], self.link[kept], self.fixed)


@dataclass(frozen=True, eq=False)
class Nearest:
    """Each need costs at least what the engaged offers that are cheapest for it make it cost.

    Attributes
    ----------
    variables : list of VarData
        Engagement of each offer, then cost of serving each need.
    problem : Assignment
        The costs.
    """

    variables: list[Any]
    problem: Assignment
    key: Key = ("nearest",)

    def cutter(self, columns: Integers, points: Floats | None = None) -> Cutter:  # noqa: ARG002
        """Return what makes its cuts; no analysis solves such a model again with another bound."""
        return _Cuts(self.problem, columns)


class _Cuts(Cutter):
    r"""Benders' cuts in closed form: for a need with costs :math:`d_1 \le d_2 \le \dots`.

    .. math:: \theta \ge d_k - \sum_{j < k} (d_k - d_j) y_j \qquad \forall k

    Each is valid for every engagement, and the deepest is that of the first :math:`k` up to which
    the engaged offers add up to one (Duran-Mateluna, Ales and Elloumi 2023). They are looked for
    between the solution and the middle of the solutions seen, which takes fewer rounds.
    """

    def __init__(self, problem: Assignment, columns: Integers) -> None:
        self.problem = problem
        count = len(problem.fixed)
        self.engaged, self.served = columns[:count], columns[count:]
        self.middle: Floats | None = None

    def _depth(self, y: Floats) -> tuple[Integers, Floats]:
        """Return for each need the place of its critical link, and what serving it costs."""
        p = self.problem
        share = y[p.offer]
        running = np.cumsum(share)
        before = np.concatenate(([0.0], running))[p.start[:-1]]
        within = running - np.repeat(before, np.diff(p.start))
        place = p.first(within >= WHOLE)
        place = np.where(place < 0, p.start[1:] - 1, place)
        return place, self._value(place, y)

    def _value(self, place: Integers, y: Floats) -> Floats:
        """Return the right side of the cut of each need at a place."""
        p = self.problem
        paid = np.concatenate(([0.0], np.cumsum(p.cost * y[p.offer])))
        share = np.concatenate(([0.0], np.cumsum(y[p.offer])))
        begin = p.start[:-1]
        worst = p.cost[place]
        return np.asarray(
            worst - worst * (share[place] - share[begin]) + (paid[place] - paid[begin])
        )

    def violation(self, values: Floats) -> float:
        """Return by how much all costs together are too low, relative to what they are."""
        _, value = self._depth(values[self.engaged])
        short = np.maximum(value - values[self.served], 0.0).sum()
        return float(short / max(np.abs(value).sum(), 1e-9))

    def additions(self, values: Floats, columns: int, rows: int) -> Additions:  # noqa: ARG002
        """Return a cut for every need whose cost is too low."""
        y, served = np.maximum(values[self.engaged], 0.0), values[self.served]
        middle = y if self.middle is None else self.middle
        self.middle = KEPT * middle + (1.0 - KEPT) * y
        at, exact = self._depth(y)
        near, _ = self._depth(INNER * y + (1.0 - INNER) * self.middle)
        least = SHORT * max(float(np.abs(exact).mean()), 1e-9)
        good = self._value(near, y) - served > least
        place = np.where(good, near, at)
        found = Additions()
        for n in np.flatnonzero(exact - served > least):
            found.rows.append(self._cut(int(n), int(place[n])))
            if good[n] and at[n] != near[n]:
                found.rows.append(self._cut(int(n), int(at[n])))
        return found

    def _cut(self, need: int, place: int) -> Cut:
        p = self.problem
        before = slice(int(p.start[need]), place)
        worst = float(p.cost[place])
        rise = worst - p.cost[before]
        use = rise > 0.0
        index = np.append(self.engaged[p.offer[before][use]], self.served[need])
        return Cut(index, np.append(rise[use], 1.0), worst, np.inf)
