"""The solves behind a stress test, and what their answers mean."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pse_opt.analysis.aim import Aim
from pse_opt.analysis.alterations import demanded
from pse_opt.analysis.bracket import Bracket
from pse_opt.analysis.dropping import TIME_OVER, Dropping
from pse_opt.analysis.jobs import Job
from pse_opt.analysis.posed import without_instance
from pse_opt.analysis.replacing import engaged_of
from pse_opt.analysis.scenarios import Scenario, dropout
from pse_opt.analysis.solves import Solves
from pse_opt.analysis.stress_held import held_of
from pse_opt.analysis.stress_result import Held, Recovered, Stress, Trial
from pse_opt.analysis.tasks import Answer, Task, fingerprint, key_of
from pse_opt.solving.result import Result
from pse_opt.terminal import count

__all__ = ["EXACT_UP_TO", "Study", "Wanted"]

EXACT_UP_TO = 100
"""Sets of providers up to which all are tried in search of the worst."""
CANDIDATES = 12
"""Providers, worst alone first, among which the greedy search looks."""


@dataclass(frozen=True)
class Wanted:
    """What is to be solved.

    Attributes
    ----------
    dropouts : sequence of str
        Providers that drop out, each alone.
    worst : int
        How many of them together are sought that are worst; below 2 none.
    others : sequence of Scenario
        All other scenarios but draws.
    draws : sequence of Scenario
        Draws of demand.
    resolve : int
        Draws in which everything is solved again.
    recover : bool
        Whether everything is solved again in the other scenarios.
    in_all : float
        Seconds after which no further solve without providers is begun, where a quick one leaves
        more open than the gap asked for.
    """

    dropouts: Sequence[str]
    worst: int
    others: Sequence[Scenario]
    draws: Sequence[Scenario]
    resolve: int
    recover: bool
    in_all: float


class Study:
    """Solves scenarios, in order; found() may be called at any time.

    Parameters
    ----------
    result : Result
        The plan with its instance and rules.
    wanted : Wanted
        What is to be solved.
    solves : Solves
        Where solves run, and are kept.
    """

    def __init__(self, result: Result, wanted: Wanted, solves: Solves) -> None:
        assert result.plan is not None
        self.result, self.wanted, self.solves = result, wanted, solves
        self.instance, self.policy = result.instance, result.policy
        self.aim = Aim.of(self.policy, self.instance)
        self.start = without_instance(result.plan)
        self.data = fingerprint(self.instance)
        engaged = self.start.engagements
        self.engaged = sorted(zip(engaged["offer"], engaged["size"], strict=True))
        self.base = result.levels
        self.search = ""
        self.planned: list[tuple[str, Scenario, bool]] = []
        self.seen: dict[str, Held] = {}
        self.dropping = self._dropping([])

    def run(self) -> None:
        """Solve everything.

        Raises
        ------
        Interrupted
            Ctrl-C; what is solved is kept.
        """
        wanted, alone = self.wanted, [dropout(self.instance, [p]) for p in self.wanted.dropouts]
        first = [*alone, *wanted.others]
        self.planned = [(s.kind, s, wanted.recover) for s in first]
        self.planned += [("draw", s, False) for s in wanted.draws]
        self.solves.run([self._keeping(s) for s in [*first, *wanted.draws]])
        self._choose_draws()
        if wanted.worst > 1 and len(wanted.dropouts) >= wanted.worst:
            worst = self._worst(alone)
            self.planned.insert(len(alone), ("worst", worst, wanted.recover))
        again = [s for _, s, solved in self.planned if solved]
        gone = [s for s in again if s.kind == "dropout"]
        self.dropping = self._dropping(gone)
        quick = self.dropping.quick.values()
        self.solves.run([*quick, *(self._solving(s) for s in again if s.kind != "dropout")])
        self.dropping.narrow([s.name for s in gone], self._width, wanted.in_all)

    def _dropping(self, gone: Sequence[Scenario]) -> Dropping:
        """The solves without providers: quick ones for all that make no required offer."""
        offers = self.instance.tables["offers"]
        about = {"rules": self.policy.document, "start": self.engaged}
        model, job = key_of(self.data, about), Job.of("recovery", self.instance, self.policy)
        quick = {}
        for s in gone:
            mine = offers["provider"].isin(s.change["providers"]).to_numpy()
            if not demanded(self.instance, mine):
                names = tuple(offers["offer"][mine])
                key, label = key_of(self.data, {**about, "without": names}), f"{s.name}, first"
                quick[s.name] = Task(label, key, job, self.start, without=names, model=model)
        whole = {s.name: self._solving(s) for s in gone}
        return Dropping(quick, whole, self.solves, self.aim, self.policy.options.gap)

    def _width(self, name: str) -> float:
        """By how much what is known of recovery is wider than the gap asked for leaves it."""
        answer = self.dropping.answer(name)
        known = Bracket(None, None) if answer is None else Bracket.of(answer, self.aim)
        if known.objective is None or known.bound is None:
            return math.inf
        return known.objective - known.bound - self.policy.options.gap * abs(known.objective)

    def _keeping(self, scenario: Scenario) -> Task:
        """The task that keeps the engagements in a scenario."""
        job = Job.of(scenario.name, self.instance, self.policy)
        label = f"{scenario.name}, engagements kept"
        said = {"rules": job.document, "change": dict(scenario.change), "held": self.engaged}
        return Task(
            label, key_of(self.data, said), job.changed(label, scenario.tables), held=self.start
        )

    def _solving(self, scenario: Scenario) -> Task:
        """The task that solves everything again in a scenario."""
        job = Job.of(scenario.name, self.instance, self.policy)
        label = f"{scenario.name}, solved again"
        said = {"rules": job.document, "change": dict(scenario.change)}
        return Task(label, key_of(self.data, said), job.changed(label, scenario.tables), self.start)

    def held(self, scenario: Scenario) -> Held | None:
        """Return what a plan with its engagements kept means; None where it is missing."""
        task = self._keeping(scenario)
        answer = self.solves.answers.get(task.key)
        if answer is None or answer.plan is None:
            return None
        if task.key not in self.seen:
            instance = scenario.instance(self.instance)
            self.seen[task.key] = held_of(instance, self.result, answer.plan)
        return self.seen[task.key]

    def _choose_draws(self) -> None:
        """Choose draws in which everything is solved again: spread evenly by how bad they are."""
        wanted = min(self.wanted.resolve, len(self.wanted.draws))
        if not wanted:
            return
        known = [
            (h.severity(self.aim), k)
            for k, s in enumerate(self.wanted.draws)
            if (h := self.held(s))
        ]
        ordered = [k for _, k in sorted(known)]
        at = np.unique(np.linspace(0, len(ordered) - 1, wanted).round().astype(int))
        chosen = {id(self.wanted.draws[ordered[i]]) for i in at.tolist()}
        self.planned = [(kind, s, again or id(s) in chosen) for kind, s, again in self.planned]

    def _worst(self, alone: Sequence[Scenario]) -> Scenario:
        """Return the scenario in which the providers drop out that are worst together."""
        together, names = self.wanted.worst, list(self.wanted.dropouts)
        sets = math.comb(len(names), together)
        if sets <= EXACT_UP_TO:
            some = [dropout(self.instance, p) for p in itertools.combinations(names, together)]
            self.search = f"exact: all {sets} sets of {together} were tried"
            return self._worst_of(some)
        order = sorted(zip(map(self._severity, alone), names, strict=True), reverse=True)
        candidates = [name for _, name in order[:CANDIDATES]]
        self.search = f"greedy among the {len(candidates)} worst alone, one after the other"
        chosen = candidates[:1]
        for _ in range(together - 1):
            some = [dropout(self.instance, [*chosen, p]) for p in candidates if p not in chosen]
            chosen = list(self._worst_of(some).change["providers"])
        return dropout(self.instance, chosen)

    def _worst_of(self, some: Sequence[Scenario]) -> Scenario:
        self.solves.run([self._keeping(s) for s in some])
        return max(some, key=self._severity)

    def _severity(self, scenario: Scenario) -> tuple[float, ...]:
        held = self.held(scenario)
        return (math.inf,) if held is None else held.severity(self.aim)

    def found(self) -> Stress:
        """Return what is known so far."""
        trials, missing = [], []
        for kind, scenario, again in self.planned:
            held = self.held(scenario)
            answers = self.solves.answers
            keeping, solving = self._keeping(scenario), self._solving(scenario)
            if keeping.key not in answers:
                missing.append(keeping.label)
            answer, recovered = answers.get(solving.key), None
            if scenario.name in self.dropping.whole:
                answer = self.dropping.answer(scenario.name)
            if answer is not None and again:
                recovered = self._recovered(answer, held)
            elif again:
                missing.append(solving.label)
            trials.append(Trial(kind, scenario.name, held, recovered))
        known = [t for t in trials if t.held is not None or t.recovered is not None]
        assert self.result.plan is not None
        return Stress(
            instance=self.instance,
            model=self.policy.name,
            aim=self.aim,
            plan=self.result.plan,
            objective=float(self.result.objective or 0.0),
            trials=tuple(known),
            search=self.search,
            seed=int(self.wanted.draws[0].change["seed"]) if self.wanted.draws else 0,
            notes=tuple(self._notes(trials, missing)),
            missing=tuple(missing),
            solves=self.solves.count,
            resumed=self.solves.resumed,
            seconds=self.solves.seconds,
        )

    def _recovered(self, answer: Answer, held: Held | None) -> Recovered:
        """Hold the scenario's own best plan against the plan kept, and against today."""
        today = self.aim.small(float(self.result.objective or 0.0))
        own, regret = Bracket.of(answer, self.aim), None
        if held is not None and held.kept:
            here = self.aim.small(held.objective)
            own = own.joined(Bracket(here, None))
            regret = Bracket(here, here).more_than(own, sign=1)
        new = engaged_of(answer.plan) if answer.plan is not None else frozenset()
        old = engaged_of(self.start)
        return Recovered(
            answer.status,
            self.aim.small(own.objective),
            self.aim.small(own.bound),
            own.more_than(Bracket(today, today), answer.status),
            regret,
            len(new - old),
            len(old - new) if answer.plan is not None else 0,
            answer.verified,
        )

    def _notes(self, trials: Sequence[Trial], missing: Sequence[str]) -> list[str]:
        notes = []
        if self.result.verified is False:
            notes.append("the plan breaks rules today already")
        if not self.aim.linear:
            words = "with the engagements kept, deliveries aim at the least difference in levels"
            notes.append(f"{words}: {self.aim.name} may be better, and regret less")
        if self.dropping.late:
            late = count(len(self.dropping.late), "drop-out")
            notes.append(f"{late}: {TIME_OVER}")
        lost = sum(t.held is None for t in trials) - sum("kept" in m for m in missing)
        if lost > 0:
            notes.append(f"in {lost} scenarios no deliveries at all fit the engagements")
        return notes
