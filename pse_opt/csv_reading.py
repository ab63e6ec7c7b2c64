"""CSV files, a piece at a time: what is wrong with the file itself is said with its row."""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterable, Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from pse_opt.errors import InputError, Problem

__all__ = ["read_csv"]

AT_ONCE = 4096
"""Rows that are held as lists of cells."""
WORDS = 262_144
"""Words of a column that are looked up, so that each is kept once."""


def read_csv(path: Path, *, encoding: str = "utf-8", numbers: Collection[str] = ()) -> pd.DataFrame:
    """Read a CSV file, blank lines kept so that row numbers stay those of the file.

    Parameters
    ----------
    path : Path
        The file.
    encoding : str
        How its text is written.
    numbers : collection of str
        Columns whose cells should be numbers: they are read as such, NaN where a cell is blank,
        and as text where one is something else. All other columns are text.

    Raises
    ------
    InputError
        Missing file, wrong encoding, or lines longer than the header.
    """
    name = path.stem
    codec = "utf-8-sig" if encoding.lower().replace("-", "") == "utf8" else encoding
    try:
        with path.open(encoding=codec, newline="") as stream:
            return _table(name, _lines(stream), frozenset(numbers))
    except LookupError:
        remedy = "use a name such as utf-8 or gb18030"
        raise InputError([Problem(name, "unknown encoding", remedy, value=encoding)]) from None
    except UnicodeDecodeError:
        remedy = 'save it as UTF-8, or declare encoding = "gb18030" (or other) in instance.toml'
        message = f"the file is not {encoding}: byte {_wrong_byte(path, codec)} cannot be read"
        raise InputError([Problem(name, message, remedy)]) from None
    except OSError as error:
        message = f"the file cannot be read: {error.strerror}"
        raise InputError([Problem(name, message, f"check {path}")]) from None


def _lines(stream: Iterable[str]) -> Iterator[str]:
    """Yield the lines, the first without the mark that some programs write before it."""
    lines = iter(stream)
    yield next(lines, "").removeprefix("\ufeff")
    yield from lines


def _wrong_byte(path: Path, codec: str) -> int:
    """Return the number of the first byte of a file that cannot be read."""
    try:
        path.read_bytes().decode(codec)
    except UnicodeDecodeError as error:
        return error.start + 1
    return 0


def _table(name: str, lines: Iterator[str], numbers: frozenset[str]) -> pd.DataFrame:
    """Return the table that lines of CSV hold."""
    header: list[str] | None = None
    columns: list[_Column] = []
    piece: list[list[str]] = []
    problems: list[Problem] = []
    row, something = 0, False
    try:
        for record in csv.reader(lines, strict=True):
            row += 1
            while record and not record[-1].strip():
                record.pop()
            something = something or bool(record)
            if header is None:
                header = record
                columns = [_Column(number=cell.strip() in numbers) for cell in header]
            elif len(record) > len(header):
                if header:
                    problems.append(_too_long(name, row, record, header))
            else:
                piece.append(record)
            if len(piece) == AT_ONCE:
                _add(columns, piece)
    except csv.Error as error:
        message = f"the quotes of this row are not closed, or stand inside a cell ({error})"
        remedy = "close them; write a quote inside a quoted cell twice"
        raise InputError([Problem(name, message, remedy, row=row + 1)]) from None
    header = _checked(name, header or [], something=something)
    if problems:
        raise InputError(problems)
    _add(columns, piece)
    series = {k: column.series() for k, column in enumerate(columns)}
    return pd.DataFrame(series, copy=False).set_axis(pd.Index(header, dtype=object), axis=1)


def _add(columns: list[_Column], piece: list[list[str]]) -> None:
    """Add rows to the columns and forget them; cells that are not there are blank."""
    blank = [""] * len(columns)
    for column, cells in zip(columns, zip_longest(blank, *piece, fillvalue=""), strict=True):
        column.add(cells[1:])
    piece.clear()


def _too_long(name: str, row: int, record: list[str], header: list[str]) -> Problem:
    return Problem(
        name,
        f"{len(record)} cells where the header has {len(header)}",
        "put quotes around a cell that contains a comma",
        row=row,
        value=",".join(record),
    )


def _checked(name: str, header: list[str], *, something: bool) -> list[str]:
    """Return the header, or raise where it is none."""
    if not something:
        raise InputError([Problem(name, "the file is empty", "write a header row")])
    if not header:
        raise InputError([Problem(name, "row 1 is blank", "write the header in row 1", row=1)])
    if len(header) == 1 and (mark := next((m for m in ";\t|" if m in header[0]), "")):
        shown = "tabs" if mark == "\t" else repr(mark)
        message = f"the cells are separated by {shown}, not by commas"
        remedy = "save the file as CSV with commas"
        raise InputError([Problem(name, message, remedy, row=1, value=header[0])])
    return header


class _Column:
    """Cells of a column: numbers as such where they should be, of the same words one each."""

    def __init__(self, *, number: bool) -> None:
        self.number = number
        self.parts: list[npt.NDArray[Any]] = []
        self.words: dict[str, str] = {}

    def add(self, cells: tuple[str, ...]) -> None:
        """Add the cells of some rows."""
        found = self._numbers(cells) if self.number else None
        if found is None:
            look = self.words.setdefault if len(self.words) < WORDS else self.words.get
            found = np.array([look(cell, cell) for cell in cells], dtype=object)
        self.parts.append(found)

    @staticmethod
    def _numbers(cells: tuple[str, ...]) -> npt.NDArray[np.float64] | None:
        """Return cells as finite numbers, NaN where blank; None where one is something else."""
        text = np.array(cells, dtype=object)
        blank = text == ""
        text[blank] = "nan"
        try:
            found = text.astype(np.float64)
        except ValueError:
            return None
        return found if bool((np.isfinite(found) | blank).all()) else None

    def series(self) -> pd.Series:
        """Return all cells; where some are numbers and some are not, as objects."""
        kinds = {part.dtype for part in self.parts}
        kind = kinds.pop() if len(kinds) == 1 else np.dtype(object)
        found = np.concatenate([part.astype(kind, copy=False) for part in self.parts])
        self.parts.clear()
        return pd.Series(found, dtype=kind, copy=False)
