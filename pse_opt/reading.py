"""A table as given made the one its definition says; every failure is collected."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from pse_opt.cells import as_text, blank_cells, blanks, converted, parsed
from pse_opt.errors import Findings, Problem, closest, nearest
from pse_opt.tables import TABLES, Column, Table

__all__ = ["convert_table", "missing_tables"]


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
            data[column.name] = blank_cells(column, len(text))
        else:
            data[column.name] = converted(table, column, text[column.name], findings)
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
        blank &= blanks(values)
    series = {n: pd.Series(v, index=rows, dtype=v.dtype) for n, v in cells.items()}
    text = pd.DataFrame(series, index=rows)
    return text[~blank] if blank.any() else text


def _cells(column: pd.Series, *, number: bool) -> npt.NDArray[Any]:
    """Return the cells of a column as text; numbers where they should be and are numbers."""
    kind = column.dtype
    if number and isinstance(kind, np.dtype) and kind.kind in "iuf":
        return column.to_numpy(dtype=np.float64)
    return np.array([as_text(v) for v in column.to_numpy(dtype=object)], dtype=object)


def _missing_column(table: Table, column: Column, unknown: list[str]) -> Problem:
    guess = nearest(column.name, unknown) if unknown else ""
    rename = f" (or rename one of your columns; {guess})" if "did you mean" in guess else ""
    return Problem(
        table.name,
        "the column is missing",
        f"add the column {column.name}: {column.description}, {column.expects}{rename}",
        column=column.name,
    )


def _attribute(table: Table, name: str, cells: pd.Series, findings: Findings) -> Any:
    """Keep an unknown numeric column as an attribute; warn about any other."""
    numbers = parsed(cells.to_numpy(dtype=object))
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
