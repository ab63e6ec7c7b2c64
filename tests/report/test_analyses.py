"""Reports of a frontier and of a comparison: what the folder holds, as one page."""

from __future__ import annotations

import json

import pytest

import pse_opt as pse
from pse_opt.analysis.reading import kind_of, read_analysis
from pse_opt.cli import main
from pse_opt.report.page import report_html
from tests.report.pages import Page

TINY = "tiny-two-districts"
SCRIPT = "<script>alert(1)</script>"
FRONTIER = ["frontier", TINY, "--points", "3", "--gap", "0", "--quiet"]
COMPARE = ["compare", TINY, "--models", "government-only,ngo-mixed", "--gap", "0", "--quiet"]


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """What both commands wrote."""
    folder = tmp_path_factory.mktemp("analyses")
    for name, line in (("frontier", FRONTIER), ("compare", COMPARE)):
        assert main([*line, "--out", str(folder / name)]) == 0
    return folder


@pytest.mark.parametrize("kind", ["frontier", "compare"])
def test_a_folder_read_again_says_what_was_written(folders, kind):
    found = read_analysis(folders / kind, pse.load_instance(TINY))
    written = json.loads((folders / kind / f"{kind}.json").read_text(encoding="utf-8"))
    assert json.loads(found.to_json()) == written
    assert kind_of(folders / kind) == kind


@pytest.mark.parametrize("kind", ["frontier", "compare"])
def test_the_report_of_the_folder_is_that_of_what_was_found(folders, kind, tmp_path, capsys):
    assert main(["report", str(folders / kind), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["verified"] is True
    page = Page((folders / kind / "report.html").read_text(encoding="utf-8"))
    if kind == "frontier":
        found = pse.frontier(TINY, "equalized", points=3, gap=0)
    else:
        found = pse.compare(TINY, ["government-only", "ngo-mixed"], gap=0)
    again = Page(report_html(found))
    keys = ("answer", "who", "curve") if kind == "frontier" else ("answer", "who", "beside")
    for key in keys:
        assert page.text_of(key) == again.text_of(key)
    assert page.misnested == []


def test_the_price_of_equity_is_told_with_what_is_proven():
    told = Page(report_html(pse.frontier(TINY, "equalized", points=3, gap=0)))
    assert "14,760 money a year" in told.text_of("answer")
    assert "14,960, 1.36% more (proven to lie between 1.36% and 1.36%)" in told.text_of("answer")
    assert "1 region with 500 people gain" in told.text_of("who")
    assert "2 verified" in told.text_of("method") or "3 verified" in told.text_of("method")


def test_what_ngos_are_worth_and_who_gains_is_told():
    told = Page(report_html(pse.compare(TINY, ["government-only", "ngo-mixed"], gap=0, steps=0)))
    assert "value of the NGO mechanism: saves 1,114 money a year; proven" in told.text_of("answer")
    assert "government-only: 16,000 money of public money a year" in told.text_of("answer")
    assert "ngo-mixed against government-only" in told.text_of("who")


def test_money_whose_unit_begins_with_a_number_is_told_apart():
    tables = dict(pse.load_instance(TINY).tables)
    instance = pse.Instance.from_tables(tables, {"name": "ten", "currency": "10k CNY"})
    both = pse.compare(instance, ["government-only", "ngo-mixed"], gap=0, steps=0)
    told = Page(report_html(both)).text_of("answer")
    assert "saves 1,114 × 10k CNY a year" in told
    assert "1,114 10k" not in told


def test_a_budget_that_is_varied_is_told_as_what_money_covers():
    found = pse.frontier(TINY, "max-coverage", vary="total_budget.maximum", points=3, gap=0)
    told = Page(report_html(found))
    assert "What money covers: the least budget with a plan" in told.text_of("answer")
    assert "Coverage against public cost" in told.text_of("curve")


def test_without_any_plan_the_reasons_are_told():
    impossible = {"coverage.floor": 1.0, "coverage.target": 1.0, "total_budget.maximum": 1.0}
    found = pse.frontier(TINY, "equalized", points=3, overrides=impossible)
    assert found.reasons
    page = Page(report_html(found))
    assert "No plan keeps the rules" in page.text_of("answer")
    assert [e.attributes["id"] for e in page.all("section")] == ["question", "answer", "method"]
    models = [{"name": n, "extends": "core", "total_budget": {"maximum": 1.0}} for n in "ab"]
    both = Page(report_html(pse.compare(TINY, models, steps=0)))
    assert "there is no plan (infeasible)" in both.text_of("answer")
    assert "no two plans" in both.text_of("who")


def test_names_of_regions_are_text_in_both():
    tables = dict(pse.load_instance(TINY).tables)
    tables["regions"] = tables["regions"].assign(name=[SCRIPT, "a $x_1$"])
    instance = pse.Instance.from_tables(tables, {"name": "scripts"})
    for found in (
        pse.frontier(instance, "equalized", points=3, gap=0),
        pse.compare(instance, ["core", "equalized"], gap=0, steps=0),
    ):
        page = Page(report_html(found))
        assert len(page.all("script")) == 1
        assert SCRIPT in page.text_of("who")


def test_another_instance_and_a_broken_folder_are_bad_input(folders, tmp_path, capsys):
    assert main(["report", "mw-districts", str(folders / "frontier")]) == 2
    assert f"it is of {TINY}, not of mw-districts" in " ".join(capsys.readouterr().err.split())
    assert main(["report", str(tmp_path)]) == 2
    assert "holds no result of ours" in " ".join(capsys.readouterr().err.split())
    (tmp_path / "compare.json").write_text(
        json.dumps({"schema": 1, "instance": TINY}), encoding="utf-8"
    )
    assert main(["report", str(tmp_path)]) == 2
    assert "run compare again into this folder" in " ".join(capsys.readouterr().err.split())
    assert main(["report", TINY, str(folders / "compare"), "--model", "core"]) == 2
    assert "its own rules" in capsys.readouterr().err
    assert main(["report", TINY, "a", "b"]) == 2
    assert "more than two arguments" in capsys.readouterr().err


def test_a_result_folder_alone_says_of_which_instance_it_is(tmp_path):
    folder = tmp_path / "result"
    assert main(["solve", TINY, "--gap", "0", "--out", str(folder), "--quiet"]) == 0
    assert main(["report", str(folder), "--quiet"]) == 0
    assert (folder / "report.html").is_file()
