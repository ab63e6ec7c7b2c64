"""Admissible links from coordinates: a spatial index on the sphere, never a dense matrix."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

__all__ = ["EARTH_RADIUS_KM", "great_circle", "links_by_reach", "own_travel"]

EARTH_RADIUS_KM = 6371.0088
"""Mean earth radius (IUGG)."""
ROUNDING = 1e-9
"""Excess over the reach, relative and in km, that is rounding and not distance."""

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


def on_sphere(longitude: Floats, latitude: Floats) -> Floats:
    """Return unit vectors (n, 3) of points given in degrees."""
    lam, phi = np.radians(longitude), np.radians(latitude)
    return np.column_stack((np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)))


def great_circle(a: Floats, b: Floats) -> Floats:
    """Return great-circle distances in km between paired unit vectors (n, 3)."""
    chord = np.linalg.norm(a - b, axis=1)
    distance: Floats = 2.0 * EARTH_RADIUS_KM * np.arcsin(np.clip(chord / 2.0, 0.0, 1.0))
    return distance


def own_travel(area_km2: Floats) -> Floats:
    """Return the least travel in km inside regions of these areas.

    Two thirds of the radius of a disc of the region's area: the mean distance from its centre.
    """
    return 2.0 / 3.0 * np.sqrt(np.nan_to_num(area_km2) / np.pi)


def links_by_reach(offers: pd.DataFrame, regions: pd.DataFrame, reach_km: float) -> pd.DataFrame:
    """Return the (offer, region) pairs within reach, with their travel.

    Parameters
    ----------
    offers : DataFrame
        Columns region (position), longitude, latitude, own_place (bool: coordinates of its own),
        indexed by position. Without any coordinates an offer reaches its own region only.
    regions : DataFrame
        Columns longitude, latitude, area_km2, indexed by position.
    reach_km : float
        Greatest travel.

    Returns
    -------
    DataFrame
        Columns offer, region (positions) and travel (km), sorted.
    """
    least = np.where(
        offers["own_place"], 0.0, own_travel(regions["area_km2"].to_numpy())[offers["region"]]
    )
    placed = offers["longitude"].notna().to_numpy() & offers["latitude"].notna().to_numpy()
    pairs = [_within(offers[placed], regions, reach_km)]
    pairs.append(_at_home(offers, regions, placed))
    found = pd.concat(pairs, ignore_index=True).drop_duplicates(["offer", "region"])
    position = pd.Series(np.arange(len(offers)), index=offers.index)
    lower = least[position.loc[found["offer"]].to_numpy()]
    found["travel"] = np.maximum(found["travel"].to_numpy(), lower)
    found = found[found["travel"] <= reach_km * (1 + ROUNDING) + ROUNDING]
    return found.sort_values(["offer", "region"], ignore_index=True)


def _within(offers: pd.DataFrame, regions: pd.DataFrame, reach_km: float) -> pd.DataFrame:
    here = regions[regions["longitude"].notna() & regions["latitude"].notna()]
    if offers.empty or here.empty:
        return pd.DataFrame({"offer": [], "region": [], "travel": []}).astype(
            {"offer": np.int64, "region": np.int64, "travel": float}
        )
    a = on_sphere(offers["longitude"].to_numpy(), offers["latitude"].to_numpy())
    b = on_sphere(here["longitude"].to_numpy(), here["latitude"].to_numpy())
    chord = 2.0 * np.sin(min(reach_km / EARTH_RADIUS_KM, np.pi) / 2.0)
    within = chord * (1 + ROUNDING) + 1e-12
    from scipy.spatial import cKDTree  # takes a while to load, and links may be listed

    hits = cKDTree(a).sparse_distance_matrix(cKDTree(b), within, output_type="ndarray")
    i, j = hits["i"], hits["j"]
    return pd.DataFrame(
        {
            "offer": offers.index.to_numpy()[i],
            "region": here.index.to_numpy()[j],
            "travel": great_circle(a[i], b[j]),
        }
    )


def _at_home(
    offers: pd.DataFrame, regions: pd.DataFrame, placed: npt.NDArray[np.bool_]
) -> pd.DataFrame:
    """Pairs of offers with their own region where one of the two has no coordinates."""
    home = offers["region"].to_numpy()
    nowhere = regions["longitude"].isna().to_numpy() | regions["latitude"].isna().to_numpy()
    lost = ~placed | nowhere[home]
    inside = own_travel(regions["area_km2"].to_numpy())[home[lost]]
    return pd.DataFrame(
        {"offer": offers.index.to_numpy()[lost], "region": home[lost], "travel": inside}
    )
