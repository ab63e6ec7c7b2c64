"""A figure of a stress test: who is short where providers drop out, and the draws of demand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from pse_opt.report.frontier import GREY, KNEE, LINE
from pse_opt.report.sensitivity import axis_of, bars

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from pse_opt.analysis.stress_result import Stress

__all__ = ["plot_stress"]

SHOWN = 12
"""Bars of one part, the greatest first."""


def plot_stress(found: Stress) -> Figure:
    """Return the figure: people short, cost of recovery, and the distribution over draws.

    Parameters
    ----------
    found : Stress
        What :func:`pse_opt.stress` returned.
    """
    trials = [t for t in found.trials if t.kind != "draw" and t.held is not None]
    trials.sort(key=lambda t: tuple(-x for x in t.held.severity(found.aim)) if t.held else ())
    chosen = trials[:SHOWN]
    draws = bool(found.of_kind("draw"))
    rows = max(len(chosen), 4)
    size = (13.5 if draws else 9.5, 1.6 + 0.28 * rows)
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots(1, 3 if draws else 2)
    about = found.instance.about
    title = f"{about.title or about.name} (model {found.model})"
    figure.suptitle(title, fontsize=11, x=0.01, ha="left")
    names = [t.name for t in chosen]
    people = [float(t.held.people) for t in chosen if t.held]
    bars(axes[0], names, people, None, rows)
    axes[0].xaxis.set_major_locator(MaxNLocator(4))
    axes[0].xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:,.0f}"))
    if not any(people):
        axes[0].set_xticks([0.0])
    axes[0].set_title("engagements kept: people short of a floor", fontsize=9, loc="left")
    axes[0].set_xlabel("people, once for each service")
    costs = [t.recovered.cost.found if t.recovered is not None else None for t in chosen]
    scale, unit = axis_of(found.aim, [abs(c) for c in costs if c is not None])
    bars(axes[1], names, [(c or 0.0) / scale for c in costs], None, rows)
    for k, (trial, cost) in enumerate(zip(chosen, costs, strict=True)):
        if cost is None:
            gone = trial.recovered is not None and trial.recovered.status == "infeasible"
            axes[1].text(0.0, k, " impossible" if gone else " not known", va="center", fontsize=8)
    title = "cost above today's" if found.aim.cost else f"{found.aim.worse} than today by"
    axes[1].set_title(f"solved again: {title}", fontsize=9, loc="left")
    axes[1].set_xlabel(unit)
    axes[1].set_yticklabels([])
    if draws:
        _distribution(axes[2], found)
    return figure


def _distribution(axes: Axes, found: Stress) -> None:
    """The share of draws with no more than each cost; those that break rules are marked."""
    held = [t.held for t in found.of_kind("draw") if t.held is not None]
    held.sort(key=lambda h: h.objective)
    scale, unit = axis_of(found.aim, [h.objective for h in held])
    costs = np.array([h.objective / scale for h in held])
    share = 100.0 * np.arange(1, len(held) + 1) / max(len(held), 1)
    axes.step(costs, share, where="post", color=LINE, lw=1.4)
    kept = np.array([h.kept for h in held], dtype=bool)
    for mask, mark, colour, label in (
        (kept, "o", LINE, "all rules kept"),
        (~kept, "x", KNEE, "rules give way"),
    ):
        if mask.any():
            axes.plot(costs[mask], share[mask], mark, color=colour, ms=5, label=label)
    axes.axvline(found.objective / scale, color=GREY, lw=0.8, ls="--", label="today")
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_title("draws of demand, engagements kept", fontsize=9, loc="left")
    axes.set_xlabel(f"{found.aim.name}, {unit}".rstrip(", "))
    axes.set_ylabel("percent of draws with no more")
    axes.legend(fontsize=8, frameon=False)
    axes.tick_params(labelsize=8)
