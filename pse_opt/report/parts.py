"""What a report is made of: sections of words, tables and pictures, before they are a page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

__all__ = ["MOST", "Picture", "Section", "Table", "table"]

MOST = 3000
"""Rows of a table that the page holds; the files of the result folder hold all."""


@dataclass(frozen=True)
class Table:
    """A table: the first columns hold words, the others numbers.

    Attributes
    ----------
    caption : str
        What it shows, with units.
    heads : sequence of str
        Names of the columns.
    rows : sequence of sequences of str
        What the cells show.
    words : int
        How many columns hold words.
    note : str
        What is to be said below it.
    total : int
        How many rows there are, also those that are not shown.
    """

    caption: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    words: int = 1
    note: str = ""
    total: int = 0


@dataclass(frozen=True)
class Picture:
    """A figure as inline SVG, its caption, and what it shows in words."""

    svg: str
    caption: str


@dataclass(frozen=True)
class Section:
    """A part of the report under a heading of its own.

    Attributes
    ----------
    key, title : str
        Anchor and heading.
    words : list of str
        Paragraphs.
    points : list of str
        A list after the paragraphs.
    pictures, tables : list
        What follows.
    strong : bool
        Whether the paragraphs are the answer, and shown as such.
    """

    key: str
    title: str
    words: list[str] = field(default_factory=list)
    points: list[str] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    strong: bool = False


def table(
    caption: str,
    heads: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    words: int = 1,
    note: str = "",
    file: str = "",
) -> Table:
    """Return a table that is not too long for a page, and says where the rest is.

    Parameters
    ----------
    file : str
        The file of the result folder that holds all rows.
    """
    found = [tuple(row) for row in rows]
    if len(found) > MOST:
        where = f"; all are in {file} of the result folder" if file else ""
        note = f"The first {MOST:,} of {len(found):,} rows{where}. {note}".strip()
    return Table(caption, tuple(heads), found[:MOST], words, note, len(found))
