"""One model on one instance, in the figures by which mechanisms are compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from pse_opt import measures
from pse_opt.accounts import ADMINISTRATION, OWN_FUNDS, USERS, payments
from pse_opt.analysis.jobs import Job
from pse_opt.analysis.summary import SOURCES, Summary, summarize
from pse_opt.figures import goal
from pse_opt.instance import Instance
from pse_opt.plan import Plan
from pse_opt.solving.result import Result
from pse_opt.tables import LAST_RESORT
from pse_opt.verification import Verification, verify

__all__ = ["PUBLIC", "TODAY", "Entry", "Figures", "flows_of", "measure_job"]

TODAY = "today"
"""Name of today's plan among the models."""
PUBLIC = "public budgets"
"""All jurisdictions together, as payer."""


@dataclass(frozen=True, eq=False)
class Figures:
    """What a plan means, whoever made it; unknown numbers are None.

    Attributes
    ----------
    public_cost : float
        Public money per year.
    costs : mapping of str to float
        Money per year by cost term, also those outside the objective.
    coverage : mapping of str to float
        Share of need covered, by service.
    covered : float
        Mean of it over services.
    below : float
        People in regions (or groups) below the floor of the model in any service.
    inequality : mapping of str to mapping
        ``range`` and ``gini`` of coverage between regions, by service.
    satisfaction : float or None
        Mean quality of what is delivered, mean over services.
    dependence : float or None
        Share of the revenue of engaged NGOs that is public money.
    dependences : mapping of str to float
        The same of each NGO.
    shares : mapping of str to float
        Share of what is delivered by government, ngo, private, last_resort; mean over services.
    flows : DataFrame
        Columns payer (public budgets, users, own funds), receiver (kind of provider,
        administration, last_resort, jurisdictions), amount (money/year).
    levels : DataFrame
        Columns region, group, service, demand, coverage, quality, travel.
    """

    public_cost: float
    costs: Mapping[str, float]
    coverage: Mapping[str, float]
    covered: float
    below: float
    inequality: Mapping[str, Mapping[str, float]]
    satisfaction: float | None
    dependence: float | None
    dependences: Mapping[str, float] = field(repr=False)
    shares: Mapping[str, float] = field(repr=False)
    flows: pd.DataFrame = field(repr=False)
    levels: pd.DataFrame = field(repr=False)

    def to_dict(self) -> dict[str, Any]:
        """Return the figures as plain JSON values, without the levels."""
        names = [f for f in self.__dataclass_fields__ if f not in ("flows", "levels")]
        return {
            **{f: _plain(getattr(self, f)) for f in names},
            "flows": self.flows.to_dict(orient="records"),
        }


@dataclass(frozen=True, eq=False)
class Entry:
    """One model on one instance: how the solve ended, and the figures of its plan if it has one.

    Attributes
    ----------
    instance, model, title : str
        Names.
    status, termination, objective, bound, gap, verified, reasons
        As in :class:`Result`.
    cost : bool
        Whether the objective is a cost.
    terms : tuple of str
        The cost terms it adds up.
    seconds : float
        Time in all.
    bounds : mapping
        Inequality by the model's own entries, service and measure.
    figures, today : Figures or None
        Of the plan, and of today's plan held against this model's floors.
    """

    instance: str
    model: str
    title: str
    status: str
    termination: str
    objective: float | None
    bound: float | None
    gap: float | None
    verified: bool | None
    reasons: tuple[str, ...]
    cost: bool
    terms: tuple[str, ...]
    seconds: float
    bounds: Mapping[str, Mapping[str, Mapping[str, float]]] = field(repr=False)
    figures: Figures | None = field(repr=False)
    today: Figures | None = field(repr=False)

    def to_dict(self) -> dict[str, Any]:
        """Return the entry as plain JSON values."""
        names = [f for f in self.__dataclass_fields__ if f not in ("figures", "today")]
        figures = None if self.figures is None else self.figures.to_dict()
        return {**{f: _plain(getattr(self, f)) for f in names}, "figures": figures}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {k: _plain(v) for k, v in value.items()}
    return list(value) if isinstance(value, tuple) else value


def measure_job(job: Job) -> Entry:
    """Solve a job and return its entry."""
    result = job.solve()
    kind, _ = goal(result.policy, result.instance)
    figures = today = None
    if result.plan is not None and result.verification is not None:
        summary = summarize(result)
        figures = _figures(result, result.plan, result.verification, summary, now=False)
        today = _today(result, summary)
    return Entry(
        result.instance.name,
        result.policy.name,
        result.policy.title,
        result.status,
        result.termination,
        result.objective,
        result.bound,
        result.gap,
        result.verified,
        result.reasons,
        kind == "cost",
        tuple(sorted(result.policy.objective.minimize or ())),
        result.seconds["total"],
        _plain(result.inequality),
        figures,
        today,
    )


def _today(result: Result, summary: Summary) -> Figures | None:
    plan = Plan.baseline(result.instance)
    if plan is None:
        return None
    found = verify(result.instance, plan, result.policy)
    return _figures(result, plan, found, summary, now=True)


def _figures(
    result: Result, plan: Plan, found: Verification, summary: Summary, *, now: bool
) -> Figures:
    instance = result.instance
    columns = ["region", "group", "service", "demand", "coverage", "quality", "travel"]
    levels = found.levels[columns]
    coverage = {str(s): _mean(rows, "coverage") for s, rows in levels.groupby("service")}
    paid = payments(instance, plan, result.policy)
    ratios, whole = _dependence(instance, paid)
    return Figures(
        found.public_cost,
        {t: float(v) for t, v in found.costs.items() if t != "inequality"},
        coverage,
        float(np.mean(list(coverage.values()))),
        float((summary.below_today if now else summary.below_plan) or 0.0),
        {str(s): _inequality(rows) for s, rows in levels.groupby("service")},
        _satisfaction(levels),
        whole,
        ratios,
        dict((summary.shares_today if now else summary.shares) or {}),
        flows_of(instance, paid),
        levels,
    )


def _mean(rows: pd.DataFrame, column: str) -> float:
    return float(np.average(rows[column], weights=rows["demand"]))


def _inequality(rows: pd.DataFrame) -> dict[str, float]:
    """Range and Gini index of coverage between regions, weighted by need."""
    got = rows.assign(got=rows["coverage"] * rows["demand"]).groupby("region")
    need = got["demand"].sum().to_numpy()
    values = got["got"].sum().to_numpy() / need
    return {"range": measures.value_range(values), "gini": measures.gini(values, need)}


def _satisfaction(levels: pd.DataFrame) -> float | None:
    """Mean quality of what is delivered, where it is known: by units, then over services."""
    known = levels[levels["quality"].notna() & (levels["coverage"] > 0)]
    units = known["coverage"] * known["demand"]
    by = known["service"]
    means = (units * known["quality"]).groupby(by).sum() / units.groupby(by).sum()
    return float(means.mean()) if len(means) else None


def _dependence(instance: Instance, paid: pd.DataFrame) -> tuple[dict[str, float], float | None]:
    """Share of public money in the revenue of each NGO, and of all of them together.

    Revenue is public money, users' fees, and independent income: that of the table providers,
    or the own funds put into the services where those are more.
    """
    providers = instance.providers[instance.providers["kind"] == "ngo"].set_index("provider")
    mine = paid[paid["provider"].isin(providers.index)]
    users, own = mine["payer"] == USERS, mine["payer"] == OWN_FUNDS
    public, fees, funds = (
        mine[rows].groupby("provider")["amount"].sum() for rows in (~users & ~own, users, own)
    )
    names = sorted(set(mine["provider"]))
    income = providers["independent_income"].reindex(names).fillna(0.0)
    funds = funds.reindex(names, fill_value=0.0).clip(lower=income)
    given = public.reindex(names, fill_value=0.0)
    total = given + fees.reindex(names, fill_value=0.0) + funds
    ratios = {n: float(given[n] / total[n]) for n in names if total[n] > 0}
    whole = float(given.sum() / total.sum()) if total.sum() > 0 else None
    return ratios, whole


def flows_of(instance: Instance, paid: pd.DataFrame) -> pd.DataFrame:
    """Who pays whom: payers and receivers by kind."""
    kinds = dict(zip(instance.providers["provider"], instance.providers["kind"], strict=True))
    own = {ADMINISTRATION: ADMINISTRATION, LAST_RESORT: LAST_RESORT}
    payer = paid["payer"].where(paid["payer"].isin([USERS, OWN_FUNDS]), PUBLIC)
    receiver = paid["provider"].map({**kinds, **own}).fillna("jurisdictions")
    frame = pd.DataFrame({"payer": payer, "receiver": receiver, "amount": paid["amount"]})
    total: pd.DataFrame = frame.groupby(["payer", "receiver"], as_index=False)[["amount"]].sum()
    order = {name: k for k, name in enumerate((PUBLIC, USERS, OWN_FUNDS, *SOURCES))}
    by = [total[c].map(order).fillna(len(order)) for c in ("payer", "receiver")]
    return total.iloc[np.lexsort([by[1], by[0]])].reset_index(drop=True)
