"""What the brute force finds best, and the cost that chooses among plans equally good."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tests.oracle_linear import Linear


@dataclass(frozen=True)
class Optimum:
    """The best objective, the levels in ascending order, and the cost that chose among equals.

    The levels are those of a lexicographic objective; the cost is None where no terms choose.
    """

    objective: float
    levels: tuple[float, ...] = ()
    cost: float | None = None
    plans: Any = None
    columns: Any = None


def cost_of(plans: Any, terms: Sequence[str]) -> Linear:
    return sum((plans.term(t) for t in set(terms)), plans.constant(0.0))


def least_cost(
    sets: Sequence[Any], terms: Sequence[str], hold_goal: Callable[[int], None]
) -> float | None:
    """The least cost of the plans that are as good as the best."""
    costs = []
    for k, plans in enumerate(sets):
        with plans.trial():
            hold_goal(k)
            found = plans.least(cost_of(plans, terms))
            costs += [] if found is None else [found[0]]
    return min(costs) if costs else None
