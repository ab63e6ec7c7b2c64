"""Chinese counties and districts: what county governments offer, at what capacity and cost."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pse_opt.regional.china_units import shrunk, significant

__all__ = ["SERVICES", "buildable", "cost_of", "government", "sizes"]

# Unit cost in 10,000 CNY (0: from accounts); shares of it that are fixed in government, and paid by
# users; reach in km; users' cost per unit and km in 10,000 CNY.
SERVICES = pd.DataFrame(
    [
        ("education", "pupil places", "Education", 0.0, 0.35, 0.0, 60, 0.006),
        ("health", "bed-days", "Hospital care", 0.1, 0.35, 0.284, 65, 0.00015),
        ("elder_care", "bed-years", "Residential elder care", 3.0, 0.35, 0.45, 80, 0.0024),
        ("public_safety", "patrol hours", "Public safety", 0.007, 0.35, 0.0, 60, 0.00005),
        ("environment", "tonnes", "Waste collection", 0.025, 0.35, 0.15, 60, 0.00015),
    ],
    columns=["service", "unit", "name", "cost", "fixed", "users", "reach_km", "per_km"],
).set_index("service", drop=False)
PRIVATE_BEDS = 0.286 * 713.1 / 910.1  # share of all beds; health communique 2020
PRIVATE_PLACES = 0.08  # of pupil places in place: assumed
PUBLIC_HOMES = 0.5  # of beds in social-work institutions: assumed
BED_DAYS, HOME_OCCUPANCY = 365 * 0.85, 0.95  # usable per bed and year: assumed
PLACES_RURAL, PLACES_URBAN = 1.08, 0.93  # places per pupil: assumed, urban classes are oversized
CALIBRATED = 0.90  # of the province's need, met by government in safety and environment today
# Sizes of a government offer: capacity relative to today's; fixed cost grows with exponent 0.8,
# and more than today's capacity costs an annuity of 10 % of a year's cost of what is added.
SIZES = {"reduced": 0.7, "today": 1.0, "expanded": 1.2}
SCALE, ANNUITY, MINIMUM = 0.8, 0.10, 0.3
ENOUGH = {"province": 1.0, "unit": 0.85}  # capacity over need, below which more may be built


def cost_of(units: pd.DataFrame, education_share: float) -> pd.DataFrame:
    """Return government's cost per unit (10,000 CNY), by code and service.

    The province's standard times ``(expenditure per head / province's) ** 0.5``, kept between 0.8
    and 1.3. The standard of education is ``education_share`` of expenditure over pupils, where both
    are data.
    """
    data = units[~units["imputed"]]
    standard = SERVICES["cost"].copy()
    standard["education"] = (
        education_share * float(data["expenditure"].sum()) / float(data["pupils"].sum())
    )
    mean = float(units["expenditure"].sum()) / float(units["population"].sum())
    factor = (units["expenditure"] / units["population"] / mean) ** 0.5
    table = np.outer(factor.clip(0.8, 1.3), standard)
    return pd.DataFrame(table, index=units.index, columns=SERVICES.index)


def capacity_today(units: pd.DataFrame, demand: pd.DataFrame) -> pd.DataFrame:
    """Return government's capacity (units a year, one at least) by code and service."""
    urban = units["urban"] / units["population"]
    places = PLACES_RURAL + (PLACES_URBAN - PLACES_RURAL) * urban
    capacity = pd.DataFrame(
        {
            "education": units["pupils"] * (1 - PRIVATE_PLACES) * places,
            "health": units["beds"] * BED_DAYS * (1 - PRIVATE_BEDS),
            "elder_care": units["institution_beds"] * HOME_OCCUPANCY * PUBLIC_HOMES,
            "public_safety": shrunk(
                units["administration_workers"], demand["public_safety"], CALIBRATED
            ),
            "environment": shrunk(units["environment_workers"], demand["environment"], CALIBRATED),
        }
    )
    return capacity.round().clip(lower=1.0)


def government(
    units: pd.DataFrame, demand: pd.DataFrame, cost: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the county governments and their offers, at today's capacity."""
    rows = pd.DataFrame({"capacity": capacity_today(units, demand).stack()}).rename_axis(
        ["region", "service"]
    )
    rows["cost"] = cost.stack()
    rows = rows.reset_index()
    terms = SERVICES.loc[rows["service"]].reset_index(drop=True)
    value = rows["capacity"] * rows["cost"]
    offers = pd.DataFrame(
        {
            "offer": rows["region"] + "-" + rows["service"] + "-gov",
            "provider": "gov-" + rows["region"],
            "service": rows["service"],
            "mode": "direct",
            "region": rows["region"],
            "arranger": rows["region"],
            "capacity": rows["capacity"],
            "minimum_volume": (MINIMUM * rows["capacity"]).round(),
            "fixed_cost": significant(value * terms["fixed"]),
            "unit_cost": significant(rows["cost"] * (1 - terms["fixed"] - terms["users"])),
            "price": significant(rows["cost"]),
            "user_fee": significant(rows["cost"] * terms["users"]),
            "required": np.where(rows["service"] == "public_safety", "yes", ""),
        }
    )
    return county_governments(units), offers


def county_governments(units: pd.DataFrame) -> pd.DataFrame:
    """Return one provider per unit; government needs no registration."""
    names = units["name"].where(units["name"] != "", units["name_local"])
    return pd.DataFrame(
        {
            "provider": "gov-" + units.index,
            "kind": "government",
            "name": (names + " government").to_numpy(),
            "supervisor": "",
            "overhead_cost": 0.0,
            "quality": 0.75,
            "accredited_for": "",
            "reliability": 0.97,
        }
    )


def sizes(offers: pd.DataFrame, built: pd.Series) -> pd.DataFrame:
    """Return the sizes of government offers given at today's capacity.

    Parameters
    ----------
    offers : DataFrame
        Government offers.
    built : Series
        Capacity (units a year) that can be built, by offer, where it can.
    """
    parts = [
        size_of(offers, size, (offers["capacity"] * scale).round(), scale)
        for size, scale in SIZES.items()
    ]
    more = offers[offers["offer"].isin(built.index)]
    capacity = more["offer"].map(built).astype(float)
    parts.append(size_of(more, "built", capacity, capacity / more["capacity"]))
    return pd.concat(parts).sort_index(kind="stable").reset_index(drop=True)


def size_of(
    offers: pd.DataFrame, size: str, capacity: pd.Series, scale: float | pd.Series
) -> pd.DataFrame:
    """Return one size of each offer, at ``scale`` times today's capacity and its fixed cost."""
    more = np.maximum(scale - 1.0, 0.0)
    added = more * ANNUITY * offers["price"] * offers["capacity"]
    return pd.DataFrame(
        {
            "offer": offers["offer"],
            "size": size,
            "capacity": capacity,
            "minimum_volume": (MINIMUM * capacity).round(),
            "fixed_cost": significant(offers["fixed_cost"] * scale**SCALE + added),
            "unit_cost": offers["unit_cost"],
        }
    )


def buildable(
    direct: pd.DataFrame, offers: pd.DataFrame, links: pd.DataFrame, demand: pd.DataFrame
) -> pd.Series:
    """Return what governments may build (units a year) where supply falls short, by offer.

    Up to the unit's own need: in a service whose capacity in the province, government's expanded,
    is below the need; and where neither the unit's own capacity nor its share of all that is within
    reach is 0.85 of its need, each offer shared in proportion to the needs within its reach
    (two-step floating catchment area; Luo and Wang 2003, doi 10.1068/b29120).
    """
    need = pd.Series(demand.stack(), name="need").rename_axis(["region", "service"])
    expanded = np.where(offers["mode"] == "direct", SIZES["expanded"], 1.0)
    table = offers.assign(most=offers["capacity"] * expanded)
    total = table.groupby("service")["most"].sum() / demand.sum()
    pairs = links.merge(table[["offer", "service", "most"]], on="offer")
    pairs = pairs.merge(need.reset_index(), on=["region", "service"])
    pairs["share"] = pairs["most"] / pairs.groupby("offer")["need"].transform("sum")
    near = pairs.groupby(["region", "service"])["share"].sum()
    own = table.groupby(["region", "service"])["most"].sum() / need
    best = near.reindex(need.index).fillna(0.0).combine(own, np.fmax)
    keys = pd.MultiIndex.from_frame(direct[["region", "service"]])
    wanted = need.reindex(keys).to_numpy()
    short = direct["service"].map(total) < ENOUGH["province"]
    short |= best.reindex(keys).to_numpy() < ENOUGH["unit"]
    more = short & (wanted > (direct["capacity"] * SIZES["expanded"]).round())
    return pd.Series(wanted, index=direct["offer"])[more.to_numpy()]
