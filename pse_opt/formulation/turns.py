"""Pairs that leave an order."""

from __future__ import annotations

import bisect
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

__all__ = ["turned"]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

AT_ONCE = 100_000
"""Pairs that are held against their levels together."""


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
