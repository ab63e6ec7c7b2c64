"""``python -m pse_opt explain``: why no plan keeps the rules, and what would admit one."""

from __future__ import annotations

from typing import Annotated

import typer

from pse_opt import arguments as arg
from pse_opt.commands.shared import write_analysis

__all__ = ["explain"]

RepairPrice = Annotated[
    list[str] | None,
    typer.Option(
        "--price",
        metavar="FAMILY=VALUE",
        help="What a unit of change of such rules costs, such as coverage=3; inf: must not change.",
    ),
]


@arg.grouped
def explain(
    instance: arg.InstanceName,
    *,
    model: arg.Model = "core",
    settings: arg.Settings = None,
    price: RepairPrice = None,
    time_limit: arg.TimeLimit = None,
    target: arg.Out = None,
    force: arg.Force = False,
    screen: arg.Screen,
) -> None:
    """Why no plan keeps the rules, and which changes would admit one.

    The rules that contradict each other, and repairs: each was tried, and a plan found. A unit of
    change (a point, a percent of a budget; an offer counts ten) costs 1 unless --price says other.
    With --out, writes explain.csv, .json, .png and .svg. Exit code 3 where there is no plan.
    """
    from pse_opt.analysis.explaining import explain as run
    from pse_opt.results import refuse_foreign

    arg.load_plugins(screen.plugin)
    if target is not None:
        refuse_foreign(target, force=force)
    prices = None if price is None else arg.factors(price)
    given = arg.overrides(settings)
    found = run(instance, model, overrides=given, prices=prices, time_limit=time_limit)
    if target is not None:
        write_analysis(found, target, "explain")
    screen.answer(found.screen(), found.to_dict())
    raise typer.Exit({"feasible": 0, "infeasible": 3}.get(found.status, 4))
