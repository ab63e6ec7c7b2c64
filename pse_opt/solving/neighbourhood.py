"""Large models: the relaxation rounded, then searched part by part.

Branch and bound on tens of thousands of engagements spends its time on the root and ends without a
plan. Here the linear program comes first, whose value is a bound. What it uses is engaged at the
size that its volume fits into; where floors or minimum volumes are missed then, engagements around
are decided again until none is. A large-neighbourhood search goes on so for cost: it decides on all
engagements around one of them, with what is further away as it is (Shaw 1998). What time is left
goes to branch and bound on the whole model, from the plan found, for a better bound.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from pse_opt.solving import direct
from pse_opt.solving.compiled import Compiled, family_of
from pse_opt.solving.elastic import elastic
from pse_opt.solving.highs import Session
from pse_opt.solving.interrupt import Stop
from pse_opt.solving.linking import thinned
from pse_opt.solving.local import Local
from pse_opt.solving.outcome import Options, Outcome, Progress, relative_gap
from pse_opt.solving.rounding import fitting, rounded
from pse_opt.solving.search import Gaps, Search

__all__ = ["is_large", "run"]

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int64]

LARGE = 5_000
"""Whole numbers from which branch and bound alone is hopeless."""
WHOLE = 1e-6
SHARE = 0.5
"""Share of the time that is left for local searches."""
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
CHEAPEST = 0.3
"""Part of what the relaxation does not engage that later sweeps may engage."""


def is_large(compiled: Compiled) -> bool:
    """Return whether a model is one for this strategy."""
    plain = not (compiled.rules or compiled.whole)
    return plain and int(compiled.integer.sum()) >= LARGE


def run(
    compiled: Compiled,
    options: Options,
    *,
    stop: Stop | None = None,
    progress: Callable[[Progress], None] | None = None,
    start: dict[int, float] | None = None,
) -> Outcome:
    """Solve a compiled model; parameters as in the direct strategy.

    Models with convex rules or several goals, and those without whole numbers, are solved directly.
    """
    if compiled.rules or compiled.whole or not compiled.integer.any():
        return direct.run(compiled, options, stop=stop, progress=progress, start=start)
    began = time.perf_counter()
    thin = thinned(compiled, options, stop)
    left = max(options.time_limit - (time.perf_counter() - began), 1e-3)
    shorter = replace(options, time_limit=left)
    given = compiled if thin is None else thin.compiled
    found = _Neighbourhood(given, compiled, shorter, stop, progress, start).run()
    if thin is not None:
        found = thin.outcome(found, options)
    return replace(found, seconds=time.perf_counter() - began)


class _Neighbourhood:
    """One solve: the bound of the relaxation, and the best plan so far.

    Local searches look at the whole model, whose rows are the stronger; the rest may lack some.
    """

    def __init__(
        self,
        compiled: Compiled,
        whole: Compiled,
        options: Options,
        stop: Stop | None,
        progress: Callable[[Progress], None] | None,
        start: dict[int, float] | None,
    ) -> None:
        self.compiled, self.whole, self.options = compiled, whole, options
        self.stop, self.progress, self.first = stop, progress, start
        self.began = time.perf_counter()
        self.session = Session(compiled, options, stop=stop, progress=progress)
        self.search = Search(self.session, Gaps(options.gap), [], start)
        self.integer = np.flatnonzero(compiled.integer)

    def run(self) -> Outcome:
        """Bound, find, improve, and prove."""
        self.session.relax()
        answer = self.session.run()
        if answer.state == "optimal" and answer.values is not None:
            assert answer.reduced_cost is not None
            self.search.bound = answer.bound
            self._find(answer.values)
            if self.search.best is not None and not self._done:
                self._improve(answer.values, answer.reduced_cost)
        return self.search.outcome("gap_reached") if self._done else self.search.run()

    @property
    def _done(self) -> bool:
        best, bound = self.search.best, self.search.bound
        return best is not None and self.search.gaps.reached(best[0], bound)

    @property
    def _left(self) -> float:
        return max(self.session.left, 1e-3)

    def _find(self, relaxed: Floats) -> None:
        """Hold a plan: the start, or the relaxation rounded."""
        if self.first:
            values = relaxed.copy()
            values[list(self.first)] = list(self.first.values())
            self.search.hold(values)
        if self.search.best is None:
            self._repair(relaxed)
        self._tell()

    def _repair(self, relaxed: Floats) -> None:
        """Round the relaxation, and search around what is short then until nothing is."""
        guess = fitting(self.compiled, relaxed)
        if guess is None:
            self.session.relax()
            found = rounded(self.session, relaxed)
            if found is not None:
                guess = relaxed.copy()
                guess[list(found)] = list(found.values())
                self.search.hold(guess)
            return
        self.search.hold(guess)
        if self.search.best is None:
            soft = _softened(self.whole)
            session = Session(soft, self.options, stop=self.stop)
            session.fix(np.concatenate((guess, np.zeros(len(soft.columns) - len(guess)))))
            answer = session.run(cleaning=True)
            if answer.values is not None:
                values = _mended(soft, len(guess), answer.values, self.session, self.options)
                self.search.hold(values)

    def _improve(self, relaxed: Floats, reduced: Floats) -> None:
        """Decide again on one neighbourhood after the other, while that helps."""
        assert self.search.best is not None
        end = time.perf_counter() + SHARE * self._left
        local = Local(self.whole, self.options, self.search.best[1], self.stop)
        local.kernel[self.integer[relaxed[self.integer] > WHOLE]] = True
        price = -reduced if self.compiled.maximize else reduced
        idle = 0
        while time.perf_counter() < end and not self.session.over and not self._done and idle < 2:
            better = local.sweep(end)
            if better:
                self.search.hold(local.values)
                local.values = self.search.best[1].copy()
                self._tell()
            else:
                idle += 1
            cheap = price[self.integer] <= np.quantile(price[self.integer], CHEAPEST)
            local.kernel[self.integer[cheap]] = True

    def _tell(self) -> None:
        """Report the best plan and the bound."""
        best, bound = self.search.best, self.search.bound
        if self.progress is not None and best is not None:
            elapsed = time.perf_counter() - self.began
            self.progress(Progress(elapsed, best[0], bound, relative_gap(best[0], bound)))


def _softened(compiled: Compiled) -> Compiled:
    """Return a model whose floors, targets and minimum volumes may be missed, at a high price."""
    giving = np.isin([family_of(r) for r in compiled.rows], GIVING)
    groups = np.where(giving, np.cumsum(giving) - 1, -1)
    soft = elastic(compiled, groups)
    price = DEAR * float(np.abs(compiled.cost).max(initial=1.0))
    more = np.full(len(soft.columns) - len(compiled.columns), price)
    sign = -1.0 if compiled.maximize else 1.0
    cost = np.concatenate((compiled.cost, sign * more))
    return replace(soft, cost=cost, maximize=compiled.maximize)


def _mended(
    soft: Compiled, columns: int, values: Floats, clock: Session, options: Options
) -> Floats:
    """Search around what is missed until nothing is, or half of the time is over."""
    end = time.perf_counter() + SHARE * max(clock.left, 1.0)
    values = values.copy()
    values[soft.integer] = np.round(values[soft.integer])
    local = Local(soft, options, values, clock.stop)
    local.kernel = soft.integer.copy()
    tried: dict[int, int] = {}
    while time.perf_counter() < end and not clock.stop:
        missed = np.flatnonzero(local.values[columns:] > WHOLE) + columns
        missed = missed[[tried.get(int(k), 0) < TRIES for k in missed]]
        if not missed.size:
            break
        worst = int(missed[np.argmax(local.values[missed])])
        tried[worst] = tried.get(worst, 0) + 1
        here = np.zeros(len(local.values), dtype=bool)
        here[worst] = True
        around = np.flatnonzero(local.near(local.near(local.near(here))) & soft.integer)
        if around.size:
            local.decide(local.around(around), end)
    return local.values[:columns]
