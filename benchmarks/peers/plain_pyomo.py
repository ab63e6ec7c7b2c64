"""Plain Pyomo: the compact model with ordinary rules, through an interface to HiGHS."""

import numpy as np
import plain_rows
from common import Clock, Problem, answer, ask, left, read, served

CLASSICS = ("p-median", "ufl", "cflp")


def solve(interface: str) -> None:
    """Solve one problem: through ``appsi``, ``contrib``, or this library's ``solve_model``."""
    asked = ask()
    if asked["model"] not in CLASSICS:
        return plain_rows.solve(interface, asked)
    problem = read(CLASSICS, asked)
    with Clock(problem, "start"):
        pe = load(interface)
    with Clock(problem, "build"):
        m = build(problem, pe)
    with Clock(problem, "solve"):
        status, bound, reason = run(m, interface, problem)
    if status == "no_plan":
        return answer(problem, status, bound=bound, remark=reason)
    shares = np.array([m.x[k].value or 0.0 for k in m.links])
    opened = [i for i in m.sites if (m.y[i].value or 0.0) > 0.5]
    value = float(pe.value(m.total))
    serves = served(problem, shares)
    return answer(problem, status, objective=value, bound=bound, opened=opened, serves=serves)


def load(interface: str):
    """Load what an interface needs, and return Pyomo."""
    import pyomo.environ as pe

    if interface == "pse":
        import pse_opt.solving.run  # noqa: F401
    elif interface == "appsi":
        import pyomo.contrib.appsi.solvers
    else:
        import pyomo.contrib.solver.solvers.highs  # noqa: F401
    return pe


def build(problem: Problem, pe):
    """Return the model, with sets of links of each customer and each site prepared."""
    sites, customers = problem.shape
    site, demand = problem.site.tolist(), problem.demand.tolist()
    customer, cost = problem.customer.tolist(), problem.cost.tolist()
    of_customer: list[list[int]] = [[] for _ in range(customers)]
    of_site: list[list[int]] = [[] for _ in range(sites)]
    for k, (i, j) in enumerate(zip(site, customer, strict=True)):
        of_customer[j].append(k)
        of_site[i].append(k)
    m = pe.ConcreteModel()
    m.sites, m.customers = pe.RangeSet(0, sites - 1), pe.RangeSet(0, customers - 1)
    m.links = pe.RangeSet(0, len(site) - 1)
    m.y = pe.Var(m.sites, domain=pe.Binary)
    m.x = pe.Var(m.links, bounds=(0, 1))
    m.everyone = pe.Constraint(
        m.customers, rule=lambda m, j: pe.quicksum(m.x[k] for k in of_customer[j]) == 1
    )
    m.linking = pe.Constraint(m.links, rule=lambda m, k: m.x[k] <= m.y[site[k]])
    total = pe.quicksum(cost[k] * m.x[k] for k in m.links)
    if problem.model == "p-median":
        m.number = pe.Constraint(expr=pe.quicksum(m.y[i] for i in m.sites) == problem.sites)
    else:
        fixed = problem.fixed_cost.tolist()
        total += pe.quicksum(fixed[i] * m.y[i] for i in m.sites)
    if problem.capacity is not None:
        limit = problem.capacity.tolist()

        def load(m, i):
            units = pe.quicksum(demand[customer[k]] * m.x[k] for k in of_site[i])
            return units <= limit[i] * m.y[i]

        m.capacity = pe.Constraint(m.sites, rule=load)
    m.total = pe.Objective(expr=total)
    return m


class _HandedOver(Exception):  # noqa: N818 - nothing is wrong
    """The solver has the model and would begin."""


def handed_over(m, interface: str, problem: Problem) -> None:
    """Hand a model over, and stop where the solver would begin."""
    import highspy

    def begin(*_: object) -> None:
        raise _HandedOver

    highspy.Highs.run = highspy._core._Highs.run = begin
    try:
        run(m, interface, problem)
    except _HandedOver:
        return
    raise RuntimeError("the solver was never asked to begin")


def run(m, interface: str, problem: Problem) -> tuple[str, float | None, str]:
    """Solve a model; return what the interface claims, its bound, and its own words.

    Where there is an incumbent its values are loaded into the model.
    """
    if interface == "pse":
        import pse_opt as pse

        limits = {"time_limit": left(problem), "gap": problem.gap, "threads": problem.threads}
        outcome = pse.solve_model(m, **limits)
        return outcome.status, outcome.bound, outcome.termination
    if interface == "appsi":
        from pyomo.contrib.appsi.solvers import Highs as Older

        older = Older()
        older.config.load_solution = False
        older.config.time_limit = left(problem)
        older.config.mip_gap = problem.gap
        older.highs_options = {"threads": problem.threads}
        result = older.solve(m)
        found, bound = result.best_feasible_objective, result.best_objective_bound
    else:
        from pyomo.contrib.solver.solvers.highs import Highs as Newer

        result = Newer().solve(
            m,
            time_limit=left(problem),
            rel_gap=problem.gap,
            threads=problem.threads,
            load_solutions=False,
            raise_exception_on_nonoptimal_result=False,
        )
        found, bound = result.incumbent_objective, result.objective_bound
    reason = result.termination_condition.name
    if found is None or not np.isfinite(found):
        return "no_plan", bound, reason
    result.solution_loader.load_vars()
    proven = reason in ("optimal", "convergenceCriteriaSatisfied")
    return "optimal" if proven else "feasible", bound, reason
