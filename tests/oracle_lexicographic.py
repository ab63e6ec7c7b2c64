"""The worst off first, then the next: the lexicographic objective of the brute force."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tests.oracle_best import Optimum, least_cost
from tests.oracle_levels import Entry, pooled
from tests.oracle_linear import Linear

SATURATED = 1e-7
"""A level that can rise by no more than this cannot rise."""


def lexicographic(sets: Sequence[Any], entry: Entry, then: Sequence[str]) -> Optimum | None:
    best: tuple[tuple[float, ...], list[float], Any] | None = None
    for plans in sets:
        found = _saturated(plans, [u for u, _ in pooled(plans, entry)])
        if found is not None:
            vector = tuple(sorted(found))
            if best is None or _precedes(best[0], vector):
                best = vector, found, plans
    if best is None:
        return None
    if not then:
        return Optimum(best[0][0], best[0])

    def hold_goal(k: int) -> None:
        levels = [u for u, _ in pooled(sets[k], entry)]
        own = _saturated(sets[k], levels)
        if own is None or _precedes(tuple(sorted(own)), best[0]):
            sets[k].at_most(sets[k].constant(1.0), 0.0)
            return
        for u, value in zip(levels, own, strict=True):
            sets[k].at_most(sets[k].constant(value - 1e-7), u)

    return Optimum(best[0][0], best[0], least_cost(sets, then, hold_goal))


def _precedes(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    """Whether the other is better at the first place where they differ."""
    for a, b in zip(one, other, strict=True):
        if abs(a - b) > 10 * SATURATED:
            return a < b
    return False


def _saturated(plans: Any, levels: Sequence[Linear]) -> list[float] | None:
    """Raise the least level, fix those that cannot rise any more, and repeat with the others.

    That is right where the plans are a convex set, as those of one set of engagements are.
    """
    fixed: dict[int, float] = {}
    while len(fixed) < len(levels):
        with plans.trial():
            least = plans.column(free=True)
            for k, u in enumerate(levels):
                plans.at_most(plans.constant(fixed[k] - 1e-9) if k in fixed else least, u)
            found = plans.least(least * -1.0)
            if found is None:
                return None
        rise = {}
        for k in set(range(len(levels))) - set(fixed):
            rise[k] = _most(plans, levels, fixed, -found[0], k)
        highest = min(rise.values())
        fixed |= {k: -found[0] for k, v in rise.items() if v <= max(highest, -found[0] + SATURATED)}
    return [fixed[k] for k in range(len(levels))]


def _most(
    plans: Any, levels: Sequence[Linear], fixed: Mapping[int, float], least: float, k: int
) -> float:
    """How high a level can be while no other falls below what is due to it."""
    with plans.trial():
        for j, u in enumerate(levels):
            plans.at_most(plans.constant(fixed.get(j, least) - 1e-9), u)
        found = plans.least(levels[k] * -1.0)
        assert found is not None
        return -found[0]


def level_vector(plans: Any, columns: np.ndarray, entry: Entry) -> list[float]:
    """Levels of all that are compared, ascending."""
    return sorted(u.at(columns) for u, _ in pooled(plans, entry))
