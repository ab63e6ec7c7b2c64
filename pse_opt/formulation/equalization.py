"""Equalization: bounds on the inequality of a service level between regions or groups."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pyomo.environ as pe

from pse_opt.components import Row, component
from pse_opt.formulation.levels import Levels
from pse_opt.instance import Instance


@component(section="equalization")
def equalization_level(
    m: pe.ConcreteModel, instance: Instance, *, entries: Sequence[Levels]
) -> Iterator[Row]:
    r"""The service level of an entity, as a column of its own.

    .. math::
        u_{ise} = \sum_{n \in e} w_n f_n, \qquad
        f_n = \begin{cases} q_n & \text{coverage} \\
        \sum_o d_{on} x_{on} + d^E_n e_n + d^{\max}_n (1 - q_n) & \text{travel} \end{cases}
        \qquad \forall i, s, e \tag{equalization_level}

    :math:`u_{ise}` is the level of entity :math:`e` for service :math:`s` in entry :math:`i`
    (``level``), a share for coverage, km for travel; :math:`w_n` are shares of the entity's demand
    (times index weights); :math:`d_{on}` travel, :math:`d^E` travel to last resort,
    :math:`d^{\max}` the travel charged to unmet need (``services.travel_cap``), explicit data so
    that not serving the remote never looks like equality.
    """
    for levels in entries:
        for (service, entity), parts in zip(levels.entities, levels.parts, strict=True):
            name = (levels.entry.name, service, entity)
            if levels.entry.level == "coverage":
                terms = [(w, m.columns.coverage[n]) for n, w in parts]
                constant = 0.0
            else:
                terms, constant = _travel(m, instance, parts)
            coefficients = [-1.0, *(c for c, _ in terms)]
            yield Row(
                name, coefficients, [m.level[name], *(v for _, v in terms)], -constant, -constant
            )


def _travel(
    m: pe.ConcreteModel, instance: Instance, parts: Sequence[tuple[int, float]]
) -> tuple[list[tuple[float, Any]], float]:
    travel = instance.links["travel"].to_numpy()
    service = instance.needs["service_at"].to_numpy()
    cap = instance.services["travel_cap"].to_numpy()
    rescue = instance.services["last_resort_travel"].to_numpy()
    terms: list[tuple[float, Any]] = []
    constant = 0.0
    for n, w in parts:
        terms += [(w * float(travel[k]), m.columns.delivery[k]) for k in instance.links_of_need[n]]
        if n in m.columns.last_resort:
            terms.append((w * float(rescue[service[n]]), m.columns.last_resort[n]))
        terms.append((-w * float(cap[service[n]]), m.columns.coverage[n]))
        constant += w * float(cap[service[n]])
    return terms, constant


def _names(levels: Levels) -> Iterator[tuple[tuple[str, str, str], tuple[str, str, str], float]]:
    """Yield (level index, block index, weight) of every entity."""
    for e, (service, entity) in enumerate(levels.entities):
        block = (levels.entry.name, *levels.blocks[levels.block_of[e]])
        yield (levels.entry.name, service, entity), block, levels.weights[e]


@component(section="equalization")
def equalization_floor(
    m: pe.ConcreteModel, instance: Instance, *, entries: Sequence[Levels]
) -> Iterator[Row]:
    r"""The least level is at least the minimum.

    .. math::
        u_{ise} \ge \underline{u}_i \qquad \forall i, s, e \tag{equalization_floor}
    """
    for levels in entries:
        for name, _, _ in _names(levels):
            yield Row(name, [1.0], [m.level[name]], levels.entry.bound, None)


@component(section="equalization")
def equalization_ceiling(
    m: pe.ConcreteModel, instance: Instance, *, entries: Sequence[Levels]
) -> Iterator[Row]:
    r"""The greatest level is at most the maximum.

    .. math::
        u_{ise} \le \bar{u}_i \qquad \forall i, s, e \tag{equalization_ceiling}
    """
    for levels in entries:
        for name, _, _ in _names(levels):
            yield Row(name, [1.0], [m.level[name]], None, levels.entry.bound)


def _extremes(m: pe.ConcreteModel, levels: Levels) -> Iterator[Row]:
    """Rows that put every level of a block between its lowest and its highest."""
    for name, block, _ in _names(levels):
        yield Row((*name, "highest"), [1.0, -1.0], [m.level[name], m.highest[block]], None, 0.0)
        yield Row((*name, "lowest"), [1.0, -1.0], [m.level[name], m.lowest[block]], 0.0, None)


@component(section="equalization")
def equalization_range(
    m: pe.ConcreteModel, instance: Instance, *, entries: Sequence[Levels]
) -> Iterator[Row]:
    r"""Greatest and least level differ by no more than the maximum.

    .. math::
        \lambda_{isb} \le u_{ise} \le \Lambda_{isb}, \quad \Lambda_{isb} - \lambda_{isb} \le \rho_i
        \qquad \forall i, s, b, e \in b \tag{equalization_range}

    :math:`\Lambda` is ``highest``, :math:`\lambda` is ``lowest``, for each block :math:`b` of
    entities compared with each other; :math:`\rho_i` is in the unit of the level.
    """
    for levels in entries:
        yield from _extremes(m, levels)
        for block in levels.blocks:
            name = (levels.entry.name, *block)
            columns = [m.highest[name], m.lowest[name]]
            yield Row((*name, "range"), [1.0, -1.0], columns, None, levels.entry.bound)


@component(section="equalization")
def equalization_ratio(
    m: pe.ConcreteModel, instance: Instance, *, entries: Sequence[Levels]
) -> Iterator[Row]:
    r"""The greatest level is no more than a multiple of the least.

    .. math::
        \lambda_{isb} \le u_{ise} \le \Lambda_{isb}, \quad \Lambda_{isb} \le \kappa_i \lambda_{isb}
        \qquad \forall i, s, b, e \in b \tag{equalization_ratio}
    """
    for levels in entries:
        yield from _extremes(m, levels)
        for block in levels.blocks:
            name = (levels.entry.name, *block)
            columns = [m.highest[name], m.lowest[name]]
            yield Row((*name, "ratio"), [1.0, -levels.entry.bound], columns, None, 0.0)


@component(section="equalization")
def equalization_band(
    m: pe.ConcreteModel, instance: Instance, *, entries: Sequence[Levels]
) -> Iterator[Row]:
    r"""Every level is within a relative band around the weighted mean.

    .. math::
        \mu_{isb} = \sum_{e \in b} p_e u_{ise}, \quad
        (1 - a_i) \mu_{isb} \le u_{ise} \le (1 + a_i) \mu_{isb}
        \qquad \forall i, s, b, e \in b \tag{equalization_band}

    :math:`p_e` are shares of people (``needs.heads``, else the region's population); :math:`\mu` is
    ``mean``. Homogeneous, so the mean stays free.
    """
    for levels in entries:
        for b, block in enumerate(levels.blocks):
            name = (levels.entry.name, *block)
            members = [e for e, at in enumerate(levels.block_of) if at == b]
            columns = [m.level[(levels.entry.name, *levels.entities[e])] for e in members]
            weights = [levels.weights[e] for e in members]
            yield Row((*name, "mean"), [*weights, -1.0], [*columns, m.mean[name]], 0.0, 0.0)
        for entity, inside, _ in _names(levels):
            columns = [m.level[entity], m.mean[inside]]
            yield Row((*entity, "upper"), [1.0, -1.0 - levels.entry.bound], columns, None, 0.0)
            yield Row((*entity, "lower"), [1.0, -1.0 + levels.entry.bound], columns, 0.0, None)
