"""``python -m pse_opt frontier``: what equality costs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pse_opt import arguments as arg
from pse_opt import terminal
from pse_opt.commands.shared import telling, told_solves, write_analysis
from pse_opt.errors import InputError, Problem

if TYPE_CHECKING:
    from pse_opt.analysis.frontier_result import Frontier

__all__ = ["frontier"]

Vary = Annotated[
    str | None,
    typer.Option(
        "--vary",
        metavar="KEY",
        help="The bound, such as equalization.regions.maximum, coverage.target, "
        "total_budget.maximum; default: the first equalization entry.",
    ),
]
Points = Annotated[int, typer.Option(metavar="NUMBER", help="Bounds, both ends among them.")]
Values = Annotated[
    str | None,
    typer.Option("--values", metavar="A,B,...", help="Bounds, instead of --points."),
]
Against = Annotated[
    Path | None,
    typer.Option("--against", metavar="PLAN", help="A plan to hold against it; default: today's."),
]
FrontierTarget = Annotated[
    Path | None,
    typer.Option("--out", metavar="FOLDER", help="Default: results/INSTANCE-MODEL-frontier."),
]


@arg.grouped
def frontier(
    instance: arg.InstanceName,
    *,
    model: arg.Model = "equalized",
    vary: Vary = None,
    points: Points = 12,
    values: Values = None,
    settings: arg.Settings = None,
    against: Against = None,
    solving: arg.Anywhere,
    target: FrontierTarget = None,
    force: arg.Force = False,
    screen: arg.Screen,
) -> None:
    """Vary one bound from none to the tightest: what equality costs, or what a budget covers.

    Gap and time limit hold for each solve. Writes frontier.csv, frontier.json, frontier.png,
    frontier.svg, levels.csv, model.toml, and points.jsonl as solves end: the same command resumes
    from it. Ctrl-C keeps what is solved. The command report makes a page of the folder.
    """
    from pse_opt.analysis.frontier import frontier as run
    from pse_opt.analysis.workers import dask_executor
    from pse_opt.io import load_instance
    from pse_opt.plan import read_plan
    from pse_opt.policy import read_policy
    from pse_opt.results import default_folder, refuse_foreign

    arg.load_plugins(screen.plugin)
    policy = read_policy(model, arg.overrides(settings))
    wanted = None if values is None else _numbers(values)
    whole = load_instance(instance)
    folder = target or default_folder(instance, f"{policy.name}-frontier")
    refuse_foreign(folder, force=force)
    with dask_executor(solving.dask) as executor, telling(enabled=screen.loud) as tell:
        found = run(
            whole,
            policy,
            vary=vary,
            points=points,
            values=wanted,
            against=None if against is None else read_plan(against, whole),
            folder=folder,
            executor=executor,
            progress=tell,
            **solving.options,
        )
    from pse_opt.solving.interrupt import unhurried

    with unhurried():
        write_analysis(found, folder, "frontier")
        screen.answer(found.screen(), found.to_dict())
        if screen.loud:
            told_solves(found, folder)
        if found.missing:
            terminal.err.print("interrupted; the same command resumes")
        raise typer.Exit(_code(found))


def _numbers(text: str) -> list[float]:
    """Read numbers separated by commas."""
    numbers, problems = [], []
    for word in filter(None, (w.strip() for w in text.split(","))):
        try:
            numbers.append(float(word))
        except ValueError:
            remedy = "write numbers separated by commas, such as 0.05,0.1,0.2"
            problems.append(Problem("--values", "not a number", remedy, value=word))
    if not numbers and not problems:
        remedy = "write numbers separated by commas, or leave it out"
        problems.append(Problem("--values", "there is no number", remedy, value=text))
    if problems:
        raise InputError(problems)
    return numbers


def _code(found: Frontier) -> int:
    """Fail only where no point has a plan, where a plan is refuted, or where some are missing."""
    if any(p.verified is False for p in found.points):
        return 5
    if found.missing:
        return 130
    if any(p.plan is not None for p in found.points):
        return 0
    return 3 if found.points[0].status == "infeasible" else 4
