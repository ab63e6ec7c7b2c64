"""What a user types: the options of the commands, and what is read from them."""

from __future__ import annotations

import importlib
import sys
import tomllib
from pathlib import Path
from typing import Annotated, Any

import typer

from pse_opt import completion
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
Target = Annotated[
    Path | None,
    typer.Option("--out", metavar="FOLDER", help="Default: results/INSTANCE-MODEL."),
]
Record = Annotated[
    bool, flag("--record", text="Keep plan and bound in the instance's best_known/ folder.")
]
Raw = Annotated[
    Path, typer.Option("--raw", metavar="FOLDER", envvar="PSE_OPT_DATA", help="The raw files.")
]
NewInstance = Annotated[Path, typer.Option("--out", metavar="FOLDER", help="The instance.")]
Replace = Annotated[bool, flag("--force", text="Replace tables that are there.")]


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


def refuse_full(folder: Path, remedy: str) -> None:
    """Refuse a folder with something in it."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError([Problem(str(folder), "there is something in it already", remedy)])
