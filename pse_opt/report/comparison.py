"""A figure of mechanisms side by side: what they cost, who delivers, who gains and loses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from pse_opt.analysis.entry import TODAY, Entry
from pse_opt.analysis.summary import SOURCES
from pse_opt.report.style import FILLS, HATCHES, MAGNITUDES, counted, plain, styled
from pse_opt.screens import WHO

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from pse_opt.analysis.compare import Comparison

__all__ = ["panel", "plot_comparison"]

LINES: dict[str, Any] = {"edgecolor": "#333333", "linewidth": 0.5}
SMALLEST = 1e-4
"""Terms below this share of the largest cost are not drawn."""
ACROSS = 2
"""Columns of a legend below a figure."""
TERM_HATCHES = ("", "////", "....", "")
"""Cost terms side by side differ by hatch too, so that they stay apart in grey."""


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
    figure.suptitle(plain(about.title or about.name), fontsize=11)
    costs, kinds, moves = figure.subplots(3, 1)
    _costs(costs, found)
    _kinds(kinds, found)
    _moves(moves, found)
    for axes in (costs, kinds):
        if axes.get_legend_handles_labels()[0]:
            axes.legend(fontsize=7, frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


@styled
def panel(found: Comparison, which: str, width: float) -> Figure:
    """Return one part of the figure by itself, as wide as a phone can show it.

    Parameters
    ----------
    which : str
        ``costs``, ``kinds`` (who delivers) or ``moves`` (who gains and loses).
    width : float
        Inches.
    """
    draw, title = {
        "costs": (_costs, "Cost a year by term"),
        "kinds": (_kinds, "Who delivers"),
        "moves": (_moves, "Who gains and who loses"),
    }[which]
    rows = len(found.entries) * (2 if which == "moves" else 1) + 1
    figure = Figure(figsize=(width, 1.2 + 0.42 * rows), layout="constrained")
    figure.suptitle(title)
    axes = figure.subplots()
    draw(axes, found)
    handles, labels = axes.get_legend_handles_labels()
    if handles:
        lines = -(-len(labels) // ACROSS)
        figure.set_size_inches(width, 1.2 + 0.42 * rows + 0.17 * lines)
        figure.legend(loc="outside lower center", ncols=ACROSS, frameon=False)
    return figure


def _named(axes: Axes, names: Sequence[str]) -> None:
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(axis="y", length=0)


def _costs(axes: Axes, found: Comparison) -> None:
    """The cost terms of each objective (all, where it is no cost), stacked; a line at the bound."""
    costs = [_counted(e) for e in found.entries]
    top = max(sum(c.values()) for c in costs)
    scale, word = next((m for m in MAGNITUDES if top >= m[0]), (1.0, ""))
    all_terms = dict.fromkeys(t for c in costs for t in c)
    terms = [t for t in all_terms if max(c.get(t, 0.0) for c in costs) > SMALLEST * top]
    shades = mpl.colormaps["cividis"](np.linspace(0.0, 1.0, max(len(terms), 2)))
    start = np.zeros(len(found.entries))
    for k, term in enumerate(terms):
        width = np.array([c.get(term, 0.0) / scale for c in costs])
        style = {**LINES, "color": shades[k], "hatch": TERM_HATCHES[k % len(TERM_HATCHES)]}
        axes.barh(range(len(start)), width, left=start, label=term.replace("_", " "), **style)
        start = start + width
    for k, entry in enumerate(found.entries):
        if entry.cost and entry.bound is not None:
            axes.plot([entry.bound / scale] * 2, [k - 0.4, k + 0.4], color="black", lw=1)
        if entry.figures is None:
            axes.text(0, k, f" {entry.status.replace('_', ' ')}", va="center", fontsize=8)
    _named(axes, [e.model for e in found.entries])
    unit = counted(word, f"{found.instance.about.currency} a year")
    axes.set_xlabel(plain(f"{unit} (line: no plan is cheaper)"))


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
            style = {**LINES, "color": FILLS[source], "hatch": HATCHES.get(source, "")}
            axes.barh(range(len(places)), width, left=start, label=WHO[source], **style)
            start = start + width
    _named(axes, [name for name, _ in places])
    axes.set(xlim=(0, 100), xlabel="percent of need covered, mean over services")


def _moves(axes: Axes, found: Comparison) -> None:
    """Every region's change of coverage against the first model, and against today."""
    reference = found.entries[0].model
    pairs = [(e.model, reference) for e in found.entries[1:]]
    pairs += [(e.model, TODAY) for e in found.entries if found.today is not None]
    for k, (model, against) in enumerate(pairs):
        frame = found.changes(model, against)
        change = 100 * frame["change"][frame["of"] == "region"].to_numpy(dtype=float)
        colors = np.where(change < -0.5, "#e08214", np.where(change > 0.5, "#1f3b73", "#999999"))
        axes.scatter(change, np.full(len(change), k), c=list(colors), s=14, alpha=0.6, lw=0)
    axes.axvline(0, color="black", lw=0.6)
    _named(axes, [f"{model}\nagainst {against}" for model, against in pairs])
    axes.set_ylim(len(pairs) - 0.5, -0.5)
    axes.set_xlabel("change of coverage of each region, percentage points")
