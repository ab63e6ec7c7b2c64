"""Parquet: types of columns, there and back, broken files."""

import pytest
from hypothesis import HealthCheck, given, settings

import pse_opt as pse
from pse_opt.errors import InputError
from pse_opt.interchange.convert import convert
from pse_opt.results import write_result
from tests.conftest import only
from tests.interchange.worlds import awkward, instances, same

pq = pytest.importorskip("pyarrow.parquet")
import pyarrow as pa  # noqa: E402 - only where it is installed


@given(instances())
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_instance_is_read_back_the_same(tmp_path_factory, instance):
    folder = tmp_path_factory.mktemp("tables") / "x.parquet"
    same(instance, pse.read_instance(convert(instance, folder)))


@pytest.mark.parametrize("name", ["tiny-two-districts", "mw-districts", "zm-provinces"])
def test_a_shipped_instance_is_read_back_the_same(name, tmp_path):
    instance = pse.load_instance(name)
    folder = convert(instance, tmp_path / "x.parquet")
    assert not list(folder.glob("*.csv"))
    same(instance, pse.load_instance(folder))


def test_columns_have_types_descriptions_and_units(tmp_path):
    folder = convert(awkward(), tmp_path / "x.parquet")
    schema = pq.read_schema(folder / "regions.parquet")
    assert schema.field("region").type == pa.string()
    assert schema.field("population").type == pa.float64()
    assert schema.field("height_m").type == pa.float64()
    assert schema.field("population").metadata[b"unit"] == b"people"
    assert pq.read_schema(folder / "services.parquet").field("core").type == pa.bool_()


def test_shapes_go_along_as_they_are(tmp_path):
    same(awkward(), pse.read_instance(convert(awkward(), tmp_path / "x.parquet")))


def test_a_result_goes_there_and_back_unchanged(tmp_path):
    result = pse.solve("tiny-two-districts", "core", gap=0)
    folder = write_result(tmp_path / "r", result)
    tables = convert(folder, tmp_path / "r.parquet")
    assert pq.read_schema(tables / "deliveries.parquet").field("units").type == pa.float64()
    assert pse.read_result(tables, result.instance).verified
    back = convert(tables, tmp_path / "back")
    for path in folder.iterdir():
        assert path.read_bytes() == (back / path.name).read_bytes(), path.name


def test_identifiers_that_another_program_wrote_as_numbers_are_said(tmp_path):
    folder = convert(awkward("1001", "1002"), tmp_path / "x.parquet")
    table = pq.read_table(folder / "needs.parquet")
    at = table.column_names.index("region")
    pq.write_table(table.set_column(at, "region", pa.array([1001, 1002])), folder / "needs.parquet")
    found = [w for w in pse.read_instance(folder).warnings if w.where == "needs"]
    assert "2 identifiers are numbers (first: record 1)" in found[0].message


def test_a_date_in_the_place_of_a_number_is_a_problem(tmp_path):
    import datetime

    folder = convert(awkward(), tmp_path / "x.parquet")
    table = pq.read_table(folder / "needs.parquet")
    at = table.column_names.index("demand")
    dates = pa.array([datetime.date(2024, 3, 1)] * 2)
    pq.write_table(table.set_column(at, "demand", dates), folder / "needs.parquet")
    with pytest.raises(InputError) as caught:
        pse.read_instance(folder)
    assert [(p.where, p.row, p.column) for p in caught.value.problems] == [
        ("needs", 2, "demand"),
        ("needs", 3, "demand"),
    ]


@pytest.mark.parametrize("content", [b"", b"PAR1 and then nothing"])
def test_a_broken_file_is_told_so(content, tmp_path):
    folder = convert(awkward(), tmp_path / "x.parquet")
    (folder / "needs.parquet").write_bytes(content)
    with pytest.raises(InputError) as caught:
        pse.read_instance(folder)
    problem = only(caught.value)
    assert problem.where == "needs"
    assert "not a Parquet file" in problem.message
