"""Tables of a folder, whichever way they are kept: CSV, Parquet, GeoJSON, GeoPackage."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

import pandas as pd

from pse_opt.csv_reading import read_csv
from pse_opt.errors import Findings, Problem
from pse_opt.interchange.values import text_frame
from pse_opt.tables import Table

__all__ = ["ENDINGS", "read_table", "table_paths"]

ENDINGS = (".csv", ".parquet", ".geojson", ".gpkg")


def table_paths(folder: Path, known: Collection[str], problems: list[Problem]) -> dict[str, Path]:
    """Return the file of each table in a folder; a table that is there twice is a problem."""
    found: dict[str, Path] = {}
    for path in sorted(p for p in folder.iterdir() if p.suffix.lower() in ENDINGS):
        name = path.stem
        if path.suffix.lower() != ".csv" and name not in known:
            continue  # shapes for maps, or something else's
        if name in found:
            message = f"the table is there twice: {found[name].name} and {path.name}"
            problems.append(Problem(name, message, "keep one of them"))
        else:
            found[name] = path
    return found


def read_table(
    path: Path, table: Table, encoding: str, findings: Findings
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Return a table as it is written, and the shapes of its records where it has any.

    Parameters
    ----------
    path : Path
        A CSV, Parquet, GeoJSON or GeoPackage file.
    table : Table
        What is in it.
    encoding : str
        Of a CSV file.
    findings : Findings
        Receives what other programs did to its cells.

    Raises
    ------
    InputError
        The file cannot be read.
    """
    ending = path.suffix.lower()
    if ending == ".parquet":
        from pse_opt.interchange.parquet import read_frame

        return text_frame(table, read_frame(path), findings, "record"), {}
    if ending == ".geojson":
        from pse_opt.interchange.geojson import read_layer

        return read_layer(path, table, findings)
    if ending == ".gpkg":
        from pse_opt.interchange.geopackage import read_layer_file

        return read_layer_file(path, table, findings)
    numbers = [c.name for c in table.columns if c.kind == "number"]
    return read_csv(path, encoding=encoding, numbers=numbers), {}
