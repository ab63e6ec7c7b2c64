"""Measures of inequality that are curved: their first tangents, and the rules that add more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyomo.core as pe

from pse_opt.components import Row, component
from pse_opt.formulation.curves import MOST_EXPONENT, Curve, curve_of
from pse_opt.formulation.forms import CURVED, anchor, divisor, gini_method
from pse_opt.formulation.levels import Levels
from pse_opt.formulation.objectives import counts
from pse_opt.formulation.pairs import Pairs
from pse_opt.instance import Instance

__all__ = ["rules_of"]


def _tangents(m: pe.ConcreteModel, levels: Levels) -> Iterator[Row]:
    """First tangents of every entity's curve, and the row that adds the curves up."""
    name = levels.entry.name
    for b, (service, block) in enumerate(levels.blocks):
        names = [(name, *levels.entities[e]) for e in levels.members[b]]
        if _equal(levels):
            for entity in names:
                columns = [m.level[entity], m.mean[(name, service, block)]]
                yield Row((*entity, 0), [1.0, -1.0], columns, 0.0, 0.0)
            continue
        curve = curve_of(levels, b)
        for entity in names:
            if curve.floor:
                columns = [m.level[entity], m.mean[(name, service, block)]]
                yield Row((*entity, "least"), [1.0 / curve.floor, -1.0], columns, 0.0, None)
            for k, (slope, of_mean, constant) in enumerate(curve.first()):
                columns = [m.level[entity], m.curve[entity]]
                coefficients = [-slope, 1.0]
                if curve.relative:
                    columns.append(m.mean[(name, service, block)])
                    coefficients.append(-of_mean)
                yield Row((*entity, k), coefficients, columns, constant, None)
        weights = [levels.weights[e] for e in levels.members[b]]
        columns = [*(m.curve[entity] for entity in names), m.spread[(name, service, block)]]
        yield Row((name, service, block), [*weights, -1.0], columns, None, 0.0)


def _equal(levels: Levels) -> bool:
    """Whether the bound of a relative measure is perfect equality, which is a row for each."""
    return levels.entry.measure != "kolm_pollak" and divisor(levels.entry) == 0.0


@component(section="equalization")
def equalization_theil(
    m: pe.ConcreteModel, instance: Instance, *, entries: Sequence[Levels]
) -> Iterator[Row]:
    r"""Theil's T, by tangents.

    .. math::
        \mu_{isb} \, \phi\Bigl(\frac{u_{ise}}{\mu_{isb}}\Bigr) \le t_{ise}, \quad
        \sum_{e \in b} p_e t_{ise} \le Z_{isb}, \quad \phi(r) = \frac{r \ln r - r + 1}{g_i}
        \qquad \forall i, s, b, e \in b \tag{equalization_theil}

    :math:`t` is ``curve``, and :math:`g_i` the maximum, so that the bound is :math:`Z \le \mu`; a
    maximum of 0 stands as :math:`u_{ise} = \mu_{isb}`. The left side is convex; it is stated by
    tangents :math:`t \ge \phi'(r) u + (\phi(r) - r \phi'(r)) \mu`, the first ones here and the
    others where solutions need them while solving, until the true measure keeps the bound (Theil
    1967). The curve is 0 with slope 0 at the mean, which changes no sum, for
    :math:`\sum p u = \mu`; below 0.00001 times the mean it is a line to its value at nothing.
    """
    for levels in entries:
        yield from _tangents(m, levels)


@component(section="equalization")
def equalization_mean_log_deviation(
    m: pe.ConcreteModel, instance: Instance, *, entries: Sequence[Levels]
) -> Iterator[Row]:
    r"""The mean logarithmic deviation, by tangents.

    .. math::
        \mu_{isb} \, \phi\Bigl(\frac{u_{ise}}{\mu_{isb}}\Bigr) \le t_{ise}, \quad
        \sum_{e \in b} p_e t_{ise} \le Z_{isb}, \quad \phi(r) = \frac{r - 1 - \ln r}{g_i}
        \qquad \forall i, s, b, e \in b \tag{equalization_mean_log_deviation}

    Tangents, and :math:`g_i`, as for Theil's measure. The curve is infinite where somebody has
    nothing: everybody has 0.00001 times the mean at least.
    """
    for levels in entries:
        yield from _tangents(m, levels)


@component(section="equalization")
def equalization_atkinson(
    m: pe.ConcreteModel, instance: Instance, *, entries: Sequence[Levels]
) -> Iterator[Row]:
    r"""Atkinson's index, by tangents.

    .. math::
        \mu_{isb} \, \phi\Bigl(\frac{u_{ise}}{\mu_{isb}}\Bigr) \le t_{ise}, \quad
        \sum_{e \in b} p_e t_{ise} \le Z_{isb}, \quad
        \phi(r) = \begin{cases}
        \dfrac{|r^{1 - \varepsilon} - 1 - (1 - \varepsilon)(r - 1)|}
        {|(1 - A_i)^{1 - \varepsilon} - 1|} & \varepsilon \ne 1 \\
        \dfrac{r - 1 - \ln r}{- \ln(1 - A_i)} & \varepsilon = 1 \end{cases}
        \qquad \forall i, s, b, e \in b \tag{equalization_atkinson}

    :math:`\varepsilon` is ``aversion``, :math:`A_i` the maximum. Tangents as for Theil's measure;
    with an aversion of 1 and more everybody has 0.00001 times the mean at least (Atkinson 1970).
    """
    for levels in entries:
        yield from _tangents(m, levels)


@component(section="equalization")
def equalization_coefficient_of_variation(
    m: pe.ConcreteModel, instance: Instance, *, entries: Sequence[Levels]
) -> Iterator[Row]:
    r"""The coefficient of variation, squared, by tangents.

    .. math::
        \mu_{isb} \, \phi\Bigl(\frac{u_{ise}}{\mu_{isb}}\Bigr) \le t_{ise}, \quad
        \sum_{e \in b} p_e t_{ise} \le Z_{isb}, \quad \phi(r) = \frac{(r - 1)^2}{g_i^2}
        \qquad \forall i, s, b, e \in b \tag{equalization_coefficient_of_variation}

    Tangents, and :math:`g_i`, as for Theil's measure.
    """
    for levels in entries:
        yield from _tangents(m, levels)


@component(section="equalization")
def equalization_kolm_pollak(
    m: pe.ConcreteModel, instance: Instance, *, entries: Sequence[Levels]
) -> Iterator[Row]:
    r"""The equally distributed equivalent of Kolm and Pollak: a row between people, else tangents.

    .. math::
        \begin{aligned}
        \text{people:}\quad & \sum_{n} p_n \Bigl[\sum_o e^{\kappa (d_{on} - D)} x_{on}
        + e^{\kappa (d^E_n - D)} e_n + e^{\kappa (d^{\max}_n - D)} (1 - q_n)\Bigr] \le Z_{isb} \\
        \text{entities:}\quad & e^{\pm \kappa (u_{ise} - D)} \le t_{ise}, \quad
        \sum_{e \in b} p_e t_{ise} \le Z_{isb} \end{aligned}
        \qquad \forall i, s, b, e \in b \tag{equalization_kolm_pollak}

    :math:`D` is the bound: the equivalent is at most :math:`D` for a burden (plus sign), at least
    :math:`D` for a benefit (minus), exactly where :math:`Z \le 1`. Between people the row is linear
    and exact, with single sources and where service is split; unmet need bears the travel charged
    to it (Horton, Logan, Speakman and Skipper 2024). Between entities the level is an average, its
    exponential is convex, and tangents are added while solving. :math:`\kappa > 0` is ``kappa``, in
    1/unit of the level.
    """
    for levels in entries:
        yield from _people(m, instance, levels) if levels.individual else _tangents(m, levels)


def _people(m: pe.ConcreteModel, instance: Instance, levels: Levels) -> Iterator[Row]:
    """The row that adds up the exponentials of everybody's travel."""
    kappa, bound = levels.kappa, anchor(levels)
    at = instance.needs["service_at"].to_numpy()

    def weighed(travel: Any) -> npt.NDArray[np.float64]:
        exponent = kappa * (travel.to_numpy(dtype=float) - bound)
        return np.asarray(np.exp(np.minimum(exponent, MOST_EXPONENT)))

    of_link = weighed(instance.links["travel"])
    rescue, cap = (weighed(instance.services[c])[at] for c in ("last_resort_travel", "travel_cap"))
    for b, block in enumerate(levels.blocks):
        name = (levels.entry.name, *block)
        coefficients: list[float] = [-1.0]
        columns: list[Any] = [m.spread[name]]
        constant = 0.0
        for e in levels.members[b]:
            (n, _), weight = levels.parts[e][0], levels.weights[e]
            links = instance.links_of_need[n]
            coefficients += (weight * of_link[links]).tolist()
            columns += [m.columns.delivery[k] for k in links]
            if n in m.columns.last_resort:
                coefficients.append(float(weight * rescue[n]))
                columns.append(m.columns.last_resort[n])
            coefficients.append(float(-weight * cap[n]))
            columns.append(m.columns.coverage[n])
            constant += float(weight * cap[n])
        yield Row(name, coefficients, columns, None, -constant)


def rules_of(m: pe.ConcreteModel) -> list[Curve | Pairs]:
    """Return the convex rules of a model, whose rows are added while it is solved."""
    found: list[Curve | Pairs] = []
    for levels in m.columns.levels:
        entry = levels.entry
        blocks = levels.blocks if counts(m.columns.policy, entry) else []
        for b, (service, block) in enumerate(blocks):
            names = [(entry.name, *levels.entities[e]) for e in levels.members[b]]
            weights = np.array([levels.weights[e] for e in levels.members[b]])
            own = [m.level[name] for name in names] if not levels.individual else []
            key = (entry.name, service, block)
            if entry.measure in CURVED and not levels.individual and not _equal(levels):
                curve = curve_of(levels, b)
                mean = [m.mean[key]] if curve.relative else []
                columns = [*(m.curve[n] for n in names), *own, *mean]
                found.append(Curve(columns, weights, curve, key))
            elif entry.measure == "gini" and gini_method(levels, b) == "lazy":
                found.append(Pairs([*own, m.spread[key]], weights, key))
    return found
