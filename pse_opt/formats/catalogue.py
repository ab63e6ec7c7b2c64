"""Published problems by name: their file, how it is read, and what is known of their optimum."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pse_opt import resources
from pse_opt.csv_reading import read_csv
from pse_opt.errors import Findings, InputError, Problem, nearest
from pse_opt.formats.classic import Published
from pse_opt.formats.registry import FORMATS, read_published
from pse_opt.reading import convert_table
from pse_opt.tables import Column, Table

__all__ = ["Entry", "catalogue", "entry", "load", "location"]

TABLE = Table(
    "published",
    "Published problems and their values.",
    (
        Column("problem", "name: format/problem", "identifier", required=True),
        Column("file", "file below the format's folder", "identifier", required=True),
        Column("options", "what its reader is told, as TOML", "text"),
        Column("model", "model document that poses it", "text", required=True),
        Column("value", "published value; blank: none is known"),
        Column("status", "optimal or best", "choice", choices=("optimal", "best")),
        Column("source", "where the value is from", "text"),
    ),
    ("problem",),
    attributes=False,
)


@dataclass(frozen=True)
class Entry:
    """A published problem.

    Attributes
    ----------
    problem : str
        Its name, ``FORMAT/NAME``.
    file : str
        File below the format's folder.
    options : mapping
        What the reader is told.
    model : str
        Name of the model document that poses it.
    value : float or None
        The published value.
    status : str
        ``optimal`` or ``best`` (known); blank without a value.
    source : str
        Where the value is from.
    """

    problem: str
    file: str
    options: Mapping[str, Any]
    model: str
    value: float | None
    status: str
    source: str

    @property
    def format(self) -> str:
        """Name of the format."""
        return self.problem.partition("/")[0]


@cache
def catalogue() -> Mapping[str, Entry]:
    """Return all published problems by name, from ``benchmarks/published.csv``."""
    findings = Findings()
    path = resources.share() / "benchmarks" / "published.csv"
    frame = convert_table(TABLE, read_csv(path), findings)
    if findings.problems:
        raise InputError(findings.problems)
    return MappingProxyType(
        {
            row["problem"]: Entry(
                row["problem"],
                row["file"],
                MappingProxyType(tomllib.loads(f"x = {{{row['options']}}}")["x"]),
                row["model"],
                None if row["value"] != row["value"] else float(row["value"]),
                row["status"],
                row["source"],
            )
            for row in frame.to_dict(orient="records")
        }
    )


def entry(problem: str) -> Entry:
    """Return a published problem by its name.

    Raises
    ------
    InputError
        There is none of this name.
    """
    known = catalogue()
    if problem not in known:
        message, remedy = "no published problem has this name", nearest(problem, known)
        raise InputError([Problem("published", message, remedy, value=problem)])
    return known[problem]


def location(found: Entry) -> Path:
    """Return where the file of a published problem is.

    Raises
    ------
    InputError
        PSE_OPT_DATA does not say where published files are, or the file is not there.
    """
    place = os.environ.get("PSE_OPT_DATA")
    if not place:
        message = "the published files are not here"
        remedy = "set PSE_OPT_DATA to the folder that holds benchmarks/"
        raise InputError([Problem(found.problem, message, remedy)])
    path = Path(place) / "benchmarks" / FORMATS[found.format].folder / found.file
    if not path.exists():
        message, remedy = "the published file is not there", f"put it at {path}"
        raise InputError([Problem(found.problem, message, remedy)])
    return path


def load(problem: str) -> Published:
    """Read a published problem by its name, from the folder that PSE_OPT_DATA names."""
    found = entry(problem)
    return read_published(found.format, location(found), found.options)
