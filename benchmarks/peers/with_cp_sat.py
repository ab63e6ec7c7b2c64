"""OR-Tools CP-SAT, where no site can be full: it knows whole numbers alone.

Costs that are not whole are multiplied by a thousand and rounded, so that what it proves is proven
of those; the checker computes the true cost of its plan. The linear relaxation is used in full:
with less of it, one worker finds no bound to speak of.
"""

import numpy as np
from common import Clock, Problem, answer, left, read, served

SCALE = 1000


def main() -> None:
    """Solve one problem."""
    problem = read(("p-median", "ufl"))
    with Clock(problem, "start"):
        from ortools.sat.python import cp_model

    costs = np.concatenate([problem.cost, problem.fixed_cost])
    scale = 1 if np.array_equal(costs, np.round(costs)) else SCALE
    with Clock(problem, "build"):
        m, y, x = build(problem, cp_model, scale)
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = left(problem)
    solver.parameters.relative_gap_limit = problem.gap
    solver.parameters.num_workers = problem.threads
    solver.parameters.linearization_level = 2
    with Clock(problem, "solve"):
        status = solver.solve(m)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        answer(problem, "no_plan", remark=solver.status_name(status))
        return
    opened = [i for i, v in enumerate(y) if solver.boolean_value(v)]
    answer(
        problem,
        "optimal" if status == cp_model.OPTIMAL else "feasible",
        objective=solver.objective_value / scale,
        bound=solver.best_objective_bound / scale,
        opened=opened,
        serves=served(problem, np.array([float(solver.boolean_value(v)) for v in x])),
    )


def build(problem: Problem, cp_model, scale: int) -> tuple:
    """Return the model, the variables of sites, and those of links."""
    sites, customers = problem.shape
    m = cp_model.CpModel()
    y = [m.new_bool_var("") for _ in range(sites)]
    x = [m.new_bool_var("") for _ in range(len(problem.site))]
    of_customer: list[list] = [[] for _ in range(customers)]
    for k, (i, j) in enumerate(zip(problem.site.tolist(), problem.customer.tolist(), strict=True)):
        of_customer[j].append(x[k])
        m.add_implication(x[k], y[i])
    for mine in of_customer:
        m.add_exactly_one(mine)
    variables, weights = [*x], np.round(problem.cost * scale).astype(np.int64).tolist()
    if problem.model == "p-median":
        m.add(cp_model.LinearExpr.sum(y) == problem.sites)
    else:
        variables += y
        weights += np.round(problem.fixed_cost * scale).astype(np.int64).tolist()
    m.minimize(cp_model.LinearExpr.weighted_sum(variables, weights))
    return m, y, x


if __name__ == "__main__":
    main()
