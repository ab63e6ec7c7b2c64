"""Neighbourhoods of a plan, searched one after the other (Shaw 1998).

All engagements around one of them are decided again by branch and bound, and the deliveries of who
they serve; what is further away stays as it is.
"""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from pse_opt.solving.compiled import Compiled
from pse_opt.solving.highs import Session
from pse_opt.solving.interrupt import Stop
from pse_opt.solving.outcome import Options

__all__ = ["Local"]

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int64]

SIZE, LEAST, MOST = 120, 40, 600
"""Engagements that a local search decides on: at first, and within which it adapts."""
QUICK, SLOW = 1.0, 8.0
"""Seconds of a local search below which the next is larger, and after which it ends."""
LONG = 100
"""Rows with more columns than this do not make neighbours."""


class Local:
    """Searches of neighbourhoods of a plan.

    Parameters
    ----------
    compiled : Compiled
        The model.
    options : Options
        Gap, threads and seed of the searches.
    values : ndarray, shape (columns,)
        The plan to start from.
    stop : Stop, optional
        Looked at before every search and within it.
    size : int
        Engagements that a search decides on at first.
    steady : bool
        Whether it stays so; otherwise there are more where searches are quick, fewer where slow.

    Attributes
    ----------
    values : ndarray, shape (columns,)
        The plan, improved in place.
    kernel : ndarray of bool, shape (columns,)
        Engagements to decide on; the others stay as they are.
    """

    def __init__(
        self,
        compiled: Compiled,
        options: Options,
        values: Floats,
        stop: Stop | None,
        *,
        size: int = SIZE,
        steady: bool = False,
    ) -> None:
        self.compiled, self.options, self.stop = compiled, options, stop
        self.values = values.copy()
        self.random = np.random.default_rng(options.seed)
        self.kernel: Flags = compiled.integer & (values > 0.5)
        self.size, self.steady = size, steady
        matrix = compiled.matrix
        short = np.flatnonzero(np.diff(matrix.indptr) <= LONG)
        pattern = sp.csr_array(matrix[short])
        pattern.data = np.ones_like(pattern.data)
        self.rows, self.columns = pattern, sp.csr_array(pattern.T)
        self.by_column = sp.csc_array(matrix)

    def sweep(self, end: float, enough: float | None = None) -> bool:
        """Search around every engagement once, until time is up; return whether that helped.

        Parameters
        ----------
        end : float
            When time is up, by ``time.perf_counter``.
        enough : float, optional
            Objective at which the rest is left out.
        """
        waiting = self.kernel.copy()
        better = False
        while waiting.any() and time.perf_counter() < end and not self.stop:
            if enough is not None and self._reaches(enough):
                break
            seed = int(self.random.choice(np.flatnonzero(waiting)))
            inside = self.around(np.array([seed]))
            waiting &= ~inside
            waiting[seed] = False
            better |= self.decide(inside, end)
        return better

    def _reaches(self, objective: float) -> bool:
        held = float(self.compiled.cost @ self.values)
        return held >= objective if self.compiled.maximize else held <= objective

    def near(self, columns: Flags) -> Flags:
        """Return the columns that share a row with some."""
        return np.asarray((self.columns @ ((self.rows @ columns.astype(float)) > 0.0)) > 0.0)

    def around(self, seeds: Integers) -> Flags:
        """Return the engagements nearest to some, by the needs that they share."""
        inside = np.zeros(len(self.values), dtype=bool)
        inside[self.random.permutation(seeds)[: self.size]] = True
        while (room := self.size - int(inside.sum())) > 0:
            ring = self.near(self.near(self.near(inside)))
            ring &= self.kernel & ~inside
            found = np.flatnonzero(ring)
            if not found.size:
                break
            inside[self.random.permutation(found)[:room]] = True
        return inside

    def decide(self, inside: Flags, end: float) -> bool:
        """Solve the model of some engagements and the deliveries around; return whether better."""
        compiled = self.compiled
        near = self.near(self.near(self.near(inside)))
        at = np.flatnonzero(inside | (near & ~compiled.integer))
        began = time.perf_counter()
        seconds = min(SLOW, max(end - began, 1e-3))
        options = replace(self.options, time_limit=seconds)
        session = Session(self._part(at), options, stop=self.stop)
        session.aim(0.5 * self.options.gap)
        now = self.values[at]
        whole = np.flatnonzero(compiled.integer[at])
        session.start(dict(zip(whole.tolist(), now[whole].tolist(), strict=True)))
        found = session.run()
        taken = time.perf_counter() - began
        factor = 1.25 if taken < QUICK else (0.7 if taken >= 0.9 * SLOW else 1.0)
        if not self.steady:
            self.size = int(np.clip(self.size * factor, LEAST, MOST))
        if found.values is None:
            return False
        values = found.values.copy()
        values[whole] = np.round(values[whole])
        gain = float(compiled.cost[at] @ (now - values))
        gain = -gain if compiled.maximize else gain
        if gain <= 1e-9 * max(abs(float(compiled.cost @ self.values)), 1.0):
            return False
        self.values[at] = values
        return True

    def _part(self, at: Integers) -> Compiled:
        """Return the model of some columns, with all others as they are."""
        compiled = self.compiled
        columns = self.by_column[:, at]
        rows = np.unique(columns.indices)
        matrix = sp.csr_array(sp.csr_array(columns)[rows])
        now = self.values[at]
        activity = compiled.matrix[rows] @ self.values
        other = activity - matrix @ now
        return Compiled(
            [compiled.columns[k] for k in at],
            [compiled.rows[k] for k in rows],
            compiled.cost[at],
            0.0,
            compiled.maximize,
            matrix,
            # The plan keeps rows to a tolerance, and must stay possible.
            np.minimum(compiled.row_lower[rows], activity) - other,
            np.maximum(compiled.row_upper[rows], activity) - other,
            np.minimum(compiled.lower[at], now),
            np.maximum(compiled.upper[at], now),
            compiled.integer[at],
        )
