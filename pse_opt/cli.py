"""The command line: ``python -m pse_opt COMMAND``.

Exit codes: 0 done, 1 internal error, 2 bad input, 3 infeasible, 4 no plan found in time, 5 a plan
failed verification, 130 interrupted (the incumbent is kept and written).
"""

from __future__ import annotations

import io
import shutil
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
import typer.core

from pse_opt import __version__, resources, terminal
from pse_opt import arguments as arg
from pse_opt.bench.commands import bench
from pse_opt.builders import builders
from pse_opt.commands.compare import compare, opportunities
from pse_opt.commands.convert import convert, export
from pse_opt.commands.decisions import explain, sensitivity, stress
from pse_opt.commands.frontier import frontier
from pse_opt.commands.mechanisms import burden, investments, qualification
from pse_opt.commands.report import report
from pse_opt.errors import InputError, Problem, PseError, nearest

if TYPE_CHECKING:
    from pse_opt.instance import Instance
    from pse_opt.solving.result import Result

__all__ = ["app", "main"]


class _Commands(typer.core.TyperGroup):
    """The commands; what Ctrl-C means is not left to the versions of a library."""

    def invoke(self, ctx: Any) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            terminal.err.print("interrupted; nothing was written")
            raise typer.Exit(130) from None


app = typer.Typer(
    name="pse_opt",
    cls=_Commands,
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
    help="""Who delivers which public service, where: least-cost, equalized, certified plans.

Start with [bold]list[/bold], then [bold]solve mw-districts --model equalized[/bold].

INSTANCE is a name from [bold]list[/bold], a folder of tables or a workbook;
MODEL a name or a model.toml.""",
    epilog="Exit codes: 0 done, 1 internal error, 2 bad input, 3 infeasible, 4 no plan found in "
    "time, 5 a plan failed verification, 130 interrupted (the best plan so far is kept).",
)


def _say_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"pse_opt {__version__}")
        raise typer.Exit()


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_say_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    pass


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # names in any script, on any terminal
            stream.reconfigure(errors="backslashreplace")
    try:
        app(words or ["--help"])
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 0
    except InputError as error:
        data = {"problems": [p.to_dict() for p in error.problems], "warnings": []}
        terminal.answer("", data, as_json="--json" in words, quiet=True)
        terminal.problems(error.problems)
        return error.exit_code
    except PseError as error:
        terminal.err.print(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    except OSError as error:
        if error.filename is None:
            terminal.unexpected()
            return 1
        remedy = "check that it exists, and that you may read and write it"
        terminal.problems([Problem(str(error.filename), str(error.strerror), remedy)])
        return 2
    except Exception:
        terminal.unexpected()
        return 1
    return 0


def _load(name: str) -> Instance:
    from pse_opt.io import load_instance

    return load_instance(name)


@app.command("list")
def list_(as_json: arg.Json = False, quiet: arg.Quiet = False, plugin: arg.Plugin = None) -> None:
    """List the shipped instances, models and suites with one line each."""
    from pse_opt.bench.suites import read_suite, suite_names
    from pse_opt.listing import listing
    from pse_opt.policy import read_policy
    from pse_opt.recipes import outline, unbuilt

    arg.load_plugins(plugin)
    instances = [outline(name) for name in resources.names("instances", "instance.toml")]
    recipes = [outline(name) for name in unbuilt()]
    known = resources.names("models", "model.toml")
    models = [{"name": name, "title": read_policy(name).title} for name in known]
    suites = [{"name": name, "title": read_suite(name).title} for name in suite_names()]
    data = {"instances": instances, "recipes": recipes, "models": models, "suites": suites}
    screen = listing(instances, recipes, {"models": models, "suites": suites})
    terminal.answer(screen, data, as_json=as_json, quiet=quiet)


@app.command()
def show(
    name: arg.Named,
    maths: arg.Maths = False,
    as_json: arg.Json = False,
    quiet: arg.Quiet = False,
    plugin: arg.Plugin = None,
) -> None:
    """Show an instance or a model in detail."""
    from pse_opt.listing import instance_screen, maths_screen, model_screen
    from pse_opt.manual import equations
    from pse_opt.policy import read_policy
    from pse_opt.recipes import sizes_of

    arg.load_plugins(plugin)
    if _is_model(name):
        policy = read_policy(name)
        screen = maths_screen(policy) if maths else model_screen(policy)
        data = {"maths": equations(policy)} if maths else dict(policy.document)
        terminal.answer(screen, data, as_json=as_json, quiet=quiet)
        return
    if maths:
        known = resources.names("models", "model.toml")
        remedy = f"name a model: {', '.join(known)}"
        raise InputError([Problem(name, "only models have equations", remedy)])
    instance = _load(name)
    data = {**instance.about.to_document(), "counts": sizes_of(instance)}
    terminal.answer(instance_screen(instance), data, as_json=as_json, quiet=quiet)


def _is_model(name: str) -> bool:
    """Whether a name means a model; refuse what is neither a model nor an instance."""
    models = resources.names("models", "model.toml")
    instances = resources.names("instances", "instance.toml")
    path = Path(name)
    if name in models or (path.suffix == ".toml" and path.name != "instance.toml"):
        return True
    if name in instances or path.exists() or "@" in name:
        return (path / "model.toml").is_file() and not (path / "instance.toml").is_file()
    message = "there is no instance and no model of this name"
    raise InputError([Problem(name, message, nearest(name, instances + models, listing=40))])


@app.command()
def new(folder: arg.Folder, as_json: arg.Json = False, quiet: arg.Quiet = False) -> None:
    """Create a small working instance with the data dictionary, to edit."""
    import tomli_w

    from pse_opt.dictionary import data_dictionary
    from pse_opt.io import write_text

    arg.refuse_full(folder, "name a folder that does not exist yet")
    source = resources.resolve("tiny-two-districts", "instances", "instance.toml")
    document = tomllib.loads((source / "instance.toml").read_text(encoding="utf-8"))
    document["name"] = folder.resolve().name
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted(source.glob("*.csv")):
        shutil.copyfile(path, folder / path.name)
    write_text(folder / "instance.toml", tomli_w.dumps(document, multiline_strings=True))
    write_text(folder / "DATA-DICTIONARY.md", data_dictionary())
    lines = f"{folder} holds a working instance. Edit its tables, then:\n"
    for command in ("check {}", "solve {} --model core"):
        lines += f"  python -m pse_opt {command.format(terminal.quoted(folder))}\n"
    terminal.answer(lines.rstrip(), {"folder": str(folder)}, as_json=as_json, quiet=quiet)


@app.command()
def check(
    instance: arg.InstanceName,
    as_json: arg.Json = False,
    quiet: arg.Quiet = False,
    plugin: arg.Plugin = None,
) -> None:
    """Validate an instance: all problems at once, each with table, row, column and remedy."""
    from pse_opt.listing import check_screen

    arg.load_plugins(plugin)
    found = _load(instance)
    data = {"problems": [], "warnings": [w.to_dict() for w in found.warnings]}
    terminal.answer(check_screen(found), data, as_json=as_json, quiet=quiet)


app.add_typer(builders, name="build")
app.add_typer(bench, name="bench")
app.command()(compare)
app.command()(frontier)
app.command()(explain)
app.command()(sensitivity)
app.command()(stress)
app.command()(opportunities)
app.command()(qualification)
app.command()(investments)
app.command()(burden)
app.command()(report)
app.command()(convert)
app.command()(export)


@app.command()
def solve(
    instance: arg.InstanceName,
    model: arg.Model = "core",
    settings: arg.Settings = None,
    gap: arg.Gap = None,
    time_limit: arg.TimeLimit = None,
    threads: arg.Threads = None,
    seed: arg.Seed = None,
    strategy: arg.Strategy = None,
    target: arg.Target = None,
    force: arg.Force = False,
    keep_record: arg.Record = False,
    as_json: arg.Json = False,
    quiet: arg.Quiet = False,
    plugin: arg.Plugin = None,
) -> None:
    """Find the best plan, check it, and write the result folder.

    Stops at the gap, at the time limit, or on Ctrl-C; the best plan found is kept and written.
    """
    from pse_opt.policy import read_policy
    from pse_opt.results import default_folder, refuse_foreign
    from pse_opt.solving.run import solve as run

    arg.load_plugins(plugin)
    policy = read_policy(model, arg.overrides(settings))
    folder = target or default_folder(instance, policy.name)
    refuse_foreign(folder, force=force)
    with terminal.live_progress(terminal.err, enabled=not (as_json or quiet)) as progress:
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
    from pse_opt.solving.interrupt import unhurried

    with unhurried():
        code = _finish(result, folder, force=force, as_json=as_json, quiet=quiet)
        if keep_record:
            _record(result, instance, as_json=as_json, quiet=quiet)
        raise typer.Exit(code)


def _record(result: Result, instance: str, *, as_json: bool, quiet: bool) -> None:
    """Keep a result among the best known of its instance."""
    from pse_opt.best_known import record

    if "@" in Path(instance).name:
        message, remedy = "variants have no records", "record the instance itself"
        raise InputError([Problem("--record", message, remedy, value=instance)])
    path = record(result, resources.resolve(instance, "instances", "instance.toml"))
    if not (as_json or quiet):
        terminal.out.print(f"recorded {path}")


def _finish(result: Result, folder: Path, *, force: bool, as_json: bool, quiet: bool) -> int:
    """Write and show a result; return the exit code."""
    from pse_opt.analysis.summary import summarize
    from pse_opt.results import is_result, write_result
    from pse_opt.screens import solve_screen

    written, summary = f"nothing; {folder} still holds an earlier result", None
    if result.plan is not None:
        written = str(write_result(folder, result, force=force))
        summary = summarize(result)
    elif not is_result(folder):
        written = "nothing"
    terminal.warnings(result.warnings, as_json=as_json, quiet=quiet)
    screen = solve_screen(result, summary, written)
    terminal.answer(screen, result.to_dict(), as_json=as_json, quiet=quiet)
    if quiet:
        _complain(result)
    if result.termination == "interrupted":
        return 130
    if result.plan is None:
        return {"infeasible": 3, "no_plan": 4}.get(result.status, 1)
    return 0 if result.verified else 5


def _complain(result: Result) -> None:
    """Say on stderr why there is no plan, or why it is none."""
    if result.plan is None:
        terminal.err.print("\n".join(result.reasons) or result.status.replace("_", " "))
    elif result.verification is not None and not result.verification.ok:
        terminal.err.print(str(result.verification))


@app.command()
def verify(
    instance: arg.InstanceName,
    plan: arg.PlanPath,
    model: arg.PlanModel = None,
    settings: arg.Settings = None,
    as_json: arg.Json = False,
    quiet: arg.Quiet = False,
    plugin: arg.Plugin = None,
) -> None:
    """Check any plan with the independent checker: ours, or one from a spreadsheet."""
    from pse_opt.plan import read_plan
    from pse_opt.results import stated
    from pse_opt.screens import plan_screen
    from pse_opt.stored import policy_of
    from pse_opt.verification import verify as check_plan

    arg.load_plugins(plugin)
    policy = policy_of(plan, model, arg.overrides(settings))
    data = _load(instance)
    found = read_plan(plan, data)
    said = stated(plan, found, policy) if model is None and not settings else None
    verification = check_plan(data, said or found, policy)
    document = {**verification.to_dict(), "inferred": list(found.inferred)}
    screen = plan_screen(data, policy, found, verification)
    terminal.answer(screen, document, as_json=as_json, quiet=quiet)
    if quiet and not verification.ok:
        terminal.err.print(str(verification))
    raise typer.Exit(0 if verification.ok else 5)
