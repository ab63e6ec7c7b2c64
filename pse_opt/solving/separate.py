"""Parts of a model that share nothing, solved apart, two at a time where there are two cores.

Where no rule couples two services their models are two connected components of the graph of columns
and rows; the best plan is the best of each, and so is the bound. Branch and bound on the whole
would have to explore their product.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from pse_opt.solving import direct, neighbourhood
from pse_opt.solving.compiled import Compiled
from pse_opt.solving.interrupt import Stop
from pse_opt.solving.outcome import Options, Outcome, Progress, relative_gap, status_of

__all__ = ["Part", "parts_of", "run", "together"]

Integers = npt.NDArray[np.int64]

HOPELESS = ("infeasible", "unbounded")
"""What makes the whole so when one part is."""


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
        [compiled.columns[c] for c in columns],
        [compiled.rows[r] for r in rows],
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

    Each part is solved to the gap asked for, with one thread; then so is the whole wherever no
    part's objective is negative. Otherwise the gap of the whole is what it is, and is stated.
    """
    found = parts_of(compiled) if parts is None else parts
    if len(found) == 1:
        return direct.run(compiled, options, stop=stop, progress=progress, start=start)
    return _Parts(compiled, found, options, stop, progress, start).run()


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
        self.workers = min(len(parts), options.threads or os.cpu_count() or 1)

    def run(self) -> Outcome:
        """Solve all parts, the hardest first, and put their outcomes together."""
        with ThreadPoolExecutor(self.workers) as pool:
            outcomes = list(pool.map(self._solve, range(len(self.parts))))
        seconds = time.perf_counter() - self.began
        return together(self.compiled, self.parts, outcomes, self.options, seconds)

    def _solve(self, k: int) -> Outcome:
        part = self.parts[k]
        options = replace(self.options, threads=1, time_limit=self._seconds(k))
        first = {
            i: self.start[int(c)]
            for i, c in enumerate(part.columns)
            if part.compiled.integer[i] and int(c) in self.start
        }
        way = neighbourhood.run if neighbourhood.is_large(part.compiled) else direct.run
        outcome = way(
            part.compiled,
            options,
            stop=self.stop,
            progress=lambda moment: self._watch(k, moment),
            start=first,
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
    bound = _sum([o.bound for o in outcomes], compiled.offset)
    for status in (*HOPELESS, "no_plan"):
        for o in outcomes:
            if o.status == status:
                known = bound if status == "no_plan" else None
                return replace(o, bound=known, seconds=seconds, rounds=rounds, cuts=cuts)
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
    return Outcome(found, ended, values, objective, bound, gap, dual, seconds, rounds, cuts)


def _sum(values: list[float | None], offset: float) -> float | None:
    """Return the sum, or None where one of the values is not known."""
    known = [v for v in values if v is not None]
    return offset + sum(known) if len(known) == len(values) else None
