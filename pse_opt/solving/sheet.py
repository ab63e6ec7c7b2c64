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
Integers = npt.NDArray[np.int64]


class _Part(NamedTuple):
    """Some rows: how many coefficients each has, their columns by place, values, limits."""

    counts: Integers
    places: Integers
    values: Floats
    lower: Floats
    upper: Floats


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
        self.block = np.repeat(np.arange(len(blocks)), [len(block) for block in blocks])
        self.place = {id(v): k for k, v in enumerate(self.columns)}
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
        found = map(self.place.__getitem__, map(id, variables))
        return np.fromiter(found, dtype=np.int64, count=len(variables))

    def _add_single(self, family: str, rows: list[Row]) -> None:
        if not rows:
            return
        self.labels += [Label(family, row.index) for row in rows]
        counts = np.array([len(row.variables) for row in rows], dtype=np.int64)
        places = self._places([v for row in rows for v in row.variables])
        values = np.array([c for row in rows for c in row.coefficients], dtype=float)
        lower = [-np.inf if row.lower is None else row.lower for row in rows]
        upper = [np.inf if row.upper is None else row.upper for row in rows]
        limits = np.array(lower, dtype=float), np.array(upper, dtype=float)
        self.parts.append(_Part(counts, places, values, *limits))

    def _add_many(self, family: str, rows: Rows) -> None:
        self.labels += [Label(family, index) for index in rows.keys]
        counts = np.diff(rows.matrix.indptr).astype(np.int64)
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
        counts, places, values, lower, upper = self._together()
        if not (np.isfinite(values).all() and np.isfinite(goal.coefficients).all()):
            raise SolverError("the model has a coefficient that is not a finite number")
        cost = np.zeros(len(self.columns))
        np.add.at(cost, aim, goal.coefficients)
        used = values != 0.0
        kept = self._order(np.concatenate((aim, places)), places[used], cost)
        number = np.zeros(len(self.columns), dtype=np.int64)
        number[kept] = np.arange(len(kept))
        row = np.repeat(np.arange(len(counts)), counts)[used]
        start = np.concatenate(([0], np.cumsum(np.bincount(row, minlength=len(counts)))))
        form = (values[used], number[places[used]], start)
        matrix = sp.csr_array(form, shape=(len(counts), len(kept)))
        matrix.sum_duplicates()
        empty = np.diff(start) == 0
        if ((lower > 0.0) | (upper < 0.0))[empty].any():
            return None
        at = _split(lower, upper, empty)
        which = np.abs(at) - 1
        columns, labels = [self.columns[k] for k in kept], [self.labels[k] for k in which]
        low, high = bounds_of(columns)
        m = self.m
        return Compiled(
            columns,
            labels,
            cost[kept],
            float(goal.constant),
            goal.maximize,
            sp.csr_array(matrix[which]),
            np.where((at < 0) | (lower[which] == upper[which]), lower[which], -np.inf),
            np.where((at > 0) | (lower[which] == upper[which]), upper[which], np.inf),
            low,
            high,
            np.fromiter((not v.is_continuous() for v in columns), bool, len(columns)),
            rules_at(m, columns),
            **goals_at(m, columns, labels),
        )

    def _together(self) -> tuple[Integers, Integers, Floats, Floats, Floats]:
        parts = self.parts
        return (
            np.concatenate([np.zeros(0, dtype=np.int64), *(p.counts for p in parts)]),
            np.concatenate([np.zeros(0, dtype=np.int64), *(p.places for p in parts)]),
            np.concatenate([np.zeros(0), *(p.values for p in parts)]),
            np.concatenate([np.zeros(0), *(p.lower for p in parts)]),
            np.concatenate([np.zeros(0), *(p.upper for p in parts)]),
        )

    def _order(self, seen: Integers, used: Integers, cost: Floats) -> Integers:
        """Return the columns in use: by the variable that is met first, and as it is indexed."""
        wanted = cost != 0.0
        wanted[used] = True
        met, first = np.unique(self.block[seen], return_index=True)
        rank = np.zeros(int(self.block.max(initial=0)) + 1, dtype=np.int64)
        rank[met] = first
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
