"""How many offers are engaged."""

from __future__ import annotations

import pytest

import pse_opt as pse
from pse_opt.errors import InputError
from pse_opt.plan import Plan
from tests.two_regions import COST, EVERYONE, engaged, plan, why_not, world


def test_siting_exactly_so_many_offers_are_engaged():
    # The clinic alone would do for half of all need: 100 + 100 x 10 against 300 + 100 x 5.
    half = {"coverage": {"floor": 0.0, "target": 0.5}}
    instance = world(offers={"post": {"unit_cost": 20}})
    assert engaged(plan(instance, **half)) == ["clinic"]
    both = plan(instance, **half, siting={"number": 2})
    assert engaged(both) == ["clinic", "post"]
    assert both.objective == pytest.approx(100 + 300 + 100 * 10)


def test_siting_at_least_and_at_most():
    nothing = {"coverage": {"floor": 0.0}}
    assert engaged(plan(world(), **nothing)) == []
    assert engaged(plan(world(), **nothing, siting={"minimum": 1})) == ["clinic"]
    wide = {o: {"capacity": 200} for o in ("clinic", "post")}
    # Both deliver at 5 a visit in their own region when two may be engaged, else one serves all.
    instance = world(offers=wide)
    assert engaged(plan(instance, coverage=EVERYONE, siting={"maximum": 1})) == ["post"]
    assert engaged(plan(instance, coverage=EVERYONE, siting={"number": 1, "services": []})) == [
        "post"
    ]


def test_siting_that_is_too_few_is_told_with_the_number_that_would_do():
    text = why_not(world(), coverage=EVERYONE, siting={"maximum": 1})
    assert "siting, offers of health: 1 -> 2" in text


def test_siting_more_than_there_are_is_told_too():
    text = why_not(world(), coverage=EVERYONE, siting={"number": 3})
    assert "siting, offers of health: 3 -> 2" in text


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ({}, "how many offers to engage is not given"),
        ({"number": 2, "maximum": 3}, "beside minimum or maximum"),
        ({"minimum": 3, "maximum": 2}, "exceeds the maximum 2"),
        ({"number": 1.5}, "not a whole number"),
        ({"number": -1}, "too small"),
    ],
)
def test_siting_that_makes_no_sense_is_refused(section, words):
    with pytest.raises(InputError, match=words):
        plan(world(), coverage=EVERYONE, siting=section)


def test_the_checker_counts_the_offers_of_a_plan():
    instance = world()
    every = plan(instance, coverage=EVERYONE).plan
    document = {"name": "policy", "objective": COST}
    few = pse.verify(instance, every, {**document, "siting": {"number": 1}})
    assert [(v.rule, v.where, v.amount) for v in few.violations] == [("siting", "health", 1)]
    many = pse.verify(instance, every, {**document, "siting": {"minimum": 3}})
    assert [str(v) for v in many.violations] == [
        "siting: health: 2 offers are engaged, at least 3 must be"
    ]
    assert pse.verify(instance, every, {**document, "siting": {"number": 2}}).ok
    assert pse.verify(instance, every, {**document, "siting": {"number": 1, "services": []}}).ok
    assert isinstance(every, Plan)
