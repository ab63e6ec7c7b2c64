"""The builder for African countries against the facility list, read here on its own."""

import csv
import os
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

from pse_opt.errors import InputError
from pse_opt.instance import Instance
from pse_opt.regional.africa import build, read
from pse_opt.regional.africa_assumptions import COUNTRIES
from pse_opt.regional.africa_offers import clusters

RAW = Path(os.environ.get("PSE_OPT_DATA", "")) / "regional"
BOXES = {
    "gh": (-3.3, 1.3, 4.7, 11.2),
    "tz": (29.3, 40.5, -11.8, -0.9),
    "zm": (21.9, 33.8, -18.1, -8.2),
}
PEOPLE = {"gh": 24_658_823, "tz": 61_741_120, "zm": 13_092_666}

needs_data = pytest.mark.skipif(
    not os.environ.get("PSE_OPT_DATA"),
    reason="PSE_OPT_DATA is not set: the list of African health facilities is needed",
)


@pytest.fixture(scope="module")
def listed():
    path = RAW / "africa_who_health_sites" / "df_who_sites.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module", params=list(COUNTRIES))
def country(request):
    return request.param


@pytest.fixture(scope="module")
def built(country):
    return build(RAW, country)


@pytest.fixture(scope="module")
def facilities(country):
    return read(RAW, COUNTRIES[country])[0]


def test_a_country_without_population_is_refused_with_those_that_can_be_built():
    with pytest.raises(InputError, match="no population by region") as error:
        build(RAW, "ug")
    (problem,) = error.value.problems
    assert all(land.name in problem.remedy for land in COUNTRIES.values())


def test_an_unknown_variant_is_named():
    with pytest.raises(ValueError, match="'cheap'"):
        build(RAW, "tz", "cheap")


@pytest.mark.parametrize("country", list(COUNTRIES))
def test_regions_add_up_to_the_census(country):
    assert sum(people for people, _ in COUNTRIES[country].regions.values()) == PEOPLE[country]


def test_clusters_are_small_and_of_neighbours():
    points = pd.DataFrame({"x": [0.0, 9, 1, 8, 2, 7], "y": 0.0}).to_numpy()
    label = clusters(points, 3)
    assert label.tolist() == [0, 1, 0, 1, 0, 1]
    assert clusters(points, 6).max() == 0


@needs_data
def test_the_instance_is_accepted_without_a_warning(built, country):
    about, tables = built
    instance = Instance.from_tables(tables, about)
    assert instance.warnings == ()
    assert len(instance.needs) == 3 * len(tables["regions"])
    assert about["name"] == f"{country}-{COUNTRIES[country].word}"


@needs_data
def test_every_region_of_the_list_is_known(facilities):
    assert (facilities["region"] != "").all()


@needs_data
def test_facilities_by_owner_and_what_becomes_of_them(facilities, built, country, listed):
    raw = Counter(r["Ownership"] for r in listed if r["iso3c"] == COUNTRIES[country].iso3)
    owners = facilities["owner"].value_counts()
    faith = raw["FBO"] + raw["NGO/FBO"]
    assert len(facilities) == sum(raw.values())
    assert owners["fbo"] == faith
    assert owners.get("ngo", 0) == raw["NGO"]
    assert owners["gov"] == sum(raw.values()) - faith - raw["NGO"] - raw["Parastatal"]
    used = facilities[facilities["excluded"] == ""]
    primary = built[1]["offers"].query("service == 'primary_care'")
    assert primary["facilities"].sum() == len(used) > 0.9 * len(facilities)


@needs_data
@pytest.mark.parametrize("name", ["regions", "offers"])
def test_coordinates_are_inside_the_country(built, country, name):
    west, east, south, north = BOXES[country]
    assert built[1][name]["longitude"].between(west, east).all()
    assert built[1][name]["latitude"].between(south, north).all()


@needs_data
def test_need_is_the_stated_share_of_capacity(built, country):
    tables = built[1]
    need = tables["needs"].groupby("service")["demand"].sum()
    capacity = tables["offers"].groupby("service")["capacity"].sum()
    assert (need / capacity).round(3).eq(COUNTRIES[country].load).all()


@needs_data
def test_references_resolve_and_every_need_has_links(built, country):
    tables = built[1]
    offers, payers = tables["offers"], set(tables["jurisdictions"]["jurisdiction"])
    assert set(offers["provider"]) == set(tables["providers"]["provider"])
    assert set(offers["arranger"]) <= payers
    assert set(tables["regions"]["jurisdiction"]) == payers - {COUNTRIES[country].name.lower()}
    links = tables["links"].merge(offers[["offer", "service"]], on="offer")
    count = links.groupby(["region", "service"]).size()
    assert len(count) == len(tables["needs"])
    assert count.min() >= 3


@needs_data
def test_both_kinds_offer_every_service(built):
    tables = built[1]
    kind = tables["providers"].set_index("provider")["kind"][tables["offers"]["provider"]]
    pairs = set(zip(tables["offers"]["service"], kind, strict=True))
    assert len(pairs) == 6


@needs_data
def test_building_twice_gives_the_same_bytes(built, country):
    about, tables = build(RAW, country)
    assert about == built[0]
    for name, table in tables.items():
        assert table.to_csv(index=False) == built[1][name].to_csv(index=False)


@needs_data
def test_assumptions_are_sentences_and_sources_are_named(built):
    about = built[0]
    assert len(about["assumptions"]) > 20
    for sentence in about["assumptions"]:
        assert sentence.split(":")[0] in {"Data", "Derived", "Assumed", "Left out", "Bundled"}
        assert sentence.endswith(".")
        assert "{" not in sentence
    assert {"title", "year", "licence"} == set().union(*about["sources"])
