"""What a shell is told while a word is being typed: names that are shipped, and paths."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from pse_opt import resources

__all__ = ["formats", "instances", "instances_or_models", "models", "several_models"]

FILES = (".xlsx", ".geojson", ".gpkg")
"""Endings of files that hold an instance or a result."""


def instances(incomplete: str) -> list[str]:
    """Return instances: names, variants once ``@`` is typed, folders and workbooks."""
    found = resources.names("instances", "instance.toml")
    name, at, _ = incomplete.partition("@")
    if at and name in found:
        variants = (resources.share() / "instances" / name / "variants").glob("*")
        found = sorted(f"{name}@{p.name}" for p in variants)
    return [*_beginning(found, incomplete), *_paths(incomplete, lambda p: p.suffix in FILES)]


def models(incomplete: str) -> list[str]:
    """Return models: names and TOML documents."""
    found = _beginning(resources.names("models", "model.toml"), incomplete)
    return [*found, *_paths(incomplete, lambda p: p.suffix == ".toml")]


def several_models(incomplete: str) -> list[str]:
    """Return lists of models, of which the last is being typed."""
    before, comma, last = incomplete.rpartition(",")
    return [f"{before}{comma}{name}" for name in models(last)]


def instances_or_models(incomplete: str) -> list[str]:
    """Return what the command show takes."""
    return list(dict.fromkeys([*instances(incomplete), *models(incomplete)]))


def formats(incomplete: str) -> list[str]:
    """Return the formats of the command convert."""
    from pse_opt.interchange.kinds import FORMATS

    return _beginning(FORMATS, incomplete)


def _beginning(names: Iterable[str], incomplete: str) -> list[str]:
    return [name for name in names if name.startswith(incomplete)]


def _paths(incomplete: str, wanted: Callable[[Path], bool]) -> list[str]:
    """Return folders, with a slash, and files that are wanted."""
    folder, slash, start = incomplete.rpartition("/")
    try:
        there = sorted(Path(folder or slash or ".").iterdir())
    except OSError:
        return []
    shown = (p for p in there if p.name.startswith(start) and (start or p.name[0] != "."))
    return [
        f"{folder}{slash}{p.name}{'/' if p.is_dir() else ''}"
        for p in shown
        if p.is_dir() or wanted(p)
    ]
