"""The linear program left once all whole numbers are fixed: its duals, and how far each holds.

HiGHS gives no duals of a mixed-integer program; those of this linear program are prices with the
engagements fixed, and say nothing of what other engagements would save.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from pse_opt.solving import direct
from pse_opt.solving.compiled import Compiled
from pse_opt.solving.held import with_fixed
from pse_opt.solving.highs import Session
from pse_opt.solving.outcome import Options
from pse_opt.solving.search import Gaps, Search

__all__ = ["Prices", "prices_of"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Prices:
    """An optimum of the linear program, and what its rows are worth.

    Attributes
    ----------
    objective : float
        Of the linear program.
    values : ndarray, shape (columns,)
        Of the columns.
    dual : ndarray, shape (rows,)
        What a unit more of each row's limit changes the objective by.
    activity, limit, low, high : ndarray, shape (rows,)
        Value of each row, its limit, and the limits down and up to which the dual holds; not a
        number where the solver does not tell. Where one of them is the limit itself the dual holds
        in the other direction alone. They mean nothing where the dual is 0.
    upper : ndarray of bool, shape (rows,)
        Whether the limit is a greatest value.
    """

    objective: float
    values: Floats
    dual: Floats
    activity: Floats
    limit: Floats
    low: Floats
    high: Floats
    upper: npt.NDArray[np.bool_]


def prices_of(
    compiled: Compiled, fixed: dict[int, float], *, time_limit: float, threads: int = 1
) -> Prices | None:
    """Fix columns and every whole number, and price the rows of what is left.

    Parameters
    ----------
    compiled : Compiled
        A model.
    fixed : dict of int to float
        Values of the columns to fix; whole numbers not among them are decided first.
    time_limit : float
        Seconds for each solve.
    threads : int
        Of the solver.

    Returns
    -------
    Prices or None
        None where no plan has these values.
    """
    left = with_fixed(compiled, fixed)
    options = Options(1e-6, time_limit, threads, 0)
    if left.integer.any():
        outcome = direct.run(left, options)
        if outcome.values is None:
            return None
        at = np.flatnonzero(left.integer).tolist()
        left = with_fixed(left, {k: float(outcome.values[k]) for k in at})
    session = Session(replace(left, then=()), options)
    found = Search(session, Gaps(0.0), left.cutters()).run()
    if found.values is None or found.row_dual is None:
        return None
    ranges = session.ranges()
    unknown = np.full(len(left.rows), np.nan)
    low, high = (unknown, unknown) if ranges is None else ranges
    assert found.objective is not None
    activity = np.asarray(left.matrix @ found.values)
    upper = np.isfinite(left.row_upper)
    limit = np.where(upper, left.row_upper, left.row_lower)
    return Prices(found.objective, found.values, found.row_dual, activity, limit, low, high, upper)
