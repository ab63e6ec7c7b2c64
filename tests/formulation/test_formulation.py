"""One claim for every rule on who is engaged and delivers, in :mod:`tests.two_regions`."""

from __future__ import annotations

import pytest

import pse_opt as pse
from tests.two_regions import (
    COST,
    EVERYONE,
    OWN_REGION,
    cost,
    engaged,
    plan,
    why_not,
    world,
)

"""Each offer serves its own region alone."""


# Engagement


def test_everyone_served_costs_what_both_offers_cost():
    result = plan(world(), coverage=EVERYONE)
    assert result.objective == pytest.approx(1900)
    assert engaged(result) == ["clinic", "post"]


def test_one_size_an_offer_is_engaged_at_one_size_at_most():
    # Two small posts would do for 2 x (10 + 250); the one large size costs 300 + 500.
    sizes = [
        {"offer": "post", "size": "small", "capacity": 50, "fixed_cost": 10, "unit_cost": 5},
        {"offer": "post", "size": "large", "capacity": 100, "fixed_cost": 300, "unit_cost": 5},
    ]
    result = plan(world(sizes=sizes, links=OWN_REGION), coverage=EVERYONE)
    assert result.objective == pytest.approx(100 + 1000 + 300 + 500)
    half = plan(world(sizes=sizes, links=OWN_REGION), coverage={"floor": 0.5})
    # Half of the need: the small size, 10 + 250, beside the clinic's 100 + 500.
    assert half.objective == pytest.approx(860)
    assert sorted(half.plan.engagements["size"]) == ["", "small"]


def test_one_size_sizes_do_not_add_up():
    sizes = [
        {"offer": "post", "size": s, "capacity": 60, "fixed_cost": 1, "unit_cost": 1}
        for s in ("a", "b")
    ]
    text = why_not(world(sizes=sizes, links=OWN_REGION), coverage=EVERYONE)
    assert "south, health" in text
    assert "60 of the 100 units" in text


def test_exclusive_offers_at_most_one_of_them_is_engaged():
    # Half of all need is 100 visits, which each offer alone can deliver; together the clinic would
    # serve North and the post South, but only the cheaper, the post at 300 + 500, is engaged.
    instance = world(offers={o: {"exclusive_group": "x"} for o in ("clinic", "post")})
    result = plan(instance, coverage={"floor": 0.5})
    assert engaged(result) == ["post"]
    assert result.objective == pytest.approx(800)
    assert "exclusive_offers" in why_not(instance, coverage=EVERYONE)


def test_required_offers_are_engaged_though_they_cost():
    # The post alone would do (800); the clinic must be engaged as well (100).
    instance = world(offers={"clinic": {"required": "yes"}})
    assert cost(instance, coverage={"floor": 0.5}) == pytest.approx(900)
    assert engaged(plan(instance, coverage={"floor": 0.0})) == ["clinic"]


def test_required_offers_that_exclude_each_other_are_named():
    both = {"required": "yes", "exclusive_group": "x"}
    text = why_not(world(offers={"clinic": both, "post": both}), coverage={"floor": 0.0})
    assert "engagements: give up " in text


def test_forbidden_offers_are_never_engaged():
    # Without the post the clinic serves half of everyone: 100 + 1000.
    instance = world(offers={"post": {"required": "forbidden"}})
    assert cost(instance, coverage={"floor": 0.5}) == pytest.approx(1100)


def test_accreditation_keeps_offers_of_other_services_out():
    services = [{"service": s, "unit": "visits", "reach_km": 50} for s in ("health", "school")]
    instance = world(services=services, providers={"helpers": {"accredited_for": "school"}})
    assert cost(instance, coverage={"floor": 0.5}) == pytest.approx(1100)


def test_required_offers_must_be_accredited():
    services = [{"service": s, "unit": "visits", "reach_km": 50} for s in ("health", "school")]
    school = {"helpers": {"accredited_for": "school"}}
    with pytest.raises(pse.InputError, match="not accredited for health"):
        world(services=services, providers=school, offers={"post": {"required": "yes"}})


def test_provider_engagement_overhead_is_paid_once_for_all_offers_of_a_provider():
    # Both offers are the state's: 1900, and 70 once, however many of its offers are engaged.
    instance = world(
        providers={"state": {"overhead_cost": 70}}, offers={"post": {"provider": "state"}}
    )
    result = plan(instance, coverage=EVERYONE)
    assert result.objective == pytest.approx(1970)
    assert result.costs["overhead"] == pytest.approx(70)


def test_provider_engagement_overhead_can_decide_who_delivers():
    # For half the need the post costs 800 and the clinic 1100; an overhead of 400 turns it.
    instance = world(providers={"helpers": {"overhead_cost": 400}})
    assert engaged(plan(instance, coverage={"floor": 0.5})) == ["clinic"]


def test_overhead_outside_the_objective_is_still_that_of_engaged_providers():
    exclusive = {o: {"exclusive_group": "x"} for o in ("clinic", "post")}
    overhead = {p: {"overhead_cost": 70} for p in ("state", "helpers")}
    instance = world(offers=exclusive, providers=overhead)
    document = {"objective": {"minimize": ["delivery"]}, "coverage": {"floor": 0.0}}
    result = pse.solve(instance, document, gap=0)
    assert result.costs["overhead"] == pytest.approx(70 * len(engaged(result)))


# Delivery


def test_capacity_the_cheap_offer_serves_up_to_its_capacity():
    # Everyone at least half, three quarters on average: 150 visits, 100 by the post at 5 and the
    # other 50 by the clinic at 10.
    result = plan(world(), coverage={"floor": 0.5, "target": 0.75})
    assert result.objective == pytest.approx(100 + 500 + 300 + 500)


def test_minimum_volume_an_engaged_offer_delivers_at_least_that():
    # The last 50 of 150 visits are the clinic's, but it comes for no less than 80.
    # The post then delivers 70: 100 + 800 + 300 + 350.
    instance = world(offers={"clinic": {"minimum_volume": 80}})
    result = plan(instance, coverage={"floor": 0.5, "target": 0.75})
    assert result.objective == pytest.approx(1550)


def test_minimum_volume_may_keep_an_offer_out():
    # Alone in its region a post that comes for 60 visits or none cannot meet a need of 50.
    needs = [
        {"region": "north", "service": "health", "demand": 100},
        {"region": "south", "service": "health", "demand": 50},
    ]
    instance = world(needs=needs, links=OWN_REGION, offers={"post": {"minimum_volume": 60}})
    assert engaged(plan(instance, coverage={"floor": 0.0, "target": 0.5})) == ["clinic"]
    text = why_not(instance, coverage={"floor": 0.5})
    assert "coverage_floor of south, health: 50.0% -> 0.0%" in text
    assert "minimum_volume of post: 60 -> 50 visits" in text


def test_linking_offers_deliver_only_along_links():
    # The cheap post cannot go to North: 50 by the clinic there, 50 by the post in South.
    result = plan(world(links=OWN_REGION), coverage={"floor": 0.5})
    assert result.objective == pytest.approx(100 + 500 + 300 + 250)
    rows = result.plan.deliveries
    assert set(zip(rows["offer"], rows["region"], strict=True)) == {
        ("clinic", "north"),
        ("post", "south"),
    }


def test_linking_the_relaxed_model_pays_for_what_it_delivers():
    """Half a clinic serves no more than half a need."""
    m = pse.build_model(world(), {"objective": COST, "coverage": EVERYONE})
    row = m.linking["clinic", "north", ""]
    m.engaged["clinic", ""].set_value(0.5)
    m.delivery["clinic", "north", ""].set_value(0.5)
    assert row.uslack() == pytest.approx(0)


def test_single_source_each_need_has_one_offer():
    # A need of 80 and one of 120 share capacities of 100 and 100: with one source each, the large
    # need gets 100 at most, five sixths, and the small one all from the other.
    needs = [
        {"region": "north", "service": "health", "demand": 120},
        {"region": "south", "service": "health", "demand": 80},
    ]
    shared = plan(world(needs=needs), coverage=EVERYONE)
    assert shared.objective == pytest.approx(1900)
    text = why_not(world(needs=needs), coverage=EVERYONE, single_source={})
    assert "coverage_floor of north, health: 100.0% -> 83.3%" in text
    assert "single_source of north, health: 1 -> 2 sources" in text
    # The post serves the 100 in North, the clinic the 80 in South.
    apart = plan(world(needs=needs), coverage={"floor": 100 / 120}, single_source={})
    assert apart.plan.deliveries["region"].is_unique
    assert apart.objective == pytest.approx(300 + 500 + 100 + 10 * 80 * 100 / 120)
