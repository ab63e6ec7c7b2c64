"""Prices of coupling rows from the linear programs of the parts, and a relaxation of the whole.

A dense row over all columns makes the linear program of the whole many times as slow as those of
its parts. At given prices these are solved apart, each from where it ended at the prices before;
what they say is a cutting plane for the next prices (``pool``), and their mixture that keeps the
coupling rows is a solution of the whole (Dantzig and Wolfe 1960).
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from pse_opt.solving.compiled import Linear
from pse_opt.solving.covers import covered
from pse_opt.solving.cuts import Cut
from pse_opt.solving.decomposition.coupling import Coupling
from pse_opt.solving.decomposition.pool import Pool
from pse_opt.solving.interrupt import Stop
from pse_opt.solving.linking import Rows
from pse_opt.solving.outcome import Options

__all__ = ["Relaxed", "relaxed"]

Floats = npt.NDArray[np.float64]

ROUNDS = 60
ENOUGH = 1e-5
"""What other prices have to promise for another round, relative to the bound."""
SHARE = 0.3
"""Share of the time that all rounds may take."""
GROW, SHRINK = 2.0, 0.5
"""How the region of next prices adapts to whether they were better."""


@dataclass(frozen=True, eq=False)
class Relaxed:
    """The relaxation of a coupled model.

    Attributes
    ----------
    coupling : Coupling
        With the linking rows that count, where there are very many.
    rows : ndarray or None
        Which rows of the whole these are; None where all are there.
    prices : ndarray, shape (coupling rows,)
        The best ones found.
    bound : float
        Of the objective.
    values, reduced : ndarray, shape (columns,)
        A solution of the whole, or of the parts at the prices where time was short, and reduced
        costs at the prices.
    dual : ndarray, shape (rows,)
        Duals of all rows.
    cuts : list of Cut
        Rows that say how many offers floors take, which the bound counts with.
    """

    coupling: Coupling
    rows: npt.NDArray[np.int64] | None
    prices: Floats
    bound: float
    values: Floats
    reduced: Floats
    dual: Floats
    cuts: list[Cut]


@dataclass(frozen=True, eq=False)
class _Look:
    """What the parts say at some prices."""

    prices: Floats
    bound: float
    values: Floats
    reduced: Floats
    dual: Floats


class _Looks:
    """The linear programs of the parts."""

    def __init__(self, coupling: Coupling, options: Options, stop: Stop) -> None:
        self.coupling, self.stop = coupling, stop
        self.pool = Pool(coupling, options)
        self.end = time.perf_counter() + SHARE * options.time_limit
        shorter = replace(options, time_limit=SHARE * options.time_limit, threads=1)
        self.parts = [Rows(p.compiled, shorter, stop) for p in coupling.parts]

    @property
    def over(self) -> bool:
        """Whether time is up or somebody asked to stop."""
        return bool(self.stop) or time.perf_counter() >= self.end

    def at(self, prices: Floats) -> _Look | None:
        """Solve the parts at some prices; None where one has no solution, or no time is left."""
        coupling = self.coupling
        priced = coupling.priced(prices)
        bound = priced.offset
        values, reduced = np.zeros(len(priced.cost)), np.zeros(len(priced.cost))
        dual = np.zeros(len(priced.rows))
        dual[coupling.rows] = prices
        for k, (part, rows) in enumerate(zip(coupling.parts, self.parts, strict=True)):
            rows.session.seek(Linear(priced.cost[part.columns], 0.0, priced.maximize))
            answer = rows.run()
            if answer.state != "optimal" or answer.values is None or answer.bound is None:
                return None
            assert answer.reduced_cost is not None
            assert answer.row_dual is not None
            bound += answer.bound
            mine = values[part.columns] = answer.values[: part.columns.size]
            self.pool.add(k, mine)
            reduced[part.columns] = answer.reduced_cost[: part.columns.size]
            dual[part.rows[rows.rest]] = answer.row_dual
        return _Look(prices, bound, values, reduced, dual)

    def covered(self, best: _Look) -> tuple[float, list[Cut]]:
        """Return the bound with rows for floors added to each part, and these rows."""
        coupling, cuts = self.coupling, list[Cut]()
        priced = coupling.priced(best.prices)
        bound = priced.offset
        for part, rows in zip(coupling.parts, self.parts, strict=True):
            rows.session.seek(Linear(priced.cost[part.columns], 0.0, priced.maximize))
            answer = rows.session.run()
            if answer.values is None or answer.state != "optimal":
                return best.bound, cuts
            answer, mine = covered(rows.session, part.compiled, answer)
            if answer.bound is None:
                return best.bound, []
            bound += answer.bound
            cuts += [c._replace(columns=part.columns[c.columns]) for c in mine]
        better = coupling.sign * (bound - best.bound) > 0.0
        return (bound if better else best.bound), cuts


def relaxed(coupling: Coupling, options: Options, stop: Stop) -> Relaxed | None:
    """Return the relaxation of a coupled model, by its parts.

    Parameters
    ----------
    coupling : Coupling
        The model.
    options : Options
        Of the whole solve; this takes a part of its time.
    stop : Stop
        Looked at between linear programs.

    Returns
    -------
    Relaxed or None
        None where a part has no solution without prices, or time is up before there is one, and
        where parts together have none.
    """
    looks = _Looks(coupling, options, stop)
    best = looks.at(np.zeros(coupling.rows.size))
    if best is None:
        return None
    radius = _first(coupling, looks.pool, best.bound)
    for _ in range(ROUNDS):
        found = looks.pool.suggest(best.prices, radius)
        if found is None or looks.over:
            break
        prices, promised = found
        gain = coupling.sign * (promised - best.bound)
        if gain <= ENOUGH * max(abs(best.bound), 1e-9):
            break
        look = looks.at(prices)
        if look is None:
            break
        if coupling.sign * (look.bound - best.bound) > 0.0:
            best, radius = look, radius * GROW
        else:
            radius = radius * SHRINK
    values = looks.pool.choose(stop, mixed=True)
    if values is None and not looks.over:
        return None
    if values is None:  # no time to find what keeps the coupling rows, but a bound all the same
        values = best.values
    bound, cuts = looks.covered(best)
    thin, rows = coupling, None
    if any(r.mine.size for r in looks.parts):
        thin, rows = coupling.thin([r.thin.rows for r in looks.parts])
    return Relaxed(thin, rows, best.prices, bound, values, best.reduced, best.dual, cuts)


def _first(coupling: Coupling, pool: Pool, bound: float) -> Floats:
    """Return half the width of the first region: what all costs over what all take."""
    used = sum((np.abs(uses[-1]) for uses in pool.uses), np.zeros(coupling.rows.size))
    size = abs(coupling.matrix).max(axis=1).toarray().ravel()
    return np.asarray(max(abs(bound), 1e-6) / np.maximum(used, size))
