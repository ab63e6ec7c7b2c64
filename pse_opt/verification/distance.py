"""Travel between offers and regions, by the haversine formula."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

__all__ = ["haversine", "inside_travel", "travel_between"]

Floats = npt.NDArray[np.float64]
RADIUS_KM = 6371.0088


def haversine(
    longitude_a: Floats, latitude_a: Floats, longitude_b: Floats, latitude_b: Floats
) -> Floats:
    """Return great-circle distances in km between paired points given in degrees.

    Examples
    --------
    One degree along a meridian:

    >>> point = np.array([30.0]), np.array([-10.0]), np.array([30.0]), np.array([-11.0])
    >>> haversine(*point).round(3)
    array([111.195])
    """
    phi_a, phi_b = np.radians(latitude_a), np.radians(latitude_b)
    turn = np.radians(longitude_b) - np.radians(longitude_a)
    square = np.sin((phi_b - phi_a) / 2) ** 2
    square = square + np.cos(phi_a) * np.cos(phi_b) * np.sin(turn / 2) ** 2
    angle: Floats = 2.0 * RADIUS_KM * np.arcsin(np.sqrt(np.clip(square, 0.0, 1.0)))
    return angle


def inside_travel(area_km2: Floats) -> Floats:
    """Return the least travel in km inside regions of these areas; 0 where the area is unknown.

    Examples
    --------
    >>> inside_travel(np.array([np.pi * 9.0, np.nan]))
    array([2., 0.])
    """
    return np.asarray(2.0 / 3.0 * np.sqrt(np.where(np.isnan(area_km2), 0.0, area_km2) / np.pi))


def travel_between(offers: pd.DataFrame, regions: pd.DataFrame) -> Floats:
    """Return the travel in km between paired offers and regions; infinite where there is none.

    Parameters
    ----------
    offers : DataFrame
        Columns region, longitude, latitude (its own, else its region's), own_place, least_travel.
    regions : DataFrame
        Columns region, longitude, latitude; of the same length.
    """
    values = [
        f[c].to_numpy(dtype=float) for f in (offers, regions) for c in ("longitude", "latitude")
    ]
    placed = ~np.isnan(values).any(axis=0)
    least = offers["least_travel"].to_numpy(dtype=float)
    own = offers["own_place"].to_numpy() == True  # noqa: E712 - unknown offers have no place
    home = offers["region"].to_numpy() == regions["region"].to_numpy()
    along = np.maximum(haversine(*values), np.where(own, 0.0, least))
    return np.where(placed, along, np.where(home, least, np.inf))
