"""Chinese counties and districts: five services of one province, here Ningxia with 22 units.

The pipeline reads and completes the raw tables (``china_sources``), derives needs, asks what county
governments (``china_government``) and others (``china_ngo``) could deliver, and returns the tables
of the instance ``cn-ningxia``. Money is in 10,000 CNY a year, the unit of the county yearbook. What
is data, derived or assumed stands in ``china_notes``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pse_opt.regional.china_government import SERVICES, cost_of, government, sizes
from pse_opt.regional.china_ngo import SEED, VARIANTS, others
from pse_opt.regional.china_notes import ASSUMPTIONS, CHECKS, SOURCES
from pse_opt.regional.china_sources import NAMES, read_province, read_units, significant

__all__ = ["build"]

# Shares of general public expenditure, national, 2020 (Ministry of Finance).
EDUCATION_SHARE = 36337 / 245588
HEALTH_SHARE = 19201 / 245588
INSURANCE_SHARE = 0.06  # health insurance funds, relative to expenditure: assumed
OTHER_SHARE = 0.03  # elder care, public safety on patrol, waste: assumed
PARENT_POOL = {4: 0.02, 2: 0.04}  # prefecture, province: share of its counties' budgets, assumed

# Admissions per head: Ningxia, 1,208,000 in 2018 over 6,817,900 residents at the end of 2017.
ADMISSIONS = 1208000 / 6817900
DAYS = 9.0  # bed-days per admission: assumed
AGE_WEIGHT = {"age_0_4": 1.2, "age_5_9": 0.35, "age_10_14": 0.35, "rest": 0.85, "people_65": 3.0}
BED_YEARS = {"age_65_79": 0.028, "age_80": 0.07}  # per person: assumed
HOURS_URBAN, HOURS_RURAL, HOURS_PER_KM2 = 2.8, 2.2, 25.0  # a year: assumed
TONNES_URBAN, TONNES_RURAL = 0.365, 0.219  # a year, 1.0 and 0.6 kg a day: assumed

UNMET, LAST_RESORT, LAST_RESORT_QUALITY = 0.2, 1.6, 0.6
CONTRACTS_PER_WORKER = 0.01  # of the long-form sample of public administration: assumed


def build(
    source: Path, province: str = "64", variant: str = "central"
) -> tuple[dict[str, Any], dict[str, pd.DataFrame]]:
    """Build the instance of a province's counties and districts.

    Parameters
    ----------
    source : Path
        Folder with ``china_county_merged_en.csv``, ``china_census`` and ``china_adcodes``.
    province : str
        First two digits of the administrative code; areas and names in Pinyin of urban districts
        are known for Ningxia (64).
    variant : {"central", "low", "high"}
        Cost level of non-government providers relative to government.

    Returns
    -------
    about : dict
        Content of ``instance.toml``.
    tables : dict of DataFrame
        Tables of the instance; money in 10,000 CNY a year, demand in the services' units per year.
    """
    if variant not in VARIANTS:
        raise ValueError(f"unknown variant {variant!r}: one of {', '.join(VARIANTS)}")
    units = read_units(source, province)
    demand = demand_of(units)
    cost = cost_of(units, EDUCATION_SHARE)
    public, direct = government(units, demand, cost)
    independent, contracted = others(units, demand, cost, variant)
    offers = pd.concat([direct, contracted], ignore_index=True)
    tables = {
        "regions": regions_of(units),
        "jurisdictions": jurisdictions_of(units, read_province(source, province)),
        "services": services_of(cost),
        "needs": needs_of(units, demand),
        "providers": pd.concat([public, independent], ignore_index=True),
        "offers": offers.fillna({"required": ""}),
        "sizes": sizes(direct),
        "baseline": baseline(offers, demand),
    }
    return about_of(province, variant, len(units)), tables


def about_of(province: str, variant: str, number: int) -> dict[str, Any]:
    """Return the content of ``instance.toml``."""
    name = NAMES.get(province + "0000", province)
    (low, high), (low_technical, high_technical) = VARIANTS[variant]
    drawn = (
        "Assumed: what a non-government provider's service costs relative to government's, before "
        f"contract and supervision, is drawn once per provider, uniform between {low:.2f} and "
        f"{high:.2f}, in waste collection {low_technical:.2f} and {high_technical:.2f} (variant "
        f"{variant}, seed {SEED}); Petersen, Hjelmar and Vrangbaek (2018) find savings "
        "decreasing over time and greater in technical than in social services."
    )
    return {
        "schema": 1,
        "name": f"cn-{name.lower()}",
        "title": f"{name}: five public services in {number} counties and districts",
        "description": "County governments, NGOs and private contractors deliver education, "
        "hospital care, elder care, public safety and waste collection to the "
        f"{number} county-level units of {name}, China, in 2020.",
        "currency": "10k CNY",
        "year": 2020,
        "units": {"money": "10,000 CNY a year", "travel": "km"},
        "seed": SEED,
        "sources": SOURCES,
        "assumptions": [*ASSUMPTIONS, drawn, *CHECKS.get(province, [])],
    }


def demand_of(units: pd.DataFrame) -> pd.DataFrame:
    """Return the need, in whole units a year, by code and service."""
    rural = units["population"] - units["urban"]
    young = units[["age_0_4", "age_5_9", "age_10_14"]].sum(axis=1)
    rest = units["population"] - young - units["people_65"]
    ages = units.assign(rest=rest)[list(AGE_WEIGHT)]
    weighted = ages.mul(pd.Series(AGE_WEIGHT)).sum(axis=1)
    per_weight = ADMISSIONS * DAYS * float(units["population"].sum()) / float(weighted.sum())
    elder = units[list(BED_YEARS)].mul(pd.Series(BED_YEARS)).sum(axis=1)
    patrol = HOURS_URBAN * units["urban"] + HOURS_RURAL * rural + HOURS_PER_KM2 * units["area_km2"]
    demand = pd.DataFrame(
        {
            "education": units["school_age"],
            "health": per_weight * weighted,
            "elder_care": elder,
            "public_safety": patrol,
            "environment": TONNES_URBAN * units["urban"] + TONNES_RURAL * rural,
        }
    )
    return demand.round()


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
    return pd.concat(parts, ignore_index=True)


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


def services_of(cost: pd.DataFrame) -> pd.DataFrame:
    """Return the table services; penalties are in proportion to the mean unit cost."""
    mean = cost.mean()
    return pd.DataFrame(
        {
            "service": SERVICES["service"],
            "unit": SERVICES["unit"] + " per year",
            "name": SERVICES["name"],
            "reach_km": SERVICES["reach_km"],
            "access_cost_per_km": SERVICES["per_km"],
            "travel_cap": SERVICES["reach_km"],
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
        share = float(np.floor(1e6 * min(open_share, capacity / amount)) / 1e6)
        if share > 0 and share * amount >= least:
            rows.append((offer, region, service, share))
            left[region, service] = round(open_share - share, 6)
    return pd.DataFrame(rows, columns=["offer", "region", "service", "share"])
