"""Takeover: government can step in when an NGO fails."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import numpy as np
import pyomo.core as pe
from pydantic import Field

from pse_opt.components import Row, Services, Share, component
from pse_opt.eligibility import offers_of_kinds
from pse_opt.formulation.rows import chosen
from pse_opt.instance import Instance

__all__ = ["backup_links"]


@component(section="takeover")
def takeover(
    m: pe.ConcreteModel,
    instance: Instance,
    *,
    share: Annotated[
        Share, Field(description="least share of what an NGO delivers that could be taken over")
    ],
    services: Services = "all",  # chosen when the decisions are declared
) -> Iterator[Row]:
    r"""If an NGO fails, government offers can take over a share of all it delivers.

    .. math::
        \sum_{o \in O_n \cap O^{gov}} b_{kon} \ge \beta \sum_{o \in O_n \cap O_k} x_{on}
        \qquad \forall k \in K^{ngo}, n \tag{takeover}

    :math:`b_{kon}` is the share of need :math:`n` that government offer :math:`o` would take over
    from NGO :math:`k` (``backup``), :math:`\beta` is ``share``. One NGO fails at a time.
    """
    need = instance.links["need"].to_numpy()
    backup: dict[tuple[int, int], list[Any]] = {}
    for (p, k), column in m.columns.backup.items():
        backup.setdefault((p, int(need[k])), []).append(column)
    for (p, n), own in _links_by_provider_and_need(instance, services).items():
        helping = backup.get((p, n), [])
        lost = [m.columns.delivery[k] for k in own]
        index = (instance.providers["provider"][p], *instance.need_keys[n])
        coefficients = [1.0] * len(helping) + [-share] * len(lost)
        yield Row(index, coefficients, [*helping, *lost], 0.0, None)


@component(section="takeover")
def takeover_capacity(
    m: pe.ConcreteModel,
    instance: Instance,
    *,
    surge: Annotated[
        float,
        Field(
            ge=1,
            allow_inf_nan=False,
            description="capacity of a government offer in the emergency, as a multiple",
        ),
    ] = 1.0,
) -> Iterator[Row]:
    r"""An engaged government offer takes over no more than it has room for.

    .. math::
        \sum_{n \in N_o} \frac{D_n}{C_o} b_{kon} \le
        \sum_{l} \frac{C_{ol}}{C_o} (\eta y_{ol} - v_{ol})
        \qquad \forall k \in K^{ngo}, o \in O^{gov} \tag{takeover_capacity}

    :math:`\eta` is ``surge``; capacities :math:`C` are in units per year, each row is divided by
    the greatest of the offer.
    """
    capacity, units = instance.usable_capacity, instance.link_units
    offer = instance.links["offer"].to_numpy()
    by_offer: dict[tuple[int, int], list[tuple[float, Any]]] = {}
    for (p, k), column in m.columns.backup.items():
        by_offer.setdefault((p, int(offer[k])), []).append((float(units[k]), column))
    for (p, o), helping in by_offer.items():
        sizes = instance.sizes_of_offer[o]
        scale = float(capacity[sizes].max()) or 1.0
        terms = [(c / scale, v) for c, v in helping]
        terms += [(float(capacity[k]) / scale, m.columns.utilization[k]) for k in sizes]
        terms += [(-surge * float(capacity[k]) / scale, m.columns.engaged[k]) for k in sizes]
        index = (instance.providers["provider"][p], instance.offers["offer"][o])
        yield Row(index, [c for c, _ in terms], [v for _, v in terms], None, 0.0)


def backup_links(instance: Instance, section: Mapping[str, Any]) -> list[tuple[int, int]]:
    """Return (NGO, link of a government offer) for all that could stand in for the NGO."""
    offer = instance.links["offer"].to_numpy()
    government = offers_of_kinds(instance, ["government"])[offer]
    return [
        (p, int(k))
        for p, n in _links_by_provider_and_need(instance, section["services"])
        for k in instance.links_of_need[n]
        if government[k]
    ]


def _links_by_provider_and_need(
    instance: Instance, services: Any
) -> dict[tuple[int, int], list[int]]:
    """Links of NGO offers, by NGO and need, of the services chosen."""
    offer, need = instance.links["offer"].to_numpy(), instance.links["need"].to_numpy()
    ngo = offers_of_kinds(instance, ["ngo"])[offer]
    named = chosen(instance, services)[instance.needs["service_at"].to_numpy()[need]]
    provider = instance.offers["provider_at"].to_numpy()[offer]
    found: dict[tuple[int, int], list[int]] = {}
    for k in np.flatnonzero(ngo & named):
        found.setdefault((int(provider[k]), int(need[k])), []).append(int(k))
    return found
