"""Health facilities of one African country as offers and their links.

The facilities are those of the list of public and not-for-profit health facilities of sub-Saharan
Africa. What they can do and cost is assumed by level; see
:mod:`pse_opt.regional.africa_assumptions`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from pse_opt.links import EARTH_RADIUS_KM, on_sphere, own_travel
from pse_opt.regional.africa_assumptions import (
    CLASSES,
    CONTRACT,
    LEVEL_OF,
    LEVELS,
    MINIMUM,
    NEAR,
    OUTSIDE,
    OWNER_OF,
    OWNERS,
    PRICES,
    SEED,
    SERVICES,
    SUPERVISION,
    SUPPLIES,
    VARIANTS,
    VISITS_PER_BIRTH,
    Setting,
)

__all__ = ["lines_of", "links_of", "offers_of", "points_of", "read_facilities", "slug"]

LIST = Path("africa_who_health_sites") / "df_who_sites.csv"
NAMES = ["name", "type", "owner", "region"]
Floats = npt.NDArray[np.float64]


def slug(name: str) -> str:
    """Return the identifier of a name."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower().replace("'", "")).strip("-")


def read_facilities(
    source: Path, iso3: str, region_of: Callable[[str], str], areas: pd.Series
) -> pd.DataFrame:
    """Return all facilities of a country, and why some of them become no offer.

    Parameters
    ----------
    source : Path
        Folder of the regional raw files.
    iso3 : str
        The country's code in the list.
    region_of : callable
        Identifier of the region that the list's name stands for, blank if there is none.
    areas : Series
        Area in km2 by region.

    Returns
    -------
    DataFrame
        Columns name, type (level of care), owner, region, admin (the unit that pays; the region
        itself), longitude, latitude, excluded.
    """
    raw = pd.read_csv(source / LIST, dtype=str, keep_default_na=False)
    raw = raw[raw["iso3c"] == iso3].reset_index(drop=True)
    facilities = pd.DataFrame(
        {
            "name": raw["Facility name"].str.strip(),
            "type": raw["Facility type"].map(LEVEL_OF).fillna(""),
            "owner": raw["Ownership"].map(OWNER_OF).fillna(""),
            "region": raw["Admin1"].map(region_of),
            "admin": raw["Admin1"].map(region_of),
            "longitude": pd.to_numeric(raw["Long"]),
            "latitude": pd.to_numeric(raw["Lat"]),
        }
    )
    facilities["excluded"] = excluded(facilities, areas)
    order = [*NAMES, "longitude", "latitude"]
    return facilities.sort_values(order, kind="stable", ignore_index=True)


def excluded(facilities: pd.DataFrame, areas: pd.Series) -> pd.Series:
    """Return why a facility becomes no offer, blank for those that do; later reasons prevail."""
    tests = {
        "listed twice": repeated(facilities),
        "coordinates far outside its region": astray(facilities, areas),
        "no coordinates": facilities["latitude"].isna(),
        "level of care not known": facilities["type"] == "",
        "owner parastatal or not known": facilities["owner"] == "",
        "region not in the census": facilities["region"] == "",
    }
    reasons = pd.Series("", index=facilities.index)
    for reason, found in tests.items():
        reasons[found] = reason
    return reasons


def repeated(facilities: pd.DataFrame) -> pd.Series:
    """Tell which rows repeat an earlier one of their name near by; names recur within regions."""
    same = facilities.assign(name=facilities["name"].str.lower())
    place = facilities[["longitude", "latitude"]]
    first = place.groupby([same[k] for k in NAMES]).transform("first")
    return same.duplicated(NAMES) & ((place - first).abs().max(axis=1) <= NEAR)


def astray(facilities: pd.DataFrame, areas: pd.Series) -> pd.Series:
    """Tell which facilities lie further from their region's middle than any part of it can."""
    place = facilities[["longitude", "latitude"]]
    middle = place.groupby(facilities["region"]).transform("median")
    away = 111.2 * np.hypot(*(place - middle).to_numpy().T)
    radius = np.sqrt(facilities["region"].map(areas) / np.pi)
    return pd.Series(away > OUTSIDE * radius, index=facilities.index)


def points_of(facilities: pd.DataFrame) -> pd.DataFrame:
    """Return each region's point: the mean of its facilities by consulting staff."""
    used = facilities[facilities["excluded"] == ""]
    staff = used["type"].map(LEVELS["primary_care"])
    place = used[["longitude", "latitude"]].mul(staff, axis=0)
    sums = place.assign(staff=staff).groupby(used["region"]).sum()
    return sums[["longitude", "latitude"]].div(sums["staff"], axis=0).round(5)


def bundles(facilities: pd.DataFrame, setting: Setting) -> pd.Series:
    """Return the site of each facility: itself, or its bundle of neighbours of one owner."""
    kind = facilities["type"].map(CLASSES)
    alone = facilities["region"] + "-" + facilities["name"].map(slug)
    again = alone.groupby(alone).cumcount()
    site = alone.where(again == 0, alone + "-" + (again + 1).astype(str))
    keys = [facilities["owner"], facilities["region"], kind]
    for (owner, region, word), rows in facilities[kind.notna()].groupby(keys, sort=True):
        label = clusters(rows[["longitude", "latitude"]].to_numpy(), setting.most[str(word)])
        site[rows.index] = [f"{owner}-{region}-{word}-{n + 1}" for n in label]
    return site


def clusters(points: Floats, most: int) -> npt.NDArray[np.int64]:
    """Return labels of groups of at most ``most`` neighbours: the longer side is halved."""
    if len(points) <= most:
        return np.zeros(len(points), dtype=np.int64)
    axis = int(np.argmax(np.ptp(points, axis=0)))
    order = np.argsort(points[:, axis], kind="stable")
    half = len(points) // 2
    label = np.zeros(len(points), dtype=np.int64)
    label[order[:half]] = clusters(points[order[:half]], most)
    label[order[half:]] = clusters(points[order[half:]], most) + label.max() + 1
    return label


def lines_of(setting: Setting) -> pd.DataFrame:
    """Return what a government facility of each level delivers and costs, by service.

    Columns type, service, capacity (units per year) and average (money per unit).
    """
    births = VISITS_PER_BIRTH * LEVELS["visit"] + LEVELS["birth_days"] * LEVELS["bed_day"]
    cost = pd.DataFrame(
        {
            "primary_care": LEVELS["visit"],
            "maternal_care": births,
            "hospital_care": LEVELS["bed_day"],
        }
    )
    work = LEVELS[list(SERVICES.index)].mul(SERVICES["yield"])
    lines = work.reset_index().melt("type", var_name="service", value_name="capacity")
    average = cost.reset_index().melt("type", value_name="average")["average"]
    lines["average"] = average * PRICES * setting.money
    return lines[lines["capacity"] > 0]


def offers_of(facilities: pd.DataFrame, setting: Setting, variant: str) -> pd.DataFrame:
    """Return one offer per site and service."""
    used = facilities[facilities["excluded"] == ""]
    rows = used.assign(site=bundles(used, setting)).merge(lines_of(setting), on="type")
    rows["cost"] = rows["capacity"] * rows["average"]
    for name in ("longitude", "latitude"):
        rows[name] *= rows["capacity"]
    sums = dict.fromkeys(["capacity", "cost", "longitude", "latitude"], "sum") | {"name": "size"}
    sums |= dict.fromkeys(["type", "owner", "region", "admin"], "first")
    offers = rows.groupby(["service", "site"], sort=True).agg(sums).reset_index()
    for name in ("longitude", "latitude"):
        offers[name] = (offers[name] / offers["capacity"]).round(5)
    return priced(offers.rename(columns={"name": "facilities"}), setting, variant)


def priced(offers: pd.DataFrame, setting: Setting, variant: str) -> pd.DataFrame:
    """Return the offers with the payers' parts of their cost and the cost of their contract."""
    low, high = VARIANTS[variant]
    draw = np.random.default_rng(SEED).uniform(size=len(offers))
    paid = offers["owner"] != "gov"
    central = offers["type"] == "national"
    owner = OWNERS.loc[offers["owner"]].reset_index(drop=True)
    average = offers["cost"] / offers["capacity"] * np.where(paid, low + (high - low) * draw, 1.0)
    fixed = (1 - SUPPLIES) * average * offers["capacity"] * owner["public"]
    provider = (offers["owner"] + "-" + offers["admin"]).mask(central, "gov-" + setting.centre)
    return pd.DataFrame(
        {
            "offer": offers["site"] + "-" + offers["service"].str.split("_").str[0],
            "provider": provider,
            "service": offers["service"],
            "mode": owner["mode"],
            "region": offers["region"],
            "arranger": offers["admin"].mask(central, setting.centre),
            "longitude": offers["longitude"],
            "latitude": offers["latitude"],
            "capacity": offers["capacity"].round().astype(int),
            "minimum_volume": (MINIMUM * offers["capacity"] * paid).round().astype(int),
            "fixed_cost": fixed.round().astype(int),
            "unit_cost": (SUPPLIES * average * owner["public"]).round(2),
            "price": average.mask(central, 0.0).round(2),
            "own_funds": (owner["own"] * average).round(2),
            "contract_cost": (CONTRACT * fixed * paid).round().astype(int),
            "supervision_cost": (SUPERVISION * average * paid).round(2),
            "quality": owner["quality"],
            "facilities": offers["facilities"],
        }
    )


def distances(offers: pd.DataFrame, regions: pd.DataFrame) -> Floats:
    """Return great-circle distances in km: offers (rows) to regions' points (columns)."""
    here = on_sphere(offers["longitude"].to_numpy(), offers["latitude"].to_numpy())
    there = on_sphere(regions["longitude"].to_numpy(), regions["latitude"].to_numpy())
    half = np.sqrt(np.clip((1.0 - here @ there.T) / 2.0, 0.0, 1.0))
    away: Floats = 2.0 * EARTH_RADIUS_KM * np.arcsin(half)
    return away


def reaches(regions: pd.DataFrame, setting: Setting, service: str) -> Floats:
    """Return how far in km people of each region travel to facilities of another."""
    together = regions.groupby("jurisdiction")["region"].transform("size")
    radius = np.sqrt(regions["admin_area"] / together / np.pi)
    far: Floats = np.maximum(setting.reach[service], setting.radii.get(service, 0.0) * radius)
    return np.asarray(far)


def links_of(
    offers: pd.DataFrame, facilities: pd.DataFrame, regions: pd.DataFrame, setting: Setting
) -> pd.DataFrame:
    """Return links to an offer's own region and to the regions whose point it reaches.

    ``regions`` has the column admin_area: area in km2 of the unit (jurisdiction) in which the
    facilities of a service are taken to be evenly spread. Travel inside a region is the mean
    distance to the nearest of them, and nobody travels less.
    """
    used = facilities[facilities["excluded"] == ""]
    away = distances(offers, regions)
    own = offers["region"].to_numpy()[:, None] == regions["region"].to_numpy()[None, :]
    least, reach = np.zeros_like(away), np.zeros_like(away)
    for service in SERVICES.index:
        rows = (offers["service"] == service).to_numpy()
        gives = used[used["type"].map(LEVELS[service]) > 0]
        sites = regions["jurisdiction"].map(gives.groupby("admin").size()).fillna(1.0)
        least[rows] = own_travel((regions["admin_area"] / sites).to_numpy())
        reach[rows] = reaches(regions, setting, service)
    offer, region = np.nonzero(own | (away <= reach))
    travel = np.where(own, least, np.maximum(away, least))[offer, region]
    return pd.DataFrame(
        {
            "offer": offers["offer"].to_numpy()[offer],
            "region": regions["region"].to_numpy()[region],
            "travel": travel.round(2),
        }
    )
