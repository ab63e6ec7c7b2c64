"""The catalogue says what the instances are; it is written by a command and up to date."""

from __future__ import annotations

from pse_opt import resources
from pse_opt.dictionary import data_dictionary
from pse_opt.report.catalogue import catalogue

FOLDER = resources.share() / "instances"
COMMAND = "run: python -m pse_opt.report.catalogue"


def test_the_catalogue_is_up_to_date():
    assert (FOLDER / "README.md").read_text(encoding="utf-8") == catalogue(), COMMAND
    assert (FOLDER / "FORMAT.md").read_text(encoding="utf-8") == data_dictionary(), COMMAND


def test_every_instance_has_a_licence_a_map_and_records():
    page = catalogue()
    for name in resources.names("instances", "instance.toml"):
        for part in ("LICENSE", "map.png", "best_known/core.json", "best_known/equalized.json"):
            assert (FOLDER / name / part).is_file(), f"{name} has no {part}"
        assert f"### {name}" in page
