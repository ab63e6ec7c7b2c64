"""Money limits: budgets of jurisdictions, a total budget."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Any

import numpy as np
import pyomo.environ as pe
from pydantic import Field

from pse_opt.components import COST_TERMS, Money, Row, component
from pse_opt.errors import InputError, Problem
from pse_opt.instance import Instance

PUBLIC_TERMS = ("engagement", "delivery", "contract", "supervision", "overhead", "last_resort")
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
        + \sum_{n : j(n) = j} c^E_n D_n e_n + \sum_{k : s(k) = j} \Omega_k u_k \le \beta B_j
        \qquad \forall j \tag{budgets}

    Costs in money: :math:`F_{ol}` fixed, :math:`T_o` contract, :math:`c_{ol}` public unit cost,
    :math:`\sigma_o` supervision, :math:`p_o` price to other jurisdictions, :math:`c^E` last resort,
    :math:`\Omega_k` overhead of supervised providers; :math:`a(o)` is the arranger, :math:`j(n)`
    the jurisdiction of the need, :math:`J(j)` the territory of :math:`j` (itself and all below it);
    :math:`B_j` is ``jurisdictions.budget``, :math:`\beta` the scale. Each row is divided by its
    budget.
    """
    limits = instance.jurisdictions["budget"].to_numpy()
    spending = spending_on(m, instance)
    for j, name in enumerate(instance.jurisdictions["jurisdiction"]):
        terms = spending[name]
        if np.isfinite(limits[j]) and terms:
            unit = float(limits[j]) or 1.0
            coefficients = [c / unit for c, _ in terms]
            yield Row(name, coefficients, [v for _, v in terms], None, scale * limits[j] / unit)


def spending_on(
    m: pe.ConcreteModel, instance: Instance, services: Sequence[str] | str = "each"
) -> dict[str, list[tuple[float, Any]]]:
    """Return what each jurisdiction pays, as (money, variable) pairs.

    On all services, overhead of providers included; or on those listed, which overhead belongs to
    none of.
    """
    spending: dict[str, list[tuple[float, Any]]] = {
        j: [] for j in instance.jurisdictions["jurisdiction"]
    }
    of_all = services == "each"
    names_of = instance.services["service"].tolist()
    chosen = {k for k, name in enumerate(names_of) if of_all or name in services}
    service = instance.offers["service_at"].tolist()
    columns = ("arranger", "contract_cost", "supervision_cost")
    arranger, contract, supervision = (instance.offers[c].tolist() for c in columns)
    names = ("offer", "fixed_cost", "unit_cost")
    columns_of = (*(instance.sizes[c].tolist() for c in names), instance.usable_capacity.tolist())
    for k, (o, fixed, unit, capacity) in enumerate(zip(*columns_of, strict=True)):
        if arranger[o] and service[o] in chosen:
            volume = (unit + supervision[o]) * capacity
            spending[arranger[o]] += [
                (fixed + contract[o], m.columns.engaged[k]),
                (volume, m.columns.utilization[k]),
            ]
    _add_prices(m, instance, spending, chosen)
    cost, demand = instance.services["last_resort_cost"], instance.needs["demand"]
    for n, column in m.columns.last_resort.items():
        if instance.needs["jurisdiction"][n] and instance.needs["service_at"][n] in chosen:
            money = cost[instance.needs["service_at"][n]] * demand[n]
            spending[instance.needs["jurisdiction"][n]].append((money, column))
    for p, column in m.columns.provider_engaged.items():
        if of_all and instance.providers["supervisor"][p]:
            money = instance.providers["overhead_cost"][p]
            spending[instance.providers["supervisor"][p]].append((money, column))
    return spending


def _add_prices(
    m: pe.ConcreteModel,
    instance: Instance,
    spending: dict[str, list[tuple[float, Any]]],
    services: set[int],
) -> None:
    """Add what jurisdictions pay each other for deliveries outside the arranger's territory."""
    price = instance.offers["price"].to_numpy()[instance.links["offer"].to_numpy()]
    units = instance.link_units
    for k in np.flatnonzero(price > 0):
        arranger = instance.offers["arranger"][instance.links["offer"][k]]
        payer = instance.needs["jurisdiction"][instance.links["need"][k]]
        of = instance.offers["service_at"][instance.links["offer"][k]]
        if not arranger or of not in services or payer in instance.territory[arranger]:
            continue
        spending[arranger].append((-float(price[k] * units[k]), m.columns.delivery[k]))
        if payer:
            spending[payer].append((float(price[k] * units[k]), m.columns.delivery[k]))


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

    :math:`K_t` are the cost terms paid from public money (engagement, delivery, contract,
    supervision, overhead, last resort); :math:`B` is ``maximum``, or ``share`` times the sum of
    ``jurisdictions.budget``. The row is divided by :math:`B`.
    """
    limit = total_maximum(instance, maximum, share)
    scale = limit or 1.0
    coefficients: list[float] = []
    columns: list[Any] = []
    for name in PUBLIC_TERMS:
        term = COST_TERMS[name](m, instance)
        coefficients += [c / scale for c in term.coefficients]
        columns += term.variables
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
