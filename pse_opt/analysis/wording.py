"""How changes of rules are said: what a rule asks for and what it would have to be."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

import numpy as np

from pse_opt.analysis.edits import Edit
from pse_opt.verification.findings import number

__all__ = [
    "Broken",
    "Carried",
    "Change",
    "change",
    "gathered",
    "outward",
    "said",
    "stepped",
]

COUNTED = ("contracts", "providers", "offers", "sources")
"""Units that come in whole numbers."""
DIGITS = 5
"""Significant digits of prices and volumes."""
SLACK = 1e-3
"""Part of the last digit that is a rounding error of the solver."""
MONEY = "$"
"""Stands before a currency: money is told in whole units."""


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


Carried = Callable[[float], tuple[Edit, ...]]
"""What makes a rule ask for a value."""


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
    edits : tuple of Edit
        What carries it out.
    asked, possible : float or None
        What is asked for and what is possible; None: it is no number.
    unit : str
        As :func:`change` takes it.
    carried : callable or None
        Makes the edits of another value.
    """

    rule: str
    place: str
    words: str
    setting: str = ""
    scope: str = ""
    size: float = 0.0
    edits: tuple[Edit, ...] = ()
    asked: float | None = None
    possible: float | None = None
    unit: str = ""
    carried: Carried | None = field(default=None, repr=False, compare=False)

    def said(self, others: int) -> str:
        """Return the change as one line; so many others ask for less of the same."""
        if self.words == "":
            return f"give up {self.rule} for {self.place}"
        of = f" of {self.place}" if self.place else ""
        more = f" and {others} more" if others else ""
        setting = f" ({self.setting})" if self.setting else ""
        return f"{self.rule}{of}{more}: {self.words}{setting}"

    def larger(self, factor: float) -> Change:
        """Return the change made so many times as large; what is no number stays."""
        if self.asked is None or self.possible is None or self.carried is None:
            return self
        value = self.asked + factor * (self.possible - self.asked)
        if self.unit == "%":
            value = min(max(value, 0.0), 1.0)
        made = stepped(self.rule, self.place, self.asked, max(value, 0.0), self.unit, self.carried)
        words = made.words + self.words[len(change(self.asked, self.possible, self.unit)) :]
        return replace(made, words=words, setting=self.setting, scope=self.scope)


def stepped(
    rule: str,
    place: str,
    asked: float,
    possible: float,
    unit: str,
    carried: Carried,
    *,
    setting: str = "",
    scope: str = "",
    words: str = "",
) -> Change:
    """Return a change of a number, with the edits that make it what the words say.

    Parameters
    ----------
    words : str
        What stands behind the numbers.
    """
    return Change(
        rule,
        place,
        change(asked, possible, unit) + words,
        setting,
        scope,
        abs(possible - asked),
        carried(rounded(asked, possible, unit)),
        asked,
        possible,
        unit,
        carried,
    )


def gathered(changes: Iterable[Change]) -> list[tuple[Change, int]]:
    """Return changes, of one setting the greatest of them, and how many others there are of it."""
    groups: dict[tuple[str, ...], list[Change]] = {}
    for one in changes:
        place = "" if one.setting else one.place
        groups.setdefault((one.rule, place, one.setting, one.scope), []).append(one)
    return [(max(group, key=lambda c: c.size), len(group) - 1) for group in groups.values()]


def rounded(asked: float, possible: float, unit: str) -> float:
    """Return what is possible, rounded to the side on which a plan exists, as :func:`change` says.

    Examples
    --------
    >>> round(rounded(1.0, 2 / 3, "%"), 6), rounded(1400, 1500.2, "$money")
    (0.666, 1501.0)
    """
    if math.isinf(possible):  # a ratio to nothing
        return possible
    up = possible > asked
    if unit.startswith(MONEY):
        return outward(possible, 1.0, up=up)
    steps = {"%": 1e-3, "km": 0.1, "per head": 0.1, **dict.fromkeys(COUNTED, 1.0)}
    if unit in steps:
        return outward(possible, steps[unit], up=up)
    step = 10.0 ** (math.floor(math.log10(abs(possible))) + 1 - DIGITS) if possible else 1.0
    return outward(possible, step, up=up)


def change(asked: float, possible: float, unit: str) -> str:
    """Return ``asked -> possible unit``, the latter rounded to the side on which a plan exists.

    Parameters
    ----------
    asked, possible : float
        What the rule asks for, and what it would have to be.
    unit : str
        ``%`` for shares, ``km`` or ``per head`` for levels, units that are counted, a currency
        behind ``$``; any other unit is shown to five significant digits.

    Examples
    --------
    >>> change(1.0, 2 / 3, "%"), change(0.5, 2 / 3, "%")
    ('100.0% -> 66.6%', '50.0% -> 66.7%')
    >>> change(0, 1, "contracts"), change(9, 10.01, "km"), change(1, 1.5, "money a visit")
    ('0 -> 1 contracts', '9.0 -> 10.1 km', '1 -> 1.5 money a visit')
    >>> change(1400, 1500.2, "$money")
    '1,400 -> 1,501 money'
    >>> change(2.0, float("inf"), "")
    '2 -> no bound'
    """
    value = rounded(asked, possible, unit)
    return f"{said(asked, unit, '')} -> {said(value, unit)}"


def said(value: float, unit: str, end: str | None = None) -> str:
    """Return a value with its unit, or with something else behind it.

    Examples
    --------
    >>> said(0.5, "%"), said(1400, "$money"), said(3, "offers"), said(9, "km")
    ('50.0%', '1,400 money', '3 offers', '9.0 km')
    """
    if math.isinf(value):
        return "no bound"
    if unit == "%":
        return f"{value:.1%}"
    if unit.startswith(MONEY):
        text, unit = f"{value:,.0f}", unit[len(MONEY) :]
    elif unit in COUNTED:
        text = f"{value:g}"
    else:
        text = f"{value:,.1f}" if unit in ("km", "per head") else number(value)
    return f"{text} {unit if end is None else end}".rstrip()


def outward(value: float, step: float, *, up: bool) -> float:
    """Return a value rounded to a multiple of a step, up or down, rounding errors aside.

    Examples
    --------
    >>> outward(2.0000001, 1.0, up=True), outward(2.3, 1.0, up=True), outward(2.7, 1.0, up=False)
    (2.0, 3.0, 2.0)
    """
    steps = value / step
    return float(step * (np.ceil(steps - SLACK) if up else np.floor(steps + SLACK)))
