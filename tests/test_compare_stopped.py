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
