"""Areas with one rule in common: bounds hold at any price, and plans are those of the whole."""

from __future__ import annotations

import itertools
import time
from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

import pse_opt as pse
from pse_opt.bench.posing import pose
from pse_opt.formulation.build import build_sheet
from pse_opt.policy import read_policy
from pse_opt.solving import direct, strategies
from pse_opt.solving.compiled import Compiled
from pse_opt.solving.decomposition import area_prices, areas
from pse_opt.solving.decomposition.area_plans import Plans
from pse_opt.solving.decomposition.area_prices import Sample, areas_of
from pse_opt.solving.highs import Answer, Session
from pse_opt.solving.interrupt import Stop
from pse_opt.solving.labels import Label
from pse_opt.solving.outcome import Options
from pse_opt.solving.search import Gaps, Search


@pytest.fixture(autouse=True, scope="module")
def _every_component_is_an_area():
    """Put no components together, so that small models have several areas."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(area_prices, "SIZE", 2)
        yield


EXACT = Options(gap=0.0, time_limit=60, threads=1)


def drawn(needs: int) -> pse.Instance:
    return pose(f"synthetic/needs={needs},seed=1,links_per_need=4").instance


def compiled_of(instance: pse.Instance) -> Compiled:
    _, sheet = build_sheet(instance, read_policy("core"))
    assert sheet is not None
    compiled = sheet.compiled()
    assert compiled is not None
    return compiled


def tied(
    seed: int, groups: int = 5, *, size: int = 2, maximize: bool = False, least: bool = True
) -> Compiled:
    """Return groups of decisions, each with a rule of its own, and one rule over all of them.

    Of each group one decision at least is made, or at most; the rule over all asks the same way.
    """
    random = np.random.default_rng(seed)
    count = size * groups
    own = sp.kron(sp.eye_array(groups), np.ones((1, size)))
    common = random.integers(1, 9, count).astype(float)
    asked = float(np.floor(common.sum() * random.uniform(0.3, 0.8)))
    rows = sp.csr_array(sp.vstack((own, sp.csr_array(common[None, :]))))
    limit, free = np.append(np.ones(groups), asked), np.full(groups + 1, np.inf)
    return Compiled(
        [Label("made", k) for k in range(count)],
        [Label("rule", k) for k in range(groups + 1)],
        random.integers(1, 20, count) * (1.0 if least != maximize else -1.0),
        7.0,
        maximize,
        rows,
        limit if least else -free,
        free if least else limit,
        np.zeros(count),
        np.ones(count),
        np.ones(count, dtype=bool),
    )


def best_of(compiled: Compiled) -> float | None:
    """Return the best objective of all plans, one by one."""
    best = None
    for choice in itertools.product((0.0, 1.0), repeat=len(compiled.columns)):
        values = np.array(choice)
        if compiled.violation(values).max() > 1e-9:
            continue
        cost = float(compiled.cost @ values + compiled.offset)
        better = max if compiled.maximize else min
        best = cost if best is None else better(best, cost)
    return best


TIED = st.builds(tied, st.integers(0, 2**31), maximize=st.booleans(), least=st.booleans())


def test_areas_are_the_components_without_the_longest_row():
    compiled = compiled_of(drawn(120))
    found = areas_of(compiled)
    assert found is not None
    assert len(found.parts) > 1
    columns = np.concatenate([p.columns for p in found.parts])
    assert sorted(columns.tolist()) == list(range(len(compiled.columns)))
    rows = np.concatenate([p.rows for p in found.parts])
    (common,) = set(range(len(compiled.rows))) - set(rows.tolist())
    assert compiled.rows[common].family == "coverage_target"
    for part in found.parts:
        same = part.compiled.matrix != compiled.matrix[part.rows][:, part.columns]
        assert same.nnz == 0


@settings(max_examples=20, deadline=None)
@given(TIED, st.floats(0.0, 10.0))
def test_no_price_gives_a_bound_beyond_the_best_plan(compiled, price):
    found = areas_of(compiled)
    assert found is not None
    best = best_of(compiled)
    priced = [direct.run(found.priced(p, price), EXACT) for p in found.parts]
    bound = compiled.offset + sum(o.bound for o in priced)
    if best is not None:
        sign = -1.0 if compiled.maximize else 1.0
        assert sign * bound <= sign * best + 1e-6


@settings(max_examples=10, deadline=None)
@given(TIED)
def test_the_best_plan_is_found_and_proven(compiled):
    best = best_of(compiled)
    ours = areas.run(compiled, EXACT)
    if best is None:
        assert ours.status == "infeasible"
        return
    assert ours.status == "optimal"
    assert ours.objective == pytest.approx(best)
    assert compiled.violation(ours.values).max() <= 1e-6


def test_at_the_price_the_sample_does_what_is_asked_and_a_little_less_does_not():
    found = areas_of(compiled_of(drawn(120)))
    sample = Sample(found, list(range(len(found.parts))), EXACT, Stop())
    price = sample.price(0.01)
    assert 0.01 <= sample.more(price) <= 0.05
    assert sample.more(0.99 * price) < 0.01
    assert sample.price(10.0) is None, "all together do not do eleven times what is asked"


def test_areas_of_which_the_rule_asks_nothing_have_no_price():
    found = areas_of(compiled_of(drawn(120)))
    first = found.parts[0]
    weights = found.weights.copy()
    weights[first.columns] = 0.0
    spared = replace(found, weights=weights)
    assert spared.more([first], np.ones(len(weights))) == 0.0
    assert Sample(spared, [0], EXACT, Stop()).price(0.0) == 0.0


def test_a_large_instance_is_solved_by_areas_and_says_so(monkeypatch):
    monkeypatch.setattr(areas, "BEGIN", 100)
    instance = drawn(120)
    ours = pse.solve(instance, "core", gap=0.01, threads=1)
    assert ours.strategy.startswith("areas: ")
    assert "share one rule" in ours.strategy
    assert ours.status == "within_gap"
    assert ours.verified
    theirs = pse.solve(instance, "core", gap=0.01, threads=1, strategy="direct")
    assert ours.bound <= theirs.objective * (1 + 1e-9)
    assert theirs.bound <= ours.objective * (1 + 1e-9)


def test_one_area_without_a_plan_makes_the_whole_infeasible():
    compiled = tied(3)
    lower = compiled.row_lower.copy()
    lower[0] = 3.0
    found = areas.run(replace(compiled, row_lower=lower), EXACT)
    assert (found.status, found.values, found.bound) == ("infeasible", None, None)


def test_what_all_cannot_do_together_is_infeasible():
    compiled = tied(3)
    lower = compiled.row_lower.copy()
    lower[-1] = compiled.matrix[[-1]].sum() + 1.0
    assert areas.run(replace(compiled, row_lower=lower), EXACT).status == "infeasible"


def test_a_rule_that_asks_nothing_has_no_price():
    compiled = tied(3)
    lower = compiled.row_lower.copy()
    lower[-1] = 0.0
    free = replace(compiled, row_lower=lower)
    ours = areas.run(free, EXACT)
    assert ours.objective == pytest.approx(best_of(free))
    assert Sample(areas_of(free), [0, 1], EXACT, Stop()).price(0.0) == 0.0


def test_one_area_that_has_nearly_all_is_none():
    whole = tied(1, groups=2)
    assert areas_of(whole) is None
    assert areas.run(whole, EXACT).objective == pytest.approx(best_of(whole))


def test_few_large_parts_are_not_areas():
    few, many = tied(1, 5, size=300), tied(1, 8, size=200)
    assert areas_of(few).alike == pytest.approx(5)
    assert areas.chosen(few) is None
    assert areas.chosen(many).alike == pytest.approx(8)


def test_areas_without_time_for_branch_and_bound_count_with_their_linear_programs():
    compiled = compiled_of(drawn(400))
    found = areas_of(compiled)
    which = list(range(len(found.parts)))
    price = Sample(found, which, EXACT, Stop()).price(0.0)
    plans = Plans(found, EXACT, Stop(), compiled.lower, known=False)
    plans.look(which, price, time.perf_counter() + 60.0)
    first = plans.bound
    plans.solve(which, price, 0.0, time.perf_counter())
    assert plans.complete
    assert plans.bound == first
    relaxed = direct.run(replace(compiled, integer=np.zeros_like(compiled.integer)), EXACT)
    assert plans.bound >= 0.99 * relaxed.objective
    kept = Sample(found, which, EXACT, None, plans.values)
    assert kept.price(0.0) is not None
    assert compiled.violation(kept.values).max() <= 1e-6
    assert compiled.cost @ kept.values <= 1.15 * relaxed.objective


def test_a_short_time_leaves_a_plan_and_a_true_bound():
    compiled = compiled_of(drawn(400))
    began = time.process_time()
    found = areas.run(compiled, Options(gap=0.0, time_limit=1.0, threads=1))
    assert time.process_time() - began < 10.0
    assert found.status == "feasible"
    assert found.termination == "time_limit"
    assert compiled.violation(found.values).max() <= 1e-6
    assert found.bound < found.objective


def test_a_start_and_a_stop_keep_the_start():
    compiled = compiled_of(drawn(120))
    first = direct.run(compiled, Options(gap=0.05, threads=1))
    at = np.flatnonzero(compiled.integer)
    start = dict(zip(at.tolist(), first.values[at].tolist(), strict=True))
    stop = Stop()
    stop.asked = True
    found, used = strategies.run("areas", compiled, EXACT, stop=stop, starts=[start])
    assert used == "areas"
    assert found.termination == "interrupted"
    assert found.objective <= first.objective * (1 + 1e-6)


def test_a_plan_that_is_known_is_kept_where_there_is_no_time_to_clean_it(monkeypatch):
    compiled = tied(3)
    plan = direct.run(compiled, EXACT)
    monkeypatch.setattr(Session, "run", lambda _, **__: Answer("stopped", "time_limit"))
    search = Search(Session(compiled, EXACT), Gaps(0.0), [])
    search.hold(plan.values)
    assert search.best is None
    search.hold(plan.values, kept=True)
    assert search.outcome("time_limit").objective == pytest.approx(plan.objective)
