"""Workbooks opened for reading: what is no workbook is told so, and where formulas are."""

from __future__ import annotations

import re
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pse_opt.errors import InputError, Problem
from pse_opt.interchange.kinds import FORMATS, require

if TYPE_CHECKING:
    from openpyxl import Workbook

__all__ = ["opened"]

FORMULA = re.compile(rb"<f[ />]")
OLD = b"\xd0\xcf\x11\xe0"
"""How files of Excel before 2007, and those with a password, begin."""


@contextmanager
def opened(path: Path) -> Iterator[tuple[Workbook, dict[str, frozenset[str]]]]:
    """Open a workbook; with the places of formulas, where there are any."""
    require(FORMATS["excel"])
    from openpyxl import load_workbook

    try:
        with path.open("rb") as stream:
            begin = stream.read(len(OLD))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and lists that are not looked at
            book = load_workbook(path, read_only=True, data_only=True)
            formulas = _formulas(path)
    except OSError as error:
        message = f"the file cannot be read: {error.strerror}"
        raise InputError([Problem(path.name, message, f"check {path}")]) from None
    except Exception as error:
        if begin == OLD:
            message = "a workbook of Excel before 2007, or one with a password"
            remedy = "save it as .xlsx, without a password"
        else:
            message = f"not a workbook that can be read ({type(error).__name__})"
            remedy = "open it with a spreadsheet program and save it as .xlsx"
        raise InputError([Problem(path.name, message, remedy)]) from None
    try:
        yield book, formulas
    finally:
        book.close()


def _formulas(path: Path) -> dict[str, frozenset[str]]:
    """Return the places of formulas by sheet: they may have no value that could be read."""
    from openpyxl import load_workbook

    with zipfile.ZipFile(path) as archive:
        names = [n for n in archive.namelist() if n.startswith("xl/worksheets/")]
        if not any(FORMULA.search(archive.read(n)) for n in names if n.endswith(".xml")):
            return {}
    book = load_workbook(path, read_only=True)
    found: dict[str, frozenset[str]] = {}
    for sheet in book.worksheets:
        cells = (c for row in sheet.iter_rows() for c in row if c.data_type == "f")
        found[sheet.title] = frozenset(c.coordinate for c in cells)
    book.close()
    return found
