"""Which floor and which target holds for whom: the table standards, else the document."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from pse_opt.instance import Instance

__all__ = ["floors_of", "targets_of"]


def floors_of(instance: Instance, default: float) -> np.ndarray:
    """Return the floor of each need as a share: the first match in standards, else the default."""
    needs = instance.needs
    floors = np.full(len(needs), default)
    if "standards" not in instance.tables:
        return floors
    table = instance.tables["standards"]
    # From the weakest claim to the strongest, each overwriting: later rows win.
    rows = [row for _, row in table[table["floor"].notna()].iterrows()]
    for row in sorted(rows, key=lambda r: _strength(instance, r)):
        floors[_matching(instance, row)] = row["floor"]
    return floors


def _strength(instance: Instance, row: pd.Series) -> float:
    """Rank a standard: region and group, region, group, jurisdiction by depth, service."""
    depth = sum(row["jurisdiction"] in below for below in instance.territory.values())
    inner = depth / (1.0 + len(instance.territory))
    return float(4.0 * (row["region"] != "") + 2.0 * (row["group"] != "") + inner)


def _matching(instance: Instance, row: pd.Series) -> np.ndarray:
    """Positions of the needs that a row of standards is about."""
    needs = instance.needs
    about = needs["service"] == row["service"]
    for column in ("region", "group"):
        if row[column]:
            about = about & (needs[column] == row[column])
    if row["jurisdiction"]:
        below = instance.territory[row["jurisdiction"]]
        about = about & needs["jurisdiction"].isin(list(below))
    return np.flatnonzero(about.to_numpy())


def targets_of(
    instance: Instance, default: float | None
) -> Iterator[tuple[tuple[str, str, str, str], np.ndarray, float]]:
    """Yield every target: service, jurisdiction, region, group; its needs; its value."""
    own: set[str] = set()
    table = instance.tables.get("standards")
    if table is not None:
        for _, row in table[table["target"].notna()].iterrows():
            index = (row["service"], row["jurisdiction"], row["region"], row["group"])
            if not any(index[1:]):
                own.add(row["service"])
            needs = _matching(instance, row)
            if len(needs):
                yield index, needs, float(row["target"])
    if default is None:
        return
    for s, name in enumerate(instance.services["service"]):
        needs = np.flatnonzero(instance.needs["service_at"].to_numpy() == s)
        if len(needs) and name not in own:
            yield (name, "", "", ""), needs, default
