"""Which offers are engaged: sizes, exclusive groups, required offers, engaged providers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyomo.core as pe

from pse_opt.components import Row, component
from pse_opt.instance import Instance


@component(always=True)
def one_size(m: pe.ConcreteModel, instance: Instance) -> Iterator[Row]:
    r"""An offer is engaged at one of its sizes at most.

    .. math::
        \sum_{l \in L_o} y_{ol} \le 1 \qquad \forall o : |L_o| > 1 \tag{one_size}

    :math:`y_{ol}` is 1 if offer :math:`o` is engaged at size :math:`l` (``engaged``);
    :math:`L_o` the sizes of the offer (``instance.sizes_of_offer``).
    """
    offers = instance.offers["offer"]
    for o, sizes in enumerate(instance.sizes_of_offer):
        if len(sizes) > 1:
            yield Row(
                offers[o], [1.0] * len(sizes), [m.columns.engaged[k] for k in sizes], None, 1.0
            )


@component(always=True)
def exclusive_offers(m: pe.ConcreteModel, instance: Instance) -> Iterator[Row]:
    r"""Of offers that exclude each other, one at most is engaged.

    .. math::
        \sum_{o \in X} \sum_{l \in L_o} y_{ol} \le 1 \qquad \forall X \tag{exclusive_offers}

    :math:`X` is an exclusive group (``offers.exclusive_group``).
    """
    group = instance.offers["exclusive_group"].to_numpy()[instance.sizes["offer"].to_numpy()]
    members: dict[str, list[Any]] = {}
    for k in np.flatnonzero(group != ""):
        members.setdefault(group[k], []).append(m.columns.engaged[k])
    for name, columns in members.items():
        yield Row(name, [1.0] * len(columns), columns, None, 1.0)


@component(always=True)
def required_offers(m: pe.ConcreteModel, instance: Instance) -> Iterator[Row]:
    r"""A required offer is engaged, at one of its sizes.

    .. math::
        \sum_{l \in L_o} y_{ol} = 1 \qquad \forall o : \text{required} \tag{required_offers}

    Required offers are those with ``yes`` in ``offers.required``.
    """
    for o in np.flatnonzero(instance.offers["required"].to_numpy() == "yes"):
        sizes = instance.sizes_of_offer[o]
        columns = [m.columns.engaged[k] for k in sizes]
        yield Row(instance.offers["offer"][o], [1.0] * len(sizes), columns, 1.0, 1.0)


@component(always=True)
def provider_engagement(m: pe.ConcreteModel, instance: Instance) -> Iterator[Row]:
    r"""A provider is engaged as soon as one of its offers is.

    .. math::
        \sum_{l \in L_o} y_{ol} \le u_{k(o)} \qquad \forall o : \Omega_{k(o)} > 0
        \tag{provider_engagement}

    :math:`u_k` is ``provider_engaged``; :math:`\Omega_k` the provider's overhead in money per year
    (``providers.overhead_cost``). :math:`u_k` needs no integrality: overhead costs money, so it is
    the greatest :math:`y_{ol}`. Where spending itself is equalized, which could make it worth
    paying for nothing, :math:`u_k \le \sum_{o \in k} \sum_l y_{ol}` as well.
    """
    provider = instance.offers["provider_at"].to_numpy()
    names = instance.offers["offer"].tolist()
    members: dict[int, list[Any]] = {}
    for o, sizes in enumerate(instance.sizes_of_offer):
        engaged = m.columns.provider_engaged.get(int(provider[o]))
        if engaged is not None:
            columns = [m.columns.engaged[k] for k in sizes]
            members.setdefault(int(provider[o]), []).extend(columns)
            coefficients = [1.0] * len(sizes) + [-1.0]
            yield Row(names[o], coefficients, [*columns, engaged], None, 0.0)
    if any(x.entry.level == "spending_per_head" for x in m.columns.levels):
        for p, engaged in m.columns.provider_engaged.items():
            columns = [*members.get(p, ()), engaged]
            coefficients = [1.0] * (len(columns) - 1) + [-1.0]
            name = (instance.providers["provider"][p], "no offer")
            yield Row(name, coefficients, columns, 0.0, None)
