"""Location problems of points: capacitated p-median, TSPLIB coordinates, Swain's nodes."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import numpy as np

from pse_opt.formats.classic import Floats, Links, Published, all_pairs, classic
from pse_opt.formats.matrices import ORLIB, numbered, positive
from pse_opt.formats.tokens import Tokens

__all__ = ["ANYWHERE", "SJC", "Model", "euclidean", "orlib_pmedcap", "posed", "sjc_cpmp"]
__all__ += ["swain", "tsplib", "within"]

Model = Literal["p-median", "p-center", "mclp", "lscp"]
SJC: dict[str, Any] = {"title": "Sao Jose dos Campos, Lorena and Senne", "year": 2003}
TSPLIB: dict[str, Any] = {"title": "TSPLIB, G. Reinelt", "year": 1991}
SWAIN: dict[str, Any] = {"title": "Swain's 55 nodes, Washington DC", "year": 1971}
ANYWHERE = -1e300


def orlib_pmedcap(path: Path) -> Published:
    """Read a capacitated p-median problem: number and value; n, p, capacity; id, x, y, demand.

    Distances are Euclidean, rounded down: with others the published values do not hold. They are
    not weighted by demand.
    """
    tokens = Tokens(path)
    tokens.numbers(2, "the number of the problem and its value")
    n, p = tokens.count("the number of customers"), tokens.integer("the number of sites", least=1)
    capacity = tokens.number("the capacity of a site")
    rows = tokens.table(n, 4, "customers: number, x, y, demand", least=ANYWHERE)
    travel = np.floor(euclidean(rows[:, 1:3]))
    demand = positive(tokens, rows[:, 3])
    return _capacitated(path.stem, travel, demand, np.full(n, capacity), p, ORLIB)


def sjc_cpmp(path: Path) -> Published:
    """Read a capacitated p-median problem: n, p; x, y, capacity, demand.

    Distances are Euclidean and not weighted by demand.
    """
    tokens = Tokens(path)
    n, p = tokens.count("the number of customers"), tokens.integer("the number of sites", least=1)
    rows = tokens.table(n, 4, "customers: x, y, capacity, demand", least=ANYWHERE)
    demand = positive(tokens, rows[:, 3])
    return _capacitated(path.stem, euclidean(rows[:, :2]), demand, rows[:, 2], p, SJC)


def _capacitated(
    name: str, travel: Floats, demand: Floats, capacity: Floats, p: int, source: dict[str, Any]
) -> Published:
    n = len(demand)
    instance = classic(
        name,
        all_pairs(travel, cost=travel),
        title=f"Capacitated p-median {name}, {n} points",
        demand=demand,
        sites=numbered("site", n),
        customers=numbered("customer", n),
        capacity=capacity,
        sources=[source],
        assumptions=["The cost of serving a point is its distance, whatever its demand."],
    )
    return Published(instance, "capacitated-p-median", {"siting.number": p})


def tsplib(
    path: Path,
    *,
    sites: int,
    model: Literal["p-median", "p-center"] = "p-median",
    floored: bool = True,
) -> Published:
    """Read coordinates (EUC_2D): every point is a customer and a site.

    Parameters
    ----------
    path : Path
        The file.
    sites : int
        Number of sites.
    model : str
        ``p-median`` or ``p-center``.
    floored : bool
        Distances are rounded down, as published p-median values have them; TSPLIB itself rounds to
        the nearest whole number. False: real distances.
    """
    tokens = Tokens(path)
    tokens.skip_past("NODE_COORD_SECTION", "coordinates")
    rows = []
    while tokens.left and not tokens.next_is("EOF"):
        rows.append(tokens.numbers(3, "number, x, y", least=ANYWHERE))
    if not rows:
        raise tokens.error("no coordinates follow NODE_COORD_SECTION", "check the file")
    travel = euclidean(np.array(rows)[:, 1:])
    travel = np.floor(travel) if floored else travel
    return posed(path.stem, all_pairs(travel), np.ones(len(rows)), model, sites, TSPLIB)


def swain(
    path: Path, *, sites: int | None = None, model: Model = "p-median", radius: float | None = None
) -> Published:
    """Read Swain's nodes: a header, then id, x, y, demand; every node is a customer and a site.

    Parameters
    ----------
    path : Path
        The file.
    sites : int, optional
        Number of sites, for all models but ``lscp``.
    model : str
        ``p-median``, ``p-center``, ``mclp`` or ``lscp``.
    radius : float, optional
        Greatest distance at which a site serves a node, for ``mclp`` and ``lscp``.
    """
    tokens = Tokens(path)
    for word in ("id", "x", "y", "a"):
        if tokens.word("the header").casefold() != word:
            raise tokens.error("the header is not: id x y a", "check the file", at=0)
    rows = tokens.table(tokens.left // 4, 4, "nodes: id, x, y, demand", least=ANYWHERE)
    links = within(all_pairs(euclidean(rows[:, 1:3])), radius)
    return posed(path.stem, links, rows[:, 3], model, sites, SWAIN)


def euclidean(points: Floats) -> Floats:
    """Return the distances between points, of shape (points, points)."""
    from scipy.spatial.distance import cdist

    return np.asarray(cdist(points, points), dtype=np.float64)


def within(links: Links, radius: float | None) -> Links:
    """Return the links no longer than a radius."""
    if radius is None:
        return links
    near = links.travel <= radius
    return Links(links.site[near], links.customer[near], links.travel[near])


def posed(
    name: str,
    links: Links,
    demand: Floats,
    model: Model,
    sites: int | None,
    source: dict[str, Any],
) -> Published:
    """Return a problem in which every point is a customer and a site of unlimited capacity."""
    n = len(demand)
    instance = classic(
        name,
        links,
        title=f"Points {name}, {n} customers and sites",
        demand=demand,
        sites=numbered("site", n),
        customers=numbered("customer", n),
        sources=[source],
    )
    unit = float(demand.sum()) if model == "mclp" else 1.0
    return Published(instance, model, {} if sites is None else {"siting.number": sites}, unit)


def random_points(points: int, sites: int, seed: int) -> Published:
    """Return a p-median of points drawn uniformly in a square of side 100, distances real."""
    places = np.random.default_rng(seed).uniform(0.0, 100.0, (points, 2))
    name = f"euclidean-{points}-{sites}-{seed}"
    source = {"title": f"drawn at random, seed {seed}"}
    ones = np.ones(points)
    return posed(name, all_pairs(euclidean(places)), ones, "p-median", sites, source)
