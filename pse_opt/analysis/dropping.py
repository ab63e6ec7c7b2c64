"""Solves without some offers: a quick answer for each, then time where it is wide."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from pse_opt.analysis.aim import Aim
from pse_opt.analysis.bracket import Bracket
from pse_opt.analysis.solves import Solves
from pse_opt.analysis.tasks import Answer, Task
from pse_opt.solving.outcome import relative_gap, status_of

__all__ = ["IN_ALL", "TIME_OVER", "Dropping", "width_of"]

IN_ALL = 300.0
"""Seconds for all solves that make intervals narrower, by default."""
TIME_OVER = "proven is less than the gap asked for, as time was over (--in-all)"
"""What is said of those whose interval was left wide."""
AT_ONCE = 8
"""Solves given at once to an executor whose size is not known."""
NARROW = ("infeasible", "optimal", "within_gap")
"""What more time would not change."""


class Dropping:
    """What is known without each of some providers, or of sets of them.

    Parameters
    ----------
    quick : mapping of str to Task
        By name, the task that takes away offers from the model in memory.
    whole : mapping of str to Task
        By name, the task that solves everything without them.
    solves : Solves
        Where solves run, and are kept.
    aim : Aim
        What is best.
    gap : float
        Relative gap asked for.

    Attributes
    ----------
    late : list of str
        Providers whose intervals are wide and were left so when time was over.
    """

    def __init__(
        self,
        quick: Mapping[str, Task],
        whole: Mapping[str, Task],
        solves: Solves,
        aim: Aim,
        gap: float,
    ) -> None:
        self.quick, self.whole, self.solves = quick, whole, solves
        self.aim, self.gap = aim, gap
        self.late: list[str] = []

    def answer(self, provider: str) -> Answer | None:
        """Return what both solves say together; None where there is none."""
        quick, whole = self._of(self.quick, provider), self._of(self.whole, provider)
        if quick is None or whole is None or whole.status == "infeasible":
            return whole or quick
        return _together(quick, whole, self.gap, self.aim.sense)

    def _of(self, tasks: Mapping[str, Task], provider: str) -> Answer | None:
        task = tasks.get(provider)
        return None if task is None else self.solves.answers.get(task.key)

    @property
    def missing(self) -> list[str]:
        """Labels of solves without which a provider has no answer."""
        return [self.whole[p].label for p in self.whole if self.answer(p) is None]

    def narrow(
        self, providers: Iterable[str], width: Callable[[str], float], seconds: float
    ) -> None:
        """Solve everything without those whose interval is wide, the widest first.

        Parameters
        ----------
        providers : iterable of str
            In the order that decides among equals.
        width : callable
            By how much the interval of a provider is wider than the gaps asked for leave it.
        seconds : float
            After which no further solve is begun.

        Raises
        ------
        Interrupted
            Ctrl-C; what is solved is kept.
        """
        end, order = time.perf_counter() + seconds, list(providers)
        known = [self.whole[p] for p in order if self.whole[p].key in self.solves.answers]
        self.solves.run(known)
        crew = self.solves.workers
        several = AT_ONCE if crew.given is not None else max(crew.workers, 1)
        while wide := [p for p in order if self._open(p) and width(p) > 0.0]:
            if time.perf_counter() > end:
                self.late = wide
                return
            wide.sort(key=lambda p: -width(p))
            self.solves.run([self._begun(p) for p in wide[:several]])

    def _open(self, provider: str) -> bool:
        """Whether more time could change what is known."""
        if self.whole[provider].key in self.solves.answers:
            return False
        answer = self.answer(provider)
        return answer is None or answer.status not in NARROW

    def _begun(self, provider: str) -> Task:
        """The solve without a provider, from the quick plan where there is one."""
        task, quick = self.whole[provider], self._of(self.quick, provider)
        return task if quick is None or quick.plan is None else replace(task, start=quick.plan)


def width_of(known: Bracket, best: Bracket, gap: float) -> float:
    """Return by how much more an interval leaves open than the gaps asked for do.

    Parameters
    ----------
    known : Bracket
        What is known without a provider.
    best : Bracket
        What is known with all of them.
    gap : float
        Relative gap asked for.
    """
    gain = known.more_than(best, sign=1)
    if gain.most is None or gain.least is None or best.objective is None or best.bound is None:
        return math.inf
    return gain.most - gain.least - (best.objective - best.bound) - gap * abs(best.objective)


def _together(one: Answer, other: Answer, gap: float, sense: float) -> Answer:
    """Return the better plan of two answers to one question, and the better bound."""
    if one.objective is None or other.objective is None:
        held = other if one.objective is None else one
    else:
        held = one if sense * one.objective < sense * other.objective else other
    bounds = [a.bound for a in (one, other) if a.bound is not None]
    if not bounds or held.objective is None:
        return replace(held, bound=bounds[0] if len(bounds) == 1 else held.bound)
    near = min(bounds, key=lambda b: abs(float(held.objective or 0.0) - b))
    left = relative_gap(held.objective, near)
    return replace(held, bound=near, gap=left, status=status_of(left, gap))
