"""Offers as knapsacks: each has one room, and its links are what may be put into it.

An offer that is engaged delivers along each link no more than the engagement allows, and in all no
more than its capacity. With a price on each link, what it is best to deliver is known at once: the
links in the order of their price per volume until there is no more room (Dantzig 1957).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from pse_opt.solving.capacitated.links import Links
from pse_opt.solving.compiled import Compiled

__all__ = ["Knapsacks"]

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int64]

FULL = 1e-12
"""Part of a room that may be left where it counts as full."""


@dataclass(frozen=True, eq=False)
class Knapsacks:
    """The engagements of a model, and what each may carry if it is the one made of its offer.

    Sizes of an offer are engagements of which no more than one is made; offers that may have
    several at once are left out, with their links.

    Attributes
    ----------
    links : Links
        The links of the model.
    engaged : ndarray, shape (engagements,)
        Column of each engagement.
    offer : ndarray, shape (engagements,)
        Which offer it is a size of, counted from 0.
    room : ndarray, shape (engagements,)
        Its capacity, in the unit of the row that states it; infinite where there is none.
    used : ndarray, shape (engagements,)
        The column that says which part of the capacity is used; -1 where there is none.
    rate : ndarray, shape (engagements,)
        Capacity to a unit of that column.
    link, at : ndarray, shape (pairs,)
        Pairs of a link and an engagement that allows it, sorted by engagement.
    most : ndarray, shape (pairs,)
        What the engagement allows the link to carry.
    volume : ndarray, shape (pairs,)
        Capacity that a unit of the link takes.
    rows : ndarray of bool, shape (rows,)
        Rows of the model that say nothing else than this.
    """

    links: Links
    engaged: Integers
    offer: Integers
    room: Floats
    used: Integers
    rate: Floats
    link: Integers
    at: Integers
    most: Floats
    volume: Floats
    rows: Flags

    @classmethod
    def of(cls, links: Links) -> Knapsacks | None:
        """Find the knapsacks of a model; None where there are none."""
        c = links.compiled
        found = links.caps.tocoo()
        link, column = (side.astype(np.int64) for side in found.coords)
        engaged, at = np.unique(column, return_inverse=True)
        if not engaged.size:
            return None
        offer = _offers(c, link, at, engaged, len(links.at))
        most = np.minimum(found.data, c.upper[links.at[link]])
        fits = offer >= 0
        number = np.where(fits, np.cumsum(fits) - 1, -1)
        pairs = np.flatnonzero(fits[at])
        pairs = pairs[np.argsort(at[pairs], kind="stable")]
        if not pairs.size:
            return None
        link, at, most = link[pairs], number[at[pairs]], most[pairs]
        engaged, offer = engaged[fits], np.unique(offer[fits], return_inverse=True)[1]
        rooms = _Rooms(links, engaged, offer, link, at)
        volume, room, used, rate = rooms.found()
        rows = rooms.rows
        rows[links.row[np.unique(link)]] = True
        return cls(links, engaged, offer, room, used, rate, link, at, most, volume, rows)

    def prices(self, reduced: Floats) -> Floats:
        """Return the price of each pair from prices of all columns of the model."""
        used = np.where(self.used >= 0, reduced[self.used] / self.rate, 0.0)
        return np.asarray(reduced[self.links.at[self.link]] + self.volume * used[self.at])

    def fill(self, price: Floats, among: Integers | None = None) -> Floats:
        """Return what each pair carries in the cheapest plan of its engagement.

        Parameters
        ----------
        price : ndarray, shape (pairs,)
            Price of a unit of the link; what is not below 0 carries nothing.
        among : ndarray, optional
            Pairs that may carry something; by default all.
        """
        carried = np.zeros(len(price))
        if among is None:
            worth = np.flatnonzero((price < 0.0) & (self.most > 0.0))
        else:
            worth = among[(price[among] < 0.0) & (self.most[among] > 0.0)]
        if not worth.size:
            return carried
        volume, at = self.volume[worth], self.at[worth]
        with np.errstate(divide="ignore"):
            order = np.lexsort((price[worth] / volume, at))
        worth, volume, at = worth[order], volume[order], at[order]
        need = volume * self.most[worth]
        before = np.cumsum(need) - need
        new = np.append(True, at[1:] != at[:-1])
        before -= before[np.maximum.accumulate(np.where(new, np.arange(len(at)), 0))]
        left = self.room[at] - before
        part = np.divide(left, need, out=np.ones(len(at)), where=need > 0.0)
        carried[worth] = self.most[worth] * np.clip(part, 0.0, 1.0)
        return carried

    def dearer(self, price: Floats, carried: Floats) -> Floats:
        """Return by how much an engagement costs more at least if a pair carries all it may.

        Parameters
        ----------
        price, carried : ndarray, shape (pairs,)
            Prices, and what the pairs carry in the cheapest plan of their engagement.

        Notes
        -----
        With the price of room that the linear program of a knapsack has, what is not carried in its
        best plan is dearer by what its own price and the room that it takes cost together.
        """
        worth = carried > 0.0
        count = len(self.engaged)
        taken = self.total(self.volume * carried)
        with np.errstate(divide="ignore", invalid="ignore"):
            rate = np.where(self.volume > 0.0, -price / self.volume, np.inf)
        last = np.full(count, np.inf)
        np.minimum.at(last, self.at[worth], rate[worth])
        short = np.isfinite(last) & (taken >= self.room * (1.0 - FULL))
        room = np.where(short, last, 0.0)
        return np.asarray(np.maximum(price + room[self.at] * self.volume, 0.0) * self.most)

    def total(self, of_pairs: Floats) -> Floats:
        """Return the sum over the pairs of each engagement."""
        count = len(self.engaged)
        return np.asarray(np.bincount(self.at, weights=of_pairs, minlength=count), dtype=float)


def _offers(c: Compiled, link: Integers, at: Integers, engaged: Integers, count: int) -> Integers:
    """Return which offer each engagement is of; -1 where an offer may have several at once."""
    ones = np.ones(len(at))
    shape = (len(engaged) + count,) * 2
    graph = sp.coo_array((ones, (at, len(engaged) + link)), shape=shape)
    offer = connected_components(graph, directed=False)[1][: len(engaged)].astype(np.int64)
    offer = np.unique(offer, return_inverse=True)[1]
    sizes = np.bincount(offer)
    alone = sizes == 1
    # Rows by which no more than one of some engagements is made.
    lengths = np.diff(c.matrix.indptr)
    row = np.repeat(np.arange(len(lengths)), lengths)
    odd = ~c.integer[c.matrix.indices] | (c.matrix.data != 1.0) | (c.lower[c.matrix.indices] < 0.0)
    packing = (np.bincount(row[odd], minlength=len(lengths)) == 0) & (c.row_upper == 1.0)
    place = np.full(len(c.columns), -1)
    place[engaged] = np.arange(len(engaged))
    mine = packing[row] & (place[c.matrix.indices] >= 0)
    of_row = sp.coo_array(
        (np.ones(int(mine.sum())), (row[mine], offer[place[c.matrix.indices[mine]]])),
        shape=(len(lengths), len(sizes)),
    ).tocsr()
    of_row.sum_duplicates()
    whole = of_row.data == sizes[of_row.indices]
    alone[of_row.indices[whole]] = True
    return np.where(alone[offer] & (c.lower[engaged] >= 0.0), offer, -1)


class _Rooms:
    """Rows that give each engagement its capacity.

    Either ``sum(volume x) <= capacity y``, or ``sum(volume x) = rate u`` and ``u <= y``, with no
    other links and no engagements of other offers.
    """

    def __init__(
        self, links: Links, engaged: Integers, offer: Integers, link: Integers, at: Integers
    ) -> None:
        self.links, self.engaged, self.offer = links, engaged, offer
        self.link, self.at = link, at
        c = links.compiled
        self.rows = np.zeros(len(c.rows), dtype=bool)
        self.engagement = np.full(len(c.columns), -1)
        self.engagement[engaged] = np.arange(len(engaged))
        self.of_link = np.full(len(links.at), -1)
        self.of_link[link] = offer[at]

    def found(self) -> tuple[Floats, Floats, Integers, Floats]:
        """Return volumes of pairs, and rooms, columns of use and rates of engagements."""
        c, links, count = self.links.compiled, self.links, len(self.engaged)
        partner, most, row_of_use = self._uses()
        part = sp.csr_array(c.matrix[links.others]).tocoo()
        row, column = (side.astype(np.int64) for side in part.coords)
        value = part.data
        place = np.full(len(c.columns), -1)
        place[links.at] = np.arange(len(links.at))
        direct = np.where(partner[column] >= 0, -1, self.engagement[column])
        through = partner[column]
        owner = np.where(direct >= 0, direct, through)
        carries, gives = (place[column] >= 0) & (value > 0.0), (owner >= 0) & (value < 0.0)
        offer = np.where(carries, self.of_link[place[column]], np.append(self.offer, -1)[owner])
        good = self._plain(row, carries, gives, offer, through >= 0)
        room, rate = np.full(count, np.inf), np.ones(count)
        used, row_of = np.full(count, -1), np.full(count, -1)
        for k in np.flatnonzero(gives & good[row]):
            j = owner[k]
            if row_of[j] >= 0:
                continue  # one row is enough: others are none of these
            row_of[j] = row[k]
            room[j] = -value[k] * (most[column[k]] if through[k] >= 0 else 1.0)
            if through[k] >= 0:
                used[j], rate[j] = column[k], -value[k]
                self.rows[row_of_use[column[k]]] = True
        taken = row_of[row_of >= 0]
        # A row of which an engagement was served by another one still says something.
        asked = np.bincount(row[gives], minlength=len(links.others))
        served = np.bincount(taken, minlength=len(links.others))
        whole = good & (asked == served) & (asked > 0)
        self.rows[links.others[whole]] = True
        volumes = sp.csr_array(
            (value[carries], (row[carries], place[column[carries]])),
            shape=(len(links.others), len(links.at)),
        )
        known = row_of[self.at] >= 0
        volume = np.zeros(len(self.at))
        if known.any():
            volume[known] = volumes[row_of[self.at[known]], self.link[known]]
        return volume, room, used, rate

    def _plain(
        self, row: Integers, carries: Flags, gives: Flags, offer: Integers, use: Flags
    ) -> Flags:
        """Return which of the other rows state the capacity of one offer."""
        c, rows = self.links.compiled, self.links.others
        count = len(rows)
        good = np.bincount(row[~(carries | gives)], minlength=count) == 0
        least, greatest = np.full(count, np.iinfo(np.int64).max), np.full(count, -2)
        np.minimum.at(least, row, offer)
        np.maximum.at(greatest, row, offer)
        good &= (least == greatest) & (least >= 0) & (c.row_upper[rows] == 0.0)
        uses = np.bincount(row[gives & use], minlength=count) > 0
        plain = np.bincount(row[gives & ~use], minlength=count) > 0
        equal = c.row_lower[rows] == 0.0
        good &= np.where(uses, equal & ~plain, plain & np.isneginf(c.row_lower[rows]))
        return np.asarray(good)

    def _uses(self) -> tuple[Integers, Floats, Integers]:
        """Return the engagement that each column is a use of, its greatest value, and the row."""
        c, links = self.links.compiled, self.links
        rows = links.others
        two = (np.diff(c.matrix.indptr)[rows] == 2) & (c.row_upper[rows] == 0.0)
        rows = rows[two & np.isneginf(c.row_lower[rows])]
        part = sp.csr_array(c.matrix[rows]).tocoo()
        row, column = (side.astype(np.int64) for side in part.coords)
        makes = (self.engagement[column] >= 0) & (part.data < 0.0)
        mine = np.zeros(len(c.columns), dtype=bool)
        mine[links.at] = True
        uses = ~c.integer[column] & ~mine[column] & (part.data > 0.0) & (c.lower[column] == 0.0)
        made, use = np.full(len(rows), -1), np.full(len(rows), -1)
        size = np.zeros(len(rows))
        made[row[makes]], use[row[uses]] = column[makes], column[uses]
        size[row[makes]] = -part.data[makes]
        unit = np.ones(len(rows))
        unit[row[uses]] = part.data[uses]
        good = np.flatnonzero((made >= 0) & (use >= 0))
        partner, where = np.full(len(c.columns), -1), np.full(len(c.columns), -1)
        most = np.zeros(len(c.columns))
        partner[use[good]] = self.engagement[made[good]]
        most[use[good]] = np.minimum(size[good] / unit[good], c.upper[use[good]])
        where[use[good]] = rows[good]
        return partner, most, where
