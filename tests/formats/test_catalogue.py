"""The catalogue of published problems, and the command that makes instances of them."""

from __future__ import annotations

import json
import shlex

import pytest

from pse_opt.cli import main
from pse_opt.errors import InputError
from pse_opt.formats import FORMATS, catalogue, entry, load
from pse_opt.formats.catalogue import location
from pse_opt.io import read_instance
from pse_opt.policy import read_policy

SMALLEST = {
    "kolm-pollak/min_ede": (30, 10),
    "orlib-cap/cap41": (50, 16),
    "orlib-cap/capa-8000": (1000, 100),
    "orlib-pmed/pmed1": (100, 100),
    "orlib-pmedcap/pmedcap01": (50, 50),
    "orlib-scp/scp41": (200, 1000),
    "holmberg/p47": (90, 10),
    "tbed1/p1": (300, 300),
    "ufllib/111EuclS": (100, 100),
    "ufllib/MO1": (100, 100),
    "sjc-cpmp/SJC1": (100, 100),
    "mclp-ails/NewYork_50_400": (2713, 2713),
    "mclp-sjc/SJC324-800-p1": (324, 324),
    "spopt/p-median": (205, 16),
    "swain/5": (55, 55),
}


def test_every_entry_names_a_format_options_and_a_value_that_make_sense():
    for found in catalogue().values():
        assert found.format in FORMATS
        assert (found.value is None) == (found.status == "") == (found.source == "")


@pytest.mark.parametrize("problem", SMALLEST)
def test_one_file_of_each_kind_is_read(published, problem):
    found = load(problem)
    assert (len(found.instance.needs), len(found.instance.offers)) == SMALLEST[problem]
    assert found.model == entry(problem).model
    assert found.instance.warnings == ()


def test_every_file_of_the_catalogue_is_there(published):
    assert all(location(found).exists() for found in catalogue().values())


def test_a_problem_that_does_not_exist_and_files_that_are_not_here(monkeypatch):
    with pytest.raises(InputError, match="did you mean"):
        load("orlib-pmed/pmed41")
    monkeypatch.delenv("PSE_OPT_DATA", raising=False)
    with pytest.raises(InputError, match="set PSE_OPT_DATA"):
        load("orlib-pmed/pmed1")


def test_build_published_writes_an_instance_and_the_command_that_solves_it(tmp_path, capsys):
    path = tmp_path / "graph.txt"
    path.write_text("3 2 1\n1 2 5\n2 3 1\n")
    words = ["build", "published", str(path), "--format", "orlib-pmed"]
    assert main([*words, "--out", str(tmp_path / "graph")]) == 0
    shown = capsys.readouterr().out.replace("\n", " ").replace("  ", " ")
    command = shlex.split(shown.partition("solve it: python -m pse_opt ")[2])
    assert "siting.number=1" in command
    assert len(read_instance(tmp_path / "graph").links) == 9
    assert main([*command, "--out", str(tmp_path / "result"), "--quiet"]) == 0
    found = json.loads((tmp_path / "result" / "result.json").read_text())
    assert found["objective"] == pytest.approx(6)
    assert (tmp_path / "graph" / "providers.csv").read_text() == (
        "provider,kind\nprovider,government\n"
    )


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["graph.txt"], "the format of the file is not given"),
        (["graph.txt", "--format", "orlib-cap"], "graph.txt"),
        (["orlib-pmed/pmed1", "--set", "sites=3"], "a problem named has its own options"),
        (["orlib-pmed/pmed1x"], "no published problem has this name"),
    ],
)
def test_build_published_says_what_it_needs(tmp_path, monkeypatch, capsys, words, told):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "graph.txt").write_text("3 2 1\n1 2 5\n2 3 1\n")
    assert main(["build", "published", *words, "--out", "made"]) == 2
    assert told in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "made").exists()


def test_models_of_the_catalogue_are_shipped():
    for model in {found.model for found in catalogue().values()}:
        assert read_policy(model).name == model
