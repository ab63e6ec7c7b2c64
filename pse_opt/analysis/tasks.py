"""A solve of an analysis as plain data, and its answer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from pse_opt import __version__
from pse_opt.analysis.jobs import Job
from pse_opt.instance import Instance
from pse_opt.io import to_csv
from pse_opt.plan import Plan
from pse_opt.solving.cuts import Points

__all__ = ["Answer", "Task", "fingerprint", "key_of", "solve_task"]

FIGURES = ("status", "termination", "objective", "bound", "gap", "seconds")
TEXTS = ("reasons", "notes")
TABLES = ("engagements", "deliveries", "volunteers", "transfers")


@dataclass(frozen=True, eq=False)
class Task:
    """A solve that an analysis needs.

    Attributes
    ----------
    label : str
        What it is called while it runs.
    key : str
        What tells its question from others: the same question has the same answer.
    job : Job
        The model document, and the instance.
    start : Plan, tuple of Plan or None
        Where it starts from, as in :func:`pse_opt.solve`.
    points : tuple of mapping
        Where rows of convex rules are taken at once, as in :func:`pse_opt.solve`.
    reasons : bool
        Whether the reasons of an infeasible policy are looked for.
    held : Plan or None
        A plan whose engagements are kept: only deliveries are sought, and rules give way as little
        as they can (:func:`pse_opt.solving.held.hold`).
    without : tuple of str
        Offers that are taken away from a model in memory, for a quick bound and plan
        (:class:`pse_opt.solving.without.Without`).
    model : str
        What tells that model from others.
    """

    label: str
    key: str
    job: Job = field(repr=False)
    start: Plan | tuple[Plan, ...] | None = field(default=None, repr=False)
    points: tuple[Points, ...] = field(default=(), repr=False)
    reasons: bool = False
    held: Plan | None = field(default=None, repr=False)
    without: tuple[str, ...] = ()
    model: str = ""


@dataclass(frozen=True, eq=False)
class Answer:
    """What a solve found: plain data, which crosses between processes and to disk.

    Attributes
    ----------
    status, termination, objective, bound, gap, reasons, notes
        As in :class:`pse_opt.Result`.
    seconds : float
        Time in all.
    plan : Plan or None
        Without its instance; None where there is none.
    verified : bool or None
        Whether the plan passes the independent checker; None without one, or where it keeps
        engagements and may break rules.
    points : mapping
        As in :class:`pse_opt.Result`; not on disk, so that answers of former runs have none.
    """

    status: str
    termination: str
    objective: float | None
    bound: float | None
    gap: float | None
    seconds: float
    reasons: tuple[str, ...]
    notes: tuple[str, ...]
    plan: Plan | None = field(default=None, repr=False)
    verified: bool | None = None
    points: Points = field(default_factory=dict, repr=False)

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        said: dict[str, Any] = {name: getattr(self, name) for name in (*FIGURES, *TEXTS)}
        said["verified"] = self.verified
        if self.plan is not None:
            frames = {t: getattr(self.plan, t) for t in TABLES}
            said["plan"] = {
                t: {"columns": list(f.columns), "data": f.to_numpy(dtype=object).tolist()}
                for t, f in frames.items()
            }
        return said

    @classmethod
    def from_dict(cls, said: Mapping[str, Any]) -> Answer:
        """Return the answer that :meth:`to_dict` wrote.

        Raises
        ------
        KeyError, TypeError, ValueError
            It was not written so.
        """
        tables = said.get("plan")
        plan = None
        if tables is not None:
            frames = {t: pd.DataFrame(**tables[t]) for t in TABLES}
            plan = Plan(
                frames["engagements"],
                frames["deliveries"],
                volunteers=frames["volunteers"],
                transfers=frames["transfers"],
            )
        figures: dict[str, Any] = {name: said[name] for name in FIGURES}
        figures |= {name: tuple(said[name]) for name in TEXTS}
        return cls(**figures, plan=plan, verified=said.get("verified"))


def solve_task(task: Task) -> Answer:
    """Solve a task."""
    if task.held is not None:
        outcome, plan = task.job.hold(task.held)
        figures = (outcome.status, outcome.termination, outcome.objective, None, None)
        return Answer(*figures, outcome.seconds, (), (), _bare(plan))
    if task.without:
        assert isinstance(task.start, Plan)
        outcome, plan, sound = task.job.without(task.start, task.without, task.model)
        known = (outcome.objective, outcome.bound, outcome.gap, outcome.seconds)
        return Answer(outcome.status, outcome.termination, *known, (), (), _bare(plan), sound)
    result = task.job.solve(start=task.start, points=task.points, reasons=task.reasons)
    return Answer(
        result.status,
        result.termination,
        result.objective,
        result.bound,
        result.gap,
        result.seconds["total"],
        result.reasons,
        result.notes,
        _bare(result.plan),
        result.verified,
        result.points,
    )


def _bare(plan: Plan | None) -> Plan | None:
    """Return a plan without its instance."""
    return None if plan is None else replace(plan, instance=None)


def fingerprint(instance: Instance) -> str:
    """Return what tells an instance's data from others, for one version of the library."""
    total = hashlib.sha256(__version__.encode())
    for name, frame in sorted(instance.tables.items()):
        total.update(f"{name}\n{to_csv(frame)}".encode())
    return total.hexdigest()


def key_of(data: str, document: Mapping[str, Any]) -> str:
    """Return what tells a question from others: the data, and the document with its options."""
    text = json.dumps({"data": data, "document": document}, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]
