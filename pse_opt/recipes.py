"""Recipes: how an instance is built from raw files, and the checksums of what comes out.

``instances/NAME/recipe.toml`` names the builder, its options and the raw files, with the checksum
of each; ``SHA256SUMS`` beside it lists every file that is built. Large instances are shipped as a
recipe alone: ``build recipe NAME`` makes their tables and says whether they are the recorded ones.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import pandas as pd
import tomli_w
from pydantic import BaseModel, ConfigDict, ValidationError

from pse_opt import resources
from pse_opt.checksums import SUMS, checksums, digest, recorded_checksums, sums_text
from pse_opt.errors import InputError, Problem, nearest
from pse_opt.instance import Instance
from pse_opt.io import read_instance, write_instance, write_text, write_variant

__all__ = [
    "SOURCES",
    "Recipe",
    "differences",
    "follow",
    "outline",
    "raw_folder",
    "read_recipe",
    "record_recipe",
    "sizes_of",
    "unbuilt",
]

# By builder: its module, a raw file it cannot do without, and folders this may stand in.
SOURCES: Mapping[str, tuple[str, str, tuple[str, ...]]] = {
    "africa": ("pse_opt.regional.africa", "africa_who_health_sites", ("regional",)),
    "china": ("pse_opt.regional.china", "china_county_merged_en.csv", ("regional",)),
    "georgia": ("pse_opt.regional.georgia", "usa_georgia159", ("regional",)),
    "kenya": ("pse_opt.regional.kenya", "kenya", ("regional",)),
    "malawi": (
        "pse_opt.regional.malawi",
        "MHFR_Facilities_with_districts.csv",
        ("regional/malawi", "malawi"),
    ),
}
VARIANTS = ("low", "high")
SIZES = ("regions", "services", "needs", "offers", "links")


class Recipe(BaseModel):
    """The content of ``recipe.toml``.

    Attributes
    ----------
    title : str
        What the instance is, as in its ``instance.toml``.
    source : str
        Builder, one of ``SOURCES``.
    options : mapping
        What the builder is told, such as ``province = "52"``.
    raw : mapping
        SHA-256 of the raw files it reads, by path below their folder.
    sizes : mapping
        Numbers of regions, services, needs, offers and links of what is built.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    title: str = ""
    source: str
    options: Mapping[str, str] = {}
    raw: Mapping[str, str] = {}
    sizes: Mapping[str, int] = {}


def read_recipe(folder: Path) -> Recipe:
    """Return the recipe of an instance.

    Raises
    ------
    InputError
        The document is wrong, or names no builder.
    """
    path = folder / "recipe.toml"
    try:
        recipe = Recipe.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        raise InputError(
            Problem(str(path), e["msg"], "correct it", column=".".join(map(str, e["loc"])))
            for e in error.errors(include_url=False)
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise InputError([Problem(str(path), str(error), "correct it")]) from None
    if recipe.source not in SOURCES:
        remedy = nearest(recipe.source, SOURCES)
        problem = Problem(
            str(path), "no such builder", remedy, column="source", value=recipe.source
        )
        raise InputError([problem])
    return recipe


def unbuilt() -> list[str]:
    """Return the names of the instances that are shipped as a recipe alone."""
    shipped = resources.names("instances", "instance.toml")
    return [n for n in resources.names("instances", "recipe.toml") if n not in shipped]


def outline(name: str) -> dict[str, Any]:
    """Return name, title and sizes of a shipped instance, without reading its tables.

    Those of a recipe, where there is one; a test compares them with the tables.
    """
    folder = resources.share() / "instances" / name
    if (folder / "recipe.toml").is_file():
        recipe = read_recipe(folder)
        if recipe.sizes:
            return {"name": name, "title": recipe.title, **recipe.sizes}
    instance = read_instance(folder)
    return {"name": name, "title": instance.about.title, **sizes_of(instance)}


def sizes_of(instance: Instance) -> dict[str, int]:
    """Return numbers of regions, services, needs, offers and links."""
    return {name: len(getattr(instance, name)) for name in SIZES}


def raw_folder(raw: Path, source: str) -> Path:
    """Return the folder of a builder's raw files: the one named, or a folder below it."""
    _, marker, below = SOURCES[source]
    for place in (raw, *(raw / folder for folder in below)):
        if (place / marker).exists():
            return place
    message = f"the raw files are not there: no {marker}"
    remedy = "name their folder with --raw, or set PSE_OPT_DATA"
    raise InputError([Problem(str(raw), message, remedy)])


def follow(recipe: Recipe, raw: Path, target: Path, *, checked: bool = True) -> None:
    """Build the instance of a recipe, with its variants ``@low`` and ``@high``.

    Parameters
    ----------
    recipe : Recipe
        As :func:`read_recipe` returns it.
    raw : Path
        Folder of raw files, or one above it.
    target : Path
        Folder to write.
    checked : bool
        Refuse raw files that are not those of the recipe.

    Raises
    ------
    InputError
        Raw files are missing or others than those of the recipe.
    """
    place = raw_folder(raw, recipe.source)
    if checked:
        _check_raw(recipe, place)
    build = import_module(SOURCES[recipe.source][0]).build
    about, tables = build(place, **recipe.options)
    write_instance(target, about, tables)
    for name in VARIANTS:
        changed: dict[str, pd.DataFrame] = build(place, variant=name, **recipe.options)[1]
        write_variant(target, name, {k: t for k, t in changed.items() if not t.equals(tables[k])})


def _check_raw(recipe: Recipe, place: Path) -> None:
    problems = []
    remedy = "use the files the recipe was made from, or `build SOURCE` for an instance of yours"
    for name, recorded in recipe.raw.items():
        path = place / name
        if not path.is_file():
            problems.append(Problem(str(path), "there is no such raw file", remedy))
        elif digest(path) != recorded:
            problems.append(Problem(str(path), "not the raw file of the recipe", remedy))
    if problems:
        raise InputError(problems)


def differences(built: Path, recorded: Path) -> list[Problem]:
    """Return the files of a built instance that are not the recorded ones.

    Parameters
    ----------
    built : Path
        Folder of the instance.
    recorded : Path
        Folder that holds ``SHA256SUMS``.
    """
    ours, theirs = checksums(built), recorded_checksums(recorded)
    remedy = "the versions of Python's libraries may differ; results for it are not comparable"
    wrong = [n for n in sorted(ours | theirs) if ours.get(n) != theirs.get(n)]
    said = {True: "not the file that was recorded", False: "recorded, but not built"}
    return [
        Problem(name, said[name in ours] if name in theirs else "built, but not recorded", remedy)
        for name in wrong
    ]


def record_recipe(recipe: Recipe, raw: Path, folder: Path, instance: Instance, built: Path) -> None:
    """Write checksums and sizes of what was built into the recipe's folder.

    Parameters
    ----------
    recipe : Recipe
        The recipe that was followed.
    raw : Path
        Folder of raw files, or one above it; those named by the recipe get their checksum.
    folder : Path
        The recipe's folder.
    instance : Instance
        What was built.
    built : Path
        Its folder.
    """
    place = raw_folder(raw, recipe.source)
    known = {
        "title": instance.about.title,
        "raw": {name: digest(place / name) for name in recipe.raw},
        "sizes": sizes_of(instance),
    }
    document: dict[str, Any] = recipe.model_copy(update=known).model_dump(exclude_defaults=True)
    write_text(folder / "recipe.toml", tomli_w.dumps(document))
    write_text(folder / SUMS, sums_text(checksums(built)))
