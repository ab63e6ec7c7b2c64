"""An infeasible model whose rows give way as little as possible."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from pse_opt.solving import direct
from pse_opt.solving.compiled import Compiled
from pse_opt.solving.highs import Session
from pse_opt.solving.labels import extended
from pse_opt.solving.outcome import Options

__all__ = ["blamed", "elastic", "least_change"]

Floats = npt.NDArray[np.float64]

GAP = 1e-4
"""Relative gap: changes are told to three or more digits."""
ZERO = 1e-9
"""Duals below this are rounding errors of the solver."""
SOME = 1e-6
"""Sum of violations from which on a linear program is infeasible without them."""
HARD = 1e-5
"""Violation of a row that must hold from which on it does not."""


def least_change(
    compiled: Compiled,
    groups: npt.NDArray[np.int64],
    *,
    prices: Floats | None = None,
    time_limit: float,
    threads: int = 0,
) -> tuple[Floats, float] | None:
    """Return values of the columns for which some rows give way as little as possible.

    Parameters
    ----------
    compiled : Compiled
        An infeasible model; its convex rules are kept.
    groups : ndarray, shape (rows,)
        Number of each row that may give way; rows of one number do so together, by the same
        amount. The sum of these amounts is made small. -1 for rows that must hold.
    prices : ndarray, shape (groups,), optional
        What one unit of each group costs, in its rows' own units; by default 1.
    time_limit : float
        Seconds.
    threads : int
        Of the solver; 0: its choice.

    Returns
    -------
    ndarray, shape (columns,)
        Values.
    float
        What they cost at the prices.

    or None if the hard rows alone cannot hold (or no answer came in time).
    """
    outcome = direct.run(elastic(compiled, groups, prices), Options(GAP, time_limit, threads, 0))
    if outcome.values is None or outcome.objective is None:
        return None
    values: Floats = outcome.values[: len(compiled.columns)]
    if compiled.violation(values)[groups < 0].max(initial=0.0) > HARD:
        return None
    return values, outcome.objective


def blamed(
    compiled: Compiled, groups: npt.NDArray[np.int64], *, time_limit: float, threads: int = 0
) -> npt.NDArray[np.bool_] | None:
    """Return the rows on which one proof rests that there is no plan.

    The duals of the linear program whose rows give way at the least price combine its rows to a
    contradiction. As long as none of these rows gives way the contradiction stays, whatever other
    rows do.

    Returns
    -------
    ndarray of bool or None, shape (rows,)
        None where fractions of offers would do, or no answer came in time.
    """
    session = Session(elastic(compiled, groups), Options(GAP, time_limit, threads, 0))
    session.relax()
    answer = session.run()
    if answer.state != "optimal" or answer.row_dual is None or (answer.bound or 0.0) <= SOME:
        return None
    return np.asarray(np.abs(answer.row_dual) > ZERO)


def elastic(
    compiled: Compiled, groups: npt.NDArray[np.int64], prices: Floats | None = None
) -> Compiled:
    """Return the model with two more columns for each group: by how much its rows give way.

    The objective is what that costs, at 1 for each unit of a row where no prices are given.
    """
    more = 2 * (int(groups.max()) + 1)
    low = np.flatnonzero((groups >= 0) & np.isfinite(compiled.row_lower))
    high = np.flatnonzero((groups >= 0) & np.isfinite(compiled.row_upper))
    entries = np.concatenate((np.ones(low.size), -np.ones(high.size)))
    at = (np.concatenate((low, high)), np.concatenate((2 * groups[low], 2 * groups[high] + 1)))
    slack = sp.csr_array((entries, at), shape=(len(compiled.rows), more))
    columns = len(compiled.columns)
    costs = np.ones(more) if prices is None else np.repeat(prices, 2)
    return Compiled(
        extended(compiled.columns, more),
        compiled.rows,
        np.concatenate((np.zeros(columns), costs)),
        0.0,
        False,
        sp.csr_array(sp.hstack((compiled.matrix, slack), format="csr")),
        compiled.row_lower,
        compiled.row_upper,
        np.concatenate((compiled.lower, np.zeros(more))),
        np.concatenate((compiled.upper, np.full(more, np.inf))),
        np.concatenate((compiled.integer, np.zeros(more, dtype=bool))),
        compiled.rules,
    )
