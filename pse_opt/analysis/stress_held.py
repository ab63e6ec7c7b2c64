"""What deliveries with the engagements kept mean in a scenario: rules, people and units."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from pse_opt.analysis.stress_result import Held
from pse_opt.formulation.standards import floors_of, targets_of
from pse_opt.instance import Instance
from pse_opt.plan import Plan
from pse_opt.solving.result import Result
from pse_opt.tables import LAST_RESORT
from pse_opt.verification import verify

__all__ = ["held_of"]

PHYSICAL = (
    "attainment", "eligibility", "linking", "reach", "one_size", "capacity", "share", "last_resort",
)  # fmt: skip
"""What the checker must not find in a plan that keeps engagements: those are no rules of policy."""
NOTICED = 1e-6
"""Shares of need below this are rounding errors."""


def held_of(instance: Instance, result: Result, plan: Plan) -> Held:
    """Return what deliveries with the engagements kept mean: rules, people and units.

    Parameters
    ----------
    instance : Instance
        Of the scenario.
    result : Result
        The plan as it is today.
    plan : Plan
        The deliveries in the scenario.
    """
    plan, policy = replace(plan, instance=instance), result.policy
    checked = verify(instance, plan, policy)
    section = policy.sections.get("coverage", {"floor": 0.0, "target": None})
    keys = ["region", "group", "service"]
    frame = instance.needs[[*keys, "demand", "heads"]].assign(
        floor=floors_of(instance, section["floor"])
    )
    frame = frame.merge(checked.levels[[*keys, "coverage"]], on=keys, how="left")
    before = result.levels
    assert before is not None
    frame = frame.merge(
        before[[*keys, "coverage"]].rename(columns={"coverage": "before"}), on=keys, how="left"
    )
    lacks = (frame["floor"] - frame["coverage"]).clip(lower=0.0)
    lacks = lacks.where(lacks > NOTICED, 0.0)
    targets: dict[str, float] = {}
    behind = 0.0
    for (service, *_), needs, value in targets_of(instance, section["target"]):
        mine = frame.iloc[needs]
        missing = value - float(np.average(mine["coverage"], weights=mine["demand"]))
        if missing > NOTICED:
            short = missing * float(mine["demand"].sum())
            targets[service] = max(targets.get(service, 0.0), short)
            behind += missing * float(mine["heads"].sum())
    units = (lacks * frame["demand"]).groupby(frame["service"]).sum()
    return Held(
        checked.objective,
        tuple(str(v) for v in checked.violations),
        float((lacks * frame["heads"]).sum()),
        behind,
        {str(s): float(v) for s, v in units.items() if v > 0},
        targets,
        _last_resort(instance, plan),
        _worse(instance, frame, lacks),
        all(v.rule not in PHYSICAL for v in checked.violations),
        plan,
    )


def _last_resort(instance: Instance, plan: Plan) -> dict[str, float]:
    """Units per year that government delivers outside the offers, by service."""
    keys = ["region", "group", "service"]
    lines = plan.deliveries[plan.deliveries["offer"] == LAST_RESORT]
    lines = lines.merge(instance.needs[[*keys, "demand"]], on=keys)
    units = (lines["share"] * lines["demand"]).groupby(lines["service"]).sum()
    return {str(s): float(v) for s, v in units.items() if v > 0}


def _worse(instance: Instance, frame: pd.DataFrame, lacks: pd.Series) -> pd.DataFrame:
    """Needs that are served less than before, or below their floor."""
    lost = (frame["before"] - frame["coverage"]).clip(lower=0.0)
    names = dict(zip(instance.regions["region"], instance.regions["name"], strict=True))
    found = frame.assign(
        name=frame["region"].map(names),
        lost=lost * frame["demand"],
        short=lacks * frame["demand"],
        people=np.maximum(lost, lacks) * frame["heads"],
    )
    columns = ["region", "name", "group", "service", "before", "coverage", "floor", "lost",
               "short", "people"]  # fmt: skip
    worse = found[(lost > NOTICED) | (lacks > 0)]
    return worse.sort_values("people", ascending=False, kind="stable", ignore_index=True)[columns]
