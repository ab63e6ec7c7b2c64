"""How a conflict and its repairs are said: what a rule asks for and what it would have to be."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from pse_opt.verification.findings import number

__all__ = [
    "Broken",
    "Change",
    "Conflict",
    "Repair",
    "change",
    "gathered",
    "money_change",
    "outward",
]

COUNTED = ("contracts", "providers", "offers", "sources")
"""Units that come in whole numbers."""
DIGITS = 5
"""Significant digits of prices and volumes."""
SLACK = 1e-3
"""Part of the last digit that is a rounding error of the solver."""


@dataclass(frozen=True)
class Broken:
    """One row that a plan breaks.

    Attributes
    ----------
    rule : str
        Name of the component.
    index : tuple
        Index of the row.
    limit, needed : float
        The limit of the row, and what it would have to be.
    place : str
        Whom it concerns, by name.
    """

    rule: str
    index: tuple[str, ...]
    limit: float
    needed: float
    place: str


@dataclass(frozen=True)
class Change:
    """One change of a rule that a planner can make.

    Attributes
    ----------
    rule, place : str
        Name of the component, and whom it concerns; blank: everybody.
    words : str
        The change.
    setting : str
        The parameter of the policy that is to change; blank: it is a rule of one place.
    scope : str
        What else must be the same for two changes to be one.
    size : float
        How great the change is, among changes that are one.
    """

    rule: str
    place: str
    words: str
    setting: str = ""
    scope: str = ""
    size: float = 0.0

    def said(self, others: int) -> str:
        """Return the change as one line; so many others ask for less of the same."""
        if self.words == "":
            return f"give up {self.rule} for {self.place}"
        of = f" of {self.place}" if self.place else ""
        more = f" and {others} more" if others else ""
        setting = f" ({self.setting})" if self.setting else ""
        return f"{self.rule}{of}{more}: {self.words}{setting}"


@dataclass(frozen=True)
class Repair:
    """The least change of some rules, all others kept, that admits a plan.

    Attributes
    ----------
    family : str
        What a planner would change; blank where no family can do alone.
    changes : tuple of str
        In words.
    size : float
        The greatest of them, relative to what is asked for (to 1 where that is 0).
    """

    family: str
    changes: tuple[str, ...]
    size: float

    @property
    def words(self) -> str:
        """All changes in one line."""
        return "; ".join(self.changes)


@dataclass(frozen=True)
class Conflict:
    """Why no plan keeps all rules.

    Attributes
    ----------
    cause : str
        ``reach``: arithmetic of what is within reach; ``hollow``: a rule that nothing can fulfil;
        ``rules``: any one of the repairs will do; ``together``: all of them are needed;
        ``unknown``.
    reasons : tuple of str
        In words, without the repairs.
    repairs : tuple of Repair
        What would admit a plan.
    note : str
        What was not looked for.
    """

    cause: str
    reasons: tuple[str, ...]
    repairs: tuple[Repair, ...] = ()
    note: str = ""

    @property
    def lines(self) -> tuple[str, ...]:
        """All of it in words."""
        named = [f"  {r.family}: {r.words}" for r in self.repairs if r.family]
        plain = [f"  {w}" for r in self.repairs if not r.family for w in r.changes]
        return (*self.reasons, *named, *plain, *([f"  ({self.note})"] if self.note else []))


def gathered(changes: Iterable[Change]) -> list[str]:
    """Return changes in words, those of one setting as the greatest of them."""
    groups: dict[tuple[str, ...], list[Change]] = {}
    for one in changes:
        place = "" if one.setting else one.place
        groups.setdefault((one.rule, place, one.setting, one.scope), []).append(one)
    return [max(group, key=lambda c: c.size).said(len(group) - 1) for group in groups.values()]


def change(asked: float, possible: float, unit: str) -> str:
    """Return ``asked -> possible unit``, the latter rounded to the side on which a plan exists.

    Parameters
    ----------
    asked, possible : float
        What the rule asks for, and what it would have to be.
    unit : str
        ``%`` for shares, ``km`` or ``per head`` for levels, units that are counted; any other
        unit is shown to five significant digits.

    Examples
    --------
    >>> change(1.0, 2 / 3, "%"), change(0.5, 2 / 3, "%")
    ('100.0% -> 66.6%', '50.0% -> 66.7%')
    >>> change(0, 1, "contracts"), change(9, 10.01, "km"), change(1, 1.5, "money a visit")
    ('0 -> 1 contracts', '9.0 -> 10.1 km', '1 -> 1.5 money a visit')
    """
    up = possible > asked
    if unit == "%":
        return f"{asked:.1%} -> {outward(possible, 1e-3, up=up):.1%}"
    if unit in COUNTED:
        return f"{asked:g} -> {outward(possible, 1.0, up=up):g} {unit}"
    if unit in ("km", "per head"):
        return f"{asked:,.1f} -> {outward(possible, 0.1, up=up):,.1f} {unit}"
    step = 10.0 ** (math.floor(math.log10(abs(possible))) + 1 - DIGITS) if possible else 1.0
    return f"{number(asked)} -> {number(outward(possible, step, up=up))} {unit}"


def money_change(asked: float, possible: float, currency: str) -> str:
    """Return ``asked -> possible currency`` in whole numbers, the latter rounded up.

    Examples
    --------
    >>> money_change(1400, 1500.2, "money")
    '1,400 -> 1,501 money'
    """
    return f"{asked:,.0f} -> {np.ceil(round(possible, 3)):,.0f} {currency}"


def outward(value: float, step: float, *, up: bool) -> float:
    """Return a value rounded to a multiple of a step, up or down, rounding errors aside.

    Examples
    --------
    >>> outward(2.0000001, 1.0, up=True), outward(2.3, 1.0, up=True), outward(2.7, 1.0, up=False)
    (2.0, 3.0, 2.0)
    """
    steps = value / step
    return float(step * (np.ceil(steps - SLACK) if up else np.floor(steps + SLACK)))
