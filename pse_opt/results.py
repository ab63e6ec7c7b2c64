"""The result folder: written whole, read again as a plan."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

from pse_opt.accounts import chosen_offers, deliveries_in_full, payments
from pse_opt.errors import InputError, Problem
from pse_opt.io import to_csv, write_text
from pse_opt.solving.result import Result

__all__ = ["is_result", "refuse_foreign", "stored_model", "write_result"]

MARK = "result.json"


def is_result(folder: Path) -> bool:
    """Whether a folder holds a result of ours."""
    try:
        document = json.loads((folder / MARK).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(document, dict) and {"schema", "instance", "model"} <= set(document)


def refuse_foreign(folder: Path, *, force: bool = False) -> None:
    """Refuse to write into a folder that holds something else.

    Raises
    ------
    InputError
        The folder is a file, or holds files and no result of ours, and force is not set.
    """
    message = ""
    if folder.exists() and not folder.is_dir():
        message = "is a file, not a folder"
    elif folder.is_dir() and any(folder.iterdir()) and not is_result(folder) and not force:
        message = "the folder holds something that is not a result of ours"
    if message:
        remedy = "name another folder with --out" + ("" if folder.is_file() else ", or add --force")
        raise InputError([Problem(str(folder), message, remedy)])


def write_result(folder: str | Path, result: Result, *, force: bool = False) -> Path:
    """Write ``result.json``, ``model.toml`` and the tables of the plan.

    Parameters
    ----------
    folder : str or Path
        Created when missing; a former result in it is replaced.
    result : Result
        A result with a plan.
    force : bool
        Write even beside files that are not ours.

    Raises
    ------
    InputError
        The folder holds something that is not a result of ours.
    ValueError
        The result has no plan.
    """
    folder = Path(folder)
    refuse_foreign(folder, force=force)
    if result.plan is None or result.levels is None:
        raise ValueError("there is no plan to write")
    # Everything is prepared before the first file is touched.
    files = {
        "model.toml": result.policy.to_toml(),
        "plan.csv": to_csv(chosen_offers(result.instance, result.plan)),
        "deliveries.csv": to_csv(deliveries_in_full(result.instance, result.plan)),
        "levels.csv": to_csv(result.levels),
        "payments.csv": to_csv(payments(result.instance, result.plan)),
        MARK: json.dumps(result.to_dict(), indent=2, ensure_ascii=False, allow_nan=False) + "\n",
    }
    for name, text in files.items():
        write_text(folder / name, text)
    return folder


def stored_model(path: Path) -> dict[str, Any] | None:
    """Return the model document a result folder carries, or None."""
    document = path / "model.toml"
    if not document.is_file():
        return None
    return tomllib.loads(document.read_text(encoding="utf-8"))
