"""Read and write: an instance folder, and any file atomically."""

from __future__ import annotations

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
from pse_opt.errors import InputError, Problem, nearest
from pse_opt.instance import About, Instance
from pse_opt.tables import TABLES

__all__ = ["load_instance", "read_csv", "read_instance", "write_instance", "write_text"]


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
    text, _, variant = str(name).partition("@")
    folder = resources.resolve(text, "instances", "instance.toml")
    return read_instance(folder, variant=variant or None)


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
    document = _read_document(folder / "instance.toml", folder)
    about = About.from_document(document)
    problems: list[Problem] = []
    paths = {p.stem: p for p in sorted(folder.glob("*.csv"))}
    if variant is not None:
        known = sorted(p.name for p in (folder / "variants").glob("*") if p.is_dir())
        if variant not in known:
            problem = Problem(str(folder), "no such variant", nearest(variant, known), value=variant)
            raise InputError([problem])
        paths |= {p.stem: p for p in sorted((folder / "variants" / variant).glob("*.csv"))}
        about = about.model_copy(update={"name": f"{about.name}@{variant}"})
    tables: dict[str, pd.DataFrame] = {}
    warnings: list[Problem] = []
    for name, path in paths.items():
        if name not in TABLES:
            remedy = nearest(name, TABLES)
            warnings.append(Problem(path.name, "not a table of an instance; ignored", remedy))
            continue
        try:
            tables[name] = read_csv(_inside(path, folder), encoding=about.encoding)
        except InputError as error:
            problems.extend(error.problems)
    if problems:
        raise InputError(problems)
    shape = folder / "geometry.geojson"
    geometry = _inside(shape, folder).read_bytes() if shape.is_file() else None
    return Instance.from_tables(tables, about, geometry=geometry, warnings=warnings)


def read_csv(path: Path, *, encoding: str = "utf-8") -> pd.DataFrame:
    """Read a CSV file as text, blank lines kept so that row numbers stay those of the file.

    Raises
    ------
    InputError
        Missing file, wrong encoding, or lines longer than the header.
    """
    codec = "utf-8-sig" if encoding.lower().replace("-", "") == "utf8" else encoding
    try:
        text = path.read_bytes().decode(codec)
    except LookupError:
        remedy = "use a name such as utf-8 or gb18030"
        problem = Problem("instance.toml", "unknown encoding", remedy, column="encoding", value=encoding)
        raise InputError([problem]) from None
    except UnicodeDecodeError as error:
        remedy = 'save it as UTF-8, or declare encoding = "gb18030" (or other) in instance.toml'
        message = f"not {encoding}: byte {error.start} cannot be read"
        raise InputError([Problem(path.name, message, remedy)]) from None
    except OSError as error:
        remedy = "check the path"
        raise InputError([Problem(str(path), f"cannot be read: {error.strerror}", remedy)]) from None
    lines = list(csv.reader(io.StringIO(text, newline="")))
    if not lines:
        raise InputError([Problem(path.name, "the file is empty", "write a header row")])
    header = lines[0]
    problems = [
        Problem(
            path.stem,
            f"{len(line)} cells where the header has {len(header)}",
            "put quotes around a cell that contains a comma",
            row=number,
        )
        for number, line in enumerate(lines[1:], start=2)
        if len(line) > len(header)
    ]
    if problems:
        raise InputError(problems)
    rows = [line + [""] * (len(header) - len(line)) for line in lines[1:]]
    return pd.DataFrame(rows, columns=pd.Index(header), dtype=object)


def write_instance(
    folder: str | Path, about: Mapping[str, Any] | About, tables: Mapping[str, pd.DataFrame]
) -> Path:
    """Write an instance folder: the document first, then each table, every file atomically.

    Parameters
    ----------
    folder : str or Path
        Created when missing; tables of the same names are replaced.
    about : mapping or About
        Content of ``instance.toml``.
    tables : mapping of str to DataFrame
        Tables with the columns of the data dictionary.
    """
    folder = Path(folder)
    about = about if isinstance(about, About) else About.from_document(about)
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in tables.items():
        write_text(folder / f"{name}.csv", to_csv(frame))
    write_text(folder / "instance.toml", tomli_w.dumps(about.to_document(), multiline_strings=True))
    return folder


def to_csv(frame: pd.DataFrame) -> str:
    """Return a frame as CSV text with LF line ends and whole numbers without ``.0``."""
    return frame.map(_cell).to_csv(index=False, lineterminator="\n")


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        if value != value:
            return ""
        return int(value) if value.is_integer() and abs(value) < 1e15 else value
    return value


def write_text(path: Path, text: str) -> None:
    """Write a file whole or not at all: temporary file in the same folder, then rename."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, content: bytes) -> None:
    """Write bytes atomically, keeping the permissions of a new ordinary file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
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
        problem = Problem(str(path), f"not a TOML document: {error}", "correct it at that place")
    raise InputError([problem]) from None


def _inside(path: Path, folder: Path) -> Path:
    """Refuse a file that a symbolic link leads out of the folder."""
    if path.resolve().is_relative_to(folder.resolve()):
        return path
    problem = Problem(str(path), "leads outside the instance folder", "copy the file into the folder")
    raise InputError([problem])
