"""Chinese counties and districts: who reaches whom."""

from __future__ import annotations

import pandas as pd

from pse_opt.links import links_by_reach
from pse_opt.regional.china_units import inhabited

__all__ = ["has_empty_land", "links_of"]


def has_empty_land(regions: pd.DataFrame) -> bool:
    """Return whether some unit is larger than the disc people are assumed to live in."""
    return bool((inhabited(regions["area_km2"]) < regions["area_km2"]).any())


def links_of(regions: pd.DataFrame, offers: pd.DataFrame, services: pd.DataFrame) -> pd.DataFrame:
    """Return the table links: pairs of offer and region within the service's reach.

    As the instance derives them, but with travel inside a unit for the inhabited part of its area;
    so every government reaches its own people.
    """
    places = regions.assign(area_km2=inhabited(regions["area_km2"]))
    at = pd.Index(regions["region"]).get_indexer(pd.Index(offers["region"]))
    table = offers.assign(region=at, own_place=offers["longitude"].notna())
    for column in ("longitude", "latitude"):
        table[column] = table[column].fillna(pd.Series(places[column].to_numpy()[at]))
    parts = []
    reach = dict(zip(services["service"], services["reach_km"], strict=True))
    for service, mine in table.groupby("service", sort=False):
        parts.append(links_by_reach(mine, places, float(reach[service])))
    pairs = pd.concat(parts).sort_values(["offer", "region"], ignore_index=True)
    return pd.DataFrame(
        {
            "offer": offers["offer"].to_numpy()[pairs["offer"]],
            "region": regions["region"].to_numpy()[pairs["region"]],
            "travel": pairs["travel"].round(2),
        }
    )
