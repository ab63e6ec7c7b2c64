"""Why no plan keeps all rules: rules that contradict each other, and repairs."""

from __future__ import annotations

from dataclasses import dataclass, field

from pse_opt.analysis.edits import Edit

__all__ = ["Clash", "Conflict", "Repair"]

SHOWN = 4
"""Changes shown of one repair."""


@dataclass(frozen=True)
class Repair:
    """The least change of some rules, all others kept, that admits a plan.

    Attributes
    ----------
    family : str
        What a planner would change; blank where it is several rules together.
    changes : tuple of str
        In words.
    size : float
        The greatest of them, relative to what is asked for (to 1 where that is 0).
    price : float or None
        What all changes together cost at the prices of repairs.
    checked : str
        ``yes``: the changes were made and a plan that keeps all rules then was found; ``late``:
        none was found in the time given, nor was it proven that there is none; blank: not tried.
    edits : tuple of Edit
        What carries the changes out.
    """

    family: str
    changes: tuple[str, ...]
    size: float
    price: float | None = None
    checked: str = ""
    edits: tuple[Edit, ...] = field(default=(), repr=False)

    @property
    def words(self) -> str:
        """All changes in one line, the first of many."""
        return "; ".join(_first(self.changes))

    @property
    def check(self) -> str:
        """What became of its check, in words."""
        return CHECKS[self.checked]


CHECKS = {
    "": "",
    "yes": "checked",
    "late": "not checked: no plan was found in the time given",
}
"""What became of the check of a repair, in words."""


@dataclass(frozen=True)
class Clash:
    """Rules that contradict each other.

    Attributes
    ----------
    rules : tuple of str
        Each in words, with what it asks for and of whom.
    given : tuple of str
        What is physical and takes part: capacities, reach.
    count : int
        How many rules these are, each place by itself.
    alone : bool or None
        Whether without any one of them there is a plan; None: not known of each.
    whole : bool
        Whether only whole engagements stand in the way: fractions of offers would do.
    """

    rules: tuple[str, ...]
    given: tuple[str, ...]
    count: int
    alone: bool | None
    whole: bool

    @property
    def words(self) -> str:
        """All of it in a paragraph."""
        if self.count == 1:
            told, any_one = "This rule cannot be kept", "it"
        else:
            told = f"These {self.count} rules contradict each other"
            any_one = "any one of them"
        if self.alone:
            told += f"; without {any_one} there is a plan"
        elif self.alone is False:
            told += ", and so do others"
        if self.whole:
            told += " (fractions of offers would do)"
        given = f"; given {' and '.join(self.given)}" if self.given else ""
        return f"{told}: {'; '.join(self.rules)}{given}"


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
        What would admit a plan, the cheapest first.
    note : str
        What was not looked for.
    clash : Clash or None
        Rules that contradict each other, as few as were found.
    """

    cause: str
    reasons: tuple[str, ...]
    repairs: tuple[Repair, ...] = ()
    note: str = ""
    clash: Clash | None = None

    @property
    def lines(self) -> tuple[str, ...]:
        """All of it in words."""
        clash = () if self.clash is None else (self.clash.words,)
        if self.cause == "reach":
            head = (self.head,) if self.repairs else ()
            return (*self.reasons, *clash, *head, *self.offered)
        return (*clash, *self.reasons, *self.offered)

    @property
    def head(self) -> str:
        """What stands above the repairs."""
        if any(repair.family for repair in self.repairs):
            return "Any one of these changes admits a plan:"
        return "These changes together admit a plan:"

    @property
    def offered(self) -> tuple[str, ...]:
        """The repairs in words."""
        lines = []
        several = any(repair.family for repair in self.repairs)
        for repair in self.repairs:
            price = "" if repair.price is None else f"price {repair.price:.3g}; "
            end = f" ({price}{repair.check})" if repair.check else ""
            if repair.family or several:
                lines.append(f"  {repair.family or 'together'}: {repair.words}{end}")
            else:
                lines += [f"  {w}" for w in _first(repair.changes)] + ([f" {end}"] if end else [])
        return (*lines, *([f"  ({self.note})"] if self.note else []))


def _first(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return the first of some words, and how many more there are."""
    more = (f"and {len(words) - SHOWN} more",) if len(words) > SHOWN else ()
    return (*words[:SHOWN], *more)
