"""Who delivers how much to whom: attainment, production, capacity, linking, single source."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyomo.environ as pe

from pse_opt.components import Row, Services, component
from pse_opt.instance import Instance


@component(always=True)
def attainment(m: pe.ConcreteModel, instance: Instance) -> Iterator[Row]:
    r"""The coverage of a need is what offers deliver to it and what last resort adds.

    .. math::
        \sum_{o \in O_n} x_{on} + e_n = q_n \qquad \forall n \tag{attainment}

    :math:`x_{on}` is the share of need :math:`n` that offer :math:`o` delivers (``delivery``),
    :math:`e_n` the share met outside the offers (``last_resort``), :math:`q_n \le 1` the share met
    (``coverage``); :math:`O_n` are the offers linked to the need (``instance.links_of_need``).
    """
    for n, links in enumerate(instance.links_of_need):
        columns = [m.columns.delivery[k] for k in links]
        if n in m.columns.last_resort:
            columns.append(m.columns.last_resort[n])
        coefficients = [1.0] * len(columns) + [-1.0]
        yield Row(instance.need_keys[n], coefficients, [*columns, m.columns.coverage[n]], 0.0, 0.0)


@component(always=True)
def production(m: pe.ConcreteModel, instance: Instance) -> Iterator[Row]:
    r"""What an offer delivers is what it produces at the size engaged.

    .. math::
        \sum_{n \in N_o} \frac{D_n}{C_o} x_{on} = \sum_{l \in L_o} \frac{C_{ol}}{C_o} v_{ol}
        + \frac{H_o}{C_o} h_o \qquad \forall o \tag{production}

    :math:`D_n` is demand in units per year (``needs.demand``), :math:`C_{ol}` the capacity of a
    size in units per year, no more than the needs in reach (``instance.usable_capacity``),
    :math:`C_o` the greatest of them, by which the row is divided, and :math:`v_{ol}` volume as a
    share of capacity (``utilization``). Volunteers, where the policy has them, add :math:`h_o` of
    their capacity :math:`H_o` (see ``volunteer_limit``).
    """
    capacity = instance.usable_capacity
    units = instance.link_units
    for o, links in enumerate(instance.links_of_offer):
        sizes = instance.sizes_of_offer[o]
        scale = capacity[sizes].max() or 1.0
        coefficients = (units[links] / scale).tolist() + (-capacity[sizes] / scale).tolist()
        columns = [m.columns.delivery[k] for k in links] + [m.columns.utilization[k] for k in sizes]
        if o in m.columns.volunteers:
            coefficients.append(-float(instance.volunteer_capacity[o]) / scale)
            columns.append(m.columns.volunteers[o])
        yield Row(instance.offers["offer"][o], coefficients, columns, 0.0, 0.0)


@component(always=True)
def capacity(m: pe.ConcreteModel, instance: Instance) -> Iterator[Row]:
    r"""An offer produces at a size it is engaged at, up to its capacity.

    .. math::
        v_{ol} \le y_{ol} \qquad \forall (o, l) \tag{capacity}

    Both sides are divided by the capacity :math:`C_{ol}`.
    """
    for k, key in enumerate(instance.size_keys):
        yield Row(key, [1.0, -1.0], [m.columns.utilization[k], m.columns.engaged[k]], None, 0.0)


@component(always=True)
def minimum_volume(m: pe.ConcreteModel, instance: Instance) -> Iterator[Row]:
    r"""An offer once engaged delivers at least its minimum volume.

    .. math::
        v_{ol} \ge \frac{V_{ol}}{C_{ol}} y_{ol} \qquad \forall (o, l) : V_{ol} > 0
        \tag{minimum_volume}

    :math:`V_{ol}` is the least volume in units per year (``sizes.minimum_volume``).
    """
    least = instance.sizes["minimum_volume"].to_numpy()
    most = instance.usable_capacity
    for k in np.flatnonzero(least > 0):
        columns = [m.columns.utilization[k], m.columns.engaged[k]]
        yield Row(instance.size_keys[k], [1.0, -float(least[k] / most[k])], columns, 0.0, None)


@component(always=True)
def linking(m: pe.ConcreteModel, instance: Instance) -> Iterator[Row]:
    r"""Only an engaged offer delivers, and to no need more than its capacity.

    .. math::
        x_{on} \le \sum_{l \in L_o} \min\left(1, (C_{ol} + H_o) / D_n\right) y_{ol}
        \qquad \forall (o, n) \tag{linking}

    Implied by capacity for whole engagements; for fractional ones it is the strong form that
    makes the bound good (Cornuejols, Sridharan and Thizy 1991). :math:`H_o` is what volunteers can
    add, where the policy has them.
    """
    capacity = instance.usable_capacity
    units = instance.link_units
    for k, (key, o) in enumerate(zip(instance.link_keys, instance.links["offer"], strict=True)):
        sizes = instance.sizes_of_offer[o]
        extra = instance.volunteer_capacity[o] if o in m.columns.volunteers else 0.0
        most = np.minimum(1.0, (capacity[sizes] + extra) / units[k])
        columns = [m.columns.delivery[k], *(m.columns.engaged[i] for i in sizes)]
        yield Row(key, [1.0, *(-most).tolist()], columns, None, 0.0)


@component(section="single_source")
def source_assignment(
    m: pe.ConcreteModel,
    instance: Instance,
    *,
    services: Services = "all",  # chosen when the decisions are declared
) -> Iterator[Row]:
    r"""Only its source delivers to a need that is to have one source.

    .. math::
        x_{on} \le z_{on} \qquad \forall (o, n) \text{ of the services chosen}
        \tag{source_assignment}

    :math:`z_{on}` is 1 if offer :math:`o` is the source of need :math:`n` (``assigned``). Where the
    floor is the whole need both sides are equal, and said to be: the solver then has one decision
    where it would have two.
    """
    need = instance.links["need"].tolist()
    for k, assigned in m.columns.assigned.items():
        columns = [m.columns.delivery[k], assigned]
        least = 0.0 if need[k] in m.columns.full else None
        yield Row(instance.link_keys[k], [1.0, -1.0], columns, least, 0.0)


@component(section="single_source")
def single_source(m: pe.ConcreteModel, instance: Instance) -> Iterator[Row]:
    r"""Each need has one source at most among the offers.

    .. math::
        \sum_{o \in O_n} z_{on} \le 1 \qquad \forall n \text{ of the services chosen}
        \tag{single_source}
    """
    for n, links in enumerate(instance.links_of_need):
        columns = [m.columns.assigned[k] for k in links if k in m.columns.assigned]
        if columns:
            yield Row(instance.need_keys[n], [1.0] * len(columns), columns, None, 1.0)
