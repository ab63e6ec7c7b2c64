"""Covering problems: OR-Library's set covering, census blocks of cities, Sao Jose dos Campos."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from pse_opt.formats.classic import Floats, Links, Published, all_pairs, classic
from pse_opt.formats.matrices import ORLIB, numbered
from pse_opt.formats.points import ANYWHERE, SJC, euclidean, posed, within
from pse_opt.formats.tokens import Tokens
from pse_opt.instance import Instance
from pse_opt.plan import Plan

__all__ = ["mclp_ails", "mclp_ails_plan", "mclp_sjc", "orlib_scp"]

AILS: dict[str, Any] = {"title": "AILS-MCLP, V. R. Maximo", "year": 2022, "licence": "MIT"}
EARTH_RADIUS_M = 6_378_100.0
"""Of the published values: with another radius they do not hold."""


def orlib_scp(path: Path) -> Published:
    """Read a set covering problem: rows, columns; costs of columns; the columns of each row.

    Rows are customers, columns are sites; a site reaches the rows it covers at distance 0.
    """
    tokens = Tokens(path)
    rows, columns = tokens.count("the number of rows"), tokens.count("the number of columns")
    cost = tokens.numbers(columns, "costs of columns")
    site, customer = [], []
    for row in range(rows):
        count = tokens.count(f"the number of columns that cover row {row + 1}")
        for _ in range(count):
            site.append(tokens.integer("a column", least=1, most=columns) - 1)
            customer.append(row)
    links = Links(np.array(site), np.array(customer), np.zeros(len(site)))
    instance = classic(
        path.stem,
        links,
        title=f"Set covering {path.stem}, {rows} rows, {columns} columns",
        demand=np.ones(rows),
        sites=numbered("column", columns),
        customers=numbered("row", rows),
        fixed_cost=cost,
        sources=[ORLIB],
    )
    return Published(instance, "lscp")


def mclp_ails(path: Path, *, sites: int, radius: float) -> Published:
    """Read census blocks: latitude and longitude, then people; every block may be a site.

    Parameters
    ----------
    path : Path
        The file.
    sites : int
        Number of sites.
    radius : float
        Distance in metres within which a site covers a block.
    """
    tokens = Tokens(path)
    tokens.skip_past("DIMENSION", "the number of points")
    tokens.word("a colon")
    n = tokens.count("the number of points")
    tokens.skip_past("NODE_COORD_SECTION", "coordinates")
    points = tokens.table(n, 2, "latitudes and longitudes", least=-180.0)
    tokens.skip_past("DEMAND_SECTION", "people")
    people = tokens.numbers(n, "people")
    links = _near(points, radius)
    return posed(f"{path.stem}-{radius:g}", links, people, "mclp", sites, AILS)


def _near(points: Floats, radius: float) -> Links:
    """Pairs of points within a radius, by the spherical law of cosines of the published values.

    The arc cosine is rounded to single precision there, and so it is here. One point at a time, so
    that no matrix of all pairs is held.
    """
    latitude, longitude = np.radians(points).T
    site, customer, travel = [], [], []
    for k in range(len(points)):
        inner = np.sin(latitude[k]) * np.sin(latitude)
        outer = np.cos(latitude[k]) * np.cos(latitude) * np.cos(longitude - longitude[k])
        angle = np.arccos(np.clip(inner + outer, -1.0, 1.0)).astype(np.float32)
        distance = angle.astype(np.float64) * EARTH_RADIUS_M
        distance[k] = 0.0
        near = np.flatnonzero(distance <= radius)
        site.append(np.full(near.size, k))
        customer.append(near)
        travel.append(distance[near])
    return Links(np.concatenate(site), np.concatenate(customer), np.concatenate(travel))


def mclp_ails_plan(path: Path, instance: Instance) -> Plan:
    """Read a published plan: ``f:`` people covered, ``Facilidade:`` sites from 0."""
    import pandas as pd

    tokens = Tokens(path)
    tokens.skip_past("Facilidade:", "sites")
    offers = instance.offers["offer"].tolist()
    chosen = []
    while tokens.left:
        chosen.append(tokens.integer("a site", most=len(offers) - 1))
    links = instance.links[instance.links["offer"].isin(chosen)].drop_duplicates("need")
    deliveries = pd.DataFrame(
        {
            "offer": [offers[k] for k in links["offer"]],
            "region": instance.needs["region"].to_numpy()[links["need"]],
            "service": instance.needs["service"].to_numpy()[links["need"]],
            "share": 1.0,
        }
    )
    engaged = pd.DataFrame({"offer": [offers[k] for k in chosen]})
    return Plan.from_deliveries(instance, deliveries, engaged)


def mclp_sjc(
    path: Path, *, sites: int, radius: float = 800.0, demand: str | None = None
) -> Published:
    """Read points of a city: n, then x, y; their demand stands in another file.

    Parameters
    ----------
    path : Path
        The file.
    sites : int
        Number of sites.
    radius : float
        Distance within which a site covers a point.
    demand : str, optional
        Name of the file of demands beside it; by default ``demand-NAME.dat``.
    """
    tokens = Tokens(path)
    n = tokens.count("the number of points")
    points = tokens.table(n, 2, "x and y", least=ANYWHERE)
    people = Tokens(path.with_name(demand or f"demand-{path.stem}.dat")).numbers(n, "demands")
    links = within(all_pairs(euclidean(points)), radius)
    return posed(f"{path.stem}-{radius:g}", links, people, "mclp", sites, SJC)
