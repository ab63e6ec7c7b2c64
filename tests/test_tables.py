"""The definitions of the tables are sound themselves."""

import pytest

from pse_opt.tables import KINDS, MODES, TABLES, Column

COLUMNS = [(t, c) for t in TABLES.values() for c in t.columns]
NAMES = [f"{t.name}.{c.name}" for t, c in COLUMNS]


@pytest.mark.parametrize(("table", "column"), COLUMNS, ids=NAMES)
def test_every_column_says_what_it_means(table, column):
    assert column.description
    assert column.name == column.name.strip().lower()
    if column.kind == "number":
        assert column.unit, "a number has a unit"
        assert not column.choices
    if column.kind == "choice":
        assert column.choices


@pytest.mark.parametrize(("table", "column"), COLUMNS, ids=NAMES)
def test_every_default_is_within_the_range_of_its_column(table, column):
    if column.default is None or column.kind != "number":
        return
    assert not column.required, "a cell that may not be blank has no default"
    assert column.minimum is None or column.default >= column.minimum
    assert column.maximum is None or column.default <= column.maximum


@pytest.mark.parametrize(("table", "column"), COLUMNS, ids=NAMES)
def test_every_reference_leads_to_a_column_that_exists(table, column):
    if column.references:
        target, _, name = column.references.partition(".")
        assert not name or name in TABLES[target].by_name


@pytest.mark.parametrize("table", TABLES.values(), ids=list(TABLES))
def test_every_table_has_a_key_of_its_own_columns_and_no_column_twice(table):
    names = [c.name for c in table.columns]
    assert len(names) == len(set(names))
    assert set(table.key) <= set(names)
    assert table.description.endswith(".")


def test_modes_and_kinds_are_those_of_the_vocabulary():
    assert KINDS == ("government", "ngo", "private")
    assert len(MODES) == len(set(MODES)) == 7


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (Column("x", "x"), "a number"),
        (Column("x", "x", minimum=0.0), "a number of at least 0"),
        (Column("x", "x", minimum=0.0, maximum=1.0), "a number from 0 to 1"),
        (Column("x", "x", "flag"), "yes, no or blank"),
        (Column("x", "x", "choice", choices=("a", "b")), "one of a, b"),
        (Column("x", "x", "identifier"), "text"),
    ],
)
def test_a_column_says_in_plain_words_what_it_expects(column, expected):
    assert column.expects == expected
