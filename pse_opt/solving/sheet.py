"""A model as matrices straight from the rows that its families yield.

Pyomo's constraints are one object a row; making and reading a million of them takes longer than
solving many a model. The rows of a family are the same text for both ways: what comes out here is
what :func:`pse_opt.solving.compiled.compile_model` reads off the Pyomo model, in the same order.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyomo.core as pe
import scipy.sparse as sp

from pse_opt.components import Row, Rows
from pse_opt.errors import SolverError
from pse_opt.solving.compiled import (
    Compiled,
    Label,
    bounds_of,
    goals_at,
    paused_collector,
    rules_at,
)

__all__ = ["Sheet"]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[Any]


class _Part(NamedTuple):
    """Some rows: how many coefficients each has, their columns by place, values, limits."""

    counts: Integers
    places: Integers
    values: Floats
    lower: Floats
    upper: Floats

    @classmethod
    def none(cls) -> _Part:
        """Return no rows."""
        whole, number = np.zeros(0, dtype=np.int32), np.zeros(0)
        return cls(whole, whole, number, number, number)


class Sheet:
    """The rows of a model whose variables and goals are declared.

    Parameters
    ----------
    m : ConcreteModel
        With all its variables, none of them fixed, and with ``m.goals``.
    """

    def __init__(self, m: pe.ConcreteModel) -> None:
        self.m = m
        blocks = list(m.component_objects(pe.Var))
        self.columns = [v for block in blocks for v in block.values()]
        sizes = [len(block) for block in blocks]
        self.block = np.repeat(np.arange(len(blocks), dtype=np.int16), sizes)
        known = np.fromiter(map(id, self.columns), dtype=np.int64, count=len(self.columns))
        self.order = np.argsort(known).astype(np.int32)
        self.known = known[self.order]
        self.labels: list[Label] = []
        self.parts: list[_Part] = []

    def add(self, family: str, rows: Iterable[Row | Rows | tuple[Any, Any]]) -> bool:
        """Add the rows of a family; False where one is an expression, which only Pyomo reads."""
        single: list[Row] = []
        for given in rows:
            if isinstance(given, Row):
                single.append(given)
            elif isinstance(given, Rows):
                self._add_single(family, single)
                single = []
                self._add_many(family, given)
            else:
                return False
        self._add_single(family, single)
        return True

    def _places(self, variables: list[Any]) -> Integers:
        """Return the columns of variables, by what Python knows them by."""
        wanted = np.fromiter(map(id, variables), dtype=np.int64, count=len(variables))
        at = np.minimum(np.searchsorted(self.known, wanted), len(self.known) - 1)
        if (self.known[at] != wanted).any():
            raise KeyError("a variable that is not the model's")
        return np.asarray(self.order[at])

    def _add_single(self, family: str, rows: list[Row]) -> None:
        if not rows:
            return
        self.labels += [Label(family, row.index) for row in rows]
        counts = np.array([len(row.variables) for row in rows], dtype=np.int32)
        places = self._places([v for row in rows for v in row.variables])
        values = np.array([c for row in rows for c in row.coefficients], dtype=float)
        lower = [-np.inf if row.lower is None else row.lower for row in rows]
        upper = [np.inf if row.upper is None else row.upper for row in rows]
        limits = np.array(lower, dtype=float), np.array(upper, dtype=float)
        self.parts.append(_Part(counts, places, values, *limits))

    def _add_many(self, family: str, rows: Rows) -> None:
        self.labels += [Label(family, index) for index in rows.keys]
        counts = np.diff(rows.matrix.indptr).astype(np.int32)
        places = self._places(rows.variables)[rows.matrix.indices]
        values = np.asarray(rows.matrix.data, dtype=float)
        self.parts.append(_Part(counts, places, values, rows.lower, rows.upper))

    def compiled(self) -> Compiled | None:
        """Return the model; None when a row without variables can never hold.

        Raises
        ------
        SolverError
            A coefficient is not a finite number.
        """
        with paused_collector():
            return self._compiled()

    def _compiled(self) -> Compiled | None:
        goal = self.m.goals.first
        aim = self._places(goal.variables)
        cost = np.zeros(len(self.columns))
        np.add.at(cost, aim, goal.coefficients)
        rank = self._ranks(aim)
        start, places, values, lower, upper = self._together()
        if not (np.isfinite(values).all() and np.isfinite(goal.coefficients).all()):
            raise SolverError("the model has a coefficient that is not a finite number")
        kept = self._order(rank, places, cost)
        number = np.zeros(len(self.columns), dtype=np.int32)
        number[kept] = np.arange(len(kept))
        form = (values, number[places], start)
        matrix = sp.csr_array(form, shape=(len(lower), len(kept)))
        matrix.sum_duplicates()
        empty = np.diff(start) == 0
        if ((lower > 0.0) | (upper < 0.0))[empty].any():
            return None
        at = _split(lower, upper, empty)
        which = np.abs(at) - 1
        if len(which) != len(lower) or (np.diff(which) != 1).any():
            matrix = sp.csr_array(matrix[which])
        columns, labels = [self.columns[k] for k in kept], [self.labels[k] for k in which]
        low, high = bounds_of(columns)
        m = self.m
        return Compiled(
            columns,
            labels,
            cost[kept],
            float(goal.constant),
            goal.maximize,
            matrix,
            np.where((at < 0) | (lower[which] == upper[which]), lower[which], -np.inf),
            np.where((at > 0) | (lower[which] == upper[which]), upper[which], np.inf),
            low,
            high,
            np.fromiter((not v.is_continuous() for v in columns), bool, len(columns)),
            rules_at(m, columns),
            **goals_at(m, columns, labels),
        )

    def _together(self) -> tuple[Integers, Integers, Floats, Floats, Floats]:
        """Return where each row starts, and the parts as one, without coefficients of 0."""
        counts, places, values, lower, upper = (
            np.concatenate([none, *(part[k] for part in self.parts)])
            for k, none in enumerate(_Part.none())
        )
        self.parts = [_Part(counts, places, values, lower, upper)]
        start = np.concatenate(([0], np.cumsum(counts)))
        used = values != 0.0
        if not used.all():
            start = np.concatenate(([0], np.cumsum(used)))[start]
            places, values = places[used], values[used]
        return start, places, values, lower, upper

    def _ranks(self, aim: Integers) -> Integers:
        """Return in which order variables are met: in the objective, then row by row."""
        met: list[int] = []
        for places in (aim, *(part.places for part in self.parts)):
            block = self.block[places]
            found = np.flatnonzero(np.bincount(block)).tolist()
            first = {int((block == k).argmax()): k for k in found if k not in met}
            met += [first[k] for k in sorted(first)]
        rank = np.zeros(int(self.block.max(initial=0)) + 1, dtype=np.int16)
        rank[met] = np.arange(len(met))
        return rank

    def _order(self, rank: Integers, used: Integers, cost: Floats) -> Integers:
        """Return the columns in use: by the variable that is met first, and as it is indexed."""
        wanted = cost != 0.0
        wanted[used] = True
        for rule in getattr(self.m, "rules", ()):
            wanted[self._places(rule.variables)] = True
        at = np.flatnonzero(wanted)
        return np.asarray(at[np.argsort(rank[self.block[at]], kind="stable")])


def _split(lower: Floats, upper: Floats, empty: npt.NDArray[np.bool_]) -> Integers:
    """Return the rows of the matrix from 1: the upper side of each, then, negative, the lower.

    An equation is one row; rows without limit or without columns are none.
    """
    above = np.isfinite(upper) & ~empty
    below = np.isfinite(lower) & ~empty & ~(above & (lower == upper))
    number = np.arange(1, len(lower) + 1)
    both = np.stack((np.where(above, number, 0), np.where(below, -number, 0)), axis=1).ravel()
    return np.asarray(both[both != 0])
