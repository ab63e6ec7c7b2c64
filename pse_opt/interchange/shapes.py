"""Points, lines and areas on the globe, as GeoJSON has them: longitude and latitude (WGS 84)."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["AREAS", "inside", "line", "place_of", "point", "shapes_document", "shapes_of"]

AREAS = ("Polygon", "MultiPolygon")
Shape = Mapping[str, Any]
Ring = npt.NDArray[np.float64]


def point(longitude: Any, latitude: Any) -> dict[str, Any] | None:
    """Return a point, or None where it is not known."""
    if any(not isinstance(x, int | float) or math.isnan(x) for x in (longitude, latitude)):
        return None
    return {"type": "Point", "coordinates": [float(longitude), float(latitude)]}


def line(start: Shape | None, end: Shape | None) -> dict[str, Any] | None:
    """Return the line between two points: the shorter way round the globe, cut at its back.

    None where a point is not known, or both are the same.

    Examples
    --------
    >>> line(point(179, -17), point(-179, -15))["coordinates"]
    [[[179.0, -17.0], [180.0, -16.0]], [[-180.0, -16.0], [-179.0, -15.0]]]
    """
    if start is None or end is None or start["coordinates"] == end["coordinates"]:
        return None
    (x, y), (u, v) = start["coordinates"], end["coordinates"]
    if abs(u - x) <= 180:
        return {"type": "LineString", "coordinates": [[x, y], [u, v]]}
    edge = math.copysign(180.0, x)
    around = u + math.copysign(360.0, x)
    cut = y + (v - y) * (edge - x) / (around - x) if around != x else y
    parts = [[[x, y], [edge, cut]], [[-edge, cut], [u, v]]]
    return {"type": "MultiLineString", "coordinates": parts}


def shapes_of(geometry: bytes | None) -> dict[str, Shape]:
    """Return the areas of ``geometry.geojson`` by region; those without a name are left out."""
    if geometry is None:
        return {}
    found: dict[str, Shape] = {}
    document = json.loads(geometry)
    for feature in document.get("features") or () if isinstance(document, dict) else ():
        shape = feature.get("geometry") or {}
        properties = feature.get("properties") or {}
        name = str(properties.get("region", feature.get("id", "")))
        if name and shape.get("type") in AREAS and shape.get("coordinates"):
            found[name] = _joined(found[name], shape) if name in found else shape
    return found


def _joined(one: Shape, other: Shape) -> Shape:
    """Return two areas as one of several parts."""
    parts = [
        part
        for s in (one, other)
        for part in (s["coordinates"] if s["type"] == "MultiPolygon" else [s["coordinates"]])
    ]
    return {"type": "MultiPolygon", "coordinates": parts}


def shapes_document(shapes: Mapping[str, Shape]) -> bytes:
    """Return areas by region as the content of ``geometry.geojson``."""
    features = [
        {"type": "Feature", "properties": {"region": name}, "geometry": shape}
        for name, shape in shapes.items()
    ]
    document = {"type": "FeatureCollection", "features": features}
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def place_of(shape: Shape | None) -> tuple[float, float] | None:
    """Return longitude and latitude of a point, or of a place inside an area; None where empty.

    Raises
    ------
    ValueError
        The coordinates are not numbers, or the shape is neither point nor area.
    """
    if not shape or not shape.get("coordinates"):
        return None
    kind, coordinates = shape.get("type"), shape["coordinates"]
    if kind == "Point":
        return _wrapped(float(coordinates[0])), float(coordinates[1])
    if kind not in AREAS:
        raise ValueError(f"a {kind}, not a point or an area")
    parts = coordinates if kind == "MultiPolygon" else [coordinates]
    return inside([[np.asarray(r, dtype=float)[:, :2] for r in part] for part in parts if part])


def inside(areas: Iterable[list[Ring]]) -> tuple[float, float] | None:
    """Return a place inside the largest of several areas, halfway up, where it is widest.

    Parameters
    ----------
    areas : iterable of list of ndarray, shape (points, 2)
        Outer ring and holes of each; rings may cross the antimeridian.

    Examples
    --------
    >>> inside([[np.array([[0, 0], [4, 0], [4, 2], [0, 2], [0, 0]], dtype=float)]])
    (2.0, 1.0)
    """
    unrolled = [[_unrolled(ring) for ring in area] for area in areas]
    unrolled = [area for area in unrolled if len(area[0]) > 3]
    if not unrolled:
        return None
    largest = max(unrolled, key=lambda area: abs(_area(area[0])))
    latitudes = largest[0][:, 1]
    # A hair off halfway, so that no corner of a regular shape lies on it.
    low, high = float(latitudes.min()), float(latitudes.max())
    for share in (0.5, 0.4999, 0.37, 0.63):
        height = low + share * (high - low)
        crossings = np.sort(np.concatenate([_crossings(ring, height) for ring in largest]))
        if len(crossings) >= 2 and len(crossings) % 2 == 0:
            starts, ends = crossings[::2], crossings[1::2]
            widest = int(np.argmax(ends - starts))
            return _wrapped(float(starts[widest] + ends[widest]) / 2), height
    return _wrapped(float(largest[0][0, 0])), float(largest[0][0, 1])


def _crossings(ring: Ring, height: float) -> Ring:
    """Return the longitudes at which a ring crosses a latitude."""
    x, y = ring[:, 0], ring[:, 1]
    crosses = (y[:-1] > height) != (y[1:] > height)
    a, b = np.flatnonzero(crosses), np.flatnonzero(crosses) + 1
    return np.asarray(x[a] + (height - y[a]) * (x[b] - x[a]) / (y[b] - y[a]))


def _unrolled(ring: Ring) -> Ring:
    """Return a closed ring without the jump at the antimeridian."""
    closed = ring if np.array_equal(ring[0], ring[-1]) else np.vstack([ring, ring[:1]])
    turns = np.cumsum(np.round(np.diff(closed[:, 0], prepend=closed[0, 0]) / 360.0))
    return np.column_stack([closed[:, 0] - 360.0 * turns, closed[:, 1]])


def _area(ring: Ring) -> float:
    x, y = ring[:, 0], ring[:, 1]
    return float(np.sum(x[:-1] * y[1:] - x[1:] * y[:-1])) / 2


def _wrapped(longitude: float) -> float:
    """Return a longitude from -180 to 180."""
    return longitude if -180.0 <= longitude <= 180.0 else (longitude + 180.0) % 360.0 - 180.0
