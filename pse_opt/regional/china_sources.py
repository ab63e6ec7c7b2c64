"""Chinese counties and districts: the raw tables, one row per administrative code.

The 2020 census (all units), a county yearbook join (counties and county-level cities only) and
coordinates. Rows that cannot be right are mended here, and said to be.
"""

from __future__ import annotations

import importlib.util
from functools import lru_cache
from pathlib import Path

import pandas as pd

from pse_opt.errors import InputError, Problem
from pse_opt.regional.china_areas import MUNICIPALITIES, read_polygons

__all__ = [
    "NAMES",
    "PROVINCES",
    "above",
    "county_level",
    "read_census",
    "read_places",
    "read_yearbook",
]

# Pinyin, as in "List of administrative divisions of Ningxia" (Wikipedia); other provinces: Chinese.
NAMES = {
    "640000": "Ningxia", "640100": "Yinchuan", "640200": "Shizuishan", "640300": "Wuzhong",
    "640400": "Guyuan", "640500": "Zhongwei", "640104": "Xingqing", "640105": "Xixia",
    "640106": "Jinfeng", "640121": "Yongning", "640122": "Helan", "640181": "Lingwu",
    "640202": "Dawukou", "640205": "Huinong", "640221": "Pingluo", "640302": "Litong",
    "640303": "Hongsibu", "640323": "Yanchi", "640324": "Tongxin", "640381": "Qingtongxia",
    "640402": "Yuanzhou", "640422": "Xiji", "640423": "Longde", "640424": "Jingyuan",
    "640425": "Pengyang", "640502": "Shapotou", "640521": "Zhongning", "640522": "Haiyuan",
}  # fmt: skip
# Names of provinces in ISO 3166-2:CN.
PROVINCES = {
    "11": "Beijing", "12": "Tianjin", "13": "Hebei", "14": "Shanxi", "15": "Nei Mongol",
    "21": "Liaoning", "22": "Jilin", "23": "Heilongjiang", "31": "Shanghai", "32": "Jiangsu",
    "33": "Zhejiang", "34": "Anhui", "35": "Fujian", "36": "Jiangxi", "37": "Shandong",
    "41": "Henan", "42": "Hubei", "43": "Hunan", "44": "Guangdong", "45": "Guangxi",
    "46": "Hainan", "50": "Chongqing", "51": "Sichuan", "52": "Guizhou", "53": "Yunnan",
    "54": "Xizang", "61": "Shaanxi", "62": "Gansu", "63": "Qinghai", "64": "Ningxia",
    "65": "Xinjiang",
}  # fmt: skip
NAMES |= {f"{code}0000": name for code, name in PROVINCES.items()}
MISCODED = {"170971": "140971"}  # Wutai mountain, listed under Xinzhou, whose codes begin with 1409
SHIFTED = ("511524",)  # Changning, Sichuan: pupils, beds and homes stand one column to the right

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


@lru_cache(maxsize=1)
def _workbook(path: Path) -> pd.DataFrame:
    """Return the census workbook as text; kept, because reading it takes seconds."""
    if importlib.util.find_spec("openpyxl") is None:
        message, remedy = "reading the census needs openpyxl", "pip install 'pse-opt[excel]'"
        raise InputError([Problem(path.name, message, remedy)])
    return pd.read_excel(path, dtype=str, keep_default_na=False, na_values=[""])


@lru_cache(maxsize=1)
def read_census(source: Path) -> pd.DataFrame:
    """Return the 2020 census: people by age and residence, workers by industry (sample counts).

    Indexed by code: provinces, prefectures and county-level units. The table is shared: copy it
    before writing into it.
    """
    path = source / "china_census" / "data" / "census" / "census_county_2020_v1.xlsx"
    raw = coded(_workbook(path))
    table = raw[list(CENSUS)].rename(columns=CENSUS)
    texts = ["prefecture_local", "name_local"]
    numbers = table.columns.difference(texts, sort=False)
    table[numbers] = table[numbers].apply(pd.to_numeric, errors="coerce").fillna(0.0)
    for band, parts in BANDS.items():
        columns = [f"{sex}_{part}" for sex in ("男", "女") for part in parts]
        table[band] = raw[columns].apply(pd.to_numeric, errors="coerce").sum(axis=1)
    return table


def coded(raw: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of places, by code; development zones get their prefecture's and Z1, Z2, ...

    Dropped are sums without a code, and the islands listed under Sansha, which has a row itself.
    """
    code = raw["区划代码"].astype(str)
    valid = code.str.fullmatch(r"\d{6}")
    prefix = code.where(valid).ffill().fillna("").str[:4]
    zone = ~valid & (raw["市"] != raw["区县"])
    number = zone.groupby(prefix).cumsum().astype(int).astype(str)
    code = code.where(valid, prefix + "Z" + number).replace(MISCODED)
    raw = raw.assign(code=code)[valid | zone].set_index("code")
    return raw[~raw.index.duplicated()]


def county_level(census: pd.DataFrame) -> pd.DataFrame:
    """Return the county-level units: all without parts, prefectures without counties included."""
    inner = ~census.index.str.endswith("00")
    divided = set(census.index[inner].str[:4])
    alone = ~inner & ~census.index.str.endswith("0000") & ~census.index.str[:4].isin(divided)
    return census[inner | alone].sort_index()


def above(census: pd.DataFrame) -> pd.DataFrame:
    """Return the provinces and the prefectures with counties of their own.

    The rows that only sum the districts, or the counties, of a municipality are no government.
    """
    codes = census.index
    sums = codes.str[:2].isin(MUNICIPALITIES) & ~codes.str.endswith("0000")
    return census[codes.str.endswith("00") & ~sums & ~codes.isin(county_level(census).index)]


@lru_cache(maxsize=1)
def read_yearbook(source: Path) -> pd.DataFrame:
    """Return pupils, beds, institutions, accounts and area of counties, indexed by code."""
    table = pd.read_csv(source / "china_county_merged_en.csv", dtype={"code": str})
    table = table.set_index("code")[list(YEARBOOK)].rename(columns=YEARBOOK)
    moved = ["secondary_pupils", "primary_pupils", "beds", "institutions", "institution_beds"]
    table.loc[list(SHIFTED), moved] = table.loc[list(SHIFTED), moved].shift(-1, axis=1)
    return table


def read_places(source: Path, units: pd.DataFrame) -> pd.DataFrame:
    """Return longitude and latitude of units.

    Those of their code; else of the one place of that name in the province; else of the seat, or
    else the centre, of the prefecture.
    """
    table = pd.read_csv(source / "china_adcodes" / "adcodes.csv", dtype={"adcode": str})
    table.index = pd.Index(table["adcode"].str[:6])
    table = table[~table.index.duplicated()].dropna(subset="longitude")
    name = pd.Index(table.index.str[:2] + table["name"])
    named = table.set_axis(name).loc[~name.duplicated(keep=False)]
    codes = units.index
    prefecture = codes.where(codes.str[2:4] == "90", codes.str[:4] + "00")
    places = table.reindex(codes)
    for other, keys in (
        (named, pd.Index(codes.str[:2] + units["name_local"])),
        (table, codes.str[:4] + "00"),
        (read_polygons(source), prefecture),
    ):
        places = places.fillna(other.reindex(keys).set_axis(codes))
    return places[["longitude", "latitude"]].astype(float).round(5)
