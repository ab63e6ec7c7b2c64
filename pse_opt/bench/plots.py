"""Figures of a result: performance profiles of groups with several ways, growth with size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pse_opt.bench.summary import exponents, groups, seconds_of, solved, way

__all__ = ["profile", "write_plots"]

Row = Mapping[str, Any]
LEAST = 0.01
"""Seconds below which runs count as equally fast."""


def profile(rows: Sequence[Row]) -> dict[str, np.ndarray]:
    """Return, for each way, by which factor each run was slower than the fastest way's.

    Infinite where a run was not solved; questions that nobody solved are left out.
    """
    ways = list(dict.fromkeys(way(row) for row in rows))
    times: dict[tuple[Any, ...], dict[str, float]] = {}
    for row in rows:
        key = (row["problem"], row.get("model"), str(row["overrides"]), row["seed"], row["repeat"])
        took = max(seconds_of(row), LEAST) if solved(row) else np.inf
        times.setdefault(key, {})[way(row)] = took
    asked = [t for t in times.values() if np.isfinite(min(t.values()))]
    return {w: np.array([t.get(w, np.inf) / min(t.values()) for t in asked]) for w in ways}


def write_plots(folder: Path, rows: Sequence[Row]) -> list[Path]:
    """Write ``profile-GROUP.png`` and ``scaling.png`` where there is something to show."""
    written = []
    for name, mine in groups(rows).items():
        if len({way(row) for row in mine}) > 1:
            written.append(_profile(folder / f"profile-{name}.png", name, mine))
    if exponents(rows):
        written.append(_scaling(folder / "scaling.png", rows))
    return written


def _profile(path: Path, name: str, rows: Sequence[Row]) -> Path:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.add_subplot()
    for how, ratios in profile(rows).items():
        finite = np.sort(ratios[np.isfinite(ratios)])
        height = np.arange(1, finite.size + 1) / max(1, ratios.size)
        axes.step([1.0, *finite], [0.0, *height], where="post", label=how)
    axes.set_xscale("log", base=2)
    axes.set(
        title=name,
        xlabel="times the seconds of the fastest",
        ylabel="share of the problems solved",
        ylim=(0, 1.02),
    )
    axes.legend()
    figure.savefig(path, dpi=150)
    return path


def _scaling(path: Path, rows: Sequence[Row]) -> Path:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    for line in exponents(rows):
        key = (line["group"], line["model"], line["way"])
        mine = [r for r in rows if (r["group"], str(r.get("model")), way(r)) == key]
        mine = [r for r in mine if (r.get("counts") or {}).get("needs")]
        mine.sort(key=lambda r: r["counts"]["needs"])
        needs = [r["counts"]["needs"] for r in mine]
        label = f"{line['group']}: {line['model']}, {line['way']}"
        left.loglog(needs, [seconds_of(r) for r in mine], "o-", label=label)
        right.loglog(needs, [r.get("peak_mb") or np.nan for r in mine], "o-", label=label)
    left.set(xlabel="needs", ylabel="seconds")
    right.set(xlabel="needs", ylabel="megabytes")
    left.legend()
    figure.savefig(path, dpi=150)
    return path
