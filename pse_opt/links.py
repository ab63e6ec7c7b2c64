"""Admissible links, listed or from coordinates: by a spatial index, never a dense matrix."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from pse_opt.frames import positions

__all__ = [
    "EARTH_RADIUS_KM",
    "great_circle",
    "links_by_reach",
    "links_of_pairs",
    "listed_pairs",
    "own_travel",
    "reachable_pairs",
]

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


def listed_pairs(table: pd.DataFrame, offers: pd.DataFrame, regions: pd.DataFrame) -> pd.DataFrame:
    """Return the pairs of a table of links; see :func:`reachable_pairs`."""
    offer = positions(offers["offer"], table["offer"])
    region = positions(regions["region"], table["region"])
    known = offer >= 0  # the others may not be engaged
    columns = {c: table[c].to_numpy(dtype=np.float64) for c in ("travel", "access_cost")}
    if not known.all():
        offer, region = offer[known], region[known]
        columns = {name: values[known] for name, values in columns.items()}
    service = offers["service_at"].to_numpy()[offer]
    return pd.DataFrame({"offer": offer, "region": region, **columns, "service": service})


def reachable_pairs(offers: pd.DataFrame, regions: pd.DataFrame, reach_km: Floats) -> pd.DataFrame:
    """Return the pairs within the reach of each service.

    Parameters
    ----------
    offers, regions : DataFrame
        Those of an instance.
    reach_km : ndarray, shape (services,)
        Greatest travel.

    Returns
    -------
    DataFrame
        Columns offer, region, service (positions), travel (km) and access_cost (money/unit; NaN
        where it follows from the travel).
    """
    columns = ["region", "longitude", "latitude", "own_place"]
    placed = offers.assign(region=offers["region_at"])
    parts = []
    for at, reach in enumerate(reach_km):
        mine = placed.loc[offers["service_at"] == at, columns]
        part = links_by_reach(mine, regions, float(reach))
        parts.append(part.assign(service=at, access_cost=np.nan))
    return pd.concat(parts, ignore_index=True)


def links_of_pairs(
    pairs: pd.DataFrame, needs: pd.DataFrame, services: pd.DataFrame
) -> pd.DataFrame:
    """Return the links from offers to needs: a pair has one for each group of its region.

    Parameters
    ----------
    pairs : DataFrame
        As of :func:`reachable_pairs`.
    needs, services : DataFrame
        Those of an instance.

    Returns
    -------
    DataFrame
        Columns offer, need (positions), travel (km), access_cost (money/unit); sorted.
    """
    services_at, count = pairs["service"].to_numpy(np.int64), max(len(services), 1)
    wanted = pairs["region"].to_numpy(np.int64) * count + services_at
    held = needs["region_at"].to_numpy() * count + needs["service_at"].to_numpy()
    order = np.argsort(held, kind="stable")
    held = held[order]
    first = np.searchsorted(held, wanted)
    times = np.searchsorted(held, wanted, side="right") - first
    travel, cost = pairs["travel"].to_numpy(np.float64), pairs["access_cost"].to_numpy(np.float64)
    unknown = np.isnan(cost)
    if unknown.any():
        per_km = services["access_cost_per_km"].to_numpy()[services_at]
        cost = np.where(unknown, per_km * travel, cost)
    offer = pairs["offer"].to_numpy(np.int64)
    if (times == 1).all():
        need = order[first]
    else:
        within = np.arange(int(times.sum())) - np.repeat(np.cumsum(times) - times, times)
        need = order[np.repeat(first, times) + within]
        offer, travel, cost = (np.repeat(values, times) for values in (offer, travel, cost))
    row = offer * max(len(needs), 1) + need
    if (np.diff(row) < 0).any():
        sort = np.argsort(row, kind="stable")
        offer, need, travel, cost = (values[sort] for values in (offer, need, travel, cost))
    return pd.DataFrame({"offer": offer, "need": need, "travel": travel, "access_cost": cost})
