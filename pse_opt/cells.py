"""What the cells of a column mean: text, numbers, words; every failure is collected."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from pse_opt.errors import Findings, Problem, nearest, respelled
from pse_opt.tables import Column, Table

__all__ = ["as_text", "blank_cells", "blanks", "converted", "parsed"]

Floats = npt.NDArray[np.float64]

FLAGS = {
    **dict.fromkeys(("yes", "y", "true", "t", "1", "on"), True),
    **dict.fromkeys(("no", "n", "false", "f", "0", "off"), False),
}
MISSING = frozenset(
    {"na", "n/a", "nan", "null", "none", "nil", "-", "--", "–", "—", "?", "..", "..."}
)
"""Words by which other programs say that nothing is known; here a blank cell says it."""
ROUNDING = 1e-6
"""How far a number may be outside its range, as rounded shares are; it is then put on its end."""


def as_text(value: Any) -> str:
    """Return a cell as text; blank for anything missing, whole floats without ``.0``.

    Examples
    --------
    >>> as_text(1001.0), as_text(None), as_text(" 01001 ")
    ('1001', '', '01001')
    """
    if isinstance(value, str):
        return value.strip()
    if value is None or value is pd.NA or value is pd.NaT:
        return ""
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, float | np.floating):
        number: float = float(value)
        if math.isnan(number):
            return ""
        return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)
    return str(value).strip()


def blanks(cells: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Return which cells are blank."""
    return np.asarray(np.isnan(cells) if cells.dtype.kind == "f" else cells == "", dtype=bool)


def blank_cells(column: Column, length: int) -> Any:
    """Return what a column means that is not there: its default, or blank."""
    if column.kind == "number":
        return np.full(length, np.nan if column.default is None else column.default, dtype=float)
    if column.kind == "flag":
        return np.full(length, bool(column.default))
    return np.full(length, "", dtype=object)


def converted(table: Table, column: Column, cells: pd.Series, findings: Findings) -> Any:
    """Return the converted column; failures are reported and left blank."""
    blank = blanks(cells.to_numpy())
    if column.required:
        for row in cells.index[blank]:
            remedy = f"fill it in: {column.description}; {column.expects}"
            findings.problems.append(
                Problem(table.name, "the cell is blank", remedy, row=int(row), column=column.name)
            )
    if column.kind == "number":
        return _numbers(table, column, cells, findings)
    if column.kind == "choice":
        return _words(table, column, cells, {c: c for c in column.choices}, findings)
    if column.kind == "flag":
        found = _words(table, column, cells, FLAGS, findings)
        return np.where(found == "", bool(column.default), found).astype(bool)
    return cells.to_numpy(dtype=object)


def _words(
    table: Table, column: Column, cells: pd.Series, known: Mapping[str, Any], findings: Findings
) -> Any:
    """Return what the words mean, whatever their case."""
    for row, value in cells[(cells != "") & ~cells.str.casefold().isin(list(known))].items():
        guess = nearest(value, known) if column.kind == "choice" else f"write {column.expects}"
        message = f"not {column.expects}"
        findings.problems.append(
            Problem(table.name, message, guess, row=int(str(row)), column=column.name, value=value)
        )
    return np.array([known.get(v.casefold(), "") for v in cells], dtype=object)


def _numbers(table: Table, column: Column, cells: pd.Series, findings: Findings) -> Floats:
    given = cells.to_numpy()
    numbers = given if given.dtype.kind == "f" else parsed(given)
    low = -math.inf if column.minimum is None else column.minimum
    high = math.inf if column.maximum is None else column.maximum
    wrong = ~np.isfinite(numbers) | (numbers < low - ROUNDING) | (numbers > high + ROUNDING)
    wrong &= ~blanks(given)
    for at in np.flatnonzero(wrong):
        row, value = int(cells.index[int(at)]), as_text(given[at])
        message, remedy = _bad_number(column, value, float(numbers[at]))
        findings.problems.append(
            Problem(table.name, message, remedy, row=row, column=column.name, value=value)
        )
    default = np.nan if column.default is None else float(column.default)
    blank = wrong | blanks(given)
    return np.where(blank, default, np.clip(numbers, low, high))


def parsed(cells: npt.NDArray[np.object_]) -> Floats:
    """Return the numbers that cells hold, NaN where they hold none."""
    try:
        return np.where(cells == "", "nan", cells).astype(np.float64)
    except ValueError:
        return np.array([_parse(value) for value in cells], dtype=np.float64)


def _parse(value: str) -> float:
    try:
        return float(value)
    except ValueError:
        return math.nan


def _bad_number(column: Column, value: str, number: float) -> tuple[str, str]:
    """Return what is wrong with a number, and what to write instead."""
    expected = f"write {column.expects}"
    if column.minimum is not None and -math.inf < number < column.minimum:
        return "negative" if column.minimum == 0 else f"less than {column.minimum:g}", expected
    if column.maximum is not None and column.maximum < number < math.inf:
        percent = f": {number:g} percent is {number / 100:g}" if column.unit == "share" else ""
        return f"greater than {column.maximum:g}", expected + percent
    if value.casefold() in MISSING:
        instead = expected if column.required else "leave the cell blank where nothing is known"
        return "not a number", instead
    if math.isinf(number):
        return "not a finite number", expected
    return "not a number", respelled(value, share=column.unit == "share") or expected
