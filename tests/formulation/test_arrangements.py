"""One claim for every rule on arrangements, on the two regions of :mod:`tests.two_regions`.

The clinic is government's, the post an NGO's; everyone served costs 1900, and half of all need is
cheapest by the post alone, 300 + 500 = 800.
"""

from __future__ import annotations

import pytest

import pse_opt as pse
from pse_opt.plan import Plan
from tests.two_regions import COST, EVERYONE, OWN_REGION, cost, engaged, plan, why_not, world

HALF = {"floor": 0.5}


def test_arrangements_a_kind_of_provider_that_is_not_allowed_is_not_engaged():
    # The clinic alone delivers half of all need at 100 + 1000; the post would do so for 800.
    result = plan(world(), coverage=HALF, arrangements={"kinds": ["government"]})
    assert engaged(result) == ["clinic"]
    assert result.objective == pytest.approx(1100)
    assert cost(world(), coverage=HALF, arrangements={"kinds": ["ngo"]}) == pytest.approx(800)


def test_arrangements_a_mode_that_is_not_allowed_is_not_used():
    only = {"modes": ["direct", "voucher"]}
    assert engaged(plan(world(), coverage=HALF, arrangements=only)) == ["clinic"]


def test_arrangements_of_one_service_leave_the_others_alone():
    other = {"kinds": ["government"], "services": ["health"]}
    assert cost(world(), coverage=HALF, arrangements=other) == pytest.approx(1100)
    instance = world(
        services=[{"service": s, "unit": "visits", "reach_km": 50} for s in ("health", "education")]
    )
    elsewhere = {"kinds": ["government"], "services": ["education"]}
    assert cost(instance, coverage=HALF, arrangements=elsewhere) == pytest.approx(800)


def test_arrangements_that_leave_a_place_without_capacity_are_named():
    text = why_not(world(), coverage=EVERYONE, arrangements={"kinds": ["government"]})
    assert "arrangements of post: government -> government, ngo (arrangements.kinds)" in text
    text = why_not(
        world(links=OWN_REGION), coverage=EVERYONE, arrangements={"kinds": ["government"]}
    )
    assert "south, health: the 0 offers within reach (and 1 that the policy does not allow)" in text


def test_arrangements_a_required_offer_that_is_not_allowed_is_named():
    instance = world(offers={"post": {"required": "yes"}})
    text = why_not(instance, coverage=HALF, arrangements={"kinds": ["government"]})
    assert "give up required_offers for post" in text
    assert "arrangements of post: government -> government, ngo (arrangements.kinds)" in text


def test_arrangements_are_checked():
    instance = world()
    free = plan(instance, coverage=HALF)
    policy = {"objective": COST, "arrangements": {"kinds": ["government"], "modes": ["direct"]}}
    found = pse.verify(instance, Plan(free.plan.engagements, free.plan.deliveries), policy)
    assert [str(v) for v in found.violations] == [
        "arrangements: post: ngo is not among the kinds the policy allows: government",
        "arrangements: post: contract is not among the modes the policy allows: direct",
    ]
