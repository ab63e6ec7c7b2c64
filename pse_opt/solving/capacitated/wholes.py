r"""Knapsacks whose links are all or nothing, filled at the least cost by dynamic programming.

A link that is carried whole or not at all makes the knapsack of its offer the 0/1 knapsack problem,
whose value is no less than that of the linear one, and so is the bound that is made of them
(Geoffrion 1974; Ceselli and Righini 2005, for the capacitated p-median). Most links are decided by
the linear one: what it costs more to take or to leave a link than the best known filling costs
cannot be part of a better one (Martello and Toth 1990). Over the few that are left, least costs are
tabulated by the room that is taken (Bellman 1957).

Volumes are counted in units of which a room has a whole number. Where no such unit is known,
volumes and rooms are rounded down, which forbids no filling.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pse_opt.solving.capacitated.knapsacks import Knapsacks

__all__ = ["Wholes"]

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int64]

FINEST = 2_000
"""Most units of a room."""
SAMPLE = 8
"""Links of each offer by which a unit is looked for."""
CLOSE = 1e-6
"""Part of a unit that is one of rounding alone."""


class Wholes:
    """The knapsacks whose links are all or nothing.

    Parameters
    ----------
    knapsacks : Knapsacks
        All knapsacks of a model.
    whole : ndarray of bool, shape (links,)
        Links that carry one unit or nothing.

    Attributes
    ----------
    here : ndarray of bool, shape (engagements,)
        Which knapsacks these are.
    room : ndarray of int, shape (engagements,)
        Units of each.
    size : ndarray of int, shape (pairs,)
        Units that each link takes.
    """

    def __init__(self, knapsacks: Knapsacks, whole: Flags) -> None:
        k = self.knapsacks = knapsacks
        count = len(k.engaged)
        split = np.bincount(k.at[~whole[k.link]], minlength=count) > 0
        filled = np.bincount(k.at, minlength=count) > 0
        self.here: Flags = filled & ~split & np.isfinite(k.room) & (k.room > 0.0)
        self.start = np.searchsorted(k.at, np.arange(count + 1))
        part = np.where(self.here[k.at], k.volume / np.where(k.room > 0.0, k.room, 1.0)[k.at], 0.0)
        self.room: Integers = self._units(part)
        self.size: Integers = np.floor(part * self.room[k.at] + CLOSE).astype(np.int64)

    def _units(self, part: Floats) -> Integers:
        """Return in how many units each room is counted."""
        count = len(self.here)
        room = np.full(count, FINEST)
        numbers = np.arange(1, FINEST + 1)
        for e in np.flatnonzero(self.here):
            mine = part[self.start[e] : self.start[e + 1]]
            sample = mine[:: max(len(mine) // SAMPLE, 1)]
            possible = numbers
            for value in sample:
                exact = value * possible
                possible = possible[np.abs(exact - np.round(exact)) <= CLOSE]
            for number in possible:
                exact = mine * number
                if (np.abs(exact - np.round(exact)) <= CLOSE).all():
                    room[e] = number
                    break
        return room

    def fill(self, price: Floats, carried: Floats, among: Flags, shut: Flags) -> Floats:
        """Return what each pair carries where links are all or nothing.

        Parameters
        ----------
        price : ndarray, shape (pairs,)
            Price of each link.
        carried : ndarray, shape (pairs,)
            What pairs carry where they may carry parts (:meth:`Knapsacks.fill`).
        among : ndarray of bool, shape (engagements,)
            Knapsacks to look at; the others stay as they are.
        shut : ndarray of bool, shape (pairs,)
            Pairs that carry nothing.

        Returns
        -------
        ndarray, shape (pairs,)
            0 or 1 in the knapsacks looked at. Where volumes are rounded down they may be a little
            overfull.
        """
        k = self.knapsacks
        chosen = self.here & among
        part = (carried > 0.0) & (carried < 1.0)
        chosen &= np.bincount(k.at[part], minlength=len(chosen)) > 0
        if not chosen.any():
            return carried
        return self._filled(price, carried, np.flatnonzero(chosen), shut)

    def _filled(self, price: Floats, carried: Floats, chosen: Integers, shut: Flags) -> Floats:
        k = self.knapsacks
        at = np.concatenate([np.arange(self.start[e], self.start[e + 1]) for e in chosen])
        at = at[(price[at] < 0.0) & ~shut[at]]
        number = np.full(len(self.here), -1)
        number[chosen] = np.arange(len(chosen))
        of, cost, size, now = number[k.at[at]], price[at], self.size[at], carried[at]
        count = len(chosen)
        # The link carried in part has the price of room; the others are dearer or cheaper by it.
        part = (now > 0.0) & (now < 1.0)
        rate = np.zeros(count)
        rate[of[part]] = -cost[part] / k.volume[at[part]]
        more = cost + rate[of] * k.volume[at]
        gap = np.bincount(of, weights=np.where(part, -cost * now, 0.0), minlength=count)
        inside = (more < -gap[of]) & ~part
        core = np.flatnonzero((np.abs(more) <= gap[of]) | part)
        taken = np.bincount(of, weights=np.where(inside, size, 0), minlength=count)
        left = np.maximum(self.room[chosen] - taken.astype(np.int64), 0)
        found = carried.copy()
        found[at] = inside
        found[at[core]] = _least(of[core], cost[core], size[core], left)
        return found


def _least(of: Integers, cost: Floats, size: Integers, room: Integers) -> Floats:
    """Return what to take into each knapsack; items are sorted by the knapsack that they are of."""
    count = np.bincount(of, minlength=len(room))
    first = np.concatenate(([0], np.cumsum(count)[:-1]))
    # The knapsacks with most items come first, so that those with one more are the first few.
    order = np.argsort(-count, kind="stable")
    widest = int(room.max()) + 1
    units = np.arange(widest)
    best = np.zeros((len(room), widest))
    takes = []
    for i in range(int(count.max(initial=0))):
        some = int((count > i).sum())
        item = first[order[:some]] + i
        before = units[None, :] - size[item][:, None]
        rows = np.arange(some)[:, None]
        with_it = best[rows, np.maximum(before, 0)] + cost[item][:, None]
        take = (before >= 0) & (with_it < best[:some])
        best[:some] = np.where(take, with_it, best[:some])
        takes.append(take)
    taken = np.zeros(len(of))
    left = room[order].copy()
    for i in range(len(takes) - 1, -1, -1):
        some = len(takes[i])
        item = first[order[:some]] + i
        take = takes[i][np.arange(some), left[:some]]
        taken[item] = take
        left[:some] -= np.where(take, size[item], 0)
    return taken
