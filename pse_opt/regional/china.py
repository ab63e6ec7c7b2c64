"""Chinese counties and districts: five services of one province, here Ningxia with 22 units.

The pipeline reads the raw tables (`china_sources`), derives needs, places providers
(`china_offers`) and returns the tables of the instance ``cn-ningxia``. Money is in 10,000 CNY a
year, the unit of the county yearbook. What is data, derived or assumed stands in ``ASSUMPTIONS``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from pse_opt.regional import china_offers as supply
from pse_opt.regional.china_sources import NAMES, SOURCES, read_province, read_units, significant

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

ASSUMPTIONS = [
    "Money is in 10,000 CNY a year, prices of 2020.",
    "Data: people by age, residence and minority, and workers by industry (a sample of about 10 %), "
    "of all county-level units, from the 2020 census.",
    "Data: area, pupils, hospital beds, social-work institutions and their beds, fiscal revenue and "
    "expenditure of counties and county-level cities, 2020.",
    "Data: a unit's point is that of its administrative code, the seat of government; the datum is "
    "not stated.",
    "Data: areas of urban districts are published ones of different years; with them the units of "
    "Ningxia add up to 64,971 km2 (published for the region: 66,400).",
    "Assumed: hospital beds of urban districts are their health workers times beds per health worker "
    "in the province's counties; this gives 42,185 beds for Ningxia (published: 41,005 in 2018).",
    "Assumed: pupils of urban districts are their school-age people times pupils per school-age "
    "person in the counties; school age is 6 to 14, and 60 % of those of 15 to 17.",
    "Assumed: social-work institutions and beds of urban districts are their people aged 65 and over "
    "times the counties' ratio.",
    "Assumed: fiscal revenue and expenditure of urban districts are their people times the median "
    "per head of the counties of the prefecture; they stand for district and city together.",
    "Derived: need for education is school-age people, one place each.",
    "Derived: need for hospital care is people x 0.177 admissions a head (Ningxia 2018) x 9 bed-days "
    "(assumed), with ages weighted 1.2 (0-4), 0.35 (5-14), 0.85 (15-64) and 3.0 (65 and over), "
    "scaled to that average (weights assumed).",
    "Assumed: need for elder care is 2.8 % of people aged 65-79 and 7 % of those of 80 and over.",
    "Assumed: need for public safety is 2.8 patrol hours a year for an urban person, 2.2 for a rural "
    "one, and 25 for a km2.",
    "Assumed: need for waste collection is 1.0 kg a day for an urban person, 0.6 for a rural one.",
    "Derived: government places are 92 % of pupils (8 % assumed private) x 1.08 in a wholly rural "
    "unit and 0.93 in a wholly urban one, where classes are oversized (assumed).",
    "Derived: government bed-days are 77.6 % of beds (private hospitals hold 28.6 % of hospital beds, "
    "and hospitals 78.4 % of beds, nationally in 2020) x 365 x 0.85 (assumed).",
    "Assumed: half of the beds of social-work institutions are government's, half NGOs'; 95 % can be "
    "occupied.",
    "Calibrated: government's capacity in public safety and environment is 90 % of the province's "
    "need, distributed by need x (workers per unit of need) ** 0.5; only the differences between "
    "units are data.",
    "Assumed: government can also run at 0.7 or 1.2 of today's capacity; fixed cost follows capacity "
    "** 0.8, and added capacity costs an annuity of 10 % of its yearly cost.",
    "Derived: the standard cost of a pupil place is 14.8 % (education in national general public "
    "expenditure, 2020) of the counties' expenditure over their pupils.",
    "Assumed: standard costs of 1,000 CNY a bed-day, 30,000 a bed-year, 70 a patrol hour, 250 a tonne.",
    "Derived: a unit's cost is the standard times (expenditure per head over the province's) ** 0.5, "
    "kept between 0.8 and 1.3; 35 % of it is fixed for government and 15 % for others (assumed).",
    "Users pay 28.4 % of hospital care (national health accounts 2019), and, assumed, 45 % of elder "
    "care, 15 % of waste collection, nothing for education and public safety.",
    "Assumed: number and capacity of non-government providers follow workers of the field x urban "
    "share x (revenue per head over the province's) ** 0.5; care associations follow institutions.",
    "Assumed: non-government capacity of the province is 8 % of pupil places, 22.4 % of beds (three "
    "fifths NGO), 15 % of the need for public safety, and 5 % (NGO) and 15 % (companies) of waste.",
    "Assumed: non-government providers stand 0.2 to 0.5 disc radii of the unit from its seat, in a "
    "drawn direction.",
    "Assumed: making a contract costs 2 % of its yearly value, supervision 4 % of unit cost, and "
    "registering and supervising a provider 100,000 CNY a year (NGO) or 50,000 (private).",
    "Assumed: NGOs bear up to 8 % of the cost from their own funds; quality, reliability and "
    "independent income are drawn.",
    "Assumed: a jurisdiction's budget is its expenditure x (14.8 % education + 7.8 % health + 6 % "
    "health insurance + 3 % other); prefectures and province hold 2 % and 4 % of their counties' for "
    "transfers.",
    "Today's plan: every unit is served by its own government, then by the institutions and "
    "non-government hospitals in it; no one crosses a boundary.",
]


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
    if variant not in supply.VARIANTS:
        raise ValueError(f"unknown variant {variant!r}: one of {', '.join(supply.VARIANTS)}")
    units = read_units(source, province)
    demand = demand_of(units)
    cost = supply.cost_of(units, EDUCATION_SHARE)
    public, direct = supply.government(units, demand, cost)
    independent, contracted = supply.others(units, demand, cost, variant)
    offers = pd.concat([direct, contracted], ignore_index=True)
    tables = {
        "regions": regions_of(units),
        "jurisdictions": jurisdictions_of(units, read_province(source, province)),
        "services": services_of(cost),
        "needs": needs_of(units, demand),
        "providers": pd.concat([public, independent], ignore_index=True),
        "offers": offers,
        "sizes": supply.sizes(direct),
        "baseline": supply.baseline(offers, demand),
    }
    return about_of(province, variant, len(units)), tables


def about_of(province: str, variant: str, number: int) -> dict[str, Any]:
    """Return the content of ``instance.toml``."""
    name = NAMES.get(province + "0000", province)
    (low, high), (low_technical, high_technical) = supply.VARIANTS[variant]
    drawn = (
        "Assumed: what a non-government provider's service costs relative to government's, before "
        f"contract and supervision, is drawn once per provider, uniform between {low:.2f} and "
        f"{high:.2f}, in waste collection {low_technical:.2f} and {high_technical:.2f} (variant "
        f"{variant}, seed {supply.SEED}); Petersen, Hjelmar and Vrangbaek (2018) find savings "
        "decreasing over time and greater in technical than in social services."
    )
    return {
        "schema": 1,
        "name": f"cn-{name.lower()}",
        "title": f"{name}: five public services in {number} counties and districts",
        "description": "County governments, NGOs and private contractors deliver education, hospital "
        f"care, elder care, public safety and waste collection to the {number} county-level units "
        f"of {name}, China, in 2020.",
        "currency": "10k CNY",
        "year": 2020,
        "seed": supply.SEED,
        "sources": SOURCES,
        "assumptions": [*ASSUMPTIONS, drawn],
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
        for service in demand
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
    counties = pd.DataFrame(
        {
            "jurisdiction": units.index,
            "parent": units.index.str[:4] + "00",
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
            "service": supply.SERVICES["service"],
            "unit": supply.SERVICES["unit"] + " per year",
            "name": supply.SERVICES["name"],
            "reach_km": supply.SERVICES["reach_km"],
            "access_cost_per_km": supply.SERVICES["per_km"],
            "travel_cap": supply.SERVICES["reach_km"],
            "core": (supply.SERVICES["service"] == "public_safety").map({True: "yes", False: "no"}),
            "last_resort_cost": significant(LAST_RESORT * mean, 4),
            "last_resort_quality": LAST_RESORT_QUALITY,
            "unmet_penalty": significant(UNMET * mean, 4),
        }
    ).reset_index(drop=True)
