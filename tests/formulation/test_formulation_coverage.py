"""One claim for every rule on coverage, and on what is left, in :mod:`tests.two_regions`."""

from __future__ import annotations

import pytest

from tests.two_regions import (
    COST,
    EVERYONE,
    OWN_REGION,
    cost,
    coverage,
    engaged,
    link,
    offer,
    plan,
    why_not,
    world,
)


def test_coverage_floor_nobody_is_below_it():
    assert coverage(plan(world(), coverage={"floor": 0.6})) == {"north": 0.6, "south": 0.6}
    text = why_not(world(offers={"post": {"capacity": 50}}, links=OWN_REGION), coverage=EVERYONE)
    assert "floor of 100%" in text


def test_coverage_floor_the_nearest_standard_counts():
    # Service 0.2, country 0.3, province 0.4: North lies in the province; South in the country and
    # has a standard of its own, which is lower.
    standards = [
        {"service": "health", "floor": 0.2},
        {"service": "health", "jurisdiction": "country", "floor": 0.3},
        {"service": "health", "jurisdiction": "province", "floor": 0.4},
        {"service": "health", "region": "south", "floor": 0.1},
    ]
    jurisdictions = [
        {"jurisdiction": "country"},
        {"jurisdiction": "province", "parent": "country"},
    ]
    homes = {"north": {"jurisdiction": "province"}, "south": {"jurisdiction": "country"}}
    instance = world(regions=homes, jurisdictions=jurisdictions, standards=standards)
    assert coverage(plan(instance, coverage={"floor": 0.9})) == {"north": 0.4, "south": 0.1}
    without = world(regions=homes, jurisdictions=jurisdictions, standards=standards[:3])
    assert coverage(plan(without, coverage={"floor": 0.9})) == {"north": 0.4, "south": 0.3}


def test_coverage_floor_region_and_group_comes_before_region_before_group():
    needs = [
        {"region": r, "service": "health", "group": g, "demand": 50, "heads": 50}
        for r in ("north", "south")
        for g in ("young", "old")
    ]
    standards = [
        {"service": "health", "region": "north", "group": "old", "floor": 0.1},
        {"service": "health", "region": "north", "floor": 0.2},
        {"service": "health", "group": "old", "floor": 0.3},
    ]
    result = plan(world(needs=needs, standards=standards), coverage={"floor": 0.4})
    rows = result.levels
    found = rows.set_index(["region", "group"])["coverage"].round(6).to_dict()
    assert found == {
        ("north", "young"): 0.2,
        ("north", "old"): 0.1,
        ("south", "young"): 0.4,
        ("south", "old"): 0.3,
    }


def test_coverage_target_the_average_counts_not_the_region():
    # Three quarters on average: where it is cheap more, in South 100 at 5, in North 50 at 10.
    result = plan(world(links=OWN_REGION), coverage={"floor": 0.2, "target": 0.75})
    assert coverage(result) == {"north": 0.5, "south": 1.0}
    small = world(offers={"post": {"capacity": 40}}, links=OWN_REGION)
    text = why_not(small, coverage={"floor": 0, "target": 0.75})
    assert "average coverage of 75% asks for 150" in text


def test_coverage_target_a_standard_for_the_whole_service_replaces_the_document():
    standards = [{"service": "health", "target": 0.5}]
    result = plan(world(standards=standards), coverage={"floor": 0, "target": 0.9})
    assert result.objective == pytest.approx(800)


def test_coverage_target_a_standard_for_a_place_is_one_more_rule():
    # The document's half is met by the post in South; North's own three tenths come on top.
    standards = [{"service": "health", "region": "north", "target": 0.3}]
    instance = world(standards=standards, links=OWN_REGION)
    result = plan(instance, coverage={"floor": 0, "target": 0.5})
    # North 30 by the clinic is dear (10); South gives the other 70 of 100.
    assert coverage(result) == {"north": 0.3, "south": 0.7}


RESCUE = {"health": {"last_resort_cost": 20}}


def test_last_resort_serves_only_where_the_policy_allows_it():
    alone = world(services=RESCUE, links=[link("post", "south")])
    # The clinic has no link; North's 100 visits are government's at 20.
    assert cost(alone, coverage=EVERYONE, last_resort={}, objective=with_rescue()) == 2800
    assert "north" in why_not(alone, coverage=EVERYONE)
    assert "north" in why_not(alone, coverage=EVERYONE, last_resort={"maximum_share": 0.5})


def with_rescue() -> dict[str, list[str]]:
    return {"minimize": [*COST["minimize"], "last_resort"]}


def test_last_resort_limit_the_cap_holds_over_all_needs():
    # Without offers, 200 visits are wanted and 150 is the cap: three quarters, not more.
    instance = world(
        services={"health": {"last_resort_cost": 20, "last_resort_cap": 150}},
        offers={o: {"required": "forbidden"} for o in ("clinic", "post")},
    )
    wanted = {"coverage": {"floor": 0.75}, "last_resort": {}}
    assert cost(instance, **wanted, objective=with_rescue()) == pytest.approx(3000)
    assert "last_resort_limit" in why_not(instance, coverage={"floor": 0.8}, last_resort={})


def test_a_price_of_unmet_need_decides_how_much_is_worth_serving():
    # The post saves 100 visits x (price - 5) and costs 300: too much at a price of 6, not at 9.
    # The clinic would save nothing, as a visit costs it 10.
    terms = {"minimize": [*COST["minimize"], "unmet"]}
    low = world(services={"health": {"unmet_penalty": 6}})
    high = world(services={"health": {"unmet_penalty": 9}})
    assert engaged(plan(low, objective=terms)) == []
    assert engaged(plan(high, objective=terms)) == ["post"]


def test_max_coverage_averages_services_however_large():
    # Health needs 200 visits and school 20: with money for one offer, the one that covers all of
    # the small service is worth more than the one that covers half of the large.
    services = [{"service": s, "unit": "units", "reach_km": 50} for s in ("health", "school")]
    needs = [
        {"region": "north", "service": "health", "demand": 200},
        {"region": "south", "service": "school", "demand": 20},
    ]
    offers = [
        offer("clinic", "state", "north", 100, 0),
        offer("post", "state", "south", 100, 0, service="school"),
    ]
    instance = world(services=services, needs=needs, offers=offers)
    result = plan(instance, objective={"maximize": "coverage"}, total_budget={"maximum": 150})
    assert engaged(result) == ["post"]
    assert result.objective == pytest.approx(0.5)


@pytest.mark.parametrize("capacity", [1e6, 1e10, 1e14])
def test_unlimited_capacity_of_any_magnitude_gives_the_same_optimum(capacity):
    # Everyone at half: the clinic at 10 a visit or the post at 5 and 300 serve all alike.
    wide = {o: {"capacity": capacity} for o in ("clinic", "post")}
    usual = cost(world(offers={o: {"capacity": 1e4} for o in wide}), coverage={"floor": 1.0})
    result = plan(world(offers=wide), coverage={"floor": 1.0})
    assert result.status == "optimal"
    assert result.objective == pytest.approx(usual)


def test_people_of_whom_nobody_is_counted_weigh_the_same():
    needs = [
        {"region": r, "service": "health", "group": "g", "demand": 100, "heads": 0}
        for r in ("north", "south")
    ]
    entry = {"name": "even", "measure": "band", "maximum": 0.05}
    half = {"coverage": {"floor": 0.0, "target": 0.5}, "equalization": [entry]}
    result = plan(world(needs=needs), **half)
    assert result.status == "optimal"
    assert result.inequality["even"]["health"]["band"] <= 0.05 + 1e-9
