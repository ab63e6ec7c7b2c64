"""A figure of mechanisms side by side: what they cost, who delivers, who gains and loses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from pse_opt.analysis.entry import TODAY, Entry
from pse_opt.analysis.summary import SOURCES
from pse_opt.screens import WHO

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from pse_opt.analysis.compare import Comparison

__all__ = ["plot_comparison"]

COLORS = {
    "government": "#4477aa",
    "ngo": "#228833",
    "private": "#ccbb44",
    "last_resort": "#aa3377",
}
MAGNITUDES = ((1e9, "billion "), (1e6, "million "), (1e3, "thousand "))


def plot_comparison(found: Comparison) -> Figure:
    """Return the figure of a comparison; a model without a plan has an empty place.

    Parameters
    ----------
    found : Comparison
        What :func:`pse_opt.compare` returned.
    """
    rows = 0.42 * (len(found.entries) + 1)
    figure = Figure(figsize=(8, 2.6 + 3 * rows), layout="constrained")
    about = found.instance.about
    figure.suptitle(about.title or about.name, fontsize=11)
    costs, kinds, moves = figure.subplots(3, 1)
    _costs(costs, found)
    _kinds(kinds, found)
    _moves(moves, found)
    return figure


def _named(axes: Axes, names: Sequence[str]) -> None:
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(axis="y", length=0)


def _legend(axes: Axes) -> None:
    if axes.get_legend_handles_labels()[0]:
        axes.legend(fontsize=7, frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))


def _costs(axes: Axes, found: Comparison) -> None:
    """The cost terms of each objective (all, where it is no cost), stacked; a line at the bound."""
    counted = [_counted(e) for e in found.entries]
    top = max(sum(c.values()) for c in counted)
    scale, word = next((m for m in MAGNITUDES if top >= m[0]), (1.0, ""))
    terms = dict.fromkeys(t for c in counted for t in c)
    start = np.zeros(len(found.entries))
    for k, term in enumerate(terms):
        width = np.array([c.get(term, 0.0) / scale for c in counted])
        if width.max(initial=0.0) > 0:
            color = f"C{k % 10}"
            label = term.replace("_", " ")
            axes.barh(range(len(start)), width, left=start, label=label, color=color)
            start = start + width
    for k, entry in enumerate(found.entries):
        if entry.cost and entry.bound is not None:
            axes.plot([entry.bound / scale] * 2, [k - 0.4, k + 0.4], color="black", lw=1)
        if entry.figures is None:
            axes.text(0, k, f" {entry.status.replace('_', ' ')}", va="center", fontsize=8)
    _named(axes, [e.model for e in found.entries])
    axes.set_xlabel(f"{word}{found.instance.about.currency} a year (line: no plan is cheaper)")
    _legend(axes)


def _counted(entry: Entry) -> dict[str, float]:
    """The cost terms that the objective adds up."""
    costs = {} if entry.figures is None else entry.figures.costs
    return {t: v for t, v in costs.items() if not entry.cost or t in entry.terms}


def _kinds(axes: Axes, found: Comparison) -> None:
    """Who delivers, as shares of need."""
    today = [] if found.today is None else [(TODAY, found.today)]
    places = [*today, *((e.model, e.figures) for e in found.entries)]
    start = np.zeros(len(places))
    for source in SOURCES:
        width = np.array(
            [0.0 if f is None else 100 * f.covered * f.shares.get(source, 0.0) for _, f in places]
        )
        if width.max(initial=0.0) > 0.05:
            color = COLORS[source]
            axes.barh(range(len(places)), width, left=start, label=WHO[source], color=color)
            start = start + width
    _named(axes, [name for name, _ in places])
    axes.set(xlim=(0, 100), xlabel="percent of need covered, mean over services")
    _legend(axes)


def _moves(axes: Axes, found: Comparison) -> None:
    """Every region's change of coverage against the first model, and against today."""
    reference = found.entries[0].model
    pairs = [(e.model, reference) for e in found.entries[1:]]
    pairs += [(e.model, TODAY) for e in found.entries if found.today is not None]
    for k, (model, against) in enumerate(pairs):
        frame = found.changes(model, against)
        change = 100 * frame["change"][frame["of"] == "region"].to_numpy(dtype=float)
        colors = np.where(change < -0.5, "#bb5566", np.where(change > 0.5, "#228833", "#999999"))
        axes.scatter(change, np.full(len(change), k), c=list(colors), s=14, alpha=0.6, lw=0)
    axes.axvline(0, color="black", lw=0.6)
    _named(axes, [f"{model}\nagainst {against}" for model, against in pairs])
    axes.set_ylim(len(pairs) - 0.5, -0.5)
    axes.set_xlabel("change of coverage of each region, percentage points")
