"""Reading tells all that is wrong with a folder; writing never leaves half a file."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pse_opt import io
from pse_opt.about import About
from pse_opt.errors import InputError
from pse_opt.instance import Instance
from pse_opt.io import load_instance, read_csv, read_instance, write_instance, write_text
from pse_opt.plan import Plan
from pse_opt.tables import TABLES
from tests.conftest import only, small_tables


def edit(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def problem_of(folder, **options):
    """Return the one problem of a folder."""
    with pytest.raises(InputError) as caught:
        read_instance(folder, **options)
    return only(caught.value)


def csv_problem(path, content, **options):
    """Return the one problem of a CSV file with this content."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InputError) as caught:
        read_csv(path, **options)
    problem = only(caught.value)
    assert problem.where == path.stem
    return problem


@pytest.fixture
def file(tmp_path):
    return tmp_path / "regions.csv"


def same(one, other):
    assert one.tables.keys() == other.tables.keys()
    for name, table in one.tables.items():
        pd.testing.assert_frame_equal(table, other.tables[name])


# ---- sound folders


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


def test_rows_cut_short_and_blank_cells_at_their_ends_are_no_fault(file):
    file.write_text("region,population,name,,\na,1,,,,,\nb,2\n")
    frame = read_csv(file)
    assert frame.to_dict("list") == {
        "region": ["a", "b"],
        "population": ["1", "2"],
        "name": ["", ""],
    }


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


# ---- broken folders


def test_a_folder_with_ten_faults_reports_ten(folder):
    edit(folder / "instance.toml", "schema = 1", "schema = 1\ncolour = 'red'")  # 1
    edit(folder / "regions.csv", "1000", "1.000,5")  # 2: one cell too many
    edit(folder / "services.csv", "40", "forty")  # 3
    edit(folder / "needs.csv", "500", "-500")  # 4
    edit(folder / "needs.csv", "south,health", "south,helth")  # 5
    edit(folder / "providers.csv", "ngo", "charity")  # 6
    edit(folder / "offers.csv", "clinic,state", "mobile,state")  # 7: the same offer twice
    edit(folder / "offers.csv", "contract", "")  # 8
    edit(folder / "offers.csv", ",400,", ',"4,000",')  # 9
    edit(folder / "jurisdictions.csv", "budget", "budget,budget")  # 10
    with pytest.raises(InputError) as caught:
        read_instance(folder)
    assert str(caught.value).startswith("10 problems in the input:")
    assert {(p.where, p.row, p.column) for p in caught.value.problems} == {
        ("instance.toml", None, "colour"),
        ("regions", 2, None),
        ("services", 2, "reach_km"),
        ("needs", 3, "demand"),
        ("needs", 3, "service"),
        ("providers", 3, "kind"),
        ("offers", 3, "offer"),
        ("offers", 3, "mode"),
        ("offers", 3, "capacity"),
        ("jurisdictions", 1, "budget"),
    }
    assert all(p.remedy for p in caught.value.problems)


def test_a_folder_that_is_not_there_says_what_an_instance_is(tmp_path):
    problem = problem_of(tmp_path / "nowhere")
    assert "cannot be read" in problem.message
    assert "a folder with instance.toml" in problem.remedy


def test_a_document_that_is_not_toml_names_the_place(folder):
    edit(folder / "instance.toml", "schema = 1", "schema : 1")
    problem = problem_of(folder)
    assert problem.where == "instance.toml"
    assert "line 1" in problem.message


def test_an_unknown_encoding_is_reported_once(folder):
    edit(folder / "instance.toml", "schema = 1", 'schema = 1\nencoding = "utf-9"')
    problem = problem_of(folder)
    assert (problem.where, problem.column, problem.value) == ("instance.toml", "encoding", "utf-9")
    assert "gb18030" in problem.remedy


def test_a_table_file_with_a_misspelled_name_is_told_its_name(folder):
    (folder / "offers.csv").rename(folder / "ofers.csv")
    with pytest.raises(InputError) as caught:
        read_instance(folder)
    assert [p.where for p in caught.value.problems] == ["ofers.csv", "offers"]
    assert "rename it to offers.csv" in caught.value.problems[0].remedy


def test_an_unreadable_table_is_one_problem_and_not_also_missing(folder):
    (folder / "offers.csv").write_bytes(b"\xff\xfe\x00")
    assert problem_of(folder).where == "offers"


def test_a_file_in_another_encoding_than_declared_is_told_to_declare_it(file):
    problem = csv_problem(file, "region,population\n贵阳,1\n".encode("gb18030"))
    assert "byte 19 cannot be read" in problem.message
    assert 'encoding = "gb18030"' in problem.remedy


def test_an_encoding_nobody_knows_is_reported(file):
    assert csv_problem(file, "region\na\n", encoding="utf-9").value == "utf-9"


@pytest.mark.parametrize("content", ["", "\n", " , \n,,\n"])
def test_an_empty_file_is_told_to_have_a_header(file, content):
    problem = csv_problem(file, content)
    assert (problem.message, problem.remedy) == ("the file is empty", "write a header row")


def test_a_header_below_the_first_row_is_reported(file):
    assert csv_problem(file, "\nregion,population\na,1\n").row == 1


def test_a_row_longer_than_the_header_is_reported_with_its_content(file):
    problem = csv_problem(file, "region,population\na,1\nb,1,200\n")
    assert (problem.row, problem.value) == (3, "b,1,200")
    assert "quotes" in problem.remedy


def test_an_open_quote_is_reported_where_it_opens_and_swallows_nothing(file):
    problem = csv_problem(file, 'region,population\na,1\n"b,2\nc,3\n')
    assert problem.row == 3
    assert "quotes" in problem.message


@pytest.mark.parametrize(("mark", "name"), [(";", "';'"), ("\t", "tabs")])
def test_cells_separated_by_other_marks_are_recognized(file, mark, name):
    problem = csv_problem(file, f"region{mark}population\na{mark}1\n")
    assert problem.row == 1
    assert f"separated by {name}" in problem.message
    assert "commas" in problem.remedy


def test_a_missing_file_is_reported(tmp_path):
    with pytest.raises(InputError) as caught:
        read_csv(tmp_path / "regions.csv")
    assert "cannot be read" in only(caught.value).message


@pytest.mark.parametrize("name", ["regions.csv", "instance.toml", "geometry.geojson"])
def test_a_link_that_leads_out_of_the_folder_is_refused(folder, tmp_path, name):
    secret = tmp_path / "secret"
    if (folder / name).exists():
        secret.write_bytes((folder / name).read_bytes())
        (folder / name).unlink()
    else:
        secret.write_bytes(b"{}")
    (folder / name).symlink_to(secret)
    problem = problem_of(folder)
    assert problem.where in (name, "regions")
    assert problem.value == name
    assert "leads outside the instance folder" in problem.message
    assert "copy the file" in problem.remedy


def test_a_link_inside_the_folder_is_followed(folder):
    (folder / "regions.csv").rename(folder / "regions-2020.txt")
    (folder / "regions.csv").symlink_to(folder / "regions-2020.txt")
    assert len(read_instance(folder).regions) == 2


def test_a_variant_that_leads_out_of_the_folder_is_refused(folder, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "needs.csv").write_text("region,service,demand\nnorth,health,1\n")
    (folder / "variants").mkdir()
    (folder / "variants" / "high").symlink_to(outside)
    assert "leads outside" in problem_of(folder, variant="high").message


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


# ---- anything at all

WORDS = "north south health land clinic state ngo direct -1 0 1 1e999 nan last_resort rural 90% yes"
CELLS = st.one_of(
    st.sampled_from(["", '"', "1,000", "\ufeff", "\x00", *WORDS.split()]), st.text(max_size=4)
)
NAMES = st.sampled_from(list(TABLES))


def attempt(tables):
    """Return the instance, or None and the problems."""
    try:
        return Instance.from_tables(tables), ()
    except InputError as error:
        return None, error.problems


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_whatever_a_cell_holds_the_answer_is_an_instance_or_a_list_of_problems(data):
    tables = small_tables(
        sizes={"offer": ["clinic"], "size": ["a"], "capacity": 5, "fixed_cost": 1, "unit_cost": 1},
        standards={"service": ["health"], "floor": [0.5]},
        baseline={"offer": ["clinic"], "region": ["north"], "service": ["health"], "share": [1]},
    )
    for _ in range(data.draw(st.integers(1, 4))):
        name = data.draw(st.sampled_from(list(tables)))
        column = data.draw(st.sampled_from(list(TABLES[name].by_name)))
        values = data.draw(st.lists(CELLS, min_size=len(tables[name]), max_size=len(tables[name])))
        tables[name] = tables[name].astype(object).assign(**{column: values})
    instance, problems = attempt(tables)
    assert all(p.where in TABLES and p.message and p.remedy for p in problems)
    places = [(p.where, p.row, p.column, p.value) for p in problems]
    assert len(places) == len(set(places)), "nothing is said twice"
    if instance:
        assert instance.links["travel"].notna().all()
        assert Plan.baseline(instance) is not None


@given(NAMES, st.one_of(st.binary(max_size=40), st.text("ab,;\n\r\"' \t\x00", max_size=40)))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_whatever_a_file_holds_the_answer_is_a_list_of_problems(tmp_path, name, content):
    folder = write_instance(tmp_path / "small", {"name": "small"}, small_tables())
    path = folder / f"{name}.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InputError) as caught:
        read_instance(folder)
    assert all(p.message and p.remedy for p in caught.value.problems)
    path.unlink()
