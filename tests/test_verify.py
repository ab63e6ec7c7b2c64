"""The independent checker on plans made by hand: one keeps every rule, others break one each."""

from __future__ import annotations

import json
import math
import pickle
import subprocess
import sys
from types import MappingProxyType, SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from pse_opt.errors import InputError
from pse_opt.instance import Instance
from pse_opt.io import load_instance
from pse_opt.plan import Plan
from pse_opt.policy import Equalization, Objective, Policy, SolveOptions
from pse_opt.verification import (
    CHECKS,
    Facts,
    Verification,
    VerificationError,
    Violation,
    check,
    verify,
)

PUBLIC = ["engagement", "delivery", "contract", "supervision", "overhead", "last_resort"]
ALL_TERMS = [*PUBLIC, "access", "unmet"]


def rules(*entries: dict, objective: dict | None = None, **sections: dict) -> Policy:
    """Return a policy without reading a document: these tests depend on the checker alone."""
    return Policy(
        "by-hand",
        "",
        "",
        MappingProxyType(sections),
        tuple(Equalization(**e) for e in entries),
        Objective(**(objective or {"minimize": ALL_TERMS})),
        SolveOptions(),
        MappingProxyType({}),
        MappingProxyType({}),
    )


def make_plan(*deliveries: tuple, engaged: dict[str, str] | list[str] | None = None) -> Plan:
    """Return a plan from (offer, region, service, share) or (offer, region, group, service, share).

    By default the offers that deliver are engaged, at the size named blank.
    """
    rows = [d if len(d) == 5 else (d[0], d[1], "", d[2], d[3]) for d in deliveries]
    frame = pd.DataFrame(rows, columns=["offer", "region", "group", "service", "share"])
    if engaged is None:
        engaged = [o for o in dict.fromkeys(frame["offer"]) if o != "last_resort"]
    sizes = engaged if isinstance(engaged, dict) else dict.fromkeys(engaged, "")
    lines = {"offer": list(sizes), "size": list(sizes.values())}
    return Plan(pd.DataFrame(lines, dtype=object), frame)


def world(**changes: list[dict]) -> Instance:
    """Return an instance of two regions in two jurisdictions, served by one offer.

    East and West have 100 units of need each. The offer ``o`` stands in East, costs 10 and 1 for
    each unit, and belongs to the government of East. Tables named are replaced.
    """
    tables = {
        "regions": [
            {"region": "e", "name": "East", "population": 300, "jurisdiction": "east"},
            {"region": "w", "name": "West", "population": 100, "jurisdiction": "west"},
        ],
        "jurisdictions": [{"jurisdiction": "east"}, {"jurisdiction": "west"}],
        "services": [{"service": "care", "unit": "visits", "reach_km": 50}],
        "needs": [
            {"region": "e", "service": "care", "demand": 100},
            {"region": "w", "service": "care", "demand": 100},
        ],
        "providers": [{"provider": "p", "kind": "government"}],
        "offers": [offer("o")],
        "links": [
            {"offer": "o", "region": "e", "travel": 0},
            {"offer": "o", "region": "w", "travel": 10},
        ],
    }
    merged = {**tables, **changes}
    return Instance.from_tables({k: pd.DataFrame(v) for k, v in merged.items() if v})


def offer(name: str, **more) -> dict:
    """Return a row of offers: in East, capacity 1000, fixed cost 10, unit cost 1."""
    return {
        "offer": name,
        "provider": "p",
        "service": "care",
        "mode": "direct",
        "region": "e",
        "capacity": 1000,
        "fixed_cost": 10,
        "unit_cost": 1,
        **more,
    }


def links(*offers: str) -> list[dict]:
    """Return links of these offers to both regions, without travel."""
    return [{"offer": o, "region": r, "travel": 0} for o in offers for r in ("e", "w")]


def broken(found: Verification) -> list[tuple[str, str]]:
    """Return rule and place of every violation."""
    return [(v.rule, v.where) for v in found.violations]


BOTH = (("o", "e", "care", 1.0), ("o", "w", "care", 1.0))


@pytest.fixture(scope="module")
def tiny() -> Instance:
    return load_instance("tiny-two-districts")


@pytest.fixture(scope="module")
def shared() -> Plan:
    """The cheapest plan of the README: the clinic serves 990 in North, the helpers 360 in South."""
    return make_plan(
        ("clinic-north", "north", "health", 0.99), ("helpers-south", "south", "health", 0.72)
    )


CORE = {"coverage": {"floor": 0.7, "target": 0.9}}


# A plan that keeps every rule


def test_a_plan_that_keeps_every_rule_is_accepted(tiny, shared):
    # North has coverage 0.99 and South 0.72; together (990 + 360) / 1500 = 0.9, which is the target
    found = verify(tiny, shared, rules(**CORE))
    assert found.ok
    assert str(found).startswith("every rule that was checked is kept")
    found.raise_if_violated()


def test_every_cost_term_is_recomputed_by_hand(tiny, shared):
    found = verify(tiny, shared, rules(**CORE))
    assert found.costs == {
        "engagement": 1000 + 600,
        "delivery": pytest.approx(990 * 10 + 360 * 8),
        "access": 0,  # both offers stand where the people they serve are
        "contract": 100,
        "supervision": pytest.approx(360 * 0.5),
        "overhead": 100,  # of the helpers; the state has none
        "last_resort": 0,
        "unmet": 0,  # the service charges no penalty
        "user": 0,
        "own": 0,
    }
    assert found.public_cost == pytest.approx(14_760)
    assert found.objective == pytest.approx(14_760)


def test_levels_say_what_each_need_gets(tiny, shared):
    levels = verify(tiny, shared, rules(**CORE)).levels
    assert list(levels.columns) == [
        *("region", "group", "service", "demand", "served"),
        *("coverage", "coverage_own", "coverage_last_resort", "quality", "travel"),
    ]
    south = levels.set_index("region").loc["south"]
    assert (south["served"], south["coverage"]) == (pytest.approx(360), pytest.approx(0.72))
    # what is not served is charged the reach of 40 km
    assert south["travel"] == pytest.approx(0.28 * 40)
    assert np.isnan(south["quality"])  # nobody said how good the helpers are


def test_travel_between_districts_is_the_great_circle(tiny):
    # 0.2 degrees of a meridian are 0.2 x 111.195 = 22.239 km, at 0.1 for each km and visit
    plan = make_plan(
        ("clinic-north", "north", "health", 0.9),
        ("clinic-south", "north", "health", 0.1),
        ("clinic-south", "south", "health", 1.0),
    )
    found = verify(tiny, plan, rules(**CORE))
    assert found.ok
    assert found.costs["access"] == pytest.approx(100 * 22.239 * 0.1, rel=1e-5)
    assert found.levels["travel"].tolist() == pytest.approx([2.2239, 0.0], rel=1e-5)


def test_every_measure_of_inequality_is_reported(tiny, shared):
    entry = {"name": "regions", "maximum": 0.3}
    found = verify(tiny, shared, rules(entry, **CORE)).inequality["regions"]["health"]
    # the mean over people is (1000 x 0.99 + 500 x 0.72) / 1500 = 0.9; South is 0.18 below it
    extremes = {"floor": 0.72, "ceiling": 0.99, "range": 0.27, "ratio": 0.99 / 0.72, "band": 0.2}
    # over the mean the levels are 1.1 and 0.8, for two thirds and one third of the people
    theil = (2 * 1.1 * math.log(1.1) + 0.8 * math.log(0.8)) / 3
    spread = {"hoover": 0.2 / 3, "gini": 0.2 / 3, "theil": theil}
    spread |= {"mean_log_deviation": -(2 * math.log(1.1) + math.log(0.8)) / 3}
    spread |= {"atkinson": 1 - ((2 * math.sqrt(1.1) + math.sqrt(0.8)) / 3) ** 2}
    spread |= {"coefficient_of_variation": math.sqrt(0.02)}
    tails = {"quantile_share": 0.99 / 0.72, "worst_mean": 0.72}
    assert found == pytest.approx(extremes | spread | tails)


def test_todays_plan_is_verified_like_any_other(tiny):
    found = verify(tiny, Plan.baseline(tiny), rules(**CORE))
    assert broken(found) == [("coverage_floor", "South, health"), ("coverage_target", "health")]
    assert found.public_cost == 11_000


def test_coverage_as_objective_is_the_mean_over_services():
    services = [{"service": s, "unit": "visits", "reach_km": 50} for s in ("care", "school")]
    needs = [
        {"region": "e", "service": "care", "demand": 100},
        {"region": "w", "service": "care", "demand": 300},
        {"region": "w", "service": "school", "demand": 7},
    ]
    # care: 100 of 400; school: nothing; the mean of the two services counts each once
    plan = make_plan(("o", "e", "care", 1.0))
    found = verify(
        world(services=services, needs=needs), plan, rules(objective={"maximize": "coverage"})
    )
    assert found.objective == pytest.approx((0.25 + 0.0) / 2)


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


# Coverage


def test_nobody_is_below_the_floor(tiny, shared):
    found = verify(tiny, shared, rules(coverage={"floor": 0.8, "target": None}))
    assert broken(found) == [("coverage_floor", "South, health")]
    assert found.violations[0].amount == pytest.approx(40)
    assert "40 of 500 visits short" in found.violations[0].message


def test_the_mean_reaches_the_target(tiny, shared):
    found = verify(tiny, shared, rules(coverage={"floor": 0.0, "target": 0.95}))
    assert broken(found) == [("coverage_target", "health")]
    assert found.violations[0].amount == pytest.approx(0.95 * 1500 - 1350)


def nested(standards: list[dict]) -> Instance:
    """Return East, under a county of the country, and West, under the country; two groups each."""
    jurisdictions = [
        {"jurisdiction": "country"},
        {"jurisdiction": "county", "parent": "country"},
        {"jurisdiction": "east", "parent": "county"},
        {"jurisdiction": "west", "parent": "country"},
    ]
    needs = [
        {"region": r, "group": g, "service": "care", "demand": d, "heads": d}
        for r in ("e", "w")
        for g, d in (("old", 10), ("young", 90))
    ]
    return world(jurisdictions=jurisdictions, needs=needs, standards=standards)


FLOORS = [
    ({"region": "e", "group": "old"}, 0.1),
    ({"region": "e"}, 0.2),
    ({"jurisdiction": "county", "group": "old"}, 0.25),
    ({"group": "old"}, 0.3),
    ({"jurisdiction": "east"}, 0.4),
    ({"jurisdiction": "county"}, 0.5),
    ({"jurisdiction": "country"}, 0.6),
    ({}, 0.7),
]


@pytest.mark.parametrize("first", range(len(FLOORS)))
def test_the_most_specific_standard_is_the_floor(first):
    # whatever the order of the rows: of those left, the first of the list holds for East, old
    standards = [{"service": "care", "floor": f, **names} for names, f in FLOORS[first:]][::-1]
    found = verify(nested(standards), make_plan(), rules(coverage={"floor": 0.05, "target": None}))
    short = {v.where: v.relative for v in found.violations if v.rule == "coverage_floor"}
    assert short["East, old, care"] == pytest.approx(FLOORS[first][1])


def test_where_no_standard_matches_the_documents_floor_holds():
    standards = [{"service": "care", "region": "e", "floor": 0.2}]
    found = verify(nested(standards), make_plan(), rules(coverage={"floor": 0.05, "target": None}))
    assert {v.where: v.relative for v in found.violations} == {
        "East, old, care": 0.2,
        "East, young, care": 0.2,
        "West, old, care": 0.05,
        "West, young, care": 0.05,
    }


def test_a_standard_matches_on_all_it_names():
    standards = [{"service": "care", "jurisdiction": "west", "region": "e", "floor": 0.9}]
    found = verify(nested(standards), make_plan(), rules(coverage={"floor": 0.0, "target": None}))
    assert found.ok


def test_a_target_of_a_jurisdiction_holds_for_its_whole_territory():
    standards = [
        {"service": "care", "jurisdiction": "county", "target": 0.9},
        {"service": "care", "jurisdiction": "west", "target": 0.1},
    ]
    # East gets 0.5 of 100 and West 0.2 of 100: the county's mean is 0.5, the country's 0.35
    plan = make_plan(
        *(("o", r, g, "care", s) for r, s in (("e", 0.5), ("w", 0.2)) for g in ("old", "young"))
    )
    found = verify(nested(standards), plan, rules(coverage={"floor": 0.0, "target": 0.6}))
    assert {v.where: v.relative for v in found.violations} == pytest.approx(
        {"county, care": 0.4, "care": 0.25}
    )


def test_a_target_of_the_service_replaces_the_documents():
    standards = [{"service": "care", "target": 0.1}]
    plan = make_plan(*(("o", r, g, "care", 0.5) for r in ("e", "w") for g in ("old", "young")))
    assert verify(nested(standards), plan, rules(coverage={"floor": 0.0, "target": 0.9})).ok


# Last resort and single source


def with_last_resort(**more) -> Instance:
    services = [{"service": "care", "unit": "visits", "reach_km": 50, **more}]
    return world(services=services)


RESORT = (("o", "e", "care", 1.0), ("last_resort", "w", "care", 0.5))


def test_last_resort_needs_the_policys_leave():
    instance = with_last_resort(last_resort_cost=7)
    found = verify(instance, make_plan(*RESORT), rules())
    assert broken(found) == [("last_resort", "West, care")]
    allowed = rules(last_resort={"services": "all", "maximum_share": 0.5})
    assert verify(instance, make_plan(*RESORT), allowed).ok


def test_last_resort_is_paid_for_and_shown_apart():
    instance = with_last_resort(last_resort_cost=7, last_resort_quality=0.4, last_resort_travel=5)
    found = verify(instance, make_plan(*RESORT), rules(last_resort={}))
    assert found.costs["last_resort"] == 50 * 7
    west = found.levels.set_index("region").loc["w"]
    assert (west["coverage_own"], west["coverage_last_resort"]) == (0.0, 0.5)
    assert west["quality"] == pytest.approx(0.4)
    assert west["travel"] == pytest.approx(0.5 * 5 + 0.5 * 50)  # unmet need is charged the reach


@pytest.mark.parametrize(
    ("service", "section"),
    [
        ({"last_resort_cost": 7}, {"services": "all", "maximum_share": 0.4}),
        ({"last_resort_cost": 7}, {"services": [], "maximum_share": 1.0}),
        ({}, {"services": "all", "maximum_share": 1.0}),
    ],
    ids=["beyond its share", "a service not listed", "a service without a cost"],
)
def test_last_resort_keeps_to_its_section(service, section):
    found = verify(with_last_resort(**service), make_plan(*RESORT), rules(last_resort=section))
    assert broken(found) == [("last_resort", "West, care")]


def test_last_resort_keeps_within_its_cap():
    instance = with_last_resort(last_resort_cost=7, last_resort_cap=40)
    found = verify(instance, make_plan(*RESORT), rules(last_resort={}))
    assert broken(found) == [("last_resort", "care")]
    assert found.violations[0].relative == pytest.approx(0.25)


def test_each_need_has_one_source():
    instance = world(offers=[offer("o"), offer("q")], links=links("o", "q"))
    plan = make_plan(("o", "e", "care", 0.7), ("q", "e", "care", 0.3), ("o", "w", "care", 1.0))
    found = verify(instance, plan, rules(single_source={"services": "all"}))
    assert broken(found) == [("single_source", "East, care")]
    assert found.violations[0].relative == pytest.approx(0.3)
    assert verify(instance, plan, rules(single_source={"services": []})).ok


def test_last_resort_is_not_a_second_source():
    plan = make_plan(("o", "w", "care", 0.5), ("last_resort", "w", "care", 0.5))
    policy = rules(single_source={"services": "all"}, last_resort={})
    assert verify(with_last_resort(last_resort_cost=7), plan, policy).ok


# Money


def budgets(east: float | str, west: float | str) -> list[dict]:
    return [{"jurisdiction": "east", "budget": east}, {"jurisdiction": "west", "budget": west}]


def test_a_jurisdiction_spends_within_its_budget():
    # East pays 10 for engaging the offer and 1 for each of 200 visits; West has no price to pay
    instance = world(jurisdictions=budgets(209, 0))
    found = verify(instance, make_plan(*BOTH), rules(budgets={"scale": 1.0}))
    assert broken(found) == [("budgets", "east")]
    assert found.violations[0].amount == pytest.approx(1)
    assert "210 money are spent; the limit is 209" in found.violations[0].message
    assert verify(instance, make_plan(*BOTH), rules(budgets={"scale": 210 / 209})).ok


def test_a_jurisdiction_pays_the_price_for_what_another_one_delivers():
    # East gets 100 x 3 back from West: it spends 210 - 300, and West 300
    offers = [offer("o", price=3)]
    enough = world(offers=offers, jurisdictions=budgets(0, 300))
    assert verify(enough, make_plan(*BOTH), rules(budgets={})).ok
    less = world(offers=offers, jurisdictions=budgets(0, 250))
    found = verify(less, make_plan(*BOTH), rules(budgets={}))
    assert [(v.rule, v.where, v.amount) for v in found.violations] == [("budgets", "west", 50)]
    assert found.public_cost == 210  # what one pays the other does not change the public cost


def test_within_the_territory_of_the_arranger_there_is_no_price():
    below = [
        {"jurisdiction": "east", "budget": 210},
        {"jurisdiction": "west", "parent": "east", "budget": 0},
    ]
    instance = world(offers=[offer("o", price=3)], jurisdictions=below)
    assert verify(instance, make_plan(*BOTH), rules(budgets={})).ok


def test_the_arranger_pays_wherever_the_offer_stands():
    instance = world(offers=[offer("o", arranger="west")], jurisdictions=budgets(0, 209))
    assert broken(verify(instance, make_plan(*BOTH), rules(budgets={}))) == [("budgets", "west")]


def test_a_budget_bears_contracts_supervision_overhead_and_last_resort():
    # West: 4 overhead of the provider it supervises, and 50 x 7 of last resort for its people;
    # East: 10 + 20 fixed, (1 + 0.5) x 100 for what is delivered
    services = [{"service": "care", "unit": "visits", "reach_km": 50, "last_resort_cost": 7}]
    providers = [{"provider": "p", "kind": "ngo", "supervisor": "west", "overhead_cost": 4}]
    offers = [offer("o", contract_cost=20, supervision_cost=0.5)]
    tables = {"services": services, "providers": providers, "offers": offers}
    policy = rules(budgets={}, last_resort={})
    exact = world(**tables, jurisdictions=budgets(180, 354))
    assert verify(exact, make_plan(*RESORT), policy).ok
    short = world(**tables, jurisdictions=budgets(179, 353))
    found = verify(short, make_plan(*RESORT), policy)
    assert [(v.where, round(v.amount, 9)) for v in found.violations] == [
        ("east", 1.0),
        ("west", 1.0),
    ]
    assert found.public_cost == 180 + 354


@pytest.mark.parametrize(
    ("section", "ok"),
    [
        ({"maximum": 210}, True),
        ({"maximum": 209}, False),
        ({"maximum": None, "share": None}, True),
        ({"share": 0.5}, True),
        ({"share": 0.49}, False),
    ],
)
def test_public_cost_keeps_within_the_total(section, ok):
    # the plan costs 210, the budgets add up to 420
    instance = world(jurisdictions=budgets(400, 20))
    found = verify(instance, make_plan(*BOTH), rules(total_budget=section))
    assert broken(found) == ([] if ok else [("total_budget", "all jurisdictions")])


def test_unmet_need_fees_and_own_funds_are_priced():
    services = [{"service": "care", "unit": "visits", "reach_km": 50, "unmet_penalty": 9}]
    instance = world(services=services, offers=[offer("o", user_fee=0.5, own_funds=0.25)])
    found = verify(
        instance, make_plan(("o", "e", "care", 0.8)), rules(objective={"minimize": ["unmet"]})
    )
    assert found.costs["unmet"] == pytest.approx((20 + 100) * 9)
    assert found.costs["user"] == pytest.approx(80 * 0.5)
    assert found.costs["own"] == pytest.approx(80 * 0.25)
    assert found.objective == found.costs["unmet"]


# Equalization


UNEVEN = (("o", "e", "care", 1.0), ("o", "w", "care", 0.6))


@pytest.mark.parametrize(
    ("entry", "excess"),
    [
        ({"measure": "range", "maximum": 0.3}, 0.1),
        ({"measure": "ratio", "maximum": 1.5}, 1.0 - 1.5 * 0.6),
        # 300 people in East and 100 in West: the mean is 0.9 and West 0.3 below it
        ({"measure": "band", "maximum": 0.2}, 0.3 - 0.2 * 0.9),
        ({"measure": "floor", "minimum": 0.7}, 0.1),
        ({"measure": "ceiling", "maximum": 0.9}, 0.1),
    ],
    ids=lambda v: v["measure"] if isinstance(v, dict) else "",
)
def test_a_bound_on_inequality_names_the_two_extremes(entry, excess):
    found = verify(world(), make_plan(*UNEVEN), rules({"name": "fair", **entry}))
    assert broken(found) == [("equalization.fair", "care")]
    assert found.violations[0].amount == pytest.approx(excess)
    assert "0.6 in West" in found.violations[0].message
    assert "1 in East" in found.violations[0].message


@pytest.mark.parametrize(
    "entry",
    [
        {"measure": "range", "maximum": 0.4},
        {"measure": "ratio", "maximum": 1 / 0.6},
        {"measure": "band", "maximum": 1 / 3},
        {"measure": "floor", "minimum": 0.6},
        {"measure": "ceiling", "maximum": 1.0},
    ],
    ids=lambda e: e["measure"],
)
def test_a_bound_that_is_just_met_is_kept(entry):
    assert verify(world(), make_plan(*UNEVEN), rules({"name": "fair", **entry})).ok


def test_greatest_travel_is_bounded_with_unmet_need_charged():
    # West: 0.6 at 10 km and 0.4 unmet at the reach of 50 km
    entry = {"name": "near", "level": "travel", "measure": "ceiling", "maximum": 20}
    found = verify(world(), make_plan(*UNEVEN), rules(entry))
    assert found.violations[0].amount == pytest.approx(0.6 * 10 + 0.4 * 50 - 20)
    assert "26 km in West" in found.violations[0].message


GROUPED = (
    ("o", "e", "old", "care", 0.4),
    ("o", "e", "young", "care", 1.0),
    ("o", "w", "old", "care", 0.8),
    ("o", "w", "young", "care", 0.5),
)


@pytest.mark.parametrize(
    ("between", "where", "value"),
    [
        # old: (0.4 + 0.8) x 10 / 20 = 0.6; young: (1 + 0.5) x 90 / 180 = 0.75
        ("groups", ["care"], 0.15),
        ("groups-within-regions", ["East, care", "West, care"], 0.6),
        # East (0.4 x 10 + 1 x 90) / 100 = 0.94; West (0.8 x 10 + 0.5 x 90) / 100 = 0.53
        ("regions", ["care"], 0.41),
        ("jurisdictions", ["care"], 0.41),
    ],
)
def test_levels_are_compared_between_those_the_entry_names(between, where, value):
    entry = {"name": "fair", "between": between, "maximum": 0.1}
    found = verify(nested([]), make_plan(*GROUPED), rules(entry))
    assert [v.where for v in found.violations] == where
    assert found.inequality["fair"]["care"]["range"] == pytest.approx(value)


def test_an_index_pools_services_by_their_weights():
    services = [{"service": s, "unit": "visits", "reach_km": 50} for s in ("care", "school")]
    needs = [
        {"region": "e", "service": "care", "demand": 100},
        {"region": "e", "service": "school", "demand": 10},
        {"region": "w", "service": "care", "demand": 100},
    ]
    offers = [offer("o"), offer("t", service="school")]
    instance = world(services=services, needs=needs, offers=offers, links=links("o", "t"))
    plan = make_plan(("o", "e", "care", 0.9), ("t", "e", "school", 0.3), ("o", "w", "care", 0.9))
    entry = {
        "name": "fair",
        "services": ["care", "school"],
        "index_weights": {"care": 2},
        "maximum": 0.1,
    }
    # East: (2 x 0.9 + 1 x 0.3) / 3 = 0.7; West has no need for school: 0.9
    found = verify(instance, plan, rules(entry))
    assert broken(found) == [("equalization.fair", "index")]
    assert found.inequality["fair"]["index"]["range"] == pytest.approx(0.2)


# The result of a solve


def result(plan: Plan, policy: Policy, **more) -> SimpleNamespace:
    return SimpleNamespace(plan=plan, policy=policy, **more)


def test_a_result_is_held_to_what_it_says(tiny, shared):
    said = {"engagement": 1600.0, "delivery": 12_780.0, "of_a_plugin": 1.0}
    good = result(shared, rules(**CORE), objective=14_760.0, costs=said)
    assert verify(tiny, good).ok
    wrong = result(shared, rules(**CORE), objective=14_000.0, costs={**said, "delivery": 12_000.0})
    found = verify(tiny, wrong)
    assert broken(found) == [("objective", "objective"), ("objective", "costs, delivery")]
    assert "the result says 14,000, its plan amounts to 14,760" in found.violations[0].message


def test_a_result_may_not_know_its_objective(tiny, shared):
    assert verify(tiny, result(shared, rules(**CORE), objective=None)).ok


def test_a_result_under_another_policy_is_not_held_to_its_objective(tiny, shared):
    other = rules(objective={"minimize": ["access"]})
    assert verify(tiny, result(shared, rules(**CORE), objective=14_760.0), other).objective == 0
    assert verify(tiny, result(shared, rules(**CORE), objective=14_760.0), other).ok


def test_without_a_plan_or_a_policy_there_is_nothing_to_verify(tiny, shared):
    with pytest.raises(InputError, match="no plan to verify"):
        verify(tiny, result(None, rules()))
    with pytest.raises(InputError, match="name a model"):
        verify(tiny, shared)


def test_a_policy_may_be_a_document(tiny, shared):
    document = {"coverage": {"floor": 0.9}, "objective": {"minimize": ["engagement", "delivery"]}}
    found = verify(tiny, shared, document)
    assert ("coverage_floor", "South, health") in broken(found)
    assert found.objective == pytest.approx(14_380)


# What is said, and what is not checked


def test_violations_are_raised_together_and_survive_a_pickle(tiny):
    found = verify(tiny, Plan.baseline(tiny), rules(**CORE))
    with pytest.raises(VerificationError, match="breaks 2 rules") as error:
        found.raise_if_violated()
    assert error.value.exit_code == 5
    assert pickle.loads(pickle.dumps(error.value)).violations == found.violations
    assert "coverage_floor: South, health:" in str(found)


def test_what_was_found_can_be_written_as_json(tiny):
    entry = {"name": "regions", "maximum": 0.3}
    found = verify(tiny, Plan.baseline(tiny), rules(entry, **CORE)).to_dict()
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert found["inequality"]["regions"]["health"]["ratio"] is None  # South has nothing
    assert found["levels"][1]["quality"] is None


def test_sections_and_terms_without_a_check_are_named(tiny, shared):
    policy = rules(at_most_offers={"number": 1}, objective={"minimize": ["engagement", "carbon"]})
    found = verify(tiny, shared, policy)
    assert found.unchecked == ("at_most_offers", "objective: carbon")
    assert np.isnan(found.objective)
    assert "not checked: at_most_offers" in str(found)


def test_a_check_of_ones_own_is_run_for_its_section(tiny, shared):
    @check("at_most_offers")
    def at_most_offers(facts: Facts, parameters):
        excess = len(facts.engaged) - parameters["number"]
        if excess > 0:
            yield Violation("at_most_offers", "plan", "too many", excess, excess)

    try:
        found = verify(tiny, shared, rules(at_most_offers={"number": 1}))
        assert broken(found) == [("at_most_offers", "plan")]
        assert found.unchecked == ()
        assert verify(tiny, shared, rules()).ok
    finally:
        CHECKS.pop("at_most_offers")


def test_the_checker_imports_no_formulation_and_no_solver():
    code = (
        "import sys, pse_opt.verification\n"
        "apart = ('pyomo', 'highspy', 'pse_opt.formulation', 'pse_opt.solving')\n"
        "print([m for m in sys.modules if m.startswith(apart)])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_checker_reads_nothing_but_the_tables(tiny, shared):
    bare = SimpleNamespace(tables=tiny.tables, about=tiny.about)
    assert verify(bare, shared, rules(**CORE)).ok
