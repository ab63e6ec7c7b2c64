"""The model as Pyomo: decisions, one function per constraint family, cost terms, build.

Importing registers all families and cost terms, in the order of the model and of its manual.
"""

from pse_opt import quick_pyomo as _  # noqa: F401

# isort: off
from pse_opt.formulation import engagement
from pse_opt.formulation import siting
from pse_opt.formulation import arrangements
from pse_opt.formulation import qualification
from pse_opt.formulation import delivery
from pse_opt.formulation import volunteers
from pse_opt.formulation import vouchers
from pse_opt.formulation import coverage
from pse_opt.formulation import quality
from pse_opt.formulation import reliance
from pse_opt.formulation import takeover
from pse_opt.formulation import continuity
from pse_opt.formulation import difference
from pse_opt.formulation import building
from pse_opt.formulation import finance
from pse_opt.formulation import transfers
from pse_opt.formulation import funding
from pse_opt.formulation import equalization
from pse_opt.formulation import dispersion
from pse_opt.formulation import curvature
from pse_opt.formulation import objectives
from pse_opt.formulation import costs
# isort: on

__all__ = [
    "arrangements",
    "building",
    "continuity",
    "costs",
    "coverage",
    "curvature",
    "delivery",
    "difference",
    "dispersion",
    "engagement",
    "equalization",
    "finance",
    "funding",
    "objectives",
    "qualification",
    "quality",
    "reliance",
    "siting",
    "takeover",
    "transfers",
    "volunteers",
    "vouchers",
]
