"""Georgia (US): primary and elder care of rural and urban people in 159 counties.

People, poverty, age, residence and race are of the 1990 census; supply and cost are assumed on
their ground. Every assumed number stands in :mod:`pse_opt.regional.georgia_assumptions`, and its
``ASSUMPTIONS`` say in one sentence each what is data, what derived and what assumed.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pse_opt.errors import nearest
from pse_opt.regional import georgia_assumptions as given

__all__ = ["build", "read_counties"]


def build(
    source: Path, variant: str = "central", *, groups: str = "residence"
) -> tuple[dict[str, Any], dict[str, pd.DataFrame]]:
    """Build the instance ``us-georgia``.

    Parameters
    ----------
    source : Path
        Folder that holds ``usa_georgia159`` and ``usa_counties``.
    variant : {"central", "low", "high"}
        Cost level of non-government providers relative to government.
    groups : {"residence", "race"}
        Whether a county's people are divided into rural and urban ones, or Black and others.

    Returns
    -------
    about : dict
        Content of ``instance.toml``.
    tables : dict of DataFrame
        Tables of the instance; money in 1990 USD, demand in the services' units per year.
    """
    for word, value, known in (
        ("variant", variant, given.VARIANTS),
        ("groups", groups, given.GROUPS),
    ):
        if value not in known:
            raise ValueError(f"unknown {word} {value!r}: {nearest(value, known)}")
    counties = read_counties(source)
    needs = needs_of(counties, groups)
    demand = needs.pivot_table(index="region", columns="service", values="demand", aggfunc="sum")
    cost = costs_of(counties, demand)
    offers = offers_of(counties, demand, cost, variant)
    tables = {
        "regions": regions_of(counties),
        "jurisdictions": jurisdictions_of(counties, demand, cost),
        "services": services_of(demand, cost),
        "needs": needs,
        "providers": providers_of(offers, counties),
        "offers": offers.drop(columns=["kind", "title"]),
        "baseline": baseline_of(offers, needs),
    }
    return given.about_of(variant, groups), tables


def read_counties(source: Path) -> pd.DataFrame:
    """Return the counties, indexed by their census code.

    Columns name, population, longitude, latitude, area_km2, and shares (0 to 1) rural, poor, old
    (65 and over), black, foreign, graduates.
    """
    table = pd.read_csv(source / given.COUNTIES, dtype={"AreaKey": str}).sort_values("AreaKey")
    table = table.set_index(table["AreaKey"].rename("region"))
    shapes = json.loads((source / given.SHAPES).read_text(encoding="utf-8"))["features"]
    known = {f["properties"]["GEOID"]: f["properties"] for f in shapes}
    shares = {"rural": "PctRural", "poor": "PctPov", "old": "PctEld", "black": "PctBlack"}
    shares |= {"foreign": "PctFB", "graduates": "PctBach"}
    return pd.DataFrame(
        {
            "name": [known[code]["NAME"] for code in table.index],
            "population": table["TotPop90"].astype(int),
            "longitude": table["Longitud"],
            "latitude": table["Latitude"],
            "area_km2": [round(known[code]["ALAND"] / 1e6, 1) for code in table.index],
            **{name: (table[column] / 100).round(6) for name, column in shares.items()},
        },
        index=table.index,
    )


def regions_of(counties: pd.DataFrame) -> pd.DataFrame:
    """Return the counties as regions, their shares as attributes."""
    shares = ["rural", "poor", "old", "black", "foreign", "graduates"]
    table = counties.rename(columns={s: f"{s}_share" for s in shares}).reset_index()
    table.insert(3, "jurisdiction", table["region"])
    return table


def needs_of(counties: pd.DataFrame, groups: str) -> pd.DataFrame:
    """Return the demand (units per year) of the groups of each county, and their heads."""
    share, names, poorer, older = given.GROUPS[groups]
    people = counties["population"]
    first = (people * counties[share]).round().astype(int)
    part = first / people
    parts = []
    for name, heads, here in ((names[0], first, part), (names[1], people - first, 1 - part)):
        poor = counties["poor"] * people * weighted(here, part, poorer, name == names[0])
        old = counties["old"] * people * weighted(here, part, older, name == names[0])
        poverty = poor / heads.where(heads > 0, 1)
        demand = {
            "primary_care": given.VISITS * poor,
            "elder_care": given.HELPED * given.HOURS * old * (1 + poverty),
        }
        for service, units in demand.items():
            cell = {"service": service, "demand": units.round().astype(int), "group": name}
            parts.append(pd.DataFrame({**cell, "heads": heads}, index=counties.index))
    table = pd.concat(parts).reset_index()
    table = table[(table["heads"] > 0) & (table["demand"] > 0)]
    return table.sort_values(["region", "service", "group"], ignore_index=True)


def weighted(here: pd.Series, part: pd.Series, ratio: float, first: bool) -> pd.Series:
    """Return a group's share of a county's poor (or old) people.

    Parameters
    ----------
    here, part : Series
        Share of this group, and of the first group, in the people of each county.
    ratio : float
        How many times as often members of the first group are poor (or old).
    first : bool
        This is the first group.
    """
    return here * (ratio if first else 1.0) / (1 - part + ratio * part)


def costs_of(counties: pd.DataFrame, demand: pd.DataFrame) -> pd.DataFrame:
    """Return government's average cost in USD per unit: counties (rows), services (columns)."""
    far = 1 + given.DIFFICULTY * counties["rural"]
    columns = {}
    for service, terms in given.SERVICES.iterrows():
        size = (demand[service] / demand[service].median()) ** given.SCALE
        columns[service] = float(terms["cost"]) * far * size.clip(*given.CLIP)
    return pd.DataFrame(columns)


def government(counties: pd.DataFrame, demand: pd.DataFrame) -> pd.DataFrame:
    """Return government's capacities: one row per county and service."""
    people = counties["population"] / counties["population"].sum()
    parts = []
    for service in given.SERVICES.index:
        total = float(demand[service].sum())
        mixed = given.PER_HEAD * people + (1 - given.PER_HEAD) * demand[service] / total
        rows = pd.DataFrame({"capacity": given.PUBLIC_CAPACITY * total * mixed, "service": service})
        parts.append(rows.rename_axis("region").reset_index())
    terms: dict[str, Any] = {"field": "gov", "rank": 1, "kind": "government"}
    terms |= {
        "fixed": given.PUBLIC_FIXED,
        "users": 0.0,
        "own": 0.0,
        "ratio": 1.0,
        "title": "{} County",
    }
    return pd.concat(parts).assign(**terms)


def attraction(counties: pd.DataFrame) -> pd.DataFrame:
    """Return how much each county draws each field of providers, 1 on average."""
    people, skilled = counties["population"], counties["graduates"]
    old, urban = people * counties["old"], 1 - counties["rural"]
    pulls = pd.DataFrame(
        {
            "clinic": people * counties["poor"],
            "care": old * skilled**0.5,
            "practice": people * urban * skilled,
            "agency": old * urban * skilled,
        }
    )
    return pulls / pulls.mean()


def others(counties: pd.DataFrame, demand: pd.DataFrame, variant: str) -> pd.DataFrame:
    """Return the offers of non-profits and private providers with their capacity.

    Every county, field and rank has its draws whether used or not, so that a change of one number
    of providers leaves the others as they are.
    """
    low, high = given.VARIANTS[variant]
    draws = np.random.default_rng(given.SEED).random(
        (len(given.FIELDS), len(counties), given.MOST, 3)
    )
    pulls = attraction(counties)
    parts = []
    for at, (field, terms) in enumerate(given.FIELDS.iterrows()):
        pull = pulls[field].to_numpy() ** 0.5
        number = np.floor(terms["number"] * pull + draws[at, :, 0, 0]).clip(0, given.MOST)
        county, rank = np.nonzero(np.arange(given.MOST) < number[:, None])
        size = pull[county] / number[county] ** 0.5 * (0.5 + draws[at, county, rank, 1])
        total = float(terms["capacity"]) * float(demand[terms["service"]].sum())
        rows = {"region": counties.index[county], "field": field, "rank": rank + 1}
        rows["capacity"] = np.maximum(total * size / size.sum(), given.SMALLEST[terms["service"]])
        rows["ratio"] = low + (high - low) * draws[at, county, rank, 2]
        same = ["service", "kind", "fixed", "users", "own", "title"]
        parts.append(pd.DataFrame(rows).assign(**{c: terms[c] for c in same}))
    return pd.concat(parts)


def offers_of(
    counties: pd.DataFrame, demand: pd.DataFrame, cost: pd.DataFrame, variant: str
) -> pd.DataFrame:
    """Return all offers, the kind and title of their provider among the columns."""
    rows = pd.concat([government(counties, demand), others(counties, demand, variant)])
    rows = rows.sort_values(["service", "region", "field", "rank"], ignore_index=True)
    code, paid = rows["region"] + "-" + rows["field"], rows["kind"] != "government"
    code = code + rows["rank"].astype(str).where(paid, "")
    standard = np.array(
        [cost.at[r, s] for r, s in zip(rows["region"], rows["service"], strict=True)]
    )
    unit, capacity = rows["ratio"] * standard, rows["capacity"].round().astype(int)
    share: pd.Series[float] = 1 - rows["fixed"] - rows["users"] - rows["own"]
    return pd.DataFrame(
        {
            "offer": (rows["region"] + "-" + rows["service"]).where(~paid, code),
            "provider": code,
            "service": rows["service"],
            "mode": rows["kind"].map(given.MODES),
            "region": rows["region"],
            "arranger": rows["region"],
            "capacity": capacity,
            "minimum_volume": (given.MINIMUM * capacity * paid).round().astype(int),
            "fixed_cost": (rows["fixed"] * unit * capacity).round().astype(int),
            "unit_cost": (unit * share).round(2),
            "price": unit.round(2),
            "user_fee": (unit * rows["users"]).round(2),
            "own_funds": (unit * rows["own"]).round(2),
            "contract_cost": (given.CONTRACT * unit * capacity * paid).round().astype(int),
            "supervision_cost": (given.SUPERVISION * unit * paid).round(2),
            "quality": rows["kind"].map(given.QUALITY),
            "kind": rows["kind"],
            "title": rows["title"] + (" " + rows["rank"].astype(str)).where(paid, ""),
        }
    )


def providers_of(offers: pd.DataFrame, counties: pd.DataFrame) -> pd.DataFrame:
    """Return the providers: county governments deliver both services, all others one."""
    table = offers.drop_duplicates("provider").sort_values("provider", ignore_index=True)
    names = counties.loc[table["region"], "name"]
    return pd.DataFrame(
        {
            "provider": table["provider"],
            "kind": table["kind"],
            "name": [t.format(n) for t, n in zip(table["title"], names, strict=True)],
            "supervisor": table["region"],
            "overhead_cost": table["kind"].map(given.OVERHEAD),
            "reliability": table["kind"].map(given.RELIABILITY),
        }
    )


def services_of(demand: pd.DataFrame, cost: pd.DataFrame) -> pd.DataFrame:
    """Return the services; last resort is a multiple of government's mean cost."""
    mean = (demand * cost).sum() / demand.sum()
    table = given.SERVICES.drop(columns="cost").reset_index(drop=True)
    table["travel_cap"] = table["reach_km"]
    table["core"] = "no"
    table["last_resort_cost"] = (1.6 * mean[list(table["service"])]).round(2).to_numpy()
    table["last_resort_quality"] = 0.6
    table["last_resort_travel"] = table["reach_km"] / 2
    return table.assign(unmet_penalty=0)


def jurisdictions_of(
    counties: pd.DataFrame, demand: pd.DataFrame, cost: pd.DataFrame
) -> pd.DataFrame:
    """Return the state and the counties with their budgets, USD per year."""
    pool = given.BUDGET * float((demand * cost).sum().sum())
    able = counties["population"] * (1 - counties["poor"])
    rows = pd.DataFrame(
        {
            "jurisdiction": [given.STATE, *counties.index],
            "parent": ["", *[given.STATE] * len(counties)],
            "name": ["State of Georgia", *(counties["name"] + " County")],
            "budget": [given.STATE_BUDGET * pool, *(pool * able / able.sum())],
        }
    )
    return rows.assign(budget=rows["budget"].round(-3).astype(int))


def baseline_of(offers: pd.DataFrame, needs: pd.DataFrame) -> pd.DataFrame:
    """Return today's plan: offers serve their own county by capacity, rural people less."""
    cell = ["region", "service"]
    table = offers[["offer", *cell, "capacity"]].merge(needs, on=cell)
    part = table["group"].map({"rural": given.TODAY_RURAL}).fillna(1.0)
    held = table.groupby([*cell, "group"])["capacity"].transform("sum")
    asked = (part * table["demand"]).groupby(table["offer"]).transform("sum")
    reached = (held / asked).clip(upper=1.0)
    share = part * reached * table["capacity"] / held
    # Rounded down, so that no capacity and no need is exceeded.
    table["share"] = np.floor(share * 1e6) / 1e6
    return table[["offer", "region", "service", "group", "share"]]
