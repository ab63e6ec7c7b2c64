"""The model document: which rules hold, with which parameters, and what is best."""

from __future__ import annotations

import copy
import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

import tomli_w
from pydantic import BaseModel, ValidationError

from pse_opt import components, resources
from pse_opt.document import Equalization, Objective, SolveOptions
from pse_opt.errors import InputError, Problem, nearest

__all__ = ["Equalization", "Objective", "Policy", "SolveOptions", "read_policy"]

PLAIN = ("name", "title", "description", "extends")
Part = TypeVar("Part", bound=BaseModel)


@dataclass(frozen=True, eq=False)
class Policy:
    """A model document, read, merged and checked.

    Attributes
    ----------
    name, title, description : str
        As in the document.
    sections : mapping of str to mapping
        Parameters of every component switched on, defaults filled in.
    equalization : tuple of Equalization
        Bounds on inequality, in the document's order.
    objective : Objective
        What is best.
    options : SolveOptions
        When to stop.
    document : mapping
        The merged document, from which the policy can be read again.
    overrides : mapping of str to Any
        What was set on top of the named model.
    """

    name: str
    title: str
    description: str
    sections: Mapping[str, Mapping[str, Any]]
    equalization: tuple[Equalization, ...]
    objective: Objective
    options: SolveOptions
    document: Mapping[str, Any]
    overrides: Mapping[str, Any]

    def to_toml(self) -> str:
        """Return the merged document as TOML."""
        return tomli_w.dumps(dict(self.document))


def read_policy(
    model: str | Path | Mapping[str, Any] | Policy, overrides: Mapping[str, Any] | None = None
) -> Policy:
    """Read a model document.

    Parameters
    ----------
    model : str, Path, mapping or Policy
        Name of a shipped model, path of a ``model.toml`` (or its folder), or the document itself.
    overrides : mapping, optional
        Dotted keys to values, such as ``{"equalization.regions.maximum": 0.05}``; False removes a
        section.

    Raises
    ------
    InputError
        Unknown component, parameter, measure or cost term (with the nearest known name), or a
        value out of range; all at once.
    """
    components.load_builtin()
    if isinstance(model, Policy):
        if not overrides:
            return model
        overrides = {**model.overrides, **overrides}
        document, where = copy.deepcopy(dict(model.document)), model.name
    else:
        document, where = _merged(model, ())
    problems: list[Problem] = []
    for key, value in (overrides or {}).items():
        _override(document, key, value, problems)
    sections = _sections(document, where, problems)
    equalization = _equalization(document, where, problems)
    objective = _part(Objective, document.get("objective", {}), "objective", where, problems)
    options = _part(SolveOptions, document.get("solve", {}), "solve", where, problems)
    if objective is not None:
        _known_terms(objective, where, problems)
    texts = {k: document.get(k, "") for k in PLAIN}
    for key, text in texts.items():
        if not isinstance(text, str):
            problems.append(
                Problem(where, "must be text", "put it in quotes", column=key, value=text)
            )
    if problems or objective is None or options is None:
        raise InputError(problems)
    return Policy(
        str(document.get("name") or "unnamed"),
        str(texts["title"]),
        str(texts["description"]).strip(),
        MappingProxyType(sections),
        tuple(equalization),
        objective,
        options,
        MappingProxyType(document),
        MappingProxyType(dict(overrides or {})),
    )


def _merged(
    model: str | Path | Mapping[str, Any], above: tuple[str, ...]
) -> tuple[dict[str, Any], str]:
    """Return the document with what it extends merged in, and what to call it."""
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
    base, _ = _merged(beside, (*above, str(parent)))
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
    merged = copy.deepcopy(base)
    for key, value in own.items():
        if key == "equalization" and isinstance(value, list):
            entries = {e.get("name"): e for e in merged.get(key, [])}
            for number, entry in enumerate(value):
                if isinstance(entry, Mapping):
                    name = entry.get("name")
                    entries[name] = {**entries.get(name, {}), **entry}
                else:
                    entries[number] = entry
            merged[key] = list(entries.values())
        elif isinstance(value, Mapping) and key != "objective":
            merged[key] = {**merged.get(key, {}), **value}
        else:
            merged[key] = copy.deepcopy(value)
    return merged


def _override(document: dict[str, Any], key: str, value: Any, problems: list[Problem]) -> None:
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


def _sections(
    document: Mapping[str, Any], where: str, problems: list[Problem]
) -> dict[str, Mapping[str, Any]]:
    known = components.sections()
    reserved = {*PLAIN, "equalization", "objective", "solve"}
    found: dict[str, Mapping[str, Any]] = {}
    for section, values in document.items():
        if section in reserved:
            continue
        if section not in known:
            remedy = nearest(section, [*known, "equalization", "objective", "solve"], listing=40)
            remedy += "; a component of your own is imported with --plugin"
            problems.append(Problem(where, "unknown component", remedy, column=section))
            continue
        if not isinstance(values, Mapping):
            remedy = f"write it as a table: [{section}]"
            problems.append(Problem(where, "not a table of parameters", remedy, column=section))
            continue
        part = _part(components.section_parameters(section), values, section, where, problems)
        if part is not None:
            found[section] = MappingProxyType(part.model_dump())
    return found


def _equalization(
    document: Mapping[str, Any], where: str, problems: list[Problem]
) -> list[Equalization]:
    entries = document.get("equalization", [])
    if not isinstance(entries, list):
        remedy = "write every entry under [[equalization]]"
        problems.append(Problem(where, "not a list of entries", remedy, column="equalization"))
        return []
    found = []
    for number, entry in enumerate(entries, start=1):
        name = entry.get("name", number) if isinstance(entry, Mapping) else number
        label = f"equalization.{name}"
        part = _part(Equalization, entry, label, where, problems)
        if part is not None:
            found.append(part)
    names = [e.name for e in found]
    problems += [
        Problem(where, "two entries have the same name", "rename one", value=name)
        for name in sorted({n for n in names if names.count(n) > 1})
    ]
    return found


PLAIN_WORDS: Mapping[str, tuple[str, str]] = {
    "greater_than_equal": ("too small", "write at least {ge}"),
    "greater_than": ("too small", "write more than {gt}"),
    "less_than_equal": ("too great", "write at most {le}"),
    "less_than": ("too great", "write less than {lt}"),
    "float_type": ("not a number", "write a number, without quotes"),
    "float_parsing": ("not a number", "write a number, without quotes"),
    "int_type": ("not a whole number", "write a whole number, without quotes"),
    "int_parsing": ("not a whole number", "write a whole number, without quotes"),
    "int_from_float": ("not a whole number", "write a whole number"),
    "finite_number": ("not a finite number", "write a number"),
    "list_type": ("not a list", 'write it in square brackets: ["...", "..."]'),
    "string_type": ("not text", "put it in quotes"),
    "string_pattern_mismatch": ("not a name", "use letters, digits, - and _ only"),
    "dict_type": ("not a table", "write names and values in braces: {{ name = value }}"),
    "model_type": ("not a table", "write it as a table with keys"),
    "missing": ("the parameter is missing", "write it"),
}
"""What pydantic finds, in plain words with a remedy."""


def _part(
    kind: type[Part], values: Any, section: str, where: str, problems: list[Problem]
) -> Part | None:
    """Validate one part of the document, adding what is wrong to the problems."""
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        found: dict[str, Problem] = {}
        for e in error.errors(include_url=False):
            key = ".".join([section, *(str(k) for k in e["loc"][:1])])
            message, remedy = _said(kind, e)
            value = e["input"] if e["type"] != "missing" and e["loc"] else None
            # A parameter of several kinds fails as each of them; the first is enough.
            found.setdefault(key, Problem(where, message, remedy, column=key, value=value))
        problems.extend(found.values())
        return None


def _said(kind: type[BaseModel], e: Any) -> tuple[str, str]:
    """Return message and remedy of one of pydantic's findings."""
    if e["type"] == "extra_forbidden":
        return "unknown parameter", nearest(str(e["loc"][-1]), list(kind.model_fields))
    if e["type"] == "literal_error":
        return "not known", _nearest_word(e["input"], str(e["ctx"]["expected"]))
    message, remedy = PLAIN_WORDS.get(e["type"], (e["msg"].removeprefix("Value error, "), ""))
    return message, remedy.format(**e.get("ctx", {}))


def _nearest_word(word: Any, expected: str) -> str:
    words = [w.strip(" '") for w in expected.replace(" or ", ",").split(",")]
    close = difflib.get_close_matches(str(word), words, n=1)
    return (f"did you mean {close[0]!r}? " if close else "") + "known: " + ", ".join(words)


def _known_terms(objective: Objective, where: str, problems: list[Problem]) -> None:
    for term in objective.minimize or ():
        if term not in components.COST_TERMS:
            remedy = nearest(term, components.COST_TERMS, listing=20)
            column = "objective.minimize"
            problems.append(Problem(where, "unknown cost term", remedy, column=column, value=term))
