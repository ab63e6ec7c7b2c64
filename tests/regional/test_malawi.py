"""The Malawi builder against its raw files, which the tests read on their own."""

import csv
import os
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

from pse_opt.instance import Instance
from pse_opt.regional.malawi import build, read_facilities

RAW = Path(os.environ.get("PSE_OPT_DATA", "")) / "regional" / "malawi"

pytestmark = pytest.mark.skipif(
    not os.environ.get("PSE_OPT_DATA"),
    reason="PSE_OPT_DATA is not set: the raw files of Malawi are needed",
)


def rows(name):
    with (RAW / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def functional():
    table = rows("MHFR_Facilities_with_districts.csv")
    return [r for r in table if r["STATUS"] == "Functional" and r["assigned_district"]]


@pytest.fixture(scope="module")
def built():
    return build(RAW)


@pytest.fixture(scope="module")
def tables(built):
    return built[1]


@pytest.fixture(scope="module")
def facilities():
    return read_facilities(RAW)


def test_the_instance_is_accepted_without_a_warning(built):
    about, tables = built
    instance = Instance.from_tables(tables, about)
    assert len(instance.needs) == 84


def test_the_population_of_the_census_is_kept_when_cities_join_their_districts(tables):
    raw = sum(float(r["Count"]) for r in rows("TLO_ResourceFile_PopulationSize_2018Census.csv"))
    regions = tables["regions"]
    assert round(raw) == regions["population"].sum() == 17_563_749
    assert len(regions) == 28
    assert not regions["name"].str.contains("City").any()


def test_a_merged_district_has_the_people_of_both(tables):
    people = Counter()
    for r in rows("TLO_ResourceFile_PopulationSize_2018Census.csv"):
        people[r["District"]] += float(r["Count"])
    merged = tables["regions"].set_index("name")["population"]
    assert merged["Mzimba"] == round(people["Mzimba"] + people["Mzuzu City"])
    assert merged["Zomba"] == round(people["Zomba"] + people["Zomba City"])


def test_functional_facilities_inside_a_district_by_owner(facilities):
    raw = Counter(r["OWNERSHIP"] for r in functional())
    church = ("Christian Health Association of Malawi (CHAM)",)
    church += ("Mission/Faith-based (other than CHAM)", "Non-Government", "Aquaid Lifeline")
    not_for_profit = sum(raw[o] for o in church)
    assert (raw["Government"], not_for_profit, sum(raw.values())) == (813, 256, 1418)
    registry = facilities[facilities["type"] != "Mobile Clinic"]
    owners = registry["owner"].replace({"cham": "ngo", "private": "other", "": "other"})
    assert owners.value_counts().to_dict() == {"gov": 813, "ngo": 256, "other": 349}


def test_every_exclusion_of_a_facility_has_a_reason_and_an_expected_count(facilities):
    excluded = facilities.loc[facilities["excluded"] != "", "excluded"]
    assert excluded.value_counts().to_dict() == {
        "level of care not known": 32,
        "owner other or parastatal": 25,
        "listed twice": 5,
        "psychiatric hospital": 2,
    }
    assert (facilities["excluded"] == "").sum() == 1418 - 64 + 8


def test_all_facilities_not_excluded_are_in_an_offer_unless_out_of_reach(tables, facilities):
    offers = tables["offers"]
    primary = offers[offers["service"] == "primary_care"]
    offered = primary["facilities"].sum()
    kinds = tables["providers"].set_index("provider")["kind"][primary["provider"]].to_numpy()
    counts = primary.groupby(kinds)["facilities"].sum().to_dict()
    assert counts == {"government": 793, "ngo": 257, "private": 300}
    out_of_reach = (facilities["excluded"] == "").sum() - offered
    assert out_of_reach == 12


def test_mobile_clinics_deliver_in_proportion_to_their_stops(tables):
    stops = Counter(r["clinic_name"] for r in rows("GAIA_Clinics_with_districts.csv"))
    offers = tables["offers"].set_index("offer")
    mobile = offers[offers["provider"] == "gaia"]
    assert len(mobile) == len(stops) == 8
    assert mobile["capacity"].sum() == pytest.approx(sum(stops.values()) * 250_000 / 35, rel=1e-3)


@pytest.mark.parametrize("name", ["regions", "offers"])
def test_coordinates_are_inside_malawi(tables, name):
    assert tables[name]["longitude"].between(32.6, 36.0).all()
    assert tables[name]["latitude"].between(-17.2, -9.3).all()


def test_an_offer_of_one_facility_stands_where_the_registry_says(tables):
    raw = {r["CODE"].lower(): r for r in functional()}
    alone = tables["offers"].set_index(tables["offers"]["offer"].str.split("-").str[0])
    alone = alone[alone.index.isin(list(raw))]
    assert len(alone) > 1300
    for code, offer in alone.iterrows():
        assert offer["longitude"] == pytest.approx(float(raw[code]["longitude"]), abs=1e-5)
        assert offer["latitude"] == pytest.approx(float(raw[code]["latitude"]), abs=1e-5)


def test_births_follow_the_children_of_the_census(tables):
    census = rows("TLO_ResourceFile_PopulationSize_2018Census.csv")
    children = sum(float(r["Count"]) for r in census if r["Age_Grp"] == "0-4")
    needs = tables["needs"].groupby("service")["demand"].sum()
    assert needs["maternal_care"] == pytest.approx(children / 5 / 0.95, abs=28)


def test_need_per_head_is_the_stated_rate(tables):
    needs = tables["needs"].groupby("service")["demand"].sum()
    people = tables["regions"]["population"].sum()
    assert needs["primary_care"] / people == pytest.approx(1.29, abs=1e-4)
    assert needs["hospital_care"] / people == pytest.approx(0.15, abs=1e-4)


def test_a_government_health_centre_costs_its_staff_and_share_of_running_cost(tables):
    running = rows("TLO_ResourceFile_Costing_Facility_Operations.csv")[1]
    operating = sum(float(v) for k, v in running.items() if k and k != "Facility_Level" and v)
    pay = {
        (r["OfficerType"], r["Facility_Level"]): float(r["Value"])
        for r in rows("TLO_ResourceFile_Costing_HR.csv")
        if r["Parameter_name"] == "salary_usd"
    }
    staff = 2 * pay["Clinical", "1a"] + 2 * pay["Nursing_and_Midwifery", "1a"]
    staff += pay["Pharmacy", "1a"] + pay["Laboratory", "1a"] + pay["DCSA", "0"]
    code = next(
        r["CODE"]
        for r in functional()
        if r["TYPE"] == "Health Centre" and r["OWNERSHIP"] == "Government"
    )
    offer = tables["offers"].set_index("offer").loc[f"{code.lower()}-primary"]
    assert offer["fixed_cost"] == round(1.124 * staff + 0.75 * operating)
    assert offer["capacity"] == 25_000
    assert offer["user_fee"] == offer["own_funds"] == offer["contract_cost"] == 0


def test_budgets_add_up_to_the_spending_they_come_from(tables):
    care = {
        "Health Worker Salaries", "Facility utility bills", "Vehicles - Fuel and Maintenance",
        "Medical Equipment - Maintenance", "Other Drugs, medical supplies, and commodities",
        "Non-EHP consumables", "Antimalarials", "Malaria RDTs", "TB Tests (including RDTs)",
        "TB Treatment", "Vaccines", "Undernutrition commodities", "Supply Chain",
        "Supply Chain - non-EHP consumables",
    }  # fmt: skip
    spent = sum(
        float(r["EXPENDITURE (USD) (Jul 2018 - Jun 2019)"])
        for r in rows("TLO_ResourceFile_Resource_Mapping.csv")
        if r["Calibration_category"] in care
    )
    assert tables["jurisdictions"]["budget"].sum() == pytest.approx(1.192 * spent, abs=29 * 500)


def test_references_resolve(tables):
    offers, districts = tables["offers"], set(tables["regions"]["region"])
    arrangers = set(tables["jurisdictions"]["jurisdiction"])
    assert set(tables["regions"]["jurisdiction"]) == districts == arrangers - {"malawi"}
    assert set(offers["provider"]) == set(tables["providers"]["provider"])
    assert set(offers["service"]) == set(tables["services"]["service"])
    assert set(offers["region"]) <= districts
    assert set(offers["arranger"]) <= arrangers
    assert set(tables["providers"]["supervisor"]) <= arrangers
    assert set(tables["baseline"]["offer"]) <= set(offers["offer"])
    assert offers["offer"].is_unique


def test_today_no_need_and_no_capacity_is_exceeded(tables):
    plan = tables["baseline"].merge(tables["needs"], on=["region", "service"])
    covered = plan.groupby(["region", "service"])["share"].sum()
    volume = (plan["share"] * plan["demand"]).groupby(plan["offer"]).sum()
    capacity = tables["offers"].set_index("offer")["capacity"][volume.index]
    assert covered.max() <= 1.0
    assert (volume <= capacity).all()
    assert covered.min() < 0.5
    assert set(plan["offer"].str.split("-").str[-1]) == {"primary", "maternal", "hospital"}


def test_costs_of_non_government_offers_rise_with_the_variant_and_government_does_not():
    cost = {v: build(RAW, v)[1]["offers"] for v in ("low", "central", "high")}
    paid = cost["central"]["mode"] != "direct"
    totals = [cost[v].loc[paid, "fixed_cost"].sum() for v in ("low", "central", "high")]
    assert totals == sorted(totals)
    assert len(set(totals)) == 3
    pd.testing.assert_frame_equal(cost["low"][~paid], cost["high"][~paid])


def test_an_unknown_variant_is_named():
    with pytest.raises(ValueError, match="'cheap'"):
        build(RAW, "cheap")


def test_building_twice_gives_the_same_bytes(built):
    about, tables = build(RAW)
    assert about == built[0]
    assert list(tables) == list(built[1])
    for name, table in tables.items():
        assert table.to_csv(index=False) == built[1][name].to_csv(index=False)


def test_assumptions_are_sentences_and_sources_are_named(built):
    about = built[0]
    assert len(about["assumptions"]) > 20
    for sentence in about["assumptions"]:
        assert sentence.split(":")[0] in {"Data", "Derived", "Assumed", "Left out", "Bundled"}
        assert sentence.endswith(".")
        assert len(sentence) > 40
    assert {"title", "year", "licence"} == set().union(*about["sources"])
