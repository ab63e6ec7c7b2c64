"""An instance of the catalogue is what its recipe makes of the raw files, byte for byte."""

from __future__ import annotations

import os
import shutil
from functools import cache
from pathlib import Path

import pytest

import pse_opt as pse
from pse_opt import resources
from pse_opt.best_known import plan_of, read_best_known
from pse_opt.checksums import checksum, checksums, recorded_checksums, sums_text
from pse_opt.cli import main
from pse_opt.recipes import differences, follow, outline, raw_folder, read_recipe, unbuilt

SHARE = resources.share() / "instances"
DATA = os.environ.get("PSE_OPT_DATA", "")
SHIPPED = resources.names("instances", "instance.toml")
COOKED = [name for name in SHIPPED if (SHARE / name / "recipe.toml").is_file()]
NATIONAL = ["cn-provinces"]  # half a minute each, because all counties are built first
needs_data = pytest.mark.skipif(
    not DATA, reason="PSE_OPT_DATA is not set: recipes need the raw regional files"
)


@pytest.fixture(scope="module")
def raw_files_of(tmp_path_factory):
    """Folders with the raw files that a recipe names, and no other; one for all of a source."""

    @cache
    def folder_of(source, files):
        place, folder = raw_folder(Path(DATA), source), tmp_path_factory.mktemp("raw")
        for file in files:
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).symlink_to(place / file)
        return folder

    def of(name):
        recipe = read_recipe(SHARE / name)
        return folder_of(recipe.source, tuple(recipe.raw))

    return of


@pytest.fixture
def cook(raw_files_of, tmp_path):
    """Follow the recipe of a shipped instance into a new folder."""

    def build(name):
        pytest.importorskip("openpyxl")
        follow(read_recipe(SHARE / name), raw_files_of(name), tmp_path / "built")
        return tmp_path / "built"

    return build


@pytest.mark.parametrize("name", SHIPPED)
def test_the_shipped_files_are_the_recorded_ones(name):
    assert recorded_checksums(SHARE / name) == checksums(SHARE / name)


def test_all_but_the_one_written_by_hand_have_a_recipe():
    assert set(SHIPPED) - set(COOKED) == {"tiny-two-districts"}
    assert unbuilt() == ["cn-counties", "cn-prefectures"]


@pytest.mark.parametrize("name", COOKED)
def test_a_recipe_tells_title_and_sizes_of_its_instance(name):
    instance = pse.load_instance(name)
    sizes = {k: len(getattr(instance, k)) for k in outline(name) if k not in ("name", "title")}
    assert list(sizes) == ["regions", "services", "needs", "offers", "links"]
    assert outline(name) == {"name": name, "title": instance.about.title, **sizes}
    assert instance.name == name


@needs_data
@pytest.mark.parametrize("name", [n for n in COOKED if n not in NATIONAL])
def test_a_recipe_makes_every_byte_of_its_instance_from_the_files_it_names(name, cook):
    assert differences(cook(name), SHARE / name) == []


@needs_data
@pytest.mark.thorough
@pytest.mark.parametrize("name", [*NATIONAL, *unbuilt()])
def test_a_national_recipe_makes_the_recorded_bytes_and_its_records_hold(name, cook):
    built = cook(name)
    assert differences(built, SHARE / name) == []
    instance = pse.read_instance(built)
    assert instance.warnings == ()
    assert instance.name == name
    for model in ("core", "equalized"):
        document = read_best_known(SHARE / name, model)
        if document is not None:
            assert document["tables_sha256"] == checksum(checksums(built))
            pse.verify(instance, plan_of(document, instance), model).raise_if_violated()


@needs_data
def test_the_command_builds_checks_and_says_so(tmp_path, capsys):
    target = tmp_path / "zambia"
    words = ["build", "recipe", "zm-provinces", "--raw", DATA, "--out", str(target)]
    assert main(words) == 0
    assert "every file is the recorded one" in " ".join(capsys.readouterr().out.split())
    assert main(words) == 2
    assert "--force" in capsys.readouterr().err


@needs_data
def test_other_raw_files_are_refused_by_name(raw_files_of, tmp_path):
    shutil.copytree(raw_files_of("zm-provinces"), tmp_path / "raw")
    (file,) = (tmp_path / "raw").glob("*/*.csv")
    file.write_bytes(file.read_bytes().replace(b"Lusaka", b"Losaka"))
    with pytest.raises(pse.InputError, match="not the raw file of the recipe") as error:
        follow(read_recipe(SHARE / "zm-provinces"), tmp_path / "raw", tmp_path / "built")
    (problem,) = error.value.problems
    assert problem.where.endswith("df_who_sites.csv")
    assert not (tmp_path / "built").exists()


def test_a_built_file_that_differs_or_is_missing_is_named(tmp_path):
    copy = tmp_path / "zm-provinces"
    shutil.copytree(SHARE / "zm-provinces", copy)
    assert differences(copy, SHARE / "zm-provinces") == []
    (copy / "needs.csv").write_text("region,service,demand\n")
    (copy / "baseline.csv").unlink()
    (copy / "sizes.csv").write_text("offer,size\n")
    found = {p.where: p.message for p in differences(copy, SHARE / "zm-provinces")}
    assert found == {
        "baseline.csv": "recorded, but not built",
        "needs.csv": "not the file that was recorded",
        "sizes.csv": "built, but not recorded",
    }


@needs_data
def test_recording_writes_checksums_sizes_and_raw_files(tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    recipe = 'source = "georgia"\n[raw]\n"usa_georgia159/GData_utm.csv" = ""\n'
    (folder / "recipe.toml").write_text(recipe)
    words = ["build", "recipe", str(folder), "--raw", DATA, "--out", str(folder), "--force"]
    assert main([*words, "--record", "--quiet"]) == 0
    found, shipped = read_recipe(folder), read_recipe(SHARE / "us-georgia")
    assert found.sizes == shipped.sizes
    assert found.raw.items() <= shipped.raw.items()
    assert recorded_checksums(folder) == recorded_checksums(SHARE / "us-georgia")
    assert main([*words, "--quiet"]) == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('source = "chine"', "no such builder"),
        ('title = "no source"', "Field required"),
        ("source = ", "recipe.toml"),
        ('source = "china"\nvariant = "low"', "Extra inputs"),
    ],
)
def test_a_wrong_recipe_is_refused_in_words(text, said, tmp_path):
    (tmp_path / "recipe.toml").write_text(text)
    with pytest.raises(pse.InputError, match=said):
        read_recipe(tmp_path)


def test_missing_raw_files_are_told_with_a_remedy(tmp_path):
    with pytest.raises(pse.InputError, match="PSE_OPT_DATA"):
        raw_folder(tmp_path, "china")


def test_an_instance_without_tables_says_how_they_are_built(capsys):
    assert main(["check", "cn-counties"]) == 2
    assert "build recipe cn-counties" in " ".join(capsys.readouterr().err.split())


def test_checksums_are_those_of_the_program_sha256sum(tmp_path):
    (tmp_path / "instance.toml").write_text('name = "x"\n')
    (tmp_path / "needs.csv").write_bytes(b"abc")
    sums = checksums(tmp_path)
    abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert sums["needs.csv"] == abc  # FIPS 180-2, the example
    assert f"{abc}  needs.csv\n" in sums_text(sums)


def test_an_answer_belongs_to_tables_not_to_words_nor_to_line_ends(tmp_path):
    shutil.copytree(SHARE / "tiny-two-districts", tmp_path / "tiny")
    before = checksum(checksums(tmp_path / "tiny"))
    (tmp_path / "tiny" / "instance.toml").write_text('name = "other"\n')
    needs = tmp_path / "tiny" / "needs.csv"
    needs.write_bytes(needs.read_bytes().replace(b"\n", b"\r\n"))
    assert checksum(checksums(tmp_path / "tiny")) == before
    needs.write_bytes(needs.read_bytes().replace(b"1", b"2"))
    assert checksum(checksums(tmp_path / "tiny")) != before


def test_a_variant_has_a_checksum_of_its_own():
    sums = checksums(SHARE / "zm-provinces")
    found = {checksum(sums), checksum(sums, "low"), checksum(sums, "high")}
    assert len(found) == 3
