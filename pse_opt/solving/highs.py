"""HiGHS: the only file that knows the solver."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable
from typing import Any

import highspy
import numpy as np
import numpy.typing as npt

from pse_opt.errors import SolverError
from pse_opt.solving.compiled import Compiled
from pse_opt.solving.interrupt import Stop
from pse_opt.solving.outcome import (
    PROVEN,
    Options,
    Outcome,
    Progress,
    Status,
    Termination,
    relative_gap,
    status_of,
)

__all__ = ["Options", "Outcome", "Progress", "least_violation", "run", "solver_version"]

Floats = npt.NDArray[np.float64]

POLISH_SECONDS = 30.0
"""Least time granted to the linear program that cleans the incumbent."""

logger = logging.getLogger(__name__)
_scheduler = threading.Lock()
_threads_in_use: int | None = None


class _Quiet(highspy.Highs):
    """HiGHS without the banner it prints when callbacks are enabled before output is off."""

    def enableCallbacks(self) -> None:  # noqa: N802 - the solver's own name
        self.setOptionValue("output_flag", False)
        super().enableCallbacks()  # type: ignore[no-untyped-call]


def solver_version() -> str:
    """Return the version of HiGHS."""
    return str(_Quiet().version())  # type: ignore[no-untyped-call]


def run(
    compiled: Compiled,
    options: Options,
    *,
    stop: Stop | None = None,
    progress: Callable[[Progress], None] | None = None,
    start: dict[int, float] | None = None,
) -> Outcome:
    """Solve a compiled model and polish the incumbent.

    After branch and bound the integers are rounded and fixed and the linear program is solved
    again: it cleans what leaked through tolerances, and gives duals. The bound stays the one of
    branch and bound.

    Parameters
    ----------
    compiled : Compiled
        The model.
    options : Options
        When to stop.
    stop : Stop, optional
        Looked at while solving; when raised, the incumbent is kept.
    progress : callable, optional
        Called a few times a second with a :class:`Progress`.
    start : dict of int to float, optional
        Values of integer columns to start from.
    """
    began = time.perf_counter()
    with _scheduler:
        _use_threads(options.threads)
        scale = _objective_scale(compiled)
        h = _load(compiled, scale, options)
        watch = _Watch(h, compiled, scale, stop, progress)
        if start:
            index = np.fromiter(start, dtype=np.int32, count=len(start))
            values = np.fromiter(start.values(), dtype=float, count=len(start))
            h.setSolution(len(start), index, values)
        _run(h)
        if h.getModelStatus() == highspy.HighsModelStatus.kUnboundedOrInfeasible:
            h.setOptionValue("presolve", "off")
            _run(h)
        if watch.error is not None:
            logger.warning("showing progress failed: %s", watch.error)
        return _outcome(h, compiled, scale, options, began)


def _use_threads(threads: int) -> None:
    """Keep one number of threads in the process: with two, HiGHS fails without saying so."""
    global _threads_in_use
    if _threads_in_use is not None and _threads_in_use != threads:
        highspy.Highs.resetGlobalScheduler(True)
    _threads_in_use = threads


def _objective_scale(compiled: Compiled) -> float:
    """Return a power of ten that brings the largest cost between 1 and 10,000."""
    largest = float(np.abs(compiled.cost).max(initial=0.0))
    if largest == 0.0 or 1.0 <= largest <= 1e4:
        return 1.0
    return float(10.0 ** -math.floor(math.log10(largest / (1e3 if largest > 1e4 else 1.0))))


def _load(compiled: Compiled, scale: float, options: Options) -> highspy.Highs:
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
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(compiled.columns), len(compiled.rows)
    lp.col_cost_, lp.offset_ = compiled.cost * scale, compiled.offset * scale
    lp.col_lower_, lp.col_upper_ = compiled.lower, compiled.upper
    lp.row_lower_, lp.row_upper_ = compiled.row_lower, compiled.row_upper
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = compiled.matrix.indptr
    lp.a_matrix_.index_ = compiled.matrix.indices
    lp.a_matrix_.value_ = compiled.matrix.data
    lp.sense_ = highspy.ObjSense.kMaximize if compiled.maximize else highspy.ObjSense.kMinimize
    if compiled.integer.any():
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        lp.integrality_ = [kinds[int(i)] for i in compiled.integer]
    if h.passModel(lp) == highspy.HighsStatus.kError:
        raise SolverError("HiGHS refused the model")
    return h


def _run(h: highspy.Highs) -> None:
    h.run()
    failed = (highspy.HighsModelStatus.kNotset, highspy.HighsModelStatus.kSolveError)
    if h.getModelStatus() in failed:
        raise SolverError(f"HiGHS ended with {h.modelStatusToString(h.getModelStatus())}")


class _Watch:
    """Progress out, and requests to stop in; its callbacks never raise."""

    def __init__(
        self,
        h: highspy.Highs,
        compiled: Compiled,
        scale: float,
        stop: Stop | None,
        progress: Callable[[Progress], None] | None,
    ) -> None:
        self.scale, self.stop, self.progress = scale, stop, progress
        self.worst = -math.inf if compiled.maximize else math.inf
        self.best_bound = -self.worst
        self.shown = 0.0
        self.error: Exception | None = None
        h.cbMipInterrupt += self.mip
        h.cbMipImprovingSolution += self.mip
        h.cbSimplexInterrupt += self.linear
        h.cbIpmInterrupt += self.linear

    def mip(self, event: Any) -> None:
        """Report bound and incumbent, and stop when asked to."""
        now = time.perf_counter()
        if self.progress is not None and now - self.shown > 0.2:
            self.shown = now
            out = event.data_out
            objective = self._number(out.mip_primal_bound)
            bound = self._number(out.mip_dual_bound)
            moment = Progress(
                float(out.running_time), objective, bound, relative_gap(objective, bound)
            )
            self._tell(moment)
        self.linear(event)

    def linear(self, event: Any) -> None:
        """Stop when asked to."""
        if self.stop:
            event.interrupt()

    def _number(self, value: float) -> float | None:
        return float(value) / self.scale if abs(value) < 1e29 else None

    def _tell(self, moment: Progress) -> None:
        try:
            assert self.progress is not None
            self.progress(moment)
        except Exception as error:  # an exception inside a callback would lose the incumbent
            self.error, self.progress = error, None


def _outcome(
    h: highspy.Highs,
    compiled: Compiled,
    scale: float,
    options: Options,
    began: float,
) -> Outcome:
    model = highspy.HighsModelStatus
    status, info = h.getModelStatus(), h.getInfo()
    is_mip = bool(compiled.integer.any())
    if status in (model.kInfeasible, model.kUnboundedOrInfeasible):
        return _nothing("infeasible", "infeasible", began)
    if status == model.kUnbounded:
        return _nothing("unbounded", "error", began)
    reasons: dict[Any, Termination] = {
        model.kTimeLimit: "time_limit",
        model.kInterrupt: "interrupted",
        model.kOptimal: "gap_reached",
        model.kModelEmpty: "gap_reached",
    }
    termination = reasons.get(status, "error")
    proven = status in (model.kOptimal, model.kModelEmpty)
    bound = float(info.mip_dual_bound if is_mip else info.objective_function_value)
    known = (is_mip or proven) and abs(bound) < 1e29
    bound_value = bound / scale if known else None
    if not proven and info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
        return _nothing("no_plan", termination, began, bound_value)
    values = np.array(h.getSolution().col_value, dtype=float)
    dual: Floats | None = None
    if is_mip:
        values, dual = _polish(h, compiled, values, scale)
    elif proven:
        dual = np.array(h.getSolution().row_dual, dtype=float) / scale
    objective = float(compiled.cost @ values + compiled.offset)
    bound_value = _sound(compiled, objective, bound_value)
    gap = relative_gap(objective, bound_value)
    found = status_of(gap, options.gap)
    if found == "feasible" and termination == "gap_reached":
        # The solver believes it is done, and its own figures do not bear it out.
        logger.warning("the solver ended with a gap it was not asked for; check units and sizes")
        termination = "error"
    return Outcome(
        found,
        termination,
        values,
        objective,
        bound_value,
        gap,
        dual,
        time.perf_counter() - began,
    )


def _sound(compiled: Compiled, objective: float, bound: float | None) -> float | None:
    """Return a bound on the right side of the objective, or None for one that cannot be true.

    A polished objective may pass the bound by a rounding error, never by more: a bound beyond the
    objective is the sign of numbers too far apart for the solver, and proves nothing.
    """
    if bound is None:
        return None
    rounding = 1e-9 * float(np.abs(compiled.cost).max(initial=0.0))
    if abs(objective - bound) <= rounding:
        return objective
    best = max if compiled.maximize else min
    if best(objective, bound) != objective:
        return bound
    return objective if (relative_gap(objective, bound) or 0.0) <= PROVEN else None


def _nothing(
    status: Status, termination: Termination, began: float, bound: float | None = None
) -> Outcome:
    elapsed = time.perf_counter() - began
    return Outcome(status, termination, None, None, bound, None, None, elapsed)


def _polish(
    h: highspy.Highs, compiled: Compiled, values: Floats, scale: float
) -> tuple[Floats, Floats | None]:
    """Round and fix the integers and solve the linear program that is left."""
    index = np.flatnonzero(compiled.integer).astype(np.int32)
    whole = np.round(values[index])
    h.clearCallbacks()
    kinds = np.zeros(len(index), dtype=np.uint8)
    h.changeColsIntegrality(len(index), index, kinds)
    h.changeColsBounds(len(index), index, whole, whole)
    h.setOptionValue("time_limit", h.getRunTime() + POLISH_SECONDS)
    h.run()
    if h.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        # Kept as branch and bound left it: feasible to its tolerance, and checked by verify.
        kept = values.copy()
        kept[index] = whole
        return kept, None
    solution = h.getSolution()
    polished = np.array(solution.col_value, dtype=float)
    polished[index] = whole
    return polished, np.array(solution.row_dual, dtype=float) / scale


def least_violation(
    compiled: Compiled, penalty: Floats, *, time_limit: float = 20.0
) -> Floats | None:
    """Return by how much each row must give way for all rows to hold, at the least penalty.

    Parameters
    ----------
    compiled : Compiled
        An infeasible model.
    penalty : ndarray, shape (rows,)
        Price of a unit of violation of each row; -1 for rows that must hold.

    Returns
    -------
    ndarray or None, shape (rows,)
        Violations, or None if the hard rows alone cannot hold (or no answer came in time).
    """
    with _scheduler:
        _use_threads(_threads_in_use or 0)
        h = _load(
            compiled, 1.0, Options(gap=1e-4, time_limit=time_limit, threads=_threads_in_use or 0)
        )
        h.feasibilityRelaxation(-1.0, -1.0, 1.0, None, None, penalty)
        values = np.array(h.getSolution().col_value, dtype=float)
    if values.size != len(compiled.columns) or not np.isfinite(values).all():
        return None
    activity = compiled.matrix @ values
    violation = np.maximum(compiled.row_lower - activity, activity - compiled.row_upper)
    violation = np.maximum(violation, 0.0)
    if violation[penalty < 0].max(initial=0.0) > 1e-5:
        return None
    return np.asarray(violation)
