"""The catalogue of instances: a table, a picture for each, and what makes each interesting.

``python -m pse_opt.report.catalogue`` writes ``instances/README.md``, ``instances/FORMAT.md`` and a
``map.png`` beside every instance that has coordinates and none yet (``--maps`` draws all again).
"""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any

import numpy as np

from pse_opt import resources
from pse_opt.accounts import deliveries_in_full
from pse_opt.best_known import plan_of, read_best_known
from pse_opt.dictionary import data_dictionary
from pse_opt.instance import Instance
from pse_opt.io import load_instance, write_bytes, write_text
from pse_opt.policy import read_policy
from pse_opt.report.maps import plot_map
from pse_opt.verification import verify

__all__ = ["catalogue", "write_catalogue"]

HEAD = """# Instances

Each folder holds one instance: `instance.toml` (what it is, its sources, what is assumed), the
tables of [FORMAT.md](FORMAT.md), `LICENSE`, a map, and in `best_known/` the best known plan of each
model with its bound. Checks, in any order:

```sh
python -m pse_opt check mw-districts
python -m pse_opt show mw-districts
```

This page is written by `python -m pse_opt.report.catalogue`; the figures come from the tables and
from the recorded plans, which a test verifies again.
"""


def catalogue() -> str:
    """Return ``instances/README.md``."""
    names = resources.names("instances", "instance.toml")
    instances = {name: load_instance(name) for name in names}
    parts = [HEAD, "## What there is", _sizes(instances), "## Best known", _best(instances)]
    parts += ["## What makes them interesting", INTERESTING, _facts(instances), "## One by one"]
    parts += [_portrait(name, instance) for name, instance in instances.items()]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def write_catalogue(*, maps: bool = False) -> Path:
    """Write the catalogue, the format page, and missing (or all) maps."""
    folder = resources.share() / "instances"
    for name in resources.names("instances", "instance.toml"):
        target = folder / name / "map.png"
        instance = load_instance(name)
        if (maps or not target.exists()) and instance.regions["longitude"].notna().any():
            picture = io.BytesIO()
            plot_map(instance).savefig(picture, format="png", dpi=90)
            write_bytes(target, picture.getvalue())
    write_text(folder / "FORMAT.md", data_dictionary())
    write_text(folder / "README.md", catalogue())
    return folder


def _table(heads: list[str], rows: list[list[str]]) -> str:
    aligned = ["---", *["---:"] * (len(heads) - 1)]
    lines = [heads, aligned, *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _sizes(instances: dict[str, Instance]) -> str:
    heads = ["instance", "regions", "services", "needs", "offers", "links", "links/need"]
    heads += ["government", "NGO", "private"]
    rows = []
    for name, data in instances.items():
        kinds = data.offers["kind"].value_counts()
        counts = [len(data.regions), len(data.services), len(data.needs), len(data.offers)]
        shown = [f"{n:,}" for n in (*counts, len(data.links))]
        owners = [f"{int(kinds.get(k, 0)):,}" for k in ("government", "ngo", "private")]
        per_need = f"{len(data.links) / max(len(data.needs), 1):.1f}"
        rows.append([f"[{name}]({name}/)", *shown, per_need, *owners])
    return _table(heads, rows)


def _models() -> list[str]:
    return resources.names("models", "model.toml")


def _records(name: str) -> dict[str, dict[str, Any]]:
    folder = resources.share() / "instances" / name
    found = {model: read_best_known(folder, model) for model in _models()}
    return {model: record for model, record in found.items() if record is not None}


def _best(instances: dict[str, Instance]) -> str:
    heads = ["instance, model", "objective", "bound", "gap", "proven", "bound by"]
    rows = []
    for name in instances:
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
    return _table(heads, rows) if rows else "None recorded yet."


def _figure(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1e5 else f"{value:,.7g}"


INTERESTING = """
Shares of delivered need by kind of provider are those of the recorded `equalized` plan (mean over
services). The price of equalization is its cost over that of `core`, with what the two gaps leave
open. Budgets bind where a jurisdiction's spending reaches 98 % of its budget in that plan or would
exceed it (the models shown do not limit budgets).
"""


def _facts(instances: dict[str, Instance]) -> str:
    heads = ["instance", "government", "NGO", "private", "price of equalization", "tight budgets"]
    heads += ["below standard today"]
    rows = []
    for name, data in instances.items():
        records = _records(name)
        if "equalized" not in records:
            continue
        plan = plan_of(records["equalized"], data)
        full = deliveries_in_full(data, plan)
        units = full.groupby(["service", "kind"])["units"].sum().unstack(fill_value=0)
        share = units.div(units.sum(axis=1), axis=0).mean()
        kinds = [
            f"{100 * float(share.get(k, 0.0)):.0f} %" for k in ("government", "ngo", "private")
        ]
        rows.append([name, *kinds, _price(records), _budgets(data, plan), _today(data)])
    return _table(heads, rows) if rows else ""


def _price(records: dict[str, dict[str, Any]]) -> str:
    """Least and greatest price of equalization that objectives and bounds allow."""
    if "core" not in records:
        return "-"
    core, fair = records["core"], records["equalized"]
    least = max(0.0, fair["bound"] / core["objective"] - 1.0)
    most = fair["objective"] / core["bound"] - 1.0
    return f"{100 * least:.2f} to {100 * most:.2f} %"


def _budgets(data: Instance, plan: Any) -> str:
    limits = data.jurisdictions["budget"]
    if limits.notna().sum() == 0:
        return "none given"
    tight = read_policy("core", {"budgets.scale": 0.98})
    broken = {v.where for v in verify(data, plan, tight).violations if v.rule == "budgets"}
    return f"{len(broken)} of {int(limits.notna().sum())}"


def _today(data: Instance) -> str:
    from pse_opt.plan import Plan

    today = Plan.baseline(data)
    if today is None:
        return "-"
    broken = [v for v in verify(data, today, "core").violations if v.rule == "coverage_floor"]
    return f"{len(broken)} of {len(data.needs)} needs"


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


if __name__ == "__main__":
    sys.stdout.write(f"wrote {write_catalogue(maps='--maps' in sys.argv)}\n")
