"""``python -m pse_opt build SOURCE``: instances from regional data, one command a source."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from pse_opt import arguments as arg
from pse_opt import terminal
from pse_opt.errors import InputError, Problem

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["builders"]

Built: TypeAlias = "tuple[dict[str, Any], dict[str, pd.DataFrame]]"

builders = typer.Typer(
    no_args_is_help=True,
    help="Build an instance from regional data; `build SOURCE --help` tells what each needs.",
)

Variants = Annotated[
    bool, arg.flag("--variants", text="Add the variants @low and @high of assumed costs.")
]


def _raw(raw: Path, marker: str, *below: str) -> Path:
    """Find the folder of raw files in what was named: itself, or a folder below it."""
    for place in (raw, *(raw / folder for folder in below)):
        if (place / marker).exists():
            return place
    message = f"the raw files are not there: no {marker}"
    remedy = "name their folder with --raw, or set PSE_OPT_DATA"
    raise InputError([Problem(str(raw), message, remedy)])


def _regional(raw: Path, marker: str) -> Path:
    return _raw(raw, marker, "regional")


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
    about, tables = make()
    others = {name: make(variant=name)[1] for name in ("low", "high")} if variants else {}
    write_instance(target, about, tables)
    for name, changed in others.items():
        write_variant(target, name, {k: t for k, t in changed.items() if not t.equals(tables[k])})
    built = read_instance(target)
    terminal.warnings(built.warnings, as_json=as_json, quiet=quiet)
    data = {"folder": str(target), "tables": {k: len(v) for k, v in tables.items()}}
    terminal.answer(f"{built}\nwritten to {target}", data, as_json=as_json, quiet=quiet)


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
    from pse_opt.regional.malawi import build

    source = _raw(raw, "MHFR_Facilities_with_districts.csv", "regional/malawi", "malawi")

    def make(**options: Any) -> Built:
        return build(source, **options)

    write(make, target, variants=variants, force=force, as_json=as_json, quiet=quiet)


@builders.command()
def china(
    raw: arg.Raw,
    target: arg.NewInstance,
    province: Annotated[
        str, typer.Option("--province", metavar="CODE", help="Two digits, such as 64 (Ningxia).")
    ] = "64",
    variants: Variants = False,
    force: arg.Replace = False,
    as_json: arg.Json = False,
    quiet: arg.Quiet = False,
) -> None:
    """Five services in the counties and districts of a Chinese province."""
    from pse_opt.regional.china import build

    source = _regional(raw, "china_county_merged_en.csv")

    def make(**options: Any) -> Built:
        return build(source, province, **options)

    write(make, target, variants=variants, force=force, as_json=as_json, quiet=quiet)
