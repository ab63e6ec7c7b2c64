"""Checks of who pays what: programmes, grants, own funds, fees, investments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from pse_opt.verification.facts import Facts
from pse_opt.verification.findings import Violation, check, number, records
from pse_opt.verification.money import overspent, revenue_of_offers, spending_by_service

Parameters = Mapping[str, Any]


@check("programmes")
def programmes(facts: Facts, parameters: Parameters) -> Iterator[Violation]:
    """Each jurisdiction spends on each service within the budget of its programme."""
    table = facts.table("programmes")
    if table is None:
        return
    spent = spending_by_service(facts)
    for line in records(table):
        limit = line.budget * float(parameters.get("scale", 1.0))
        where = f"{facts.jurisdiction_label(line.jurisdiction)}, {line.service}"
        amount = float(spent.get((line.jurisdiction, line.service), 0.0))
        unit = line.budget or 1.0
        yield from overspent(facts, "programmes", where, amount, limit, unit)


@check("grants")
def matching(facts: Facts, parameters: Parameters) -> Iterator[Violation]:
    """Of the cost of a grant offer the public pays no more than its share."""
    most = float(parameters.get("maximum_share", 1.0))
    money = revenue_of_offers(facts)
    for line in records(money[money["mode"] == "grant"]):
        total = line.public + line.own
        share = line.public / total if total > 0 else 0.0
        if share - most > facts.tolerance:
            message = (
                f"{number(line.public)} of {number(total)} {facts.currency} are public money, "
                f"a share of {number(share)}; at most {number(most)}"
            )
            excess = line.public - most * total
            yield Violation("grant_matching", str(line.Index), message, excess, share - most)


@check("grants")
def own_funds(facts: Facts, _: Parameters) -> Iterator[Violation]:
    """No provider pays more own funds than it has independent income."""
    money = revenue_of_offers(facts)
    paid = money.groupby("provider")["own"].sum()
    for provider, income in facts.providers["independent_income"].dropna().items():
        amount = float(paid.get(provider, 0.0))
        excess = amount - float(income)
        relative = excess / (float(income) or 1.0)
        if relative > facts.tolerance:
            message = (
                f"it pays {number(amount)} {facts.currency} of own funds; "
                f"its independent income is {number(float(income))}"
            )
            yield Violation("own_funds_limit", str(provider), message, excess, relative)


@check("copayment")
def copayment(facts: Facts, parameters: Parameters) -> Iterator[Violation]:
    """The users of a need pay on average no more than the fee cap of the service."""
    cap = facts.services["fee_cap"].dropna() * float(parameters.get("scale", 1.0))
    got = pd.concat([facts.by_offers, facts.last_resort])
    got = got[got["service"].isin(cap.index)]
    fee = facts.offers["user_fee"].reindex(got["offer"]).fillna(0.0).to_numpy()
    lines = got.assign(fees=got["units"] * fee)
    for need, mine in lines.groupby("need", sort=False):
        row = facts.needs.iloc[int(str(need))]
        units, fees, most = mine["units"].sum(), mine["fees"].sum(), float(cap[row["service"]])
        scale = row["demand"] * max(most, float(fee.max()))
        relative = (fees - most * units) / scale if scale else 0.0
        if units > 0 and relative > facts.tolerance:
            message = (
                f"users pay {number(fees / units)} {facts.currency} on average; "
                f"at most {number(most)}"
            )
            where = facts.need_label(row["region"], row["group"], row["service"])
            yield Violation("copayment", where, message, fees / units - most, relative)


@check("capacity_building")
def investment(facts: Facts, parameters: Parameters) -> Iterator[Violation]:
    """All investments together stay within what there is to invest."""
    most = parameters.get("maximum")
    if most is None:
        return
    known = facts.engagements[facts.engagements["known"]]
    total = float(known["investment"].sum())
    yield from overspent(facts, "investment_limit", "all offers", total, float(most))
