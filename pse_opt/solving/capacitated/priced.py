"""Links priced in: with many links, most of them carry nothing and need not be there.

First, where offers are knapsacks, a bound in closed form shuts those that no better plan engages
(``narrowing``). If few links are left, branch and bound gets them all.

Otherwise the relaxation starts from the cheapest links of each need, and gets those that its prices
say would make it cheaper until there are none, and the linking rows that it breaks; its value is
then that of the whole relaxation (Dantzig and Wolfe 1960, by columns and rows). Offers whose
reduced cost is more than the gap are left out for good. Branch and bound then sees the links that
are not much dearer than the price of their need: first those alone, for a plan; then with the help
of columns of relief, one a row for what all links left out could do, which cost no more than the
cheapest of them and need neither capacity nor engagement. So the bound is one of the whole model.
Where it is not good enough, more links follow, until the gap is reached or all are there.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from pse_opt.solving import direct
from pse_opt.solving.capacitated.links import Links, Narrow
from pse_opt.solving.capacitated.narrowing import Narrowing, narrowing
from pse_opt.solving.capacitated.plans import Plans
from pse_opt.solving.capacitated.pricing import Relaxed, relaxation
from pse_opt.solving.compiled import Compiled
from pse_opt.solving.interrupt import Stop
from pse_opt.solving.outcome import (
    Options,
    Outcome,
    Progress,
    Termination,
    relative_gap,
    status_of,
)
from pse_opt.solving.search import sound

__all__ = ["is_wide", "run"]

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

SHARE = 0.5
"""Part of the time for the relaxation, and for each branch and bound but the last."""
PRICES = 0.3
"""Part of the time for prices of needs that bound the model without a linear program."""
MARGINS = (0.5, 2.0)
"""By how much the links that stay may be dearer than the price of their need, in turn."""
FIRST_SHARE, FIRST_GAP = 0.3, 3.0
"""Part of the time for a first plan over the links that are worth it, and its gap, in units of the
gap asked for."""
LEAST = 5
"""Links of each need that stay in any case."""
EXCHANGING = 0.05
"""Part of the time that is left for rounding and exchanges."""
ROUNDING = 1e-9
MANY, EACH = 30_000, 30
"""Links, in all and to each row that they serve, from which most of them are not needed."""


def is_wide(compiled: Compiled) -> bool:
    """Return whether a model is one for this strategy."""
    if compiled.rules or compiled.whole or not compiled.integer.any():
        return False
    if len(compiled.rows) < MANY:
        return False
    links = Links.of(compiled)
    return len(links.at) >= max(MANY, EACH * len(np.unique(links.needs)))


def run(
    compiled: Compiled,
    options: Options,
    *,
    stop: Stop | None = None,
    progress: Callable[[Progress], None] | None = None,
    start: dict[int, float] | None = None,
) -> Outcome:
    """Solve a compiled model; parameters as in the direct strategy.

    Models with convex rules or several goals, and those without links or whole numbers, are solved
    directly.
    """
    if not (compiled.rules or compiled.whole) and compiled.integer.any():
        links = Links.of(compiled)
        if links.at.size:
            return _Priced(links, options, stop, progress, start).run()
    return direct.run(compiled, options, stop=stop, progress=progress, start=start)


class _Priced:
    """One solve: the relaxation, the best plan, and the bound so far; costs are to be small."""

    def __init__(
        self,
        links: Links,
        options: Options,
        stop: Stop | None,
        progress: Callable[[Progress], None] | None,
        start: dict[int, float] | None,
    ) -> None:
        self.links, self.compiled, self.options = links, links.compiled, options
        self.stop, self.progress, self.start = stop, progress, start
        self.began = time.perf_counter()
        self.bound: float | None = None
        self.plans = Plans(links, options, stop)
        self.ended: Outcome | None = None

    def run(self) -> Outcome:
        """Leave out what no better plan engages, then search among what is left."""
        if self.start:
            self._begin()
        held = narrowing(
            self.links,
            self.plans,
            gap=self.options.gap,
            end=time.perf_counter() + PRICES * self._left,
            stop=self.stop,
            tell=self._risen,
        )
        if held is None:
            return self.search()
        self._risen(held.bound)
        if not self._over:
            self._within(held)
        if self.best is None and (self.ended is None or self.ended.status != "infeasible"):
            return self._directly()
        return self._outcome()

    def _begin(self) -> None:
        assert self.start is not None
        values = self.compiled.lower.copy()
        values[list(self.start)] = list(self.start.values())
        self.plans.complete(values)

    def _within(self, held: Narrowing) -> None:
        """Search among what is left: by branch and bound alone where it is little."""
        narrow = held.narrow()
        links = Links.of(narrow.compiled)
        first = self._first(narrow)
        if links.at.size >= MANY:
            inner = _Priced(links, self._options(1.0), self.stop, self._passed, first)
            found = inner.search()
        else:
            found = direct.run(
                narrow.compiled,
                self._options(1.0),
                stop=self.stop,
                progress=self._passed,
                start=first,
            )
        self.ended = found
        if found.values is not None:
            self.plans.complete(narrow.whole(found.values, len(self.compiled.columns)))
        if found.status == "infeasible" and self.best is not None:
            self.bound = self.best.objective
        elif found.bound is not None:
            self._raise(found.bound)

    def search(self) -> Outcome:
        """Bound, find a plan, and search wider and wider until both are near."""
        relaxed = relaxation(self.links, self._options(SHARE), self.stop)
        if relaxed is None:
            return self._directly()
        self._raise(relaxed.bound)
        self._find(relaxed)
        for margin in (*MARGINS, np.inf):
            if self._over:
                break
            shut = self._shut(relaxed)
            gone = self.links.closed(shut)
            kept = self._kept(relaxed, margin) & ~gone
            self._search(kept, gone, shut)
            if kept[~gone].all():
                break
        if self.best is None and (self.ended is None or self.ended.status != "infeasible"):
            return self._directly()
        return self._outcome()

    @property
    def best(self) -> Outcome | None:
        """The best plan."""
        return self.plans.best

    @property
    def _left(self) -> float:
        return self.options.time_limit - (time.perf_counter() - self.began)

    @property
    def _over(self) -> bool:
        late = bool(self.stop) or self._left <= 0.0
        hopeless = self.ended is not None and self.ended.status == "infeasible"
        return late or hopeless or self._near(self.options.gap)

    def _near(self, wanted: float) -> bool:
        gap = None if self.best is None else relative_gap(self.best.objective, self.bound)
        return gap is not None and gap <= wanted

    def _options(self, share: float, gap: float = 1.0) -> Options:
        seconds = max(share * self._left, 1e-3)
        return replace(self.options, time_limit=seconds, gap=gap * self.options.gap)

    def _directly(self) -> Outcome:
        """Solve the whole model as it is, in the time that is left."""
        found = direct.run(
            self.compiled,
            self._options(1.0),
            stop=self.stop,
            progress=self.progress,
            start=self.start,
        )
        return replace(found, seconds=time.perf_counter() - self.began)

    def _find(self, relaxed: Relaxed) -> None:
        """Hold a plan: the start, or the relaxation rounded."""
        if self.start:
            whole = relaxed.values.copy()
            whole[list(self.start)] = list(self.start.values())
            self.plans.complete(whole)
        end = time.perf_counter() + EXCHANGING * self._left
        self.plans.round(relaxed.values, end)
        self._tell(None)
        self.plans.exchange(relaxed.values, relaxed.reduced, end)
        self._tell(None)
        if self._over:
            return
        narrow = self.links.narrow(self._kept(relaxed, 0.0))
        found = direct.run(
            narrow.compiled,
            self._options(FIRST_SHARE, FIRST_GAP),
            stop=self.stop,
            start=self._first(narrow),
        )
        if found.values is not None:
            self.plans.complete(narrow.whole(found.values, len(self.compiled.columns)))
        self._tell(None)

    def _shut(self, relaxed: Relaxed) -> Flags:
        """Return the engagements that no plan makes that is better than the best."""
        if self.best is None or self.best.objective is None or self.bound is None:
            return np.zeros(len(self.compiled.columns), dtype=bool)
        room = abs(self.best.objective - relaxed.bound) * (1.0 + ROUNDING)
        idle = self.compiled.integer & (relaxed.values < 0.5) & (self.compiled.lower == 0.0)
        return np.asarray(idle & (relaxed.reduced > room + ROUNDING))

    def _kept(self, relaxed: Relaxed, margin: float) -> Flags:
        """Return the links that are not much dearer than the need that they serve."""
        links = self.links
        worth = np.append(relaxed.dual, np.inf)[links.needs] * links.direction
        near = links.price <= worth + margin * np.abs(worth)
        return near | (relaxed.values[links.at] > 0.0) | links.cheapest(LEAST)

    def _search(self, kept: Flags, gone: Flags, shut: Flags) -> None:
        """Search with some of the links, and relief for what is neither there nor gone."""
        exact = bool(kept[~gone].all())
        narrow = self.links.narrow(kept, gone=gone)
        compiled = narrow.compiled
        upper = compiled.upper.copy()
        upper[: len(narrow.columns)][shut[narrow.columns]] = 0.0
        found = direct.run(
            replace(compiled, upper=upper),
            self._options(1.0 if exact else SHARE, 1.0 if exact else SHARE),
            stop=self.stop,
            progress=self._tell,
            start=self._first(narrow),
        )
        self.ended = found
        if found.status == "infeasible" and self.best is not None:
            # None that is left is better.
            self.bound, self.ended = self.best.objective, replace(found, status="feasible")
        elif found.bound is not None:
            self._raise(found.bound)
        if found.values is not None:
            self.plans.complete(narrow.whole(found.values, len(self.compiled.columns)))
        self._tell(None)

    def _raise(self, bound: float) -> None:
        """Take a bound on plans that are better than the best."""
        if self.best is not None and self.best.objective is not None:
            bound = self._worst(bound, self.best.objective)
        self.bound = bound if self.bound is None else self._other(bound, self.bound)

    def _worst(self, one: float, other: float) -> float:
        return max(one, other) if self.compiled.maximize else min(one, other)

    def _other(self, one: float, other: float) -> float:
        return min(one, other) if self.compiled.maximize else max(one, other)

    def _first(self, narrow: Narrow) -> dict[int, float] | None:
        """Return the engagements of the best plan by columns of a narrow model."""
        if self.best is None or self.best.values is None:
            return None
        return narrow.compiled.start(self.best.values[narrow.columns])

    def _risen(self, bound: float) -> None:
        """Take and report a bound."""
        self._raise(bound)
        self._tell(None)

    def _passed(self, moment: Progress) -> None:
        """Report what the search among what is left tells, whose plans are plans of the model."""
        self._tell(moment, moment.objective)

    def _tell(self, moment: Progress | None, other: float | None = None) -> None:
        """Report the best plan, or another one, and the bound; a plan with relief is none."""
        if self.progress is None:
            return
        objective = None if self.best is None else self.best.objective
        if other is not None:
            objective = other if objective is None else self._worst(objective, other)
        bound = self.bound
        if moment is not None and moment.bound is not None and bound is not None:
            bound = self._other(moment.bound, bound)
            if objective is not None:
                bound = self._worst(bound, objective)
        elapsed = time.perf_counter() - self.began
        self.progress(Progress(elapsed, objective, bound, relative_gap(objective, bound)))

    def _outcome(self) -> Outcome:
        """Return what is held."""
        elapsed = time.perf_counter() - self.began
        if self.best is None:
            assert self.ended is not None
            return replace(self.ended, values=None, bound=self.bound, seconds=elapsed)
        best, bound = self.best, self.bound
        assert best.objective is not None
        bound = sound(self.compiled.goal, best.objective, bound)
        gap = relative_gap(best.objective, bound)
        status = status_of(gap, self.options.gap)
        ended: Termination = "interrupted" if self.stop else "time_limit"
        ended = ended if status == "feasible" else "gap_reached"
        return replace(
            best, status=status, termination=ended, bound=bound, gap=gap, seconds=elapsed
        )
