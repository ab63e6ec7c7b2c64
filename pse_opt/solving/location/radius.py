"""The greatest travel made least: is everyone within this distance of what is engaged?

For p-center and its like the compact model has next to no bound. The answer is one of the distances
that are there, and for each of them the question is a covering problem, which is easy beside it
(Minieka 1970): first with linear programs, whose least feasible distance is a bound, then with
whole numbers, upwards from there in growing steps and then by halves.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from pse_opt.solving import direct
from pse_opt.solving.compiled import Compiled
from pse_opt.solving.interrupt import Stop
from pse_opt.solving.location.covering import completed
from pse_opt.solving.location.distances import CLOSE, Covering, Radius, radius_of
from pse_opt.solving.outcome import Options, Outcome, Progress, Termination, relative_gap, status_of

__all__ = ["radius_of", "run"]

Floats = npt.NDArray[np.float64]


def run(
    compiled: Compiled,
    options: Options,
    *,
    stop: Stop | None = None,
    progress: Callable[[Progress], None] | None = None,
    start: dict[int, float] | None = None,
    radius: Radius | None = None,
) -> Outcome:
    """Solve a compiled model by covering problems; parameters as in the direct strategy.

    A model that is not of this kind is solved directly.
    """
    found = radius_of(compiled) if radius is None else radius
    if found is None:
        return direct.run(compiled, options, stop=stop, progress=progress, start=start)
    return _Search(found, options, stop, progress).run()


class _Search:
    """One search: which distances are too short, and the best plan so far."""

    def __init__(
        self,
        radius: Radius,
        options: Options,
        stop: Stop | None,
        progress: Callable[[Progress], None] | None,
    ) -> None:
        self.radius, self.options, self.stop, self.progress = radius, options, stop, progress
        self.began = time.perf_counter()
        self.candidates = radius.candidates
        self.low, self.high = 0, len(self.candidates)
        self.best: Outcome | None = None

    def run(self) -> Outcome:
        """Search until the answer is proven or time is up."""
        if self._answer(len(self.candidates) - 1, whole=False) is False:
            return self._outcome("infeasible")
        self._bisect(whole=False)
        self.high, step = len(self.candidates), 1
        while self.high == len(self.candidates) and self.low < self.high:
            known = self._answer(min(self.low + step - 1, self.high - 1), whole=True)
            if known is None:
                return self._outcome("time_limit")
            step *= 2
        return self._outcome("gap_reached" if self._bisect(whole=True) else "time_limit")

    def _bisect(self, *, whole: bool) -> bool:
        """Halve what is undecided; return whether nothing is."""
        while self.low < self.high:
            if self._answer((self.low + self.high) // 2, whole=whole) is None:
                return False
        return True

    @property
    def left(self) -> float:
        """Seconds left."""
        return self.options.time_limit - (time.perf_counter() - self.began)

    def _answer(self, k: int, *, whole: bool) -> bool | None:
        """Whether everyone can be within a distance; None where there was no time to tell."""
        limit = float(self.candidates[k])
        covering = self.radius.within(limit)
        if covering.lost:
            self.low = max(self.low, k + 1)
            return False
        if self.left <= 0 or self.stop:
            return None
        model = covering.compiled
        if not whole:
            model = replace(model, integer=np.zeros_like(model.integer))
        options = replace(self.options, gap=0.0, time_limit=self.left)
        found = direct.run(model, options, stop=self.stop)
        if found.status == "infeasible":
            self.low = max(self.low, k + 1)
            return False
        if found.values is None:
            return None
        self.high = min(self.high, k)
        if whole:
            self._keep(covering, found.values)
        return True

    def _keep(self, covering: Covering, values: Floats) -> None:
        """Keep a plan, completed by who delivers to whom, if it is the best so far."""
        compiled = self.radius.compiled
        options = replace(self.options, time_limit=self.left)
        found = completed(compiled, covering.at, covering.compiled.integer, values, options)
        if found is None or found.values is None or found.objective is None:
            return
        if self.best is None or found.objective < self.best.objective:  # type: ignore[operator]
            self.best = found
            raw = float(compiled.cost @ found.values)
            reached = np.searchsorted(self.candidates, raw * (1 - CLOSE) - CLOSE)
            self.high = max(min(self.high, int(reached)), self.low)
        if self.progress is not None:
            objective, bound = self.best.objective, self._bound()
            elapsed = time.perf_counter() - self.began
            gap = relative_gap(objective, bound)
            self.progress(Progress(elapsed, objective, bound, gap))

    def _bound(self) -> float | None:
        """The least distance that is not too short, as the objective is reported."""
        if self.low >= len(self.candidates):
            return None
        value = self.radius.compiled.value or float
        cost = float(self.radius.compiled.cost.max())
        bound = float(value(cost * float(self.candidates[self.low])))
        known = None if self.best is None else self.best.objective
        return bound if known is None else min(bound, known)

    def _outcome(self, termination: Termination) -> Outcome:
        elapsed = time.perf_counter() - self.began
        if termination == "infeasible" or (self.best is None and self.low >= len(self.candidates)):
            return Outcome("infeasible", "infeasible", None, None, None, None, None, elapsed)
        stopped: Termination = "interrupted" if self.stop else "time_limit"
        bound = self._bound()
        if self.best is None:
            return Outcome("no_plan", stopped, None, None, bound, None, None, elapsed)
        gap = relative_gap(self.best.objective, bound)
        status = status_of(gap, self.options.gap)
        done = termination == "gap_reached" or status != "feasible"
        return replace(
            self.best,
            status=status,
            termination="gap_reached" if done else stopped,
            bound=bound,
            gap=gap,
            seconds=elapsed,
        )
