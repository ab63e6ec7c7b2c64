"""What must hold between columns and tables, broken in one place at a time."""

import time

import pandas as pd
import pytest

from pse_opt.checks import accredited_services
from pse_opt.errors import InputError
from pse_opt.instance import Instance
from tests.conftest import only, small_tables


def problem_of(**changes):
    """Return the one problem of the small tables with these changes."""
    with pytest.raises(InputError) as caught:
        Instance.from_tables(small_tables(**changes))
    return only(caught.value)


def place(problem):
    return problem.where, problem.row, problem.column, problem.value


def warning_of(**changes):
    """Return the one warning of the small tables with these changes."""
    (warning,) = Instance.from_tables(small_tables(**changes)).warnings
    assert warning.remedy
    return warning


def test_the_small_tables_are_sound():
    assert Instance.from_tables(small_tables()).warnings == ()


@pytest.mark.parametrize(
    ("table", "column", "good", "target"),
    [
        ("regions", "jurisdiction", "land", "jurisdictions"),
        ("needs", "region", "north", "regions"),
        ("needs", "service", "health", "services"),
        ("offers", "provider", "state", "providers"),
        ("offers", "service", "health", "services"),
        ("offers", "region", "north", "regions"),
        ("offers", "arranger", "", "jurisdictions"),
        ("providers", "supervisor", "", "jurisdictions"),
    ],
)
def test_a_value_that_no_table_knows_is_reported(table, column, good, target):
    problem = problem_of(**{table: {column: [good, "nowhere"]}})
    assert place(problem) == (table, 3, column, "nowhere")
    assert problem.message == f"the table {target} does not know it"
    assert f"add it to the table {target}" in problem.remedy


def test_an_unknown_region_is_answered_with_the_nearest_known_one():
    problem = problem_of(needs={"region": ["north", "suoth"]})
    assert place(problem) == ("needs", 3, "region", "suoth")
    assert "did you mean 'south'?" in problem.remedy


def test_leading_zeros_lost_by_a_spreadsheet_are_recognized():
    problem = problem_of(
        regions={"region": ["01001", "01002"]},
        needs={"region": ["01001", "1002"]},
        offers={"region": ["01001", "01002"]},
    )
    assert place(problem) == ("needs", 3, "region", "1002")
    assert "did you mean '01002'?" in problem.remedy


def test_a_group_that_no_need_has_is_reported():
    standards = {"service": ["health"], "group": ["rural"], "floor": [0.5]}
    problem = problem_of(standards=standards)
    assert place(problem) == ("standards", 2, "group", "rural")


def test_sizes_and_links_of_unknown_offers_are_reported():
    size = {
        "offer": ["clinc"],
        "size": ["big"],
        "capacity": [1],
        "fixed_cost": [1],
        "unit_cost": [1],
    }
    assert place(problem_of(sizes=size)) == ("sizes", 2, "offer", "clinc")
    link = {"offer": ["clinic"], "region": ["nrth"], "travel": [1]}
    assert place(problem_of(links=link)) == ("links", 2, "region", "nrth")


def test_jurisdictions_that_are_above_themselves_are_reported_each():
    tables = small_tables(regions={"jurisdiction": ["b", "c"]}, jurisdictions=None)
    tables["jurisdictions"] = pd.DataFrame(
        {"jurisdiction": ["a", "b", "c"], "parent": ["b", "c", "b"]}
    )
    with pytest.raises(InputError) as caught:
        Instance.from_tables(tables)
    assert [place(p) for p in caught.value.problems] == [
        ("jurisdictions", 3, "parent", "c"),
        ("jurisdictions", 4, "parent", "b"),
    ]
    assert all("topmost" in p.remedy for p in caught.value.problems)


def test_a_jurisdiction_that_is_its_own_parent_is_reported():
    problem = problem_of(jurisdictions={"parent": ["land"]})
    assert place(problem) == ("jurisdictions", 2, "parent", "land")


def test_a_group_must_say_how_many_people_it_has():
    problem = problem_of(needs={"group": ["rural", "rural"], "heads": [400, ""]})
    assert place(problem) == ("needs", 3, "heads", None)


def test_a_region_has_needs_with_groups_or_without_but_not_both():
    problem = problem_of(
        needs={"region": ["north", "north"], "group": ["rural", ""], "heads": [400, ""]}
    )
    assert place(problem) == ("needs", 3, "group", "north")


def test_no_demand_is_a_warning_and_the_need_is_left_out():
    tables = small_tables(needs={"demand": [1000, 0]})
    instance = Instance.from_tables(tables)
    (warning,) = instance.warnings
    assert place(warning) == ("needs", 3, "demand", 0)
    assert list(instance.needs["region"]) == ["north"]


def test_a_minimum_volume_above_the_capacity_is_reported():
    problem = problem_of(offers={"minimum_volume": [0, 401]})
    assert place(problem) == ("offers", 3, "minimum_volume", 401)
    assert "400" in problem.message


def test_a_negative_capacity_is_reported():
    problem = problem_of(offers={"capacity": [1000, -400]})
    assert place(problem) == ("offers", 3, "capacity", "-400")
    assert problem.message == "negative"


def test_no_capacity_is_a_warning():
    assert place(warning_of(offers={"capacity": [1000, 0]})) == ("offers", 3, "capacity", 0)


def test_the_name_of_last_resort_is_reserved():
    problem = problem_of(offers={"offer": ["clinic", "last_resort"]})
    assert place(problem) == ("offers", 3, "offer", "last_resort")


def test_accreditation_for_an_unknown_service_is_reported():
    problem = problem_of(providers={"accredited_for": ["health; helth", ""]})
    assert place(problem) == ("providers", 2, "accredited_for", "helth")
    assert "did you mean 'health'?" in problem.remedy


@pytest.mark.parametrize(
    ("cell", "services"), [("", []), ("a", ["a"]), (" a ;b; ", ["a", "b"]), (";", [])]
)
def test_services_of_an_accreditation_are_separated_by_semicolons(cell, services):
    assert accredited_services(cell) == services


def test_a_floor_above_its_target_is_reported():
    standards = {"service": ["health"], "floor": [0.9], "target": [0.8]}
    assert place(problem_of(standards=standards)) == ("standards", 2, "floor", 0.9)


def test_a_standard_that_says_nothing_is_a_warning():
    assert place(warning_of(standards={"service": ["health"]}))[:3] == ("standards", 2, "floor")


@pytest.mark.parametrize(("blank", "other"), [("longitude", "latitude"), ("latitude", "longitude")])
def test_one_coordinate_without_the_other_is_reported(blank, other):
    problem = problem_of(offers={blank: ["", ""], other: ["", 30]})
    assert place(problem) == ("offers", 3, blank, None)


def test_a_region_without_coordinates_is_a_warning_unless_links_are_given():
    nowhere = {"longitude": [30, ""], "latitude": [-10, ""]}
    assert place(warning_of(regions=nowhere)) == ("regions", 3, "longitude", "south")
    links = {"offer": ["clinic", "mobile"], "region": ["north", "south"], "travel": [0, 0]}
    assert Instance.from_tables(small_tables(regions=nowhere, links=links)).warnings == ()


DELIVERY = {"offer": ["clinic"], "region": ["north"], "service": ["health"], "share": [1]}


def test_a_baseline_row_needs_a_share_or_units():
    problem = problem_of(baseline={**DELIVERY, "share": [""]})
    assert place(problem) == ("baseline", 2, "share", None)


def test_a_baseline_row_for_another_service_than_the_offers_is_reported():
    tables = small_tables(
        needs={"service": ["school", "health"]},
        services=None,
        baseline={**DELIVERY, "service": ["school"]},
    )
    tables["services"] = pd.DataFrame(
        {"service": ["health", "school"], "unit": ["visits", "pupils"], "reach_km": [40, 40]}
    )
    with pytest.raises(InputError) as caught:
        Instance.from_tables(tables)
    problem = only(caught.value)
    assert place(problem) == ("baseline", 2, "service", "school")
    assert problem.message == "the offer clinic delivers health"


def test_a_baseline_row_for_a_need_that_does_not_exist_is_reported():
    problem = problem_of(
        needs={"region": ["north", "north"], "group": ["a", "b"], "heads": [1, 1]},
        baseline=DELIVERY,
    )
    assert place(problem) == ("baseline", 2, "region", "north")
    assert problem.message == "there is no such need for health"


def test_an_unknown_region_in_the_baseline_is_one_problem_and_not_two():
    assert place(problem_of(baseline={**DELIVERY, "region": ["nrth"]}))[3] == "nrth"


SIZES = {
    "offer": ["clinic", "clinic"],
    "size": ["small", "big"],
    "capacity": [500, 1000],
    "fixed_cost": [600, 1000],
    "unit_cost": [11, 10],
}


def test_a_baseline_at_a_size_that_the_offer_does_not_have_is_reported():
    problem = problem_of(sizes=SIZES, baseline={**DELIVERY, "size": ["huge"]})
    assert place(problem) == ("baseline", 2, "size", "huge")


def test_a_baseline_with_two_sizes_of_one_offer_is_reported():
    both = {
        "offer": ["clinic", "clinic"],
        "region": ["north", "south"],
        "service": ["health", "health"],
        "share": [0.5, 0.5],
        "size": ["small", "big"],
    }
    problem = problem_of(sizes=SIZES, baseline=both)
    assert place(problem) == ("baseline", 3, "size", "big")
    assert "size small" in problem.message


def test_last_resort_in_the_baseline_needs_a_cost():
    problem = problem_of(baseline={**DELIVERY, "offer": ["last_resort"]})
    assert place(problem) == ("services", 2, "last_resort_cost", None)
    priced = small_tables(
        services={"last_resort_cost": [20]}, baseline={**DELIVERY, "offer": ["last_resort"]}
    )
    assert Instance.from_tables(priced).warnings == ()


def test_a_missing_table_is_reported_once_and_not_for_every_reference_to_it():
    with pytest.raises(InputError) as caught:
        Instance.from_tables(small_tables(regions=None))
    assert place(only(caught.value)) == ("regions", None, None, None)


def test_very_many_unknown_regions_are_reported_in_seconds():
    known, count = 3000, 20_000
    tables = small_tables(
        regions=None,
        needs=None,
        offers=None,
    )
    tables["regions"] = pd.DataFrame(
        {"region": [f"r{i:06d}" for i in range(known)], "population": 1}
    )
    tables["offers"] = small_tables()["offers"].iloc[:0]
    tables["needs"] = pd.DataFrame(
        {"region": [f"x{i:06d}" for i in range(count)], "service": "health", "demand": 1}
    )
    start = time.perf_counter()
    with pytest.raises(InputError) as caught:
        Instance.from_tables(tables)
    assert len(caught.value.problems) == count
    assert time.perf_counter() - start < 10


def test_a_required_offer_whose_provider_is_not_accredited_is_refused(tables):
    services = {"service": ["health", "school"], "unit": ["visits", "places"], "reach_km": [40, 40]}
    frames = tables(providers={"accredited_for": ["school", ""]}, offers={"required": ["yes", ""]})
    frames["services"] = pd.DataFrame(services)
    with pytest.raises(InputError) as caught:
        Instance.from_tables(frames)
    problem = only(caught.value)
    assert (problem.where, problem.row, problem.column) == ("offers", 2, "required")
    assert "state is not accredited for health" in problem.message
