"""An infeasible policy is told in the planner's words, with the rule that stands in the way."""

from __future__ import annotations

import pandas as pd
import pytest

import pse_opt as pse
from tests.conftest import small_tables
from tests.two_regions import COST, even, link, world

FREE = {"objective": {"minimize": ["engagement", "delivery"]}}


def told(tables, **sections) -> str:
    """Solve, expect infeasible, and return the reasons as one text."""
    instance = pse.Instance.from_tables(tables)
    result = pse.solve(instance, {"name": "policy", **FREE, **sections})
    assert result.status == "infeasible"
    assert result.termination == "infeasible"
    assert result.plan is None
    assert result.objective is None
    assert result.verified is None
    return "\n".join(result.reasons)


def test_a_floor_beyond_reachable_capacity_names_the_place_and_the_numbers():
    tables = small_tables(offers={"capacity": [600, 200]})
    text = told(tables, coverage={"floor": 0.9})
    assert "north, health: the 2 offers within reach can deliver 800 of the 900 units" in text
    assert "Lower the floor to 80.0%" in text


def test_an_unreachable_region_has_no_offers_within_reach():
    tables = small_tables(services={"reach_km": [10]}, offers={"region": ["north", "north"]})
    assert "south, health: the 0 offers within reach can deliver 0" in told(
        tables, coverage={"floor": 0.5}
    )


def test_a_target_beyond_reachable_need_names_the_service():
    tables = small_tables(services={"reach_km": [10]}, offers={"region": ["north", "north"]})
    text = told(tables, coverage={"floor": 0.0, "target": 0.9})
    assert "health: at most 1,000 units are within reach" in text
    assert "asks for 1,350" in text


def test_two_needs_that_share_too_little_capacity_are_told_by_the_smallest_change():
    tables = small_tables(offers={"capacity": [1000, 200]})
    text = told(tables, coverage={"floor": 0.9})
    # Together 1,200 of 1,350 units: each place alone could be served.
    assert "Any one of these changes admits a plan" in text
    assert "coverage_floor of north, health: 90.0% -> 75.0%" in text


def test_a_total_budget_that_is_too_small_is_named_with_money():
    text = told(small_tables(), coverage={"floor": 0.9}, total_budget={"maximum": 14000})
    # 950 visits by the clinic and 400 by the mobile would do: 1,600 fixed, 10 and 8 a visit.
    assert "total_budget: 14,000 -> 14,300 money" in text


def test_a_budget_that_is_too_small_is_named_with_its_jurisdiction():
    tables = small_tables(jurisdictions={"budget": [100]})
    text = told(tables, coverage={"floor": 0.3}, budgets={})
    # 450 visits: 400 by the mobile at 8 and 600 fixed, else the clinic alone at 10 and 1,000.
    assert "budgets of land: 100 -> " in text
    assert "coverage_floor of south, health: 30.0% -> 0.0%" in text


def test_last_resort_that_is_capped_is_taken_into_account():
    tables = small_tables(
        services={"last_resort_cost": [50], "last_resort_cap": [100]},
        offers={"capacity": [600, 200]},
    )
    text = told(tables, coverage={"floor": 0.9}, last_resort={})
    # 1,350 units are asked for; offers deliver 800, so last resort would have to deliver 550.
    assert "last_resort_limit of health: 100 -> 550 visits" in text


def test_single_sources_that_cannot_be_packed_are_named():
    """Needs 600 and 600, capacities 800 and 400: the shares would fit, whole needs do not."""
    tables = small_tables(
        needs={"demand": [600, 600]}, offers={"capacity": [800, 400]}, jurisdictions=None
    )
    tables["regions"] = tables["regions"].drop(columns="jurisdiction")
    text = told(tables, coverage={"floor": 1.0}, single_source={})
    assert "single_source of south, health: 1 -> 2 sources" in text
    # 400 of 600 are 66.67 %: of a floor less is said, so that it can be written down.
    assert "coverage_floor of north, health: 100.0% -> 66.6%" in text


def test_a_minimum_volume_that_cannot_be_sold_is_named():
    tables = small_tables(
        offers={"minimum_volume": [950, 0], "required": ["yes", ""], "capacity": [1000, 1000]},
        needs={"demand": [500, 400]},
    )
    text = told(tables, coverage={"floor": 0.0})
    assert "minimum_volume of clinic: 950 -> 900 visits" in text
    assert "give up required_offers for clinic" in text


def test_an_equalization_bound_that_contradicts_a_floor_is_named():
    tables = small_tables(services={"reach_km": [10]}, offers={"capacity": [1000, 300]})
    entry = {"name": "regions", "measure": "range", "maximum": 0.1}
    standards = pd.DataFrame(
        {"service": ["health"], "region": ["north"], "floor": [0.95], "target": [None]}
    )
    tables["standards"] = standards
    text = told(tables, coverage={"floor": 0.0}, equalization=[entry])
    # The south reaches 300 of its 500 at most.
    assert "equalization of regions, health (range of coverage): 10.0% -> 35.0%" in text
    assert "coverage_floor of north, health: 95.0% -> 70.0%" in text


@pytest.mark.parametrize(
    ("entry", "idle"),
    [
        ({"measure": "range", "maximum": 0.4}, True),
        ({"measure": "range", "maximum": 0.2}, False),
        ({"measure": "ratio", "maximum": 1.5}, True),
        ({"measure": "ratio", "maximum": 1.2}, False),
        ({"measure": "floor", "minimum": 0.6}, True),
        ({"measure": "floor", "minimum": 0.8}, False),
        ({"measure": "ceiling", "maximum": 1.0}, True),
        ({"measure": "ceiling", "maximum": 0.9}, False),
        ({"measure": "band", "maximum": 0.1}, False),
    ],
)
def test_a_bound_that_cannot_bind_is_warned_about(entry, idle):
    instance = pse.Instance.from_tables(small_tables(offers={"capacity": [2000, 400]}))
    document = {"coverage": {"floor": 0.7}, "equalization": [{"name": "regions", **entry}], **FREE}
    result = pse.solve(instance, document)
    assert any("cannot bind" in str(w) for w in result.warnings) is idle


def test_where_nobody_is_reached_no_ratio_is_large_enough():
    instance = world(links=[link("post", "south")])
    policy = {"name": "policy", "objective": COST, **even("ratio", 2.0)}
    policy["coverage"] = {"floor": 0.0, "target": 0.25}
    found = pse.explain(instance, policy)
    assert found.conflict is not None
    repairs = found.conflict.repairs
    changes = [words for repair in repairs for words in repair.changes]
    assert changes
    assert all(" inf" not in words for words in changes)
    assert all(repair.checked == "yes" for repair in repairs)
