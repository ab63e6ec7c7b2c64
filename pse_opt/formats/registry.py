"""The published formats by name."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from pydantic import TypeAdapter, ValidationError

from pse_opt.errors import InputError, Problem, nearest
from pse_opt.formats import covering, distances, graphs, kolm_pollak, matrices, points
from pse_opt.formats.classic import Published
from pse_opt.instance import Instance
from pse_opt.plan import Plan

__all__ = ["FORMATS", "Format", "read_published"]


@dataclass(frozen=True)
class Format:
    """A published format.

    Attributes
    ----------
    name, title : str
        What it is called, and what it holds.
    folder : str
        Where its files are, below the folder ``benchmarks`` of PSE_OPT_DATA.
    read : callable
        ``read(path, **options)`` returns a :class:`Published`.
    plan : callable or None
        ``plan(path, instance)`` reads a published plan.
    """

    name: str
    title: str
    folder: str
    read: Callable[..., Published]
    plan: Callable[[Path, Instance], Plan] | None = None


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        f.name: f
        for f in (
            Format(
                "kolm-pollak",
                "Kolm-Pollak facility location: a folder of three CSV tables",
                "kolm_pollak_dskipper",
                kolm_pollak.read,
            ),
            Format(
                "orlib-cap",
                "OR-Library warehouse location, capacitated and uncapacitated",
                "orlib_cap",
                matrices.orlib_cap,
            ),
            Format(
                "orlib-pmed", "OR-Library p-median and p-center", "orlib_pmed", graphs.orlib_pmed
            ),
            Format(
                "orlib-pmedcap",
                "OR-Library capacitated p-median",
                "orlib_pmedcap/txt",
                points.orlib_pmedcap,
            ),
            Format("orlib-scp", "OR-Library set covering", "orlib_scp", covering.orlib_scp),
            Format(
                "holmberg",
                "Single-source facility location, Holmberg, Ronnqvist and Yuan",
                "sscflp_holmberg",
                matrices.holmberg,
            ),
            Format(
                "tbed1",
                "Facility location, test bed 1 of Avella and Boccia",
                "cflp_tbed1",
                matrices.tbed1,
            ),
            Format(
                "ufllib",
                "UflLib, uncapacitated facility location",
                "ufllib",
                matrices.ufllib,
                matrices.ufllib_plan,
            ),
            Format(
                "sjc-cpmp",
                "Capacitated p-median, Sao Jose dos Campos",
                "sjc_cpmp",
                points.sjc_cpmp,
            ),
            Format(
                "mclp-ails",
                "Maximal covering of census blocks",
                "mclp_ails",
                covering.mclp_ails,
                covering.mclp_ails_plan,
            ),
            Format(
                "mclp-sjc",
                "Maximal covering, Sao Jose dos Campos",
                "mclp_sjc",
                covering.mclp_sjc,
            ),
            Format("spopt", "A CSV table of distances with demand", "spopt", distances.spopt),
            Format("tsplib", "TSPLIB coordinates: p-median, p-center", "tsplib", points.tsplib),
            Format("swain", "Swain's 55 nodes", "swain55", points.swain),
        )
    }
)
"""All formats by name."""


def read_published(name: str, path: Path, options: Mapping[str, Any] | None = None) -> Published:
    """Read a published file.

    Parameters
    ----------
    name : str
        A format of :data:`FORMATS`.
    path : Path
        The file (for ``kolm-pollak`` the folder).
    options : mapping, optional
        What the format's reader takes, such as ``{"sites": 5}``.

    Raises
    ------
    InputError
        Unknown format or option, or whatever is wrong with the file, with its line.
    """
    if name not in FORMATS:
        message, remedy = "no such format", nearest(name, FORMATS, listing=20)
        raise InputError([Problem("--format", message, remedy, value=name)])
    reader = FORMATS[name].read
    return reader(path, **_checked(reader, name, options or {}))


def _checked(reader: Callable[..., Any], name: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options as the reader declares them; all that is wrong with them at once."""
    signature = inspect.signature(reader).parameters
    known = {k: p for k, p in signature.items() if p.kind is p.KEYWORD_ONLY}
    hints = get_type_hints(reader)
    found: dict[str, Any] = {}
    problems = []
    for key, value in options.items():
        if key not in known:
            remedy = nearest(key, known)
            problems.append(Problem("--set", f"{name} has no such option", remedy, value=key))
            continue
        try:
            found[key] = TypeAdapter(hints[key]).validate_python(value)
        except ValidationError:
            remedy = f"give {_words(hints[key])}"
            problems.append(Problem("--set", "not understood", remedy, column=key, value=value))
    problems += [
        Problem("--set", f"{name} needs to know {key}", f"write --set {key}=...", column=key)
        for key, parameter in known.items()
        if parameter.default is inspect.Parameter.empty and key not in options
    ]
    if problems:
        raise InputError(problems)
    return found


def _words(hint: Any) -> str:
    """What a type hint asks for, in words."""
    if get_origin(hint) is Literal:
        return "one of " + ", ".join(get_args(hint))
    parts = [p for p in get_args(hint) if p is not type(None)] or [hint]
    names = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}
    return " or ".join(names.get(p, _words(p) if get_args(p) else str(p)) for p in parts)
