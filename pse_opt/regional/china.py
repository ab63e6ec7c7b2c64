"""Chinese counties and districts: five services of a province, or of the nation, at three levels.

The pipeline reads and completes the raw tables (``china_sources``, ``china_units``), derives needs
(``china_tables``), asks what county governments (``china_government``) and others (``china_ngo``)
could deliver, and adds counties up to prefectures or provinces (``china_levels``). Each province is
built by itself, so that it is the same in the nation's instance as alone. Money is in 10,000 CNY a
year, the unit of the county yearbook. What is data, derived or assumed stands in
``china_assumptions``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from pse_opt.regional.china_assumptions import assumptions_of
from pse_opt.regional.china_government import buildable, cost_of, government, sizes
from pse_opt.regional.china_groups import GROUPS, split, split_baseline
from pse_opt.regional.china_levels import LEVELS, aggregated
from pse_opt.regional.china_links import has_empty_land, links_of
from pse_opt.regional.china_ngo import SEED, VARIANTS, others
from pse_opt.regional.china_notes import sources_of
from pse_opt.regional.china_sources import NAMES, above, read_census
from pse_opt.regional.china_tables import (
    EDUCATION_SHARE,
    baseline,
    crowned,
    demand_of,
    jurisdictions_of,
    needs_of,
    regions_of,
    services_of,
)
from pse_opt.regional.china_units import provinces_of, read_units, repairs

__all__ = ["build"]

Tables = dict[str, pd.DataFrame]


def build(
    source: Path,
    province: str = "64",
    *,
    level: str = "county",
    variant: str = "central",
    groups: str = "",
) -> tuple[dict[str, Any], Tables]:
    """Build the instance of a province's counties and districts, or of the nation's.

    Parameters
    ----------
    source : Path
        Folder with ``china_county_merged_en.csv``, ``china_census`` and ``china_adcodes``.
    province : str
        First two digits of the administrative code, or ``all``. Published areas of districts and
        names in Pinyin are known for Ningxia (64).
    level : {"county", "prefecture", "province"}
        What a region is. Above counties needs, offers and budgets are the sums of the counties'.
    variant : {"central", "low", "high"}
        Cost level of non-government providers relative to government.
    groups : {"", "residence", "minority", "age"}
        Between which groups of people needs are split: urban and rural, ethnic minorities and Han,
        aged 65 and over and others; blank for none.

    Returns
    -------
    about : dict
        Content of ``instance.toml``.
    tables : dict of DataFrame
        Tables of the instance; money in 10,000 CNY a year, demand in the services' units per year.
    """
    if variant not in VARIANTS:
        raise ValueError(f"unknown variant {variant!r}: one of {', '.join(VARIANTS)}")
    if level not in LEVELS:
        raise ValueError(f"unknown level {level!r}: one of {', '.join(LEVELS)}")
    if groups not in ("", *GROUPS):
        raise ValueError(f"unknown groups {groups!r}: one of {', '.join(GROUPS)}")
    tables = county_tables(source, province, variant, groups)
    if level != "county" or has_empty_land(tables["regions"]):
        tables["links"] = links_of(tables["regions"], tables["offers"], tables["services"])
    if level != "county":
        tables = aggregated(tables, level, read_census(source)["prefecture_local"])
    about = about_of(province, level, len(tables["regions"]), groups)
    found = repairs(source)
    mended = found[found["code"].str.startswith("" if province == "all" else province)]
    about["assumptions"] = assumptions_of(province, level, variant, groups, mended)
    return about, tables


def county_tables(source: Path, province: str, variant: str, groups: str) -> Tables:
    """Return the tables of the counties and districts of a province, or of all."""
    units = [read_units(source, code) for code in provinces_of(source, province)]
    costs = [cost_of(part, EDUCATION_SHARE) for part in units]
    services = services_of(pd.concat(costs), province)
    census = above(read_census(source))
    parts = [
        province_tables(part, cost, services, census, variant, groups, province != "64")
        for part, cost in zip(units, costs, strict=True)
    ]
    tables = {k: pd.concat([part[k] for part in parts], ignore_index=True) for k in parts[0]}
    if province == "all":
        tables["jurisdictions"] = crowned(tables["jurisdictions"])
    return {k: services if k == "services" else table for k, table in tables.items()}


def province_tables(
    units: pd.DataFrame,
    cost: pd.DataFrame,
    services: pd.DataFrame,
    census: pd.DataFrame,
    variant: str,
    groups: str,
    builds: bool,
) -> Tables:
    """Return the tables of one province's counties and districts.

    Governments build where supply falls short, but not in the instance of Ningxia alone, where
    today's offers suffice.
    """
    demand = demand_of(units)
    public, direct = government(units, demand, cost)
    independent, contracted = others(units, demand, cost, variant)
    offers = pd.concat([direct, contracted], ignore_index=True).fillna({"required": ""})
    regions, needs = regions_of(units), needs_of(units, demand)
    built = pd.Series(dtype=float)
    if builds:
        built = buildable(direct, offers, links_of(regions, offers, services), demand)
    mine = census[census.index.str[:2] == units.index[0][:2]]
    plan = baseline(offers, demand)
    if groups:
        needs = split(needs, units, groups)
        plan = split_baseline(plan, needs)
    return {
        "regions": regions,
        "jurisdictions": jurisdictions_of(units, mine),
        "services": services,
        "needs": needs,
        "providers": pd.concat([public, independent], ignore_index=True),
        "offers": offers,
        "sizes": sizes(direct, built),
        "baseline": plan,
    }


def about_of(province: str, level: str, number: int, groups: str) -> dict[str, Any]:
    """Return the content of ``instance.toml``, assumptions apart; ``number`` of regions."""
    place = "China" if province == "all" else NAMES[province + "0000"]
    name = {"county": "counties", "prefecture": "prefectures", "province": "provinces"}[level]
    if province != "all":
        name = place.lower().replace(" ", "-") + ("" if level == "county" else f"-{name}")
    what, kind = LEVELS[level]
    return {
        "schema": 1,
        "name": f"cn-{name}" + (f"-{groups}" if groups else ""),
        "title": f"{place}: five public services in {number:,} {what}"
        + (f", {GROUPS[groups][1]} apart" if groups else ""),
        "description": "County governments, NGOs and private contractors deliver education, "
        "hospital care, elder care, public safety and waste collection to the "
        f"{number:,} {kind} of {place if province == 'all' else place + ', China'}, in 2020.",
        "currency": "10k CNY",
        "year": 2020,
        "units": {"money": "10,000 CNY a year", "travel": "km"},
        "seed": SEED,
        "sources": sources_of(province),
    }
