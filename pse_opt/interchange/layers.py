"""Layers of a map: regions, offers and deliveries with their shapes, from an instance or a result.

A layer is a table with a shape for each record; GeoJSON and GeoPackage are written from the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from pse_opt.errors import Findings, Problem
from pse_opt.interchange.shapes import line, place_of, point, shapes_of
from pse_opt.interchange.values import text_frame
from pse_opt.tables import LAST_RESORT, Table

if TYPE_CHECKING:
    from pse_opt.instance import Instance
    from pse_opt.interchange.kept import Kept

__all__ = ["Layer", "instance_layers", "layer_text", "result_layers"]

Shapes = Sequence[Mapping[str, Any] | None]
MEANS = ("coverage", "coverage_own", "quality", "travel")
"""Levels of regions, as means over needs weighted by demand."""


@dataclass(frozen=True, eq=False)
class Layer:
    """A table, and a shape for each of its records; no shapes at all for a plain table."""

    name: str
    frame: pd.DataFrame = field(repr=False)
    shapes: Shapes | None = field(default=None, repr=False)


def instance_layers(instance: Instance) -> list[Layer]:
    """Return the tables of an instance: regions as areas or points, offers as points."""
    found = []
    areas = shapes_of(instance.geometry)
    for name, table in instance.tables.items():
        frame = table.reset_index(drop=True)
        shapes: Shapes | None = None
        if name == "regions":
            shapes = [
                areas.get(r) or p for r, p in zip(frame["region"], _points(frame), strict=True)
            ]
        elif name == "offers":
            sites = instance.tables["regions"].set_index("region")[["longitude", "latitude"]]
            home = sites.loc[frame["region"]].reset_index(drop=True)
            shapes = _points(frame[["longitude", "latitude"]].fillna(home))
        found.append(Layer(name, frame, shapes))
    return found


def result_layers(instance: Instance, kept: Kept) -> list[Layer]:
    """Return regions with levels, offers engaged as points, deliveries as lines, and payments."""
    from pse_opt.interchange.kept import typed

    tables = {name: typed(frame) for name, frame in kept.tables.items()}
    places = {x.name: x for x in instance_layers(instance) if x.shapes is not None}
    regions, offers = places["regions"], places["offers"]
    known = ["region", "name", "name_local", "population", "jurisdiction"]
    levels = tables.get("levels", pd.DataFrame())
    frame = regions.frame[known].assign(**_levels(regions.frame["region"], levels))
    found = [Layer("regions", frame, regions.shapes)]
    site = dict(zip(offers.frame["offer"], offers.shapes or (), strict=True))
    centre = dict(zip(regions.frame["region"], _points(regions.frame), strict=True))
    if "plan" in tables:
        plan = tables["plan"]
        found.append(Layer("offers", plan, [site.get(o) for o in plan["offer"]]))
    if "deliveries" in tables:
        rows = tables["deliveries"]
        ends = zip(rows["offer"], rows["region"], strict=True)
        lines = [None if o == LAST_RESORT else line(site.get(o), centre.get(r)) for o, r in ends]
        found.append(Layer("deliveries", rows, lines))
    return found + [Layer(n, tables[n]) for n in ("levels", "payments") if n in tables]


def _points(frame: pd.DataFrame) -> list[dict[str, Any] | None]:
    return [point(x, y) for x, y in zip(frame["longitude"], frame["latitude"], strict=True)]


def _levels(regions: pd.Series, levels: pd.DataFrame) -> dict[str, Any]:
    """Return levels by region, a column for each service: ``coverage_health``."""
    found: dict[str, Any] = {}
    if not {"region", "service", "demand"} <= set(levels.columns):
        return found
    for service, rows in levels.groupby("service", sort=False):
        weight = rows["demand"]
        total = weight.groupby(rows["region"]).sum()
        found[f"demand_{service}"] = regions.map(total)
        for name in MEANS:
            if name in rows:
                known = weight.where(rows[name].notna())
                above = (rows[name] * weight).groupby(rows["region"]).sum(min_count=1)
                below = known.groupby(rows["region"]).sum(min_count=1)
                with np.errstate(invalid="ignore"):
                    found[f"{name}_{service}"] = regions.map(above / below)
    return found


def layer_text(
    table: Table, frame: pd.DataFrame, shapes: Shapes, findings: Findings
) -> tuple[pd.DataFrame, dict[str, Mapping[str, Any]]]:
    """Return a layer as text with longitude and latitude, and the areas of regions.

    Columns of coordinates that the file has stand, blank or not: an offer without coordinates of
    its own is drawn where its region is. Without such columns they are those of the point, or of a
    place inside the area.
    """
    text = text_frame(table, frame, findings, "feature")
    if "longitude" not in table.by_name:
        return text, {}
    places = [
        _place(table, shape, row, findings) for row, shape in zip(text.index, shapes, strict=True)
    ]
    for at, name in enumerate(("longitude", "latitude")):
        if name not in text:
            cells = [repr(p[at]) if p else "" for p in places]
            text[name] = pd.Series(cells, index=text.index, dtype=object)
    areas: dict[str, Mapping[str, Any]] = {}
    if table.name == "regions" and "region" in text:
        named = zip(text["region"], shapes, strict=True)
        areas = {r: s for r, s in named if s and s.get("type") != "Point" and s.get("coordinates")}
    return text, areas


def _place(
    table: Table, shape: Mapping[str, Any] | None, row: int, findings: Findings
) -> tuple[float, float] | None:
    try:
        return place_of(shape)
    except (ValueError, TypeError, IndexError, KeyError) as error:
        message = f"feature {row - 1} has a shape that cannot be read: {error}"
        remedy = "give it a Point, Polygon or MultiPolygon in longitude and latitude"
        findings.problems.append(Problem(table.name, message, remedy, int(row), "geometry"))
        return None
