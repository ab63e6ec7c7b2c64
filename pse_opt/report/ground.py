"""The ground of a map: its frame, shapes, title and scale."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from pse_opt.instance import Instance
from pse_opt.interchange.shapes import shapes_of
from pse_opt.report.style import plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["MANY", "coarser", "ground", "polygons"]

KM_PER_DEGREE = 111.195
MANY = 1500
"""Beyond so many marks they are drawn as a picture: a file of a mark each would be too large."""


def ground(
    instance: Instance, offers: pd.DataFrame, width: float | None, title: str | None
) -> tuple[Figure, Axes]:
    """Return a figure with the axes of a map, its frame, scale and title.

    Raises
    ------
    ValueError
        No region has coordinates.
    """
    regions = instance.regions
    if regions["longitude"].notna().sum() == 0:
        raise ValueError("no region has coordinates; there is nothing to draw")
    (west, east), (south, north) = _frame(instance, offers)
    latitude = float(regions["latitude"].mean())
    wide, high = _figure_size(east - west, north - south, latitude)
    size = (wide, high) if width is None else (width, high * width / wide + 0.3)
    figure = Figure(figsize=size, dpi=110, layout="constrained")
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(True)
    axes.set_aspect(1.0 / np.cos(np.radians(latitude)))
    heading = plain(title or instance.about.title or instance.name)
    figure.suptitle(heading, fontsize=11 if width is None else None, wrap=True)
    axes.set_xlabel("longitude")
    axes.set_ylabel("latitude")
    axes.set_xlim(west, east)
    axes.set_ylim(south, north)
    _scale_bar(axes, latitude)
    return figure, axes


def coarser(ring: np.ndarray, step: float) -> np.ndarray:
    """Return a ring without the points that are in the same cell of a grid as the one before.

    Examples
    --------
    >>> ring = np.array([[0, 0], [0.1, 0], [1, 0], [1, 1], [0, 1], [0, 0]], dtype=float)
    >>> coarser(ring, 0.5).tolist()
    [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0], [0.0, 0.0]]
    """
    cells = np.floor(ring / step) if step > 0 else ring
    moved = np.any(np.diff(cells, axis=0) != 0, axis=1)
    kept = ring[np.concatenate([[True], moved])]
    return kept if len(kept) > 3 else ring


def _frame(instance: Instance, offers: pd.DataFrame) -> tuple[tuple[float, float], ...]:
    """West and east, south and north of all that is drawn, with room for the scale below it."""
    corners = [ring for _, ring in polygons(instance)]
    places = [f[["longitude", "latitude"]].dropna() for f in (instance.regions, offers)]
    points = np.vstack([*(place.to_numpy(dtype=float) for place in places), *corners])
    low, high = points.min(axis=0), points.max(axis=0)
    room = np.where(high > low, high - low, 1.0)
    (west, south), (east, north) = low - (0.06, 0.12) * room, high + 0.06 * room
    return (float(west), float(east)), (float(south), float(north))


def _figure_size(width: float, height: float, latitude: float) -> tuple[float, float]:
    """Inches that fit the shape of the frame (degrees), with room for scale and legend."""
    ratio = float(np.clip(width * np.cos(np.radians(latitude)) / height, 0.5, 1.8))
    return (6.0 * ratio + 1.8, 7.2) if ratio < 1 else (8.6, 6.8 / ratio + 1.2)


def polygons(instance: Instance) -> list[tuple[str, np.ndarray]]:
    """Return (region, outer ring) pairs of ``geometry.geojson``; empty where there is none."""
    found = []
    for name, shape in shapes_of(instance.geometry).items():
        parts = shape["coordinates"] if shape["type"] == "MultiPolygon" else [shape["coordinates"]]
        found += [(name, np.asarray(part[0], dtype=float)[:, :2]) for part in parts]
    return found


def _scale_bar(axes: Axes, latitude: float) -> None:
    """A bar of a round number of kilometres in the lower left corner."""
    low, high = axes.get_xlim()
    per_degree = KM_PER_DEGREE * float(np.cos(np.radians(latitude)))
    wanted = (high - low) * per_degree / 5.0
    step = 10.0 ** np.floor(np.log10(wanted))
    length = float(max(k * step for k in (1.0, 2.0, 5.0) if k * step <= wanted))
    bottom, top = axes.get_ylim()
    x, y = low + 0.04 * (high - low), bottom + 0.04 * (top - bottom)
    axes.plot([x, x + length / per_degree], [y, y], color="black", linewidth=2.5, zorder=9)
    axes.text(x, y + 0.012 * (top - bottom), f"{length:,.0f} km", fontsize=8, zorder=9)
