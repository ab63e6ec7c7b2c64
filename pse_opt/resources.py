"""Where the project's own models, instances and suites are, in a checkout and in a wheel."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

from pse_opt.errors import InputError, Problem, nearest

__all__ = ["names", "resolve", "share"]


@cache
def share() -> Path:
    """Return the folder that holds ``models/``, ``instances/`` and ``benchmarks/``.

    It is the checkout when the package stands in one (its parent folder's ``pyproject.toml``
    names ``pse-opt``), else the copy that travels in the wheel.
    """
    package = Path(__file__).resolve().parent
    project = package.parent / "pyproject.toml"
    if project.is_file():
        try:
            document = tomllib.loads(project.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            document = {}
        if document.get("project", {}).get("name") == "pse-opt":
            return package.parent
    return package / "_share"


def names(kind: str, marker: str) -> list[str]:
    """Return the names of the shipped things of a kind.

    Parameters
    ----------
    kind : str
        Folder below the share: ``instances`` or ``models``.
    marker : str
        The file that makes a folder one of that kind: ``instance.toml`` or ``model.toml``.
    """
    folder = share() / kind
    return sorted(p.parent.name for p in folder.glob(f"*/{marker}"))


def resolve(name: str | Path, kind: str, marker: str) -> Path:
    """Return the folder that a name or a path stands for.

    A path that exists wins over a shipped name.

    Raises
    ------
    InputError
        Neither a folder with the marker file nor a shipped name.
    """
    text = str(name)
    path = Path(text).expanduser()
    if path.is_file() and path.name == marker:
        return path.parent
    if path.is_dir() and (path / marker).is_file():
        return path
    known = names(kind, marker)
    if text in known:
        return share() / kind / text
    if text in names(kind, "recipe.toml"):
        message = "this instance is too large to be shipped with its tables"
        remedy = f"build them: python -m pse_opt build recipe {text} --raw FOLDER --out {text}"
        problem = Problem(text, message, remedy)
    elif path.is_dir():
        problem = Problem(
            text, f"the folder has no {marker}", f"add {marker}, or name one of: {', '.join(known)}"
        )
    else:
        problem = Problem(
            text,
            f"there is no such folder and none of the shipped {kind} has this name",
            nearest(text, known, listing=30),
        )
    raise InputError([problem])
