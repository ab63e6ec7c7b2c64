"""Model documents before they are checked: one merged into another, keys set on top."""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pse_opt import resources
from pse_opt.errors import InputError, Problem, nearest

__all__ = ["PLAIN", "merged", "override"]

PLAIN = ("name", "title", "description", "extends")
"""Keys of a document that are text."""


def merged(
    model: str | Path | Mapping[str, Any], above: tuple[str, ...] = ()
) -> tuple[dict[str, Any], str]:
    """Return a document with what it extends merged in, and what to call it.

    Parameters
    ----------
    model : str, Path or mapping
        Name of a shipped model, path of a document or its folder, or the document itself.
    above : tuple of str
        Models that extend this one, to find a circle.

    Raises
    ------
    InputError
        There is no such document, it is not TOML, its models extend each other, or two entries of
        one document have the same name.
    """
    if isinstance(model, Mapping):
        document, where, folder = copy.deepcopy(dict(model)), "model", Path()
    else:
        path = _document_path(model)
        document, where, folder = _parse(path), f"{path.parent.name}/{path.name}", path.parent
        document.setdefault(
            "name", path.parent.resolve().name if path.name == "model.toml" else path.stem
        )
    _refuse_doubles(document, where)
    parent = document.pop("extends", None)
    if parent is None:
        return document, where
    if not isinstance(parent, str):
        remedy = 'name one model, such as extends = "core"'
        raise InputError([Problem(where, "not the name of a model", remedy, column="extends")])
    if parent in above:
        message = "the models extend each other"
        problem = Problem(where, message, "break the circle", column="extends", value=parent)
        raise InputError([problem])
    sibling = folder.parent / str(parent)
    beside = sibling if (sibling / "model.toml").is_file() else parent
    base, _ = merged(beside, (*above, str(parent)))
    own = ("title", "description") if isinstance(model, Mapping) else PLAIN
    inherited = {k: v for k, v in base.items() if k not in own}
    return _merge(inherited, document), where


def _refuse_doubles(document: Mapping[str, Any], where: str) -> None:
    """Refuse two entries of one name in one document: merging would drop one of them."""
    entries = document.get("equalization", [])
    names = (
        [e.get("name") for e in entries if isinstance(e, Mapping)]
        if isinstance(entries, list)
        else []
    )
    doubles = sorted({str(n) for n in names if n is not None and names.count(n) > 1})
    if doubles:
        raise InputError(
            Problem(where, "two entries have the same name", "rename one", value=n) for n in doubles
        )


def _document_path(model: str | Path) -> Path:
    path = Path(model)
    if path.is_file():
        return path
    if path.suffix == ".toml":
        problem = Problem(str(path), "there is no such file", "check the path")
        raise InputError([problem])
    return resources.resolve(model, "models", "model.toml") / "model.toml"


def _parse(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        problem = Problem(str(path), f"not a TOML document: {error}", "correct it at that place")
        raise InputError([problem]) from None


def _merge(base: dict[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Merge section by section; equalization entries by name; an objective replaces the other."""
    both = copy.deepcopy(base)
    for key, value in own.items():
        if key == "equalization" and isinstance(value, list):
            entries = {e.get("name"): e for e in both.get(key, [])}
            for number, entry in enumerate(value):
                if isinstance(entry, Mapping):
                    name = entry.get("name")
                    entries[name] = {**entries.get(name, {}), **entry}
                else:
                    entries[number] = entry
            both[key] = list(entries.values())
        elif isinstance(value, Mapping) and key != "objective":
            both[key] = {**both.get(key, {}), **value}
        else:
            both[key] = copy.deepcopy(value)
    return both


def override(document: dict[str, Any], key: str, value: Any, problems: list[Problem]) -> None:
    """Set a dotted key of a document, or remove a section; what cannot be set joins the problems.

    Parameters
    ----------
    document : dict
        The merged document, which is changed.
    key : str
        ``section``, ``section.parameter``, ``equalization.ENTRY`` or
        ``equalization.ENTRY.parameter``.
    value : Any
        False of a section or an entry removes it, True of a section switches it on.
    problems : list of Problem
        Where problems are added.
    """
    parts = key.split(".")
    if parts[0] == "equalization" and len(parts) in (2, 3):
        entries: list[dict[str, Any]] = document.get("equalization", [])
        found = [e for e in entries if isinstance(e, dict) and e.get("name") == parts[1]]
        if not found:
            known = [str(e.get("name")) for e in entries if isinstance(e, dict)]
            remedy = nearest(parts[1], known)
            problems.append(Problem("--set", "no such equalization entry", remedy, value=key))
        elif len(parts) == 2 and value is False:
            document["equalization"] = [e for e in entries if e is not found[0]]
        elif len(parts) == 3:
            found[0][parts[2]] = value
        else:
            remedy = f"write {key}.maximum=VALUE"
            problems.append(Problem("--set", "an entry is set key by key", remedy, value=key))
    elif len(parts) == 1 and value is False:
        document.pop(parts[0], None)
    elif parts[0] == "extends":
        remedy = "name the other model with --model, or write a model.toml that extends it"
        problems.append(Problem("--set", "what a model extends cannot be set", remedy, value=key))
    elif len(parts) == 1 and parts[0] in PLAIN:
        document[parts[0]] = value
    elif len(parts) == 1 and value is True:
        document.setdefault(parts[0], {})
    elif len(parts) == 2:
        section = document.setdefault(parts[0], {})
        if parts[0] == "objective" and parts[1] in ("minimize", "maximize"):
            document["objective"] = {parts[1]: value}
        elif isinstance(section, dict):
            section[parts[1]] = value
        else:
            remedy = f"write {parts[0]}=value"
            problems.append(Problem("--set", "it has no parameters", remedy, value=key))
    else:
        remedy = "write section.parameter=value, such as coverage.floor=0.8"
        problems.append(Problem("--set", "not a key of a model document", remedy, value=key))
