"""Parts that few rules couple: prices bound the whole, and plans of parts make a plan of it."""

from __future__ import annotations

import time
from dataclasses import replace
from itertools import product

import numpy as np
import pyomo.environ as pe
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

import pse_opt as pse
from pse_opt.formulation.build import build_sheet
from pse_opt.policy import read_policy
from pse_opt.regional.synthetic import build
from pse_opt.solving import direct
from pse_opt.solving.compiled import Compiled, compile_model, families_of
from pse_opt.solving.decomposition import coupled, separate
from pse_opt.solving.decomposition.coupling import coupling_of
from pse_opt.solving.decomposition.joint import Joint
from pse_opt.solving.decomposition.pool import Pool
from pse_opt.solving.decomposition.steering import Steered
from pse_opt.solving.highs import Session
from pse_opt.solving.interrupt import Stop
from pse_opt.solving.labels import Label
from pse_opt.solving.local_search import neighbourhood
from pse_opt.solving.local_search.large import Large
from pse_opt.solving.local_search.mending import DEAR, GIVING, mended, missing, softened
from pse_opt.solving.outcome import Options, relative_gap
from pse_opt.solving.rounding import fitting
from tests.solving.test_separate import knapsacks

EXACT = Options(gap=0.0, time_limit=30, threads=1)


@st.composite
def coupled_models(draw) -> Compiled:
    """Parts of whole numbers within rows of their own, and one or two rows that couple them."""
    parts, each = draw(st.integers(2, 3)), draw(st.integers(2, 3))
    count = parts * each
    whole = st.integers(-4, 9)
    cost = np.array(draw(st.lists(whole, min_size=count, max_size=count)), dtype=float)
    own = np.kron(np.eye(parts), np.ones((1, each)))
    joint = draw(st.integers(1, 2))
    rows = np.array(
        draw(st.lists(st.integers(1, 5), min_size=joint * count, max_size=joint * count)),
        dtype=float,
    ).reshape(joint, count)
    kinds = draw(st.lists(st.sampled_from(["<=", ">=", "=", "range"]), min_size=2, max_size=2))
    lower, upper = np.full(joint, -np.inf), np.full(joint, np.inf)
    for r in range(joint):
        limit = float(draw(st.integers(1, int(rows[r].sum()))))
        if kinds[r] in (">=", "=", "range"):
            lower[r] = limit
        if kinds[r] in ("<=", "="):
            upper[r] = limit
        if kinds[r] == "range":
            upper[r] = limit + draw(st.integers(1, 3))
    return Compiled(
        [None] * count,
        [Label("row", k) for k in range(parts + joint)],
        cost,
        float(draw(whole)),
        draw(st.booleans()),
        sp.csr_array(np.vstack((own, rows))),
        np.concatenate((np.full(parts, float(draw(st.integers(0, 1)))), lower)),
        np.concatenate((np.full(parts, float(each - 1)), upper)),
        np.zeros(count),
        np.ones(count),
        np.ones(count, dtype=bool),
    )


def best_of_all(compiled: Compiled) -> float | None:
    """Return the best objective of all choices; None where no choice keeps the rows."""
    choices = np.array(list(product((0.0, 1.0), repeat=len(compiled.cost))))
    activity = choices @ compiled.matrix.toarray().T
    kept = (activity >= compiled.row_lower - 1e-9) & (activity <= compiled.row_upper + 1e-9)
    values = (choices @ compiled.cost + compiled.offset)[kept.all(axis=1)]
    if not values.size:
        return None
    return float(values.max() if compiled.maximize else values.min())


def sign(compiled: Compiled) -> float:
    return -1.0 if compiled.maximize else 1.0


@settings(max_examples=15, deadline=None)
@given(coupled_models())
def test_the_best_of_random_models_is_found_and_no_bound_passes_it(compiled):
    told = []
    found = coupled.run(compiled, EXACT, progress=told.append)
    best = best_of_all(compiled)
    if best is None:
        assert (found.status, found.values) == ("infeasible", None)
        return
    assert found.status == "optimal"
    assert found.termination == "gap_reached"
    assert found.objective == pytest.approx(best)
    assert compiled.violation(found.values).max() < 1e-6
    assert found.row_dual is not None
    bounds = [m.bound for m in told if m.bound is not None]
    assert all(sign(compiled) * (b - best) <= 1e-6 for b in [*bounds, found.bound])


@settings(max_examples=15, deadline=None)
@given(coupled_models())
def test_plans_of_steered_searches_keep_all_rows_and_the_bound(compiled):
    coupling, best = coupling_of(compiled), best_of_all(compiled)
    if coupling is None or best is None:
        return
    joint = Joint(coupling, replace(EXACT, time_limit=5), None, None, None)
    prices = joint.relax()
    assert prices is not None
    Steered(joint, prices).run()
    assert sign(compiled) * (joint.whole.bound - best) <= 1e-6
    if joint.whole.plan is not None:
        assert compiled.violation(joint.whole.plan).max() < 1e-6
        assert sign(compiled) * (joint.whole.best - best) >= -1e-6


@settings(max_examples=15, deadline=None)
@given(coupled_models(), st.lists(st.floats(-5, 5), min_size=2, max_size=2))
def test_any_prices_bound_the_whole(compiled, prices):
    coupling, best = coupling_of(compiled), best_of_all(compiled)
    if coupling is None or best is None:
        return
    some = coupling.possible(np.resize(np.array(prices), coupling.rows.size))
    priced = coupling.priced(some)
    values = [direct.run(p.compiled, EXACT) for p in coupling.parts_at(priced)]
    assert all(v.objective is not None for v in values)
    bound = priced.offset + sum(v.objective for v in values)
    assert sign(compiled) * (bound - best) <= 1e-6


@settings(max_examples=8, deadline=None)
@given(coupled_models(), st.integers(1, 4))
def test_wider_limits_never_cost_more(compiled, more):
    before = coupled.run(compiled, EXACT)
    wider = replace(
        compiled, row_lower=compiled.row_lower - more, row_upper=compiled.row_upper + more
    )
    after = coupled.run(wider, EXACT)
    if before.objective is not None:
        assert after.objective is not None
        assert sign(compiled) * (after.objective - before.objective) <= 1e-6


@settings(max_examples=30, deadline=None)
@given(coupled_models(), st.lists(st.integers(0, 7), min_size=1, max_size=12))
def test_plans_of_a_pool_that_go_together_keep_the_rows_at_least_cost(compiled, numbers):
    coupling = coupling_of(compiled)
    if coupling is None:
        return
    pool = Pool(coupling, EXACT)
    for number in numbers:
        for k, part in enumerate(coupling.parts):
            size = len(part.columns)
            pool.add(k, np.array([float(number * (k + 3) >> i & 1) for i in range(size)]))
    found = pool.choose()
    kept = [
        compiled.cost @ pool.together(list(plans))
        for plans in product(*pool.plans)
        if _keeps(coupling, pool.together(list(plans)))
    ]
    if not kept:
        assert found is None
        return
    assert found is not None
    assert _keeps(coupling, found)
    best = max(kept) if compiled.maximize else min(kept)
    assert float(compiled.cost @ found) == pytest.approx(best)


def _keeps(coupling, values) -> bool:
    use = coupling.matrix @ values
    return bool((use >= coupling.lower - 1e-9).all() and (use <= coupling.upper + 1e-9).all())


def joined(budget=8, **others):
    """Two knapsacks and a free decision, and a budget for all of them."""
    m = knapsacks(**others)
    m.budget = pe.Constraint(expr=sum(m.x[k] * (2 + k[1]) for k in m.x) + m.free <= budget)
    return m


def test_the_rule_that_couples_is_found_and_the_parts_with_it():
    m = joined()
    compiled = compile_model(m)
    coupling = coupling_of(compiled)
    assert coupling is not None
    assert families_of(compiled.rows)[coupling.rows].tolist() == ["budget"]
    assert [int(p.compiled.integer.sum()) for p in coupling.parts] == [3, 3, 0]
    columns = np.concatenate([p.columns for p in coupling.parts])
    assert sorted(columns.tolist()) == list(range(len(compiled.columns)))
    assert coupled.way_of(coupling) == "coupled: 2 parts but for 1 rule, which has a price"


def test_rows_that_join_nothing_go_back_to_their_part():
    m = joined()
    m.long = pe.Constraint(expr=sum(m.x[0, j] * (j + 1) for j in range(3)) + m.free <= 9)
    m.joint = pe.Constraint(expr=sum(m.x.values()) >= 1)
    compiled = compile_model(m)
    coupling = coupling_of(compiled)
    found = sorted(families_of(compiled.rows)[coupling.rows].tolist())
    assert found == ["budget", "joint"]


def test_parts_that_share_nothing_are_left_to_separate():
    m = joined()
    m.budget.deactivate()
    compiled = compile_model(m)
    assert coupling_of(compiled) is None
    found, apart = (way.run(compiled, Options(gap=0)) for way in (coupled, separate))
    assert found.objective == pytest.approx(apart.objective)


def test_models_of_one_piece_have_no_coupling():
    m = joined()
    m.joint = pe.Constraint(expr=sum(m.x.values()) + m.free >= 1)
    compiled = compile_model(m)
    assert coupling_of(compiled, 1) is None
    assert coupling_of(compiled, 2) is not None
    assert coupling_of(replace(compiled, value=float), 2) is None


def test_very_many_small_parts_are_one():
    m = pe.ConcreteModel()
    m.x = pe.Var(range(200), domain=pe.Binary)
    m.weight = pe.Constraint(expr=sum((1 + k % 7) * m.x[k] for k in m.x) <= 100)
    m.gain = pe.Objective(expr=sum((1 + k % 5) * m.x[k] for k in m.x), sense=pe.maximize)
    assert coupling_of(compile_model(m)) is None


def test_a_budget_that_cannot_be_kept_is_infeasible_and_so_is_a_part():
    m = joined()
    m.least = pe.Constraint(expr=sum(m.x.values()) >= 4)
    assert coupled.run(compile_model(m), EXACT).status == "infeasible"
    m = joined()
    m.impossible = pe.Constraint(expr=m.x[1, 0] + m.x[1, 1] + m.x[1, 2] >= 3)
    assert coupled.run(compile_model(m), EXACT).status == "infeasible"


@pytest.fixture(scope="module")
def services() -> pse.Instance:
    """Three services whose providers and links have nothing in common."""
    meta, tables = build(needs=90, services=3, seed=3)
    return pse.Instance.from_tables(tables, meta)


SHORT = {"total_budget.maximum": 5.5e7}
"""Too little for everybody."""


def short(instance: pse.Instance) -> Compiled:
    _, sheet = build_sheet(instance, read_policy("max-coverage", SHORT))
    assert sheet is not None
    compiled = sheet.compiled()
    assert compiled is not None
    return compiled


def test_services_that_share_a_total_budget_are_coupled_by_it(services, monkeypatch):
    monkeypatch.setattr(coupled, "BEGIN", 10)
    monkeypatch.setattr(coupled, "RARE", 1.0)
    how = {"overrides": SHORT, "gap": 2e-3, "threads": 1}
    result = pse.solve(services, "max-coverage", **how)
    coupling = coupling_of(short(services))
    # A service may fall into regions that share no provider.
    assert len(coupling.parts) >= 3
    assert families_of(coupling.compiled.rows)[coupling.rows].tolist() == ["total_budget"]
    assert result.strategy == coupled.way_of(coupling)
    assert result.status == "within_gap"
    assert result.verified
    whole = pse.solve(services, "max-coverage", strategy="direct", **how)
    assert result.objective <= whole.bound * (1 + 1e-9)
    assert result.bound >= whole.objective * (1 - 1e-9)


def test_it_is_left_to_branch_and_bound_where_there_is_little_to_decide(services):
    assert coupled.chosen(short(services)) is None


def test_a_time_limit_and_a_stop_keep_plan_and_bound(services):
    compiled = short(services)
    began = time.perf_counter()
    found = coupled.run(compiled, Options(gap=0.0, time_limit=1.5, threads=1))
    assert found.termination == "time_limit"
    assert time.perf_counter() - began < 8.0
    assert found.values is not None
    assert found.bound >= found.objective
    stop, told = Stop(), []

    def look(moment):
        told.append(moment)
        stop.asked = stop.asked or moment.objective is not None

    found = coupled.run(compiled, Options(0.0, 60.0, 1), stop=stop, progress=look)
    assert found.termination == "interrupted"
    assert found.values is not None
    assert compiled.violation(found.values).max() < 1e-6
    assert found.objective >= max(m.objective for m in told if m.objective is not None)
    assert time.perf_counter() - began < 16.0


def test_a_start_is_held(services):
    compiled = short(services)
    best = direct.run(compiled, Options(gap=2e-3, time_limit=20, threads=1))
    at = np.flatnonzero(compiled.integer)
    start = dict(zip(at.tolist(), best.values[at].tolist(), strict=True))
    told = []
    coupled.run(compiled, Options(0.5, 20.0, 1), start=start, progress=told.append)
    first = next(m.objective for m in told if m.objective is not None)
    assert first == pytest.approx(best.objective)


def test_a_row_of_very_many_decisions_is_mended_place_by_place(services):
    compiled = short(services)
    coupling = coupling_of(compiled)
    # What all would have with money without end.
    free = coupling.priced(np.zeros(1))
    ends = [direct.run(p.compiled, Options(0.05, 20, 1)) for p in coupling.parts_at(free)]
    values = Pool(coupling, EXACT).together([e.values for e in ends])
    assert not _keeps(coupling, values)
    soft = softened(compiled)
    more = np.zeros(len(soft.columns) - len(values))
    session = Session(soft, EXACT)
    session.fix(np.concatenate((values, more)))
    missing = session.run(cleaning=True).values
    end = time.perf_counter() + 20
    found = mended(soft, len(values), missing, end, Options(1e-2, 20, 1), Stop())
    assert compiled.violation(found).max() < 1e-6


def test_large_parts_are_searched_at_prices_that_grow_until_the_plan_keeps_the_budget(
    services, monkeypatch
):
    monkeypatch.setattr(neighbourhood, "LARGE", 10)
    compiled, prices = short(services), []
    monkeypatch.setattr(
        Large, "reprice", lambda _, m, real=Large.reprice: (prices.append(m.cost), real(_, m))
    )
    began = time.perf_counter()
    found = coupled.run(compiled, Options(gap=5e-3, time_limit=10.0, threads=1))
    assert time.perf_counter() - began < 20.0
    assert found.values is not None
    assert compiled.violation(found.values).max() < 1e-6
    assert relative_gap(found.objective, found.bound) < 0.02
    whole = direct.run(compiled, Options(gap=2e-3, time_limit=20, threads=1))
    assert found.bound >= whole.objective * (1 - 1e-9)
    assert len(prices) > 0


def test_the_price_of_a_row_follows_by_how_much_it_is_missed(services):
    compiled = short(services)
    joint = Joint(coupling_of(compiled), Options(1e-3, 30.0, 1), None, None, None)
    steered = Steered(joint, joint.relax())
    costs = joint.coupling.matrix.toarray()[0]
    dear = int(np.argmax(costs))
    nothing = np.zeros(len(compiled.columns))
    steered.free.plan = nothing.copy()
    steered.free.plan[dear] = 1.1 * joint.coupling.upper[0] / costs[dear]
    before = steered.prices.copy()
    assert steered._steer()
    dearer = steered.prices - before
    # Coverage is to be great, and money has a price: what it costs is taken from that.
    assert (dearer > 0).all()
    steered.free.plan = nothing
    assert steered._steer()
    assert (steered.prices < before + dearer).all()


def test_a_plan_is_kept_where_no_time_is_left_to_clean_it(services):
    compiled = short(services)
    plan = direct.run(compiled, Options(gap=5e-2, time_limit=20, threads=1)).values
    large = Large(compiled, Options(1e-3, 30.0, 1), Stop(), None)
    large.prepare()
    large.plan, large.best = plan, float(compiled.cost @ plan + compiled.offset)
    large.repair.deadline = time.perf_counter() - 60.0
    found = large.outcome("time_limit")
    assert found.objective == pytest.approx(large.best)
    assert compiled.violation(found.values).max() < 1e-6


def test_a_stop_before_it_begins_ends_it_without_a_plan(services):
    stop = Stop()
    stop.asked = True
    found = coupled.run(short(services), Options(0.0, 60.0, 1), stop=stop)
    assert (found.status, found.termination) == ("no_plan", "interrupted")


@pytest.mark.parametrize("model", ["core", "max-coverage"])
def test_a_rounding_with_room_for_all_breaks_only_what_mending_knows(model):
    meta, tables = build(needs=90, services=3, seed=3)
    tables["providers"]["overhead_cost"] = 1000.0
    instance = pse.Instance.from_tables(tables, meta)
    _, sheet = build_sheet(instance, read_policy(model, {}))
    compiled = sheet.compiled()
    session = Session(compiled, EXACT)
    session.relax()
    relaxed = session.run().values
    guess = fitting(compiled, relaxed)
    broken = compiled.violation(guess) > 1e-6
    assert set(families_of(compiled.rows)[broken]) <= set(GIVING)
    soft = softened(compiled)
    assert soft.violation(missing(soft, guess)).max() < 1e-6


def test_what_a_long_row_misses_is_priced_by_what_it_is_about():
    count = 120
    m = pe.ConcreteModel()
    m.x = pe.Var(range(count), domain=pe.Binary)
    m.budgets = pe.Constraint(
        range(2), rule=lambda m, k: sum(m.x[i] for i in m.x) * (1e-4 if k else 1.0) <= 9
    )
    m.cost = pe.Objective(expr=sum((1.0 + i) * m.x[i] for i in m.x))
    compiled = compile_model(m)
    dear = softened(compiled).cost[count:]
    assert dear[2] == dear[3] == pytest.approx(1e4 * DEAR * 60.5)
    assert dear[0] == dear[1] == pytest.approx(DEAR * count)
