"""Rows added while solving: convex rules hold in the end; bounds are valid for the true rule."""

from __future__ import annotations

import itertools
import pickle
import time
import tracemalloc
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pse_opt as pse
from pse_opt import measures
from pse_opt.formulation import pairs, turns
from pse_opt.formulation.build import build_sheet
from pse_opt.formulation.curves import Curve, curve_of
from pse_opt.formulation.forms import threshold
from pse_opt.formulation.levels import levels_of
from pse_opt.formulation.pairs import Pairs
from pse_opt.solving import direct
from pse_opt.solving.compiled import compile_model
from pse_opt.solving.highs import Session
from pse_opt.solving.interrupt import Stop
from pse_opt.solving.outcome import Options
from pse_opt.solving.search import Gaps, Search

INSTANCE = "zm-provinces"
CURVED = {
    "theil": 0.003,
    "mean_log_deviation": 0.003,
    "atkinson": 0.0015,
    "coefficient_of_variation": 0.07,
}


def document(measure: str, bound: float, **more) -> dict:
    side = "minimum" if measure == "kolm_pollak" else "maximum"
    entry = {"name": "regions", "measure": measure, side: bound, **more}
    return {"extends": "core", "name": measure, "equalization": [entry]}


@pytest.fixture(scope="module")
def core() -> pse.Result:
    return pse.solve(INSTANCE, "core", gap=5e-3, time_limit=60)


@pytest.mark.parametrize("measure", CURVED)
def test_a_curved_measure_keeps_its_bound_with_few_rows(measure, core):
    bound = CURVED[measure]
    result = pse.solve(INSTANCE, document(measure, bound), gap=5e-3, time_limit=60)
    assert result.verified
    assert result.status in ("optimal", "within_gap")
    attained = max(v[measure] for v in result.inequality["regions"].values())
    assert attained == pytest.approx(bound, rel=1e-4)
    before = max(v[measure] for v in with_measure(core, measure).values())
    assert before > bound, "the bound binds"
    assert 0 < result.counts["rounds"] < 60
    assert result.counts["cuts"] < 60 * len(result.instance.regions)


def with_measure(result: pse.Result, measure: str) -> dict:
    entry = {"name": "regions", "measure": measure}
    policy = {"extends": "core", "name": "x", "equalization": [entry]}
    return dict(pse.verify(result.instance, result.plan, policy).inequality["regions"])


def test_rows_of_the_first_rounds_alone_would_let_the_measure_pass():
    """Without the rounds the model is a relaxation: its plan is more unequal than allowed."""
    m = pse.build_model(pse.load_instance(INSTANCE), document("theil", 0.003))
    m.rules = []
    outcome = pse.solve_model(m, gap=5e-3, time_limit=60)
    assert outcome.values is not None
    levels = next(iter(m.columns.levels))
    worst = 0.0
    for members in levels.members:
        values = [m.level[("regions", *levels.entities[e])].value for e in members]
        worst = max(worst, measures.theil(values, levels.people[members]))
    assert worst > 0.003 * 1.01


def test_the_bound_of_a_curved_measure_is_below_the_optimum_of_a_tighter_model():
    """Bounds come from fewer rows than the rule has, so they never exceed what it costs."""
    loose = pse.solve(INSTANCE, document("theil", 0.003), gap=1e-2, time_limit=60)
    tight = pse.solve(INSTANCE, document("theil", 0.003), gap=4e-3, time_limit=60)
    assert loose.bound <= tight.objective * (1 + 1e-9)


def test_pairs_added_while_solving_give_the_gini_of_all_pairs():
    found = {
        method: pse.solve(INSTANCE, document("gini", 0.03, method=method), gap=3e-2, time_limit=60)
        for method in ("pairs", "lazy")
    }
    for result in found.values():
        assert result.verified
    a, b = found["pairs"], found["lazy"]
    assert a.bound <= b.objective * (1 + 1e-9)
    assert b.bound <= a.objective * (1 + 1e-9)
    assert b.counts["cuts"] > 0


def test_a_grid_is_conservative_and_says_by_how_much():
    grid = pse.solve(INSTANCE, document("gini", 0.03, method="grid"), gap=1e-2, time_limit=60)
    assert grid.verified
    attained = max(v["gini"] for v in grid.inequality["regions"].values())
    assert attained <= 0.03 + 1e-6
    assert any("overstates it by at most" in note for note in grid.notes)
    assert grid.to_dict()["notes"] == list(grid.notes)


def test_kappa_is_estimated_and_said_and_can_be_set():
    entry = {
        "name": "regions",
        "level": "travel",
        "between": "people",
        "measure": "kolm_pollak",
        "maximum": 80.0,
    }
    policy = {"extends": "core", "name": "near", "equalization": [entry]}
    result = pse.solve(INSTANCE, policy, gap=2e-2, time_limit=60)
    assert result.verified
    (note,) = result.notes
    assert "is estimated from today's plan" in note
    again = {"equalization.regions.kappa": 0.02}
    assert pse.solve(INSTANCE, policy, overrides=again, gap=2e-2).notes == ()


def test_an_interrupt_between_rounds_loses_nothing_that_was_found():
    compiled = compile_model(pse.build_model(pse.load_instance(INSTANCE), document("theil", 0.003)))
    stop = Stop()
    stop.asked = True
    outcome = direct.run(compiled, Options(gap=1e-3, time_limit=30), stop=stop)
    assert outcome.termination in ("interrupted", "gap_reached")
    assert outcome.status in ("no_plan", "feasible", "within_gap", "optimal")


def test_the_linear_part_of_turned_pairs_is_the_mean_difference():
    """Added by hand for orders that turn, the rows equal the Gini coefficient's numerator."""
    random = np.random.default_rng(5)
    weights = random.dirichlet(np.ones(6))
    cutter = Pairs([None] * 7, weights).cutter(np.arange(7))
    first, then = random.uniform(size=6), random.uniform(size=6)
    rows = [cutter.additions(np.append(first, 0.0), 7, 0).rows[0]]
    added = cutter.additions(np.append(then, 0.0), 7, 1)
    new = [max(0.0, then[r.columns[1]] - then[r.columns[2]]) for r in added.rows]
    pushed = sum(-c[0] * e for c, e in zip(added.columns, new, strict=True))
    linear = -float(rows[0].coefficients[:6] @ then[rows[0].columns[:6]])
    mean = float(weights @ then)
    assert linear + pushed == pytest.approx(measures.gini(then, weights) * mean)


@pytest.mark.parametrize("measure", CURVED)
def test_perfect_equality_is_a_row_for_each_entity(measure):
    more = {"aversion": 0.5} if measure == "atkinson" else {}
    result = pse.solve("tiny-two-districts", document(measure, 0, **more), gap=0)
    assert result.status == "optimal"
    assert result.verified
    assert max(v["range"] for v in result.inequality["regions"].values()) < 1e-8
    assert "cuts" not in result.counts or result.counts["cuts"] == 0


@pytest.mark.parametrize("bound", [0.9, 0.05, 1e-3, 1e-6])
def test_curves_are_one_at_the_bound_and_zero_at_the_mean(bound):
    instance = pse.load_instance("tiny-two-districts")
    for measure in CURVED:
        more = {"aversion": 0.8} if measure == "atkinson" else {}
        entry = pse.read_policy(document(measure, bound, **more)).equalization[0]
        levels = levels_of(instance, entry)
        bend = curve_of(levels, 0)
        assert bend.value(np.array([1.0])) == pytest.approx(0.0, abs=1e-9)
        assert bend.slope(np.array([1.0])) == pytest.approx(0.0, abs=1e-9)
        assert threshold(levels, 0, bound) == pytest.approx(1.0)
        # Two halves of the people, as far apart as the bound allows: their curves add up to it.
        one = np.array([0.5, 0.5])
        low, high = 0.0, 1.0
        for _ in range(100):
            middle = 0.5 * (low + high)
            value = measure_of(measure, [1.0 - middle, 1.0 + middle])
            low, high = (middle, high) if value <= bound else (low, middle)
        apart = np.array([1.0 - low, 1.0 + low])
        if low < 1.0 - 1e-6:
            assert one @ bend.value(apart) == pytest.approx(1.0, rel=1e-3)
        assert (np.diff(bend.slope(np.linspace(1e-6, 3.0, 200))) >= -1e-9).all(), "convex"


def measure_of(measure: str, values: list[float]) -> float:
    more = {"aversion": 0.8} if measure == "atkinson" else {}
    return float(getattr(measures, measure)(values, **more))


@pytest.mark.parametrize(
    ("measure", "more"), [("mean_log_deviation", {}), ("atkinson", {"aversion": 2})]
)
def test_where_somebody_must_go_without_no_bound_of_an_infinite_measure_is_kept(measure, more):
    instance = pse.load_instance("tiny-two-districts")
    tables = dict(instance.tables)
    tables["links"] = pd.DataFrame(
        {
            "offer": [instance.offers["offer"][0]],
            "region": [instance.regions["region"][0]],
            "travel": [1.0],
        }
    )
    alone = pse.Instance.from_tables(tables, {"name": "alone"})
    policy = document(measure, 0.9, **more) | {"coverage": {"floor": 0, "target": 0.1}}
    result = pse.solve(alone, policy, gap=0)
    assert result.status == "infeasible"
    assert result.reasons


@settings(max_examples=60, deadline=None)
@given(st.permutations(range(9)), st.lists(st.integers(0, 4), min_size=9, max_size=9))
def test_pairs_that_turned_are_found_without_looking_at_all_pairs(rank, levels):
    rank, levels = np.array(rank), np.array(levels, dtype=float)
    found = {
        (i, j)
        for first, second in turns.turned(rank, levels)
        for i, j in zip(first.tolist(), second.tolist(), strict=True)
        if levels[i] > levels[j]
    }
    every = itertools.permutations(range(9), 2)
    assert found == {(i, j) for i, j in every if rank[i] < rank[j] and levels[i] > levels[j]}


def test_of_very_many_pairs_that_turned_those_come_first_that_count_most(monkeypatch):
    monkeypatch.setattr(pairs, "FEW_TURNS", 0)
    monkeypatch.setattr(pairs, "TURNS_EACH", 1)
    monkeypatch.setattr(turns, "AT_ONCE", 7)
    weights = np.full(30, 1 / 30)
    cutter = Pairs(list(range(31)), weights).cutter(np.arange(31))
    up, down = np.linspace(0.0, 1.0, 30), np.linspace(1.0, 0.0, 30)
    cutter.additions(np.append(up, 0.0), 31, 0)
    rounds = [cutter.additions(np.append(down, 0.0), 31, 1) for _ in range(16)]
    spans = [[abs(row.columns[1] - row.columns[2]) for row in added.rows] for added in rounds]
    assert [len(span) for span in spans] == [30] * 14 + [15, 0], "435 pairs, each of them once"
    assert all(min(a) >= max(b) for a, b in itertools.pairwise(spans) if b)


@pytest.mark.thorough
def test_thousands_of_entities_turn_in_seconds_and_little_memory():
    random = np.random.default_rng(3)
    count = 2800
    cutter = Pairs([], np.full(count, 1 / count)).cutter(np.arange(count + 1))
    cutter.additions(np.append(random.random(count), 0.0), count + 1, 0)
    tracemalloc.start()
    began = time.perf_counter()
    added = cutter.additions(np.append(random.random(count), 0.0), count + 1, 1)
    seconds, peak = time.perf_counter() - began, tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(added.rows) == 28_000
    assert seconds < 30
    assert peak < 60e6


# Points of one solve serve another


VARIED = {"theil": (0.0031, 0.003), "gini": (0.04, 0.03)}


def relaxed(measure: str, bound: float, points=None) -> Search:
    """A search that has solved the linear program with fractions, in rounds."""
    more = {"method": "lazy"} if measure == "gini" else {}
    policy = pse.read_policy(document(measure, bound, **more))
    _, sheet = build_sheet(pse.load_instance(INSTANCE), policy)
    compiled = replace(sheet.compiled(), points=points or {})
    options = Options(gap=1e-2, time_limit=30, threads=1)
    search = Search(Session(compiled, options), Gaps(1e-2), compiled.cutters())
    assert search.look().state == "optimal"
    return search


@pytest.mark.parametrize("measure", VARIED)
def test_points_of_a_looser_bound_spare_rounds_and_change_no_bound(measure):
    loose, tight = VARIED[measure]
    before, cold = relaxed(measure, loose), relaxed(measure, tight)
    points = before.outcome("time_limit").points
    warm = relaxed(measure, tight, pickle.loads(pickle.dumps(points)))
    assert {key[0] for key in points} == {"regions"}
    assert warm.rounds < 0.7 * cold.rounds
    assert warm.bound == pytest.approx(cold.bound, rel=1e-6)


def test_a_solve_takes_the_points_of_another_and_finds_the_same_to_the_gap():
    (loose, tight), options = VARIED["theil"], {"gap": 5e-2, "threads": 1, "reasons": False}
    before = pse.solve(INSTANCE, document("theil", loose), **options)
    cold = pse.solve(INSTANCE, document("theil", tight), **options)
    warm = pse.solve(INSTANCE, document("theil", tight), points=before.points, **options)
    assert warm.counts["rounds"] < cold.counts["rounds"]
    assert warm.verified
    assert warm.status == "within_gap"
    assert max(warm.bound, cold.bound) <= min(warm.objective, cold.objective) * (1 + 1e-9)


def curves_of(bound: float) -> tuple[Curve, int]:
    entry = pse.read_policy(document("theil", bound)).equalization[0]
    levels = levels_of(pse.load_instance(INSTANCE), entry)
    weights = np.array([levels.weights[e] for e in levels.members[0]])
    return Curve([], weights, curve_of(levels, 0), ("regions",)), len(weights)


def test_tangents_hold_wherever_they_are_taken():
    """For any levels, the true curve keeps the rows of any points, those of another bound too."""
    curve, count = curves_of(0.003)
    random = np.random.default_rng(7)
    points = random.uniform(0.2, 2.0, (5, count))
    points[0, 0] = np.nan
    added = curve.cutter(np.arange(2 * count + 1), points).recalled(0, 0)
    assert count < len(added.rows) < 5 * count
    for _ in range(20):
        levels = random.uniform(0.05, 1.0, count)
        mean = float(curve.weights @ levels)
        values = np.concatenate((mean * curve.bend.value(levels / mean), levels, [mean]))
        for row in added.rows:
            assert row.coefficients @ values[row.columns] >= row.lower - 1e-9


def test_points_are_looked_at_once_and_those_of_another_model_never():
    curve, count = curves_of(0.003)
    points = np.ones((2, count)) * [[0.8], [1.2]]
    cutter = curve.cutter(np.arange(2 * count + 1), points)
    assert len(cutter.recalled(0, 0).rows) == 2 * count
    assert not cutter.recalled(0, 0).rows
    assert np.array_equal(cutter.points, points)
    for wrong in (np.ones((2, count + 1)), np.ones(count), None):
        assert not curve.cutter(np.arange(2 * count + 1), wrong).recalled(0, 0).rows


def test_few_points_are_remembered_the_newest_and_no_neighbours():
    curve, count = curves_of(0.003)
    cutter = curve.cutter(np.arange(2 * count + 1))
    for ratio in [*np.linspace(0.7, 1.3, 20), 1.3 + 1e-6]:
        cutter.additions(np.concatenate((np.zeros(count), np.full(count, ratio), [1.0])), 0, 0)
    assert cutter.points.shape == (6, count)
    assert cutter.points[-1] == pytest.approx(1.3 + 1e-6, abs=1e-9)
    assert cutter.points[-2] == pytest.approx(np.linspace(0.7, 1.3, 20)[-2])


def test_the_order_of_another_solve_gives_the_mean_difference_too():
    """Recalled rows, with the least of the columns that go with them, add up to all pairs."""
    random = np.random.default_rng(5)
    weights = random.dirichlet(np.ones(6))
    points = random.uniform(size=(3, 6))
    cutter = Pairs([None] * 7, weights).cutter(np.arange(7), points)
    added = cutter.recalled(7, 4)
    order, *pairs = added.rows
    assert len(added.columns) == len(pairs) == len(order.columns) - 7
    for levels in points:
        pushed = [max(0.0, levels[r.columns[1]] - levels[r.columns[2]]) for r in pairs]
        values = np.concatenate((levels, [0.0], pushed))
        spread = -float(order.coefficients @ values[order.columns])
        mean = float(weights @ levels)
        assert spread == pytest.approx(measures.gini(levels, weights) * mean)
