"""The planner's first questions about a plan, answered in figures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pse_opt.accounts import deliveries_in_full
from pse_opt.formulation.coverage import floors_of
from pse_opt.plan import Plan
from pse_opt.solving.result import Result
from pse_opt.verification import Verification, verify

__all__ = ["ServiceLine", "Summary", "summarize"]


@dataclass(frozen=True)
class ServiceLine:
    """One service: coverage today and under the plan, and who delivers it.

    Shares are of need for coverage, of units delivered for ``shares`` (by kind of provider; last
    resort apart); people are those of regions (or groups) below the floor.
    """

    service: str
    name: str
    today: float | None
    plan: float
    least: float
    greatest: float
    below_today: float | None
    below_plan: float
    shares: dict[str, float]
    last_resort: float


@dataclass(frozen=True)
class Summary:
    """What a plan means for people and money.

    Attributes
    ----------
    people : float
        Everybody concerned.
    below_today, below_plan : float or None
        People in regions (or groups) below the floor in any service; None without a baseline.
    public_cost, public_cost_today : float or None
        Public money per year.
    shares : dict of str to float
        Share of delivered need by kind of provider, mean over services.
    changes : DataFrame or None
        Regions with their change of coverage against today (mean over services), largest first.
    """

    people: float
    floor: float
    below_today: float | None
    below_plan: float
    public_cost: float
    public_cost_today: float | None
    shares: dict[str, float]
    services: tuple[ServiceLine, ...]
    changes: pd.DataFrame | None


def summarize(result: Result) -> Summary:
    """Return the summary of a result with a plan.

    Raises
    ------
    ValueError
        The result has no plan.
    """
    if result.plan is None or result.verification is None:
        raise ValueError("the result has no plan to summarize")
    instance = result.instance
    before = Plan.baseline(instance)
    today = None if before is None else verify(instance, before, result.policy)
    floor = result.policy.sections.get("coverage", {}).get("floor", 0.0)
    frame = _cells(result, today, floors_of(instance, floor))
    full = deliveries_in_full(instance, result.plan)
    lines = tuple(
        _service_line(str(s), rows, full[full["service"] == s], _label(instance.services, str(s)))
        for s, rows in frame.groupby("service", sort=False)
    )
    kinds = ("government", "ngo", "private")
    heads = frame.groupby(["region", "group"])["heads"].max()
    return Summary(
        float(heads.sum()),
        floor,
        None if today is None else _people_below(frame, "today"),
        _people_below(frame, "plan"),
        result.verification.public_cost,
        None if today is None else today.public_cost,
        {k: float(np.mean([x.shares[k] for x in lines])) for k in kinds},
        lines,
        None if today is None else _changes(frame, instance.regions),
    )


def _label(table: pd.DataFrame, service: str) -> str:
    return str(table.loc[table["service"] == service, "name"].iloc[0])


def _cells(result: Result, today: Verification | None, floors: np.ndarray) -> pd.DataFrame:
    """Needs with heads, floor, and coverage today and under the plan."""
    keys = ["region", "group", "service"]
    needs = result.instance.needs
    frame = needs[[*keys, "heads", "demand"]].assign(floor=floors)
    assert result.verification is not None
    plan = result.verification.levels[[*keys, "coverage"]].rename(columns={"coverage": "plan"})
    frame = frame.merge(plan, on=keys, how="left")
    if today is None:
        return frame.assign(today=np.nan)
    before = today.levels[[*keys, "coverage"]].rename(columns={"coverage": "today"})
    return frame.merge(before, on=keys, how="left")


def _people_below(frame: pd.DataFrame, column: str) -> float:
    below = frame[frame[column] < frame["floor"] - 1e-6]
    return float(below.groupby(["region", "group"])["heads"].max().sum())


def _service_line(service: str, rows: pd.DataFrame, full: pd.DataFrame, name: str) -> ServiceLine:
    weights = rows["demand"].to_numpy(dtype=float)
    known = bool(rows["today"].notna().all())
    own = full[full["provider"] != ""]
    units = own.groupby("kind")["units"].sum()
    total = float(full["units"].sum()) or 1.0
    kinds = ("government", "ngo", "private")
    return ServiceLine(
        service,
        name,
        float(np.average(rows["today"], weights=weights)) if known else None,
        float(np.average(rows["plan"], weights=weights)),
        float(rows["plan"].min()),
        float(rows["plan"].max()),
        _people_below(rows, "today") if known else None,
        _people_below(rows, "plan"),
        {k: float(units.get(k, 0.0)) / total for k in kinds},
        1.0 - float(own["units"].sum()) / total if len(full) else 0.0,
    )


def _changes(frame: pd.DataFrame, regions: pd.DataFrame) -> pd.DataFrame:
    change = (frame["plan"] - frame["today"]).groupby(frame["region"]).mean()
    table = change.rename("change").sort_values(ascending=False, kind="stable").reset_index()
    return table.merge(regions[["region", "name", "population"]], on="region")
