"""A process of its own, with its time and memory measured from outside."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pse_opt.bench import launcher

__all__ = ["Measured", "measure", "parsed"]

PATIENCE = 30.0
"""Seconds that the launcher is given to end what takes too long."""


@dataclass(frozen=True)
class Measured:
    """A process, as seen from outside.

    Attributes
    ----------
    code : int or None
        Exit code; None: it took too long and was ended.
    wall, cpu : float
        Seconds; ``cpu`` with those of its own processes, and None where the system does not tell.
    peak_mb : float or None
        Greatest resident memory of the process, or of one of its own.
    output, complaint : str
        What it wrote to stdout and stderr.
    """

    code: int | None
    wall: float
    cpu: float | None
    peak_mb: float | None
    output: str
    complaint: str


def measure(command: list[str], text: str, limit: float) -> Measured:
    """Run a command with a text as its input, and measure it from outside.

    It is started by a small process in between: on Linux a process inherits the peak memory of the
    one that starts it.
    """
    small = hasattr(os, "wait4")
    with (
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as err,
        tempfile.TemporaryDirectory() as place,
    ):
        report = Path(place) / "report.json"
        script = str(Path(launcher.__file__))
        before = [sys.executable, "-S", "-E", script, repr(limit), str(report)] if small else []
        mark = time.perf_counter()
        process = subprocess.Popen(
            [*before, *command],
            stdin=subprocess.PIPE,
            stdout=out,
            stderr=err,
            start_new_session=True,
            env={**os.environ, launcher.BEGAN: repr(time.time())},
        )
        found = _followed(process, text, limit + (PATIENCE if small else 0.0))
        if report.is_file():
            found = json.loads(report.read_text(encoding="utf-8"))
        elif found is not None:
            found = {
                "code": found,
                "wall": time.perf_counter() - mark,
                "cpu": None,
                "peak_mb": None,
            }
        else:
            found = {"code": None, "wall": limit, "cpu": None, "peak_mb": None}
        texts = []
        for stream in (out, err):
            stream.seek(0)
            texts.append(stream.read().decode("utf-8", "replace"))
        return Measured(**found, output=texts[0], complaint=texts[1])


def _followed(process: subprocess.Popen[bytes], text: str, limit: float) -> Any:
    """Give a process its input and wait for it; return its exit code, None where it was ended."""
    try:
        process.communicate(text.encode(), timeout=limit)
        return process.returncode
    except subprocess.TimeoutExpired:
        _end(process)
        return None
    except BaseException:
        _end(process)
        raise


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process with those it has started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    process.wait()


def parsed(measured: Measured) -> dict[str, Any]:
    """Return what a process told of its run, or why it told nothing."""
    if measured.code is None:
        return {"status": "ended", "problems": "took longer than its time limit and the grace"}
    try:
        lines = measured.output.strip().splitlines()
        told: dict[str, Any] = json.loads(lines[-1]) if measured.code == 0 else {}
    except (ValueError, IndexError):
        told = {}
    if not told:
        last = (measured.complaint.strip().splitlines() or ["nothing was told"])[-1]
        return {"status": "failed", "problems": f"exit code {measured.code}: {last[:200]}"}
    return told
