"""Maps: regions shaded by a service level, offers by who provides them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.collections import PolyCollection
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke
from matplotlib.ticker import FuncFormatter, LogLocator
from matplotlib.transforms import ScaledTranslation

from pse_opt.instance import Instance
from pse_opt.report.levels import by_region
from pse_opt.report.network import draw_lines, lines_of
from pse_opt.report.style import plain, shown, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from pse_opt.plan import Plan

__all__ = ["ground", "plot_map"]

# Shape and lightness differ, not only hue: they stay apart in grey and for the colour-blind.
KINDS = {
    "government": ("s", "#1f3b73", "government"),
    "ngo": ("^", "#e08214", "NGO"),
    "private": ("D", "#ffffff", "private"),
}
# The dark mark has a light edge, so that it is seen on a dark region.
EDGES = {"government": "white", "ngo": "black", "private": "black"}
SHADES = "cividis"
KM_PER_DEGREE = 111.195
WORST = 3
"""Regions that are named on a map of levels."""
MANY = 1500
"""Beyond so many marks they are drawn as a picture: a file of a mark each would be too large."""


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
    values = _shade(axes, instance, levels, service, level)
    handles: list[Line2D] = []
    if deliveries and plan is not None:
        under = not _polygons(instance)
        handles = draw_lines(axes, lines_of(instance, plan, service), 0.5 if under else 1.5)
    if offers:
        handles = _draw_offers(axes, drawn)
    if levels is not None and level is not None:
        _name_worst(axes, instance, values, burden=level == "travel")
    if not handles:
        return figure
    which = "engaged offers" if plan is not None else "offers"
    which = which if offers else "deliveries across borders"
    figure.legend(handles=handles, loc="outside lower center", ncols=3, fontsize=8, title=which)
    return figure


def ground(
    instance: Instance, offers: pd.DataFrame, width: float | None, title: str | None
) -> tuple[Figure, Axes]:
    """Return a figure with the axes of a map, its frame, scale and title.

    Raises
    ------
    ValueError
        No region has coordinates.
    """
    regions = instance.regions
    if regions["longitude"].notna().sum() == 0:
        raise ValueError("no region has coordinates; there is nothing to draw")
    (west, east), (south, north) = _frame(instance, offers)
    latitude = float(regions["latitude"].mean())
    wide, high = _figure_size(east - west, north - south, latitude)
    size = (wide, high) if width is None else (width, high * width / wide + 0.3)
    figure = Figure(figsize=size, dpi=110, layout="constrained")
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(True)
    axes.set_aspect(1.0 / np.cos(np.radians(latitude)))
    heading = plain(title or instance.about.title or instance.name)
    figure.suptitle(heading, fontsize=11 if width is None else None, wrap=True)
    axes.set_xlabel("longitude")
    axes.set_ylabel("latitude")
    axes.set_xlim(west, east)
    axes.set_ylim(south, north)
    _scale_bar(axes, latitude)
    return figure, axes


def _shade(
    axes: Axes,
    instance: Instance,
    levels: pd.DataFrame | None,
    service: str | None,
    level: str | None,
) -> np.ndarray:
    """Draw the regions with their scale, or in grey without one; return what they are shaded by."""
    if level is None:
        values = np.full(len(instance.regions), 0.15)
        _draw_regions(axes, instance, values, Normalize(0.0, 1.0), "Greys")
        return values
    values, label, norm = _shades(instance, levels, service, level)
    shaded = _draw_regions(axes, instance, values, norm, SHADES)
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
        name = shown(str(regions["name"][at]), str(regions["region"][at]))
        text = axes.annotate(name, (x, y), (4, 5), textcoords="offset points", fontsize=8, zorder=9)
        text.set_path_effects([withStroke(linewidth=2.0, foreground="white")])
        text.set_in_layout(False)


def _shown_offers(instance: Instance, plan: Plan | None, service: str | None) -> pd.DataFrame:
    """Offers with coordinates: those of a service, those that a plan engages."""
    offers = instance.offers[instance.offers["longitude"].notna()]
    if plan is not None:
        offers = offers[offers["offer"].isin(plan.engagements["offer"])]
    return offers if service is None else offers[offers["service"] == service]


def _frame(instance: Instance, offers: pd.DataFrame) -> tuple[tuple[float, float], ...]:
    """West and east, south and north of all that is drawn, with room for the scale below it."""
    corners = [ring for _, ring in _polygons(instance)]
    places = [f[["longitude", "latitude"]].dropna() for f in (instance.regions, offers)]
    points = np.vstack([*(place.to_numpy(dtype=float) for place in places), *corners])
    low, high = points.min(axis=0), points.max(axis=0)
    room = np.where(high > low, high - low, 1.0)
    (west, south), (east, north) = low - (0.06, 0.12) * room, high + 0.06 * room
    return (float(west), float(east)), (float(south), float(north))


def _figure_size(width: float, height: float, latitude: float) -> tuple[float, float]:
    """Inches that fit the shape of the frame (degrees), with room for scale and legend."""
    ratio = float(np.clip(width * np.cos(np.radians(latitude)) / height, 0.5, 1.8))
    return (6.0 * ratio + 1.8, 7.2) if ratio < 1 else (8.6, 6.8 / ratio + 1.2)


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


def _draw_regions(
    axes: Axes, instance: Instance, values: np.ndarray, norm: Normalize, shades: str
) -> Any:
    shapes = _polygons(instance)
    if shapes:
        at = {name: k for k, name in enumerate(instance.regions["region"])}
        rings = [(ring, values[at[name]]) for name, ring in shapes if name in at]
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
        s=size * min(1.0, 12.0 / np.sqrt(len(regions))),
        c=values,
        cmap=shades,
        norm=norm,
        edgecolor="#444444",
        linewidth=0.6,
        zorder=1,
        rasterized=len(regions) > MANY,
    )


def _polygons(instance: Instance) -> list[tuple[str, np.ndarray]]:
    """(region, outer ring) pairs of ``geometry.geojson``; empty where there is none."""
    if instance.geometry is None:
        return []
    found = []
    for feature in json.loads(instance.geometry)["features"]:
        name = str(feature.get("properties", {}).get("region", feature.get("id", "")))
        shape = feature["geometry"]
        parts = shape["coordinates"] if shape["type"] == "MultiPolygon" else [shape["coordinates"]]
        found += [(name, np.asarray(part[0], dtype=float)[:, :2]) for part in parts]
    return found


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


def _scale_bar(axes: Axes, latitude: float) -> None:
    """A bar of a round number of kilometres in the lower left corner."""
    low, high = axes.get_xlim()
    per_degree = KM_PER_DEGREE * float(np.cos(np.radians(latitude)))
    wanted = (high - low) * per_degree / 5.0
    step = 10.0 ** np.floor(np.log10(wanted))
    length = float(max(k * step for k in (1.0, 2.0, 5.0) if k * step <= wanted))
    bottom, top = axes.get_ylim()
    x, y = low + 0.04 * (high - low), bottom + 0.04 * (top - bottom)
    axes.plot([x, x + length / per_degree], [y, y], color="black", linewidth=2.5, zorder=9)
    axes.text(x, y + 0.012 * (top - bottom), f"{length:,.0f} km", fontsize=8, zorder=9)
