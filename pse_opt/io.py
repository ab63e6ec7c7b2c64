"""Read and write: an instance folder, and any file atomically."""

from __future__ import annotations

import codecs
import csv
import io
import os
import tempfile
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import tomli_w

from pse_opt import resources
from pse_opt.about import About
from pse_opt.cells import as_text
from pse_opt.csv_reading import read_csv
from pse_opt.errors import Findings, InputError, Problem, closest, nearest
from pse_opt.instance import Instance
from pse_opt.interchange.shapes import shapes_document
from pse_opt.interchange.tables_in import read_table, table_paths
from pse_opt.tables import TABLES

__all__ = [
    "as_instance",
    "is_file_of_instance",
    "load_instance",
    "read_csv",
    "read_instance",
    "variants_of",
    "write_instance",
    "write_text",
]

FILES = (".xlsx", ".xlsm", ".geojson", ".gpkg")
"""Endings of files that hold a whole instance."""
PACKAGE = "datapackage.json"


def load_instance(name: str | Path) -> Instance:
    """Return a shipped instance by name, or one in a folder.

    Parameters
    ----------
    name : str or Path
        ``mw-districts``, ``folder/of/mine``, either with ``@variant``, or ``mine.xlsx``.

    Raises
    ------
    InputError
        Unknown name, or all problems of the tables.
    """
    text, variant = _parted(name)
    if is_file_of_instance(text):
        return read_instance(text, variant=variant or None)
    folder = resources.resolve(text, "instances", "instance.toml")
    return read_instance(folder, variant=variant or None)


def as_instance(instance: Instance | str | Path) -> Instance:
    """Return an instance as it is, or load it by name or folder.

    Raises
    ------
    InputError
        As :func:`load_instance`.
    """
    return instance if isinstance(instance, Instance) else load_instance(instance)


def _parted(name: str | Path) -> tuple[str, str]:
    """Return a name or path, and the variant of it that is meant."""
    text, variant = str(name), ""
    if not Path(text).expanduser().exists() and "@" in text:
        text, _, variant = text.rpartition("@")
    return text, variant


def is_file_of_instance(name: str | Path) -> bool:
    """Whether a path is that of a file that holds a whole instance, as a workbook does."""
    path = Path(name).expanduser()
    return path.is_file() and (path.suffix.lower() in FILES or path.name == PACKAGE)


def variants_of(name: str | Path) -> list[str]:
    """Return the names of the variants of an instance; a variant itself has none."""
    text, variant = _parted(name)
    if variant or is_file_of_instance(text):
        return []
    folder = resources.resolve(text, "instances", "instance.toml")
    return sorted(p.name for p in (folder / "variants").glob("*") if p.is_dir())


def read_instance(path: str | Path, *, variant: str | None = None) -> Instance:
    """Read an instance: a folder with ``instance.toml`` and tables, or one file that holds it all.

    Parameters
    ----------
    path : str or Path
        A folder whose tables are CSV, Parquet, GeoJSON or GeoPackage files named after them; or a
        workbook (``.xlsx``), a GeoJSON file, a GeoPackage, or ``datapackage.json`` in a folder.
    variant : str, optional
        Tables in ``variants/VARIANT`` replace the instance's own.

    Raises
    ------
    InputError
        With all problems of all tables.
    """
    folder = Path(path).expanduser()
    if is_file_of_instance(folder) and folder.name != PACKAGE:
        from pse_opt.interchange.reading import read_file

        return read_file(folder, variant)
    if folder.is_file() and folder.name in (PACKAGE, "instance.toml"):
        folder = folder.parent
    problems: list[Problem] = []
    warnings: list[Problem] = []
    about = _about(_read_document(folder / "instance.toml", folder), problems)
    tables: dict[str, pd.DataFrame] = {}
    shapes: dict[str, Any] = {}
    findings = Findings(problems, warnings)
    paths = table_paths(folder, TABLES, problems)
    if variant is not None:
        paths |= table_paths(_variant(folder, variant), TABLES, problems)
        about = about.model_copy(update={"name": f"{about.name}@{variant}"})
    for name, path in paths.items():
        if name not in TABLES:
            _unknown_file(path, paths, problems, warnings)
            continue
        try:
            table = read_table(_inside(path, folder), TABLES[name], about.encoding, findings)
            tables[name], drawn = table
            shapes |= drawn
        except InputError as error:
            problems.extend(error.problems)
    geometry = None
    try:
        if (folder / "geometry.geojson").is_file():
            geometry = _inside(folder / "geometry.geojson", folder).read_bytes()
    except InputError as error:
        problems.extend(error.problems)
    if geometry is None and shapes:
        geometry = shapes_document(shapes)
    return Instance.from_tables(
        tables, about, geometry=geometry, warnings=warnings, problems=problems
    )


def _variant(folder: Path, variant: str) -> Path:
    """Return the folder of a variant."""
    known = sorted(p.name for p in (folder / "variants").glob("*") if p.is_dir())
    if variant not in known:
        remedy = nearest(variant, known)
        raise InputError([Problem(str(folder), "no such variant", remedy, value=variant)])
    return folder / "variants" / variant


def _about(document: Mapping[str, Any], problems: list[Problem]) -> About:
    """Return the document; where it is wrong, what lets the tables be read all the same."""
    try:
        about = About.from_document(document)
    except InputError as error:
        problems.extend(error.problems)
        about = About(name="unnamed", encoding=str(document.get("encoding", "utf-8")))
    try:
        codecs.lookup(about.encoding)
    except LookupError:
        remedy = "use a name such as utf-8 or gb18030"
        problems.append(
            Problem(
                "instance.toml",
                "unknown encoding",
                remedy,
                column="encoding",
                value=about.encoding,
            )
        )
        return about.model_copy(update={"encoding": "utf-8"})
    return about


def _unknown_file(
    path: Path, paths: Mapping[str, Path], problems: list[Problem], warnings: list[Problem]
) -> None:
    """A file that no table is named after: most likely misspelled where that table is missing."""
    guess = closest(path.stem, TABLES)
    if guess and guess not in paths:
        remedy = f"rename it to {guess}.csv, or move it elsewhere"
        problems.append(Problem(path.name, "not a table of an instance", remedy))
    else:
        remedy = f"the tables are {', '.join(TABLES)}"
        warnings.append(Problem(path.name, "not a table of an instance; ignored", remedy))


def write_instance(
    folder: str | Path,
    about: Mapping[str, Any] | About,
    tables: Mapping[str, pd.DataFrame],
    *,
    geometry: bytes | None = None,
) -> Path:
    """Write an instance folder: each table, then the document, every file atomically.

    Parameters
    ----------
    folder : str or Path
        Created when missing; tables of the same names are replaced.
    about : mapping or About
        Content of ``instance.toml``. Tables are written as UTF-8, whatever they were read from.
    tables : mapping of str to DataFrame
        Tables with the columns of the data dictionary.
    geometry : bytes, optional
        Region shapes as GeoJSON.

    Raises
    ------
    InputError
        The content of ``instance.toml`` is wrong, or a table is not one of an instance.
    """
    folder = Path(folder)
    about = about if isinstance(about, About) else About.from_document(about)
    about = about.model_copy(update={"encoding": "utf-8"})
    unknown = [Problem(n, "no such table", nearest(n, TABLES)) for n in tables if n not in TABLES]
    if unknown:
        raise InputError(unknown)
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in tables.items():
        write_text(folder / f"{name}.csv", to_csv(frame))
    if geometry is not None:
        write_bytes(folder / "geometry.geojson", geometry)
    write_text(folder / "instance.toml", tomli_w.dumps(about.to_document(), multiline_strings=True))
    return folder


def write_variant(folder: Path, name: str, tables: Mapping[str, pd.DataFrame]) -> None:
    """Write tables that take the place of an instance's own in its variant ``@name``."""
    for table, frame in tables.items():
        write_text(folder / "variants" / name / f"{table}.csv", to_csv(frame))


def to_csv(frame: pd.DataFrame) -> str:
    """Return a frame as CSV text with LF line ends and whole numbers without ``.0``."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow([as_text(c) for c in frame.columns])
    columns = [frame.iloc[:, at].to_numpy(dtype=object) for at in range(frame.shape[1])]
    writer.writerows([as_text(v) for v in row] for row in zip(*columns, strict=True))
    return stream.getvalue()


def write_text(path: Path, text: str) -> None:
    """Write a file whole or not at all: temporary file in the same folder, then rename."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, content: bytes) -> None:
    """Write bytes atomically, keeping the permissions of a new ordinary file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(
        dir=path.parent, prefix=f".{path.name}.", suffix=".part"
    )
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
        umask = os.umask(0)
        os.umask(umask)
        Path(temporary).chmod(0o666 & ~umask)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _read_document(path: Path, folder: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(_inside(path, folder).read_bytes().decode("utf-8-sig"))
    except OSError as error:
        remedy = "an instance is a folder with instance.toml and CSV tables"
        problem = Problem(str(path), f"cannot be read: {error.strerror}", remedy)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        remedy = "correct it at that place"
        problem = Problem(path.name, f"not a TOML document: {error}", remedy)
    raise InputError([problem]) from None


def _inside(path: Path, folder: Path) -> Path:
    """Refuse a file that a symbolic link leads out of the folder."""
    if path.resolve().is_relative_to(folder.resolve()):
        return path
    name = path.stem if path.suffix.lower() == ".csv" else path.name
    message = "leads outside the instance folder"
    value = path.relative_to(folder).as_posix()
    raise InputError([Problem(name, message, "copy the file into the folder", value=value)])
