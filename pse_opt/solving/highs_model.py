"""A compiled model in HiGHS: loaded, run, and written as a file."""

from __future__ import annotations

import math
import threading
from pathlib import Path
from typing import Any

import highspy
import numpy as np
import numpy.typing as npt

from pse_opt.errors import SolverError
from pse_opt.solving.compiled import Compiled
from pse_opt.solving.outcome import Options

__all__ = [
    "load",
    "objective_scale",
    "run",
    "sense_of",
    "solver_version",
    "use_threads",
    "write_program",
]

Floats = npt.NDArray[np.float64]

_local = threading.local()


class _Quiet(highspy.Highs):
    """HiGHS without the banner it prints when callbacks are enabled before output is off."""

    def enableCallbacks(self) -> None:  # noqa: N802 - the solver's own name
        self.setOptionValue("output_flag", False)
        super().enableCallbacks()  # type: ignore[no-untyped-call]


def solver_version() -> str:
    """Return the version of HiGHS."""
    return str(_Quiet().version())  # type: ignore[no-untyped-call]


def use_threads(threads: int) -> None:
    """Keep one number of threads in a thread of ours: with two, HiGHS fails without saying so.

    HiGHS has a scheduler for each thread that calls it, so that several may solve at once.
    """
    in_use = getattr(_local, "threads", None)
    if in_use is not None and in_use != threads:
        highspy.Highs.resetGlobalScheduler(True)
    _local.threads = threads


def objective_scale(cost: Floats) -> float:
    """Return a power of ten that brings the largest cost between 1 and 10,000."""
    largest = float(np.abs(cost).max(initial=0.0))
    if largest == 0.0 or 1.0 <= largest <= 1e4:
        return 1.0
    return float(10.0 ** -math.floor(math.log10(largest / (1e3 if largest > 1e4 else 1.0))))


def load(compiled: Compiled, scale: float, options: Options) -> highspy.Highs:
    """Return a model loaded in HiGHS, its objective scaled."""
    h = _Quiet()  # type: ignore[no-untyped-call]
    for name, value in {
        "mip_rel_gap": options.gap,
        "mip_abs_gap": 0.0,
        "time_limit": float(options.time_limit),
        "threads": options.threads,
        "random_seed": options.seed,
    }.items():
        if h.setOptionValue(name, value) != highspy.HighsStatus.kOk:
            raise SolverError(f"HiGHS refused the option {name} = {value}")
    # The solver takes the arrays as they are: a program of its own would be one more copy of them.
    status = h.passModel(
        len(compiled.columns),
        len(compiled.rows),
        compiled.matrix.nnz,
        int(highspy.MatrixFormat.kRowwise),
        int(sense_of(compiled.maximize)),
        compiled.offset * scale,
        compiled.cost if scale == 1.0 else compiled.cost * scale,
        compiled.lower,
        compiled.upper,
        compiled.row_lower,
        compiled.row_upper,
        compiled.matrix.indptr.astype(np.int32, copy=False),
        compiled.matrix.indices.astype(np.int32, copy=False),
        compiled.matrix.data,
        compiled.integer.astype(np.int32),
    )
    if status == highspy.HighsStatus.kError:
        raise SolverError("HiGHS refused the model")
    return h


def write_program(compiled: Compiled, columns: list[str], rows: list[str], path: Path) -> None:
    """Write a compiled model as a file whose ending tells the format: ``.lp`` or ``.mps``.

    Parameters
    ----------
    columns, rows : list of str
        Names in ASCII, without blanks, each of them once.

    Raises
    ------
    SolverError
        HiGHS refused the model or the names.
    """
    h = load(compiled, 1.0, Options())
    lp = h.getLp()
    lp.col_names_, lp.row_names_ = columns, rows
    ok = highspy.HighsStatus.kOk
    # A warning would mean other names than those given.
    if h.passModel(lp) == highspy.HighsStatus.kError or h.writeModel(str(path)) != ok:
        raise SolverError(f"HiGHS could not write the model as {path.suffix}")


def sense_of(maximize: bool) -> Any:
    """Return the solver's word for the sense of an objective."""
    return highspy.ObjSense.kMaximize if maximize else highspy.ObjSense.kMinimize


def run(h: highspy.Highs) -> None:
    """Run HiGHS, once more from nothing where it failed.

    Raises
    ------
    SolverError
        It failed again.
    """
    failed = (highspy.HighsModelStatus.kNotset, highspy.HighsModelStatus.kSolveError)
    h.run()
    if h.getModelStatus() in failed:
        # Seen after rows were added to a solved program: what was kept of it was the trouble.
        h.clearSolver()
        h.run()
    if h.getModelStatus() in failed:
        raise SolverError(f"HiGHS ended with {h.modelStatusToString(h.getModelStatus())}")
