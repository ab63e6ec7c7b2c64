"""The commands sensitivity, stress and explain, as their user meets them."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from pse_opt.analysis import solves as module
from pse_opt.cli import main

TINY = "tiny-two-districts"
PLAN = f"results/{TINY}-core"


@pytest.fixture(autouse=True)
def _solved(_workplace):
    """A result in the working folder."""
    assert main(["solve", TINY, "--model", "core", "--gap", "0", "--quiet"]) == 0


def rows(path: str) -> list[dict[str, str]]:
    with Path(path).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def press_at(monkeypatch, number):
    """Let Ctrl-C come while this solve runs, counted from 1."""
    original, started = module.solve_task, []

    def solved(task):
        started.append(task.label)
        if len(started) == number:
            raise KeyboardInterrupt
        return original(task)

    monkeypatch.setattr(module, "solve_task", solved)


def test_sensitivity_is_read_aloud_streamed_and_written(capsys):
    words = ["sensitivity", TINY, PLAN, "--gap", "0", "--within", "0.1", "--resolve", "1"]
    assert main(words) == 0
    shown = capsys.readouterr()
    assert "Village Helpers" in shown.out
    assert max(len(line.rstrip()) for line in shown.out.splitlines()) <= 80
    assert "without helpers, first: 16,000, feasible" in " ".join(shown.err.split())
    folder = f"results/{TINY}-core-sensitivity"
    names = {p.name for p in Path(folder).iterdir()}
    assert names >= {"sensitivity.csv", "sensitivity.json", "sensitivity.png", "solves.jsonl"}
    (helpers,) = (r for r in rows(f"{folder}/replacements.csv") if r["provider"] == "helpers")
    assert float(helpers["found"]) == pytest.approx(1240)
    assert {r["part"] for r in rows(f"{folder}/sensitivity.csv")} >= {"limits", "replacements"}
    assert main([*words, "--json"]) == 0
    again = json.loads(capsys.readouterr().out)
    assert again["solves"] == 0
    assert again["resumed"] == len(Path(f"{folder}/solves.jsonl").read_text().splitlines())


def test_stress_is_read_aloud_and_written(capsys):
    words = ["stress", TINY, PLAN, "--gap", "0", "--draws", "2", "--price", "ngo=1.5"]
    assert main([*words, "--workers", "2"]) == 0
    shown = capsys.readouterr()
    assert "worst together: without helpers, state" in shown.out
    assert "without state, engagements kept:" in " ".join(shown.err.split())
    folder = f"results/{TINY}-core-stress"
    table = rows(f"{folder}/stress.csv")
    assert [r["kind"] for r in table] == [
        "dropout", "dropout", "worst", "demand", "price", "draw", "draw",
    ]  # fmt: skip
    assert rows(f"{folder}/quantiles.csv")[0]["quantity"] == "held_objective"
    assert main([*words, "--quiet"]) == 0
    assert capsys.readouterr().out == ""


def test_a_table_of_deliveries_needs_a_model(capsys):
    table = Path("plan.csv")
    table.write_text(
        "offer,region,service,share\nclinic-north,north,health,0.99\n"
        "helpers-south,south,health,0.72\n"
    )
    assert main(["stress", TINY, "plan.csv", "--draws", "0"]) == 2
    assert "name a model with --model" in capsys.readouterr().err
    words = ["stress", TINY, "plan.csv", "--model", "core", "--draws", "0", "--no-recovery", "-q"]
    assert main(words) == 0
    assert Path("results/plan-stress/stress.csv").exists()


@pytest.mark.parametrize("command", ["sensitivity", "stress"])
def test_what_is_wrong_is_said_at_once(command, capsys):
    numbers = {"sensitivity": ["--differ", "0", "--within", "-1"],
               "stress": ["--spread", "-0.5", "--price", "nobody=x"]}  # fmt: skip
    words = [command, TINY, PLAN, "--provider", "nobody", "--provider", "helpers"]
    assert main([*words, *numbers[command], "--json"]) == 2
    said = {(p["where"], p["value"]) for p in json.loads(capsys.readouterr().out)["problems"]}
    assert ("--provider", "nobody") in said
    assert len(said) >= 3
    assert main([command, TINY, "results/missing", *numbers[command]]) == 2
    shown = " ".join(capsys.readouterr().err.split())
    assert "results/missing: there is no such plan" in shown
    assert numbers[command][0] in shown
    assert not Path(f"results/{TINY}-core-{command}").exists()


@pytest.mark.parametrize("command", ["sensitivity", "stress"])
def test_a_folder_of_somebody_else_is_left_alone(command, capsys):
    Path("mine").mkdir()
    Path("mine/notes.txt").write_text("mine")
    assert main([command, TINY, PLAN, "--out", "mine"]) == 2
    assert "not a result of ours" in " ".join(capsys.readouterr().err.split())
    assert [p.name for p in Path("mine").iterdir()] == ["notes.txt"]


@pytest.mark.parametrize("command", ["sensitivity", "stress"])
def test_ctrl_c_keeps_what_is_solved_and_the_same_command_resumes(command, monkeypatch, capsys):
    words = [command, TINY, PLAN, "--gap", "0", *(["--draws", "1"] if command == "stress" else [])]
    with monkeypatch.context() as pressed:
        press_at(pressed, 2)
        assert main(words) == 130
    shown = capsys.readouterr()
    assert "the same command resumes" in shown.err
    folder = Path(f"results/{TINY}-core-{command}")
    assert len((folder / "solves.jsonl").read_text().splitlines()) == 1
    data = json.loads((folder / f"{command}.json").read_text())
    assert data["missing"]
    assert main([*words, "--json"]) == 0
    whole = json.loads(capsys.readouterr().out)
    assert whole["resumed"] == 1
    assert whole["missing"] == []


def test_explain_tells_why_there_is_no_plan(capsys):
    words = ["explain", TINY, "--set", "total_budget.maximum=14000"]
    assert main([*words, "--out", "why"]) == 3
    assert "money: total_budget: 14,000 -> 14,760 money" in capsys.readouterr().out
    assert {p.name for p in Path("why").iterdir()} == {
        "explain.csv", "explain.json", "explain.png", "explain.svg",
    }  # fmt: skip
    (money,) = (r for r in rows("why/explain.csv") if r["family"] == "money")
    assert float(money["size"]) == pytest.approx(760 / 14000, rel=1e-3)
    assert main([*words, "--price", "coverage=inf", "--price", "money=2", "--json"]) == 3
    repairs = json.loads(capsys.readouterr().out)["repairs"]
    assert "coverage" not in {r["family"] for r in repairs}
    (money,) = (r for r in repairs if r["family"] == "money")
    assert money["price"] == pytest.approx(2 * 100 * 760 / 14000, rel=1e-3)
    assert money["checked"] == "yes"
    assert main([*words, "--price", "coverage=cheap", "--price", "monney=1"]) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "did you mean 'money'" in said
    assert "write coverage=NUMBER" in said
    assert main(["explain", TINY]) == 0
    assert "there is a plan" in capsys.readouterr().out
    assert main(["explain", TINY, "--set", "coverage.flor=1"]) == 2
