"""The model as Pyomo: decisions, one function per constraint family, cost terms, build."""
