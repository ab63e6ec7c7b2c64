"""Parts that few rules couple, solved apart at prices for these rules, and put together again.

Where a total budget is all that services share, branch and bound on the whole explores the product
of what each could do. Here the rules that couple get prices: first the duals of the linear program
of the whole. With them the parts share nothing, are solved apart, and their bounds add up to one of
the whole (``coupling``). Their plans together may break the rules by little; then one part is
solved again within what the others leave, which costs little more than the bound. Better prices
come from the plans so far (``pool``), and parts are solved more precisely, as long as one of the
two is what the gap consists of. What is left then goes to local searches on the whole, from the
best plan, with that bound.

Prices for coupling rules are the Lagrangian relaxation of Geoffrion (1974); how near parts with
many decisions come to the best plan is the theorem of Shapley and Folkman (Starr 1969).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from pse_opt.solving import neighbourhood, separate
from pse_opt.solving.compiled import Compiled
from pse_opt.solving.coupling import Coupling, coupling_of
from pse_opt.solving.crew import processes
from pse_opt.solving.highs import Answer
from pse_opt.solving.interrupt import Stop
from pse_opt.solving.large import Large
from pse_opt.solving.linking import Thin
from pse_opt.solving.outcome import Options, Outcome, Progress, Termination, relative_gap
from pse_opt.solving.pool import Pool
from pse_opt.solving.prices import relaxed
from pse_opt.solving.residual import refitted

__all__ = ["chosen", "run", "way_of"]

Floats = npt.NDArray[np.float64]

BEGIN = 1_500
"""Whole numbers from which prices are quicker than branch and bound on the whole."""
RARE = 0.01
"""Share of all rows that may have prices where this way is chosen."""
PRECISE, FINER, FINEST = 0.4, 0.3, 0.01
"""Share of the gap that parts at given prices may leave at first, by how much less at the next
time, and at least."""
COARSE = 0.2
"""Relative gap of parts at most."""
ROUND, FIRST_FIT, FIT = 0.5, 0.05, 0.3
"""Share of the time that is left for parts at given prices, and for one within what others leave:
for a first plan, and later."""
ROUNDS = 30
REGION, LITTLE, SHRINK, GROW, BEYOND = 0.05, 0.01, 0.4, 1.5, 8.0
"""Half the width of the region of next prices relative to the price, and at least relative to what
all costs over what all may take; by how much it becomes narrower, wider, and wider as long as a
coupling row was never kept."""
OUTSIDE = 3
"""Rounds that look for prices at which coupling rows are kept, where others promise little."""
SAME = 1e-9
"""Relative difference of prices that is none."""
KEPT = 1e-6
"""By how much a row may be broken."""
WORTH = 0.2
"""Part of what is open that other prices, or more precise parts, have to promise."""


def chosen(compiled: Compiled) -> Coupling | None:
    """Return the coupling of a model that is one for this strategy, or None."""
    if int(compiled.integer.sum()) < BEGIN:
        return None
    return coupling_of(compiled, int(RARE * len(compiled.rows)))


def way_of(coupling: Coupling) -> str:
    """Return in words what was chosen, and why."""
    parts = sum(bool(p.compiled.integer.any()) for p in coupling.parts)
    rows = coupling.rows.size
    rules = "1 rule, which has a price" if rows == 1 else f"{rows} rules, which have prices"
    return f"coupled: {parts} parts but for {rules}"


def run(
    compiled: Compiled,
    options: Options,
    *,
    stop: Stop | None = None,
    progress: Callable[[Progress], None] | None = None,
    start: dict[int, float] | None = None,
    coupling: Coupling | None = None,
) -> Outcome:
    """Solve a compiled model; parameters as in the direct strategy.

    Models that do not fall into parts without few rows are solved as ``separate`` does, and so are
    those with convex rules or several goals. A coupling that is known need not be looked for.
    """
    found = coupling_of(compiled) if coupling is None else coupling
    if found is None:
        return separate.run(compiled, options, stop=stop, progress=progress, start=start)
    return _Work(found, options, stop, progress, start).run()


@dataclass(frozen=True, eq=False)
class _Round:
    """What came of the parts at some prices: the bound, the plans, and what they cost there."""

    prices: Floats
    bound: float
    objective: float
    values: Floats


class _Work:
    """One solve: the whole model with its plan and bound, prices, and plans of the parts."""

    def __init__(
        self,
        coupling: Coupling,
        options: Options,
        stop: Stop | None,
        progress: Callable[[Progress], None] | None,
        start: dict[int, float] | None,
    ) -> None:
        self.coupling, self.options, self.progress = coupling, options, progress
        self.asked, self.halt, self.start = stop, Stop(stop), start
        self.began = time.perf_counter()
        self.end = self.began + options.time_limit
        self.whole = Large(coupling.compiled, replace(options, threads=1), self.halt, start)
        self.pool = Pool(coupling, options)
        self.precise = PRECISE
        self.outside = 0
        self.above = np.full(coupling.rows.size, np.inf)
        self.below = np.full(coupling.rows.size, np.inf)
        self.size = abs(coupling.matrix).max(axis=1).toarray().ravel()
        self.nearest: Floats | None = None
        self.missed = np.inf
        self.lock = threading.Lock()

    def run(self) -> Outcome:
        """Bound by prices, put plans together, and search what is left on the whole."""
        whole = self.whole
        prices = self._relax()
        if prices is not None:
            self._begin()
            if not any(neighbourhood.is_large(p.compiled) for p in self.coupling.parts):
                self._search(prices)
        if not self._ended:
            return self._last()
        self.halt.asked = True
        return self._told(whole.outcome("interrupted" if self.asked else "time_limit"))

    def _relax(self) -> Floats | None:
        """Solve the relaxation; return prices, or None where there is none."""
        found = relaxed(self.coupling, self.options, self.halt)
        whole = self.whole
        whole.options = replace(whole.options, time_limit=self._left)
        if found is None:
            whole.look()
            if whole.local is None or whole.dual is None:
                return None
            return self.coupling.possible(whole.dual[self.coupling.rows])
        full = self.coupling.compiled
        if found.rows is not None:
            self.coupling = found.coupling
            self.pool = Pool(self.coupling, self.options)
        whole.load(None if found.rows is None else Thin(full, found.coupling.compiled, found.rows))
        whole.tighten(found.bound)
        whole.bounded = True
        dual = np.concatenate((found.dual, np.zeros(len(found.cuts))))
        whole.know(found.values, found.reduced, dual, found.cuts)
        return found.prices

    def _begin(self) -> None:
        """Hold the start, if there is one."""
        assert self.whole.local is not None
        if self.start:
            values = self.whole.local.values.copy()
            values[list(self.start)] = list(self.start.values())
            self._hold(values)
        self._tell()

    def _told(self, outcome: Outcome) -> Outcome:
        """Return an outcome with the time of the whole solve, and why it ended."""
        ended: Termination = outcome.termination
        if outcome.status in ("optimal", "within_gap"):
            ended = "gap_reached"
        elif self.asked and ended not in ("infeasible", "error"):
            ended = "interrupted"
        return replace(outcome, termination=ended, seconds=time.perf_counter() - self.began)

    @property
    def _left(self) -> float:
        return max(self.end - time.perf_counter(), 1e-3)

    @property
    def _over(self) -> bool:
        return bool(self.halt) or time.perf_counter() >= self.end

    def _within(self, objective: float | None) -> bool:
        """Return whether an objective is within the gap of the bound."""
        gap = relative_gap(objective, self.whole.bound)
        return gap is not None and gap <= self.options.gap

    @property
    def _ended(self) -> bool:
        return self._over or self._reached or self.whole.ended is not None

    @property
    def _reached(self) -> bool:
        return self._within(self.whole.best)

    @property
    def _open(self) -> float:
        """What lies between plan and bound, or what may, where there is no plan."""
        bound = self.whole.bound or 0.0
        return min(self.whole.missing, max(10.0 * self.options.gap, 1e-6) * abs(bound))

    def _search(self, prices: Floats) -> None:
        """Solve the parts at prices that become better, and put their plans together."""
        radius = self._radius(prices)
        best: _Round | None = None
        for _ in range(ROUNDS):
            found = self._round(prices)
            if self._ended:
                return
            if found is not None and (best is None or self._better(found.bound, best.bound)):
                radius = radius * (GROW if best is not None else 1.0)
                best = found
            else:
                radius = radius * (SHRINK if self.bracketed else BEYOND)
            if found is not None:
                self._compose(found)
            if best is None or self._ended:
                return
            following = self._next(best, radius)
            if following is None:
                return
            prices = following

    def _better(self, bound: float, other: float) -> bool:
        return self.coupling.sign * (bound - other) > 0.0

    def _radius(self, prices: Floats) -> Floats:
        """Return half the width of the first region: of the prices, or of what would be one."""
        limits = np.maximum(self.coupling.lower, -self.coupling.upper)
        limits = np.where(np.isfinite(limits), np.abs(limits), 0.0)
        usual = abs(self.whole.bound or 1.0) / np.maximum(limits, self.size)
        return np.asarray(np.maximum(REGION * np.abs(prices), LITTLE * usual))

    def _next(self, best: _Round, radius: Floats) -> Floats | None:
        """Return the prices of the next round: others, or the same for more precise parts."""
        found = self.pool.suggest(best.prices, radius)
        if found is not None:
            prices, promised = found
            gain = self.coupling.sign * (promised - best.objective)
            other = not np.allclose(prices, best.prices, rtol=SAME, atol=0.0)
            further = not self.bracketed and self.outside < OUTSIDE
            self.outside += int(further)
            if other and (gain > WORTH * self._open or further):
                return prices
        self._fit(self._base())
        if self._ended:
            return None
        lost = self.coupling.sign * (best.objective - best.bound)
        if lost > WORTH * self._open and self.precise > FINEST:
            self.precise *= FINER
            return best.prices
        return None

    def _round(self, prices: Floats) -> _Round | None:
        """Solve the parts at some prices; None where there is no bound or a part has no plan."""
        coupling, halt = self.coupling, Stop(self.halt)
        priced = coupling.priced(prices)
        parts = coupling.parts_at(priced)

        def watch(moment: Progress) -> None:
            self.whole.tighten(moment.bound)
            self._tell()
            if self._reached:
                halt.asked = True

        outcomes = separate.solve_parts(
            priced,
            parts,
            replace(self.options, gap=self._gap(priced), time_limit=ROUND * self._left),
            stop=halt,
            progress=watch,
            start=self._known(),
        )
        states = [o.status for o in outcomes]
        if "infeasible" in states:
            self.whole.end(Answer("infeasible", "infeasible"))
        if "infeasible" in states or "unbounded" in states:
            return None
        for k, outcome in enumerate(outcomes):
            if outcome.values is not None:
                self.pool.add(k, outcome.values)
        bounds = [o.bound for o in outcomes if o.bound is not None]
        if len(bounds) < len(outcomes):
            return None
        bound = priced.offset + sum(bounds)
        self.whole.tighten(bound)
        self.whole.bounded = True
        self._tell()
        plans = [o.values for o in outcomes if o.values is not None]
        if len(plans) < len(outcomes):
            return None
        values = self.pool.together(plans)
        return _Round(prices, bound, float(priced.cost @ values + priced.offset), values)

    def _gap(self, priced: Compiled) -> float:
        """Return the relative gap of parts that leaves the whole a share of its own."""
        assert self.whole.local is not None
        relaxed = self.whole.local.relaxed
        costs = [
            abs(float(priced.cost[p.columns] @ relaxed[p.columns])) for p in self.coupling.parts
        ]
        whole = abs(self.whole.bound or 0.0)
        return min(self.precise * self.options.gap * whole / max(sum(costs), 1e-9), COARSE)

    def _known(self) -> dict[int, float]:
        """Return whole numbers of the last plan of each part."""
        known: dict[int, float] = {}
        for part, plans in zip(self.coupling.parts, self.pool.plans, strict=True):
            if plans:
                whole = part.compiled.integer
                known |= dict(
                    zip(part.columns[whole].tolist(), plans[-1][whole].tolist(), strict=True)
                )
        return known

    def _hold(self, values: Floats) -> bool:
        """Hold the plan with the whole numbers of some values; return whether it is better."""
        before = self.whole.best
        kept = float(self.whole.compiled.violation(values).max(initial=0.0)) <= KEPT
        self.whole.hold(values, kept=kept)
        if self.whole.plan is None or self.whole.best == before:
            return False
        self.pool.add_whole(self.whole.plan)
        self._tell()
        return True

    def _compose(self, found: _Round) -> None:
        """Make plans of the whole: of those of the parts at these prices, and of all so far."""
        use = self.coupling.matrix @ found.values
        self.above = np.minimum(self.above, use - self.coupling.upper)
        self.below = np.minimum(self.below, self.coupling.lower - use)
        broken = np.maximum(np.maximum(use - self.coupling.upper, self.coupling.lower - use), 0.0)
        missed = float((broken / self.size).sum())
        if self.nearest is None or missed < self.missed:
            self.nearest, self.missed = found.values, missed
        self._hold(found.values)
        chosen = None if self._ended else self.pool.choose(self.halt)
        if chosen is not None:
            self._hold(chosen)
        self._fit(self._base(), FIRST_FIT)

    @property
    def bracketed(self) -> bool:
        """Whether each limit of a coupling row was kept at some prices."""
        return bool((self.above <= KEPT).all() and (self.below <= KEPT).all())

    def _base(self) -> Floats:
        """Return the best plan of the whole, or plans of the parts that keep the rows nearly."""
        if self.whole.plan is not None:
            return self.whole.plan.copy()
        assert self.nearest is not None
        return self.nearest

    def _fit(self, base: Floats, share: float = FIT) -> None:
        """Solve one part after the other within what the others leave of the coupling rows.

        The first plan is enough where there was none.
        """
        none = self.whole.plan is None
        hard = [k for k, p in enumerate(self.coupling.parts) if p.compiled.integer.any()]
        size = processes(self.options.threads)
        for first in range(0, len(hard), size):
            if self._ended or (none and self.whole.plan is not None):
                return
            some = hard[first : first + size]
            for k, values in zip(some, self._refitted(base, some, share), strict=True):
                if values is not None:
                    self.pool.add(k, values[self.coupling.parts[k].columns])
                    self._hold(values)

    def _refitted(self, base: Floats, some: list[int], share: float) -> list[Floats | None]:
        """Return plans that differ from one in a part each, all solved at once."""
        seconds, halt = share * self._left, Stop(self.halt)
        allowed = self.precise * self.options.gap * abs(self.whole.bound or 0.0)

        def solved(k: int) -> Floats | None:
            part = self.coupling.parts[k]
            size = max(abs(self.coupling.cost(part, base[part.columns])), 1e-9)
            options = replace(self.options, gap=min(allowed / size, COARSE), time_limit=seconds)
            return refitted(self.coupling, base, k, options, halt, self._within)

        with ThreadPoolExecutor(len(some)) as pool:
            return list(pool.map(solved, some))

    def _last(self) -> Outcome:
        """Search on the whole, from the best plan and with the bound of the prices."""
        passed = time.perf_counter() - self.began
        told = self.progress

        def later(moment: Progress) -> None:
            if told is not None:
                told(replace(moment, seconds=moment.seconds + passed))

        outcome = neighbourhood.go_on(
            self.whole,
            replace(self.options, time_limit=self._left),
            stop=self.asked,
            halt=self.halt,
            progress=later,
        )
        return self._told(outcome)

    def _tell(self) -> None:
        """Report the best plan and the bound."""
        if self.progress is None:
            return
        with self.lock:
            best, bound = self.whole.best, self.whole.bound
            elapsed = time.perf_counter() - self.began
            self.progress(Progress(elapsed, best, bound, relative_gap(best, bound)))
