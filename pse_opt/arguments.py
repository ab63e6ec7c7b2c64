"""What a user types: the options of the commands, and what is read from them."""

from __future__ import annotations

import functools
import importlib
import inspect
import sys
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

from pse_opt import completion, terminal
from pse_opt.errors import InputError, Problem


def flag(*names: str, text: str) -> Any:
    """A switch, without a placeholder for a value in the help."""
    return typer.Option(*names, metavar="", help=text)


Json = Annotated[bool, flag("--json", text="Print JSON and nothing else to stdout.")]
Quiet = Annotated[bool, flag("--quiet", "-q", text="Print nothing but errors.")]
Force = Annotated[bool, flag("--force", text="Write beside other files.")]
Plugin = Annotated[
    list[str] | None,
    typer.Option("--plugin", metavar="MODULE", help="Import MODULE first: your own components."),
]
InstanceName = Annotated[
    str,
    typer.Argument(
        metavar="INSTANCE",
        help="Name (or NAME@VARIANT), folder or workbook.",
        autocompletion=completion.instances,
    ),
]
Model = Annotated[
    str,
    typer.Option(
        "--model",
        "-m",
        metavar="MODEL",
        help="Name of a model, or a model.toml.",
        autocompletion=completion.models,
    ),
]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Override, such as coverage.floor=0.8."),
]
Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="Folder to create.")]
Named = Annotated[
    str,
    typer.Argument(
        metavar="NAME",
        help="An instance or a model.",
        autocompletion=completion.instances_or_models,
    ),
]
PlanPath = Annotated[
    Path, typer.Argument(metavar="PLAN", help="Result folder or workbook, or table of deliveries.")
]
Maths = Annotated[bool, flag("--maths", text="The equations of a model.")]
PlanModel = Annotated[
    str | None,
    typer.Option(
        "--model",
        "-m",
        metavar="MODEL",
        help="Needed for a table of deliveries.",
        autocompletion=completion.models,
    ),
]
Gap = Annotated[float | None, typer.Option(metavar="SHARE", help="Relative gap to stop at.")]
TimeLimit = Annotated[float | None, typer.Option(metavar="SECONDS", help="Time to stop after.")]
Threads = Annotated[int | None, typer.Option(metavar="NUMBER", help="Threads of the solver.")]
Seed = Annotated[int | None, typer.Option(metavar="NUMBER", help="Random seed of the solver.")]
Strategy = Annotated[
    str | None, typer.Option(metavar="NAME", help="How to solve, such as auto, direct, separate.")
]
Workers = Annotated[int, typer.Option(metavar="NUMBER", help="Processes that solve.", min=1)]
Dask = Annotated[
    str | None, typer.Option("--dask", metavar="ADDRESS", help="Solve on this Dask cluster.")
]
Target = Annotated[
    Path | None,
    typer.Option("--out", metavar="FOLDER", help="Default: results/INSTANCE-MODEL."),
]
Out = Annotated[
    Path | None, typer.Option("--out", metavar="FOLDER", help="Default: nothing is written.")
]
Record = Annotated[
    bool, flag("--record", text="Keep plan and bound in the instance's best_known/ folder.")
]
Raw = Annotated[
    Path, typer.Option("--raw", metavar="FOLDER", envvar="PSE_OPT_DATA", help="The raw files.")
]
NewInstance = Annotated[Path, typer.Option("--out", metavar="FOLDER", help="The instance.")]
Replace = Annotated[bool, flag("--force", text="Replace tables that are there.")]


@dataclass(frozen=True)
class Reply:
    """How a command answers."""

    as_json: Json = False
    quiet: Quiet = False

    @property
    def loud(self) -> bool:
        """Whether somebody reads along."""
        return not (self.as_json or self.quiet)

    def warn(self, found: Sequence[Problem]) -> None:
        """Print what is doubtful, where somebody reads along."""
        if self.loud:
            terminal.warnings(found)

    def answer(self, screen: Any, data: Any) -> None:
        """Print what was found: as a screen, or as JSON alone."""
        terminal.answer(screen, data, as_json=self.as_json, quiet=self.quiet)


@dataclass(frozen=True)
class Screen(Reply):
    """The same, of a command that knows components of the user's own."""

    plugin: Plugin = None


@dataclass(frozen=True)
class Solving:
    """How an analysis solves its models."""

    gap: Gap = None
    time_limit: TimeLimit = None
    workers: Workers = 1

    @property
    def options(self) -> dict[str, Any]:
        """Its Python function's arguments of these names."""
        return {"gap": self.gap, "time_limit": self.time_limit, "workers": self.workers}


@dataclass(frozen=True)
class Anywhere(Solving):
    """The same, here or on a cluster."""

    dask: Dask = None


def grouped(command: Callable[..., None]) -> Callable[..., None]:
    """Let a command take options in groups: a parameter that is a dataclass stands for its fields.

    Examples
    --------
    >>> def command(screen: Screen) -> None:
    ...     print(screen.loud)
    >>> list(inspect.signature(grouped(command)).parameters)
    ['as_json', 'quiet', 'plugin']
    >>> grouped(command)(as_json=True, quiet=False, plugin=None)
    False
    """
    hints = get_type_hints(command, include_extras=True)
    groups: dict[str, Any] = {}
    options: list[inspect.Parameter] = []
    for name, parameter in inspect.signature(command).parameters.items():
        kind = hints[name]
        mine = [parameter.replace(annotation=kind)]
        if isinstance(kind, type) and is_dataclass(kind):
            groups[name] = kind
            own = get_type_hints(kind, include_extras=True)
            listed = inspect.signature(kind).parameters.values()
            mine = [p.replace(annotation=own[p.name]) for p in listed]
        options += [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in mine]

    @functools.wraps(command)
    def called(**given: Any) -> None:
        for name, kind in groups.items():
            given[name] = kind(**{f.name: given.pop(f.name) for f in fields(kind)})
        command(**given)

    called.__signature__ = inspect.Signature(options)  # type: ignore[attr-defined]
    called.__annotations__ = {}
    return called


def load_plugins(modules: list[str] | None) -> None:
    """Import the user's own components, from the working folder too."""
    for name in modules or []:
        if str(Path.cwd()) not in sys.path:
            sys.path.insert(0, str(Path.cwd()))
        try:
            importlib.import_module(name)
        except (Exception, SystemExit) as error:
            missing = isinstance(error, ModuleNotFoundError) and name.startswith(error.name or "-")
            message = str(error) if missing else f"importing it failed: {_told(error)}"
            remedy = "name a module that Python can import from here, without .py"
            if not missing:
                remedy = f"correct it until `python -c 'import {name}'` works"
            raise InputError([Problem("--plugin", message, remedy, value=name)]) from None


def _told(error: BaseException) -> str:
    """An error with the file and line it came from."""
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    place = "" if frame is None else f" ({frame.tb_frame.f_code.co_filename}:{frame.tb_lineno})"
    if isinstance(error, SyntaxError):
        place = ""
    return f"{type(error).__name__}: {error}{place}"


def overrides(settings: list[str] | None) -> dict[str, Any]:
    """Read KEY=VALUE pairs; values are TOML, bare words are text."""
    found: dict[str, Any] = {}
    problems = []
    for setting in settings or []:
        key, sign, text = setting.partition("=")
        if not sign or not key.strip():
            remedy = "write KEY=VALUE, such as coverage.floor=0.8"
            problems.append(Problem("--set", "not a setting", remedy, value=setting))
            continue
        try:
            found[key.strip()] = tomllib.loads(f"value = {text}")["value"]
        except tomllib.TOMLDecodeError:
            found[key.strip()] = text.strip()
    if problems:
        raise InputError(problems)
    return found


def factors(pairs: list[str]) -> dict[str, float]:
    """Read NAME=FACTOR pairs; what is not a number is none, and refused with everything else."""
    found = {}
    for pair in pairs:
        name, _, text = pair.partition("=")
        try:
            found[name.strip()] = float(text)
        except ValueError:
            found[name.strip()] = float("nan")
    return found


def refuse_full(folder: Path, remedy: str) -> None:
    """Refuse a folder with something in it."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError([Problem(str(folder), "there is something in it already", remedy)])
