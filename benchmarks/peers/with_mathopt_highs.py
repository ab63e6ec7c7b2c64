"""OR-Tools MathOpt with its HiGHS: the compact model; the number of threads is its own choice."""

import datetime

import numpy as np
from common import Clock, Problem, answer, left, read, served


def main() -> None:
    """Solve one problem."""
    problem = read(("p-median", "ufl", "cflp"))
    with Clock(problem, "start"):
        from ortools.math_opt.python import mathopt

    with Clock(problem, "build"):
        m, y, x = build(problem, mathopt)
    # It refuses a number of threads.
    options = mathopt.SolveParameters(
        time_limit=datetime.timedelta(seconds=left(problem)),
        relative_gap_tolerance=problem.gap,
    )
    with Clock(problem, "solve"):
        result = mathopt.solve(m, mathopt.SolverType.HIGHS, params=options)
    reason = result.termination.reason.name
    if not result.has_primal_feasible_solution():
        answer(problem, "no_plan", remark=reason)
        return
    bounds = result.termination.objective_bounds
    opened = np.flatnonzero(np.array(result.variable_values(y)) > 0.5)
    answer(
        problem,
        "optimal" if reason == "OPTIMAL" else "feasible",
        objective=bounds.primal_bound,
        bound=bounds.dual_bound,
        opened=opened,
        serves=served(problem, np.array(result.variable_values(x))),
    )


def build(problem: Problem, mathopt) -> tuple:
    """Return the model, the variables of sites, and those of links."""
    sites, customers = problem.shape
    m = mathopt.Model()
    y = [m.add_binary_variable() for _ in range(sites)]
    x = [m.add_variable(lb=0.0, ub=1.0) for _ in range(len(problem.site))]
    of_customer: list[list] = [[] for _ in range(customers)]
    of_site: list[list] = [[] for _ in range(sites)]
    for k, (i, j) in enumerate(zip(problem.site.tolist(), problem.customer.tolist(), strict=True)):
        of_customer[j].append(x[k])
        of_site[i].append((float(problem.demand[j]), x[k]))
        m.add_linear_constraint(x[k] - y[i] <= 0.0)
    for mine in of_customer:
        m.add_linear_constraint(mathopt.fast_sum(mine) == 1.0)
    cost = [c * v for c, v in zip(problem.cost.tolist(), x, strict=True)]
    if problem.model == "p-median":
        m.add_linear_constraint(mathopt.fast_sum(y) == problem.sites)
    else:
        cost += [f * v for f, v in zip(problem.fixed_cost.tolist(), y, strict=True)]
    if problem.capacity is not None:
        for i, mine in enumerate(of_site):
            load = mathopt.fast_sum([d * v for d, v in mine])
            m.add_linear_constraint(load - float(problem.capacity[i]) * y[i] <= 0.0)
    m.minimize(mathopt.fast_sum(cost))
    return m, y, x


if __name__ == "__main__":
    main()
