"""Continuity: how much may change against today's plan."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import numpy as np
import pandas as pd
import pyomo.core as pe
from pydantic import Field

from pse_opt.components import Row, Share, component
from pse_opt.instance import Instance
from pse_opt.tables import LAST_RESORT

__all__ = ["baseline_offers", "baseline_shares"]

Count = Annotated[int, Field(ge=0, json_schema_extra={"unit": "offers"})]


@component(section="continuity")
def continuity_release(m: pe.ConcreteModel, instance: Instance) -> Iterator[Row]:
    r"""What a provider delivers to a need today, and no longer under the plan, is released.

    .. math::
        \rho_{nk} \ge b_{nk} - \sum_{o \in O_k \cap O_n} x_{on}
        \qquad \forall (n, k) : b_{nk} > 0 \tag{continuity_release}

    :math:`b_{nk}` is the share of need :math:`n` that provider :math:`k` delivers today (the table
    ``baseline``; last resort is left out), :math:`\rho_{nk}` what of it is released (``released``).
    """
    provider = instance.offers["provider_at"].to_numpy()
    links, offer = instance.links_of_need, instance.links["offer"].to_numpy()
    for (n, p), share in baseline_shares(instance).items():
        if (n, p) in m.columns.released:
            own = [m.columns.delivery[k] for k in links[n] if provider[offer[k]] == p]
            index = (*instance.need_keys[n], instance.providers["provider"][p])
            columns = [m.columns.released[n, p], *own]
            yield Row(index, [1.0] * len(columns), columns, share, None)


@component(section="continuity")
def continuity_share(
    m: pe.ConcreteModel,
    instance: Instance,
    *,
    maximum_change: Annotated[  # decisions are declared where it is given
        Share | None,
        Field(description="greatest share of a service's volume of today that changes provider"),
    ] = None,
) -> Iterator[Row]:
    r"""Of what a service delivers today no more than a share changes its provider.

    .. math::
        \sum_{n \in N_s} \sum_k \frac{D_n}{B_s} \rho_{nk} \le \theta \qquad \forall s
        \tag{continuity_share}

    :math:`B_s = \sum_{n \in N_s} \sum_k D_n b_{nk}` is today's volume in units per year,
    :math:`\theta` is ``maximum_change``. Without a baseline there is no rule.
    """
    if maximum_change is None:
        return
    demand, service = instance.needs["demand"].to_numpy(), instance.needs["service_at"].to_numpy()
    shares = baseline_shares(instance)
    for s, name in enumerate(instance.services["service"]):
        mine = {key: share for key, share in shares.items() if service[key[0]] == s}
        total = sum(demand[n] * share for (n, _), share in mine.items())
        columns = [m.columns.released[key] for key in mine]
        if columns:
            coefficients = [float(demand[n] / total) for n, _ in mine]
            yield Row(name, coefficients, columns, None, maximum_change)


@component(section="continuity")
def continuity_offers(
    m: pe.ConcreteModel,
    instance: Instance,
    *,
    maximum_new: Annotated[Count | None, Field(description="offers engaged anew, at most")] = None,
    maximum_ended: Annotated[
        Count | None, Field(description="offers of today no longer engaged, at most")
    ] = None,
) -> Iterator[Row]:
    r"""Few offers are engaged anew, and few of today's are ended.

    .. math::
        \sum_{o \notin B} \sum_l y_{ol} \le \eta^+, \qquad
        \sum_{o \in B} \bigl(1 - \sum_l y_{ol}\bigr) \le \eta^- \tag{continuity_offers}

    :math:`B` are the offers of the table ``baseline``; :math:`\eta^+` is ``maximum_new``,
    :math:`\eta^-` is ``maximum_ended``. An offer of today that may no longer be engaged counts as
    ended. Without a baseline there is no rule.
    """
    today = baseline_offers(instance)
    if today is None:
        return
    before = instance.offers["offer"].isin(list(today)).to_numpy()
    of_size = before[instance.sizes["offer"].to_numpy()]
    if maximum_new is not None:
        columns = [m.columns.engaged[k] for k in np.flatnonzero(~of_size)]
        if columns:
            yield Row("new", [1.0] * len(columns), columns, None, float(maximum_new))
    if maximum_ended is not None:
        columns = [m.columns.engaged[k] for k in np.flatnonzero(of_size)]
        yield Row("kept", [1.0] * len(columns), columns, float(len(today) - maximum_ended), None)


def baseline_offers(instance: Instance) -> frozenset[str] | None:
    """Return the offers engaged today; None without a baseline."""
    frame = _today(instance)
    return None if frame is None else frozenset(frame["offer"])


def baseline_shares(instance: Instance) -> dict[tuple[int, int], float]:
    """Return what share of each need each provider delivers today, by (need, provider)."""
    frame = _today(instance)
    if frame is None:
        return {}
    provider = dict(zip(instance.providers["provider"], instance.providers.index, strict=True))
    offers = instance.tables["offers"]
    maker = dict(zip(offers["offer"], offers["provider"].map(provider), strict=True))
    shares: dict[tuple[int, int], float] = {}
    for offer, n, share in zip(frame["offer"], frame["need"], frame["share"], strict=True):
        key = (int(n), int(maker[offer]))
        shares[key] = shares.get(key, 0.0) + float(share)
    return {key: share for key, share in shares.items() if share > 0}


def _today(instance: Instance) -> pd.DataFrame | None:
    """Return the deliveries by offers of today: offer, need (position), share."""
    table = instance.tables.get("baseline")
    if table is None:
        return None
    keys = ["region", "group", "service"]
    needs = instance.needs.assign(need=instance.needs.index)[[*keys, "need", "demand"]]
    frame = table[table["offer"] != LAST_RESORT].merge(needs, on=keys)
    return frame.assign(share=frame["share"].fillna(frame["units"] / frame["demand"]))
