"""Ctrl-C and time limits on a real solve: the best plan so far is never lost."""

import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pse_opt.cli import main

LONG = ["solve", "mw-districts", "--gap", "0", "--time-limit", "300", "--out", "here"]
PATIENCE = 90.0
"""Seconds to wait for something to happen on a busy machine."""


class Session:
    """The command line at a terminal, whose stderr is watched for the live line."""

    def __init__(self, *words: str) -> None:
        self.screen, inner = pty.openpty()
        command = [sys.executable, "-m", "pse_opt", *words]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=inner, text=True, start_new_session=True
        )
        os.close(inner)
        self.shown = ""

    def wait_for(self, words: str) -> None:
        """Read the screen until some words stand on it."""
        end = time.monotonic() + PATIENCE
        while words not in self.shown:
            assert time.monotonic() < end, f"{words!r} never came: {self.shown[-500:]!r}"
            if select.select([self.screen], [], [], 0.5)[0]:
                self.shown += os.read(self.screen, 65536).decode(errors="replace")

    def interrupt(self) -> float:
        """Press Ctrl-C, and return how many seconds the process then took to end."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGINT)
        while self.process.poll() is None and time.monotonic() < began + PATIENCE:
            if select.select([self.screen], [], [], 0.05)[0]:
                self._drain()
        self._drain()
        return time.monotonic() - began

    def _drain(self) -> None:
        try:
            while select.select([self.screen], [], [], 0)[0]:
                text = os.read(self.screen, 65536)
                if not text:
                    return
                self.shown += text.decode(errors="replace")
        except OSError:  # the other end is closed
            return

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()
        os.close(self.screen)


@pytest.fixture
def session(tmp_path, monkeypatch):
    """Start the command line in an empty folder; end it with the test."""
    monkeypatch.chdir(tmp_path)
    started = []

    def start(*words: str) -> Session:
        started.append(Session(*words))
        return started[0]

    yield start
    for each in started:
        each.close()


def test_ctrl_c_keeps_checks_and_writes_the_best_plan_so_far(session):
    solve = session(*LONG)
    solve.wait_for("best plan")
    seconds = solve.interrupt()
    assert solve.process.returncode == 130
    assert seconds < 6
    shown = solve.process.stdout.read()
    assert "stopped by Ctrl-C" in shown
    document = json.loads(Path("here/result.json").read_text(encoding="utf-8"))
    assert document["termination"] == "interrupted"
    assert document["status"] == "feasible"
    assert document["verified"] is True
    assert 0 < document["gap"] < 1
    assert main(["verify", "mw-districts", "here", "--quiet"]) == 0


def test_ctrl_c_before_any_plan_writes_nothing(session):
    solve = session(*LONG)
    solve.wait_for("reading and building")
    solve.interrupt()
    assert solve.process.returncode == 130
    said = solve.shown + solve.process.stdout.read()
    assert "nothing was written" in said or "no plan was found; stopped by Ctrl-C" in said
    assert list(Path().iterdir()) == []


def test_a_second_ctrl_c_while_the_plan_is_written_does_not_lose_it(tmp_path, monkeypatch):
    from pse_opt import results

    monkeypatch.chdir(tmp_path)
    write = results.write_bytes

    def impatient(path, content):
        os.kill(os.getpid(), signal.SIGINT)
        write(path, content)

    monkeypatch.setattr(results, "write_bytes", impatient)
    before = signal.getsignal(signal.SIGINT)
    assert main(["solve", "tiny-two-districts", "--quiet", "--out", "here"]) == 0
    assert len(list(Path("here").iterdir())) == 6
    assert signal.getsignal(signal.SIGINT) is before


def test_ctrl_c_in_any_command_ends_in_130(monkeypatch, capsys):
    def press(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr("pse_opt.resources.names", press)
    assert main(["list"]) == 130
    assert "interrupted; nothing was written" in capsys.readouterr().err


def test_at_the_time_limit_the_plan_counts_and_its_gap_is_stated(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    words = ["solve", "mw-districts", "--gap", "0", "--time-limit", "5", "--out", "here"]
    assert main(words) == 0
    shown = capsys.readouterr().out
    assert "a plan, not proven to the gap asked for; stopped at the time limit" in shown
    document = json.loads(Path("here/result.json").read_text(encoding="utf-8"))
    assert document["termination"] == "time_limit"
    assert document["status"] == "feasible"
    assert 0 < document["gap"] < 1
    assert document["verified"] is True


def test_without_a_plan_in_time_the_exit_code_says_so(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("pse_opt.solving.search.rounded", lambda *_: None)
    assert main(["solve", "mw-districts", "--time-limit", "0.01"]) == 4
    assert "no plan was found; stopped at the time limit" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


def test_in_the_shortest_time_the_plan_is_that_of_the_relaxation(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["solve", "mw-districts", "--time-limit", "0.01", "--out", "here"]) == 0
    document = json.loads(Path("here/result.json").read_text(encoding="utf-8"))
    assert document["termination"] == "time_limit"
    assert document["verified"] is True
    assert 0 < document["gap"] < 0.1


def test_ctrl_c_in_a_comparison_keeps_the_models_that_are_solved(session):
    words = ["compare", "mw-districts", "--no-variants", "--out", "here"]
    compare = session(*words, "--models", "government-only,ngo-mixed,full")
    compare.wait_for("1 of 4 solves done")
    compare.interrupt()
    assert compare.process.returncode == 130
    shown = compare.process.stdout.read()
    assert "not solved, for Ctrl-C came first: ngo-mixed, full, ngo-mixed without" in shown
    assert "interrupted; not solved: ngo-mixed, full, ngo-mixed without" in compare.shown
    document = json.loads(Path("here/compare.json").read_text(encoding="utf-8"))
    (entry,) = document["entries"]
    assert (entry["model"], entry["verified"]) == ("government-only", True)
    assert document["missing"] == ["ngo-mixed", "full", "ngo-mixed without NGOs"]
    table = Path("here/compare.csv").read_text(encoding="utf-8")
    assert len(table.splitlines()) == 2
    assert Path("here/compare.png").exists()
