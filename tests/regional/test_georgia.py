"""The Georgia builder against its raw files, which the tests read on their own."""

import csv
import json
import math
import os
from pathlib import Path

import pandas as pd
import pytest

import pse_opt as pse
from pse_opt.regional.georgia import build

DATA = os.environ.get("PSE_OPT_DATA", "")
RAW = Path(DATA) / "regional"
pytestmark = pytest.mark.skipif(
    not DATA, reason="PSE_OPT_DATA is not set: the raw files of Georgia are needed"
)
EARTH_KM = 6371.0088


def rows():
    with (RAW / "usa_georgia159/GData_utm.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def built():
    return build(RAW)


@pytest.fixture(scope="module")
def tables(built):
    return built[1]


@pytest.fixture(scope="module")
def instance(built):
    return pse.Instance.from_tables(built[1], built[0])


def distance(a, b):
    """Return the haversine distance in km of two points (longitude, latitude) in degrees."""
    (x, y), (u, v) = (map(math.radians, p) for p in (a, b))
    half = math.sin((v - y) / 2) ** 2 + math.cos(y) * math.cos(v) * math.sin((u - x) / 2) ** 2
    return 2 * EARTH_KM * math.asin(math.sqrt(half))


def from_utm(x, y, zone):
    """Return longitude and latitude of UTM metres (WGS84), by Snyder's inverse series."""
    e2, k0, a = 0.00669438, 0.9996, 6378137.0
    ep, e1 = e2 / (1 - e2), (1 - math.sqrt(1 - e2)) / (1 + math.sqrt(1 - e2))
    mu = y / k0 / (a * (1 - e2 / 4 - 3 * e2**2 / 64))
    phi = mu + 1.5 * e1 * math.sin(2 * mu) + 21 / 16 * e1**2 * math.sin(4 * mu)
    sin, cos, tan = math.sin(phi), math.cos(phi), math.tan(phi)
    normal = a / math.sqrt(1 - e2 * sin**2)
    meridian = a * (1 - e2) / (1 - e2 * sin**2) ** 1.5
    c, t, d = ep * cos**2, tan**2, (x - 5e5) / (normal * k0)
    lat = phi - normal * tan / meridian * (d**2 / 2 - (5 + 3 * t + 10 * c) * d**4 / 24)
    lon = (d - (1 + 2 * t + c) * d**3 / 6 + (5 + 28 * t + 24 * t**2) * d**5 / 120) / cos
    return zone * 6 - 183 + math.degrees(lon), math.degrees(lat)


def test_the_instance_is_accepted_without_a_warning(instance):
    assert instance.warnings == ()
    assert len(instance.regions) == 159
    assert len(instance.needs) == 548


def test_people_are_those_of_the_census(tables):
    assert tables["regions"]["population"].sum() == 6_478_216
    assert tables["regions"]["population"].sum() == sum(int(r["TotPop90"]) for r in rows())


@pytest.mark.parametrize("groups", ["residence", "race"])
def test_heads_of_the_groups_add_up_to_the_population(groups):
    tables = build(RAW, groups=groups)[1]
    people = tables["regions"].set_index("region")["population"]
    heads = tables["needs"].groupby(["service", "region"])["heads"].sum()
    for service in tables["services"]["service"]:
        assert (heads[service] == people).all()


def test_a_group_has_its_share_of_the_census(tables):
    rural = tables["needs"].query("group == 'rural' and service == 'elder_care'")
    heads = rural.set_index("region")["heads"]
    for r in rows():
        assert heads[r["AreaKey"]] == round(int(r["TotPop90"]) * float(r["PctRural"]) / 100)


@pytest.mark.parametrize("groups", ["residence", "race"])
def test_need_for_primary_care_is_the_visits_of_the_poor(groups):
    needs = build(RAW, groups=groups)[1]["needs"]
    poor = sum(int(r["TotPop90"]) * float(r["PctPov"]) / 100 for r in rows())
    visits = needs.loc[needs["service"] == "primary_care", "demand"].sum()
    assert visits == pytest.approx(2.7 * poor, rel=1e-4)


def test_need_for_home_care_follows_age_and_poverty(tables):
    needs = tables["needs"]
    hours = sum(
        int(r["TotPop90"]) * float(r["PctEld"]) / 100 * 0.08 * 260 * (1 + float(r["PctPov"]) / 100)
        for r in rows()
    )
    total = needs.loc[needs["service"] == "elder_care", "demand"].sum()
    assert total == pytest.approx(hours, rel=1e-4)


def test_black_people_are_poor_three_and_a_half_times_as_often():
    about, tables = build(RAW, groups="race")
    assert about["name"] == "us-georgia-race"
    needs = tables["needs"]
    visits = needs[(needs["service"] == "primary_care") & (needs["region"] == "13121")]
    rate = visits.set_index("group")["demand"] / visits.set_index("group")["heads"]
    assert rate["black"] / rate["other"] == pytest.approx(3.5, rel=1e-3)


def test_degrees_and_metres_of_the_census_file_agree():
    for r in rows():
        metres = from_utm(float(r["X"]), float(r["Y"]), zone=16)
        assert distance(metres, (float(r["Longitud"]), float(r["Latitude"]))) < 18.5


@pytest.mark.parametrize(
    ("county", "seat"),
    [
        ("Fulton", (-84.39, 33.75)),  # Atlanta
        ("Chatham", (-81.10, 32.08)),  # Savannah
        ("Bibb", (-83.63, 32.84)),  # Macon
        ("Muscogee", (-84.99, 32.46)),  # Columbus
        ("Richmond", (-81.97, 33.47)),  # Augusta
        ("Dougherty", (-84.16, 31.58)),  # Albany
    ],
)
def test_counties_are_where_their_cities_are(tables, county, seat):
    row = tables["regions"].set_index("name").loc[county]
    assert distance((row["longitude"], row["latitude"]), seat) < 25


def test_land_areas_are_those_of_the_shapes(tables):
    shapes = RAW / "usa_counties/contiguous_usa_by_county_since_2001.geojson"
    features = json.loads(shapes.read_text())["features"]
    land = sum(f["properties"]["ALAND"] for f in features if f["properties"]["STATEFP"] == "13")
    assert tables["regions"]["area_km2"].sum() == pytest.approx(land / 1e6, abs=10)


def test_every_county_has_a_government_offer_and_others_go_where_people_are(tables):
    offers = tables["offers"]
    direct = offers[offers["mode"] == "direct"]
    assert (direct.groupby("service")["region"].nunique() == 159).all()
    assert direct.groupby("service").size().to_dict() == {"elder_care": 159, "primary_care": 159}
    people = tables["regions"].set_index("region")["population"]
    others = offers[offers["mode"] != "direct"]
    assert people[others["region"]].median() > 1.4 * people.median()


def test_poor_counties_have_less_government_capacity_per_need(tables):
    need = tables["needs"].groupby(["service", "region"])["demand"].sum()
    offers = tables["offers"]
    direct = offers[offers["mode"] == "direct"].set_index(["service", "region"])["capacity"]
    assert direct.sum() / need.sum() == pytest.approx(0.75, abs=1e-3)
    ratio = (direct / need)["primary_care"]
    poor = tables["regions"].set_index("region")["poor_share"]
    assert ratio[poor > poor.quantile(0.75)].max() < ratio[poor < poor.quantile(0.25)].min()


def test_cost_at_full_capacity_is_shared_by_its_payers(tables):
    o = tables["offers"]
    paid = o["fixed_cost"] + (o["unit_cost"] + o["user_fee"] + o["own_funds"]) * o["capacity"]
    assert (paid / o["capacity"]).to_numpy() == pytest.approx(o["price"].to_numpy(), rel=2e-3)


def test_today_no_capacity_is_exceeded_and_rural_people_are_behind(tables):
    key = ["region", "service", "group"]
    plan = tables["baseline"].merge(tables["needs"], on=key)
    units = plan["share"] * plan["demand"]
    capacity = tables["offers"].set_index("offer")["capacity"]
    volume = units.groupby(plan["offer"]).sum()
    assert (volume <= capacity[volume.index] + 1e-6).all()
    assert plan.groupby(key)["share"].sum().max() <= 1.0
    served = units.groupby([plan["service"], plan["group"]]).sum()
    coverage = served / tables["needs"].groupby(["service", "group"])["demand"].sum()
    for service in tables["services"]["service"]:
        assert coverage[service, "rural"] < coverage[service, "urban"] - 0.1


def test_links_per_need_are_between_five_and_twenty(instance):
    assert 5 < len(instance.links) / len(instance.needs) < 20


def test_costs_of_others_rise_with_the_variant_and_government_does_not():
    offers = {v: build(RAW, v)[1]["offers"] for v in ("low", "central", "high")}
    paid = offers["central"]["mode"] != "direct"
    totals = [offers[v].loc[paid, "fixed_cost"].sum() for v in ("low", "central", "high")]
    assert totals == sorted(set(totals))
    pd.testing.assert_frame_equal(offers["low"][~paid], offers["high"][~paid])


def test_an_unknown_variant_or_group_is_named():
    with pytest.raises(ValueError, match="'cheap'"):
        build(RAW, "cheap")
    with pytest.raises(ValueError, match="'income'"):
        build(RAW, groups="income")


def test_building_twice_gives_the_same_bytes(built):
    about, tables = build(RAW)
    assert about == built[0]
    for name, table in tables.items():
        assert table.to_csv(index=False) == built[1][name].to_csv(index=False)


def test_assumptions_are_sentences_that_say_what_they_are(built):
    assert len(built[0]["assumptions"]) > 15
    for sentence in built[0]["assumptions"]:
        assert sentence.split(":")[0] in {"Data", "Derived", "Assumed"}
        assert sentence.endswith(".")


def test_the_core_plan_mixes_providers_and_leaves_rural_people_behind(instance):
    result = pse.solve(instance, "core", gap=5e-2, time_limit=30)
    pse.verify(instance, result).raise_if_violated()
    kinds = result.plan.offers.merge(instance.tables["providers"], on="provider")["kind"]
    assert set(kinds) == {"government", "ngo", "private"}
    plan = result.plan.deliveries.merge(instance.tables["needs"], on=["region", "service", "group"])
    units = (plan["share"] * plan["demand"]).groupby([plan["service"], plan["group"]]).sum()
    coverage = units / instance.tables["needs"].groupby(["service", "group"])["demand"].sum()
    for service in ("primary_care", "elder_care"):
        assert coverage[service, "rural"] < coverage[service, "urban"] - 0.05
