"""``python -m pse_opt build SOURCE``: instances from regional data, one command a source."""

from __future__ import annotations

from functools import partial
from inspect import signature
from pathlib import Path
from typing import Annotated

import typer

from pse_opt import arguments as arg
from pse_opt import resources, terminal
from pse_opt.commands.building import REPLACE, builder, solve_command, stripped, write
from pse_opt.errors import InputError, Problem, nearest

__all__ = ["builders"]

builders = typer.Typer(
    no_args_is_help=True,
    help="Build an instance from regional data; `build SOURCE --help` tells what each needs.",
)

Variants = Annotated[
    bool, arg.flag("--variants", text="Add the variants @low and @high of assumed costs.")
]


@builders.command()
@arg.grouped
def malawi(
    raw: arg.Raw,
    target: arg.NewInstance,
    *,
    variants: Variants = False,
    force: arg.Replace = False,
    reply: arg.Reply,
) -> None:
    """Malawi's 28 districts: primary, maternal and hospital care, real facilities and owners."""
    make = builder("malawi", raw)
    write(make, target, variants=variants, force=force, reply=reply)


@builders.command()
@arg.grouped
def china(
    raw: arg.Raw,
    target: arg.NewInstance,
    *,
    province: Annotated[
        str, typer.Option("--province", metavar="CODE", help="Two digits, such as 64 (Ningxia).")
    ] = "64",
    everything: Annotated[bool, arg.flag("--all", text="The whole country.")] = False,
    level: Annotated[
        str, typer.Option("--level", metavar="LEVEL", help="county, prefecture or province.")
    ] = "county",
    groups: Annotated[
        str, typer.Option("--groups", metavar="KIND", help="residence, minority or age; none.")
    ] = "",
    variants: Variants = False,
    force: arg.Replace = False,
    reply: arg.Reply,
) -> None:
    """Five services in Chinese counties and districts, prefectures or provinces."""
    where = "all" if everything else province
    make = builder("china", raw, province=where, level=level, groups=groups)
    write(make, target, variants=variants, force=force, reply=reply)


@builders.command()
@arg.grouped
def georgia(
    raw: arg.Raw,
    target: arg.NewInstance,
    *,
    groups: Annotated[
        str, typer.Option("--groups", metavar="KIND", help="residence or race.")
    ] = "residence",
    variants: Variants = False,
    force: arg.Replace = False,
    reply: arg.Reply,
) -> None:
    """Georgia's 159 counties (USA) with groups of people: the group-equity instance."""
    make = builder("georgia", raw, groups=groups)
    write(make, target, variants=variants, force=force, reply=reply)


@builders.command()
@arg.grouped
def table(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Holds regions.csv and facilities.csv.")
    ],
    target: arg.NewInstance,
    *,
    settings: arg.Settings = None,
    force: arg.Replace = False,
    reply: arg.Reply,
) -> None:
    """Your own regions and facilities, a few columns each, with stated defaults.

    --set takes what pse_opt.regional.table.build takes: need_per_head, reach_km, cost_per_unit ...
    """
    from pse_opt.regional.table import build

    options = arg.overrides(settings)
    known = [n for n, p in signature(build).parameters.items() if p.kind is p.KEYWORD_ONLY]
    wrong = [
        Problem("--set", "unknown", nearest(k, known), value=k) for k in options if k not in known
    ]
    if wrong:
        raise InputError(wrong)
    make = partial(build, folder / "regions.csv", folder / "facilities.csv", **options)
    write(make, target, force=force, reply=reply)


@builders.command()
@arg.grouped
def synthetic(
    target: arg.NewInstance,
    *,
    needs: Annotated[int, typer.Option(help="Number of needs.")] = 100,
    services: Annotated[int, typer.Option(help="Number of services.")] = 1,
    tightness: Annotated[float, typer.Option(help="Demand over capacity within reach.")] = 0.8,
    ngo_share: Annotated[float, typer.Option(help="NGO offers as a share of all.")] = 0.3,
    clustering: Annotated[float, typer.Option(help="0 uniform to 1 in towns.")] = 0.5,
    inequality: Annotated[float, typer.Option(help="Spread of demand between regions.")] = 0.5,
    links_per_need: Annotated[float, typer.Option(help="Links per need on average.")] = 12.0,
    seed: Annotated[int, typer.Option(help="Seed of what is drawn.")] = 0,
    force: arg.Replace = False,
    reply: arg.Reply,
) -> None:
    """A seeded random instance of any size with the statistics of the real ones."""
    from pse_opt.regional.synthetic import build

    make = partial(
        build,
        needs=needs,
        services=services,
        tightness=tightness,
        ngo_share=ngo_share,
        clustering=clustering,
        inequality=inequality,
        links_per_need=links_per_need,
        seed=seed,
    )
    write(make, target, force=force, reply=reply)


@builders.command()
@arg.grouped
def kenya(
    raw: arg.Raw,
    target: arg.NewInstance,
    *,
    level: Annotated[
        str, typer.Option("--level", metavar="LEVEL", help="counties or subcounties.")
    ] = "counties",
    variants: Variants = False,
    force: arg.Replace = False,
    reply: arg.Reply,
) -> None:
    """Health services of Kenya's counties or sub-counties, real facilities and owners."""
    make = builder("kenya", raw, level=level)
    write(make, target, variants=variants, force=force, reply=reply)


@builders.command()
@arg.grouped
def africa(
    country: Annotated[str, typer.Argument(metavar="COUNTRY", help="Two letters: gh, tz or zm.")],
    raw: arg.Raw,
    target: arg.NewInstance,
    *,
    variants: Variants = False,
    force: arg.Replace = False,
    reply: arg.Reply,
) -> None:
    """Health services of a sub-Saharan country's first-level regions, where people are known."""
    make = builder("africa", raw, country=country)
    write(make, target, variants=variants, force=force, reply=reply)


@builders.command()
@arg.grouped
def published(
    problem: Annotated[
        str, typer.Argument(metavar="FILE", help="A published file, or FORMAT/NAME.")
    ],
    target: arg.NewInstance,
    *,
    form: Annotated[
        str | None, typer.Option("--format", metavar="NAME", help="Format of the file.")
    ] = None,
    settings: arg.Settings = None,
    force: arg.Replace = False,
    reply: arg.Reply,
) -> None:
    """A published benchmark file as an instance, with the command that solves it.

    FORMAT/NAME, such as orlib-pmed/pmed1, is read from the folder PSE_OPT_DATA.
    --set takes the options of the format's reader: sites, radius, capacity, model ...
    """
    from pse_opt.formats import FORMATS, entry, load, read_published

    if form is not None:
        found = read_published(form, Path(problem), arg.overrides(settings))
    elif Path(problem).exists():
        remedy = f"name it with --format: {', '.join(FORMATS)}"
        raise InputError([Problem(problem, "the format of the file is not given", remedy)])
    elif settings:
        remedy = f"read the file itself: build published FILE --format {entry(problem).format}"
        raise InputError([Problem("--set", "a problem named has its own options", remedy)])
    else:
        found = load(problem)
    write(partial(stripped, found.instance), target, force=force, reply=reply)
    if reply.loud:
        terminal.out.print(f"solve it: {solve_command(target, found.model, found.overrides)}")


@builders.command()
@arg.grouped
def recipe(
    name: Annotated[str, typer.Argument(metavar="NAME", help="An instance that has a recipe.")],
    raw: arg.Raw,
    target: arg.NewInstance,
    *,
    record: Annotated[
        bool, arg.flag("--record", text="Record checksums of raw files and of what is built.")
    ] = False,
    force: arg.Replace = False,
    reply: arg.Reply,
) -> None:
    """An instance of the catalogue from its recipe, checked against the recorded checksums."""
    from pse_opt.io import read_instance
    from pse_opt.recipes import differences, follow, read_recipe, record_recipe

    folder = resources.resolve(name, "instances", "recipe.toml")
    if not force:
        arg.refuse_full(target, REPLACE)
    found = read_recipe(folder)
    with terminal.working("checking raw files, building", enabled=reply.loud) as say:
        follow(found, raw, target, checked=not record)
        if say:
            say("reading again")
        built = read_instance(target)
    if record:
        record_recipe(found, raw, folder, built, target)
    reply.warn(built.warnings)
    wrong = differences(target, folder)
    if wrong:
        raise InputError(wrong)
    said = "recorded" if record else "every file is the recorded one"
    data = {"folder": str(target), "recorded": record}
    reply.answer(f"{built}\nwritten to {target}; {said}", data)
