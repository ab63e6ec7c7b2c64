"""Frontiers solved by several processes, stopped, killed and resumed."""

import os
import sys
from concurrent.futures import ProcessPoolExecutor, wait
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import pytest

import pse_opt as pse
from pse_opt.analysis import solves as module
from pse_opt.analysis.tasks import solve_task
from pse_opt.analysis.workers import Interrupted, Workers
from pse_opt.cli import main
from pse_opt.errors import SolverError
from pse_opt.results import STREAM

TINY = "tiny-two-districts"
ASKED = {"points": 4, "gap": 0}


def plain(found):
    """Everything but what depends on when it was solved, and where."""
    data = found.to_dict()
    for name in ("seconds", "solves", "resumed"):
        data.pop(name)
    data["points"] = [{**p, "seconds": 0} for p in data["points"]]
    return data


@pytest.fixture(scope="module")
def alone():
    """What one process finds."""
    return plain(pse.frontier(TINY, "equalized", **ASKED))


def press_at(monkeypatch, number):
    """Let Ctrl-C come while this solve runs, counted from 1."""
    started = []

    def solved(task):
        started.append(task.label)
        if len(started) == number:
            raise KeyboardInterrupt
        return solve_task(task)

    monkeypatch.setattr(module, "solve_task", solved)
    return started


def test_two_processes_find_what_one_finds_to_the_digit(alone, monkeypatch):
    """Also after a solve in the parent; an executor of the user's own serves as well."""
    monkeypatch.setattr(sys.modules["pse_opt.analysis.frontier"], "HERE", 0.0)
    assert plain(pse.frontier(TINY, "equalized", workers=2, **ASKED)) == alone
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as executor:
        assert plain(pse.frontier(TINY, "equalized", executor=executor, **ASKED)) == alone


def test_the_same_question_resumes_from_what_was_written(alone, tmp_path, monkeypatch):
    first = pse.frontier(TINY, "equalized", folder=tmp_path, **ASKED)
    assert (first.solves, first.resumed) == (5, 0)
    assert plain(first) == alone
    started = press_at(monkeypatch, 0)
    again = pse.frontier(TINY, "equalized", folder=tmp_path, **ASKED)
    assert (started, again.solves, again.resumed) == ([], 0, 5)
    assert plain(again) == alone


def test_another_question_shares_what_is_the_same(tmp_path, monkeypatch):
    pse.frontier(TINY, "equalized", folder=tmp_path, **ASKED)
    started = press_at(monkeypatch, 0)
    pse.frontier(TINY, "equalized", folder=tmp_path, points=3, gap=0)
    assert len(started) == 1  # the ends are there, the middle is new
    pse.frontier(TINY, "equalized", folder=tmp_path, points=3, gap=1e-3)
    assert len(started) > 2  # another gap is another question


def test_a_line_that_was_cut_off_is_solved_again_and_the_rest_is_kept(alone, tmp_path):
    pse.frontier(TINY, "equalized", folder=tmp_path, **ASKED)
    path = tmp_path / STREAM
    content = path.read_bytes()
    path.write_bytes(content[:-40])
    again = pse.frontier(TINY, "equalized", folder=tmp_path, **ASKED)
    assert (again.solves, again.resumed) == (1, 4)
    assert plain(again) == alone
    last = pse.frontier(TINY, "equalized", folder=tmp_path, **ASKED)
    assert last.solves == 0


def test_ctrl_c_keeps_what_is_solved_and_the_rest_is_solved_later(alone, tmp_path, monkeypatch):
    press_at(monkeypatch, 5)
    found = pse.frontier(TINY, "equalized", folder=tmp_path, **ASKED)
    assert len(found.missing) == 2
    assert [p.verified for p in found.points] == [True] * len(found.points)
    assert len(found.points) == 3
    assert "not solved, for Ctrl-C came first: within" in " ".join(str(found).split())
    monkeypatch.undo()
    again = pse.frontier(TINY, "equalized", folder=tmp_path, **ASKED)
    assert again.resumed == 4
    assert plain(again) == alone


@pytest.mark.parametrize("number", [2, 3])
def test_ctrl_c_before_the_ends_are_known_keeps_the_cheapest_plan(monkeypatch, number):
    press_at(monkeypatch, number)
    found = pse.frontier(TINY, "equalized", **ASKED)
    assert found.points[0].objective == pytest.approx(14760)
    assert found.missing[0] == "the tightest plan"


def test_ctrl_c_on_the_command_line(monkeypatch, capsys, tmp_path):
    target = tmp_path / "here"
    words = ["frontier", TINY, "--points", "5", "--gap", "0", "--quiet", "--out", str(target)]
    press_at(monkeypatch, 1)
    assert main(words) == 130
    assert "nothing was written" in capsys.readouterr().err
    assert not target.exists()
    press_at(monkeypatch, 5)
    assert main(words) == 130
    assert "the same command resumes" in capsys.readouterr().err
    assert (target / "frontier.csv").exists()
    (target / "frontier.json").unlink()  # as if it had been killed: what streamed marks it as ours
    monkeypatch.undo()
    assert main(words) == 0


@dataclass(frozen=True)
class Errand:
    """A task that leaves a mark, and dies of the first one where it is told to."""

    label: str
    folder: Path
    dies: int = 0


def run_errand(errand):
    marks = errand.folder / errand.label
    count = len(marks.read_text()) if marks.exists() else 0
    with marks.open("a") as stream:
        stream.write("x")
    if count < errand.dies:
        os._exit(1)
    return f"{errand.label} done"


def test_a_worker_that_is_killed_loses_only_its_own_work(tmp_path):
    kept = {}
    errands = [Errand("a", tmp_path), Errand("b", tmp_path, dies=1), Errand("c", tmp_path)]
    with Workers(workers=2) as pool:
        answers = pool.run(run_errand, errands, lambda task, answer: kept.update({task: answer}))
    assert answers == ["a done", "b done", "c done"] == list(map(kept.get, errands))


def test_what_is_begun_beside_others_is_kept_when_a_worker_is_killed(tmp_path):
    kept = {}
    beside, waited = Errand("beside", tmp_path), [Errand("b", tmp_path, dies=1)]
    with Workers(workers=2) as pool:
        pool.start(run_errand, beside, lambda task, answer: kept.update({task: answer}))
        assert pool.run(run_errand, waited) == ["b done"]
        pool.finish()
        assert kept == {beside: "beside done"}
        slow = Errand("slow", tmp_path, dies=1)
        pool.start(run_errand, slow, lambda task, answer: kept.update({task: answer}))
        pool.finish()
        assert kept[slow] == "slow done"
        assert pool.beside == []


def test_ctrl_c_keeps_an_answer_that_nothing_waited_for(tmp_path):
    kept = []
    with Workers(workers=2) as pool:
        pool.start(run_errand, Errand("beside", tmp_path), lambda _, answer: kept.append(answer))
        pool.run(run_errand, [Errand("a", tmp_path)])
        wait([one.future for one in pool.beside])

        def press(*_):
            raise KeyboardInterrupt

        with pytest.raises(Interrupted):
            pool.run(run_errand, [Errand("b", tmp_path)], press)
    assert kept == ["beside done"]


def test_processes_are_started_once_tasks_took_longer_than_to_start_them(tmp_path):
    with Workers(workers=2, first=60.0) as pool:
        assert pool.run(run_errand, [Errand(name, tmp_path) for name in "ab"]) == [
            "a done",
            "b done",
        ]
        assert pool.own is None
        pool.here = 0.0
        assert pool.run(run_errand, [Errand("c", tmp_path)]) == ["c done"]
        assert pool.own is not None


def test_workers_that_are_killed_again_and_again_end_the_run(tmp_path):
    with Workers(workers=2) as pool, pytest.raises(SolverError, match="lost 3 times"):
        pool.run(run_errand, [Errand("a", tmp_path, dies=9)], lambda *_: None)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as given:
        pool = Workers(given)
        with pytest.raises(SolverError, match="executor was lost"):
            pool.run(run_errand, [Errand("b", tmp_path, dies=9)], lambda *_: None)


def test_an_interrupted_wave_says_what_it_has(tmp_path):
    def stopped(errand):
        if errand.label == "b":
            raise KeyboardInterrupt
        return errand.label

    errands = [Errand(name, tmp_path) for name in "abc"]
    with pytest.raises(Interrupted) as caught:
        Workers().run(stopped, errands, lambda *_: None)
    assert caught.value.answers == ["a", None, None]


def test_a_dask_cluster_finds_what_one_process_finds_to_the_digit(alone):
    """With a worker that is killed in the middle, too."""
    distributed = pytest.importorskip("distributed")
    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    with distributed.LocalCluster(**options) as cluster, distributed.Client(cluster) as client:
        executor = client.get_executor()
        assert plain(pse.frontier(TINY, "equalized", executor=executor, **ASKED)) == alone
        told = []

        def kill(done, of, label):
            told.append(label)
            if len(told) == 2:
                first = next(iter(cluster.workers.values()))
                first.process.process.kill()

        again = pse.frontier(TINY, "equalized", executor=executor, progress=kill, **ASKED)
        assert len(told) > 4
        assert plain(again) == alone


def test_without_a_scheduler_the_address_is_refused(capsys, tmp_path):
    words = ["frontier", TINY, "--dask", "tcp://127.0.0.1:1", "--out", str(tmp_path / "here")]
    assert main(words) == 2
    assert "Remedy" in capsys.readouterr().err
