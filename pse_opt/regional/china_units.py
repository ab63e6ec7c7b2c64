"""Chinese counties and districts: one province's units, joined and completed.

What the yearbook does not know of urban districts is imputed from the counties and marked in the
column ``imputed``; figures that cannot be right are repaired in the same way.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from pse_opt.regional.china_areas import district_areas
from pse_opt.regional.china_sources import (
    NAMES,
    county_level,
    read_census,
    read_places,
    read_yearbook,
)

__all__ = ["inhabited", "provinces_of", "read_units", "repairs", "shrunk", "significant"]

WORKFORCE_WEIGHT = 0.5  # exponent: the long form is a 10 % sample and its industries are broad
OUTLIER = 6.0  # robust standard deviations from the province's median, in logarithms
DISC_KM = 60.0  # greatest radius of the disc people of a unit live in: assumed
CHECKED = {"beds": "population", "pupils": "school_age", "institution_beds": "people_65"}


def provinces_of(source: Path, province: str) -> list[str]:
    """Return the two digits of a province, or of every one for ``all``."""
    known = sorted(set(read_census(source).index.str[:2]))
    if province == "all":
        return known
    if province not in known:
        raise ValueError(f"the census has no county-level unit whose code starts with {province!r}")
    return [province]


def read_units(source: Path, province: str = "64") -> pd.DataFrame:
    """Return all county-level units of a province, completed.

    Parameters
    ----------
    source : Path
        Folder with ``china_county_merged_en.csv``, ``china_census`` and ``china_adcodes``.
    province : str
        First two digits of the administrative code.

    Returns
    -------
    DataFrame
        Indexed by code (text), sorted: names, longitude and latitude (degrees), area_km2, people
        by age and residence, workers by industry (long-form sample), pupils, beds, institutions,
        institution_beds, revenue and expenditure (10,000 CNY a year), imputed (bool).
    """
    units = joined(source)
    units = units[units.index.str.startswith(province)]
    units = units.join(read_places(source, units))
    doubtful = repairs(source)
    for column, codes in doubtful.groupby("column")["code"]:
        units.loc[units.index.isin(codes), column] = np.nan
    return complete(units, source)


@lru_cache(maxsize=1)
def joined(source: Path) -> pd.DataFrame:
    """Return all county-level units with their yearbook figures, blank where there are none."""
    units = county_level(read_census(source)).join(read_yearbook(source))
    units = units.assign(
        imputed=units["beds"].isna(),
        pupils=units["primary_pupils"] + units["secondary_pupils"],
        school_age=school_age(units),
        people_65=units["age_65_79"] + units["age_80"],
    )
    return units.drop(columns=["primary_pupils", "secondary_pupils"])


@lru_cache(maxsize=1)
def repairs(source: Path) -> pd.DataFrame:
    """Return the yearbook figures taken as unknown: columns code, name, column, value.

    A figure per head more than six robust standard deviations (1.4826 times the median absolute
    deviation, of logarithms, over all counties) from the median of its province.
    """
    units = joined(source)
    parts: list[pd.DataFrame] = []
    for column, basis in CHECKED.items():
        share = units[column] / units[basis]
        log = share.where(share > 0).transform(np.log)
        away = log - log.groupby(units.index.str[:2]).transform("median")
        wrong = away.abs() > OUTLIER * 1.4826 * float(away.abs().median())
        found = units.loc[wrong, ["name_local", column]].set_axis(["name", "value"], axis=1)
        parts.append(found.rename_axis("code").reset_index().assign(column=column))
    return pd.concat(parts, ignore_index=True)


def complete(units: pd.DataFrame, source: Path) -> pd.DataFrame:
    """Fill in what the yearbook does not know of a unit, from its prefecture or province."""
    units = units.assign(
        name=[NAMES.get(c, n) for c, n in zip(units.index, units["name_local"], strict=True)],
        area_km2=units["area_km2"].fillna(district_areas(units, source)),
    )
    for column in ("revenue", "expenditure"):
        units[column] = units[column].fillna(units["population"] * per_head(units, column))
    for column, basis in (
        ("pupils", "school_age"),
        ("beds", "health_workers"),
        ("institutions", "people_65"),
        ("institution_beds", "people_65"),
    ):
        units[column] = units[column].fillna((units[basis] * ratio(units, column, basis)).round())
    return units


def school_age(units: pd.DataFrame) -> pd.Series:
    """Return people of age 6 to 14, and 60 % of those of age 15 to 17 (general upper secondary)."""
    return 0.8 * units["age_5_9"] + units["age_10_14"] + 0.6 * 0.6 * units["age_15_19"]


def ratio(units: pd.DataFrame, column: str, basis: str) -> float:
    """Return the ratio of two columns over the units whose figures are data."""
    known = units[units[column].notna()]
    return float(known[column].sum() / known[basis].sum())


def per_head(units: pd.DataFrame, column: str) -> pd.Series:
    """Return the median per head of the prefecture's counties, else of the province's."""
    value = units[column] / units["population"]
    prefecture = value.groupby(units.index.str[:4]).transform("median")
    return prefecture.fillna(value.median())


def shrunk(workers: pd.Series, need: pd.Series, share: float) -> pd.Series:
    """Distribute a province's capacity over its units by their workers per unit of need.

    Capacity of a unit is ``k * need * (workers / need) ** 0.5``, with ``k`` such that the total is
    ``share`` of the total need.
    """
    raw = need * (workers.clip(lower=1.0) / need) ** WORKFORCE_WEIGHT
    return raw * float(share * need.sum() / raw.sum())


def inhabited(area_km2: pd.Series) -> pd.Series:
    """Return the part of an area (km2) where people live: a disc of at most 60 km radius."""
    return area_km2.clip(upper=np.pi * DISC_KM**2)


def significant(values: pd.Series, digits: int = 5) -> pd.Series:
    """Round to significant digits, so that files stay small and reproducible."""
    array = values.to_numpy(dtype=float)
    size = np.floor(np.log10(np.where(array == 0.0, 1.0, np.abs(array))))
    rounded = [round(v, int(digits - 1 - s)) for v, s in zip(array, size, strict=True)]
    return pd.Series(rounded, index=values.index)
