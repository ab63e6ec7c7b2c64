"""What a check reports, and the registry of checks by section of the model document."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import pandas as pd

if TYPE_CHECKING:
    from pse_opt.verification.facts import Facts

__all__ = ["ALWAYS", "CHECKS", "Check", "Violation", "check", "number", "records"]

ALWAYS = ""
"""Key of the checks that every plan must pass, whatever the policy says."""


@dataclass(frozen=True)
class Violation:
    """One rule that the plan breaks in one place.

    Attributes
    ----------
    rule : str
        Name of the component that states the rule.
    where : str
        The region, group and service, the offer, or the jurisdiction it concerns.
    message : str
        What is wrong, with the figures and their units.
    amount : float
        By how much, in natural units (units of service, money, km, share, offers).
    relative : float
        By how much, relative to the scale of the rule: this is what is held against the tolerance.
    """

    rule: str
    where: str
    message: str
    amount: float
    relative: float

    def __str__(self) -> str:
        """Return the violation as one line."""
        return f"{self.rule}: {self.where}: {self.message}"

    def to_dict(self) -> dict[str, Any]:
        """Return the violation as plain JSON values."""
        return asdict(self)


Check: TypeAlias = "Callable[[Facts, Mapping[str, Any]], Iterable[Violation]]"

CHECKS: dict[str, tuple[Check, ...]] = {}
"""Checks by the section of the model document that switches them on; ``""``: always on."""


def check(section: str = ALWAYS) -> Callable[[Check], Check]:
    """Register a check of a section; several checks may belong to one section.

    Parameters
    ----------
    section : str
        Key of the model document that switches the check on; blank: it is always on.

    Examples
    --------
    A check receives what was recomputed and the section's parameters, and yields violations.

    >>> @check("at_most_offers")
    ... def at_most_offers(facts, parameters):
    ...     excess = len(facts.engaged) - parameters["number"]
    ...     if excess > 0:
    ...         yield Violation("at_most_offers", "plan", "too many offers", excess, excess)
    >>> _ = CHECKS.pop("at_most_offers")
    """

    def register(function: Check) -> Check:
        mine = (function.__module__, function.__qualname__)
        kept = [f for f in CHECKS.get(section, ()) if (f.__module__, f.__qualname__) != mine]
        CHECKS[section] = (*kept, function)
        return function

    return register


def records(frame: pd.DataFrame) -> Iterator[Any]:
    """Yield the rows of a frame as named tuples."""
    yield from frame.itertuples()


def number(value: float) -> str:
    """Return a figure with six significant digits, thousands separated, never in powers of ten.

    Examples
    --------
    >>> number(1234567.8), number(0.1 + 0.2), number(12.5), number(0)
    ('1,234,568', '0.3', '12.5', '0')
    """
    if not math.isfinite(value):
        return "unlimited" if value > 0 else "unknown"
    if value == 0:
        return "0"
    digits = min(max(5 - math.floor(math.log10(abs(value))), 0), 9)
    text = f"{value:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
