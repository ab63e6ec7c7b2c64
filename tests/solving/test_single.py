"""Plans in which each need has one source: bounds hold, and the best plan is found and proven."""

from __future__ import annotations

import itertools
import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import pse_opt as pse
from pse_opt.formats.classic import Links as Pairs
from pse_opt.formats.classic import classic
from pse_opt.formulation.build import build_sheet
from pse_opt.instance import Instance
from pse_opt.policy import read_policy
from pse_opt.solving import direct
from pse_opt.solving.capacitated import single
from pse_opt.solving.capacitated.allotment import Allotment, allotted
from pse_opt.solving.capacitated.knapsacks import Knapsacks
from pse_opt.solving.capacitated.links import Links
from pse_opt.solving.capacitated.narrowing import narrowing
from pse_opt.solving.capacitated.sources import Sourced, Sources
from pse_opt.solving.capacitated.wholes import Wholes
from pse_opt.solving.compiled import Compiled
from pse_opt.solving.decomposition import separate
from pse_opt.solving.interrupt import Stop
from pse_opt.solving.outcome import Options
from tests.strategies import cases

EXACT = Options(gap=0.0, time_limit=60, threads=1)
SEEDS = st.integers(0, 2**31)


def located(seed: int, sites: int, customers: int, *, whole: bool = True) -> Instance:
    """Return a capacitated location problem at random, demands whole numbers or not."""
    random = np.random.default_rng(seed)
    places, homes = random.random((sites, 2)), random.random((customers, 2))
    travel = np.linalg.norm(places[:, None] - homes[None], axis=2)
    site, customer = np.nonzero(travel >= 0.0)
    demand = random.uniform(5.0, 36.0, customers)
    demand = np.round(demand) if whole else demand
    return classic(
        "random",
        Pairs(site, customer, travel[site, customer]),
        title="Random",
        demand=demand,
        sites=[f"s{k}" for k in range(sites)],
        customers=[f"c{k}" for k in range(customers)],
        capacity=np.round(random.uniform(1.5, 4.0, sites) * demand.sum() / sites),
        fixed_cost=random.uniform(20.0, 80.0, sites),
    )


def compiled_of(instance: Instance, model="sscflp", overrides=None) -> Compiled:
    _, sheet = build_sheet(instance, read_policy(model, overrides or {}))
    assert sheet is not None
    compiled = sheet.compiled()
    assert compiled is not None
    return compiled


def parts_of(compiled: Compiled) -> tuple[Sources, Knapsacks, Sourced]:
    sources = Sources.of(compiled)
    assert sources is not None
    knapsacks = Knapsacks.of(Links.of(sources.split))
    assert knapsacks is not None
    return sources, knapsacks, Sourced(knapsacks, sources.source, EXACT, None)


@settings(max_examples=10, deadline=None)
@given(SEEDS)
def test_whole_links_fill_a_knapsack_at_the_least_cost(seed):
    sources, knapsacks, plans = parts_of(compiled_of(located(seed, 3, 8)))
    assert sources.source.any()
    random = np.random.default_rng(seed)
    price = random.uniform(-9.0, 2.0, len(knapsacks.link))
    shut = random.random(len(price)) < 0.2
    carried = knapsacks.fill(price, np.flatnonzero(~shut))
    every = np.ones(len(knapsacks.engaged), dtype=bool)
    found = Wholes(knapsacks, plans.whole).fill(price, carried, every, shut)
    assert np.isin(found, (0.0, 1.0)).all()
    for e, room in enumerate(knapsacks.room):
        mine = np.flatnonzero((knapsacks.at == e) & ~shut)
        fillings = np.array(list(itertools.product((0.0, 1.0), repeat=len(mine))))
        fits = fillings @ knapsacks.volume[mine] <= room + 1e-9
        assert knapsacks.volume[knapsacks.at == e] @ found[knapsacks.at == e] <= room + 1e-9
        assert price[mine] @ found[mine] == pytest.approx((fillings[fits] @ price[mine]).min())


@settings(max_examples=15, deadline=None)
@given(SEEDS)
def test_allotted_needs_fit_and_cost_little_more_than_the_best(seed):
    random = np.random.default_rng(seed)
    cost, volume = random.random((3, 6)), np.tile(random.uniform(1.0, 3.0, 6), (3, 1))
    problem = Allotment(cost, volume, random.uniform(0.4, 0.9, 3) * volume[0].sum())
    found = allotted(problem)
    every = [np.array(c) for c in itertools.product(range(3), repeat=6)]
    costs = [problem.total(c) for c in every if not problem.full(problem.load(c)).any()]
    if found is None:
        # Only where nearly nothing fits is a plan missed.
        assert len(costs) <= 10
        return
    assert not problem.full(problem.load(found)).any()
    assert min(costs) - 1e-9 <= problem.total(found) <= min(costs) + 0.5


def test_allotting_ends_when_it_is_late():
    random = np.random.default_rng(5)
    problem = Allotment(random.random((8, 60)), random.random((8, 60)) + 0.5, np.full(8, 9.0))
    asked = itertools.count()
    assert allotted(problem) is not None
    assert allotted(problem, lambda: next(asked) > 3) is None
    assert next(asked) < 20


@settings(max_examples=4, deadline=None)
@given(SEEDS, st.booleans())
def test_no_bound_passes_the_best_plan_and_nothing_of_it_is_shut(seed, whole):
    compiled = compiled_of(located(seed, 5, 9, whole=whole))
    best = direct.run(compiled, EXACT)
    assume(best.objective is not None)
    sources, knapsacks, plans = parts_of(compiled)
    held = narrowing(knapsacks.links, plans, gap=0.0, end=time.perf_counter() + 5)
    assert held is not None
    slack = 1e-6 * best.objective
    assert held.bound <= best.objective + slack
    values = best.values[sources.columns]
    carried = values[knapsacks.links.at] > 0.5
    assert (held.least[carried] <= best.objective + slack).all()
    narrow = held.narrow()
    integer = narrow.compiled.integer | sources.source[narrow.columns]
    left = direct.run(replace(narrow.compiled, integer=integer), EXACT)
    known = [o.objective for o in (plans.best, left) if o is not None and o.objective is not None]
    assert min(known) == pytest.approx(best.objective, rel=1e-6)


@settings(max_examples=4, deadline=None)
@given(SEEDS, st.sampled_from(["sscflp", "capacitated-p-median"]), st.booleans())
def test_the_strategy_proves_what_branch_and_bound_proves(seed, model, whole):
    overrides = {"siting.number": 3} if model != "sscflp" else {}
    instance = located(seed, 5, 9, whole=whole)
    given_ = {"gap": 0.0, "time_limit": 60, "overrides": overrides, "reasons": False}
    ours = pse.solve(instance, model, strategy="single", **given_)
    theirs = pse.solve(instance, model, strategy="direct", **given_)
    assert ours.status == theirs.status
    if theirs.objective is not None:
        assert ours.verified
        assert ours.objective == pytest.approx(theirs.objective, rel=1e-6)


@settings(max_examples=4, deadline=None)
@given(cases())
def test_rules_of_ours_hold_as_well(case):
    document = {**case.document, "single_source": {}, "coverage": {"floor": 1.0}}
    options = {"gap": 0.0, "reasons": False}
    ours = pse.solve(case.instance, document, strategy="single", **options)
    theirs = pse.solve(case.instance, document, strategy="direct", **options)
    assert ours.status == theirs.status
    if theirs.objective is not None:
        assert ours.verified
        assert ours.objective == pytest.approx(theirs.objective, rel=1e-6, abs=1e-6)


def test_places_better_a_plan_and_the_bound_is_told(monkeypatch):
    monkeypatch.setattr(single, "LITTLE", 0)  # what is left is never little
    compiled = compiled_of(located(7, 12, 36))
    seen = []
    outcome = single.run(compiled, replace(EXACT, gap=0.03), progress=seen.append)
    theirs = direct.run(compiled, replace(EXACT, gap=0.03))
    assert outcome.status in ("within_gap", "optimal")
    assert outcome.bound <= theirs.objective
    assert theirs.bound <= outcome.objective
    assert compiled.violation(outcome.values).max() < 1e-6
    assert len(outcome.row_dual) == len(compiled.rows)
    told = [m.objective for m in seen if m.objective is not None]
    assert told == sorted(told, reverse=True)


def test_a_stop_keeps_the_plan():
    compiled, stop = compiled_of(located(3, 15, 60)), Stop()

    def look(moment):
        stop.asked = stop.asked or moment.objective is not None

    outcome = single.run(compiled, EXACT, stop=stop, progress=look)
    assert outcome.termination == "interrupted"
    assert outcome.values is not None
    assert outcome.bound <= outcome.objective


def test_it_is_chosen_where_needs_have_one_source(monkeypatch):
    compiled = compiled_of(located(1, 6, 14))
    assert not single.is_single(compiled)
    monkeypatch.setattr(single, "MANY", 10)
    assert single.is_single(compiled)
    assert not single.is_single(compiled_of(located(1, 6, 14), "cflp"))
    assert separate.way(compiled).reason.startswith("single: ")
