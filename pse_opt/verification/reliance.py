"""Checks of reliance: supervision, dependence, concentration, choice, government's own share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from pse_opt.verification.facts import Facts
from pse_opt.verification.findings import Violation, check, number, records
from pse_opt.verification.money import revenue

Parameters = Mapping[str, Any]


@check("supervision")
def supervision(facts: Facts, parameters: Parameters) -> Iterator[Violation]:
    """No jurisdiction arranges more offers of NGOs and private providers than it can supervise."""
    kind = facts.providers["kind"].reindex(facts.engaged["provider"]).to_numpy()
    arranged = facts.engaged.loc[kind != "government", "arranger"].value_counts()
    capacity = facts.jurisdictions["supervision_capacity"].dropna() * parameters.get("scale", 1.0)
    for jurisdiction, most in capacity.items():
        count = int(arranged.get(jurisdiction, 0))
        if count > most + 1e-9:
            message = f"it arranges {count} contracts with others and can supervise {number(most)}"
            where = facts.jurisdiction_label(str(jurisdiction))
            excess = count - float(most)
            yield Violation("supervision_limit", where, message, excess, excess)


@check("dependence")
def dependence(facts: Facts, parameters: Parameters) -> Iterator[Violation]:
    """No NGO's revenue comes from public money beyond the share allowed."""
    most = float(parameters["maximum"])
    money = revenue(facts)
    money = money[money.index.isin(_known_revenue(facts))]
    ngo = facts.providers["kind"].reindex(money.index) == "ngo"
    for line in records(money[ngo & (money["public"] > 0)]):
        share = line.public / (line.public + line.other)
        if share - most > facts.tolerance:
            message = (
                f"{number(line.public)} of {number(line.public + line.other)} {facts.currency} "
                f"revenue are public money, a share of {number(share)}; at most {number(most)}"
            )
            excess = line.public - most * (line.public + line.other)
            yield Violation("dependence", str(line.Index), message, excess, share - most)


def _known_revenue(facts: Facts) -> set[str]:
    """Providers of whom more than public money is known: income, fees or own funds."""
    income = facts.providers["independent_income"].dropna().index
    paid = facts.offers["user_fee"] + facts.offers["own_funds"] > 0
    return {*income, *facts.offers.loc[paid & (facts.offers["barred"] == ""), "provider"]}


@check("concentration")
def concentration(facts: Facts, parameters: Parameters) -> Iterator[Violation]:
    """No provider of the kinds named delivers more than a share of a region's service."""
    most, kinds = parameters.get("maximum_share"), parameters.get("kinds", "all")
    if most is None:
        return
    frame = _of_services(facts.by_offers, parameters.get("services", "all"))
    frame = frame.assign(provider=facts.offers["provider"].reindex(frame["offer"]).to_numpy())
    if kinds != "all":
        kind = facts.providers["kind"].reindex(frame["provider"]).isin(kinds)
        frame = frame[kind.to_numpy()]
    place = ["region", "service"]
    whole = facts.levels.groupby(place)[["served", "demand"]].sum()
    own = frame.groupby([*place, "provider"])["units"].sum().reset_index()
    for line in records(own.join(whole, on=place)):
        excess = line.units - most * line.served
        if excess / line.demand > facts.tolerance:
            message = (
                f"{line.provider} delivers {number(line.units)} of {number(line.served)} "
                f"{facts.unit(line.service)}; at most a share of {number(most)} may come from one"
            )
            where = facts.need_label(line.region, "", line.service)
            yield Violation("concentration", where, message, excess, excess / line.demand)


@check("concentration")
def choice(facts: Facts, parameters: Parameters) -> Iterator[Violation]:
    """Enough providers of a service are engaged within reach of each region."""
    least = int(parameters.get("minimum_providers", 1))
    if least <= 1:
        return
    needs = _of_services(facts.needs, parameters.get("services", "all"))
    pairs = needs[["region", "service"]].drop_duplicates()
    reached = facts.reached(pairs)
    counts = reached.groupby(["region", "service"])["provider"].nunique()
    for line in records(pairs):
        count = int(counts.get((line.region, line.service), 0))
        if count < least:
            message = f"{count} providers are engaged within reach; at least {least} must be"
            where = facts.need_label(line.region, "", line.service)
            yield Violation("provider_choice", where, message, least - count, least - count)


@check("government_share")
def government_share(facts: Facts, parameters: Parameters) -> Iterator[Violation]:
    """Government itself, last resort included, delivers its share of what each need gets."""
    least, services = float(parameters["minimum"]), parameters.get("services", "core")
    if services == "core":
        services = facts.services.index[facts.services["core"].astype(bool)].tolist()
    frame = facts.by_offers
    provider = facts.offers["provider"].reindex(frame["offer"])
    own = frame[(facts.providers["kind"].reindex(provider) == "government").to_numpy()]
    both = pd.concat([own, facts.last_resort])
    share = np.bincount(both["need"], weights=both["share"], minlength=len(facts.needs))
    lines = facts.levels.assign(missing=least * facts.levels["coverage"].to_numpy() - share)
    for line in records(_of_services(lines[lines["missing"] > facts.tolerance], services)):
        units = (line.coverage * least - line.missing) * line.demand
        message = (
            f"government delivers {number(units)} of {number(line.served)} "
            f"{facts.unit(line.service)}; at least a share of {number(least)} is its own"
        )
        where = facts.need_label(line.region, line.group, line.service)
        yield Violation(
            "government_share", where, message, line.missing * line.demand, line.missing
        )


@check("ngo_share")
def ngo_share(facts: Facts, parameters: Parameters) -> Iterator[Violation]:
    """NGOs deliver their share of what each service delivers."""
    least = float(parameters["minimum"])
    frame = facts.by_offers
    provider = facts.offers["provider"].reindex(frame["offer"])
    own = frame[(facts.providers["kind"].reindex(provider) == "ngo").to_numpy()]
    units = own.groupby("service")["units"].sum()
    whole = facts.levels.groupby("service", sort=False)[["served", "demand"]].sum().reset_index()
    for line in records(_of_services(whole, parameters.get("services", "all"))):
        delivered = float(units.get(line.service, 0.0))
        missing = least * line.served - delivered
        if missing / line.demand > facts.tolerance:
            message = (
                f"NGOs deliver {number(delivered)} of {number(line.served)} "
                f"{facts.unit(line.service)}; at least a share of {number(least)} is theirs"
            )
            yield Violation("ngo_share", line.service, message, missing, missing / line.demand)


def _of_services(frame: pd.DataFrame, services: Any) -> pd.DataFrame:
    return frame if services == "all" else frame[frame["service"].isin(services)]
