"""Synthetic instances: what is drawn of places, offers and the hidden plan behind capacities.

Ratios of supply are those of the real instances, as the comments beside them say. A hidden plan
guarantees feasibility: every need is given a coverage between 0.90 and 0.97 from offers within
reach, and no offer has less capacity than this plan asks of it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from pse_opt.links import EARTH_RADIUS_KM, on_sphere

__all__ = [
    "COVERAGE",
    "OFFERS_PER_NEED",
    "PRIVATE",
    "REACH_KM",
    "capacities",
    "located",
    "places",
    "sites",
]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Drawn = dict[str, Any]

REACH_KM, SPREAD_KM = 10.0, 4.0
OFFERS_PER_NEED = 1.6  # us-georgia 1.6; cn-ningxia 2.0 to 3.2
PRIVATE = 0.10  # share of offers: cn-ningxia 0.07, us-georgia 0.12
ELSEWHERE, NEAREST, SIZES = 0.35, 3, 0.7
COVERAGE = (0.90, 0.97)
TOWN, REGIONS_PER_JURISDICTION = 0.12, 20


def places(
    generator: np.random.Generator, count: int, clustering: float
) -> tuple[Floats, Integers]:
    """Return points of the regions in the unit square, and the cell of a grid they lie in.

    Towns are as many as the root of the regions; their areas follow their size, so that all are
    about 5.5 times as dense as the square would be if it held all regions uniformly.
    """
    towns = max(2, round(count**0.5))
    weight = np.arange(1, towns + 1) ** -0.5
    weight /= weight.sum()
    town = generator.choice(towns, count, p=weight)
    spread = TOWN * np.sqrt(weight[town])[:, None]
    near = generator.random((towns, 2))[town] + spread * generator.standard_normal((count, 2))
    inside = generator.random(count) < clustering
    plane = np.where(inside[:, None], np.abs(near), generator.random((count, 2)))
    side = max(1, round((count / REGIONS_PER_JURISDICTION) ** 0.5))
    grid = np.clip((plane * side).astype(np.int64), 0, side - 1)
    return plane, grid[:, 0] * side + grid[:, 1]


def sites(generator: np.random.Generator, people: Floats, services: int, ngo_share: float) -> Drawn:
    """Return kind, service, region and draws of the offers.

    Every need has an offer in its region (its home), of government as far as there are enough; the
    others follow the root of population.
    """
    count, needs = len(people), len(people) * services
    total = max(needs, round(OFFERS_PER_NEED * needs))
    ngo = round(ngo_share * total)
    private = min(round(PRIVATE * total), total - ngo)
    kinds = np.repeat([0, 1, 2], [total - ngo - private, ngo, private])
    homes, more = generator.permutation(needs), total - needs
    drawn = generator.choice(count, more, p=people**0.5 / (people**0.5).sum())
    bearing = generator.uniform(0, 2 * np.pi, total)
    away = SPREAD_KM * np.sqrt(generator.random(total)) * (np.arange(total) >= needs)
    return {
        "kind": np.concatenate([kinds[:needs], generator.permutation(kinds[needs:])]),
        "service": np.concatenate([homes % services, generator.integers(0, services, more)]),
        "region": np.concatenate([homes // services, drawn]),
        "home": np.arange(total) < needs,
        "offset": np.column_stack((np.cos(bearing), np.sin(bearing))) * away[:, None],
        "size": np.exp(SIZES * generator.standard_normal(total)),
    }


def located(
    plane: Floats, offers: Drawn, generator: np.random.Generator, links_per_need: float
) -> None:
    """Scale the square so that needs have the wanted links, and add places in degrees.

    Links fall with the square of the scale; links of a sample of regions correct it until they are
    within one percent.
    """
    count, total = len(plane), len(offers["region"])
    services = int(offers["service"].max()) + 1
    wanted = min(links_per_need, 0.75 * total / services)
    sample = generator.permutation(count)[:5000]
    scale = REACH_KM * np.sqrt(np.pi * total / services / wanted)
    for _ in range(30):
        here, there = points(plane, scale), points(plane[offers["region"]], scale, offers["offset"])
        chord = 2 * np.sin(REACH_KM / EARTH_RADIUS_KM / 2)
        tree = cKDTree(on_sphere(*there.T))
        near = tree.query_ball_point(on_sphere(*here[sample].T), chord, return_length=True)
        found = float(np.mean(near)) / services
        if abs(found / wanted - 1) < 0.01:
            break
        scale *= float(np.clip(found / wanted, 0.25, 4.0)) ** 0.5
    offers["here"], offers["there"] = here, there


def points(plane: Floats, scale: float, offset: Floats | float = 0.0) -> Floats:
    """Return longitudes and latitudes of points of the square, which is ``scale`` km wide."""
    km = (plane - 0.5) * scale + offset
    latitude = np.degrees(km[:, 1] / EARTH_RADIUS_KM)
    longitude = np.degrees(km[:, 0] / EARTH_RADIUS_KM) / np.cos(np.radians(latitude))
    return np.column_stack((longitude, latitude)).round(6)


def capacities(
    offers: Drawn, demand: Floats, tightness: float, generator: np.random.Generator
) -> None:
    """Add what the hidden plan asks of each offer, and its capacity (units per year).

    35 % of a need are delivered by the nearest offers that are nobody's home, where there are any
    within reach; the rest by its home.
    """
    coverage = generator.uniform(*COVERAGE, demand.shape)
    slack = np.exp(0.5 * generator.standard_normal(len(offers["region"])))
    load = np.zeros(len(slack))
    capacity = np.zeros(len(slack))
    for service in range(demand.shape[1]):
        mine = offers["service"] == service
        home = np.flatnonzero(mine & offers["home"])
        rest = np.flatnonzero(mine & ~offers["home"])
        units = coverage[:, service] * demand[:, service]
        near, part = split(offers, rest)
        np.add.at(load, near, part * (ELSEWHERE * units)[:, None])
        load[home] = (units * (1 - ELSEWHERE * part.sum(axis=1)))[offers["region"][home]]
        weight = slack[mine] * np.maximum(load[mine], 0.1 * load[mine].mean())
        free = max(0.0, demand[:, service].sum() / tightness - load[mine].sum())
        capacity[mine] = np.ceil(load[mine] + free * weight / weight.sum())
    offers["load"], offers["capacity"] = load, capacity


def split(offers: Drawn, rest: Integers) -> tuple[Integers, Floats]:
    """Return the nearest of the other offers of each region, and their parts (0 out of reach)."""
    count = len(offers["here"])
    if not len(rest):
        return np.zeros((count, 1), dtype=np.int64), np.zeros((count, 1))
    tree = cKDTree(on_sphere(*offers["there"][rest].T))
    wanted = list(range(1, min(NEAREST, len(rest)) + 1))
    chord, at = tree.query(on_sphere(*offers["here"].T), k=wanted)
    near = rest[at]
    inside = chord < 2 * np.sin(0.999 * REACH_KM / EARTH_RADIUS_KM / 2)
    weight = offers["size"][near] * inside
    return near, weight / np.maximum(weight.sum(axis=1, keepdims=True), 1e-9)
