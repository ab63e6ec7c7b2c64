"""The planner's first questions about a plan, answered in figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pse_opt.formulation.standards import floors_of
from pse_opt.instance import Instance
from pse_opt.plan import Plan
from pse_opt.solving.result import Result
from pse_opt.tables import LAST_RESORT
from pse_opt.verification import Verification, verify

__all__ = ["SOURCES", "ServiceLine", "Summary", "summarize"]

KEYS = ["region", "group", "service"]
SOURCES = ("government", "ngo", "private", LAST_RESORT)
"""Who delivers: kinds of providers, and government outside the offers."""
TOLERANCE = 1e-6
"""Coverage this close to the floor counts as reaching it."""


@dataclass(frozen=True)
class ServiceLine:
    """One service: coverage today and under the plan, and who delivers it.

    Shares are of need for coverage and of units delivered for ``shares`` (by :data:`SOURCES`);
    people are all those of regions (or groups) below the floor.
    """

    service: str
    name: str
    today: float | None
    plan: float
    least: float
    greatest: float
    below_today: float | None
    below_plan: float
    shares: Mapping[str, float]
    shares_today: Mapping[str, float] | None


@dataclass(frozen=True)
class Summary:
    """What a plan means for people and money.

    Attributes
    ----------
    people : float
        Everybody concerned.
    floors : tuple of float
        Least and greatest floor of coverage that the policy sets.
    below_today, below_plan : float or None
        People in regions (or groups) below the floor in any service; None without a baseline.
    covered_today, covered_plan : float or None
        Coverage of need, mean over services.
    public_cost_today, public_cost_plan : float or None
        Public money per year.
    shares, shares_today : mapping of str to float, or None
        Share of what is delivered by :data:`SOURCES`, mean over services.
    services : tuple of ServiceLine
        The same by service.
    changes : DataFrame or None
        Regions with their change of coverage against today (mean over services), largest first.
    """

    people: float
    floors: tuple[float, float]
    below_today: float | None
    below_plan: float
    covered_today: float | None
    covered_plan: float
    public_cost_today: float | None
    public_cost_plan: float
    shares: Mapping[str, float]
    shares_today: Mapping[str, float] | None
    services: tuple[ServiceLine, ...]
    changes: pd.DataFrame | None


def summarize(result: Result, today: Verification | None = None) -> Summary:
    """Return the summary of a result with a plan.

    Parameters
    ----------
    result : Result
        The result.
    today : Verification, optional
        What the checker finds of today's plan under the same rules, where it is known already.

    Raises
    ------
    ValueError
        The result has no plan.
    """
    if result.plan is None or result.verification is None:
        raise ValueError("the result has no plan to summarize")
    instance = result.instance
    before = Plan.baseline(instance)
    if before is not None and today is None:
        today = verify(instance, before, result.policy)
    floors = floors_of(instance, result.policy.sections.get("coverage", {}).get("floor", 0.0))
    frame = _cells(instance, result.verification, today, floors)
    delivered = _delivered(instance, result.plan)
    formerly = None if before is None else _delivered(instance, before)
    names = dict(zip(instance.services["service"], instance.services["name"], strict=True))
    lines = tuple(
        _service_line(str(s), str(names[s]), rows, delivered, formerly)
        for s, rows in frame.groupby("service", sort=False)
    )
    return Summary(
        float(frame.groupby(["region", "group"])["heads"].max().sum()),
        (float(floors.min(initial=1.0)), float(floors.max(initial=0.0))),
        None if today is None else _people_below(frame, "today"),
        _people_below(frame, "plan"),
        None if today is None else float(np.mean([x.today for x in lines])),
        float(np.mean([x.plan for x in lines])),
        None if today is None else today.public_cost,
        result.verification.public_cost,
        _mean([x.shares for x in lines]),
        None if today is None else _mean([x.shares_today or {} for x in lines]),
        lines,
        None if today is None else _changes(frame, instance.regions),
    )


def _mean(shares: list[Mapping[str, float]]) -> dict[str, float]:
    return {k: float(np.mean([s.get(k, 0.0) for s in shares])) for k in SOURCES}


def _cells(
    instance: Instance, plan: Verification, today: Verification | None, floors: np.ndarray
) -> pd.DataFrame:
    """Needs with heads, floor, and coverage today and under the plan."""
    frame = instance.needs[[*KEYS, "heads", "demand"]].assign(floor=floors)
    for column, found in (("plan", plan), ("today", today)):
        if found is None:
            frame[column] = np.nan
        else:
            levels = found.levels[[*KEYS, "coverage"]].rename(columns={"coverage": column})
            frame = frame.merge(levels, on=KEYS, how="left")
    return frame


def _delivered(instance: Instance, plan: Plan) -> pd.Series[float]:
    """Units delivered by service and source; today's offers need not be admissible any more."""
    offers, providers = instance.tables["offers"], instance.tables["providers"]
    kinds = dict(zip(providers["provider"], providers["kind"], strict=True))
    source = {o: kinds[p] for o, p in zip(offers["offer"], offers["provider"], strict=True)}
    frame = plan.deliveries.merge(instance.needs[[*KEYS, "demand"]], on=KEYS)
    units = frame["share"] * frame["demand"]
    by = [frame["service"], frame["offer"].map({**source, LAST_RESORT: LAST_RESORT})]
    total: pd.Series[float] = units.groupby(by).sum()
    return total


def _shares(units: pd.Series[float], service: str) -> dict[str, float]:
    mine = {k: float(units.get((service, k), 0.0)) for k in SOURCES}
    total = sum(mine.values()) or 1.0
    return {k: value / total for k, value in mine.items()}


def _people_below(frame: pd.DataFrame, column: str) -> float:
    below = frame[frame[column] < frame["floor"] - TOLERANCE]
    return float(below.groupby(["region", "group"])["heads"].max().sum())


def _service_line(
    service: str,
    name: str,
    rows: pd.DataFrame,
    delivered: pd.Series[float],
    formerly: pd.Series[float] | None,
) -> ServiceLine:
    weights = rows["demand"].to_numpy(dtype=float)
    known = formerly is not None
    return ServiceLine(
        service,
        name,
        float(np.average(rows["today"], weights=weights)) if known else None,
        float(np.average(rows["plan"], weights=weights)),
        float(rows["plan"].min()),
        float(rows["plan"].max()),
        _people_below(rows, "today") if known else None,
        _people_below(rows, "plan"),
        _shares(delivered, service),
        None if formerly is None else _shares(formerly, service),
    )


def _changes(frame: pd.DataFrame, regions: pd.DataFrame) -> pd.DataFrame:
    """Change of coverage by region: of need within a service, then the mean over services."""
    gained = (frame["plan"] - frame["today"]) * frame["demand"]
    by = [frame["region"], frame["service"]]
    share = gained.groupby(by).sum() / frame["demand"].groupby(by).sum()
    change = share.groupby("region").mean().rename("change")
    table = change.sort_values(ascending=False, kind="stable").reset_index()
    return table.merge(regions[["region", "name", "population"]], on="region")
