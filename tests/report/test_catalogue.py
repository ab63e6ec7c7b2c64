"""The catalogue says what the instances are; it is written by a command and up to date."""

from __future__ import annotations

import pse_opt as pse
from pse_opt import resources
from pse_opt.dictionary import data_dictionary
from pse_opt.recipes import unbuilt
from pse_opt.report.catalogue import catalogue
from pse_opt.report.facts import Hardship, hardship

FOLDER = resources.share() / "instances"
COMMAND = "run: python -m pse_opt.report.catalogue"


def test_the_catalogue_is_up_to_date():
    assert (FOLDER / "README.md").read_text(encoding="utf-8") == catalogue(), COMMAND
    assert (FOLDER / "FORMAT.md").read_text(encoding="utf-8") == data_dictionary(), COMMAND


def test_every_instance_has_a_licence_a_map_and_records():
    page = (FOLDER / "README.md").read_text(encoding="utf-8")
    for name in resources.names("instances", "instance.toml"):
        for part in ("LICENSE", "map.png", "best_known/core.json", "best_known/equalized.json"):
            assert (FOLDER / name / part).is_file(), f"{name} has no {part}"
        assert f"### {name}" in page


def test_an_instance_built_by_command_has_a_licence_a_map_and_a_place_in_the_catalogue():
    page = (FOLDER / "README.md").read_text(encoding="utf-8")
    for name in unbuilt():
        for part in ("LICENSE", "map.png", "SHA256SUMS"):
            assert (FOLDER / name / part).is_file(), f"{name} has no {part}"
        assert f"[{name}]({name}/) *" in page
        assert f"build recipe {name}" in page


def test_scarce_is_where_the_capacity_in_reach_shared_with_all_others_is_below_70_percent():
    """2,360 visits for 1,500 wanted are plenty; within 10 km the north has 600 of 1,000 alone."""
    tiny = pse.load_instance("tiny-two-districts")
    assert hardship(tiny) == Hardship(few=2, scarce=0)
    tables = dict(tiny.tables)
    tables["services"] = tables["services"].assign(reach_km=10.0)
    north = tables["offers"]["offer"] == "clinic-north"
    tables["offers"] = tables["offers"].assign(
        capacity=tables["offers"]["capacity"].mask(north, 600.0)
    )
    assert hardship(pse.Instance.from_tables(tables)) == Hardship(few=2, scarce=1)
