"""What is best: least cost, greatest welfare, least inequality; and what decides between equals."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyomo.core as pe

from pse_opt.components import Row, Term, component
from pse_opt.document import Equalization, Objective
from pse_opt.entries import KINDS
from pse_opt.errors import InputError, Problem, nearest
from pse_opt.formulation.forms import CURVED, anchor, form_of, threshold, value_of
from pse_opt.formulation.levels import Levels
from pse_opt.instance import Instance
from pse_opt.policy import Policy
from pse_opt.solving.outline import Outline

__all__ = ["Goal", "Goals", "counts", "families_of_goal", "goals_of", "named_entry", "ranks_of"]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[Any]

KOLM = "kolm_pollak"
LEAST_MEAN = 1e-3
"""The least mean level, as a share of full service, of plans whose relative inequality counts."""
MOST_SPREAD = 20.0
"""kappa times full service up to which a Kolm-Pollak welfare can be told apart."""
NOISE = 1e-8
"""What differences between levels mean nothing, as a share of full service."""
RANKS = 5
"""How many of the worst off are looked after one by one, before the mean decides."""
RANKED_UP_TO = 60
"""Entities up to which the worst off are counted; beyond, they are shares of people."""
QUANTILES = (0.01, 0.05, 0.1, 0.25, 0.5)


@dataclass(frozen=True, eq=False)
class Goal:
    """A linear function to be made small, or great."""

    name: str
    coefficients: Sequence[float] | Floats
    variables: Sequence[Any] | Integers
    constant: float = 0.0
    maximize: bool = False


@dataclass(frozen=True, eq=False)
class Goals:
    """What is best, in the order in which it counts.

    Attributes
    ----------
    first : Goal
        The objective.
    then : list of Goal
        What decides among plans that are equally good, in turn.
    ratios : list of (index of a row of objective_inequality, denominator)
        Where the objective is the greatest of several ratios: rows whose coefficient of the
        denominator is minus the ratio aimed at.
    value : callable
        What a value of the first goal means in the unit it is reported in; monotone.
    steepness : float
        By how much the value changes, relative to itself, per relative change of the first goal.
    first_ratio, least_ratio : float
        The ratio aimed at first, beyond those of usual plans, so that denominators count; and the
        ratio of perfect equality, below which there is none.
    noise : float
        Differences of the objective, in the unit it is reported in, that mean nothing.
    """

    first: Goal
    then: list[Goal] = field(default_factory=list)
    ratios: list[tuple[Any, Any]] = field(default_factory=list)
    value: Callable[[float], float] | None = None
    steepness: float = 1.0
    first_ratio: float = 0.0
    least_ratio: float = -math.inf
    noise: float = 0.0


def named_entry(policy: Policy) -> str | None:
    """Return the name of the equalization entry that the objective is about, or None.

    Raises
    ------
    InputError
        There is no such entry, or its measure does not go with the objective.
    """
    objective = policy.objective
    names = [e.name for e in policy.equalization]
    if objective.minimize is not None or objective.maximize == "coverage":
        return None
    wanted = objective.minimize_inequality or objective.entry or (names[0] if names else None)
    if wanted not in names:
        message = "the objective is about an equalization entry that is not there"
        remedy = nearest(str(wanted), names, listing=20) if names else "add one: [[equalization]]"
        column = "objective.minimize_inequality" if objective.minimize_inequality else "objective"
        raise InputError([Problem(policy.name, message, remedy, column=column, value=wanted)])
    entry = policy.equalization[names.index(wanted)]
    fault = ""
    if objective.minimize_inequality and entry.side == "minimum":
        fault = f"{entry.measure} of {entry.level} is a welfare: maximize it instead"
    elif objective.minimize_inequality and entry.measure in CURVED and entry.measure != KOLM:
        fault = f"{entry.measure} is curved, and its least value could not be proven"
    elif objective.maximize == "kolm_pollak" and entry.measure != "kolm_pollak":
        fault = 'maximize = "kolm_pollak" needs an entry with that measure'
    elif objective.maximize is not None and entry.is_burden:
        fault = f"{entry.level} is a burden: use minimize_inequality instead"
    if fault:
        remedy = f"change the entry {entry.name} or the objective; or give it a bound instead"
        raise InputError([Problem(policy.name, fault, remedy, column="objective", value=wanted)])
    return wanted


def counts(policy: Policy, entry: Equalization) -> bool:
    """Return whether an entry restricts plans or is paid for; others are only reported."""
    return entry.bound is not None or entry.price is not None or named_entry(policy) == entry.name


def families_of_goal(objective: Objective) -> set[str]:
    """Return the names of the components that an objective switches on."""
    wanted = set()
    if objective.maximize in ("worst", "lexicographic"):
        wanted.add("objective_worst")
    if objective.maximize == "lexicographic":
        wanted.add("objective_ranks")
    if objective.minimize_inequality is not None:
        wanted.add("objective_inequality")
    return wanted


def ranks_of(levels: Levels) -> list[int] | list[float]:
    """Return the numbers, or for many entities the shares, of worst off that count in turn."""
    count = len(levels.entities)
    if count > RANKED_UP_TO:
        return list(QUANTILES)
    return list(range(2, min(RANKS, count) + 1))


@component(section="objective")
def objective_worst(m: pe.ConcreteModel, instance: Instance, *, levels: Levels) -> Iterator[Row]:
    r"""The least level of all, which is to be as great as can be.

    .. math::
        W \le \frac{U_{is}}{U_i} u_{ise} \qquad \forall s, e \tag{objective_worst}

    :math:`W` is ``welfare``; :math:`U_{is}` is the scale of the level column, :math:`U_i` the mean
    of the scales: 1 for shares.
    """
    for e, name in enumerate(levels.entities):
        key = (levels.entry.name, *name)
        columns = [m.level[key], m.welfare["least"]]
        yield Row(key, [float(levels.scales[e]) / levels.unit, -1.0], columns, 0.0, None)


@component(section="objective")
def objective_ranks(m: pe.ConcreteModel, instance: Instance, *, levels: Levels) -> Iterator[Row]:
    r"""The sum of the worst off, for one number of them after the other.

    .. math::
        \theta_k = k t_k - \sum_{s, e} d_{kse}, \quad t_k - \frac{U_{is}}{U_i} u_{ise} \le d_{kse}
        \qquad \forall k, s, e \tag{objective_ranks}

    :math:`\theta_k` (``welfare``) is at most the sum of the :math:`k` least levels;
    :math:`\theta_1, \theta_2, \dots` are made as great as can be in turn, which is the
    lexicographic maximum also where decisions are whole numbers (Ogryczak and Sliwinski 2006). With
    many entities :math:`k` is a share :math:`\alpha` of people and
    :math:`\theta_\alpha = t - \sum p d / \alpha`.
    """
    pooled = levels.pooled
    for k in ranks_of(levels):
        short = []
        for e, name in enumerate(levels.entities):
            key = (levels.entry.name, *name)
            short.append(m.short[(*key, k)])
            columns = [m.rank[k], m.level[key], short[-1]]
            scale = float(levels.scales[e]) / levels.unit
            yield Row((*key, k), [1.0, -scale, -1.0], columns, None, 0.0)
        counted = isinstance(k, int)
        weights = [1.0] * len(short) if counted else [w / k for w in pooled]
        first = float(k) if counted else 1.0
        columns = [m.rank[k], m.welfare[k], *short]
        yield Row(k, [-first, 1.0, *weights], columns, None, 0.0)


@component(section="objective")
def objective_inequality(
    m: pe.ConcreteModel, instance: Instance, *, levels: Levels
) -> Iterator[Row]:
    r"""The inequality that is to be least: of several services the greatest.

    .. math::
        \frac{U_{is}}{U_i} Z_{isb} - \gamma M_{isb} \le I \qquad \forall s, b
        \tag{objective_inequality}

    :math:`I` is ``inequality``. For relative measures :math:`\gamma` is the ratio aimed at, 0 at
    first: it is lowered to the ratio of the best plan so far until no plan makes :math:`I` negative
    (Dinkelbach 1967; Crouzeix, Ferland and Schaible 1985 for the greatest of several ratios).
    Otherwise :math:`M` is absent. Where all get nothing, relative measures say that all are equal:
    the mean level of those compared is therefore at least a thousandth of full service,
    :math:`\sum_{e \in b} p_e u_{ise} \ge 0.001`.
    """
    form = form_of(levels.entry)
    for b, block in enumerate(levels.blocks):
        key = (levels.entry.name, *block)
        numerator = m.component(form.numerator)[key]
        if form.denominator:
            # The coefficient 0 of the denominator is a place that the search fills in.
            columns = [numerator, m.component(form.denominator)[key], m.inequality["greatest"]]
            yield Row(key, [1.0, 0.0, -1.0], columns, None, 0.0)
            members = levels.members[b]
            if _reached(m, instance, levels, members):
                columns = [m.level[(levels.entry.name, *levels.entities[e])] for e in members]
                weights = [levels.weights[e] for e in members]
                yield Row((*key, "mean"), weights, columns, LEAST_MEAN, None)
        else:
            curved = levels.entry.measure == "kolm_pollak"
            scale = 1.0 if curved else levels.scale(b) / levels.unit
            yield Row(key, [scale, -1.0], [numerator, m.inequality["greatest"]], None, 0.0)


def _reached(m: pe.ConcreteModel, instance: Instance, levels: Levels, members: list[int]) -> bool:
    """Whether anybody of a block can be served at all; spending is always possible."""
    needs = [n for e in members for n, _ in levels.parts[e]]
    if not needs:
        return True
    return any(len(instance.links_of_need[n]) or n in m.columns.last_resort for n in needs)


def goals_of(m: pe.ConcreteModel, instance: Instance, policy: Policy) -> Goals:
    """Return what is best under a policy, over the columns of a model."""
    objective = policy.objective
    then = [Goal("cost", *_cost(m, objective.then))] if objective.then else []
    if objective.minimize is not None:
        return Goals(Goal("cost", *_cost(m, objective.minimize)))
    if objective.maximize == "coverage":
        weights = _shares_of_demand(instance)
        return Goals(Goal("coverage", weights, m.columns.coverage, maximize=True), then)
    name = named_entry(policy)
    levels = next(x for x in m.columns.levels if x.entry.name == name)
    if objective.minimize_inequality is not None:
        return _least_inequality(m, levels, then)
    if objective.maximize == "kolm_pollak":
        curves = [m.curve[(levels.entry.name, *e)] for e in levels.entities]
        return _equivalent(Goal("kolm_pollak", levels.pooled, curves), then, levels)
    columns = [m.level[(levels.entry.name, *e)] for e in levels.entities]
    weights = (np.array(levels.pooled) * levels.scales / levels.unit).tolist()
    mean = Goal("mean", weights, columns, maximize=True)
    told, noise = _told(levels), NOISE * levels.unit
    if objective.maximize == "mean":
        return Goals(mean, then, [], told, noise=noise)
    worst = Goal("worst", [1.0], [m.welfare["least"]], maximize=True)
    ranks = ranks_of(levels) if objective.maximize == "lexicographic" else []
    more = [Goal(f"worst {k}", [1.0], [m.welfare[k]], maximize=True) for k in ranks]
    if objective.maximize == "worst" and then:
        return Goals(worst, then, [], told, noise=noise)
    return Goals(worst, [*more, mean, *then], [], told, noise=noise)


def _told(levels: Levels) -> Callable[[float], float] | None:
    return None if levels.unit == 1.0 else lambda z: z * levels.unit


def _equivalent(goal: Goal, then: list[Goal], levels: Levels) -> Goals:
    """Return the goal of a greatest, or least, equivalent of Kolm and Pollak.

    Raises
    ------
    InputError
        kappa is so great that the worst off count for everything.
    """
    kappa, entry = levels.kappa, levels.entry
    if entry.bound is None and not entry.is_burden and kappa * levels.unit > MOST_SPREAD:
        message = (
            f"kappa {kappa:.4g} is too great for levels up to {levels.unit:.4g}: the exponentials "
            "cannot be told apart"
        )
        remedy = f"give kappa, at most {MOST_SPREAD / levels.unit:.4g}, or maximize worst"
        column = f"equalization.{entry.name}.kappa"
        raise InputError([Problem("model", message, remedy, column=column)])
    steepness = 1.0 / max(kappa * abs(anchor(levels)), 0.1)
    noise = NOISE / kappa
    return Goals(goal, then, [], lambda z: value_of(levels, z), steepness, noise=noise)


def _least_inequality(m: pe.ConcreteModel, levels: Levels, then: list[Goal]) -> Goals:
    goal = Goal("inequality", [1.0], [m.inequality["greatest"]])
    form = form_of(levels.entry)
    keys = [(levels.entry.name, *block) for block in levels.blocks]
    ratios = []
    if form.denominator:
        below = m.component(form.denominator)
        ratios = [(key, below[key]) for key in keys]
    if levels.entry.measure == "kolm_pollak":
        return _equivalent(goal, then, levels)
    if ratios:
        measure = levels.entry.measure
        first = {"ratio": 100.0, "quantile_share": 100.0}.get(measure, 1.0)
        return Goals(
            goal,
            then,
            ratios,
            lambda z: value_of(levels, z),
            first_ratio=first,
            least_ratio=threshold(levels, 0, KINDS[measure].least),
            noise=NOISE,
        )
    return Goals(goal, then, [], _told(levels), noise=NOISE * levels.unit)


def _cost(m: Any, names: list[str]) -> tuple[Floats, Sequence[Any] | Integers, float]:
    """Return coefficients, decisions and constant of some costs together."""
    terms: list[Term] = [m.terms[name] for name in names]
    coefficients = np.concatenate([np.asarray(t.coefficients, dtype=float) for t in terms])
    constant = sum(t.constant for t in terms)
    if isinstance(m, Outline):
        places = [np.asarray(t.variables, dtype=np.int32) for t in terms]
        return coefficients, np.concatenate(places), constant
    return coefficients, [v for t in terms for v in t.variables], constant


def _shares_of_demand(instance: Instance) -> list[float]:
    """Weights of coverage: of need within a service, all services the same."""
    demand = instance.needs["demand"].to_numpy()
    service = instance.needs["service_at"].to_numpy()
    total = np.bincount(service, weights=demand)
    weights: list[float] = (demand / total[service] / len(np.unique(service))).tolist()
    return weights
