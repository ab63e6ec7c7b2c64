"""The solves behind a sensitivity, and what follows from their answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from pse_opt.analysis.alterations import demanded, required
from pse_opt.analysis.bracket import Bracket
from pse_opt.analysis.jobs import Job
from pse_opt.analysis.limits import Limit, limits_of
from pse_opt.analysis.marginal import Marginal
from pse_opt.analysis.posed import without_instance
from pse_opt.analysis.replacing import cost_range_of, engaged_of, replacement_of
from pse_opt.analysis.roles import Near, roles_of
from pse_opt.analysis.sensitivity_parts import Alternative, Resolved
from pse_opt.analysis.sensitivity_result import Sensitivity
from pse_opt.analysis.tasks import Answer, Solves, Task, fingerprint, key_of
from pse_opt.formulation.build import build_model
from pse_opt.plan import Plan
from pse_opt.policy import read_policy
from pse_opt.solving.result import Result

__all__ = ["Asked", "Study"]

MONEY_RULES = ("budgets", "total_budget", "programmes", "dependence", "grants", "transfers")
"""Sections whose rules are about what offers cost."""
SAME = 1e-7
"""Costs this close, relatively, are the same."""
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


class Study:
    """Everything that is solved, in order; found() may be called at any time.

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
        self.plan: Plan = result.plan
        self.interrupted = False
        self.data = fingerprint(self.instance)
        self.start = without_instance(self.plan)
        self.offers = self.plan.offers
        by_cost = self.offers.groupby("provider")["cost"].sum().sort_values(ascending=False)
        wanted = len(by_cost) if asked.providers is None else asked.providers
        dear_ones = by_cost.index.tolist()
        self.providers = dear_ones[:wanted] if isinstance(wanted, int) else list(wanted)
        if isinstance(asked.offers, int):
            dear = self.offers.sort_values("cost", ascending=False, kind="stable")
            self.costs = dear["offer"].head(asked.offers).tolist()
        else:
            self.costs = list(asked.offers)
        self.moved = self._moved()
        self.base = self._task("the least cost", {}, self.policy.document)
        self.tasks = self._planned()
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
        document = self.policy.document
        owner = self.instance.tables["offers"]["provider"].to_numpy()
        names = self.instance.tables["offers"]["offer"].to_numpy()
        engaged = engaged_of(self.plan)
        for provider in self.providers:
            barred = {"offers": names[owner == provider].tolist(), "word": "forbidden"}
            found["provider", provider] = self._task(f"without {provider}", barred, document)
        for offer in self.costs:
            if self._required([offer]):
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

    def _gives_up(self, provider: str) -> bool:
        """Whether a provider makes a required offer: without it another problem is left."""
        offers = self.instance.tables["offers"]
        return demanded(self.instance, (offers["provider"] == provider).to_numpy())

    def _required(self, offers: Sequence[str]) -> bool:
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
        self.solves.run(list(self.tasks.values()))
        for number in range(self.asked.alternatives):
            task = self._other(number + 1)
            (answer,) = self.solves.run([task])
            limit = (1.0 + self.asked.within) * (self.best.objective or 0.0)
            beyond = answer.bound is not None and answer.bound > limit
            if answer.status == "infeasible" or beyond:
                self.complete = True
                return
            if answer.plan is None or answer.objective is None or answer.objective > limit:
                return
            self.others.append((task, answer))

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
        task = self.tasks.get((part, name))
        return None if task is None else self.solves.answers.get(task.key)

    @property
    def reference(self) -> Plan:
        """What alternatives differ from: the best plan known but for them."""
        some = self._ordered(self._planned_ones())
        return some[0][0] if some else self.start

    @property
    def near(self) -> list[tuple[Plan, float]]:
        """Plans known to keep all rules, with their cost, from the cheapest on."""
        others = [answer for _, answer in self.others]
        return self._ordered([*self._planned_ones(), *others])

    def _planned_ones(self) -> list[Answer]:
        """Answers under the rules as they are, or with offers barred or required."""
        some = [
            self.answer(part, name)
            for part, name in self.tasks
            if part != "limit" and not (part == "provider" and self._gives_up(name))
        ]
        return [answer for answer in some if answer is not None]

    def _ordered(self, answers: Sequence[Answer]) -> list[tuple[Plan, float]]:
        """The plan given and those of answers that are verified, by cost."""
        found = []
        if self.result.verified and self.result.objective is not None:
            found.append((self.start, self.result.objective))
        found += [
            (a.plan, a.objective)
            for a in answers
            if a.plan is not None and a.verified and a.objective is not None
        ]
        if not found:
            return []
        # Of plans that cost the same, to a rounding error, the plan given comes first.
        least = min(cost for _, cost in found)
        same = least + SAME * abs(least)
        return sorted(found, key=lambda pair: max(pair[1], same))

    @property
    def best(self) -> Bracket:
        """What is known of the least cost."""
        near = self.near
        known = Bracket(near[0][1] if near else None, None)
        if self.result.verified and self.result.bound is not None:
            known = known.joined(Bracket(None, self.result.bound))
        base = self.answer("base")
        return known if base is None else known.joined(Bracket(None, base.bound))

    def found(self) -> Sensitivity:
        """Return what is known so far."""
        best = self.best
        objective = float(self.result.objective or 0.0)
        broken = self.result.verification.violations if self.result.verification else ()
        missing = [t.label for t in self.tasks.values() if t.key not in self.solves.answers]
        if self.interrupted and self.asked.alternatives:
            missing.append("further alternatives")
        replacements = [
            replacement_of(self.instance, self.plan, p, answer, best)
            for p in self.providers
            if (answer := self.answer("provider", p)) is not None
        ]
        costs = [
            cost_range_of(self.instance, self.plan, o, answer, best)
            for o in self.costs
            if (answer := self.answer("offer", o)) is not None or self._required([o])
        ]
        return Sensitivity(
            instance=self.instance,
            model=self.policy.name,
            plan=self.plan,
            objective=objective,
            broken=len(broken),
            best=best,
            fixed=None if self.prices is None else self.prices[1],
            limits=() if self.prices is None else tuple(price for _, price in self.prices[0]),
            resolved=tuple(self._resolved(limit, price, best) for limit, price in self._solved()),
            replacements=tuple(replacements),
            costs=tuple(costs),
            within=self.asked.within,
            alternatives=tuple(self._alternatives(best)),
            complete=self.complete,
            roles=self._roles(best),
            notes=tuple(self._notes(best)),
            missing=tuple(missing),
            solves=self.solves.count,
            resumed=self.solves.resumed,
            seconds=self.solves.seconds,
        )

    def _solved(self) -> list[tuple[Limit, Marginal | None]]:
        return [x for x in self.moved if self.answer("limit", x[0].name) is not None]

    def _resolved(self, limit: Limit, price: Marginal | None, best: Bracket) -> Resolved:
        """What moving a limit really changes; a tighter one never costs less."""
        answer = self.answer("limit", limit.name)
        assert answer is not None
        tighter = limit.kind in ("floor", "target") or "minimum" in limit.index
        sign = (1 if tighter else -1) * (1 if limit.step > 0 else -1)
        here = Bracket.of(answer)
        if sign < 0:
            here = here.joined(Bracket(best.objective, None))
        return Resolved(
            limit.name,
            limit.step,
            None if price is None else price.predicted,
            answer.status,
            here.more_than(best, answer.status, sign=sign),
            answer.verified,
        )

    def _alternatives(self, best: Bracket) -> list[Alternative]:
        mine, found = engaged_of(self.reference), []
        for number, (_, answer) in enumerate(self.others, start=1):
            assert answer.plan is not None
            assert answer.objective is not None
            other = engaged_of(answer.plan)
            more = Bracket(answer.objective, answer.bound).more_than(best, sign=1)
            plan = replace(answer.plan, instance=self.instance)
            added, dropped = tuple(sorted(other - mine)), tuple(sorted(mine - other))
            found.append(
                Alternative(number, answer.objective, more, added, dropped, answer.verified, plan)
            )
        return found

    def _roles(self, best: Bracket) -> Any:
        if not self.asked.alternatives or best.objective is None:
            return ()
        limit = (1.0 + self.asked.within) * best.objective
        forced = {o: a for o in self.costs if (a := self.answer("offer", o)) is not None}
        near = Near(engaged_of(self.plan), [engaged_of(p) for p, z in self.near if z <= limit])
        return roles_of(self.instance, self.policy, near, forced, limit)

    def _notes(self, best: Bracket) -> list[str]:
        """What limits the figures."""
        notes, result = [], self.result
        cost = float(result.objective or 0.0)
        if result.verified is False:
            notes.append("the plan breaks rules: differences are from the best plan found")
        elif best.objective is not None and cost > best.objective * (1 + 1e-6):
            more = f"{cost - best.objective:,.0f} {self.instance.about.currency}"
            notes.append(f"the plan costs {more} more than the best one found, the reference")
        if self.prices is None:
            notes.append("with these engagements no deliveries keep all rules: no prices")
        if self.costs and (rules := [r for r in MONEY_RULES if r in self.policy.sections]):
            words = ", ".join(rules)
            notes.append(f"ranges of costs hold as long as money rules bear them: {words}")
        if self.policy.equalization and any(
            e.level == "spending_per_head" for e in self.policy.equalization
        ):
            notes.append("ranges of costs leave out what they do to equalized spending")
        return notes
