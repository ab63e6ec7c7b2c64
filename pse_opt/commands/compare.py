"""``python -m pse_opt compare`` and ``opportunities``: what mechanisms are worth."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pse_opt import arguments as arg
from pse_opt import completion, terminal
from pse_opt.commands.shared import telling, write_analysis

if TYPE_CHECKING:
    from pse_opt.analysis.compare import Comparison

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
Steps = Annotated[
    int, typer.Option(metavar="NUMBER", help="Solves in search of the break-even costs.", min=0)
]
NoVariants = Annotated[bool, arg.flag("--no-variants", text="Leave the cost variants out.")]

Provider = Annotated[str, typer.Option("--provider", metavar="P", help="Whose offers.")]
Offers = Annotated[int, typer.Option(metavar="NUMBER", help="How many, largest first.", min=1)]


@arg.grouped
def compare(
    instance: arg.InstanceName,
    models: Models,
    *,
    steps: Steps = 4,
    no_variants: NoVariants = False,
    solving: arg.Solving,
    target: CompareTarget = None,
    force: arg.Force = False,
    screen: arg.Screen,
) -> None:
    """Put models side by side: cost, coverage, who delivers, what NGOs are worth.

    Solves every model on the instance and its cost variants; gap and time limit hold for each.
    Writes compare.csv, compare.json, compare.png, compare.svg and levels.csv; the command report
    makes a page of them. Ctrl-C keeps what is solved.
    """
    from pse_opt.analysis.compare import compare as run
    from pse_opt.results import default_folder, refuse_foreign

    arg.load_plugins(screen.plugin)
    names = [name.strip() for name in models.split(",") if name.strip()]
    folder = target or default_folder(instance, "compare")
    refuse_foreign(folder, force=force)
    with telling(enabled=screen.loud) as tell:
        found = run(
            instance,
            names,
            variants=not no_variants,
            steps=steps,
            progress=tell,
            **solving.options,
        )
    from pse_opt.solving.interrupt import unhurried

    with unhurried():
        write_analysis(found, folder, "compare")
        screen.answer(found.screen(), found.to_dict())
        if found.missing:
            terminal.err.print(f"interrupted; not solved: {', '.join(found.missing)}")
        if screen.loud:
            terminal.out.print(f"\nwritten {folder}")
        raise typer.Exit(_code(found))


@arg.grouped
def opportunities(
    instance: arg.InstanceName,
    provider: Provider,
    *,
    model: arg.Model = "ngo-mixed",
    offers: Offers = 3,
    solving: arg.Solving,
    target: arg.Out = None,
    force: arg.Force = False,
    screen: arg.Screen,
) -> None:
    """For a provider: where it is worth engaging, what is unserved, up to which price it pays.

    Every offer takes three to five solves; gap and time limit hold for each. With --out, writes
    opportunities.csv and opportunities.json.
    """
    from pse_opt.analysis.opportunities import opportunities as run
    from pse_opt.io import to_csv
    from pse_opt.opportunities_screen import opportunities_screen
    from pse_opt.results import json_text, refuse_foreign, write_files

    arg.load_plugins(screen.plugin)
    if target is not None:
        refuse_foreign(target, force=force)
    with telling(enabled=screen.loud) as tell:
        found = run(
            instance,
            provider,
            model,
            offers=offers,
            progress=tell,
            **solving.options,
        )
    if target is not None:
        data = json_text(found.to_dict())
        table = to_csv(found.to_frame())
        write_files(target, {"opportunities.csv": table, "opportunities.json": data})
    screen.answer(opportunities_screen(found), found.to_dict())


def _code(found: Comparison) -> int:
    """Fail only where no model has a plan, where a plan is refuted, or where some are missing."""
    if any(e.verified is False for e in found.entries):
        return 5
    if found.missing:
        return 130
    if any(e.figures is not None for e in found.entries):
        return 0
    return 3 if all(e.status == "infeasible" for e in found.entries) else 4
