"""Solving: the hand-off to HiGHS, strategies, results."""

from pse_opt import quick_pyomo as _  # noqa: F401
