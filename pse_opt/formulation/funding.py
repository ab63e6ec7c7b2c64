"""Who may be asked to pay what: programmes, matching of grants, own funds, fees of users."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import numpy as np
import pyomo.core as pe
from pydantic import Field

from pse_opt.components import Row, Share, component
from pse_opt.formulation.finance import Scale, spending
from pse_opt.formulation.rows import per_unit, scaled, yearly_fixed, yearly_volume
from pse_opt.instance import Instance


@component(section="programmes")
def programmes(
    m: pe.ConcreteModel,
    instance: Instance,
    *,
    scale: Annotated[Scale, Field(description="share of each programme's budget")] = 1.0,
) -> Iterator[Row]:
    r"""Each jurisdiction spends on a service within the budget of its programme.

    .. math::
        S_{js} \le \beta B_{js} \qquad \forall (j, s) \text{ with a programme} \tag{programmes}

    :math:`S_{js}` is what jurisdiction :math:`j` spends on service :math:`s`, as in ``budgets`` but
    without the overhead of providers, which belongs to no service; :math:`B_{js}` is
    ``programmes.budget`` in money per year, :math:`\beta` the scale. Each row is divided by its
    budget.
    """
    table = instance.tables.get("programmes")
    if table is None:
        return
    terms: dict[tuple[str, str], list[tuple[float, Any]]] = {}
    for jurisdiction, service, money, column in spending(m, instance):
        terms.setdefault((jurisdiction, service), []).append((money, column))
    for jurisdiction, service, budget in zip(
        table["jurisdiction"], table["service"], table["budget"], strict=True
    ):
        mine = terms.get((jurisdiction, service), [])
        if mine:
            unit = float(budget) or 1.0
            coefficients = [c / unit for c, _ in mine]
            limit = scale * float(budget) / unit
            yield Row((jurisdiction, service), coefficients, [v for _, v in mine], None, limit)


@component(section="grants")
def grant_matching(
    m: pe.ConcreteModel,
    instance: Instance,
    *,
    maximum_share: Annotated[
        Share, Field(description="greatest share of a grant offer's cost that is public money")
    ] = 1.0,
) -> Iterator[Row]:
    r"""A grant is matched: the public pays a share of the cost, the provider the rest.

    .. math::
        (1 - \pi) \sum_{l} \bigl[F_{ol} y_{ol} + c_{ol} C_{ol} v_{ol}\bigr]
        \le \pi \sum_{l} c^{own}_o C_{ol} v_{ol}
        \qquad \forall o : m(o) = \text{grant} \tag{grant_matching}

    :math:`F_{ol}` is the fixed subsidy with the yearly part of an investment, :math:`c_{ol}` the
    subsidy for a unit, :math:`c^{own}_o` own funds for a unit (``offers.own_funds``), in money;
    :math:`\pi` is ``maximum_share``. Each row is divided by its greatest coefficient.
    """
    if maximum_share >= 1.0:
        return
    unit_cost = instance.sizes["unit_cost"].to_numpy()
    for o in np.flatnonzero(instance.offers["mode"].to_numpy() == "grant").tolist():
        public = [*yearly_fixed(m, instance, o), *yearly_volume(m, instance, o, unit_cost)]
        terms = [((1.0 - maximum_share) * c, v) for c, v in public]
        terms += [(-maximum_share * c, v) for c, v in per_unit(m, instance, o, "own_funds")]
        if any(c for c, _ in terms):
            yield scaled(instance.offers["offer"][o], terms)


@component(section="grants")
def own_funds_limit(m: pe.ConcreteModel, instance: Instance) -> Iterator[Row]:
    r"""A provider pays own funds out of its independent income.

    .. math::
        \sum_{o \in O_k} \sum_{l} c^{own}_o C_{ol} v_{ol} \le I_k
        \qquad \forall k : I_k \text{ given} \tag{own_funds_limit}

    :math:`c^{own}_o` is ``offers.own_funds`` in money per unit, in any mode; :math:`I_k` is
    ``providers.independent_income`` in money per year. Each row is divided by its greatest
    coefficient.
    """
    income = instance.providers["independent_income"].to_numpy()
    provider = instance.offers["provider_at"].to_numpy()
    for p in np.flatnonzero(np.isfinite(income)):
        offers = np.flatnonzero(provider == p)
        terms = [term for o in offers for term in per_unit(m, instance, int(o), "own_funds")]
        if any(c for c, _ in terms):
            yield scaled(instance.providers["provider"][p], terms, float(income[p]))


@component(section="copayment")
def copayment(
    m: pe.ConcreteModel,
    instance: Instance,
    *,
    scale: Annotated[Scale, Field(description="share of each service's cap")] = 1.0,
) -> Iterator[Row]:
    r"""The users of a need pay on average no more than the fee cap.

    .. math::
        \sum_{o \in O_n} (c^{usr}_o - \beta \phi_{s(n)}) x_{on} - \beta \phi_{s(n)} e_n \le 0
        \qquad \forall n : \phi_{s(n)} \text{ given} \tag{copayment}

    :math:`c^{usr}_o` is ``offers.user_fee``, :math:`\phi_s` is ``services.fee_cap``, in money per
    unit; :math:`\beta` is the scale. Last resort is free. What is not delivered does not count.
    Each row is divided by its greatest coefficient.
    """
    cap = instance.services["fee_cap"].to_numpy()[instance.needs["service_at"].to_numpy()] * scale
    fee = instance.offers["user_fee"].to_numpy()[instance.links["offer"].to_numpy()]
    for n in np.flatnonzero(np.isfinite(cap)):
        links = instance.links_of_need[n]
        terms = [(float(fee[k] - cap[n]), m.columns.delivery[k]) for k in links]
        if n in m.columns.last_resort:
            terms.append((-float(cap[n]), m.columns.last_resort[n]))
        if any(c > 0 for c, _ in terms):
            yield scaled(instance.need_keys[n], terms)
