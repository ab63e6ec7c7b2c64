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
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from pse_opt.solving import direct, neighbourhood, priced, single
from pse_opt.solving.compiled import Compiled
from pse_opt.solving.crew import processes
from pse_opt.solving.cuts import merged
from pse_opt.solving.interrupt import Stop
from pse_opt.solving.labels import taken
from pse_opt.solving.large import HOPELESS
from pse_opt.solving.outcome import Options, Outcome, Progress, relative_gap, status_of

__all__ = ["Part", "parts_of", "run", "together", "way_of"]

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Part:
    """A model that shares no column and no row with the rest, and where it stands in the whole."""

    compiled: Compiled
    columns: Integers
    rows: Integers

    @property
    def weight(self) -> int:
        """How hard it may be: its whole numbers."""
        return 1 + int(self.compiled.integer.sum())


def parts_of(compiled: Compiled) -> list[Part]:
    """Return the connected components of a model, the hardest first.

    Components without whole numbers are easy and stay together, as the last part.
    """
    rows, columns = compiled.matrix.shape
    if compiled.whole:
        return [Part(compiled, np.arange(columns), np.arange(rows))]
    links = compiled.matrix.tocoo()
    graph = sp.coo_array(
        (np.ones(links.nnz), (links.coords[1], columns + links.coords[0])),
        shape=(columns + rows, columns + rows),
    )
    for _, at in compiled.rules:
        tie = sp.coo_array((np.ones(len(at)), (np.full(len(at), at[0]), at)), shape=graph.shape)
        graph = graph + tie
    from scipy.sparse.csgraph import connected_components

    count, component = connected_components(graph, directed=False)
    label = component.astype(np.int64)
    whole = np.bincount(label[:columns][compiled.integer], minlength=count)
    label = np.where(whole[label] == 0, count, label)
    found = [_part(compiled, label, int(k)) for k in np.unique(label)]
    return sorted(found, key=lambda p: -p.weight)


def _part(compiled: Compiled, label: Integers, k: int) -> Part:
    count = len(compiled.columns)
    columns, rows = np.flatnonzero(label[:count] == k), np.flatnonzero(label[count:] == k)
    place = np.full(count, -1, dtype=np.int64)
    place[columns] = np.arange(len(columns))
    piece = Compiled(
        taken(compiled.columns, columns),
        taken(compiled.rows, rows),
        compiled.cost[columns],
        0.0,
        compiled.maximize,
        sp.csr_array(compiled.matrix[rows][:, columns]),
        compiled.row_lower[rows],
        compiled.row_upper[rows],
        compiled.lower[columns],
        compiled.upper[columns],
        compiled.integer[columns],
        tuple((e, place[at]) for e, at in compiled.rules if place[at[0]] >= 0),
        points=compiled.points,
    )
    return Part(piece, columns, rows)


def run(
    compiled: Compiled,
    options: Options,
    *,
    stop: Stop | None = None,
    progress: Callable[[Progress], None] | None = None,
    start: dict[int, float] | None = None,
    parts: list[Part] | None = None,
) -> Outcome:
    """Solve each connected component of a compiled model; parameters as in the direct strategy.

    Each part is solved to the gap asked for; then so is the whole wherever no part's objective is
    negative. Otherwise the gap of the whole is what it is, and is stated. Large parts may share
    what they miss, as long as their sum is within the gap.
    """
    found = parts_of(compiled) if parts is None else parts
    hard = [p.compiled for p in found if p.compiled.integer.any()]
    if len(hard) < 2:
        way = _way(hard[0]) if hard else direct.run
        return way(compiled, options, stop=stop, progress=progress, start=start)
    return _Parts(compiled, found, options, stop, progress, start).run()


def way_of(parts: list[Part]) -> str:
    """Return by which strategy a model of some parts is solved, and why."""
    hard = [_way(p.compiled) for p in parts if p.compiled.integer.any()]
    if len(hard) < 2:
        return REASONS[hard[0] if hard else direct.run]
    large = hard.count(neighbourhood.run)
    searched = f", {large} of them too large for branch and bound alone" if large else ""
    return f"separate: {len(hard)} parts that share no rule{searched}"


def _way(compiled: Compiled) -> Callable[..., Outcome]:
    """Return how a model that falls into no parts is solved."""
    if single.is_single(compiled):
        return single.run
    if neighbourhood.is_large(compiled):
        return neighbourhood.run
    return priced.run if priced.is_wide(compiled) else direct.run


REASONS: dict[Callable[..., Outcome], str] = {
    direct.run: "direct",
    neighbourhood.run: "neighbourhood: too many decisions for branch and bound alone",
    single.run: "single: one source for each need, and offers are knapsacks",
    priced.run: "priced: so many links to each need that most of them carry nothing",
}


class _Parts:
    """The parts of one solve, who works on which, and what they hold so far."""

    def __init__(
        self,
        compiled: Compiled,
        parts: list[Part],
        options: Options,
        stop: Stop | None,
        progress: Callable[[Progress], None] | None,
        start: dict[int, float] | None,
    ) -> None:
        self.compiled, self.parts, self.options = compiled, parts, options
        self.stop = Stop(stop)
        self.progress, self.start = progress, start or {}
        self.began = time.perf_counter()
        self.lock = threading.Lock()
        self.moments: list[tuple[float | None, float | None]] = [(None, None)] * len(parts)
        self.queued = float(sum(p.weight for p in parts))
        self.ends: dict[int, float] = {}
        self.workers = min(len(parts), processes(options.threads))

    def run(self) -> Outcome:
        """Solve all parts, those first that are solved one by one, and put all together."""
        large = [k for k, p in enumerate(self.parts) if _way(p.compiled) is neighbourhood.run]
        small = [k for k in range(len(self.parts)) if k not in large]
        with ThreadPoolExecutor(self.workers) as pool:
            outcomes = dict(zip(small, pool.map(self._solve, small), strict=True))
        if large:
            outcomes |= self._search(large, outcomes)
        found = [outcomes[k] for k in range(len(self.parts))]
        seconds = time.perf_counter() - self.began
        return together(self.compiled, self.parts, found, self.options, seconds)

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
        outcome = _way(part)(
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
