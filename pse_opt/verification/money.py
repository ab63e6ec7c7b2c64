"""What a plan costs, term by term, who pays, and the checks of budgets."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from pse_opt.verification.facts import Facts
from pse_opt.verification.findings import Violation, check, number

__all__ = ["PUBLIC", "costs", "spending"]

Parameters = Mapping[str, Any]
PUBLIC = ("engagement", "delivery", "contract", "supervision", "overhead", "last_resort")
"""The terms paid from public money."""


def costs(facts: Facts) -> dict[str, float]:
    """Return every cost term in money per year."""
    engaged, paid = facts.engaged, _unit_costs(facts)
    users, last, volume = facts.by_offers, facts.last_resort, facts.volumes
    price = facts.services["last_resort_cost"].fillna(0.0).reindex(last["service"])
    penalty = facts.services["unmet_penalty"].reindex(facts.needs["service"]).to_numpy(dtype=float)
    missing = facts.needs["demand"].to_numpy(dtype=float) - facts.levels["served"].to_numpy()
    overhead = facts.providers["overhead_cost"].loc[engaged["provider"].unique()]
    return {
        "engagement": float(engaged["fixed_cost"].sum()),
        "delivery": float((paid * volume).sum()),
        "access": float((users["units"] * users["access_cost"]).sum()),
        "contract": float(engaged["contract_cost"].sum()),
        "supervision": float((facts.offers["supervision_cost"] * volume).sum()),
        "overhead": float(overhead.sum()),
        "last_resort": float((last["units"].to_numpy() * price.to_numpy()).sum()),
        "unmet": float((penalty * missing).sum()),
        "user": float((facts.offers["user_fee"] * volume).sum()),
        "own": float((facts.offers["own_funds"] * volume).sum()),
    }


def _unit_costs(facts: Facts) -> pd.Series[float]:
    """Public unit cost of each offer: that of the size engaged, else what the offer says."""
    own = facts.engaged["unit_cost"].reindex(facts.offers.index)
    paid: pd.Series[float] = own.where(own.notna(), facts.offers["unit_cost"])
    return paid


def spending(facts: Facts, services: Collection[str] | None = None) -> pd.Series[float]:
    """Return what each jurisdiction pays from public money, by identifier.

    Of some services alone it is what is paid for them: without the overhead of providers, which
    belongs to no service.
    """
    engaged, offers, volume = facts.engaged, facts.offers, facts.volumes
    variable = (_unit_costs(facts) + offers["supervision_cost"]) * volume
    fixed = engaged["fixed_cost"] + engaged["contract_cost"]
    if services is not None:
        fixed = fixed.where(engaged["service"].isin(services), 0.0)
        variable = variable.where(offers["service"].isin(services), 0.0)
    parts = [
        fixed.groupby(engaged["arranger"]).sum(),
        variable.groupby(offers["arranger"]).sum(),
        *_prices(facts, services),
        _last_resort(facts, services),
        *([_overheads(facts)] if services is None else []),
    ]
    total: pd.Series[float] = pd.concat(parts).groupby(level=0).sum()
    return total.reindex(facts.jurisdictions.index, fill_value=0.0)


def _prices(facts: Facts, services: Collection[str] | None) -> list[pd.Series[float]]:
    """Return what the arrangers receive (negative) and what others pay for their deliveries."""
    frame = _of(services, facts.by_offers)
    offer = facts.offers.reindex(frame["offer"])
    payer = facts.needs["jurisdiction"].to_numpy()[frame["need"].to_numpy()]
    arranger = offer["arranger"].to_numpy()
    above = facts.ladder
    outside = np.array(
        [a != "" and a not in above[p] for a, p in zip(arranger, payer, strict=True)], dtype=bool
    )
    amount = offer["price"].to_numpy(dtype=float) * frame["units"].to_numpy(dtype=float)
    amount = np.where(outside, amount, 0.0)
    return [
        pd.Series(-amount, index=arranger).groupby(level=0).sum(),
        pd.Series(amount, index=payer).groupby(level=0).sum(),
    ]


def _last_resort(facts: Facts, services: Collection[str] | None) -> pd.Series[float]:
    frame = _of(services, facts.last_resort)
    cost = facts.services["last_resort_cost"].fillna(0.0).reindex(frame["service"]).to_numpy()
    payer = facts.needs["jurisdiction"].to_numpy()[frame["need"].to_numpy()]
    return pd.Series(cost * frame["units"].to_numpy(), index=payer).groupby(level=0).sum()


def _of(services: Collection[str] | None, deliveries: pd.DataFrame) -> pd.DataFrame:
    return deliveries if services is None else deliveries[deliveries["service"].isin(services)]


def _overheads(facts: Facts) -> pd.Series[float]:
    providers = facts.providers.loc[facts.engaged["provider"].unique()]
    total: pd.Series[float] = providers.groupby("supervisor")["overhead_cost"].sum()
    return total


@check("budgets")
def budgets(facts: Facts, parameters: Parameters) -> Iterator[Violation]:
    """Each jurisdiction spends within its budget."""
    limit = facts.jurisdictions["budget"] * float(parameters.get("scale", 1.0))
    spent = spending(facts)
    for j in limit.index[limit.notna()]:
        name = facts.jurisdiction_label(str(j))
        yield from _overspent(facts, "budgets", name, float(spent[j]), float(limit[j]))


@check("total_budget")
def total_budget(facts: Facts, parameters: Parameters) -> Iterator[Violation]:
    """All public spending together stays within the total, where one is known."""
    maximum, share = parameters.get("maximum"), parameters.get("share")
    known = facts.jurisdictions["budget"].dropna()
    if maximum is None:
        if known.empty:
            return
        maximum = float(known.sum()) * (1.0 if share is None else float(share))
    terms = costs(facts)
    public = sum(terms[t] for t in PUBLIC)
    yield from _overspent(facts, "total_budget", "all jurisdictions", public, float(maximum))


def _overspent(
    facts: Facts, rule: str, where: str, spent: float, limit: float
) -> Iterator[Violation]:
    excess = spent - limit
    relative = excess / (limit if limit > 0 else 1.0)
    if relative > facts.tolerance:
        message = f"{number(spent)} {facts.currency} are spent; the limit is {number(limit)}"
        yield Violation(rule, where, message, excess, relative)
