"""Maps: regions shaded by a service level, offers by who provides them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.collections import PolyCollection
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator
from matplotlib.transforms import ScaledTranslation

from pse_opt.instance import Instance
from pse_opt.report.ground import MANY, coarser, ground, polygons
from pse_opt.report.levels import by_region
from pse_opt.report.network import draw_lines, heading_of, lines_of
from pse_opt.report.style import halo, plain, shown, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from pse_opt.plan import Plan

__all__ = ["draw_regions", "name_place", "plot_map"]

# Shape and lightness differ, not only hue: they stay apart in grey and for the colour-blind.
KINDS = {
    "government": ("s", "#1f3b73", "government"),
    "ngo": ("^", "#e08214", "NGO"),
    "private": ("D", "#ffffff", "private"),
}
# The dark mark has a light edge, so that it is seen on a dark region.
EDGES = {"government": "white", "ngo": "black", "private": "black"}
SHADES = "cividis"
WORST = 3
"""Regions that are named on a map of levels."""
GRAIN = 800
"""Points of a shape are drawn that are further apart than this part of the width of the map."""
SMALLER = 0.4
"""Size of regions where lines go between them, so that they do not hide the lines."""
LEGEND = 0.6
"""Inches of the height that a legend takes."""


@styled
def plot_map(
    instance: Instance,
    levels: pd.DataFrame | None = None,
    *,
    plan: Plan | None = None,
    service: str | None = None,
    title: str | None = None,
    level: str | None = "coverage",
    offers: bool = True,
    deliveries: bool = False,
    width: float | None = None,
) -> Figure:
    """Draw the regions, shaded, and the offers by kind of provider.

    Parameters
    ----------
    instance : Instance
        Regions with coordinates; polygons are drawn where the instance has ``geometry.geojson``.
    levels : DataFrame, optional
        Service levels as in ``result.levels``; regions are shaded by one of them, and the three
        worst off are named. Without it they are shaded by people per km2 where the area is known,
        else by people.
    plan : Plan, optional
        Draw the offers engaged only.
    service : str, optional
        One service; by default all offers, and the mean coverage over services.
    title : str, optional
        By default the instance's title.
    level : str
        Of the levels, the one shown: ``coverage`` (%), ``quality`` (%) or ``travel`` (km); None
        leaves the regions grey, with or without levels.
    offers : bool
        Draw offers by kind of provider.
    deliveries : bool
        Draw the plan's deliveries from place to place as lines.
    width : float, optional
        Inches; by default what suits the shape of the country.

    Returns
    -------
    matplotlib.figure.Figure
        A figure of its own, not registered with pyplot.

    Raises
    ------
    ValueError
        No region has coordinates, or deliveries are to be drawn without a plan.
    """
    if deliveries and plan is None:
        raise ValueError("deliveries are those of a plan; give one")
    drawn = _shown_offers(instance, plan, service)
    figure, axes = ground(instance, drawn if offers else drawn.head(0), width, title)
    values = _shade(axes, instance, levels, service, level, SMALLER if deliveries else 1.0)
    handles: list[Line2D] = []
    which = ""
    if deliveries and plan is not None:
        under = instance.geometry is None and len(instance.regions) <= MANY
        lines = lines_of(instance, plan, service)
        handles, which = draw_lines(axes, lines, 0.5 if under else 1.5), heading_of(lines)
    if offers:
        handles = _draw_offers(axes, drawn)
        which = "engaged offers" if plan is not None else "offers"
    if levels is not None and level is not None:
        _name_worst(axes, instance, values, burden=level == "travel")
    if not handles:
        if width is not None:
            figure.set_size_inches(width, float(figure.get_size_inches()[1]) - LEGEND)
        return figure
    figure.legend(handles=handles, loc="outside lower center", ncols=3, fontsize=8, title=which)
    return figure


def _shade(
    axes: Axes,
    instance: Instance,
    levels: pd.DataFrame | None,
    service: str | None,
    level: str | None,
    scale: float,
) -> np.ndarray:
    """Draw the regions with their scale, or in grey without one; return what they are shaded by."""
    if level is None:
        values = np.full(len(instance.regions), 0.15)
        draw_regions(axes, instance, values, Normalize(0.0, 1.0), "Greys", scale)
        return values
    values, label, norm = _shades(instance, levels, service, level)
    shaded = draw_regions(axes, instance, values, norm, SHADES, scale)
    ticks = LogLocator(subs=(1.0, 2.0, 5.0)) if isinstance(norm, LogNorm) else None
    bar = axes.figure.colorbar(
        shaded, ax=axes, shrink=0.7, pad=0.02, ticks=ticks, format=FuncFormatter(_rounded)
    )
    bar.minorticks_off()
    bar.set_label(plain(label))
    return values


def _rounded(value: float, _: int | None = None) -> str:
    whole = value >= 100 or value == round(value)
    return f"{value:,.0f}" if whole else f"{value:.3g}"


def _name_worst(axes: Axes, instance: Instance, values: np.ndarray, *, burden: bool) -> None:
    """Write the names of the regions that are worst off beside them."""
    order = np.argsort(-values if burden else values, kind="stable")
    regions = instance.regions
    for at in order[: min(WORST, len(order) // 2)]:
        x, y = float(regions["longitude"][at]), float(regions["latitude"][at])
        if np.isnan(values[at]) or np.isnan(x):
            continue
        name_place(axes, (x, y), shown(str(regions["name"][at]), str(regions["region"][at])))


def name_place(axes: Axes, place: tuple[float, float], name: str) -> None:
    """Write a name beside its place: to its left in the east, so that the frame cuts none."""
    east = place[0] > float(np.mean(axes.get_xlim()))
    text = axes.annotate(
        name,
        place,
        (-4.0 if east else 4.0, 5.0),
        ha="right" if east else "left",
        textcoords="offset points",
        fontsize=8,
        zorder=9,
    )
    halo(text)
    text.set_in_layout(False)


def _shown_offers(instance: Instance, plan: Plan | None, service: str | None) -> pd.DataFrame:
    """Offers with coordinates: those of a service, those that a plan engages."""
    offers = instance.offers[instance.offers["longitude"].notna()]
    if plan is not None:
        offers = offers[offers["offer"].isin(plan.engagements["offer"])]
    return offers if service is None else offers[offers["service"] == service]


def _shades(
    instance: Instance, levels: pd.DataFrame | None, service: str | None, level: str
) -> tuple[np.ndarray, str, Normalize]:
    """Value of each region, what it is, and the scale."""
    regions = instance.regions
    if levels is not None:
        rows = levels if service is None else levels[levels["service"] == service]
        share = level != "travel"
        mean = by_region(rows, level).mean(axis=1) * (100 if share else 1)
        values = regions["region"].map(mean).to_numpy(dtype=float)
        names = dict(zip(instance.services["service"], instance.services["name"], strict=True))
        whose = names.get(service, service) if service else "mean over services"
        what = "coverage of need" if level == "coverage" else level.replace("_", " ")
        least, most = float(np.nanmin(values)), float(np.nanmax(values))
        scale = Normalize(min(50.0, least), 100.0) if share else Normalize(0.0, max(most, 1.0))
        if share and least > 75.0:  # where all are well off, differences are still to be seen
            scale = Normalize(5.0 * np.floor(least / 5.0), 100.0)
        return values, f"{what}, {'%' if share else 'km'} ({whose})", scale
    area = regions["area_km2"].to_numpy(dtype=float)
    people = np.maximum(regions["population"].to_numpy(dtype=float), 1.0)
    known = bool(np.all(area > 0))
    shown = people / area if known else people
    low, high = float(shown.min()), float(shown.max())
    scale = LogNorm(low, high if high > low else 10 * low)
    return shown, "people per km2" if known else "people", scale


def draw_regions(
    axes: Axes,
    instance: Instance,
    values: np.ndarray,
    norm: Normalize,
    shades: str,
    scale: float = 1.0,
) -> Any:
    """Draw the regions, each shaded by its value: as polygons, or circles where there are none."""
    shapes = polygons(instance)
    if shapes:
        at = {name: k for k, name in enumerate(instance.regions["region"])}
        step = float(np.ptp(axes.get_xlim())) / GRAIN
        rings = [(coarser(ring, step), values[at[name]]) for name, ring in shapes if name in at]
        patches = PolyCollection(
            [r for r, _ in rings], cmap=shades, norm=norm, edgecolor="white", linewidth=0.5
        )
        patches.set_array(np.array([v for _, v in rings]))
        axes.add_collection(patches)
        return patches
    regions = instance.regions
    people = regions["population"].to_numpy(dtype=float)
    size = 40.0 + 460.0 * np.sqrt(people / max(people.max(), 1.0))
    return axes.scatter(
        regions["longitude"],
        regions["latitude"],
        s=scale * size * min(1.0, 12.0 / np.sqrt(len(regions)), 500.0 / len(regions)),
        c=values,
        cmap=shades,
        norm=norm,
        edgecolor="#444444",
        linewidth=0.6 if len(regions) <= MANY else 0.1,
        zorder=1,
        rasterized=len(regions) > MANY,
    )


def _draw_offers(axes: Axes, offers: pd.DataFrame) -> list[Line2D]:
    size = float(np.clip(400.0 / np.sqrt(max(len(offers), 1)), 2.0, 40.0))
    handles = []
    # Many government offers first, so that the fewer others stay visible on top of them.
    for order, (kind, (marker, colour, name)) in enumerate(KINDS.items(), start=2):
        # Kinds that stand at one point are drawn side by side, a marker's width apart.
        aside = (order - 3) * np.sqrt(size) / 72.0
        beside = ScaledTranslation(aside, 0.0, axes.get_figure().dpi_scale_trans)  # type: ignore[union-attr]
        mine = offers[offers["kind"] == kind]
        if mine.empty:
            continue
        axes.scatter(
            mine["longitude"],
            mine["latitude"],
            s=size,
            c=colour,
            marker=marker,
            edgecolors=EDGES[kind],
            linewidths=min(0.4, size / 15.0),
            zorder=order,
            rasterized=len(offers) > MANY,
            transform=axes.transData + beside,
        )
        handles.append(
            Line2D(
                [],
                [],
                linestyle="",
                marker=marker,
                color=colour,
                markeredgecolor=EDGES[kind],
                markeredgewidth=0.5,
                label=f"{name} ({len(mine):,})",
            )
        )
    return handles
