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
from matplotlib.ticker import FuncFormatter, LogLocator
from matplotlib.transforms import ScaledTranslation

from pse_opt.instance import Instance

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from pse_opt.plan import Plan

__all__ = ["plot_map"]

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


def plot_map(
    instance: Instance,
    levels: pd.DataFrame | None = None,
    *,
    plan: Plan | None = None,
    service: str | None = None,
    title: str | None = None,
) -> Figure:
    """Draw the regions, shaded, and the offers by kind of provider.

    Parameters
    ----------
    instance : Instance
        Regions with coordinates; polygons are drawn where the instance has ``geometry.geojson``.
    levels : DataFrame, optional
        Service levels as in ``result.levels``; regions are shaded by coverage. Without it they are
        shaded by people per km2 where the area is known, else left grey.
    plan : Plan, optional
        Draw the offers engaged only.
    service : str, optional
        One service; by default all offers, and the mean coverage over services.
    title : str, optional
        By default the instance's title.

    Returns
    -------
    matplotlib.figure.Figure
        A figure of its own, not registered with pyplot.

    Raises
    ------
    ValueError
        No region has coordinates.
    """
    regions = instance.regions
    if regions["longitude"].notna().sum() == 0:
        raise ValueError("no region has coordinates; there is nothing to draw")
    offers = _shown_offers(instance, plan, service)
    (west, east), (south, north) = _frame(instance, offers)
    size = _figure_size(east - west, north - south, float(regions["latitude"].mean()))
    figure = Figure(figsize=size, dpi=110, layout="constrained")
    axes = figure.add_subplot()
    values, label, norm = _shades(instance, levels, service)
    shaded = _draw_regions(axes, instance, values, norm)
    ticks = LogLocator(subs=(1.0, 2.0, 5.0)) if isinstance(norm, LogNorm) else None
    shown = FuncFormatter(lambda x, _: f"{x:,.0f}" if x >= 10 else f"{x:.2g}")
    bar = figure.colorbar(shaded, ax=axes, shrink=0.7, pad=0.02, ticks=ticks, format=shown)
    bar.minorticks_off()
    bar.set_label(label)
    handles = _draw_offers(axes, offers)
    axes.set_aspect(1.0 / np.cos(np.radians(float(regions["latitude"].mean()))))
    figure.suptitle(title or instance.about.title or instance.name, fontsize=11, wrap=True)
    axes.set_xlabel("longitude")
    axes.set_ylabel("latitude")
    axes.set_xlim(west, east)
    axes.set_ylim(south, north)
    _scale_bar(axes, float(regions["latitude"].mean()))
    which = "engaged offers" if plan is not None else "offers"
    figure.legend(handles=handles, loc="outside lower center", ncols=3, fontsize=8, title=which)
    return figure


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
    instance: Instance, levels: pd.DataFrame | None, service: str | None
) -> tuple[np.ndarray, str, Normalize]:
    """Value of each region, what it is, and the scale."""
    regions = instance.regions
    if levels is not None:
        rows = levels if service is None else levels[levels["service"] == service]
        weighted = rows.assign(units=rows["coverage"] * rows["demand"])
        sums = weighted.groupby(["region", "service"])[["units", "demand"]].sum()
        mean = (sums["units"] / sums["demand"]).groupby("region").mean()
        values = regions["region"].map(mean).to_numpy(dtype=float) * 100
        what = "coverage of need, %" + (f" ({service})" if service else " (mean over services)")
        return values, what, Normalize(min(50.0, float(np.nanmin(values))), 100.0)
    area = regions["area_km2"].to_numpy(dtype=float)
    people = np.maximum(regions["population"].to_numpy(dtype=float), 1.0)
    known = bool(np.all(area > 0))
    shown = people / area if known else people
    low, high = float(shown.min()), float(shown.max())
    scale = LogNorm(low, high if high > low else 10 * low)
    return shown, "people per km2" if known else "people", scale


def _draw_regions(axes: Axes, instance: Instance, values: np.ndarray, norm: Normalize) -> Any:
    shapes = _polygons(instance)
    if shapes:
        at = {name: k for k, name in enumerate(instance.regions["region"])}
        rings = [(ring, values[at[name]]) for name, ring in shapes if name in at]
        patches = PolyCollection(
            [r for r, _ in rings], cmap=SHADES, norm=norm, edgecolor="white", linewidth=0.5
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
        cmap=SHADES,
        norm=norm,
        edgecolor="#444444",
        linewidth=0.6,
        zorder=1,
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
