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
from pse_opt.errors import InputError, Problem, closest, nearest
from pse_opt.instance import Instance
from pse_opt.reading import as_text
from pse_opt.tables import TABLES

__all__ = [
    "load_instance",
    "read_csv",
    "read_instance",
    "variants_of",
    "write_instance",
    "write_text",
]


def load_instance(name: str | Path) -> Instance:
    """Return a shipped instance by name, or one in a folder.

    Parameters
    ----------
    name : str or Path
        ``mw-districts``, ``folder/of/mine``, or either with ``@variant``.

    Raises
    ------
    InputError
        Unknown name, or all problems of the tables.
    """
    text, variant = str(name), ""
    if not Path(text).expanduser().exists() and "@" in text:
        text, _, variant = text.rpartition("@")
    folder = resources.resolve(text, "instances", "instance.toml")
    return read_instance(folder, variant=variant or None)


def variants_of(name: str | Path) -> list[str]:
    """Return the names of the variants of an instance; a variant itself has none."""
    text = str(name)
    if not Path(text).expanduser().exists() and "@" in text:
        return []
    folder = resources.resolve(text, "instances", "instance.toml")
    return sorted(p.name for p in (folder / "variants").glob("*") if p.is_dir())


def read_instance(folder: str | Path, *, variant: str | None = None) -> Instance:
    """Read an instance folder: ``instance.toml`` and its CSV tables.

    Parameters
    ----------
    folder : str or Path
        The folder.
    variant : str, optional
        Tables in ``variants/VARIANT`` replace the instance's own.

    Raises
    ------
    InputError
        With all problems of all tables.
    """
    folder = Path(folder)
    problems: list[Problem] = []
    warnings: list[Problem] = []
    about = _about(_read_document(folder / "instance.toml", folder), problems)
    paths = {p.stem: p for p in _tables_in(folder)}
    if variant is not None:
        known = sorted(p.name for p in (folder / "variants").glob("*") if p.is_dir())
        if variant not in known:
            problem = Problem(
                str(folder), "no such variant", nearest(variant, known), value=variant
            )
            raise InputError([problem])
        paths |= {p.stem: p for p in _tables_in(folder / "variants" / variant)}
        about = about.model_copy(update={"name": f"{about.name}@{variant}"})
    tables: dict[str, pd.DataFrame] = {}
    for name, path in paths.items():
        if name not in TABLES:
            _unknown_file(path, paths, problems, warnings)
            continue
        try:
            tables[name] = read_csv(_inside(path, folder), encoding=about.encoding)
        except InputError as error:
            problems.extend(error.problems)
    geometry = None
    try:
        if (folder / "geometry.geojson").is_file():
            geometry = _inside(folder / "geometry.geojson", folder).read_bytes()
    except InputError as error:
        problems.extend(error.problems)
    return Instance.from_tables(
        tables, about, geometry=geometry, warnings=warnings, problems=problems
    )


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


def _tables_in(folder: Path) -> list[Path]:
    return sorted(p for p in folder.iterdir() if p.suffix.lower() == ".csv")


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
