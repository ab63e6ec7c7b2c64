"""A sound folder is read as it was written; writing never leaves half a file."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pse_opt import io
from pse_opt.about import About
from pse_opt.errors import InputError
from pse_opt.io import load_instance, read_instance, write_instance, write_text
from tests.conftest import edit, only, problem_of, small_tables


def same(one, other):
    assert one.tables.keys() == other.tables.keys()
    for name, table in one.tables.items():
        pd.testing.assert_frame_equal(table, other.tables[name])


def test_what_is_written_is_read_back_equal(folder, tmp_path):
    edit(folder / "regions.csv", "north", "01001")
    for name in ("needs", "offers"):
        edit(folder / f"{name}.csv", "north", "01001")
    first = read_instance(folder)
    written = write_instance(tmp_path / "copy", first.about, first.tables, geometry=b"{}")
    again = read_instance(written)
    same(first, again)
    assert again.about == first.about
    assert again.geometry == b"{}"


@pytest.mark.parametrize("name", ["tiny-two-districts"])
def test_a_shipped_instance_is_read_back_equal(name, tmp_path):
    first = load_instance(name)
    same(first, read_instance(write_instance(tmp_path / "copy", first.about, first.tables)))


def test_awkward_text_and_numbers_survive_a_round_trip(tmp_path):
    names = ['said "no", then\nleft', "西藏 ; Tibet"]
    tables = small_tables(
        regions={"name": names, "population": [0.1 + 0.2, 1e-7], "height_m": [np.nan, 12.5]},
        services={"core": [True]},
    )
    read = read_instance(write_instance(tmp_path / "x", {"name": "x"}, tables))
    assert list(read.tables["regions"]["name"]) == names
    assert list(read.tables["regions"]["population"]) == [0.1 + 0.2, 1e-7]
    assert read.tables["services"]["core"].iloc[0]
    assert read.tables["regions"]["height_m"].iloc[1] == 12.5
    same(read, read_instance(write_instance(tmp_path / "y", read.about, read.tables)))


def test_whole_numbers_are_written_without_a_decimal_point_and_flags_as_words():
    frame = pd.DataFrame({"a": [1.0, 2.5, None], "b": [True, False, True], "c": [1e20, -0.0, 3]})
    assert io.to_csv(frame) == "a,b,c\n1,yes,1e+20\n2.5,no,0\n,yes,3\n"


def test_a_byte_order_mark_and_line_ends_of_another_system_change_nothing(folder):
    plain = read_instance(folder)
    for path in [*folder.glob("*.csv"), folder / "instance.toml"]:
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    same(plain, read_instance(folder))


def test_tables_in_another_encoding_are_read_when_the_document_declares_it(folder, tmp_path):
    text = "region,population,name\nnorth,1000,贵阳\nsouth,500,遵义\n"
    (folder / "regions.csv").write_bytes(text.encode("gb18030"))
    edit(folder / "offers.csv", "state", "卫生")
    edit(folder / "providers.csv", "state", "卫生")
    for name in ("offers", "providers"):
        path = folder / f"{name}.csv"
        path.write_bytes(path.read_text(encoding="utf-8").encode("gb18030"))
    edit(folder / "instance.toml", "schema = 1", 'schema = 1\nencoding = "gb18030"')
    instance = read_instance(folder)
    assert list(instance.regions["name"]) == ["贵阳", "遵义"]
    copy = write_instance(tmp_path / "copy", instance.about, instance.tables)
    assert read_instance(copy).about.encoding == "utf-8", "copies are UTF-8 and say so"
    same(instance, read_instance(copy))


def test_a_line_break_inside_a_quoted_cell_does_not_move_the_rows_below(folder):
    (folder / "regions.csv").write_text(
        'region,population,name\nnorth,1000,"two\nlines"\n\nsouth,many,x\n', encoding="utf-8"
    )
    problem = problem_of(folder)
    assert (problem.where, problem.row, problem.value) == ("regions", 4, "many")


def test_a_variant_replaces_the_tables_it_has_and_no_others(folder):
    variant = folder / "variants" / "high"
    variant.mkdir(parents=True)
    (variant / "needs.csv").write_text("region,service,demand\nnorth,health,2000\n")
    instance = read_instance(folder, variant="high")
    assert instance.name == "small@high"
    assert list(instance.needs["demand"]) == [2000]
    assert len(instance.offers) == 2
    assert load_instance(f"{folder}@high").name == "small@high"
    assert read_instance(folder).name == "small"


def test_an_unknown_variant_is_answered_with_the_nearest(folder):
    (folder / "variants" / "high").mkdir(parents=True)
    problem = problem_of(folder, variant="hihg")
    assert problem.value == "hihg"
    assert "did you mean 'high'?" in problem.remedy
    assert problem_of(folder, variant="..").message == "no such variant"


def test_a_folder_with_an_at_sign_in_its_path_is_a_folder(tmp_path):
    folder = write_instance(tmp_path / "me@home" / "x", {"name": "x"}, small_tables())
    assert load_instance(folder).name == "x"


def test_geometry_is_kept_as_it_is(folder):
    (folder / "geometry.geojson").write_bytes(b'{"type": "FeatureCollection"}')
    assert read_instance(folder).geometry == b'{"type": "FeatureCollection"}'


def test_a_file_that_is_no_table_is_warned_about(folder):
    (folder / "notes.csv").write_text("a\n1\n")
    (warning,) = read_instance(folder).warnings
    assert warning.where == "notes.csv"


# ---- writing


def test_a_failure_while_writing_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "plan.csv"
    write_text(path, "old")

    def fail(self, target):
        raise OSError("the disk is full")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="disk is full"):
        write_text(path, "new")
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["plan.csv"]


def test_an_interrupt_while_writing_leaves_nothing(tmp_path, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "chmod", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_text(tmp_path / "plan.csv", "new")
    assert list(tmp_path.iterdir()) == []


def test_a_written_file_can_be_read_by_those_who_may_read_new_files(tmp_path):
    write_text(tmp_path / "a.csv", "x")
    (tmp_path / "b.csv").write_text("x")
    assert (tmp_path / "a.csv").stat().st_mode == (tmp_path / "b.csv").stat().st_mode


@pytest.mark.parametrize("name", ["ofers", "../offers"])
def test_a_table_of_another_name_is_not_written(tmp_path, name):
    with pytest.raises(InputError) as caught:
        write_instance(tmp_path / "x", {"name": "x"}, {name: pd.DataFrame()})
    assert only(caught.value).where == name
    assert not (tmp_path / "x").exists()


def test_a_wrong_document_is_not_written(tmp_path):
    with pytest.raises(InputError):
        write_instance(tmp_path / "x", {"nome": "x"}, {})
    assert not (tmp_path / "x").exists()


def test_an_about_is_written_as_it_is(tmp_path):
    about = About(name="x", description="two\nlines", assumptions=("a", "b"))
    folder = write_instance(tmp_path / "x", about, small_tables())
    assert read_instance(folder).about == about
