"""The Kenya builder against its raw files, which the tests read on their own."""

import csv
import os
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

from pse_opt.instance import Instance
from pse_opt.regional.kenya import build, facilities_of, read_census
from pse_opt.regional.kenya_seats import SEATS

RAW = Path(os.environ.get("PSE_OPT_DATA", "")) / "regional"

pytestmark = pytest.mark.skipif(
    not os.environ.get("PSE_OPT_DATA"),
    reason="PSE_OPT_DATA is not set: the census of Kenya and the facility list are needed",
)


def rows(name):
    with (RAW / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def listed():
    return [r for r in rows("africa_who_health_sites/df_who_sites.csv") if r["iso3c"] == "KEN"]


@pytest.fixture(scope="module")
def units():
    return rows("kenya/V1_T2.5.csv")


def repeated(listed):
    """Count rows with the name, type and owner of an earlier one less than 0.02 degrees away."""
    first, count = {}, 0
    for r in (r for r in listed if r["Lat"] not in {"", "NA"}):
        owner = (
            "gov" if r["Ownership"] == "Local authority" else r["Ownership"].replace("MoH", "gov")
        )
        county = r["Admin1"].removeprefix("Taita ")
        key = (r["Facility name"].strip().lower(), r["Facility type"], owner, county)
        place = float(r["Long"]), float(r["Lat"])
        other = first.setdefault(key, place)
        near = max(abs(a - b) for a, b in zip(place, other, strict=True)) <= 0.02
        count += near and other is not place
    return count


@pytest.fixture(scope="module")
def counties():
    return build(RAW)


@pytest.fixture(scope="module")
def subcounties():
    return build(RAW, "subcounties")


@pytest.fixture(scope="module", params=["counties", "subcounties"])
def built(request):
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module")
def facilities():
    return facilities_of(RAW, "counties", read_census(RAW))


def test_the_instance_is_accepted_without_a_warning(built):
    about, tables = built
    instance = Instance.from_tables(tables, about)
    assert instance.warnings == ()
    assert len(instance.needs) == 3 * len(tables["regions"])


def test_all_people_of_the_census_live_in_a_county(counties, units):
    total = sum(float(r["Total"]) for r in units if r["AdminArea"] == "County")
    assert total == counties[1]["regions"]["population"].sum() == 47_564_296
    assert len(counties[1]["regions"]) == 47


def test_sub_counties_have_all_people_but_those_of_forests_and_parks(subcounties, units):
    total = sum(float(r["Total"]) for r in units if r["AdminArea"] == "SubCounty")
    apart = sum(float(r["Total"]) for r in units if r["AdminArea"] == "Special Area")
    regions = subcounties[1]["regions"]
    assert len(regions) == 333
    assert regions["population"].sum() == total == 47_564_296 - apart
    assert apart == 5360


def test_areas_are_those_of_the_census(counties):
    land = [float(r["LandArea(in Sq. Km)"]) for r in rows("kenya/V1_T2.4.csv")]
    assert sorted(counties[1]["regions"]["area_km2"]) == sorted(land[1:])
    assert sum(land[1:]) == pytest.approx(land[0], rel=1e-3)


def test_facilities_by_owner(facilities, listed):
    raw = Counter(r["Ownership"] for r in listed)
    assert facilities["owner"].value_counts().to_dict() == {
        "gov": raw["MoH"] + raw["Local authority"],
        "fbo": raw["FBO"],
        "ngo": raw["NGO"],
        "cbo": raw["CBO"],
    }
    assert (len(facilities), raw["MoH"], raw["FBO"]) == (6146, 4603, 1101)


def test_every_exclusion_of_a_facility_has_a_reason_and_an_expected_count(facilities, listed):
    excluded = facilities.loc[facilities["excluded"] != "", "excluded"].value_counts().to_dict()
    assert excluded["no coordinates"] == sum(r["Lat"] in ("", "NA") for r in listed)
    assert excluded == {
        "no coordinates": 102,
        "listed twice": repeated(listed),
        "coordinates far outside its region": 8,
    }


@pytest.mark.parametrize("level", ["counties", "subcounties"])
def test_all_facilities_not_excluded_are_in_an_offer(level, facilities, request):
    tables = request.getfixturevalue(level)[1]
    primary = tables["offers"][tables["offers"]["service"] == "primary_care"]
    used = facilities[facilities["excluded"] == ""]
    assert primary["facilities"].sum() == len(used)
    kinds = tables["providers"].set_index("provider")["kind"][primary["provider"]].to_numpy()
    counts = primary.groupby(kinds)["facilities"].sum().to_dict()
    assert counts == {
        "government": (used["owner"] == "gov").sum(),
        "ngo": (used["owner"] != "gov").sum(),
    }


def test_only_hospitals_have_beds(counties, listed):
    hospitals = sum(r["facility_type_9"] == "Hospital" for r in listed)
    offers = counties[1]["offers"]
    beds = offers[offers["service"] == "hospital_care"]
    assert (beds["facilities"] == 1).all()
    assert len(beds) <= hospitals


@pytest.mark.parametrize("name", ["regions", "offers"])
def test_coordinates_are_inside_kenya(built, name):
    table = built[1][name]
    assert table["longitude"].between(33.9, 41.95).all()
    assert table["latitude"].between(-4.75, 5.5).all()


def test_points_of_counties_are_inside_a_disc_of_their_area_about_the_centroid(counties):
    regions = counties[1]["regions"].set_index("name")
    for row in rows("kenya/CountyGPS.csv"):
        name = row["County"].title().replace("'S", "'s").replace("'A", "'a")
        region = regions.loc[name]
        north = 111.2 * abs(float(row["Latitude"]) - region["latitude"])
        east = 111.2 * abs(float(row["Longitude"]) - region["longitude"])
        assert (north**2 + east**2) ** 0.5 < 1.2 * (region["area_km2"] / 3.1416) ** 0.5


def test_births_follow_the_children_of_the_census(counties):
    ages = rows("kenya/V3_T2.3.csv")
    county = [r for r in ages if r["SubCounty"] == "ALL"]
    children = sum(float(r["Total"]) for r in county if r["Age"] in {"0", "1", "2", "3", "4"})
    needs = counties[1]["needs"].groupby("service")["demand"].sum()
    assert needs["maternal_care"] == pytest.approx(children / 5 / 0.95 * 0.85, abs=47)


def test_need_per_head_is_the_stated_rate(built):
    needs = built[1]["needs"].groupby("service")["demand"].sum()
    people = built[1]["regions"]["population"].sum()
    assert needs["primary_care"] / people == pytest.approx(1.4, rel=1e-3)
    assert needs["hospital_care"] / people == pytest.approx(0.18, rel=1e-3)


def test_sub_counties_need_what_their_county_needs(counties, subcounties):
    parts = subcounties[1]["needs"].merge(subcounties[1]["regions"][["region", "jurisdiction"]])
    whole = counties[1]["needs"].set_index(["region", "service"])["demand"]
    sums = parts.groupby(["jurisdiction", "service"])["demand"].sum()
    assert (sums / whole.reindex(sums.index)).between(0.99, 1.01).all()


def test_a_county_hospital_costs_the_published_bed_day_at_full_capacity(counties):
    offer = counties[1]["offers"].set_index("offer").loc["kitui-kitui-district-hospital-hospital"]
    average = offer["fixed_cost"] / offer["capacity"] + offer["unit_cost"]
    assert average == pytest.approx(4610.83 * 1.37, rel=1e-4)
    assert offer["own_funds"] == offer["contract_cost"] == offer["minimum_volume"] == 0


def test_counties_get_the_same_money_per_head(built):
    jurisdictions = built[1]["jurisdictions"].set_index("jurisdiction")
    people = sum(float(r["Population"]) for r in rows("kenya/V1_T2.4.csv")[1:])
    below = jurisdictions[jurisdictions["parent"] == "kenya"]
    assert len(below) == 47
    assert below["budget"].sum() == pytest.approx(2427 * people, rel=1e-6)


def test_seats_are_sub_counties_of_the_census(units):
    names = {r["SubCounty"] for r in units if r["AdminArea"] == "SubCounty"}
    assert set().union(*SEATS.values()) <= names


def test_references_resolve(built):
    tables = built[1]
    offers, regions = tables["offers"], set(tables["regions"]["region"])
    payers = set(tables["jurisdictions"]["jurisdiction"])
    assert set(tables["regions"]["jurisdiction"]) == payers - {"kenya"}
    assert set(offers["provider"]) == set(tables["providers"]["provider"])
    assert set(offers["region"]) <= regions
    assert set(offers["arranger"]) <= payers
    assert set(tables["providers"]["supervisor"]) <= payers
    assert set(tables["links"]["offer"]) == set(offers["offer"])
    assert offers["offer"].is_unique


def test_every_need_has_several_links_and_few_have_many(built):
    tables = built[1]
    links = tables["links"].merge(tables["offers"][["offer", "service"]], on="offer")
    count = links.groupby(["region", "service"]).size()
    assert len(count) == len(tables["needs"])
    assert count.min() >= 2
    assert 5 <= count.median() <= 25


def test_every_offer_reaches_its_own_region(built):
    tables = built[1]
    own = tables["offers"][["offer", "region"]].merge(tables["links"], on=["offer", "region"])
    assert len(own) == len(tables["offers"])


def test_unmet_need_is_charged_no_less_travel_than_any_link(built):
    tables = built[1]
    links = tables["links"].merge(tables["offers"][["offer", "service"]], on="offer")
    cap = tables["services"].set_index("service")["travel_cap"]
    assert (links["travel"] <= links["service"].map(cap)).all()


def test_today_no_need_and_no_capacity_is_exceeded(built):
    tables = built[1]
    plan = tables["baseline"].merge(tables["needs"], on=["region", "service"])
    volume = (plan["share"] * plan["demand"]).groupby(plan["offer"]).sum()
    assert plan.groupby(["region", "service"])["share"].sum().max() <= 1.0
    assert (volume <= tables["offers"].set_index("offer")["capacity"][volume.index]).all()


def test_costs_of_not_for_profit_offers_rise_with_the_variant_and_government_does_not():
    cost = {v: build(RAW, variant=v)[1]["offers"] for v in ("low", "high")}
    paid = cost["low"]["mode"] == "contract"
    assert cost["low"].loc[paid, "fixed_cost"].sum() < cost["high"].loc[paid, "fixed_cost"].sum()
    pd.testing.assert_frame_equal(cost["low"][~paid], cost["high"][~paid])


@pytest.mark.parametrize("given", [{"level": "wards"}, {"variant": "cheap"}])
def test_an_unknown_level_or_variant_is_named(given):
    with pytest.raises(ValueError, match=r"'wards'|'cheap'"):
        build(RAW, **given)


def test_building_twice_gives_the_same_bytes(counties):
    about, tables = build(RAW)
    assert about == counties[0]
    for name, table in tables.items():
        assert table.to_csv(index=False) == counties[1][name].to_csv(index=False)


def test_assumptions_are_sentences_and_sources_are_named(built):
    about = built[0]
    assert len(about["assumptions"]) > 20
    for sentence in about["assumptions"]:
        assert sentence.split(":")[0] in {"Data", "Derived", "Assumed", "Left out", "Bundled"}
        assert sentence.endswith(".")
        assert len(sentence) > 40
    assert {"title", "year", "licence"} == set().union(*about["sources"])
