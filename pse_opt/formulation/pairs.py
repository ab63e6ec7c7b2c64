"""The Gini coefficient by its order, and a column only for the pairs that leave it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from pse_opt.formulation.turns import turned
from pse_opt.solving.cuts import Additions, Cut, Cutter, Key

__all__ = ["Pairs"]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

FEW_TURNS, TURNS_EACH = 10_000, 10
"""Pairs that turn that are added at once: so many, or so many for each entity."""
REMEMBERED = 4
"""Solutions, the newest ones, of which another solve is told."""


@dataclass(frozen=True, eq=False)
class Pairs:
    """``spread >= sum over pairs of p_i p_j |u_i - u_j|``, with a column only for pairs that turn.

    Attributes
    ----------
    variables : list of VarData
        Levels of the entities of a block, then the spread.
    weights : ndarray
        Shares of people.
    key : tuple of str
        Entry, service and block.
    """

    variables: list[Any]
    weights: Floats
    key: Key = ()

    def cutter(self, columns: Integers, points: Floats | None = None) -> Cutter:
        """Return what adds its pairs."""
        return _Turns(self, columns, points)


class _Turns(Cutter):
    """The order of the first solution as a row, and a column for each pair that leaves it.

    In a fixed order every difference is linear; a pair that turns gets ``e >= other - one``, whose
    double, added to the linear difference, is the absolute one. There are finitely many pairs.

    Points are levels. Of another solve the last one says the first order here, and the others which
    pairs may leave it.
    """

    def __init__(self, pairs: Pairs, columns: Integers, points: Floats | None) -> None:
        self.key, self.weights = pairs.key, pairs.weights
        self.levels, self.spread = columns[:-1], int(columns[-1])
        fits = points is not None and points.ndim == 2 and points.shape[1] == len(self.levels)
        self.before = points if fits else None
        self.taken: list[Floats] = []
        self.rank: npt.NDArray[np.int64] | None = None
        self.row = -1
        self.turned = np.zeros(0, dtype=np.int64)

    def _gini(self, levels: Floats) -> float:
        order = np.argsort(levels, kind="stable")
        people = self.weights[order]
        middle = np.cumsum(people) - people / 2.0
        return float(2.0 * (people * (middle - 0.5)) @ levels[order])

    def violation(self, values: Floats) -> float:
        """Return by how much the spread is below the true one, relative to the mean."""
        levels = values[self.levels]
        unit = max(float(self.weights @ levels), 1e-12)
        return max(self._gini(levels) - float(values[self.spread]), 0.0) / unit

    def additions(self, values: Floats, columns: int, rows: int) -> Additions:
        """Return the row of the first order, or the pairs that have left it since."""
        levels = values[self.levels]
        self.taken.append(levels)
        return self._first(levels, rows) if self.rank is None else self._left(levels, columns)

    @property
    def points(self) -> Floats:
        """The newest levels at which pairs were looked for."""
        return np.array(self.taken[-REMEMBERED:]).reshape(-1, len(self.levels))

    def recalled(self, columns: int, rows: int) -> Additions:
        """Return the order of another solve, and the pairs that left it there."""
        before, self.before = self.before, None
        if before is None or not len(before):
            return Additions()
        self.taken += list(before)
        (order,) = self._first(before[-1], rows).rows
        found = Additions()
        pushed: list[float] = []
        for levels in before[-2::-1]:
            more = self._left(levels, columns + len(pushed))
            found.rows += more.rows
            pushed += [of_rows[self.row] for of_rows in more.columns]
        at = columns + np.arange(len(pushed))  # in the row of the order, which is not there yet
        index, terms = np.append(order.columns, at), np.append(order.coefficients, pushed)
        found.rows.insert(0, Cut(index, terms, order.lower, order.upper))
        found.columns = [{} for _ in pushed]
        return found

    def _first(self, levels: Floats, row: int) -> Additions:
        """Return the row of an order, which is the first one."""
        order = np.argsort(levels, kind="stable")
        self.rank, self.row = np.empty(len(order), dtype=np.int64), row
        self.rank[order] = np.arange(len(order))
        people = self.weights[order]
        slope = np.empty(len(order))
        slope[order] = 2.0 * people * (np.cumsum(people) - people / 2.0 - 0.5)
        terms = np.append(-slope, 1.0)
        index = np.append(self.levels, self.spread)
        return Additions([Cut(index, terms, 0.0, math.inf)])

    def _left(self, levels: Floats, columns: int) -> Additions:
        """Return the pairs that leave the first order, for the first time."""
        found = Additions()
        for i, j in self._new(levels):
            both = float(self.weights[i] * self.weights[j])
            found.columns.append({self.row: -2.0 * both})
            index = np.array([columns, self.levels[i], self.levels[j]])
            found.rows.append(Cut(index, np.array([1.0, -1.0, 1.0]), 0.0, math.inf))
            columns += 1
        return found

    def _new(self, levels: Floats) -> Iterator[tuple[int, int]]:
        """Yield pairs (i, j), i first in the first order, where i is above j now.

        Those that have a column are left out; of very many others, those come that count most.
        """
        assert self.rank is not None
        count = len(levels)
        most = max(FEW_TURNS, TURNS_EACH * count)
        found, worth = np.zeros(0, dtype=np.int64), np.zeros(0)
        for i, j in turned(self.rank, levels):
            pairs = i * count + j
            above = self.weights[i] * self.weights[j] * (levels[i] - levels[j])
            new = (levels[i] > levels[j] + 1e-12) & ~np.isin(pairs, self.turned)
            found, worth = np.append(found, pairs[new]), np.append(worth, above[new])
            if len(found) > most:
                kept = np.argpartition(-worth, most)[:most]
                found, worth = found[kept], worth[kept]
        self.turned = np.union1d(self.turned, found)
        for pair in np.sort(found).tolist():
            yield divmod(pair, count)
