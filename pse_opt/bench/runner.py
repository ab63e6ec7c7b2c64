"""Run a suite: one process a run, time and memory measured from outside, resumable."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pse_opt import resources
from pse_opt.bench.cases import OURS, Case
from pse_opt.bench.machine import machine
from pse_opt.bench.measuring import measure, parsed
from pse_opt.bench.peers import peer
from pse_opt.bench.posing import known_value
from pse_opt.bench.suites import Suite
from pse_opt.errors import InputError, Problem
from pse_opt.io import write_text

__all__ = ["finished", "run_suite"]

GRACE = 300.0
"""Seconds that a process may take beyond its time limit, for reading, building and checking."""
HEADER, ROWS = "header.json", "rows.jsonl"


def run_suite(
    suite: Suite,
    folder: Path,
    *,
    progress: Callable[[int, int, Case, dict[str, Any] | None], None] | None = None,
) -> list[dict[str, Any]]:
    """Run what of a suite is not in a folder yet, and return all its rows in the suite's order.

    Parameters
    ----------
    suite : Suite
        The suite.
    folder : Path
        Receives ``header.json`` and ``rows.jsonl``, a row as soon as its run has ended.
    progress : callable, optional
        Called with number, count and run before each run, and again with its row after it.

    Raises
    ------
    InputError
        The folder holds results of another machine, other versions or another commit; or the suite
        is wrong.
    """
    cases = suite.cases()
    for case in cases:
        _command(case)
    _header(suite, folder)
    done = finished(folder)
    for number, case in enumerate(cases, start=1):
        if case.key not in done:
            if progress is not None:
                progress(number, len(cases), case, None)
            row = _run(case, suite.name)
            done[case.key] = row
            with (folder / ROWS).open("a", encoding="utf-8") as stream:
                stream.write(json.dumps(row, ensure_ascii=False) + "\n")
            if progress is not None:
                progress(number, len(cases), case, row)
    return [done[case.key] for case in cases]


def _header(suite: Suite, folder: Path) -> None:
    """Write what the results are made on, or refuse to mix them with those of something else."""
    header = {"schema": 1, "suite": suite.name, "title": suite.title, **machine()}
    path = folder / HEADER
    if path.is_file():
        former = json.loads(path.read_text(encoding="utf-8"))
        differing = [k for k in header if former.get(k) != header[k]]
        if differing:
            message = f"its results were made with another {differing[0]}"
            remedy = "name another folder with --out, or remove it"
            raise InputError([Problem(str(folder), message, remedy)])
        return
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        message, remedy = "there is something else in it", "name another folder with --out"
        raise InputError([Problem(str(folder), message, remedy)])
    write_text(path, json.dumps(header, indent=2) + "\n")


def finished(folder: Path) -> dict[str, dict[str, Any]]:
    """Return the rows of a folder by the key of their run; a line cut short is left out."""
    found: dict[str, dict[str, Any]] = {}
    path = folder / ROWS
    for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
        with contextlib.suppress(ValueError):
            row = json.loads(line)
            found[row["key"]] = row
    return found


def _command(case: Case) -> list[str]:
    if case.runner == OURS:
        return [sys.executable, "-m", "pse_opt.bench.worker"]
    name = f"with_{case.runner.replace('-', '_')}.py"
    script = resources.share() / "benchmarks" / "peers" / name
    if not script.is_file():
        message, remedy = "there is no such runner", "peers are in a checkout, benchmarks/peers"
        raise InputError([Problem("suite", message, remedy, value=case.runner)])
    return [sys.executable, str(script)]


def _run(case: Case, suite: str) -> dict[str, Any]:
    """Run one case and return its row."""
    row: dict[str, Any] = {"key": case.key, "suite": suite, **json.loads(case.to_json())}
    row["gap_asked"] = row.pop("gap")
    known = known_value(case.problem, case.model, case.overrides)
    row["published"], row["published_status"] = known or (None, "")
    if case.runner == OURS:
        measured = measure(_command(case), case.to_json(), case.time_limit + GRACE)
        told = parsed(measured)
    else:
        measured, told = peer(case, _command(case), case.time_limit + GRACE)
    row |= {"wall": measured.wall, "cpu": measured.cpu, "peak_mb": measured.peak_mb}
    return {**row, **told, "gap_to_published": _distance({**row, **told})}


def _distance(row: dict[str, Any]) -> float | None:
    """How much worse than the published value, relative to it; negative: better."""
    said, value = row.get("said"), row["published"]
    if said is None or value is None:
        return None
    worse = value - said if row.get("maximize") else said - value
    return float(worse / max(abs(value), 1e-9))
