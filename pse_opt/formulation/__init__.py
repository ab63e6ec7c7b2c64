"""The model as Pyomo: decisions, one function per constraint family, cost terms, build.

Importing registers all families and cost terms, in the order of the model and of its manual.
"""

# isort: off
from pse_opt.formulation import engagement
from pse_opt.formulation import siting
from pse_opt.formulation import arrangements
from pse_opt.formulation import delivery
from pse_opt.formulation import coverage
from pse_opt.formulation import finance
from pse_opt.formulation import equalization
from pse_opt.formulation import dispersion
from pse_opt.formulation import curvature
from pse_opt.formulation import objectives
from pse_opt.formulation import costs
# isort: on

__all__ = [
    "arrangements",
    "costs",
    "coverage",
    "curvature",
    "delivery",
    "dispersion",
    "engagement",
    "equalization",
    "finance",
    "objectives",
    "siting",
]
