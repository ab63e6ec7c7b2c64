"""Whether one offer is worth engaging, and up to which price: solved with it and without it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from pse_opt.analysis.alterations import Flags, dearer, required
from pse_opt.analysis.jobs import Job
from pse_opt.analysis.preflight import barred
from pse_opt.instance import Instance
from pse_opt.policy import read_policy
from pse_opt.solving.result import Result

__all__ = ["Opportunity", "judge"]

ABOVE = 1.02
"""How far above the price that is proven to pay the next solve looks."""


@dataclass(frozen=True, eq=False)
class Opportunity:
    """One offer: what engaging it is worth to whoever pays, held against a plan without it.

    Attributes
    ----------
    offer, service, mode, region : str
        As in the table offers.
    barrier : str
        What keeps it from being engaged today (it is then judged as if that were settled).
    worth, least, most : float or None
        What engaging it saves, in money per year: by the plans found, and what bounds leave open.
    volume : float or None
        Units per year that it delivers in the best plan with it.
    price : float
        Present unit cost from public money (of the size engaged).
    pays_below : float or None
        Below this unit cost it is proven to be worth engaging; None where it is at no cost.
    open_above : float or None
        A unit cost at which a new solve could not prove that any more; None where none was found.
    left : float or None
        What it may still save there, at most, in money per year.
    contract_cost, overhead_cost, supervision_cost : float
        What qualification and supervision cost: money per year, money per year, money per unit.
    regions : DataFrame
        Columns region, name, need, unserved (what no offer delivers in the plan without it, units
        per year), delivers (by it in the plan with it), travel (km).
    solves : int
        Number of solves behind these figures.
    note : str
        Why figures are missing.
    """

    offer: str
    service: str
    mode: str
    region: str
    barrier: str
    worth: float | None
    least: float | None
    most: float | None
    volume: float | None
    price: float
    pays_below: float | None
    open_above: float | None
    left: float | None
    contract_cost: float
    overhead_cost: float
    supervision_cost: float
    regions: pd.DataFrame = field(repr=False)
    solves: int
    note: str

    @property
    def verdict(self) -> str:
        """``worth engaging``, ``not worth engaging``, or ``open``: the gaps leave it open."""
        if self.least is None or self.most is None:
            return "open"
        if self.least > 0:
            return "worth engaging"
        return "not worth engaging" if self.most < 0 else "open"

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        regions = self.regions.to_dict(orient="records")
        return {**asdict(self), "regions": regions, "verdict": self.verdict}


def judge(job: Job) -> Opportunity:
    """Judge the offer that a job is labelled with."""
    instance = Instance(job.about, MappingProxyType(job.tables))
    rows = np.asarray((job.tables["offers"]["offer"] == job.label).to_numpy())
    line = job.tables["offers"][rows].iloc[0]
    barrier, settled = _barrier(instance, job, line)
    without = job.solve({**settled, **required(instance, rows, "forbidden")})
    trials = _Trials(job, settled, rows)
    first = trials.at(0.0)
    worth = _worth(without, first)
    low, high, left, note = _prices(trials, without, first, float(line["unit_cost"]))
    own = instance.providers.set_index("provider").loc[line["provider"]]
    return Opportunity(
        job.label,
        line["service"],
        line["mode"],
        line["region"],
        barrier,
        *worth,
        _volume(first, job.label),
        _price(first, job.label, float(line["unit_cost"])),
        low,
        high,
        left,
        float(line["contract_cost"]),
        float(own["overhead_cost"]),
        float(line["supervision_cost"]),
        _regions(instance, without, first, job.label),
        trials.count + 1,
        note,
    )


class _Trials:
    """Solves with an offer engaged, at its unit cost and an amount more."""

    def __init__(self, job: Job, settled: Mapping[str, pd.DataFrame], rows: Flags) -> None:
        self.job, self.settled, self.rows, self.count = job, settled, rows, 0

    def at(self, amount: float) -> Result:
        """Solve with an amount added to the unit cost."""
        self.count += 1
        instance = Instance(self.job.about, MappingProxyType({**self.job.tables, **self.settled}))
        prices = dearer(instance, self.rows, amount)
        changed = {**self.settled, **prices}
        changed["offers"] = changed["offers"].assign(
            required=changed["offers"]["required"].mask(self.rows, "yes")
        )
        return self.job.solve(changed)


def _barrier(
    instance: Instance, job: Job, line: pd.Series[Any]
) -> tuple[str, dict[str, pd.DataFrame]]:
    """What keeps an offer from being engaged, and the tables in which that is settled."""
    policy = read_policy(job.document)
    excluded = instance.excluded.set_index("offer")["reason"]
    if line["offer"] in excluded.index:
        providers = instance.tables["providers"]
        own = providers["provider"] == line["provider"]
        settled = providers.assign(accredited_for=providers["accredited_for"].mask(own, ""))
        return str(excluded[line["offer"]]), {"providers": settled}
    at = instance.offers["offer"].to_numpy() == line["offer"]
    if barred(instance, policy)[at].any():
        return f"{policy.name} does not allow it", {}
    return "", {}


def _worth(without: Result, first: Result) -> tuple[float | None, float | None, float | None]:
    """What engaging an offer saves, and what the bounds leave open."""
    known = (without.objective, without.bound, first.objective, first.bound)
    if any(value is None for value in known):
        return None, None, None
    cost, bound, mine, lowest = (float(value) for value in known if value is not None)
    return cost - mine, bound - mine, cost - lowest


def _prices(
    trials: _Trials, without: Result, first: Result, unit: float
) -> tuple[float | None, float | None, float | None, str]:
    """Unit cost below which it pays, one at which that is open, what is left there, and a note."""
    if without.status == "infeasible" and first.plan is not None:
        return math.inf, None, None, "without it no plan keeps the rules"
    if first.plan is None or without.plan is None:
        state = "with it" if first.plan is None else "without it"
        return None, None, None, f"{state}: {(first if first.plan is None else without).status}"
    offer = trials.job.label
    low, price = _proven(without, first, offer), _price(first, offer, unit)
    high, left = (None, None) if low is not None else (price, _worth(without, first)[2])
    if low is None:
        free = trials.at(-unit)
        low = _proven(without, free, offer)
        if low is None:
            return None, 0.0, _worth(without, free)[2], _hopeless(without, free)
    for _ in range(2):
        if high is not None and high <= low * ABOVE:
            break
        above = low * ABOVE if low > 0 else 0.01
        found = trials.at(above - unit)
        better = _proven(without, found, offer)
        if better is None or better <= above:
            return low, above, _worth(without, found)[2], ""
        low = max(low, better)
    return low, high, left, ""


def _hopeless(without: Result, free: Result) -> str:
    """Say why an offer is not proven to pay even at a unit cost of nothing."""
    most = _worth(without, free)[2]
    if most is not None and most < 0:
        return "not worth engaging even for nothing"
    return "the gaps are wider than what it may save: ask for a smaller one with --gap"


def _proven(without: Result, found: Result, offer: str) -> float | None:
    """Unit cost below which a plan with the offer is proven to be cheaper than any without it.

    The plan stays possible at any price, and costs more by its volume times what is added.
    """
    least, volume = _worth(without, found)[1], _volume(found, offer)
    if least is None or least <= 0 or not volume:
        return None
    return _price(found, offer, 0.0) + least / volume


def _line(result: Result, offer: str) -> pd.DataFrame | None:
    if result.plan is None:
        return None
    mine = result.plan.offers
    return mine[mine["offer"] == offer]


def _volume(result: Result, offer: str) -> float | None:
    line = _line(result, offer)
    return None if line is None else float(line["volume"].sum())


def _price(result: Result, offer: str, otherwise: float) -> float:
    """Unit cost at the size engaged."""
    line = _line(result, offer)
    return otherwise if line is None or line.empty else float(line["unit_cost"].iloc[0])


def _regions(instance: Instance, without: Result, first: Result, offer: str) -> pd.DataFrame:
    """Need, what is unserved and what it delivers, by region in reach."""
    columns = ["region", "name", "need", "unserved", "delivers", "travel"]
    at = np.flatnonzero(first.instance.offers["offer"].to_numpy() == offer)
    links = first.instance.links[first.instance.links["offer"].isin(at)]
    needs = first.instance.needs.iloc[links["need"].to_numpy()]
    keys = ["region", "group", "service"]
    frame = needs[[*keys, "demand"]].assign(travel=links["travel"].to_numpy())
    for name, result in (("unserved", without), ("delivers", first)):
        frame[name] = np.nan if result.plan is None else 0.0
    if without.levels is not None:
        got = frame.merge(without.levels[[*keys, "coverage_own"]], on=keys)["coverage_own"]
        frame["unserved"] = frame["demand"] * (1 - got.to_numpy()).clip(min=0)
    if first.plan is not None:
        mine = first.plan.deliveries[first.plan.deliveries["offer"] == offer]
        share = frame.merge(mine[[*keys, "share"]], on=keys, how="left")["share"].fillna(0.0)
        frame["delivers"] = frame["demand"].to_numpy() * share.to_numpy()
    by = frame.groupby("region", sort=False)
    total = (
        by[["demand", "unserved", "delivers"]].sum(min_count=1).assign(travel=by["travel"].min())
    )
    total = total.reset_index().rename(columns={"demand": "need"})
    names = instance.regions.set_index("region")["name"]
    total["name"] = total["region"].map(names)
    return total.sort_values("travel", kind="stable", ignore_index=True)[columns]
