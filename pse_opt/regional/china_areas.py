"""Chinese prefectures: area and centre from their polygons, and areas of urban districts."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from pse_opt.links import EARTH_RADIUS_KM

__all__ = ["district_areas", "prefecture_of", "read_polygons"]

# km2 of urban districts, as published (sources in china_notes). Prefecture polygons minus the
# yearbook areas of the counties cannot serve: Yinchuan's leaves 303 km2 for three districts.
AREAS = {
    "640104": 757.6, "640105": 883.84, "640106": 290.0, "640202": 1007.0, "640205": 1088.0,
    "640302": 1106.67, "640303": 3523.09, "640402": 3501.11, "640502": 6877.0,
}  # fmt: skip
URBAN_DENSITY, RURAL_DENSITY = 4000.0, 200.0  # people per km2: median fit over 236 prefectures
LEAST_REST = 0.03  # of the polygon's area: simplified outlines are 1 to 3 % off
LEAST_DENSITY, MOST_DENSITY = 10.0, 10000.0  # people per km2 of what counties leave
MUNICIPALITIES = ("11", "12", "31", "50")


def prefecture_of(codes: pd.Index) -> pd.Index:
    """Return the prefecture of each county-level code; some units are their own.

    A municipality is one prefecture; a county directly under a province (third and fourth digit
    90) stands for itself.
    """
    own = codes.str[2:4] == "90"
    top = codes.str[:2].isin(MUNICIPALITIES)
    usual = np.where(top, codes.str[:2] + "0100", codes.str[:4] + "00")
    return pd.Index(np.where(own, codes, usual), name=codes.name)


def district_areas(units: pd.DataFrame, source: Path) -> pd.Series:
    """Return the area (km2) of units without one in the yearbook.

    Published areas for Ningxia. Elsewhere the prefecture's polygon less the areas of its counties,
    shared by the densities assumed for urban and rural people; where what is left is under 3 % of
    the polygon, or its density not between 10 and 10,000, the assumed densities themselves.
    """
    prefecture = prefecture_of(units.index)
    guess = units["urban"] / URBAN_DENSITY + (units["population"] - units["urban"]) / RURAL_DENSITY
    unknown = units["area_km2"].isna()
    polygon = read_polygons(source)["area_km2"].reindex(prefecture).to_numpy()
    rest = polygon - units["area_km2"].groupby(prefecture).transform("sum")
    parts = pd.DataFrame({"guess": guess, "people": units["population"]}).where(unknown, 0.0)
    total = parts.groupby(prefecture).transform("sum")
    density = total["people"] / rest
    usable = (rest > LEAST_REST * polygon) & density.between(LEAST_DENSITY, MOST_DENSITY)
    area = guess.mul(rest / total["guess"]).where(usable, guess).clip(lower=1.0).round(1)
    return pd.Series(AREAS).reindex(units.index).fillna(area)


@lru_cache(maxsize=1)
def read_polygons(source: Path) -> pd.DataFrame:
    """Return area (km2), longitude and latitude (centre, degrees) of prefectures by code."""
    path = source / "china_census" / "data" / "census" / "census_city_2010-2020_v1.csv"
    table = pd.read_csv(path, dtype=str, encoding="utf-8-sig").set_index("city_code")
    rows = [polygon(text) for text in table["coord"]]
    return pd.DataFrame(rows, index=table.index, columns=["area_km2", "longitude", "latitude"])


def polygon(text: str) -> tuple[float, float, float]:
    """Return area (km2) and centre (degrees) of a polygon or multipolygon in well-known text.

    Areas are exact on the sphere for edges that are straight in the cylindrical equal-area
    projection; holes run the other way round and subtract themselves.
    """
    area, first, second = 0.0, 0.0, 0.0
    for ring in re.findall(r"\(([^()]+)\)", text):
        points = np.array([pair.split()[:2] for pair in ring.split(",")], dtype=float)
        x, y = np.radians(points[:, 0]), np.sin(np.radians(points[:, 1]))
        cross = x[:-1] * y[1:] - x[1:] * y[:-1]
        area += float(cross.sum()) / 2
        first += float(((x[:-1] + x[1:]) * cross).sum()) / 6
        second += float(((y[:-1] + y[1:]) * cross).sum()) / 6
    longitude, latitude = np.degrees(first / area), np.degrees(np.arcsin(second / area))
    return abs(area) * EARTH_RADIUS_KM**2, round(longitude, 5), round(latitude, 5)
