"""What areas hold at a price: each its bound and its plan, by linear programs and then precisely.

The linear program of an area takes milliseconds: with rows for floors its value is a bound, and
rounded it is a plan. Branch and bound improves both as long as there is time, so that what all
areas say together is never worse than their linear programs.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from pse_opt.solving import direct
from pse_opt.solving.compiled import Compiled
from pse_opt.solving.covers import covered
from pse_opt.solving.decomposition.area_prices import Areas
from pse_opt.solving.interrupt import Stop
from pse_opt.solving.linking import Rows
from pse_opt.solving.local_search import neighbourhood
from pse_opt.solving.local_search.crew import processes
from pse_opt.solving.local_search.large import HOPELESS
from pse_opt.solving.outcome import Options, Outcome, relative_gap, status_of
from pse_opt.solving.rounding import fitting, rounded
from pse_opt.solving.search import Gaps, Search

__all__ = ["Plans", "looked"]

Floats = npt.NDArray[np.float64]


class Plans:
    """Bounds and plans of areas, all at the price at which they were asked for.

    Parameters
    ----------
    areas : Areas
        The areas.
    options : Options
        Of the whole solve; ``threads`` says how many areas are solved at once.
    stop : Stop
        Ends all; raised here where an area has no plan.
    values : ndarray, shape (columns,)
        Of columns of areas that have no plan yet.
    known : bool
        Whether these values are worth starting from.

    Attributes
    ----------
    held : list of Outcome or None
        What each area holds.
    values : ndarray, shape (columns,)
        The plans of all areas.
    """

    def __init__(
        self, areas: Areas, options: Options, stop: Stop, values: Floats, *, known: bool
    ) -> None:
        self.areas, self.options, self.stop = areas, options, stop
        self.first, self.known = values, known
        self.workers = processes(options.threads)
        self.forget()

    def forget(self) -> None:
        """Hold nothing any more."""
        self.held: list[Outcome | None] = [None] * len(self.areas.parts)
        self.values = self.first.copy()

    def more(self, which: list[int]) -> float:
        """Return what plans of some areas do more for the rule than these are asked, relative."""
        return self.areas.more([self.areas.parts[k] for k in which], self.values)

    @property
    def bound(self) -> float | None:
        """What the bounds of all areas add up to; None where one is missing."""
        bounds = [o.bound for o in self.held if o is not None and o.bound is not None]
        whole = self.areas.compiled.offset + sum(bounds)
        return whole if len(bounds) == len(self.held) else None

    @property
    def complete(self) -> bool:
        """Whether each area has a plan."""
        return all(o is not None and o.values is not None for o in self.held)

    @property
    def hopeless(self) -> Outcome | None:
        """Of an area that has no plan at any price, or None."""
        return next((o for o in self.held if o is not None and o.status in HOPELESS), None)

    @property
    def inside(self) -> float:
        """What areas may still gain at their price, in the objective's unit."""
        known = [o for o in self.held if o is not None and o.gap is not None]
        return sum(abs((o.objective or 0.0) - (o.bound or 0.0)) for o in known)

    def look(self, which: list[int], price: float, until: float) -> None:
        """Bound some areas by their linear programs, and round these to plans."""
        self._each(which, until, lambda k, seconds: self._looked(k, price, seconds))

    def solve(self, which: list[int], price: float, gap: float, until: float) -> None:
        """Solve some areas at a price to a relative gap, each with its share of the time."""

        def one(k: int, seconds: float) -> Outcome | None:
            held = self.held[k]
            near = held is not None and held.gap is not None and held.gap <= gap
            return held if near else self._solved(k, price, gap, seconds, held, self._start(k))

        self._each(which, until, one)

    def exchange(self, k: int, price: float, gap: float, seconds: float) -> Floats | None:
        """Return values of an area's columns in a plan at another price, or None."""
        found = self._looked(k, price, seconds)
        return self._solved(k, price, gap, seconds - found.seconds, found, None).values

    def _each(
        self, which: list[int], until: float, work: Callable[[int, float], Outcome | None]
    ) -> None:
        """Do something with each area in its share of the time, and hold what comes of it."""
        left = float(sum(self.areas.parts[k].weight for k in which))

        def one(k: int) -> None:
            nonlocal left
            weight = self.areas.parts[k].weight
            share = weight / left
            left -= weight
            if not self.stop:
                seconds = share * self.workers * (until - time.perf_counter())
                found = self.held[k] = work(k, seconds)
                if found is not None and found.status in HOPELESS:
                    self.stop.asked = True

        with ThreadPoolExecutor(self.workers) as pool:
            list(pool.map(one, which))
        for k in which:
            found = self.held[k]
            if found is not None and found.values is not None:
                self.values[self.areas.parts[k].columns] = found.values

    def _options(self, gap: float, seconds: float) -> Options:
        return replace(self.options, gap=gap, time_limit=max(seconds, 1e-3), threads=1)

    def _looked(self, k: int, price: float, seconds: float) -> Outcome:
        model = self.areas.priced(self.areas.parts[k], price)
        return looked(model, self._options(self.options.gap, seconds), self.stop)

    def _solved(
        self,
        k: int,
        price: float,
        gap: float,
        seconds: float,
        held: Outcome | None,
        start: dict[int, float] | None,
    ) -> Outcome:
        """Return what an area holds after branch and bound; in no time, what it held before."""
        if held is not None and held.values is not None and seconds <= held.seconds:
            return held
        model = self.areas.priced(self.areas.parts[k], price)
        run = neighbourhood.run if neighbourhood.is_large(model) else direct.run
        found = run(model, self._options(gap, seconds), stop=self.stop, start=start)
        return found if held is None else _better(model, held, found, gap)

    def _start(self, k: int) -> dict[int, float] | None:
        """Return what an area starts from: what it held at this price, or what was given."""
        if not self.known and self.held[k] is None:
            return None
        part = self.areas.parts[k]
        return part.compiled.start(self.values[part.columns])


def looked(model: Compiled, options: Options, stop: Stop) -> Outcome:
    """Return the bound of a model's linear program, with a plan rounded from it, if there is one.

    Parameters
    ----------
    model : Compiled
        A linear model with or without whole numbers.
    options : Options
        Seconds, and the gap at which a plan counts as near enough.
    stop : Stop
        Ends it.
    """
    rows = Rows(model, options, stop)
    session = rows.session
    search = Search(session, Gaps(options.gap), [])
    answer = rows.run()
    if answer.state != "optimal":
        return search.nothing(answer)
    answer, _ = covered(session, model, answer)
    search.tighten(answer.bound)
    assert answer.values is not None
    guess = fitting(model, answer.values)
    if guess is not None:
        search.hold(guess)
    if search.best is None:
        found = rounded(session, answer.values)
        if found is not None:
            values = answer.values.copy()
            values[list(found)] = list(found.values())
            search.hold(values)
    return search.outcome("time_limit")


def _better(model: Compiled, one: Outcome, other: Outcome, wanted: float) -> Outcome:
    """Return the better plan of two with the tighter bound, and the seconds that the first took."""
    if other.status in HOPELESS or one.values is None or one.objective is None:
        plan = other
    elif other.objective is None:
        plan = one
    else:
        sign = -1.0 if model.maximize else 1.0
        plan = other if sign * other.objective <= sign * one.objective else one
    bounds = [o.bound for o in (one, other) if o.bound is not None]
    bound = (min if model.maximize else max)(bounds) if bounds else None
    gap = relative_gap(plan.objective, bound)
    status = plan.status if plan.values is None else status_of(gap, wanted)
    return replace(plan, status=status, bound=bound, gap=gap, seconds=one.seconds)
