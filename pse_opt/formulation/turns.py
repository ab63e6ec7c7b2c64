"""The Gini coefficient by the order of a first solution, and pairs that leave it."""

from __future__ import annotations

import bisect
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from pse_opt.solving.cuts import Additions, Cut, Cutter

__all__ = ["Pairs", "turned"]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

FEW_TURNS, TURNS_EACH = 10_000, 10
"""Pairs that turn that are added at once: so many, or so many for each entity."""
AT_ONCE = 100_000
"""Pairs that are held against their levels together."""


@dataclass(frozen=True, eq=False)
class Pairs:
    """``spread >= sum over pairs of p_i p_j |u_i - u_j|``, with a column only for pairs that turn.

    Attributes
    ----------
    variables : list of VarData
        Levels of the entities of a block, then the spread.
    weights : ndarray
        Shares of people.
    """

    variables: list[Any]
    weights: Floats

    def cutter(self, columns: Integers) -> Cutter:
        """Return what adds its pairs."""
        return _Turns(self.weights, columns)


class _Turns:
    """The order of the first solution as a row, and a column for each pair that leaves it.

    In a fixed order every difference is linear; a pair that turns gets ``e >= other - one``, whose
    double, added to the linear difference, is the absolute one. There are finitely many pairs; of
    those that have turned since, a limited number is added at a time.
    """

    def __init__(self, weights: Floats, columns: Integers) -> None:
        self.weights, self.levels, self.spread = weights, columns[:-1], int(columns[-1])
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
        if self.rank is None:
            order = np.argsort(levels, kind="stable")
            self.rank, self.row = np.empty(len(order), dtype=np.int64), rows
            self.rank[order] = np.arange(len(order))
            people = self.weights[order]
            slope = np.empty(len(order))
            slope[order] = 2.0 * people * (np.cumsum(people) - people / 2.0 - 0.5)
            terms = np.append(-slope, 1.0)
            index = np.append(self.levels, self.spread)
            return Additions([Cut(index, terms, 0.0, math.inf)])
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


def turned(rank: Integers, levels: Floats) -> Iterator[tuple[Integers, Integers]]:
    """Yield the pairs whose levels are not in the order of their ranks, some at a time.

    In the order of levels, whoever stands before somebody of lesser rank has turned: the ranks
    passed so far are kept sorted, so that nothing is looked at but what has turned.

    Parameters
    ----------
    rank : ndarray of int, shape (entities,)
        Each number from 0 up once.
    levels : ndarray, shape (entities,)
        Levels, equal ones in any order.

    Yields
    ------
    tuple of ndarray
        The entity of the lesser rank, and the one of the greater rank that it is not below.
    """
    entity = np.argsort(rank)
    passed: list[int] = []
    first: list[int] = []
    second: list[int] = []
    for r in rank[np.argsort(levels, kind="stable")].tolist():
        at = bisect.bisect(passed, r)
        first += [r] * (len(passed) - at)
        second += passed[at:]
        passed.insert(at, r)
        if len(first) >= AT_ONCE:
            yield entity[first], entity[second]
            first, second = [], []
    if first:
        yield entity[first], entity[second]
