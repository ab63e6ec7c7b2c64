"""Linking rows that never bind may be left out; what is found and proven stays the same."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import pse_opt as pse
from pse_opt.formulation.build import build_sheet
from pse_opt.policy import read_policy
from pse_opt.solving import direct, linking
from pse_opt.solving.compiled import Compiled, compile_model, family_of
from pse_opt.solving.highs import Session
from pse_opt.solving.linking import thinned
from pse_opt.solving.local_search import neighbourhood
from pse_opt.solving.outcome import Options


@pytest.fixture(autouse=True)
def few(monkeypatch):
    """A few links are many."""
    monkeypatch.setattr(linking, "MANY", 10)


def compiled_of(name: str, model: str = "core") -> Compiled:
    _, sheet = build_sheet(pse.load_instance(name), read_policy(model))
    assert sheet is not None
    compiled = sheet.compiled()
    assert compiled is not None
    return compiled


def relaxed(compiled: Compiled) -> float:
    session = Session(compiled, Options(gap=0))
    session.relax()
    bound = session.run().bound
    assert bound is not None
    return bound


def test_the_rows_that_are_left_bound_nearly_as_well_and_are_far_fewer():
    compiled = compiled_of("mw-districts")
    thin = thinned(compiled, Options(gap=0))
    assert thin is not None
    assert len(thin.compiled.rows) < 0.7 * len(compiled.rows)
    kept = {family_of(r) for r in compiled.rows} - {"linking"}
    assert kept <= {family_of(r) for r in thin.compiled.rows}
    loose, whole = relaxed(thin.compiled), relaxed(compiled)
    assert loose <= whole * (1 + 1e-9)
    assert loose == pytest.approx(whole, rel=5e-3)


def test_rounds_to_the_end_reach_the_bound_of_all_rows(monkeypatch):
    monkeypatch.setattr(linking, "ENOUGH", 0.0)
    compiled = compiled_of("cn-ningxia")
    thin = thinned(compiled, Options(gap=0))
    assert thin is not None
    assert relaxed(thin.compiled) == pytest.approx(relaxed(compiled), rel=1e-7)


@pytest.mark.parametrize("way", [direct, neighbourhood])
def test_plans_keep_all_rows_and_bounds_agree(way, monkeypatch):
    compiled = compiled_of("zm-provinces")
    options = Options(gap=2e-2, time_limit=60, threads=1)
    thin = way.run(compiled, options)
    monkeypatch.setattr(linking, "MANY", 10**9)
    whole = way.run(compiled, options)
    assert thin.status in ("optimal", "within_gap")
    assert compiled.violation(thin.values).max() < 1e-6
    assert thin.bound <= whole.objective * (1 + 1e-6)
    assert whole.bound <= thin.objective * (1 + 1e-6)
    assert thin.row_dual is None or thin.row_dual.shape == (len(compiled.rows),)


def test_what_leaks_where_capacity_is_huge_is_cleaned_with_all_rows():
    compiled = compiled_of("zm-provinces")
    thin = thinned(compiled, Options(gap=0))
    assert thin is not None
    found = direct.run(compiled, Options(gap=5e-3, time_limit=60))
    idle = np.flatnonzero(compiled.integer & (found.values < 0.5))
    row = next(
        k
        for k, r in enumerate(compiled.rows)
        if family_of(r) == "linking" and np.isin(compiled.matrix[[k]].indices, idle).any()
    )
    link = next(c for c in compiled.matrix[[row]].indices if not compiled.integer[c])
    leaking = found.values.copy()
    leaking[link] += 1e-3
    assert compiled.violation(leaking).max() > 1e-4
    cleaned = thin.outcome(replace(found, values=leaking, row_dual=None), Options(gap=5e-3))
    assert compiled.violation(cleaned.values).max() < 1e-6
    assert cleaned.objective == pytest.approx(found.objective, rel=1e-6)


def test_models_that_are_not_ours_keep_every_row():
    """A constraint of that name may say anything there."""
    m = pse.build_model(pse.load_instance("zm-provinces"), "core")
    assert thinned(compile_model(m), Options(gap=0)) is None


def test_convex_rules_keep_every_row():
    assert thinned(compiled_of("zm-provinces", "rawls"), Options(gap=0)) is None
