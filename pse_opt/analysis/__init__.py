"""Analysis: what can be said before solving, and why a policy is infeasible."""

from pse_opt import quick_pyomo as _  # noqa: F401
