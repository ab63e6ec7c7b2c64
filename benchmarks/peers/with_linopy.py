"""linopy with HiGHS: the compact model over links."""

import numpy as np
from common import Clock, answer, left, read, served


def main() -> None:
    """Solve one problem."""
    problem = read(("p-median", "ufl", "cflp"))
    with Clock(problem, "start"):
        import linopy
        import pandas as pd
        import xarray as xr

    sites = len(problem.fixed_cost)
    with Clock(problem, "build"):
        m = linopy.Model()
        link = pd.RangeIndex(len(problem.site), name="link")
        customer = xr.DataArray(problem.customer, coords={"link": link}, name="customer")
        at = xr.DataArray(problem.site, coords={"link": link}, name="site")
        y = m.add_variables(binary=True, coords=[pd.RangeIndex(sites, name="site")], name="y")
        x = m.add_variables(lower=0, upper=1, coords=[link], name="x")
        m.add_constraints(x.groupby(customer).sum() == 1, name="everyone")
        m.add_constraints(x - y.sel(site=at) <= 0, name="linking")
        cost = (x * xr.DataArray(problem.cost, coords={"link": link})).sum()
        if problem.model == "p-median":
            m.add_constraints(y.sum() == problem.sites, name="number")
        else:
            cost = cost + (y * xr.DataArray(problem.fixed_cost, dims="site")).sum()
        if problem.capacity is not None:
            units = xr.DataArray(problem.demand[problem.customer], coords={"link": link})
            load = (x * units).groupby(at).sum()
            m.add_constraints(
                load - y * xr.DataArray(problem.capacity, dims="site") <= 0, name="cap"
            )
        m.add_objective(cost)
    with Clock(problem, "solve"):
        m.solve(
            "highs",
            io_api="direct",
            log_to_console=False,
            output_flag=False,
            mip_rel_gap=problem.gap,
            time_limit=left(problem),
            threads=problem.threads,
        )
    info = m.solver_model.getInfo()
    if not np.isfinite(m.objective.value or np.inf):
        answer(problem, "no_plan", remark=m.termination_condition)
        return
    claims = "optimal" if m.termination_condition == "optimal" else "feasible"
    opened = np.flatnonzero(y.solution.to_numpy() > 0.5)
    answer(
        problem,
        claims,
        objective=float(m.objective.value),
        bound=float(info.mip_dual_bound),
        opened=opened,
        serves=served(problem, x.solution.to_numpy()),
    )


if __name__ == "__main__":
    main()
