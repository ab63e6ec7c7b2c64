"""pbp-pmedian: exact p-median by pseudo-Boolean reduction and Benders cuts."""

import numpy as np
from common import Clock, answer, nearest, read


def main() -> None:
    """Solve one problem. The package has neither a gap nor threads to set."""
    problem = read(("p-median",))
    with Clock(problem, "start"):
        import pbp_pmedian
        from pbp_pmedian import core_c

    with Clock(problem, "build"):
        matrix = problem.matrix(problem.cost, missing=1e12).T
    with Clock(problem, "solve"):
        value, chosen, _, status, engine = pbp_pmedian.solve(
            np.ascontiguousarray(matrix), problem.sites, time_limit=problem.time_limit
        )
    remark = f"{status}, {engine}, C kernel {'on' if core_c.HAVE_C else 'off'}"
    if chosen is None:
        answer(problem, "no_plan", remark=remark)
        return
    opened = sorted(int(k) for k in chosen)
    claims = "optimal" if status == 0 else "feasible"
    answer(
        problem,
        claims,
        objective=float(value),
        bound=float(value) if claims == "optimal" else None,
        opened=opened,
        serves=nearest(problem, opened),
        remark=remark,
    )


if __name__ == "__main__":
    main()
