"""Suites are documents: which runs they ask for, and what is wrong with them."""

from __future__ import annotations

import pytest

from pse_opt.bench.cases import Case
from pse_opt.bench.posing import known_value, pose
from pse_opt.bench.suites import read_suite, suite_names
from pse_opt.errors import InputError

GOOD = """
title = "small"
[defaults]
time_limit = 5
seeds = [0, 1]
[[group]]
name = "a"
problems = ["orlib-pmed/pmed?"]
without = ["orlib-pmed/pmed[5-9]"]
strategies = ["auto", "direct"]
[[group]]
name = "b"
problems = ["tiny-two-districts"]
models = ["core", "equalized"]
runners = ["pse", "spopt"]
seeds = [0]
repeats = 3
set = { "coverage.floor" = 0.8 }
"""


@pytest.fixture
def suite(tmp_path):
    def write(text: str):
        path = tmp_path / "mine.toml"
        path.write_text(text)
        return read_suite(path)

    return write


def test_a_suite_is_the_product_of_what_its_groups_say(suite):
    read = suite(GOOD)
    assert (read.name, read.title) == ("mine", "small")
    cases = read.cases()
    first = [c for c in cases if c.group == "a"]
    assert len(first) == 4 * 2 * 2
    assert {c.problem for c in first} == {f"orlib-pmed/pmed{k}" for k in range(1, 5)}
    assert {c.time_limit for c in first} == {5}
    second = [c for c in cases if c.group == "b"]
    # Two models, three repeats; ours with its strategy, and the peer without one.
    assert len(second) == 2 * 2 * 3
    assert {(c.runner, c.strategy) for c in second} == {("pse", "auto"), ("spopt", "")}
    assert len({c.key for c in cases}) == len(cases)


def test_a_run_survives_being_written_and_read(suite):
    for case in suite(GOOD).cases():
        again = Case.from_json(case.to_json())
        assert again == case
        assert again.key == case.key


def test_groups_can_be_run_alone(suite):
    read = suite(GOOD)
    assert {c.group for c in read.only(["b"]).cases()} == {"b"}
    assert read.only(None).cases() == read.cases()
    with pytest.raises(InputError, match="there is no such group"):
        read.only(["c"])


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("time_limit = 5", "time_limit = -5", "greater than 0"),
        ("time_limit = 5", "timelimit = 5", "did you mean 'time_limit'"),
        ('name = "b"', 'name = "a"', "two groups have the same name"),
        ("orlib-pmed/pmed?", "orlib-pmed/pmet?", "no published problem is called so"),
        ("[[group]]", "[[group", "not a TOML document"),
    ],
)
def test_what_is_wrong_with_a_suite_is_told(suite, old, new, words):
    with pytest.raises(InputError, match=words):
        suite(GOOD.replace(old, new)).cases()


def test_a_suite_that_is_not_there_is_told_with_those_that_are(tmp_path):
    with pytest.raises(InputError, match="did you mean 'smoke'"):
        read_suite("smok")
    with pytest.raises(InputError, match="cannot be read"):
        read_suite(tmp_path / "nothing.toml")


@pytest.mark.parametrize("name", suite_names())
def test_every_shipped_suite_names_runs(name):
    read = read_suite(name)
    assert read.title
    assert read.cases()


def test_problems_of_every_kind_are_posed(published):
    random = pose("euclidean/12-3-7")
    assert (random.model, random.overrides) == ("p-median", {"siting.number": 3})
    assert len(random.instance.links) == 144
    assert len(pose("synthetic/needs=10,seed=1").instance.needs) == 10
    assert pose("tiny-two-districts").model == "core"
    graph = pose("orlib-pmed/pmed1", "", {"siting.number": 7})
    assert graph.overrides == {"siting.number": 7}
    assert pose("orlib-pmed/pmed1", "ufl").overrides == {}


@pytest.mark.parametrize(
    "problem", ["euclidean/12-3", "euclidean/a-b-c", "synthetic/needs", "synthetic/nedes=3", "xx"]
)
def test_problems_that_are_none_are_told(problem):
    with pytest.raises(InputError):
        pose(problem)


def test_the_same_random_points_are_drawn_every_time():
    one, two = (pose("euclidean/12-3-7").instance.links["travel"] for _ in range(2))
    assert one.equals(two)
    assert not one.equals(pose("euclidean/12-3-8").instance.links["travel"])


def test_known_values_are_published_ones_or_records_of_the_same_question():
    assert known_value("orlib-pmed/pmed1", "", {}) == (5819.0, "optimal")
    assert known_value("orlib-pmed/pmed1", "p-median", {}) == (5819.0, "optimal")
    assert known_value("orlib-pmed/pmed1", "ufl", {}) is None
    assert known_value("orlib-pmed/pmed1", "", {"siting.number": 7}) is None
    value, status = known_value("tiny-two-districts", "core", {})
    assert (value, status) == (pytest.approx(14760), "optimal")
    assert known_value("tiny-two-districts", "core", {"coverage.floor": 0.9}) is None
    assert known_value("euclidean/12-3-7", "", {}) is None
