"""Who gains and who loses coverage from one plan to another: a map and a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.colors import Normalize

from pse_opt.analysis.comparing import change_of
from pse_opt.instance import Instance
from pse_opt.report.ground import ground
from pse_opt.report.maps import draw_regions, name_place
from pse_opt.report.parts import Table, table
from pse_opt.report.story import region_names
from pse_opt.report.style import shown, styled
from pse_opt.terminal import count, whole

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["NOTICED", "change_by_region", "gained_and_lost", "moves_table", "plot_change"]

NOTICED = 5e-3
"""Change of coverage from which on somebody counts as gaining or losing: half a point."""
NAMED = 3
"""Regions that are named at each end."""
SHADES = "PuOr"


def change_by_region(after: pd.DataFrame, before: pd.DataFrame) -> pd.Series:
    """Return the change of coverage of every region (share of need, mean over services)."""
    frame = change_of(after, before, "region")
    return pd.Series(frame["change"].to_numpy(dtype=float), index=frame["name"].to_numpy())


def gained_and_lost(instance: Instance, change: pd.Series) -> str:
    """Return how many regions, with how many people, gain coverage and lose some."""
    people = instance.regions.set_index("region")["population"].reindex(change.index)
    parts = []
    for verb, some in (("gain", change > NOTICED), ("lose", change < -NOTICED)):
        number, who = int(some.sum()), whole(float(people[some].sum()))
        parts.append(f"{count(number, 'region')} with {who} people {verb} coverage" if number else
                     f"nobody {verb}s")  # fmt: skip
    return ", ".join(parts)


def moves_table(instance: Instance, change: pd.Series, caption: str) -> Table:
    """Return the table of regions that gain or lose, those that gain most first."""
    names, people = region_names(instance), instance.regions.set_index("region")["population"]
    kept = change[change.abs() > NOTICED]
    rows = [
        (names[r], whole(float(people[r])), f"{100 * value:+.1f}")
        for r, value in zip(map(str, kept.index), kept.to_numpy(), strict=True)
    ]
    return table(caption, ("region", "people", "points of coverage"), rows, file="levels.csv")


@styled
def plot_change(instance: Instance, change: pd.Series, *, title: str, width: float) -> Figure:
    """Draw regions by the change of their coverage; those that change most are named, with sign.

    Parameters
    ----------
    instance : Instance
        Regions with coordinates.
    change : Series
        By region, a share of need.
    title : str
        Above the map.
    width : float
        Inches.

    Raises
    ------
    ValueError
        No region has coordinates.
    """
    figure, axes = ground(instance, instance.offers.head(0), width, title)
    regions = instance.regions
    values = 100.0 * regions["region"].map(change).to_numpy(dtype=float)
    most = max(float(np.nanmax(np.abs(values))), 1.0)
    drawn = draw_regions(axes, instance, values, Normalize(-most, most), SHADES)
    bar = figure.colorbar(drawn, ax=axes, shrink=0.7, pad=0.02)
    bar.set_label("points of coverage (mean over services)")
    order = np.argsort(values, kind="stable")
    for at in dict.fromkeys([*order[:NAMED], *order[-NAMED:]]):
        if np.isnan(values[at]) or abs(values[at]) < 100 * NOTICED:
            continue
        place = (float(regions["longitude"][at]), float(regions["latitude"][at]))
        name = shown(str(regions["name"][at]), str(regions["region"][at]))
        name_place(axes, place, f"{name} {values[at]:+.0f}")
    return figure
