"""Runs are processes of their own, measured from outside, and never made twice."""

from __future__ import annotations

import json
import sys

import pytest

from pse_opt.bench import runner
from pse_opt.bench.measuring import measure, parsed
from pse_opt.bench.runner import finished, run_suite
from pse_opt.bench.suites import Suite
from pse_opt.cli import main
from pse_opt.errors import InputError

TINY = {
    "name": "mine",
    "group": [
        {
            "name": "tiny",
            "problems": ["tiny-two-districts"],
            "models": ["core"],
            "strategies": ["direct"],
            "time_limit": 20,
        }
    ],
}


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_time_and_memory_of_a_process_are_measured_from_outside():
    code = "import sys, time; x = bytearray(200_000_000); x[::4096] = b'x' * len(x[::4096]); "
    code += "time.sleep(0.3); print(sys.stdin.read())"
    found = measure(python(code), "hello", 30)
    assert (found.code, found.output.strip()) == (0, "hello")
    assert found.wall >= 0.3
    assert 150 < found.peak_mb < 400
    assert 0 < found.cpu < found.wall + 1


def test_the_memory_of_whoever_asks_is_not_counted():
    mine = bytearray(300_000_000)
    mine[::4096] = b"x" * len(mine[::4096])
    assert measure(python("print(1)"), "", 30).peak_mb < 100


def test_a_process_beyond_its_time_is_ended():
    found = measure(python("import time; time.sleep(60)"), "", 0.3)
    assert found.code is None
    assert found.wall < 20
    assert parsed(found)["status"] == "ended"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("raise SystemExit('no licence')", "no licence"),
        ("print('chatter')", "nothing was told"),
        ("import os; os._exit(3)", "exit code 3"),
    ],
)
def test_a_process_that_tells_nothing_is_a_failure_with_its_last_words(code, words):
    told = parsed(measure(python(code), "", 30))
    assert told["status"] == "failed"
    assert words in told["problems"]


def test_a_suite_goes_on_where_it_stopped(tmp_path, monkeypatch):
    suite, folder = Suite.model_validate(TINY), tmp_path / "out"
    (row,) = run_suite(suite, folder)
    assert (row["status"], row["verified"]) == ("optimal", True)
    assert row["gap_to_published"] == pytest.approx(0, abs=1e-9)
    assert set(row["seconds"]) == {"start", "read", "build", "handoff", "solve"}
    assert row["wall"] >= sum(row["seconds"].values())
    assert row["peak_mb"] > 50
    monkeypatch.setattr(runner, "_run", lambda *_: pytest.fail("the run was made twice"))
    assert run_suite(suite, folder) == [row]


def test_a_line_cut_short_is_a_run_that_was_not_made(tmp_path):
    (tmp_path / "rows.jsonl").write_text('{"key": "a", "x": 1}\n{"key": "b", "x"')
    assert list(finished(tmp_path)) == ["a"]
    assert finished(tmp_path / "nothing") == {}


def test_results_of_another_machine_are_not_mixed(tmp_path, monkeypatch):
    folder = tmp_path / "out"
    monkeypatch.setattr(runner, "_run", lambda case, _: {"key": case.key})
    run_suite(Suite.model_validate(TINY), folder)
    header = json.loads((folder / "header.json").read_text())
    (folder / "header.json").write_text(json.dumps({**header, "cpu": "abacus"}))
    with pytest.raises(InputError, match="made with another cpu"):
        run_suite(Suite.model_validate(TINY), folder)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "mine.txt").write_text("x")
    with pytest.raises(InputError, match="there is something else in it"):
        run_suite(Suite.model_validate(TINY), tmp_path / "other")


def test_a_runner_that_is_not_there_is_told_before_anything_is_run(tmp_path):
    group = {**TINY["group"][0], "runners": ["nobody"]}
    with pytest.raises(InputError, match="there is no such runner"):
        run_suite(Suite.model_validate({**TINY, "group": [group]}), tmp_path / "out")
    assert not (tmp_path / "out").exists()


# The command


def test_the_smoke_suite_runs_proves_and_verifies_everything(tmp_path, capsys):
    folder = tmp_path / "smoke"
    assert main(["bench", "run", "smoke", "--out", str(folder), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    rows = document["rows"]
    assert len(rows) == 9
    assert all(row["verified"] for row in rows)
    assert {row["status"] for row in rows} <= {"optimal", "within_gap"}
    known = [row for row in rows if row["group"] == "tiny"]
    assert all(abs(row["gap_to_published"]) <= 1e-6 for row in known)
    names = {p.name for p in folder.iterdir()}
    assert names >= {"header.json", "rows.jsonl", "results.csv", "TABLE.md"}
    assert names >= {"scaling.png", "profile-classic.png"}
    assert main(["bench", "compare", str(folder), str(folder)]) == 0
    shown = capsys.readouterr().out
    assert "drawn" in shown
    assert "1.00" in shown
    target = tmp_path / "ALL.md"
    assert main(["bench", "table", str(folder), "--out", str(target)]) == 0
    assert target.read_text() == (folder / "TABLE.md").read_text()


def test_a_dry_run_says_what_would_be_run(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["bench", "run", "published", "--group", "spopt", "--dry-run"]) == 0
    shown = capsys.readouterr().out
    assert "spopt/lscp auto" in shown
    assert "4 runs" in shown
    assert list(tmp_path.iterdir()) == []


def test_results_that_are_none_are_told(tmp_path, capsys):
    assert main(["bench", "compare", str(tmp_path), str(tmp_path)]) == 2
    assert "no results of bench run" in " ".join(capsys.readouterr().err.split())
