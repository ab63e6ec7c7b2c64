"""The command line: ``python -m pse_opt COMMAND``.

Exit codes: 0 done, 1 internal error, 2 bad input, 3 infeasible, 4 no plan found in time, 5 a plan
failed verification, 130 interrupted (the incumbent is kept and written).
"""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer
import typer.core

from pse_opt import __version__, terminal
from pse_opt.bench.commands import bench
from pse_opt.commands.build import builders
from pse_opt.commands.compare import compare, opportunities
from pse_opt.commands.convert import convert, export
from pse_opt.commands.decisions import sensitivity, stress
from pse_opt.commands.explain import explain
from pse_opt.commands.frontier import frontier
from pse_opt.commands.instances import check, list_, new, show
from pse_opt.commands.mechanisms import burden, investments, qualification
from pse_opt.commands.report import report
from pse_opt.commands.solve import solve, verify
from pse_opt.errors import InputError, Problem, PseError

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


app.command("list")(list_)
for command in (
    *(show, new, check),
    *(compare, frontier, explain, sensitivity, stress, opportunities),
    *(qualification, investments, burden),
    *(report, convert, export),
    *(solve, verify),
):
    app.command()(command)
app.add_typer(builders, name="build")
app.add_typer(bench, name="bench")


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
