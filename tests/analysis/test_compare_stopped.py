"""Comparisons that Ctrl-C ends, and those of models that have no plan."""

from __future__ import annotations

import pytest

import pse_opt as pse
from pse_opt.analysis import compare as module
from pse_opt.analysis.entry import measure_job
from pse_opt.cli import main
from pse_opt.instance import Instance
from tests.conftest import small_tables

TINY = "tiny-two-districts"
BOTH = ["government-only", "ngo-mixed"]


def press_at(monkeypatch, number):
    """Let Ctrl-C come while this solve runs, counted from 1."""
    started = []

    def measured(job):
        started.append(job.label)
        if len(started) == number:
            raise KeyboardInterrupt
        return measure_job(job)

    monkeypatch.setattr(module, "measure_job", measured)


def test_what_is_solved_is_kept_and_the_rest_is_said_to_be_missing(monkeypatch):
    press_at(monkeypatch, 2)
    found = pse.compare(TINY, [*BOTH, "equalized"], gap=0)
    assert [(e.model, e.verified) for e in found.entries] == [("government-only", True)]
    assert found.missing == ("ngo-mixed", "equalized")
    assert (found.ngo_value, found.break_even, found.savings) == (None, None, ())
    assert found.to_dict()["missing"] == ["ngo-mixed", "equalized"]
    assert "not solved, for Ctrl-C came first: ngo-mixed, equalized" in str(found)
    assert len(found.to_frame()) == 1


def test_before_any_model_is_solved_there_is_nothing_to_keep(monkeypatch, capsys, tmp_path):
    press_at(monkeypatch, 1)
    with pytest.raises(KeyboardInterrupt):
        pse.compare(TINY, BOTH, gap=0)
    press_at(monkeypatch, 1)
    target = tmp_path / "here"
    words = ["compare", TINY, "--models", ",".join(BOTH), "--out", str(target)]
    assert main(words) == 130
    assert "nothing was written" in capsys.readouterr().err
    assert not target.exists()


def test_a_search_for_the_break_even_that_is_stopped_keeps_the_value(monkeypatch, tmp_path):
    press_at(monkeypatch, 4)
    found = pse.compare(TINY, BOTH, gap=0)
    assert found.missing == ("the search for the break-even",)
    assert found.break_even is None
    assert found.ngo_value.proven
    press_at(monkeypatch, 4)
    words = ["compare", TINY, "--models", ",".join(BOTH), "--gap", "0", "--quiet"]
    assert main([*words, "--out", str(tmp_path / "here")]) == 130
    assert (tmp_path / "here" / "compare.csv").exists()


def test_costs_variants_that_are_not_complete_are_left_out(monkeypatch):
    press_at(monkeypatch, 6)
    tables = small_tables()
    instance = Instance.from_tables(tables, {"name": "small"})
    others = {"low": instance, "high": instance}
    found = pse.compare(instance, ["core", "equalized"], gap=0, variants=others, steps=0)
    assert list(found.variants) == ["low"]
    assert found.missing == ("equalized @high", "core without NGOs")


LOW = {"coverage": {"floor": 0.2, "target": 0.2}}
ALONE = {"name": "ngo-only", "extends": "ngo-mixed", "arrangements": {"kinds": ["ngo"]}}


def test_a_model_of_ngos_alone_is_a_row_with_its_reason_and_not_the_mixed_model():
    """The helpers' 360 visits are 24 % of 1,500, however many regions they reach."""
    found = pse.compare(TINY, [ALONE, *BOTH], gap=0, steps=0)
    assert [e.status for e in found.entries] == ["infeasible", "optimal", "optimal"]
    text = " ".join(found.entries[0].reasons)
    assert "the 1 offer within reach (and 2 that the policy does not allow) can deliver" in text
    assert "at most 360 units are within reach" in text
    assert "Lower the target to 24.0% or less" in text
    assert found.mixed == "ngo-mixed"
    assert found.ngo_value.found == pytest.approx(16000 - 14886.0211, abs=1e-3)


def test_a_target_that_is_said_to_do_for_ngos_alone_does():
    within = {**ALONE, "coverage": {"floor": 0.2, "target": 0.24}}
    beyond = {**ALONE, "name": "beyond", "coverage": {"floor": 0.2, "target": 0.241}}
    found = pse.compare(TINY, [within, beyond], gap=0, steps=0)
    assert [e.status for e in found.entries] == ["optimal", "infeasible"]
    assert found.entries[0].figures.shares["ngo"] == pytest.approx(1)


def test_beside_government_the_value_of_ngos_alone_is_not_known():
    found = pse.compare(TINY, ["government-only", {**ALONE, **LOW}], gap=0)
    assert found.mixed == "ngo-only"
    assert found.ngo_value is None
    said = " ".join(str(found).split())
    assert "unknown; without NGOs no plan keeps the rules of ngo-only" in said
