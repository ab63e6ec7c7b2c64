"""Needs with one source: which decisions say so, and plans that keep to it.

Where a need is served in full by one offer, its deliveries are all or nothing. The model with
deliveries that may be split is a relaxation of which offers are knapsacks (``knapsacks``); a plan
gives each need to one of the offers that are engaged (``allotment``).
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from pse_opt.solving.capacitated.allotment import Allotment, allotted
from pse_opt.solving.capacitated.knapsacks import Knapsacks
from pse_opt.solving.capacitated.links import part_of
from pse_opt.solving.capacitated.plans import Plans
from pse_opt.solving.compiled import Compiled
from pse_opt.solving.interrupt import Stop
from pse_opt.solving.labels import known_families
from pse_opt.solving.outcome import Options

__all__ = ["Sourced", "Sources"]

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int64]

FAMILY = "source_assignment"
MUCH = 20_000_000
"""Pairs of an engaged offer and a need from which no plan is made by allotment."""
ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class Sources:
    """A model in which some deliveries are all or nothing, with one decision for each of them.

    Attributes
    ----------
    whole : Compiled
        The model.
    merged : Compiled
        The same model, in which those deliveries are whole numbers and need no other decision.
    columns : ndarray
        Where its columns are in the whole.
    source : ndarray of bool, shape (columns of merged,)
        Which of them are such deliveries.
    decision : ndarray, shape (columns of merged,)
        The column of the whole that is equal to each of them; -1 for others.
    """

    whole: Compiled
    merged: Compiled
    columns: Integers
    source: Flags
    decision: Integers

    @classmethod
    def of(cls, compiled: Compiled) -> Sources | None:
        """Find the sources of a model: None where there are none, or not of needs met in full."""
        rows = np.flatnonzero(known_families(compiled.rows) == FAMILY)
        if not rows.size or compiled.rules or compiled.whole:
            return None
        a = sp.csr_array(compiled.matrix[rows]).tocoo()
        row, column = a.coords
        count = len(rows)
        delivery, decision = np.full(count, -1), np.full(count, -1)
        gives = (a.data == 1.0) & ~compiled.integer[column]
        takes = (a.data == -1.0) & compiled.integer[column]
        delivery[row[gives]], decision[row[takes]] = column[gives], column[takes]
        plain = (np.bincount(row, minlength=count) == 2) & (delivery >= 0) & (decision >= 0)
        plain &= (compiled.row_lower[rows] == 0.0) & (compiled.row_upper[rows] == 0.0)
        if not plain.all() or len(np.unique(delivery)) < count:
            return None
        kept = np.ones(len(compiled.columns), dtype=bool)
        kept[decision] = False
        columns = np.flatnonzero(kept)
        place = np.cumsum(kept) - 1
        others = np.ones(len(compiled.rows), dtype=bool)
        others[rows] = False
        part = part_of(compiled, np.flatnonzero(others), columns)
        at = place[delivery]
        moved = sp.csr_array(compiled.matrix[np.flatnonzero(others)])[:, decision]
        into = sp.csr_array((np.ones(count), (np.arange(count), at)), (count, len(columns)))
        matrix = sp.csr_array(part.matrix + moved @ into)
        cost, lower, upper = part.cost.copy(), part.lower.copy(), part.upper.copy()
        cost[at] += compiled.cost[decision]
        lower[at] = np.maximum(lower[at], compiled.lower[decision])
        upper[at] = np.minimum(upper[at], compiled.upper[decision])
        source, of = np.zeros(len(columns), dtype=bool), np.full(len(columns), -1)
        source[at], of[at] = True, decision
        merged = replace(
            part,
            cost=cost,
            matrix=matrix,
            lower=lower,
            upper=upper,
            integer=part.integer | source,
        )
        return cls(compiled, merged, columns, source, of)

    @property
    def split(self) -> Compiled:
        """The model in which those deliveries may be split: a relaxation."""
        return replace(self.merged, integer=self.merged.integer & ~self.source)

    def values(self, merged: Floats) -> Floats:
        """Return values of the columns of the whole from those of the merged model."""
        found = np.zeros(len(self.whole.columns))
        found[self.columns] = merged
        found[self.decision[self.source]] = merged[self.source]
        return found


class Sourced(Plans):
    """Plans of the split model in which each need that is to have one source has one.

    Parameters
    ----------
    knapsacks : Knapsacks
        Those of the split model.
    source : ndarray of bool, shape (columns,)
        Deliveries that are all or nothing.
    options, stop
        As in :class:`Plans`.
    """

    def __init__(
        self, knapsacks: Knapsacks, source: Flags, options: Options, stop: Stop | None
    ) -> None:
        super().__init__(knapsacks.links, options, stop)
        self.knapsacks = knapsacks
        self.end = time.perf_counter() + options.time_limit
        self.whole = source[self.links.at]
        self.needs, number = np.unique(self.links.needs[self.whole], return_inverse=True)
        self.number = np.full(len(self.links.at), -1)
        self.number[self.whole] = number

    def carrying(self, chosen: Floats) -> Flags | None:
        """Return one link for each need that is to have one source, and the others that may be."""
        k = self.knapsacks
        made = np.flatnonzero(chosen[k.engaged] > 0.5)
        if not made.size or len(made) * len(self.needs) > MUCH:
            return None
        row = np.full(len(k.engaged), -1)
        row[made] = np.arange(len(made))
        able = (row[k.at] >= 0) & self.whole[k.link] & (k.most >= 1.0 - ROUNDING)
        pairs = np.flatnonzero(able)
        shape = (len(made), len(self.needs))
        cost, volume = np.full(shape, np.inf), np.zeros(shape)
        link = np.full(shape, -1)
        at = (row[k.at[pairs]], self.number[k.link[pairs]])
        cost[at], volume[at] = self.links.cost[k.link[pairs]], k.volume[pairs]
        link[at] = k.link[pairs]
        found = allotted(Allotment(cost, volume, k.room[made]), self._late)
        if found is None:
            return None
        kept = np.asarray(~self.whole & (self.links.caps @ chosen > 0.0))
        kept[link[found, np.arange(len(found))]] = True
        return kept

    def _late(self) -> bool:
        return bool(self.stop) or time.perf_counter() >= self.end
