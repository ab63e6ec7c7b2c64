"""Equalization: the levels that are compared, their mean, and the bounds on their inequality."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyomo.core as pe

from pse_opt.components import Row, component
from pse_opt.formulation.finance import spending_on
from pse_opt.formulation.forms import form_of, threshold
from pse_opt.formulation.levels import Levels
from pse_opt.formulation.reference import full_access
from pse_opt.instance import Instance

Terms = list[tuple[float, Any]]


@component(section="equalization")
def equalization_level(
    m: pe.ConcreteModel, instance: Instance, *, entries: Sequence[Levels]
) -> Iterator[Row]:
    r"""The service level of an entity, as a column of its own.

    .. math::
        u_{ise} = \frac{1}{U_{is}} \sum_{n \in e} w_n f_n, \qquad
        f_n = \begin{cases} q_n & \text{coverage} \\
        \sum_o \theta_o x_{on} + \theta^E e_n & \text{satisfaction} \\
        \sum_o a(d_{on}) x_{on} + a(d^E_n) e_n & \text{access} \\
        \sum_o d_{on} x_{on} + d^E_n e_n + d^{\max}_n (1 - q_n) & \text{travel} \end{cases}
        \qquad \forall i, s, e \tag{equalization_level}

    :math:`u_{ise}` is the level of entity :math:`e` for service :math:`s` in entry :math:`i`
    (``level``) as a multiple of its scale :math:`U_{is}`, which is 1 for shares and km; :math:`w_n`
    are shares of the entity's demand (times index weights), or for units per head
    :math:`D_n / \sum_{n' \in e} P_{n'}` (``needs.heads``); :math:`\theta` is quality
    (``offers.quality``, ``services.last_resort_quality``), :math:`d_{on}` travel, :math:`d^E`
    travel to last resort, :math:`d^{\max}` the travel charged to unmet need
    (``services.travel_cap``), explicit data so that not serving the remote never looks like
    equality; :math:`a(d)` is 1 up to ``full_access_km`` and falls in a line to 0 at
    :math:`d^{\max}`. Spending per head is the left
    side of a jurisdiction's budget, in money, over its population.
    """
    for levels in entries:
        by_money = levels.entry.level == "spending_per_head"
        terms_of = _spending(m, instance, levels) if by_money else _over_needs(m, instance, levels)
        for (service, entity), (terms, constant) in zip(levels.entities, terms_of, strict=True):
            name = (levels.entry.name, service, entity)
            columns = [m.level[name], *(v for _, v in terms)]
            yield Row(name, [-1.0, *(c for c, _ in terms)], columns, -constant, -constant)


def _spending(
    m: pe.ConcreteModel, instance: Instance, levels: Levels
) -> Iterator[tuple[Terms, float]]:
    """Terms and constant of each jurisdiction's spending per head."""
    spending = spending_on(m, instance, levels.entry.services)
    for e, (_, jurisdiction) in enumerate(levels.entities):
        scale = float(levels.people[e] * levels.scales[e])
        yield [(money / scale, column) for money, column in spending[jurisdiction]], 0.0


def _over_needs(
    m: pe.ConcreteModel, instance: Instance, levels: Levels
) -> Iterator[tuple[Terms, float]]:
    """Terms and constant of each entity's level as a sum over needs."""
    if levels.entry.level in ("coverage", "units_per_head"):
        for parts in levels.parts:
            yield [(w, m.columns.coverage[n]) for n, w in parts], 0.0
        return
    of_link, of_rescue, of_unmet = _values(instance, levels)
    for parts in levels.parts:
        terms: Terms = []
        constant = 0.0
        for n, w in parts:
            for k in instance.links_of_need[n]:
                terms.append((w * float(of_link[k]), m.columns.delivery[k]))
            if n in m.columns.last_resort:
                terms.append((w * float(of_rescue[n]), m.columns.last_resort[n]))
            if of_unmet[n]:
                terms.append((-w * float(of_unmet[n]), m.columns.coverage[n]))
                constant += w * float(of_unmet[n])
        yield terms, constant


def _values(instance: Instance, levels: Levels) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What a link, last resort and unmet need count for, by link, need and need."""
    entry, at = levels.entry, instance.needs["service_at"].to_numpy()
    services, need = instance.services, instance.links["need"].to_numpy()
    cap = services["travel_cap"].to_numpy(dtype=float)[at]
    travel = instance.links["travel"].to_numpy(dtype=float)
    rescue = services["last_resort_travel"].to_numpy(dtype=float)[at]
    nothing = np.zeros(len(at))
    if entry.level == "travel":
        return travel, rescue, cap
    if entry.level == "access":
        full = entry.full_access_km
        return full_access(travel, full, cap[need]), full_access(rescue, full, cap), nothing
    quality = instance.offers["quality"].to_numpy(dtype=float)[instance.links["offer"].to_numpy()]
    given = services["last_resort_quality"].fillna(0.0).to_numpy(dtype=float)[at]
    return quality, given, nothing


@component(section="equalization")
def equalization_mean(
    m: pe.ConcreteModel, instance: Instance, *, entries: Sequence[Levels]
) -> Iterator[Row]:
    r"""The mean level of those who are compared, weighted by people.

    .. math::
        \mu_{isb} = \sum_{e \in b} p_e u_{ise} \qquad \forall i, s, b \tag{equalization_mean}

    :math:`p_e` are shares of people (``needs.heads``, else the region's population) that add up to
    1 in each block :math:`b` of entities compared with each other.
    """
    for levels in entries:
        for block, members in zip(levels.blocks, levels.members, strict=True):
            name = (levels.entry.name, *block)
            columns = [m.level[(levels.entry.name, *levels.entities[e])] for e in members]
            weights = [levels.weights[e] for e in members]
            yield Row(name, [*weights, -1.0], [*columns, m.mean[name]], 0.0, 0.0)


@component(section="equalization")
def equalization_bound(
    m: pe.ConcreteModel, instance: Instance, *, entries: Sequence[Levels]
) -> Iterator[Row]:
    r"""Inequality keeps its bound.

    .. math::
        Z_{isb} \le \gamma_i M_{isb} \qquad \forall i, s, b \tag{equalization_bound}

    :math:`Z` is the numerator of the measure and :math:`M` its denominator: the mean level for
    relative measures, the least level for ratios, 1 for others; :math:`\gamma_i` stands for the
    bound (``maximum``; for ``floor`` and ``worst_mean`` of benefits ``minimum``, from below).
    """
    for levels in entries:
        form, bound = form_of(levels.entry), levels.entry.bound
        assert bound is not None
        from_below = form.numerator in ("lowest", "worst") and not form.denominator
        for b, block in enumerate(levels.blocks):
            name, limit = (levels.entry.name, *block), threshold(levels, b, bound)
            numerator = m.component(form.numerator)[name]
            if from_below:
                yield Row(name, [1.0], [numerator], limit, None)
            elif form.denominator:
                columns = [numerator, m.component(form.denominator)[name]]
                yield Row(name, [1.0, -limit], columns, None, 0.0)
            else:
                yield Row(name, [1.0], [numerator], None, limit)
