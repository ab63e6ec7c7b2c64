"""Frontiers of random tiny instances: every point is what brute force finds within its bound."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import event

import pse_opt as pse
from tests import oracle
from tests.strategies import Case, cost_cases
from tests.strategies_equity import MEASURES, Equity, equity_cases
from tests.test_properties import Claim, try_examples

CURVED = ("theil", "mean_log_deviation", "atkinson", "coefficient_of_variation", "kolm_pollak")
PARTS = ("jurisdiction", "region", "group")
EXAMPLES = 2
HUNDREDS = 60


def near(value: float, relative: float = 2e-6) -> Any:
    return pytest.approx(value, rel=relative, abs=1e-5)


def as_brute_force(case: Case, found: pse.Frontier, relative: float = 2e-6) -> None:
    """Every point has the optimum of its bound; one without a plan has none."""
    event(f"{len(found.curve)} points")
    for point in found.points:
        document = found.varied.at(case.document, point.allowed)
        best = oracle.best_objective(case.tables, document)
        if point.objective is None:
            assert point.status == "infeasible"
            assert best is None
            continue
        assert best is not None
        assert point.objective == near(best, relative)
        assert point.bound is not None
        # Of next to nothing no relative gap is known: with a budget of 0 nobody is covered.
        assert point.status == "optimal" or abs(best) < 1e-6
        assert point.verified
        assert point.allowed is None or keeps(found, point.value, point.allowed)


def keeps(found: pse.Frontier, value: float | None, bound: float) -> bool:
    assert value is not None
    depth = found.varied.depth
    return depth(value) <= depth(bound) + 2e-6 * max(1.0, abs(bound))


def monotone_and_not_dominated(found: pse.Frontier) -> None:
    """Tighter costs more, step by step, and what is marked as dominated is."""
    depth, sign = found.varied.depth, 1.0 if found.cost else -1.0
    for one, other in pairwise(found.curve):
        assert depth(other.value) < depth(one.value)
        assert sign * other.objective > sign * one.objective
    for point in found.points:
        if point.dominated:
            assert any(
                depth(p.value) <= depth(point.value) + 1e-5 * max(1.0, abs(point.value))
                and sign * p.objective <= sign * point.objective + 1e-5 * abs(point.objective)
                for p in found.curve
            )


def frontier_holds(case: Equity) -> None:
    found = pse.frontier(case.instance, case.document, points=3, gap=0)
    monotone_and_not_dominated(found)
    relative = 1e-5 if case.entry["measure"] in CURVED else 2e-6
    as_brute_force(case, found, relative)
    if found.best is not None and found.best.proven is not None:
        depth = found.varied.depth
        assert depth(found.best.proven) <= depth(found.best.found) + 1e-5


@pytest.mark.parametrize("measure", MEASURES)
def test_every_point_is_what_brute_force_finds_within_its_bound(measure):
    claim = Claim(frontier_holds, (equity_cases(measure),), EXAMPLES)
    try_examples(claim, claim.examples)


@pytest.mark.thorough
@pytest.mark.parametrize("measure", MEASURES)
def test_every_point_of_hundreds_of_frontiers(measure):
    try_examples(Claim(frontier_holds, (equity_cases(measure),), HUNDREDS), HUNDREDS)


def all_said(case: Case, column: str) -> bool:
    """Whether the table standards says it for every need of every service."""
    whole = {
        row["service"]
        for row in case.tables.get("standards", ())
        if row.get(column) is not None and not any(row.get(c) for c in PARTS)
    }
    return whole >= {n["service"] for n in case.tables["needs"]}


def coverage_holds(case: Case) -> None:
    for vary in ("coverage.target", "coverage.floor"):
        if all_said(case, vary.partition(".")[2]):
            continue
        found = pse.frontier(case.instance, case.document, vary=vary, points=3, gap=0)
        monotone_and_not_dominated(found)
        as_brute_force(case, found)


def test_what_more_coverage_costs_is_what_brute_force_finds():
    try_examples(Claim(coverage_holds, (cost_cases(),), 4), 4)


def budget_holds(case: Case) -> None:
    document = {**case.document, "objective": {"maximize": "coverage"}}
    found = pse.frontier(case.instance, document, vary="total_budget.maximum", points=4, gap=0)
    monotone_and_not_dominated(found)
    as_brute_force(Case(case.tables, document), found)
    costs = [p.value for p in found.curve]
    assert all(math.isfinite(c) for c in costs)


def test_what_a_budget_covers_is_what_brute_force_finds():
    try_examples(Claim(budget_holds, (cost_cases(),), 4), 4)
