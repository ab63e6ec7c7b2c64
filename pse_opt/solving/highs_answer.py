"""What a run of HiGHS says, in words and numbers of ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import highspy
import numpy as np
import numpy.typing as npt

from pse_opt.solving.outcome import Termination

__all__ = ["Answer", "answer_of"]

Floats = npt.NDArray[np.float64]

_TERMINATIONS: Mapping[Any, Termination] = {
    highspy.HighsModelStatus.kTimeLimit: "time_limit",
    highspy.HighsModelStatus.kInterrupt: "interrupted",
    highspy.HighsModelStatus.kOptimal: "gap_reached",
    highspy.HighsModelStatus.kModelEmpty: "gap_reached",
}


@dataclass(frozen=True, eq=False)
class Answer:
    """What one run of the solver says; unknown numbers are None.

    Attributes
    ----------
    state : str
        ``optimal`` (to the gap asked for), ``infeasible``, ``unbounded``, or ``stopped``.
    termination : str
        Why the run ended.
    values : ndarray or None, shape (columns,)
        The incumbent, with the columns added since.
    bound : float or None
        Bound of branch and bound, or the objective of a linear program solved to the end.
    row_dual : ndarray or None, shape (rows,)
        Duals of a linear program solved to the end, those of the compiled rows.
    reduced_cost : ndarray or None, shape (columns,)
        What a unit more of each column would cost in a linear program solved to the end.
    """

    state: Literal["optimal", "infeasible", "unbounded", "stopped"]
    termination: Termination
    values: Floats | None = None
    bound: float | None = None
    row_dual: Floats | None = None
    reduced_cost: Floats | None = None


def answer_of(h: highspy.Highs, rows: int, scale: float, *, mixed: bool) -> Answer:
    """Return what the last run says.

    Parameters
    ----------
    h : Highs
        The solver.
    rows : int
        How many of its rows are those of the model.
    scale : float
        What its objective was multiplied by.
    mixed : bool
        Whether it was branch and bound.
    """
    model = highspy.HighsModelStatus
    status, info = h.getModelStatus(), h.getInfo()
    if status in (model.kInfeasible, model.kUnboundedOrInfeasible):
        return Answer("infeasible", "infeasible")
    if status == model.kUnbounded:
        return Answer("unbounded", "error")
    proven = status in (model.kOptimal, model.kModelEmpty)
    bound = float(info.mip_dual_bound if mixed else info.objective_function_value)
    known = (mixed or proven) and abs(bound) < 1e29
    held = proven or info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    solution = h.getSolution() if held else None
    values = None if solution is None else np.array(solution.col_value, dtype=float)
    dual = reduced = None
    if solution is not None and proven and not mixed:
        dual = np.array(solution.row_dual, dtype=float)[:rows] / scale
        reduced = np.array(solution.col_dual, dtype=float) / scale
    return Answer(
        "optimal" if proven else "stopped",
        _TERMINATIONS.get(status, "error"),
        values,
        bound / scale if known else None,
        dual,
        reduced,
    )
