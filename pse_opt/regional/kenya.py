"""Kenya: health services of 47 counties or 333 sub-counties, from census and facility list.

The pipeline reads the census of 2019 (people by county, sub-county and age, land area) and the list
of public and not-for-profit health facilities, and derives the tables of ``ke-counties`` and
``ke-subcounties``. Every assumed number stands in :mod:`pse_opt.regional.kenya_assumptions` and
:mod:`pse_opt.regional.africa_assumptions`.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pse_opt.links import on_sphere
from pse_opt.regional.africa import assemble, drawn
from pse_opt.regional.africa_assumptions import ASSUMPTIONS as COMMON
from pse_opt.regional.africa_assumptions import LEVELS, LIST_SOURCES, SEED, SERVICES, VARIANTS
from pse_opt.regional.africa_offers import points_of, read_facilities, slug
from pse_opt.regional.kenya_assumptions import (
    ALIASES,
    ASSUMPTIONS,
    CHILD_SURVIVAL,
    LISTED_BIRTHS,
    PER_HEAD,
    SETTINGS,
    SOURCES,
    SPELLINGS,
    SPENDING_PER_HEAD,
    WEIGHTS,
)
from pse_opt.regional.kenya_seats import SEATS

__all__ = ["build", "facilities_of", "read_census"]

WORDS = {"counties": "47 counties", "subcounties": "333 sub-counties"}


def build(
    source: Path, level: str = "counties", variant: str = "central"
) -> tuple[dict[str, Any], dict[str, pd.DataFrame]]:
    """Build the instance ``ke-counties`` or ``ke-subcounties``.

    Parameters
    ----------
    source : Path
        Folder of the regional raw files, with ``kenya`` and ``africa_who_health_sites``.
    level : {"counties", "subcounties"}
        The regions; counties pay in both.
    variant : {"central", "low", "high"}
        Cost level of non-government providers relative to government.

    Returns
    -------
    about : dict
        Content of ``instance.toml``.
    tables : dict of DataFrame
        Tables of the instance; money in 2018 KSh, demand in the services' units per year.
    """
    for word, value, known in (("level", level, SETTINGS), ("variant", variant, VARIANTS)):
        if value not in known:
            raise ValueError(f"unknown {word} {value!r}: one of {', '.join(known)}")
    census = read_census(source)
    facilities = facilities_of(source, level, census)
    counties = census[census["sub"] == ""]
    regions = regions_of(counties if level == "counties" else census, facilities, counties, level)
    needs = needs_of(census.set_index("region").loc[regions["region"]], census)
    tables = assemble(
        facilities, regions, needs, counties, SETTINGS[level], SPENDING_PER_HEAD, variant
    )
    return about_of(level, variant), tables


def about_of(level: str, variant: str) -> dict[str, Any]:
    """Return the content of ``instance.toml``."""
    sources = [*LIST_SOURCES, *SOURCES]
    notes = [*ASSUMPTIONS["all"], *ASSUMPTIONS[level], *COMMON["all"], drawn(variant)]
    return {
        "schema": 1,
        "name": f"ke-{level}",
        "title": f"Kenya: primary, maternal and hospital care in {WORDS[level]}",
        "description": "Government, faith-based, NGO and community facilities of the list of "
        f"public health facilities deliver three health services to the {WORDS[level]} of Kenya; "
        "the 47 county governments arrange and pay.",
        "currency": "KES",
        "year": 2019,
        "seed": SEED,
        "sources": [{"title": t, "year": y, "licence": x} for t, y, x in sources],
        "assumptions": notes,
    }


def county_of(name: str) -> str:
    """Return the identifier of a county, however a source spells it."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name.replace(" County", "").strip())
    return slug(ALIASES.get(spaced, spaced))


def read_census(source: Path) -> pd.DataFrame:
    """Return counties (blank sub) and sub-counties with people, area and people by age.

    Columns region, sub, name, jurisdiction, population, area_km2 (of the county), and one column
    for each year of age, people; ages of persons who are neither male nor female are not given.
    """
    folder = source / "kenya"
    units = pd.read_csv(folder / "V1_T2.5.csv")
    units = units[units["AdminArea"].isin(["County", "SubCounty"])]
    county = units["County"].map(county_of)
    sub = units["SubCounty"].where(units["AdminArea"] == "SubCounty", "")
    land = pd.read_csv(folder / "V1_T2.4.csv").set_index("County")["LandArea(in Sq. Km)"]
    table = pd.DataFrame(
        {
            "region": county.where(sub == "", county + "-" + sub.map(slug)),
            "sub": sub,
            "name": units["SubCounty"],
            "jurisdiction": county,
            "population": units["Total"].astype(int),
            "area_km2": county.map(land.rename(county_of)),
        }
    )
    ages = read_ages(folder)
    return table.merge(ages, left_on="region", right_index=True, validate="one_to_one")


def read_ages(folder: Path) -> pd.DataFrame:
    """Return people by region (rows) and year of age (columns, 100 and more in one)."""
    raw = pd.read_csv(folder / "V3_T2.3.csv")
    raw = raw[raw["Age"].str.fullmatch(r"\d+|100\+")]
    county = raw["County"].str.title().map(county_of)
    sub = raw["SubCounty"].map(slug)
    region = county.where(raw["SubCounty"] == "ALL", county + "-" + sub).replace(SPELLINGS)
    age = raw["Age"].str.rstrip("+").astype(int)
    return raw.assign(region=region, age=age).pivot_table(
        index="region", columns="age", values="Total", aggfunc="sum", fill_value=0.0
    )


def facilities_of(source: Path, level: str, census: pd.DataFrame) -> pd.DataFrame:
    """Return the facilities, each in its county or in the sub-county of the nearest place."""
    counties = census[census["sub"] == ""].set_index("region")

    def region_of(name: str) -> str:
        found = county_of(name)
        return found if found in counties.index else ""

    facilities = read_facilities(source, "KEN", region_of, counties["area_km2"])
    if level == "counties":
        return facilities
    places = places_of(facilities, census[census["sub"] != ""])
    used = facilities[facilities["excluded"] == ""]
    for county, rows in used.groupby("admin"):
        near = places[places["jurisdiction"] == county]
        here = on_sphere(rows["longitude"].to_numpy(), rows["latitude"].to_numpy())
        there = on_sphere(near["longitude"].to_numpy(), near["latitude"].to_numpy())
        nearest = np.argmax(here @ there.T, axis=1)
        facilities.loc[rows.index, "region"] = near["region"].to_numpy()[nearest]
    return facilities


def places_of(facilities: pd.DataFrame, subs: pd.DataFrame) -> pd.DataFrame:
    """Return a point of each sub-county: the highest facility that bears its or its seat's name."""
    used = facilities[facilities["excluded"] == ""]
    rank = used["type"].map({level: n for n, level in enumerate(LEVELS.index)})
    used = used.assign(rank=rank).sort_values("rank", ascending=False, kind="stable")
    rows = []
    for row in subs.itertuples():
        county, sub = str(row.jurisdiction), str(row.sub)
        seat = SEATS.get(county, {}).get(sub, sub)
        local = used[used["admin"] == county]
        named = local["name"].str.contains(rf"\b{re.escape(seat)}\b", case=False)
        place = local[named].iloc[0]
        rows.append((row.region, county, place["longitude"], place["latitude"]))
    return pd.DataFrame(rows, columns=["region", "jurisdiction", "longitude", "latitude"])


def regions_of(
    census: pd.DataFrame, facilities: pd.DataFrame, counties: pd.DataFrame, level: str
) -> pd.DataFrame:
    """Return the regions with their points; areas are known of counties only."""
    table = census if level == "counties" else census[census["sub"] != ""]
    table = table[["region", "population", "name", "jurisdiction", "area_km2"]]
    table = table.merge(points_of(facilities), left_on="region", right_index=True)
    area = table["jurisdiction"].map(counties.set_index("region")["area_km2"])
    table = table.assign(admin_area=area).reset_index(drop=True)
    return table if level == "counties" else table.drop(columns="area_km2")


def needs_of(people: pd.DataFrame, census: pd.DataFrame) -> pd.DataFrame:
    """Return the demand of each region, units per year: people x weight by age x rate."""
    ages = [age for age in people.columns if isinstance(age, int)]
    nation = census[census["sub"] == ""]
    columns = {"maternal_care": people[range(5)].sum(axis=1) / 5.0 / CHILD_SURVIVAL * LISTED_BIRTHS}
    for service, steps in WEIGHTS.items():
        weights = [steps[max(a for a in steps if a <= int(age))] for age in ages]
        weighted = nation[ages].mul(weights, axis=1).to_numpy().sum()
        rate = PER_HEAD[service] * nation["population"].sum() / weighted
        columns[service] = people[ages].mul(weights, axis=1).sum(axis=1) * rate
    table = pd.DataFrame(columns)[list(SERVICES.index)].round().astype(int)
    table.index.name = "region"
    return table.reset_index().melt("region", var_name="service", value_name="demand")
