"""``python -m pse_opt compare`` and ``opportunities``: what mechanisms are worth."""

from __future__ import annotations

import io
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pse_opt import arguments as arg
from pse_opt import completion, terminal

if TYPE_CHECKING:
    from pse_opt.analysis.compare import Comparison
    from pse_opt.analysis.shown import Shown
    from pse_opt.analysis.workers import Tell

__all__ = ["compare", "opportunities"]

Models = Annotated[
    str,
    typer.Option(
        "--models",
        metavar="A,B,...",
        help="Names or paths; the first is held against.",
        autocompletion=completion.several_models,
    ),
]
CompareTarget = Annotated[
    Path | None,
    typer.Option("--out", metavar="FOLDER", help="Default: results/INSTANCE-compare."),
]
Workers = Annotated[int, typer.Option(metavar="NUMBER", help="Processes that solve.", min=1)]
Steps = Annotated[
    int, typer.Option(metavar="NUMBER", help="Solves in search of the break-even costs.", min=0)
]
NoVariants = Annotated[bool, arg.flag("--no-variants", text="Leave the cost variants out.")]

Provider = Annotated[str, typer.Option("--provider", metavar="P", help="Whose offers.")]
Offers = Annotated[int, typer.Option(metavar="NUMBER", help="How many, largest first.", min=1)]
OpportunitiesTarget = Annotated[
    Path | None, typer.Option("--out", metavar="FOLDER", help="Default: nothing is written.")
]


def compare(
    instance: arg.InstanceName,
    models: Models,
    gap: arg.Gap = None,
    time_limit: arg.TimeLimit = None,
    steps: Steps = 4,
    no_variants: NoVariants = False,
    workers: Workers = 1,
    target: CompareTarget = None,
    force: arg.Force = False,
    as_json: arg.Json = False,
    quiet: arg.Quiet = False,
    plugin: arg.Plugin = None,
) -> None:
    """Put models side by side: cost, coverage, who delivers, what NGOs are worth.

    Solves every model on the instance and its cost variants; gap and time limit hold for each.
    Writes compare.csv, compare.json, compare.png, compare.svg and levels.csv; the command report
    makes a page of them. Ctrl-C keeps what is solved.
    """
    from pse_opt.analysis.compare import compare as run
    from pse_opt.results import default_folder, refuse_foreign

    arg.load_plugins(plugin)
    names = [name.strip() for name in models.split(",") if name.strip()]
    folder = target or default_folder(instance, "compare")
    refuse_foreign(folder, force=force)
    with telling(enabled=not (as_json or quiet)) as tell:
        found = run(
            instance,
            names,
            gap=gap,
            time_limit=time_limit,
            variants=not no_variants,
            steps=steps,
            workers=workers,
            progress=tell,
        )
    from pse_opt.solving.interrupt import unhurried

    with unhurried():
        write_analysis(found, folder, "compare")
        terminal.answer(found.screen(), found.to_dict(), as_json=as_json, quiet=quiet)
        if found.missing:
            terminal.err.print(f"interrupted; not solved: {', '.join(found.missing)}")
        if not (as_json or quiet):
            terminal.out.print(f"\nwritten {folder}")
        raise typer.Exit(_code(found))


def opportunities(
    instance: arg.InstanceName,
    provider: Provider,
    model: arg.Model = "ngo-mixed",
    offers: Offers = 3,
    gap: arg.Gap = None,
    time_limit: arg.TimeLimit = None,
    workers: Workers = 1,
    target: OpportunitiesTarget = None,
    force: arg.Force = False,
    as_json: arg.Json = False,
    quiet: arg.Quiet = False,
    plugin: arg.Plugin = None,
) -> None:
    """For a provider: where it is worth engaging, what is unserved, up to which price it pays.

    Every offer takes three to five solves; gap and time limit hold for each. With --out, writes
    opportunities.csv and opportunities.json.
    """
    from pse_opt.analysis.opportunities import opportunities as run
    from pse_opt.io import to_csv
    from pse_opt.opportunities_screen import opportunities_screen
    from pse_opt.results import json_text, refuse_foreign, write_files

    arg.load_plugins(plugin)
    if target is not None:
        refuse_foreign(target, force=force)
    with telling(enabled=not (as_json or quiet)) as tell:
        found = run(
            instance,
            provider,
            model,
            offers=offers,
            gap=gap,
            time_limit=time_limit,
            workers=workers,
            progress=tell,
        )
    if target is not None:
        data = json_text(found.to_dict())
        table = to_csv(found.to_frame())
        write_files(target, {"opportunities.csv": table, "opportunities.json": data})
    terminal.answer(opportunities_screen(found), found.to_dict(), as_json=as_json, quiet=quiet)


def _code(found: Comparison) -> int:
    """Fail only where no model has a plan, where a plan is refuted, or where some are missing."""
    if any(e.verified is False for e in found.entries):
        return 5
    if found.missing:
        return 130
    if any(e.figures is not None for e in found.entries):
        return 0
    return 3 if all(e.status == "infeasible" for e in found.entries) else 4


def write_analysis(found: Shown, folder: Path, name: str) -> None:
    """Write the table, everything as JSON, and the figure, as files of that name.

    Levels of the plans, and the rules of a frontier, are what its report needs besides.
    """
    from pse_opt.analysis.compare import Comparison
    from pse_opt.analysis.frontier_result import Frontier
    from pse_opt.io import to_csv
    from pse_opt.results import write_files

    figure, png, svg = found.plot(), io.BytesIO(), io.BytesIO()
    figure.savefig(png, format="png", dpi=160)
    figure.savefig(svg, format="svg", metadata={"Date": None})
    files: dict[str, str | bytes] = {
        f"{name}.csv": to_csv(found.to_frame()),
        f"{name}.json": found.to_json(),
        f"{name}.png": png.getvalue(),
        f"{name}.svg": svg.getvalue(),
    }
    if isinstance(found, Comparison | Frontier):
        files["levels.csv"] = to_csv(found.levels())
    if isinstance(found, Frontier):
        files["model.toml"] = found.policy.to_toml()
    write_files(folder, files)


def telling(*, enabled: bool) -> AbstractContextManager[Tell | None]:
    """Yield a function that shows which solve is running, or None where nobody looks."""
    return terminal.counting("solves", enabled=enabled)
