"""Coverage: floors, average targets, last resort."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import numpy as np
import pyomo.core as pe
from pydantic import Field

from pse_opt.components import Row, Services, Share, component
from pse_opt.formulation.standards import floors_of, targets_of
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
