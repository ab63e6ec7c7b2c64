"""What a plan says in tables: offers engaged, deliveries with who pays, payments."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from pse_opt.instance import Instance
from pse_opt.tables import LAST_RESORT

if TYPE_CHECKING:
    from pse_opt.plan import Plan

__all__ = ["chosen_offers", "deliveries_in_full", "payments"]

USERS, OWN_FUNDS, UNASSIGNED = "users", "own funds", "unassigned"
"""Payers that are no jurisdiction."""
ADMINISTRATION = "administration"
"""Who receives the cost of contracts, supervision and overhead."""
COMPUTED = ["size", "volume", "utilization", "cost"]
"""Columns of the plan that are not of the table offers."""
SMALLEST = 1e-9
"""Amounts of money below this are rounding errors."""


def _sized(instance: Instance, plan: Plan) -> pd.DataFrame:
    """Engaged offers with their size's columns, in the order of the plan."""
    sizes = instance.sizes.assign(
        offer=instance.offers["offer"].to_numpy()[instance.sizes["offer"]]
    )
    chosen = plan.engagements[["offer", "size"]]
    own = ["size", "capacity", "minimum_volume", "fixed_cost", "unit_cost"]
    terms = instance.offers.drop(columns=own, errors="ignore")
    return chosen.merge(terms, on="offer").merge(sizes, on=["offer", "size"])


def chosen_offers(instance: Instance, plan: Plan) -> pd.DataFrame:
    """Return the chosen rows of the table offers, with what the plan makes of them.

    Columns: those of the table (capacity and costs of the size engaged), then size, volume
    (units/year), utilization (volume / capacity) and cost (public money per year: fixed, contract,
    and unit and supervision cost of the volume).
    """
    frame = _sized(instance, plan)
    units = _units(instance, plan)
    volume = units.groupby(plan.deliveries["offer"].to_numpy()).sum()
    frame["volume"] = frame["offer"].map(volume).fillna(0.0)
    frame["utilization"] = frame["volume"] / frame["capacity"].where(frame["capacity"] > 0)
    frame["cost"] = (
        frame["fixed_cost"]
        + frame["contract_cost"]
        + (frame["unit_cost"] + frame["supervision_cost"]) * frame["volume"]
    )
    own = [c for c in instance.tables["offers"].columns if c not in COMPUTED]
    return frame[[*own, *COMPUTED]]


def _units(instance: Instance, plan: Plan) -> pd.Series:
    keys = ["region", "group", "service"]
    demand = plan.deliveries.merge(instance.needs[[*keys, "demand"]], on=keys, how="left")["demand"]
    return pd.Series(plan.deliveries["share"].to_numpy() * demand.to_numpy())


def deliveries_in_full(instance: Instance, plan: Plan) -> pd.DataFrame:
    """Return every delivery with its provider, arrangement, units, costs by payer, and travel.

    Columns: offer, size, provider, kind, mode, arranger, region, group, service, share, units,
    public_cost (unit and supervision cost), user_cost (fees and access), own_cost (money/year),
    travel (km). Last resort has the reserved offer ``last_resort``.
    """
    frame = plan.deliveries.reset_index(drop=True).assign(units=_units(instance, plan))
    columns = ["offer", "size", "provider", "kind", "mode", "arranger", "unit_cost", "user_fee"]
    terms = _sized(instance, plan)[[*columns, "own_funds", "supervision_cost"]]
    frame = frame.merge(terms, on="offer", how="left")
    links = pd.DataFrame(instance.link_keys, columns=["offer", "region", "group"])
    links = links.assign(
        travel=instance.links["travel"].to_numpy(), access=instance.links["access_cost"].to_numpy()
    )
    frame = frame.merge(links, on=["offer", "region", "group"], how="left")
    rescue = frame["offer"] == LAST_RESORT
    services = instance.services.set_index("service")
    at = services.loc[frame["service"]].reset_index(drop=True)
    unit = (frame["unit_cost"] + frame["supervision_cost"]).where(~rescue, at["last_resort_cost"])
    frame["public_cost"] = frame["units"] * unit
    frame["user_cost"] = (frame["units"] * (frame["user_fee"] + frame["access"])).where(
        ~rescue, 0.0
    )
    frame["own_cost"] = (frame["units"] * frame["own_funds"]).where(~rescue, 0.0)
    frame["travel"] = frame["travel"].where(~rescue, at["last_resort_travel"])
    text = ["size", "provider", "kind", "mode", "arranger"]
    frame[text] = frame[text].astype(object).fillna("")
    frame.loc[rescue, "kind"] = "government"
    order = ["offer", *text, "region", "group", "service", "share", "units"]
    return frame[[*order, "public_cost", "user_cost", "own_cost", "travel"]]


def payments(instance: Instance, plan: Plan) -> pd.DataFrame:
    """Return who pays whom for what: columns payer, provider, service, mode, amount (money/year).

    A payer is a jurisdiction, ``users`` (fees), ``own funds`` (of the provider), or ``unassigned``
    where no jurisdiction is named. The arranger pays the provider fixed and unit cost, less the
    price that jurisdictions outside its territory pay for their people; contracts, supervision and
    overhead are paid to ``administration``, provision outside the offers to ``last_resort``. So the
    rows of a jurisdiction add up to what it spends, and all public rows to the public cost.
    """
    offers = _sized(instance, plan)
    units = _units(instance, plan).groupby(plan.deliveries["offer"].to_numpy()).sum()
    volume = offers["offer"].map(units).fillna(0.0)
    public = offers.assign(payer=offers["arranger"])
    desk = public.assign(provider=ADMINISTRATION)
    parts = [
        public.assign(amount=offers["fixed_cost"] + offers["unit_cost"] * volume),
        desk.assign(amount=offers["contract_cost"] + offers["supervision_cost"] * volume),
        offers.assign(payer=USERS, amount=offers["user_fee"] * volume),
        offers.assign(payer=OWN_FUNDS, amount=offers["own_funds"] * volume),
        _overheads(instance, offers),
        _last_resort(instance, plan),
        *_between_jurisdictions(instance, plan, offers),
    ]
    columns = ["payer", "provider", "service", "mode", "amount"]
    rows = pd.concat(
        [part[columns] for part in parts if len(part)] or [pd.DataFrame([], columns=columns)]
    )
    rows["payer"] = rows["payer"].where(rows["payer"] != "", UNASSIGNED)
    total: pd.DataFrame = rows.groupby(columns[:-1], as_index=False)[["amount"]].sum()
    return total[total["amount"].abs() > SMALLEST].reset_index(drop=True)


def _overheads(instance: Instance, offers: pd.DataFrame) -> pd.DataFrame:
    """What the supervisor of every engaged provider pays for it, whatever its services."""
    providers = instance.providers[instance.providers["provider"].isin(offers["provider"])]
    return pd.DataFrame(
        {
            "payer": providers["supervisor"],
            "provider": ADMINISTRATION,
            "service": "",
            "mode": "",
            "amount": providers["overhead_cost"],
        }
    )


def _last_resort(instance: Instance, plan: Plan) -> pd.DataFrame:
    """What each region's jurisdiction pays for provision outside the offers."""
    rows = plan.deliveries[plan.deliveries["offer"] == LAST_RESORT]
    cost = instance.services.set_index("service")["last_resort_cost"].fillna(0.0)
    return pd.DataFrame(
        {
            "payer": rows["region"].map(_jurisdictions(instance)),
            "provider": LAST_RESORT,
            "service": rows["service"],
            "mode": "",
            "amount": _units(instance, plan)[rows.index] * rows["service"].map(cost),
        }
    )


def _between_jurisdictions(
    instance: Instance, plan: Plan, offers: pd.DataFrame
) -> list[pd.DataFrame]:
    """Prices paid by a region's jurisdiction to an arranger whose territory it is not in."""
    columns = ["offer", "provider", "service", "mode", "arranger", "price"]
    frame = plan.deliveries[["offer", "region"]].assign(units=_units(instance, plan))
    frame = frame.merge(offers[columns], on="offer")
    home = frame["region"].map(_jurisdictions(instance))
    pairs = zip(frame["arranger"], home, strict=True)
    outside = np.array([a != "" and j not in instance.territory[a] for a, j in pairs], dtype=bool)
    amount = (frame["units"] * frame["price"]).where(outside, 0.0)
    return [
        frame.assign(payer=home, amount=amount),
        frame.assign(payer=frame["arranger"], amount=-amount),
    ]


def _jurisdictions(instance: Instance) -> pd.Series[str]:
    regions = instance.regions
    return pd.Series(regions["jurisdiction"].to_numpy(), index=regions["region"].to_numpy())
