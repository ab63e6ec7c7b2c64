"""A workbook holds an instance to the last letter, and says what a spreadsheet did to it."""

import datetime
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from openpyxl import Workbook, load_workbook

import pse_opt as pse
from pse_opt import resources
from pse_opt.cli import main
from pse_opt.errors import InputError
from pse_opt.interchange.convert import convert
from pse_opt.tables import TABLES
from tests.conftest import only
from tests.interchange.worlds import TRAPS, awkward, instances, same

LARGE = {"cn-sichuan", "cn-gansu", "cn-guizhou", "cn-guizhou-residence", "us-georgia"}
SHIPPED = resources.names("instances", "instance.toml")


def round_trip(instance, folder):
    return pse.read_instance(convert(instance, Path(folder) / "book.xlsx", force=True))


@pytest.fixture
def book(tmp_path):
    """The workbook of a small sound instance, to break: path, sheets, and a function to save it."""
    path = convert("tiny-two-districts", tmp_path / "tiny.xlsx")
    opened = load_workbook(path)

    class Book:
        sheets = opened
        place = path

        def problems(self):
            opened.save(path)
            with pytest.raises(InputError) as caught:
                pse.read_instance(path)
            return caught.value.problems

        def warnings(self):
            opened.save(path)
            return pse.read_instance(path).warnings

    return Book()


# ---- there and back


@given(instances())
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_instance_is_read_back_the_same(tmp_path_factory, instance):
    same(instance, round_trip(instance, tmp_path_factory.mktemp("book")))


@pytest.mark.parametrize("name", TRAPS)
def test_an_identifier_stays_what_it_is(name, tmp_path):
    instance = awkward(name, "other")
    read = round_trip(instance, tmp_path)
    assert read.regions["region"].tolist() == [name, "other"]
    same(instance, read)


@pytest.mark.parametrize(
    "name",
    [n if n not in LARGE else pytest.param(n, marks=pytest.mark.thorough) for n in SHIPPED],
)
def test_a_shipped_instance_is_read_back_the_same(name, tmp_path):
    instance = pse.load_instance(name)
    read = round_trip(instance, tmp_path)
    same(instance, read)
    assert read.warnings == instance.warnings


def test_long_shapes_and_signs_survive(tmp_path):
    from dataclasses import replace

    shapes = '{"type": "FeatureCollection", "features": [],\r\n "x": "' + "é\r_x000D_" * 9000 + '"}'
    instance = replace(awkward(), geometry=shapes.encode())
    same(instance, round_trip(instance, tmp_path))


def test_a_text_longer_than_a_cell_is_refused_with_its_place(tmp_path):
    with pytest.raises(InputError) as caught:
        convert(awkward(description="x" * 40_000), tmp_path / "x.xlsx")
    problem = only(caught.value)
    assert (problem.where, problem.column) == ("instance", "value")
    assert "32,767" in problem.message
    assert not (tmp_path / "x.xlsx").exists()


def test_a_workbook_that_a_spreadsheet_program_saved_again_is_the_same(tmp_path):
    instance = awkward()
    path = convert(instance, tmp_path / "book.xlsx")
    load_workbook(path).save(path)  # shared strings, as those programs write them
    same(instance, pse.read_instance(path))


# ---- what helps those who fill it in


def test_every_table_has_its_sheet_in_order_with_a_frozen_header(book):
    expected = [
        "instance",
        *(t for t in TABLES if t in pse.load_instance("tiny-two-districts").tables),
    ]
    assert book.sheets.sheetnames == [*expected, "dictionary"]
    assert {s.freeze_panes for s in book.sheets} == {"A2"}
    assert book.sheets["offers"]["A1"].font.bold
    assert book.sheets["offers"].column_dimensions["A"].width >= 9


def test_words_to_choose_from_are_offered_for_choices_flags_and_references(book):
    sheet = book.sheets["offers"]
    header = {c.value: c.column_letter for c in sheet[1]}
    rules = {str(r.sqref).split("2:")[0]: r for r in sheet.data_validations.dataValidation}
    assert rules[header["mode"]].formula1.startswith('"direct,contract,grant')
    for column, table in (
        ("service", "services"),
        ("region", "regions"),
        ("provider", "providers"),
    ):
        assert f"OFFSET({table}!$A$2" in rules[header[column]].formula1
        assert rules[header[column]].errorStyle == "warning"
    assert rules[header["unit_cost"]].type == "decimal"
    assert "public money" in rules[header["unit_cost"]].prompt
    core = book.sheets["services"].data_validations.dataValidation
    assert any(r.formula1 == '"yes,no"' for r in core)


def test_identifiers_are_formatted_as_text_where_there_are_cells_and_where_there_will_be(book):
    sheet = book.sheets["regions"]
    assert sheet["A2"].number_format == "@"
    assert sheet.column_dimensions["A"].number_format == "@"
    header = {c.value: c.column_letter for c in sheet[1]}
    assert sheet[f"{header['population']}2"].number_format == "#,##0"


def test_the_dictionary_explains_every_column_without_marks(book):
    rows = list(book.sheets["dictionary"].iter_rows(min_row=2, values_only=True))
    assert [(r[0], r[1]) for r in rows] == [
        (t.name, c.name) for t in TABLES.values() for c in t.columns
    ]
    assert not [r for r in rows if any("`" in str(v) or "](" in str(v) for v in r)]


# ---- what spreadsheet programs do


def test_numbers_in_the_place_of_identifiers_are_said_with_the_cell(tmp_path):
    path = convert(awkward("1001", "1002"), tmp_path / "b.xlsx")
    sheets = load_workbook(path)
    for table, column in (("regions", "A"), ("needs", "A"), ("offers", "E")):
        for row in (2, 3):
            cell = sheets[table][f"{column}{row}"]
            cell.value, cell.number_format = int(cell.value), "General"
    sheets.save(path)
    read = pse.read_instance(path)
    assert read.regions["region"].tolist() == ["1001", "1002"]
    assert [w.where for w in read.warnings] == ["regions", "needs", "offers"]
    assert "2 identifiers are numbers (first: cell A2)" in read.warnings[0].message
    assert read.warnings[2].column == "region"


def test_a_number_shown_with_zeros_in_front_is_what_it_shows(tmp_path):
    path = convert(awkward("01001", "01002"), tmp_path / "b.xlsx")
    sheets = load_workbook(path)
    for row in (2, 3):
        cell = sheets["regions"][f"A{row}"]
        cell.value, cell.number_format = int(cell.value), "00000"
    sheets.save(path)
    read = pse.read_instance(path)
    assert read.regions["region"].tolist() == ["01001", "01002"]
    assert not read.warnings


def test_zeros_that_were_lost_are_found_out_by_what_refers_to_them(tmp_path):
    path = convert(awkward("01001", "other"), tmp_path / "b.xlsx")
    sheets = load_workbook(path)
    sheets["needs"]["A2"].value = 1001
    sheets.save(path)
    with pytest.raises(InputError) as caught:
        pse.read_instance(path)
    problem = only(caught.value)
    assert (problem.where, problem.row, problem.column) == ("needs", 2, "region")
    assert "did you mean '01001'" in problem.remedy


@pytest.mark.parametrize(
    ("table", "cell", "value", "column", "said"),
    [
        ("regions", "A2", datetime.datetime(2024, 3, 1), "region", "cell A2 is a date"),
        ("regions", "A3", True, "region", "cell A3 is a truth value"),
        ("regions", "B2", datetime.datetime(2024, 5, 1), "population", "cell B2 is a date"),
        ("regions", "B3", False, "population", "cell B3 is a truth value"),
        ("regions", "A2", 1234567890123456789, "region", "more digits than a number keeps"),
        ("providers", "B2", datetime.time(12, 30), "kind", "cell B2 is a date or time"),
        ("regions", "B2", "#DIV/0!", "population", "cell B2 shows the error #DIV/0!"),
        ("regions", "B2", "=1+1", "population", "the formula in cell B2 has no value"),
        ("regions", "B2", "1.000,5", "population", "not a number"),
        ("providers", "B2", "charity", "kind", "not one of"),
        ("regions", "A1", "regin", "region", "the column is missing"),
    ],
)
def test_a_cell_that_is_not_what_was_typed_is_a_problem(book, table, cell, value, column, said):
    book.sheets[table][cell].value = value
    mine = [p for p in book.problems() if p.where == table]
    assert len(mine) == 1, mine
    assert said in mine[0].message
    assert mine[0].column == column
    assert mine[0].remedy
    if cell[1:] != "1":
        assert mine[0].row == int(cell[1:])


def test_all_problems_are_told_at_once(book):
    book.sheets["regions"]["B2"].value = datetime.datetime(2024, 5, 1)
    book.sheets["services"]["D2"].value = "forty"
    book.sheets["needs"]["C3"].value = -4
    book.sheets["providers"]["B2"].value = True
    book.sheets["instance"]["A3"].value = "titel"
    found = {(p.where, p.row) for p in book.problems()}
    places = {("regions", 2), ("needs", 3), ("providers", 2), ("instance", None)}
    assert places <= found
    assert len(found) == 5


def test_dates_in_names_are_kept_with_a_warning(book):
    header = {c.value: c.column_letter for c in book.sheets["regions"][1]}
    book.sheets["regions"][f"{header['name']}2"].value = datetime.datetime(2024, 3, 1)
    (warning,) = book.warnings()
    assert (warning.where, warning.row, warning.column) == ("regions", 2, "name")


def test_truth_values_are_flags(book):
    header = {c.value: c.column_letter for c in book.sheets["services"][1]}
    book.sheets["services"][f"{header['core']}2"].value = True
    assert not book.warnings()
    assert pse.read_instance(book.place).services["core"].tolist() == [True]


def test_blank_rows_do_not_move_the_numbers_of_rows(book):
    book.sheets["regions"].insert_rows(3, amount=2)
    book.sheets["regions"]["B5"].value = "many"
    assert [(p.row, p.value) for p in book.problems()] == [(5, "many")]


def test_formulas_that_a_spreadsheet_has_computed_are_their_values(tmp_path, book):
    book.sheets["regions"]["B2"].value = "=500+500"
    book.sheets.save(book.place)
    import zipfile

    computed = tmp_path / "computed.xlsx"
    with zipfile.ZipFile(book.place) as old, zipfile.ZipFile(computed, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if b"<f>500+500</f>" in content:
                content = content.replace(b"<f>500+500</f><v />", b"<f>500+500</f><v>1000</v>")
                content = content.replace(b"<f>500+500</f><v/>", b"<f>500+500</f><v>1000</v>")
                content = content.replace(b"<f>500+500</f><v></v>", b"<f>500+500</f><v>1000</v>")
            new.writestr(name, content)
    assert pse.read_instance(computed).regions["population"].iloc[0] == 1000


# ---- files and sheets


def test_a_sheet_with_a_misspelled_name_is_told_its_name(book):
    book.sheets["offers"].title = "ofers"
    found = book.problems()
    assert [p.where for p in found][:2] == ["ofers", "offers"]
    assert "rename it to offers" in found[0].remedy


def test_a_sheet_that_is_no_table_is_warned_about(book):
    book.sheets.create_sheet("Notes to self")
    (warning,) = book.warnings()
    assert "ignored" in warning.message


def test_an_empty_sheet_of_a_table_is_a_problem(book):
    del book.sheets["needs"]
    book.sheets.create_sheet("needs")
    (problem,) = [p for p in book.problems() if "empty" in p.message]
    assert problem.where == "needs"


def test_a_key_that_stands_there_twice_is_a_problem(book):
    book.sheets["instance"].append(["title", "another"])
    (problem,) = book.problems()
    assert (problem.where, problem.column, problem.value) == ("instance", "key", "title")


def test_tables_without_a_sheet_about_them_take_the_name_of_the_file(book):
    del book.sheets["instance"]
    book.sheets.save(book.place)
    assert pse.read_instance(book.place).name == "tiny"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"region,population\n", "not a workbook that can be read"),
        (b"", "not a workbook that can be read"),
        (b"PK\x03\x04 broken", "not a workbook that can be read"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "before 2007, or one with a password"),
    ],
)
def test_a_file_that_is_no_workbook_is_told_so(content, said, tmp_path):
    path = tmp_path / "x.xlsx"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        pse.read_instance(path)
    assert said in only(caught.value).message


def test_a_workbook_without_any_table_is_told_what_they_are_called(tmp_path):
    Workbook().save(tmp_path / "x.xlsx")
    with pytest.raises(InputError) as caught:
        pse.read_instance(tmp_path / "x.xlsx")
    assert "name the sheets after their tables" in str(caught.value)


def test_a_variant_of_a_workbook_is_refused(book):
    with pytest.raises(InputError) as caught:
        pse.load_instance(f"{book.place}@high")
    assert "no variants" in only(caught.value).message


# ---- commands


def test_every_command_takes_a_workbook_where_it_takes_a_folder(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["convert", "tiny-two-districts", "--to", "excel", "-q"]) == 0
    book = "tiny-two-districts.xlsx"
    assert main(["check", book]) == 0
    assert main(["show", book]) == 0
    assert main(["solve", book, "--gap", "0", "-q"]) == 0
    folder = Path("results/tiny-two-districts-core")
    assert (folder / "plan.csv").is_file()
    assert main(["verify", book, str(folder), "-q"]) == 0
    capsys.readouterr()
    assert main(["compare", book, "--models", "core,government-only", "-q"]) == 0


def test_a_result_goes_into_a_workbook_and_back_unchanged(tmp_path):
    result = pse.solve("mw-districts", "equalized", gap=0.05)
    from pse_opt.results import write_result

    folder = write_result(tmp_path / "result", result)
    book = convert(result, tmp_path / "result.xlsx")
    names = load_workbook(book, read_only=True).sheetnames
    assert names == ["summary", "plan", "deliveries", "levels", "payments", "documents"]
    back = convert(book, tmp_path / "back")
    files = sorted(p.name for p in folder.iterdir())
    assert files == sorted(p.name for p in back.iterdir())
    for name in files:
        assert (folder / name).read_bytes() == (back / name).read_bytes(), name
    read = pse.read_result(book, result.instance)
    assert (read.objective, read.bound, read.gap) == (result.objective, result.bound, result.gap)
    assert read.verified
    pd.testing.assert_frame_equal(
        read.plan.deliveries, pse.read_plan(folder, result.instance).deliveries
    )


def test_numbers_of_a_result_are_numbers_and_identifiers_text(tmp_path):
    instance = awkward("1001", "1002")
    result = pse.solve(instance, {"name": "x", "objective": {"minimize": ["engagement"]}})
    sheet = load_workbook(convert(result, tmp_path / "r.xlsx"))["levels"]
    header = {c.value: c.column_letter for c in sheet[1]}
    assert sheet[f"{header['region']}2"].value == "1001"
    assert sheet[f"{header['demand']}2"].value == 1000


def test_a_hand_made_plan_in_a_workbook_is_verified(tmp_path, capsys):
    sheets = Workbook()
    sheet = sheets.active
    for row in (
        ("offer", "region", "service", "share"),
        ("clinic-north", "north", "health", 0.99),
        ("helpers-south", "south", "health", 0.72),
    ):
        sheet.append(row)
    sheets.save(tmp_path / "plan.xlsx")
    words = ["verify", "tiny-two-districts", str(tmp_path / "plan.xlsx"), "--model", "core"]
    assert main(words) == 0
    sheet["D3"].value = datetime.datetime(2024, 3, 1)
    sheets.save(tmp_path / "plan.xlsx")
    assert main(words) == 2
    assert "cell D3 is a date" in " ".join(capsys.readouterr().err.split())
