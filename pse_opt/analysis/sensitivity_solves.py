"""The solves behind a sensitivity, and what they prove of the best plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from pse_opt.analysis.aim import Aim
from pse_opt.analysis.alterations import demanded, required
from pse_opt.analysis.bracket import Bracket
from pse_opt.analysis.dropping import Dropping, width_of
from pse_opt.analysis.jobs import Job
from pse_opt.analysis.limits import Limit, limits_of
from pse_opt.analysis.marginal import Marginal
from pse_opt.analysis.posed import without_instance
from pse_opt.analysis.replacing import engaged_of
from pse_opt.analysis.solves import Solves
from pse_opt.analysis.tasks import Answer, Task, fingerprint, key_of
from pse_opt.formulation.build import build_model
from pse_opt.plan import Plan
from pse_opt.policy import read_policy
from pse_opt.solving.result import Result

__all__ = ["Asked", "Study"]

SAME = 1e-7
"""Objectives this close, relatively, are the same."""
Priced = tuple[list[tuple[Limit, Marginal]], float] | None


@dataclass(frozen=True)
class Asked:
    """What is asked for, as in :func:`pse_opt.sensitivity`."""

    resolve: int | Sequence[str]
    providers: int | Sequence[str] | None
    offers: int | Sequence[str]
    alternatives: int
    within: float
    differ: int
    in_all: float


class Study:
    """Everything that is solved, in order.

    Parameters
    ----------
    result : Result
        The plan with its instance and rules.
    asked : Asked
        What is asked for.
    prices : list of (Limit, Marginal) with the cost, or None
        Prices with the engagements fixed.
    solves : Solves
        Where solves run, and are kept.
    """

    def __init__(self, result: Result, asked: Asked, prices: Priced, solves: Solves) -> None:
        assert result.plan is not None
        self.result, self.asked, self.prices, self.solves = result, asked, prices, solves
        self.instance, self.policy = result.instance, result.policy
        self.aim = Aim.of(self.policy, self.instance)
        self.plan: Plan = result.plan
        self.interrupted = False
        self.data = fingerprint(self.instance)
        self.start = without_instance(self.plan)
        self.offers = self.plan.offers
        by_cost = self.offers.groupby("provider")["cost"].sum().sort_values(ascending=False)
        wanted = len(by_cost) if asked.providers is None else asked.providers
        dear_ones = by_cost.index.tolist()
        self.providers = dear_ones[:wanted] if isinstance(wanted, int) else list(wanted)
        if not self.aim.cost:
            self.costs: list[str] = []  # what offers cost is not what is best
        elif isinstance(asked.offers, int):
            dear = self.offers.sort_values("cost", ascending=False, kind="stable")
            self.costs = dear["offer"].head(asked.offers).tolist()
        else:
            self.costs = list(asked.offers)
        self.moved = self._moved()
        self.base = self._task("the least cost", {}, self.policy.document)
        self.tasks = self._planned()
        self.dropping = self._dropping()
        self.others: list[tuple[Task, Answer]] = []
        self.complete = False

    def _moved(self) -> Sequence[tuple[Limit, Marginal | None]]:
        """The limits for which everything is solved again."""
        asked, known = self.asked.resolve, self.prices[0] if self.prices else []
        if isinstance(asked, int):
            return [(limit, price) for limit, price in known if price.predicted][:asked]
        by_name = {price.name: price for _, price in known}
        rows = limits_of(build_model(self.instance, self.policy), self.instance) if asked else []
        limits = {limit.name: limit for limit in rows}
        return [(limits[name], by_name.get(name)) for name in dict.fromkeys(asked)]

    def _planned(self) -> dict[tuple[str, str], Task]:
        """The solves that follow from nothing, by part and name."""
        found: dict[tuple[str, str], Task] = {}
        if not self._proven():
            found["base", ""] = self.base
        document, engaged = self.policy.document, engaged_of(self.plan)
        for offer in self.costs:
            if self.required([offer]):
                continue
            word = "forbidden" if offer in engaged else "yes"
            label = f"without {offer}" if offer in engaged else f"with {offer}"
            barred = {"offers": [offer], "word": word}
            found["offer", offer] = self._task(label, barred, document)
        for limit, _ in self.moved:
            tables, changed = limit.moved(self.instance, self.policy, limit.step)
            said = {"limit": limit.name, "step": limit.step}
            task = self._task(f"{limit.name} moved", said, changed, tables)
            found["limit", limit.name] = task
        return found

    def _dropping(self) -> Dropping:
        """The solves without a provider: quick ones for all that make no required offer."""
        owner = self.instance.tables["offers"]["provider"].to_numpy()
        names = self.instance.tables["offers"]["offer"].to_numpy()
        about = {"rules": self.policy.document, "start": sorted(engaged_of(self.start))}
        model, quick, whole = key_of(self.data, about), {}, {}
        job = Job.of("without providers", self.instance, self.policy)
        for provider in self.providers:
            offers, label = names[owner == provider].tolist(), f"without {provider}"
            barred = {"offers": offers, "word": "forbidden"}
            whole[provider] = self._task(label, barred, self.policy.document)
            if not self._gives_up(provider):
                key = key_of(self.data, {**about, "without": offers})
                quick[provider] = Task(
                    f"{label}, first", key, job, self.start, without=tuple(offers), model=model
                )
        return Dropping(quick, whole, self.solves, self.aim, self.policy.options.gap)

    def _gives_up(self, provider: str) -> bool:
        """Whether a provider makes a required offer: without it another problem is left."""
        offers = self.instance.tables["offers"]
        return demanded(self.instance, (offers["provider"] == provider).to_numpy())

    def required(self, offers: Sequence[str]) -> bool:
        """Whether the instance says that one of these offers must be engaged."""
        rows = np.isin(self.instance.tables["offers"]["offer"].to_numpy(), list(offers))
        return demanded(self.instance, rows)

    def _proven(self) -> bool:
        """Whether the plan is known to be as good as is asked for already."""
        gap = self.result.gap
        kept = self.result.verified is not False and self.result.bound is not None
        return kept and gap is not None and gap <= self.policy.options.gap * (1 + 1e-9)

    def _task(
        self,
        label: str,
        said: Mapping[str, Any],
        document: Mapping[str, Any],
        tables: Mapping[str, Any] | None = None,
    ) -> Task:
        """A solve, with offers barred or required, or other tables changed."""
        job = Job.of(label, self.instance, read_policy(document))
        if "offers" in said:
            rows = np.isin(self.instance.tables["offers"]["offer"].to_numpy(), said["offers"])
            tables = required(self.instance, rows, said["word"])
        key = key_of(self.data, {"rules": job.document, "change": dict(said)})
        return Task(label, key, job.changed(label, tables or {}), self.start)

    def run(self) -> None:
        """Solve everything: first what follows from nothing, then one alternative after another.

        Raises
        ------
        Interrupted
            Ctrl-C; what is solved is kept.
        """
        self.solves.run([*self.dropping.quick.values(), *self.tasks.values()])
        self.dropping.narrow(self.providers, self._width, self.asked.in_all)
        for number in range(self.asked.alternatives):
            task = self._other(number + 1)
            (answer,) = self.solves.run([task])
            limit, here = self.limit, Bracket.of(answer, self.aim)
            beyond = here.bound is not None and here.bound > limit
            if answer.status == "infeasible" or beyond:
                self.complete = True
                return
            if answer.plan is None or here.objective is None or here.objective > limit:
                return
            self.others.append((task, answer))

    @property
    def limit(self) -> float:
        """The worst objective of alternatives, such that less is better."""
        best = self.best.objective or 0.0
        return best + self.asked.within * abs(best)

    def _width(self, provider: str) -> float:
        """By how much what is known without a provider is wider than the gaps leave it."""
        answer = self.dropping.answer(provider)
        known = Bracket(None, None) if answer is None else Bracket.of(answer, self.aim)
        return width_of(known, self.best, self.policy.options.gap)

    def _other(self, number: int) -> Task:
        """The best plan that differs from the plan and from the alternatives so far."""
        known = [sorted(engaged_of(self.reference))]
        known += [sorted(engaged_of(a.plan)) for _, a in self.others if a.plan is not None]
        section = {"plans": known, "minimum": self.asked.differ}
        document = {**self.policy.document, "difference": section}
        task = self._task(f"alternative {number}", {}, document)
        return replace(task, start=None)

    def answer(self, part: str, name: str = "") -> Answer | None:
        """Return the answer of a solve that was planned; None where it is missing."""
        if part == "provider":
            return self.dropping.answer(name)
        task = self.tasks.get((part, name))
        return None if task is None else self.solves.answers.get(task.key)

    @property
    def reference(self) -> Plan:
        """What alternatives differ from: the best plan known but for them."""
        some = self._ordered(self._planned_ones())
        return some[0][0] if some else self.start

    @property
    def near(self) -> list[tuple[Plan, float]]:
        """Plans known to keep all rules, the best first, with objectives where less is better."""
        others = [answer for _, answer in self.others]
        return self._ordered([*self._planned_ones(), *others])

    def _planned_ones(self) -> list[Answer]:
        """Answers under the rules as they are, or with offers barred or required."""
        some = [self.answer(part, name) for part, name in self.tasks if part != "limit"]
        some += [self.dropping.answer(p) for p in self.dropping.quick]
        return [answer for answer in some if answer is not None]

    def _ordered(self, answers: Sequence[Answer]) -> list[tuple[Plan, float]]:
        """The plan given and those of answers that are verified, the best first."""
        found = []
        if self.result.verified and self.result.objective is not None:
            found.append((self.start, self.aim.sense * self.result.objective))
        found += [
            (a.plan, self.aim.sense * a.objective)
            for a in answers
            if a.plan is not None and a.verified and a.objective is not None
        ]
        if not found:
            return []
        # Of plans that are as good, to a rounding error, the plan given comes first.
        least = min(value for _, value in found)
        same = least + SAME * abs(least)
        return sorted(found, key=lambda pair: max(pair[1], same))

    @property
    def best(self) -> Bracket:
        """What is known of the best objective, such that less is better."""
        near = self.near
        known = Bracket(near[0][1] if near else None, None)
        if self.result.verified and self.result.bound is not None:
            known = known.joined(Bracket(None, self.aim.small(self.result.bound)))
        base = self.answer("base")
        return known if base is None else known.joined(Bracket(None, self.aim.small(base.bound)))
