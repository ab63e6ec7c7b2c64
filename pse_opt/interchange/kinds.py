"""The formats: by which ending each is known, and what it needs."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pse_opt.errors import InputError, Problem, nearest

__all__ = ["FORMATS", "Format", "format_of", "require"]


@dataclass(frozen=True)
class Format:
    """A way to write instances and results.

    Attributes
    ----------
    name, ending : str
        What it is called, and how the names of its files end; folders have no ending.
    description : str
        What a file or folder of it holds.
    module, extra : str
        The library it needs and the extra that brings it; blank where none is needed.
    folder : bool
        Whether it is a folder.
    """

    name: str
    ending: str
    description: str
    module: str = ""
    extra: str = ""
    folder: bool = False


FORMATS: Mapping[str, Format] = {
    f.name: f
    for f in (
        Format("folder", "", "a folder of CSV tables", folder=True),
        Format("excel", ".xlsx", "a workbook, one sheet a table", "openpyxl", "excel"),
        Format("geojson", ".geojson", "one GeoJSON file for maps"),
        Format("geopackage", ".gpkg", "a GeoPackage, one layer a table", "geopandas", "geo"),
        Format(
            "parquet", ".parquet", "a folder of Parquet tables", "pyarrow", "parquet", folder=True
        ),
        Format("datapackage", "", "a folder with datapackage.json (Frictionless)", folder=True),
    )
}
"""All formats by name."""


def format_of(path: Path | None, name: str | None) -> Format:
    """Return the format named, else the one a path ends with; without an ending, a folder.

    Raises
    ------
    InputError
        The name or the ending is not known.

    Examples
    --------
    >>> format_of(Path("mine.xlsx"), None).name, format_of(Path("mine"), None).name
    ('excel', 'folder')
    """
    if name is not None:
        word = name.lower().lstrip(".")
        for found in FORMATS.values():
            if word in (found.name, found.ending.lstrip(".") or found.name):
                return found
        raise InputError([Problem("--to", "no such format", nearest(word, FORMATS), value=name)])
    if path is None:
        remedy = f"write --to FORMAT ({', '.join(FORMATS)}), or --out with an ending"
        raise InputError([Problem("convert", "it is not said into what", remedy)])
    if path.name == "datapackage.json":
        return FORMATS["datapackage"]
    ending = path.suffix.lower()
    if not ending or path.is_dir():
        return FORMATS["parquet" if ending == ".parquet" else "folder"]
    endings = {f.ending: f for f in FORMATS.values() if f.ending}
    if ending not in endings:
        remedy = f"{nearest(ending, endings)}; or name the format with --to"
        raise InputError([Problem(str(path), "no format ends so", remedy, value=ending)])
    return endings[ending]


def require(wanted: Format) -> None:
    """Refuse a format whose library is not installed.

    Raises
    ------
    InputError
        With the command that installs it.
    """
    if wanted.module and importlib.util.find_spec(wanted.module) is None:
        remedy = f"pip install 'pse-opt[{wanted.extra}]'"
        message = f"{wanted.description} needs {wanted.module}, which is not installed"
        raise InputError([Problem(wanted.name, message, remedy)])
