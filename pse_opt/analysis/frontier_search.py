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
from dataclasses import replace
from typing import Any

from pse_opt.analysis.frontier_facts import LOOSER, Best, Knowledge, Known, Proof
from pse_opt.analysis.jobs import Job
from pse_opt.analysis.solves import Solves, Store
from pse_opt.analysis.tasks import Answer, Task, fingerprint, key_of
from pse_opt.analysis.varying import Varied
from pse_opt.analysis.workers import Workers
from pse_opt.instance import Instance
from pse_opt.policy import Policy, read_policy
from pse_opt.solving.cuts import Points
from pse_opt.solving.outcome import PROVEN
from pse_opt.verification import verify

__all__ = ["Search"]

TRIALS = 4
"""Rounds of two trials each in which the tightest feasible bound is looked for."""
FINE = 5e-3
"""How narrow they make it, relative to the way from the loosest to the tightest plan."""


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
        self.solves = Solves(workers, store)
        self.bare = read_policy(varied.at(policy.document, None))
        self.data = fingerprint(instance)
        maximize = policy.objective.minimize is None
        self.facts = Knowledge(varied, policy.options.gap, maximize)
        self.points: dict[float, Points] = {}

    def solve(self, bounds: Sequence[float | None]) -> None:
        """Solve for the best objective within each of some bounds, all in one wave."""
        tasks = [self._bounded(b) for b in bounds]
        try:
            self.solves.run(tasks)
        finally:  # also what was solved before Ctrl-C
            for bound, task in zip(bounds, tasks, strict=True):
                if task.key in self.solves.answers:
                    self._learn(bound, self.solves.answers[task.key])

    def ends(self) -> bool:
        """Solve the two ends; return whether there is any plan."""
        aim = self.varied.aim(self.policy.document)
        if aim is None:
            self.solve([None])
            if self.facts.plans:
                self._try()
        else:
            tasks = [self._bounded(None), self._task("the tightest", aim)]
            try:
                self.solves.run(tasks)
            finally:
                loose, best = (self.solves.answers.get(t.key) for t in tasks)
                if loose is not None:
                    self._learn(None, loose)
                if self.facts.plans and best is not None:
                    self._aimed(best)
            self._prove()
        return bool(self.facts.plans)

    def _prove(self) -> None:
        """Prove the most that can be covered, where the least cost of it left that open."""
        if not (self.varied.is_budget and self.facts.plans):
            return
        gap = self.facts.gap_at(None)
        if gap is None or gap > max(self.facts.gap, PROVEN):
            document = self.varied.without(self._document)
            (answer,) = self.solves.run([self._task("the greatest coverage", document)])
            self._take(None, answer)

    def between(self, bounds: Sequence[float]) -> None:
        """Solve the tightest bound, and others, halving the way between those that are known.

        The tightest takes longest: it is solved beside the others, which learn nothing from it, so
        that answers do not depend on what ends first.
        """
        best = self.facts.best
        tightest = None if best is None or self.facts.settled(best.bound) else best.bound
        task = None if tightest is None else self._bounded(tightest)
        try:
            if task is not None:
                self.solves.start(task)
            for wave in _waves(len(bounds)):
                self._unsettled([bounds[k] for k in wave if bounds[k] != tightest])
            self.solves.finish()
        finally:
            if task is not None and task.key in self.solves.answers:
                self._learn(tightest, self.solves.answers[task.key])

    def _unsettled(self, bounds: Sequence[float]) -> None:
        left = [b for b in dict.fromkeys(bounds) if not self.facts.settled(b)]
        if left:
            self.solve(left)

    def _aimed(self, answer: Answer) -> None:
        known = self._known(answer)
        if known is None or answer.objective is None:
            self._unaimed(answer)
            return
        self.facts.plans.append(known)
        # A conservative form of the measure says more than the measure of its plan.
        said = known.value if self.varied.is_budget else answer.objective
        best = max(known.value, said, key=self.facts.depth)
        self.facts.best = Best(known.value, answer.bound, self._loosened(best), "objective")

    def _unaimed(self, answer: Answer) -> None:
        """Hold what is known to be tightest, where the objective of its own found no plan."""
        known = min(self.facts.plans, key=lambda k: self.facts.depth(k.value))
        bound = self._loosened(known.value)
        self.facts.best = Best(known.value, answer.bound, bound, "objective")

    def _loosened(self, value: float) -> float:
        return value + self.varied.sign * LOOSER * self.facts.slack(value)

    def _try(self) -> None:
        """Find the tightest bound that some plan keeps, two trials at a time."""
        (near,) = self.solves.run(
            [self._task("near the tightest", self.varied.aim_near(self._document))]
        )
        if (known := self._known(near)) is not None:
            self.facts.plans.append(known)
        depths = [self.facts.depth(k.value) for k in self.facts.plans]
        low, high = self._lowest(near), min(depths)
        proven, parts = low, (0.0, 0.5)
        for _ in range(TRIALS if math.isfinite(low) else 0):
            if high - low <= max(FINE * (max(depths) - low), self.facts.slack(high)):
                break
            tried = [low + part * (high - low) for part in parts]
            bounds = [self.varied.sign * d for d in tried]
            tasks = [self._trial(b) for b in bounds]
            for depth, answer in zip(tried, self.solves.run(tasks), strict=True):
                self._remember(self.varied.sign * depth, answer)
                if answer.bound is not None:
                    self.facts.proofs.append(Proof(self.varied.sign * depth, answer.bound))
                if (found := self._known(answer)) is not None:
                    self.facts.plans.append(found)
                    high = min(high, self.facts.depth(found.value))
                elif depth < high:
                    low = max(low, depth)
                    proven = max(proven, depth) if answer.status == "infeasible" else proven
            parts = (1 / 3, 2 / 3)
        sign = self.varied.sign
        limit = sign * min(proven, high) if math.isfinite(proven) else None
        self.facts.best = Best(sign * high, limit, self._loosened(sign * high), "trials")

    def _lowest(self, near: Answer) -> float:
        """Return a depth that no plan is below: a worst is no better than the greatest mean."""
        limit = self.facts.depth(self.varied.limit)
        if self.varied.side == "maximum":
            return limit
        mean = -math.inf if near.bound is None else self.facts.depth(near.bound)
        return max(limit, mean) if self.varied.entry is None else mean

    @property
    def _document(self) -> Mapping[str, Any]:
        return self.policy.document

    def _trial(self, bound: float) -> Task:
        document = self.varied.at(self._document, bound)
        document["solve"] = {**document.get("solve", {}), "gap": 1.0}
        task = self._task(f"is {self.varied.show(bound)} possible", document)
        return replace(task, points=self._near(bound))

    def _bounded(self, bound: float | None) -> Task:
        label = "no bound" if bound is None else f"within {self.varied.show(bound)}"
        varied, document = self.varied, self._document
        document = varied.without(document) if bound is None else varied.at(document, bound)
        if bound is None and self.varied.is_budget:
            objective = {**document["objective"], "then": list(self.varied.terms)}
            document["objective"] = objective
        near = () if bound is None else self.facts.near(bound)
        starts = tuple(replace(known.plan, instance=None) for known in near)
        points = () if bound is None else self._near(bound)
        return replace(
            self._task(label, document), start=starts or None, points=points, reasons=bound is None
        )

    def _remember(self, bound: float, answer: Answer) -> None:
        """Keep which orders of regions a solve within a bound met, for pairs of a Gini coefficient.

        Tangents of curves as far apart as bounds of a frontier spare few rounds, and as much time
        is lost on rows that are not needed (docs/frontier.md).
        """
        entry = self.varied.entry
        if answer.points and entry is not None and entry.measure == "gini":
            self.points[bound] = answer.points

    def _near(self, bound: float) -> tuple[Points, ...]:
        """Return the points of the next looser and of the next tighter bound, the nearer last."""
        looser = [b for b in self.points if self.facts.depth(b) >= self.facts.depth(bound)]
        tighter = [b for b in self.points if b not in looser]
        ends = [min(side, key=lambda b: abs(b - bound)) for side in (looser, tighter) if side]
        ends.sort(key=lambda b: -abs(b - bound))
        return tuple(self.points[b] for b in ends)

    def _task(self, label: str, document: Mapping[str, Any]) -> Task:
        policy = read_policy(document)
        job = Job.of(label, self.instance, policy, self.data)
        return Task(label, key_of(self.data, job.document), job)

    def _learn(self, bound: float | None, answer: Answer) -> None:
        self.facts.answers[bound] = answer
        if bound is not None:
            self._remember(bound, answer)
        known = self._take(bound, answer)
        if bound is None:
            self.facts.loose = known

    def _take(self, bound: float | None, answer: Answer) -> Known | None:
        """Add what an answer proves, and its plan."""
        if answer.bound is not None:
            self.facts.proofs.append(Proof(bound, answer.bound))
        if (known := self._known(answer)) is not None:
            self.facts.plans.append(known)
        return known

    def _known(self, answer: Answer) -> Known | None:
        """Return what the checker finds of an answer's plan; None where it is none."""
        if answer.plan is None:
            return None
        plan = replace(answer.plan, instance=self.instance)
        found = verify(self.instance, plan, self.bare)
        if not found.ok:
            return None
        value = self.varied.value(self.instance, found)
        return Known(found.objective, value, plan, found.levels)


def _waves(count: int) -> Iterator[list[int]]:
    """Yield positions in waves: halves, the last of them together, the hardest there first.

    What waits for little keeps all processes busy.

    Examples
    --------
    >>> list(_waves(10))
    [[4], [7, 1], [9, 8, 6, 5, 3, 2, 0]]
    """
    waves = list(_halves(count))
    kept = max(len(waves) - 2, min(len(waves), 2))
    last = [k for wave in waves[kept:] for k in wave]
    for wave in filter(None, [*waves[:kept], last]):
        yield sorted(wave, reverse=True)


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
