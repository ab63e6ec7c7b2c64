"""``python -m pse_opt qualification``, ``investments`` and ``burden``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import RenderableType

from pse_opt import arguments as arg
from pse_opt.commands.shared import telling

__all__ = ["burden", "investments", "qualification"]

Providers = Annotated[
    int,
    typer.Option("--providers", metavar="NUMBER", help="Looked at alone, largest first.", min=0),
]


@arg.grouped
def qualification(
    instance: arg.InstanceName,
    *,
    model: arg.Model = "full",
    settings: arg.Settings = None,
    providers: Providers = 3,
    solving: arg.Solving,
    target: arg.Out = None,
    force: arg.Force = False,
    screen: arg.Screen,
) -> None:
    """Who is kept out by accreditation and thresholds, and what admitting them would save.

    Solves the model as it is, with each of the largest providers kept out admitted, and with all of
    them; gap and time limit hold for each. With --out, writes qualification.csv and .json.
    """
    from pse_opt.analysis.qualification import qualification as run
    from pse_opt.mechanism_screens import qualification_screen
    from pse_opt.policy import read_policy

    arg.load_plugins(screen.plugin)
    _refuse(target, force=force)
    policy = read_policy(model, arg.overrides(settings))
    with telling(enabled=screen.loud) as tell:
        found = run(instance, policy, providers=providers, progress=tell, **solving.options)
    _finish("qualification", found, found.excluded, qualification_screen(found), target, screen)


@arg.grouped
def investments(
    instance: arg.InstanceName,
    *,
    model: arg.Model = "full",
    settings: arg.Settings = None,
    solving: arg.Solving,
    target: arg.Out = None,
    force: arg.Force = False,
    screen: arg.Screen,
) -> None:
    """What each investment of the best plan costs and saves, and when it is paid back.

    Solves the model, and once more without each investment; gap and time limit hold for each. With
    --out, writes investments.csv and .json.
    """
    from pse_opt.analysis.investments import investments as run
    from pse_opt.mechanism_screens import investments_screen
    from pse_opt.policy import read_policy

    arg.load_plugins(screen.plugin)
    _refuse(target, force=force)
    policy = read_policy(model, arg.overrides(settings))
    with telling(enabled=screen.loud) as tell:
        found = run(instance, policy, progress=tell, **solving.options)
    _finish("investments", found, found.to_frame(), investments_screen(found), target, screen)
    raise typer.Exit({"infeasible": 3, "no_plan": 4}.get(found.status, 0))


@arg.grouped
def burden(
    instance: arg.InstanceName,
    *,
    model: arg.Model = "transfers",
    settings: arg.Settings = None,
    solving: arg.Solving,
    target: arg.Out = None,
    force: arg.Force = False,
    screen: arg.Screen,
) -> None:
    """What equalization costs each budget.

    Solves the model with its equalization and without it; gap and time limit hold for both. With
    --out, writes burden.csv and .json.
    """
    from pse_opt.analysis.burden import burden as run
    from pse_opt.mechanism_screens import burden_screen
    from pse_opt.policy import read_policy

    arg.load_plugins(screen.plugin)
    _refuse(target, force=force)
    policy = read_policy(model, arg.overrides(settings))
    with telling(enabled=screen.loud) as tell:
        found = run(instance, policy, progress=tell, **solving.options)
    _finish("burden", found, found.budgets, burden_screen(found), target, screen)
    if found.costs.found is None:
        raise typer.Exit(3 if found.costs.status.startswith("infeasible") else 4)


def _refuse(target: Path | None, *, force: bool) -> None:
    from pse_opt.results import refuse_foreign

    if target is not None:
        refuse_foreign(target, force=force)


def _finish(
    name: str,
    found: Any,
    frame: Any,
    shown: RenderableType,
    target: Path | None,
    screen: arg.Screen,
) -> None:
    """Write and show what was found."""
    from pse_opt.io import to_csv
    from pse_opt.results import json_text, write_files

    data = found.to_dict()
    if target is not None:
        write_files(target, {f"{name}.csv": to_csv(frame), f"{name}.json": json_text(data)})
    screen.answer(shown, data)
