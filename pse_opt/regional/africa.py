"""African countries: health services by region, from the facility list and published censuses.

The list of public and not-for-profit health facilities of sub-Saharan Africa has owners and places
but no capacities; what a facility can do and costs is assumed by level of care, and need is a share
of what all facilities together can do. :mod:`pse_opt.regional.africa_assumptions` has every number.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pse_opt.errors import InputError, Problem, nearest
from pse_opt.regional.africa_assumptions import (
    ASSUMPTIONS,
    COUNTRIES,
    KSH_PER_USD,
    LIST_SOURCES,
    OVERHEAD,
    OWNERS,
    SEED,
    SERVICES,
    VARIANTS,
    Country,
    Setting,
)
from pse_opt.regional.africa_offers import (
    lines_of,
    links_of,
    offers_of,
    points_of,
    read_facilities,
    slug,
)

__all__ = ["assemble", "build", "drawn"]

Tables = dict[str, pd.DataFrame]
MOST = {"small": 40, "centre": 12}
REACH = {"primary_care": 120.0, "maternal_care": 120.0, "hospital_care": 200.0}


def build(source: Path, country: str, variant: str = "central") -> tuple[dict[str, Any], Tables]:
    """Build the instance of a country, such as ``tz-regions``.

    Parameters
    ----------
    source : Path
        Folder of the regional raw files.
    country : str
        Two letters, one of ``COUNTRIES``.
    variant : {"central", "low", "high"}
        Cost level of non-government providers relative to government.

    Returns
    -------
    about : dict
        Content of ``instance.toml``.
    tables : dict of DataFrame
        Tables of the instance; money in 2018 USD, demand in the services' units per year.

    Raises
    ------
    InputError
        No population by region is known for the country.
    """
    if country not in COUNTRIES:
        known = ", ".join(f"{k} ({c.name})" for k, c in COUNTRIES.items())
        message = "no population by region is known for this country"
        remedy = f"{nearest(country, COUNTRIES)}; these can be built: {known}"
        raise InputError([Problem("build", message, remedy, column="country", value=country)])
    if variant not in VARIANTS:
        raise ValueError(f"unknown variant {variant!r}: one of {', '.join(VARIANTS)}")
    land = COUNTRIES[country]
    facilities, regions = read(source, land)
    setting = Setting(slug(land.name), MOST, REACH, money=1.0 / KSH_PER_USD)
    needs = needs_of(facilities, regions, setting, land.load)
    average = lines_of(setting).groupby("service")["average"].median()
    per_head = float((needs["demand"] * needs["service"].map(average)).sum())
    per_head /= float(regions["population"].sum())
    tables = assemble(facilities, regions, needs, regions, setting, per_head, variant)
    return about_of(country, land, variant), tables


def about_of(country: str, land: Country, variant: str) -> dict[str, Any]:
    """Return the content of ``instance.toml``."""
    sources = [*LIST_SOURCES, *land.sources]
    notes = [note.format(load=land.load) for note in ASSUMPTIONS["country"]]
    return {
        "schema": 1,
        "name": f"{country}-{land.word}",
        "title": f"{land.name}: primary, maternal and hospital care in {len(land.regions)} "
        f"{land.word}",
        "description": "Government and not-for-profit facilities of the list of public health "
        f"facilities deliver three health services to the {land.word} of {land.name}.",
        "currency": "USD",
        "year": land.year,
        "seed": SEED,
        "sources": [{"title": t, "year": y, "licence": x} for t, y, x in sources],
        "assumptions": [*land.notes, *notes, *ASSUMPTIONS["all"], drawn(variant)],
    }


def drawn(variant: str) -> str:
    """Return the assumption on the cost of non-government providers."""
    low, high = VARIANTS[variant]
    return (
        "Assumed: what a not-for-profit offer costs relative to government's of the same level is "
        f"drawn once per offer, uniform between {low:.2f} and {high:.2f} (variant {variant}, "
        f"seed {SEED})."
    )


def read(source: Path, land: Country) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the facilities and the regions of a country."""
    ids = {slug(name): name for name in land.regions}
    areas = pd.Series({i: land.regions[name][1] for i, name in ids.items()})

    def region_of(name: str) -> str:
        found = slug(land.aliases.get(name, name))
        return found if found in ids else ""

    facilities = read_facilities(source, land.iso3, region_of, areas)
    regions = pd.DataFrame(
        {
            "region": list(ids),
            "population": [land.regions[name][0] for name in ids.values()],
            "name": list(ids.values()),
            "jurisdiction": list(ids),
            "area_km2": areas.to_numpy(),
            "admin_area": areas.to_numpy(),
        }
    )
    return facilities, regions.merge(points_of(facilities), left_on="region", right_index=True)


def needs_of(
    facilities: pd.DataFrame, regions: pd.DataFrame, setting: Setting, load: float
) -> pd.DataFrame:
    """Return the demand of each region: a share of all capacity, by people."""
    used = facilities[facilities["excluded"] == ""].merge(lines_of(setting), on="type")
    total = load * used.groupby("service")["capacity"].sum()
    share = regions["population"] / regions["population"].sum()
    rows = [
        pd.DataFrame(
            {
                "region": regions["region"],
                "service": service,
                "demand": (share * total[service]).round().astype(int),
            }
        )
        for service in SERVICES.index
    ]
    return pd.concat(rows, ignore_index=True)


def assemble(
    facilities: pd.DataFrame,
    regions: pd.DataFrame,
    needs: pd.DataFrame,
    units: pd.DataFrame,
    setting: Setting,
    per_head: float,
    variant: str,
) -> Tables:
    """Return the tables of an instance.

    Parameters
    ----------
    facilities, regions, needs : DataFrame
        As :func:`read` and :func:`needs_of` return them.
    units : DataFrame
        Columns jurisdiction, name and population of those who pay.
    setting : Setting
        Centre, sizes of bundles, reach and currency.
    per_head : float
        Budget per inhabitant, money per year.
    variant : str
        One of ``VARIANTS``.
    """
    offers = offers_of(facilities, setting, variant)
    links = links_of(offers, facilities, regions, setting)
    jurisdictions = jurisdictions_of(units, offers, setting, per_head)
    return {
        "regions": regions.drop(columns="admin_area"),
        "jurisdictions": jurisdictions,
        "services": services_of(offers, links, setting),
        "needs": needs,
        "providers": providers_of(offers, jurisdictions, setting),
        "offers": offers,
        "links": links,
        "baseline": baseline_of(offers, needs),
    }


def services_of(offers: pd.DataFrame, links: pd.DataFrame, setting: Setting) -> pd.DataFrame:
    """Return the services; reach is the longest link, last resort costs twice government's."""
    longest = links.merge(offers[["offer", "service"]]).groupby("service")["travel"].max()
    usual = lines_of(setting).groupby("service")["average"].median()
    table = SERVICES[["service", "unit", "name"]].copy()
    table["reach_km"] = np.ceil(longest.clip(lower=pd.Series(setting.reach)))
    table["access_cost_per_km"] = (SERVICES["access_cost_per_km"] * setting.money).round(4)
    table["travel_cap"] = table["reach_km"]
    table["core"] = "no"
    table["last_resort_cost"] = (2.0 * usual).round(2)
    table["last_resort_quality"] = 0.5
    table["last_resort_travel"] = table["reach_km"] / 2
    return table.reset_index(drop=True)


def providers_of(
    offers: pd.DataFrame, jurisdictions: pd.DataFrame, setting: Setting
) -> pd.DataFrame:
    """Return one provider per owner group and jurisdiction, and the centre's ministry."""
    table = offers.drop_duplicates("provider").sort_values("provider")
    owner = OWNERS.loc[list(table["provider"].str.split("-").str[0])].reset_index(drop=True)
    places = jurisdictions.set_index("jurisdiction")["name"][table["arranger"]]
    titles = [str(n).format(place) for n, place in zip(owner["name"], places, strict=True)]
    overhead = round(OVERHEAD * setting.money)
    return pd.DataFrame(
        {
            "provider": table["provider"].to_numpy(),
            "kind": owner["kind"],
            "name": titles,
            "supervisor": table["arranger"].to_numpy(),
            "overhead_cost": np.where(owner["kind"] == "government", 0, overhead),
            "quality": owner["quality"],
            "reliability": owner["reliability"],
        }
    )


def baseline_of(offers: pd.DataFrame, needs: pd.DataFrame) -> pd.DataFrame:
    """Return today's plan: government and faith-based facilities serve their region."""
    today = offers[offers["provider"].str.match("gov-|fbo-")]
    table = today[["offer", "region", "service", "capacity"]].merge(needs, on=["region", "service"])
    total = table.groupby(["region", "service"])["capacity"].transform("sum")
    share: pd.Series[float] = table["capacity"] / np.maximum(total, table["demand"])
    # Rounded down, so that no capacity and no need is exceeded.
    table["share"] = np.floor(share * 1e6) / 1e6
    return table[["offer", "region", "service", "share"]]


def jurisdictions_of(
    units: pd.DataFrame, offers: pd.DataFrame, setting: Setting, per_head: float
) -> pd.DataFrame:
    """Return the centre, paid for its hospitals, and the units below it with equal money a head.

    ``units`` has columns jurisdiction, name and population; ``per_head`` is money per year.
    """
    central = offers[offers["arranger"] == setting.centre]
    hospitals = float((central["fixed_cost"] + central["unit_cost"] * central["capacity"]).sum())
    below = pd.DataFrame(
        {
            "jurisdiction": units["jurisdiction"],
            "parent": setting.centre,
            "name": units["name"],
            "budget": (per_head * units["population"]).round(-3).astype(int),
        }
    )
    top = {"jurisdiction": setting.centre, "parent": "", "name": "Ministry of Health"}
    row = pd.DataFrame([{**top, "budget": round(hospitals, -3)}]).astype({"budget": int})
    return pd.concat([row, below], ignore_index=True)
