"""``python -m pse_opt report``: from a result folder to a file, or to a reason."""

from __future__ import annotations

import json

import pytest

import pse_opt as pse
from pse_opt.cli import main
from pse_opt.results import write_result
from pse_opt.stored import read_result
from tests.report.pages import Page


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report") / "result"
    line = ["solve", "tiny-two-districts", "--model", "equalized", "--gap", "0"]
    assert main([*line, "--out", str(folder), "--quiet"]) == 0
    return folder


def test_a_report_is_written_into_the_result_folder(folder, capsys):
    assert main(["report", "tiny-two-districts", str(folder), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    path = folder / "report.html"
    assert said == {"report": str(path), "bytes": path.stat().st_size, "verified": True}
    page = Page(path.read_text(encoding="utf-8"))
    assert "clinic-north" in page.text_of("who")
    assert main(["solve", "tiny-two-districts", "--out", str(folder), "--quiet"]) == 0, (
        "the folder stays one of ours"
    )


def test_a_result_read_again_is_the_one_that_was_written(tmp_path):
    result = pse.solve("tiny-two-districts", "equalized", gap=0)
    again = read_result(write_result(tmp_path / "r", result), result.instance)
    for name in ("status", "termination", "objective", "bound", "gap", "strategy", "verified"):
        assert getattr(again, name) == getattr(result, name), name
    assert dict(again.costs) == pytest.approx(dict(result.costs))
    for service, measured in result.inequality["regions"].items():
        assert again.inequality["regions"][service] == pytest.approx(measured, abs=1e-9)
    assert again.history == result.history
    assert again.policy.equalization == result.policy.equalization


def test_a_table_of_deliveries_is_reported_under_a_model_and_nothing_is_proven(tmp_path, capsys):
    table = tmp_path / "mine.csv"
    table.write_text("offer,region,service,share\nclinic-north,north,health,0.99\n", "utf-8")
    out = tmp_path / "mine-report.html"
    line = ["report", "tiny-two-districts", str(table), "--out", str(out)]
    assert main(line) == 2
    assert "name a model with --model" in capsys.readouterr().err
    assert main([*line, "--model", "core"]) == 5, "it leaves the south without any service"
    told = Page(out.read_text(encoding="utf-8"))
    assert "NOT VERIFIED" in told.text_of("method")
    assert "the plan breaks rules in 2 places" in told.text_of("answer")
    assert "unknown (no plan is better)" not in told.text_of("method")


def test_under_other_rules_the_bound_is_not_told(folder):
    instance = pse.load_instance("tiny-two-districts")
    other = read_result(folder, instance, "core")
    assert other.bound is None
    assert other.gap is None
    assert other.verified


@pytest.mark.parametrize(
    ("instance", "plan", "words"),
    [
        ("tiny-two-districts", "nowhere", "there is no such plan"),
        ("mw-districts", "result", "the plan is for tiny-two-districts, not for mw-districts"),
        ("atlantis", "result", "none of the shipped instances has this name"),
    ],
)
def test_a_missing_folder_or_the_wrong_instance_is_bad_input(folder, capsys, instance, plan, words):
    path = folder if plan == "result" else folder.parent / plan
    assert main(["report", instance, str(path), "--out", str(folder.parent / "x.html")]) == 2
    assert words in " ".join(capsys.readouterr().err.split())
    assert not (folder.parent / "x.html").exists()


def test_a_folder_as_the_file_is_refused(folder, capsys):
    assert main(["report", "tiny-two-districts", str(folder), "--out", str(folder)]) == 2
    assert "name a file" in " ".join(capsys.readouterr().err.split())
