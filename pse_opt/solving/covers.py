"""Rows that say how many offers a floor takes, found for fractions that pretend otherwise.

Half of each of two offers may meet a floor on paper, where whole ones would meet it twice. An offer
counts for no more than the floor itself: with that, fractions of it count for less.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from pse_opt.solving.compiled import Compiled
from pse_opt.solving.cuts import Additions, Cut
from pse_opt.solving.highs import Answer, Session
from pse_opt.solving.labels import extended, known_families

__all__ = ["Covers", "covered", "with_rows"]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

BROKEN = 1e-4
"""Violation, relative to the floor, from which a row is worth adding."""
FAMILY = "floor_cover"
ROUNDS = 8
"""Linear programs that add rows."""


@dataclass(frozen=True, eq=False)
class Covers:
    r"""The floors of a model and what can meet them.

    With :math:`\sum_o x_{on} + e_n = q_n \ge f_n` and :math:`x_{on} \le \sum_l m_{onl} y_{ol}`,

    .. math::
        \sum_{o \in S} x_{on} + e_n
        + \sum_{o \notin S} \sum_l \min(m_{onl}, f_n)\, y_{ol} \ge f_n

    holds for whole :math:`y` and any set :math:`S`: one offer outside it with :math:`m \ge f`
    alone keeps it, and without such an offer nothing was cut down.

    Attributes
    ----------
    floor : ndarray, shape (needs,)
        Floors, shares of needs, above 0.
    need, column : ndarray, shape (deliveries,)
        Which need a delivery is for, and its column.
    delivery, engaged, room : ndarray, shape (sizes of deliveries,)
        Which delivery an engagement allows, its column, and the share of the need it allows.
    """

    floor: Floats
    need: Integers
    column: Integers
    delivery: Integers
    engaged: Integers
    room: Floats

    @classmethod
    def of(cls, compiled: Compiled) -> Covers | None:
        """Return the floors of a model of ours; None where there are none."""
        families = known_families(compiled.rows)
        floor = _floors(compiled, families)
        rows = _rows(compiled, families, "attainment", 0.0, 0.0)
        row, at, value = _entries(compiled, rows)
        met = np.full(rows.size, -1, dtype=np.int64)
        met[row[value < 0.0]] = at[value < 0.0]
        plain = np.bincount(row[value < 0.0], minlength=rows.size) == 1
        odd = (np.abs(value) != 1.0) | (compiled.lower[at] < 0.0)
        plain &= np.bincount(row[odd], minlength=rows.size) == 0
        plain &= floor[met] > 0.0
        number = np.where(plain, np.cumsum(plain) - 1, -1)
        mine = (value > 0.0) & (number[row] >= 0)
        need, column = number[row[mine]], at[mine]
        if not column.size:
            return None
        place = np.full(len(compiled.columns), -1, dtype=np.int64)
        place[column] = np.arange(column.size)
        return cls(floor[met[plain]], need, column, *_links(compiled, families, place))

    def broken(self, values: Floats) -> list[Cut]:
        """Return the rows that a solution breaks, for each need the one it breaks most."""
        room = np.minimum(self.room, self.floor[self.need[self.delivery]])
        known = np.bincount(self.delivery, minlength=self.column.size) > 0
        allowed = np.bincount(
            self.delivery, weights=room * values[self.engaged], minlength=self.column.size
        )
        delivered = values[self.column]
        other = known & (allowed < delivered)
        met = np.bincount(
            self.need, weights=np.where(other, allowed, delivered), minlength=self.floor.size
        )
        short = met < self.floor * (1.0 - BROKEN)
        direct = short[self.need] & ~other
        through = (short[self.need] & other)[self.delivery]
        need = np.concatenate((self.need[direct], self.need[self.delivery[through]]))
        column = np.concatenate((self.column[direct], self.engaged[through]))
        value = np.concatenate((np.ones(int(direct.sum())), room[through])) / self.floor[need]
        order = np.argsort(need, kind="stable")
        _, first = np.unique(need[order], return_index=True)
        parts = np.split(order, first[1:]) if order.size else []
        return [Cut(column[p], value[p], 1.0, np.inf) for p in parts]


def covered(session: Session, compiled: Compiled, answer: Answer) -> tuple[Answer, list[Cut]]:
    """Add rows for floors to a relaxation.

    Parameters
    ----------
    session : Session
        The relaxation, solved; its columns are those of the model.
    compiled : Compiled
        The model with all rows.
    answer : Answer
        What the session found.

    Returns
    -------
    Answer
        The last solution.
    list of Cut
        The rows added.
    """
    covers, cuts = Covers.of(compiled), list[Cut]()
    for _ in range(ROUNDS if covers is not None else 0):
        assert covers is not None
        assert answer.values is not None
        broken = covers.broken(answer.values)
        if not broken or session.over:
            break
        session.add(Additions(broken))
        found = session.run()
        if found.state != "optimal" or found.values is None:
            break
        answer, cuts = found, [*cuts, *broken]
    return answer, cuts


def with_rows(compiled: Compiled, cuts: list[Cut]) -> Compiled:
    """Return a model with further rows."""
    if not cuts:
        return compiled
    starts = np.concatenate(([0], np.cumsum([len(c.columns) for c in cuts])))
    more = sp.csr_array(
        (
            np.concatenate([c.coefficients for c in cuts]),
            np.concatenate([c.columns for c in cuts]),
            starts,
        ),
        shape=(len(cuts), len(compiled.columns)),
    )
    return replace(
        compiled,
        rows=extended(compiled.rows, len(cuts), FAMILY),
        matrix=sp.csr_array(sp.vstack((compiled.matrix, more), format="csr")),
        row_lower=np.concatenate((compiled.row_lower, [c.lower for c in cuts])),
        row_upper=np.concatenate((compiled.row_upper, [c.upper for c in cuts])),
    )


def _rows(
    compiled: Compiled, families: npt.NDArray[np.object_], family: str, lower: float, upper: float
) -> Integers:
    same = (compiled.row_lower == lower) & (compiled.row_upper == upper)
    return np.flatnonzero((families == family) & same)


def _entries(compiled: Compiled, rows: Integers) -> tuple[Integers, Integers, Floats]:
    part = compiled.matrix[rows].tocoo()
    row, column = part.coords
    return row.astype(np.int64), column.astype(np.int64), part.data


def _floors(compiled: Compiled, families: npt.NDArray[np.object_]) -> Floats:
    """Return the least value of each column, by its bound or by a row of its own."""
    floor = compiled.lower.copy()
    alone = np.diff(compiled.matrix.indptr) == 1
    rows = np.flatnonzero((families == "coverage_floor") & alone)
    row, column, value = _entries(compiled, rows)
    up = value > 0.0
    np.maximum.at(floor, column[up], compiled.row_lower[rows[row[up]]] / value[up])
    return np.where(np.isfinite(floor), floor, 0.0)


def _links(
    compiled: Compiled, families: npt.NDArray[np.object_], place: Integers
) -> tuple[Integers, Integers, Floats]:
    """Return which delivery each engagement allows, its column, and how much of it."""
    rows = _rows(compiled, families, "linking", -np.inf, 0.0)
    row, at, value = _entries(compiled, rows)
    target = np.full(rows.size, -1, dtype=np.int64)
    up = value > 0.0
    target[row[up]] = place[at[up]]
    odd = np.where(up, value != 1.0, ~compiled.integer[at] | (compiled.lower[at] < 0.0))
    good = (np.bincount(row[up], minlength=rows.size) == 1) & (target >= 0)
    good &= np.bincount(row[odd], minlength=rows.size) == 0
    mine = good[row] & ~up
    return target[row[mine]], at[mine], -value[mine]
