"""What a plan says in tables: offers engaged, deliveries with who pays, payments."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from pse_opt.eligibility import unqualified
from pse_opt.instance import Instance
from pse_opt.tables import LAST_RESORT, SIZED, TRANSFER

if TYPE_CHECKING:
    from pse_opt.plan import Plan
    from pse_opt.policy import Policy

__all__ = ["PURCHASE", "chosen_offers", "deliveries_in_full", "payments"]

USERS, OWN_FUNDS, UNASSIGNED = "users", "own funds", "unassigned"
"""Payers that are no jurisdiction."""
ADMINISTRATION = "administration"
"""Who receives the cost of contracts, supervision and overhead."""
COMPUTED = ["size", "volume", "volunteer_units", "utilization", "cost"]
"""Columns of the plan that are not of the table offers."""
PURCHASE = ["payer", "provider", "offer", "region", "service", "mode", "item"]
NUMBERS = ["units", "unit_price", "amount"]
PURCHASE += NUMBERS
"""Columns of payments."""
SMALLEST = 1e-9
"""Amounts of money below this are rounding errors."""


def _sized(instance: Instance, plan: Plan) -> pd.DataFrame:
    """Engaged offers with their size's columns, in the order of the plan."""
    sizes = instance.sizes.assign(
        offer=instance.offers["offer"].to_numpy()[instance.sizes["offer"]]
    )
    chosen = plan.engagements[["offer", "size"]]
    terms = instance.offers.drop(columns=["size", *SIZED], errors="ignore")
    return chosen.merge(terms, on="offer").merge(sizes, on=["offer", "size"])


def chosen_offers(instance: Instance, plan: Plan) -> pd.DataFrame:
    """Return the chosen rows of the table offers, with what the plan makes of them.

    Columns: those of the table (capacity and costs of the size engaged), then size, volume
    (units/year), volunteer_units (what volunteers deliver of it), utilization (paid volume /
    capacity) and cost (public money per year: fixed, yearly part of an investment, contract, and
    unit and supervision cost of the paid volume).
    """
    frame = _with_volumes(instance, plan)
    frame["utilization"] = frame["paid"] / frame["capacity"].where(frame["capacity"] > 0)
    frame["cost"] = (
        _yearly(frame)
        + frame["contract_cost"]
        + (frame["unit_cost"] + frame["supervision_cost"]) * frame["paid"]
    )
    own = [c for c in instance.tables["offers"].columns if c not in COMPUTED]
    return frame[[*own, *COMPUTED]]


def _with_volumes(instance: Instance, plan: Plan) -> pd.DataFrame:
    """Engaged offers with volume, volunteer_units and paid (what is left), in units per year."""
    frame = _sized(instance, plan)
    volume = _units(instance, plan).groupby(plan.deliveries["offer"].to_numpy()).sum()
    frame["volume"] = frame["offer"].map(volume).astype(float).fillna(0.0)
    helped = plan.volunteers.groupby("offer")["units"].sum()
    frame["volunteer_units"] = frame["offer"].map(helped).astype(float).fillna(0.0)
    frame["paid"] = frame["volume"] - frame["volunteer_units"]
    return frame


def _yearly(frame: pd.DataFrame) -> pd.Series:
    """Fixed cost of engaged offers with the yearly part of their investment."""
    return frame["fixed_cost"] + frame["investment"] / frame["investment_years"]


def _units(instance: Instance, plan: Plan) -> pd.Series:
    keys = ["region", "group", "service"]
    demand = plan.deliveries.merge(instance.needs[[*keys, "demand"]], on=keys, how="left")["demand"]
    return pd.Series(plan.deliveries["share"].to_numpy() * demand.to_numpy())


def deliveries_in_full(instance: Instance, plan: Plan) -> pd.DataFrame:
    """Return every delivery with its provider, arrangement, units, costs by payer, and travel.

    Columns: offer, size, provider, kind, mode, arranger, region, group, service, share, units,
    public_cost (unit and supervision cost), user_cost (fees and access), own_cost (money/year),
    travel (km). Last resort has the reserved offer ``last_resort``. What volunteers deliver of an
    offer is spread evenly over its deliveries; it costs users their access alone.
    """
    frame = plan.deliveries.reset_index(drop=True).assign(units=_units(instance, plan))
    columns = ["offer", "size", "provider", "kind", "mode", "arranger", "unit_cost", "user_fee"]
    terms = _with_volumes(instance, plan)
    terms["part"] = (terms["paid"] / terms["volume"].where(terms["volume"] > 0)).fillna(1.0)
    terms = terms[[*columns, "own_funds", "supervision_cost", "part"]]
    frame = frame.merge(terms, on="offer", how="left")
    links = pd.DataFrame(list(instance.link_keys), columns=["offer", "region", "group"])
    links = links.assign(
        travel=instance.links["travel"].to_numpy(), access=instance.links["access_cost"].to_numpy()
    )
    frame = frame.merge(links, on=["offer", "region", "group"], how="left")
    rescue = frame["offer"] == LAST_RESORT
    services = instance.services.set_index("service")
    at = services.loc[frame["service"]].reset_index(drop=True)
    unit = (frame["unit_cost"] + frame["supervision_cost"]).where(~rescue, at["last_resort_cost"])
    paid = frame["units"] * frame["part"].where(~rescue, 1.0)
    frame["public_cost"] = paid * unit
    frame["user_cost"] = paid * frame["user_fee"] + frame["units"] * frame["access"]
    frame["user_cost"] = frame["user_cost"].where(~rescue, 0.0)
    frame["own_cost"] = (paid * frame["own_funds"]).where(~rescue, 0.0)
    frame["travel"] = frame["travel"].where(~rescue, at["last_resort_travel"])
    text = ["size", "provider", "kind", "mode", "arranger"]
    frame[text] = frame[text].astype(object).fillna("")
    frame.loc[rescue, "kind"] = "government"
    order = ["offer", *text, "region", "group", "service", "share", "units"]
    return frame[[*order, "public_cost", "user_cost", "own_cost", "travel"]]


def payments(instance: Instance, plan: Plan, policy: Policy | None = None) -> pd.DataFrame:
    """Return the purchases of a plan: who pays whom for what, where, and at which price.

    Columns: payer, provider, offer, region, service, mode, item, units (units/year), unit_price
    (money/unit) and amount (money/year). Units and price are blank for what is paid whatever the
    volume; otherwise their product is the amount. A payer is a jurisdiction, ``users`` (fees),
    ``own funds`` (of the provider), or ``unassigned`` where no jurisdiction is named.

    Items: the arranger pays the provider ``fixed`` (with the yearly part of an investment) and
    ``units``, and gets the ``price`` that jurisdictions outside its territory pay for their people;
    ``contract``, ``supervision``, ``overhead`` and ``qualification`` under the policy are paid to
    ``administration``, ``last resort`` to ``last_resort``. So the rows of a jurisdiction add up to
    what it spends, and all public rows to the public cost; only transfers between jurisdictions, of
    mode and item ``transfer``, come on top. The region is the place of the offer, for prices and
    last resort the region served.
    """
    offers = _with_volumes(instance, plan)
    public = offers.assign(payer=offers["arranger"])
    desk = public.assign(provider=ADMINISTRATION)
    parts = [
        public.assign(item="fixed", amount=_yearly(offers)),
        _by_unit(public, "units", "unit_cost"),
        desk.assign(item="contract", amount=offers["contract_cost"]),
        _by_unit(desk, "supervision", "supervision_cost"),
        _by_unit(offers.assign(payer=USERS), "fee", "user_fee"),
        _by_unit(offers.assign(payer=OWN_FUNDS), "own funds", "own_funds"),
        _overheads(instance, offers),
        *_qualified(instance, offers, policy),
        _transfers(plan),
        _last_resort(instance, plan),
        *_between_jurisdictions(instance, plan, offers),
    ]
    rows = pd.concat([part.reindex(columns=PURCHASE) for part in parts if len(part)] or [_none()])
    rows["payer"] = rows["payer"].where(rows["payer"] != "", UNASSIGNED)
    rows[["offer", "region"]] = rows[["offer", "region"]].astype(object).fillna("")
    keys = [c for c in PURCHASE if c not in ("units", "amount")]
    grouped = rows.groupby(keys, dropna=False, sort=True)[["units", "amount"]]
    total: pd.DataFrame = grouped.sum(min_count=1).reset_index()[PURCHASE]
    return total[total["amount"].abs() > SMALLEST].reset_index(drop=True)


def _none() -> pd.DataFrame:
    return pd.DataFrame({c: pd.Series(dtype=float if c in NUMBERS else object) for c in PURCHASE})


def _by_unit(frame: pd.DataFrame, item: str, price: str) -> pd.DataFrame:
    """Rows of what is paid for each unit that is not delivered by volunteers."""
    amount = frame["paid"] * frame[price]
    return frame.assign(item=item, units=frame["paid"], unit_price=frame[price], amount=amount)


def _overheads(instance: Instance, offers: pd.DataFrame) -> pd.DataFrame:
    """What the supervisor of every engaged provider pays for it, whatever its services."""
    providers = instance.providers[instance.providers["provider"].isin(offers["provider"])]
    return pd.DataFrame(
        {
            "payer": providers["supervisor"],
            "provider": ADMINISTRATION,
            "service": "",
            "mode": "",
            "item": "overhead",
            "amount": providers["overhead_cost"],
        }
    )


def _qualified(
    instance: Instance, offers: pd.DataFrame, policy: Policy | None
) -> list[pd.DataFrame]:
    """What supervisors pay to bring engaged providers up to the thresholds of the policy."""
    section = None if policy is None else policy.sections.get("qualification")
    below = instance.offers["offer"][unqualified(instance, section)]
    engaged = offers.loc[offers["offer"].isin(below), "provider"]
    providers = instance.providers[instance.providers["provider"].isin(engaged)]
    rows = {"payer": providers["supervisor"], "provider": ADMINISTRATION, "service": "", "mode": ""}
    amount = providers["qualification_cost"].fillna(0.0)
    return [pd.DataFrame(rows).assign(item="qualification", amount=amount)]


def _transfers(plan: Plan) -> pd.DataFrame:
    """Money between jurisdictions for no service."""
    names = {"giver": "payer", "receiver": "provider"}
    return plan.transfers.rename(columns=names).assign(service="", mode=TRANSFER, item=TRANSFER)


def _last_resort(instance: Instance, plan: Plan) -> pd.DataFrame:
    """What each region's jurisdiction pays for provision outside the offers."""
    rows = plan.deliveries[plan.deliveries["offer"] == LAST_RESORT]
    cost = instance.services.set_index("service")["last_resort_cost"].fillna(0.0)
    units = _units(instance, plan)[rows.index]
    price = rows["service"].map(cost).astype(float)  # without rows it would be text
    return pd.DataFrame(
        {
            "payer": rows["region"].map(_jurisdictions(instance)),
            "provider": LAST_RESORT,
            "region": rows["region"],
            "service": rows["service"],
            "mode": "",
            "item": "last resort",
            "units": units,
            "unit_price": price,
            "amount": units * price,
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
    frame = frame.assign(item="price", unit_price=frame["price"], payer=home)[outside]
    frame["amount"] = frame["units"] * frame["price"]
    less = {"payer": frame["arranger"], "units": -frame["units"], "amount": -frame["amount"]}
    return [frame, frame.assign(**less)]


def _jurisdictions(instance: Instance) -> pd.Series[str]:
    regions = instance.regions
    return pd.Series(regions["jurisdiction"].to_numpy(), index=regions["region"].to_numpy())
