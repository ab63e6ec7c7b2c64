"""Large models: the relaxation rounded, then searched place by place, and proven beside.

Branch and bound on tens of thousands of engagements spends its time on the root and ends without a
plan. Here the linear program comes first, whose value is a bound; a plan is made of it, and a
large-neighbourhood search improves it: it decides on all engagements around one of them, with what
is further away as it is (Shaw 1998). Where there are two cores, branch and bound raises the bound
on one of them for a part of the time, while the other searches; several parts that share no rule
are worked on together, that one first which lacks most. What time is left when no search helps any
more goes to branch and bound on the whole model, from the plan found.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from pse_opt.solving import direct
from pse_opt.solving.compiled import Compiled
from pse_opt.solving.interrupt import Stop
from pse_opt.solving.local_search.crew import Crew, processes
from pse_opt.solving.local_search.large import Large
from pse_opt.solving.local_search.local import Place
from pse_opt.solving.outcome import Options, Outcome, Progress, Termination, relative_gap

__all__ = ["go_on", "improve", "is_large", "run", "run_parts"]

LARGE = 5_000
"""Whole numbers from which branch and bound alone is hopeless."""
ALONE = 0.6
"""Share of the time that is left for local searches where there is one core."""
PROVING = 0.6
"""Share of the time in which one of several cores raises bounds."""
RESERVE = 0.03
"""Share of the time that cleaning the plans at the end may take, at most."""
MOMENT = 0.2
"""Seconds between two looks at the clock."""


def is_large(compiled: Compiled) -> bool:
    """Return whether a model is one for this strategy."""
    return _fits(compiled) and int(compiled.integer.sum()) >= LARGE


def _fits(compiled: Compiled) -> bool:
    return not (compiled.rules or compiled.whole) and bool(compiled.integer.any())


def run(
    compiled: Compiled,
    options: Options,
    *,
    stop: Stop | None = None,
    progress: Callable[[Progress], None] | None = None,
    start: dict[int, float] | None = None,
) -> Outcome:
    """Solve a compiled model; parameters as in the direct strategy.

    Models with convex rules or several goals, and those without whole numbers, are solved directly.
    ``threads`` says in how many processes searches run; 0: as many as there are cores.
    """
    if not _fits(compiled):
        return direct.run(compiled, options, stop=stop, progress=progress, start=start)
    (found,) = run_parts([compiled], options, stop=stop, progress=progress, starts=[start])
    return found


def run_parts(
    compiled: Sequence[Compiled],
    options: Options,
    *,
    stop: Stop | None = None,
    progress: Callable[[Progress], None] | None = None,
    starts: Sequence[dict[int, float] | None],
    beside: tuple[float, float] = (0.0, 0.0),
) -> list[Outcome]:
    """Solve models that share no rule, together until the gap of their sum is reached.

    Parameters
    ----------
    compiled : sequence of Compiled
        Linear models with whole numbers, all to be made small or all great.
    options, stop, progress
        As in the direct strategy.
    starts : sequence of dict or None
        Values of integer columns of each model to start from.
    beside : (float, float)
        Objective and bound of all that is solved already.

    Returns
    -------
    list of Outcome
        One for each model.
    """
    halt, alone = Stop(stop), replace(options, threads=1)
    parts = [Large(c, alone, halt, s) for c, s in zip(compiled, starts, strict=True)]
    return _Work(parts, options, stop, halt, progress, beside).run()


def go_on(
    part: Large,
    options: Options,
    *,
    stop: Stop | None,
    halt: Stop,
    progress: Callable[[Progress], None] | None = None,
) -> Outcome:
    """Search on from what is known of a model: its relaxation, bound and plan.

    Parameters
    ----------
    part : Large
        The model.
    options, stop, progress
        As in the direct strategy.
    halt : Stop
        The flag that the model was given, which counts where ``stop`` does.
    """
    (found,) = _Work([part], options, stop, halt, progress, (0.0, 0.0)).run()
    return found


def improve(
    part: Large, options: Options, *, halt: Stop, progress: Callable[[Progress], None]
) -> None:
    """Make a plan of a model and improve it by local searches alone.

    Until none helps any more, the gap is reached, time is up or the flag is raised.

    Parameters
    ----------
    part : Large
        The model, which holds what is found; its bound comes from elsewhere.
    options : Options
        Of these searches.
    halt : Stop
        The flag that the model was given.
    progress : callable
        Called a few times a second when there is a plan, between two answers.
    """
    _Work([part], options, None, halt, progress, (0.0, 0.0)).improve()


class _Work:
    """Who works on which part, until when."""

    def __init__(
        self,
        parts: list[Large],
        options: Options,
        stop: Stop | None,
        halt: Stop,
        progress: Callable[[Progress], None] | None,
        beside: tuple[float, float],
    ) -> None:
        self.options, self.progress, self.beside = options, progress, beside
        self.asked, self.halt, self.parts = stop, halt, parts
        self.began = time.perf_counter()
        self.end = self.began + options.time_limit
        self.size = processes(options.threads)
        self.given: dict[object, tuple[Large, Place]] = {}
        self.told: float | None = None
        self.lock = threading.Lock()

    def run(self) -> list[Outcome]:
        """Bound, find, improve, and prove."""
        self._each(Large.prepare, self.parts)
        self._tell()
        strange = [p for p in self.parts if p.local is None and p.ended is None]
        for part in strange:
            part.finish(self.end)
        if not self._hopeless:
            self._search(self._until)
            self._finish()
        self.halt.asked = True
        outcomes = self._each(lambda p: p.outcome(self._ended), self.parts)
        seconds = time.perf_counter() - self.began
        return [replace(o, seconds=seconds) for o in outcomes]

    def improve(self) -> None:
        """Find and improve."""
        self._each(Large.prepare, self.parts)
        self._tell()
        if not (self._over or self._settled):
            self._search(self.end)

    def _each(self, work: Callable[[Large], Outcome | None], parts: list[Large]) -> list[Outcome]:
        """Do something with each part, as many at a time as there are cores."""
        if self.size < 2 or len(parts) < 2:
            found = [work(p) for p in parts]
        else:
            with ThreadPoolExecutor(min(self.size, len(parts))) as pool:
                found = list(pool.map(work, parts))
        return [o for o in found if o is not None]

    @property
    def _ended(self) -> Termination:
        return "interrupted" if self.asked else "time_limit"

    @property
    def _over(self) -> bool:
        return bool(self.halt) or time.perf_counter() >= self.end

    @property
    def _figures(self) -> tuple[float | None, float | None]:
        """Objective and bound of all parts together, as far as they are known."""
        best, bound = ([getattr(p, k) for p in self.parts] for k in ("best", "bound"))
        return (
            None if None in best else sum(best, self.beside[0]),
            None if None in bound else sum(bound, self.beside[1]),
        )

    @property
    def _reached(self) -> bool:
        gap = relative_gap(*self._figures)
        return (gap is not None and gap <= self.options.gap) or all(p.reached for p in self.parts)

    @property
    def _hopeless(self) -> bool:
        return any(p.hopeless for p in self.parts)

    @property
    def _settled(self) -> bool:
        return self._reached or self._hopeless

    @property
    def _until(self) -> float:
        """Until when plans are improved, where branch and bound has what is left."""
        left = self.end - time.perf_counter()
        spare = min(RESERVE * self.options.time_limit, sum(p.seconds for p in self.parts))
        return self.end - spare if self.size > 1 else self.end - spare - (1.0 - ALONE) * left

    def _search(self, until: float) -> None:
        """Improve plans, and raise bounds beside where there are cores enough."""
        prover = threading.Thread(target=self._prove, args=(until,))
        if self.size > 1:
            prover.start()
        try:
            with Crew(self.size, self.halt) as crew:
                self._improve(crew, prover, until)
                if self._settled or prover.is_alive():
                    self.halt.asked = True
        finally:
            if self.size > 1:
                prover.join()
        for part in self.parts:
            part.adopt()
        self._tell()

    def _improve(self, crew: Crew, prover: threading.Thread, until: float) -> None:
        """Give out places to search, until the gap is reached, or time is up, or none is left."""
        while time.perf_counter() < until and not self._over and not self._settled:
            slots = max(crew.size - int(prover.is_alive()), 1)
            while len(crew.waiting) < slots and self._give(crew, until):
                pass
            if not crew.waiting and not prover.is_alive():
                return
            if not crew.waiting:
                time.sleep(MOMENT)
            for key, answered in crew.ready(MOMENT):
                part, place = self.given.pop(key)
                part.take(place, answered)
            for part in self.parts:
                part.adopt()
            self._tell()

    def _give(self, crew: Crew, until: float) -> bool:
        """Give out one place, of the part that lacks most; return whether there is one."""
        for part in sorted(self.parts, key=lambda p: (not p.making, -p.missing)):
            found = None if part.reached else part.next(until - time.perf_counter())
            if found is not None:
                place, piece = found
                self.given[place] = (part, place)
                crew.submit(place, piece)
                return True
        return False

    def _prove(self, until: float) -> None:
        """Raise the bound of each part in turn."""
        end = time.perf_counter() + PROVING * (until - time.perf_counter())
        left = [p for p in self.parts if p.local is not None and not p.bounded]
        left.sort(key=lambda p: -abs(p.bound or 0.0))
        while left and not self.halt:
            weight = sum(abs(p.bound or 0.0) for p in left) or 1.0
            part = left.pop(0)
            if not part.reached:
                part.prove((end - time.perf_counter()) * abs(part.bound or weight) / weight)

    def _finish(self) -> None:
        """Leave what time there is to branch and bound."""
        if self._over or self._settled:
            return
        parts = sorted((p for p in self.parts if not p.reached), key=lambda p: -p.missing)
        lanes = min(self.size, len(parts))
        waiting = [float(p.integer.size) for p in parts]

        def finish(part: Large) -> None:
            with self.lock:
                now, weight = time.perf_counter(), float(part.integer.size)
                share = min(1.0, lanes * weight / sum(waiting))
                waiting.remove(weight)
            part.finish(now + share * max(self.end - now, 1e-3))
            self._tell()

        self._each(finish, parts)

    def _tell(self) -> None:
        """Report the best plan and the bound."""
        objective, bound = self._figures
        if self.progress is None or objective is None:
            return
        sign = -1.0 if self.parts[0].compiled.maximize else 1.0
        with self.lock:
            if self.told is not None and sign * objective > sign * self.told:
                objective = self.told
            self.told = objective
        elapsed = time.perf_counter() - self.began
        self.progress(Progress(elapsed, objective, bound, relative_gap(objective, bound)))
