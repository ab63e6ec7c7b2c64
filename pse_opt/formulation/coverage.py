"""Coverage: floors, average targets, last resort."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import numpy as np
import pandas as pd
import pyomo.environ as pe
from pydantic import Field

from pse_opt.components import Row, Services, Share, component
from pse_opt.instance import Instance

Floor = Annotated[
    Share, Field(description="least coverage of every need; by default everybody is served in full")
]
Target = Annotated[Share, Field(description="least need-weighted average coverage of a service")]


@component(section="coverage")
def coverage_floor(m: pe.ConcreteModel, instance: Instance, *, floor: Floor = 1.0) -> Iterator[Row]:
    r"""Nobody is below the floor, the basic standard.

    .. math::
        q_n \ge \underline{q}_n \qquad \forall n : \underline{q}_n > 0 \tag{coverage_floor}

    :math:`q_n` is coverage; :math:`\underline{q}_n` the floor as a share of need: the first match
    in ``standards`` (region and group, region, group, nearest jurisdiction, service), else the
    document's. A row, not a bound, so that its dual means something.
    """
    floors = floors_of(instance, floor)
    for n in np.flatnonzero(floors > 0):
        yield Row(instance.need_keys[n], [1.0], [m.columns.coverage[n]], float(floors[n]), None)


@component(section="coverage")
def coverage_target(
    m: pe.ConcreteModel, instance: Instance, *, target: Target | None = None
) -> Iterator[Row]:
    r"""The need-weighted average coverage reaches its target.

    .. math::
        \sum_{n \in T} \frac{D_n}{D_T} q_n \ge \bar{q}_T \qquad \forall T \tag{coverage_target}

    :math:`T` are the needs that a row of ``standards`` with a target matches, or all needs of a
    service that has no such row of its own (then the document's target holds);
    :math:`D_T = \sum_{n \in T} D_n` in units per year.
    """
    demand = instance.needs["demand"].to_numpy()
    for index, needs, value in targets_of(instance, target):
        weights = demand[needs] / demand[needs].sum()
        columns = [m.columns.coverage[n] for n in needs]
        yield Row(index, weights.tolist(), columns, value, None)


@component(section="last_resort")
def last_resort_limit(
    m: pe.ConcreteModel,
    instance: Instance,
    *,
    services: Services = "all",  # chosen when the decisions are declared
    maximum_share: Annotated[  # a bound of the decision
        Share, Field(description="greatest share of a need it may meet")
    ] = 1.0,
) -> Iterator[Row]:
    r"""Last resort stays within what government can provide outside the offers.

    .. math::
        \sum_{n \in N_s} \frac{D_n}{E_s} e_n \le 1 \qquad \forall s : E_s \text{ given}
        \tag{last_resort_limit}

    :math:`E_s` is the greatest volume in units per year (``services.last_resort_cap``); the share
    of each need is bounded by ``maximum_share``.
    """
    cap = instance.services["last_resort_cap"].to_numpy()
    demand, service = instance.needs["demand"].to_numpy(), instance.needs["service_at"].to_numpy()
    for s in np.flatnonzero(np.isfinite(cap)):
        needs = [n for n in m.columns.last_resort if service[n] == s]
        columns = [m.columns.last_resort[n] for n in needs]
        if columns:
            scale = cap[s] or 1.0
            coefficients = (demand[needs] / scale).tolist()
            yield Row(instance.services["service"][s], coefficients, columns, None, cap[s] / scale)


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
