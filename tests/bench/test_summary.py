"""What rows say together: means, flags, ratios, growth, tables."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from pse_opt.bench.plots import profile, write_plots
from pse_opt.bench.summary import (
    compared,
    exponents,
    flags,
    reproduced,
    seconds_of,
    shifted_mean,
    solved,
)
from pse_opt.bench.tables import TEXTS, flat, markdown, read_results, write_results

HEADER = {
    "suite": "small",
    "title": "for tests",
    "cpu": "abacus",
    "cores": 1,
    "memory_gb": 0.1,
    "system": "desk",
    "versions": {"pse-opt": "0"},
    "commit": "abc",
}


def row(problem: str = "p", *, seconds: float = 1.0, **changes: Any) -> dict[str, Any]:
    return {
        "key": problem,
        "group": "g",
        "problem": problem,
        "model": "p-median",
        "overrides": {},
        "runner": "pse",
        "strategy": "auto",
        "seed": 0,
        "repeat": 0,
        "threads": 1,
        "gap_asked": 1e-6,
        "time_limit": 60.0,
        "status": "optimal",
        "objective": 100.0,
        "bound": 100.0,
        "gap": 0.0,
        "said": 100.0,
        "published": 100.0,
        "published_status": "optimal",
        "gap_to_published": 0.0,
        "verified": True,
        "maximize": False,
        "seconds": {"start": 2.0, "read": 1.0, "build": 0.0, "handoff": 0.0, "solve": seconds},
        "counts": {"needs": 10},
        "wall": 4.0,
        "peak_mb": 100.0,
        **changes,
    }


def test_the_shifted_mean_is_ruled_neither_by_nothing_nor_by_the_longest():
    assert shifted_mean([0.0, 0.0]) == 0.0
    assert shifted_mean([1.0, 7.0]) == pytest.approx(3.0)
    assert math.isnan(shifted_mean([]))


def test_seconds_are_of_building_handing_over_and_solving_and_a_failure_takes_its_limit():
    assert seconds_of(row(seconds=2.5)) == 2.5
    assert seconds_of(row(status="failed", seconds=0.1)) == 60.0
    assert seconds_of(row(status="optimal") | {"seconds": {}}) == 60.0


def test_proven_and_reproduced():
    assert solved(row())
    assert not solved(row(status="feasible"))
    assert not solved(row(verified=False))
    assert reproduced(row(gap_to_published=1e-7))
    assert not reproduced(row(gap_to_published=1e-5))
    assert not reproduced(row(status="within_gap"))
    assert not reproduced(row(gap_to_published=None))


def test_answers_that_cannot_be_right_are_flagged():
    best = row()
    wrong = row(runner="peer", strategy="", said=101.0, gap_to_published=0.01)
    honest = row(runner="other", strategy="", said=101.0, status="feasible")
    broken = row(runner="third", strategy="", verified=False, problems="siting: too many")
    failed = row(runner="last", strategy="", status="failed", problems="exit code 1", said=None)
    found = flags([best, wrong, honest, broken, failed])
    assert found[0] == found[2] == []
    assert found[1] == ["called optimal, but a better plan was verified"]
    assert found[3] == ["its plan breaks rules: siting: too many"]
    assert found[4] == ["exit code 1"]


def test_an_incumbent_that_is_called_optimal_is_neither_proven_nor_left_unremarked():
    loose = row(gap=0.12)
    assert not solved(loose)
    assert flags([loose]) == [["called optimal at a gap of 12.00%"]]
    assert solved(row(gap=0.12, gap_asked=0.2))


def test_of_a_maximum_the_greater_plan_is_better():
    best, wrong = row(maximize=True), row(runner="peer", maximize=True, said=99.0)
    assert flags([best, wrong])[1] == ["called optimal, but a better plan was verified"]
    assert flags([row(maximize=True, said=101.0), row(maximize=True, said=101.0)]) == [[], []]


def test_better_than_a_published_optimum_is_suspicious_and_than_a_best_known_is_not():
    assert "better than the published optimum" in flags([row(gap_to_published=-1e-3)])[0][0]
    known = row(gap_to_published=-1e-3, published_status="best")
    assert flags([known]) == [[]]


def test_two_results_are_compared_over_the_runs_both_have():
    old = [row("a", seconds=7.0), row("b", seconds=1.0), row("only old")]
    new = [row("a", seconds=1.0), row("b", seconds=1.0, status="feasible", gap=0.1), row("new")]
    (line,) = compared(old, new)
    assert (line["runs"], line["solved_old"], line["solved_new"]) == (2, 2, 1)
    assert line["speedup"] == pytest.approx(2.0)
    assert (line["gap_old"], line["gap_new"]) == (0.0, pytest.approx(0.05))
    assert line["worse"] == ["b"]
    assert compared(old, [row("c")]) == []


def test_growth_is_a_slope_between_logarithms():
    rows = [
        row(f"synthetic/needs={n},seed=1", seconds=1e-3 * n**1.5, peak_mb=float(n))
        | {"counts": {"needs": n}}
        for n in (10, 100, 1000)
    ]
    (line,) = exponents(rows)
    assert (line["time"], line["memory"]) == (pytest.approx(1.5), pytest.approx(1.0))
    parts = [{"build": 1e-3 * r["counts"]["needs"], "handoff": 0.0, "solve": 9.0} for r in rows]
    built = [r | {"seconds": s} for r, s in zip(rows, parts, strict=True)]
    assert exponents(built)[0]["build"] == pytest.approx(1.0)
    assert exponents(rows[:2]) == []
    unknown = [r | {"peak_mb": None} for r in rows]
    assert exponents(unknown)[0]["memory"] is None


def test_growth_is_told_of_drawn_problems_that_differ_in_size_alone():
    counts = [{"counts": {"needs": n}} for n in (10, 100, 1000)]
    published = [row(f"orlib-pmed/pmed{k}") | c for k, c in enumerate(counts)]
    assert exponents(published) == []
    tight = [row(f"synthetic/needs={10**k},tightness=0.{k}") | c for k, c in enumerate(counts, 1)]
    assert exponents(tight) == []
    points = [row(f"euclidean/{10**k}-{k}-0") | c for k, c in enumerate(counts, 1)]
    assert [line["sizes"] for line in exponents(points)] == [3]


def test_profiles_compare_ways_on_the_problems_somebody_solved():
    rows = [
        row("a", seconds=1.0),
        row("a", seconds=4.0, strategy="direct"),
        row("b", seconds=9.0, status="feasible"),
        row("b", seconds=2.0, strategy="direct"),
        row("c", status="feasible"),
        row("c", status="failed", strategy="direct"),
    ]
    found = profile(rows)
    assert found["auto"].tolist() == [1.0, np.inf]
    assert found["direct"].tolist() == [4.0, 1.0]


def test_results_are_written_and_read_and_shown(tmp_path):
    rows = [row("a"), row("a", strategy="direct", said=101.0), row("b|c", status="failed")]
    drawn = {n: f"synthetic/needs={n}" for n in (1, 10, 100)}
    rows += [row(p, seconds=n, counts={"needs": n}, group="size") for n, p in drawn.items()]
    write_results(tmp_path, HEADER, rows)
    header, again = read_results(tmp_path)
    assert header == HEADER
    assert [flat(row) for row in again] == [
        {k: "" if v is None and k in TEXTS else v for k, v in flat(row).items()} for row in rows
    ]
    lines = (tmp_path / "results.csv").read_text().splitlines()
    assert len(lines) == 7
    assert lines[0].startswith("group,problem,model,overrides,runner,strategy")
    text = (tmp_path / "TABLE.md").read_text()
    assert text == markdown([(HEADER, rows)])
    assert "abacus, 1 cores, 0.1 GB, desk; pse-opt 0; commit abc." in text
    assert "called optimal, but a better plan was verified" in text
    assert "b\\|c" in text
    names = {p.name for p in write_plots(tmp_path, rows)}
    assert names == {"profile-g.png", "scaling.png"}
    assert all((tmp_path / name).stat().st_size > 1000 for name in names)
