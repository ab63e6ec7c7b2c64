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


def _sized(instance: Instance, plan: Plan) -> pd.DataFrame:
    """Engaged offers with their size's columns, in the order of the plan."""
    sizes = instance.sizes.assign(
        offer=instance.offers["offer"].to_numpy()[instance.sizes["offer"]]
    )
    chosen = plan.engagements[["offer", "size"]]
    terms = instance.offers.drop(columns=["capacity", "minimum_volume", "fixed_cost", "unit_cost"])
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
    own = list(instance.tables["offers"].columns)
    return frame[[*own, "size", "volume", "utilization", "cost"]]


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

    The arranger pays fixed and unit cost, less the price that jurisdictions outside its territory
    pay for their people; users pay fees (payer ``users``); providers put in their own funds (payer
    ``own funds``).
    """
    offers = chosen_offers(instance, plan).assign(
        arranger=_sized(instance, plan)["arranger"].to_numpy()
    )
    full = deliveries_in_full(instance, plan)
    paid_out = offers.assign(
        payer=offers["arranger"].where(offers["arranger"] != "", "unassigned"),
        amount=offers["fixed_cost"] + offers["unit_cost"] * offers["volume"],
    )
    fees = offers.assign(payer="users", amount=offers["user_fee"] * offers["volume"])
    gifts = offers.assign(payer="own funds", amount=offers["own_funds"] * offers["volume"])
    columns = ["payer", "provider", "service", "mode", "amount"]
    parts = [paid_out[columns], fees[columns], gifts[columns]]
    parts += _between_jurisdictions(instance, full, offers)
    rows = pd.concat(parts, ignore_index=True)
    total: pd.DataFrame = rows.groupby(columns[:-1], as_index=False)[["amount"]].sum()
    return total[total["amount"].abs() > 1e-9].reset_index(drop=True)


def _between_jurisdictions(
    instance: Instance, full: pd.DataFrame, offers: pd.DataFrame
) -> list[pd.DataFrame]:
    """Prices paid by a region's jurisdiction to an arranger whose territory it is not in."""
    price = full["offer"].map(offers.set_index("offer")["price"]).fillna(0.0)
    home = full["region"].map(instance.regions.set_index("region")["jurisdiction"])
    outside = np.array(
        [
            a != "" and h not in instance.territory[a]
            for a, h in zip(full["arranger"], home, strict=True)
        ],
        dtype=bool,
    )
    rows = full[outside & (price > 0).to_numpy()]
    amount = rows["units"] * price[rows.index]
    columns = ["provider", "service", "mode"]
    payer = home[rows.index].where(home[rows.index] != "", "unassigned")
    return [
        rows[columns].assign(payer=payer, amount=amount),
        rows[columns].assign(payer=rows["arranger"], amount=-amount),
    ]
