"""Cost terms: each a linear function of the decisions, in money per year."""

from __future__ import annotations

import numpy as np
import pyomo.core as pe

from pse_opt.components import Term, cost_term
from pse_opt.formulation.continuity import baseline_offers
from pse_opt.formulation.forms import form_of
from pse_opt.formulation.transfers import downward
from pse_opt.instance import Instance
from pse_opt.solving.outline import picked


def _per_volume(m: pe.ConcreteModel, instance: Instance, per_unit: np.ndarray) -> Term:
    """Money per unit of volume at each size, over the utilizations."""
    money = per_unit * instance.usable_capacity
    used = np.flatnonzero(money)
    return Term(money[used], picked(m.columns.utilization, used))


def _of_offer(instance: Instance, column: str) -> np.ndarray:
    """A column of offers, at each size."""
    values = instance.offers[column].to_numpy(dtype=float)
    return np.asarray(values[instance.sizes["offer"].to_numpy()])


@cost_term
def engagement(m: pe.ConcreteModel, instance: Instance) -> Term:
    r"""Fixed public cost of engaged offers: :math:`\sum_{ol} F_{ol} y_{ol}`."""
    return Term(instance.sizes["fixed_cost"].to_numpy(dtype=float), m.columns.engaged)


@cost_term
def investment(m: pe.ConcreteModel, instance: Instance) -> Term:
    r"""Investments spread over years: :math:`\sum_{ol} I_{ol} / t_{ol} y_{ol}`."""
    money = instance.yearly_investment
    used = np.flatnonzero(money)
    return Term(money[used], picked(m.columns.engaged, used))


@cost_term
def delivery(m: pe.ConcreteModel, instance: Instance) -> Term:
    r"""Public cost of volume: :math:`\sum_{ol} c_{ol} C_{ol} v_{ol}`."""
    return _per_volume(m, instance, instance.sizes["unit_cost"].to_numpy())


@cost_term
def access(m: pe.ConcreteModel, instance: Instance) -> Term:
    r"""Users' cost of reaching the offers: :math:`\sum_{on} \kappa_{on} D_n x_{on}`."""
    money = instance.links["access_cost"].to_numpy() * instance.link_units
    used = np.flatnonzero(money)
    return Term(money[used], picked(m.columns.delivery, used))


@cost_term
def contract(m: pe.ConcreteModel, instance: Instance) -> Term:
    r"""Transaction cost of contracts: :math:`\sum_{ol} T_o y_{ol}`."""
    return Term(_of_offer(instance, "contract_cost"), m.columns.engaged)


@cost_term
def supervision(m: pe.ConcreteModel, instance: Instance) -> Term:
    r"""Cost of supervising delivery: :math:`\sum_{ol} \sigma_o C_{ol} v_{ol}`."""
    return _per_volume(m, instance, _of_offer(instance, "supervision_cost"))


@cost_term
def overhead(m: pe.ConcreteModel, instance: Instance) -> Term:
    r"""Supervised and qualified providers: :math:`\sum_k \Omega_k u_k + \sum_k A_k w_k`."""
    money = instance.providers["overhead_cost"].to_numpy()
    qualifying = instance.providers["qualification_cost"].to_numpy()
    engaged, qualified = m.columns.provider_engaged, m.columns.qualified
    coefficients = [float(money[p]) for p in engaged] + [float(qualifying[p]) for p in qualified]
    return Term(coefficients, [*engaged.values(), *qualified.values()])


@cost_term
def last_resort(m: pe.ConcreteModel, instance: Instance) -> Term:
    r"""Provision by government outside the offers: :math:`\sum_n c^E_n D_n e_n`."""
    cost = instance.services["last_resort_cost"].to_numpy()[instance.needs["service_at"].to_numpy()]
    money = cost * instance.needs["demand"].to_numpy()
    columns = m.columns.last_resort
    return Term([float(money[n]) for n in columns], list(columns.values()))


@cost_term
def unmet(m: pe.ConcreteModel, instance: Instance) -> Term:
    r"""Price of need left unmet: :math:`\sum_n \omega_n D_n (1 - q_n)`."""
    price = instance.services["unmet_penalty"].to_numpy()[instance.needs["service_at"].to_numpy()]
    money = price * instance.needs["demand"].to_numpy()
    used = np.flatnonzero(money)
    return Term(-money[used], picked(m.columns.coverage, used), float(money.sum()))


@cost_term
def transfers(m: pe.ConcreteModel, instance: Instance) -> Term:
    r"""Social cost of money transferred from above: :math:`\lambda \sum_{ij} \tau_{ij}`."""
    price = m.columns.policy.sections.get("transfers", {}).get("cost_of_funds", 0.0)
    down = [v for pair, v in m.columns.transfer.items() if downward(instance, pair)]
    money = price * instance.largest_budget
    return Term([money] * len(down), down) if price else Term([], [])


@cost_term
def user(m: pe.ConcreteModel, instance: Instance) -> Term:
    r"""Fees paid by users: :math:`\sum_{ol} c^{usr}_o C_{ol} v_{ol}`."""
    return _per_volume(m, instance, _of_offer(instance, "user_fee"))


@cost_term
def own(m: pe.ConcreteModel, instance: Instance) -> Term:
    r"""Providers' own funds: :math:`\sum_{ol} c^{own}_o C_{ol} v_{ol}`."""
    return _per_volume(m, instance, _of_offer(instance, "own_funds"))


@cost_term
def inequality(m: pe.ConcreteModel, instance: Instance) -> Term:
    r"""Price of inequality, of entries with one: :math:`\sum_i \pi_i \sum_{sb} U_{is} Z_{isb}`."""
    money: list[float] = []
    columns = []
    for levels in m.columns.levels:
        price, form = levels.entry.price, form_of(levels.entry)
        for b, block in enumerate(levels.blocks if price is not None else ()):
            money.append(price * levels.scale(b))
            columns.append(m.component(form.numerator)[(levels.entry.name, *block)])
    return Term(money, columns)


@cost_term
def switching(m: pe.ConcreteModel, instance: Instance) -> Term:
    r"""Changes of offers: :math:`\sum_{o \notin B} s_o y_o + \sum_{o \in B} s_o (1 - y_o)`."""
    today = baseline_offers(instance)
    if today is None:
        return Term([], [])
    table = instance.tables["offers"]
    # An offer of today that may no longer be engaged ends whatever the plan.
    constant = float(table.loc[table["offer"].isin(list(today)), "switching_cost"].sum())
    money = instance.offers["switching_cost"].to_numpy()
    signed = np.where(instance.offers["offer"].isin(list(today)).to_numpy(), -money, money)
    of_size = signed[instance.sizes["offer"].to_numpy()]
    used = np.flatnonzero(of_size)
    return Term(of_size[used], picked(m.columns.engaged, used), constant)
