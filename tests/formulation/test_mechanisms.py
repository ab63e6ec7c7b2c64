"""What must hold for every instance and every policy about provision mechanisms."""

from __future__ import annotations

import pytest

from tests.strategies import Case, cost_cases
from tests.strategies_mechanisms import TOPICS, mechanism_cases
from tests.test_properties import (
    Claim,
    agreed,
    brute_force_agrees,
    no_worse,
    optimum,
    solved,
    try_examples,
)


def government_alone_is_never_cheaper(case: Case) -> None:
    """The mixed system's bound is at most what government alone costs under the same rules."""
    alone = case.changed()
    alone.document["arrangements"] = {"kinds": ["government"]}
    cost = optimum(alone)
    if cost is None:
        return
    mixed = solved(case, gap=0.2)
    assert mixed.status in ("optimal", "within_gap")
    assert mixed.bound <= cost + 1e-6 * max(1.0, abs(cost))
    assert no_worse(case, optimum(case), cost)


TOPICAL = tuple(Claim(brute_force_agrees, (mechanism_cases(t),), 20, t) for t in TOPICS)
CLAIMS = (*TOPICAL, Claim(government_alone_is_never_cheaper, (cost_cases(),), 25))


@pytest.mark.parametrize("topic", TOPICS)
def test_brute_force_agrees_where_there_is_a_plan_and_where_there_is_none(topic):
    """A topic that is always, or never, feasible would test nothing."""
    feasible = []

    def count(case: Case) -> None:
        feasible.append(agreed(case))

    try_examples(Claim(count, (mechanism_cases(topic),)), 20)
    assert 0 < feasible.count(True) < len(feasible)


def test_government_alone_is_never_cheaper():
    try_examples(CLAIMS[-1], CLAIMS[-1].examples)


@pytest.mark.thorough
@pytest.mark.parametrize("claim", CLAIMS, ids=lambda c: c.name)
def test_on_hundreds_of_random_instances(claim):
    try_examples(claim, 300, shrink=True)
