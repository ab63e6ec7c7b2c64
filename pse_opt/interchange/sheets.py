"""Sheets of a workbook: cells, formats, drop-down lists, widths; written by openpyxl."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pse_opt.errors import InputError, Problem

if TYPE_CHECKING:
    from openpyxl.cell import Cell
    from openpyxl.worksheet.datavalidation import DataValidation
    from openpyxl.worksheet.worksheet import Worksheet

__all__ = ["BY_VALUE", "TEXT", "Field", "Sheet", "decoded", "encoded", "shown_as", "workbook"]

ROWS = 1_048_576
"""Rows of a sheet."""
LETTERS = 32_767
"""Letters of a cell."""
SIGN = 7
"""Letters of the sign for a letter that XML cannot hold."""
PROMPT = 255
"""Letters of the note that shows when a cell is chosen."""
SAMPLE = 200
"""Rows that the width of a column is taken from."""
LEAST_WIDTH, MOST_WIDTH, MOST_LONG = 9, 38, 90
UNFIT = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
"""What a file of XML cannot hold, or would be taken for the sign of it."""
FIT = re.compile("_x([0-9A-Fa-f]{4})_")
TEXT = "@"
BY_VALUE = ""
"""Format of a column of unlike values: each is shown as it is best read."""


@dataclass(frozen=True)
class Field:
    """A column of a sheet.

    Attributes
    ----------
    header : str
        Its name.
    format : str
        Number format of its cells; ``@`` is text, blank as fits each value.
    required : bool
        Whether every cell must be filled in.
    note : str
        What shows when a cell is chosen.
    choices : tuple of str
        Words to choose from.
    source : tuple of str
        Sheet and column letter of the values to choose from.
    limits : tuple of float or None
        Least and greatest number.
    wide : bool
        Whether it may be very wide.
    """

    header: str
    format: str = "General"
    required: bool = False
    note: str = ""
    choices: tuple[str, ...] = ()
    source: tuple[str, str] | None = None
    limits: tuple[float | None, float | None] | None = None
    wide: bool = False


@dataclass(frozen=True)
class Sheet:
    """A sheet: its name, columns and rows of text, numbers and blanks."""

    name: str
    fields: Sequence[Field]
    rows: Sequence[Sequence[Any]] = field(repr=False)
    hidden: bool = False
    filtered: bool = True


def encoded(text: str) -> str:
    r"""Return text as a workbook keeps it: letters that XML cannot hold by their number.

    Examples
    --------
    >>> encoded("one\rtwo"), decoded(encoded("_x000D_"))
    ('one_x000D_two', '_x000D_')
    """
    return UNFIT.sub(lambda m: f"_x{ord(m[0]):04X}_", text)


def decoded(text: str) -> str:
    """Return text as it was before :func:`encoded`."""
    return FIT.sub(lambda m: chr(int(m[1], 16)), text) if "_x" in text else text


def workbook(sheets: Sequence[Sheet], title: str) -> bytes:
    """Return the content of a workbook.

    Raises
    ------
    InputError
        A table has more rows, or a cell more letters, than a workbook can hold.
    """
    from openpyxl import Workbook

    problems = [p for sheet in sheets for p in _too_large(sheet)]
    if problems:
        raise InputError(problems)
    book = Workbook(write_only=True)
    book.properties.title = title
    book.properties.creator = "pse_opt"
    for sheet in sheets:
        _write(book.create_sheet(sheet.name), sheet)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _too_large(sheet: Sheet) -> Iterable[Problem]:
    if len(sheet.rows) >= ROWS:
        message = f"{len(sheet.rows):,} rows; a sheet holds {ROWS - 1:,}"
        yield Problem(sheet.name, message, "write it as parquet or as a folder")
    for number, row in enumerate(sheet.rows, start=2):
        for at, value in enumerate(row):
            long = isinstance(value, str) and len(value) > LETTERS // SIGN
            if long and len(encoded(value)) > LETTERS:
                message = f"{len(value):,} letters; a cell of a workbook holds {LETTERS:,}"
                remedy = "shorten it, or write it as parquet or as a folder"
                yield Problem(sheet.name, message, remedy, number, sheet.fields[at].header)


def _write(target: Worksheet, sheet: Sheet) -> None:
    from openpyxl.utils import get_column_letter

    target.freeze_panes = "A2"
    last = get_column_letter(max(len(sheet.fields), 1))
    if sheet.hidden:
        target.sheet_state = "hidden"
    if sheet.filtered:
        target.auto_filter.ref = f"A1:{last}{len(sheet.rows) + 1}"
    for at, column in enumerate(sheet.fields, start=1):
        letter = get_column_letter(at)
        shape = target.column_dimensions[letter]
        shape.width = _width(column, [row[at - 1] for row in sheet.rows[:SAMPLE]])
        shape.number_format = column.format or "General"
        rule = _rule(column)
        if rule is not None:
            rule.add(f"{letter}2:{letter}{ROWS}")
            target.data_validations.append(rule)
    target.append([_heading(target, column) for column in sheet.fields])
    patterns = [_pattern(target, column) for column in sheet.fields]
    mixed = [column.format == BY_VALUE for column in sheet.fields]
    for row in sheet.rows:
        cells = zip(patterns, row, mixed, strict=True)
        target.append([_cell(target, p, v, by_value=m) for p, v, m in cells])


def _width(column: Field, values: Sequence[Any]) -> float:
    """Return a width in letters; those of East Asian scripts are twice as wide."""
    texts = [column.header + "   ", *(str(v) for v in values if v is not None)]
    longest = max(sum(2 if ord(c) > 0x2E80 else 1 for c in t.split("\n")[0]) for t in texts)
    return float(min(max(longest + 2, LEAST_WIDTH), MOST_LONG if column.wide else MOST_WIDTH))


def _heading(target: Worksheet, column: Field) -> Cell:
    """A cell of the header: dark where the column is required."""
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Alignment, Font, PatternFill

    cell = WriteOnlyCell(target, value="")
    cell.value, cell.data_type = encoded(column.header), "s"
    colours = ("FFFFFF", "1F4E79") if column.required else ("1F2933", "DCE6F1")
    cell.font = Font(bold=True, color=colours[0])
    cell.fill = PatternFill("solid", fgColor=colours[1])
    cell.alignment = Alignment(vertical="top")
    return cell


def _pattern(target: Worksheet, column: Field) -> Cell:
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Alignment

    cell = WriteOnlyCell(target)
    cell.number_format = column.format or "General"
    if column.wide:
        cell.alignment = Alignment(wrap_text=True, vertical="top", horizontal="left")
    return cell


def _cell(target: Worksheet, pattern: Cell, value: Any, *, by_value: bool) -> Cell | None:
    """A cell of that style; text stays text, even where it looks like a formula or an error."""
    from openpyxl.cell import WriteOnlyCell

    if value is None or value == "" or (isinstance(value, float) and math.isnan(value)):
        return None
    cell = WriteOnlyCell(target)
    cell._style = copy(pattern._style)  # type: ignore[attr-defined]
    if isinstance(value, str):
        cell.value, cell.data_type = encoded(value), "s"
    else:
        cell.value = value
        if by_value:
            cell.number_format = shown_as([value])
    return cell


def shown_as(numbers: Sequence[float]) -> str:
    """Return the format that shows results best: separators where large, four decimals where small.

    Never as a percentage, in which 0.9 would be typed as 90.

    Examples
    --------
    >>> shown_as([1, 20000]), shown_as([0.5, 20000.25]), shown_as([0.5, 2])
    ('#,##0', '#,##0.00', '0.0000')
    """
    if all(x == round(x) for x in numbers):
        return "#,##0"
    return "#,##0.00" if max(map(abs, numbers)) >= 1000 else "0.0000"


def _rule(column: Field) -> DataValidation | None:
    """What may be chosen or written in a column, with its note."""
    from openpyxl.worksheet.datavalidation import DataValidation

    options: dict[str, Any] = {}
    if column.choices:
        options = {"type": "list", "formula1": '"' + ",".join(column.choices) + '"'}
        options["error"] = "Choose one of: " + ", ".join(column.choices)
    elif column.source:
        sheet, letter = column.source
        whole = f"{sheet}!${letter}:${letter}"
        formula = f"OFFSET({sheet}!${letter}$2,0,0,MAX(COUNTA({whole})-1,1),1)"
        options = {"type": "list", "formula1": formula, "errorStyle": "warning"}
        options["error"] = f"The sheet {sheet} does not have it."
    elif column.limits is not None:
        low, high = column.limits
        kind = "between" if high is not None else "greaterThanOrEqual"
        options = {"type": "decimal", "operator": kind, "formula1": f"{low or 0:g}"}
        options |= {} if high is None else {"formula2": f"{high:g}"}
        options["error"] = "Write a number" + (
            f" from {low:g} to {high:g}." if high is not None else f" of at least {low:g}."
        )
    elif not column.note:
        return None
    return DataValidation(
        allow_blank=True,
        showInputMessage=bool(column.note),
        showErrorMessage=bool(options),
        promptTitle=column.header[:32] if column.note else None,
        prompt=column.note[:PROMPT] or None,
        **options,
    )
