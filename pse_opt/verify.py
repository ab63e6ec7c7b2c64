"""The independent checker under its short name; :mod:`pse_opt.verification` holds it.

>>> from pse_opt.verify import Violation, verify
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

from pse_opt.verification import (
    CHECKS,
    Check,
    Facts,
    Verification,
    VerificationError,
    Violation,
    check,
    verify,
)

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


class _Checker(ModuleType):
    """A module that may be called like the function of the same name.

    Importing the module ``pse_opt.verify`` binds it in the package, over the public function; with
    this ``pse_opt.verify(instance, result)`` works whichever of the two is found.
    """

    def __call__(self, *arguments: Any, **keywords: Any) -> Verification:
        return verify(*arguments, **keywords)


sys.modules[__name__].__class__ = _Checker
