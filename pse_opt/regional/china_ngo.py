"""Chinese counties and districts: what NGOs and private contractors offer.

They are placed by the workforce of their field, richer and more urban units first. All that is
drawn comes from one recorded seed.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from pse_opt.regional.china_government import (
    BED_DAYS,
    HOME_OCCUPANCY,
    MINIMUM,
    PRIVATE_BEDS,
    PRIVATE_PLACES,
    PUBLIC_HOMES,
    SERVICES,
)
from pse_opt.regional.china_units import inhabited, significant

__all__ = ["SEED", "VARIANTS", "others"]

SEED = 2020
KM_PER_DEGREE = 111.2
# Fields of non-government providers: kind, workforce, mean number in a unit of average
# attraction, and per service: mode, capacity as share of the province's.
FIELDS = {
    "care": ("ngo", "health_workers", 0.0, {"elder_care": "contract", "health": "contract"}),
    "school": ("ngo", "education_workers", 1.2, {"education": "grant"}),
    "community": (
        "ngo",
        "administration_workers",
        1.2,
        {"public_safety": "volunteer", "environment": "contract"},
    ),
    "clinic": ("private", "health_workers", 0.6, {"health": "contract"}),
    "waste": ("private", "environment_workers", 0.6, {"environment": "franchise"}),
}
TITLES = {
    "care": "Care association",
    "school": "School foundation",
    "community": "Neighbourhood association",
    "clinic": "Private hospital",
    "waste": "Waste company",
}
MOST, INSTITUTIONS_PER_PROVIDER = 3, 4
NGO_FIXED, CONTRACT, SUPERVISION = 0.15, 0.02, 0.04  # shares of the cost: assumed
OVERHEAD = {"ngo": 10.0, "private": 5.0}  # 10,000 CNY a year: assumed
OWN_FUNDS = 0.08  # greatest share of the cost borne by donations: assumed
QUALITY = {"ngo": (0.65, 0.90), "private": (0.60, 0.85)}
RELIABILITY = {"ngo": (0.80, 0.95), "private": (0.85, 0.97)}
# Cost relative to government before contract and supervision cost: social, technical services.
VARIANTS = {
    "low": ((0.80, 1.00), (0.75, 0.95)),
    "central": ((0.85, 1.10), (0.80, 1.05)),
    "high": ((1.00, 1.25), (0.95, 1.20)),
}
TECHNICAL = ("environment",)
DRAWS = ["size", "cost", "quality", "reliability", "bearing", "distance", "own", "income"]


def attraction(units: pd.DataFrame, workers: str) -> pd.Series:
    """Return how much non-government activity a unit draws, 1 on average.

    Workers of the field x urban share x (revenue per head / province's) ** 0.5.
    """
    wealth = units["revenue"] / units["population"]
    wealth = wealth / (float(units["revenue"].sum()) / float(units["population"].sum()))
    raw = units[workers] * units["urban"] / units["population"] * wealth**0.5
    return raw / raw.mean()


def place(units: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Return one row per non-government provider, with its draws and its own place.

    Every unit, field and rank has its draws whether used or not, so that a change of one number
    of providers leaves the others as they are.
    """
    generator = np.random.default_rng(seed)
    pulls = {field: attraction(units, terms[1]) for field, terms in FIELDS.items()}
    rows = []
    for code, institutions in zip(units.index, units["institutions"], strict=True):
        for field, (kind, _, mean, _) in FIELDS.items():
            draws = generator.random((MOST, len(DRAWS)))
            pull = float(pulls[field][code])
            number = int(np.floor(mean * pull**0.5 + generator.random()))
            if field == "care":
                number = max(1, round(institutions / INSTITUTIONS_PER_PROVIDER))
            for rank in range(min(number, MOST)):
                head = {"region": code, "field": field, "kind": kind, "rank": rank + 1}
                rows.append(head | {"pull": pull} | dict(zip(DRAWS, draws[rank], strict=True)))
    return pd.DataFrame(rows)


def locate(placed: pd.DataFrame, units: pd.DataFrame) -> pd.DataFrame:
    """Return longitude and latitude: 0.2 to 0.5 disc radii from the seat, in a drawn direction."""
    home = units.loc[placed["region"]].reset_index(drop=True)
    radius = np.sqrt(inhabited(home["area_km2"]) / np.pi) * (0.2 + 0.3 * placed["distance"])
    angle = 2 * np.pi * placed["bearing"]
    north = radius * np.sin(angle) / KM_PER_DEGREE
    east = radius * np.cos(angle) / (KM_PER_DEGREE * np.cos(np.radians(home["latitude"])))
    return pd.DataFrame(
        {
            "longitude": (home["longitude"] + east).round(5),
            "latitude": (home["latitude"] + north).round(5),
        }
    )


def spread(placed: pd.DataFrame, units: pd.DataFrame, service: str, total: float) -> pd.Series:
    """Distribute a service's non-government capacity over the providers placed for it.

    Beds of social-work institutions stay in their unit; all else follows attraction. Within a unit
    providers share by a draw between 0.5 and 1.5.
    """
    weight = 0.5 + placed["size"]
    weight = weight / weight.groupby(placed["region"]).transform("sum")
    if service == "elder_care":
        beds = units["institution_beds"].loc[placed["region"]].to_numpy()
        weight = weight * HOME_OCCUPANCY * (1 - PUBLIC_HOMES)
        return weight.mul(beds).round()
    raw = weight * placed["pull"]
    return (total * raw / float(raw.sum())).round()


def totals(units: pd.DataFrame, demand: pd.DataFrame) -> dict[tuple[str, str], float]:
    """Return the province's non-government capacity (units a year) by field and service."""
    beds = float(units["beds"].sum()) * BED_DAYS * PRIVATE_BEDS
    return {
        ("care", "elder_care"): 0.0,  # by unit, see spread
        ("care", "health"): 0.6 * beds,
        ("clinic", "health"): 0.4 * beds,
        ("school", "education"): PRIVATE_PLACES * float(units["pupils"].sum()),
        ("community", "public_safety"): 0.15 * float(demand["public_safety"].sum()),
        ("community", "environment"): 0.05 * float(demand["environment"].sum()),
        ("waste", "environment"): 0.15 * float(demand["environment"].sum()),
    }


def others(
    units: pd.DataFrame, demand: pd.DataFrame, cost: pd.DataFrame, variant: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return non-government providers and their offers.

    The draws of a province come from the seed plus its code less Ningxia's.
    """
    placed = place(units, SEED + int(units.index[0][:2]) - 64)
    placed[["longitude", "latitude"]] = locate(placed, units)
    placed["provider"] = (
        placed["kind"] + "-" + placed["region"] + "-" + placed["field"] + "-"
    ) + placed["rank"].astype(str)
    parts = []
    for (field, service), total in totals(units, demand).items():
        mine = placed[placed["field"] == field].reset_index(drop=True)
        capacity = spread(mine, units, service, total)
        parts.append(offers_of(mine, service, capacity, cost[service], variant))
    offers = pd.concat(parts).sort_values("offer", ignore_index=True)
    offers = offers[offers["capacity"] > 0].reset_index(drop=True)
    placed = placed[placed["provider"].isin(offers["provider"])].reset_index(drop=True)
    income = (offers["capacity"] * offers["unit_cost"]).groupby(offers["provider"]).sum()
    return providers_of(placed, units, income), offers


def offers_of(
    mine: pd.DataFrame, service: str, capacity: pd.Series, cost: pd.Series, variant: str
) -> pd.DataFrame:
    """Return the offers of one field's providers for a service."""
    terms = SERVICES.loc[service]
    low, high = VARIANTS[variant][service in TECHNICAL]
    mode = FIELDS[mine["field"].iloc[0]][3][service]
    unit = cost.loc[mine["region"]].reset_index(drop=True) * (low + (high - low) * mine["cost"])
    own = OWN_FUNDS * mine["own"] * (mine["kind"] == "ngo")
    rank = mine["rank"].astype(str)
    return pd.DataFrame(
        {
            "offer": mine["region"] + f"-{service}-" + mine["field"] + rank,
            "provider": mine["provider"],
            "service": service,
            "mode": mode,
            "region": mine["region"],
            "arranger": mine["region"],
            "longitude": mine["longitude"],
            "latitude": mine["latitude"],
            "capacity": capacity,
            "minimum_volume": (MINIMUM * capacity).round(),
            "fixed_cost": significant(NGO_FIXED * unit * capacity),
            "unit_cost": significant(unit * (1 - NGO_FIXED - terms["users"] - own)),
            "price": significant(unit),
            "user_fee": significant(unit * terms["users"]),
            "own_funds": significant(unit * own),
            "contract_cost": significant(CONTRACT * unit * capacity),
            "supervision_cost": significant(SUPERVISION * unit),
        }
    )


def providers_of(placed: pd.DataFrame, units: pd.DataFrame, income: pd.Series) -> pd.DataFrame:
    """Return non-government providers; their income apart from public money is drawn."""
    names = units["name"].where(units["name"] != "", units["name_local"])
    title = names.loc[placed["region"]].to_numpy() + " " + placed["field"].map(TITLES)
    services = placed["field"].map({f: ";".join(v[3]) for f, v in FIELDS.items()})
    public = income.reindex(placed["provider"]).fillna(0.0).reset_index(drop=True)
    return pd.DataFrame(
        {
            "provider": placed["provider"],
            "kind": placed["kind"],
            "name": title + " " + placed["rank"].astype(str),
            "supervisor": placed["region"],
            "overhead_cost": placed["kind"].map(OVERHEAD),
            "quality": between(placed, "quality", QUALITY),
            "accredited_for": services,
            "independent_income": significant(public * (0.1 + 0.3 * placed["income"]), 4),
            "reliability": between(placed, "reliability", RELIABILITY),
        }
    )


def between(placed: pd.DataFrame, column: str, ranges: dict[str, tuple[float, float]]) -> pd.Series:
    """Return draws scaled to the range of each provider's kind, to two decimals."""
    low = placed["kind"].map({k: v[0] for k, v in ranges.items()})
    high = placed["kind"].map({k: v[1] for k, v in ranges.items()})
    return (low + (high - low) * placed[column]).round(2)
