"""Plans that differ from plans that are known: explained instances, and what the checker says."""

from __future__ import annotations

import pytest

import pse_opt as pse
from tests import oracle
from tests.strategies import cost_cases
from tests.test_properties import Claim, try_examples
from tests.two_regions import COST, EVERYONE, engaged, plan, why_not, world

HALF = {"floor": 0.5}


def other_than(*plans, **more):
    return {"plans": [list(p) for p in plans], **more}


def test_the_next_best_plan_engages_other_offers():
    # The post alone serves half for 800; both, with all visits by the post, for 900; the clinic
    # alone for 1100.
    found = [("post",)]
    for expected in (["clinic", "post"], ["clinic"]):
        result = plan(world(), coverage=HALF, difference=other_than(*found))
        assert engaged(result) == expected
        found.append(tuple(expected))


def test_two_changes_at_least_leave_out_the_plan_with_one_more_offer():
    result = plan(world(), coverage=HALF, difference=other_than(["post"], minimum=2))
    assert engaged(result) == ["clinic"]


def test_an_offer_that_is_gone_counts_as_one_that_differs():
    result = plan(world(), coverage=HALF, difference=other_than(["post", "gone"]))
    assert engaged(result) == ["post"]


def test_where_there_is_no_other_plan_it_is_said():
    text = why_not(world(), coverage=EVERYONE, difference=other_than(["clinic", "post"], minimum=2))
    assert "different_offers: 2 -> 0 offers (difference.minimum)" in text


def test_it_is_checked():
    instance = world()
    best = plan(instance, coverage=HALF)
    document = {"name": "policy", "objective": COST, "coverage": HALF}
    same = pse.verify(instance, best.plan, document | {"difference": other_than(["post"])})
    assert [str(v) for v in same.violations] == [
        "different_offers: plan 1: 0 offers differ, at least 1 must"
    ]
    assert pse.verify(instance, best.plan, document | {"difference": other_than(["clinic"])}).ok


def second_best(case) -> None:
    """The best plan that differs is what brute force finds among all that differ."""
    best = pse.solve(case.instance, case.document, gap=0)
    if best.plan is None:
        return
    known = [best.plan.engagements["offer"].tolist()]
    document = {**case.document, "difference": {"plans": known, "minimum": 1}}
    found = pse.solve(case.instance, document, gap=0)
    expected = oracle.best_objective(case.tables, document)
    if expected is None:
        assert found.status == "infeasible"
        return
    assert found.verified
    assert found.objective == pytest.approx(expected, rel=2e-6, abs=1e-5)
    assert set(found.plan.engagements["offer"]) != set(known[0])
    assert found.objective >= best.objective - 1e-6 * abs(best.objective)


def test_the_second_best_is_what_brute_force_finds():
    try_examples(Claim(second_best, (cost_cases(),), 8), 8)
