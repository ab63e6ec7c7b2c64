"""An instance out of one file: a workbook, GeoJSON, a GeoPackage."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from pse_opt.about import About
from pse_opt.errors import Findings, InputError, Problem
from pse_opt.instance import Instance

__all__ = ["Content", "read_file"]


@dataclass
class Content:
    """What a file holds of an instance: its document, tables as text, shapes, what is wrong."""

    document: dict[str, Any]
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    geometry: bytes | None = None
    findings: Findings = field(default_factory=Findings)


def read_file(path: Path, variant: str | None = None) -> Instance:
    """Read an instance from one file.

    Parameters
    ----------
    path : Path
        A workbook (``.xlsx``), ``.geojson`` or ``.gpkg``.
    variant : str, optional
        Refused: only folders have variants.

    Raises
    ------
    InputError
        All problems, also those of what other programs did to the cells.
    """
    if variant is not None:
        remedy = f"write the variant into a file of its own: convert NAME@{variant} --out FILE"
        raise InputError([Problem(path.name, "a file has no variants", remedy, value=variant)])
    found = _content(path)
    try:
        about = About.from_document(found.document, where="instance")
    except InputError as error:
        found.findings.problems.extend(error.problems)
        about = About(name=path.stem)
    return Instance.from_tables(
        found.tables,
        about,
        geometry=found.geometry,
        warnings=found.findings.warnings,
        problems=found.findings.problems,
    )


def _content(path: Path) -> Content:
    ending = path.suffix.lower()
    if ending == ".geojson":
        from pse_opt.interchange.geojson import read_content

        return read_content(path)
    if ending == ".gpkg":
        from pse_opt.interchange.geopackage import read_package

        return read_package(path)
    from pse_opt.interchange.book_reading import read_book

    return read_book(path)
