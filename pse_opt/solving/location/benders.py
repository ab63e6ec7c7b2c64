"""Benders' decomposition of who is served from where, with cuts in closed form.

For models of engagements and one cost for each need (:mod:`pse_opt.formulation.nearest`). Prices of
serving each need give a first bound, engagements to exchange offers from, and the offers that no
better plan engages (``multipliers``). Over what is left, linear programs with cuts added in rounds
(Benders 1962; Duran-Mateluna, Ales and Elloumi 2023) give a better bound, and leave out more. The
rest is for branch and bound over the same linear program (``branching``).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from pse_opt.solving import direct
from pse_opt.solving.compiled import Compiled, family_of
from pse_opt.solving.interrupt import Stop
from pse_opt.solving.location.assignment import Assignment, Nearest
from pse_opt.solving.location.branching import Incumbent, Tree
from pse_opt.solving.location.interchange import Limits, improved
from pse_opt.solving.location.multipliers import Multipliers, multipliers
from pse_opt.solving.location.relaxation import Point, Relaxation, TooLate
from pse_opt.solving.outcome import (
    Options,
    Outcome,
    Progress,
    Status,
    Termination,
    relative_gap,
    status_of,
)

__all__ = ["problem_of", "run"]

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

ROUNDS, WORTH = 100, 0.01
"""Linear programs before branch and bound, and the part of what the bound lacks that the cuts must
be able to add."""
WHOLE = 1e-6
"""Fractions, and costs that are whole, are whole to this."""
SHARE = 0.5
"""Part of the time for prices, and for exchanges."""
NEXT = 0.8
"""Where a first price lies between the cheapest cost and the next, where many are the cheapest."""
TRIES, TRYING = 3, 0.1
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

    It finds plans by itself; one that is given is held until it finds a better one. Models with
    deliveries are solved directly.
    """
    problem = problem_of(compiled)
    if problem is None:
        return direct.run(compiled, options, stop=stop, progress=progress, start=start)
    search = _Benders(compiled, problem, options, stop, progress)
    search.hold(start or {})
    return search.run()


def problem_of(compiled: Compiled) -> Assignment | None:
    """Return the costs of a model of engagements; None where it is none."""
    rules = [rule for rule, _ in compiled.rules]
    return rules[0].problem if len(rules) == 1 and isinstance(rules[0], Nearest) else None


class _Benders:
    """One solve: the best engagements, and the bound."""

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
        self.engaged = compiled.rules[0][1][: len(problem.fixed)]
        self.limits, self.alone = _limits(compiled, self.engaged)
        self.incumbent = Incumbent(problem, options.gap, _grain(problem), compiled.offset)
        self.random = np.random.default_rng(options.seed)
        self.left = problem  # without offers that no better plan engages
        self.bound = -np.inf
        self.rounds = self.cuts = 0

    def hold(self, start: dict[int, float]) -> None:
        """Hold engagements to start from, if they keep all rules."""
        if not start:
            return
        values = np.zeros(len(self.compiled.columns))
        values[list(start)] = list(start.values())
        values[self.engaged] = np.maximum(np.round(values[self.engaged]), self._must)
        engaged = values[self.engaged] > 0.5
        if not (engaged & self.limits.never).any() and self._kept(engaged):
            self.incumbent.take(engaged)

    @property
    def _must(self) -> Floats:
        return self.compiled.lower[self.engaged]

    def _kept(self, engaged: Flags) -> bool:
        """Whether engagements keep the rows."""
        c = self.compiled
        values = np.zeros(len(c.columns))
        values[self.engaged] = engaged
        now = c.matrix @ values
        low, high = c.row_lower - WHOLE, c.row_upper + WHOLE
        return bool(((now >= low) & (now <= high)).all())

    def run(self) -> Outcome:
        """Price, exchange, leave out, and search what is left."""
        prices = self._priced()
        self.bound = max(prices.bound, _least(self.problem))
        self._report(self.bound)
        if self._proven:
            return self._outcome(True)
        lower, upper = self.compiled.lower.copy(), self.compiled.upper.copy()
        surely = prices.forced > self.incumbent.below - prices.bound
        lower[self.engaged[surely & prices.engaged]] = 1.0
        upper[self.engaged[surely & ~prices.engaged]] = 0.0
        left = replace(self.compiled, lower=lower, upper=upper, offset=0.0)
        options = replace(self.options, time_limit=max(self._seconds, 1e-3))
        relaxation = Relaxation(left, self.problem, options, self.stop)
        try:
            return self._outcome(self._search(relaxation, prices.price))
        except TooLate:
            return self._outcome(False)
        finally:
            self.rounds, self.cuts = relaxation.rounds, relaxation.cuts

    def _search(self, relaxation: Relaxation, price: Floats) -> bool:
        """Search between the bound and the best; return whether that came to an end."""
        point = None
        if relaxation.narrow(~relaxation.may):
            self.left = relaxation.problem
            relaxation.add(relaxation.cutter.around(price))
            point = relaxation.solve(self.incumbent.below, ROUNDS, WORTH)
        if point is None:
            self.bound = self.incumbent.below
            return True
        self.bound = max(self.bound, point.bound)
        self._improve(point.engaged)
        self._try(point)
        self._report(self.bound)
        if self._proven:
            return True
        tree = Tree(relaxation, self.incumbent, self._improve, self._report)
        bound, over = tree.run(point)
        self.bound = max(self.bound, bound)
        return over

    @property
    def _proven(self) -> bool:
        """Whether nothing that is better by more than the gap is left."""
        return self.bound >= self.incumbent.below

    @property
    def _seconds(self) -> float:
        return self.options.time_limit - (time.perf_counter() - self.began)

    def _priced(self) -> Multipliers:
        """Find prices, and engagements on the way."""
        problem, limits = self.problem, self.limits
        count = len(problem.fixed)
        number = int(np.clip(round(np.sqrt(count)), limits.least, limits.most))
        found = self._multipliers(_first(problem, number), limits.must)
        # A cost that is close makes for steps of the right length.
        better = self._exchange(found.engaged)
        found = self._multipliers(found.price, better)
        self._exchange(found.engaged)
        return found

    def _multipliers(self, start: Floats, best: Flags) -> Multipliers:
        """Find prices, with a cost to compare their bound with."""
        seconds = SHARE * self._seconds
        return multipliers(self.problem, self.limits, start, best, seconds=seconds, stop=self.stop)

    def _exchange(self, start: Flags) -> Flags:
        """Exchange offers of engagements, and keep them where no row but their number matters."""
        seconds = SHARE * max(self._seconds, 0.0)
        found = improved(self.left, start, self.limits, seconds=seconds, stop=self.stop)
        if self.alone and self.limits.least <= found.sum() <= self.limits.most:
            self.incumbent.take(found)
        return found

    def _improve(self, liked: Floats, number: float | None = None) -> None:
        """Engage the offers that are liked most, and exchange."""
        limits = self.limits
        wanted = liked.sum() if number is None else number
        count = int(np.clip(round(wanted), limits.least, limits.most))
        order = np.argsort(-liked - limits.must, kind="stable")
        start = np.zeros(len(liked), dtype=bool)
        start[order[:count]] = True
        if self.alone:
            self._exchange(start & ~limits.never)

    def _try(self, point: Point) -> None:
        """Improve other roundings, drawn by the relaxation, until that no longer helps."""
        end = (1.0 - TRYING) * self._seconds
        idle = 0 if self.alone else TRIES
        while idle < TRIES and self._seconds > end and not self.stop and not self._proven:
            before = self.incumbent.cost
            # A draw without replacement in which each offer counts by its fraction.
            y = np.maximum(point.engaged, WHOLE)
            lots = np.log(self.random.random(len(y))) / y
            self._improve(np.exp(np.maximum(lots, -700.0)), point.engaged.sum())
            idle = 0 if self.incumbent.cost < before else idle + 1

    def _report(self, bound: float) -> None:
        """Tell what is known."""
        if self.progress is None:
            return
        known = self.incumbent.engaged is not None
        least = self._grained(max(bound, self.bound))
        offset = self.compiled.offset
        cost = self.incumbent.cost + offset if known else None
        least = least + offset
        bound_ = None if not np.isfinite(least) else least if cost is None else min(least, cost)
        elapsed = time.perf_counter() - self.began
        self.progress(Progress(elapsed, cost, bound_, relative_gap(cost, bound_)))

    def _outcome(self, over: bool) -> Outcome:
        """Return what is known in the end."""
        engaged, elapsed = self.incumbent.engaged, time.perf_counter() - self.began
        ended: Termination = "interrupted" if self.stop else "time_limit"
        offset = self.compiled.offset
        bound = self._grained(self.bound) + offset if np.isfinite(self.bound) else None
        work = elapsed, self.rounds, self.cuts
        if engaged is None:
            if over:
                return Outcome("infeasible", "infeasible", None, None, None, None, None, *work)
            return Outcome("no_plan", ended, None, None, bound, None, None, *work)
        cost = self.incumbent.cost + offset
        bound = None if bound is None else min(bound, cost)
        gap = relative_gap(cost, bound)
        status: Status = status_of(gap, self.options.gap)
        if status != "feasible":
            ended = "gap_reached"
        return Outcome(status, ended, self._values(engaged), cost, bound, gap, None, *work)

    def _grained(self, bound: float) -> float:
        """Return a bound raised to what a cost can be."""
        grain = self.incumbent.grain
        if not grain or not np.isfinite(bound):
            return bound
        return float(np.ceil(bound / grain - WHOLE) * grain)

    def _values(self, engaged: Flags) -> Floats:
        """Return the values of all columns for engagements."""
        problem = self.problem
        values = np.zeros(len(self.compiled.columns))
        served = self.compiled.rules[0][1][len(problem.fixed) :]
        values[self.engaged] = engaged
        values[served] = problem.cost[problem.first(engaged)]
        return values


def _grain(problem: Assignment) -> float:
    """Return a number of which every cost is a multiple: 1 where all are whole, 0 if unknown."""
    figures = np.concatenate((problem.cost, problem.fixed))
    return 1.0 if bool((figures == np.round(figures)).all()) else 0.0


def _first(problem: Assignment, number: int) -> Floats:
    """Return prices to start from, where so many offers are engaged.

    About as many links of each need are cheaper than its second engaged offer. Where these cost
    nothing more than the cheapest, a price would pay for no offer; it is then near the next cost.
    """
    links = np.diff(problem.start)
    place = problem.start[:-1] + np.minimum(2 * links // max(number, 1), links - 1)
    price, cheapest = problem.cost[place], problem.cost[problem.start[:-1]]
    dearer = problem.below(np.nextafter(cheapest, np.inf))
    following = problem.cost[np.minimum(dearer, problem.start[1:] - 1)]
    return np.where(price > cheapest, price, cheapest + NEXT * (following - cheapest))


def _least(problem: Assignment) -> float:
    """Return what no engagements cost less than, without any search."""
    cheapest = problem.cost[problem.start[:-1]].sum()
    return float(cheapest + np.minimum(problem.fixed, 0.0).sum())


def _others(offers: npt.NDArray[np.int64], count: int) -> npt.NDArray[np.int64]:
    """Return the offers that are not among some."""
    return np.setdiff1d(np.arange(count), offers)


def _limits(compiled: Compiled, engaged: npt.NDArray[np.int64]) -> tuple[Limits, bool]:
    """Return how many offers may be engaged, and whether the rows say no more than that."""
    alone = True
    must, never = compiled.lower[engaged] > 0.5, compiled.upper[engaged] < 0.5
    least, most = 1, len(engaged)
    names = np.array([family_of(r) for r in compiled.rows])
    place = np.full(len(compiled.columns), -1)
    place[engaged] = np.arange(len(engaged))
    for k in np.flatnonzero(names != "reached"):
        offers = place[compiled.matrix[[k]].indices]
        if names[k] == "required_offers":
            must[offers] = True
        elif names[k] == "siting" and must[others := _others(offers, len(engaged))].all():
            # Those that are engaged in any case count as well.
            low, high = compiled.row_lower[k] + others.size, compiled.row_upper[k] + others.size
            least = max(least, int(low) if np.isfinite(low) else 0)
            most = min(most, int(high) if np.isfinite(high) else most)
        else:
            alone = False
    return Limits(least, most, must, never), alone
