"""Benders' decomposition of who is served from where, with cuts in closed form.

For models of engagements and one cost for each need (:mod:`pse_opt.formulation.nearest`): linear
programs with cuts added in rounds give a bound and engagements to round; exchanges of offers give a
good plan; reduced costs show which offers cannot be part of a better one; what is left goes to
branch and bound, repeated with the cuts that its plan breaks until none is (Benders 1962;
Duran-Mateluna, Ales and Elloumi 2023).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from pse_opt.solving import direct
from pse_opt.solving.assignment import Assignment, Nearest
from pse_opt.solving.compiled import Compiled, family_of
from pse_opt.solving.cuts import Cut
from pse_opt.solving.highs import Session
from pse_opt.solving.interchange import Limits, improved
from pse_opt.solving.interrupt import Stop
from pse_opt.solving.outcome import (
    Options,
    Outcome,
    Progress,
    Status,
    Termination,
    relative_gap,
    status_of,
)
from pse_opt.solving.search import Gaps, Search

__all__ = ["problem_of", "run"]

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

ROUNDS = 100
"""Linear programs before branch and bound."""
TOLERANCE = 1e-7
"""Violation at which they end."""
SLACK = 0.1
"""Cuts that the last linear program keeps by more, relative to their right side, are left out."""
WHOLE = 1e-6
"""Whole costs are whole to this."""
SHARE = 0.5
"""Part of the time for linear programs and exchanges."""
TRIES, TRYING = 8, 0.1
"""Roundings at random that bring nothing until no more are tried, and part of the time for them."""


def run(
    compiled: Compiled,
    options: Options,
    *,
    stop: Stop | None = None,
    progress: Callable[[Progress], None] | None = None,
    start: dict[int, float] | None = None,
) -> Outcome:
    """Solve a compiled model of engagements; parameters as in the direct strategy.

    It finds a plan to start from by itself. Models with deliveries are solved directly.
    """
    problem = problem_of(compiled)
    if problem is None:
        return direct.run(compiled, options, stop=stop, progress=progress, start=start)
    return _Benders(compiled, problem, options, stop, progress).run()


def problem_of(compiled: Compiled) -> Assignment | None:
    """Return the costs of a model of engagements; None where it is none."""
    rules = [rule for rule, _ in compiled.rules]
    return rules[0].problem if len(rules) == 1 and isinstance(rules[0], Nearest) else None


class _Benders:
    """One solve: the cuts so far, the bound, and the best engagements."""

    def __init__(
        self,
        compiled: Compiled,
        problem: Assignment,
        options: Options,
        stop: Stop | None,
        progress: Callable[[Progress], None] | None,
    ) -> None:
        self.compiled, self.problem, self.options = compiled, problem, options
        self.stop, self.progress = stop, progress
        self.began = time.perf_counter()
        self.session = Session(compiled, options, stop=stop, progress=progress)
        self.cutter = compiled.cutters()[0]
        self.engaged = compiled.rules[0][1][: len(problem.fixed)]
        self.cuts: list[Cut] = []
        self.best: Flags | None = None
        self.cost = np.inf
        self.rounds = 0
        self.grain = _grain(problem)

    def run(self) -> Outcome:
        """Bound, improve, fix, and search what is left."""
        limits = _limits(self.compiled, self.engaged)
        if limits is not None:
            count = len(self.engaged)
            liked = np.random.default_rng(self.options.seed).random(count)
            self._improve(liked, np.sqrt(count), limits)
        bound, values, reduced = self._relaxed()
        if values is None and self.best is None:
            search = Search(self.session, Gaps(self.options.gap), [self.cutter])
            return replace(search.run(), seconds=self._elapsed)
        if values is not None and limits is not None:
            fractions = values[self.engaged]
            self._improve(fractions, fractions.sum(), limits)
            self._try(fractions, limits, bound)
        if self.progress is not None and bound is not None and self.best is not None:
            gap = (self.cost - bound) / max(abs(self.cost), 1e-9)
            self.progress(Progress(self._elapsed, self.cost, bound, gap))
        if bound is not None and self._proven(bound):
            return self._whole(None, bound)
        left = self.compiled if values is None else self._left(values, bound, reduced)
        seconds = max(self.options.time_limit - self._elapsed, 1e-3)
        options = replace(self.options, time_limit=seconds)
        session = Session(left, options, stop=self.stop, progress=self.progress)
        gaps = Gaps(options.gap, self.grain * (1.0 - WHOLE))
        return self._whole(Search(session, gaps, left.cutters(), self._start()).run(), bound)

    def _proven(self, bound: float) -> bool:
        """Whether the best engagements are as good as any, to the gap asked for."""
        gap = relative_gap(self.cost, bound)
        near = self.cost - bound < self.grain * (1.0 - WHOLE)
        return near or (gap is not None and gap <= self.options.gap)

    @property
    def _elapsed(self) -> float:
        return time.perf_counter() - self.began

    def _relaxed(self) -> tuple[float | None, Floats | None, Floats | None]:
        """Solve linear programs with cuts in rounds; return bound, values and reduced costs."""
        session = self.session
        session.relax()
        if self.best is not None:
            # Cuts at a good plan, and near it from there on, are few and sparse.
            values = np.zeros(len(self.compiled.columns))
            values[self.engaged] = self.best
            self._add(values)
        answer = session.run()
        for _ in range(ROUNDS):
            late = session.over or self._elapsed > SHARE * self.options.time_limit
            if answer.state != "optimal" or answer.values is None:
                return None, None, None
            if late or self.cutter.violation(answer.values) <= TOLERANCE:
                break
            if not self._add(answer.values):
                break
            self.rounds += 1
            answer = session.run()
        if answer.state != "optimal":
            return None, None, None
        return answer.bound, answer.values, answer.reduced_cost

    def _add(self, values: Floats) -> bool:
        """Add the cuts that values break; return whether there are any."""
        added = self.cutter.additions(values, self.session.columns, self.session.rows)
        self.session.add(added)
        self.cuts += added.rows
        return bool(added.rows)

    def _improve(self, liked: Floats, number: float, limits: Limits) -> None:
        """Engage about a number of offers, those that are liked most, and exchange offers."""
        count = int(np.clip(round(number), limits.least, limits.most))
        order = np.argsort(-liked - limits.must, kind="stable")
        start = np.zeros(len(liked), dtype=bool)
        start[order[:count]] = True
        start &= ~limits.never
        seconds = SHARE * max(self.options.time_limit - self._elapsed, 0.0)
        found = improved(self.problem, start, limits, seconds=seconds)
        cost = self.problem.total(found)
        fits = limits.least <= found.sum() <= limits.most
        if fits and cost < self.cost:
            self.best, self.cost = found, cost

    def _try(self, fractions: Floats, limits: Limits, bound: float | None) -> None:
        """Improve other roundings, drawn by the relaxation, until that no longer helps."""
        random = np.random.default_rng(self.options.seed)
        end = self._elapsed + TRYING * max(self.options.time_limit - self._elapsed, 0.0)
        idle = 0
        while bound is not None and idle < TRIES and self._elapsed < end and not self.stop:
            if self._proven(bound):
                return
            before = self.cost
            # A draw without replacement in which each offer counts by its fraction.
            lots = np.log(random.random(len(fractions))) / np.maximum(fractions, WHOLE)
            self._improve(np.exp(np.maximum(lots, -700.0)), fractions.sum(), limits)
            idle = 0 if self.cost < before else idle + 1

    def _left(self, values: Floats, bound: float | None, reduced: Floats | None) -> Compiled:
        """Return the model with cuts, without offers that no better plan engages."""
        compiled, at = self.compiled, self.engaged
        upper, lower = compiled.upper.copy(), compiled.lower.copy()
        if bound is not None and reduced is not None and np.isfinite(self.cost):
            rounding = 1e-9 * max(abs(self.cost), 1.0)
            room = self.cost - bound - self.grain * (1.0 - WHOLE) + rounding
            upper[at[(reduced[at] > room) & (values[at] < 0.5)]] = 0.0
            lower[at[(-reduced[at] > room) & (values[at] > 0.5)]] = 1.0
        held = [c for c in self.cuts if _slack(c, values) <= SLACK * max(abs(c.lower), 1.0)]
        coefficients = np.concatenate([np.zeros(0), *(c.coefficients for c in held)])
        columns = np.concatenate([np.zeros(0, dtype=np.int64), *(c.columns for c in held)])
        starts = np.cumsum([0, *(len(c.columns) for c in held)])
        shape = (len(held), len(compiled.columns))
        rows = sp.csr_array((coefficients, columns, starts), shape=shape)
        return replace(
            compiled,
            rows=[*compiled.rows, *([None] * len(held))],
            matrix=sp.csr_array(sp.vstack((compiled.matrix, rows))),
            row_lower=np.concatenate((compiled.row_lower, [c.lower for c in held])),
            row_upper=np.concatenate((compiled.row_upper, [c.upper for c in held])),
            upper=upper,
            lower=lower,
        )

    def _start(self) -> dict[int, float] | None:
        if self.best is None:
            return None
        return dict(zip(self.engaged.tolist(), self.best.astype(float).tolist(), strict=True))

    def _whole(self, found: Outcome | None, bound: float | None) -> Outcome:
        """Return the outcome for the whole model: what was left out is no better than the best."""
        engaged, cost = self.best, self.cost
        if found is not None and found.values is not None:
            other = found.values[self.engaged] > 0.5
            if self.problem.total(other) < cost:
                engaged, cost = other, self.problem.total(other)
        known = [b for b in (bound, None if found is None else found.bound) if b is not None]
        least = max(known, default=None)
        if found is not None and found.status == "infeasible" and engaged is not None:
            least = cost  # none that is left is better
        values, objective = None, None
        if engaged is not None:
            values, objective = self._values(engaged), cost
        if least is not None:
            least = self._grained(least)
            least = least if objective is None else min(least, objective)
        gap = relative_gap(objective, least)
        status: Status = "optimal" if found is None else found.status
        ended: Termination = "gap_reached" if found is None else found.termination
        if objective is not None:
            status = status_of(gap, self.options.gap)
            ended = ended if status == "feasible" else "gap_reached"
        rounds, cuts = (0, 0) if found is None else (found.rounds, found.cuts)
        rounds, cuts = rounds + self.rounds, cuts + len(self.cuts)
        return Outcome(
            status, ended, values, objective, least, gap, None, self._elapsed, rounds, cuts
        )

    def _grained(self, bound: float) -> float:
        """Return a bound raised to what a cost can be."""
        if not self.grain:
            return bound
        return float(np.ceil(bound / self.grain - 1e-6) * self.grain)

    def _values(self, engaged: Flags) -> Floats:
        """Return the values of all columns for engagements."""
        problem = self.problem
        values = np.zeros(len(self.compiled.columns))
        served = self.compiled.rules[0][1][len(problem.fixed) :]
        values[self.engaged] = engaged
        values[served] = problem.cost[problem.first(engaged[problem.offer])]
        return values


def _slack(cut: Cut, values: Floats) -> float:
    """Return by how much values keep a cut."""
    return float(cut.coefficients @ values[cut.columns]) - cut.lower


def _grain(problem: Assignment) -> float:
    """Return a number of which every cost is a multiple: 1 where all are whole, 0 if unknown."""
    figures = np.concatenate((problem.cost, problem.fixed))
    return 1.0 if bool((figures == np.round(figures)).all()) else 0.0


def _limits(compiled: Compiled, engaged: npt.NDArray[np.int64]) -> Limits | None:
    """Return how many offers may be engaged; None where rows say more than that."""
    must, never = compiled.lower[engaged] > 0.5, compiled.upper[engaged] < 0.5
    least, most = 1, len(engaged)
    names = np.array([family_of(r) for r in compiled.rows])
    place = np.full(len(compiled.columns), -1)
    place[engaged] = np.arange(len(engaged))
    for k in np.flatnonzero(names != "reached"):
        offers = place[compiled.matrix[[k]].indices]
        if names[k] == "required_offers":
            must[offers] = True
        elif names[k] == "siting" and len(offers) == len(engaged):
            low, high = compiled.row_lower[k], compiled.row_upper[k]
            least = max(least, int(low) if np.isfinite(low) else 0)
            most = min(most, int(high) if np.isfinite(high) else most)
        else:
            return None
    return Limits(least, most, must, never)
