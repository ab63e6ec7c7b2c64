"""Many areas that have one rule in common: the rule has a price, and each area is solved alone.

The price (``area_prices``) is one at which the areas together do what the rule asks, found on the
linear programs of some areas. Whole engagements do more for the rule than fractions: the plans of
these areas correct the price. Then every area gets a bound and a plan, of its linear program at
first and as precisely as there is time (``area_plans``); the sum of the bounds is one on the whole.
Where all plans together do a little too much, or not enough, some areas get plans at another price;
with all engagements fixed, another price yet puts deliveries right. The work grows with the number
of areas, not with its square.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from pse_opt.solving.compiled import Compiled
from pse_opt.solving.decomposition.area_plans import Plans
from pse_opt.solving.decomposition.area_prices import Areas, Sample, areas_of
from pse_opt.solving.highs import granted
from pse_opt.solving.interrupt import Stop
from pse_opt.solving.local_search import neighbourhood
from pse_opt.solving.outcome import (
    Options,
    Outcome,
    Progress,
    Termination,
    relative_gap,
    status_of,
)
from pse_opt.solving.search import sound

__all__ = ["chosen", "run", "way_of"]

Floats = npt.NDArray[np.float64]

SAMPLE, LEAST, MOST = 0.1, 8, 40
"""Part of the areas on which the price is found, and how many at least and at most; plans of
at most a quarter of all correct it."""
QUARTER = 0.25
PART = 0.5
"""Gap of an area at first, as part of the gap asked for."""
SPARE = 1e-3
"""What all areas together may do more for the rule than it asks, relative to that."""
STEPS = (0.1, 0.3)
"""How much more, or less, some areas are to do so that all together do enough."""
ROUNDS = 3
"""Rounds of solving all areas, each to half the gap of the one before."""
KEPT = 0.85
"""Part of the time for areas; the rest is for putting deliveries right."""
BEGIN = 1_500
"""Whole numbers from which areas are quicker than branch and bound on the whole."""
SEVERAL = 6
"""Areas, if all had the same size, from which this way is chosen."""
LITTLE = 0.25
"""Part of what is missing that areas have to be able to gain for another round."""


def chosen(compiled: Compiled) -> Areas | None:
    """Return the areas of a model that is one for this strategy, or None."""
    if int(compiled.integer.sum()) < BEGIN:
        return None
    found = areas_of(compiled)
    return found if found is not None and found.alike >= SEVERAL else None


def way_of(areas: Areas) -> str:
    """Return in words what was chosen, and why."""
    return f"areas: {len(areas.parts)} parts that share one rule, which has a price"


def run(
    compiled: Compiled,
    options: Options,
    *,
    stop: Stop | None = None,
    progress: Callable[[Progress], None] | None = None,
    start: dict[int, float] | None = None,
    areas: Areas | None = None,
) -> Outcome:
    """Solve a compiled model area by area; parameters as in the direct strategy.

    Models that do not fall into areas are searched place by place.

    Parameters
    ----------
    areas : Areas, optional
        The areas, where they are known.
    """
    found = areas_of(compiled) if areas is None else areas
    if found is None:
        return neighbourhood.run(compiled, options, stop=stop, progress=progress, start=start)
    return _Work(found, options, stop, progress, start or {}).run()


class _Work:
    """One solve: the price, what the areas hold at it, and the best of the whole."""

    def __init__(
        self,
        areas: Areas,
        options: Options,
        stop: Stop | None,
        progress: Callable[[Progress], None] | None,
        start: dict[int, float],
    ) -> None:
        self.areas, self.all = areas, list(range(len(areas.parts)))
        self.compiled, self.options, self.progress = areas.compiled, options, progress
        self.asked, self.stop = stop, Stop(stop)
        self.began = time.perf_counter()
        self.end = self.began + options.time_limit
        self.random = np.random.default_rng(options.seed)
        first = self.compiled.lower.copy()
        first[list(start)] = list(start.values())
        self.known = bool(start)
        self.plans = Plans(areas, options, self.stop, first, known=self.known)
        self.best: Outcome | None = None
        self.bound: float | None = None
        self.aim = 0.0

    def run(self) -> Outcome:
        """Find a price, solve the areas at it, and put right what they do together."""
        if self.known:
            self._put_right()
        price = self._price()
        if price is None:
            return self._otherwise()
        plans = self.plans
        plans.look(self.all, price, time.perf_counter() + self._first)
        if plans.complete:
            self._raise(plans.bound)
            self._join(price)
        for k in range(ROUNDS):
            if self._reached:
                return self._outcome()
            now = time.perf_counter()
            gap, until = PART * 0.5**k * self.options.gap, now + KEPT * max(self.end - now, 0.0)
            plans.solve(self.all, price, gap, until)
            if not plans.complete:
                return self._hopeless() or self._otherwise()
            self._raise(plans.bound)
            self._join(price)
            if not self._reached:
                self._adjust(price)
                self._join(price)
            if self._reached:
                return self._outcome()
            if self._late or plans.inside <= LITTLE * self._missing:
                break
        return self._otherwise()

    @property
    def _left(self) -> float:
        return max(self.end - time.perf_counter(), 0.0)

    @property
    def _first(self) -> float:
        """Seconds for a first plan, which may come a little after the limit."""
        beyond = granted(self.options.time_limit)
        return max(self.end + beyond - time.perf_counter(), 0.0)

    @property
    def _late(self) -> bool:
        return bool(self.stop) or self._left <= 0.0

    @property
    def _reached(self) -> bool:
        gap = relative_gap(None if self.best is None else self.best.objective, self.bound)
        return gap is not None and gap <= self.options.gap

    @property
    def _missing(self) -> float:
        """What lies between plan and bound; infinite without one of them."""
        if self.best is None or self.best.objective is None or self.bound is None:
            return np.inf
        return abs(self.best.objective - self.bound)

    def _alone(self, seconds: float) -> Options:
        return replace(self.options, threads=1, time_limit=max(seconds, 1e-3))

    def _price(self) -> float | None:
        """Return a price at which plans of some areas do about what is asked of them."""
        parts, plans = len(self.all), self.plans
        count = min(int(np.clip(SAMPLE * parts, LEAST, MOST)), parts)
        # Of every size some: areas are in the order of their size.
        stride = parts / count
        which = (stride * (np.arange(count) + self.random.random())).astype(int).tolist()
        self.sample = Sample(self.areas, which, self._alone(self._left), self.stop)
        price = self.sample.price(0.0)
        if price is None or price == 0.0:
            return price
        some = which[:: -(-int(count / QUARTER) // parts)]
        plans.look(some, price, self.end)
        until = time.perf_counter() + SAMPLE * self._left
        plans.solve(some, price, PART * self.options.gap, until)
        self.aim = 0.5 * SPARE
        if all((o := plans.held[k]) is not None and o.values is not None for k in some):
            self.aim -= plans.more(some)
        plans.forget()
        found = self.sample.price(self.aim)
        return price if found is None else found

    def _adjust(self, price: float) -> None:
        """Have some areas do more for the rule, or less, until all together do what it asks."""
        more = self.plans.more(self.all)
        for step in STEPS:
            up = more < 0.0
            enough = more >= 0.0 and (more <= SPARE or price == 0.0)
            other = None if enough else self.sample.price(self.aim + (step if up else -step))
            if other is None or other == price or (other > price) != up:
                return
            for k in self.random.permutation(len(self.all)).tolist():
                if self._late or (more >= 0.0 if up else more <= SPARE):
                    break
                more = self._exchanged(k, other, more)

    def _exchanged(self, k: int, price: float, more: float) -> float:
        """Take the plan of an area at another price where it helps; return what is done more."""
        part, values = self.areas.parts[k], self.plans.values
        seconds = self._left * part.weight / sum(p.weight for p in self.areas.parts)
        found = self.plans.exchange(k, price, PART * self.options.gap, seconds)
        if found is None:
            return more
        at = part.columns
        change = float(self.areas.weights[at] @ (found - values[at])) / self.areas.unit
        if change > 0.0 if more < 0.0 else change < 0.0 <= more + change:
            values[at] = found
            return more + change
        return more

    def _raise(self, bound: float | None) -> None:
        """Take a bound, if it is tighter than the one that is known."""
        best = min if self.compiled.maximize else max
        if bound is not None:
            self.bound = bound if self.bound is None else best(bound, self.bound)

    def _join(self, price: float) -> None:
        """Hold the plans of all areas together, as they are or put right."""
        if self.plans.more(self.all) >= 0.0:
            self._take(self.plans.values)
        if not self._reached:
            self._put_right(price)

    def _put_right(self, price: float | None = None) -> None:
        """Hold a plan with these engagements that does just what the rule asks.

        The first plan of all has a little time beyond the limit, and is not interrupted.
        """
        left, stop = (self._first, None) if self.best is None else (self._left, self.stop)
        sample = Sample(self.areas, self.all, self._alone(left), stop, self.plans.values)
        sample.first = price or sample.first
        if sample.price(0.0) is not None:
            self._take(sample.values)

    def _take(self, values: Floats) -> None:
        """Hold values of all columns that are a plan."""
        at = self.compiled.integer
        values = np.where(at, np.round(values), values)
        objective = float(self.compiled.cost @ values + self.compiled.offset)
        self._hold(Outcome("feasible", "time_limit", values, objective, None, None, None, 0.0))

    def _hold(self, found: Outcome) -> None:
        """Keep what was found where it is better."""
        old = None if self.best is None else self.best.objective
        better = max if self.compiled.maximize else min
        if old is None or (found.objective is not None and better(found.objective, old) != old):
            self.best = found
            self._tell(found.objective)

    def _tell(self, objective: float | None) -> None:
        if self.progress is not None and objective is not None:
            elapsed = time.perf_counter() - self.began
            gap = relative_gap(objective, self.bound)
            self.progress(Progress(elapsed, objective, self.bound, gap))

    def _hopeless(self) -> Outcome | None:
        """Return what an area without any plan means for the whole."""
        found = self.plans.hopeless
        if found is None or found.status != "infeasible":
            return None
        return replace(found, seconds=time.perf_counter() - self.began)

    def _otherwise(self) -> Outcome:
        """Search place by place, from the best plan that there is, in the time that is left."""
        if self.asked or self._left <= 0.0:
            ended: Termination = "interrupted" if self.asked else "time_limit"
            self.best = self.best or Outcome("no_plan", ended, None, None, None, None, None, 0.0)
            return self._outcome()
        whole = self.plans.first if self.best is None else self.best.values
        start = None
        if whole is not None and (self.known or self.best is not None):
            start = self.compiled.start(whole)
        ending = Stop(self.asked)  # not ours, which an area without any plan raised

        def watch(moment: Progress) -> None:
            self._raise(moment.bound)
            gap = relative_gap(moment.objective, self.bound)
            ending.asked = gap is not None and gap <= self.options.gap
            self._tell(moment.objective)

        options = replace(self.options, time_limit=max(self._left, 1e-3))
        found = neighbourhood.run(self.compiled, options, stop=ending, progress=watch, start=start)
        self._hold(found)
        self._raise(found.bound)
        return self._outcome()

    def _outcome(self) -> Outcome:
        """Return what is held."""
        elapsed, best = time.perf_counter() - self.began, self.best
        assert best is not None
        if best.objective is None:
            known = self.bound if best.status == "no_plan" else None
            return replace(best, bound=known, seconds=elapsed)
        bound = sound(self.compiled.goal, best.objective, self.bound)
        gap = relative_gap(best.objective, bound)
        status = status_of(gap, self.options.gap)
        ended: Termination = "interrupted" if self.asked else "time_limit"
        ended = ended if status == "feasible" else "gap_reached"
        return replace(
            best, status=status, termination=ended, bound=bound, gap=gap, seconds=elapsed
        )
