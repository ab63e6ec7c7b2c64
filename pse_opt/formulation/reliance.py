"""Reliance: on NGOs that live on public money, on single providers, on others than government."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

import numpy as np
import pyomo.core as pe
from pydantic import Field

from pse_opt.components import Row, Services, Share, component
from pse_opt.eligibility import offers_of_kinds
from pse_opt.formulation.arrangements import NOT_GOVERNMENT, Kinds
from pse_opt.formulation.rows import (
    chosen,
    needs_of_regions,
    per_unit,
    scaled,
    yearly_fixed,
    yearly_volume,
)
from pse_opt.instance import Instance

__all__ = ["COUNT", "present_providers"]

COUNT = "count"
"""Last part of the index of the row that counts providers."""

CoreServices = Annotated[
    Literal["core", "all"] | list[str],
    Field(description="services it applies to: core (the column services.core), all, or a list"),
]


@component(section="supervision")
def supervision_limit(
    m: pe.ConcreteModel,
    instance: Instance,
    *,
    scale: Annotated[
        float,
        Field(ge=0, allow_inf_nan=False, description="share of each supervision capacity"),
    ] = 1.0,
) -> Iterator[Row]:
    r"""A jurisdiction arranges no more contracts with others than it can supervise.

    .. math::
        \sum_{o : a(o) = j, k(o) \notin K^{gov}} \sum_{l \in L_o} y_{ol} \le \beta \kappa_j
        \qquad \forall j : \kappa_j \text{ given} \tag{supervision_limit}

    :math:`a(o)` is the arranger; offers of NGOs and private providers count, in any mode;
    :math:`\kappa_j` is ``jurisdictions.supervision_capacity`` in offers, :math:`\beta` the scale.
    """
    capacity = instance.jurisdictions["supervision_capacity"].to_numpy()
    others = offers_of_kinds(instance, NOT_GOVERNMENT)
    arranger = instance.offers["arranger"].to_numpy()
    for j in np.flatnonzero(np.isfinite(capacity)):
        name = instance.jurisdictions["jurisdiction"][j]
        mine = np.flatnonzero(others & (arranger == name))
        columns = [m.columns.engaged[k] for o in mine for k in instance.sizes_of_offer[o]]
        if columns:
            yield Row(name, [1.0] * len(columns), columns, None, float(scale * capacity[j]))


@component(section="dependence")
def dependence(
    m: pe.ConcreteModel,
    instance: Instance,
    *,
    maximum: Annotated[
        Share, Field(description="greatest share of an NGO's revenue that is public money")
    ],
) -> Iterator[Row]:
    r"""An NGO's revenue comes from public money up to a share.

    .. math::
        (1 - \delta) \sum_{o \in O_k} \sum_{l} \bigl[F_{ol} y_{ol} + c_{ol} C_{ol} v_{ol}\bigr]
        \le \delta \Bigl(I_k + \sum_{o \in O_k} \sum_{l} c^{usr}_o C_{ol} v_{ol}\Bigr)
        \qquad \forall k \in K^{ngo} \tag{dependence}

    :math:`F_{ol}` is the fixed cost with the yearly part of an investment, :math:`c_{ol}` the
    public unit cost, :math:`c^{usr}_o` the fee, in money; :math:`I_k` is
    ``providers.independent_income``, or where that is blank the own funds spent,
    :math:`\sum_{o \in O_k} c^{own}_o C_{ol} v_{ol}`; :math:`\delta` is ``maximum``. Contract and
    supervision cost are no revenue. An NGO of which nothing but public money is known (no income,
    fee or own funds) has no rule. Each row is divided by its greatest coefficient.
    """
    income = instance.providers["independent_income"].to_numpy()
    for p in np.flatnonzero(instance.providers["kind"].to_numpy() == "ngo"):
        offers = np.flatnonzero(instance.offers["provider_at"].to_numpy() == p).tolist()
        public = [term for o in offers for term in _public(m, instance, o)]
        if not any(c for c, _ in public):
            continue
        known = bool(np.isfinite(income[p]))
        columns = ["user_fee"] if known else ["user_fee", "own_funds"]
        other = [term for o in offers for c in columns for term in per_unit(m, instance, o, c)]
        if not known and not any(c for c, _ in other):
            continue
        terms = [((1.0 - maximum) * c, v) for c, v in public]
        terms += [(-maximum * c, v) for c, v in other]
        right = maximum * float(income[p]) if known else 0.0
        yield scaled(instance.providers["provider"][p], terms, right)


def _public(m: pe.ConcreteModel, instance: Instance, o: int) -> list[tuple[float, Any]]:
    """What a provider receives from public money for an offer."""
    unit_cost = instance.sizes["unit_cost"].to_numpy()
    return [*yearly_fixed(m, instance, o), *yearly_volume(m, instance, o, unit_cost)]


@component(section="concentration")
def concentration(
    m: pe.ConcreteModel,
    instance: Instance,
    *,
    maximum_share: Annotated[
        Share | None, Field(description="greatest share of a region's service by one provider")
    ] = None,
    kinds: Kinds = NOT_GOVERNMENT,
    services: Services = "all",
) -> Iterator[Row]:
    r"""No provider delivers more than a share of what a region gets of a service.

    .. math::
        \sum_{n \in N_{rs}} \frac{D_n}{D_{rs}} \Bigl(\sum_{o \in O_k \cap O_n} x_{on}
        - \sigma q_n\Bigr) \le 0 \qquad \forall r, s, k \tag{concentration}

    :math:`N_{rs}` are the needs of region :math:`r` for service :math:`s` (one, or one for each
    group), :math:`D` demand in units per year, :math:`O_k` the offers of provider :math:`k` of the
    kinds chosen, :math:`\sigma` is ``maximum_share``. Last resort counts among what is delivered.
    """
    if maximum_share is None:
        return
    limited = offers_of_kinds(instance, kinds)
    provider = instance.offers["provider_at"].to_numpy()
    offer, demand = instance.links["offer"].to_numpy(), instance.needs["demand"].to_numpy()
    for (region, service), needs in needs_of_regions(instance, services):
        total = demand[needs].sum()
        rest = [(-maximum_share * demand[n] / total, m.columns.coverage[n]) for n in needs]
        terms: dict[int, list[tuple[float, Any]]] = {}
        for n in needs:
            for k in instance.links_of_need[n]:
                if limited[offer[k]]:
                    mine = terms.setdefault(int(provider[offer[k]]), [])
                    mine.append((demand[n] / total, m.columns.delivery[k]))
        for p, own in terms.items():
            both = [*own, *rest]
            index = (region, service, instance.providers["provider"][p])
            yield Row(index, [float(c) for c, _ in both], [v for _, v in both], None, 0.0)


@component(section="concentration")
def provider_choice(
    m: pe.ConcreteModel,
    instance: Instance,
    *,
    minimum_providers: Annotated[  # decisions are declared where it is more than 1
        int, Field(ge=1, description="least number of providers engaged within reach of a region")
    ] = 1,
    services: Services = "all",
) -> Iterator[Row]:
    r"""A region has a choice: several providers of a service are engaged within its reach.

    .. math::
        w_{rsk} \le \sum_{o \in O_k \cap O_{rs}} \sum_{l} y_{ol}, \qquad
        \sum_k w_{rsk} \ge p \qquad \forall r, s, k \tag{provider_choice}

    :math:`w_{rsk} \le 1` counts provider :math:`k` (``present``) where one of its offers linked to
    the region's needs is engaged; :math:`p` is ``minimum_providers``; one provider is no rule.
    Providers of every kind count.
    """
    if minimum_providers <= 1:
        return
    counted: dict[tuple[str, str], list[Any]] = {
        key: [] for key, _ in needs_of_regions(instance, services)
    }
    for (region, service, p, offers), column in m.columns.present.items():
        engaged = [m.columns.engaged[k] for o in offers for k in instance.sizes_of_offer[o]]
        index = (region, service, instance.providers["provider"][p])
        yield Row(index, [1.0] + [-1.0] * len(engaged), [column, *engaged], None, 0.0)
        counted[region, service].append(column)
    for key, columns in counted.items():
        yield Row((*key, COUNT), [1.0] * len(columns), columns, float(minimum_providers), None)


@component(section="government_share")
def government_share(
    m: pe.ConcreteModel,
    instance: Instance,
    *,
    minimum: Annotated[
        Share, Field(description="least share of what a need gets that government delivers")
    ],
    services: CoreServices = "core",
) -> Iterator[Row]:
    r"""Government itself delivers a share of every need for a core service.

    .. math::
        \sum_{o \in O_n \cap O^{gov}} x_{on} + e_n \ge \gamma q_n
        \qquad \forall n \text{ of the services chosen} \tag{government_share}

    :math:`O^{gov}` are the offers of government's own providers; :math:`\gamma` is ``minimum``;
    services are those with ``yes`` in ``services.core`` unless the policy names others.
    """
    named = chosen(instance, services)
    own = offers_of_kinds(instance, ["government"])[instance.links["offer"].to_numpy()]
    for n in np.flatnonzero(named[instance.needs["service_at"].to_numpy()]):
        columns = [m.columns.delivery[k] for k in instance.links_of_need[n] if own[k]]
        if n in m.columns.last_resort:
            columns.append(m.columns.last_resort[n])
        terms = [*columns, m.columns.coverage[n]]
        coefficients = [1.0] * len(columns) + [-minimum]
        yield Row(instance.need_keys[n], coefficients, terms, 0.0, None)


@component(section="ngo_share")
def ngo_share(
    m: pe.ConcreteModel,
    instance: Instance,
    *,
    minimum: Annotated[
        Share, Field(description="least share of what a service delivers that NGOs deliver")
    ],
    services: Services = "all",
) -> Iterator[Row]:
    r"""NGOs deliver a share of every service: a compact with them, or their precedence.

    .. math::
        \sum_{n \in N_s} \frac{D_n}{D_s} \Bigl(\sum_{o \in O_n \cap O^{ngo}} x_{on}
        - \gamma q_n\Bigr) \ge 0 \qquad \forall s \text{ of the services chosen}
        \tag{ngo_share}

    :math:`O^{ngo}` are the offers of NGOs, :math:`D` demand in units per year; :math:`\gamma` is
    ``minimum``, of all that the service delivers, last resort included.
    """
    named, service = chosen(instance, services), instance.needs["service_at"].to_numpy()
    own = offers_of_kinds(instance, ["ngo"])[instance.links["offer"].to_numpy()]
    demand = instance.needs["demand"].to_numpy()
    for s in np.flatnonzero(named):
        needs = np.flatnonzero(service == s)
        weight = demand[needs] / demand[needs].sum()
        terms: list[tuple[float, Any]] = []
        for n, w in zip(needs, weight.tolist(), strict=True):
            terms.append((-minimum * w, m.columns.coverage[n]))
            terms += [(w, m.columns.delivery[k]) for k in instance.links_of_need[n] if own[k]]
        if terms and minimum > 0:
            coefficients, columns = [c for c, _ in terms], [v for _, v in terms]
            yield Row(instance.services["service"][s], coefficients, columns, 0.0, None)


def present_providers(
    instance: Instance, section: Mapping[str, Any]
) -> list[tuple[str, str, int, tuple[int, ...]]]:
    """Return region, service, provider (position) and its offers linked to the region's needs."""
    if section["minimum_providers"] <= 1:
        return []
    provider, offer = instance.offers["provider_at"].to_numpy(), instance.links["offer"].to_numpy()
    found = []
    for (region, service), needs in needs_of_regions(instance, section["services"]):
        offers = np.unique(np.concatenate([offer[instance.links_of_need[n]] for n in needs]))
        for p in np.unique(provider[offers]):
            mine = tuple(offers[provider[offers] == p].tolist())
            found.append((region, service, int(p), mine))
    return found
