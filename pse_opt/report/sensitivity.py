"""A figure of a sensitivity: who is hard to replace, what limits cost, how far costs may rise."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from matplotlib.figure import Figure

from pse_opt.report.frontier import GREY, KNEE, LINE
from pse_opt.report.style import MAGNITUDES
from pse_opt.sensitivity_screen import chosen

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from pse_opt.analysis.aim import Aim
    from pse_opt.analysis.marginal import Marginal
    from pse_opt.analysis.sensitivity_result import Sensitivity

__all__ = ["axis_of", "bars", "plot_sensitivity"]

SHOWN = 12
"""Bars of one part, the greatest first."""
SHORT = 34
"""Letters of a name."""
ROOM = 48
"""Letters of a label, with what is added to a name."""


def plot_sensitivity(found: Sensitivity) -> Figure:
    """Return the figure: replacement costs with what is proven, and effects of limits.

    Parameters
    ----------
    found : Sensitivity
        What :func:`pse_opt.sensitivity` returned.
    """
    limits = chosen([x for x in found.limits if x.predicted])[:SHOWN]
    known = [x for x in found.replacements if x.more.found is not None]
    known = sorted(known, key=lambda x: -float(x.more.found or 0.0))[:SHOWN]
    rows = max(len(limits), len(known), 3)
    figure = Figure(figsize=(9.5, 1.6 + 0.28 * rows), layout="constrained")
    left, right = figure.subplots(1, 2)
    about = found.instance.about
    title = f"{about.title or about.name} (model {found.model})"
    figure.suptitle(title, fontsize=11, x=0.01, ha="left")
    _replacements(left, found, known, rows)
    effects = [abs(x.predicted) for x in limits]
    scale, unit = axis_of(found.aim, effects)
    names = [f"{_short(x.name.replace('/', ' '))} ({_step(x)})" for x in limits]
    bars(right, names, [x.predicted / scale for x in limits], None, rows)
    right.set_title("a limit moved, engagements fixed", fontsize=9, loc="left")
    right.set_xlabel(f"{found.aim.name}, {unit}".rstrip(", "))
    return figure


def _replacements(axes: Axes, found: Sensitivity, known: list[Any], rows: int) -> None:
    ends = [(x.more.least, x.more.most) for x in known]
    scale, unit = axis_of(found.aim, [abs(v) for pair in ends for v in pair if v is not None])
    values = [float(x.more.found) / scale for x in known]
    reach = [
        (
            v - (v if low is None else low / scale),
            (v if high is None else high / scale) - v,
        )
        for v, (low, high) in zip(values, ends, strict=True)
    ]
    bars(axes, [x.name for x in known], values, reach, rows)
    gone = sum(x.indispensable for x in found.replacements)
    more = f"; {gone} indispensable" if gone else ""
    axes.set_title(f"without a provider (line: what is proven{more})", fontsize=9, loc="left")
    word = "more cost" if found.aim.cost else f"{found.aim.name} {found.aim.worse} by"
    axes.set_xlabel(f"{word}, {unit}".rstrip(", "))


def axis_of(aim: Aim, values: list[float]) -> tuple[float, str]:
    """Return what values of an objective are divided by on an axis, and its unit in words."""
    if not aim.cost:
        return 1.0 / aim.times, aim.shown
    top = max((v for v in values if math.isfinite(v)), default=0.0)
    scale, word = next((m for m in MAGNITUDES if top >= m[0]), (1.0, ""))
    return scale, f"{word}{aim.shown}"


def bars(
    axes: Axes,
    names: list[str],
    values: list[float],
    reach: list[tuple[float, float]] | None,
    rows: int,
) -> None:
    """Draw named bars from the top down, with room for so many.

    ``reach`` is what is proven to the left and to the right of each.
    """
    axes.spines[["top", "right"]].set_visible(False)
    if not names:
        axes.text(0.5, 0.5, "nothing to show", ha="center", transform=axes.transAxes, color=GREY)
        axes.set_yticks([])
        return
    at = list(range(len(names)))
    colours = [LINE if v >= 0 else KNEE for v in values]
    axes.barh(at, values, color=colours, height=0.6)
    if reach is not None:
        sides = [[max(side, 0.0) for side in sides] for sides in zip(*reach, strict=True)]
        axes.errorbar(values, at, xerr=sides, fmt="none", ecolor=GREY, lw=1.2, capsize=2)
    axes.set_yticks(at, [_short(n, ROOM) for n in names], fontsize=8)
    axes.set_ylim(rows - 0.5, -0.5)
    axes.axvline(0.0, color=GREY, lw=0.6)
    axes.tick_params(axis="x", labelsize=8)


def _step(x: Marginal) -> str:
    """By how much a limit is moved."""
    points = x.unit == "share" or x.one.startswith("point")
    return f"{100 * x.step:+.3g} point" if points else f"{x.step:+,.4g}"


def _short(name: str, most: int = SHORT) -> str:
    """Return a name without its middle where it is long: what tells names apart is at the ends."""
    if len(name) <= most:
        return name
    half = most // 2
    return f"{name[: half - 1]}…{name[-half:]}"
