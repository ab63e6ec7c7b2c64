"""Chinese counties and districts: the tables of needs, regions, jurisdictions and services."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pse_opt.regional.china_government import SERVICES
from pse_opt.regional.china_sources import NAMES
from pse_opt.regional.china_units import significant

__all__ = [
    "EDUCATION_SHARE",
    "baseline",
    "crowned",
    "demand_of",
    "jurisdictions_of",
    "needs_of",
    "regions_of",
    "services_of",
    "weighted_people",
]

# Shares of general public expenditure, national, 2020 (Ministry of Finance).
EDUCATION_SHARE = 36337 / 245588
HEALTH_SHARE = 19201 / 245588
INSURANCE_SHARE = 0.06  # health insurance funds, relative to expenditure: assumed
OTHER_SHARE = 0.03  # elder care, public safety on patrol, waste: assumed
# Prefecture, province, nation: share of the counties' budgets, assumed.
PARENT_POOL = {4: 0.02, 2: 0.04, 0: 0.05}

# Admissions per head: Ningxia, 1,208,000 in 2018 over 6,817,900 residents at the end of 2017.
ADMISSIONS = 1208000 / 6817900
PEOPLE, WEIGHTED_PEOPLE = 7202654, 7293801.05  # of Ningxia, 2020: by head, and by AGE_WEIGHT
DAYS = 9.0  # bed-days per admission: assumed
AGE_WEIGHT = {"age_0_4": 1.2, "age_5_9": 0.35, "age_10_14": 0.35, "rest": 0.85, "people_65": 3.0}
BED_YEARS = {"age_65_79": 0.028, "age_80": 0.07}  # per person: assumed
HOURS_URBAN, HOURS_RURAL, HOURS_PER_KM2 = 2.8, 2.2, 25.0  # a year: assumed
PATROLLED = 0.1  # km2 a person at most: desert without people is not patrolled, assumed
TONNES_URBAN, TONNES_RURAL = 0.365, 0.219  # a year, 1.0 and 0.6 kg a day: assumed

NATION = "100000"  # the administrative code of the whole

REACH_ELSEWHERE = 50  # km: most provinces are denser than Ningxia
UNMET, LAST_RESORT, LAST_RESORT_QUALITY = 0.2, 1.6, 0.6
CONTRACTS_PER_WORKER = 0.01  # of the long-form sample of public administration: assumed


def demand_of(units: pd.DataFrame) -> pd.DataFrame:
    """Return the need, in whole units a year, by code and service."""
    rural = units["population"] - units["urban"]
    per_weight = ADMISSIONS * DAYS * PEOPLE / WEIGHTED_PEOPLE
    elder = units[list(BED_YEARS)].mul(pd.Series(BED_YEARS)).sum(axis=1)
    patrolled = units["area_km2"].clip(upper=PATROLLED * units["population"])
    patrol = HOURS_URBAN * units["urban"] + HOURS_RURAL * rural + HOURS_PER_KM2 * patrolled
    demand = pd.DataFrame(
        {
            "education": units["school_age"],
            "health": per_weight * weighted_people(units),
            "elder_care": elder,
            "public_safety": patrol,
            "environment": TONNES_URBAN * units["urban"] + TONNES_RURAL * rural,
        }
    )
    return demand.round()


def weighted_people(units: pd.DataFrame) -> pd.Series:
    """Return people by their need for hospital care: each age by its weight."""
    young = units[["age_0_4", "age_5_9", "age_10_14"]].sum(axis=1)
    rest = units["population"] - young - units["people_65"]
    ages = units.assign(rest=rest)[list(AGE_WEIGHT)]
    return ages.mul(pd.Series(AGE_WEIGHT)).sum(axis=1)


def needs_of(units: pd.DataFrame, demand: pd.DataFrame) -> pd.DataFrame:
    """Return the table needs; heads are the people concerned."""
    heads = {"education": units["school_age"].round(), "elder_care": units["people_65"]}
    parts = [
        pd.DataFrame(
            {
                "region": units.index,
                "service": service,
                "demand": demand[service].to_numpy(),
                "heads": heads.get(service, units["population"]).to_numpy(),
            }
        )
        for service in SERVICES.index
    ]
    table = pd.concat(parts)
    return table[table["demand"] > 0].reset_index(drop=True)


def regions_of(units: pd.DataFrame) -> pd.DataFrame:
    """Return the table regions; each is its own jurisdiction."""
    share = {
        "urban_share": units["urban"] / units["population"],
        "minority_share": units["minority_percent"] / 100,
        "share_65": units["people_65"] / units["population"],
    }
    table = units[["population", "name", "name_local", "longitude", "latitude", "area_km2"]]
    table = table.assign(**{k: v.round(4) for k, v in share.items()})
    table = table.assign(district=units["imputed"].astype(int), jurisdiction=units.index)
    return table.rename_axis("region").reset_index()


def jurisdictions_of(units: pd.DataFrame, above: pd.DataFrame) -> pd.DataFrame:
    """Return the table jurisdictions: province, prefectures, counties, with budgets."""
    share = EDUCATION_SHARE + HEALTH_SHARE + INSURANCE_SHARE + OTHER_SHARE
    budget = units["expenditure"] * share
    contracts = (CONTRACTS_PER_WORKER * units["administration_workers"]).round().clip(lower=2)
    prefecture, top_code = units.index.str[:4] + "00", units.index.str[:2] + "0000"
    counties = pd.DataFrame(
        {
            "jurisdiction": units.index,
            "parent": np.where(prefecture.isin(above.index), prefecture, top_code),
            "name": units["name"].where(units["name"] != "", units["name_local"]),
            "budget": significant(budget),
            "supervision_capacity": contracts,
        }
    )
    rows = []
    for code, row in above.iterrows():
        digits = 2 if str(code).endswith("0000") else 4
        own = budget[budget.index.str.startswith(str(code)[:digits])]
        parent = "" if digits == 2 else str(code)[:2] + "0000"
        name = NAMES.get(str(code), row["name_local"])
        rows.append((code, parent, name, float(own.sum()) * PARENT_POOL[digits]))
    top = pd.DataFrame(rows, columns=["jurisdiction", "parent", "name", "budget"])
    top["budget"] = significant(top["budget"])
    return pd.concat([top, counties], ignore_index=True)


def crowned(jurisdictions: pd.DataFrame) -> pd.DataFrame:
    """Put the nation, with a budget for transfers, above the provinces."""
    top = jurisdictions["parent"] == ""
    parents = set(jurisdictions["parent"])
    counties = jurisdictions.loc[~jurisdictions["jurisdiction"].isin(parents), "budget"]
    budget = significant(pd.Series([PARENT_POOL[0] * float(counties.sum())]))
    nation = pd.DataFrame({"jurisdiction": NATION, "parent": "", "name": "China", "budget": budget})
    below = jurisdictions.assign(parent=jurisdictions["parent"].mask(top, NATION))
    return pd.concat([nation, below], ignore_index=True)


def services_of(cost: pd.DataFrame, province: str) -> pd.DataFrame:
    """Return the table services; penalties are in proportion to the mean unit cost."""
    mean = cost.mean()
    reach = SERVICES["reach_km"] if province == "64" else REACH_ELSEWHERE
    return pd.DataFrame(
        {
            "service": SERVICES["service"],
            "unit": SERVICES["unit"] + " per year",
            "name": SERVICES["name"],
            "reach_km": reach,
            "access_cost_per_km": SERVICES["per_km"],
            "travel_cap": reach,
            "core": (SERVICES["service"] == "public_safety").map({True: "yes", False: "no"}),
            "last_resort_cost": significant(LAST_RESORT * mean, 4),
            "last_resort_quality": LAST_RESORT_QUALITY,
            "unmet_penalty": significant(UNMET * mean, 4),
        }
    ).reset_index(drop=True)


def baseline(offers: pd.DataFrame, demand: pd.DataFrame) -> pd.DataFrame:
    """Return today's plan: each unit served by its own government, then by existing providers.

    Existing are the institutions of elder care and the non-government hospitals. Shares are
    rounded down to six decimals, so that no capacity is exceeded.
    """
    existing = offers["mode"].eq("direct") | offers["service"].isin(["elder_care", "health"])
    order = offers[existing].assign(late=offers["mode"].ne("direct"))
    order = order.sort_values(["region", "service", "late", "offer"])
    need = demand.stack().loc[pd.MultiIndex.from_frame(order[["region", "service"]])].to_numpy()
    rows: list[tuple[str, str, str, float]] = []
    left: dict[tuple[str, str], float] = {}
    columns = [
        order[c].tolist() for c in ("offer", "region", "service", "capacity", "minimum_volume")
    ]
    for offer, region, service, capacity, least, amount in zip(*columns, need, strict=True):
        open_share = left.get((region, service), 1.0)
        share = float(np.floor(1e6 * min(open_share, capacity / amount)) / 1e6) if amount else 0.0
        if share > 0 and share * amount >= least:
            rows.append((offer, region, service, share))
            left[region, service] = round(open_share - share, 6)
    return pd.DataFrame(rows, columns=["offer", "region", "service", "share"])
