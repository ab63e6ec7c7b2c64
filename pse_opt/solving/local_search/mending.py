"""A plan that misses floors, targets or minimum volumes, searched around what it misses."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from pse_opt.solving.compiled import Compiled, families_of
from pse_opt.solving.elastic import elastic
from pse_opt.solving.interrupt import Stop
from pse_opt.solving.local_search.crew import solve_piece
from pse_opt.solving.local_search.local import LONG, Local
from pse_opt.solving.outcome import Options

__all__ = ["KEPT", "mended", "missing", "softened"]

Floats = npt.NDArray[np.float64]

WHOLE = 1e-6
KEPT = 1e-6
"""By how much a row may be broken."""
GIVING = (
    "coverage_floor",
    "coverage_target",
    "minimum_volume",
    "equalization_bound",
    "budgets",
    "total_budget",
)
"""Families that a rounding may miss before it is mended."""
DEAR = 10.0
"""What missing them costs, in units of the greatest cost of a decision."""
TRIES = 3
"""Searches around one thing that is missed."""
PLACES = 1_000
"""Searches for a row of very many decisions, each in another place."""


def softened(compiled: Compiled) -> Compiled:
    """Return a model whose floors, targets and minimum volumes may be missed, at a high price."""
    giving = np.isin(families_of(compiled.rows), GIVING)
    groups = np.where(giving, np.cumsum(giving) - 1, -1)
    soft = elastic(compiled, groups)
    prices = np.full(int(giving.sum()), DEAR * float(np.abs(compiled.cost).max(initial=1.0)))
    rows = np.flatnonzero(giving)
    for k in np.flatnonzero(np.diff(compiled.matrix.indptr)[rows] > LONG):
        # A row of all, in a unit of its own: what its decisions cost there counts.
        at = slice(*compiled.matrix.indptr[rows[k] : rows[k] + 2])
        worth = np.abs(compiled.cost[compiled.matrix.indices[at]])
        unit = np.abs(compiled.matrix.data[at])
        some = (worth > 0.0) & (unit > 0.0)
        if some.any():
            dear = DEAR * float(np.median(worth[some] / unit[some]))
            prices[k] = max(prices[k], dear)
    more = np.repeat(prices, 2)
    sign = -1.0 if compiled.maximize else 1.0
    cost = np.concatenate((compiled.cost, sign * more))
    return replace(soft, cost=cost, maximize=compiled.maximize)


def missing(soft: Compiled, guess: Floats) -> Floats:
    """Return values of a softened model: a guess, and by how much it misses what may be missed.

    Other rows are as the guess leaves them.
    """
    columns = len(guess)
    values = np.concatenate((guess, np.zeros(len(soft.columns) - columns)))
    activity = soft.matrix[:, :columns] @ guess
    row, column = soft.matrix[:, columns:].tocoo().coords
    below = np.maximum(soft.row_lower - activity, 0.0)[row]
    above = np.maximum(activity - soft.row_upper, 0.0)[row]
    # Of the two columns of a row the first is what it lacks, the second what is too much.
    values[columns + column] = np.where(column % 2 == 0, below, above)
    return values


def mended(
    soft: Compiled, columns: int, values: Floats, end: float, options: Options, stop: Stop
) -> Floats:
    """Search around what is missed until nothing is, or time is up."""
    values = values.copy()
    values[soft.integer] = np.round(values[soft.integer])
    local = Local(soft, options, values)
    local.kernel = soft.integer.copy()
    # By how much long rows are missed may change in every search, wherever it is.
    wide = np.isin(np.arange(len(values)), np.unique(local.by_long.indices)) & ~soft.integer
    wide[:columns] = False
    local.common |= wide
    tries: dict[int, int] = {}
    while time.perf_counter() < end and not stop:
        missed = np.flatnonzero(local.values[columns:] > WHOLE) + columns
        missed = missed[[tries.get(int(k), 0) < (PLACES if wide[k] else TRIES) for k in missed]]
        if not missed.size:
            break
        worst = int(missed[np.argmax(local.values[missed])])
        tries[worst] = tries.get(worst, 0) + 1
        here = np.zeros(len(local.values), dtype=bool)
        here[worst] = True
        around = np.flatnonzero(local.near(local.near(local.near(here))) & soft.integer)
        if wide[worst]:
            engaged = np.flatnonzero(soft.integer & (local.values > 0.5) & (local.tried == 0))
            around = local.random.permutation(engaged)[:1]
        if around.size:
            place = local.place(around)
            piece = local.piece(place, 0.5 * options.gap, end - time.perf_counter())
            local.take(place, solve_piece(piece, stop))
    return local.values[:columns]
