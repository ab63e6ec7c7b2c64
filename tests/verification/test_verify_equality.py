"""The checker on bounds on inequality."""

from __future__ import annotations

import pytest

from pse_opt.verification import (
    verify,
)
from tests.worlds import (
    broken,
    links,
    make_plan,
    nested,
    offer,
    rules,
    world,
)

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
