"""Rows that floors imply, bounds in closed form and what they shut never cost the best plan."""

from __future__ import annotations

import itertools
import time
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from pse_opt.formats.classic import Links as Pairs
from pse_opt.formats.classic import classic
from pse_opt.formulation.build import build_sheet
from pse_opt.instance import Instance
from pse_opt.policy import read_policy
from pse_opt.solving import direct
from pse_opt.solving.capacitated import priced
from pse_opt.solving.capacitated.counts import Need, needed
from pse_opt.solving.capacitated.knapsacks import Knapsacks
from pse_opt.solving.capacitated.lagrangian import Prices, climb, tightened
from pse_opt.solving.capacitated.links import Links
from pse_opt.solving.capacitated.narrowing import narrowing
from pse_opt.solving.capacitated.plans import Plans
from pse_opt.solving.compiled import Compiled
from pse_opt.solving.covers import with_rows
from pse_opt.solving.highs import Session
from pse_opt.solving.outcome import Options, Outcome
from tests.strategies import cases

EXACT = Options(gap=0.0, time_limit=60)
SEEDS = st.integers(0, 2**31)
KINDS = st.sampled_from(["alike", "different", "sized"])


def located(seed: int, sites: int, customers: int, kind: str, *, near: float = 1.0) -> Compiled:
    """Return a capacitated location problem at random.

    Capacities are ``alike`` or ``different``, or some sites have two sizes (``sized``); with
    ``near`` only some of the links are there.
    """
    random = np.random.default_rng(seed)
    places, homes = random.random((sites, 2)), random.random((customers, 2))
    travel = np.linalg.norm(places[:, None] - homes[None], axis=2)
    site, customer = np.nonzero((random.random(travel.shape) < near) | (travel == travel.min(0)))
    demand = random.uniform(1.0, 9.0, customers)
    fair = demand.sum() / sites
    capacity = random.uniform(1.5, 6.0, sites) * fair
    instance = classic(
        "random",
        Pairs(site, customer, travel[site, customer]),
        title="Random",
        demand=demand,
        sites=[f"s{k}" for k in range(sites)],
        customers=[f"c{k}" for k in range(customers)],
        capacity=np.full(sites, 3.3 * fair) if kind == "alike" else capacity,
        fixed_cost=random.uniform(2.0, 8.0, sites),
    )
    if kind == "sized":
        sizes = pd.DataFrame(
            {
                "offer": [f"s{k}" for k in range(sites // 2) for _ in range(2)],
                "size": ["small", "large"] * (sites // 2),
                "capacity": np.tile([1.2, 3.7], sites // 2) * fair,
                "fixed_cost": np.tile([2.0, 5.0], sites // 2),
                "unit_cost": np.tile([0.1, 0.0], sites // 2),
            }
        )
        instance = Instance.from_tables({**instance.tables, "sizes": sizes}, instance.about)
    _, sheet = build_sheet(instance, read_policy("cflp"))
    assert sheet is not None
    compiled = sheet.compiled()
    assert compiled is not None
    return compiled


def knapsacks_of(compiled: Compiled) -> Knapsacks:
    found = Knapsacks.of(Links.of(compiled))
    assert found is not None
    return found


def drawn(case) -> tuple[Compiled, Knapsacks]:
    """Return the model of a case that has knapsacks."""
    _, sheet = build_sheet(case.instance, read_policy(case.document))
    compiled = None if sheet is None else sheet.compiled()
    assume(compiled is not None and not compiled.rules and not compiled.whole)
    assert compiled is not None
    links = Links.of(compiled)
    assume(links.at.size > 0)
    found = Knapsacks.of(links)
    assume(found is not None)
    assert found is not None
    return compiled, found


def needs_of(knapsacks: Knapsacks) -> list[Need]:
    return needed(knapsacks, *tightened(knapsacks.links.compiled))


def plans_of(compiled: Compiled) -> list[np.ndarray]:
    """Return the whole numbers with which a model has a plan, of all there are."""
    at = np.flatnonzero(compiled.integer)
    session, found = Session(compiled, EXACT), []
    for whole in itertools.product((0.0, 1.0), repeat=len(at)):
        values = np.zeros(len(compiled.columns))
        values[at] = whole
        if (values[at] < compiled.lower[at]).any() or (values[at] > compiled.upper[at]).any():
            continue
        session.fix(values)
        if session.run().state == "optimal":
            found.append(values)
    return found


def assert_kept(knapsacks: Knapsacks, plans: list[np.ndarray]) -> int:
    """Check that all plans keep the rows that floors imply; return how many rows there are."""
    cuts = [cut for need in needs_of(knapsacks) for cut in need.rows(knapsacks.engaged)]
    for cut in cuts:
        for values in plans:
            activity = float(cut.coefficients @ values[cut.columns])
            assert cut.lower - 1e-7 <= activity <= cut.upper + 1e-7
    return len(cuts)


@settings(max_examples=9, deadline=None)
@given(SEEDS, KINDS, st.sampled_from([0.4, 1.0]))
def test_rows_that_floors_imply_cut_off_no_plan(seed, kind, near):
    compiled = located(seed, 5, 5, kind, near=near)
    knapsacks, plans = knapsacks_of(compiled), plans_of(compiled)
    assert assert_kept(knapsacks, plans) > 0
    if near == 1.0 and plans:
        (need,) = needs_of(knapsacks)
        assert need.number == min(int(p[compiled.integer].sum()) for p in plans)


@settings(max_examples=6, deadline=None)
@given(cases())
def test_nor_do_they_in_other_models(case):
    compiled, knapsacks = drawn(case)
    assume(compiled.integer.sum() <= 7 and (compiled.upper[compiled.integer] <= 1.0).all())
    assert_kept(knapsacks, plans_of(compiled))


@settings(max_examples=7, deadline=None)
@given(SEEDS)
def test_each_offer_is_filled_at_the_least_cost(seed):
    knapsacks = knapsacks_of(located(seed, 4, 6, "sized", near=0.6))
    price = np.random.default_rng(seed).uniform(-5.0, 2.0, len(knapsacks.link))
    value = knapsacks.total(price * knapsacks.fill(price))
    for e in range(len(knapsacks.engaged)):
        mine = knapsacks.at == e
        known = linprog(
            price[mine],
            A_ub=knapsacks.volume[None, mine],
            b_ub=[knapsacks.room[e]],
            bounds=[(0.0, m) for m in knapsacks.most[mine]],
        )
        assert value[e] == pytest.approx(known.fun, abs=1e-7)


@settings(max_examples=7, deadline=None)
@given(cases(), SEEDS)
def test_any_prices_bound_the_best_plan_and_what_they_shut_is_dearer(case, seed):
    compiled, knapsacks = drawn(case)
    best = direct.run(compiled, EXACT)
    assume(best.objective is not None)
    assert_bounded(knapsacks, best, np.random.default_rng(seed))


@settings(max_examples=4, deadline=None)
@given(SEEDS, KINDS)
def test_making_an_engagement_or_not_costs_at_least_what_is_claimed(seed, kind):
    compiled = located(seed, 6, 10, kind)
    knapsacks = knapsacks_of(compiled)
    prices = Prices(knapsacks, compiled, needs_of(knapsacks), *tightened(compiled))
    look = climb(prices, lambda: None, lambda *_: None, lambda: True)
    for number, column in enumerate(knapsacks.engaged):
        for bounds, value, more in (("lower", 1.0, look.made), ("upper", 0.0, look.unmade)):
            changed = getattr(compiled, bounds).copy()
            changed[column] = value
            found = direct.run(replace(compiled, **{bounds: changed}), EXACT)
            if found.objective is not None:
                claimed = look.bound + more[number]
                assert claimed <= found.objective + 1e-6 * abs(found.objective)


def assert_bounded(knapsacks: Knapsacks, best: Outcome, random: np.random.Generator) -> None:
    """Check that prices at random claim nothing that the best plan contradicts."""
    compiled = knapsacks.links.compiled
    prices = Prices(knapsacks, compiled, needs_of(knapsacks), *tightened(compiled))
    shift = random.normal(size=len(prices.rows)) * random.choice([0.0, 1.0, 100.0])
    look = prices.look(prices.allowed(prices.first() + shift))
    assert best.objective is not None
    assert best.values is not None
    cost, slack = prices.sign * best.objective, 1e-6 * max(abs(best.objective), 1.0)
    assert look.bound <= cost + slack
    made = best.values[knapsacks.engaged] > 0.5
    assert (look.bound + np.where(made, look.made, look.unmade) <= cost + slack).all()


def test_the_number_of_offers_lifts_the_bound_above_that_of_the_relaxation():
    compiled = located(3, 20, 40, "alike")
    knapsacks = knapsacks_of(compiled)
    needs = needs_of(knapsacks)
    wide = with_rows(compiled, [c for n in needs for c in n.rows(knapsacks.engaged)])
    bounds = []
    for model in (compiled, wide):
        session = Session(model, EXACT)
        session.relax()
        bounds.append(session.run().bound)
    plain, better = bounds
    assert better > plain * 1.005
    prices = Prices(knapsacks, wide, needs, *tightened(compiled))
    best = direct.run(compiled, EXACT).objective
    look = climb(prices, lambda: best, lambda *_: None, lambda: True)
    assert plain * 1.004 < look.bound <= better * (1 + 1e-9)


@settings(max_examples=6, deadline=None)
@given(SEEDS, KINDS)
def test_what_is_left_holds_the_best_plan(seed, kind):
    compiled = located(seed, 10, 15, kind)
    best = direct.run(compiled, EXACT).objective
    assume(best is not None)
    links = Links.of(compiled)
    plans = Plans(links, EXACT, None)
    held = narrowing(links, plans, gap=0.0, end=time.perf_counter() + 30)
    assert held is not None
    assert held.bound <= best * (1 + 1e-9)
    left = direct.run(held.narrow().compiled, EXACT)
    known = [o.objective for o in (plans.best, left) if o is not None and o.objective is not None]
    assert min(known) == pytest.approx(best, rel=1e-6)


@settings(max_examples=5, deadline=None)
@given(cases())
def test_nor_is_it_lost_in_other_models(case):
    compiled, knapsacks = drawn(case)
    best = direct.run(compiled, EXACT)
    assume(best.objective is not None)
    links = knapsacks.links
    plans = Plans(links, EXACT, None)
    held = narrowing(links, plans, gap=0.0, end=time.perf_counter() + 30)
    assume(held is not None)
    left = direct.run(held.narrow().compiled, EXACT)
    known = [o.objective for o in (plans.best, left) if o is not None and o.objective is not None]
    worth = max(known) if compiled.maximize else min(known)
    assert worth == pytest.approx(best.objective, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize(("kind", "many"), [("alike", 10), ("different", 10_000), ("sized", 10)])
def test_the_strategy_proves_what_branch_and_bound_proves(monkeypatch, kind, many):
    monkeypatch.setattr(priced, "MANY", many)  # both ways to search what is left
    compiled = located(5, 12, 25, kind)
    ours, theirs = priced.run(compiled, EXACT), direct.run(compiled, EXACT)
    assert ours.status == "optimal"
    assert ours.objective == pytest.approx(theirs.objective, rel=1e-6)
    assert compiled.violation(ours.values).max() < 1e-6
    assert len(ours.row_dual) == len(compiled.rows)


def test_where_floors_ask_for_too_much_there_is_no_plan():
    compiled = located(1, 5, 6, "alike")
    at = np.flatnonzero(compiled.integer)
    upper = compiled.upper.copy()
    upper[at[1:]] = 0.0
    outcome = priced.run(replace(compiled, upper=upper), EXACT)
    assert outcome.status == "infeasible"
    assert outcome.values is None
