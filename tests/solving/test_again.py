"""A solve from plans of close questions finds what a solve from nothing finds."""

from __future__ import annotations

import numpy as np
import pyomo.environ as pe
import pytest
from hypothesis import HealthCheck, given, settings

import pse_opt as pse
from pse_opt.formulation.build import build_sheet
from pse_opt.policy import read_policy
from pse_opt.solving import again
from pse_opt.solving.compiled import compile_model
from pse_opt.solving.interrupt import Stop
from pse_opt.solving.outcome import Options
from tests.solving.test_separate import knapsacks
from tests.strategies import cases

GINI = "equalization.regions.maximum"


@pytest.fixture(scope="module")
def loose():
    """The cheapest plan of the provinces that keeps a loose bound."""
    return pse.solve("zm-provinces", "equalized-gini", overrides={GINI: 0.06}, gap=0.03, threads=1)


@pytest.mark.parametrize("starts", [(), ({0: 1.0, 1: 0.0},), ({0: 1.0, 1: 1.0, 2: 1.0}, {3: 1.0})])
def test_no_start_keeps_it_from_the_optimum_not_even_one_that_breaks_rules(starts):
    m = knapsacks(constant=10.0)
    compiled = compile_model(m)
    found = again.run(compiled, Options(gap=0), starts)
    assert found.status == "optimal"
    assert found.objective == pytest.approx(9 + 7 + 2 + 10)
    assert found.bound == pytest.approx(found.objective)
    assert float(compiled.violation(found.values).max()) < 1e-6


def test_a_model_that_cannot_be_is_infeasible_in_any_part():
    m = knapsacks()
    m.impossible = pe.Constraint(expr=m.x[1, 0] + m.x[1, 1] + m.x[1, 2] >= 3)
    found = again.run(compile_model(m), Options(gap=0), [{0: 1.0}])
    assert (found.status, found.objective, found.values) == ("infeasible", None, None)


def test_a_stop_keeps_what_is_held_and_says_so():
    stop = Stop()
    stop.asked = True
    m = knapsacks()
    found = again.run(compile_model(m), Options(gap=0), [], stop=stop)
    assert found.status in ("optimal", "feasible", "no_plan")
    if found.status != "optimal":
        assert found.termination == "interrupted"


@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
@given(cases())
def test_plans_of_the_same_question_change_no_optimum(case):
    instance = case.instance
    cold = pse.solve(instance, case.document, gap=0, reasons=False)
    if cold.plan is None:
        return
    found = pse.solve(instance, case.document, gap=0, start=[cold.plan], reasons=False)
    assert found.objective == pytest.approx(cold.objective, rel=1e-6, abs=1e-6)
    assert found.verified


def test_a_looser_plan_leads_to_one_that_keeps_the_bound_within_the_gap_asked_for(loose):
    found = pse.solve(
        "zm-provinces",
        "equalized-gini",
        overrides={GINI: 0.03},
        gap=0.02,
        threads=1,
        start=[loose.plan],
    )
    assert found.strategy.startswith("again")
    assert found.status == "within_gap"
    assert found.verified
    assert found.gap <= 0.02
    assert found.bound >= loose.bound * (1 - 0.03)


def test_local_searches_close_most_of_what_rounding_leaves_open():
    policy = read_policy("equalized-gini", {GINI: 0.01})
    _, sheet = build_sheet(pse.load_instance("zm-provinces"), policy)
    (part,) = again.parts_of(sheet.compiled())
    piece = again._Piece(part, Options(gap=1e-2, time_limit=20, threads=1), [], Stop())
    assert piece.look()
    rounded, before = piece.search.best[0], piece.open
    piece.improve(-np.inf)
    assert piece.search.best[0] < rounded
    assert piece.open < 0.8 * before


def theil(bound):
    """A model with a convex rule, compiled, and what it is made of."""
    entry = {"name": "regions", "measure": "theil", "maximum": bound}
    policy = read_policy({"extends": "core", "name": "theil", "equalization": [entry]})
    return pse.load_instance("zm-provinces"), policy


def test_local_searches_keep_convex_rules_in_the_end():
    (part,) = again.parts_of(build_sheet(*theil(0.003))[1].compiled())
    piece = again._Piece(part, Options(gap=1e-2, time_limit=20, threads=1), [], Stop())
    assert piece.look()
    rounded = piece.search.best[0]
    piece.improve(rounded - 1.0)
    assert piece.search.best[0] < rounded
    assert piece.search.best[0] >= piece.search.bound
    rules = part.compiled.cutters()
    assert max(rule.violation(piece.search.best[1]) for rule in rules) < 1e-6


def test_convex_rules_are_kept_from_close_plans_too(monkeypatch):
    monkeypatch.setattr(again, "CURVED", 1)
    instance, policy = theil(0.003)
    looser = pse.solve(*theil(0.004), gap=2e-2, threads=1, reasons=False)
    found = pse.solve(instance, policy, gap=5e-2, threads=1, start=[looser.plan], reasons=False)
    assert found.strategy.startswith("again")
    assert found.status == "within_gap"
    assert found.verified
    assert found.points
    assert looser.bound <= found.objective
