"""Every province, the nation and their sums say what the raw files say, at every level."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import pse_opt as pse
from pse_opt.io import write_instance
from pse_opt.regional.china import build
from pse_opt.regional.china_areas import polygon
from pse_opt.regional.china_sources import SHIFTED, read_census, read_yearbook
from pse_opt.regional.china_units import read_units, repairs
from pse_opt.resources import resolve

DATA = os.environ.get("PSE_OPT_DATA", "")
RAW = Path(DATA) / "regional"
pytestmark = pytest.mark.skipif(
    not DATA, reason="PSE_OPT_DATA is not set: the raw regional files are not part of the project"
)
PEOPLE = 1_409_778_724  # of the nation, first row of the census

Tables = dict[str, pd.DataFrame]
Built = tuple[dict[str, Any], Tables]


@pytest.fixture(scope="module", autouse=True)
def _workbooks() -> None:
    pytest.importorskip("openpyxl")


@pytest.fixture(scope="module", params=["52", "62"])
def province(request: pytest.FixtureRequest) -> Built:
    return build(RAW, request.param)


@pytest.fixture(scope="module")
def gansu() -> Tables:
    return build(RAW, "62")[1]


@pytest.fixture(scope="module")
def gansu_prefectures() -> Tables:
    return build(RAW, "62", level="prefecture")[1]


def total(tables: Tables, name: str, column: str) -> float:
    return float(tables[name][column].sum())


def assert_references(tables: Tables) -> None:
    """Every identifier a table uses is known to the table it comes from."""
    known = {
        "region": set(tables["regions"]["region"]),
        "service": set(tables["services"]["service"]),
        "provider": set(tables["providers"]["provider"]),
        "offer": set(tables["offers"]["offer"]),
        "jurisdiction": set(tables["jurisdictions"]["jurisdiction"]),
    }
    for frame in tables.values():
        for column in set(frame) & {*known, "parent", "supervisor", "arranger"}:
            values = set(frame[column].dropna()) - {""}
            assert values <= known.get(column, known["jurisdiction"])
    assert set(tables["offers"]["provider"]) == known["provider"]


def assert_today_fits(tables: Tables) -> None:
    keys = [c for c in ("region", "group", "service") if c in tables["baseline"]]
    plan = tables["baseline"].merge(tables["needs"], on=keys)
    assert len(plan) == len(tables["baseline"])
    used = (plan["share"] * plan["demand"]).groupby(plan["offer"]).sum()
    offers = tables["offers"].set_index("offer").loc[used.index]
    assert (used <= offers["capacity"] * (1 + 1e-9)).all()
    assert plan.groupby(keys)["share"].sum().max() <= 1 + 1e-9


def test_ningxia_is_the_instance_that_is_shipped(tmp_path: Path) -> None:
    """A change of the builder for other provinces leaves every byte of its tables alone."""
    write_instance(tmp_path / "built", *build(RAW, "64"))
    shipped = resolve("cn-ningxia", "instances", "instance.toml")
    for table in (tmp_path / "built").glob("*.csv"):
        assert table.read_bytes() == (shipped / table.name).read_bytes()


def test_units_add_up_to_the_census_of_every_province() -> None:
    """Zones without a code and prefectures without counties included: nobody is missing."""
    census = read_census(RAW)
    published = census[census.index.str.endswith("0000")]["population"]
    assert published.sum() == PEOPLE
    for code in ("13", "14", "44", "46", "51", "65"):
        assert read_units(RAW, code)["population"].sum() == published[code + "0000"]


def test_units_add_up_to_the_census_of_prefectures() -> None:
    raw = pd.read_csv(
        RAW / "china_census" / "data" / "census" / "census_city_2010-2020_v1.csv",
        dtype={"city_code": str},
        encoding="utf-8-sig",
        usecols=["city_code", "popu_2020"],
    ).set_index("city_code")["popu_2020"]
    people = read_units(RAW, "34")["population"]
    ours = people.groupby(people.index.str[:4] + "00").sum()
    assert (ours == raw[ours.index]).all()


def test_no_unit_lacks_a_figure() -> None:
    for code in ("11", "46", "54", "65"):
        units = read_units(RAW, code)
        assert units.notna().all(axis=None)
        assert units["longitude"].between(73, 136).all()
        assert units["latitude"].between(3, 54).all()
        assert (units["area_km2"] > 0).all()


def test_areas_of_provinces_are_near_the_published_ones() -> None:
    for code, published in {"52": 176_167, "51": 486_052, "62": 425_800, "32": 107_200}.items():
        assert read_units(RAW, code)["area_km2"].sum() == pytest.approx(published, rel=0.06)


def test_a_square_of_one_degree_has_its_area_and_centre() -> None:
    area, longitude, latitude = polygon("POLYGON((0 0,1 0,1 1,0 1,0 0))")
    assert area == pytest.approx(12_364, rel=1e-3)
    assert (longitude, latitude) == pytest.approx((0.5, 0.5), abs=1e-3)


def test_counties_of_fujian_report_more_beds_of_homes_than_the_province_published() -> None:
    """And all of its units, with imputed ones, half as many again: the assumptions say so."""
    units = read_units(RAW, "35")
    reported = units.loc[~units["imputed"], "institution_beds"].sum()
    assert reported == 92_709
    assert any(f"{reported:,.0f}" in line for line in build(RAW, "62")[0]["assumptions"])
    assert units["institution_beds"].sum() / 92_676 == pytest.approx(1.46, abs=0.01)


def test_the_row_of_changning_is_moved_back() -> None:
    row = read_yearbook(RAW).loc[SHIFTED[0]]
    assert row[["primary_pupils", "beds", "institutions"]].tolist() == [27492, 2313, 18]
    assert np.isnan(row["institution_beds"])


def test_figures_that_cannot_be_right_are_said_to_be_repaired() -> None:
    found = repairs(RAW)
    assert not found["code"].str.startswith("64").any()
    about = build(RAW, "53")[0]
    mine = found[found["code"].str.startswith("53")]
    assert mine["name"].tolist() == ["呈贡区"]
    assert any("beds of 呈贡区 (806)" in line for line in about["assumptions"])


def test_a_province_is_an_instance_without_problems(province: Built) -> None:
    about, tables = province
    instance = pse.Instance.from_tables(tables)
    assert not instance.warnings
    assert 5 <= len(instance.links) / len(instance.needs) <= 20
    assert about["name"] in ("cn-guizhou", "cn-gansu")
    assert_references(tables)
    assert_today_fits(tables)


def test_the_same_province_gives_the_same_bytes(province: Built) -> None:
    about, tables = province
    again = build(RAW, str(tables["regions"]["region"][0])[:2])
    assert again[0] == about
    for name, frame in tables.items():
        assert again[1][name].to_csv(index=False) == frame.to_csv(index=False)


def test_every_government_reaches_its_own_people(gansu: Tables) -> None:
    """Subei has 66,748 km2, but its people live within a disc of at most 60 km."""
    own = gansu["links"][gansu["links"]["offer"].str[:6] == gansu["links"]["region"]]
    government = own[own["offer"].str.endswith("-gov")]
    assert len(government) == len(gansu["needs"])
    assert government["travel"].max() == pytest.approx(40, abs=0.01)


def test_what_can_be_built_meets_the_unit_s_own_need(gansu: Tables) -> None:
    sizes = gansu["sizes"].merge(gansu["offers"][["offer", "region", "service"]], on="offer")
    built = sizes[sizes["size"] == "built"].merge(gansu["needs"], on=["region", "service"])
    assert (built["capacity"] == built["demand"]).all()
    assert set(built["service"]) >= {"elder_care"}
    cost = sizes.assign(mean=sizes["fixed_cost"] / sizes["capacity"])
    wide = cost.pivot(index="offer", columns="size", values="capacity")
    assert (wide["built"].dropna() > wide["expanded"][wide["built"].notna()]).all()


def test_a_prefecture_is_the_sum_of_its_counties(gansu: Tables, gansu_prefectures: Tables) -> None:
    for name, column in (
        ("needs", "demand"),
        ("needs", "heads"),
        ("regions", "population"),
        ("offers", "capacity"),
        ("jurisdictions", "supervision_capacity"),
    ):
        assert total(gansu_prefectures, name, column) == total(gansu, name, column)
    for name, column in (
        ("regions", "area_km2"),
        ("jurisdictions", "budget"),
        ("offers", "fixed_cost"),
        ("providers", "overhead_cost"),
    ):
        assert total(gansu_prefectures, name, column) == pytest.approx(
            total(gansu, name, column), rel=1e-4
        )


def test_prefectures_are_an_instance_without_problems(gansu_prefectures: Tables) -> None:
    instance = pse.Instance.from_tables(gansu_prefectures)
    assert not instance.warnings
    assert_references(gansu_prefectures)
    assert_today_fits(gansu_prefectures)


def test_a_province_is_one_region_at_its_own_level() -> None:
    about, tables = build(RAW, "64", level="province")
    assert about["name"] == "cn-ningxia-provinces"
    assert tables["regions"]["population"].tolist() == [7_202_654]
    assert tables["jurisdictions"]["jurisdiction"].tolist() == ["640000"]
    counties = build(RAW, "64")[1]["needs"].groupby("service")["demand"].sum()
    assert (tables["needs"].set_index("service")["demand"][counties.index] == counties).all()


@pytest.mark.parametrize(
    ("groups", "names"),
    [
        ("residence", {"urban", "rural"}),
        ("minority", {"minority", "han"}),
        ("age", {"65-and-over", "under-65"}),
    ],
)
def test_needs_of_groups_add_up(groups: str, names: set[str]) -> None:
    about, tables = build(RAW, "64", groups=groups)
    whole = build(RAW, "64")[1]
    assert about["name"] == f"cn-ningxia-{groups}"
    assert set(tables["needs"]["group"]) == names
    keys = ["region", "service"]
    for column in ("demand", "heads"):
        ours = tables["needs"].groupby(keys)[column].sum()
        assert (ours == whole["needs"].set_index(keys)[column].loc[ours.index]).all()
    assert not pse.Instance.from_tables(tables).warnings
    assert_today_fits(tables)


def test_heads_of_minorities_and_of_the_old_are_those_of_the_census() -> None:
    units = read_units(RAW, "64")
    minorities = units["population"] * units["minority_percent"] / 100
    old = units["age_65_79"] + units["age_80"]
    for groups, name, people in (("minority", "minority", minorities), ("age", "65-and-over", old)):
        needs = build(RAW, "64", groups=groups)[1]["needs"].query("service == 'health'")
        heads = needs[needs["group"] == name].set_index("region")["heads"]
        assert (heads - people[heads.index]).abs().max() <= 0.5
    needs = build(RAW, "64", groups="age")[1]["needs"].set_index(["service", "group"])["demand"]
    assert ("elder_care", "under-65") not in needs.index
    assert ("education", "65-and-over") not in needs.index


def test_unknown_level_or_groups_are_refused() -> None:
    with pytest.raises(ValueError, match="unknown level"):
        build(RAW, level="township")
    with pytest.raises(ValueError, match="unknown groups"):
        build(RAW, groups="income")


@pytest.mark.thorough
def test_the_nation_has_all_people_and_needs_at_every_level() -> None:
    counties = build(RAW, "all")
    assert counties[0]["name"] == "cn-counties"
    assert len(counties[1]["regions"]) == 2_987
    assert 100_000 <= len(counties[1]["links"]) <= 300_000
    for level, name, number in (
        ("prefecture", "cn-prefectures", 367),
        ("province", "cn-provinces", 31),
    ):
        about, tables = build(RAW, "all", level=level)
        assert (about["name"], len(tables["regions"])) == (name, number)
        assert total(tables, "regions", "population") == PEOPLE
        needs = tables["needs"].groupby("service")["demand"].sum()
        assert (needs == counties[1]["needs"].groupby("service")["demand"].sum()).all()
        assert not pse.Instance.from_tables(tables).warnings
        assert_references(tables)
        assert_today_fits(tables)


@pytest.mark.thorough
def test_a_province_is_the_same_in_the_nation_as_alone() -> None:
    nation, alone = build(RAW, "all")[1], build(RAW, "52")[1]
    for name in ("regions", "needs", "providers", "offers", "sizes", "baseline"):
        first = alone[name].columns[0]
        ours = nation[name][nation[name][first].isin(alone[name][first])]
        assert ours.to_csv(index=False) == alone[name].to_csv(index=False)


@pytest.mark.thorough
def test_totals_of_the_nation_quoted_in_the_assumptions_are_those_of_its_units() -> None:
    about, tables = build(RAW, "all")
    units = pd.concat(
        [read_units(RAW, str(c)) for c in sorted(set(read_census(RAW).index.str[:2]))]
    )
    text = " ".join(about["assumptions"])
    for column in ("population", "area_km2", "beds", "institution_beds"):
        assert f"{units[column].sum():,.0f}" in text
    assert len(units) == len(tables["regions"])


@pytest.mark.thorough
def test_equalization_costs_something_in_a_province(gansu: Tables) -> None:
    """And both governments and NGOs are chosen."""
    instance = pse.Instance.from_tables(gansu)
    core = pse.solve(instance, "core", gap=1e-2, time_limit=120)
    equalized = pse.solve(instance, "equalized", gap=1e-2, time_limit=120)
    assert core.verified
    assert equalized.verified
    assert core.objective is not None
    assert equalized.bound is not None
    assert equalized.bound > core.objective
    assert equalized.plan is not None
    kinds = equalized.plan.offers["offer"].map(instance.offers.set_index("offer")["kind"])
    assert {"government", "ngo"} <= set(kinds)
