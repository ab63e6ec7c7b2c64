"""The independent checker on plans made by hand: what is recomputed, and what is said of it."""

from __future__ import annotations

import json
import math
import pickle
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from pse_opt.errors import InputError
from pse_opt.plan import Plan
from pse_opt.policy import Policy
from pse_opt.verification import (
    CHECKS,
    Facts,
    VerificationError,
    Violation,
    check,
    verify,
)
from tests.worlds import (
    CORE,
    broken,
    make_plan,
    rules,
    world,
)

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
        "investment": 0,
        "delivery": pytest.approx(990 * 10 + 360 * 8),
        "access": 0,  # both offers stand where the people they serve are
        "contract": 100,
        "supervision": pytest.approx(360 * 0.5),
        "overhead": 100,  # of the helpers; the state has none
        "last_resort": 0,
        "unmet": 0,  # the service charges no penalty
        "transfers": 0,
        "switching": 0,
        "user": 0,
        "own": 0,
        "inequality": 0,  # no entry names a price
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
