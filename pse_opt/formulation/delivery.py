"""Who delivers how much to whom: attainment, production, capacity, linking, single source."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyomo.core as pe
import scipy.sparse as sp

from pse_opt.components import Row, Rows, Services, component
from pse_opt.formulation.rows import sparse_rows
from pse_opt.instance import Instance
from pse_opt.solving.outline import joined


@component(always=True)
def attainment(m: pe.ConcreteModel, instance: Instance) -> Iterator[Rows]:
    r"""The coverage of a need is what offers deliver to it and what last resort adds.

    .. math::
        \sum_{o \in O_n} x_{on} + e_n = q_n \qquad \forall n \tag{attainment}

    :math:`x_{on}` is the share of need :math:`n` that offer :math:`o` delivers (``delivery``),
    :math:`e_n` the share met outside the offers (``last_resort``), :math:`q_n \le 1` the share met
    (``coverage``); :math:`O_n` are the offers linked to the need (``instance.links_of_need``).
    """
    links, needs, rescue = len(instance.links), len(instance.needs), list(m.columns.last_resort)
    need = np.concatenate((instance.links["need"].to_numpy(), rescue, np.arange(needs)))
    need = need.astype(np.int32)
    values = np.concatenate((np.ones(links + len(rescue)), -np.ones(needs)))
    columns = joined(m.columns.delivery, m.columns.last_resort.values(), m.columns.coverage)
    yield sparse_rows(instance.need_keys, need, np.arange(len(columns)), values, columns, 0.0, 0.0)


@component(always=True)
def production(m: pe.ConcreteModel, instance: Instance) -> Iterator[Rows]:
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
    size, link = instance.sizes["offer"].to_numpy(), instance.links["offer"].to_numpy()
    helped = np.array(list(m.columns.volunteers), dtype=np.int64)
    greatest = np.zeros(len(instance.offers))
    np.maximum.at(greatest, size, instance.usable_capacity)
    helping = instance.volunteer_capacity[helped]
    units = np.concatenate((instance.link_units, -instance.usable_capacity, -helping))
    offer = np.concatenate((link, size, helped))
    helpers = m.columns.volunteers.values()
    columns = joined(m.columns.delivery, m.columns.utilization, helpers)
    values = units / np.where(greatest > 0.0, greatest, 1.0)[offer]
    names = instance.offers["offer"].tolist()
    yield sparse_rows(names, offer, np.arange(len(columns)), values, columns, 0.0, 0.0)


@component(always=True)
def capacity(m: pe.ConcreteModel, instance: Instance) -> Iterator[Rows]:
    r"""An offer produces at a size it is engaged at, up to its capacity.

    .. math::
        v_{ol} \le y_{ol} \qquad \forall (o, l) \tag{capacity}

    Both sides are divided by the capacity :math:`C_{ol}`.
    """
    count = len(instance.sizes)
    columns = joined(m.columns.utilization, m.columns.engaged)
    size, values = np.tile(np.arange(count), 2), np.repeat((1.0, -1.0), count)
    at = np.arange(len(columns))
    yield sparse_rows(instance.size_keys, size, at, values, columns, -np.inf, 0.0)


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
def linking(m: pe.ConcreteModel, instance: Instance) -> Iterator[Rows]:
    r"""Only an engaged offer delivers, and to no need more than its capacity.

    .. math::
        x_{on} \le \sum_{l \in L_o} \min\left(1, (C_{ol} + H_o) / D_n\right) y_{ol}
        \qquad \forall (o, n) \tag{linking}

    Implied by capacity for whole engagements; for fractional ones it is the strong form that
    makes the bound good (Cornuejols, Sridharan and Thizy 1991). :math:`H_o` is what volunteers can
    add, where the policy has them.
    """
    helped = np.array(list(m.columns.volunteers), dtype=np.int64)
    extra = np.zeros(len(instance.offers))
    extra[helped] = instance.volunteer_capacity[helped]
    room = instance.usable_capacity + extra[instance.sizes["offer"].to_numpy()]
    links = len(instance.links)
    link, size = instance.link_sizes
    start = np.concatenate(([0], np.cumsum(1 + np.bincount(link, minlength=links))))
    # Each row has its delivery, then the sizes of the offer; written in place, for there are many.
    opens = np.ones(int(start[-1]), dtype=bool)
    opens[start[:-1]] = False
    at, values = np.empty(opens.size, dtype=np.int32), np.ones(opens.size)
    at[start[:-1]], at[opens] = np.arange(links), links + size
    values[opens] = -np.minimum(1.0, room[size] / instance.link_units[link])
    columns = joined(m.columns.delivery, m.columns.engaged)
    matrix = sp.csr_array((values, at, start), shape=(links, len(columns)))
    yield Rows(instance.link_keys, matrix, columns, np.full(links, -np.inf), np.zeros(links))


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
