"""``python -m pse_opt build SOURCE``: instances from regional data, one command a source."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from pse_opt import arguments as arg
from pse_opt import resources, terminal
from pse_opt.errors import InputError, Problem, nearest

if TYPE_CHECKING:
    import pandas as pd

    from pse_opt.instance import Instance

__all__ = ["builders"]

Built: TypeAlias = "tuple[dict[str, Any], dict[str, pd.DataFrame]]"

builders = typer.Typer(
    no_args_is_help=True,
    help="Build an instance from regional data; `build SOURCE --help` tells what each needs.",
)

Variants = Annotated[
    bool, arg.flag("--variants", text="Add the variants @low and @high of assumed costs.")
]


def _builder(source: str, raw: Path, **options: str) -> Callable[..., Built]:
    """Return a builder that knows its raw files and what it is told."""
    from pse_opt.recipes import SOURCES, raw_folder

    return partial(import_module(SOURCES[source][0]).build, raw_folder(raw, source), **options)


def write(
    make: Callable[..., Built],
    target: Path,
    *,
    variants: bool,
    force: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Build, write, read again, and say what there is now.

    Parameters
    ----------
    make : callable
        ``make(**options)`` returns the content of ``instance.toml`` and the tables; with
        ``variants`` it is also called with ``variant="low"`` and ``"high"``.
    """
    from pse_opt.io import read_instance, write_instance, write_variant

    if not force:
        arg.refuse_full(target, "name another folder, or add --force to replace its tables")
    with terminal.working("building the tables", enabled=not (as_json or quiet)) as say:
        about, tables, others = _made(make, variants=variants, say=say)
        if say:
            say("writing and reading again")
        write_instance(target, about, tables)
        for name, changed in others.items():
            differing = {k: t for k, t in changed.items() if not t.equals(tables[k])}
            write_variant(target, name, differing)
        built = read_instance(target)
    terminal.warnings(built.warnings, as_json=as_json, quiet=quiet)
    data = {"folder": str(target), "tables": {k: len(v) for k, v in tables.items()}}
    terminal.answer(f"{built}\nwritten to {target}", data, as_json=as_json, quiet=quiet)


def _made(
    make: Callable[..., Built], *, variants: bool, say: Callable[[str], None] | None
) -> tuple[dict[str, Any], dict[str, pd.DataFrame], dict[str, dict[str, pd.DataFrame]]]:
    """Return document and tables, and the tables of each variant."""
    others = {}
    try:
        about, tables = make()
        for name in ("low", "high") if variants else ():
            if say:
                say(f"building the variant {name}")
            others[name] = make(variant=name)[1]
    except ValueError as error:
        if isinstance(error, InputError):
            raise
        raise InputError([Problem("build", str(error), "see build SOURCE --help")]) from None
    return about, tables, others


@builders.command()
def malawi(
    raw: arg.Raw,
    target: arg.NewInstance,
    variants: Variants = False,
    force: arg.Replace = False,
    as_json: arg.Json = False,
    quiet: arg.Quiet = False,
) -> None:
    """Malawi's 28 districts: primary, maternal and hospital care, real facilities and owners."""
    make = _builder("malawi", raw)
    write(make, target, variants=variants, force=force, as_json=as_json, quiet=quiet)


@builders.command()
def china(
    raw: arg.Raw,
    target: arg.NewInstance,
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
    as_json: arg.Json = False,
    quiet: arg.Quiet = False,
) -> None:
    """Five services in Chinese counties and districts, prefectures or provinces."""
    where = "all" if everything else province
    make = _builder("china", raw, province=where, level=level, groups=groups)
    write(make, target, variants=variants, force=force, as_json=as_json, quiet=quiet)


@builders.command()
def georgia(
    raw: arg.Raw,
    target: arg.NewInstance,
    groups: Annotated[
        str, typer.Option("--groups", metavar="KIND", help="residence or race.")
    ] = "residence",
    variants: Variants = False,
    force: arg.Replace = False,
    as_json: arg.Json = False,
    quiet: arg.Quiet = False,
) -> None:
    """Georgia's 159 counties (USA) with groups of people: the group-equity instance."""
    make = _builder("georgia", raw, groups=groups)
    write(make, target, variants=variants, force=force, as_json=as_json, quiet=quiet)


@builders.command()
def table(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Holds regions.csv and facilities.csv.")
    ],
    target: arg.NewInstance,
    settings: arg.Settings = None,
    force: arg.Replace = False,
    as_json: arg.Json = False,
    quiet: arg.Quiet = False,
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
    write(make, target, variants=False, force=force, as_json=as_json, quiet=quiet)


@builders.command()
def synthetic(
    target: arg.NewInstance,
    needs: Annotated[int, typer.Option(help="Number of needs.")] = 100,
    services: Annotated[int, typer.Option(help="Number of services.")] = 1,
    tightness: Annotated[float, typer.Option(help="Demand over capacity within reach.")] = 0.8,
    ngo_share: Annotated[float, typer.Option(help="NGO offers as a share of all.")] = 0.3,
    clustering: Annotated[float, typer.Option(help="0 uniform to 1 in towns.")] = 0.5,
    inequality: Annotated[float, typer.Option(help="Spread of demand between regions.")] = 0.5,
    links_per_need: Annotated[float, typer.Option(help="Links per need on average.")] = 12.0,
    seed: Annotated[int, typer.Option(help="Seed of what is drawn.")] = 0,
    force: arg.Replace = False,
    as_json: arg.Json = False,
    quiet: arg.Quiet = False,
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
    write(make, target, variants=False, force=force, as_json=as_json, quiet=quiet)


@builders.command()
def kenya(
    raw: arg.Raw,
    target: arg.NewInstance,
    level: Annotated[
        str, typer.Option("--level", metavar="LEVEL", help="counties or subcounties.")
    ] = "counties",
    variants: Variants = False,
    force: arg.Replace = False,
    as_json: arg.Json = False,
    quiet: arg.Quiet = False,
) -> None:
    """Health services of Kenya's counties or sub-counties, real facilities and owners."""
    make = _builder("kenya", raw, level=level)
    write(make, target, variants=variants, force=force, as_json=as_json, quiet=quiet)


@builders.command()
def africa(
    country: Annotated[str, typer.Argument(metavar="COUNTRY", help="Two letters: gh, tz or zm.")],
    raw: arg.Raw,
    target: arg.NewInstance,
    variants: Variants = False,
    force: arg.Replace = False,
    as_json: arg.Json = False,
    quiet: arg.Quiet = False,
) -> None:
    """Health services of a sub-Saharan country's first-level regions, where people are known."""
    make = _builder("africa", raw, country=country)
    write(make, target, variants=variants, force=force, as_json=as_json, quiet=quiet)


@builders.command()
def published(
    problem: Annotated[
        str, typer.Argument(metavar="FILE", help="A published file, or FORMAT/NAME.")
    ],
    target: arg.NewInstance,
    form: Annotated[
        str | None, typer.Option("--format", metavar="NAME", help="Format of the file.")
    ] = None,
    settings: arg.Settings = None,
    force: arg.Replace = False,
    as_json: arg.Json = False,
    quiet: arg.Quiet = False,
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
    write(
        partial(_parts, found.instance),
        target,
        variants=False,
        force=force,
        as_json=as_json,
        quiet=quiet,
    )
    if not (as_json or quiet):
        terminal.out.print(f"solve it: {solve_command(target, found.model, found.overrides)}")


def _parts(instance: Instance) -> Built:
    """An instance as it is written: tables without columns that say no more than blank ones."""
    from pse_opt.tables import TABLES

    tables = {}
    for name, frame in instance.tables.items():
        known = TABLES[name].by_name
        blank = frame.isna() | (frame == "")
        for c in frame.columns.intersection(list(known)):
            blank[c] |= (not known[c].required) & (frame[c] == known[c].default)
        if len(frame):
            tables[name] = frame.loc[:, ~blank.all()]
    return instance.about.to_document(), tables


def solve_command(folder: Path, model: str, overrides: Mapping[str, Any]) -> str:
    """Return the command line that solves an instance under a model with overrides."""
    words = ["python -m pse_opt solve", shlex.quote(str(folder)), "--model", model]
    for key, value in overrides.items():
        words += ["--set", shlex.quote(f"{key}={json.dumps(value)}")]
    return " ".join(words)


@builders.command()
def recipe(
    name: Annotated[str, typer.Argument(metavar="NAME", help="An instance that has a recipe.")],
    raw: arg.Raw,
    target: arg.NewInstance,
    record: Annotated[
        bool, arg.flag("--record", text="Record checksums of raw files and of what is built.")
    ] = False,
    force: arg.Replace = False,
    as_json: arg.Json = False,
    quiet: arg.Quiet = False,
) -> None:
    """An instance of the catalogue from its recipe, checked against the recorded checksums."""
    from pse_opt.io import read_instance
    from pse_opt.recipes import differences, follow, read_recipe, record_recipe

    folder = resources.resolve(name, "instances", "recipe.toml")
    if not force:
        arg.refuse_full(target, "name another folder, or add --force to replace its tables")
    found = read_recipe(folder)
    with terminal.working("checking raw files, building", enabled=not (as_json or quiet)) as say:
        follow(found, raw, target, checked=not record)
        if say:
            say("reading again")
        built = read_instance(target)
    if record:
        record_recipe(found, raw, folder, built, target)
    terminal.warnings(built.warnings, as_json=as_json, quiet=quiet)
    wrong = differences(target, folder)
    if wrong:
        raise InputError(wrong)
    said = "recorded" if record else "every file is the recorded one"
    data = {"folder": str(target), "recorded": record}
    terminal.answer(f"{built}\nwritten to {target}; {said}", data, as_json=as_json, quiet=quiet)
