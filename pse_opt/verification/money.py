"""What a plan costs, term by term, who pays, and the checks of budgets."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from pse_opt.verification.facts import Facts
from pse_opt.verification.findings import Violation, check, number
from pse_opt.verification.qualification import qualifying

__all__ = [
    "PUBLIC",
    "costs",
    "investments",
    "overspent",
    "revenue",
    "revenue_of_offers",
    "spending",
    "spending_by_service",
]

Parameters = Mapping[str, Any]
PUBLIC = (
    "engagement",
    "investment",
    "delivery",
    "contract",
    "supervision",
    "overhead",
    "last_resort",
)
"""The terms paid from public money."""


def costs(facts: Facts) -> dict[str, float]:
    """Return every cost term in money per year."""
    engaged, paid = facts.engaged, _unit_costs(facts)
    users, last, volume = facts.by_offers, facts.last_resort, facts.paid
    price = facts.services["last_resort_cost"].fillna(0.0).reindex(last["service"])
    penalty = facts.services["unmet_penalty"].reindex(facts.needs["service"]).to_numpy(dtype=float)
    missing = facts.needs["demand"].to_numpy(dtype=float) - facts.levels["served"].to_numpy()
    overhead = facts.providers["overhead_cost"].loc[engaged["provider"].unique()]
    overhead = pd.concat([overhead, qualifying(facts)])
    return {
        "engagement": float(engaged["fixed_cost"].sum()),
        "investment": float(investments(facts).sum()),
        "delivery": float((paid * volume).sum()),
        "access": float((users["units"] * users["access_cost"]).sum()),
        "contract": float(engaged["contract_cost"].sum()),
        "supervision": float((facts.offers["supervision_cost"] * volume).sum()),
        "overhead": float(overhead.sum()),
        "last_resort": float((last["units"].to_numpy() * price.to_numpy()).sum()),
        "unmet": float((penalty * missing).sum()),
        "transfers": _cost_of_funds(facts),
        "switching": _switching(facts),
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
    paid = spending_by_service(facts)
    if services is None:
        paid = pd.concat([paid.groupby(level=0).sum(), _overheads(facts)])
    else:
        paid = paid[paid.index.get_level_values(1).isin(list(services))]
    total: pd.Series[float] = paid.groupby(level=0).sum()
    return total.reindex(facts.jurisdictions.index, fill_value=0.0)


def spending_by_service(facts: Facts) -> pd.Series[float]:
    """Return what each jurisdiction pays for each service, by (jurisdiction, service).

    The overhead of providers belongs to no service and is left out.
    """
    engaged, offers, volume = facts.engaged, facts.offers, facts.paid
    variable = (_unit_costs(facts) + offers["supervision_cost"]) * volume
    fixed = engaged["fixed_cost"] + engaged["contract_cost"] + investments(facts)
    parts = [
        fixed.groupby([engaged["arranger"], engaged["service"]]).sum(),
        variable.groupby([offers["arranger"], offers["service"]]).sum(),
        *_prices(facts),
        _last_resort(facts),
    ]
    total: pd.Series[float] = pd.concat(parts).groupby(level=[0, 1]).sum()
    return total


def _prices(facts: Facts) -> list[pd.Series[float]]:
    """Return what the arrangers receive (negative) and what others pay for their deliveries."""
    frame = facts.by_offers
    offer = facts.offers.reindex(frame["offer"])
    payer = facts.needs["jurisdiction"].to_numpy()[frame["need"].to_numpy()]
    arranger = offer["arranger"].to_numpy()
    above = facts.ladder
    outside = np.array(
        [a != "" and a not in above[p] for a, p in zip(arranger, payer, strict=True)], dtype=bool
    )
    amount = offer["price"].to_numpy(dtype=float) * frame["units"].to_numpy(dtype=float)
    amount = np.where(outside, amount, 0.0)
    service = frame["service"].to_numpy()
    return [
        pd.Series(-amount, index=pd.MultiIndex.from_arrays([arranger, service])),
        pd.Series(amount, index=pd.MultiIndex.from_arrays([payer, service])),
    ]


def _last_resort(facts: Facts) -> pd.Series[float]:
    frame = facts.last_resort
    cost = facts.services["last_resort_cost"].fillna(0.0).reindex(frame["service"]).to_numpy()
    payer = facts.needs["jurisdiction"].to_numpy()[frame["need"].to_numpy()]
    index = pd.MultiIndex.from_arrays([payer, frame["service"].to_numpy()])
    return pd.Series(cost * frame["units"].to_numpy(), index=index)


def _overheads(facts: Facts) -> pd.Series[float]:
    providers = facts.providers.loc[facts.engaged["provider"].unique()]
    money = providers["overhead_cost"].add(qualifying(facts), fill_value=0.0)
    total: pd.Series[float] = money.groupby(providers["supervisor"]).sum()
    return total


def investments(facts: Facts) -> pd.Series[float]:
    """Return the yearly part of the investment of each engaged offer, by identifier."""
    known = facts.engagements[facts.engagements["known"]]
    yearly = known["investment"] / known["investment_years"]
    found: pd.Series[float] = yearly.groupby(known["offer"], sort=False).sum()
    return found.reindex(facts.engaged.index)


def revenue_of_offers(facts: Facts) -> pd.DataFrame:
    """Return what engaged offers bring their providers, in money per year.

    Columns provider, mode, public (fixed cost, investment, unit cost), fees and own (own funds).
    """
    engaged, volume = facts.engaged, facts.paid.reindex(facts.engaged.index)
    public = engaged["fixed_cost"] + investments(facts) + engaged["unit_cost"] * volume
    return engaged[["provider", "mode"]].assign(
        public=public, fees=engaged["user_fee"] * volume, own=engaged["own_funds"] * volume
    )


def revenue(facts: Facts) -> pd.DataFrame:
    """Return the revenue of providers with engaged offers: public, and other money.

    Other money is fees and independent income, or where that is unknown the own funds spent.
    """
    sums = revenue_of_offers(facts).groupby("provider")[["public", "fees", "own"]].sum()
    income = facts.providers["independent_income"].reindex(sums.index)
    return sums.assign(other=sums["fees"] + income.where(income.notna(), sums["own"]))


def _cost_of_funds(facts: Facts) -> float:
    """Social cost of the money that goes from a jurisdiction to one below it."""
    price = facts.policy.sections.get("transfers", {}).get("cost_of_funds", 0.0)
    table, above = facts.plan.transfers, facts.ladder
    lines = zip(table["giver"], table["receiver"], table["amount"], strict=True)
    return float(price * sum(money for i, j, money in lines if i in above.get(j, ())))


def _switching(facts: Facts) -> float:
    """Cost of offers engaged anew and of those of today that are ended."""
    if facts.today is None:
        return 0.0
    changed = set(facts.today.engaged.index) ^ set(facts.engaged.index)
    return float(facts.offers["switching_cost"].reindex(list(changed)).fillna(0.0).sum())


@check("budgets")
def budgets(facts: Facts, parameters: Parameters) -> Iterator[Violation]:
    """Each jurisdiction spends within its budget."""
    limit = facts.jurisdictions["budget"] * float(parameters.get("scale", 1.0))
    money = facts.plan.transfers.groupby("giver")["amount"].sum()
    received = facts.plan.transfers.groupby("receiver")["amount"].sum()
    spent = spending(facts).add(money, fill_value=0.0).sub(received, fill_value=0.0)
    for j in limit.index[limit.notna()]:
        name = facts.jurisdiction_label(str(j))
        yield from overspent(facts, "budgets", name, float(spent[j]), float(limit[j]))


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
    yield from overspent(facts, "total_budget", "all jurisdictions", public, float(maximum))


def overspent(
    facts: Facts, rule: str, where: str, spent: float, limit: float, unit: float | None = None
) -> Iterator[Violation]:
    """Yield the violation where more is spent than the limit; unit: what it is held against."""
    excess = spent - limit
    relative = excess / ((limit if limit > 0 else 1.0) if unit is None else unit)
    if relative > facts.tolerance:
        message = f"{number(spent)} {facts.currency} are spent; the limit is {number(limit)}"
        yield Violation(rule, where, message, excess, relative)
