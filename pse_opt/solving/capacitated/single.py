"""Needs that have one source: bounded by whole knapsacks, searched around offers, then proven.

Whole deliveries make each offer a 0/1 knapsack. Prices of needs bound the model in closed form and
say which offers are engaged (``narrowing``); to these, needs are allotted one by one (``sources``).
Around some offers at a time branch and bound betters the plan (``around``), and the better plan
shuts more offers and links, until branch and bound gets all that is left, with the plan to start
from (Holmberg, Ronnqvist and Yuan 1999; Diaz and Fernandez 2002; Guastaroba and Speranza 2014).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from pse_opt.solving import direct
from pse_opt.solving.capacitated.around import Around
from pse_opt.solving.capacitated.knapsacks import Knapsacks
from pse_opt.solving.capacitated.links import Links
from pse_opt.solving.capacitated.narrowing import Narrowing, narrowing
from pse_opt.solving.capacitated.plans import Plans
from pse_opt.solving.capacitated.sources import Sourced, Sources
from pse_opt.solving.compiled import Compiled
from pse_opt.solving.interrupt import Stop
from pse_opt.solving.local_search.crew import solve_piece
from pse_opt.solving.local_search.local import Local
from pse_opt.solving.outcome import (
    Options,
    Outcome,
    Progress,
    Termination,
    relative_gap,
    status_of,
)
from pse_opt.solving.search import sound

__all__ = ["is_single", "run"]

Floats = npt.NDArray[np.float64]

MANY = 20_000
"""Deliveries that are all or nothing from which this is worth its while."""
PRICES, PLACES = 0.25, 0.5
"""Part of the time that is left for prices, and for places, each time."""
ROUNDS = 2
"""How often prices and places follow each other."""
LITTLE = 3_000
"""Whole numbers that are left to branch and bound without another round."""
GAP, SECONDS = 1e-3, 4.0
"""Gap of the search of a place, and its seconds at most."""


def is_single(compiled: Compiled) -> bool:
    """Return whether a model is one for this strategy."""
    sources = Sources.of(compiled) if int(compiled.integer.sum()) >= MANY else None
    return sources is not None and int(sources.source.sum()) >= MANY


def run(
    compiled: Compiled,
    options: Options,
    *,
    stop: Stop | None = None,
    progress: Callable[[Progress], None] | None = None,
    start: dict[int, float] | None = None,
) -> Outcome:
    """Solve a compiled model; parameters as in the direct strategy.

    Models without needs that one offer serves in full, or in which offers are no knapsacks, are
    solved directly.
    """
    began = time.perf_counter()
    sources = Sources.of(compiled)
    if sources is not None:
        links = Links.of(sources.split)
        knapsacks = Knapsacks.of(links) if links.at.size else None
        if knapsacks is not None:
            found = _Single(sources, knapsacks, options, stop, progress, start).run()
            if found is not None:
                return found
    left = max(options.time_limit - (time.perf_counter() - began), 1e-3)
    options = replace(options, time_limit=left)
    return direct.run(compiled, options, stop=stop, progress=progress, start=start)


class _Single:
    """One solve: the bound, and the best plan so far."""

    def __init__(
        self,
        sources: Sources,
        knapsacks: Knapsacks,
        options: Options,
        stop: Stop | None,
        progress: Callable[[Progress], None] | None,
        start: dict[int, float] | None,
    ) -> None:
        self.sources, self.knapsacks, self.options = sources, knapsacks, options
        self.stop, self.progress, self.start = stop, progress, start
        self.began = time.perf_counter()
        self.plans = Sourced(knapsacks, sources.source, options, stop)
        self.bound: float | None = None
        self.held: Narrowing | None = None
        self.around = Around(knapsacks, sources.source, sources.merged.integer, options.seed)

    def run(self) -> Outcome | None:
        """Bound, plan, better, and prove; None where there are no knapsacks to speak of."""
        self._begin()
        for _ in range(ROUNDS):
            held = self._narrow()
            if held is None:
                return None
            if self._over or self._little(held):
                break
            if self.plans.best is not None:
                self._places(held)
        assert self.held is not None
        if not self._over:
            outcome = self._prove(self.held)
            if self.plans.best is None:
                known = None if outcome.status == "infeasible" else self.bound
                return replace(outcome, bound=known, row_dual=None)
        if self.plans.best is None:
            return None
        return self._outcome()

    def _begin(self) -> None:
        if not self.start:
            return
        values = self.sources.merged.lower.copy()
        place = np.full(len(self.sources.whole.columns), -1)
        place[self.sources.columns] = np.arange(len(self.sources.columns))
        for column, value in self.start.items():
            if place[column] >= 0:
                values[place[column]] = value
        self.plans.complete(values)

    @property
    def _left(self) -> float:
        return self.options.time_limit - (time.perf_counter() - self.began)

    @property
    def _over(self) -> bool:
        return bool(self.stop) or self._left <= 0.0 or self._near

    @property
    def _near(self) -> bool:
        best = self.plans.best
        gap = None if best is None else relative_gap(best.objective, self.bound)
        return gap is not None and gap <= self.options.gap

    def _narrow(self) -> Narrowing | None:
        """Bound the model, and shut what no better plan has."""
        self.held = narrowing(
            self.knapsacks.links,
            self.plans,
            gap=self.options.gap,
            end=time.perf_counter() + PRICES * self._left,
            stop=self.stop,
            tell=self._risen,
            before=self.held,
        )
        if self.held is not None:
            self._risen(self.held.bound)
        return self.held

    def _little(self, held: Narrowing) -> bool:
        """Whether what is left can be left to branch and bound."""
        links = np.zeros(len(held.links.at), dtype=bool)
        k = self.knapsacks
        open_ = (held.upper[k.engaged] > 0.0)[k.at] & ~held.shut
        links[k.link[open_]] = True
        return int(links.sum()) <= LITTLE

    def _places(self, held: Narrowing) -> None:
        """Better the plan around some offers at a time, until none helps or time is up."""
        best = self.plans.best
        assert best is not None
        assert best.values is not None
        end = time.perf_counter() + PLACES * self._left
        merged = replace(
            self.sources.merged, upper=np.minimum(self.sources.merged.upper, held.upper)
        )
        local = Local(merged, self.options, best.values, size=1)
        around = self.around
        sign = -1.0 if merged.maximize else 1.0
        around.guide(held.least, sign * held.bound, held.upper)
        while not (self._over or time.perf_counter() > end):
            place = around.next(local.values)
            if place is None:
                return
            piece = local.piece(place, GAP, min(SECONDS, self._left))
            better = local.take(place, solve_piece(piece, self.stop, whole=True))
            around.took(better)
            if better and self.plans.hold(local.values):
                self._tell()

    def _prove(self, held: Narrowing) -> Outcome:
        """Leave what is left to branch and bound."""
        narrow = held.narrow()
        source = self.sources.source[narrow.columns]
        compiled = replace(narrow.compiled, integer=narrow.compiled.integer | source)
        first = None
        best = self.plans.best
        if best is not None and best.values is not None:
            first = compiled.start(best.values[narrow.columns])
        found = direct.run(
            compiled,
            replace(self.options, time_limit=max(self._left, 1e-3)),
            stop=self.stop,
            progress=self._passed,
            start=first,
        )
        if found.values is not None:
            self.plans.hold(narrow.whole(found.values, len(self.sources.columns)))
        best = self.plans.best
        if found.status == "infeasible" and best is not None:
            self.bound = best.objective
        elif found.bound is not None:
            self._raise(found.bound)
        return found

    def _raise(self, bound: float) -> None:
        """Take a bound on plans that are better than the best."""
        best, great = self.plans.best, self.sources.whole.maximize
        if best is not None and best.objective is not None:
            bound = (max if great else min)(bound, best.objective)
        self.bound = bound if self.bound is None else (min if great else max)(bound, self.bound)

    def _risen(self, bound: float) -> None:
        self._raise(bound)
        self._tell()

    def _passed(self, moment: Progress) -> None:
        if moment.bound is not None:
            self._raise(moment.bound)
        self._tell(moment.objective)

    def _tell(self, other: float | None = None) -> None:
        """Report the best plan, or another one, and the bound."""
        if self.progress is None:
            return
        best = self.plans.best
        known = [o for o in (None if best is None else best.objective, other) if o is not None]
        great = self.sources.whole.maximize
        objective = None if not known else (max if great else min)(known)
        elapsed = time.perf_counter() - self.began
        self.progress(Progress(elapsed, objective, self.bound, relative_gap(objective, self.bound)))

    def _outcome(self) -> Outcome:
        """Return what is held, with the duals of the whole model."""
        best, whole = self.plans.best, self.sources.whole
        assert best is not None
        assert best.values is not None
        plans = Plans(Links.of(whole), self.options, None)
        values = self.sources.values(best.values)
        plans.complete(values)
        held = replace(best, values=values, row_dual=None) if plans.best is None else plans.best
        assert held.objective is not None
        bound = sound(whole.goal, held.objective, self.bound)
        gap = relative_gap(held.objective, bound)
        status = status_of(gap, self.options.gap)
        ended: Termination = "interrupted" if self.stop else "time_limit"
        ended = ended if status == "feasible" else "gap_reached"
        seconds = time.perf_counter() - self.began
        return replace(
            held, status=status, termination=ended, bound=bound, gap=gap, seconds=seconds
        )
