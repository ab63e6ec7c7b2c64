"""The data package: other tools read and check an instance by it."""

import json

import pytest

import pse_opt as pse
from pse_opt.interchange.convert import convert
from pse_opt.interchange.datapackage import data_package
from pse_opt.tables import TABLES
from tests.interchange.worlds import awkward, same

SHIPPED = ["tiny-two-districts", "mw-districts", "zm-provinces", "cn-ningxia", "cn-provinces"]


def checked(folder):
    """What frictionless finds in a folder, and how many rows it read."""
    frictionless = pytest.importorskip("frictionless")
    report = frictionless.validate(str(folder / "datapackage.json"))
    errors = report.flatten(["title", "fieldName", "rowNumber", "message"])
    return errors, sum(t.stats.get("rows", 0) for t in report.tasks)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_instance_is_a_sound_package(name, tmp_path):
    instance = pse.load_instance(name)
    folder = convert(instance, tmp_path / "package", to="datapackage")
    errors, rows = checked(folder)
    assert errors == []
    assert rows == sum(map(len, instance.tables.values()))
    same(instance, pse.read_instance(folder / "datapackage.json"))


def test_awkward_names_and_shapes_are_a_sound_package(tmp_path):
    folder = convert(awkward("=1+1", "NA"), tmp_path / "datapackage.json")
    assert folder == tmp_path
    assert checked(folder)[0] == []


@pytest.mark.parametrize(
    ("table", "old", "new", "title"),
    [
        ("needs", "north,", "nowhere,", "ForeignKey Error"),
        ("needs", "1000", "-1000", "Constraint Error"),
        ("needs", "1000", "lots", "Type Error"),
        ("providers", "government", "charity", "Constraint Error"),
        ("regions", "south,", "north,", "PrimaryKey Error"),
        ("regions", "south,", ",", "Constraint Error"),
    ],
)
def test_what_is_wrong_is_found_by_the_rules_of_the_package(table, old, new, title, tmp_path):
    folder = convert("tiny-two-districts", tmp_path / "package", to="datapackage")
    path = folder / f"{table}.csv"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    assert title in [e[0] for e in checked(folder)[0]]


def test_the_package_says_types_words_limits_units_keys_and_sources():
    instance = pse.load_instance("mw-districts")
    package = data_package(instance)
    assert package["name"] == "mw-districts"
    assert [r["name"] for r in package["resources"]] == [t for t in TABLES if t in instance.tables]
    assert len(package["sources"]) == len(instance.about.sources)
    assert all(set(x) == {"name", "title"} for x in package["licenses"])
    schemas = {r["name"]: r["schema"] for r in package["resources"]}
    fields = {n: {f["name"]: f for f in s["fields"]} for n, s in schemas.items()}
    assert fields["offers"]["mode"]["constraints"]["enum"][0] == "direct"
    assert fields["offers"]["quality"]["constraints"] == {"minimum": 0.0, "maximum": 1.0}
    assert fields["regions"]["population"]["unit"] == "people"
    assert fields["services"]["core"]["type"] == "boolean"
    assert schemas["needs"]["primaryKey"] == ["region", "service"]
    assert {"fields": "parent", "reference": {"resource": "", "fields": "jurisdiction"}} in schemas[
        "jurisdictions"
    ]["foreignKeys"]
    json.dumps(package, allow_nan=False)


def test_a_column_with_a_reserved_word_has_no_foreign_key():
    from tests.conftest import small_tables

    tables = small_tables(
        services={"last_resort_cost": [30]},
        baseline={
            "offer": ["last_resort"],
            "region": ["north"],
            "service": ["health"],
            "share": [1],
        },
    )
    package = data_package(pse.Instance.from_tables(tables, {"name": "x"}))
    schema = next(r["schema"] for r in package["resources"] if r["name"] == "baseline")
    assert [k["fields"] for k in schema["foreignKeys"]] == ["region", "service", "group"]
