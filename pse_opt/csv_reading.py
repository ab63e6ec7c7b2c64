"""CSV files as text: what is wrong with the file itself is said with its row."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pandas as pd

from pse_opt.errors import InputError, Problem

__all__ = ["read_csv"]


def read_csv(path: Path, *, encoding: str = "utf-8") -> pd.DataFrame:
    """Read a CSV file as text, blank lines kept so that row numbers stay those of the file.

    Raises
    ------
    InputError
        Missing file, wrong encoding, or lines longer than the header.
    """
    name = path.stem
    codec = "utf-8-sig" if encoding.lower().replace("-", "") == "utf8" else encoding
    try:
        text = path.read_bytes().decode(codec)
    except LookupError:
        remedy = "use a name such as utf-8 or gb18030"
        raise InputError([Problem(name, "unknown encoding", remedy, value=encoding)]) from None
    except UnicodeDecodeError as error:
        remedy = 'save it as UTF-8, or declare encoding = "gb18030" (or other) in instance.toml'
        message = f"the file is not {encoding}: byte {error.start + 1} cannot be read"
        raise InputError([Problem(name, message, remedy)]) from None
    except OSError as error:
        message = f"the file cannot be read: {error.strerror}"
        raise InputError([Problem(name, message, f"check {path}")]) from None
    header, *lines = _records(name, text.removeprefix("\ufeff"))
    problems = [
        Problem(
            name,
            f"{len(line)} cells where the header has {len(header)}",
            "put quotes around a cell that contains a comma",
            row=number,
            value=",".join(line),
        )
        for number, line in enumerate(lines, start=2)
        if len(line) > len(header)
    ]
    if problems:
        raise InputError(problems)
    rows = [line + [""] * (len(header) - len(line)) for line in lines]
    return pd.DataFrame(rows, columns=pd.Index(header, dtype=object), dtype=object)


def _records(name: str, text: str) -> list[list[str]]:
    """Return header and records of a CSV text, cells without content at their ends removed."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    records: list[list[str]] = []
    try:
        for record in reader:
            while record and not record[-1].strip():
                record.pop()
            records.append(record)
    except csv.Error as error:
        message = f"the quotes of this row are not closed, or stand inside a cell ({error})"
        remedy = "close them; write a quote inside a quoted cell twice"
        raise InputError([Problem(name, message, remedy, row=len(records) + 1)]) from None
    if not any(records):
        raise InputError([Problem(name, "the file is empty", "write a header row")])
    if not records[0]:
        raise InputError([Problem(name, "row 1 is blank", "write the header in row 1", row=1)])
    if len(records[0]) == 1 and (mark := next((m for m in ";\t|" if m in records[0][0]), "")):
        shown = "tabs" if mark == "\t" else repr(mark)
        message = f"the cells are separated by {shown}, not by commas"
        value = records[0][0]
        remedy = "save the file as CSV with commas"
        raise InputError([Problem(name, message, remedy, row=1, value=value)])
    return records
