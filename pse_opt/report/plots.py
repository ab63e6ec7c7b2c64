"""Figures of a result: how equal it is, and how the solve went."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from pse_opt import measures
from pse_opt.entries import Equalization
from pse_opt.figures import SHARES, goal
from pse_opt.report.levels import Distribution, distributions, entry_named
from pse_opt.report.style import PLAN, TODAY, WIDTH, bare, counted, magnitude, plain, styled
from pse_opt.solving.outcome import Progress
from pse_opt.solving.result import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_convergence", "plot_levels", "plot_lorenz"]

Floats = npt.NDArray[np.float64]
DOTS = 400
"""Beyond so many regions dots hide each other, and only their spread is drawn."""
SPREAD = (0.1, 0.9)
"""Shares of people between which a bar reaches."""


@styled
def plot_lorenz(result: Result, entry: str | None = None, *, title: str | None = None) -> Figure:
    """Draw the Lorenz curve of every service: what share of service the worst-off people have.

    Parameters
    ----------
    result : Result
        A result with a plan.
    entry : str, optional
        The equalization entry whose levels are drawn; by default the first, or coverage between
        regions.
    title : str, optional
        By default what is compared.

    Returns
    -------
    matplotlib.figure.Figure
        One panel for each service; today dashed, where the instance has a baseline.

    Raises
    ------
    ValueError
        The result has no plan, or the policy no entry of that name.
    """
    chosen = entry_named(result, entry)
    found = list(distributions(result, chosen))
    columns = min(len(found), 2)
    rows = -(-len(found) // columns)
    figure = Figure(figsize=(WIDTH, 0.9 + 2.6 * rows), layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for k, (axes, one) in enumerate(zip(panels, found, strict=False)):
        _lorenz(axes, one)
        if k % columns == 0:
            axes.set_ylabel("of all they have, %")
        if k + columns >= len(found):
            axes.set_xlabel("of people, worst off first, %")
    for axes in panels[len(found) :]:
        axes.set_axis_off()
    figure.suptitle(title or f"Lorenz curves of {_compared(chosen)}", wrap=True)
    equal = Line2D([], [], color="black", lw=0.6, label="all equal")
    handles = [equal, *_handles(today=any(d.today is not None for d in found))]
    figure.legend(handles=handles, loc="outside lower center", ncols=3, frameon=False)
    return figure


def _lorenz(axes: Axes, one: Distribution) -> None:
    axes.plot([0, 100], [0, 100], color="black", linewidth=0.6)
    ginis = []
    if one.today is not None:
        people, level = measures.lorenz(one.today, one.today_people)
        axes.plot(100 * people, 100 * level, color=TODAY, linewidth=1.8, linestyle="--")
        ginis.append(f"{100 * measures.gini(one.today, one.today_people):.1f}% today")
    people, level = measures.lorenz(one.levels, one.people)
    axes.plot(100 * people, 100 * level, color=PLAN, linewidth=1.6)
    ginis.append(f"{100 * measures.gini(one.levels, one.people):.1f}%")
    axes.set_title(f"{plain(one.name)}\nGini {', '.join(ginis)}", fontsize=8.5)
    axes.set(xlim=(0, 100), ylim=(0, 100), aspect="equal")
    axes.set_xticks([0, 50, 100])
    axes.set_yticks([0, 50, 100])


def _handles(*, today: bool) -> list[Line2D]:
    former = Line2D([], [], color=TODAY, lw=1.8, ls="--", label="today")
    return [*([former] if today else []), Line2D([], [], color=PLAN, lw=1.6, label="plan")]


def _compared(entry: Equalization) -> str:
    return f"{entry.level.replace('_', ' ')} between {entry.between.replace('-', ' ')}"


@styled
def plot_levels(result: Result, entry: str | None = None, *, title: str | None = None) -> Figure:
    """Draw how a service level is distributed, today and under the plan.

    A line reaches from the least to the greatest level, a bar holds the middle four fifths of the
    people, a mark is the mean; up to 400 regions are dots.

    Parameters
    ----------
    result : Result
        A result with a plan.
    entry : str, optional
        The equalization entry whose levels are drawn; by default the first, or coverage between
        regions.
    title : str, optional
        By default what is compared.

    Returns
    -------
    matplotlib.figure.Figure
        Two rows for each service: today (light) and the plan (dark).

    Raises
    ------
    ValueError
        The result has no plan, or the policy no entry of that name.
    """
    chosen = entry_named(result, entry)
    found = list(distributions(result, chosen))
    units = list(dict.fromkeys(d.unit for d in found))
    one_scale = len(units) == 1
    count = 1 if one_scale else len(found)
    figure = Figure(figsize=(WIDTH, 1.2 + 0.62 * len(found) + 0.5 * count), layout="constrained")
    panels = figure.subplots(count, 1, squeeze=False).ravel()
    for axes, lines in zip(panels, [found] if one_scale else [[d] for d in found], strict=True):
        _spreads(axes, lines)
        axes.set_xlabel(plain(lines[0].unit))
        if chosen.level in SHARES:
            axes.set_xlim(right=101.0)
    figure.suptitle(title or f"Distribution of {_compared(chosen)}", wrap=True)
    kinds = _bars(today=any(d.today is not None for d in found))
    figure.legend(handles=kinds, loc="outside lower center", ncols=3, frameon=False)
    return figure


def _bars(*, today: bool) -> list[Line2D]:
    former = Line2D([], [], color=TODAY, lw=6, alpha=0.75, label="today")
    bars = [*([former] if today else []), Line2D([], [], color=PLAN, lw=6, label="plan")]
    mean = Line2D([], [], color="black", marker="|", ls="", ms=9, mew=2, label="mean")
    return [*bars, mean]


def _spreads(axes: Axes, found: Sequence[Distribution]) -> None:
    random = np.random.default_rng(0)
    for k, one in enumerate(found):
        if one.today is not None and one.today_people is not None:
            _spread(axes, k - 0.2, one.today, one.today_people, TODAY, random)
        at = k + 0.2 if one.today is not None else float(k)
        _spread(axes, at, one.levels, one.people, PLAN, random)
    bare(axes, [plain(one.name) for one in found])
    axes.grid(axis="x", linewidth=0.4, color="#cccccc")
    axes.set_axisbelow(True)


def _spread(
    axes: Axes, at: float, levels: Floats, people: Floats, colour: str, random: np.random.Generator
) -> None:
    low, high = _quantiles(levels, people)
    axes.plot([levels.min(), levels.max()], [at, at], color=colour, linewidth=1.0)
    axes.plot([low, high], [at, at], color=colour, linewidth=6, alpha=0.75, solid_capstyle="butt")
    if len(levels) <= DOTS:
        aside = at + random.uniform(-0.09, 0.09, len(levels))
        dots: Any = {"s": 5.0, "color": colour, "edgecolor": "white", "linewidth": 0.2}
        axes.scatter(levels, aside, zorder=3, **dots)
    mean = float(np.average(levels, weights=people))
    axes.plot([mean], [at], marker="|", color="black", markersize=10, markeredgewidth=2, zorder=4)


def _quantiles(levels: Floats, people: Floats) -> tuple[float, float]:
    """Levels that one tenth and nine tenths of the people do not exceed."""
    order = np.argsort(levels, kind="stable")
    share = np.cumsum(people[order]) / people.sum()
    at = np.minimum(np.searchsorted(share, SPREAD), len(levels) - 1)
    low, high = levels[order][at]
    return float(low), float(high)


@styled
def plot_convergence(
    history: Result | Sequence[Progress], *, unit: str = "", title: str | None = None
) -> Figure:
    """Draw incumbent and bound over time.

    Parameters
    ----------
    history : Result or sequence of Progress
        A result, or the moments that ``progress`` was called with.
    unit : str
        Unit of the objective; known of a result.
    title : str, optional
        By default ``Incumbent and bound``.

    Returns
    -------
    matplotlib.figure.Figure
        The best plan so far as a full line, the bound dashed.

    Raises
    ------
    ValueError
        Nothing was recorded.
    """
    moments = list(history.history) if isinstance(history, Result) else list(history)
    if isinstance(history, Result):
        kind, _ = goal(history.policy, history.instance)
        unit = f"{history.instance.about.currency} a year" if kind == "cost" else kind
    known = [x for m in moments for x in (m.objective, m.bound) if x is not None]
    if not known:
        raise ValueError("no moment of a solve was recorded")
    scale, word = magnitude(max(map(abs, known)))
    figure = Figure(figsize=(WIDTH, 3.2), layout="constrained")
    axes = figure.add_subplot()
    styles = (("objective", PLAN, "-", "best plan"), ("bound", "#b35806", "--", "bound"))
    for name, colour, dashes, label in styles:
        points = [(m.seconds, getattr(m, name) / scale) for m in moments
                  if getattr(m, name) is not None]  # fmt: skip
        if points:
            times, values = zip(*points, strict=True)
            axes.step(times, values, where="post", color=colour, ls=dashes, lw=1.6, label=label)
            axes.plot(times[-1:], values[-1:], marker="o", color=colour, markersize=4)
    axes.set_xlabel("time, seconds")
    axes.set_ylabel(plain(counted(word, unit)))
    axes.ticklabel_format(useOffset=False)
    axes.grid(linewidth=0.4, color="#cccccc")
    axes.legend(frameon=False)
    figure.suptitle(title or "Incumbent and bound")
    return figure
