"""Analysis: what can be said before solving, and why a policy is infeasible."""
