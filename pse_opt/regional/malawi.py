"""Malawi: health services of 28 districts, from the facility registry, census and costing files.

The pipeline reads raw tables (``malawi_sources``: facilities, census by age, spending), asks what
facilities could deliver at which cost (``malawi_offers``: operating cost, salaries), and derives
the tables of the instance ``mw-districts``. Every assumed number stands in a table of
:mod:`pse_opt.regional.malawi_assumptions`, and its ``ASSUMPTIONS`` say in one sentence each what is
data, what derived and what assumed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pse_opt.regional.malawi_assumptions import (
    AREAS,
    ASSUMPTIONS,
    CARE_MEDICINES,
    CARE_RUNNING,
    CENTRE,
    CHILD_SURVIVAL,
    CITIES,
    LINES,
    OWNERS,
    SEED,
    SERVICES,
    SOURCES,
    VARIANTS,
    WEIGHTS,
)
from pse_opt.regional.malawi_offers import cost_lines, distances, offers_of, within_reach
from pse_opt.regional.malawi_sources import (
    inflation,
    read_census,
    read_facilities,
    read_spending,
    slug,
)

__all__ = ["build", "read_facilities"]


def build(source: Path, variant: str = "central") -> tuple[dict[str, Any], dict[str, pd.DataFrame]]:
    """Build the instance ``mw-districts``.

    Parameters
    ----------
    source : Path
        Folder of the raw files.
    variant : {"central", "low", "high"}
        Cost level of non-government providers relative to government.

    Returns
    -------
    about : dict
        Content of ``instance.toml``.
    tables : dict of DataFrame
        Tables of the instance; money in 2023 USD, demand in the services' units per year.
    """
    if variant not in VARIANTS:
        raise ValueError(f"unknown variant {variant!r}: one of {', '.join(VARIANTS)}")
    spending, census, facilities = (
        read_spending(source),
        read_census(source),
        read_facilities(source),
    )
    needs = needs_of(census)
    lines = cost_lines(source, spending, needs)
    regions = regions_of(census, facilities, source)
    offers = within_reach(offers_of(facilities, lines, variant), regions)
    tables = {
        "regions": regions,
        "jurisdictions": jurisdictions_of(regions, offers, spending),
        "services": services_of(lines),
        "needs": needs,
        "providers": providers_of(offers, source),
        "offers": offers,
        "baseline": baseline_of(offers, needs, regions),
    }
    return about_of(variant), tables


def about_of(variant: str) -> dict[str, Any]:
    """Return the content of ``instance.toml``."""
    low, high = VARIANTS[variant]
    drawn = (
        "Assumed: what a non-government offer costs relative to government's is drawn once per "
        f"offer, uniform between {low:.2f} and {high:.2f} (variant {variant}, seed {SEED})."
    )
    return {
        "schema": 1,
        "name": "mw-districts",
        "title": "Malawi: primary, maternal and hospital care in 28 districts",
        "description": "Government, CHAM, other NGOs and private facilities of the Master Health "
        "Facility Registry deliver three health services to the 28 districts of Malawi.",
        "currency": "USD",
        "year": 2018,
        "seed": SEED,
        "sources": SOURCES,
        "assumptions": [*ASSUMPTIONS, drawn],
    }


def regions_of(census: pd.DataFrame, facilities: pd.DataFrame, source: Path) -> pd.DataFrame:
    """Return the districts; their point is the mean of public facilities by consulting staff."""
    share = pd.read_csv(source / "TLO_urban_rural_by_district.csv").set_index("district")
    urban = 1.0 - share["prop_rural"]
    raw = pd.read_csv(source / "TLO_ResourceFile_PopulationSize_2018Census.csv")
    people = raw.groupby("District")["Count"].sum()
    dwellers = (
        (people * urban[people.index]).groupby(people.index.to_series().replace(CITIES)).sum()
    )
    staff = LINES[LINES["service"] == "primary_care"].set_index("type")["work"]
    local = facilities[(facilities["excluded"] == "") & (facilities["owner"] != "private")]
    local = local[local["type"] != "Mobile Clinic"]
    place = local[["longitude", "latitude"]].mul(local["type"].map(staff), axis=0)
    place = place.assign(staff=local["type"].map(staff)).groupby(local["district"]).sum()
    total = census.sum(axis=1).round()
    table = pd.DataFrame(
        {
            "region": [slug(d) for d in census.index],
            "population": total.astype(int),
            "name": census.index,
            "jurisdiction": [slug(d) for d in census.index],
            "longitude": (place["longitude"] / place["staff"]).round(5),
            "latitude": (place["latitude"] / place["staff"]).round(5),
            "area_km2": pd.Series(AREAS),
            "urban_share": (dwellers / total).round(4),
        },
        index=census.index,
    )
    return table.reset_index(drop=True)


def needs_of(census: pd.DataFrame) -> pd.DataFrame:
    """Return the demand of each district, units per year: people x weight by age x rate."""
    columns = {"maternal_care": census[0] / 5.0 / CHILD_SURVIVAL}
    for service, steps in WEIGHTS.items():
        weights = [steps[max(a for a in steps if a <= int(age))] for age in census.columns]
        weighted = census.mul(weights, axis=1).sum(axis=1)
        rate = SERVICES.loc[service, "per_head"] * census.to_numpy().sum() / weighted.sum()
        columns[service] = weighted * rate
    table = pd.DataFrame(columns)[list(SERVICES.index)].round().astype(int)
    table.index = pd.Index([slug(d) for d in table.index], name="region")
    return table.reset_index().melt("region", var_name="service", value_name="demand")


def services_of(lines: pd.DataFrame) -> pd.DataFrame:
    """Return the services; last resort and penalty are multiples of government's average cost."""
    average = lines["fixed"] / lines["capacity"] + lines["medicines"]
    usual = average.groupby(lines["service"]).median()
    table = SERVICES[["service", "unit", "name", "reach_km", "access_cost_per_km"]].copy()
    table["travel_cap"] = table["reach_km"]
    table["core"] = "no"
    table["last_resort_cost"] = (2.0 * usual).round(2)
    table["last_resort_quality"] = 0.5
    table["last_resort_travel"] = table["reach_km"] / 2
    return table.reset_index(drop=True)


def jurisdictions_of(
    regions: pd.DataFrame, offers: pd.DataFrame, spending: pd.Series
) -> pd.DataFrame:
    """Return the centre and the districts with their budgets, USD per year."""
    central = offers[offers["arranger"] == CENTRE]
    hospitals = float((central["fixed_cost"] + central["unit_cost"] * central["capacity"]).sum())
    pool = float(spending[CARE_MEDICINES + CARE_RUNNING].sum()) - hospitals
    share = regions["population"] / regions["population"].sum()
    centre = {"jurisdiction": CENTRE, "parent": "", "name": "Ministry of Health"}
    districts = pd.DataFrame(
        {
            "jurisdiction": regions["region"],
            "parent": CENTRE,
            "name": regions["name"],
            "budget": (pool * share).round(-3).astype(int),
        }
    )
    top = pd.DataFrame([{**centre, "budget": round(hospitals, -3)}]).astype({"budget": int})
    return pd.concat([top, districts], ignore_index=True)


def providers_of(offers: pd.DataFrame, source: Path) -> pd.DataFrame:
    """Return one provider per owner and district, the Ministry of Health and GAIA."""
    salaries = pd.read_csv(source / "TLO_ResourceFile_Costing_HR.csv")
    mentor = salaries["Parameter_name"] == "annual_mentorship_and_supervision_cost"
    chosen = mentor & (salaries["OfficerType"] == "Clinical") & (salaries["Facility_Level"] == "1a")
    officer = float(salaries.loc[chosen, "Value"].iloc[0]) * inflation(source, 2021)
    table = offers.drop_duplicates("provider").sort_values("provider")
    owner = table["provider"].str.split("-").str[0].replace({"gaia": "ngo"})
    rows = OWNERS.loc[list(owner)].reset_index(drop=True)
    named = dict(zip([slug(d) for d in AREAS], AREAS, strict=True))
    names = [str(n).format(named[r]) for n, r in zip(rows["name"], table["region"], strict=True)]
    providers = pd.DataFrame(
        {
            "provider": table["provider"].to_numpy(),
            "kind": rows["kind"],
            "name": names,
            "supervisor": table["arranger"].to_numpy(),
            "overhead_cost": np.where(rows["kind"] == "government", 0, round(officer)),
            "quality": rows["quality"],
            "reliability": rows["reliability"],
        }
    )
    ministry, gaia = providers["provider"] == "gov-" + CENTRE, providers["provider"] == "gaia"
    providers.loc[ministry, "name"] = "Ministry of Health (central hospitals)"
    providers.loc[gaia, ["name", "supervisor"]] = ["GAIA mobile clinics", CENTRE]
    return providers


def baseline_of(offers: pd.DataFrame, needs: pd.DataFrame, regions: pd.DataFrame) -> pd.DataFrame:
    """Return today's plan: government and CHAM serve their own district, by capacity."""
    reach = offers["service"].map(SERVICES["reach_km"])
    away = distances(offers, regions)
    own = pd.Series([away.at[i, r] for i, r in offers["region"].items()], index=offers.index)
    today = offers[offers["provider"].str.match("gov-|cham-") & (own <= reach)]
    table = today[["offer", "region", "service", "capacity"]].merge(needs, on=["region", "service"])
    total = table.groupby(["region", "service"])["capacity"].transform("sum")
    share: pd.Series[float] = table["capacity"] / np.maximum(total, table["demand"])
    # Rounded down, so that no capacity and no need is exceeded.
    table["share"] = np.floor(share * 1e6) / 1e6
    return table[["offer", "region", "service", "share"]]
