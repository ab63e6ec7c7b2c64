"""Every format on a file small enough to be read by eye, with the traps that cost wrong optima."""

from __future__ import annotations

import math

import numpy as np
import pytest

import pse_opt as pse
from pse_opt.errors import InputError
from pse_opt.formats import FORMATS, Published, read_published
from tests.conftest import only


@pytest.fixture
def file(tmp_path):
    """Write a file and read it in a format."""

    def read(form: str, content: str | bytes, name: str = "small.txt", **options) -> Published:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_published(form, path, options)

    return read


def travel(problem: Published) -> np.ndarray:
    """Travel by site and customer; NaN where there is no link."""
    instance = problem.instance
    found = np.full((len(instance.offers), len(instance.needs)), math.nan)
    found[instance.links["offer"], instance.links["need"]] = instance.links["travel"]
    return found


def cost(problem: Published) -> np.ndarray:
    """Access cost of all of a customer's demand, by site and customer."""
    instance = problem.instance
    found = np.full((len(instance.offers), len(instance.needs)), math.nan)
    whole = instance.links["access_cost"] * instance.link_units
    found[instance.links["offer"], instance.links["need"]] = whole
    return found


def best(problem: Published) -> float:
    """The proven and verified optimum in the unit of published values."""
    result = pse.solve(problem.instance, problem.model, overrides=problem.overrides, gap=0)
    assert (result.status, result.verified) == ("optimal", True)
    return result.objective * problem.unit


CAP = "2 3\ncapacity 100.\n50 70.\n10 20 30\n10 40 5\n20 60 80\n"


def test_orlib_cap_costs_are_of_all_of_the_demand(file):
    problem = file("orlib-cap", CAP.replace("capacity", "30"))
    assert problem.model == "cflp"
    assert problem.instance.needs["demand"].tolist() == [10, 10, 20]
    assert problem.instance.offers["capacity"].tolist() == [30, 50]
    assert problem.instance.offers["fixed_cost"].tolist() == [100, 70]
    assert cost(problem) == pytest.approx(np.array([[20, 40, 60], [30, 5, 80]]))
    # The second site alone has room for all: 70 + 30 + 5 + 80.
    assert best(problem) == pytest.approx(185)


def test_orlib_cap_the_word_capacity_stands_for_a_number_that_must_be_given(file):
    with pytest.raises(InputError) as error:
        file("orlib-cap", CAP)
    assert "--set capacity" in only(error.value).remedy
    problem = file("orlib-cap", CAP, capacity=30)
    assert problem.instance.offers["capacity"].tolist() == [30, 50]
    assert problem.instance.name == "small-30"


def test_orlib_cap_may_be_read_as_uncapacitated(file):
    problem = file("orlib-cap", CAP.replace("capacity", "1"), capacitated=False)
    assert problem.model == "ufl"
    assert (problem.instance.offers["capacity"] == 3).all()
    assert best(problem) == pytest.approx(185)


def test_holmberg_stray_words_after_the_end_are_left_alone(file):
    content = b"2 2\n30 100\n50 70\n10 20\n20 60\n30 80\n\0\0\0 17 999 x"
    problem = file("holmberg", content)
    assert problem.model == "sscflp"
    assert cost(problem) == pytest.approx(np.array([[20, 60], [30, 80]]))
    # The first site has room for both: 100 + 20 + 60; the second: 70 + 30 + 80.
    assert best(problem) == pytest.approx(180)


def test_tbed1_costs_are_per_unit(file):
    content = "2 2\n10 20\n30 50\n100 70\n2 3\n3 4\n"
    problem = file("tbed1", content)
    assert problem.model == "sscflp"
    assert cost(problem) == pytest.approx(np.array([[20, 60], [30, 80]]))
    assert best(problem) == pytest.approx(180)
    assert file("tbed1", content, single_source=False).model == "cflp"


def test_ufllib_in_both_of_its_formats(file):
    simple = file("ufllib", "FILE: small.txt\n2 3 0\n1 100 20 40 60\n2 70 30 5 80\n")
    other = file("ufllib", "2 3\n0 100\n0 70\n1 20 30\n1 40 5\n1 60 80\n")
    for problem in (simple, other):
        assert problem.model == "ufl"
        assert cost(problem) == pytest.approx(np.array([[20, 40, 60], [30, 5, 80]]))
        assert best(problem) == pytest.approx(185)


def test_ufllib_plans_are_checked_like_any_other(file, tmp_path):
    problem = file("ufllib", "FILE: small.txt\n2 3 0\n1 100 20 40 60\n2 70 30 5 80\n")
    path = tmp_path / "small.opt"
    path.write_text("1 1 1 185\n")
    found = pse.verify(problem.instance, FORMATS["ufllib"].plan(path, problem.instance), "ufl")
    assert found.ok
    assert found.objective == pytest.approx(185)
    path.write_text("1 2 1 185\n")
    with pytest.raises(InputError, match="a site: a whole number from 0 up to 1"):
        FORMATS["ufllib"].plan(path, problem.instance)


def test_orlib_pmed_a_repeated_edge_has_its_last_cost_and_travel_is_the_shortest_path(file):
    problem = file("orlib-pmed", "4 5 1\n1 2 9\n2 3 1\n3 4 8\n2 1 5\n1 4 20\n")
    assert problem.overrides == {"siting.number": 1}
    assert travel(problem).tolist() == [[0, 5, 6, 14], [5, 0, 1, 9], [6, 1, 0, 8], [14, 9, 8, 0]]
    # At node 2: 5 + 1 + 9; at node 3: 6 + 1 + 8, as much.
    assert best(problem) == pytest.approx(15)


def test_orlib_pmed_an_edge_of_no_length_is_an_edge(file):
    problem = file("orlib-pmed", "2 1 1\n1 2 0\n")
    assert travel(problem).tolist() == [[0, 0], [0, 0]]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("3 1 1\n1 2 5\n", "falls apart"),
        ("2 1 1\n1 7 5\n", "not from 1 to 2"),
        ("2 1 3\n1 2 5\n", "a whole number from 1 up to 2"),
    ],
)
def test_orlib_pmed_graphs_that_are_none(file, content, words):
    with pytest.raises(InputError, match=words):
        file("orlib-pmed", content)


PLACES = "1 0 0 4\n2 1 1 6\n3 5 0 5\n"


def test_orlib_pmedcap_distances_are_rounded_down_and_not_weighted(file):
    problem = file("orlib-pmedcap", f"7 99\r\n3 2 10\r\n{PLACES}")
    assert problem.model == "capacitated-p-median"
    # Between 1 and 2 the square root of 2, between 2 and 3 that of 17.
    assert cost(problem) == pytest.approx(np.array([[0, 1, 5], [1, 0, 4], [5, 4, 0]]))
    assert best(problem) == pytest.approx(1)


def test_sjc_cpmp_distances_are_real_and_not_weighted(file):
    problem = file("sjc-cpmp", "3 2\n0 0 10 4\n1 1 10 6\n5 0 10 5\n")
    assert best(problem) == pytest.approx(math.sqrt(2))


def test_tsplib_distances_are_rounded_down_unless_told_otherwise(file):
    content = "NAME : small\nDIMENSION : 3\nNODE_COORD_SECTION\n1 0 0\n2 1e0 1\n3 5 0\nEOF\n"
    assert travel(file("tsplib", content, sites=1)).tolist() == [[0, 1, 5], [1, 0, 4], [5, 4, 0]]
    real = travel(file("tsplib", content, sites=1, floored=False))
    assert real[0, 1] == pytest.approx(math.sqrt(2))
    with pytest.raises(InputError, match="needs to know sites"):
        file("tsplib", content)


def test_swain_nodes_pose_all_four_problems(file):
    content = "id\tx\ty\ta\n1 0 0 4\n2 1 1 6\n3 5 0 5\n"
    median = file("swain", content, sites=1)
    # At node 2: 4 x sqrt(2) + 5 x sqrt(17).
    assert best(median) == pytest.approx(4 * math.sqrt(2) + 5 * math.sqrt(17))
    assert best(file("swain", content, model="mclp", sites=1, radius=2)) == pytest.approx(10)
    assert best(file("swain", content, model="lscp", radius=2)) == pytest.approx(2)
    with pytest.raises(InputError, match="one of p-median, p-center, mclp, lscp"):
        file("swain", content, model="p-mean")
    with pytest.raises(InputError, match="the header is not"):
        file("swain", "x y id a\n1 2 3 4\n")


def test_orlib_scp_covers_all_rows_by_the_cheapest_columns(file):
    # Rows {1, 2}, {2, 3}, {3}: columns 2 and 3 at 3 + 4, or 1 and 3 at 9 + 4.
    problem = file("orlib-scp", "3 3\n9 3 4\n2\n1 2\n2\n2 3\n1\n3\n")
    assert problem.model == "lscp"
    assert best(problem) == pytest.approx(7)
    with pytest.raises(InputError, match="a column: a whole number from 1 up to 3"):
        file("orlib-scp", "1 3\n9 3 4\n1\n4\n")


BLOCKS = (
    "NAME : small\nTYPE : MCLP\nDIMENSION : 3\nNODE_COORD_SECTION\t\n"
    "40.0 -074.0\n40.0 -073.99\n40.1 -074.0\nDEMAND_SECTION\n5\n7\n9\nEOF"
)


def test_mclp_ails_measures_on_the_earth_of_the_published_values(file, tmp_path):
    problem = file("mclp-ails", BLOCKS, sites=1, radius=900)
    apart = 6378100 * math.radians(0.01) * math.cos(math.radians(40))
    assert travel(problem)[0, 1] == pytest.approx(apart, rel=1e-3)
    assert len(problem.instance.links) == 5
    assert best(problem) == pytest.approx(12)
    # The blocks are 852.8 m apart here, and 851.8 m on an earth of 6371 km.
    assert len(file("mclp-ails", BLOCKS, sites=1, radius=853).instance.links) == 5
    assert len(file("mclp-ails", BLOCKS, sites=1, radius=852.3).instance.links) == 3
    plan = tmp_path / "plan.txt"
    plan.write_text("f: 12\nFacilidade: 1\n")
    read = FORMATS["mclp-ails"].plan(plan, problem.instance)
    found = pse.verify(problem.instance, read, pse.read_policy("mclp", problem.overrides))
    assert found.ok
    assert found.objective * problem.unit == pytest.approx(12)


def test_mclp_sjc_demands_stand_in_another_file(file, tmp_path):
    (tmp_path / "demand-small.dat").write_text("5\n7\n9\n")
    problem = file("mclp-sjc", "3\n0 0\n3 4\n50 0\n", sites=1, radius=5)
    assert best(problem) == pytest.approx(12)


DISTANCES = "distance,name,DestinationName,demand\n1,s,a,10\n4,s,b,20\n3,t,a,10\n2,t,b,20\n"


def test_spopt_distances_pose_all_four_problems(file):
    assert best(file("spopt", DISTANCES, "small.csv", sites=1)) == pytest.approx(70)
    covering = {"sites": 1, "radius": 2}
    assert best(file("spopt", DISTANCES, "small.csv", model="mclp", **covering)) == 20
    assert best(file("spopt", DISTANCES, "small.csv", model="lscp", radius=3)) == 1
    with pytest.raises(InputError) as error:
        file("spopt", DISTANCES.replace("3,t,a,10", "3,t,a,11"), "small.csv")
    assert only(error.value).value == "a"


def test_formats_and_options_that_do_not_exist_are_told_with_those_that_do(tmp_path):
    with pytest.raises(InputError, match="did you mean 'orlib-pmed'"):
        read_published("orlib-pmet", tmp_path / "x")
    with pytest.raises(InputError, match="did you mean 'sites'"):
        read_published("tsplib", tmp_path / "x", {"sitess": 3})
