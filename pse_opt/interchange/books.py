"""What the sheets of a workbook hold: an instance, or a result."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

from pse_opt.cells import as_text
from pse_opt.dictionary import DOCUMENT, HEADER, described
from pse_opt.errors import InputError, Problem
from pse_opt.interchange.kept import Kept, typed
from pse_opt.interchange.sheets import BY_VALUE, TEXT, Field, Sheet, shown_as, workbook
from pse_opt.tables import TABLES, Column, Table

if TYPE_CHECKING:
    from pse_opt.instance import Instance

__all__ = ["ABOUT", "DICTIONARY", "DOCUMENTS", "GEOMETRY", "PIECES", "instance_book", "result_book"]

ABOUT, DICTIONARY, GEOMETRY = "instance", "dictionary", "geometry"
"""Sheets of an instance beside its tables."""
SUMMARY, DOCUMENTS = "summary", "documents"
"""Sheets of a result beside its tables."""
PIECES = 4_500
"""Letters of a long text that go into one cell: with signs for each of them they still fit."""


def instance_book(instance: Instance) -> bytes:
    """Return an instance as a workbook: what it is, one sheet a table, the data dictionary.

    Raises
    ------
    InputError
        It is larger than a workbook can be, or its shapes are not text.
    """
    sheets = [_about(instance)]
    sheets += [_table(t, instance.tables) for t in TABLES.values() if t.name in instance.tables]
    sheets.append(_dictionary())
    if instance.geometry is not None:
        try:
            text = instance.geometry.decode("utf-8")
        except UnicodeDecodeError:
            remedy = "save geometry.geojson as UTF-8"
            raise InputError([Problem("geometry.geojson", "not UTF-8", remedy)]) from None
        rows = [[text[k : k + PIECES]] for k in range(0, max(len(text), 1), PIECES)]
        sheets.append(Sheet(GEOMETRY, [Field("geojson", TEXT)], rows, hidden=True, filtered=False))
    return workbook(sheets, instance.about.title or instance.name)


def _about(instance: Instance) -> Sheet:
    """What the instance says of itself, a row for each key, source and assumption."""
    document = instance.about.to_document()
    keys = ("schema", "name", "title", "description", "currency", "year", "seed")
    units, sources = document.get("units", {}), document.get("sources", ())
    rows = [
        *([key, document.get(key), None, None, DOCUMENT[key]] for key in keys),
        *([f"units.{n}", unit, None, None, "what one of it is"] for n, unit in units.items()),
        *(
            ["source", s["title"], s.get("year"), s.get("licence"), "where figures come from"]
            for s in sources
        ),
        *(
            ["assumption", text, None, None, "what is assumed, one sentence a row"]
            for text in document.get("assumptions", ())
        ),
    ]
    fields = [
        Field("key", TEXT, required=True),
        Field("value", TEXT, required=True, wide=True),
        Field("year", note="Year of a source"),
        Field("licence", TEXT, note="Licence of a source"),
        Field("meaning", TEXT),
    ]
    return Sheet(ABOUT, fields, rows, filtered=False)


def _table(table: Table, tables: Mapping[str, pd.DataFrame]) -> Sheet:
    frame = tables[table.name]
    fields = []
    for name in map(str, frame.columns):
        column = table.by_name.get(name, Column(name, "attribute"))
        fields.append(_field(column, frame[name], table.name, tables))
    return Sheet(table.name, fields, _rows(frame))


def _rows(frame: pd.DataFrame) -> list[list[Any]]:
    """Cells by row: text, numbers (whole ones without a fraction), yes and no, None."""
    columns = [[_value(v) for v in frame.iloc[:, k].tolist()] for k in range(frame.shape[1])]
    return [list(row) for row in zip(*columns, strict=True)]


def _value(value: Any) -> Any:
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, float):
        if np.isnan(value):
            return None
        return int(value) if value.is_integer() and abs(value) < 1e15 else value
    return value


def _field(
    column: Column, values: pd.Series, table: str, tables: Mapping[str, pd.DataFrame]
) -> Field:
    unit = f" ({column.unit})" if column.unit else ""
    note = f"{column.description}{unit}; {column.expects}"
    if column.kind == "number":
        ranged = column.minimum is not None
        limits = (column.minimum, column.maximum) if ranged else None
        return Field(column.name, _format(column, values), column.required, note, limits=limits)
    choices = ("yes", "no") if column.kind == "flag" else column.choices
    source = _source(column, table, tables)
    return Field(column.name, TEXT, column.required, note, choices, source)


def _source(
    column: Column, table: str, tables: Mapping[str, pd.DataFrame]
) -> tuple[str, str] | None:
    """Return sheet and letter of the column whose values may stand in this one."""
    from openpyxl.utils import get_column_letter

    target, _, name = column.references.partition(".")
    if not target or target not in tables or target == table:
        return None
    header = name or TABLES[target].key[0]
    at = [str(c) for c in tables[target].columns].index(header)
    if not (tables[target][header] != "").all() or name:  # a list with blanks has no end
        return None
    return target, get_column_letter(at + 1)


def _format(column: Column, values: pd.Series) -> str:
    """Return how numbers of a column are shown: never as a percentage, in which 0.9 is 0.9 %."""
    numbers = values.to_numpy(dtype=np.float64)
    numbers = numbers[np.isfinite(numbers)]
    if column.unit == "degrees":
        return "0.0000"
    if not numbers.size or np.abs(numbers).max() < 1000:
        return "General"
    return "#,##0" if np.all(numbers == np.round(numbers)) else "#,##0.00"


def _dictionary() -> Sheet:
    """The data dictionary, a row for each column of each table."""
    rows = [
        [table.name, *(_plain(text) for text in described(column))]
        for table in TABLES.values()
        for column in table.columns
    ]
    fields = [Field("table", TEXT), *(Field(h, TEXT, wide=h == "meaning") for h in HEADER)]
    return Sheet(DICTIONARY, fields, rows)


def _plain(text: str) -> str:
    """Return Markdown without its marks.

    Examples
    --------
    >>> _plain("identifier, known to [`offers`](#offers)")
    'identifier, known to offers'
    """
    return re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", text).replace("`", "")


def result_book(kept: Kept) -> bytes:
    """Return a result as a workbook: its summary, and the tables of the plan."""
    sheets = [Sheet(SUMMARY, _SUMMARY, _summary(kept.said), filtered=False)]
    for name, frame in kept.tables.items():
        numbers = typed(frame)
        fields = [_result_field(str(c), numbers[c]) for c in numbers.columns]
        sheets.append(Sheet(name, fields, _rows(numbers)))
    pieces = [
        [name, text[k : k + PIECES]]
        for name, text in kept.documents.items()
        for k in range(0, max(len(text), 1), PIECES)
    ]
    fields = [Field("file", TEXT), Field("text", TEXT)]
    sheets.append(Sheet(DOCUMENTS, fields, pieces, hidden=True, filtered=False))
    return workbook(sheets, f"{kept.said.get('instance', '')} {kept.said.get('model', '')}".strip())


def _result_field(name: str, values: pd.Series) -> Field:
    if not is_numeric_dtype(values):
        return Field(name, TEXT)
    numbers = values.dropna().tolist()
    return Field(name, shown_as(numbers) if numbers else "General")


_SUMMARY = [Field("what", TEXT), Field("value", BY_VALUE, wide=True), Field("of", TEXT)]
_LINES = ("instance", "model", "status", "termination", "objective", "bound", "gap", "strategy")


def _summary(said: Mapping[str, Any]) -> list[list[Any]]:
    """The answer, its costs, what each service gets, and how it was found, for eyes."""
    rows: list[list[Any]] = [[key, _shown(said.get(key)), None] for key in _LINES]
    verified = {True: "yes", False: "no"}.get(said.get("verified"), "not checked")  # type: ignore[arg-type]
    rows.append(["verified by the independent checker", verified, None])
    rows += [
        [f"cost: {k.replace('_', ' ')}", _shown(v), "a year"] for k, v in _items(said, "costs")
    ]
    for service, levels in _items(said, "levels"):
        if isinstance(levels, Mapping):
            rows += [[k.replace("_", " "), _shown(v), str(service)] for k, v in levels.items()]
    for entry, services in _items(said, "inequality"):
        rows.append([f"inequality: {entry}", json.dumps(services, ensure_ascii=False), None])
    rows += [[f"seconds: {k}", _shown(v), None] for k, v in _items(said, "seconds")]
    rows += [["set", _shown(v), str(k)] for k, v in _items(said, "overrides")]
    rows += [["note", str(n), None] for n in _listed(said, "notes")]
    rows += [["violation", str(v), None] for v in _listed(said, "violations")]
    return rows


def _items(said: Mapping[str, Any], key: str) -> Sequence[tuple[str, Any]]:
    found = said.get(key)
    return list(found.items()) if isinstance(found, Mapping) else []


def _listed(said: Mapping[str, Any], key: str) -> Sequence[Any]:
    found = said.get(key)
    return found if isinstance(found, list) else []


def _shown(value: Any) -> Any:
    if value is None or isinstance(value, int | float | str):
        return _value(value) if not isinstance(value, str) else value
    return as_text(json.dumps(value, ensure_ascii=False))
