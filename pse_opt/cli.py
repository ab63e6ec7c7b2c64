"""The command line: ``python -m pse_opt COMMAND``.

Exit codes: 0 done, 1 internal error, 2 bad input, 3 infeasible, 4 no plan found in time, 5 a plan
failed verification, 130 interrupted (the incumbent is kept and written).
"""

from __future__ import annotations

import importlib
import json
import shutil
import sys
import tomllib
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console, RenderableType

from pse_opt import resources
from pse_opt.errors import InputError, Problem, PseError

if TYPE_CHECKING:
    from pse_opt.instance import Instance
    from pse_opt.policy import Policy
    from pse_opt.solving.result import Result

__all__ = ["app", "main"]

app = typer.Typer(
    name="pse_opt",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
    help="""Who delivers which public service, where: least-cost, equalized, certified plans.

Start with [bold]list[/bold], then [bold]solve mw-districts --model equalized[/bold].

INSTANCE is a name from [bold]list[/bold] or a folder of CSV tables;
MODEL a name or a model.toml.""",
    epilog="Exit codes: 0 done, 1 internal error, 2 bad input, 3 infeasible, 4 no plan in time, "
    "5 plan failed verification, 130 interrupted.",
)

Json = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else to stdout.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")]
Plugin = Annotated[
    list[str] | None,
    typer.Option("--plugin", metavar="MODULE", help="Import MODULE first: your own components."),
]
InstanceName = Annotated[
    str, typer.Argument(metavar="INSTANCE", help="Name (with @VARIANT) or folder.")
]
Model = Annotated[str, typer.Option("--model", "-m", help="Name of a model, or a model.toml.")]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Override, e.g. coverage.floor=0.8."),
]

out = Console(soft_wrap=False, highlight=False)
err = Console(stderr=True, highlight=False)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    try:
        app(list(sys.argv[1:] if arguments is None else arguments))
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 0
    except InputError as error:
        count = len(error.problems)
        err.print(f"[bold]{'1 problem' if count == 1 else f'{count} problems'} in the input[/bold]")
        for problem in error.problems:
            err.print(f"  {problem}", markup=False)
        return error.exit_code
    except PseError as error:
        err.print(str(error), markup=False)
        return error.exit_code
    except KeyboardInterrupt:
        err.print("interrupted; nothing was written")
        return 130
    except BrokenPipeError:
        pass
    except Exception:
        err.print(traceback.format_exc(), markup=False)
        err.print("internal error: this is our fault, not yours. Please report the lines above.")
        return 1
    return 0


def _plugins(modules: list[str] | None) -> None:
    """Import the user's own components, from the working folder too."""
    for name in modules or []:
        if str(Path.cwd()) not in sys.path:
            sys.path.insert(0, str(Path.cwd()))
        try:
            importlib.import_module(name)
        except ModuleNotFoundError as error:
            remedy = "name a module that Python can import, without .py"
            problem = Problem("--plugin", str(error), remedy, value=name)
            raise InputError([problem]) from None


def _overrides(settings: list[str] | None) -> dict[str, Any]:
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


def _show(screen: RenderableType, data: Any, *, as_json: bool, quiet: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n")
    elif not quiet:
        out.print(screen)


def _warn(warnings: Sequence[Problem], *, as_json: bool, quiet: bool, most: int = 8) -> None:
    if as_json or quiet or not warnings:
        return
    for warning in warnings[:most]:
        err.print(f"warning: {warning}", markup=False, style="yellow")
    if len(warnings) > most:
        err.print(f"... and {len(warnings) - most} more warnings (see check)", style="yellow")


def _load(name: str) -> Instance:
    from pse_opt.io import load_instance

    return load_instance(name)


@app.command("list")
def list_(as_json: Json = False, quiet: Quiet = False, plugin: Plugin = None) -> None:
    """List the shipped instances and models with one line each."""
    from pse_opt.io import load_instance
    from pse_opt.policy import read_policy
    from pse_opt.screens import listing

    _plugins(plugin)
    instances = []
    for name in resources.names("instances", "instance.toml"):
        instance = load_instance(name)
        sizes = {
            "regions": len(instance.regions),
            "services": len(instance.services),
            "needs": len(instance.needs),
            "offers": len(instance.offers),
            "links": len(instance.links),
        }
        instances.append({"name": name, "title": instance.about.title, **sizes})
    known = resources.names("models", "model.toml")
    models = [{"name": name, "title": read_policy(name).title} for name in known]
    data = {"instances": instances, "models": models, "suites": []}
    _show(listing(instances, models), data, as_json=as_json, quiet=quiet)


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="An instance or a model.")],
    maths: Annotated[bool, typer.Option("--maths", help="A model's equations.")] = False,
    as_json: Json = False,
    quiet: Quiet = False,
    plugin: Plugin = None,
) -> None:
    """Show an instance or a model in detail."""
    from pse_opt.manual import equations
    from pse_opt.policy import read_policy
    from pse_opt.screens import instance_screen, model_screen

    _plugins(plugin)
    is_model = name in resources.names("models", "model.toml") or Path(name).suffix == ".toml"
    if is_model or (Path(name) / "model.toml").is_file():
        policy = read_policy(name)
        if maths:
            _show(equations(policy), {"maths": equations(policy)}, as_json=as_json, quiet=quiet)
        else:
            _show(model_screen(policy), dict(policy.document), as_json=as_json, quiet=quiet)
        return
    if name not in resources.names("instances", "instance.toml") and not Path(name).exists():
        from pse_opt.errors import nearest

        known = resources.names("instances", "instance.toml") + resources.names(
            "models", "model.toml"
        )
        message = "there is no instance and no model of this name"
        raise InputError([Problem(name, message, nearest(name, known, listing=40))])
    instance = _load(name)
    data = {
        **instance.about.to_document(),
        "counts": {"regions": len(instance.regions), "needs": len(instance.needs)},
    }
    data["counts"] |= {"offers": len(instance.offers), "links": len(instance.links)}
    _show(instance_screen(instance), data, as_json=as_json, quiet=quiet)


@app.command()
def new(
    folder: Annotated[Path, typer.Argument(help="Folder to create.")],
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Create a small working instance with the data dictionary, to edit."""
    from pse_opt.dictionary import data_dictionary
    from pse_opt.io import write_text

    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        remedy = "name a folder that does not exist yet"
        raise InputError([Problem(str(folder), "there is something in it already", remedy)])
    source = resources.resolve("tiny-two-districts", "instances", "instance.toml")
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted(source.glob("*.csv")):
        shutil.copyfile(path, folder / path.name)
    text = (source / "instance.toml").read_text(encoding="utf-8")
    write_text(folder / "instance.toml", text.replace("tiny-two-districts", folder.resolve().name))
    write_text(folder / "DATA-DICTIONARY.md", data_dictionary())
    lines = f"{folder} holds a working instance. Edit its tables, then:\n"
    lines += f"  python -m pse_opt check {folder}\n  python -m pse_opt solve {folder} --model core"
    _show(lines, {"folder": str(folder)}, as_json=as_json, quiet=quiet)


@app.command()
def check(
    instance: InstanceName, as_json: Json = False, quiet: Quiet = False, plugin: Plugin = None
) -> None:
    """Validate an instance: all problems at once, each with table, row, column and remedy."""
    from pse_opt.screens import problems_screen

    _plugins(plugin)
    try:
        found = _load(instance)
    except InputError as error:
        if not as_json:
            raise
        data = {"problems": [p.to_dict() for p in error.problems], "warnings": []}
        _show("", data, as_json=True, quiet=quiet)
        raise typer.Exit(error.exit_code) from None
    data = {"problems": [], "warnings": [w.to_dict() for w in found.warnings]}
    heading = f"{found}: no problems, {len(found.warnings)} warnings"
    _show(problems_screen(found.warnings, heading), data, as_json=as_json, quiet=quiet)


@app.command()
def build(
    source: Annotated[str, typer.Argument(help="malawi or china.")],
    raw: Annotated[
        Path, typer.Option("--raw", envvar="PSE_OPT_DATA", help="Folder of the raw files.")
    ],
    target: Annotated[Path, typer.Option("--out", help="Folder of the instance.")],
    province: Annotated[
        str, typer.Option("--province", help="china: two-digit code of the province.")
    ] = "64",
    force: Annotated[bool, typer.Option("--force", help="Replace tables that are there.")] = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Build an instance from regional data: malawi, or china with --province."""
    from pse_opt.io import read_instance, write_instance
    from pse_opt.regional import SOURCES

    if source not in SOURCES:
        from pse_opt.errors import nearest

        raise InputError(
            [Problem("build", "unknown source", nearest(source, SOURCES), value=source)]
        )
    if target.exists() and (not target.is_dir() or any(target.iterdir())) and not force:
        remedy = "name another folder, or add --force to replace its tables"
        raise InputError([Problem(str(target), "there is something in it already", remedy)])
    options = {"province": province} if source == "china" else {}
    about, tables = SOURCES[source](raw, **options)
    write_instance(target, about, tables)
    built = read_instance(target)
    _warn(built.warnings, as_json=as_json, quiet=quiet)
    data = {"folder": str(target), "tables": {k: len(v) for k, v in tables.items()}}
    _show(f"{built}\nwritten to {target}", data, as_json=as_json, quiet=quiet)


@app.command()
def solve(
    instance: InstanceName,
    model: Model = "core",
    settings: Settings = None,
    gap: Annotated[float | None, typer.Option(help="Relative gap to stop at.")] = None,
    time_limit: Annotated[float | None, typer.Option(help="Seconds to stop after.")] = None,
    threads: Annotated[int | None, typer.Option(help="Threads of the solver.")] = None,
    seed: Annotated[int | None, typer.Option(help="Random seed of the solver.")] = None,
    strategy: Annotated[str | None, typer.Option(help="auto or direct.")] = None,
    target: Annotated[
        Path | None, typer.Option("--out", help="Result folder; default results/INSTANCE-MODEL.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Write beside other files.")] = False,
    as_json: Json = False,
    quiet: Quiet = False,
    plugin: Plugin = None,
) -> None:
    """Find the best plan, check it, and write the result folder.

    Stops at the gap, at the time limit, or on Ctrl-C; the best plan found is kept and written.
    """
    from pse_opt.policy import read_policy
    from pse_opt.progress import live_progress
    from pse_opt.results import refuse_foreign
    from pse_opt.solving.run import solve as run

    _plugins(plugin)
    policy = read_policy(model, _overrides(settings))
    folder = target or Path("results") / f"{Path(instance).resolve().name}-{policy.name}"
    refuse_foreign(folder, force=force)

    with live_progress(err, enabled=not (as_json or quiet)) as progress:
        result = run(
            instance,
            policy,
            gap=gap,
            time_limit=time_limit,
            threads=threads,
            seed=seed,
            strategy=strategy,
            progress=progress,
        )
    raise typer.Exit(_finish(result, folder, force=force, as_json=as_json, quiet=quiet))


def _finish(result: Result, folder: Path, *, force: bool, as_json: bool, quiet: bool) -> int:
    """Write and show a result; return the exit code."""
    from pse_opt.analysis.summary import summarize
    from pse_opt.results import write_result
    from pse_opt.screens import solve_screen

    written, summary = None, None
    if result.plan is not None:
        written = str(write_result(folder, result, force=force))
        summary = summarize(result)
    _warn(result.warnings, as_json=as_json, quiet=quiet)
    _show(solve_screen(result, summary, written), result.to_dict(), as_json=as_json, quiet=quiet)
    if quiet and result.reasons:
        err.print("\n".join(result.reasons), markup=False)
    if result.termination == "interrupted":
        return 130
    if result.plan is None:
        return {"infeasible": 3, "no_plan": 4}.get(result.status, 1)
    return 0 if result.verified else 5


@app.command()
def verify(
    instance: InstanceName,
    plan: Annotated[Path, typer.Argument(help="Result folder, or CSV table of deliveries.")],
    model: Annotated[
        str | None, typer.Option("--model", "-m", help="Needed for a table of deliveries.")
    ] = None,
    settings: Settings = None,
    as_json: Json = False,
    quiet: Quiet = False,
    plugin: Plugin = None,
) -> None:
    """Check any plan with the independent checker: ours, or one from a spreadsheet."""
    from pse_opt.plan import read_plan
    from pse_opt.screens import plan_screen
    from pse_opt.verification import verify as check_plan

    _plugins(plugin)
    policy = _policy_of(plan, model, settings)
    data = _load(instance)
    found = read_plan(plan, data)
    verification = check_plan(data, found, policy)
    document = {**verification.to_dict(), "inferred": list(found.inferred)}
    _show(plan_screen(data, policy, found, verification), document, as_json=as_json, quiet=quiet)
    raise typer.Exit(0 if verification.ok else 5)


def _policy_of(plan: Path, model: str | None, settings: list[str] | None) -> Policy:
    """The model named, else the one the result folder carries."""
    from pse_opt.policy import read_policy
    from pse_opt.results import stored_model

    if model is not None:
        return read_policy(model, _overrides(settings))
    stored = stored_model(plan) if plan.is_dir() else None
    if stored is None:
        message = "the plan carries no model" if plan.exists() else "there is no such plan"
        remedy = "name a model with --model" if plan.exists() else "name a result folder or a table"
        raise InputError([Problem(str(plan), message, remedy)])
    return read_policy(stored, _overrides(settings))
