"""A result as it is kept: documents and tables, in a folder or in a workbook."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from pse_opt.cells import as_text
from pse_opt.csv_reading import read_csv
from pse_opt.errors import InputError, Problem
from pse_opt.interchange.tables_in import table_paths
from pse_opt.tables import TABLES

if TYPE_CHECKING:
    from pse_opt.solving.result import Result

__all__ = ["DOCUMENTS", "PLAN_TABLES", "Kept", "is_workbook", "kept_of", "read_kept", "typed"]

DOCUMENTS = ("result.json", "model.toml")
PLAN_TABLES = ("plan", "deliveries", "levels", "payments")
WORDS = {
    *(c.name for t in TABLES.values() for c in t.columns if c.kind != "number"),
    *("payer", "item"),
}
"""Columns of text, whatever their cells look like."""


@dataclass(frozen=True, eq=False)
class Kept:
    """What a result folder holds.

    Attributes
    ----------
    documents : mapping of str to str
        Texts of ``result.json`` and ``model.toml``, as far as they are there.
    tables : mapping of str to DataFrame
        plan, deliveries, levels, payments, as far as they are there; cells are text or numbers.
    """

    documents: Mapping[str, str]
    tables: Mapping[str, pd.DataFrame] = field(repr=False)

    @property
    def said(self) -> dict[str, Any]:
        """The content of ``result.json``; nothing where it cannot be read."""
        try:
            found = json.loads(self.documents.get("result.json", ""))
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


def is_workbook(path: Path) -> bool:
    """Whether a path is that of a workbook."""
    return path.suffix.lower() in (".xlsx", ".xlsm") and path.is_file()


def kept_of(result: Result) -> Kept:
    """Return a result as it is kept.

    Raises
    ------
    ValueError
        The result has no plan.
    """
    from pse_opt.results import result_documents, result_tables

    return Kept(result_documents(result), result_tables(result))


def read_kept(path: Path) -> Kept:
    """Read what a result folder, or a workbook of a result, holds.

    Raises
    ------
    InputError
        A table cannot be read.
    """
    if is_workbook(path):
        stat = path.stat()
        return _workbook(path.resolve(), stat.st_mtime_ns, stat.st_size)
    return _folder(path)


@lru_cache(maxsize=2)
def _workbook(path: Path, changed: int, size: int) -> Kept:  # noqa: ARG001 - they name its state
    from pse_opt.interchange.book_reading import read_result_book

    return read_result_book(path)


def _folder(folder: Path) -> Kept:
    documents = {n: (folder / n).read_text("utf-8") for n in DOCUMENTS if (folder / n).is_file()}
    problems: list[Problem] = []
    found: dict[str, pd.DataFrame] = {}
    paths = table_paths(folder, PLAN_TABLES, problems)
    for name in PLAN_TABLES:
        if name in paths:
            try:
                found[name] = _table(paths[name])
            except InputError as error:
                problems += error.problems
    if problems:
        raise InputError(problems)
    return Kept(documents, found)


def _table(path: Path) -> pd.DataFrame:
    if path.suffix.lower() != ".parquet":
        return read_csv(path)
    from pse_opt.interchange.parquet import read_frame

    return read_frame(path)


def typed(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table of a result with numbers where its columns hold numbers, else text."""
    columns: dict[str, Any] = {}
    for name in map(str, frame.columns):
        text = [as_text(v) for v in frame[name]]
        numbers = None if name in WORDS else _numbers(text)
        columns[name] = np.array(text, dtype=object) if numbers is None else numbers
    return pd.DataFrame(columns)


def _numbers(cells: list[str]) -> np.ndarray | None:
    try:
        return np.array([float(c) if c else np.nan for c in cells], dtype=np.float64)
    except ValueError:
        return None
