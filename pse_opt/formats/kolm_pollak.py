"""Kolm-Pollak facility location: people, destinations and distances as three CSV tables.

The test data of Skipper's ``equitable-facility-location`` (MIT), whose seven asserted values are
:data:`ASSERTED`. Its inequality aversion (negative there) is a positive number here, and
``kappa = aversion x alpha`` with a scale ``alpha`` in 1/distance. The published method (Horton,
Logan, Murrell, Skipper and Speakman 2024, arXiv 2401.15452) has ``alpha = sum(p d) / sum(p d^2)``;
that code computes ``sum(p d) / sum((p d)^2)``, and its values hold for that alpha.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from pse_opt import measures
from pse_opt.csv_reading import read_csv
from pse_opt.errors import Findings, InputError, Problem
from pse_opt.formats.classic import Floats, Links, Published, classic
from pse_opt.reading import convert_table
from pse_opt.tables import Column, Table

__all__ = ["ASSERTED", "Asserted", "read", "reported", "source_scale"]

SOURCE = {
    "title": "equitable-facility-location, test data (D. Skipper)",
    "year": 2024,
    "licence": "MIT",
}
ORIGINS = Table(
    "origins",
    "Where people live.",
    (
        Column("id", "identifier", "identifier", required=True),
        Column("population", "people", minimum=0.0, required=True),
    ),
    ("id",),
)
DESTINATIONS = Table(
    "destinations",
    "Where a service may be.",
    (
        Column("id", "identifier", "identifier", required=True),
        Column("open", "yes: must be open", "choice", choices=("yes", "percent")),
        Column("capacity", "people", minimum=0.0),
    ),
    ("id",),
)
DISTANCES = Table(
    "distances",
    "Distances in any unit.",
    (
        Column("origin", "origin", "identifier", required=True),
        Column("destination", "destination", "identifier", required=True),
        Column("distance", "distance", minimum=0.0, required=True),
    ),
    ("origin", "destination"),
)


def read(
    folder: Path,
    *,
    sites: int | None = None,
    target: float | None = None,
    aversion: float = 1.0,
    scale: float | None = None,
    radius: float | None = None,
    capacity: float | None = None,
    destinations: str = "destinations_basic.csv",
    distances: str = "distances_cartesian.csv",
    origins: str = "origins_basic.csv",
) -> Published:
    """Read the three tables of a folder.

    Parameters
    ----------
    folder : Path
        Holds the tables.
    sites : int, optional
        Number of sites to open: least Kolm-Pollak equivalent of distance (or, with an aversion of
        0, least mean distance).
    target : float, optional
        Instead of ``sites``: the greatest equivalent distance; fewest sites.
    aversion : float
        Aversion to inequality, from 0.
    scale : float, optional
        Alpha in 1/distance; by default the source's rule, from the nearest required site (or the
        nearest site, where none is required).
    radius : float, optional
        Greatest distance at which people may be assigned.
    capacity : float, optional
        People that a site can serve, where its own capacity is blank; by default unlimited.
    destinations, distances, origins : str
        File names. ``percent`` in the column ``open`` (a share of those must open) is read as
        blank: the share is 0 in all asserted values.

    Raises
    ------
    InputError
        With all problems of the three tables.
    """
    findings = Findings()
    people, places, pairs = (
        _table(table, folder / name, findings)
        for table, name in (
            (ORIGINS, origins),
            (DESTINATIONS, destinations),
            (DISTANCES, distances),
        )
    )
    _known(pairs, people, places, findings)
    if (sites is None) == (target is None):
        message, remedy = "one of sites and target is needed", "give one of them, not both"
        findings.problems.append(Problem("kolm-pollak", message, remedy))
    if findings.problems:
        raise InputError(findings.problems)
    if radius is not None:
        pairs = pairs[pairs["distance"] <= radius]
    required = places["open"].where(places["open"] == "yes", "")
    if scale is None:
        scale = _scale_before(people, pairs, set(places.loc[required == "yes", "id"]))
    limits = places["capacity"].fillna(people["population"].sum() if capacity is None else capacity)
    instance = classic(
        f"{folder.name}-{Path(destinations).stem}",
        _links(pairs, people, places),
        title="Kolm-Pollak facility location, synthetic test data",
        demand=people["population"].to_numpy(),
        sites=places["id"].tolist(),
        customers=people["id"].tolist(),
        capacity=limits.to_numpy(),
        required=required.tolist(),
        sources=[SOURCE],
    )
    overrides: dict[str, Any] = {}
    if aversion > 0:
        overrides["equalization.regions.kappa"] = aversion * scale
    if capacity is not None or places["capacity"].notna().any():
        overrides["single_source"] = True
    if sites is not None:
        overrides["siting.number"] = sites
        model = "kolm-pollak-p-median" if aversion > 0 else "p-median"
        unit = 1.0 if aversion > 0 else 1.0 / float(people["population"].sum())
        return Published(instance, model, overrides, unit, partial(_reported, aversion=aversion))
    overrides |= {"siting": False, "equalization.regions.maximum": target}
    overrides |= {"objective.minimize": ["engagement"]}
    return Published(instance, "kolm-pollak-p-median", overrides)


def _table(table: Table, path: Path, findings: Findings) -> pd.DataFrame:
    try:
        return convert_table(table, read_csv(path), findings)
    except InputError as error:
        findings.problems += error.problems
        return convert_table(table, pd.DataFrame(columns=list(table.by_name)), Findings())


def _known(
    pairs: pd.DataFrame, people: pd.DataFrame, places: pd.DataFrame, findings: Findings
) -> None:
    for column, known in (("origin", people["id"]), ("destination", places["id"])):
        for row, value in pairs.loc[~pairs[column].isin(known), column].items():
            message, remedy = f"no {column} of this name", f"add it to the {column}s"
            findings.problems.append(
                Problem("distances", message, remedy, int(str(row)), column, value)
            )


def _scale_before(people: pd.DataFrame, pairs: pd.DataFrame, required: set[str]) -> float:
    """Alpha by the rule of the source, from distances before any decision."""
    used = pairs[pairs["destination"].isin(required)] if required else pairs
    nearest = used.groupby("origin")["distance"].min().reindex(people["id"])
    return source_scale(nearest.to_numpy(), people["population"].to_numpy())


def _links(pairs: pd.DataFrame, people: pd.DataFrame, places: pd.DataFrame) -> Links:
    return Links(
        pd.Index(places["id"]).get_indexer(pd.Index(pairs["destination"])).astype(np.int64),
        pd.Index(people["id"]).get_indexer(pd.Index(pairs["origin"])).astype(np.int64),
        pairs["distance"].to_numpy(dtype=np.float64),
    )


def source_scale(distance: Floats, people: Floats) -> float:
    """Return alpha in 1/distance as the source computes it, which is not the paper's.

    Examples
    --------
    >>> import numpy as np
    >>> source_scale(np.array([1.0, 3.0]), np.array([2.0, 1.0]))
    0.38461538461538464
    """
    weighted = people * distance
    return float(weighted.sum() / (weighted**2).sum())


def reported(distance: Floats, people: Floats, aversion: float) -> float:
    """Return the equivalent as the source reports it: with the alpha of the final assignment."""
    if aversion == 0:
        return float(np.average(distance, weights=people))
    kappa = aversion * source_scale(distance, people)
    return measures.kolm_pollak(distance, people, kappa=kappa, burden=True)


def _reported(levels: pd.DataFrame, aversion: float) -> float:
    return reported(levels["travel"].to_numpy(), levels["demand"].to_numpy(), aversion)


@dataclass(frozen=True)
class Asserted:
    """One value that the source's own tests assert.

    Attributes
    ----------
    name : str
        Of the test.
    options : dict
        What :func:`read` takes.
    value : float
        What is asserted.
    what : {"reported", "sites"}
        The equivalent as :func:`reported`, or the number of sites.
    """

    name: str
    options: dict[str, Any]
    value: float
    what: Literal["reported", "sites"]


FREE = "destinations_no_yes_no_percent.csv"
ASSERTED = (
    Asserted("min_ede", {"sites": 6}, 171.4566587957021, "reported"),
    Asserted("min_ede_aversion", {"sites": 6, "aversion": 2.0}, 172.3649176581287, "reported"),
    Asserted("mean_distance", {"sites": 6, "aversion": 0.0}, 170.55386666666666, "reported"),
    Asserted("min_locations", {"target": 190.0}, 6, "sites"),
    Asserted("min_locations_free", {"target": 250.0, "destinations": FREE}, 3, "sites"),
    Asserted(
        "min_locations_radius",
        {"target": 250.0, "destinations": FREE, "radius": 370.0},
        4,
        "sites",
    ),
    Asserted(
        "min_locations_capacity",
        {"target": 250.0, "destinations": FREE, "capacity": 90.0},
        5,
        "sites",
    ),
)
"""The seven values asserted by ``efl/test_optimize.py``."""
