"""``python -m pse_opt sensitivity`` and ``stress``: what planners ask of a plan."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pse_opt import arguments as arg
from pse_opt import terminal
from pse_opt.commands.shared import telling, told_solves, write_analysis

if TYPE_CHECKING:
    from pse_opt.analysis.sensitivity_result import Sensitivity
    from pse_opt.analysis.stress_result import Stress
    from pse_opt.analysis.tasks import Answer, Task

__all__ = ["sensitivity", "stress"]

Names = list[str] | None
Target = Annotated[
    Path | None, typer.Option("--out", metavar="FOLDER", help="Default: results/PLAN-COMMAND.")
]
Provider = Annotated[
    Names, typer.Option("--provider", metavar="P", help="Only these engaged ones; repeat it.")
]
Providers = Annotated[
    int | None,
    typer.Option(metavar="NUMBER", help="So many, the dearest first; default: all engaged."),
]
Resolve = Annotated[
    int, typer.Option(metavar="NUMBER", help="Limits to move and solve again, largest first.")
]
Limit = Annotated[Names, typer.Option("--limit", metavar="NAME", help="These limits instead.")]
Offer = Annotated[Names, typer.Option("--offer", metavar="O", help="These offers instead.")]
Offers = Annotated[
    int, typer.Option(metavar="NUMBER", help="Offers whose costs may move, dearest first.")
]
Alternatives = Annotated[int, typer.Option(metavar="NUMBER", help="Other plans, at most.")]
Within = Annotated[float, typer.Option(metavar="SHARE", help="Gap that other plans may have.")]
InAll = Annotated[
    float, typer.Option(metavar="SECONDS", help="For whole solves without a provider, in all.")
]
Differ = Annotated[int, typer.Option(metavar="NUMBER", help="Offers in which they differ.")]

Worst = Annotated[
    int, typer.Option(metavar="NUMBER", help="Providers sought that are worst together.")
]
Demand = Annotated[
    list[float] | None,
    typer.Option(metavar="FACTOR", help="Of all demand; repeat it; default: 1.1."),
]
Draws = Annotated[int, typer.Option(metavar="NUMBER", help="Draws of demand at random.")]
Spread = Annotated[
    float, typer.Option(metavar="SHARE", help="Standard deviation of each need over its mean.")
]
SpreadBy = Annotated[
    Path | None,
    typer.Option("--spread-by", metavar="TABLE", help="Columns service, region, group, spread."),
]
Together = Annotated[
    float, typer.Option(metavar="SHARE", help="Of the variance, what all needs have in common.")
]
Seed = Annotated[int, typer.Option(metavar="NUMBER", help="Of the draws.")]
Price = Annotated[
    Names,
    typer.Option(
        "--price",
        metavar="NAME=FACTOR",
        help="Costs of a kind, a provider, a service or all; default: each kind 1.2.",
    ),
]
Again = Annotated[int, typer.Option("--resolve", metavar="NUMBER", help="Draws solved again.")]
NoRecovery = Annotated[bool, arg.flag("--no-recovery", text="Only keep the engagements.")]


@arg.grouped
def sensitivity(
    instance: arg.InstanceName,
    plan: arg.PlanPath,
    *,
    model: arg.PlanModel = None,
    resolve: Resolve = 0,
    limit: Limit = None,
    provider: Provider = None,
    providers: Providers = None,
    offer: Offer = None,
    offers: Offers = 3,
    alternatives: Alternatives = 3,
    within: Within = 0.01,
    differ: Differ = 1,
    in_all: InAll = 300.0,
    settings: arg.Settings = None,
    solving: arg.Anywhere,
    target: Target = None,
    force: arg.Force = False,
    screen: arg.Screen,
) -> None:
    """What a plan's cost hangs on: limits, providers, prices, and plans nearly as good.

    Or what else its model is about, in the unit of that. Every provider takes a quick solve, and a
    whole one where that leaves more open than the gap, as long as --in-all allows; every offer,
    limit solved again and other plan takes a whole one. Gap and time limit hold for each. Writes
    sensitivity.csv, .json, .png, .svg, a table of each part, and solves.jsonl as solves end: the
    same command resumes from it. Ctrl-C keeps what is solved.
    """
    from pse_opt.analysis.sensitivity import sensitivity as run
    from pse_opt.io import to_csv

    arg.load_plugins(screen.plugin)

    def ask(**common: Any) -> Sensitivity:
        return run(
            instance,
            plan,
            model,
            resolve=limit or resolve,
            providers=provider or providers,
            offers=offer or offers,
            alternatives=alternatives,
            within=within,
            differ=differ,
            in_all=in_all,
            **common,
        )

    folder = _folder(plan, "sensitivity", target, force=force)
    found = _asked(ask, folder, settings, solving, screen)
    from pse_opt.solving.interrupt import unhurried

    with unhurried():
        more = {f"{name}.csv": to_csv(frame) for name, frame in found.parts.items() if len(frame)}
        some = bool(found.replacements or found.limits or found.alternatives)
        _finish(found, folder, "sensitivity", more, some, screen)


@arg.grouped
def stress(
    instance: arg.InstanceName,
    plan: arg.PlanPath,
    *,
    model: arg.PlanModel = None,
    provider: Provider = None,
    providers: Providers = None,
    worst: Worst = 2,
    demand: Demand = None,
    draws: Draws = 20,
    spread: Spread = 0.1,
    spread_by: SpreadBy = None,
    together: Together = 0.0,
    seed: Seed = 0,
    price: Price = None,
    resolve: Again = 5,
    no_recovery: NoRecovery = False,
    in_all: InAll = 300.0,
    settings: arg.Settings = None,
    solving: arg.Anywhere,
    target: Target = None,
    force: arg.Force = False,
    screen: arg.Screen,
) -> None:
    """A plan in other worlds: providers that drop out, other demand, other costs.

    In each the engagements are kept and deliveries sought anew: what breaks, in people and units.
    Then everything is solved again: what recovery costs, and what is regretted. Writes stress.csv,
    .json, .png, .svg, quantiles.csv, and solves.jsonl as solves end: the same command resumes from
    it. Ctrl-C keeps what is solved.
    """
    from pse_opt.analysis.stress import stress as run
    from pse_opt.io import to_csv

    arg.load_plugins(screen.plugin)
    prices = None if price is None else arg.factors(price)

    def ask(**common: Any) -> Stress:
        return run(
            instance,
            plan,
            model,
            providers=provider or providers,
            worst=worst,
            demand=demand or (1.1,),
            draws=draws,
            spread=spread_by or spread,
            together=together,
            seed=seed,
            prices=prices,
            resolve=resolve,
            recover=not no_recovery,
            in_all=in_all,
            **common,
        )

    folder = _folder(plan, "stress", target, force=force)
    found = _asked(ask, folder, settings, solving, screen)
    from pse_opt.solving.interrupt import unhurried

    with unhurried():
        quantiles = found.quantiles()
        more = {"quantiles.csv": to_csv(quantiles)} if len(quantiles) else {}
        some = bool(found.trials)
        _finish(found, folder, "stress", more, some, screen)


def _folder(plan: Path, name: str, target: Path | None, *, force: bool) -> Path:
    """Return the folder that an analysis of a plan is written to."""
    from pse_opt.results import refuse_foreign

    folder = target or Path("results") / f"{plan.resolve().stem}-{name}"
    refuse_foreign(folder, force=force)
    return folder


def _asked(
    ask: Callable[..., Any],
    folder: Path,
    settings: list[str] | None,
    solving: arg.Anywhere,
    screen: arg.Screen,
) -> Any:
    """Run an analysis of a plan."""
    from pse_opt.analysis.workers import dask_executor

    given = {"folder": folder, "overrides": arg.overrides(settings), **solving.options}
    with dask_executor(solving.dask) as executor, telling(enabled=screen.loud) as tell:
        heard = _heard if screen.loud else None
        return ask(executor=executor, progress=tell, heard=heard, **given)


def _heard(task: Task, answer: Answer) -> None:
    """Say what a solve found, as soon as it has."""
    value = "" if answer.objective is None else f" {terminal.money(answer.objective)},"
    state = "deliveries found" if task.held is not None else answer.status.replace("_", " ")
    terminal.err.print(f"{task.label}:{value} {state} ({answer.seconds:.1f} s)")


def _finish(
    found: Sensitivity | Stress,
    folder: Path,
    name: str,
    more: Mapping[str, str],
    some: bool,
    screen: arg.Screen,
) -> None:
    """Write and show what was found; the exit code says whether it is whole and sound."""
    from pse_opt.results import write_files

    write_analysis(found, folder, name)
    if more:
        write_files(folder, more)
    screen.answer(found.screen(), found.to_dict())
    if screen.loud:
        told_solves(found, folder)
    if found.refuted:
        terminal.err.print("a plan fails the independent checker; the files say which")
        raise typer.Exit(5)
    if found.missing:
        terminal.err.print("interrupted; the same command resumes")
        raise typer.Exit(130)
    raise typer.Exit(0 if some else 4)
