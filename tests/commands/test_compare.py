"""The command compare, as its user meets it: screens, files, JSON, exit codes."""

import csv
import json
from pathlib import Path

import pytest

from pse_opt.cli import main

TINY = "tiny-two-districts"
BOTH = ["compare", TINY, "--models", "government-only,ngo-mixed", "--gap", "0", "--steps", "0"]
IMPOSSIBLE = """name = "impossible"
extends = "core"
[total_budget]
maximum = 1.0
"""


@pytest.fixture
def impossible() -> str:
    Path("impossible.toml").write_text(IMPOSSIBLE, encoding="utf-8")
    return "impossible.toml"


def test_the_table_can_be_read_aloud_and_the_files_are_written(capsys):
    assert main(BOTH) == 0
    shown = capsys.readouterr().out
    assert "value of the NGO mechanism: saves 1,114 money a year; proven" in shown
    assert max(len(line.rstrip()) for line in shown.splitlines()) <= 80
    folder = Path("results") / f"{TINY}-compare"
    names = {"compare.csv", "compare.json", "compare.png", "compare.svg", "levels.csv"}
    assert {p.name for p in folder.iterdir()} == names
    with (folder / "compare.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["model"] for row in rows] == ["government-only", "ngo-mixed"]
    assert float(rows[0]["objective"]) == pytest.approx(16000)
    assert (folder / "compare.png").read_bytes().startswith(b"\x89PNG")


def test_json_is_all_that_is_printed_and_what_is_written(capsys):
    assert main([*BOTH, "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    written = json.loads(Path(f"results/{TINY}-compare/compare.json").read_text(encoding="utf-8"))
    assert printed == written
    assert printed["savings"][0]["found"] == pytest.approx(1113.98, abs=0.01)


def test_a_comparison_is_replaced_but_nothing_foreign_is_touched():
    assert main([*BOTH, "--quiet", "--out", "mine"]) == 0
    assert main([*BOTH, "--quiet", "--out", "mine"]) == 0
    Path("other").mkdir()
    (Path("other") / "thesis.txt").write_text("years of work")
    assert main([*BOTH, "--quiet", "--out", "other"]) == 2
    assert main([*BOTH, "--quiet", "--out", "other", "--force"]) == 0
    assert (Path("other") / "thesis.txt").read_text() == "years of work"


def test_a_wrong_model_name_is_answered_with_the_nearest(capsys):
    assert main(["compare", TINY, "--models", "government-only,ngo-mix"]) == 2
    assert "did you mean 'ngo-mixed'?" in " ".join(capsys.readouterr().err.split())


def test_an_infeasible_model_is_a_row_with_its_reason(capsys, impossible):
    words = ["compare", TINY, "--models", f"core,{impossible}", "--steps", "0", "--out", "mine"]
    assert main(words) == 0
    shown = capsys.readouterr().out
    assert "impossible: infeasible" in shown
    assert "total_budget: 1 ->" in shown


def test_only_where_all_models_are_infeasible_the_command_fails(capsys, impossible):
    text = Path(impossible).read_text(encoding="utf-8").replace("impossible", "hopeless")
    Path("hopeless.toml").write_text(text, encoding="utf-8")
    words = ["compare", TINY, "--models", f"{impossible},hopeless.toml", "--out", "mine"]
    assert main(words) == 3
    assert "hopeless: infeasible" in capsys.readouterr().out


def test_quiet_prints_nothing(capsys):
    assert main([*BOTH, "--quiet"]) == 0
    assert capsys.readouterr().out == ""


def test_the_help_fits_eighty_columns(capsys):
    assert main(["compare", "--help"]) == 0
    shown = capsys.readouterr().out
    assert "--models" in shown
    assert max(len(line.rstrip()) for line in shown.splitlines()) <= 80
