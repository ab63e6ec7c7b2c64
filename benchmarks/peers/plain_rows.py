"""Any of our models as ordinary Pyomo rules: the same rows, written as a user of Pyomo writes them.

The rows are taken from this library, which counts as reading; building is what plain rules and an
ordinary objective take, and solving is one of Pyomo's interfaces with its hand-over.
"""

import functools
from types import SimpleNamespace
from typing import Any

import numpy as np
from common import Clock, answer

Rows = dict[str, list[tuple[list[float], list[int], float | None, float | None]]]


def solve(interface: str, asked: dict[str, Any]) -> None:
    """Solve a problem under one of our models through an interface of Pyomo."""
    problem = SimpleNamespace(
        gap=asked["gap"],
        time_limit=asked["time_limit"],
        threads=asked["threads"],
        seconds={"start": asked["start"]},
    )
    with Clock(problem, "read"):
        instance, columns, rows, goal = prepared(asked)
    from plain_pyomo import run

    with Clock(problem, "build"):
        m = build(columns, rows, goal)
    with Clock(problem, "solve"):
        status, bound, reason = run(m, interface, problem)
    if status == "no_plan":
        return answer(problem, status, bound=bound, remark=reason)
    import pyomo.environ as pe

    value = [v.value or 0.0 for v in m.x.values()]
    opened = [k for k, at in enumerate(goal.engaged) if value[at] > 0.5]
    shares = np.array([value[at] for at in goal.delivery])
    used = np.flatnonzero(shares > 1e-9)
    offer, need = (instance.links[c].to_numpy() for c in ("offer", "need"))
    serves = [(int(offer[k]), int(need[k]), float(shares[k])) for k in used]
    objective = float(pe.value(m.total))
    return answer(problem, status, objective=objective, bound=bound, opened=opened, serves=serves)


def prepared(asked: dict[str, Any]) -> tuple[Any, list[Any], Rows, Any]:
    """Return the instance, and variables, rows and objective of our model as plain lists."""
    import pyomo.environ as pe
    from pyomo.repn import generate_standard_repn

    import pse_opt as pse
    from pse_opt.bench.posing import pose

    posed = pose(asked["problem"], asked["model"], asked["overrides"])
    source = pse.build_model(posed.instance, posed.model, overrides=posed.overrides)
    variables = list(source.component_data_objects(pe.Var))
    at = {id(v): k for k, v in enumerate(variables)}
    rows: Rows = {}
    for row in source.component_data_objects(pe.Constraint, active=True):
        found = generate_standard_repn(row.body, compute_values=True)
        low, high = (None if b is None else b - found.constant for b in (row.lb, row.ub))
        mine = (list(found.linear_coefs), [at[id(v)] for v in found.linear_vars], low, high)
        rows.setdefault(row.parent_component().local_name, []).append(mine)
    (objective,) = source.component_data_objects(pe.Objective, active=True)
    found = generate_standard_repn(objective.expr, compute_values=True)
    goal = SimpleNamespace(
        constant=found.constant,
        coefficients=list(found.linear_coefs),
        columns=[at[id(v)] for v in found.linear_vars],
        maximize=objective.sense == pe.maximize,
        engaged=[at[id(v)] for v in source.columns.engaged],
        delivery=[at[id(v)] for v in source.columns.delivery],
    )
    return posed.instance, [(v.is_binary(), v.lb, v.ub) for v in variables], rows, goal


def build(columns: list[Any], rows: Rows, goal: Any) -> Any:
    """Return the model of plain rules."""
    import pyomo.environ as pe

    m = pe.ConcreteModel()
    m.x = pe.Var(
        range(len(columns)),
        domain=lambda _, k: pe.Binary if columns[k][0] else pe.Reals,
        bounds=lambda _, k: columns[k][1:],
    )
    for name, listed in rows.items():
        rule = functools.partial(_rule, listed=listed)
        m.add_component(name, pe.Constraint(range(len(listed)), rule=rule))
    terms = zip(goal.coefficients, goal.columns, strict=True)
    expression = pe.quicksum(c * m.x[k] for c, k in terms) + goal.constant
    m.total = pe.Objective(expr=expression, sense=pe.maximize if goal.maximize else pe.minimize)
    return m


def _rule(m: Any, k: int, listed: list[Any]) -> Any:
    coefficients, columns, low, high = listed[k]
    body = sum(c * m.x[j] for c, j in zip(coefficients, columns, strict=True))
    if low == high:
        return body == low
    return body <= high if high is not None else body >= low
