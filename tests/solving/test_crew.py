"""Processes for one solve: bounds stay bounds, and what is lost is a piece at most."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

import pse_opt as pse
from pse_opt.formulation.build import build_sheet
from pse_opt.policy import read_policy
from pse_opt.solving import covers, direct
from pse_opt.solving.compiled import Compiled
from pse_opt.solving.highs import Session
from pse_opt.solving.interrupt import Stop
from pse_opt.solving.local_search import crew, neighbourhood
from pse_opt.solving.local_search.crew import Crew, Piece, processes
from pse_opt.solving.local_search.local import Local
from pse_opt.solving.outcome import Options


def compiled_of(name: str, model: str = "core") -> Compiled:
    _, sheet = build_sheet(pse.load_instance(name), read_policy(model))
    assert sheet is not None
    compiled = sheet.compiled()
    assert compiled is not None
    return compiled


def pieces(count: int) -> list[Piece]:
    compiled = compiled_of("zm-provinces")
    plan = direct.run(compiled, Options(gap=0.05, time_limit=20)).values
    assert plan is not None
    local = Local(compiled, Options(), plan)
    local.kernel = compiled.integer.copy()
    local.size = 10
    seeds = np.flatnonzero(compiled.integer)[:count]
    return [local.piece(local.place(np.array([s])), 1e-3, 5.0) for s in seeds]


def test_pieces_come_back_as_they_would_be_solved_here_and_a_lost_worker_loses_no_more():
    asked = pieces(3)
    with Crew(2, Stop()) as hired:
        for k, piece in enumerate(asked):
            hired.submit(k, piece)
        found = {}
        while hired.waiting:
            found |= dict(hired.ready(1.0))
        for k, piece in enumerate(asked):
            mine = crew.solve_piece(piece, Stop())
            cost = piece.compiled.cost
            assert cost @ found[k].values == pytest.approx(cost @ mine.values, rel=2e-3)
        os.kill(next(iter(hired.pool._processes)), signal.SIGKILL)
        time.sleep(0.2)
        hired.submit("lost", asked[0])
        assert hired.ready(20.0) == [("lost", None)]
        hired.submit("again", asked[0])
        ((key, answered),) = hired.ready(20.0)
    assert key == "again"
    assert answered.values is not None


def test_a_worker_has_no_workers_of_its_own_and_one_thread_has_none(monkeypatch):
    assert processes(1) == 1
    assert processes(3) == 3
    monkeypatch.setattr(crew, "parent_process", lambda: object())
    assert processes(3) == processes(0) == 1


def test_several_parts_in_processes_prove_what_branch_and_bound_finds(monkeypatch):
    monkeypatch.setattr(neighbourhood, "LARGE", 50)
    instance = pse.load_instance("cn-ningxia")
    ours = pse.solve(instance, "core", gap=2e-2, threads=2, time_limit=30)
    theirs = pse.solve(instance, "core", gap=2e-2, strategy="separate", threads=1)
    assert "too large for branch and bound alone" in ours.strategy
    pse.verify(instance, ours).raise_if_violated()
    assert ours.status in ("optimal", "within_gap")
    assert ours.bound <= theirs.objective * (1 + 1e-6)
    assert theirs.bound <= ours.objective * (1 + 1e-6)


def test_a_stop_in_the_middle_ends_all_processes_and_keeps_the_plan(monkeypatch):
    compiled = compiled_of("mw-districts")
    stop = Stop()
    timer = threading.Timer(6.0, lambda: setattr(stop, "asked", True))
    timer.start()
    found = neighbourhood.run(compiled, Options(gap=0, time_limit=60, threads=2), stop=stop)
    timer.cancel()
    assert found.termination == "interrupted"
    assert found.status == "feasible"
    assert found.values is not None
    assert compiled.violation(found.values).max() < 1e-6
    assert found.seconds < 20


def test_a_script_without_a_guard_is_not_run_again_by_its_workers(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "print('once', flush=True)\n"
        "from pse_opt.solving.local_search.crew import Crew, Piece\n"
        "from pse_opt.solving.interrupt import Stop\n"
        "from tests.solving.test_crew import pieces\n"
        "with Crew(2, Stop()) as hired:\n"
        "    hired.submit(0, pieces(1)[0])\n"
        "    print(hired.ready(30)[0][1].values is not None)\n"
    )
    words = [sys.executable, str(script)]
    path = os.pathsep.join([str(Path.cwd()), os.environ.get("PYTHONPATH", "")])
    said = subprocess.run(
        words, capture_output=True, text=True, timeout=90, env=os.environ | {"PYTHONPATH": path}
    )
    assert said.stdout.split() == ["once", "True"], said.stderr


def relaxed(session: Session) -> np.ndarray:
    values = session.run().values
    assert values is not None
    return values


def test_rows_for_floors_raise_the_bound_and_cut_off_no_plan():
    compiled = compiled_of("cn-ningxia")
    found = covers.Covers.of(compiled)
    session = Session(compiled, Options(gap=0))
    session.relax()
    values = relaxed(session)
    cuts = found.broken(values)
    assert cuts
    for cut in cuts:
        assert cut.coefficients @ values[cut.columns] < cut.lower
    strong = covers.with_rows(compiled, cuts)
    stronger = Session(strong, Options(gap=0))
    stronger.relax()
    assert stronger.run().bound > session.run().bound * (1 + 1e-6)
    for gap in (0.2, 0.05):
        plan = direct.run(compiled, Options(gap=gap, time_limit=20)).values
        assert strong.violation(plan).max() < 1e-6
