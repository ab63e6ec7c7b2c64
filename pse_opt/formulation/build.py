"""From an instance and a policy to a Pyomo model."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyomo.core as pe
from pyomo.core.expr.numeric_expr import LinearExpression

from pse_opt.components import COMPONENTS, COST_TERMS, Component, Row, Rows
from pse_opt.errors import InputError, Problem, nearest
from pse_opt.formulation import decisions
from pse_opt.formulation.curvature import rules_of
from pse_opt.formulation.forms import families_of
from pse_opt.formulation.objectives import counts, families_of_goal, goals_of, named_entry
from pse_opt.instance import Instance
from pse_opt.policy import Policy, read_policy
from pse_opt.solving.outline import Outline
from pse_opt.solving.sheet import Sheet

__all__ = ["add_rows", "build_model", "build_sheet", "check_policy", "rows_of"]

DEFINING = ("equalization_level", "equalization_mean")
"""Families that only say what a level is."""
REQUIRES = {"transfers": "budgets"}
"""Sections that mean nothing without another one."""


def build_model(
    instance: Instance,
    model: str | Path | Mapping[str, Any] | Policy,
    *,
    overrides: Mapping[str, Any] | None = None,
) -> pe.ConcreteModel:
    """Build the Pyomo model of a policy on an instance.

    Parameters
    ----------
    instance : Instance
        The instance.
    model : str, Path, mapping or Policy
        A model document, by name, path or content.
    overrides : mapping, optional
        Dotted keys to values, such as ``{"coverage.floor": 0.8}``.

    Returns
    -------
    pyomo.environ.ConcreteModel
        Variables as listed in :func:`pse_opt.formulation.decisions.declare`, one constraint
        component for each family in use, the expression ``cost`` by term and one objective.

    Raises
    ------
    InputError
        The document is wrong, or names services the instance does not have.
    """
    importlib.import_module("pyomo.environ")  # its writers and solvers, for whoever adds to it
    policy = read_policy(model, overrides)
    check_policy(policy, instance)
    m = pe.ConcreteModel(name=f"{instance.name} {policy.name}")
    _declare(m, instance, policy)
    _add_objective(m, policy)
    for item in list(COMPONENTS.values()):
        add_rows(m, instance, policy, item)
    return m


def build_sheet(
    instance: Instance, policy: Policy
) -> tuple[pe.ConcreteModel | Outline, Sheet | None]:
    """Return the model as an outline, and its rows as a sheet of numbers.

    Where a family or a cost term of a user's asks for Pyomo's variables, there is no sheet but the
    Pyomo model itself.
    """
    check_policy(policy, instance)
    m = Outline(f"{instance.name} {policy.name}")
    with _taken_for_pyomo(COST_TERMS.values()) as asked:
        _declare(m, instance, policy)
    sheet = Sheet(m)
    for item in () if asked else list(COMPONENTS.values()):
        with _taken_for_pyomo([item.function]) as asked:
            rows = rows_of(m, instance, policy, item)
            if rows is not None and not sheet.add(item.name, rows):
                asked.append(item.name)
        if asked:
            break
    return (build_model(instance, policy), None) if asked else (m, sheet)


@contextmanager
def _taken_for_pyomo(functions: Iterable[Any]) -> Iterator[list[str]]:
    """Yield a list that is filled where one of these, a user's, fails on decisions as numbers.

    What is wrong with it in any case comes up again where the Pyomo model is built.
    """
    asked: list[str] = []
    try:
        yield asked
    except (AttributeError, KeyError, TypeError, ValueError):
        package = __name__.partition(".")[0]
        theirs = [f for f in functions if f.__module__.partition(".")[0] != package]
        if not theirs:
            raise
        asked.append(theirs[0].__name__)


def check_policy(policy: Policy, instance: Instance) -> None:
    """Refuse a policy that names services the instance does not have."""
    known = instance.services["service"].tolist()
    named = [(f"{k}.services", v.get("services")) for k, v in policy.sections.items()]
    named += [(f"equalization.{e.name}.services", e.services) for e in policy.equalization]
    named += [
        (f"equalization.{e.name}.index_weights", list(e.index_weights)) for e in policy.equalization
    ]
    problems = [
        Problem(
            policy.name, f"{instance.name} has no such service", nearest(s, known), None, where, s
        )
        for where, services in named
        if isinstance(services, list)
        for s in services
        if s not in known
    ]
    problems += [
        Problem(policy.name, f"it needs the section {other}", f"add [{other}]", column=section)
        for section, other in REQUIRES.items()
        if section in policy.sections and other not in policy.sections
    ]
    wants_groups = any(e.between.startswith("groups") for e in policy.equalization)
    if wants_groups and not (instance.needs["group"] != "").any():
        message = f"{instance.name} has no groups to compare"
        remedy = "compare regions, or give needs a group"
        problems.append(Problem(policy.name, message, remedy, column="equalization.between"))
    if problems:
        raise InputError(problems)


def rows_of(
    m: pe.ConcreteModel, instance: Instance, policy: Policy, item: Component
) -> Iterator[Row | Rows | tuple[Any, Any]] | None:
    """Return the rows of one family; None where the policy has no use for it."""
    if item.section == "equalization":
        told = item.name in DEFINING  # also of entries that are only reported
        wanted = [
            x
            for x in m.columns.levels
            if item.name in families_of(x.entry) and (told or counts(policy, x.entry))
        ]
        return item.function(m, instance, entries=wanted) if wanted else None
    if item.section == "objective":
        if item.name not in families_of_goal(policy.objective):
            return None
        named = named_entry(policy)
        about = next(x for x in m.columns.levels if x.entry.name == named)
        return item.function(m, instance, levels=about)
    if item.section is None:
        return item.function(m, instance)
    if item.section not in policy.sections:
        return None
    values = policy.sections[item.section]
    return item.function(m, instance, **{k: values[k] for k in item.parameters})


def add_rows(m: pe.ConcreteModel, instance: Instance, policy: Policy, item: Component) -> None:
    """Add the rows of one family as a constraint component of its name."""
    rows = rows_of(m, instance, policy, item)
    if rows is None:
        return
    constraint = pe.Constraint(pe.Any, doc=(item.function.__doc__ or "").strip().split("\n")[0])
    m.add_component(item.name, constraint)
    for given in rows:
        if not isinstance(given, Row | Rows):
            constraint[given[0]] = given[1]
            continue
        for row in given.one_by_one() if isinstance(given, Rows) else (given,):
            constraint[row.index] = (row.lower, _linear(row.coefficients, row.variables), row.upper)


def _linear(coefficients: Sequence[float], variables: Any, constant: float = 0.0) -> Any:
    # A LinearExpression holds the row as two lists: no expression tree is built or walked.
    numbers = coefficients.tolist() if isinstance(coefficients, np.ndarray) else coefficients
    return LinearExpression(constant=constant, linear_coefs=numbers, linear_vars=list(variables))


def _declare(m: pe.ConcreteModel | Outline, instance: Instance, policy: Policy) -> None:
    """Declare what there is but rows: decisions, costs, goals and convex rules."""
    decisions.declare(m, instance, policy)
    m.terms = {name: term(m, instance) for name, term in COST_TERMS.items()}
    m.goals = goals_of(m, instance, policy)
    m.rules = rules_of(m)


def _add_objective(m: pe.ConcreteModel, policy: Policy) -> None:
    m.cost = pe.Expression(list(COST_TERMS))
    for name, term in m.terms.items():
        m.cost[name] = _linear(*term)
    first = m.goals.first
    if policy.objective.minimize is not None:
        expression = sum(m.cost[t] for t in policy.objective.minimize)
    else:
        expression = _linear(first.coefficients, first.variables)
    sense = pe.maximize if first.maximize else pe.minimize
    m.objective = pe.Objective(expr=expression, sense=sense)
