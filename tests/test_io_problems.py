"""Reading tells all that is wrong with a folder, whatever its files hold."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pse_opt.errors import InputError
from pse_opt.instance import Instance
from pse_opt.io import read_csv, read_instance, write_instance
from pse_opt.plan import Plan
from pse_opt.tables import TABLES
from tests.conftest import edit, only, problem_of, small_tables


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


def test_rows_cut_short_and_blank_cells_at_their_ends_are_no_fault(file):
    file.write_text("region,population,name,,\na,1,,,,,\nb,2\n")
    frame = read_csv(file)
    assert frame.to_dict("list") == {
        "region": ["a", "b"],
        "population": ["1", "2"],
        "name": ["", ""],
    }


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
