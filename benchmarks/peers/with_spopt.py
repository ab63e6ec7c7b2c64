"""spopt: p-median, p-center, maximal covering, set covering; PuLP hands the model to HiGHS."""

import numpy as np
from common import Clock, answer, left, nearest, read


def main() -> None:
    """Solve one problem."""
    problem = read(("p-median", "p-center", "mclp", "lscp"))
    if problem.capacity is not None:
        raise SystemExit("spopt's capacitated p-median is not compared here")
    with Clock(problem, "start"):
        import pulp
        from spopt.locate import LSCP, MCLP, PCenter, PMedian

    with Clock(problem, "build"):
        # A site that does not reach a customer is out of its radius.
        travel = problem.matrix(problem.travel, missing=1e12)
        radius = float(problem.travel.max())
        weights = problem.demand
        if problem.model == "p-median":
            chosen = PMedian.from_cost_matrix(travel, weights, p_facilities=problem.sites)
        elif problem.model == "p-center":
            chosen = PCenter.from_cost_matrix(travel, p_facilities=problem.sites)
        elif problem.model == "mclp":
            chosen = MCLP.from_cost_matrix(travel, weights, radius, p_facilities=problem.sites)
        else:
            chosen = LSCP.from_cost_matrix(travel, radius)
    solver = pulp.HiGHS(
        msg=False, gapRel=problem.gap, timeLimit=left(problem), threads=problem.threads
    )
    with Clock(problem, "solve"):
        chosen = chosen.solve(solver, results=False)
    status = pulp.LpStatus[chosen.problem.status]
    if status != "Optimal" or pulp.value(chosen.problem.objective) is None:
        answer(problem, "no_plan", remark=status)
        return
    values = np.array([v.value() or 0.0 for v in chosen.fac_vars])
    opened = np.flatnonzero(values > 0.5).tolist()
    value = float(pulp.value(chosen.problem.objective))
    # PuLP hands over a maximum as the minimum of its negative.
    sign = -1.0 if problem.model == "mclp" else 1.0
    bound = sign * float(chosen.problem.solverModel.getInfo().mip_dual_bound)
    answer(
        problem,
        "optimal",  # as PuLP says, also of an incumbent at the time limit
        objective=value,
        bound=bound,
        opened=opened,
        serves=nearest(problem, opened),
    )


if __name__ == "__main__":
    main()
