"""The model document: which rules hold, with which parameters, and what is best."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import tomli_w

from pse_opt import components
from pse_opt.document import Equalization, Objective, SolveOptions
from pse_opt.errors import InputError, Problem, nearest
from pse_opt.merging import PLAIN, merged, override
from pse_opt.parts import checked_part

__all__ = ["Equalization", "Objective", "Policy", "SolveOptions", "read_policy", "settings_of"]


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
        document, where = merged(model)
    problems: list[Problem] = []
    for key, value in (overrides or {}).items():
        override(document, key, value, problems)
    sections = _sections(document, where, problems)
    equalization = _equalization(document, where, problems)
    objective = checked_part(Objective, document.get("objective", {}), "objective", where, problems)
    options = checked_part(SolveOptions, document.get("solve", {}), "solve", where, problems)
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


def settings_of(overrides: Mapping[str, Any] | None, **options: Any) -> dict[str, Any]:
    """Return dotted keys to values: overrides, and those options of ``solve`` that are given."""
    given = {f"solve.{name}": value for name, value in options.items() if value is not None}
    return {**(overrides or {}), **given}


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
        part = checked_part(
            components.section_parameters(section), values, section, where, problems
        )
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
        part = checked_part(Equalization, entry, label, where, problems)
        if part is not None:
            found.append(part)
    names = [e.name for e in found]
    problems += [
        Problem(where, "two entries have the same name", "rename one", value=name)
        for name in sorted({n for n in names if names.count(n) > 1})
    ]
    return found


def _known_terms(objective: Objective, where: str, problems: list[Problem]) -> None:
    for term in objective.minimize or ():
        if term not in components.COST_TERMS:
            remedy = nearest(term, components.COST_TERMS, listing=20)
            column = "objective.minimize"
            problems.append(Problem(where, "unknown cost term", remedy, column=column, value=term))
