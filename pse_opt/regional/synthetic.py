"""Synthetic instances of any size: seeded, controllable, feasible by construction.

Places, offers and capacities are drawn in ``synthetic_draws``; here they become tables. Ratios of
cost are those of the real instances, as the comments beside them say.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from pse_opt.errors import InputError, Problem
from pse_opt.regional.synthetic_draws import (
    COVERAGE,
    OFFERS_PER_NEED,
    PRIVATE,
    REACH_KM,
    capacities,
    located,
    places,
    sites,
)

__all__ = ["build"]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Drawn = dict[str, Any]

KINDS = ("government", "ngo", "private")
# Per kind: mode; median and log spread of the average cost relative to government's; share of the
# cost at full capacity that is fixed; users' and own share; quality. Medians of mw-districts,
# cn-ningxia and us-georgia: NGO cost 1.00, 0.94, 0.85 (a tenth are below 0.78, 0.73, 0.67 and above
# 1.23, 1.17, 1.05); private 1.10, 0.77, 0.77; fixed share of government 0.48, 0.41, 0.35, of NGOs
# 0.52, 0.21, 0.28, of private providers 0.57, 0.18, 0.12.
TERMS = pd.DataFrame(
    [
        ("direct", 1.00, 0.12, 0.41, 0.00, 0.00, 0.75),
        ("contract", 0.94, 0.17, 0.28, 0.00, 0.05, 0.80),
        ("voucher", 0.80, 0.15, 0.18, 0.15, 0.00, 0.75),
    ],
    columns=["mode", "cost", "spread", "fixed", "users", "own", "quality"],
    index=pd.Index(KINDS),
)
ECONOMIES, MINIMUM, CONTRACT, SUPERVISION = -0.10, 0.10, 0.02, 0.04
PEOPLE, COST, ACCESS = 10_000.0, 100.0, 0.25


def build(
    *,
    needs: int = 100,
    services: int = 1,
    tightness: float = 0.8,
    ngo_share: float = 0.3,
    clustering: float = 0.5,
    inequality: float = 0.5,
    links_per_need: float = 12,
    seed: int = 0,
) -> tuple[dict[str, Any], dict[str, pd.DataFrame]]:
    """Build a synthetic instance.

    Parameters
    ----------
    needs, services : int
        Number of needs, rounded up to a multiple of the services: each region has one for each.
    tightness : float
        Demand over the capacity within reach, of every service; greater than 0, at most 1. The
        instance has a plan with floor and target 0.90 and a range of coverage of 0.07.
    ngo_share : float
        NGO offers as a share of all offers, from 0 to 0.9.
    clustering : float
        Share of the regions that lie in towns: 0 is uniform, 1 strongly clustered.
    inequality : float
        Standard deviation of the logarithm of regions' population, from 0 to 3.
    links_per_need : float
        Offers within reach of a need, on average; at most three quarters of a service's offers.
    seed : int
        Seed of all draws.

    Returns
    -------
    about : dict
        Content of ``instance.toml``.
    tables : dict of DataFrame
        Tables of the instance; money and units are arbitrary.

    Raises
    ------
    InputError
        Parameters out of range, all of them at once.
    """
    given: Drawn = dict(locals())
    check(given)
    generator = np.random.default_rng(seed)
    count = -(-needs // services)
    plane, cell = places(generator, count, clustering)
    people = PEOPLE * np.exp(inequality * generator.standard_normal(count))
    demand = people[:, None] * generator.uniform(0.9, 1.1, (count, services))
    demand = np.maximum(demand.round(), 1.0)
    offers = sites(generator, people, services, ngo_share)
    located(plane, offers, generator, links_per_need)
    capacities(offers, demand, tightness, generator)
    regions = regions_of(offers, people, cell)
    return about_of(given), {
        "regions": regions,
        "jurisdictions": jurisdictions_of(regions, demand),
        "services": services_of(services),
        "needs": needs_of(regions, demand),
        "providers": providers_of(offers, regions),
        "offers": offers_of(offers, regions, demand, generator),
    }


def check(given: Drawn) -> None:
    """Report every parameter that is out of range."""
    ranges: dict[str, tuple[float, float]] = {"needs": (1, 1e6), "services": (1, 100)}
    ranges |= {"tightness": (0.01, 1), "ngo_share": (0, 0.9), "clustering": (0, 1)}
    ranges |= {"inequality": (0, 3), "links_per_need": (2, 1000), "seed": (0, 2**63)}
    problems = [
        Problem("synthetic", "out of range", f"from {low:g} to {high:g}", column=name, value=value)
        for name, (low, high) in ranges.items()
        if not low <= (value := given[name]) <= high
    ]
    if problems:
        raise InputError(problems)


def named(letter: str, numbers: Integers) -> pd.Series:
    """Return identifiers such as ``r000012``."""
    return letter + pd.Series(numbers + 1).astype(str).str.zfill(6)


def regions_of(offers: Drawn, people: Floats, cell: Integers) -> pd.DataFrame:
    """Return the regions; jurisdictions are cells of a grid of about twenty regions."""
    table = pd.DataFrame(offers["here"], columns=["longitude", "latitude"])
    table.insert(0, "region", named("r", np.arange(len(people))))
    table.insert(1, "population", np.maximum(people.round(), 1).astype(np.int64))
    table.insert(2, "jurisdiction", named("j", cell))
    return table


def jurisdictions_of(regions: pd.DataFrame, demand: Floats) -> pd.DataFrame:
    """Return the jurisdictions; the budget would meet the whole need at the standard cost."""
    units = pd.Series(demand.sum(axis=1)).groupby(regions["jurisdiction"]).sum()
    return pd.DataFrame({"jurisdiction": units.index, "budget": (COST * units.to_numpy()).round()})


def services_of(services: int) -> pd.DataFrame:
    """Return the services, all of one reach and standard cost."""
    table = pd.DataFrame({"service": [f"service-{s + 1}" for s in range(services)]})
    table = table.assign(unit="units", reach_km=REACH_KM, unmet_penalty=0)
    table["access_cost_per_km"] = ACCESS * COST / REACH_KM
    return table.assign(last_resort_cost=1.6 * COST, last_resort_quality=0.6)


def needs_of(regions: pd.DataFrame, demand: Floats) -> pd.DataFrame:
    """Return one need per region and service, units per year."""
    count, services = demand.shape
    return pd.DataFrame(
        {
            "region": regions["region"].repeat(services).to_numpy(),
            "service": np.tile([f"service-{s + 1}" for s in range(services)], count),
            "demand": demand.ravel().astype(np.int64),
        }
    )


def providers_of(offers: Drawn, regions: pd.DataFrame) -> pd.DataFrame:
    """Return the providers: each offer of others has its own, governments one per region."""
    number = np.where(offers["kind"] == 0, offers["region"], np.arange(len(offers["kind"])))
    offers["provider"] = pd.Series(np.array(["g", "n", "p"])[offers["kind"]])
    offers["provider"] += named("", number)
    kinds = np.array(KINDS)[offers["kind"]]
    home = regions["jurisdiction"].to_numpy()[offers["region"]]
    table = pd.DataFrame({"provider": offers["provider"], "kind": kinds, "supervisor": home})
    return table.drop_duplicates("provider").sort_values("provider", ignore_index=True)


def offers_of(
    offers: Drawn, regions: pd.DataFrame, demand: Floats, generator: np.random.Generator
) -> pd.DataFrame:
    """Return the offers; cost falls with size and varies by kind."""
    kind: Integers = offers["kind"]
    capacity, paid = offers["capacity"], kind > 0
    terms = TERMS.iloc[kind].reset_index(drop=True)
    ratio = terms["cost"] * np.exp(terms["spread"] * generator.standard_normal(len(capacity)))
    unit = COST * ratio * np.clip((capacity / np.median(demand)) ** ECONOMIES, 0.8, 1.25)
    own = 2 * terms["own"] * generator.random(len(capacity))
    smallest = np.minimum(MINIMUM * capacity, 0.9 * offers["load"])
    share: pd.Series[float] = 1 - terms["fixed"] - terms["users"] - own
    return pd.DataFrame(
        {
            "offer": named("o", np.arange(len(capacity))),
            "provider": offers["provider"],
            "service": [f"service-{s + 1}" for s in offers["service"]],
            "mode": terms["mode"],
            "region": regions["region"].to_numpy()[offers["region"]],
            "longitude": offers["there"][:, 0],
            "latitude": offers["there"][:, 1],
            "capacity": capacity.astype(np.int64),
            "minimum_volume": np.floor(smallest * paid).astype(np.int64),
            "fixed_cost": (terms["fixed"] * unit * capacity).round().astype(np.int64),
            "unit_cost": (share * unit).round(2),
            "user_fee": (terms["users"] * unit).round(2),
            "own_funds": (own * unit).round(2),
            "contract_cost": (CONTRACT * unit * capacity * paid).round().astype(np.int64),
            "supervision_cost": (SUPERVISION * unit * paid).round(2),
            "quality": terms["quality"],
        }
    )


def about_of(given: Drawn) -> Drawn:
    """Return the content of ``instance.toml``: every parameter and every figure used."""
    values = ", ".join(f"{name} {value}" for name, value in given.items())
    kinds = TERMS.reset_index(names="kind").to_dict("records")
    terms = "; ".join(", ".join(f"{k} {v}" for k, v in kind.items()) for kind in kinds)
    return {
        "schema": 1,
        "name": f"synthetic-{given['needs']}-{given['seed']}",
        "title": f"Synthetic: {given['needs']} needs, {given['services']} services",
        "description": "Drawn at random; people, places and providers are nobody's.",
        "seed": int(given["seed"]),
        "assumptions": [
            f"Drawn with {values}.",
            "Nothing is data; ratios are near the medians of mw-districts, cn-ningxia, us-georgia.",
            f"Offers per need: {OFFERS_PER_NEED} (us-georgia 1.6, cn-ningxia 2.0 to 3.2), of which "
            f"{PRIVATE} private (0.12, 0.07).",
            f"Cost relative to government's with its log spread, then shares of cost: {terms}.",
            "Government's cost varies little (0.84 to 1.13 of its median in us-georgia), NGOs' "
            "more (0.67 to 1.23, from the lowest to the highest decile of the three instances).",
            f"A need is population x a draw between 0.9 and 1.1; cost falls with capacity ** "
            f"{ECONOMIES}; the standard cost is {COST} a unit, and access at the reach of "
            f"{REACH_KM} km {ACCESS} of that (us-georgia 0.24).",
            f"Contracts cost {CONTRACT} and supervision {SUPERVISION} of the cost; they start at "
            f"{MINIMUM} of capacity or less.",
            f"A hidden plan with coverage between {COVERAGE[0]} and {COVERAGE[1]} keeps the "
            "instance feasible.",
        ],
    }
