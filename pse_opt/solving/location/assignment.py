"""What it costs to serve each need from each offer that reaches it, and the cheapest engaged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from pse_opt.solving.cuts import Additions, Cut, Cutter, Key

__all__ = ["Assignment", "Cuts", "Nearest"]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

FIRST = 16
"""Links of each need that are looked at first for the cheapest that is engaged."""
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

    def first(self, engaged: Flags, begin: Integers | None = None) -> Integers:
        """Return for each need the place of its cheapest link to an engaged offer.

        Parameters
        ----------
        engaged : ndarray of bool, shape (offers,)
            Engagements.
        begin : ndarray, shape (needs,), optional
            Place of the first link of each need that counts.

        Returns
        -------
        ndarray, shape (needs,)
            Places; -1 without one.
        """
        at = (self.start[:-1] if begin is None else begin).copy()
        end, found = self.start[1:], np.full(self.needs, -1)
        left, width = np.flatnonzero(at < end), FIRST
        while left.size:  # few links of each need are dearer than the first that is engaged
            places = at[left, np.newaxis] + np.arange(width)
            inside = places < end[left, np.newaxis]
            hit = engaged[self.offer[np.where(inside, places, 0)]] & inside
            served = hit.any(axis=1)
            found[left[served]] = at[left[served]] + hit[served].argmax(axis=1)
            at[left] += width
            left, width = left[~served & (at[left] < end[left])], 2 * width
        return found

    def filled(self, y: Floats) -> Integers:
        """Return for each need the place up to which fractions add up to one, or its last."""
        at, end = self.start[:-1].copy(), self.start[1:]
        found, running = end - 1, np.zeros(self.needs)
        left, width = np.flatnonzero(at < end), FIRST
        while left.size:
            places = at[left, np.newaxis] + np.arange(width)
            inside = places < end[left, np.newaxis]
            share = y[self.offer[np.where(inside, places, 0)]] * inside
            total = running[left, np.newaxis] + np.cumsum(share, axis=1)
            full = total >= WHOLE
            done = full.any(axis=1)
            found[left[done]] = at[left[done]] + full[done].argmax(axis=1)
            at[left] += width
            running[left] = total[:, -1]
            left, width = left[~done & (at[left] < end[left])], 2 * width
        return np.minimum(found, end - 1)

    def below(self, limit: Floats) -> Integers:
        """Return for each need the place after its last link that costs less than a limit."""
        low, high = self.start[:-1].copy(), self.start[1:].copy()
        while (unknown := low < high).any():
            middle = (low + high) // 2
            cheap = self.cost[np.minimum(middle, len(self.cost) - 1)] < limit
            low = np.where(unknown & cheap, middle + 1, low)
            high = np.where(unknown & ~cheap, middle, high)
        return low

    def links_used(self, engaged: Flags) -> Integers:
        """Return the given position of the cheapest link of each need to an engaged offer."""
        return np.sort(self.link[self.first(engaged)])

    def before(self, place: Integers) -> tuple[Integers, Integers]:
        """Return need and place of every link before a place of its need."""
        count = place - self.start[:-1]
        need = np.repeat(np.arange(self.needs), count)
        shift = self.start[:-1] - np.concatenate(([0], np.cumsum(count)[:-1]))
        return need, np.arange(len(need)) + shift[need]

    def total(self, engaged: Flags) -> float:
        """Return the cost of engagements with the cheapest deliveries; infinite without some."""
        used = self.first(engaged)
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
    variables : sequence of decisions
        Engagement of each offer, then cost of serving each need.
    problem : Assignment
        The costs.
    """

    variables: Any
    problem: Assignment
    key: Key = ("nearest",)

    def cutter(self, columns: Integers, points: Floats | None = None) -> Cuts:  # noqa: ARG002
        """Return what makes its cuts; no analysis solves such a model again with another bound."""
        return Cuts(self.problem, columns)


class Cuts(Cutter):
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

    def _value(self, place: Integers, y: Floats) -> Floats:
        """Return the right side of the cut of each need at a place."""
        p = self.problem
        need, at = p.before(place)
        worst = p.cost[place]
        spared = (worst[need] - p.cost[at]) * y[p.offer[at]]
        return np.asarray(worst - np.bincount(need, spared, minlength=p.needs))

    def missing(self, values: Floats) -> float:
        """Return by how much all costs together are too low."""
        y = np.maximum(values[self.engaged], 0.0)
        value = self._value(self.problem.filled(y), y)
        return float(np.maximum(value - values[self.served], 0.0).sum())

    def violation(self, values: Floats) -> float:
        """Return by how much all costs together are too low, relative to what they are."""
        return self.missing(values) / max(float(np.abs(values[self.served]).sum()), 1e-9)

    def around(self, price: Floats) -> list[Cut]:
        """Return the two cuts of each need on either side of what serving it is worth."""
        p = self.problem
        last = p.start[1:] - 1
        above = np.minimum(p.below(price), last)
        below = np.maximum(above - 1, p.start[:-1])
        pairs = np.unique(np.stack((np.tile(np.arange(p.needs), 2), [*below, *above])), axis=1)
        return [self._cut(int(n), int(k)) for n, k in pairs.T]

    def additions(self, values: Floats, columns: int, rows: int) -> Additions:  # noqa: ARG002
        """Return a cut for every need whose cost is too low."""
        y, served = np.maximum(values[self.engaged], 0.0), values[self.served]
        middle = y if self.middle is None else self.middle
        self.middle = KEPT * middle + (1.0 - KEPT) * y
        at = self.problem.filled(y)
        exact = self._value(at, y)
        near = self.problem.filled(INNER * y + (1.0 - INNER) * self.middle)
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
