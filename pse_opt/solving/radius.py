"""The greatest travel made least: is everyone within this distance of what is engaged?

For p-center and its like the compact model has next to no bound. The answer is one of the distances
that are there, and for each of them the question is a covering problem, which is easy beside it
(Minieka 1970): first with linear programs, whose least feasible distance is a bound, then with
whole numbers, upwards from there in growing steps and then by halves.

It applies where the objective is the greatest travel of any need, everybody is served in full, and
a need is served from one place: because each has one source, or because no offer can be full, so
that nothing is gained by serving part of a need from further away. In the second case the covering
problem is about engagements alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from pse_opt.solving import direct
from pse_opt.solving.compiled import Compiled
from pse_opt.solving.covering import completed, names_of, never_full, pattern
from pse_opt.solving.interrupt import Stop
from pse_opt.solving.labels import taken
from pse_opt.solving.outcome import Options, Outcome, Progress, Termination, relative_gap, status_of

__all__ = ["Radius", "radius_of", "run"]

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Names = npt.NDArray[np.object_]

MEASURING = ("equalization_level", "equalization_ceiling", "objective_inequality")
VOLUMES = ("production", "capacity")
SERVING = ("attainment", "linking", "source_assignment", "single_source")
ENGAGING = ("siting", "one_size", "exclusive_offers", "required_offers", "arrangements")
FAMILIES = {*MEASURING, *VOLUMES, *SERVING, *ENGAGING, "coverage_floor"}
COLUMNS = {
    *("engaged", "utilization", "delivery", "coverage", "assigned"),
    *("level", "highest", "inequality"),
}
CLOSE = 1e-9
"""Relative difference at which two distances are the same."""


@dataclass(frozen=True, eq=False)
class Radius:
    """What the search needs to know of a model.

    Attributes
    ----------
    compiled : Compiled
        The model.
    families, kinds : ndarray of str
        Component of each row and each column.
    distance : ndarray
        What each delivery makes of the objective, NaN for other columns.
    single : bool
        Each need has one source; otherwise no offer can be full.
    """

    compiled: Compiled
    families: Names
    kinds: Names
    distance: Floats
    single: bool

    @property
    def candidates(self) -> Floats:
        """Distances that the answer may be, ascending."""
        found = np.unique(self.distance[np.isfinite(self.distance)])
        apart = np.diff(found, prepend=-np.inf) > CLOSE * np.maximum(1.0, np.abs(found))
        return np.asarray(found[apart])

    def within(self, limit: float) -> Covering:
        """Return the covering problem of a distance."""
        far = self.distance > limit + CLOSE * max(1.0, abs(limit))
        return self._with_sources(far) if self.single else self._of_engagements(far)

    def _with_sources(self, far: Flags) -> Covering:
        """The model itself, without deliveries from too far away and without measuring."""
        kept = np.isin(self.kinds, ("engaged", "delivery", "assigned", "utilization")) & ~far
        rows = np.isin(self.families, (*SERVING, *ENGAGING, *VOLUMES))
        compiled, at = self.compiled, np.flatnonzero(kept)
        held = sp.csr_array(compiled.matrix[rows])
        # Coverage is 1 throughout; what is too far away delivers nothing.
        full = np.asarray(held @ (self.kinds == "coverage").astype(float))
        limits = compiled.row_lower[rows] - full, compiled.row_upper[rows] - full
        return self._covering(at, sp.csr_array(held[:, at]), *limits)

    def _of_engagements(self, far: Flags) -> Covering:
        """For each need one engaged offer at least that is near enough."""
        matrix, kinds, compiled = self.compiled.matrix, self.kinds, self.compiled
        at, near = np.flatnonzero(kinds == "engaged"), (kinds == "delivery") & ~far
        served = pattern(matrix[self.families == "attainment"][:, near])
        links = sp.csr_array(matrix[self.families == "linking"])
        opens = pattern(links[:, near]).T @ pattern(links[:, at])
        cover = pattern(served @ opens)
        rows = np.isin(self.families, ENGAGING)
        every = sp.csr_array(sp.vstack((cover, matrix[rows][:, at])))
        needs = cover.shape[0]
        low = np.concatenate((np.ones(needs), compiled.row_lower[rows]))
        high = np.concatenate((np.full(needs, np.inf), compiled.row_upper[rows]))
        return self._covering(at, every, low, high)

    def _covering(
        self, at: npt.NDArray[np.int64], matrix: sp.csr_array, low: Floats, high: Floats
    ) -> Covering:
        """A problem of some columns; rows without any are kept or broken whatever is done."""
        empty = np.diff(matrix.indptr) == 0
        lost = bool((empty & ((low > CLOSE) | (high < -CLOSE))).any())
        compiled, use = self.compiled, ~empty
        return Covering(
            replace(
                compiled,
                columns=taken(compiled.columns, at),
                rows=[None] * int(use.sum()),
                cost=np.zeros(len(at)),
                offset=0.0,
                matrix=sp.csr_array(matrix[use]),
                row_lower=low[use],
                row_upper=high[use],
                lower=compiled.lower[at],
                upper=compiled.upper[at],
                integer=compiled.integer[at],
                value=None,
                steepness=1.0,
            ),
            at,
            lost,
        )


@dataclass(frozen=True, eq=False)
class Covering:
    """A covering problem, where its columns stand in the whole, and whether it is plainly lost."""

    compiled: Compiled
    at: npt.NDArray[np.int64]
    lost: bool


def radius_of(compiled: Compiled) -> Radius | None:
    """Return what the search needs, or None where the model is not of this kind."""
    if compiled.maximize or compiled.rules or compiled.ratios or compiled.then:
        return None
    families, kinds = names_of(compiled)
    goal = np.flatnonzero(compiled.cost)
    measured = len(goal) == 1 and kinds[goal[0]] == "inequality" and not compiled.offset
    if not measured or not FAMILIES.issuperset(families) or not COLUMNS.issuperset(kinds):
        return None
    single = _one_source(compiled, families, kinds)
    if not _in_full(compiled, families, kinds) or not (
        single or never_full(compiled, families, kinds)
    ):
        return None
    distance = _distances(compiled, families, kinds)
    return None if distance is None else Radius(compiled, families, kinds, distance, single)


def _in_full(compiled: Compiled, families: Names, kinds: Names) -> bool:
    """Whether every need is served in full."""
    rows = compiled.matrix[families == "coverage_floor"][:, kinds == "coverage"]
    least = compiled.row_lower[families == "coverage_floor"]
    return bool((rows.T @ (least >= 1.0) > 0).all()) and bool((kinds == "coverage").any())


def _one_source(compiled: Compiled, families: Names, kinds: Names) -> bool:
    """Whether every delivery is all or nothing."""
    equal = (families == "source_assignment") & (compiled.row_lower == compiled.row_upper)
    tied = np.abs(compiled.matrix[equal][:, kinds == "delivery"]).sum(axis=0) > 0
    return bool(np.all(tied)) and bool(equal.any())


def _distances(compiled: Compiled, families: Names, kinds: Names) -> Floats | None:
    """What each delivery makes of the objective; None where a level is of several needs."""
    matrix = compiled.matrix
    weight = np.zeros(len(kinds))  # of a level or a greatest level in the objective
    weight[kinds == "inequality"] = 1.0
    for family, lower in (
        ("objective_inequality", "inequality"),
        ("equalization_ceiling", "highest"),
    ):
        held = matrix[families == family].tocoo()
        below = np.zeros(held.shape[0])
        ties = kinds[held.coords[1]] == lower
        below[held.coords[0][ties]] = -held.data[ties] / weight[held.coords[1][ties]]
        above = ~ties
        np.maximum.at(
            weight, held.coords[1][above], held.data[above] / below[held.coords[0][above]]
        )
    found = np.full(len(kinds), np.nan)
    found[kinds == "delivery"] = 0.0
    need = _need_of(compiled, families, kinds)
    held = sp.csr_array(matrix[families == "equalization_level"])
    for start, end in zip(held.indptr[:-1], held.indptr[1:], strict=True):
        at, values = held.indices[start:end], held.data[start:end]
        level, links = kinds[at] == "level", kinds[at] == "delivery"
        if len(np.unique(need[at[links]])) > 1:
            return None
        scale = float(weight[at[level]][0] / -values[level][0])
        np.maximum.at(found, at[links], values[links] * scale)
    return found


def _need_of(compiled: Compiled, families: Names, kinds: Names) -> npt.NDArray[np.int64]:
    """The row of the need that each delivery belongs to."""
    rows = compiled.matrix[families == "attainment"].tocoo()
    need = np.full(len(kinds), -1, dtype=np.int64)
    need[rows.coords[1]] = rows.coords[0]
    return need


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
