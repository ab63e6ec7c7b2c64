"""Values of other programs as the text of cells: what was changed on the way is said."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from pse_opt.cells import as_text
from pse_opt.errors import Findings, Problem
from pse_opt.tables import Column, Table

__all__ = ["Reader", "text_frame"]

DATES = (datetime.datetime, datetime.date, datetime.time, datetime.timedelta, np.datetime64)
EXACT = 1e15
"""Whole numbers from here on have lost digits, as identifiers."""
AS_TEXT = "format the column as text, and write it again"


@dataclass
class Reader:
    """Turns the values of one column into text.

    Attributes
    ----------
    where : str
        The table.
    name : str
        The header of the column.
    kind : str
        As in :class:`pse_opt.tables.Column`; blank for a column that is not known.
    findings : Findings
        Receives what is wrong or doubtful.
    """

    where: str
    name: str
    kind: str
    findings: Findings
    numbers: list[tuple[int, str, str]] = field(default_factory=list)

    def text(self, value: Any, row: int, cell: str, shown: str = "") -> str:
        """Return the text of a value.

        Parameters
        ----------
        value : Any
            What the other program keeps.
        row : int
            Row as a spreadsheet counts.
        cell : str
            How messages call its place.
        shown : str
            How the other program shows a number, where that is known.
        """
        if isinstance(value, str):
            return value.strip()
        if value is None or value is pd.NaT:
            return ""
        if isinstance(value, DATES):
            return self._date(value, row, cell)
        if isinstance(value, bool | np.bool_):
            return self._truth(bool(value), row, cell)
        if self.kind == "identifier":
            return self._identifier(value, row, cell, shown)
        return as_text(value)

    def close(self) -> None:
        """Say once how many identifiers were numbers."""
        if not self.numbers:
            return
        row, cell, text = self.numbers[0]
        count = len(self.numbers)
        many = "an identifier is a number" if count == 1 else f"{count} identifiers are numbers"
        first = cell if count == 1 else f"first: {cell}"
        message = f"{many} ({first}); zeros in front, if there were any, are lost"
        self._warn(message, "format the column as text", row, text)

    def _identifier(self, value: Any, row: int, cell: str, shown: str) -> str:
        text = shown or as_text(value)
        if not shown and text:
            self.numbers.append((row, cell, text))
        if text and abs(float(value)) >= EXACT:
            message = f"{cell} is a number of more digits than a number keeps"
            self._refuse(message, AS_TEXT, row, text)
        return text

    def _date(self, value: Any, row: int, cell: str) -> str:
        text = str(value)
        message = f"{cell} is a date or time; what was typed cannot be told"
        if self.kind in ("text", ""):
            self._warn(f"{cell} is a date or time, kept as it is shown here", AS_TEXT, row, text)
        elif self.kind == "number":
            self._refuse(message, "format the column as number, and write it again", row, text)
        else:
            self._refuse(message, AS_TEXT, row, text)
        return text

    def _truth(self, value: bool, row: int, cell: str) -> str:
        text = "TRUE" if value else "FALSE"
        if self.kind in ("flag", ""):
            return "yes" if value else "no"
        if self.kind == "text":
            self._warn(f"{cell} is a truth value, kept as a word", AS_TEXT, row, text)
            return text
        remedy = "write a number" if self.kind == "number" else AS_TEXT
        self._refuse(f"{cell} is a truth value; what was typed cannot be told", remedy, row, text)
        return text

    def _warn(self, message: str, remedy: str, row: int, text: str) -> None:
        self.findings.warnings.append(Problem(self.where, message, remedy, row, self.name, text))

    def _refuse(self, message: str, remedy: str, row: int, text: str) -> None:
        self.findings.problems.append(Problem(self.where, message, remedy, row, self.name, text))


def kind_of(table: Table | None, header: str) -> str:
    """Return what the cells of a column hold, blank where that is not known."""
    column: Column | None = None if table is None else table.by_name.get(header)
    return "" if column is None else column.kind


def text_frame(table: Table, frame: pd.DataFrame, findings: Findings, noun: str) -> pd.DataFrame:
    """Return a frame of any types as text, indexed by row as a spreadsheet counts.

    Parameters
    ----------
    table : Table
        Its definition, which says what the columns hold.
    frame : DataFrame
        As another program wrote it.
    findings : Findings
        Receives what is wrong or doubtful.
    noun : str
        What a row is called: ``record``, ``feature``.
    """
    rows = range(2, 2 + len(frame))
    cells: list[list[str]] = []
    for at, header in enumerate(map(as_text, frame.columns)):
        reader = Reader(table.name, header, kind_of(table, header), findings)
        values: Sequence[Any] = frame.iloc[:, at].astype(object).tolist()
        cells.append(
            [
                reader.text(_plain(v), k, f"{noun} {k - 1}")
                for k, v in zip(rows, values, strict=True)
            ]
        )
        reader.close()
    index = pd.RangeIndex(2, 2 + len(frame), name="row")
    names = pd.Index([as_text(c) for c in frame.columns], dtype=object)
    if not cells:
        return pd.DataFrame(index=index)
    columns = [pd.Series(c, index=index, dtype=object) for c in cells]
    text: pd.DataFrame = pd.concat(columns, axis=1)
    return text.set_axis(names, axis=1)


def _plain(value: Any) -> Any:
    """Return None for what is missing, and plain numbers."""
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, float | np.floating) and np.isnan(value):
        return None
    return value
