"""The planner's first questions, answered for plans that can be checked by hand."""

import pandas as pd
import pytest

import pse_opt as pse
from pse_opt.analysis.summary import summarize
from tests.conftest import small_tables


def solved(overrides=None, model="core", **changes):
    instance = pse.Instance.from_tables(small_tables(**changes), {"name": "small"})
    return summarize(pse.solve(instance, model, overrides=overrides, gap=0))


BASELINE = {"offer": ["clinic"], "region": ["north"], "service": ["health"], "share": [1]}


def test_the_tiny_instance_is_summed_up_as_its_readme_tells():
    found = summarize(pse.solve("tiny-two-districts", "core", gap=0))
    assert found.people == 1500
    assert found.floors == (0.7, 0.7)
    assert (found.below_today, found.below_plan) == (500, 0)
    assert found.covered_today == pytest.approx(2 / 3)
    assert found.covered_plan == pytest.approx(0.9)
    assert (found.public_cost_today, found.public_cost_plan) == pytest.approx((11000, 14760))
    assert found.shares["ngo"] == pytest.approx(360 / 1350)
    assert found.shares_today == {"government": 1, "ngo": 0, "private": 0, "last_resort": 0}
    assert found.changes["region"].tolist() == ["south", "north"]
    assert found.changes["change"].tolist() == pytest.approx([0.72, -0.01])
    (line,) = found.services
    assert (line.name, line.below_today) == ("Primary health care", 500)
    assert (line.least, line.greatest) == pytest.approx((0.72, 0.99))


def test_without_a_baseline_nothing_is_said_of_today():
    found = solved()
    today = (found.below_today, found.covered_today, found.public_cost_today, found.changes)
    assert today == (None, None, None, None)
    assert found.services[0].today is None


def test_last_resort_is_shown_apart_from_government():
    found = solved(
        {"coverage.floor": 1.0, "last_resort.maximum_share": 1.0},
        services={"last_resort_cost": [9]},
        offers={"capacity": [1000, 250]},
    )
    assert found.covered_plan == pytest.approx(1)
    assert found.shares["last_resort"] > 0.1
    assert sum(found.shares.values()) == pytest.approx(1)


def test_floors_of_the_table_standards_count_for_who_is_below():
    standards = {"service": ["health"] * 2, "region": ["north", "south"], "floor": [1.0, 0.5]}
    found = solved(model="max-coverage", standards=standards, baseline=BASELINE)
    assert found.floors == (0.5, 1.0)
    assert found.below_today == 500


def test_people_are_counted_once_even_if_two_services_fall_short():
    tables = small_tables(
        services={"service": ["health"]},
        needs=None,
        baseline=BASELINE,
    )
    tables["services"] = pd.DataFrame(
        {"service": ["health", "school"], "unit": ["visits", "places"], "reach_km": [40, 40]}
    )
    needs = [(r, s, d) for s in ("health", "school") for r, d in (("north", 900), ("south", 400))]
    tables["needs"] = pd.DataFrame(needs, columns=["region", "service", "demand"])
    extra = tables["offers"].assign(offer=["school-n", "school-s"], service="school")
    tables["offers"] = pd.concat([tables["offers"], extra], ignore_index=True)
    instance = pse.Instance.from_tables(tables, {"name": "two"})
    found = summarize(pse.solve(instance, "core", overrides={"coverage.floor": 0.5}))
    assert found.below_today == 1500
    assert [line.below_today for line in found.services] == [500, 1500]
    assert found.below_plan == 0


def test_todays_offers_that_are_no_longer_admissible_still_count_today():
    found = solved(
        {"coverage.floor": 0.1, "coverage.target": 0.2},
        offers={"required": ["forbidden", ""]},
        baseline=BASELINE,
    )
    assert found.shares_today["government"] == 1
    assert found.shares["ngo"] == pytest.approx(1)


def test_without_a_plan_there_is_nothing_to_sum_up():
    result = pse.solve("tiny-two-districts", overrides={"total_budget.maximum": 1.0})
    with pytest.raises(ValueError, match="no plan"):
        summarize(result)
