"""Maximal covering as location finds what the model of coverage finds, at bounds of its own."""

from __future__ import annotations

from typing import Any

import pytest

import pse_opt as pse
from pse_opt.formulation.nearest import pose
from pse_opt.policy import read_policy
from pse_opt.solving import direct
from pse_opt.solving.interrupt import Stop
from pse_opt.solving.location import covering
from pse_opt.solving.location.benders import run
from pse_opt.solving.location.uncovered import uncovered
from pse_opt.solving.outcome import Options
from tests.solving.test_covering import MOST, near, solved

EXACT = Options(gap=0)


def smaller(seed: int, *, places: int = 12, **document: Any) -> covering.Covering:
    return smaller_of(near(seed, places=places), **document)


def smaller_of(instance: pse.Instance, **document: Any) -> covering.Covering:
    model = pose(instance, read_policy({"name": "policy", **document}))
    compiled = model.compiled()
    assert compiled is not None
    found = covering.covering_of(compiled)
    assert found is not None
    return found


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(
    "siting", [{"number": 3}, {"maximum": 2}, {"minimum": 4}], ids=["number", "most", "least"]
)
def test_the_best_is_that_of_the_model_of_coverage(seed, siting):
    found = smaller(seed, **MOST, siting=siting)
    problem = uncovered(found.compiled, found.rest)
    assert problem is not None
    told = []
    outcome = run(problem.compiled, EXACT, progress=told.append)
    objective, bound = problem.figures(outcome.objective, outcome.bound)
    expected = direct.run(found.compiled, EXACT)
    assert objective == pytest.approx(expected.objective)
    assert bound == pytest.approx(expected.objective)
    figures = [problem.figures(m.objective, m.bound) for m in told]
    assert figures
    for value, limit in figures:
        assert value is None or value <= expected.objective + 1e-9
        assert limit is None or limit >= expected.objective - 1e-9


@pytest.mark.parametrize("seed", range(3))
def test_engagements_that_cost_and_coverage_that_is_worth_less_are_weighed(seed):
    instance = near(seed, places=12)
    tables = {**instance.tables, "services": instance.tables["services"].assign(unmet_penalty=0.04)}
    weighed = pse.Instance.from_tables(tables, {"name": "weighed"})
    document = {"coverage": {"floor": 0.0}, "objective": {"minimize": ["engagement", "unmet"]}}
    found = smaller_of(weighed, **document)
    problem = uncovered(found.compiled, found.rest)
    assert problem is not None
    outcome = run(problem.compiled, EXACT)
    expected = direct.run(found.compiled, EXACT)
    assert problem.figures(outcome.objective, None)[0] == pytest.approx(expected.objective)
    covered = expected.values[~found.compiled.integer]
    assert 0 < covered.sum() < covered.size


def test_engagements_found_complete_the_plan_and_the_checker_passes_it():
    result = solved(near(3, places=14), "auto", **MOST, siting={"number": 3})
    assert result.strategy.startswith("covering")
    assert result.status == "optimal"
    assert result.objective == pytest.approx(
        solved(near(3, places=14), "direct", **MOST, siting={"number": 3}).objective
    )


def test_a_gap_is_one_of_what_is_covered():
    found = smaller(1, places=30, **MOST, siting={"number": 6})
    problem = uncovered(found.compiled, found.rest)
    assert problem is not None
    outcome = run(problem.compiled, Options(gap=0.05))
    objective, bound = problem.figures(outcome.objective, outcome.bound)
    assert outcome.status in ("optimal", "within_gap")
    assert outcome.gap == pytest.approx((bound - objective) / objective)
    assert outcome.gap <= 0.05


@pytest.mark.parametrize(
    "document",
    [
        {**MOST, "siting": {"number": 2}, "coverage": {"floor": 0.0, "target": 0.5}},
        {
            **MOST,
            "siting": {"number": 3},
            "equalization": [{"name": "even", "measure": "floor", "minimum": 0.5}],
        },
        {**MOST, "siting": {"number": 2}, "last_resort": {"maximum_share": 0.4}},
    ],
    ids=["a target", "a floor", "last resort"],
)
def test_rules_about_coverage_leave_it_to_the_model_of_coverage(document):
    rescued = near(0, rescue=1.0) if "last_resort" in document else near(0)
    found = smaller_of(rescued, **document)
    assert uncovered(found.compiled, found.rest) is None


def test_a_plan_to_start_from_is_held_and_one_that_breaks_a_rule_is_not():
    found = smaller(2, places=12, **MOST, siting={"number": 3})
    problem = uncovered(found.compiled, found.rest)
    assert problem is not None
    best = direct.run(found.compiled, EXACT)
    assert best.values is not None
    given = {int(k): float(best.values[k]) for k in problem.engaged}
    stop = Stop()
    stop.asked = True
    held = run(problem.compiled, EXACT, stop=stop, start=problem.start(given))
    assert problem.figures(held.objective, None)[0] == pytest.approx(best.objective)
    many = dict.fromkeys(given, 1.0)
    other = run(problem.compiled, EXACT, start=problem.start(many))
    assert problem.figures(other.objective, None)[0] == pytest.approx(best.objective)
