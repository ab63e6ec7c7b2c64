"""The instance derives what the tables imply, and nothing more."""

import math
import time

import numpy as np
import pandas as pd
import pytest

from pse_opt.about import About
from pse_opt.errors import InputError
from pse_opt.instance import Instance
from tests.conftest import only, small_tables


def build(**changes):
    return Instance.from_tables(small_tables(**changes), {"name": "small"})


def test_data_frames_with_numbers_of_any_type_make_the_same_instance_as_text():
    typed = build(
        needs={"demand": np.array([1000, 500], dtype=np.int32), "heads": [None, math.nan]},
        offers={"capacity": np.array([1000.0, 400.0], dtype=np.float32), "quality": [pd.NA, 0.5]},
        services={"core": [True]},
    )
    text = build(
        needs={"demand": ["1000", "500"], "heads": ["", ""]},
        offers={"capacity": ["1000", "400"], "quality": ["", "0.5"]},
        services={"core": ["yes"]},
    )
    for name, table in typed.tables.items():
        pd.testing.assert_frame_equal(table, text.tables[name])
    pd.testing.assert_frame_equal(typed.links, text.links)


def test_an_instance_can_be_built_again_from_its_own_tables():
    first = build()
    again = Instance.from_tables(first.tables, first.about)
    for name, table in first.tables.items():
        pd.testing.assert_frame_equal(table, again.tables[name])


def test_the_tables_given_are_left_as_they_were():
    tables = small_tables()
    before = {name: table.copy() for name, table in tables.items()}
    Instance.from_tables(tables)
    for name, table in tables.items():
        pd.testing.assert_frame_equal(table, before[name])


def test_all_problems_of_all_tables_and_of_the_document_come_together():
    tables = small_tables(
        regions={"population": ["many", 500]},
        needs={"region": ["north", "suoth"]},
        offers={"capacity": [-1, 400]},
        providers=None,
    )
    with pytest.raises(InputError) as caught:
        Instance.from_tables(tables, {"name": "x", "yeer": 2025})
    found = {(p.where, p.row, p.column) for p in caught.value.problems}
    assert found == {
        ("instance.toml", None, "yeer"),
        ("providers", None, None),
        ("regions", 2, "population"),
        ("needs", 3, "region"),
        ("offers", 2, "capacity"),
    }


@pytest.mark.parametrize(
    ("document", "column", "message", "remedy"),
    [
        ({}, "name", "the key is missing", "write name = ..."),
        ({"name": "x", "tilte": "y"}, "tilte", "unknown key", "did you mean 'title'?"),
        ({"name": 5}, "name", "not text", "quotes"),
        ({"name": "x", "seed": "abc"}, "seed", "not a whole number", "without quotes"),
        ({"name": "x", "assumptions": "one"}, "assumptions", "not a list", "square brackets"),
        ({"name": "x", "units": "km"}, "units", "not a table", "braces"),
        ({"name": "x", "schema": 2}, "schema", "this version reads schema 1 only", "schema = 1"),
        ({"name": "x", "schema": "two"}, "schema", "not a whole number", "without quotes"),
        (
            {"name": "x", "sources": [{"title": "y", "license": "z"}]},
            "sources.0.license",
            "unknown key",
            "did you mean 'licence'?",
        ),
        ({"name": "x", "sources": ["y"]}, "sources.0", "not a source", "title"),
    ],
)
def test_a_document_that_is_wrong_says_so_in_plain_words(document, column, message, remedy):
    with pytest.raises(InputError) as caught:
        About.from_document(document)
    problem = only(caught.value)
    assert (problem.where, problem.column, problem.message) == ("instance.toml", column, message)
    assert remedy in problem.remedy


def test_a_document_survives_being_written_and_read():
    document = {
        "schema": 1,
        "name": "x",
        "year": 2025,
        "sources": [{"title": "census", "year": 2020, "licence": "CC0"}],
        "assumptions": ["one", "two"],
    }
    assert About.from_document(About.from_document(document).to_document()).name == "x"
    assert About.from_document(document).to_document() == document


def test_without_a_table_of_jurisdictions_those_of_the_regions_exist():
    instance = build(jurisdictions=None, regions={"jurisdiction": ["b", "a"]})
    assert list(instance.jurisdictions["jurisdiction"]) == ["a", "b"]
    assert instance.jurisdictions["budget"].isna().all()
    assert instance.territory == {"a": {"a"}, "b": {"b"}}


def test_without_any_jurisdiction_the_instance_is_still_one():
    instance = build(jurisdictions=None, regions={"jurisdiction": ["", ""]})
    assert instance.jurisdictions.empty
    assert list(instance.offers["arranger"]) == ["", ""]


def test_a_jurisdiction_governs_all_below_it():
    tables = small_tables(jurisdictions=None, regions={"jurisdiction": ["county", "land"]})
    tables["jurisdictions"] = pd.DataFrame(
        {"jurisdiction": ["land", "province", "county"], "parent": ["", "land", "province"]}
    )
    territory = Instance.from_tables(tables).territory
    assert territory["land"] == {"land", "province", "county"}
    assert territory["province"] == {"province", "county"}
    assert territory["county"] == {"county"}


def test_what_is_left_blank_is_filled_in_from_the_tables_above():
    instance = build(providers={"quality": [0.6, 0.8]}, offers={"quality": ["", 0.9]})
    offers = instance.offers
    assert list(offers["arranger"]) == ["land", "land"]
    assert list(offers["quality"]) == [0.6, 0.9]
    assert list(offers["kind"]) == ["government", "ngo"]
    assert list(offers["latitude"]) == [-10.0, -10.2]
    assert not offers["own_place"].any()
    assert list(instance.needs["heads"]) == [1000, 500]
    assert list(instance.regions["name"]) == ["north", "south"]
    assert list(instance.services["last_resort_travel"]) == [40]


def test_offers_that_may_not_be_engaged_are_left_out_with_their_reason():
    instance = build(
        services={"core": [False]},
        offers={"required": ["forbidden", ""]},
        providers={"accredited_for": ["", "health"]},
    )
    assert list(instance.excluded["reason"]) == ["forbidden"]
    assert list(instance.offers["offer"]) == ["mobile"]


def test_an_offer_of_a_provider_without_accreditation_is_left_out():
    tables = small_tables(services=None, providers={"accredited_for": ["", "school"]})
    tables["services"] = pd.DataFrame(
        {"service": ["health", "school"], "unit": "unit", "reach_km": 40}
    )
    (reason,) = Instance.from_tables(tables).excluded["reason"]
    assert reason == "helpers is not accredited for health"


def test_sizes_replace_the_columns_of_the_offer_and_offers_without_keep_theirs():
    sizes = {
        "offer": ["mobile", "mobile"],
        "size": ["one van", "two vans"],
        "capacity": [200, 400],
        "fixed_cost": [400, 600],
        "unit_cost": [8, 7],
    }
    instance = build(sizes=sizes)
    assert instance.size_keys == [("clinic", ""), ("mobile", "one van"), ("mobile", "two vans")]
    assert list(instance.sizes["capacity"]) == [1000, 200, 400]
    assert [list(at) for at in instance.sizes_of_offer] == [[0], [1, 2]]


def test_links_given_are_the_whole_list_and_cost_what_travel_costs_unless_they_say_so():
    links = {
        "offer": ["clinic", "clinic"],
        "region": ["north", "south"],
        "travel": [1, 99],
        "access_cost": ["", 7],
    }
    instance = build(services={"access_cost_per_km": [0.5]}, links=links)
    assert instance.link_keys == [("clinic", "north", ""), ("clinic", "south", "")]
    assert list(instance.links["access_cost"]) == [0.5, 7]
    assert list(instance.links["travel"]) == [1, 99]


def test_every_group_of_a_region_has_the_links_of_the_region():
    needs = {"region": ["north"] * 2, "group": ["urban", "rural"], "heads": [400, 600]}
    instance = build(needs=needs)
    assert instance.link_keys == [
        ("clinic", "north", "urban"),
        ("clinic", "north", "rural"),
        ("mobile", "north", "urban"),
        ("mobile", "north", "rural"),
    ]
    assert list(instance.link_units) == [1000, 500, 1000, 500]


def test_links_of_needs_and_of_offers_are_the_same_links_sorted_otherwise():
    instance = build()
    of_needs, of_offers = instance.links_of_need, instance.links_of_offer
    everything = list(range(len(instance.links)))
    assert sorted(np.concatenate(of_needs)) == sorted(np.concatenate(of_offers)) == everything
    for need, at in enumerate(of_needs):
        assert set(instance.links["need"].iloc[at]) == {need}


def test_a_need_that_no_offer_reaches_is_a_warning():
    (warning,) = build(offers={"region": ["north", "north"]}, services={"reach_km": [20]}).warnings
    assert (warning.where, warning.row, warning.column) == ("needs", 3, "region")
    assert warning.value == "south"
    assert "reach_km" in warning.remedy


def test_an_instance_without_offers_has_needs_and_no_links():
    tables = small_tables()
    tables["offers"] = tables["offers"].iloc[:0]
    instance = Instance.from_tables(tables)
    assert len(instance.links) == 0
    assert [w.value for w in instance.warnings] == ["north", "south"]
    assert [list(at) for at in instance.links_of_need] == [[], []]
    assert instance.excluded.empty
    assert instance.sizes.empty


def test_an_instance_without_needs_is_empty_but_sound():
    tables = small_tables()
    tables["needs"] = tables["needs"].iloc[:0]
    instance = Instance.from_tables(tables)
    assert instance.links.empty
    assert instance.need_keys == []


def test_an_instance_shows_its_sizes():
    assert str(build()) == "small (2 regions, 1 services, 2 needs, 2 offers, 4 links)"


def test_a_country_of_counties_takes_seconds():
    regions, services, offers = 2800, 5, 15_000
    rng = np.random.default_rng(0)
    names = [f"{i:05d}" for i in range(regions)]
    tables = {
        "regions": pd.DataFrame(
            {
                "region": names,
                "population": 1000,
                "longitude": rng.uniform(75, 130, regions),
                "latitude": rng.uniform(20, 48, regions),
                "area_km2": 500,
            }
        ),
        "services": pd.DataFrame(
            {"service": [f"s{i}" for i in range(services)], "unit": "unit", "reach_km": 100}
        ),
        "providers": pd.DataFrame({"provider": ["p"], "kind": ["ngo"]}),
        "needs": pd.DataFrame(
            [(r, f"s{i}", 100.0) for r in names for i in range(services)],
            columns=["region", "service", "demand"],
        ),
        "offers": pd.DataFrame(
            {
                "offer": [f"o{i}" for i in range(offers)],
                "provider": "p",
                "service": [f"s{i % services}" for i in range(offers)],
                "mode": "grant",
                "region": rng.choice(names, offers),
                "capacity": 1000,
                "fixed_cost": 10,
                "unit_cost": 1,
            }
        ),
    }
    start = time.perf_counter()
    instance = Instance.from_tables(tables)
    assert len(instance.links) > offers
    assert time.perf_counter() - start < 5
