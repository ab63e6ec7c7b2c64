"""The checker on what people are entitled to: floors, targets, last resort, one source each."""

from __future__ import annotations

import pytest

from pse_opt.instance import Instance
from pse_opt.verification import (
    verify,
)
from tests.worlds import (
    RESORT,
    broken,
    links,
    make_plan,
    nested,
    offer,
    rules,
    world,
)

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
