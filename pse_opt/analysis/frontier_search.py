"""The solves of a frontier: its two ends, then ever finer between them.

Every solve bounds one quantity and seeks the best objective. What it proves holds further: its plan
keeps every looser bound, and its proven bound holds for every tighter one. A bound of the grid is
solved only where the best plan known and the best bound known still leave more than the gap asked
for; a plan that keeps a tighter bound than the one it was found for is never looked for again. The
order depends on nothing but the answers, so that any number of workers finds the same frontier.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from pse_opt.analysis.frontier_jobs import Answer, Store, Task, fingerprint, key_of, solve_task
from pse_opt.analysis.jobs import Job
from pse_opt.analysis.varying import Varied
from pse_opt.analysis.workers import Workers
from pse_opt.instance import Instance
from pse_opt.plan import Plan
from pse_opt.policy import Policy, read_policy
from pse_opt.solving.outcome import PROVEN, relative_gap
from pse_opt.verification import verify

__all__ = ["EQUAL", "Best", "Known", "Proof", "Search", "State"]

EQUAL = 1e-6
"""Two values of the quantity this close, relative to the greatest, are the same."""
LOOSER = 10.0
"""By how many times that the tightest bound is looser than the tightest plan: closer than that the
tolerances of the solver leave no room."""
SAME = 1e-7
"""Two objectives this close, relatively, are the same."""
TRIALS = 4
"""Rounds of two trials each in which the tightest feasible bound is looked for."""
FINE = 5e-3
"""How narrow they make it, relative to the way from the loosest to the tightest plan."""


@dataclass(frozen=True, eq=False)
class Known:
    """A plan that keeps all rules but, perhaps, the bound.

    Attributes
    ----------
    objective, value : float
        What the checker finds of the objective and of the quantity that is bounded.
    plan : Plan
        The plan.
    levels : DataFrame
        Service levels of every need.
    found_at : float or None
        The bound it was found for; None: none.
    """

    objective: float
    value: float
    plan: Plan = field(repr=False)
    levels: pd.DataFrame = field(repr=False)
    found_at: float | None


@dataclass(frozen=True)
class Proof:
    """No plan that keeps a bound (None: any plan) has a better objective."""

    bound: float | None
    objective: float


@dataclass(frozen=True)
class Best:
    """The best that the quantity can be.

    Attributes
    ----------
    found : float
        By a plan.
    proven : float or None
        No plan is better than this.
    bound : float
        The bound that such plans are held to, a rounding error looser.
    how : str
        ``objective``: an objective of its own; ``trials``: by trying tighter and tighter bounds.
    """

    found: float
    proven: float | None
    bound: float
    how: str


@dataclass
class State:
    """What is known so far."""

    plans: list[Known] = field(default_factory=list)
    proofs: list[Proof] = field(default_factory=list)
    answers: dict[float | None, Answer] = field(default_factory=dict)
    best: Best | None = None
    seconds: float = 0.0
    solves: int = 0


class Search:
    """Solves what a frontier needs, and knows what follows from it.

    Parameters
    ----------
    instance, policy
        What is solved; the policy's own value of the bound does not matter.
    varied : Varied
        Whose bound is varied.
    workers : Workers
        Where solves run.
    store : Store
        Where answers are kept.
    """

    def __init__(
        self, instance: Instance, policy: Policy, varied: Varied, workers: Workers, store: Store
    ) -> None:
        self.instance, self.policy, self.varied = instance, policy, varied
        self.workers, self.store = workers, store
        self.bare = read_policy(varied.at(policy.document, None))
        self.data = fingerprint(instance)
        self.maximize = policy.objective.minimize is None
        self.state = State()

    # what is better, and what is tighter

    def worth(self, objective: float) -> float:
        """Return an objective so that less is better."""
        return -objective if self.maximize else objective

    def depth(self, value: float) -> float:
        """Return a value of the quantity so that less is tighter."""
        return self.varied.depth(value)

    @property
    def slack(self) -> float:
        """What counts as nothing, in the unit of the quantity."""
        values = [abs(k.value) for k in self.state.plans if math.isfinite(k.value)]
        return EQUAL * max(values, default=1.0)

    def keeps(self, value: float, bound: float) -> bool:
        """Whether a value of the quantity keeps a bound."""
        return self.depth(value) <= self.depth(bound) + self.slack

    # what follows from what was solved

    def plan_for(self, bound: float | None) -> Known | None:
        """Return the best plan known that keeps a bound; of equals the tightest."""
        some = [k for k in self.state.plans if bound is None or self.keeps(k.value, bound)]
        if not some:
            return None
        least = min(self.worth(k.objective) for k in some)
        near = least + SAME * abs(least)
        equals = [k for k in some if self.worth(k.objective) <= near]
        return min(equals, key=lambda k: (self.depth(k.value), self.worth(k.objective)))

    def proof_for(self, bound: float | None) -> float | None:
        """Return the best proven bound of the objective of plans that keep a bound."""
        holds = [
            self.worth(p.objective)
            for p in self.state.proofs
            if p.bound is None or (bound is not None and self.keeps(bound, p.bound))
        ]
        if not holds:
            return None
        proven = max(holds)
        known = self.plan_for(bound)
        if known is not None:  # a conservative form proves less than the rule itself allows
            proven = min(proven, self.worth(known.objective))
        return -proven if self.maximize else proven

    def gap_at(self, bound: float | None) -> float | None:
        """Return the relative gap between the two."""
        known = self.plan_for(bound)
        return None if known is None else relative_gap(known.objective, self.proof_for(bound))

    def settled(self, bound: float) -> bool:
        """Whether a bound needs no solve of its own."""
        if bound in self.state.answers or self.beyond(bound) or not math.isfinite(bound):
            return True
        gap = self.gap_at(bound)
        if gap is not None and gap <= max(self.policy.options.gap, PROVEN):
            return True
        known = self.plan_for(bound)
        if known is None:
            return False
        found = known.found_at
        looser = None in self.state.answers and self.plan_for(None) is known
        return looser or (
            found is not None
            and self.depth(found) > self.depth(bound)
            and found in self.state.answers
        )

    def beyond(self, bound: float) -> bool:
        """Whether it is proven that no plan keeps a bound."""
        best = self.state.best
        if best is None or best.proven is None:
            return False
        return self.depth(bound) < self.depth(best.proven) - self.slack

    # solving

    def solve(self, bounds: Sequence[float | None]) -> None:
        """Solve for the best objective within each of some bounds, all in one wave."""
        tasks = [self._bounded(b) for b in bounds]
        try:
            self._run(tasks)
        finally:  # also what was solved before Ctrl-C
            for bound, task in zip(bounds, tasks, strict=True):
                if task.key in self.store.answers:
                    self._learn(bound, self.store.answers[task.key])

    def ends(self) -> bool:
        """Solve the two ends; return whether there is any plan."""
        aim = self.varied.aim(self.policy.document)
        if aim is None:
            self.solve([None])
            if self.state.plans:
                self._try()
        else:
            tasks = [self._bounded(None), self._task("the tightest", aim)]
            try:
                self._run(tasks)
            finally:
                loose, best = (self.store.answers.get(t.key) for t in tasks)
                if loose is not None:
                    self._learn(None, loose)
                if self.state.plans and best is not None:
                    self._aimed(best)
        if self.state.best is not None and not self.settled(self.state.best.bound):
            self.solve([self.state.best.bound])
        return bool(self.state.plans)

    def between(self, bounds: Sequence[float]) -> None:
        """Solve bounds, from loose to tight, halving the way between those that are known."""
        for wave in _halves(len(bounds)):
            left = [bounds[k] for k in wave if not self.settled(bounds[k])]
            if left:
                self.solve(left)

    def _aimed(self, answer: Answer) -> None:
        known = self._known(answer, None)
        if known is None or answer.objective is None:
            self._unaimed(answer)
            return
        self.state.plans.append(known)
        # A conservative form of the measure says more than the measure of its plan.
        said = known.value if self.varied.is_budget else answer.objective
        best = max(known.value, said, key=self.depth)
        self.state.best = Best(known.value, answer.bound, self._loosened(best), "objective")

    def _unaimed(self, answer: Answer) -> None:
        """Hold what is known to be tightest, where the objective of its own found no plan."""
        known = min(self.state.plans, key=lambda k: self.depth(k.value))
        bound = self._loosened(known.value)
        self.state.best = Best(known.value, answer.bound, bound, "objective")

    def _loosened(self, value: float) -> float:
        return value + self.varied.sign * LOOSER * self.slack

    def _try(self) -> None:
        """Find the tightest bound that some plan keeps, two trials at a time."""
        (near,) = self._run([self._task("near the tightest", self.varied.aim_near(self._document))])
        if (known := self._known(near, None)) is not None:
            self.state.plans.append(known)
        depths = [self.depth(k.value) for k in self.state.plans]
        low, high = self._lowest(near), min(depths)
        proven, parts = low, (0.0, 0.5)
        for _ in range(TRIALS if math.isfinite(low) else 0):
            if high - low <= max(FINE * (max(depths) - low), self.slack):
                break
            tried = [low + part * (high - low) for part in parts]
            bounds = [self.varied.sign * d for d in tried]
            tasks = [self._trial(b) for b in bounds]
            for depth, answer in zip(tried, self._run(tasks), strict=True):
                if answer.bound is not None:
                    self.state.proofs.append(Proof(self.varied.sign * depth, answer.bound))
                if (found := self._known(answer, None)) is not None:
                    self.state.plans.append(found)
                    high = min(high, self.depth(found.value))
                elif depth < high:
                    low = max(low, depth)
                    proven = max(proven, depth) if answer.status == "infeasible" else proven
            parts = (1 / 3, 2 / 3)
        sign = self.varied.sign
        limit = sign * min(proven, high) if math.isfinite(proven) else None
        self.state.best = Best(sign * high, limit, self._loosened(sign * high), "trials")

    def _lowest(self, near: Answer) -> float:
        """Return a depth that no plan is below: a worst is no better than the greatest mean."""
        limit = self.depth(self.varied.limit)
        if self.varied.side == "maximum":
            return limit
        mean = -math.inf if near.bound is None else self.depth(near.bound)
        return max(limit, mean) if self.varied.entry is None else mean

    @property
    def _document(self) -> Mapping[str, Any]:
        return self.policy.document

    def _trial(self, bound: float) -> Task:
        document = self.varied.at(self._document, bound)
        document["solve"] = {**document.get("solve", {}), "gap": 1.0}
        return self._task(f"is {self.varied.show(bound)} possible", document)

    def _bounded(self, bound: float | None) -> Task:
        label = "no bound" if bound is None else f"within {self.varied.show(bound)}"
        varied, document = self.varied, self._document
        document = varied.without(document) if bound is None else varied.at(document, bound)
        if bound is None and self.varied.is_budget:
            objective = {**document["objective"], "then": list(self.varied.terms)}
            document["objective"] = objective
        known = None if bound is None else self.plan_for(bound)
        start = None if known is None else replace(known.plan, instance=None)
        return replace(self._task(label, document), start=start, reasons=bound is None)

    def _task(self, label: str, document: Mapping[str, Any]) -> Task:
        policy = read_policy(document)
        job = Job.of(label, self.instance, policy)
        return Task(label, key_of(self.data, job.document), job)

    def _run(self, tasks: list[Task]) -> list[Answer]:
        """Return the answers of tasks; those that were solved before are looked up."""
        left = {t.key: t for t in tasks if t.key not in self.store.answers}
        self.store.resumed += len({t.key for t in tasks} - set(left))
        try:
            self.workers.run(solve_task, list(left.values()), self.store.keep)
        finally:
            there = [self.store.answers[k] for k in left if k in self.store.answers]
            self.state.solves += len(there)
            self.state.seconds += sum(a.seconds for a in there)
        return [self.store.answers[t.key] for t in tasks]

    def _learn(self, bound: float | None, answer: Answer) -> None:
        self.state.answers[bound] = answer
        if answer.bound is not None:
            self.state.proofs.append(Proof(bound, answer.bound))
        if (known := self._known(answer, bound)) is not None:
            self.state.plans.append(known)

    def _known(self, answer: Answer, bound: float | None) -> Known | None:
        """Return what the checker finds of an answer's plan; None where it is none."""
        if answer.plan is None:
            return None
        plan = replace(answer.plan, instance=self.instance)
        found = verify(self.instance, plan, self.bare)
        if not found.ok:
            return None
        value = self.varied.value(self.instance, found)
        return Known(found.objective, value, plan, found.levels, bound)


def _halves(count: int) -> Iterator[list[int]]:
    """Yield positions in waves: the middle, then the middles of what is left on both sides.

    Examples
    --------
    >>> list(_halves(6))
    [[2], [0, 4], [1, 3, 5]]
    """
    parts = [(0, count)]
    while parts := [(a, b) for a, b in parts if a < b]:
        middles = [(a + b - 1) // 2 for a, b in parts]
        yield middles
        ends = zip(parts, middles, strict=True)
        parts = [part for (a, b), m in ends for part in ((a, m), (m + 1, b))]
