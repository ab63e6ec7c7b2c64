"""Problems say where, what and what to do."""

import pickle

import pytest

from pse_opt.errors import InputError, Problem, closest, nearest, respelled


def test_a_problem_names_table_row_column_value_and_remedy():
    problem = Problem("offers", "negative", "write a number of at least 0", 3, "capacity", "-5")
    assert str(problem) == (
        "offers, row 3, column capacity, value '-5': negative. "
        "Remedy: write a number of at least 0."
    )


def test_a_problem_that_asks_a_question_gets_no_full_stop_after_it():
    assert str(Problem("model", "unknown", "did you mean 'core'?")).endswith("'core'?")


def test_a_problem_becomes_plain_json_values():
    known = Problem("offers", "negative", row=3, column="capacity", value=-5.0).to_dict()
    assert known["value"] == -5.0
    assert Problem("offers", "odd", value=("a", 1)).to_dict()["value"] == "('a', 1)"


def test_an_error_counts_its_problems_and_keeps_all_of_them():
    error = InputError(Problem("needs", f"wrong {i}") for i in range(3))
    assert str(error).startswith("3 problems in the input:")
    assert [p.message for p in error.problems] == ["wrong 0", "wrong 1", "wrong 2"]
    assert str(InputError([Problem("needs", "wrong")])).startswith("1 problem in")


def test_a_thousand_problems_do_not_make_a_thousand_lines():
    error = InputError(Problem("needs", f"wrong {i}") for i in range(1000))
    assert len(str(error).splitlines()) == 102
    assert str(error).endswith("... and 900 more")
    assert len(error.problems) == 1000


def test_an_error_crosses_to_another_process_with_all_its_problems():
    error = InputError([Problem("needs", "wrong", "right it", 2, "demand", "x")])
    assert pickle.loads(pickle.dumps(error)).problems == error.problems


@pytest.mark.parametrize(
    ("name", "known", "expected"),
    [
        ("helth", ["health", "education"], "health"),
        ("Health", ["health"], "health"),
        ("1001", ["01001", "11001", "10011"], "01001"),
        ("0", ["00", "1"], "00"),
        ("x", [], None),
        ("regoin-2999", [f"region-{i}" for i in range(3000)], "region-2999"),
    ],
)
def test_the_closest_name_looks_past_case_zeros_and_letters_exchanged(name, known, expected):
    assert closest(name, known) == expected


def test_with_nothing_known_there_is_nothing_to_suggest():
    assert nearest("x", []) == "there is none to refer to"


def test_only_the_first_known_names_are_listed():
    assert nearest("zzz", [f"r{i:02d}" for i in range(40)], listing=2) == "known: r00, r01, ..."


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("1,200", "1200 (or 1.200 if the comma marks decimals)"),
        ("1,200,300", "1200300"),
        ("1,200.50", "1200.50"),
        ("1 200", "1200"),
        ("1\u00a0200", "1200"),
        ("1'200", "1200"),
        ("12,5", "12.5"),
        ("1.200,5", "1200.5"),
        ("$12", "12"),
        ("$1,200", "1200"),
        ("12 visits", "12"),
        ("-7 %", "-7"),
    ],
)
def test_a_number_written_as_people_write_it_is_spelled_as_it_should_be(written, meant):
    assert respelled(written).endswith(f": {meant}")


@pytest.mark.parametrize("word", ["many", "", "3-4", "12.3.4", "1,2,3"])
def test_no_spelling_is_invented_where_none_is_clear(word):
    assert respelled(word) == ""
