"""Two small tables of a user become an instance, or a list of everything that is wrong."""

import pandas as pd
import pytest

import pse_opt as pse
from pse_opt.errors import InputError
from pse_opt.links import EARTH_RADIUS_KM
from pse_opt.regional.table import build

DEGREE = 111.195


def regions(**changes):
    table = {
        "region": ["01", "02", "03", "04"],
        "population": [4000, 3000, 2000, 1000],
        "longitude": [34.0, 34.1, 34.2, 34.3],
        "latitude": [-13.0, -13.0, -13.0, -13.0],
    }
    return pd.DataFrame({**table, **changes}).astype(object)


def facilities(**changes):
    table = {
        "name": ["A", "B", "C", "D"],
        "owner": ["Ministry of Health", "Church mission", "Private for-profit", "District council"],
        "capacity": [500, 400, 300, 600],
        "longitude": [34.0, 34.1, 34.2, 34.3],
        "latitude": [-13.05, -13.0, -13.05, -13.0],
    }
    return pd.DataFrame({**table, **changes}).astype(object)


def problems(*tables, **options):
    with pytest.raises(InputError) as caught:
        build(*tables, **options)
    return caught.value.problems


def says(about, text):
    return any(text in sentence for sentence in about["assumptions"])


def test_two_tables_make_an_instance_that_solves():
    about, tables = build(regions(), facilities(), name="mine")
    instance = pse.Instance.from_tables(tables, about)
    assert instance.warnings == ()
    result = pse.solve(instance, "core", gap=1e-3, time_limit=10)
    pse.verify(instance, result).raise_if_violated()
    assert result.status in ("optimal", "within_gap")


def test_files_and_frames_give_the_same_instance(tmp_path):
    paths = tmp_path / "people.csv", tmp_path / "clinics.csv"
    for path, table in zip(paths, (regions(), facilities()), strict=True):
        table.to_csv(path, index=False)
    for one, other in ((build(*paths), build(regions(), facilities())),):
        assert one[0] == other[0]
        for name, table in one[1].items():
            assert table.to_csv(index=False) == other[1][name].to_csv(index=False)


def test_owners_are_mapped_and_the_mapping_is_reported():
    about, tables = build(regions(), facilities())
    kinds = tables["providers"].set_index("provider")["kind"].to_dict()
    assert kinds == {"A": "government", "B": "ngo", "C": "private", "D": "government"}
    assert says(about, "'Church mission' is ngo (rows: 1)")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Government", "government"), ("NGO", "ngo"), ("private", "private"),
        ("Non-governmental organization", "ngo"), ("Private, not-for-profit", "ngo"),
        ("Province of X", "government"), ("Public hospital", "government"),
        ("Acme Ltd.", "private"), ("公立", "government"), ("民营", "private"),
        ("Red Cross", "ngo"),
    ],
)  # fmt: skip
def test_words_tell_the_kind_of_owner(text, kind):
    tables = build(regions(), facilities(owner=[text] * 4))[1]
    assert set(tables["providers"]["kind"]) == {kind}


def test_a_mapping_of_owners_comes_before_the_keywords():
    tables = build(regions(), facilities(), owners={"church mission": "private"})[1]
    assert tables["providers"].set_index("provider").at["B", "kind"] == "private"


def test_need_is_the_stated_load_of_capacity_by_population():
    needs = build(regions(), facilities(), load=0.5)[1]["needs"].set_index("region")["demand"]
    assert needs.sum() == pytest.approx(0.5 * 1800)
    assert needs["01"] == pytest.approx(0.4 * 900)


def test_need_per_head_may_be_given():
    needs = build(regions(), facilities(), need_per_head=0.1)[1]["needs"]
    assert needs["demand"].to_list() == [400, 300, 200, 100]


def test_reach_follows_the_distances_of_regions_to_their_nearest_facility():
    services = build(regions(), facilities(), reach_factor=2)[1]["services"]
    farthest = 0.05 * DEGREE * EARTH_RADIUS_KM / 6371.0088
    assert services.at[0, "reach_km"] == pytest.approx(2 * farthest, abs=1)
    assert build(regions(), facilities(), reach_km=33)[1]["services"].at[0, "reach_km"] == 33


def test_costs_are_the_defaults_unless_given():
    table = facilities(fixed_cost=["", 5, "", ""], unit_cost=["", "", 7, ""])
    offers = build(regions(), table, ngo_cost_ratio=0.9)[1]["offers"].set_index("offer")
    assert offers.at["A", "fixed_cost"] == pytest.approx(0.35 * 100 * 500)
    assert offers.at["A", "unit_cost"] == pytest.approx(65)
    assert offers.at["B", "fixed_cost"] == 5
    assert offers.at["B", "unit_cost"] == pytest.approx(0.9 * 65)
    assert offers.at["C", "unit_cost"] == 7


def test_every_default_stands_in_the_assumptions_with_its_value():
    about = build(regions(), facilities(), ngo_cost_ratio=0.87)[0]
    for text in ("ngo_cost_ratio 0.87", "fixed_share 0.35", "load 0.8", "reach 12 km"):
        assert says(about, text), text


def test_a_facility_without_region_is_in_the_nearest():
    offers = build(regions(), facilities())[1]["offers"]
    assert offers["region"].to_list() == ["01", "02", "03", "04"]


def test_a_facility_without_coordinates_is_inside_its_region():
    table = facilities(region=["04", "", "", ""], longitude=["", 34.1, 34.2, 34.3])
    table.loc[0, "latitude"] = ""
    about, tables = build(regions(area_km2=[100, 100, 100, 100]), table)
    instance = pse.Instance.from_tables(tables, about)
    mine = instance.links[instance.links["offer"] == 0]
    assert tables["offers"].at[0, "region"] == "04"
    assert mine["travel"].min() == pytest.approx(2 / 3 * (100 / 3.141593) ** 0.5, rel=1e-3)


def test_facilities_out_of_reach_and_without_capacity_are_left_out_and_named():
    table = facilities(longitude=[34.0, 34.1, 34.2, 36.0], capacity=[500, 400, 0, 600])
    about, tables = build(regions(), table, reach_km=30)
    assert tables["offers"]["offer"].to_list() == ["A", "B"]
    assert says(about, "beyond the reach of every region: 1 (D)")
    assert says(about, "without capacity: 1 (C)")


def test_several_services_have_needs_and_reaches_of_their_own():
    table = facilities(name=["A", "A", "C", "D"], service=["care", "school", "school", ""])
    table["owner"] = "state"
    about, tables = build(regions(), table, service="other")
    assert tables["services"]["service"].to_list() == ["care", "other", "school"]
    assert tables["offers"]["offer"].to_list() == ["A-care", "A-school", "C", "D"]
    assert len(tables["needs"]) == 12
    assert len(pse.Instance.from_tables(tables, about).providers) == 3


def test_identifiers_keep_their_zeros_and_attributes_are_kept():
    tables = build(regions(rural_share=[0.1, 0.2, 0.3, 0.4]), facilities())[1]
    assert tables["regions"]["region"].to_list() == ["01", "02", "03", "04"]
    assert tables["regions"]["rural_share"].to_list() == [0.1, 0.2, 0.3, 0.4]


def test_everything_wrong_in_both_tables_is_reported_at_once():
    people = regions().drop(columns="population")
    sites = facilities(
        name=["A", "A", "C", "D"],
        owner=["Ministry", "Ministry", "Klingon", "council"],
        capacity=["lots", 400, -1, 600],
        region=["", "", "", "4"],
    )
    found = {(p.where, p.row, p.column) for p in problems(people, sites, load=-1)}
    assert found == {
        ("build", None, "load"),
        ("regions", None, "population"),
        ("facilities", 2, "capacity"),
        ("facilities", 3, "facility + service"),
        ("facilities", 4, "owner"),
        ("facilities", 4, "capacity"),
        ("facilities", 5, "region"),
    }


def test_every_problem_has_a_remedy():
    found = problems(regions(population=["x", 1, 2, 3]), facilities(owner=["?"] * 4))
    assert len(found) == 5
    assert all(p.remedy for p in found)


def test_an_unknown_owner_is_quoted_with_the_way_to_map_it():
    (problem,) = problems(regions(), facilities(owner=["Klingon", "NGO", "NGO", "state"]))
    assert (problem.row, problem.column, problem.value) == (2, "owner", "Klingon")
    assert "owners=" in problem.remedy


def test_a_region_misspelled_is_answered_with_the_nearest():
    (problem,) = problems(regions(), facilities(region=["1", "", "", ""]))
    assert "'01'" in problem.remedy


def test_coordinates_swapped_are_recognized():
    table = facilities()
    table.loc[1, ["longitude", "latitude"]] = [-13.0, 34.1]
    (problem,) = problems(regions(), table)
    assert (problem.where, problem.row) == ("facilities", 3)
    assert "swapped" in problem.message


def test_coordinates_swapped_out_of_range_are_out_of_range():
    found = problems(regions(longitude=[-13] * 4, latitude=[134.0] * 4), facilities())
    assert sum(p.column == "latitude" and p.where == "regions" for p in found) == 4


def test_one_coordinate_without_the_other_and_none_at_all():
    table = facilities(longitude=["", 34.1, "", 34.3], latitude=[-13, -13, "", -13])
    assert [p.message for p in problems(regions(), table)] == [
        "one coordinate without the other",
        "neither a region nor coordinates",
    ]


def test_one_facility_has_one_kind_of_owner():
    table = facilities(name=["A", "A", "C", "D"], service=["x", "y", "", ""])
    (problem,) = problems(regions(), table)
    assert problem.row == 3
    assert "government" in problem.message


def test_both_missing_files_are_reported(tmp_path):
    found = problems(tmp_path / "people.csv", tmp_path / "clinics.csv")
    assert [p.where for p in found][:2] == ["people", "clinics"]


def test_a_reach_too_small_for_all_facilities_is_a_problem():
    table = facilities(latitude=[-13.2] * 4)
    (problem,) = problems(regions(), table, reach_km=1)
    assert "within reach" in problem.message


def test_empty_tables_are_a_problem():
    assert problems(regions().iloc[:0], facilities().iloc[:0])
