"""The search of neighbourhoods finds what branch and bound finds, and its bound is one."""

from __future__ import annotations

import time
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings

import pse_opt as pse
from pse_opt.formulation.build import build_sheet
from pse_opt.policy import read_policy
from pse_opt.solving import direct, strategies
from pse_opt.solving.compiled import Compiled, family_of
from pse_opt.solving.decomposition import separate
from pse_opt.solving.highs import Session
from pse_opt.solving.interrupt import Stop
from pse_opt.solving.local_search import crew, mending, neighbourhood
from pse_opt.solving.local_search.local import Local
from pse_opt.solving.outcome import Options
from pse_opt.solving.rounding import fitting
from pse_opt.solving.search import Gaps, Search
from tests.strategies import cases

MODELS = ["core", "equalized", "max-coverage"]


def compiled_of(name: str, model: str = "core") -> Compiled:
    _, sheet = build_sheet(pse.load_instance(name), read_policy(model))
    assert sheet is not None
    compiled = sheet.compiled()
    assert compiled is not None
    return compiled


@pytest.mark.parametrize("model", MODELS)
def test_real_plans_are_verified_and_no_bound_passes_another_plan(model):
    instance = pse.load_instance("zm-provinces")
    ours = pse.solve(instance, model, gap=1e-1, strategy="neighbourhood", threads=1)
    theirs = pse.solve(instance, model, gap=1e-1, strategy="direct")
    assert ours.strategy == "neighbourhood"
    pse.verify(instance, ours).raise_if_violated()
    sign = -1 if model == "max-coverage" else 1
    slack = 1e-6 * abs(ours.objective)
    assert sign * ours.bound <= sign * theirs.objective + slack
    assert sign * theirs.bound <= sign * ours.objective + slack
    assert ours.status in ("optimal", "within_gap")


@settings(max_examples=8, deadline=None)
@given(cases())
def test_the_best_plan_of_small_instances_is_found_and_proven(case):
    how = {"gap": 0.0, "threads": 1, "reasons": False}
    ours = pse.solve(case.instance, case.document, strategy="neighbourhood", **how)
    theirs = pse.solve(case.instance, case.document, strategy="direct", **how)
    assert ours.status == theirs.status
    if theirs.objective is not None:
        assert ours.verified
        assert ours.objective == pytest.approx(theirs.objective, rel=1e-6, abs=1e-6)


def everything(compiled: Compiled) -> np.ndarray:
    """A plan that engages all it may: the dearest, within the rules."""
    dear = replace(compiled, cost=np.where(compiled.integer, -1e6, compiled.cost))
    found = direct.run(dear, Options(gap=0.2, time_limit=20))
    assert found.values is not None
    return found.values


def test_local_searches_improve_a_plan_and_keep_its_rules():
    compiled = compiled_of("zm-provinces")
    start = everything(compiled)
    local = Local(compiled, Options(gap=1e-2), start)
    local.kernel[:] = compiled.integer
    before = float(compiled.cost @ local.values)
    while (place := local.next(1)) is not None:
        local.take(place, crew.solve_piece(local.piece(place, 5e-3, 8.0), Stop()))
    assert float(compiled.cost @ local.values) < 0.9 * before
    assert compiled.violation(local.values).max() < 1e-6
    whole = local.values[compiled.integer]
    assert np.array_equal(whole, np.round(whole))


def test_what_is_around_an_engagement_shares_needs_with_it_and_is_no_more_than_asked_for():
    compiled = compiled_of("mw-districts")
    local = Local(compiled, Options(), np.zeros(len(compiled.columns)))
    local.kernel[:] = compiled.integer
    local.size = 10
    seed = int(np.flatnonzero(compiled.integer)[3])
    inside = local.around(np.array([seed]))
    assert inside[seed]
    assert inside.sum() == 10
    assert compiled.integer[inside].all()
    reached = np.flatnonzero(local.near(local.near(local.near(np.arange(len(inside)) == seed))))
    assert set(np.flatnonzero(inside)) <= set(reached)


def test_a_start_is_held_and_improved():
    compiled = compiled_of("zm-provinces")
    values = everything(compiled)
    at = np.flatnonzero(compiled.integer)
    start = dict(zip(at.tolist(), values[at].tolist(), strict=True))
    found = neighbourhood.run(compiled, Options(gap=3e-2, time_limit=15, threads=1), start=start)
    assert found.objective is not None
    assert found.objective < float(compiled.cost @ values + compiled.offset)


def test_a_stop_that_was_asked_for_ends_it_at_once():
    stop = Stop()
    stop.asked = True
    found = neighbourhood.run(compiled_of("mw-districts"), Options(gap=0, time_limit=60), stop=stop)
    assert found.status in ("feasible", "no_plan")
    assert found.termination == "interrupted"


def test_progress_never_tells_a_worse_plan_or_a_bound_beyond_it():
    told = []
    compiled = compiled_of("zm-provinces")
    neighbourhood.run(compiled, Options(gap=2e-2, time_limit=15, threads=1), progress=told.append)
    assert told
    plans = [p.objective for p in told if p.objective is not None]
    assert all(b <= a * (1 + 1e-9) for a, b in pairwise(plans))
    both = [p for p in told if p.objective is not None and p.bound is not None]
    assert all(p.bound <= p.objective * (1 + 1e-9) for p in both)


def test_large_models_are_searched_so_and_small_ones_are_not(monkeypatch):
    compiled = compiled_of("zm-provinces")
    assert not neighbourhood.is_large(compiled)
    _, used = strategies.run("auto", compiled, Options(gap=0.05, time_limit=20))
    assert not used.startswith("neighbourhood")
    monkeypatch.setattr(neighbourhood, "LARGE", 1)
    part = separate.parts_of(compiled)[0].compiled
    _, used = strategies.run("auto", part, Options(gap=0.05, time_limit=20))
    assert used.startswith("neighbourhood")


def test_a_number_of_threads_holds_for_the_local_searches_too():
    """The solver fails where a thread of ours asks for two numbers in turn."""
    found = neighbourhood.run(compiled_of("zm-provinces"), Options(gap=2e-2, threads=2))
    assert found.status in ("optimal", "within_gap")


def test_several_goals_and_convex_rules_are_left_to_the_direct_strategy():
    result = pse.solve("tiny-two-districts", "rawls", strategy="neighbourhood", gap=1e-3)
    assert result.verified
    compiled = compiled_of("tiny-two-districts", "rawls")
    assert not neighbourhood.is_large(compiled)


def test_the_relaxation_rounded_up_has_room_for_all_it_delivers():
    compiled = compiled_of("mw-districts")
    session = Session(compiled, Options(gap=0))
    session.relax()
    relaxed = session.run().values
    values = fitting(compiled, relaxed)
    whole = values[compiled.integer]
    assert set(whole.tolist()) <= {0.0, 1.0}
    broken = compiled.violation(values) > 1e-6
    families = {family_of(r) for r, b in zip(compiled.rows, broken, strict=True) if b}
    # With the volumes of the relaxation at one size: only what says which size holds them is left.
    assert families <= {"capacity", "minimum_volume", "provider_engagement"}


def test_what_a_rounding_misses_is_mended():
    """With nothing engaged every floor is missed; searches around them engage what is needed."""
    compiled = compiled_of("zm-provinces")
    soft = mending.softened(compiled)
    nothing = np.zeros(len(soft.columns))
    session = Session(soft, Options(gap=0, time_limit=60))
    session.fix(nothing)
    start = session.run(cleaning=True).values
    assert start[len(compiled.columns) :].sum() > 1.0
    options = Options(gap=1e-2, time_limit=60)
    end = time.perf_counter() + 30.0
    values = mending.mended(soft, len(compiled.columns), start, end, options, Stop())
    search = Search(Session(compiled, options), Gaps(1e-2), [])
    search.hold(values)
    assert search.best is not None
    assert compiled.violation(search.best[1]).max() < 1e-6
