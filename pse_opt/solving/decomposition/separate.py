"""Parts of a model that share nothing, solved apart, two at a time where there are two cores.

Where no rule couples two services their models are two connected components of the graph of columns
and rows; the best plan is the best of each, and so is the bound. Branch and bound on the whole
would have to explore their product. Parts that are too large for branch and bound alone come last,
and are searched together.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pse_opt.solving import direct
from pse_opt.solving.capacitated import priced, single
from pse_opt.solving.compiled import Compiled
from pse_opt.solving.cuts import merged
from pse_opt.solving.decomposition import areas
from pse_opt.solving.decomposition.parts import Part, parts_of
from pse_opt.solving.interrupt import Stop
from pse_opt.solving.local_search import neighbourhood
from pse_opt.solving.local_search.crew import processes
from pse_opt.solving.local_search.large import HOPELESS
from pse_opt.solving.outcome import Options, Outcome, Progress, relative_gap, status_of

__all__ = ["Way", "parts_of", "run", "solve_parts", "together", "way", "way_of", "ways_of"]


def run(
    compiled: Compiled,
    options: Options,
    *,
    stop: Stop | None = None,
    progress: Callable[[Progress], None] | None = None,
    start: dict[int, float] | None = None,
    parts: list[Part] | None = None,
    ways: list[Way] | None = None,
) -> Outcome:
    """Solve each connected component of a compiled model; parameters as in the direct strategy.

    Each part is solved to the gap asked for; then so is the whole wherever no part's objective is
    negative. Otherwise the gap of the whole is what it is, and is stated. Large parts may share
    what they miss, as long as their sum is within the gap.
    """
    found = parts_of(compiled) if parts is None else parts
    known = ways_of(compiled, found) if ways is None else ways
    if len(known) < 2:
        return known[0].run(compiled, options, stop=stop, progress=progress, start=start)
    began = time.perf_counter()
    outcomes = solve_parts(
        compiled, found, options, stop=stop, progress=progress, start=start, ways=known
    )
    seconds = time.perf_counter() - began
    return together(compiled, found, outcomes, options, seconds)


def solve_parts(
    compiled: Compiled,
    parts: list[Part],
    options: Options,
    *,
    stop: Stop | None = None,
    progress: Callable[[Progress], None] | None = None,
    start: dict[int, float] | None = None,
    ways: list[Way] | None = None,
) -> list[Outcome]:
    """Solve each part of a model; parameters as in :func:`run`, and one outcome for each part."""
    known = [way(p.compiled) for p in parts] if ways is None else ways
    return _Parts(compiled, parts, known, options, stop, progress, start).run()


class Way(NamedTuple):
    """How a model that falls into no parts is solved, and why."""

    run: Callable[..., Outcome]
    reason: str
    together: bool = False
    """Whether several such models are searched together."""
    alone: bool = False
    """Whether it goes before any other way of taking a model apart."""


def ways_of(compiled: Compiled, parts: list[Part]) -> list[Way]:
    """Return how each part is solved; one alone stands for a model whose other parts are easy."""
    hard = _hard(parts)
    return [way(p.compiled) for p in parts] if hard > 1 else [way(compiled)]


def way_of(parts: list[Part], ways: list[Way]) -> str:
    """Return by which strategy a model of some parts is solved, and why."""
    if len(ways) < 2:
        return ways[0].reason
    large = sum(w.together for w in ways)
    searched = f", {large} of them too large for branch and bound alone" if large else ""
    return f"separate: {_hard(parts)} parts that share no rule{searched}"


def _hard(parts: list[Part]) -> int:
    return sum(bool(p.compiled.integer.any()) for p in parts)


def way(compiled: Compiled) -> Way:
    """Return how a model that falls into no parts is solved."""
    if single.is_single(compiled):
        return SINGLE
    found = areas.chosen(compiled)
    if found is not None:
        return Way(partial(areas.run, areas=found), areas.way_of(found), alone=True)
    if neighbourhood.is_large(compiled):
        reason = "neighbourhood: too many decisions for branch and bound alone"
        return Way(neighbourhood.run, reason, together=True)
    if priced.is_wide(compiled):
        reason = "priced: so many links to each need that most of them carry nothing"
        return Way(priced.run, reason)
    return DIRECT


DIRECT = Way(direct.run, "direct")
SINGLE = Way(single.run, "single: one source for each need, and offers are knapsacks", alone=True)


class _Parts:
    """The parts of one solve, who works on which, and what they hold so far."""

    def __init__(
        self,
        compiled: Compiled,
        parts: list[Part],
        ways: list[Way],
        options: Options,
        stop: Stop | None,
        progress: Callable[[Progress], None] | None,
        start: dict[int, float] | None,
    ) -> None:
        self.compiled, self.parts, self.ways, self.options = compiled, parts, ways, options
        self.stop = Stop(stop)
        self.progress, self.start = progress, start or {}
        self.began = time.perf_counter()
        self.lock = threading.Lock()
        self.moments: list[tuple[float | None, float | None]] = [(None, None)] * len(parts)
        self.queued = float(sum(p.weight for p in parts))
        self.ends: dict[int, float] = {}
        self.workers = min(len(parts), processes(options.threads))

    def run(self) -> list[Outcome]:
        """Solve all parts, those first that are solved one by one."""
        large = [k for k, way in enumerate(self.ways) if way.together]
        small = [k for k in range(len(self.parts)) if k not in large]
        with ThreadPoolExecutor(self.workers) as pool:
            outcomes = dict(zip(small, pool.map(self._solve, small), strict=True))
        if large:
            outcomes |= self._search(large, outcomes)
        return [outcomes[k] for k in range(len(self.parts))]

    def _search(self, large: list[int], solved: dict[int, Outcome]) -> dict[int, Outcome]:
        """Search the large parts together, in all the time that is left."""
        figures = [(o.objective, o.bound) for o in solved.values()]
        objective = _sum([o for o, _ in figures], self.compiled.offset)
        bound = _sum([b for _, b in figures], self.compiled.offset)
        known = objective is not None and bound is not None
        left = max(self.began + self.options.time_limit - time.perf_counter(), 1e-3)
        found = neighbourhood.run_parts(
            [self.parts[k].compiled for k in large],
            replace(self.options, time_limit=left),
            stop=self.stop,
            progress=self._told if known else None,
            starts=[self._first(k) for k in large],
            beside=(objective or 0.0, bound or 0.0),
        )
        return dict(zip(large, found, strict=True))

    def _told(self, moment: Progress) -> None:
        """Pass on what the large parts tell, which includes all others."""
        if self.progress is not None:
            self.progress(replace(moment, seconds=time.perf_counter() - self.began))

    def _first(self, k: int) -> dict[int, float]:
        """Return the values that a part starts from."""
        part = self.parts[k]
        return {
            i: self.start[int(c)]
            for i, c in enumerate(part.columns)
            if part.compiled.integer[i] and int(c) in self.start
        }

    def _solve(self, k: int) -> Outcome:
        options = replace(self.options, threads=1, time_limit=self._seconds(k))
        part = self.parts[k].compiled
        outcome = self.ways[k].run(
            part,
            options,
            stop=self.stop,
            progress=lambda moment: self._watch(k, moment),
            start=self._first(k),
        )
        with self.lock:
            self.ends.pop(k, None)
            self.moments[k] = (outcome.objective, outcome.bound)
        if outcome.status in HOPELESS:
            self.stop.asked = True
        return outcome

    def _seconds(self, k: int) -> float:
        """Return a part's fair share of the time that is left.

        What is left of all workers' time, less what is promised to parts that are running, is
        shared by what is still waiting in proportion to its weight.
        """
        with self.lock:
            now = time.perf_counter()
            left = max(self.began + self.options.time_limit - now, 1e-6)
            promised = sum(max(end - now, 0.0) for end in self.ends.values())
            free = max(self.workers * left - promised, 0.0)
            weight = float(self.parts[k].weight)
            seconds = min(left, max(free * weight / self.queued, 1e-6))
            self.queued -= weight
            self.ends[k] = now + seconds
            return seconds

    def _watch(self, k: int, moment: Progress) -> None:
        """Report the sum over the parts, as far as it is known."""
        with self.lock:
            self.moments[k] = (moment.objective, moment.bound)
            if self.progress is None:
                return
            objective = _sum([o for o, _ in self.moments], self.compiled.offset)
            bound = _sum([b for _, b in self.moments], self.compiled.offset)
            elapsed = time.perf_counter() - self.began
            self.progress(Progress(elapsed, objective, bound, relative_gap(objective, bound)))


def together(
    compiled: Compiled,
    parts: list[Part],
    outcomes: list[Outcome],
    options: Options,
    seconds: float,
) -> Outcome:
    """Return the outcome of the whole from those of its parts."""
    rounds, cuts = max(o.rounds for o in outcomes), sum(o.cuts for o in outcomes)
    points = merged([o.points for o in outcomes])
    bound = _sum([o.bound for o in outcomes], compiled.offset)
    for status in (*HOPELESS, "no_plan"):
        for o in outcomes:
            if o.status == status:
                known = bound if status == "no_plan" else None
                return replace(
                    o, bound=known, seconds=seconds, rounds=rounds, cuts=cuts, points=points
                )
    values = np.zeros(len(compiled.columns))
    dual: npt.NDArray[np.float64] | None = np.zeros(len(compiled.rows))
    for part, outcome in zip(parts, outcomes, strict=True):
        assert outcome.values is not None
        values[part.columns] = outcome.values
        if dual is None or outcome.row_dual is None:
            dual = None
        else:
            dual[part.rows] = outcome.row_dual
    objective = float(compiled.cost @ values + compiled.offset)
    gap = relative_gap(objective, bound)
    found = status_of(gap, options.gap)
    reasons = [o.termination for o in outcomes if o.termination != "gap_reached"]
    ended = "gap_reached" if found != "feasible" or not reasons else reasons[0]
    return Outcome(found, ended, values, objective, bound, gap, dual, seconds, rounds, cuts, points)


def _sum(values: list[float | None], offset: float) -> float | None:
    """Return the sum, or None where one of the values is not known."""
    known = [v for v in values if v is not None]
    return offset + sum(known) if len(known) == len(values) else None
