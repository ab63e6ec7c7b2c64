"""Money limits: budgets of jurisdictions, a total budget."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Any

import numpy as np
import pyomo.core as pe
from pydantic import Field

from pse_opt.components import COST_TERMS, Money, Row, component
from pse_opt.errors import InputError, Problem
from pse_opt.instance import Instance

PUBLIC_TERMS = (
    "engagement",
    "investment",
    "delivery",
    "contract",
    "supervision",
    "overhead",
    "last_resort",
)
"""Cost terms paid from public money."""

Scale = Annotated[float, Field(ge=0, allow_inf_nan=False, json_schema_extra={"unit": "share"})]


@component(section="budgets")
def budgets(
    m: pe.ConcreteModel,
    instance: Instance,
    *,
    scale: Annotated[Scale, Field(description="share of each budget that may be spent")] = 1.0,
) -> Iterator[Row]:
    r"""Each jurisdiction spends within its budget.

    .. math::
        \sum_{o : a(o) = j} \Bigl[\sum_{l} (F_{ol} + T_o) y_{ol} + (c_{ol} + \sigma_o) C_{ol} v_{ol}
        - \!\!\sum_{n : j(n) \notin J(j)}\!\! p_o D_n x_{on}\Bigr]
        + \!\!\sum_{o : j \notin J(a(o))} \sum_{n : j(n) = j} p_o D_n x_{on}
        + \sum_{n : j(n) = j} c^E_n D_n e_n + \sum_{k : s(k) = j} \Omega_k u_k
        \le \beta B_j + \sum_i \tau_{ij} - \sum_i \tau_{ji}
        \qquad \forall j \tag{budgets}

    Costs in money: :math:`F_{ol}` fixed with the yearly part of an investment, :math:`T_o`
    contract, :math:`c_{ol}` public unit cost, :math:`\sigma_o` supervision, :math:`p_o` price to
    other jurisdictions, :math:`c^E` last resort, :math:`\Omega_k` overhead of supervised providers,
    with what qualifies them; :math:`a(o)` is the arranger, :math:`j(n)` the jurisdiction of the
    need, :math:`J(j)` the territory of :math:`j` (itself and all below it); :math:`B_j` is
    ``jurisdictions.budget``, :math:`\beta` the scale; :math:`\tau_{ij}` are transfers from
    :math:`i` to :math:`j`, where the policy has any. Each row is divided by its budget.
    """
    limits = instance.jurisdictions["budget"].to_numpy()
    spent = spending_on(m, instance)
    for jurisdiction, _, money, column in _transferred(m, instance):
        spent[jurisdiction].append((money, column))
    for j, name in enumerate(instance.jurisdictions["jurisdiction"]):
        terms = spent[name]
        if np.isfinite(limits[j]) and terms:
            unit = float(limits[j]) or 1.0
            coefficients = [c / unit for c, _ in terms]
            yield Row(name, coefficients, [v for _, v in terms], None, scale * limits[j] / unit)


Paid = Iterator[tuple[str, str, float, Any]]
"""Jurisdiction, service, money and the decision it is paid for."""


def spending(m: pe.ConcreteModel, instance: Instance) -> Paid:
    """Yield what jurisdictions pay for services: arrangements, prices, last resort."""
    yield from _arranged(m, instance)
    yield from _prices(m, instance)
    cost, demand = instance.services["last_resort_cost"], instance.needs["demand"]
    needs = instance.needs
    for n, column in m.columns.last_resort.items():
        if needs["jurisdiction"][n]:
            money = float(cost[needs["service_at"][n]] * demand[n])
            yield needs["jurisdiction"][n], needs["service"][n], money, column


def spending_on(
    m: pe.ConcreteModel, instance: Instance, services: Sequence[str] | str = "each"
) -> dict[str, list[tuple[float, Any]]]:
    """Return what each jurisdiction pays, as (money, variable) pairs.

    On all services, overhead of providers included; or on those listed, which overhead belongs to
    none of.
    """
    found: dict[str, list[tuple[float, Any]]] = {
        j: [] for j in instance.jurisdictions["jurisdiction"]
    }
    for jurisdiction, service, money, column in spending(m, instance):
        if services == "each" or service in services:
            found[jurisdiction].append((money, column))
    for jurisdiction, _, money, column in overheads(m, instance) if services == "each" else ():
        found[jurisdiction].append((money, column))
    return found


def overheads(m: pe.ConcreteModel, instance: Instance) -> Paid:
    """Yield what supervisors pay for providers, whatever their services."""
    providers = instance.providers
    for column_of, columns in (
        ("overhead_cost", m.columns.provider_engaged),
        ("qualification_cost", m.columns.qualified),
    ):
        for p, column in columns.items():
            if providers["supervisor"][p]:
                yield providers["supervisor"][p], "", float(providers[column_of][p]), column


def _transferred(m: pe.ConcreteModel, instance: Instance) -> Paid:
    """Yield transfers: they relieve who receives them and burden who gives them."""
    unit = instance.largest_budget
    for (giver, receiver), column in m.columns.transfer.items():
        yield giver, "", unit, column
        yield receiver, "", -unit, column


def _arranged(m: pe.ConcreteModel, instance: Instance) -> Paid:
    """Yield what arrangers pay for the offers they engage."""
    columns = ("arranger", "service", "contract_cost", "supervision_cost")
    arranger, service, contract, supervision = (instance.offers[c].tolist() for c in columns)
    fixed = (instance.sizes["fixed_cost"].to_numpy() + instance.yearly_investment).tolist()
    unit, offer = instance.sizes["unit_cost"].tolist(), instance.sizes["offer"].tolist()
    capacity = instance.usable_capacity.tolist()
    for k, o in enumerate(offer):
        if arranger[o]:
            volume = (unit[k] + supervision[o]) * capacity[k]
            yield arranger[o], service[o], fixed[k] + contract[o], m.columns.engaged[k]
            yield arranger[o], service[o], volume, m.columns.utilization[k]


def _prices(m: pe.ConcreteModel, instance: Instance) -> Paid:
    """Yield what jurisdictions pay each other for deliveries outside the arranger's territory."""
    offer, need = instance.links["offer"].to_numpy(), instance.links["need"].to_numpy()
    price, units = instance.offers["price"].to_numpy()[offer], instance.link_units
    arrangers = instance.offers["arranger"].to_numpy()[offer]
    services = instance.offers["service"].to_numpy()[offer]
    payers = instance.needs["jurisdiction"].to_numpy()[need]
    for k in np.flatnonzero(price > 0).tolist():
        arranger, service, payer = arrangers[k], services[k], payers[k]
        if not arranger or payer in instance.territory[arranger]:
            continue
        money = float(price[k] * units[k])
        yield arranger, service, -money, m.columns.delivery[k]
        if payer:
            yield payer, service, money, m.columns.delivery[k]


@component(section="total_budget")
def total_budget(
    m: pe.ConcreteModel,
    instance: Instance,
    *,
    maximum: Annotated[Money | None, Field(description="greatest public cost")] = None,
    share: Annotated[
        Scale | None, Field(description="instead: share of the sum of all budgets given; default 1")
    ] = None,
) -> Iterator[Row]:
    r"""All public spending together stays within a total.

    .. math::
        \sum_{t \in P} K_t \le B \tag{total_budget}

    :math:`K_t` are the cost terms paid from public money (engagement, investment, delivery,
    contract, supervision, overhead, last resort); :math:`B` is ``maximum``, or ``share`` times the
    sum of ``jurisdictions.budget``. The row is divided by :math:`B`.
    """
    limit = total_maximum(instance, maximum, share)
    scale = limit or 1.0
    coefficients: list[float] = []
    columns: list[Any] = []
    for name in PUBLIC_TERMS:
        term = COST_TERMS[name](m, instance)
        coefficients += (np.asarray(term.coefficients, dtype=float) / scale).tolist()
        columns += list(term.variables)
    yield Row("total", coefficients, columns, None, limit / scale)


def total_maximum(instance: Instance, maximum: float | None, share: float | None) -> float:
    """Return the total budget in money: as given, or a share of the sum of all budgets."""
    if maximum is not None and share is not None:
        remedy = "set one of them (--set total_budget.share=... or maximum=...)"
        message = "maximum and share are both given, and only one can hold"
        raise InputError([Problem("total_budget", message, remedy)])
    if maximum is not None:
        return maximum
    limits = instance.jurisdictions["budget"]
    if limits.notna().sum() == 0:
        remedy = "set total_budget.maximum, or write jurisdictions.budget"
        message = "a total budget needs a maximum, and the instance has no budgets to add up"
        raise InputError([Problem("total_budget", message, remedy)])
    return float(limits.sum()) * (1.0 if share is None else share)
