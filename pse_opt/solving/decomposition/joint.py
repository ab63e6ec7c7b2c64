"""The whole of a coupled model while it is solved: its plan, its bound, the clock, what is told."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from pse_opt.solving.decomposition.coupling import Coupling
from pse_opt.solving.decomposition.pool import Pool
from pse_opt.solving.decomposition.prices import relaxed
from pse_opt.solving.interrupt import Stop
from pse_opt.solving.linking import Thin
from pse_opt.solving.local_search.large import Large
from pse_opt.solving.local_search.mending import KEPT
from pse_opt.solving.outcome import Options, Outcome, Progress, Termination, relative_gap

__all__ = ["Joint"]

Floats = npt.NDArray[np.float64]


class Joint:
    """One solve of a coupled model.

    Parameters
    ----------
    coupling : Coupling
        The model.
    options, stop, progress
        As in the direct strategy.
    start : dict of int to float or None
        Values of integer columns to start from.

    Attributes
    ----------
    full, coupling : Coupling
        With all rows; and with the linking rows that count in the relaxation, where there are very
        many.
    whole : Large
        The whole model, with its plan and bound.
    pool : Pool
        Plans of the parts.
    halt : Stop
        Ends all that runs.
    """

    def __init__(
        self,
        coupling: Coupling,
        options: Options,
        stop: Stop | None,
        progress: Callable[[Progress], None] | None,
        start: dict[int, float] | None,
    ) -> None:
        self.full = self.coupling = coupling
        self.options, self.progress = options, progress
        self.asked, self.halt, self.start = stop, Stop(stop), start
        self.began = time.perf_counter()
        self.end = self.began + options.time_limit
        self.whole = Large(coupling.compiled, replace(options, threads=1), self.halt, start)
        self.pool = Pool(coupling, options)
        self.size = abs(coupling.matrix).max(axis=1).toarray().ravel()
        self.lock = threading.Lock()

    def relax(self) -> Floats | None:
        """Solve the relaxation; return prices of the coupling rows, or None where there are none.

        The whole knows its bound and its solution from then on.
        """
        found = relaxed(self.coupling, self.options, self.halt)
        whole = self.whole
        if found is None:
            whole.look()
            if whole.local is None or whole.dual is None:
                return None
            return self.coupling.possible(whole.dual[self.coupling.rows])
        if found.rows is not None:
            self.coupling = found.coupling
            self.pool = Pool(self.coupling, self.options)
        rows = found.rows
        whole.load(None if rows is None else Thin(whole.compiled, found.coupling.compiled, rows))
        whole.tighten(found.bound)
        whole.bounded = True
        dual = np.concatenate((found.dual, np.zeros(len(found.cuts))))
        whole.know(found.values, found.reduced, dual, found.cuts)
        return found.prices

    def begin(self) -> None:
        """Hold the start, if there is one."""
        assert self.whole.local is not None
        if self.start:
            values = self.whole.local.values.copy()
            values[list(self.start)] = list(self.start.values())
            self.hold(values)
        self.tell()

    @property
    def left(self) -> float:
        """Seconds left, and a moment at least."""
        return max(self.end - time.perf_counter(), 1e-3)

    @property
    def over(self) -> bool:
        """Whether time is up or somebody asked to stop."""
        return bool(self.halt) or time.perf_counter() >= self.end

    def within(self, objective: float | None) -> bool:
        """Return whether an objective is within the gap of the bound."""
        gap = relative_gap(objective, self.whole.bound)
        return gap is not None and gap <= self.options.gap

    @property
    def reached(self) -> bool:
        """Whether the plan is within the gap of the bound."""
        return self.within(self.whole.best)

    @property
    def ended(self) -> bool:
        """Whether nothing is left to be done, or no time to do it."""
        return self.over or self.reached or self.whole.ended is not None

    @property
    def open(self) -> float:
        """What lies between plan and bound, or what may, where there is no plan."""
        bound = self.whole.bound or 0.0
        return min(self.whole.missing, max(10.0 * self.options.gap, 1e-6) * abs(bound))

    @property
    def usual(self) -> Floats:
        """What all costs over what all may take of each coupling row: the size of a price."""
        limits = np.maximum(self.coupling.lower, -self.coupling.upper)
        limits = np.where(np.isfinite(limits), np.abs(limits), 0.0)
        return np.asarray(abs(self.whole.bound or 1.0) / np.maximum(limits, self.size))

    def broken(self, use: Floats) -> Floats:
        """Return by how much some use breaks each coupling row."""
        above, below = use - self.coupling.upper, self.coupling.lower - use
        return np.maximum(np.maximum(above, below), 0.0)

    def hold(self, values: Floats) -> bool:
        """Hold the plan with the whole numbers of some values; return whether it is better."""
        before = self.whole.best
        kept = float(self.whole.compiled.violation(values).max(initial=0.0)) <= KEPT
        self.whole.hold(values, kept=kept)
        if self.whole.plan is None or self.whole.best == before:
            return False
        self.pool.add_whole(self.whole.plan)
        self.tell()
        return True

    def tell(self) -> None:
        """Report the best plan and the bound."""
        if self.progress is None:
            return
        with self.lock:
            best, bound = self.whole.best, self.whole.bound
            elapsed = time.perf_counter() - self.began
            self.progress(Progress(elapsed, best, bound, relative_gap(best, bound)))

    def told(self, outcome: Outcome) -> Outcome:
        """Return an outcome with the time of the whole solve, and why it ended."""
        ended: Termination = outcome.termination
        if outcome.status in ("optimal", "within_gap"):
            ended = "gap_reached"
        elif self.asked and ended not in ("infeasible", "error"):
            ended = "interrupted"
        return replace(outcome, termination=ended, seconds=time.perf_counter() - self.began)
