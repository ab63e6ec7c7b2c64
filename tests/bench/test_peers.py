"""Peers are programs of their own; what they find goes through our checker."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest

import pse_opt as pse
from pse_opt.bench import worker
from pse_opt.bench.cases import Case
from pse_opt.bench.peers import arrays, peer, rows
from pse_opt.bench.posing import pose
from pse_opt.bench.runner import run_suite
from pse_opt.bench.suites import Suite

ROOT = Path(__file__).parents[2]
SCRIPTS = sorted((ROOT / "benchmarks" / "peers").glob("with_*.py"))

HEAD = """
import json, sys, numpy as np
asked = json.loads(sys.stdin.read())
held = np.load(asked["folder"] + "/problem.npz")
"""


def told(tmp_path, body: str, **case) -> dict:
    """The row of a peer that is written here, on four points with two sites."""
    script = tmp_path / "peer.py"
    script.write_text(HEAD + body)
    asked = Case("g", "euclidean/4-2-0", **case)
    return peer(asked, [sys.executable, str(script)], 60)[1]


def answer(
    status="optimal", opened="[0, 1]", serves="[[0, 0, 1], [1, 1, 1], [0, 2, 1], [0, 3, 1]]"
):
    plan = f"{{'opened': {opened}, 'serves': {serves}}}"
    return (
        f"print(json.dumps({{'status': '{status}', 'gap': 1e-4, 'bound': 1, 'plan': {plan}, "
        "'seconds': {'solve': 1}, 'claimed': 3}))"
    )


def test_the_plan_of_a_peer_is_verified_and_its_objective_computed_by_us(tmp_path):
    found = told(tmp_path, answer())
    travel = pose("euclidean/4-2-0").instance.links.set_index(["offer", "need"])["travel"]
    assert found["verified"] is True
    assert found["objective"] == pytest.approx(travel[0, 2] + travel[0, 3])
    assert found["said"] == found["objective"]
    assert found["model"] == "p-median"
    assert found["counts"]["links"] == 16


def test_optimal_to_a_gap_that_was_asked_for_is_within_that_gap(tmp_path):
    assert told(tmp_path, answer(), gap=1e-3)["status"] == "within_gap"
    assert told(tmp_path, answer(), gap=1e-6)["status"] == "optimal"


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        ({"opened": "[0, 2]"}, "without being engaged"),
        ({"opened": "[0, 1, 2]"}, "siting"),
        ({"serves": "[[0, 0, 1]]"}, "coverage_floor"),
        ({"opened": "[0, 99]"}, "out of range"),
    ],
)
def test_a_plan_that_breaks_a_rule_is_refuted(tmp_path, plan, words):
    found = told(tmp_path, answer(**plan))
    assert found["verified"] is False
    assert words in found["problems"]


def test_a_peer_that_fails_is_a_row_like_any_other(tmp_path):
    found = told(tmp_path, "sys.exit('no such solver')")
    assert (found["status"], found["problems"]) == ("failed", "exit code 1: no such solver")


def test_problems_are_handed_over_as_arrays():
    posed = pose("euclidean/4-2-0")
    found = arrays(posed)
    assert set(found) == {
        *("site", "customer", "travel", "cost", "demand", "capacity", "fixed_cost")
    }
    assert np.allclose(found["cost"], found["travel"])
    assert found["capacity"].tolist() == [4.0] * 4


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda p: p.stem)
def test_the_peers_that_are_installed_solve_a_small_problem_to_the_same_optimum(script):
    package = {"with_mathopt_highs": "ortools", "with_cp_sat": "ortools"}.get(
        script.stem,
        "pyomo" if "_pyomo_" in script.stem else script.stem.removeprefix("with_"),
    )
    pytest.importorskip(package, reason="an optional peer")
    case = Case("g", "euclidean/12-3-0", runner=script.stem, time_limit=30)
    found = peer(case, [sys.executable, str(script)], 60)[1]
    posed = pose(case.problem)
    best = pse.solve(posed.instance, posed.model, overrides=posed.overrides, gap=0)
    assert (found["status"], found["verified"]) == ("optimal", True), found
    assert found["objective"] == pytest.approx(best.objective)
    assert set(found["seconds"]) == {"start", "read", "build", "solve"}


def test_the_rows_of_a_model_are_handed_over_as_arrays():
    posed = pose("tiny-two-districts", "equalized")
    found = rows(posed)
    result = pse.solve(posed.instance, "equalized")
    assert len(found["low"]) == len(found["start"]) - 1 == result.counts["constraints"]
    assert len(found["value"]) == result.counts["nonzeros"]
    assert found["whole"].sum() == result.counts["binaries"]
    assert len(found["engaged"]) == len(posed.instance.sizes)
    assert {"attainment", "linking"} <= set(found["family"].tolist())
    assert found["first"].tolist() == sorted(set(found["first"].tolist()))


def test_plain_rules_of_a_model_of_ours_have_the_same_optimum():
    script = ROOT / "benchmarks" / "peers" / "with_pyomo_appsi.py"
    case = Case("g", "tiny-two-districts", "equalized", runner="pyomo-appsi", time_limit=30)
    found = peer(case, [sys.executable, str(script)], 60)[1]
    assert (found["status"], found["verified"]) == ("optimal", True), found
    best = pse.solve("tiny-two-districts", "equalized", gap=0)
    assert found["objective"] == pytest.approx(best.objective)


def test_a_run_until_the_handoff_ends_when_the_solver_has_the_model():
    case = Case("g", "tiny-two-districts", "core", strategy="direct", until="handoff")
    found = worker.run(case.to_json())
    assert (found["status"], found["termination"]) == ("no_plan", "handed_over")
    assert set(found["seconds"]) == {"start", "read", "build", "handoff"}
    assert found["counts"]["constraints"] == pse.solve("tiny-two-districts").counts["constraints"]


@pytest.mark.thorough
def test_a_million_coefficients_take_a_fifth_of_the_time_and_half_the_memory_of_plain_rules():
    """And a plain model of a user's is handed over by us in half the time of either interface."""
    group = {
        "name": "core",
        "problems": ["synthetic/needs=16000,seed=1"],
        "models": ["core"],
        "runners": ["pse", "pyomo-pse", "pyomo-appsi", "pyomo-contrib"],
        "strategies": ["direct"],
        "until": "handoff",
    }
    with tempfile.TemporaryDirectory() as folder:
        suite = Suite.model_validate({"name": "million", "group": [group]})
        made = {row["runner"]: row for row in run_suite(suite, Path(folder) / "out")}
    assert {row["termination"] for row in made.values()} == {"handed_over"}
    for other in ("pyomo-appsi", "pyomo-contrib"):
        ours, theirs = (made[k]["seconds"] for k in ("pse", other))
        assert 5 * (ours["build"] + ours["handoff"]) < theirs["build"] + theirs["handoff"]
        assert 2 * made["pse"]["peak_mb"] < made[other]["peak_mb"]
        assert 2 * made["pyomo-pse"]["seconds"]["handoff"] < theirs["handoff"]
