"""Suites as TOML documents: groups of problems with models, strategies, limits and seeds."""

from __future__ import annotations

import fnmatch
import tomllib
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pse_opt import resources
from pse_opt.bench.cases import OURS, Case
from pse_opt.errors import InputError, Problem, nearest
from pse_opt.formats import FORMATS, catalogue

__all__ = ["Group", "Limits", "Suite", "read_suite", "suite_names"]

Positive = Annotated[float, Field(gt=0)]
Natural = Annotated[int, Field(ge=0)]


class Limits(BaseModel):
    """How runs are made; a group inherits what it does not say from ``[defaults]``."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    runners: list[str] = [OURS]
    strategies: list[str] = ["auto"]
    gap: Annotated[float, Field(ge=0, le=1)] = 1e-6
    time_limit: Positive = 60.0
    threads: Natural = 1
    seeds: list[Natural] = [0]
    repeats: Annotated[int, Field(ge=1)] = 1
    until: Literal["solved", "handoff"] = "solved"


class Group(Limits):
    """Problems that are reported together."""

    name: str = Field(pattern=r"^[A-Za-z0-9_-]+$")
    problems: list[str] = Field(min_length=1)
    without: list[str] = []
    models: list[str] = [""]
    set: dict[str, Any] = {}


class Suite(BaseModel):
    """A suite.

    Attributes
    ----------
    name, title : str
        What it is called, and what it is for.
    defaults : Limits
        What groups inherit.
    group : list of Group
        Its groups, in order.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: str = Field(pattern=r"^[A-Za-z0-9_-]+$")
    title: str = ""
    defaults: Limits = Limits()
    group: list[Group] = Field(min_length=1)

    def only(self, names: list[str] | None) -> Suite:
        """Return the suite with these groups alone; all of them where none is named.

        Raises
        ------
        InputError
            There is no such group.
        """
        known = [g.name for g in self.group]
        problems = [
            Problem(self.name, "there is no such group", nearest(n, known), value=n)
            for n in names or ()
            if n not in known
        ]
        if problems:
            raise InputError(problems)
        chosen = [g for g in self.group if not names or g.name in names]
        return self.model_copy(update={"group": chosen})

    def cases(self) -> list[Case]:
        """Return every run, in order.

        Raises
        ------
        InputError
            Two groups have the same name, or a pattern names no published problem.
        """
        names = [g.name for g in self.group]
        problems = [
            Problem(self.name, "two groups have the same name", "rename one", value=n)
            for n in sorted({n for n in names if names.count(n) > 1})
        ]
        found = [case for group in self.group for case in _cases(group, problems)]
        if problems:
            raise InputError(problems)
        return found


def _cases(group: Group, problems: list[Problem]) -> Iterator[Case]:
    for name in _named(group, problems):
        ways = product(group.models, group.runners, group.seeds, range(group.repeats))
        for model, runner, seed, repeat in ways:
            for strategy in group.strategies if runner == OURS else [""]:
                yield Case(
                    group.name,
                    name,
                    model,
                    group.set,
                    runner,
                    strategy,
                    group.gap,
                    group.time_limit,
                    group.threads,
                    seed,
                    repeat,
                    group.until,
                )


def _named(group: Group, problems: list[Problem]) -> list[str]:
    """The problems of a group; patterns are of the catalogue of published problems."""
    found: dict[str, None] = {}
    for pattern in group.problems:
        if pattern.partition("/")[0] not in FORMATS:
            found[pattern] = None
            continue
        matching = fnmatch.filter(catalogue(), pattern)
        if not matching:
            remedy = nearest(pattern, catalogue())
            message = "no published problem is called so"
            problems.append(Problem("suite", message, remedy, None, group.name, pattern))
        found |= dict.fromkeys(matching)
    left_out = {n for pattern in group.without for n in fnmatch.filter(found, pattern)}
    return [n for n in found if n not in left_out]


def suite_names() -> list[str]:
    """Return the names of the shipped suites."""
    return sorted(p.stem for p in _folder().glob("*.toml"))


def _folder() -> Path:
    return resources.share() / "benchmarks" / "suites"


def read_suite(name: str | Path) -> Suite:
    """Read a suite.

    Parameters
    ----------
    name : str or Path
        Name of a shipped suite, or a TOML file.

    Raises
    ------
    InputError
        There is no such suite, or its document is wrong: all that is wrong with it at once.
    """
    path = Path(name)
    if path.suffix != ".toml":
        if str(name) not in suite_names():
            message, remedy = "there is no such suite", nearest(str(name), suite_names())
            raise InputError([Problem("bench", message, remedy, value=name)])
        path = _folder() / f"{name}.toml"
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        message, remedy = f"cannot be read: {error.strerror}", "check the path"
        raise InputError([Problem(str(path), message, remedy)]) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        message, remedy = f"not a TOML document: {error}", "correct it at that place"
        raise InputError([Problem(str(path), message, remedy)]) from None
    document.setdefault("name", path.stem)
    defaults = document.get("defaults", {})
    if isinstance(document.get("group"), list) and isinstance(defaults, dict):
        document["group"] = [
            {**defaults, **g} if isinstance(g, dict) else g for g in document["group"]
        ]
    try:
        return Suite.model_validate(document)
    except ValidationError as error:
        raise InputError(_problem(path.name, e) for e in error.errors(include_url=False)) from None


def _problem(where: str, error: Any) -> Problem:
    place = ".".join(str(k + 1) if isinstance(k, int) else str(k) for k in error["loc"])
    message = error["msg"].removeprefix("Value error, ")
    remedy = "correct it"
    if error["type"] == "extra_forbidden":
        message = "unknown key"
        remedy = nearest(
            str(error["loc"][-1]), [*Group.model_fields, "defaults", "title"], listing=20
        )
    value = error["input"] if isinstance(error["input"], str | int | float) else None
    return Problem(where, message[:1].lower() + message[1:], remedy, column=place, value=value)
