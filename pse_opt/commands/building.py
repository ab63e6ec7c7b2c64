"""What the builders share: tables made, written as an instance and read again."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from pse_opt import arguments as arg
from pse_opt import terminal
from pse_opt.errors import InputError, Problem

if TYPE_CHECKING:
    import pandas as pd

    from pse_opt.instance import Instance

__all__ = ["REPLACE", "builder", "solve_command", "stripped", "write"]

Built: TypeAlias = "tuple[dict[str, Any], dict[str, pd.DataFrame]]"

REPLACE = "name another folder, or add --force to replace its tables"
"""What to do about a folder that holds something already."""


def builder(source: str, raw: Path, **options: str) -> Callable[..., Built]:
    """Return a builder that knows its raw files and what it is told."""
    from pse_opt.recipes import SOURCES, raw_folder

    return partial(import_module(SOURCES[source][0]).build, raw_folder(raw, source), **options)


def write(
    make: Callable[..., Built],
    target: Path,
    *,
    variants: bool = False,
    force: bool,
    reply: arg.Reply,
) -> None:
    """Build, write, read again, and say what there is now.

    Parameters
    ----------
    make : callable
        ``make(**options)`` returns the content of ``instance.toml`` and the tables; with
        ``variants`` it is also called with ``variant="low"`` and ``"high"``.
    """
    from pse_opt.io import read_instance, write_instance, write_variant

    if not force:
        arg.refuse_full(target, REPLACE)
    with terminal.working("building the tables", enabled=reply.loud) as say:
        about, tables, others = _made(make, variants=variants, say=say)
        if say:
            say("writing and reading again")
        write_instance(target, about, tables)
        for name, changed in others.items():
            differing = {k: t for k, t in changed.items() if not t.equals(tables[k])}
            write_variant(target, name, differing)
        built = read_instance(target)
    reply.warn(built.warnings)
    data = {"folder": str(target), "tables": {k: len(v) for k, v in tables.items()}}
    reply.answer(f"{built}\nwritten to {target}", data)


def _made(
    make: Callable[..., Built], *, variants: bool, say: Callable[[str], None] | None
) -> tuple[dict[str, Any], dict[str, pd.DataFrame], dict[str, dict[str, pd.DataFrame]]]:
    """Return document and tables, and the tables of each variant."""
    others = {}
    try:
        about, tables = make()
        for name in ("low", "high") if variants else ():
            if say:
                say(f"building the variant {name}")
            others[name] = make(variant=name)[1]
    except ValueError as error:
        if isinstance(error, InputError):
            raise
        raise InputError([Problem("build", str(error), "see build SOURCE --help")]) from None
    return about, tables, others


def stripped(instance: Instance) -> Built:
    """An instance as it is written: tables without columns that say no more than blank ones."""
    from pse_opt.tables import TABLES

    tables = {}
    for name, frame in instance.tables.items():
        known = TABLES[name].by_name
        blank = frame.isna() | (frame == "")
        for c in frame.columns.intersection(list(known)):
            blank[c] |= (not known[c].required) & (frame[c] == known[c].default)
        if len(frame):
            tables[name] = frame.loc[:, ~blank.all()]
    return instance.about.to_document(), tables


def solve_command(folder: Path, model: str, overrides: Mapping[str, Any]) -> str:
    """Return the command line that solves an instance under a model with overrides."""
    words = ["python -m pse_opt solve", shlex.quote(str(folder)), "--model", model]
    for key, value in overrides.items():
        words += ["--set", shlex.quote(f"{key}={json.dumps(value)}")]
    return " ".join(words)
