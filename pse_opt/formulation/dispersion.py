"""Measures of inequality with exact rows: extremes, deviations, pairs, quantiles, comparisons."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyomo.core as pe

from pse_opt.components import Row, component
from pse_opt.formulation.forms import form_of, gini_method, points_of
from pse_opt.formulation.levels import Levels
from pse_opt.instance import Instance

Name = tuple[str, str, str]


def _blocks(entries: Sequence[Levels]) -> Iterator[tuple[Levels, int, Name, list[Name]]]:
    """Levels, block, its name, and the names of its members, for every block."""
    for levels in entries:
        for b, (service, block) in enumerate(levels.blocks):
            names = [(levels.entry.name, *levels.entities[e]) for e in levels.members[b]]
            yield levels, b, (levels.entry.name, service, block), names


def _weights(levels: Levels, b: int) -> list[float]:
    return [levels.weights[e] for e in levels.members[b]]


def _highest(m: pe.ConcreteModel, block: Name, names: Sequence[Name]) -> Iterator[Row]:
    for name in names:
        yield Row((*name, "highest"), [1.0, -1.0], [m.level[name], m.highest[block]], None, 0.0)


def _lowest(m: pe.ConcreteModel, block: Name, names: Sequence[Name]) -> Iterator[Row]:
    for name in names:
        yield Row((*name, "lowest"), [1.0, -1.0], [m.level[name], m.lowest[block]], 0.0, None)


@component(section="equalization")
def equalization_floor(
    m: pe.ConcreteModel, instance: Instance, *, entries: Sequence[Levels]
) -> Iterator[Row]:
    r"""The least level, which is to be at least the minimum.

    .. math::
        \lambda_{isb} \le u_{ise} \qquad \forall i, s, b, e \in b \tag{equalization_floor}

    :math:`\lambda` is ``lowest``, for each block :math:`b` of entities compared with each other.
    """
    for _, _, block, names in _blocks(entries):
        yield from _lowest(m, block, names)


@component(section="equalization")
def equalization_ceiling(
    m: pe.ConcreteModel, instance: Instance, *, entries: Sequence[Levels]
) -> Iterator[Row]:
    r"""The greatest level, which is to be at most the maximum.

    .. math::
        u_{ise} \le \Lambda_{isb} \qquad \forall i, s, b, e \in b \tag{equalization_ceiling}

    :math:`\Lambda` is ``highest``.
    """
    for _, _, block, names in _blocks(entries):
        yield from _highest(m, block, names)


@component(section="equalization")
def equalization_range(
    m: pe.ConcreteModel, instance: Instance, *, entries: Sequence[Levels]
) -> Iterator[Row]:
    r"""The greatest level less the least, in the unit of the level.

    .. math::
        \lambda_{isb} \le u_{ise} \le \Lambda_{isb}, \quad
        \Lambda_{isb} - \lambda_{isb} \le Z_{isb}
        \qquad \forall i, s, b, e \in b \tag{equalization_range}

    :math:`Z` is ``spread``. Between groups it is the greatest gap between two of them.
    """
    for _, _, block, names in _blocks(entries):
        yield from _highest(m, block, names)
        yield from _lowest(m, block, names)
        columns = [m.highest[block], m.lowest[block], m.spread[block]]
        yield Row((*block, "range"), [1.0, -1.0, -1.0], columns, None, 0.0)


@component(section="equalization")
def equalization_ratio(
    m: pe.ConcreteModel, instance: Instance, *, entries: Sequence[Levels]
) -> Iterator[Row]:
    r"""The greatest level and the least, which is to be no less than a share of it.

    .. math::
        \lambda_{isb} \le u_{ise} \le \Lambda_{isb} \qquad \forall i, s, b, e \in b
        \tag{equalization_ratio}
    """
    for _, _, block, names in _blocks(entries):
        yield from _highest(m, block, names)
        yield from _lowest(m, block, names)


@component(section="equalization")
def equalization_band(
    m: pe.ConcreteModel, instance: Instance, *, entries: Sequence[Levels]
) -> Iterator[Row]:
    r"""The greatest distance of a level from the mean.

    .. math::
        - Z_{isb} \le u_{ise} - \mu_{isb} \le Z_{isb} \qquad \forall i, s, b, e \in b
        \tag{equalization_band}
    """
    for _, _, block, names in _blocks(entries):
        for name in names:
            columns = [m.level[name], m.mean[block], m.spread[block]]
            yield Row((*name, "upper"), [1.0, -1.0, -1.0], columns, None, 0.0)
            yield Row((*name, "lower"), [1.0, -1.0, 1.0], columns, 0.0, None)


@component(section="equalization")
def equalization_hoover(
    m: pe.ConcreteModel, instance: Instance, *, entries: Sequence[Levels]
) -> Iterator[Row]:
    r"""What would have to change hands for all to be equal: half the mean absolute deviation.

    .. math::
        u_{ise} - \mu_{isb} \le \delta_{ise}, \quad \sum_{e \in b} p_e \delta_{ise} \le Z_{isb}
        \qquad \forall i, s, b, e \in b \tag{equalization_hoover}

    :math:`\delta \ge 0` is ``deviation``; deviations above and below the mean add up to the same,
    so one side is enough.
    """
    for levels, b, block, names in _blocks(entries):
        above = [m.deviation[(*name, "hoover")] for name in names]
        for name, column in zip(names, above, strict=True):
            columns = [m.level[name], m.mean[block], column]
            yield Row(name, [1.0, -1.0, -1.0], columns, None, 0.0)
        yield Row(block, [*_weights(levels, b), -1.0], [*above, m.spread[block]], None, 0.0)


@component(section="equalization")
def equalization_gini(
    m: pe.ConcreteModel, instance: Instance, *, entries: Sequence[Levels]
) -> Iterator[Row]:
    r"""Half the mean absolute difference between two people, by pairs or by a grid.

    .. math::
        \begin{aligned}
        \text{pairs:}\quad & u_{ise} - u_{ise'} \le \delta_{iee'}, \quad
        \sum_{e < e'} p_e p_{e'} (2 \delta_{iee'} - u_{ise} + u_{ise'}) \le Z_{isb} \\
        \text{grid:}\quad & t_{ibk} - u_{ise} \le \delta_{iek}, \quad
        \mu_{isb} - \frac{2}{K} \sum_k \bigl(\alpha_k t_{ibk} - \sum_e p_e \delta_{iek}\bigr)
        \le Z_{isb}, \quad \alpha_k = \frac{2k - 1}{2K}
        \end{aligned} \qquad \forall i, s, b \tag{equalization_gini}

    Pairs are exact. The grid takes the Lorenz curve at the midpoints of :math:`K` equal steps
    (``points``), where the midpoint rule lies below a convex curve: the Gini coefficient is
    overstated, by at most the range of levels over :math:`4 K^2` times their mean, so that the true
    one keeps the bound. Unless ``method`` says otherwise, pairs are used up to 60 entities. With
    ``lazy`` the pairs are added while solving.
    """
    for levels, b, block, names in _blocks(entries):
        method = gini_method(levels, b)
        if method == "pairs":
            yield from _pairs(m, levels, b, block, names)
        elif method == "grid":
            yield from _grid(m, levels, b, block, names)


def _pairs(
    m: pe.ConcreteModel, levels: Levels, b: int, block: Name, names: Sequence[Name]
) -> Iterator[Row]:
    weights = np.array(_weights(levels, b))
    slopes = np.zeros(len(names))
    coefficients: list[float] = []
    columns: list[Any] = []
    for i, one in enumerate(names):
        for j in range(i + 1, len(names)):
            other, both = names[j], float(weights[i] * weights[j])
            gap = m.difference[(*one, other[2])]
            levels_of_both = [m.level[one], m.level[other], gap]
            yield Row((*one, other[2]), [1.0, -1.0, -1.0], levels_of_both, None, 0.0)
            coefficients.append(2.0 * both)
            columns.append(gap)
            slopes[i] -= both
            slopes[j] += both
    columns += [m.level[name] for name in names]
    yield Row(
        block,
        [*coefficients, *slopes.tolist(), -1.0],
        [*columns, m.spread[block]],
        None,
        0.0,
    )


def _grid(
    m: pe.ConcreteModel, levels: Levels, b: int, block: Name, names: Sequence[Name]
) -> Iterator[Row]:
    points, weights = points_of(levels), _weights(levels, b)
    step = 2.0 / len(points)
    coefficients, columns = [1.0, -1.0], [m.mean[block], m.spread[block]]
    for k, alpha in enumerate(points):
        at = m.threshold[(*block, k)]
        below = [m.deviation[(*name, k)] for name in names]
        for name, column in zip(names, below, strict=True):
            yield Row((*name, k), [1.0, -1.0, -1.0], [at, m.level[name], column], None, 0.0)
        coefficients += [-step * alpha, *(step * w for w in weights)]
        columns += [at, *below]
    yield Row(block, coefficients, columns, None, 0.0)


def _worst(
    m: pe.ConcreteModel, levels: Levels, b: int, block: Name, names: Sequence[Name]
) -> Iterator[Row]:
    """Rows that keep ``worst`` below the mean of the worst-off share of people."""
    share = levels.entry.parameters["quantile"]
    at = m.threshold[(*block, "worst")]
    below = [m.deviation[(*name, "worst")] for name in names]
    for name, column in zip(names, below, strict=True):
        yield Row((*name, "worst"), [1.0, -1.0, -1.0], [at, m.level[name], column], None, 0.0)
    weights = [w / share for w in _weights(levels, b)]
    yield Row((*block, "worst"), [1.0, *weights, -1.0], [m.worst[block], *below, at], None, 0.0)


def _best(
    m: pe.ConcreteModel, levels: Levels, b: int, block: Name, names: Sequence[Name]
) -> Iterator[Row]:
    """Rows that keep ``best`` above the mean of the share of people with the highest level."""
    share = levels.entry.parameters["quantile"]
    at = m.threshold[(*block, "best")]
    above = [m.deviation[(*name, "best")] for name in names]
    for name, column in zip(names, above, strict=True):
        yield Row((*name, "best"), [1.0, -1.0, -1.0], [m.level[name], at, column], None, 0.0)
    weights = [w / share for w in _weights(levels, b)]
    yield Row((*block, "best"), [1.0, *weights, -1.0], [at, *above, m.best[block]], None, 0.0)


@component(section="equalization")
def equalization_quantile_share(
    m: pe.ConcreteModel, instance: Instance, *, entries: Sequence[Levels]
) -> Iterator[Row]:
    r"""The mean of the best-off share of people, and that of the worst-off.

    .. math::
        t + \frac{1}{a} \sum_e p_e (u_{ise} - t)^+ \le Z_{isb}, \quad
        M_{isb} \le t' - \frac{1}{a} \sum_e p_e (t' - u_{ise})^+
        \qquad \forall i, s, b \tag{equalization_quantile_share}

    :math:`a` is the share of people at either end (``quantile``), :math:`Z` is ``best``, :math:`M`
    is ``worst``, :math:`t` and :math:`t'` are ``threshold``, positive parts ``deviation``
    (Rockafellar and Uryasev 2000).
    """
    for levels, b, block, names in _blocks(entries):
        yield from _best(m, levels, b, block, names)
        yield from _worst(m, levels, b, block, names)


@component(section="equalization")
def equalization_worst_mean(
    m: pe.ConcreteModel, instance: Instance, *, entries: Sequence[Levels]
) -> Iterator[Row]:
    r"""The mean level of the worst-off share of people.

    .. math::
        M_{isb} \le t - \frac{1}{a} \sum_e p_e (t - u_{ise})^+ \qquad \forall i, s, b
        \tag{equalization_worst_mean}

    For a burden the mean of those who bear most, from above. Symbols as for the quantile share.
    """
    for levels, b, block, names in _blocks(entries):
        rows = _best if form_of(levels.entry).numerator == "best" else _worst
        yield from rows(m, levels, b, block, names)


@component(section="equalization")
def equalization_poverty_gap(
    m: pe.ConcreteModel, instance: Instance, *, entries: Sequence[Levels]
) -> Iterator[Row]:
    r"""By how much people are below a standard, on average over all.

    .. math::
        \sum_{e \in b} p_e (\eta_i - u_{ise})^+ \le Z_{isb} \qquad \forall i, s, b
        \tag{equalization_poverty_gap}

    :math:`\eta_i` is ``standard``, in the unit of the level (Foster, Greer and Thorbecke 1984).
    """
    for levels, b, block, names in _blocks(entries):
        line = levels.entry.parameters["standard"] / levels.scale(b)
        short = [m.deviation[(*name, "poverty_gap")] for name in names]
        for name, column in zip(names, short, strict=True):
            yield Row(name, [1.0, 1.0], [m.level[name], column], line, None)
        yield Row(block, [*_weights(levels, b), -1.0], [*short, m.spread[block]], None, 0.0)


@component(section="equalization")
def equalization_envy(
    m: pe.ConcreteModel, instance: Instance, *, entries: Sequence[Levels]
) -> Iterator[Row]:
    r"""By how much the level of a region's neighbour is higher than its own, at most.

    .. math::
        u_{ise'} - u_{ise} \le Z_{isb} \qquad \forall i, s, b, (e, e') \text{ neighbours}
        \tag{equalization_envy}

    Neighbours are regions whose coordinates are within ``neighbour_km``.
    """
    for levels in entries:
        for e, other in levels.neighbours:
            name, near = ((levels.entry.name, *levels.entities[k]) for k in (e, other))
            block = (levels.entry.name, *levels.blocks[levels.block_of[e]])
            columns = [m.level[near], m.level[name], m.spread[block]]
            yield Row((*name, near[2]), [1.0, -1.0, -1.0], columns, None, 0.0)


@component(section="equalization")
def equalization_shortfall(
    m: pe.ConcreteModel, instance: Instance, *, entries: Sequence[Levels]
) -> Iterator[Row]:
    r"""By how much anybody is worse off than today, at most.

    .. math::
        u^0_{ise} - u_{ise} \le Z_{isb} \qquad \forall i, s, b, e \in b \tag{equalization_shortfall}

    :math:`u^0` is the level under today's plan (the table ``baseline``). For a burden the other way
    round. A guard against levelling down.
    """
    for levels, b, block, names in _blocks(entries):
        sign = -1.0 if levels.entry.is_burden else 1.0
        for e, name in zip(levels.members[b], names, strict=True):
            columns = [m.level[name], m.spread[block]]
            yield Row(name, [sign, 1.0], columns, sign * float(levels.today[e]), None)


@component(section="equalization")
def equalization_lorenz(
    m: pe.ConcreteModel, instance: Instance, *, entries: Sequence[Levels]
) -> Iterator[Row]:
    r"""By how much the plan fails to dominate today's distribution, at most.

    .. math::
        \sum_{e \in b} p_e (\eta - u_{ise})^+ - \sum_{e \in b} p_e (\eta - u^0_{ise})^+ \le Z_{isb}
        \qquad \forall i, s, b, \eta \in \{u^0_{ise}\} \tag{equalization_lorenz}

    With a bound of 0 the plan is preferred to today's by everybody who likes more and dislikes
    inequality: generalised Lorenz dominance (Shorrocks 1983), in its shortfall form, where the
    levels :math:`u^0` of today are enough to look at.
    """
    for levels, b, block, names in _blocks(entries):
        today, weights = levels.today[levels.members[b]], np.array(_weights(levels, b))
        for k, line in enumerate(np.unique(today)):
            short = [m.deviation[(*name, k)] for name in names]
            for name, column in zip(names, short, strict=True):
                yield Row((*name, k), [1.0, 1.0], [m.level[name], column], float(line), None)
            allowed = float(weights @ np.maximum(line - today, 0.0))
            columns = [*short, m.spread[block]]
            yield Row((*block, k), [*weights.tolist(), -1.0], columns, None, allowed)
