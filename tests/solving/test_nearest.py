"""Without deliveries, where everybody goes to the cheapest, the answer is the compact model's."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pytest
from scipy.optimize import linprog

import pse_opt as pse
from pse_opt.formulation.nearest import is_nearest
from pse_opt.policy import read_policy
from pse_opt.solving.location import benders, interchange
from pse_opt.solving.location.assignment import Assignment, Nearest
from pse_opt.solving.location.interchange import Limits, improved
from tests.solving.test_covering import near
from tests.solving.test_radius import square

MEDIAN = {"coverage": {"floor": 1.0}, "objective": {"minimize": ["access"]}}
PLANT = {
    "coverage": {"floor": 1.0},
    "objective": {"minimize": ["engagement", "delivery", "access"]},
}


def priced(instance: pse.Instance, **columns: Any) -> pse.Instance:
    """The instance with a price of travel, and columns of offers."""
    tables = {k: t.copy() for k, t in instance.tables.items()}
    tables["services"] = tables["services"].assign(access_cost_per_km=1.0)
    tables["offers"] = tables["offers"].assign(**columns)
    return pse.Instance.from_tables(tables, {"name": "priced"})


def solved(instance: pse.Instance, strategy: str, **document: Any) -> pse.Result:
    result = pse.solve(instance, {"name": "policy", **document}, gap=0, strategy=strategy)
    if result.plan is not None:
        assert result.verified, [str(v) for v in result.verification.violations]
    return result


CASES = {
    "p-median": ({}, {**MEDIAN, "siting": {"number": 3}}),
    "at most": ({}, {**MEDIAN, "siting": {"maximum": 2}}),
    "plants": ({"fixed_cost": 120.5}, PLANT),
    "cheap plants": ({"fixed_cost": [10, 20, 30, 40, 50, 60, 70, 80, 90]}, PLANT),
    "unit costs": ({"unit_cost": [1, 9, 2, 8, 3, 7, 4, 6, 5], "fixed_cost": 50}, PLANT),
    "required": ({"required": ["yes", *[""] * 8]}, {**MEDIAN, "siting": {"number": 2}}),
    "exclusive": (
        {"exclusive_group": ["a", "a", "a", "b", "b", "b", "", "", ""]},
        {**MEDIAN, "siting": {"number": 3}},
    ),
    "one source": ({}, {**MEDIAN, "siting": {"number": 3}, "single_source": {}}),
    "fees": ({"user_fee": [9, 1, 8, 2, 7, 3, 6, 4, 5]}, PLANT),
}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("case", CASES)
def test_it_agrees_with_the_compact_model(case, seed):
    columns, document = CASES[case]
    instance = priced(square(seed), **columns)
    found, expected = (solved(instance, s, **document) for s in ("auto", "direct"))
    assert found.strategy.startswith("benders")
    assert found.status == expected.status == "optimal"
    assert found.objective == pytest.approx(expected.objective, rel=1e-9)
    assert found.bound == pytest.approx(expected.objective, rel=1e-9)
    assert sum(found.costs[t] for t in document["objective"]["minimize"]) == pytest.approx(
        expected.objective, rel=1e-9
    )


@pytest.mark.parametrize("seed", range(4))
def test_offers_that_do_not_reach_everybody(seed):
    instance = priced(near(seed, within=14), fixed_cost=40)
    found, expected = (solved(instance, s, **PLANT) for s in ("auto", "direct"))
    assert found.strategy.startswith("benders")
    assert found.objective == pytest.approx(expected.objective, rel=1e-9)


def test_too_few_offers_to_reach_everybody_are_infeasible_with_the_reason():
    instance = priced(near(0, within=8))
    result = solved(instance, "auto", **MEDIAN, siting={"number": 1})
    assert result.status == "infeasible"
    assert any("siting" in reason for reason in result.reasons)


@pytest.mark.parametrize(
    ("columns", "change"),
    [
        ({"capacity": 50}, {}),
        ({"minimum_volume": 5}, {}),
        ({}, {"coverage": {"floor": 0.9}}),
        ({}, {"total_budget": {"maximum": 1e6}}),
        ({}, {"equalization": [{"name": "even", "measure": "range"}]}),
        ({}, {"objective": {"minimize": ["engagement"]}}),
        ({}, {"objective": {"maximize": "coverage"}}),
        ({}, {"dependence": {"maximum": 0.9}}),
    ],
)
def test_it_is_not_used_where_it_matters_who_delivers(columns, change):
    instance = priced(square(0), **columns)
    document = {"name": "policy", **MEDIAN, "siting": {"number": 3}, **change}
    assert not is_nearest(instance, read_policy(document))


def test_a_model_of_another_kind_is_solved_directly():
    result = pse.solve("tiny-two-districts", "core", gap=1e-6, strategy="benders")
    assert result.status == "optimal"
    assert result.objective == pytest.approx(14760)


def test_whole_costs_have_a_whole_bound():
    instance = priced(square(5))
    result = pse.solve(instance, {"name": "policy", **MEDIAN, "siting": {"number": 2}}, gap=0.5)
    assert result.bound == round(result.bound)
    assert result.bound <= result.objective


# Cuts and exchanges on their own


def drawn(seed: int, needs: int = 7, offers: int = 6) -> Assignment:
    """Costs at random, with ties; every fourth link is missing."""
    draw = np.random.default_rng(seed)
    need, offer = (a.ravel() for a in np.meshgrid(np.arange(needs), np.arange(offers)))
    kept = draw.random(len(need)) < 0.75
    kept[np.unique(need, return_index=True)[1]] = True
    cost = draw.integers(1, 9, len(need)).astype(float)
    fixed = draw.integers(0, 6, offers).astype(float)
    return Assignment.of(need[kept], offer[kept], cost[kept], fixed, needs)


def cheapest(problem: Assignment, n: int, y: np.ndarray) -> float | None:
    """What it costs to serve a need from fractions of offers, by a linear program."""
    links = slice(problem.start[n], problem.start[n + 1])
    room = np.minimum(y[problem.offer[links]], 1.0)
    count = len(room)
    found = linprog(
        problem.cost[links],
        A_eq=np.ones((1, count)),
        b_eq=[1.0],
        bounds=[(0.0, float(r)) for r in room],
    )
    return float(found.fun) if found.status == 0 else None


@pytest.mark.parametrize("seed", range(10))
def test_cuts_are_valid_everywhere_and_exact_where_they_were_made(seed):
    problem = drawn(seed)
    offers, needs = len(problem.fixed), problem.needs
    cutter = Nearest([], problem).cutter(np.arange(offers + needs))
    draw = np.random.default_rng(seed + 100)
    rows = []
    for _ in range(4):
        y = draw.choice([0.0, 0.25, 0.5, 1.0], offers)
        values = np.concatenate((y, np.zeros(needs)))
        found = cutter.additions(values, 0, 0).rows
        rows += found
        for n in range(needs):
            exact = cheapest(problem, n, y)
            sides = [
                c.lower - c.coefficients[:-1] @ y[c.columns[:-1]]
                for c in found
                if c.columns[-1] == offers + n
            ]
            if exact is not None and exact > 1e-6:
                assert max(sides) == pytest.approx(exact)
    for size in range(1, offers + 1):
        for chosen in combinations(range(offers), size):
            y = np.zeros(offers)
            y[list(chosen)] = 1.0
            for cut in rows:
                n = int(cut.columns[-1] - offers)
                links = slice(problem.start[n], problem.start[n + 1])
                near = problem.cost[links][y[problem.offer[links]] > 0]
                side = cut.lower - cut.coefficients[:-1] @ y[cut.columns[:-1]]
                assert side <= near.min(initial=np.inf) + 1e-9


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("limits", [(1, 6), (2, 2), (3, 4)])
@pytest.mark.parametrize("pairs", [np.inf, 0.0], ids=["all pairs", "pairs that share a need"])
def test_no_single_move_improves_what_exchanges_end_with(seed, limits, pairs, monkeypatch):
    monkeypatch.setattr(interchange, "ALL_PAIRS", pairs)
    problem = drawn(seed)
    count = len(problem.fixed)
    none = np.zeros(count, dtype=bool)
    must, never = none.copy(), none.copy()
    must[0], never[1] = seed % 3 == 0, seed % 4 == 0
    rules = Limits(*limits, must, never)
    start = must.copy()
    start[np.flatnonzero(~never & ~must)[: limits[0] - int(must.sum())]] = True
    found = improved(problem, start, rules, seconds=10.0)
    assert found[must].all()
    assert not found[never].any()
    cost = problem.total(found)
    if not np.isfinite(cost):
        return
    assert limits[0] <= found.sum() <= limits[1]
    inside, outside = np.flatnonzero(found & ~must), np.flatnonzero(~found & ~never)
    for dropped in (*inside, -1):
        for added in (*outside, -1):
            trial = found.copy()
            if dropped >= 0:
                trial[dropped] = False
            if added >= 0:
                trial[added] = True
            if limits[0] <= trial.sum() <= limits[1]:
                assert problem.total(trial) >= cost - 1e-9


def test_costs_that_are_not_whole_have_no_grain():
    assert benders._grain(drawn(0)) == 1.0
    half = Assignment.of(np.array([0]), np.array([0]), np.array([0.5]), np.zeros(1), 1)
    assert benders._grain(half) == 0.0
