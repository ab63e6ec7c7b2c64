"""Chinese counties and districts: raw tables of one province, joined and completed.

Three files are joined by the six-digit administrative code: the 2020 census (all units), a county
yearbook join (counties and county-level cities only) and coordinates. What the yearbook does not
know of urban districts is imputed from the counties and marked in the column ``imputed``.
"""

from __future__ import annotations

import importlib.util
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from pse_opt.errors import InputError, Problem

__all__ = ["NAMES", "read_province", "read_units", "shrunk", "significant"]

# Pinyin, as in "List of administrative divisions of Ningxia" (Wikipedia); other provinces: blank.
NAMES = {
    "640000": "Ningxia", "640100": "Yinchuan", "640200": "Shizuishan", "640300": "Wuzhong",
    "640400": "Guyuan", "640500": "Zhongwei", "640104": "Xingqing", "640105": "Xixia",
    "640106": "Jinfeng", "640121": "Yongning", "640122": "Helan", "640181": "Lingwu",
    "640202": "Dawukou", "640205": "Huinong", "640221": "Pingluo", "640302": "Litong",
    "640303": "Hongsibu", "640323": "Yanchi", "640324": "Tongxin", "640381": "Qingtongxia",
    "640402": "Yuanzhou", "640422": "Xiji", "640423": "Longde", "640424": "Jingyuan",
    "640425": "Pengyang", "640502": "Shapotou", "640521": "Zhongning", "640522": "Haiyuan",
}  # fmt: skip
# km2 of urban districts, as published (sources in china_notes). Prefecture polygons minus the
# yearbook areas of the counties cannot serve: Yinchuan's leaves 303 km2 for three districts.
AREAS = {
    "640104": 757.6, "640105": 883.84, "640106": 290.0, "640202": 1007.0, "640205": 1088.0,
    "640302": 1106.67, "640303": 3523.09, "640402": 3501.11, "640502": 6877.0,
}  # fmt: skip
DISTRICT_DENSITY = 1500.0  # people per km2, for districts of other provinces without an area
MOST_BEDS = 0.03  # per person; more is a misprint (Changning, Sichuan: 27,492 beds)
WORKFORCE_WEIGHT = 0.5  # exponent: the long form is a 10 % sample and its industries are broad

YEARBOOK = {
    "area_km2": "area_km2",
    "secondary_pupils": "secondary_pupils",
    "primary_pupils": "primary_pupils",
    "hospital_beds": "beds",
    "social_work_inst": "institutions",
    "social_work_beds": "institution_beds",
    "fiscal_rev_10kcny": "revenue",
    "fiscal_exp_10kcny": "expenditure",
}
CENSUS = {
    "市": "prefecture_local",
    "区县": "name_local",
    "人口数_合计": "population",
    "城镇人口": "urban",
    "少数民族人口比重（%）": "minority_percent",
    "教育": "education_workers",
    "卫生和社会工作": "health_workers",
    "水利环境和公共设施管理业": "environment_workers",
    "公共管理社会保障和社会组织": "administration_workers",
}
BANDS = {
    "age_0_4": ("0岁", "1到4岁"),
    "age_5_9": ("5到9岁",),
    "age_10_14": ("10到14岁",),
    "age_15_19": ("15到19岁",),
    "age_65_79": ("65到69岁", "70到74岁", "75到79岁"),
    "age_80": ("80到84岁", "85岁以上"),
}


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
    census = read_census(source)
    units = census[census.index.str.startswith(province) & ~census.index.str.endswith("00")]
    if units.empty:
        raise ValueError(f"the census has no county-level unit whose code starts with {province!r}")
    units = units.join(read_yearbook(source)).join(read_places(source, units.index))
    return complete(units.sort_index())


def read_province(source: Path, province: str = "64") -> pd.DataFrame:
    """Return the census rows of a province and its prefectures, indexed by code."""
    census = read_census(source)
    return census[census.index.str.startswith(province) & census.index.str.endswith("00")]


@lru_cache(maxsize=1)
def _workbook(path: Path) -> pd.DataFrame:
    """Return the census workbook as text; kept, because reading it takes seconds."""
    if importlib.util.find_spec("openpyxl") is None:
        message, remedy = "reading the census needs openpyxl", "pip install 'pse-opt[excel]'"
        raise InputError([Problem(path.name, message, remedy)])
    return pd.read_excel(path, dtype=str, keep_default_na=False, na_values=[""])


def read_census(source: Path) -> pd.DataFrame:
    """Return the 2020 census: people by age and residence, workers by industry (sample counts)."""
    path = source / "china_census" / "data" / "census" / "census_county_2020_v1.xlsx"
    raw = _workbook(path)
    raw = raw[raw["区划代码"].astype(str).str.fullmatch(r"\d{6}")].set_index("区划代码")
    raw = raw[~raw.index.duplicated()].rename_axis("code")
    table = raw[list(CENSUS)].rename(columns=CENSUS)
    texts = ["prefecture_local", "name_local"]
    numbers = table.columns.difference(texts, sort=False)
    table[numbers] = table[numbers].apply(pd.to_numeric, errors="coerce").fillna(0.0)
    for band, parts in BANDS.items():
        columns = [f"{sex}_{part}" for sex in ("男", "女") for part in parts]
        table[band] = raw[columns].apply(pd.to_numeric, errors="coerce").sum(axis=1)
    return table


def read_yearbook(source: Path) -> pd.DataFrame:
    """Return pupils, beds, institutions, accounts and area of counties, indexed by code."""
    table = pd.read_csv(source / "china_county_merged_en.csv", dtype={"code": str})
    return table.set_index("code")[list(YEARBOOK)].rename(columns=YEARBOOK)


def read_places(source: Path, codes: pd.Index) -> pd.DataFrame:
    """Return longitude and latitude of units; where unknown, those of their prefecture."""
    table = pd.read_csv(source / "china_adcodes" / "adcodes.csv", dtype={"adcode": str})
    table.index = pd.Index(table["adcode"].str[:6])
    table = table.loc[~table.index.duplicated(), ["longitude", "latitude"]]
    own = table.reindex(codes)
    seat = table.reindex(codes.str[:4] + "00").set_axis(codes)
    return own.fillna(seat).round(5)


def complete(units: pd.DataFrame) -> pd.DataFrame:
    """Fill in what the yearbook does not know of a unit, from its prefecture or province."""
    units = units.assign(
        imputed=units["beds"].isna(),
        beds=units["beds"].where(units["beds"] < MOST_BEDS * units["population"]),
        name=[NAMES.get(code, "") for code in units.index],
        pupils=units["primary_pupils"] + units["secondary_pupils"],
        school_age=school_age(units),
        people_65=units["age_65_79"] + units["age_80"],
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
    area = pd.Series(AREAS).reindex(units.index).fillna(units["population"] / DISTRICT_DENSITY)
    units["area_km2"] = units["area_km2"].fillna(area)
    return units.drop(columns=["primary_pupils", "secondary_pupils"])


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


def significant(values: pd.Series, digits: int = 5) -> pd.Series:
    """Round to significant digits, so that files stay small and reproducible."""
    array = values.to_numpy(dtype=float)
    size = np.floor(np.log10(np.where(array == 0.0, 1.0, np.abs(array))))
    rounded = [round(v, int(digits - 1 - s)) for v, s in zip(array, size, strict=True)]
    return pd.Series(rounded, index=values.index)
