"""From text to checked columns: every cell is converted, every failure is collected."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from pse_opt.errors import Problem, closest, nearest, respelled
from pse_opt.tables import TABLES, Column, Table

__all__ = ["Findings", "as_text", "convert_table", "missing_tables"]

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

Floats = npt.NDArray[np.float64]


@dataclass
class Findings:
    """Problems (which stop the reading) and warnings (which do not), in the order found."""

    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)


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


def missing_tables(names: Iterable[str], findings: Findings) -> None:
    """Report required tables that are not there and tables nobody knows."""
    given = set(names)
    reported = {p.where for p in findings.problems}
    for table in TABLES.values():
        if table.required and table.name not in given | reported:
            findings.problems.append(
                Problem(table.name, "the table is missing", f"add it: {table.description}")
            )
    for name in sorted(given - set(TABLES)):
        findings.problems.append(Problem(name, "no such table", nearest(name, TABLES)))


def convert_table(table: Table, raw: pd.DataFrame, findings: Findings) -> pd.DataFrame:
    """Convert a table cell by cell.

    Parameters
    ----------
    table : Table
        Its definition.
    raw : DataFrame
        Cells of any type; blank rows are skipped.
    findings : Findings
        Receives every problem.

    Returns
    -------
    DataFrame
        One column for each of the definition's, in its order, and numeric attributes after them;
        the index is the row number as a spreadsheet counts. Text is blank where nothing was given,
        numbers are NaN. Cells in error are blank.
    """
    text = _as_text_table(table, raw, findings)
    unknown = [c for c in text.columns if c not in table.by_name]
    data: dict[str, Any] = {}
    for column in table.columns:
        if column.name not in text.columns:
            if column.required:
                findings.problems.append(_missing_column(table, column, unknown))
            data[column.name] = _blank(column, len(text))
        else:
            data[column.name] = _convert(table, column, text[column.name], findings)
    for name in unknown:
        attribute = _attribute(table, name, text[name], findings)
        if attribute is not None:
            data[name] = attribute
    frame = pd.DataFrame(data, index=text.index)
    _duplicates(table, frame, findings)
    _magnitudes(table, frame, findings)
    return frame


def _as_text_table(table: Table, raw: pd.DataFrame, findings: Findings) -> pd.DataFrame:
    """Return the cells as text or numbers, without blank rows, indexed by spreadsheet row."""
    headers = [as_text(c).removeprefix("\ufeff") for c in raw.columns]
    cells: dict[str, npt.NDArray[Any]] = {}
    for at, name in enumerate(headers):
        column = table.by_name.get(name)
        values = _cells(raw.iloc[:, at], number=column is not None and column.kind == "number")
        if not name and any(values):
            findings.warnings.append(
                Problem(
                    table.name,
                    f"column {at + 1} has no name; ignored",
                    "write its name in the header, or remove it",
                    row=1,
                )
            )
        elif name in cells:
            findings.problems.append(
                Problem(
                    table.name,
                    "the column appears twice",
                    "keep one of them",
                    row=1,
                    column=name,
                    value=name,
                )
            )
        elif name:
            cells[name] = values
    rows = raw.index if raw.index.name == "row" else pd.RangeIndex(2, 2 + len(raw), name="row")
    blank = np.ones(len(rows), dtype=bool)
    for values in cells.values():
        blank &= _blanks(values)
    series = {n: pd.Series(v, index=rows, dtype=v.dtype) for n, v in cells.items()}
    text = pd.DataFrame(series, index=rows)
    return text[~blank] if blank.any() else text


def _cells(column: pd.Series, *, number: bool) -> npt.NDArray[Any]:
    """Return the cells of a column as text; numbers where they should be and are numbers."""
    kind = column.dtype
    if number and isinstance(kind, np.dtype) and kind.kind in "iuf":
        return column.to_numpy(dtype=np.float64)
    return np.array([as_text(v) for v in column.to_numpy(dtype=object)], dtype=object)


def _blanks(cells: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Return which cells are blank."""
    return np.asarray(np.isnan(cells) if cells.dtype.kind == "f" else cells == "", dtype=bool)


def _missing_column(table: Table, column: Column, unknown: list[str]) -> Problem:
    guess = nearest(column.name, unknown) if unknown else ""
    rename = f" (or rename one of your columns; {guess})" if "did you mean" in guess else ""
    return Problem(
        table.name,
        "the column is missing",
        f"add the column {column.name}: {column.description}, {column.expects}{rename}",
        column=column.name,
    )


def _blank(column: Column, length: int) -> Any:
    if column.kind == "number":
        return np.full(length, np.nan if column.default is None else column.default, dtype=float)
    if column.kind == "flag":
        return np.full(length, bool(column.default))
    return np.full(length, "", dtype=object)


def _convert(table: Table, column: Column, cells: pd.Series, findings: Findings) -> Any:
    """Return the converted column; failures are reported and left blank."""
    blank = _blanks(cells.to_numpy())
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
    numbers = given if given.dtype.kind == "f" else _parsed(given)
    low = -math.inf if column.minimum is None else column.minimum
    high = math.inf if column.maximum is None else column.maximum
    wrong = ~np.isfinite(numbers) | (numbers < low - ROUNDING) | (numbers > high + ROUNDING)
    wrong &= ~_blanks(given)
    for at in np.flatnonzero(wrong):
        row, value = int(cells.index[int(at)]), as_text(given[at])
        message, remedy = _bad_number(column, value, float(numbers[at]))
        findings.problems.append(
            Problem(table.name, message, remedy, row=row, column=column.name, value=value)
        )
    default = np.nan if column.default is None else float(column.default)
    blank = wrong | _blanks(given)
    return np.where(blank, default, np.clip(numbers, low, high))


def _parsed(cells: npt.NDArray[np.object_]) -> Floats:
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


def _attribute(table: Table, name: str, cells: pd.Series, findings: Findings) -> Any:
    """Keep an unknown numeric column as an attribute; warn about any other."""
    numbers = _parsed(cells.to_numpy(dtype=object))
    finite = np.isfinite(numbers)
    guess = closest(name, table.by_name)
    if table.attributes and bool((finite | (cells == "")).all()) and bool(finite.any()):
        if guess:
            remedy = f"did you mean {guess!r}? If not, all is well"
            findings.warnings.append(
                Problem(table.name, "unknown column, kept as an attribute", remedy, column=name)
            )
        return numbers
    remedy = nearest(name, table.by_name, listing=30)
    findings.warnings.append(Problem(table.name, "unknown column, ignored", remedy, column=name))
    return None


def _duplicates(table: Table, frame: pd.DataFrame, findings: Findings) -> None:
    key = list(table.key)
    again = frame.duplicated(key, keep="first") & (frame[key[0]] != "")
    if not again.any():
        return
    rows = pd.Series(frame.index, index=frame.index)
    first = rows.groupby([frame[k] for k in key], sort=False).transform("min")
    entries = frame.loc[again, key].itertuples(index=False)
    for row, earlier, entry in zip(rows[again], first[again], entries, strict=True):
        findings.problems.append(
            Problem(
                table.name,
                f"the same entry stands in row {earlier}",
                "remove one of them, or give it another identifier",
                row=int(row),
                column=" + ".join(key),
                value=" / ".join(str(v) for v in entry if v != ""),
            )
        )


def _magnitudes(table: Table, frame: pd.DataFrame, findings: Findings) -> None:
    """Warn of numbers that are so large, or so far apart, that units were probably mixed."""
    for column in table.columns:
        if column.kind != "number" or column.name in ("longitude", "latitude"):
            continue
        sizes = np.abs(frame[column.name].to_numpy(dtype=float))
        sizes = sizes[np.isfinite(sizes) & (sizes > 0)]
        if not sizes.size:
            continue
        low, high = float(sizes.min()), float(sizes.max())
        message = ""
        if high > 1e15:
            message = f"a value of {high:g} is too large to be computed with accurately"
        elif high / low > 1e9:
            message = f"values span from {low:g} to {high:g}, more than nine orders of magnitude"
        if message:
            remedy = "check the units; the solver loses accuracy on such numbers"
            findings.warnings.append(Problem(table.name, message, remedy, column=column.name))
