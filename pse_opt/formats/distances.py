"""Location problems by a table of distances: San Francisco's stores and census tracts (spopt)."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from pse_opt.csv_reading import read_csv
from pse_opt.errors import Findings, InputError, Problem
from pse_opt.formats.classic import Links, Published, classic
from pse_opt.formats.points import Model, within
from pse_opt.reading import convert_table
from pse_opt.tables import Column, Table

__all__ = ["spopt"]

SPOPT: dict[str, Any] = {"title": "spopt, test data", "year": 2022, "licence": "BSD-3-Clause"}
PAIRS = Table(
    "distances",
    "Distances between sites and customers, with the customers' demand.",
    (
        Column("distance", "distance", minimum=0.0, required=True),
        Column("name", "site", "identifier", required=True),
        Column("DestinationName", "customer", "identifier", required=True),
        Column("demand", "demand of the customer", minimum=0.0, required=True),
    ),
    ("name", "DestinationName"),
)


def spopt(
    path: Path,
    *,
    model: Model | Literal["lscp"] = "p-median",
    sites: int | None = None,
    radius: float | None = None,
) -> Published:
    """Read a table of distances: distance, name (of the site), DestinationName, demand.

    Parameters
    ----------
    path : Path
        The file.
    model : str
        ``p-median``, ``p-center``, ``mclp`` or ``lscp``.
    sites : int, optional
        Number of sites, for all models but ``lscp``.
    radius : float, optional
        Greatest distance at which a site serves a customer, for ``mclp`` and ``lscp``.
    """
    findings = Findings()
    pairs = convert_table(PAIRS, read_csv(path), findings)
    several = pairs.groupby("DestinationName")["demand"].nunique()
    for customer in several.index[several > 1]:
        message, remedy = "its demand differs from row to row", "write one demand"
        findings.problems.append(
            Problem(path.name, message, remedy, column="demand", value=customer)
        )
    if findings.problems:
        raise InputError(findings.problems)
    site, sites_named = pd.factorize(pairs["name"])
    customer, customers = pd.factorize(pairs["DestinationName"])
    demand = pairs.groupby(customer)["demand"].first().to_numpy(dtype=np.float64)
    links = Links(
        site.astype(np.int64), customer.astype(np.int64), pairs["distance"].to_numpy(dtype=float)
    )
    instance = classic(
        "spopt-san-francisco",
        within(links, radius),
        title=f"San Francisco, {len(customers)} census tracts, {len(sites_named)} stores",
        demand=demand,
        sites=[str(s) for s in sites_named],
        customers=[str(c) for c in customers],
        sources=[SPOPT],
    )
    unit = float(demand.sum()) if model == "mclp" else 1.0
    return Published(instance, model, {} if sites is None else {"siting.number": sites}, unit)
