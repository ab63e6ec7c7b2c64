"""Claims on equalization, in :mod:`tests.two_regions`."""

from __future__ import annotations

import pytest

from tests.two_regions import OWN_REGION, cost, coverage, even, link, offer, plan, why_not, world

# Equalization: half on average is cheapest as all of South, by the post, and nothing of North.


@pytest.mark.parametrize(
    ("measure", "bound", "expected"),
    [
        # South is served first, as far as the bound allows; North gets what the average lacks.
        ("floor", 0.2, {"north": 0.2, "south": 0.8}),
        ("ceiling", 0.7, {"north": 0.3, "south": 0.7}),
        ("range", 0.3, {"north": 0.35, "south": 0.65}),
        ("ratio", 1.5, {"north": 0.4, "south": 0.6}),
        # People: 300 in North, 100 in South. With North at 0.5 - d and South at 0.5 + d their mean
        # is 0.5 - d / 2; South may be a fifth above it: 0.5 + d = 0.6 - 0.6 d, so d = 1 / 16.
        ("band", 0.2, {"north": 0.4375, "south": 0.5625}),
    ],
)
def test_equalization_between_regions(measure, bound, expected):
    instance = world(links=OWN_REGION)
    assert coverage(plan(instance, coverage={"floor": 0.0, "target": 0.5})) == {
        "north": 0.0,
        "south": 1.0,
    }
    assert coverage(plan(instance, **even(measure, bound))) == expected


def test_equalization_level_travel_is_charged_to_unmet_need():
    # North's people travel 10 to the clinic or are charged the cap of 50 when not served; an
    # average of 30 km asks for half of them to be served.
    links = [link("clinic", "north", 10), link("post", "south", 0)]
    instance = world(links=links)
    near = even("ceiling", 30, level="travel")
    assert coverage(plan(instance, **near)) == {"north": 0.5, "south": 0.5}
    text = why_not(instance, **even("ceiling", 9, level="travel"))
    assert "equalization of even, health (ceiling of travel): 9.0 -> 10.0 km" in text


def test_equalization_between_groups_and_within_regions():
    # South's old must all be served; a quarter on average asks for nobody else.
    needs = [
        {"region": r, "service": "health", "group": g, "demand": 50, "heads": 50}
        for r in ("north", "south")
        for g in ("young", "old")
    ]
    standards = [{"service": "health", "region": "south", "group": "old", "floor": 1.0}]
    instance = world(needs=needs, links=OWN_REGION, standards=standards)
    quarter = {"floor": 0.0, "target": 0.25}
    assert cost(instance, coverage=quarter) == pytest.approx(300 + 250)
    entry = {"name": "ages", "measure": "range", "maximum": 0.0}
    # Half of all the old are served, so half of all the young must be: cheapest in South.
    between = [{**entry, "between": "groups"}]
    assert cost(instance, coverage=quarter, equalization=between) == pytest.approx(800)
    # Within South everybody then; within North nobody is as even as everybody.
    within = [{**entry, "between": "groups-within-regions"}]
    assert cost(instance, coverage=quarter, equalization=within) == pytest.approx(800)


def test_equalization_within_regions_whatever_the_names():
    # "a / b" with "c" is not "a" with "b / c". Eight tenths for "d" ask for as much for "b / c".
    places = {"a": ("b / c", "d"), "a / b": ("c", "e")}
    needs = [
        {"region": r, "service": "health", "group": g, "demand": 50, "heads": 50}
        for r, groups in places.items()
        for g in groups
    ]
    instance = world(
        regions=[{"region": r, "population": 100} for r in places],
        needs=needs,
        offers=[offer("post", "helpers", "a", 0, 1)],
        links=[link("post", r) for r in places],
        standards=[{"service": "health", "group": "d", "floor": 0.8}],
    )
    entry = {"name": "even", "between": "groups-within-regions", "measure": "range", "maximum": 0.0}
    assert cost(instance, coverage={"floor": 0.0}, equalization=[entry]) == pytest.approx(80)


def test_equalization_between_jurisdictions_counts_their_regions_together():
    # Both regions are A's: there is nothing to compare, and South alone may be served.
    homes = {r: {"jurisdiction": "a"} for r in ("north", "south")}
    instance = world(regions=homes, links=OWN_REGION)
    result = plan(instance, **even("range", 0.0, between="jurisdictions"))
    assert coverage(result) == {"north": 0.0, "south": 1.0}


def test_equalization_of_an_index_lets_one_service_make_up_for_another():
    # Health comes to South alone, school to North alone: even only when added up.
    services = [{"service": s, "unit": "units", "reach_km": 50} for s in ("health", "school")]
    needs = [
        {"region": r, "service": s, "demand": 100}
        for s in ("health", "school")
        for r in ("north", "south")
    ]
    offers = [
        offer("clinic", "state", "north", 0, 1, service="school"),
        offer("post", "state", "south", 0, 1),
    ]
    instance = world(services=services, needs=needs, offers=offers, links=OWN_REGION)
    entry = {"name": "even", "measure": "range", "maximum": 0.0}
    wanted = {"coverage": {"floor": 0.0, "target": 0.5}}
    index = {**entry, "services": ["health", "school"]}
    assert cost(instance, **wanted, equalization=[index]) == pytest.approx(200)
    assert "equalization" in why_not(instance, **wanted, equalization=[entry])
    # When health counts double, South is ahead by a sixth: (2 - 1) / 3.
    weighted = {**index, "index_weights": {"health": 2.0}}
    assert "equalization" in why_not(instance, **wanted, equalization=[weighted])
    wide = {**weighted, "maximum": 0.34}
    assert cost(instance, **wanted, equalization=[wide]) == pytest.approx(200)


@pytest.mark.parametrize("measure", ["floor", "range", "ratio", "band"])
def test_equalization_that_cannot_be_kept_is_named(measure):
    # Nobody reaches North, and South must have half.
    instance = world(links=[link("post", "south")])
    bound = {"floor": 0.1, "range": 0.1, "ratio": 2.0, "band": 0.1}[measure]
    policy = even(measure, bound)
    policy["coverage"] = {"floor": 0.0, "target": 0.25}
    assert "equalization of even, health" in why_not(instance, **policy)
