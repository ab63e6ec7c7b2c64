"""A model as matrices straight from the rows that its families yield.

Pyomo's variables and constraints are one object each; making and reading millions of them takes
longer, and more memory, than solving many a model. The rows of a family are the same text for both
ways: what comes out here is what :func:`pse_opt.solving.compiled.compile_model` reads off the Pyomo
model, in the same order.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from pse_opt.components import Row, Rows
from pse_opt.errors import SolverError
from pse_opt.solving.compiled import Compiled, goals_at, paused_collector, rules_at
from pse_opt.solving.labels import Labels
from pse_opt.solving.outline import Outline

__all__ = ["Sheet"]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[Any]
Flags = npt.NDArray[np.bool_]

AT_ONCE = 1_000_000
"""Coefficients that are looked at together."""


class _Part(NamedTuple):
    """Some rows: how many coefficients each has, their columns by place, values, limits."""

    counts: Integers
    places: Integers
    values: Floats
    lower: Floats
    upper: Floats


class Sheet:
    """The rows of a model whose decisions and goals are declared.

    Parameters
    ----------
    m : Outline
        With all its decisions, and with its goals.
    """

    def __init__(self, m: Outline) -> None:
        self.m, self.count = m, m.count
        sizes = [len(block) for block in m.blocks.values()]
        self.ends = np.cumsum(sizes)
        self.families: list[tuple[str, Sequence[Any]]] = []
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

    def _places(self, variables: Any) -> Integers:
        """Return the places of decisions as an array."""
        places = np.asarray(variables, dtype=np.int32)
        if places.size and not 0 <= places.min() <= places.max() < self.count:
            raise KeyError("a variable that is not the model's")
        return places

    def _add_single(self, family: str, rows: list[Row]) -> None:
        if not rows:
            return
        self.families.append((family, [row.index for row in rows]))
        counts = np.array([len(row.variables) for row in rows], dtype=np.int32)
        places = self._places([v for row in rows for v in row.variables])
        values = np.array([c for row in rows for c in row.coefficients], dtype=float)
        lower = [-np.inf if row.lower is None else row.lower for row in rows]
        upper = [np.inf if row.upper is None else row.upper for row in rows]
        limits = np.array(lower, dtype=float), np.array(upper, dtype=float)
        self.parts.append(_Part(counts, places, values, *limits))

    def _add_many(self, family: str, rows: Rows) -> None:
        self.families.append((family, rows.keys))
        counts = np.diff(rows.matrix.indptr).astype(np.int32)
        places = self._places(rows.variables)[rows.matrix.indices]
        values = np.asarray(rows.matrix.data, dtype=float)
        self.parts.append(_Part(counts, places, values, rows.lower, rows.upper))

    def compiled(self) -> Compiled | None:
        """Return the model, and leave the sheet without rows.

        Returns
        -------
        Compiled or None
            None when a row without variables can never hold.

        Raises
        ------
        SolverError
            A coefficient is not a finite number.
        """
        with paused_collector():
            return self._compiled()

    def _compiled(self) -> Compiled | None:
        m, goal = self.m, self.m.goals.first
        aim, weights = self._places(goal.variables), np.asarray(goal.coefficients, dtype=float)
        cost = np.bincount(aim, weights=weights, minlength=self.count).astype(float)
        rank = self._ranks(aim)
        start, places, values, lower, upper = self._together()
        if not (np.isfinite(values).all() and np.isfinite(weights).all()):
            raise SolverError("the model has a coefficient that is not a finite number")
        kept = self._order(rank, places, cost)
        columns = m.labels(kept)
        shape = (len(lower), len(kept))
        matrix = sp.csr_array((values, columns.find(places), start), shape=shape)
        del places, values
        matrix.sum_duplicates()
        empty = np.diff(start) == 0
        if ((lower > 0.0) | (upper < 0.0))[empty].any():
            return None
        labels = Labels(self.families)
        self.families = []
        which = _split(lower, upper, empty)
        if which is not None:
            at = np.abs(which) - 1
            matrix, labels = sp.csr_array(matrix[at]), labels.take(at)
            lower, upper = lower[at], upper[at]
            equal = lower == upper
            lower = np.where((which < 0) | equal, lower, -np.inf)
            upper = np.where((which > 0) | equal, upper, np.inf)
        return Compiled(
            columns,
            labels,
            cost[kept],
            float(goal.constant),
            goal.maximize,
            matrix,
            lower,
            upper,
            m.each("lower")[kept],
            m.each("upper")[kept],
            m.each("whole")[kept],
            rules_at(m, columns.find),
            **goals_at(m, columns.find, labels, len(kept)),
        )

    def _together(self) -> tuple[Integers, Integers, Floats, Floats, Floats]:
        """Return where each row starts, and the parts as one, without coefficients of 0.

        What has been joined is let go: together the parts are as large as the model.
        """
        fields: list[list[Any]] = [list(field) for field in zip(*self.parts, strict=True)]
        self.parts = []
        joined: list[Any] = []
        for field in fields:
            joined.append(np.concatenate(field))
            field.clear()
        if not joined:
            joined = [np.zeros(0, dtype=t) for t in (np.int32, np.int32, float, float, float)]
        counts, places, values, lower, upper = joined
        used = values != 0.0
        start = np.concatenate(([0], np.cumsum(counts, dtype=np.int64)))
        if not used.all():
            start = np.concatenate(([0], np.cumsum(used)))[start]
            places, values = places[used], values[used]
        if len(values) <= np.iinfo(np.int32).max:
            start = start.astype(np.int32)
        return start, places, values, lower, upper

    def _block(self, places: Integers) -> Integers:
        """Return to which block decisions belong."""
        return np.searchsorted(self.ends, places, side="right")

    def _ranks(self, aim: Integers) -> Integers:
        """Return in which order variables are met: in the objective, then row by row."""
        met: list[int] = []
        for places in (aim, *(part.places for part in self.parts)):
            for at in range(0, len(places), AT_ONCE):
                block = self._block(places[at : at + AT_ONCE])
                found = np.flatnonzero(np.bincount(block)).tolist()
                first = {int((block == k).argmax()): k for k in found if k not in met}
                met += [first[k] for k in sorted(first)]
        rank = np.zeros(len(self.ends) + 1, dtype=np.int16)
        rank[met] = np.arange(len(met))
        return rank

    def _order(self, rank: Integers, used: Integers, cost: Floats) -> Integers:
        """Return the columns in use: by the variable that is met first, and as it is indexed."""
        wanted = cost != 0.0
        wanted[used] = True
        for rule in self.m.rules:
            wanted[self._places(rule.variables)] = True
        at = np.flatnonzero(wanted).astype(np.int32)
        return np.asarray(at[np.argsort(rank[self._block(at)], kind="stable")])


def _split(lower: Floats, upper: Floats, empty: Flags) -> Integers | None:
    """Return the rows of the matrix from 1: the upper side of each, then, negative, the lower.

    An equation is one row; rows without limit or without columns are none. None where each row has
    one side as it stands.
    """
    above = np.isfinite(upper) & ~empty
    below = np.isfinite(lower) & ~empty & ~(above & (lower == upper))
    if (above != below).all():
        return None
    number = np.arange(1, len(lower) + 1)
    both = np.stack((np.where(above, number, 0), np.where(below, -number, 0)), axis=1).ravel()
    return np.asarray(both[both != 0])
