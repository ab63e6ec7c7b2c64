"""The instance of Ningxia says what the raw files say, and marks what they do not."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pse_opt.regional.china import build
from pse_opt.regional.china_units import read_units

DATA = os.environ.get("PSE_OPT_DATA", "")
RAW = Path(DATA) / "regional"
pytestmark = pytest.mark.skipif(
    not DATA, reason="PSE_OPT_DATA is not set: the raw regional files are not part of the project"
)
EARTH_KM = 6371.0088
BED_DAYS = 365 * 0.85

Tables = dict[str, pd.DataFrame]


@pytest.fixture(scope="module")
def built() -> tuple[dict[str, Any], Tables]:
    pytest.importorskip("openpyxl")
    return build(RAW)


@pytest.fixture(scope="module")
def tables(built: tuple[dict[str, Any], Tables]) -> Tables:
    return built[1]


@pytest.fixture(scope="module")
def yearbook() -> pd.DataFrame:
    raw = pd.read_csv(RAW / "china_county_merged_en.csv", dtype={"code": str})
    return raw[raw["code"].str.startswith("64")].set_index("code")


def government(tables: Tables, service: str) -> pd.Series:
    """Return today's government capacity by region."""
    offers = tables["offers"]
    mine = offers[(offers["service"] == service) & (offers["mode"] == "direct")]
    return mine.set_index("region")["capacity"]


def links(tables: Tables) -> pd.DataFrame:
    """Return pairs of offer and region within reach, by the haversine formula."""
    regions = tables["regions"].set_index("region")
    pairs = tables["offers"].merge(tables["needs"], on="service", suffixes=("", "_of_need"))
    home, need = regions.loc[pairs["region"]], regions.loc[pairs["region_of_need"]]
    own = pairs["longitude"].notna().to_numpy()
    lon = np.radians(np.where(own, pairs["longitude"], home["longitude"]))
    lat = np.radians(np.where(own, pairs["latitude"], home["latitude"]))
    to_lon, to_lat = np.radians(need["longitude"]), np.radians(need["latitude"])
    half = (
        np.sin((to_lat.to_numpy() - lat) / 2) ** 2
        + np.cos(lat) * np.cos(to_lat.to_numpy()) * np.sin((to_lon.to_numpy() - lon) / 2) ** 2
    )
    distance = 2 * EARTH_KM * np.arcsin(np.sqrt(half))
    least = np.where(own, 0.0, 2 / 3 * np.sqrt(home["area_km2"].to_numpy() / np.pi))
    pairs["travel"] = np.maximum(distance, least)
    reach = pairs["service"].map(tables["services"].set_index("service")["reach_km"])
    return pairs[pairs["travel"] <= reach]


def test_all_people_of_ningxia_are_counted_once(tables: Tables) -> None:
    assert len(tables["regions"]) == 22
    assert tables["regions"]["population"].sum() == 7_202_654
    assert tables["regions"]["region"].is_unique


def test_prefectures_add_up_to_the_census_of_prefectures(tables: Tables) -> None:
    path = RAW / "china_census" / "data" / "census" / "census_city_2010-2020_v1.csv"
    raw = pd.read_csv(path, dtype={"city_code": str}, encoding="utf-8-sig")
    published = raw.set_index("city_code")["popu_2020"].filter(like="64", axis=0)
    regions = tables["regions"]
    ours = regions.groupby(regions["region"].str[:4] + "00")["population"].sum()
    for code, population in ours.items():
        assert population == published[code]


def test_counties_have_their_beds_pupils_and_homes(tables: Tables, yearbook: pd.DataFrame) -> None:
    private = 0.286 * 713.1 / 910.1
    beds = government(tables, "health")[yearbook.index] / BED_DAYS / (1 - private)
    assert beds.sum() == pytest.approx(yearbook["hospital_beds"].sum(), abs=1)
    urban = yearbook["pop_urban"] / yearbook["pop2020"]
    pupils = government(tables, "education")[yearbook.index] / 0.92 / (1.08 - 0.15 * urban)
    raw = yearbook["primary_pupils"] + yearbook["secondary_pupils"]
    assert pupils.sum() == pytest.approx(raw.sum(), abs=13)
    offers = tables["offers"][tables["offers"]["service"] == "elder_care"]
    homes = offers.groupby("region")["capacity"].sum()[yearbook.index] / 0.95
    assert homes.sum() == pytest.approx(yearbook["social_work_beds"].sum(), abs=40)


def test_area_of_counties_is_that_of_the_yearbook(tables: Tables, yearbook: pd.DataFrame) -> None:
    area = tables["regions"].set_index("region")["area_km2"]
    assert (area[yearbook.index] == yearbook["area_km2"]).all()
    assert area.sum() == pytest.approx(66_400, rel=0.03)


def test_imputed_totals_are_near_published_ones(tables: Tables) -> None:
    """Beds: 41,005 in 2018. Pupils: 867,000 in compulsory schools in 2015, and upper secondary."""
    private = 0.286 * 713.1 / 910.1
    beds = government(tables, "health").sum() / BED_DAYS / (1 - private)
    assert beds == pytest.approx(41_005, rel=0.05)
    needs = tables["needs"].groupby("service")["demand"].sum()
    assert 867_000 <= needs["education"] <= 867_000 + 163_500 + 0.1 * 867_000
    assert needs["health"] / 9 / 7_202_654 == pytest.approx(1_208_000 / 6_817_900, rel=1e-4)


def test_totals_quoted_in_the_assumptions_are_those_of_the_tables(
    built: tuple[dict[str, Any], Tables],
) -> None:
    units, text = read_units(RAW), " ".join(built[0]["assumptions"])
    for column in ("beds", "pupils", "institution_beds", "area_km2"):
        assert f"{units[column].sum():,.0f}" in text


def test_points_are_inside_ningxia(tables: Tables) -> None:
    for name, margin in (("regions", 0.0), ("offers", 0.3)):
        points = tables[name].dropna(subset=["longitude", "latitude"])
        assert points["longitude"].between(104.28 - margin, 107.66 + margin).all()
        assert points["latitude"].between(35.23 - margin, 39.39 + margin).all()


def test_the_same_build_gives_the_same_bytes(tables: Tables) -> None:
    again = build(RAW)[1]
    assert list(again) == list(tables)
    for name, frame in tables.items():
        assert again[name].to_csv(index=False) == frame.to_csv(index=False)


def test_variants_differ_in_cost_alone(tables: Tables) -> None:
    low, high = build(RAW, variant="low")[1]["offers"], build(RAW, variant="high")[1]["offers"]
    others = low["mode"] != "direct"
    assert (low.loc[others, "unit_cost"] < high.loc[others, "unit_cost"]).all()
    same = ["offer", "capacity", "longitude", "latitude", "user_fee"]
    assert low.loc[~others, same].equals(high.loc[~others, same])
    assert low[["offer", "capacity"]].equals(tables["offers"][["offer", "capacity"]])


def test_unknown_variant_and_province_are_refused() -> None:
    with pytest.raises(ValueError, match="unknown variant"):
        build(RAW, variant="cheap")
    with pytest.raises(ValueError, match="no county-level unit"):
        build(RAW, province="99")


def test_references_resolve(tables: Tables) -> None:
    known = {
        "region": set(tables["regions"]["region"]),
        "service": set(tables["services"]["service"]),
        "provider": set(tables["providers"]["provider"]),
        "offer": set(tables["offers"]["offer"]),
        "jurisdiction": set(tables["jurisdictions"]["jurisdiction"]),
    }
    as_jurisdiction = {"parent", "supervisor", "arranger"}
    for frame in tables.values():
        for column in set(frame) & (set(known) | as_jurisdiction):
            values = set(frame[column].dropna()) - {""}
            assert values <= known["jurisdiction" if column in as_jurisdiction else column]
    assert tables["offers"]["offer"].is_unique
    assert tables["providers"]["provider"].is_unique
    assert set(tables["offers"]["provider"]) == known["provider"]


def test_payers_share_the_unit_cost(tables: Tables) -> None:
    """Fixed cost at capacity, public unit cost, users and donations make up the full price."""
    offers = tables["offers"].fillna({"own_funds": 0.0})
    parts = offers["unit_cost"] + offers["user_fee"] + offers["own_funds"]
    whole = parts + offers["fixed_cost"] / offers["capacity"]
    assert np.allclose(whole, offers["price"], rtol=1e-3)
    assert (offers["minimum_volume"] <= offers["capacity"]).all()


def test_sizes_have_economies_of_scale(tables: Tables) -> None:
    sizes = tables["sizes"]
    mean = sizes.assign(mean=sizes["fixed_cost"] / sizes["capacity"])
    wide = mean.pivot(index="offer", columns="size", values="mean")
    assert (wide["today"] < wide["reduced"]).all()
    assert set(sizes["offer"]) == set(tables["offers"].query("mode == 'direct'")["offer"])


def test_needs_have_between_two_and_about_thirty_links(tables: Tables) -> None:
    """On average 5 to 20 links per need; far counties have few, the Yinchuan plain many."""
    count = links(tables).groupby(["service", "region_of_need"]).size()
    assert len(count) == len(tables["needs"])
    assert count.min() >= 2
    assert count.max() <= 35
    assert count.groupby("service").mean().between(5, 20).all()


def test_every_county_reaches_its_own_government(tables: Tables) -> None:
    pairs = links(tables)
    own = pairs[(pairs["region"] == pairs["region_of_need"]) & (pairs["mode"] == "direct")]
    assert len(own) == len(tables["needs"])


def test_today_exceeds_no_capacity(tables: Tables) -> None:
    plan = tables["baseline"].merge(tables["needs"], on=["region", "service"])
    used = (plan["share"] * plan["demand"]).groupby(plan["offer"]).sum()
    capacity = tables["offers"].set_index("offer")["capacity"]
    assert (used <= capacity[used.index] * (1 + 1e-9)).all()
    covered = plan.groupby(["region", "service"])["share"].sum()
    assert covered.max() <= 1.0
    assert covered.min() < 0.7


def test_every_assumption_is_one_sentence(built: tuple[dict[str, Any], Tables]) -> None:
    about = built[0]
    assert about["seed"] == 2020
    assert about["name"] == "cn-ningxia"
    assert all(line.endswith(".") for line in about["assumptions"])
    assert all(set(source) == {"title", "year", "licence"} for source in about["sources"])
