"""From a name to a certified result: the explained optimum, real regions, what a result says."""

from __future__ import annotations

import json

import pandas as pd
import pytest

import pse_opt as pse
from pse_opt import resources
from tests import test_tiny as tiny
from tests.conftest import small_tables


@pytest.mark.parametrize(
    ("model", "cost", "coverage"),
    [
        ("core", tiny.CORE_COST, tiny.CORE_COVERAGE),
        ("equalized", tiny.EQUALIZED_COST, tiny.EQUALIZED_COVERAGE),
    ],
)
def test_the_tiny_instance_has_the_optimum_its_readme_explains(model, cost, coverage):
    result = pse.solve("tiny-two-districts", model, gap=0)
    assert (result.status, result.termination, result.verified) == ("optimal", "gap_reached", True)
    assert result.objective == pytest.approx(cost, rel=1e-6)
    assert result.bound == pytest.approx(cost, rel=1e-6)
    assert result.gap <= 1e-6
    assert set(result.plan.offers["offer"]) == set(tiny.ENGAGED)
    found = result.levels.set_index("region")["coverage"]
    for region, share in coverage.items():
        assert found[region] == pytest.approx(share, abs=1e-6)


def test_the_greatest_coverage_within_a_budget_spends_no_more_than_it():
    result = pse.solve(
        "tiny-two-districts", "max-coverage", overrides={"total_budget.maximum": 10_000}, gap=0
    )
    assert result.status == "optimal"
    assert result.verification.public_cost <= 10_000 * (1 + 1e-6)
    assert 0.4 < result.objective < 0.8


@pytest.mark.parametrize(
    "instance", ["cn-ningxia", pytest.param("mw-districts", marks=pytest.mark.thorough)]
)
def test_equalization_costs_something_on_real_regions(instance):
    """The bound of the equalized model exceeds the cost of the plan without equalization."""
    core = pse.solve(instance, "core", gap=2e-3, time_limit=100)
    equalized = pse.solve(instance, "equalized", gap=2e-3, time_limit=100)
    for result in (core, equalized):
        assert result.status in ("optimal", "within_gap")
        assert result.verified
        model_seconds = result.seconds["build"] + result.seconds["handoff"]
        assert model_seconds < max(2.0, result.seconds["solve"])
    assert equalized.bound > core.objective
    ranges = [v["range"] for v in equalized.inequality["regions"].values()]
    assert max(ranges) == pytest.approx(0.10, abs=1e-6)
    kinds = set(equalized.plan.offers["provider"].map(_kinds(equalized)))
    assert {"government", "ngo"} <= kinds


def _kinds(result):
    return result.instance.providers.set_index("provider")["kind"]


@pytest.mark.thorough
@pytest.mark.parametrize("instance", ["mw-districts", "cn-ningxia"])
def test_real_regions_are_solved_to_a_tenth_of_a_percent_in_a_minute(instance):
    result = pse.solve(instance, "equalized", gap=1e-3, time_limit=60)
    assert result.status in ("optimal", "within_gap")
    assert result.verified


@pytest.mark.parametrize("instance", ["tiny-two-districts", "mw-districts", "cn-ningxia"])
def test_todays_plan_can_be_checked_like_any_other(instance):
    data = pse.load_instance(instance)
    today = pse.Plan.baseline(data)
    found = pse.verify(data, today, "core")
    rules = {violation.rule for violation in found.violations}
    # Today leaves people below the standard, and breaks no rule of who can deliver what.
    assert rules <= {"coverage_floor", "coverage_target"}
    assert "coverage_floor" in rules
    assert found.public_cost > 0


def test_shipped_instances_have_no_warnings_and_name_their_sources():
    for name in resources.names("instances", "instance.toml"):
        data = pse.load_instance(name)
        assert data.warnings == ()
        assert data.about.assumptions
        assert data.name == name


def test_a_result_has_stable_keys_and_is_plain_json():
    result = pse.solve("tiny-two-districts", "equalized")
    document = result.to_dict()
    assert list(document)[:10] == [
        *("schema", "instance", "model", "overrides", "status", "termination"),
        *("objective", "bound", "gap", "strategy"),
    ]
    assert set(document["seconds"]) == {"read", "build", "handoff", "solve", "total"}
    assert {"needs", "offers", "links", "variables", "binaries", "constraints", "nonzeros"} == set(
        document["counts"]
    )
    assert set(document["inequality"]["regions"]["health"]) >= {"range", "ratio", "band"}
    assert document["verified"] is True
    assert json.loads(json.dumps(document, allow_nan=False)) == document


def test_costs_by_term_add_up_to_the_objective():
    result = pse.solve("mw-districts", "core", gap=0.02, time_limit=60)
    named = result.policy.objective.minimize
    assert sum(result.costs[t] for t in named) == pytest.approx(result.objective, rel=1e-9)
    for term, cost in result.costs.items():
        assert result.verification.costs[term] == pytest.approx(cost, rel=1e-6, abs=1e-3)


def test_an_infeasible_result_holds_no_plan_and_says_why():
    result = pse.solve("tiny-two-districts", "core", overrides={"total_budget.maximum": 1000})
    assert (result.status, result.plan, result.objective) == ("infeasible", None, None)
    assert result.reasons
    assert "infeasible" in str(result)


def test_options_of_the_document_give_way_to_those_of_the_call():
    result = pse.solve("tiny-two-districts", "core", gap=0.5, seed=3, time_limit=9, threads=1)
    options = result.policy.options
    assert (options.gap, options.seed, options.time_limit, options.threads) == (0.5, 3, 9, 1)


def test_a_model_that_was_added_to_can_be_solved():
    """Closing the NGO leaves the two clinics: both are engaged."""
    m = pse.build_model(pse.load_instance("tiny-two-districts"), "core")
    m.engaged["helpers-south", ""].fix(0)
    outcome = pse.solve_model(m, gap=0)
    assert outcome.status == "optimal"
    assert outcome.objective > tiny.CORE_COST


def test_groups_can_be_equalized_within_and_between_regions():
    tables = small_tables()
    tables["needs"] = pd.DataFrame(
        {
            "region": ["north", "north", "south", "south"],
            "group": ["town", "country", "town", "country"],
            "service": "health",
            "demand": [600, 400, 300, 200],
            "heads": [600, 400, 300, 200],
        }
    )
    document = {
        "coverage": {"floor": 0.5, "target": 0.8},
        "equalization": [
            {"name": "within", "between": "groups-within-regions", "maximum": 0.05},
            {"name": "groups", "between": "groups", "maximum": 0.02},
        ],
        "objective": {"minimize": ["engagement", "delivery", "access"]},
    }
    result = pse.solve(pse.Instance.from_tables(tables), document, gap=0)
    assert result.verified
    assert result.inequality["within"]["health"]["range"] <= 0.05 + 1e-9
    assert result.inequality["groups"]["health"]["range"] <= 0.02 + 1e-9


@pytest.mark.parametrize("name", ["mw-districts", "cn-ningxia", "us-georgia"])
def test_variants_change_the_assumed_costs_and_nothing_else(name):
    central, low, high = (pse.load_instance(n) for n in (name, f"{name}@low", f"{name}@high"))
    others = central.offers["kind"] != "government"
    cost = [
        (d.sizes["fixed_cost"] + d.sizes["unit_cost"] * d.sizes["capacity"])[
            others.to_numpy()[d.sizes["offer"]]
        ].sum()
        for d in (low, central, high)
    ]
    assert cost[0] < cost[1] < cost[2]
    for data in (low, high):
        assert data.needs.equals(central.needs)
        assert data.links.equals(central.links)
    assert low.name == f"{name}@low"


def test_equalization_between_groups_costs_something_in_georgia():
    """Rural people are served less under core; a bound between groups closes the gap."""
    gap = {"gap": 5e-3, "time_limit": 60}
    core = pse.solve("us-georgia", "core", **gap)
    groups = {"name": "groups", "between": "groups", "measure": "range", "maximum": 0.02}
    document = {**core.policy.document, "equalization": [groups]}
    fair = pse.solve("us-georgia", document, **gap)
    assert fair.verified
    for measures in fair.inequality["groups"].values():
        assert measures["range"] <= 0.02 + 1e-6
    assert fair.objective > core.bound
    levels = core.levels[core.levels["service"] == core.levels["service"].iloc[0]]
    units = (levels["coverage"] * levels["demand"]).groupby(levels["group"]).sum()
    mean = units / levels.groupby("group")["demand"].sum()
    assert mean["rural"] < mean["urban"] - 0.02
