"""The independent checker: is this plan what the policy asks for, and does it cost what is said?

Everything is recomputed from the tables of the instance, with NumPy and pandas alone. Nothing is
taken over from the formulation, from the derived frames it is built on, or from the solver; none of
them, nor Pyomo, is imported, so that an error there cannot hide here.

A constraint family of your own is checked by a function of your own:

>>> from pse_opt.verification import CHECKS, Violation, check
>>> @check("at_most_offers")
... def at_most_offers(facts, parameters):
...     excess = len(facts.engaged) - parameters["number"]
...     if excess > 0:
...         yield Violation("at_most_offers", "plan", "too many offers", excess, excess)
>>> _ = CHECKS.pop("at_most_offers")
"""

from pse_opt.verification.checker import Verification, VerificationError, verify
from pse_opt.verification.facts import Facts
from pse_opt.verification.findings import CHECKS, Check, Violation, check

__all__ = [
    "CHECKS",
    "Check",
    "Facts",
    "Verification",
    "VerificationError",
    "Violation",
    "check",
    "verify",
]
