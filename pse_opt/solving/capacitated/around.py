"""Places around offers of a plan in which each need has one source: which offers, needs and links.

A place is some offers that are engaged, the needs that they serve, and some offers near by that are
not; its decisions are which of them are engaged, and who serves whom. Near is what no plan is known
to be much dearer for: links are ranked by the least cost of any plan with them.
"""

from __future__ import annotations

import time

import numpy as np
import numpy.typing as npt

from pse_opt.solving.capacitated.knapsacks import Knapsacks
from pse_opt.solving.local_search.local import Place

__all__ = ["Around"]

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int64]

NEAR = 40
"""Links of each need by which offers are near to each other."""
FEW = 5
"""Links of each need in a place, beside the one that serves it."""
SMALLEST, LARGEST, LARGER = 6, 12, 2
"""Offers in a place that are engaged: at first, at most, and how many more when none helps."""
TRIES = 2
"""Searches around an offer that do not help, after which it is left alone."""
TIRED = 0.5
"""What an offer counts for after each of them."""


class Around:
    """The places around a plan, one after the other.

    Parameters
    ----------
    knapsacks : Knapsacks
        The offers of the model.
    source : ndarray of bool, shape (columns,)
        Deliveries that are all or nothing.
    integer : ndarray of bool, shape (columns,)
        Whole numbers.
    seed : int
        For the order of places.
    """

    def __init__(self, knapsacks: Knapsacks, source: Flags, integer: Flags, seed: int) -> None:
        k = self.knapsacks = knapsacks
        links = k.links
        self.sourced = source[links.at]
        self.random = np.random.default_rng(seed)
        self.offers = int(k.offer.max()) + 1
        self.of_link = np.full(len(links.at), -1)
        self.of_link[k.link] = k.offer[k.at]
        use = self.sourced & (self.of_link >= 0)
        self.links = np.flatnonzero(use)
        _, self.need = np.unique(links.needs[self.links], return_inverse=True)
        self.offer = self.of_link[self.links]
        self.column = links.at[self.links]
        free = ~integer
        free[links.at] = False
        self.free = np.flatnonzero(free)
        self.split = np.flatnonzero(~self.sourced)
        self.size = SMALLEST
        self.tried = np.zeros(self.offers)

    def guide(self, least: Floats, bound: float, upper: Floats) -> None:
        """Say what plans cost at least: with each link, and all; and what may be engaged."""
        cost = least[self.links]
        order = np.lexsort((cost, self.need))
        new = np.append(True, np.diff(self.need[order]) != 0)
        first = np.maximum.accumulate(np.where(new, np.arange(len(order)), 0))
        rank = np.empty(len(order), dtype=np.int64)
        rank[order] = np.arange(len(order)) - first
        self.more = cost - bound
        self.ranked = (rank < NEAR) & np.isfinite(self.more)
        self.able = np.zeros(self.offers, dtype=bool)
        open_ = upper[self.knapsacks.engaged] > 0.0
        self.able[self.knapsacks.offer[open_]] = True

    def next(self, values: Floats) -> Place | None:
        """Return the next place of a plan, or None where no place is likely to help."""
        served = values[self.column] > 0.5
        offer = np.full(int(self.need.max()) + 1, -1)
        offer[self.need[served]] = self.offer[served]
        k = self.knapsacks
        made = np.zeros(self.offers, dtype=bool)
        made[k.offer[values[k.engaged] > 0.5]] = True
        while not (made & (self.tried < TRIES)).any():
            if self.size >= LARGEST:
                return None
            self.size += LARGER
            self.tried[:] = 0.0
        seed = self._seed(made, served)
        near = self._near(seed, offer)
        near[seed] = np.inf
        mine = np.flatnonzero(made & (near > 0.0))
        inside = mine[np.argsort(-near[mine], kind="stable")][: self.size]
        others = np.flatnonzero(~made & self.able & (near > 0.0))
        others = others[np.argsort(-near[others], kind="stable")][: self.size]
        return self._place(values, inside, np.append(inside, others), offer, served)

    def _seed(self, made: Flags, served: Flags) -> int:
        """Return the offer whose needs cost most above the least, those tried later on."""
        count = np.maximum(np.bincount(self.offer[served], minlength=self.offers), 1)
        more = np.where(np.isfinite(self.more), self.more, 0.0)
        excess = np.bincount(self.offer[served], more[served], minlength=self.offers) / count
        excess = np.maximum(excess, 1e-9 + 1e-3 * excess.max(initial=0.0))
        worth = excess * TIRED**self.tried * self.random.uniform(0.5, 1.0, self.offers)
        worth[~made | (self.tried >= TRIES)] = -1.0
        return int(np.argmax(worth))

    def _near(self, seed: int, offer: Integers) -> Floats:
        """Return how near offers are to the needs of one: 0 is not near at all."""
        mine = self.ranked & (offer[self.need] == seed)
        if not mine.any():
            mine = self.ranked & np.isin(self.need, self.need[self.ranked & (self.offer == seed)])
        worst = self.more[mine].max(initial=0.0)
        return np.asarray(
            np.bincount(self.offer[mine], worst - self.more[mine] + 1e-9, minlength=self.offers)
        )

    def _place(
        self, values: Floats, engaged: Integers, offers: Integers, offer: Integers, served: Flags
    ) -> Place:
        """Return the place of some offers, of which some are engaged and free their needs."""
        k = self.knapsacks
        chosen = np.zeros(self.offers, dtype=bool)
        chosen[offers] = True
        freed = np.zeros(self.offers + 1, dtype=bool)
        freed[engaged] = True
        self.inside = engaged
        possible = np.flatnonzero(chosen[self.offer] & freed[offer[self.need]])
        possible = possible[np.isfinite(self.more[possible]) | served[possible]]
        order = possible[np.lexsort((self.more[possible], self.need[possible]))]
        new = np.append(True, np.diff(self.need[order]) != 0)[: len(order)]
        first = np.maximum.accumulate(np.where(new, np.arange(len(order)), 0))
        kept = order[(np.arange(len(order)) - first < FEW) | served[order]]
        columns = k.engaged[chosen[k.offer]]
        split = self.split[chosen[self.of_link[self.split]] | (self.of_link[self.split] < 0)]
        at = np.unique(np.concatenate((columns, self.column[kept], k.links.at[split], self.free)))
        inside = np.zeros(len(values), dtype=bool)
        inside[columns] = True
        return Place(inside, at, values[at], time.perf_counter(), first=False)

    def took(self, better: bool) -> None:
        """Remember whether the last place helped."""
        if better:
            self.tried[self.inside] = 0.0
        else:
            self.tried[self.inside[0]] = TRIES
            self.tried[self.inside[1:]] += 1.0 / self.size
