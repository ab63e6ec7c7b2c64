"""The result folder: written whole or not at all, and known again."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from pse_opt.accounts import chosen_offers, deliveries_in_full, payments
from pse_opt.errors import InputError, Problem
from pse_opt.interchange.kept import is_workbook, read_kept
from pse_opt.io import PACKAGE, is_file_of_instance, to_csv, write_bytes
from pse_opt.solving.result import Result

__all__ = [
    "SOLVES",
    "STREAM",
    "default_folder",
    "instance_of",
    "is_result",
    "json_text",
    "refuse_foreign",
    "result_documents",
    "result_tables",
    "said_by",
    "write_files",
    "write_result",
]

MARK, MODEL = "result.json", "model.toml"
ANALYSES = tuple(
    f"{name}.json"
    for name in ("compare", "opportunities", "frontier", "sensitivity", "stress", "explain")
)
"""What marks the folder of an analysis as ours."""
STREAM = "points.jsonl"
"""Name of the file, in the folder of a frontier, that answers are written to as they come."""
SOLVES = "solves.jsonl"
"""The same of the other analyses; either marks the folder of an analysis that was stopped."""
DIGITS = 12
"""Significant digits of the tables: far more than any data, and without rounding dust."""


def json_text(data: Any, *, plain: bool = False) -> str:
    """Return JSON text; numbers that are not finite are null, plain text is ASCII alone.

    Examples
    --------
    >>> json.loads(json_text({"bound": float("inf"), "gap": 0.5}))
    {'bound': None, 'gap': 0.5}
    """
    return json.dumps(_finite(data), indent=2, ensure_ascii=plain, allow_nan=False) + "\n"


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _finite(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(v) for v in value]
    if isinstance(value, float) and not abs(value) < float("inf"):
        return None
    return value


def default_folder(instance: str, model: str) -> Path:
    """Return ``results/INSTANCE-MODEL``, for an instance given by name or by path.

    Examples
    --------
    >>> default_folder("countries/my-country/instance.toml", "core").as_posix()
    'results/my-country-core'
    >>> default_folder("my-country", "../core: new").as_posix()
    'results/my-country-..-core- new'
    """
    path = Path(instance)
    if path.name in ("instance.toml", PACKAGE):
        path = path.parent
    elif is_file_of_instance(path):
        path = path.with_suffix("")
    name = f"{path.expanduser().resolve().name}-{model}"
    return Path("results") / re.sub(r'[\\/:*?"<>|\x00-\x1f]', "-", name)


def is_result(folder: Path) -> bool:
    """Whether a folder holds a result of ours."""
    return {"schema", "instance", "model"} <= set(said_by(folder))


def instance_of(folder: Path) -> str | None:
    """Return the name of the instance that a folder of ours is about; None of any other folder."""
    said = [said_by(folder), *(_read(folder / name) for name in ANALYSES)]
    return next((str(s["instance"]) for s in said if {"schema", "instance"} <= set(s)), None)


def _is_ours(folder: Path) -> bool:
    said = [_read(folder / name) for name in ANALYSES]
    said += [_first_line(folder / name) for name in (STREAM, SOLVES)]
    return is_result(folder) or any({"schema", "instance"} <= set(s) for s in said)


def said_by(folder: Path) -> dict[str, Any]:
    """Return the content of ``result.json``; nothing where it cannot be read."""
    return read_kept(folder).said if is_workbook(folder) else _read(folder / MARK)


def _read(path: Path) -> dict[str, Any]:
    try:
        return _document(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def _first_line(path: Path) -> dict[str, Any]:
    try:
        with path.open(encoding="utf-8") as stream:
            return _document(stream.readline())
    except (OSError, ValueError):
        return {}


def _document(text: str) -> dict[str, Any]:
    document = json.loads(text)
    return document if isinstance(document, dict) else {}


def refuse_foreign(folder: Path, *, force: bool = False) -> None:
    """Refuse, before the work, a folder that holds something else or cannot be written.

    Raises
    ------
    InputError
        The folder is a file, cannot be written, or holds files and no result of ours (and force is
        not set).
    """
    message, remedy = "", "name another folder with --out"
    if folder.exists() and not folder.is_dir():
        message = "is a file, not a folder"
    elif folder.is_dir() and any(folder.iterdir()) and not _is_ours(folder) and not force:
        message = "the folder holds something that is not a result of ours"
        remedy += ", or add --force to write beside it"
    else:
        message = _not_writable(folder)
    if message:
        raise InputError([Problem(str(folder), message, remedy)])


def _not_writable(folder: Path) -> str:
    """Return why nothing can be written there; tried, since permissions alone do not tell."""
    there = next((p for p in (folder, *folder.absolute().parents) if p.exists()), Path())
    trial = there / f".pse_opt-{os.getpid()}"
    try:
        trial.mkdir()
        trial.rmdir()
    except OSError as error:
        return f"cannot be written: {error.strerror} ({there})"
    return ""


def write_result(folder: str | Path, result: Result, *, force: bool = False) -> Path:
    """Write ``result.json``, ``model.toml`` and the tables of the plan: all of them or none.

    Parameters
    ----------
    folder : str or Path
        Created when missing; a former result in it is replaced, other files are kept.
    result : Result
        A result with a plan.
    force : bool
        Write even beside files that are not ours.

    Raises
    ------
    InputError
        The folder holds something that is not a result of ours, or cannot be written.
    ValueError
        The result has no plan.
    """
    folder = Path(folder)
    refuse_foreign(folder, force=force)
    files: dict[str, str | bytes] = {
        f"{name}.csv": to_csv(frame) for name, frame in result_tables(result).items()
    }
    return write_files(folder, files | result_documents(result))


def result_tables(result: Result) -> dict[str, pd.DataFrame]:
    """Return the tables of a result: plan, deliveries, levels, payments.

    Raises
    ------
    ValueError
        The result has no plan.
    """
    if result.plan is None or result.levels is None:
        raise ValueError("there is no plan to write")
    tables = {
        "plan": chosen_offers(result.instance, result.plan),
        "deliveries": deliveries_in_full(result.instance, result.plan),
        "levels": result.levels,
        "payments": payments(result.instance, result.plan, result.policy),
    }
    return {name: _rounded(frame) for name, frame in tables.items()}


def result_documents(result: Result) -> dict[str, str]:
    """Return the documents of a result by the name of their file, the one that marks it last."""
    return {MODEL: result.policy.to_toml(), MARK: json_text(result.to_dict())}


def write_files(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write files into a folder: all of them or none.

    Raises
    ------
    InputError
        The folder cannot be written.
    """
    try:
        _write_whole(folder, files)
    except OSError as error:
        message = f"cannot be written: {error.strerror}"
        remedy = "name another folder with --out"
        raise InputError([Problem(str(folder), message, remedy)]) from None
    return folder


def _rounded(frame: pd.DataFrame) -> pd.DataFrame:
    """Cut numbers to the digits that mean something: 990, not 990.0000000000002."""
    numbers = frame.select_dtypes("float")
    return frame.assign(**{str(c): [float(f"{x:.{DIGITS}g}") for x in numbers[c]] for c in numbers})


def _write_whole(folder: Path, files: Mapping[str, str | bytes]) -> None:
    """Prepare all files in a folder aside, then put them in their place."""
    fresh = not folder.exists()
    aside = (folder.parent if fresh else folder) / f".{folder.name}-{os.getpid()}.part"
    try:
        for name, content in files.items():
            write_bytes(aside / name, content.encode() if isinstance(content, str) else content)
        if fresh:
            aside.rename(folder)
        else:
            _exchange(folder, aside, list(files))
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _exchange(folder: Path, aside: Path, names: list[str]) -> None:
    """Put the files prepared aside in the place of the former ones, or leave all as it was."""
    try:
        for name in names:
            if (folder / name).exists():
                (folder / name).rename(aside / f"{name}.former")
            (aside / name).rename(folder / name)
    except BaseException:
        for name in names:
            if (aside / f"{name}.former").exists():
                (aside / f"{name}.former").replace(folder / name)
            elif not (aside / name).exists():
                (folder / name).unlink(missing_ok=True)
        raise
