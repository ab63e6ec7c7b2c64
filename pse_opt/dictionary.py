"""The data dictionary: what every file, table and column of an instance means, as Markdown.

It is written from the definitions that read and check the tables, so the two cannot differ.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pse_opt.io import write_text
from pse_opt.tables import TABLES, Column, Table

__all__ = ["DOCUMENT", "HEADER", "data_dictionary", "described", "write_data_dictionary"]

HEADER = ("column", "required", "holds", "unit", "default", "meaning")
"""What :func:`described` says of a column."""

DOCUMENT = {
    "schema": "version of this layout; 1 today",
    "name": "the instance's name (required)",
    "title": "one line that says what it is",
    "description": "a paragraph or more",
    "currency": "the unit of all money in the tables",
    "year": "the year the figures stand for",
    "units": "further units, by name: `{ demand = 'visits per year' }`",
    "encoding": "of the tables, where it is not `utf-8`: `gb18030` and others",
    "sources": "where figures come from: a list of `{ title, year, licence }`",
    "assumptions": "every modelling assumption in a sentence of its own",
    "seed": "the seed, if anything was drawn at random",
}
"""The keys of ``instance.toml`` and what they mean."""

INTRODUCTION = """\
# Data dictionary

An instance is a folder with a document, `instance.toml`, and one CSV file for each table, named
after it: `regions.csv`, `services.csv` and so on. Data frames with the same columns are read by
the same rules, and so are workbooks with a sheet for each table. This page is generated from the
definitions that read and check the tables; do not edit it.

## How files are read

- **Text.** Files are UTF-8, with or without byte-order mark; any other encoding is declared in
  `instance.toml`. Cells are separated by commas; a cell with a comma, a quote or a line break is
  put in quotes. Row 1 is the header. Blank rows are skipped, and messages count rows as a
  spreadsheet does.
- **Identifiers** are text, exactly as written: `01001` is not `1001`, and a region may be called
  `NA`.
- **Numbers** have a point before the decimals and nothing else: no thousands separators, percent
  signs or units. Shares are from 0 to 1. A blank cell means the default, and where there is none,
  that nothing is known; words such as `n/a` are refused.
- **Flags** are `yes`, `no` or blank.
- **Columns** may stand in any order, and those that are not required may be absent. In tables
  that keep attributes, further numeric columns are kept under their own name; any other unknown
  column is ignored, with a warning.
- **Keys.** No two rows of a table have the same key.
- **Problems.** All problems of all tables are reported together, each with its table, row,
  column, value and remedy. Nothing is read from outside the folder, and nothing in it is
  executed.
- **Variants.** Tables in `variants/NAME/` replace the instance's own when `INSTANCE@NAME` is
  read.
- **Shapes.** `geometry.geojson`, if it is there, holds the shapes of the regions for maps.
"""


def data_dictionary() -> str:
    """Return the data dictionary as Markdown.

    Examples
    --------
    >>> data_dictionary().splitlines()[0]
    '# Data dictionary'
    """
    parts = [INTRODUCTION, _document(), _overview(), *(_table(t) for t in TABLES.values())]
    return "\n".join(parts)


def write_data_dictionary(path: str | Path) -> None:
    """Write the data dictionary to a file."""
    write_text(Path(path), data_dictionary())


def _document() -> str:
    rows = [(f"`{key}`", meaning) for key, meaning in DOCUMENT.items()]
    return "## `instance.toml`\n\n" + _grid(("key", "meaning"), rows)


def _overview() -> str:
    rows = [
        (
            f"[`{table.name}`](#{table.name})",
            "yes" if table.required else "",
            _columns(table.key),
            table.description,
        )
        for table in TABLES.values()
    ]
    return "## Tables\n\n" + _grid(("table", "required", "key", "what it says"), rows)


def _table(table: Table) -> str:
    kept = "Further numeric columns are kept as attributes." if table.attributes else ""
    need = "Required." if table.required else "Optional."
    facts = " ".join(filter(None, (need, f"Key: {_columns(table.key)}.", kept)))
    rows = [described(column) for column in table.columns]
    return f"### {table.name}\n\n{table.description} {facts}\n\n{_grid(HEADER, rows)}"


def described(column: Column) -> tuple[str, ...]:
    """Return what :data:`HEADER` names of a column, as Markdown."""
    return (
        f"`{column.name}`",
        "yes" if column.required else "",
        _holds(column),
        column.unit,
        _default(column),
        column.description,
    )


def _holds(column: Column) -> str:
    if column.kind == "choice":
        return "one of " + ", ".join(f"`{choice}`" for choice in column.choices)
    if column.kind == "flag":
        return "`yes` or `no`"
    if column.references:
        table, _, name = column.references.partition(".")
        return f"identifier, known to [`{table}`](#{table})" + (f" as `{name}`" if name else "")
    return column.expects if column.kind == "number" else column.kind


def _default(column: Column) -> str:
    if column.default is None:
        return ""
    if column.kind == "flag":
        return "`yes`" if column.default else "`no`"
    return f"{column.default:g}" if column.kind == "number" else f"`{column.default}`"


def _columns(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _grid(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [header, ("---",) * len(header), *rows]
    cells = ([cell.replace("|", "\\|") for cell in line] for line in lines)
    return "".join("| " + " | ".join(line) + " |\n" for line in cells)
