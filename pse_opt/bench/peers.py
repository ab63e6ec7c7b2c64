"""Peers: other tools on the same problem, their plans through our checker.

A peer is a program of its own (``benchmarks/peers/NAME.py``) that never imports this library. It
receives on stdin how to run, and a folder with the problem as arrays, ``problem.npz``; of a model
that is no location problem also its rows, ``rows.npz``. It writes what it found to stdout as one
line of JSON: status, objective, bound, seconds and, by position, the sites it opened and who serves
whom. Reading the arrays is part of its time.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pse_opt.bench.cases import Case
from pse_opt.bench.measuring import Measured, measure, parsed
from pse_opt.bench.posing import pose
from pse_opt.errors import InputError, PseError
from pse_opt.formats import Published
from pse_opt.formulation.build import build_sheet
from pse_opt.instance import Instance
from pse_opt.plan import Plan
from pse_opt.policy import read_policy
from pse_opt.solving.compiled import families_of
from pse_opt.solving.outcome import PROVEN
from pse_opt.verification import verify

__all__ = ["arrays", "peer", "rows"]

CLASSICS = ("p-median", "p-center", "ufl", "cflp", "mclp", "lscp")
"""Models that peers write themselves, from links, demands and capacities."""


def peer(case: Case, command: list[str], limit: float) -> tuple[Measured, dict[str, Any]]:
    """Run a peer on a problem, and check its plan."""
    posed = pose(case.problem, case.model, case.overrides)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        np.savez(folder / "problem.npz", **arrays(posed))
        if posed.model not in CLASSICS:
            np.savez(folder / "rows.npz", **rows(posed))
        asked = {**json.loads(case.to_json()), "model": posed.model}
        asked["sites"] = posed.overrides.get("siting.number")
        asked["folder"] = str(folder)
        measured = measure(command, json.dumps(asked), limit)
    told = parsed(measured)
    told["model"] = posed.model
    told["counts"] = {
        "needs": len(posed.instance.needs),
        "offers": len(posed.instance.offers),
        "links": len(posed.instance.links),
    }
    gap = told.get("gap")
    if told["status"] == "optimal" and gap is not None and PROVEN < gap <= case.gap * (1 + 1e-9):
        told["status"] = "within_gap"  # one word for one thing
    plan = told.pop("plan", None)
    return measured, told if plan is None else {**told, **_checked(posed, plan)}


def arrays(posed: Published) -> dict[str, Any]:
    """Return a location problem as arrays.

    Returns
    -------
    dict
        ``site``, ``customer``: positions of the ends of each link; ``travel`` and ``cost`` (access
        cost of all of the customer's demand) of each link; ``demand`` of each customer;
        ``capacity``, ``fixed_cost`` of each site.
    """
    instance = posed.instance
    return {
        "site": instance.links["offer"].to_numpy(),
        "customer": instance.links["need"].to_numpy(),
        "travel": instance.links["travel"].to_numpy(),
        "cost": instance.links["access_cost"].to_numpy() * instance.link_units,
        "demand": instance.needs["demand"].to_numpy(),
        "capacity": instance.offers["capacity"].to_numpy(),
        "fixed_cost": instance.offers["fixed_cost"].to_numpy(),
    }


def rows(posed: Published) -> dict[str, Any]:
    """Return the rows, columns and objective of a model of ours as arrays.

    Returns
    -------
    dict
        ``start``, ``column``, ``value``: coefficients row by row; ``low``, ``high``: limits of
        rows; ``family``, ``first``: names of families, and where the rows of each begin; ``lower``,
        ``upper``, ``whole``: bounds of columns, and which are whole numbers; ``cost``, ``offset``,
        ``maximize``: the objective; ``engaged``, ``delivery``: columns of sizes and links, -1 where
        there is none.

    Raises
    ------
    PseError
        The model cannot be written as a matrix, or is infeasible as it stands.
    """
    m, sheet = build_sheet(posed.instance, read_policy(posed.model, posed.overrides))
    compiled = None if sheet is None else sheet.compiled()
    if compiled is None:
        raise PseError("the model has no rows to be written by a peer")
    names = families_of(compiled.rows).astype(str)
    first = np.flatnonzero(np.concatenate(([True], names[1:] != names[:-1])))
    return {
        "start": compiled.matrix.indptr,
        "column": compiled.matrix.indices,
        "value": compiled.matrix.data,
        "low": compiled.row_lower,
        "high": compiled.row_upper,
        "family": names[first],
        "first": first,
        "lower": compiled.lower,
        "upper": compiled.upper,
        "whole": compiled.integer,
        "cost": compiled.cost,
        "offset": compiled.offset,
        "maximize": compiled.maximize,
        "engaged": compiled.find(m.columns.engaged),
        "delivery": compiled.find(m.columns.delivery),
    }


def _checked(posed: Published, told: dict[str, Any]) -> dict[str, Any]:
    """Return what our checker finds of a peer's plan: objective, whether it keeps the rules."""
    instance = posed.instance
    policy = read_policy(posed.model, posed.overrides)
    try:
        found = verify(instance, _plan(instance, told), policy)
    except (InputError, PseError, IndexError, TypeError, ValueError) as error:
        return {"verified": False, "problems": str(error)[:200]}
    return {
        "verified": found.ok,
        "problems": "; ".join(map(str, found.violations[:3])),
        "objective": found.objective,
        "said": posed.said(found.objective, found.levels),
        "maximize": policy.objective.maximize is not None,
    }


def _plan(instance: Instance, told: dict[str, Any]) -> Plan:
    """The plan of a peer: sizes engaged, and triples of site, customer and share."""
    offers = instance.offers["offer"].to_numpy()
    served = np.asarray(told["serves"], dtype=float).reshape(-1, 3)
    site, need = served[:, 0].astype(int), instance.needs.iloc[served[:, 1].astype(int)]
    deliveries = pd.DataFrame(
        {
            "offer": offers[site],
            "region": need["region"].to_numpy(),
            "group": need["group"].to_numpy(),
            "service": need["service"].to_numpy(),
            "share": np.minimum(served[:, 2], 1.0),
        }
    )
    keys = [instance.size_keys[int(k)] for k in told["opened"]]
    opened = pd.DataFrame(keys, columns=["offer", "size"], dtype=object)
    return Plan(opened, deliveries, (), instance)
