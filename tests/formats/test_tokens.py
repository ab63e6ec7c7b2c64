"""Published files are read word by word; what is wrong is told with its line."""

from __future__ import annotations

import pytest

from pse_opt.errors import InputError
from pse_opt.formats import tokens
from pse_opt.formats.tokens import Tokens
from tests.conftest import only


@pytest.fixture
def text(tmp_path):
    def write(content: str | bytes) -> Tokens:
        path = tmp_path / "file.txt"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return Tokens(path)

    return write


def problem(call):
    with pytest.raises(InputError) as error:
        call()
    return only(error.value)


def test_numbers_are_read_across_lines_and_padding(text):
    read = text(b"2 3\r\n1.5\0\0 2e1\n\t7 ")
    assert (read.integer("m"), read.integer("n")) == (2, 3)
    assert read.numbers(3, "costs").tolist() == [1.5, 20.0, 7.0]
    assert read.left == 0


@pytest.mark.parametrize(
    ("content", "row", "value"),
    [
        ("1\n2 x\n", 2, "x"),
        ("1\n\n\n-2 3\n", 4, "-2"),
        ("1 2\nnan", 2, "nan"),
        ("1 2 inf", 1, "inf"),
    ],
)
def test_a_word_that_is_no_such_number_is_named_with_its_line(text, content, row, value):
    found = problem(lambda: text(content).numbers(3, "costs"))
    assert (found.where, found.row, found.value) == ("file.txt", row, value)
    assert "costs: a number of at least 0 is expected" in found.message


def test_a_file_that_ends_too_early_says_what_should_follow(text):
    found = problem(lambda: text("4\n1 2\n").numbers(5, "demands"))
    assert "the file ends where demands should follow: 3 of 5 words left" in found.message
    assert found.row == 2


def test_a_count_that_cannot_be_is_refused_before_anything_is_allocated(text):
    found = problem(lambda: text("999999999999 1\n").count("the number of sites"))
    assert "999999999999 are announced, and only 1 words follow" in found.message


@pytest.mark.parametrize("word", ["1.5", "0", "9"])
def test_a_whole_number_in_a_range(text, word):
    found = problem(lambda: text(f"{word}\n").integer("a site", least=1, most=8))
    assert found.value == word


def test_a_missing_section_and_a_missing_file_are_told(text, tmp_path):
    found = problem(lambda: text("a b c").skip_past("DEMAND_SECTION", "people"))
    assert "no DEMAND_SECTION" in found.message
    assert "cannot be read" in problem(lambda: Tokens(tmp_path / "nothing")).message


def test_a_file_beyond_all_published_ones_is_not_read(text, monkeypatch):
    monkeypatch.setattr(tokens, "LARGEST", 10)
    assert "larger than any published one" in problem(lambda: text("1 " * 10)).message
