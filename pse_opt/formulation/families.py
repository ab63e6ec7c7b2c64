"""All families and cost terms: importing this registers them, in the order of the model."""

# isort: off
from pse_opt.formulation import engagement
from pse_opt.formulation import delivery
from pse_opt.formulation import coverage
from pse_opt.formulation import finance
from pse_opt.formulation import equalization
from pse_opt.formulation import costs
# isort: on

__all__ = ["costs", "coverage", "delivery", "engagement", "equalization", "finance"]
