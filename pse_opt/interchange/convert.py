"""One way into every format: an instance or a result, from any of them to any of them."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import tomli_w

from pse_opt import resources
from pse_opt.errors import InputError, Problem
from pse_opt.instance import Instance
from pse_opt.interchange.kept import Kept, is_workbook, kept_of, read_kept
from pse_opt.interchange.kinds import FORMATS, Format, format_of, require
from pse_opt.interchange.tables_in import ENDINGS
from pse_opt.io import PACKAGE, as_instance, load_instance, to_csv, write_bytes
from pse_opt.results import MARK, write_files
from pse_opt.tables import TABLES

if TYPE_CHECKING:
    from pse_opt.solving.result import Result

__all__ = ["convert", "read_source"]


def convert(
    source: Instance | Result | str | Path,
    out: str | Path | None = None,
    *,
    to: str | None = None,
    instance: Instance | str | Path | None = None,
    force: bool = False,
) -> Path:
    """Write an instance or a result in another format.

    Parameters
    ----------
    source : Instance, Result, str or Path
        An instance (also by name, folder or file), or a result (also a folder or workbook of one).
    out : str or Path, optional
        The file or folder; its ending tells the format: ``.xlsx``, ``.geojson``, ``.gpkg``,
        ``.parquet`` (a folder), ``datapackage.json``, or none for a folder of CSV tables.
        By default the name of the source in the working folder.
    to : str, optional
        The format by name, where the ending does not tell: ``folder``, ``excel``, ``geojson``,
        ``geopackage``, ``parquet``, ``datapackage``.
    instance : Instance, str or Path, optional
        What a result is a result for: maps need its places. By default the one the result names.
    force : bool
        Replace what is there.

    Returns
    -------
    Path
        What was written.

    Raises
    ------
    InputError
        The format is not known, its library is not installed, something is there already, or the
        source is wrong.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = convert("tiny-two-districts", f"{folder}/tiny.geojson")
    ...     len(load_instance(path).offers)
    3
    """
    path = None if out is None else Path(out).expanduser()
    wanted = format_of(path, to)
    require(wanted)
    what = read_source(source)
    path = _target(path, what, wanted)
    _refuse(path, wanted, force=force)
    if isinstance(what, Instance):
        content = _instance(what, wanted)
    else:
        if not isinstance(source, str | Path):
            instance = instance or source.instance  # type: ignore[union-attr]
        content = _result(what, wanted, instance)
    if isinstance(content, bytes):
        write_bytes(path, content)
        return path
    if force:
        _clear(path, content)
    return write_files(path, content)


def read_source(source: Instance | Result | str | Path) -> Instance | Kept:
    """Return what a source is: an instance, or a result as it is kept.

    Raises
    ------
    InputError
        It is neither, or something in it is wrong.
    """
    if isinstance(source, Instance):
        return source
    if not isinstance(source, str | Path):
        return kept_of(source)
    path = Path(source).expanduser()
    if (path / MARK).is_file() or (is_workbook(path) and _holds_result(path)):
        kept = read_kept(path)
        if not kept.said or "deliveries" not in kept.tables:
            message = f"a result without {'deliveries' if kept.said else MARK}"
            raise InputError([Problem(str(path), message, "name a folder that solve has written")])
        return kept
    return load_instance(source)


def _holds_result(path: Path) -> bool:
    from pse_opt.interchange.book_reading import sheet_names
    from pse_opt.interchange.books import DOCUMENTS

    return DOCUMENTS in sheet_names(path)


def _target(path: Path | None, what: Instance | Kept, wanted: Format) -> Path:
    """Return where to write: for a data package its folder."""
    if path is not None:
        return path.parent if path.name == PACKAGE else path
    if isinstance(what, Instance):
        name = what.name
    else:
        name = f"{what.said.get('instance', 'result')}-{what.said.get('model', '')}".rstrip("-")
    return Path(name.replace("/", "-") + wanted.ending)


def _refuse(path: Path, wanted: Format, *, force: bool) -> None:
    """Refuse to write over what is there, and a file in the place of a folder."""
    if path.is_dir() != wanted.folder and path.exists():
        kinds = ("a folder", "a file") if path.is_dir() else ("a file", "a folder")
        message = f"is {kinds[0]}, and {wanted.name} is {kinds[1]}"
        raise InputError([Problem(str(path), message, "name another place with --out")])
    if path.exists() and not force and (not path.is_dir() or any(path.iterdir())):
        remedy = "add --force to replace it, or name another place with --out"
        raise InputError([Problem(str(path), "there is something already", remedy)])


def _instance(instance: Instance, wanted: Format) -> bytes | dict[str, str | bytes]:
    """Return an instance as one file, or as the files of a folder."""
    if wanted.name == "excel":
        from pse_opt.interchange.books import instance_book

        return instance_book(instance)
    if wanted.name == "geojson":
        from pse_opt.interchange.geojson import instance_text

        return instance_text(instance).encode("utf-8")
    if wanted.name == "geopackage":
        from pse_opt.interchange.geopackage import instance_package

        return instance_package(instance)
    about = instance.about.model_copy(update={"encoding": "utf-8"})
    files: dict[str, str | bytes] = {}
    for name, frame in instance.tables.items():
        if wanted.name == "parquet":
            from pse_opt.interchange.parquet import frame_bytes

            files[f"{name}.parquet"] = frame_bytes(frame, TABLES[name])
        else:
            files[f"{name}.csv"] = to_csv(frame)
    if instance.geometry is not None:
        files["geometry.geojson"] = instance.geometry
    if wanted.name == "datapackage":
        from pse_opt.interchange.datapackage import data_package_text

        files[PACKAGE] = data_package_text(instance)
    return files | {"instance.toml": tomli_w.dumps(about.to_document(), multiline_strings=True)}


def _result(
    kept: Kept, wanted: Format, instance: Instance | str | Path | None
) -> bytes | dict[str, str | bytes]:
    """Return a result as one file, or as the files of a folder."""
    if wanted.name == "excel":
        from pse_opt.interchange.books import result_book

        return result_book(kept)
    if wanted.name == "geojson":
        from pse_opt.interchange.geojson import result_text

        return result_text(_whose(kept, instance), kept).encode("utf-8")
    if wanted.name == "geopackage":
        from pse_opt.interchange.geopackage import result_package

        return result_package(_whose(kept, instance), kept)
    if wanted.name == "datapackage":
        remedy = f"write it as {', '.join(n for n in FORMATS if n != 'datapackage')}"
        message = "a data package describes an instance, not a result"
        raise InputError([Problem("--to", message, remedy, value=wanted.name)])
    files: dict[str, str | bytes] = {}
    for name, frame in kept.tables.items():
        if wanted.name == "parquet":
            from pse_opt.interchange.kept import typed
            from pse_opt.interchange.parquet import frame_bytes

            files[f"{name}.parquet"] = frame_bytes(typed(frame))
        else:
            files[f"{name}.csv"] = to_csv(frame)
    return files | dict(kept.documents)


def _whose(kept: Kept, instance: Instance | str | Path | None) -> Instance:
    """Return the instance of a result: that given, or the one it names."""
    named = str(kept.said.get("instance", ""))
    if instance is None and named.split("@")[0] not in resources.names(
        "instances", "instance.toml"
    ):
        message = f"a map needs the places of its instance {named}"
        remedy = "name the instance: --instance FOLDER"
        raise InputError([Problem("convert", message, remedy)])
    whole = as_instance(instance or named)
    if named and whole.name != named:
        message = f"the result is for {named}, not for {whole.name}"
        raise InputError([Problem("--instance", message, f"name the instance {named}")])
    return whole


def _clear(folder: Path, files: Mapping[str, str | bytes]) -> None:
    """Remove tables that would be read beside those to be written."""
    for path in folder.iterdir() if folder.is_dir() else ():
        table = path.suffix.lower() in ENDINGS and path.stem in {*TABLES, *_stems(files)}
        if (table or path.name == PACKAGE) and path.name not in files:
            path.unlink() if path.is_file() else shutil.rmtree(path, ignore_errors=True)


def _stems(files: Mapping[str, str | bytes]) -> set[str]:
    return {Path(name).stem for name in files if Path(name).suffix.lower() in ENDINGS}
