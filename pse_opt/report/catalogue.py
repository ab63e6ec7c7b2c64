"""The catalogue of instances: a table, a picture for each, and what makes each interesting.

``python -m pse_opt.report.catalogue`` writes ``instances/README.md``, ``instances/FORMAT.md`` and a
``map.png`` beside every instance that has coordinates and none yet (``--maps`` draws all again).
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pse_opt import resources
from pse_opt.best_known import plan_of, read_best_known
from pse_opt.dictionary import data_dictionary
from pse_opt.instance import Instance
from pse_opt.io import load_instance, read_instance, write_bytes, write_text
from pse_opt.plan import Plan
from pse_opt.recipes import outline, read_recipe, unbuilt
from pse_opt.report.facts import KINDS, hardship, shares, short_today, tight_budgets
from pse_opt.report.maps import plot_map
from pse_opt.report.measured import measurements, promises

__all__ = ["catalogue", "write_catalogue"]

HEAD = """# Instances

Each folder holds one instance: `instance.toml` (what it is, its sources, what is assumed), the
tables of [FORMAT.md](FORMAT.md), `LICENSE`, a map, `recipe.toml` (how it is built from raw files),
`SHA256SUMS`, and in `best_known/` the best known plan of each model with its bound. Checks, in any
order:

```sh
python -m pse_opt check mw-districts
python -m pse_opt show mw-districts
python -m pse_opt build recipe cn-prefectures --raw FOLDER --out cn-prefectures
(cd instances/mw-districts && sha256sum -c SHA256SUMS)
```

This page is written by `python -m pse_opt.report.catalogue`; the figures come from the tables and
from the recorded plans, which a test verifies again.
"""
SIZES = """
Those marked * are too large to be shipped with their tables: `build recipe NAME` builds them and
compares every file with the recorded checksum.
"""
BEST = """
The best plan and the best bound of any run, each found by HiGHS in the version named.
"""
PROMISED = """
Within the documented gap and seconds of solving (`documented.toml`) a verified plan is found on two
cores; what was measured last (`measured.csv`) is on the right. `python -m pse_opt.report.measured`
solves and checks all of them; seconds are those of one shared machine, so read them as sizes. An
instance that is missing has not been solved within five minutes yet.
"""
INTERESTING = """
Shares of delivered need by kind of provider are those of the recorded `equalized` plan (mean over
services). The price of equalization is its cost over that of `core`, with what the two gaps leave
open. Budgets bind where a jurisdiction's spending reaches 98 % of its budget in that plan or would
exceed it (the models shown do not limit budgets). Needs are hard to reach where two providers at
most can deliver, or where supply is scarce: the capacity of today within reach, shared with all who
reach it, is below 70 % of the need.
"""
RANGE = """
What NGOs and private providers cost is assumed, so each instance has variants `@low` and `@high`.
Shares of delivered need in `equalized` plans found within the documented seconds, the change of
their cost against the central one, and the greatest gap of the three
(`python -m pse_opt.report.measured --variants`).
"""


def catalogue() -> str:
    """Return ``instances/README.md``."""
    names = resources.names("instances", "instance.toml")
    instances = {name: load_instance(name) for name in names}
    parts = [HEAD, "## What there is", _sizes(instances), SIZES]
    parts += ["## Best known", BEST, _best()]
    parts += ["## Documented gaps and times", PROMISED, _promised()]
    parts += ["## What makes them interesting", INTERESTING, _facts(instances)]
    parts += ["## The range over assumed costs", RANGE, _ranges()]
    parts += ["## One by one", *(_portrait(name, data) for name, data in instances.items())]
    parts += [_unbuilt(name) for name in unbuilt()]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def write_catalogue(*, maps: bool = False, built: Path | None = None) -> Path:
    """Write the catalogue, the format page, and missing (or all) maps.

    Parameters
    ----------
    maps : bool
        Draw all maps again.
    built : Path, optional
        Folder of instances built by `build recipe`, whose maps are drawn too.
    """
    folder = resources.share() / "instances"
    homes = [folder / name for name in resources.names("instances", "instance.toml")]
    if built is not None:
        homes += [built / name for name in unbuilt() if (built / name).is_dir()]
    for home in homes:
        target = folder / home.name / "map.png"
        if maps or not target.exists():
            _draw(home, target)
    write_text(folder / "FORMAT.md", data_dictionary())
    write_text(folder / "README.md", catalogue())
    return folder


def _draw(home: Path, target: Path) -> None:
    instance = read_instance(home)
    if instance.regions["longitude"].notna().any():
        picture = io.BytesIO()
        plot_map(instance).savefig(picture, format="png", dpi=90)
        write_bytes(target, picture.getvalue())


def _table(heads: list[str], rows: list[list[str]]) -> str:
    aligned = ["---", *["---:"] * (len(heads) - 1)]
    lines = [heads, aligned, *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _sizes(instances: dict[str, Instance]) -> str:
    counted = ["regions", "services", "needs", "offers", "links"]
    rows = {}
    for name, data in instances.items():
        kinds = data.offers["kind"].value_counts()
        sizes = [len(getattr(data, what)) for what in counted]
        rows[f"[{name}]({name}/)"] = [*sizes, *(int(kinds.get(k, 0)) for k in KINDS)]
    for name in unbuilt():
        item = outline(name)
        rows[f"[{name}]({name}/) *"] = [item[what] for what in counted]
    lines = []
    for name, numbers in sorted(rows.items()):
        shown = [f"{n:,}" for n in numbers] + [""] * (8 - len(numbers))
        per_need = f"{numbers[4] / max(numbers[2], 1):.1f}"
        lines.append([name, *shown[:5], per_need, *shown[5:]])
    heads = ["instance", *counted, "links/need", "government", "NGO", "private"]
    return _table(heads, lines)


def _models() -> list[str]:
    return resources.names("models", "model.toml")


def _records(name: str) -> dict[str, dict[str, Any]]:
    folder = resources.share() / "instances" / name
    found = {model: read_best_known(folder, model) for model in _models()}
    return {model: record for model, record in found.items() if record is not None}


def _best() -> str:
    heads = ["instance, model", "objective", "bound", "gap", "proven", "bound by"]
    rows = []
    for name in [*resources.names("instances", "instance.toml"), *unbuilt()]:
        for model, record in _records(name).items():
            gap = record["gap"]
            by = record["bound_by"]["versions"].get("highspy", "?")
            rows.append(
                [
                    f"{name}, {model}",
                    _figure(record["objective"]),
                    "-" if record["bound"] is None else _figure(record["bound"]),
                    "-" if gap is None else f"{100 * gap:.4f} %",
                    "yes" if record["proven"] else "to the gap",
                    f"HiGHS {by}",
                ]
            )
    return _table(heads, sorted(rows)) if rows else "None recorded yet."


def _promised() -> str:
    found = {(m["instance"], m["model"]): m for m in measurements() if m["variant"] == ""}
    rows = []
    for name, models in sorted(promises().items()):
        for model, promise in models.items():
            row = [f"{name}, {model}", f"{100 * promise.gap:g} %", f"{promise.seconds:g}"]
            line = found.get((name, model))
            if line is not None:
                gap = "-" if line["gap"] == "" else f"{100 * float(line['gap']):.3f} %"
                row += [gap, f"{float(line['seconds']):.0f}", line["verified"]]
            rows.append(row if line is not None else [*row, "-", "-", "-"])
    heads = ["instance, model", "gap", "seconds", "gap measured", "seconds", "verified"]
    return _table(heads, rows)


def _ranges() -> str:
    found = {(m["instance"], m["variant"]): m for m in measurements() if m["model"] == "equalized"}
    rows = []
    for name in dict.fromkeys(instance for instance, _ in found):
        lines = {v: found.get((name, v)) for v in ("low", "", "high")}
        known = {v: line for v, line in lines.items() if line and line["verified"] == "yes"}
        if len(known) < len(lines):
            continue
        row = [f"{100 * float(known[v][k]):.0f} %" for k in ("ngo", "private") for v in known]
        cost = {v: float(line["objective"]) for v, line in known.items()}
        row += [f"{100 * (cost[v] / cost[''] - 1):+.2f} %" for v in ("low", "high")]
        gap = max(float(line["gap"]) for line in known.values())
        rows.append([name, *row, f"{100 * gap:.2f} %"])
    heads = ["instance", "NGO @low", "central", "@high", "private @low", "central", "@high"]
    heads += ["cost @low", "cost @high", "gap"]
    return _table(heads, rows) if rows else "Not measured yet."


def _figure(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1e5 else f"{value:,.7g}"


def _facts(instances: dict[str, Instance]) -> str:
    heads = ["instance", "government", "NGO", "private", "price of equalization", "tight budgets"]
    heads += ["below standard today", "few providers", "scarce"]
    rows = []
    for name, data in instances.items():
        records = _records(name)
        if "equalized" not in records:
            continue
        plan = plan_of(records["equalized"], data)
        kinds = [f"{100 * share:.0f} %" for share in shares(data, plan).values()]
        today, hard = short_today(data), hardship(data)
        short = "-" if today is None else f"{today} of {len(data.needs)} needs"
        line = [name, *kinds, _price(records), _budgets(data, plan), short]
        rows.append([*line, str(hard.few), str(hard.scarce)])
    return _table(heads, rows) if rows else ""


def _price(records: dict[str, dict[str, Any]]) -> str:
    """Least and greatest price of equalization that objectives and bounds allow."""
    if "core" not in records:
        return "-"
    core, fair = records["core"], records["equalized"]
    least = max(0.0, fair["bound"] / core["objective"] - 1.0)
    most = fair["objective"] / core["bound"] - 1.0
    return f"{100 * least:.2f} to {100 * most:.2f} %"


def _budgets(data: Instance, plan: Plan) -> str:
    limits = int(data.jurisdictions["budget"].notna().sum())
    return f"{tight_budgets(data, plan)} of {limits}" if limits else "none given"


def _portrait(name: str, data: Instance) -> str:
    about = data.about
    people = f"{np.sum(data.regions['population']):,.0f} people"
    sources = "; ".join(f"{s.title} ({s.licence})" if s.licence else s.title for s in about.sources)
    lines = [
        f"### {name}",
        about.title,
        about.description.strip(),
        f"{people}, money in {about.currency}.",
    ]
    if sources:
        lines.append(f"Sources: {sources}.")
    if (resources.share() / "instances" / name / "map.png").exists():
        lines.append(f"![map of {name}]({name}/map.png)")
    return "\n\n".join(line for line in lines if line)


def _unbuilt(name: str) -> str:
    """What is said of an instance that is built by command."""
    recipe = read_recipe(resources.share() / "instances" / name)
    told = " ".join(f"{key} = {value!r}" for key, value in recipe.options.items())
    lines = [
        f"### {name}",
        recipe.title,
        f"Built by `python -m pse_opt build recipe {name} --raw FOLDER --out {name}` (builder "
        f"{recipe.source}, {told}); sources and assumptions stand in the `instance.toml` built.",
    ]
    if (resources.share() / "instances" / name / "map.png").exists():
        lines.append(f"![map of {name}]({name}/map.png)")
    return "\n\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the catalogue as told on the command line."""
    parser = argparse.ArgumentParser(prog="python -m pse_opt.report.catalogue", description=__doc__)
    parser.add_argument("--maps", action="store_true", help="draw all maps again")
    parser.add_argument("--built", type=Path, help="folder of instances built by `build recipe`")
    given = parser.parse_args(arguments)
    sys.stdout.write(f"wrote {write_catalogue(maps=given.maps, built=given.built)}\n")


if __name__ == "__main__":
    main()
