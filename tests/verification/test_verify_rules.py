"""The checker on rules that every plan must keep: needs, offers, reach, volumes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pse_opt.instance import Instance
from pse_opt.plan import Plan
from pse_opt.verification import (
    verify,
)
from tests.worlds import (
    BOTH,
    broken,
    links,
    make_plan,
    offer,
    rules,
    world,
)

# Rules of every plan


def test_a_need_is_not_served_more_than_once_over(tiny):
    plan = make_plan(
        ("clinic-north", "south", "health", 0.6), ("clinic-south", "south", "health", 0.6)
    )
    found = verify(tiny, plan, rules())
    assert broken(found) == [("attainment", "South, health")]
    assert found.violations[0].amount == pytest.approx(100)
    assert "600 visits are delivered where 500 are needed" in found.violations[0].message


@pytest.mark.parametrize("share", [-0.1, np.nan, np.inf])
def test_a_share_is_a_number_from_zero_on(tiny, share):
    found = verify(tiny, make_plan(("clinic-north", "north", "health", share)), rules())
    assert broken(found) == [("attainment", "North, health")]


def test_a_delivery_to_no_known_need_is_reported(tiny):
    found = verify(tiny, make_plan(("clinic-north", "north", "school", 0.5)), rules())
    assert broken(found) == [("attainment", "North, school")]


def test_a_need_without_demand_may_be_named():
    needs = [{"region": r, "service": "care", "demand": d} for r, d in (("e", 100), ("w", 0))]
    plan = make_plan(("o", "e", "care", 1.0), ("o", "w", "care", np.nan))
    found = verify(world(needs=needs), plan, rules())
    assert found.ok
    assert found.costs["delivery"] == 100


def test_an_offer_delivers_only_when_engaged(tiny, shared):
    plan = Plan(shared.engagements.iloc[:1], shared.deliveries)
    found = verify(tiny, plan, rules())
    assert broken(found) == [("linking", "helpers-south")]
    assert "delivers 360 visits without being engaged" in found.violations[0].message


def test_a_forbidden_offer_is_not_engaged():
    instance = world(offers=[offer("o", required="forbidden")])
    assert broken(verify(instance, make_plan(*BOTH), rules())) == [("eligibility", "o")]


@pytest.mark.parametrize(
    ("accredited", "ok"), [("", True), ("school; care", True), ("school", False)]
)
def test_a_provider_delivers_only_what_it_is_accredited_for(accredited, ok):
    services = [{"service": s, "unit": "visits", "reach_km": 50} for s in ("care", "school")]
    providers = [{"provider": "p", "kind": "ngo", "accredited_for": accredited}]
    found = verify(world(services=services, providers=providers), make_plan(*BOTH), rules())
    assert broken(found) == ([] if ok else [("eligibility", "o")])


def test_an_offer_nobody_made_is_not_engaged(tiny):
    plan = make_plan(("clinic-east", "north", "health", 0.5))
    assert broken(verify(tiny, plan, rules())) == [("eligibility", "clinic-east")]


def test_an_offer_does_not_deliver_another_service():
    services = [{"service": s, "unit": "visits", "reach_km": 50} for s in ("care", "school")]
    needs = [{"region": "e", "service": s, "demand": 100} for s in ("care", "school")]
    plan = make_plan(("o", "e", "school", 1.0))
    found = verify(world(services=services, needs=needs), plan, rules())
    assert broken(found) == [("reach", "East, school")]


# Reach


def test_where_links_are_listed_they_are_the_whole_list():
    instance = world(links=[{"offer": "o", "region": "e", "travel": 0}])
    found = verify(instance, make_plan(*BOTH), rules())
    assert broken(found) == [("reach", "West, care")]


def test_a_listed_link_may_be_longer_than_the_reach():
    listed = [{"offer": "o", "region": r, "travel": 60, "access_cost": 2} for r in ("e", "w")]
    found = verify(world(links=listed), make_plan(*BOTH), rules())
    assert found.ok
    assert found.costs["access"] == 200 * 2


def placed(**own) -> Instance:
    """Return a world without links: West is one degree of a meridian (111.2 km) from East."""
    regions = [
        {**r, "longitude": 30, "latitude": y, "area_km2": np.pi * 30**2}
        for r, y in zip(world().tables["regions"].to_dict("records"), (-10, -11), strict=True)
    ]
    services = [{"service": "care", "unit": "visits", "reach_km": 50, "access_cost_per_km": 1}]
    return world(regions=regions, links=[], offers=[offer("o", **own)], services=services)


def test_a_region_beyond_reach_is_not_served():
    found = verify(placed(), make_plan(*BOTH), rules())
    assert broken(found) == [("reach", "West, care")]
    assert "o is 111.195 km away; care is delivered within 50 km" in found.violations[0].message
    assert found.violations[0].amount == pytest.approx(61.195, abs=1e-3)


def test_an_offer_without_a_place_of_its_own_travels_inside_its_region():
    # the region is a disc of radius 30 km; two thirds of it are 20 km, for 100 visits
    found = verify(placed(), make_plan(BOTH[0]), rules())
    assert found.costs["access"] == pytest.approx(100 * 20)


def test_an_offer_at_a_place_of_its_own_is_reached_from_there():
    found = verify(placed(longitude=30, latitude=-11), make_plan(BOTH[1]), rules())
    assert found.ok
    assert found.costs["access"] == pytest.approx(0)


def test_without_coordinates_an_offer_serves_its_own_region_alone():
    instance = world(links=[])
    assert verify(instance, make_plan(BOTH[0]), rules()).ok
    found = verify(instance, make_plan(*BOTH), rules())
    assert broken(found) == [("reach", "West, care")]
    assert "coordinates are missing" in found.violations[0].message


# Engagements and volumes


def test_an_engaged_offer_keeps_within_its_capacity(tiny):
    plan = make_plan(
        ("clinic-north", "north", "health", 1.0), ("clinic-north", "south", "health", 0.2)
    )
    found = verify(tiny, plan, rules())
    assert broken(found) == [("capacity", "clinic-north")]
    assert found.violations[0].amount == pytest.approx(100)
    assert found.violations[0].relative == pytest.approx(0.1)


def test_an_engaged_offer_delivers_its_minimum_volume():
    instance = world(offers=[offer("o", minimum_volume=150)])
    found = verify(instance, make_plan(BOTH[0]), rules())
    assert broken(found) == [("minimum_volume", "o")]
    assert "delivers 100 visits; once engaged at least 150" in found.violations[0].message


def test_what_is_within_the_tolerance_is_kept():
    instance = world(offers=[offer("o", capacity=200 * (1 - 5e-7))])
    assert verify(instance, make_plan(*BOTH), rules()).ok
    assert broken(verify(instance, make_plan(*BOTH), rules(), tolerance=1e-7)) == [
        ("capacity", "o")
    ]


SIZES = [
    {"offer": "o", "size": "small", "capacity": 120, "fixed_cost": 5, "unit_cost": 3},
    {"offer": "o", "size": "large", "capacity": 300, "fixed_cost": 50, "unit_cost": 2},
]


def test_the_size_engaged_replaces_what_the_offer_says():
    found = verify(world(sizes=SIZES), make_plan(*BOTH, engaged={"o": "large"}), rules())
    assert found.ok
    assert (found.costs["engagement"], found.costs["delivery"]) == (50, 400)
    small = verify(world(sizes=SIZES), make_plan(*BOTH, engaged={"o": "small"}), rules())
    assert broken(small) == [("capacity", "o")]


@pytest.mark.parametrize("size", ["huge", ""])
def test_a_size_must_exist(size):
    found = verify(world(sizes=SIZES), make_plan(*BOTH, engaged={"o": size}), rules())
    assert broken(found) == [("one_size", "o")]


def test_an_offer_without_sizes_has_none_to_name(tiny, shared):
    plan = Plan(shared.engagements.assign(size=["big", ""]), shared.deliveries)
    assert broken(verify(tiny, plan, rules())) == [("one_size", "clinic-north")]


def test_an_offer_is_engaged_at_one_size_only():
    plan = make_plan(*BOTH)
    both = pd.DataFrame({"offer": ["o", "o"], "size": ["large", "small"]})
    found = verify(world(sizes=SIZES), Plan(both, plan.deliveries), rules())
    assert broken(found) == [("one_size", "o")]
    assert found.costs["engagement"] == 55


def test_one_offer_of_an_exclusive_group_is_engaged():
    offers = [offer(o, exclusive_group="site") for o in ("o", "q")]
    instance = world(offers=offers, links=links("o", "q"))
    plan = make_plan(("o", "e", "care", 1.0), ("q", "w", "care", 1.0))
    found = verify(instance, plan, rules())
    assert broken(found) == [("exclusive_offers", "site")]
    assert "o, q are engaged" in found.violations[0].message


def test_a_required_offer_is_engaged():
    instance = world(offers=[offer("o"), offer("q", required="yes")], links=links("o", "q"))
    assert broken(verify(instance, make_plan(*BOTH), rules())) == [("required_offers", "q")]
    assert verify(instance, make_plan(*BOTH, engaged=["o", "q"]), rules()).ok
