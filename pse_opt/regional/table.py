"""A user's own regions and facilities become an instance; what is missing has a stated default."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.spatial import cKDTree

from pse_opt.errors import Findings, InputError, Problem
from pse_opt.links import great_circle, on_sphere, own_travel
from pse_opt.regional.table_reading import (
    FACILITIES,
    KEYWORDS,
    RANGES,
    REGIONS,
    check,
    check_places,
    kinds_of,
    read,
)

__all__ = ["KEYWORDS", "build"]

Floats = npt.NDArray[np.float64]
Given = dict[str, Any]

MODES = {"government": "direct", "ngo": "contract", "private": "voucher"}
QUALITY = {"government": 0.75, "ngo": 0.80, "private": 0.75}
LISTED = 20


def build(
    regions: Path | pd.DataFrame,
    facilities: Path | pd.DataFrame,
    *,
    name: str = "my-regions",
    currency: str = "money",
    service: str = "service",
    unit: str = "units",
    owners: Mapping[str, str] | None = None,
    need_per_head: float | None = None,
    load: float = 0.8,
    reach_km: float | None = None,
    reach_quantile: float = 1.0,
    reach_factor: float = 2.0,
    cost_per_unit: float = 100.0,
    fixed_share: float = 0.35,
    ngo_cost_ratio: float = 0.95,
    private_cost_ratio: float = 1.0,
    access_share: float = 0.25,
    minimum_share: float = 0.1,
    contract_share: float = 0.02,
    supervision_share: float = 0.04,
) -> tuple[dict[str, Any], dict[str, pd.DataFrame]]:
    """Build an instance from two tables; every default used stands in its assumptions.

    Parameters
    ----------
    regions : Path or DataFrame
        Columns region, population, longitude, latitude; optional area_km2, name, jurisdiction and
        numeric attributes.
    facilities : Path or DataFrame
        Columns facility (or id, or name), owner, capacity, and region or longitude and latitude;
        optional service, fixed_cost, unit_cost, quality.
    name, currency, service, unit : str
        Of the instance, of its money, of facilities without a service, of all services.
    owners : mapping of str to str, optional
        Owners' texts to government, ngo or private, looked up before ``KEYWORDS``.
    need_per_head : float, optional
        Units a year; by default what makes the need of a service ``load`` times its capacity.
    load : float
        Need over capacity where ``need_per_head`` is not given.
    reach_km : float, optional
        Reach; by default ``reach_factor`` times the ``reach_quantile`` of regions' distances to
        their nearest facility.
    reach_quantile, reach_factor : float
        As above; quantile 1 lets every region reach a facility.
    cost_per_unit : float
        Government's average cost at full capacity, money per unit.
    fixed_share : float
        Share of it that is fixed.
    ngo_cost_ratio, private_cost_ratio : float
        Average cost relative to government's.
    access_share : float
        Users' cost of access at the reach, as a share of the average cost.
    minimum_share : float
        Least volume of offers other than government's, as a share of capacity.
    contract_share, supervision_share : float
        Cost of contracts and supervision, as shares of the cost.

    Raises
    ------
    InputError
        All problems of both tables and of the values given.
    """
    given: Given = dict(locals())
    findings = Findings()
    check(given, findings)
    places = read(REGIONS, regions, findings)
    sites = read(FACILITIES, facilities, findings)
    sites["kind"] = kinds_of(sites, dict(owners or {}), findings)
    check_places(places, sites, findings)
    if findings.problems:
        raise InputError(findings.problems)
    sites["service"] = sites["service"].replace("", service)
    notes = [f"Read: {p}" for p in findings.warnings] + mapped(sites)
    sites = located(places, sites, notes)
    terms = services_of(places, sites, given, notes)
    sites = within_reach(sites, terms, notes)
    needs = needs_of(places, sites, need_per_head, load, notes)
    return about_of(given, notes), {
        "regions": places.dropna(axis=1, how="all").reset_index(drop=True),
        "services": terms,
        "needs": needs,
        "providers": sites.drop_duplicates("facility")[["facility", "kind"]].rename(
            columns={"facility": "provider"}
        ),
        "offers": offers_of(sites, given),
    }


def vectors(table: pd.DataFrame) -> Floats:
    """Return unit vectors of a table's points."""
    return on_sphere(table["longitude"].to_numpy(), table["latitude"].to_numpy())


def closest_points(a: Floats, b: Floats) -> tuple[npt.NDArray[np.int64], Floats]:
    """Return for each unit vector of a the position of the nearest of b, and its distance in km."""
    at = np.asarray(cKDTree(b).query(a)[1], dtype=np.int64)
    return at, great_circle(a, b[at])


def listed(names: pd.Series) -> str:
    """Return how many there are, and the first of them."""
    more = ", ..." if len(names) > LISTED else ""
    return f"{len(names)} ({', '.join(str(n) for n in names[:LISTED])}{more})"


def mapped(sites: pd.DataFrame) -> list[str]:
    """Return a sentence for each owner's text: to what kind it was mapped."""
    counts = sites.value_counts(["owner", "kind"], sort=False).reset_index()
    return [
        f"Mapped: the owner {text!r} is {kind} (rows: {count})."
        for text, kind, count in counts.itertuples(index=False)
    ]


def located(places: pd.DataFrame, sites: pd.DataFrame, notes: list[str]) -> pd.DataFrame:
    """Return the facilities with a region and ``travel``, that to the nearest region's point (km).

    A facility without coordinates is at its region's point, two thirds of the radius of a disc of
    the region's area away from its people.
    """
    closed = sites["capacity"] == 0
    if closed.any():
        names = listed(sites.loc[closed, "facility"])
        notes.append(f"Left out: facilities without capacity: {names}.")
    sites = sites[~closed].copy()
    own = sites["longitude"].notna()
    at, travel = closest_points(vectors(sites[own]), vectors(places))
    sites.loc[own, "travel"] = travel
    lost = own & (sites["region"] == "")
    nearby = pd.Series(places["region"].to_numpy()[at], index=sites.index[own])
    sites.loc[lost, "region"] = nearby[lost[own]]
    if lost.any():
        notes.append(f"Derived: {lost.sum()} facilities without a region are in the nearest.")
    inside = pd.Series(own_travel(places["area_km2"].to_numpy()), index=places["region"])
    sites["travel"] = sites["travel"].fillna(sites["region"].map(inside))
    sites["own"] = own
    return sites


def reach_of(places: pd.DataFrame, mine: pd.DataFrame, given: Given) -> float:
    """Return the reach of a service in km: that given, or from the distances of regions."""
    if given["reach_km"] is not None:
        return float(given["reach_km"])
    home = places.set_index("region")
    spots = mine[["longitude", "latitude"]].fillna(
        home.loc[mine["region"], ["longitude", "latitude"]].set_index(mine.index)
    )
    away = closest_points(vectors(places), vectors(spots))[1]
    reach = given["reach_factor"] * float(np.quantile(away, given["reach_quantile"]))
    at_home = float(mine.loc[~mine["own"], "travel"].max()) if (~mine["own"]).any() else 0.0
    return float(np.ceil(max(reach, at_home, 1.0)))


def services_of(
    places: pd.DataFrame, sites: pd.DataFrame, given: Given, notes: list[str]
) -> pd.DataFrame:
    """Return the services; their reach and cost are noted."""
    rows = []
    for service, mine in sites.groupby("service", sort=True):
        reach, cost = reach_of(places, mine, given), average_cost(mine, given)
        notes.append(f"Derived: {service}: reach {reach:g} km, mean cost {cost:g} per unit.")
        row = {"service": service, "unit": given["unit"], "reach_km": reach, "unmet_penalty": 0}
        row["access_cost_per_km"] = round(given["access_share"] * cost / reach, 6)
        row |= {"last_resort_cost": round(1.6 * cost, 6), "last_resort_quality": 0.6}
        rows.append(row)
    return pd.DataFrame(rows)


def average_cost(mine: pd.DataFrame, given: Given) -> float:
    """Return government's mean cost per unit (all facilities' where government has none)."""
    public = mine[mine["kind"] == "government"]
    public = public if len(public) else mine
    fixed, unit = costs_of(public, given)
    return float((fixed + unit * public["capacity"]).sum() / public["capacity"].sum())


def costs_of(sites: pd.DataFrame, given: Given) -> tuple[pd.Series, pd.Series]:
    """Return fixed cost (a year) and cost of a unit: the facility's own, or the default."""
    ratios = {"government": 1.0, "ngo": given["ngo_cost_ratio"]}
    ratios |= {"private": given["private_cost_ratio"]}
    cost = sites["kind"].map(ratios).astype(float) * given["cost_per_unit"]
    fixed = sites["fixed_cost"].fillna(given["fixed_share"] * cost * sites["capacity"])
    return fixed, sites["unit_cost"].fillna((1 - given["fixed_share"]) * cost)


def needs_of(
    places: pd.DataFrame, sites: pd.DataFrame, per_head: float | None, load: float, notes: list[str]
) -> pd.DataFrame:
    """Return the need of every region for every service, units per year."""
    people = places.loc[places["population"] > 0, ["region", "population"]]
    parts = []
    for service, capacity in sites.groupby("service", sort=True)["capacity"].sum().items():
        rate = load * capacity / people["population"].sum() if per_head is None else per_head
        source = f"{load:g} x capacity / population" if per_head is None else "as given"
        notes.append(f"Assumed: {service}: need of {rate:g} units a head and year ({source}).")
        demand = (rate * people["population"]).round(6)
        parts.append(
            pd.DataFrame({"region": people["region"], "demand": demand, "service": service})
        )
    return pd.concat(parts, ignore_index=True)[["region", "service", "demand"]]


def within_reach(sites: pd.DataFrame, terms: pd.DataFrame, notes: list[str]) -> pd.DataFrame:
    """Return the facilities within reach of a region's point; the others are noted."""
    reach = sites["service"].map(terms.set_index("service")["reach_km"])
    beyond = sites["travel"] > reach
    if beyond.any():
        names = listed(sites.loc[beyond, "facility"])
        notes.append(f"Left out: facilities beyond the reach of every region: {names}.")
    lost = set(terms["service"]) - set(sites.loc[~beyond, "service"])
    if lost:
        remedy = "give a greater reach_km, or correct the coordinates"
        message = "no facility is within reach of a region"
        raise InputError(
            Problem("facilities", message, remedy, None, "service", n) for n in sorted(lost)
        )
    return sites[~beyond]


def offers_of(sites: pd.DataFrame, given: Given) -> pd.DataFrame:
    """Return one offer per facility and service."""
    several = sites.duplicated("facility", keep=False)
    fixed, unit = costs_of(sites, given)
    paid, cost = sites["kind"] != "government", fixed + unit * sites["capacity"]
    table = pd.DataFrame(
        {
            "offer": sites["facility"] + ("-" + sites["service"]).where(several, ""),
            "provider": sites["facility"],
            "service": sites["service"],
            "mode": sites["kind"].map(MODES),
            "region": sites["region"],
            "longitude": sites["longitude"],
            "latitude": sites["latitude"],
            "capacity": sites["capacity"],
            "minimum_volume": given["minimum_share"] * sites["capacity"] * paid,
            "fixed_cost": fixed.round(6),
            "unit_cost": unit.round(6),
            "contract_cost": (given["contract_share"] * cost * paid).round(6),
            "supervision_cost": given["supervision_share"] * cost / sites["capacity"] * paid,
            "quality": sites["quality"].fillna(sites["kind"].map(QUALITY)),
        }
    )
    return table.round({"minimum_volume": 6, "supervision_cost": 6}).reset_index(drop=True)


def about_of(given: Given, notes: list[str]) -> Given:
    """Return the content of ``instance.toml``: what was done, and every default with its value."""
    values = ", ".join(f"{key} {given[key]:g}" for key in RANGES)
    quality = ", ".join(f"{kind} {value:g}" for kind, value in QUALITY.items())
    return {
        "schema": 1,
        "name": given["name"],
        "title": f"{given['name']}: built from tables of regions and facilities",
        "currency": given["currency"],
        "assumptions": [
            "Data: regions and facilities, and costs and quality where they are given.",
            *notes,
            f"Assumed, where the tables are silent: {values}.",
            f"Assumed: quality where none is given: {quality}; last resort costs 1.6 times the "
            "mean cost at quality 0.6; government delivers directly, NGOs by contract, private "
            "facilities by voucher; unmet need has no price.",
        ],
    }
