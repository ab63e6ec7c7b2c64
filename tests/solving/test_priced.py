"""Links priced in give what the whole model gives, and what is left out never spoils a bound."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import pse_opt as pse
from pse_opt.formulation.build import build_sheet
from pse_opt.policy import read_policy
from pse_opt.solving import direct, strategies
from pse_opt.solving.capacitated import priced
from pse_opt.solving.capacitated.links import Links
from pse_opt.solving.capacitated.pricing import relaxation
from pse_opt.solving.compiled import Compiled
from pse_opt.solving.highs import Session
from pse_opt.solving.interrupt import Stop
from pse_opt.solving.outcome import Options
from tests.strategies import cases

EXACT = Options(gap=0.0, time_limit=60)


def compiled_of(instance, model="core", overrides=None) -> Compiled | None:
    _, sheet = build_sheet(pse.load_instance(instance), read_policy(model, overrides or {}))
    return None if sheet is None else sheet.compiled()


def plain(case) -> Compiled:
    _, sheet = build_sheet(case.instance, read_policy(case.document))
    compiled = None if sheet is None else sheet.compiled()
    assume(compiled is not None and not compiled.rules and not compiled.whole)
    assert compiled is not None
    assume(Links.of(compiled).at.size > 0)
    return compiled


def relaxed_value(compiled: Compiled) -> float | None:
    session = Session(compiled, Options())
    session.relax()
    answer = session.run()
    return answer.bound if answer.state == "optimal" else None


def no_worse(one: float, other: float, maximize: bool) -> bool:
    """Whether a bound does not pass another objective."""
    slack = 1e-6 * max(abs(other), 1.0)
    return one >= other - slack if maximize else one <= other + slack


@pytest.mark.parametrize("model", ["core", "equalized", "max-coverage"])
def test_real_plans_are_verified_and_no_bound_passes_another_plan(model):
    instance = pse.load_instance("zm-provinces")
    ours = pse.solve(instance, model, gap=2e-2, strategy="priced", time_limit=60)
    theirs = pse.solve(instance, model, gap=2e-2, strategy="direct", time_limit=60)
    assert ours.strategy == "priced"
    pse.verify(instance, ours).raise_if_violated()
    assert no_worse(ours.bound, theirs.objective, model == "max-coverage")
    assert no_worse(theirs.bound, ours.objective, model == "max-coverage")
    assert ours.status in ("optimal", "within_gap")


@settings(max_examples=8, deadline=None)
@given(cases())
def test_the_best_plan_of_small_instances_is_found_and_proven(case):
    ours = pse.solve(case.instance, case.document, gap=0.0, strategy="priced", reasons=False)
    theirs = pse.solve(case.instance, case.document, gap=0.0, strategy="direct", reasons=False)
    assert ours.status == theirs.status
    if theirs.objective is not None:
        assert ours.verified
        assert ours.objective == pytest.approx(theirs.objective, rel=1e-6, abs=1e-6)


@settings(max_examples=8, deadline=None)
@given(cases())
def test_the_relaxation_is_that_of_the_whole_model(case):
    compiled = plain(case)
    value = relaxed_value(compiled)
    found = relaxation(Links.of(compiled), Options())
    if value is None:
        assert found is None
    else:
        assert found is not None
        assert found.exact
        assert found.bound == pytest.approx(value, rel=1e-6, abs=1e-6)


@settings(max_examples=15, deadline=None)
@given(cases(), st.integers(0, 2**31), st.sampled_from([0.0, 0.3, 0.7]))
def test_relief_never_costs_more_than_the_links_it_is_for(case, seed, share):
    compiled = plain(case)
    links = Links.of(compiled)
    random = np.random.default_rng(seed)
    kept = random.random(len(links.at)) < share
    narrow = links.narrow(kept, gone=np.zeros(len(kept), dtype=bool))
    best, bound = direct.run(compiled, EXACT), direct.run(narrow.compiled, EXACT)
    if best.objective is not None:
        assert bound.objective is not None
        assert no_worse(bound.objective, best.objective, compiled.maximize)


@settings(max_examples=8, deadline=None)
@given(cases(), st.integers(0, 2**31))
def test_links_that_are_gone_are_worth_nothing(case, seed):
    compiled = plain(case)
    links = Links.of(compiled)
    kept = np.random.default_rng(seed).random(len(links.at)) < 0.6
    narrow = links.narrow(kept, gone=~kept)
    upper = compiled.upper.copy()
    upper[links.at[~kept]] = 0.0
    ours = direct.run(narrow.compiled, EXACT)
    theirs = direct.run(replace(compiled, upper=upper), EXACT)
    assert ours.status == theirs.status
    if theirs.objective is not None:
        assert ours.objective == pytest.approx(theirs.objective, rel=1e-6, abs=1e-6)


def test_few_links_prove_what_all_prove():
    compiled = compiled_of("mw-districts")
    assert compiled is not None
    links = Links.of(compiled)
    found = relaxation(links, Options())
    assert found is not None
    assert found.bound == pytest.approx(relaxed_value(compiled), rel=1e-7)
    work = priced._Priced(links, Options(gap=3e-2, time_limit=60), None, None, None)
    outcome = work.run()
    assert outcome.status == "within_gap"
    assert compiled.violation(outcome.values).max() < 1e-6
    whole = outcome.values[compiled.integer]
    assert np.array_equal(whole, np.round(whole))


def test_a_stop_and_a_time_limit_keep_the_plan():
    compiled = compiled_of("mw-districts")
    stop, seen = Stop(), []

    def look(moment):
        seen.append(moment)
        stop.asked = stop.asked or moment.objective is not None

    outcome = priced.run(compiled, Options(gap=0.0, time_limit=60), stop=stop, progress=look)
    assert outcome.termination == "interrupted"
    assert outcome.values is not None
    assert outcome.bound <= outcome.objective
    known = [m for m in seen if m.objective is not None]
    assert known
    assert all(m.bound is None or m.bound <= m.objective * (1 + 1e-9) for m in known)
    short = priced.run(compiled, Options(gap=0.0, time_limit=1.5))
    assert short.termination == "time_limit"
    assert short.values is not None


def test_it_is_chosen_where_needs_have_many_links(monkeypatch):
    compiled = compiled_of("zm-provinces")
    assert not priced.is_wide(compiled)
    monkeypatch.setattr(priced, "MANY", 10)
    monkeypatch.setattr(priced, "EACH", 1)
    assert priced.is_wide(compiled)
    parts = strategies.separate.parts_of(compiled)
    monkeypatch.setattr(strategies.separate, "parts_of", lambda _: parts[:1])
    _, used = strategies.run("auto", compiled, Options(gap=0.05, time_limit=20))
    assert used.startswith("priced: ")
