"""A figure of a frontier: what each bound costs, and what the gaps leave open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from pse_opt.report.style import MAGNITUDES, counted, plain, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from pse_opt.analysis.frontier_points import Point
    from pse_opt.analysis.frontier_result import Frontier

__all__ = ["plot_frontier"]

LINE, KNEE, OTHER, GREY = "#004488", "#bb5566", "#997700", "#888888"
"""Told apart by all eyes, and in grey by their lightness and the shape of their marks."""
NEAR = 0.6
"""A plan held against the curve is drawn where it lies within this part of the axes beyond them."""


@styled
def plot_frontier(found: Frontier, *, width: float = 7.5, title: str | None = None) -> Figure:
    """Return the figure of a frontier: the bounded quantity across, what it costs upwards.

    Marks are plans; the bar below each reaches down to what no plan is below, so that a true curve
    lies within the bars.

    Parameters
    ----------
    found : Frontier
        What :func:`pse_opt.frontier` returned.
    width : float
        Inches; the legend is below a figure that is narrow.
    title : str, optional
        By default the instance's title and the model.
    """
    narrow = width < 6.0
    figure = Figure(figsize=(width, 4.8), layout="constrained")
    axes = figure.subplots()
    about = found.instance.about
    heading = title or f"{about.title or about.name} (model {found.model})"
    figure.suptitle(plain(heading), fontsize=None if narrow else 11, x=0.01, ha="left")
    axes.spines[["top", "right"]].set_visible(False)
    points = [p for p in found.points if p.objective is not None]
    if not points:
        axes.text(0.5, 0.5, "no plan", ha="center", transform=axes.transAxes)
        return figure
    view = _View(found, points)
    _curve(axes, found, view)
    _marks(axes, found, view)
    _held(axes, found, view)
    axes.set_xlabel(view.quantity)
    axes.set_ylabel(view.objective)
    _price_axis(axes, found, view)
    axes.grid(axis="y", lw=0.4, color="#dddddd")
    axes.set_axisbelow(True)
    handles, labels = axes.get_legend_handles_labels()
    order = sorted(range(len(labels)), key=lambda k: not labels[k].startswith("best plan"))
    chosen = [handles[k] for k in order], [labels[k] for k in order]
    if narrow:
        figure.legend(*chosen, frameon=False, loc="outside lower left")
    else:
        axes.legend(*chosen, fontsize=8, frameon=False, loc="best")
    return figure


class _View:
    """Where points are drawn, and in which units."""

    def __init__(self, found: Frontier, points: list[Point]) -> None:
        self.found = found
        share = 100.0 if found.varied.is_share else 1.0
        currency = found.instance.about.currency
        top = max(abs(_money(found, p)) for p in points)
        scale, word = next((m for m in MAGNITUDES if top >= m[0]), (1.0, ""))
        unit = plain(counted(word, f"{currency} a year"))
        if found.cost:
            self.x, self.y = share, 1.0 / scale
            self.quantity = found.quantity + (", percent" if found.varied.is_share else "")
            self.objective = f"cost, {unit}"
        else:
            self.x, self.y = 1.0 / scale, 100.0
            self.quantity, self.objective = f"public cost, {unit}", "need covered, percent"

    def at(self, value: float | None, objective: float | None) -> tuple[float, float]:
        """Return the place of a value and an objective."""
        return self.x * float(value or 0.0), self.y * float(objective or 0.0)


def _money(found: Frontier, point: Point) -> float:
    return float((point.objective if found.cost else point.value) or 0.0)


def _curve(axes: Axes, found: Frontier, view: _View) -> None:
    """The plans that are not dominated, with bars down to what is proven."""
    places = np.array([view.at(p.value, p.objective) for p in found.curve])
    known = [p.objective if p.bound is None else p.bound for p in found.curve]
    proven = np.array([view.at(0.0, b)[1] for b in known])
    gaps = np.abs(places[:, 1] - proven)
    bars = np.array([gaps, 0 * gaps] if found.cost else [0 * gaps, gaps])
    style: dict[str, Any] = {"color": LINE, "lw": 1.4, "marker": "o", "ms": 5, "capsize": 3}
    word = "below" if found.cost else "above"
    label = f"best plan for each bound (bar: no plan is {word} its end)"
    axes.errorbar(places[:, 0], places[:, 1], yerr=bars, label=label, **style)


def _marks(axes: Axes, found: Frontier, view: _View) -> None:
    """Dominated points, and the knee."""
    out = [
        view.at(p.value, p.objective)
        for p in found.points
        if p.dominated and p.objective is not None
    ]
    ours = {view.at(p.value, p.objective) for p in found.curve}
    out = [place for place in out if place not in ours]
    if out:
        places = np.array(out)
        axes.plot(places[:, 0], places[:, 1], "x", color=GREY, label="dominated", zorder=3)
    if (knee := found.knee) is not None:
        x, y = view.at(knee.value, knee.objective)
        label = f"knee, at {found.varied.show(knee.value)}"
        axes.plot([x], [y], "D", label=label, zorder=4, ms=10, mfc="none", mec=KNEE, mew=1.8)


def _held(axes: Axes, found: Frontier, view: _View) -> None:
    """Today's plan, where it is near enough not to press the curve into a corner."""
    held = found.against
    if held is None:
        return
    x, y = view.at(held.value, held.objective)
    inside = []
    for value, (low, high) in ((x, axes.get_xlim()), (y, axes.get_ylim())):
        room = NEAR * (high - low)
        inside.append(low - room <= value <= high + room)
    label = held.name if not held.broken else f"{held.name} (breaks other rules)"
    if all(inside):
        axes.scatter([x], [y], marker="^", color=OTHER, s=50, label=label, zorder=4)
        return
    objective = f"{y:,.4g}" + ("" if found.cost else "%")
    shown = found.varied.show(held.value)
    axes.plot([], [], " ", label=f"{label}: {objective} at {shown}, not drawn")


def _price_axis(axes: Axes, found: Frontier, view: _View) -> None:
    """To the right the same cost as a price over the cheapest plan."""
    cheapest = min((p.objective for p in found.curve if p.objective is not None), default=0.0)
    if not found.cost or cheapest <= 0:
        return
    base = view.y * cheapest

    def price(cost: Any) -> Any:
        return 100.0 * (np.asarray(cost) / base - 1.0)

    def back(share: Any) -> Any:
        return base * (1.0 + np.asarray(share) / 100.0)

    other = axes.secondary_yaxis("right", functions=(price, back))
    other.set_ylabel("price: cost over the cheapest plan, percent")
    other.yaxis.set_major_formatter(FuncFormatter(lambda p, _: f"{p:+.4g}" if p else "0"))
    other.spines["right"].set_visible(False)
