"""What must hold for every instance and every policy about provision mechanisms."""

from __future__ import annotations

import pytest

from tests.strategies import Case, cost_cases
from tests.strategies_mechanisms import TOPICS, mechanism_cases
from tests.test_properties import Claim, brute_force_agrees, no_worse, optimum, solved, try_examples


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


CLAIMS = (
    *(Claim(brute_force_agrees, (mechanism_cases(topic),), 20, topic) for topic in TOPICS),
    Claim(government_alone_is_never_cheaper, (cost_cases(),), 40),
)


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda c: c.name)
def test_on_random_instances(claim):
    try_examples(claim, claim.examples)


@pytest.mark.thorough
@pytest.mark.parametrize("claim", CLAIMS, ids=lambda c: c.name)
def test_on_hundreds_of_random_instances(claim):
    try_examples(claim, 300, shrink=True)


@pytest.mark.parametrize("topic", TOPICS)
def test_random_policies_are_feasible_and_infeasible(topic):
    """A topic that is always, or never, feasible would test nothing."""
    statuses = []

    def count(case: Case) -> None:
        statuses.append(optimum(case) is not None)

    try_examples(Claim(count, (mechanism_cases(topic),)), 20)
    assert 0 < statuses.count(True) < len(statuses)
