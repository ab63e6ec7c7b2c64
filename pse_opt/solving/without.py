"""Offers taken away in turn from one model in memory: a bound and a plan, in a moment each.

The linear program without them is solved again from where the last one ended: its value is a bound,
and where it has no solution there is no plan. Plans come from the given one: what is best to engage
in addition; then, where that is not near enough to the bound, from deciding again on the
engagements in which plan and linear program differ, the others left as both have them (Danna,
Rothberg and Le Pape 2005).
"""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from pse_opt.formulation.nearest import pose
from pse_opt.instance import Instance
from pse_opt.plan import Plan
from pse_opt.policy import Policy
from pse_opt.solving.highs import Answer, Session
from pse_opt.solving.interrupt import Stop, stop_on_interrupt
from pse_opt.solving.outcome import Options, Outcome, Termination, relative_gap, status_of
from pse_opt.solving.search import Gaps, Search, sound
from pse_opt.solving.starting import start_of
from pse_opt.verification import verify

__all__ = ["Without"]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

SECONDS = 2.0
"""For each of the two searches of a plan."""
SHARE = 0.5
"""Part of the gap asked for at which they end."""
SAME = 1e-6
"""Engagements that differ by less are the same."""
UNKNOWN = Outcome("no_plan", "time_limit", None, None, None, None, None, 0.0)
IMPOSSIBLE = Outcome("infeasible", "infeasible", None, None, None, None, None, 0.0)


class Without:
    """A model in memory, and what is best without some of its offers.

    Parameters
    ----------
    instance : Instance
        The instance.
    policy : Policy
        The rules. Where convex rules are added in rounds, or several goals count, nothing is found.
    plan : Plan
        Whose engagements are kept where that is good.
    """

    def __init__(self, instance: Instance, policy: Policy, plan: Plan) -> None:
        self.instance, self.policy = instance, policy
        self.posed = pose(instance, policy)
        self.compiled = self.posed.compiled()
        chosen = policy.options
        self.options = Options(chosen.gap, chosen.time_limit, 1, chosen.seed)
        self.session: Session | None = None
        compiled = self.compiled
        if compiled is None or compiled.rules or compiled.whole:
            return
        self.start = start_of(self.posed.m, compiled, instance, plan)
        at = compiled.find(self.posed.m.columns.engaged).tolist()
        sizes = zip(instance.size_keys, at, strict=True)
        self.place = [(offer, k) for (offer, _), k in sizes if k >= 0]
        self.session = Session(compiled, self.options)
        self.session.relax()

    def found(self, offers: Collection[str]) -> tuple[Outcome, Plan | None, bool | None]:
        """Return a bound and a plan without some offers.

        Parameters
        ----------
        offers : collection of str
            Identifiers. None of them may be required.

        Returns
        -------
        Outcome
            Its bound is that of the linear program; ``infeasible`` is proven.
        Plan or None
            A plan that engages none of them; None where none was found.
        bool or None
            Whether the plan passes the independent checker.
        """
        began = time.perf_counter()
        with stop_on_interrupt() as stop:
            outcome = self._outcome(set(offers), stop)
        seconds = time.perf_counter() - began
        outcome = replace(outcome, seconds=seconds)
        if bool(stop):
            outcome = replace(outcome, termination="interrupted")
        if outcome.values is None or self.compiled is None:
            return outcome, None, None
        plan, _, _ = self.posed.read(self.compiled, outcome.values)
        return outcome, plan, verify(self.instance, plan, self.policy).ok

    def _outcome(self, offers: set[str], stop: Stop) -> Outcome:
        if self.compiled is None:
            return IMPOSSIBLE
        compiled, session = self.compiled, self.session
        if session is None:
            return UNKNOWN
        gone = np.array([k for offer, k in self.place if offer in offers], dtype=np.int64)
        session.deadline = time.perf_counter() + self.options.time_limit
        session.bound(gone, np.zeros(gone.size), np.zeros(gone.size))
        answer = session.run()
        session.bound(gone, compiled.lower[gone], compiled.upper[gone])
        if answer.state == "infeasible":
            return IMPOSSIBLE
        if answer.state != "optimal" or answer.values is None:
            return UNKNOWN
        start = {**self.start, **dict.fromkeys(gone.tolist(), 0.0)}
        found = self._repaired(start, gone, answer, stop)
        if found.values is None or found.objective is None:
            return replace(UNKNOWN, bound=answer.bound)
        bound = sound(compiled.goal, found.objective, answer.bound)
        gap = relative_gap(found.objective, bound)
        state = status_of(gap, self.options.gap)
        why: Termination = "time_limit" if state == "feasible" else "gap_reached"
        return replace(found, status=state, termination=why, bound=bound, gap=gap)

    def _repaired(
        self, start: dict[int, float], gone: Integers, relaxed: Answer, stop: Stop
    ) -> Outcome:
        """Return the best plan found near the given one and the relaxation."""
        assert relaxed.values is not None
        at = np.fromiter(start, dtype=np.int64, count=len(start))
        mine = np.fromiter(start.values(), dtype=float, count=len(start))
        kept = (mine > 0.5) | np.isin(at, gone)
        first = self._searched(at[kept], mine[kept], start, stop)
        if first.values is not None:
            near = relative_gap(first.objective, relaxed.bound)
            if stop or (near is not None and near <= SHARE * self.options.gap):
                return first
            mine = np.round(first.values[at])
        same = (np.abs(relaxed.values[at] - mine) <= SAME) | np.isin(at, gone)
        begun = dict(zip(at.tolist(), mine.tolist(), strict=True))
        second = self._searched(at[same], mine[same], begun, stop)
        if first.objective is None or second.objective is None:
            return first if second.objective is None else second
        assert self.compiled is not None
        best = max if self.compiled.maximize else min
        return best((first, second), key=lambda found: float(found.objective or 0.0))

    def _searched(
        self, fixed: Integers, values: Floats, start: dict[int, float], stop: Stop
    ) -> Outcome:
        """Search for a moment with some engagements fixed."""
        compiled = self.compiled
        assert compiled is not None
        lower, upper = compiled.lower.copy(), compiled.upper.copy()
        lower[fixed] = upper[fixed] = values
        gap, most = SHARE * self.options.gap, min(SECONDS, self.options.time_limit)
        options = replace(self.options, gap=gap, time_limit=most)
        session = Session(replace(compiled, lower=lower, upper=upper), options, stop=stop)
        return Search(session, Gaps(gap), [], start).run()
