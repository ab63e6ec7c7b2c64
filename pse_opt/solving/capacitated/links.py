"""Which columns of a compiled model are links, and what those left out could do."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from pse_opt.solving.compiled import Compiled
from pse_opt.solving.labels import extended, known_families, taken

__all__ = ["Links", "Narrow", "part_of"]

FAMILY = "linking"

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Narrow:
    """A model without some of its links.

    Attributes
    ----------
    compiled : Compiled
        The smaller model; columns of relief come last.
    columns, rows : ndarray
        Where its columns, but for relief, and its rows are in the whole model.
    """

    compiled: Compiled
    columns: Integers
    rows: Integers

    def whole(self, values: Floats, count: int) -> Floats:
        """Return values of all columns of the whole model, whose number is given."""
        found = np.zeros(count)
        found[self.columns] = values[: len(self.columns)]
        return found

    def relief(self, values: Floats) -> float:
        """Return how much relief values use."""
        return float(values[len(self.columns) :].sum())


@dataclass(frozen=True, eq=False)
class Links:
    """The links of a model: continuous columns from nothing on, each with a linking row.

    A linking row says that a link carries no more than what some engagements allow, and nothing
    else; the rows of the family of that name are looked at.

    Attributes
    ----------
    compiled : Compiled
        The model.
    at, row : ndarray, shape (links,)
        Column of each link, and its linking row.
    """

    compiled: Compiled
    at: Integers
    row: Integers

    @classmethod
    def of(cls, compiled: Compiled) -> Links:
        """Find the links of a model."""
        rows = np.flatnonzero(known_families(compiled.rows) == FAMILY)
        a = sp.csr_array(compiled.matrix[rows]).tocoo()
        row, column = a.coords
        link = (a.data > 0.0) & ~compiled.integer[column] & (compiled.lower[column] == 0.0)
        engaged = (a.data < 0.0) & compiled.integer[column]
        count = len(rows)
        good = np.bincount(row[link], minlength=count) == 1
        good &= np.bincount(row[~link & ~engaged], minlength=count) == 0
        good &= (compiled.row_upper[rows] == 0.0) & np.isneginf(compiled.row_lower[rows])
        use = link & good[row]
        at, first = np.unique(column[use], return_index=True)
        return cls(compiled, at.astype(np.int64), rows[row[use][first]])

    @cached_property
    def others(self) -> Integers:
        """Rows that are not linking rows."""
        mine = np.zeros(len(self.compiled.rows), dtype=bool)
        mine[self.row] = True
        return np.flatnonzero(~mine)

    @cached_property
    def caps(self) -> sp.csr_array:
        """What engagements allow each link to carry, shape (links, columns)."""
        a = sp.csr_array(self.compiled.matrix[self.row]).tocoo()
        row, column = a.coords
        mine = column == self.at[row]
        unit = np.ones(len(self.at))
        unit[row[mine]] = a.data[mine]
        keep = ~mine
        value = -a.data[keep] / unit[row[keep]]
        return sp.csr_array((value, (row[keep], column[keep])), shape=a.shape)

    @cached_property
    def _given(self) -> Floats:
        """What each link gives to the row that it serves; 1 for those that serve none."""
        given = np.ones(len(self.at))
        found = self.giving.tocoo()
        row, link = found.coords
        mine = self.needs[link] == row
        given[link[mine]] = found.data[mine]
        return given

    @property
    def direction(self) -> Floats:
        """Sign of what each link gives to the row that it serves."""
        return np.sign(self._given)

    @cached_property
    def price(self) -> Floats:
        """Cost of each link for what it gives to the row that it serves, per unit of the row."""
        return self.cost / np.abs(self._given)

    @cached_property
    def entries(self) -> sp.csc_array:
        """Coefficients of the links in those rows, shape (others, links)."""
        return sp.csc_array(sp.csc_array(self.compiled.matrix)[:, self.at][self.others])

    @cached_property
    def giving(self) -> sp.csr_array:
        """Entries of rows that leaving a link out could make harder to keep."""
        rows = self.others
        c, found = self.compiled, self.entries.tocoo()
        row, link = found.coords
        taking = np.isneginf(c.row_lower[rows])[row] & (found.data > 0.0)
        taking |= np.isposinf(c.row_upper[rows])[row] & (found.data < 0.0)
        keep = ~taking
        return sp.csr_array((found.data[keep], (row[keep], link[keep])), shape=found.shape)

    @cached_property
    def cost(self) -> Floats:
        """Cost of each link with what its volume costs at least elsewhere.

        Where an equation adds up links to a column that has a cost, the link is charged that cost,
        the least one if there are several: every plan pays it.
        """
        c, given = self.compiled, self.giving
        sign = -1.0 if c.maximize else 1.0
        return np.asarray(sign * c.cost[self.at] - given.T @ self.charges)

    @cached_property
    def charges(self) -> Floats:
        """Price of each of the other rows, by which costs of other columns become those of links.

        A price moves cost from one column to another in an equation and changes no total.
        """
        c, rows = self.compiled, self.others
        sign = -1.0 if c.maximize else 1.0
        equal = c.row_lower[rows] == c.row_upper[rows]
        mine = np.zeros(len(c.columns), dtype=bool)
        mine[self.at] = True
        rest = sp.csr_array(c.matrix[rows]).tocoo()
        row, column = rest.coords
        # Columns that what the links carry must be in: against them in the row, and from zero on.
        counter = ~mine[column] & equal[row] & (rest.data < 0.0) & (c.lower[column] >= 0.0)
        least = np.full(len(rows), np.inf)
        np.minimum.at(least, row[counter], sign * c.cost[column[counter]] / -rest.data[counter])
        wrong = ~mine[column] & equal[row] & ~counter
        least[row[wrong]] = np.inf
        return np.where(np.isfinite(least) & (least > 0.0), -least, 0.0)

    @cached_property
    def needs(self) -> Integers:
        """The row that a link serves, of the other rows: the one with fewest links; -1 for none."""
        given = self.giving.tocoo()
        row, link = given.coords
        size = np.bincount(row, minlength=given.shape[0])
        order = np.lexsort((row, size[row], link))
        found = np.full(len(self.at), -1)
        of, first = np.unique(link[order], return_index=True)
        found[of] = row[order[first]]
        return found

    def cheapest(self, count: int) -> Flags:
        """Return which links are among the cheapest of the row that they serve."""
        order = np.lexsort((self.cost, self.needs))
        new = np.append(True, np.diff(self.needs[order]) != 0)
        first = np.maximum.accumulate(np.where(new, np.arange(len(order)), 0))
        chosen = np.zeros(len(order), dtype=bool)
        chosen[order[np.arange(len(order)) - first < count]] = True
        return chosen | (self.needs < 0)

    def closed(self, shut: Flags) -> Flags:
        """Return which links carry nothing where some engagements (columns) are not made."""
        return np.asarray(self.caps @ (~shut).astype(float) <= 0.0)

    def narrow(self, kept: Flags, *, gone: Flags | None = None) -> Narrow:
        """Return the model with some links alone.

        Parameters
        ----------
        kept : ndarray of bool, shape (links,)
            Links that stay, with their linking rows.
        gone : ndarray of bool, optional
            Links that are left out for good; all others that do not stay are put into columns of
            relief, so that the model is a relaxation. By default all that do not stay are gone.
        """
        c = self.compiled
        stays = np.ones(len(c.columns), dtype=bool)
        stays[self.at[~kept]] = False
        columns = np.flatnonzero(stays)
        rows = np.sort(np.concatenate((self.others, self.row[kept])))
        narrow = part_of(c, rows, columns)
        if gone is not None and not (kept | gone).all():
            narrow = self._relieved(narrow, rows, ~kept & ~gone)
        return Narrow(narrow, columns, rows)

    def _relieved(self, narrow: Compiled, rows: Integers, out: Flags) -> Compiled:
        """Add columns that can do for the rows whatever the links left out could, at no more cost.

        What such a link costs is charged in the row that it serves, to all links of that row at the
        least cost of any; in other rows it gives what it gives for nothing, but for the charge of
        that row, which moves cost and changes none.
        """
        c = self.compiled
        given = sp.csc_array(self.giving)[:, np.flatnonzero(out)].tocoo()
        row, link = given.coords
        link = np.asarray(np.flatnonzero(out)[link])
        key = 2 * row + (given.data > 0.0)
        kinds, group = np.unique(key, return_inverse=True)
        most = np.bincount(group, np.abs(given.data) * c.upper[self.at[link]])
        served = self.needs[link] == row
        price = np.where(served, self.price[link], 0.0)
        least = np.full(len(kinds), np.inf)
        np.minimum.at(least, group, price)
        sign = np.where(kinds % 2 == 1, 1.0, -1.0)
        # A charge moves cost between a link and the columns that its volume is in.
        cost = least + sign * self.charges[kinds // 2]
        if c.maximize:
            cost = -cost
        at = np.searchsorted(rows, self.others[kinds // 2])
        shape = (len(narrow.rows), len(kinds))
        more = sp.csc_array((sign, (at, np.arange(len(kinds)))), shape=shape)
        return replace(
            narrow,
            columns=extended(narrow.columns, len(kinds)),
            cost=np.concatenate((narrow.cost, cost)),
            matrix=sp.csr_array(sp.hstack((narrow.matrix, more))),
            lower=np.concatenate((narrow.lower, np.zeros(len(kinds)))),
            upper=np.concatenate((narrow.upper, most)),
            integer=np.concatenate((narrow.integer, np.zeros(len(kinds), dtype=bool))),
        )


def part_of(c: Compiled, rows: Integers, columns: Integers) -> Compiled:
    """Return the model of some rows and columns."""
    return replace(
        c,
        columns=taken(c.columns, columns),
        rows=taken(c.rows, rows),
        cost=c.cost[columns],
        matrix=sp.csr_array(sp.csr_array(c.matrix[rows])[:, columns]),
        row_lower=c.row_lower[rows],
        row_upper=c.row_upper[rows],
        lower=c.lower[columns],
        upper=c.upper[columns],
        integer=c.integer[columns],
    )
