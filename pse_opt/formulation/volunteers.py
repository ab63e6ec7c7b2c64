"""Volunteers: what they add to an offer, beside its paid staff and out of their community."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import numpy as np
import pyomo.core as pe
from pydantic import Field

from pse_opt.components import Row, component
from pse_opt.instance import Instance

__all__ = ["volunteer_offers"]


@component(section="volunteers")
def volunteer_limit(m: pe.ConcreteModel, instance: Instance) -> Iterator[Row]:
    r"""Volunteers work for engaged offers, up to their number.

    .. math::
        h_o \le \sum_{l} y_{ol} \qquad \forall o : H_o > 0 \tag{volunteer_limit}

    :math:`h_o` is what volunteers deliver as a share of :math:`H_o` (``volunteers``), which is
    ``offers.volunteer_capacity`` in units per year, no more than the needs in reach. Volume of
    volunteers comes on top of paid capacity and carries no unit cost, fee, own funds or
    supervision.
    """
    for o, column in m.columns.volunteers.items():
        engaged = [m.columns.engaged[k] for k in instance.sizes_of_offer[o]]
        coefficients = [1.0] + [-1.0] * len(engaged)
        yield Row(instance.offers["offer"][o], coefficients, [column, *engaged], None, 0.0)


@component(section="volunteers")
def volunteer_ratio(
    m: pe.ConcreteModel,
    instance: Instance,
    *,
    maximum_ratio: Annotated[
        float,
        Field(
            ge=0,
            allow_inf_nan=False,
            description="greatest volume of volunteers for a unit of paid volume",
        ),
    ] = 1.0,
) -> Iterator[Row]:
    r"""Volunteers complement paid staff: they deliver no more than a multiple of paid volume.

    .. math::
        H_o h_o \le \rho \sum_{l} C_{ol} v_{ol} \qquad \forall o : H_o > 0 \tag{volunteer_ratio}

    :math:`\rho` is ``maximum_ratio``. Each row is divided by :math:`H_o`.
    """
    capacity = instance.usable_capacity
    for o, column in m.columns.volunteers.items():
        sizes, most = instance.sizes_of_offer[o], instance.volunteer_capacity[o]
        coefficients = [1.0, *(-maximum_ratio * capacity[sizes] / most).tolist()]
        columns = [column, *(m.columns.utilization[k] for k in sizes)]
        yield Row(instance.offers["offer"][o], coefficients, columns, None, 0.0)


@component(section="volunteers")
def volunteer_pool(m: pe.ConcreteModel, instance: Instance) -> Iterator[Row]:
    r"""The volunteers of a community are shared by the offers that have their site in it.

    .. math::
        \sum_{o : r(o) = r, s(o) = s} \frac{H_o}{V_{rs}} h_o \le 1
        \qquad \forall r, s : V_{rs} \text{ given} \tag{volunteer_pool}

    :math:`V_{rs}` is what the volunteers of region :math:`r` can deliver of service :math:`s` in
    units per year (``needs.volunteer_pool``, added up over groups); :math:`r(o)` is where the
    offer's site is.
    """
    table = instance.tables["needs"]
    known = table[table["volunteer_pool"].notna()]
    pools = known.groupby(["region", "service"], sort=False)["volunteer_pool"].sum()
    sites = zip(instance.offers["region"], instance.offers["service"], strict=True)
    at: dict[tuple[str, str], list[int]] = {}
    for o, site in enumerate(sites):
        if o in m.columns.volunteers:
            at.setdefault(site, []).append(o)
    for site, pool in zip(pools.index.tolist(), pools, strict=True):
        offers = at.get(site, [])
        if offers:
            scale = float(pool) or 1.0
            coefficients = [float(instance.volunteer_capacity[o]) / scale for o in offers]
            columns = [m.columns.volunteers[o] for o in offers]
            yield Row(site, coefficients, columns, None, float(pool) / scale)


def volunteer_offers(instance: Instance) -> list[int]:
    """Return the offers that volunteers can work for."""
    return [int(o) for o in np.flatnonzero(instance.volunteer_capacity > 0)]
