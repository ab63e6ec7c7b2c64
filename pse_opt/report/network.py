"""Deliveries from place to place, as lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D

from pse_opt.instance import Instance
from pse_opt.plan import Plan
from pse_opt.report.ground import MANY, ground
from pse_opt.report.style import LINES, styled
from pse_opt.tables import LAST_RESORT

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_lines", "heading_of", "lines_of", "plot_network"]

MOST = 2000
"""Lines that are drawn, those of most units first."""
WIDTHS = (0.5, 1.2, 2.4)
"""Points of the lines: the lower half by size, the next four tenths, and the upper tenth."""


def lines_of(instance: Instance, plan: Plan, service: str | None = None) -> pd.DataFrame:
    """Return the deliveries to other regions than that of the offer, those of most units first.

    Parameters
    ----------
    instance : Instance
        The instance the plan is for.
    plan : Plan
        Whose deliveries.
    service : str, optional
        One service; by default all, by the share of the need they meet.

    Returns
    -------
    DataFrame
        Columns offer, kind, mode, region, service, share, units (units/year), size (the units, or
        of all services the share), from_x, from_y, to_x, to_y (degrees); only where both ends have
        coordinates.
    """
    made = plan.deliveries[plan.deliveries["offer"] != LAST_RESORT]
    if service is not None:
        made = made[made["service"] == service]
    place = ["region", "group", "service"]
    made = made.merge(instance.needs[[*place, "demand"]], on=place)
    made = made.assign(units=made["share"] * made["demand"])
    sums = made.groupby(["offer", "region", "service"], sort=False)[["share", "units"]].sum()
    offers = instance.offers[["offer", "kind", "mode", "region", "longitude", "latitude"]]
    offers = offers.set_axis(["offer", "kind", "mode", "home", "from_x", "from_y"], axis=1)
    ends = instance.regions[["region", "longitude", "latitude"]]
    ends = ends.set_axis(["region", "to_x", "to_y"], axis=1)
    lines = sums.reset_index().merge(offers, on="offer").merge(ends, on="region")
    known = lines[["from_x", "to_x"]].notna().all(axis=1)
    lines = lines[known & (lines["home"] != lines["region"])]
    lines = lines.assign(size=lines["share" if service is None else "units"])
    return lines.sort_values("size", ascending=False, kind="stable", ignore_index=True)


def draw_lines(axes: Axes, lines: pd.DataFrame, order: float = 1.5) -> list[Line2D]:
    """Draw lines by kind of provider, wider where more is delivered; return one for each kind."""
    drawn = lines.head(MOST)
    middle, upper = drawn["size"].quantile([0.5, 0.9]) if len(drawn) else (0.0, 0.0)
    thick = np.searchsorted([middle, upper], drawn["size"].to_numpy(dtype=float))
    handles = []
    for kind, (colour, dashes) in LINES.items():
        mine = (drawn["kind"] == kind).to_numpy()
        for step, points in enumerate(WIDTHS):
            some = drawn[mine & (thick == step)]
            if len(some):
                x, y = _joined(some, "x"), _joined(some, "y")
                axes.plot(x, y, color=colour, linestyle=dashes, linewidth=points, zorder=order)
        if mine.any():
            label = f"{'NGO' if kind == 'ngo' else kind} ({int((lines['kind'] == kind).sum()):,})"
            handles.append(Line2D([], [], color=colour, linestyle=dashes, lw=1.6, label=label))
    return handles


def heading_of(lines: pd.DataFrame) -> str:
    """Return the heading of the legend of lines, which says when some are not drawn."""
    more = f"; the {MOST:,} largest of {len(lines):,} drawn" if len(lines) > MOST else ""
    return f"deliveries across borders{more}"


def _joined(lines: pd.DataFrame, axis: str) -> np.ndarray:
    """One path for all lines: a file of a path each would be many times as large."""
    ends = lines[[f"from_{axis}", f"to_{axis}"]].to_numpy(dtype=float)
    return np.column_stack([ends, np.full(len(ends), np.nan)]).ravel()


@styled
def plot_network(
    instance: Instance,
    plan: Plan,
    *,
    service: str | None = None,
    title: str | None = None,
    width: float | None = None,
) -> Figure:
    """Draw who serves whom across the borders of regions: a line for each delivery.

    Lines are wider where more is delivered (the upper half, the upper tenth); of more than 2,000
    those of most units are drawn. What is delivered within the region of an offer is no line.

    Parameters
    ----------
    instance : Instance
        Regions with coordinates.
    plan : Plan
        Whose deliveries.
    service : str, optional
        One service; by default all.
    title : str, optional
        By default what is shown.
    width : float, optional
        Inches.

    Raises
    ------
    ValueError
        No region has coordinates.
    """
    lines = lines_of(instance, plan, service)
    names = dict(zip(instance.services["service"], instance.services["name"], strict=True))
    heading = title or f"Deliveries across borders: {names.get(service, 'all services')}"
    figure, axes = ground(instance, instance.offers.head(0), width, heading)
    regions = instance.regions
    many = len(regions) > MANY
    dots: Any = {"s": 2.0 if many else 8.0, "color": "#bbbbbb", "linewidth": 0, "rasterized": many}
    axes.scatter(regions["longitude"], regions["latitude"], zorder=1, **dots)
    handles = draw_lines(axes, lines)
    if handles:
        legend = {"ncols": 3, "fontsize": 8, "title": heading_of(lines)}
        figure.legend(handles=handles, loc="outside lower center", **legend)
    else:
        axes.text(0.5, 0.5, "nobody is served from another region", transform=axes.transAxes,
                  ha="center", fontsize=9)  # fmt: skip
    return figure
