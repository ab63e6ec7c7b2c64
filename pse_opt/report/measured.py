"""Documented gaps and times: what is promised of every instance, and what was measured.

``instances/documented.toml`` says within which gap and seconds a verified plan is found, for each
instance and model. ``python -m pse_opt.report.measured`` solves what it lists, checks every plan,
and writes ``instances/measured.csv``; with ``--variants`` it solves the variants ``@low`` and
``@high`` of the last model instead, which gives the range over assumed costs.
"""

from __future__ import annotations

import argparse
import csv
import sys
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import BaseModel, ConfigDict, PositiveFloat, TypeAdapter, ValidationError

from pse_opt import resources
from pse_opt.best_known import record
from pse_opt.checksums import checksum, checksums
from pse_opt.errors import InputError, Problem
from pse_opt.io import read_instance, to_csv, write_text
from pse_opt.report.facts import KINDS, shares
from pse_opt.solving.run import solve
from pse_opt.terminal import out

__all__ = ["Promise", "Task", "measurements", "promises"]

COLUMNS = ["instance", "variant", "model", "objective", "bound", "gap", "seconds", "verified"]
COLUMNS += [*KINDS, "strategy", "highs", "tables_sha256"]
KEY = ["instance", "variant", "model"]
VARIANTS = ("low", "high")


class Promise(BaseModel):
    """Within which relative gap and seconds of solving a verified plan is found."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    gap: PositiveFloat
    seconds: PositiveFloat


@dataclass(frozen=True)
class Task:
    """One solve: an instance, a variant of it (blank for none), a model."""

    instance: str
    variant: str
    model: str
    promise: Promise


def promises(path: Path | None = None) -> dict[str, dict[str, Promise]]:
    """Return what is documented, by instance and model.

    Raises
    ------
    InputError
        With all that is wrong in ``documented.toml``.
    """
    path = path or resources.share() / "instances" / "documented.toml"
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
        return TypeAdapter(dict[str, dict[str, Promise]]).validate_python(document)
    except ValidationError as error:
        raise InputError(
            Problem(path.name, e["msg"], "correct it", column=".".join(map(str, e["loc"])))
            for e in error.errors(include_url=False)
        ) from None


def measurements() -> list[dict[str, str]]:
    """Return what was measured, one row per instance, variant and model."""
    path = _path()
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _path() -> Path:
    return resources.share() / "instances" / "measured.csv"


def tasks(names: Sequence[str], models: Sequence[str], *, variants: bool) -> Iterator[Task]:
    """Yield what is to be solved: all that is documented, or what is named of it."""
    for instance, known in promises().items():
        if names and instance not in names:
            continue
        chosen = {model: p for model, p in known.items() if not models or model in models}
        if not variants:
            for model, promise in chosen.items():
                yield Task(instance, "", model, promise)
        elif _recorded(instance):
            model, promise = list(chosen.items())[-1]
            for variant in VARIANTS:
                yield Task(instance, variant, model, promise)


def _recorded(instance: str) -> bool:
    """Whether an instance has variants: all that come from a recipe do."""
    return (resources.share() / "instances" / instance / "recipe.toml").is_file()


def measure(task: Task, folder: Path, *, keep_record: bool) -> dict[str, Any]:
    """Solve, and return the row of ``measured.csv``.

    Parameters
    ----------
    task : Task
        What is solved.
    folder : Path
        Where the instance's tables are.
    keep_record : bool
        Keep the result among the best known where it is better.
    """
    instance = read_instance(folder, variant=task.variant or None)
    result = solve(instance, task.model, gap=task.promise.gap, time_limit=task.promise.seconds)
    found = dict.fromkeys(KINDS, 0.0) if result.plan is None else shares(instance, result.plan)
    if keep_record and result.verified and not task.variant:
        record(result, folder, resources.share() / "instances" / task.instance)
    figures = {"objective": result.objective, "bound": result.bound, "gap": result.gap}
    return {
        "instance": task.instance,
        "variant": task.variant,
        "model": task.model,
        **{name: None if v is None else float(f"{v:.8g}") for name, v in figures.items()},
        "seconds": round(result.seconds["solve"], 1),
        "verified": "yes" if result.verified else "no",
        **{kind: round(share, 4) for kind, share in found.items()},
        "strategy": result.strategy,
        "highs": result.versions.get("highs", ""),
        "tables_sha256": checksum(checksums(folder), task.variant or None),
    }


def kept(row: dict[str, Any], promise: Promise) -> bool:
    """Tell whether a measured row is within what is documented; of variants that is a plan."""
    if row["verified"] == "no" or row["gap"] is None:
        return False
    return bool(row["variant"]) or row["gap"] <= promise.gap


def _write(row: dict[str, Any]) -> None:
    """Put a row in the place of its former one; the order is that of the names."""
    table = pd.DataFrame([*measurements(), row], columns=COLUMNS)
    table = table.drop_duplicates(KEY, keep="last").sort_values(KEY, ignore_index=True)
    write_text(_path(), to_csv(table))


def _folder(instance: str, built: Path | None) -> Path:
    if built is not None and (built / instance / "instance.toml").is_file():
        return built / instance
    return resources.resolve(instance, "instances", "instance.toml")


def main(arguments: Sequence[str] | None = None) -> int:
    """Solve what is documented and return how many promises were not kept."""
    parser = argparse.ArgumentParser(prog="python -m pse_opt.report.measured", description=__doc__)
    parser.add_argument("names", nargs="*", help="instances; all that are documented by default")
    parser.add_argument("--model", action="append", default=[], help="models; all by default")
    parser.add_argument("--variants", action="store_true", help="solve @low and @high")
    parser.add_argument("--record", action="store_true", help="keep better plans and bounds")
    parser.add_argument("--built", type=Path, help="folder of instances built by `build recipe`")
    given = parser.parse_args(arguments)
    broken = 0
    chosen = list(tasks(given.names, given.model, variants=given.variants))
    # All are looked for before the first is solved.
    folders = {task.instance: _folder(task.instance, given.built) for task in chosen}
    for task in chosen:
        name = task.instance + (f"@{task.variant}" if task.variant else "")
        row = measure(task, folders[task.instance], keep_record=given.record)
        _write(row)
        good = kept(row, task.promise)
        broken += not good
        gap = "no plan" if row["gap"] is None else f"gap {100 * row['gap']:.3f} %"
        limits = f"documented {100 * task.promise.gap:g} %, {task.promise.seconds:g} s"
        verdict = "kept" if good else "NOT KEPT"
        out.print(f"{name} {task.model}: {gap} in {row['seconds']} s ({limits}): {verdict}")
    return broken


if __name__ == "__main__":
    sys.exit(main())
