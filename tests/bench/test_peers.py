"""Peers are programs of their own; what they find goes through our checker."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from pse_opt.bench.cases import Case
from pse_opt.bench.peers import arrays, peer
from pse_opt.bench.posing import pose

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
        script.stem.removeprefix("with_").removesuffix("_appsi").removesuffix("_contrib"),
    )
    pytest.importorskip(package, reason="an optional peer")
    case = Case("g", "euclidean/12-3-0", runner=script.stem, time_limit=30)
    found = peer(case, [sys.executable, str(script)], 60)[1]
    import pse_opt as pse

    posed = pose(case.problem)
    best = pse.solve(posed.instance, posed.model, overrides=posed.overrides, gap=0)
    assert (found["status"], found["verified"]) == ("optimal", True), found
    assert found["objective"] == pytest.approx(best.objective)
    assert set(found["seconds"]) == {"start", "read", "build", "solve"}
