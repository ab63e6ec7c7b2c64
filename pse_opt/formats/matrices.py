"""Facility location by matrices of costs: OR-Library, UflLib, Holmberg, TBED1."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pse_opt.formats.classic import SERVICE, Floats, Published, all_pairs, classic
from pse_opt.formats.tokens import Tokens
from pse_opt.instance import Instance
from pse_opt.plan import Plan

__all__ = [
    "ORLIB",
    "assigned",
    "holmberg",
    "numbered",
    "orlib_cap",
    "positive",
    "tbed1",
    "ufllib",
    "ufllib_plan",
]

ORLIB: dict[str, Any] = {
    "title": "OR-Library, J. E. Beasley",
    "licence": "MIT",
}
HOLMBERG: dict[str, Any] = {"title": "Holmberg, Ronnqvist and Yuan, EJOR 113", "year": 1999}
TBED1: dict[str, Any] = {"title": "Avella and Boccia, test bed 1", "year": 2009}
UFLLIB: dict[str, Any] = {"title": "UflLib, M. Hoefer", "year": 2002}


def orlib_cap(path: Path, *, capacity: float | None = None, capacitated: bool = True) -> Published:
    """Read a warehouse location problem: capacities and fixed costs, then demands with costs.

    Costs of a customer are of all of its demand. Demand may be split between sites.

    Parameters
    ----------
    path : Path
        The file.
    capacity : float, optional
        What the word ``capacity`` stands for in the large files.
    capacitated : bool
        False: capacities and demands are ignored, the uncapacitated problem.
    """
    tokens = Tokens(path)
    m, n = tokens.count("the number of sites"), tokens.count("the number of customers")
    limits, fixed = np.empty(m), np.empty(m)
    for k in range(m):
        limits[k] = _capacity(tokens, capacity)
        fixed[k] = tokens.number("a fixed cost")
    rows = tokens.table(n, m + 1, "demands and costs of customers")
    cost = rows[:, 1:].T
    name = path.stem if capacity is None else f"{path.stem}-{capacity:g}"
    if not capacitated:
        return _published(name, "ufl", cost, np.ones(n), fixed, None, "Uncapacitated", ORLIB)
    demand = positive(tokens, rows[:, 0])
    return _published(name, "cflp", cost / demand, demand, fixed, limits, "Capacitated", ORLIB)


def _capacity(tokens: Tokens, given: float | None) -> float:
    if given is not None and tokens.next_is("capacity"):
        tokens.word("a capacity")
        return given
    if tokens.next_is("capacity"):
        remedy = "give it: --set capacity=8000"
        raise tokens.error("the file leaves the capacity of its sites open", remedy)
    return tokens.number("a capacity")


def holmberg(path: Path) -> Published:
    """Read a single-source problem: capacities and fixed costs, demands, total costs by site."""
    tokens = Tokens(path)
    m, n = tokens.count("the number of sites"), tokens.count("the number of customers")
    sites = tokens.table(m, 2, "capacities and fixed costs")
    demand = positive(tokens, tokens.numbers(n, "demands"))
    cost = tokens.table(m, n, "costs of serving customers")
    return _published(
        f"holmberg-{path.stem}",
        "sscflp",
        cost / demand,
        demand,
        sites[:, 1],
        sites[:, 0],
        "Single-source",
        HOLMBERG,
    )


def tbed1(path: Path, *, single_source: bool = True) -> Published:
    """Read a problem of test bed 1: demands, capacities, fixed costs, costs per unit by site.

    Parameters
    ----------
    path : Path
        The file.
    single_source : bool
        False: a customer's demand may be split between sites.
    """
    tokens = Tokens(path)
    n, m = tokens.count("the number of customers"), tokens.count("the number of sites")
    demand = positive(tokens, tokens.numbers(n, "demands"))
    limits = tokens.numbers(m, "capacities")
    fixed = tokens.numbers(m, "fixed costs")
    cost = tokens.table(m, n, "costs per unit")
    model = "sscflp" if single_source else "cflp"
    name = f"tbed1-{path.parent.name}-{path.stem}".lower()
    kind = "Single-source" if single_source else "Capacitated"
    return _published(name, model, cost, demand, fixed, limits, kind, TBED1)


def ufllib(path: Path) -> Published:
    """Read an uncapacitated problem: the simple format, or OR-Library's without its capacities."""
    tokens = Tokens(path)
    if not tokens.next_is("FILE:"):
        return orlib_cap(path, capacitated=False)
    tokens.word("FILE:")
    tokens.word("the name")
    m, n = tokens.count("the number of sites"), tokens.count("the number of customers")
    tokens.integer("the third number of the second line")
    rows = tokens.table(m, n + 2, "sites with their costs")
    ones = np.ones(n)
    return _published(
        path.stem, "ufl", rows[:, 2:], ones, rows[:, 1], None, "Uncapacitated", UFLLIB
    )


def positive(tokens: Tokens, demand: Floats) -> Floats:
    """Return the demands; one of nothing has no cost per unit."""
    if (demand <= 0).any():
        message = f"customer {int(np.argmin(demand)) + 1} has no demand"
        raise tokens.error(message, "leave the customer out, or read it as uncapacitated")
    return demand


def _published(
    name: str,
    model: str,
    unit_cost: Floats,
    demand: Floats,
    fixed: Floats,
    capacity: Floats | None,
    kind: str,
    source: dict[str, Any],
) -> Published:
    m, n = unit_cost.shape
    instance = classic(
        name,
        all_pairs(unit_cost),
        title=f"{kind} facility location {name}, {n} customers, {m} sites",
        demand=demand,
        sites=numbered("site", m),
        customers=numbered("customer", n),
        capacity=capacity,
        fixed_cost=fixed,
        sources=[source],
        assumptions=["Travel is the cost of serving a unit of demand."],
    )
    return Published(instance, model)


def numbered(word: str, count: int) -> list[str]:
    """Return identifiers: ``site 1``, ``site 2``, ..."""
    return [f"{word} {k + 1}" for k in range(count)]


def ufllib_plan(path: Path, instance: Instance) -> Plan:
    """Read a published plan: the site of each customer, from 0, then the objective."""
    tokens = Tokens(path)
    customers, sites = len(instance.needs), instance.offers["offer"].tolist()
    chosen = [tokens.integer("a site", most=len(sites) - 1) for _ in range(customers)]
    return assigned(instance, [sites[k] for k in chosen])


def assigned(instance: Instance, sites: Sequence[str]) -> Plan:
    """Return the plan in which each need, in order, is served by one offer."""
    served = instance.needs.iloc[: len(sites)]
    deliveries = pd.DataFrame(
        {"offer": list(sites), "region": served["region"], "service": SERVICE, "share": 1.0}
    )
    return Plan.from_deliveries(instance, deliveries)
