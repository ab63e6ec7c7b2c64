"""The result of a solve: why it stopped apart from what is held; what is unknown is None."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from pse_opt.errors import Problem
from pse_opt.figures import goal
from pse_opt.instance import Instance
from pse_opt.plan import Plan
from pse_opt.policy import Policy
from pse_opt.solving.cuts import Points
from pse_opt.solving.outcome import Progress

if TYPE_CHECKING:
    from pse_opt.verification import Verification

__all__ = ["Result"]

HOLDS = {
    "optimal": "optimal (proven)",
    "within_gap": "within the gap asked for (proven)",
    "feasible": "a plan, not proven to the gap asked for",
    "infeasible": "infeasible: no plan keeps all rules",
    "unbounded": "unbounded: the objective has no limit",
    "no_plan": "no plan found in time",
}


@dataclass(frozen=True, eq=False)
class Result:
    """What a solve found.

    Attributes
    ----------
    status : str
        ``optimal`` (proven, relative gap at most 1e-6), ``within_gap`` (proven to the gap asked
        for), ``feasible`` (stopped before), ``infeasible``, ``unbounded``, ``no_plan``.
    termination : str
        Why it stopped: ``gap_reached, time_limit, interrupted, infeasible, error``.
    objective, bound, gap : float or None
        In the objective's unit; the bound is the mixed-integer one.
    plan : Plan or None
        Who delivers what to whom.
    costs : mapping of str to float
        Every cost term in money per year, also those not in the objective.
    verification : Verification or None
        What the independent checker found.
    reasons : tuple of str
        For an infeasible policy, why, in the planner's words.
    notes : tuple of str
        Approximations with their proven error, and what was estimated.
    seconds : mapping of str to float
        read, build, handoff, solve, total.
    history : tuple of Progress
        Moments at which incumbent or bound had become better, as far as the solver told.
    points : mapping
        Where curves of inequality got their tangents, for solves with another bound on them
        (``points`` of :func:`pse_opt.solve`). Kept in memory, not in files.
    """

    instance: Instance = field(repr=False)
    policy: Policy = field(repr=False)
    status: str
    termination: str
    objective: float | None
    bound: float | None
    gap: float | None
    plan: Plan | None = field(repr=False)
    costs: Mapping[str, float]
    strategy: str
    seconds: Mapping[str, float]
    counts: Mapping[str, int]
    peak_memory_mb: float | None
    versions: Mapping[str, str] = field(repr=False)
    seed: int = 0
    verification: Verification | None = field(default=None, repr=False)
    reasons: tuple[str, ...] = ()
    warnings: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()
    history: tuple[Progress, ...] = field(default=(), repr=False)
    points: Points = field(default_factory=dict, repr=False)

    @property
    def verified(self) -> bool | None:
        """Whether the plan passes the independent checker; None without a plan."""
        return None if self.verification is None else self.verification.ok

    def under(self, policy: Policy) -> Result:
        """Return the result with a policy of the same rules and other options of the solve."""
        return replace(self, policy=policy)

    @property
    def levels(self) -> pd.DataFrame | None:
        """Service levels by region, group and service, as the checker computed them."""
        return None if self.verification is None else self.verification.levels

    @property
    def inequality(self) -> Mapping[str, Mapping[str, Mapping[str, float]]]:
        """Inequality by entry, service and measure, as the checker computed it."""
        return {} if self.verification is None else self.verification.inequality

    def to_dict(self) -> dict[str, Any]:
        """Return the content of ``result.json``: stable keys, unknown numbers null."""
        checked = {} if self.verification is None else self.verification.to_dict()
        return {
            "schema": 1,
            "instance": self.instance.name,
            "model": self.policy.name,
            "overrides": dict(self.policy.overrides),
            "status": self.status,
            "termination": self.termination,
            "objective": self.objective,
            "bound": self.bound,
            "gap": self.gap,
            "strategy": self.strategy,
            "seconds": dict(self.seconds),
            "peak_memory_mb": self.peak_memory_mb,
            "counts": dict(self.counts),
            "costs": dict(self.costs),
            "levels": self._level_summary(),
            "inequality": checked.get("inequality", {}),
            "verified": self.verified,
            "violations": checked.get("violations", []),
            "unchecked": checked.get("unchecked", []),
            "reasons": list(self.reasons),
            "warnings": [str(w) for w in self.warnings],
            "notes": list(self.notes),
            "history": [asdict(moment) for moment in self.history],
            "versions": dict(self.versions),
            "seed": self.seed,
        }

    def _level_summary(self) -> dict[str, dict[str, float | None]]:
        """Coverage of each service: need-weighted mean, least, greatest; mean travel."""
        if self.levels is None:
            return {}
        summary: dict[str, dict[str, float | None]] = {}
        for service, rows in self.levels.groupby("service", sort=False):
            weights = rows["demand"].to_numpy(dtype=float)
            values = {
                "coverage": float(np.average(rows["coverage"], weights=weights)),
                "coverage_own": float(np.average(rows["coverage_own"], weights=weights)),
                "least": float(rows["coverage"].min()),
                "greatest": float(rows["coverage"].max()),
                "travel": float(np.average(rows["travel"], weights=weights)),
            }
            summary[str(service)] = {k: v if np.isfinite(v) else None for k, v in values.items()}
        return summary

    def __str__(self) -> str:
        lines = [f"{self.instance.name} under {self.policy.name}: {HOLDS[self.status]}"]
        if self.objective is not None:
            kind, _ = goal(self.policy, self.instance)
            unit = f" {self.instance.about.currency}" if kind == "cost" else ""
            bound = "unknown" if self.bound is None else f"{self.bound:,.6g}"
            gap = "unknown" if self.gap is None else f"{self.gap:.2e}"
            lines.append(f"{kind} {self.objective:,.6g}{unit}, bound {bound}, gap {gap}")
        if self.plan is not None:
            count = len(self.plan.engagements)
            state = {True: "verified", False: "NOT verified", None: "not checked"}[self.verified]
            lines.append(f"{count} of {len(self.instance.offers)} offers engaged, plan {state}")
        lines += self.reasons
        return "\n".join(lines)
