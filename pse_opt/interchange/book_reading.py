"""Workbooks read: cells as text, and what a spreadsheet program did to them on the way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from pse_opt.cells import as_text
from pse_opt.errors import Findings, InputError, Problem, closest
from pse_opt.interchange.book_opening import opened
from pse_opt.interchange.books import ABOUT, DICTIONARY, DOCUMENTS, GEOMETRY, SUMMARY
from pse_opt.interchange.kept import PLAN_TABLES, Kept
from pse_opt.interchange.reading import Content
from pse_opt.interchange.sheets import decoded
from pse_opt.interchange.values import Reader, kind_of
from pse_opt.tables import TABLES, Table

__all__ = ["read_book", "read_deliveries", "read_result_book", "sheet_names"]


def read_book(path: Path) -> Content:
    """Read an instance from a workbook.

    Raises
    ------
    InputError
        The file is no workbook that can be read. What is wrong with its cells is in the findings.
    """
    found = Content({"name": path.stem})
    with opened(path) as (book, formulas):
        sheets = {name.strip(): name for name in book.sheetnames}
        for name, title in sheets.items():
            sheet = _Sheet(book[title], name, formulas.get(title, frozenset()), found.findings)
            if name in TABLES:
                frame = sheet.frame(TABLES[name])
                if frame is not None:
                    found.tables[name] = frame
            elif name == ABOUT:
                found.document = _document(sheet, found.findings)
            elif name == GEOMETRY:
                found.geometry = "".join(r[0] for r in sheet.rows()[1:] if r).encode("utf-8")
            elif name != DICTIONARY:
                _unknown(name, sheets, found.findings)
    if not found.tables and not found.findings.problems:
        message = "no sheet of this workbook is a table of an instance"
        remedy = f"name the sheets after their tables: {', '.join(TABLES)}"
        found.findings.problems.append(Problem(path.name, message, remedy))
    found.document.setdefault("name", path.stem)
    return found


def read_result_book(path: Path) -> Kept:
    """Read a result from a workbook.

    Raises
    ------
    InputError
        The file cannot be read, or cells of its tables are not what they were.
    """
    findings = Findings()
    documents: dict[str, str] = {}
    tables: dict[str, pd.DataFrame] = {}
    with opened(path) as (book, formulas):
        for name in book.sheetnames:
            sheet = _Sheet(book[name], name, formulas.get(name, frozenset()), findings)
            if name == DOCUMENTS:
                for row in sheet.rows()[1:]:
                    if len(row) > 1:
                        documents[row[0]] = documents.get(row[0], "") + row[1]
            elif name in PLAN_TABLES:
                frame = sheet.frame(None)
                if frame is not None:
                    tables[name] = frame
    if findings.problems:
        raise InputError(findings.problems)
    return Kept(documents, {n: tables[n] for n in PLAN_TABLES if n in tables})


def read_deliveries(path: Path) -> pd.DataFrame:
    """Return the deliveries of a workbook made by hand: a sheet of that name, or the first sheet.

    Raises
    ------
    InputError
        The file cannot be read, or cells are not what was typed.
    """
    findings = Findings()
    with opened(path) as (book, formulas):
        name = next((n for n in book.sheetnames if n.strip() == "deliveries"), book.sheetnames[0])
        sheet = _Sheet(book[name], "deliveries", formulas.get(name, frozenset()), findings)
        frame = sheet.frame(TABLES["baseline"])
    if findings.problems:
        raise InputError(findings.problems)
    assert frame is not None  # an empty sheet is a problem
    return frame


def sheet_names(path: Path) -> list[str]:
    """Return the names of the sheets of a workbook.

    Raises
    ------
    InputError
        The file is no workbook that can be read.
    """
    with opened(path) as (book, _):
        return list(book.sheetnames)


class _Sheet:
    """A sheet being read."""

    def __init__(
        self, sheet: Any, where: str, formulas: frozenset[str], findings: Findings
    ) -> None:
        self.sheet, self.where, self.formulas, self.findings = sheet, where, formulas, findings
        sheet.reset_dimensions()  # what the file says of them may be wrong

    def rows(self) -> list[list[str]]:
        """Return the cells as text, exactly as they are, for sheets of our own."""
        return [
            [decoded(v) if isinstance(v, str) else as_text(v) for v in row]
            for row in self.sheet.iter_rows(values_only=True)
        ]

    def frame(self, table: Table | None) -> pd.DataFrame | None:
        """Return the cells as text, indexed by row, or None where there is no header (reported)."""
        rows = _trimmed(self.sheet.iter_rows(), self.formulas)
        if not rows or not rows[0]:
            message = "row 1 is blank" if rows else "the sheet is empty"
            remedy = "write the header in row 1"
            self.findings.problems.append(Problem(self.where, message, remedy, row=1))
            return None
        header = [self._heading(cell) for cell in rows[0]]
        width = max(map(len, rows))
        header += [""] * (width - len(header))
        readers = [
            Reader(self.where, name, kind_of(table, name) or _guess(table, name), self.findings)
            for name in header
        ]
        cells = [
            [self._text(reader, row[at], number) if at < len(row) else ""
             for at, reader in enumerate(readers)]
            for number, row in enumerate(rows[1:], start=2)
        ]  # fmt: skip
        for reader in readers:
            reader.close()
        index = pd.RangeIndex(2, 2 + len(cells), name="row")
        columns = pd.Index(header, dtype=object)
        return pd.DataFrame(cells, index=index, columns=columns, dtype=object)

    def _heading(self, cell: Any) -> str:
        return decoded(cell.value).strip() if isinstance(cell.value, str) else as_text(cell.value)

    def _text(self, reader: Reader, cell: Any, row: int) -> str:
        value = cell.value
        if value is None:
            if self.formulas and getattr(cell, "coordinate", "") in self.formulas:
                message = f"the formula in cell {cell.coordinate} has no value"
                remedy = "save the workbook once with a spreadsheet program, or write the value"
                self._refuse(reader, row, message, remedy)
            return ""
        if isinstance(value, str):
            if cell.data_type == "e":
                message = f"cell {cell.coordinate} shows the error {value}"
                self._refuse(reader, row, message, "correct its formula, or write the value")
                return value
            return decoded(value).strip()
        if isinstance(value, float | int) and not isinstance(value, bool):
            if reader.kind != "identifier":
                return as_text(value)
            shown = _padded(value, cell.number_format)
            return reader.text(value, row, f"cell {cell.coordinate}", shown)
        return reader.text(value, row, f"cell {cell.coordinate}")

    def _refuse(self, reader: Reader, row: int, message: str, remedy: str) -> None:
        self.findings.problems.append(Problem(self.where, message, remedy, row, reader.name))


def _guess(table: Table | None, name: str) -> str:
    """What a column of a result holds: identifiers are known by the name they have elsewhere."""
    if table is not None:
        return ""
    known = {c.name: c.kind for t in TABLES.values() for c in t.columns}
    return known.get(name, "identifier" if name in ("payer", "kind") else "")


def _trimmed(rows: Iterator[Any], formulas: frozenset[str]) -> list[Any]:
    """Return the rows without the cells at their ends, and rows at the end, that hold nothing."""

    def blank(cell: Any) -> bool:
        return cell.value in (None, "") and getattr(cell, "coordinate", "") not in formulas

    kept: list[Any] = []
    for row in rows:
        end = len(row)
        while end and blank(row[end - 1]):
            end -= 1
        kept.append(row[:end])
    while kept and not kept[-1]:
        kept.pop()
    return kept


def _padded(value: float, number_format: str | None) -> str:
    """Return a whole number as a format of zeros alone shows it, else blank.

    Examples
    --------
    >>> _padded(1001, "00000"), _padded(1001, "General")
    ('01001', '')
    """
    if number_format and set(number_format) == {"0"} and len(number_format) > 1:
        return f"{int(value):0{len(number_format)}d}" if float(value).is_integer() else ""
    return ""


def _document(sheet: _Sheet, findings: Findings) -> dict[str, Any]:
    """Return the content of ``instance.toml`` from the rows of its sheet."""
    grid = [[c.value for c in row] for row in sheet.sheet.iter_rows()]
    found: dict[str, Any] = {}
    for number, row in enumerate(grid[1:], start=2):
        cells = [*row, None, None, None, None][:4]
        key, value, year, licence = (decoded(c) if isinstance(c, str) else c for c in cells)
        word = as_text(key)
        if not word or value is None:
            continue
        if word.startswith("units."):
            found.setdefault("units", {})[word.removeprefix("units.")] = _word(value)
        elif word == "source":
            said = {"title": _word(value), "year": year, "licence": licence}
            kept = {k: v for k, v in said.items() if v is not None}
            found.setdefault("sources", []).append(kept)
        elif word == "assumption":
            found.setdefault("assumptions", []).append(_word(value))
        elif word in found:
            message, remedy = "the key stands there twice", "keep one of them"
            findings.problems.append(Problem(ABOUT, message, remedy, number, "key", word))
        else:
            plain = word in ("year", "seed", "schema")
            found[word] = value if plain else _word(value)
    found.pop("encoding", None)
    return found


def _word(value: Any) -> str:
    return value if isinstance(value, str) else as_text(value)


def _unknown(name: str, sheets: dict[str, str], findings: Findings) -> None:
    """A sheet that no table is named after: most likely misspelled where that table is missing."""
    if name == SUMMARY:
        return
    guess = closest(name, TABLES)
    if guess and guess not in sheets:
        remedy = f"rename it to {guess}, or remove it"
        findings.problems.append(Problem(name, "this sheet is not a table of an instance", remedy))
    else:
        remedy = f"the tables are {', '.join(TABLES)}"
        message = "this sheet is not a table of an instance; ignored"
        findings.warnings.append(Problem(name, message, remedy))
