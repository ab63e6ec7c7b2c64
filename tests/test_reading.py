"""From text to columns: what is sound is kept as it is, what is not is reported where it stands."""

import math
import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pse_opt.cells import as_text
from pse_opt.errors import Findings
from pse_opt.reading import convert_table, missing_tables
from pse_opt.tables import TABLES


def read(table, **columns):
    """Return the converted table and what was found."""
    findings = Findings()
    return convert_table(TABLES[table], pd.DataFrame(columns), findings), findings


def one(table, **columns):
    """Return the one problem of a table."""
    _, findings = read(table, **columns)
    (problem,) = findings.problems
    assert problem.where == table
    assert problem.remedy
    return problem


REGION = {"region": ["a"], "population": ["1"]}
SERVICE = {"service": ["s"], "unit": ["visits"], "reach_km": ["9"]}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (" 01001 ", "01001"),
        (1001, "1001"),
        (np.int64(7), "7"),
        (1001.0, "1001"),
        (0.1, "0.1"),
        (np.float32(0.5), "0.5"),
        (1e300, "1e+300"),
        (math.inf, "inf"),
        (math.nan, ""),
        (None, ""),
        (pd.NA, ""),
        (pd.NaT, ""),
        (True, "yes"),
        (np.bool_(False), "no"),
    ],
)
def test_cells_of_data_frames_become_the_text_a_person_would_write(value, text):
    assert as_text(value) == text


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=0))
def test_a_number_survives_being_written_and_read_exactly(number):
    frame, findings = read("regions", region=["a"], population=[as_text(number)])
    assert not findings.problems
    assert frame["population"].iloc[0] == number


def test_identifiers_stay_as_they_are_written():
    frame, findings = read("regions", region=["01001", "NA", "null", "1e5"], population=["1"] * 4)
    assert list(frame["region"]) == ["01001", "NA", "null", "1e5"]
    assert not findings.problems


def test_numbers_of_data_frames_serve_as_identifiers_without_a_decimal_point():
    frame, _ = read("regions", region=[1001, 1002], population=[1.0, 2.5], name=["x", None])
    assert list(frame["region"]) == ["1001", "1002"]
    assert list(frame["population"]) == [1.0, 2.5]
    assert list(frame["name"]) == ["x", ""]


def test_blank_cells_take_the_default_and_unknown_numbers_are_nan():
    frame, findings = read("services", **SERVICE, core=[""], unmet_penalty=[""], travel_cap=[""])
    line = frame.iloc[0]
    assert line["unmet_penalty"] == 0
    assert math.isnan(line["travel_cap"])
    assert not line["core"]
    assert line["name"] == ""
    assert not findings.problems


@pytest.mark.parametrize(
    ("word", "meant"), [("yes", True), ("No", False), ("TRUE", True), (True, True), (0, False)]
)
def test_a_flag_is_read_in_the_words_people_use(word, meant):
    frame, _ = read("services", **SERVICE, core=[word])
    assert frame["core"].dtype == bool
    assert frame["core"].iloc[0] == meant


def test_a_choice_is_read_whatever_its_case():
    frame, findings = read("providers", provider=["p"], kind=["NGO"])
    assert frame["kind"].iloc[0] == "ngo"
    assert not findings.problems


def test_blank_rows_are_skipped_and_rows_keep_the_number_of_the_spreadsheet():
    frame, findings = read(
        "regions", region=["a", "", " ", "b"], population=["1", "", None, "many"]
    )
    assert list(frame.index) == [2, 5]
    assert findings.problems[0].row == 5


def test_rows_keep_their_numbers_when_a_converted_table_is_converted_again():
    first, _ = read("regions", region=["a", "", "b"], population=["1", "", "2"])
    again = convert_table(TABLES["regions"], first, Findings())
    pd.testing.assert_frame_equal(first, again)


@pytest.mark.parametrize(
    ("written", "message", "remedy"),
    [
        ("many", "not a number", "a number of at least 0"),
        ("-5", "negative", "a number of at least 0"),
        ("1,200", "not a number", "without separators: 1200"),
        ("1 200", "not a number", "without separators: 1200"),
        ("12,5", "not a number", "12.5"),
        ("90%", "not a number", "write the number alone: 90"),
        ("12 people", "not a number", "write the number alone: 12"),
        ("nan", "not a number", "a number of at least 0"),
        ("N/A", "not a number", "a number of at least 0"),
        ("inf", "not a finite number", "a number of at least 0"),
        ("Infinity", "not a finite number", "a number of at least 0"),
        ("1e999", "not a finite number", "a number of at least 0"),
        ("0x10", "not a number", "a number"),
    ],
)
def test_a_cell_that_is_no_number_is_reported_where_it_stands(written, message, remedy):
    problem = one("regions", region=["a", "b"], population=["1", written])
    assert (problem.row, problem.column, problem.value) == (3, "population", written)
    assert problem.message == message
    assert remedy in problem.remedy


def test_a_word_for_missing_is_told_to_be_left_blank_where_a_blank_is_allowed():
    problem = one("regions", **REGION, area_km2=["n/a"])
    assert problem.remedy == "leave the cell blank where nothing is known"


@pytest.mark.parametrize(
    ("written", "remedy"), [("90", "90 percent is 0.9"), ("90%", "without the sign: 0.9")]
)
def test_a_percentage_in_a_column_of_shares_is_told_its_share(written, remedy):
    problem = one("providers", provider=["p"], kind=["ngo"], quality=[written])
    assert (problem.row, problem.column, problem.value) == (2, "quality", written)
    assert remedy in problem.remedy


@pytest.mark.parametrize(
    ("column", "written", "message"),
    [("longitude", "-200", "less than -180"), ("latitude", "91", "greater than 90")],
)
def test_a_coordinate_off_the_globe_is_reported(column, written, message):
    problem = one("regions", **REGION, **{column: [written]})
    assert (problem.row, problem.column, problem.message) == (2, column, message)


def test_a_share_that_rounding_put_above_one_is_one():
    frame, findings = read("providers", provider=["p"], kind=["ngo"], quality=[1 + 1e-9])
    assert frame["quality"].iloc[0] == 1.0
    assert not findings.problems


def test_a_choice_nobody_knows_is_answered_with_the_nearest():
    problem = one("providers", provider=["p"], kind=["goverment"])
    assert (problem.row, problem.column, problem.value) == (2, "kind", "goverment")
    assert "did you mean 'government'?" in problem.remedy


def test_a_flag_nobody_knows_is_told_the_words():
    problem = one("services", **SERVICE, core=["perhaps"])
    assert (problem.row, problem.column, problem.value) == (2, "core", "perhaps")
    assert problem.remedy == "write yes, no or blank"


@pytest.mark.parametrize("column", ["region", "population"])
def test_a_blank_cell_that_must_be_filled_is_reported_with_its_meaning(column):
    problem = one("regions", **{"name": ["x"], **REGION, column: [""]})
    assert (problem.row, problem.column, problem.value) == (2, column, None)
    assert problem.message == "the cell is blank"


def test_a_missing_column_is_reported_once_with_the_name_it_may_have_been_given():
    problem = one("regions", region=["a", "b"], populaton=["1", "2"])
    assert (problem.row, problem.column) == (None, "population")
    assert "inhabitants" in problem.remedy
    assert "did you mean 'populaton'?" in problem.remedy


def test_a_column_given_twice_is_reported():
    raw = pd.DataFrame([["a", "1", "2"]], columns=["region", "population", "population "])
    findings = Findings()
    convert_table(TABLES["regions"], raw, findings)
    (problem,) = findings.problems
    assert (problem.row, problem.column) == (1, "population")
    assert problem.remedy == "keep one of them"


def test_columns_without_name_are_ignored_and_said_so_only_if_they_hold_something():
    raw = pd.DataFrame([["a", "1", "x", ""]], columns=["region", "population", "", ""])
    findings = Findings()
    convert_table(TABLES["regions"], raw, findings)
    assert not findings.problems
    (warning,) = findings.warnings
    assert "column 3 has no name" in warning.message


def test_the_same_entry_twice_is_reported_with_the_row_of_the_first():
    problem = one("regions", region=["a", "b", "a"], population=["1", "2", "3"])
    assert (problem.row, problem.column, problem.value) == (4, "region", "a")
    assert problem.message == "the same entry stands in row 2"


def test_an_entry_is_the_same_only_if_its_whole_key_is():
    _, findings = read("needs", region=["a", "a"], service=["s", "t"], demand=[1, 1])
    assert not findings.problems
    problem = one("needs", region=["a", "a"], service=["s", "s"], demand=[1, 1])
    assert problem.value == "a / s"
    assert problem.column == "region + group + service"


def test_an_unknown_numeric_column_is_kept_as_an_attribute_without_a_word():
    frame, findings = read("regions", **REGION, rainfall_mm=["800"])
    assert frame["rainfall_mm"].iloc[0] == 800
    assert not findings.warnings


def test_an_unknown_column_that_resembles_a_known_one_is_asked_about():
    frame, findings = read("regions", **REGION, area_km=["9"])
    (warning,) = findings.warnings
    assert (warning.where, warning.column) == ("regions", "area_km")
    assert "did you mean 'area_km2'?" in warning.remedy
    assert frame["area_km"].iloc[0] == 9


@pytest.mark.parametrize("cells", [["wet"], ["inf"], [""]])
def test_an_unknown_column_that_is_not_numeric_is_left_out_with_a_warning(cells):
    frame, findings = read("regions", **REGION, climate=cells)
    assert "climate" not in frame
    (warning,) = findings.warnings
    assert (warning.column, warning.message) == ("climate", "unknown column, ignored")


def test_tables_of_pairs_keep_no_attributes():
    frame, findings = read("links", offer=["o"], region=["a"], travel=[1], minutes=[5])
    assert "minutes" not in frame
    assert findings.warnings[0].column == "minutes"


def test_numbers_more_than_nine_orders_apart_are_warned_about():
    _, findings = read("regions", region=["a", "b"], population=["0.001", "5000000"])
    (warning,) = findings.warnings
    assert (warning.where, warning.column) == ("regions", "population")
    assert "nine orders" in warning.message


def test_a_huge_number_is_warned_about_even_alone():
    _, findings = read("regions", region=["a"], population=["1e300"])
    assert "too large" in findings.warnings[0].message


def test_a_table_with_a_header_only_has_all_columns_and_their_types():
    frame, findings = read("offers", **{c.name: [] for c in TABLES["offers"].columns})
    assert not findings.problems
    assert len(frame) == 0
    assert frame["capacity"].dtype == float
    assert list(frame.columns) == [c.name for c in TABLES["offers"].columns]


def test_a_table_without_anything_reports_its_missing_columns():
    findings = Findings()
    frame = convert_table(TABLES["regions"], pd.DataFrame(), findings)
    assert [p.column for p in findings.problems] == ["region", "population"]
    assert len(frame) == 0


def test_a_missing_table_and_an_unknown_one_are_both_reported():
    findings = Findings()
    missing_tables(["regions", "services", "needs", "providers", "ofers"], findings)
    assert [p.where for p in findings.problems] == ["offers", "ofers"]
    assert "did you mean 'offers'?" in findings.problems[1].remedy
    assert "What can be engaged" in findings.problems[0].remedy


def test_every_wrong_cell_of_a_column_is_reported():
    _, findings = read("regions", region=["a", "b", "c"], population=["x", "-1", ""])
    assert [p.row for p in findings.problems] == [4, 2, 3]


@pytest.mark.parametrize(
    ("table", "count", "seconds"), [("needs", 100_000, 1.5), ("links", 300_000, 3)]
)
def test_large_tables_are_converted_quickly(table, count, seconds):
    columns = {
        "needs": {"service": ["health"] * count, "demand": [f"{i}.5" for i in range(count)]},
        "links": {"offer": ["o"] * count, "travel": [f"{i % 97}.25" for i in range(count)]},
    }[table]
    start = time.perf_counter()
    frame, findings = read(table, region=[f"{i:06d}" for i in range(count)], **columns)
    assert time.perf_counter() - start < seconds
    assert len(frame) == count
    assert not findings.problems


def test_very_many_faults_are_found_in_seconds_too():
    count = 20_000
    start = time.perf_counter()
    _, findings = read("regions", region=["a"] * count, population=["1,5"] * count)
    assert len(findings.problems) == 2 * count - 1
    assert time.perf_counter() - start < 10
