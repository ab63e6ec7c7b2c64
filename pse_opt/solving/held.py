"""A plan's engagements kept, whatever happens: deliveries anew, and rules that give way.

The model with the engaged offers fixed, and every rule of policy free to give way at a price. What
is physical holds: capacities, reach, and that a need is met once at most. Goals decide in turn:

1. limits are broken as little as can be: money, minimum volumes, last resort, contracts, volunteers
   (of what they are divided by);
2. people get what they are owed: as few as can be lack what floors and targets promise, each
   counted as the part that is missing, once for each service;
3. all other rules, equalization among them, are broken as little as can be, so that nobody is
   served worse to make others look equal;
4. the objective.
"""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pyomo.core as pe
from pyomo.repn import generate_standard_repn

from pse_opt.analysis.explain import FAMILIES
from pse_opt.formulation.build import build_model
from pse_opt.instance import Instance
from pse_opt.plan import Plan
from pse_opt.policy import Policy
from pse_opt.solving import direct
from pse_opt.solving.compiled import Compiled, Linear, compile_model, families_of, index_of
from pse_opt.solving.elastic import elastic
from pse_opt.solving.interrupt import stop_on_interrupt
from pse_opt.solving.outcome import Options, Outcome
from pse_opt.solving.readout import read_plan_off

__all__ = ["compile_anyway", "engagements_of", "hold", "with_fixed"]

Floats = npt.NDArray[np.float64]

SERVED = ("coverage_floor", "coverage_target")
LIMITS = frozenset(
    rule
    for family in (
        "money",
        "last resort",
        "minimum volumes",
        "single source",
        "number of offers",
        "engagements",
        "difference",
        "arrangements",
        "qualification",
        "supervision",
        "transfers",
        "programmes",
        "grants",
        "fees",
        "capacity building",
        "volunteers",
    )
    for rule in FAMILIES[family]
)
"""Rules that come before what people get; all others but coverage come after it."""
SOFT = frozenset(rule for rules in FAMILIES.values() for rule in rules)
EXACT = 1e-6
"""Relative gap where whole numbers are left to decide: single sources, users' choices."""


def hold(instance: Instance, policy: Policy, plan: Plan) -> tuple[Outcome, Plan | None]:
    """Keep the engagements of a plan, and find the best deliveries for them.

    Parameters
    ----------
    instance : Instance
        What is, which need not be what the plan was made for: offers that are gone, or may not be
        engaged, are left out.
    policy : Policy
        The rules, of which none but the physical ones has to hold.
    plan : Plan
        Whose engagements are kept.

    Returns
    -------
    Outcome
        How the solves ended; its objective is the cost where that is minimized, else None.
    Plan or None
        The same engagements with deliveries anew. None where rules that cannot give way, such as
        those of components of the user's own, leave none.
    """
    began = time.perf_counter()
    m = build_model(instance, policy)
    compiled = compile_anyway(m)
    fixed = with_fixed(compiled, engagements_of(m, compiled, instance, plan))
    options = Options(EXACT, policy.options.time_limit, 1, policy.options.seed)
    with stop_on_interrupt() as stop:
        outcome = direct.run(_in_turn(instance, fixed), options, stop=stop)
    seconds = time.perf_counter() - began
    if outcome.values is None:
        return replace(outcome, objective=None, bound=None, gap=None, seconds=seconds), None
    values = outcome.values[: len(compiled.columns)]
    found, costs, _ = read_plan_off(m, instance, compiled, values)
    terms = policy.objective.minimize
    cost = None if terms is None else sum(costs[t] for t in terms)
    return replace(outcome, objective=cost, bound=None, gap=None, seconds=seconds), found


def compile_anyway(m: pe.ConcreteModel) -> Compiled:
    """Compile a model, without the rows that no decision could keep.

    Such a row, say that of a choice of providers where there are none, is left to the checker.
    """
    compiled = compile_model(m)
    if compiled is not None:
        return compiled
    for row in m.component_data_objects(pe.Constraint, active=True):
        if not generate_standard_repn(row.body).linear_vars:
            row.deactivate()
    compiled = compile_model(m)
    assert compiled is not None
    return compiled


def engagements_of(
    m: pe.ConcreteModel, compiled: Compiled, instance: Instance, plan: Plan
) -> dict[int, float]:
    """Return 1 for the column of every offer and size that a plan engages, 0 for the others."""
    engaged = set(zip(plan.engagements["offer"], plan.engagements["size"], strict=True))
    at = compiled.find(m.columns.engaged).tolist()
    sizes = zip(at, instance.size_keys, strict=True)
    return {k: float(key in engaged) for k, key in sizes if k >= 0}


def with_fixed(compiled: Compiled, values: dict[int, float]) -> Compiled:
    """Return a model with some columns fixed, which then need not be whole numbers."""
    lower, upper, integer = compiled.lower.copy(), compiled.upper.copy(), compiled.integer.copy()
    at = np.fromiter(values, dtype=np.int64, count=len(values))
    lower[at] = upper[at] = np.fromiter(values.values(), dtype=float, count=len(values))
    integer[at] = False
    return replace(compiled, lower=lower, upper=upper, integer=integer)


def _in_turn(instance: Instance, compiled: Compiled) -> Compiled:
    """Return the model whose rules give way, with the goals that decide in turn."""
    names = families_of(compiled.rows).tolist()
    soft = np.array([name in SOFT for name in names], dtype=bool)
    groups = np.where(soft, np.cumsum(soft) - 1, -1)
    wide = elastic(compiled, groups)
    count = len(compiled.columns)
    prices = np.zeros((3, len(wide.columns)))
    for k in np.flatnonzero(soft).tolist():
        stage = 1 if names[k] in SERVED else 0 if names[k] in LIMITS else 2
        at = count + 2 * int(groups[k])
        prices[stage, at : at + 2] = _weight(instance, names[k], index_of(compiled.rows[k]))
    goals = [Linear(price, 0.0, False) for price in prices if price.any()]
    cost = np.zeros(len(wide.columns))
    cost[:count] = compiled.cost
    goals.append(Linear(cost, compiled.offset, compiled.maximize))
    first = goals[0]
    return replace(
        wide, cost=first.cost, offset=first.offset, maximize=first.maximize, then=tuple(goals[1:])
    )


def _weight(instance: Instance, rule: str, index: tuple[str, ...]) -> float:
    """What a whole row counts for: of floors and targets the people concerned, as a share of all.

    Where nobody is counted a need counts as one person.
    """
    if rule not in SERVED:
        return 1.0
    needs, heads = instance.needs, instance.needs["heads"].clip(lower=1.0)
    if rule == "coverage_floor":
        region, group, service = index
        jurisdiction = ""
    else:
        service, jurisdiction, region, group = index
    mine = needs["service"] == service
    for column, value in (("region", region), ("group", group)):
        mine &= (needs[column] == value) | (value == "")
    if jurisdiction:
        mine &= needs["jurisdiction"].isin(list(instance.territory[jurisdiction]))
    return float(heads[mine].sum() / heads.sum())
