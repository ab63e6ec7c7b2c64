"""What a policy's objective is: its name, its unit, and which of two values is the better."""

from __future__ import annotations

from dataclasses import dataclass

from pse_opt.entries import KINDS
from pse_opt.figures import PERCENT, SHARES, goal
from pse_opt.instance import Instance
from pse_opt.policy import Policy
from pse_opt.terminal import money

__all__ = ["Aim"]

EXPONENTIAL = "kolm_pollak"


@dataclass(frozen=True)
class Aim:
    """What is best under a policy.

    Attributes
    ----------
    name : str
        ``cost``, or a coverage, a welfare or a measure of inequality in words.
    unit : str
        What values are in: money per year, a share, km, or that of the measure (blank).
    shown : str
        The unit on the screen: shares are told in points.
    maximize : bool
        Whether more is better.
    cost : bool
        Whether it is a cost.
    linear : bool
        Whether duals are its prices: not of ratios, nor of exponentials.
    """

    name: str
    unit: str
    shown: str
    maximize: bool
    cost: bool
    linear: bool

    @classmethod
    def of(cls, policy: Policy, instance: Instance) -> Aim:
        """Return the aim of a policy."""
        objective, currency = policy.objective, instance.about.currency
        name, entry = goal(policy, instance)
        best = objective.maximize is not None
        if objective.minimize is not None:
            return cls(name, f"{currency}/year", f"{currency} a year", best, True, True)
        if entry is None:
            return cls(name, "share", "points", best, False, True)
        kind = KINDS[entry.measure]
        relative = objective.minimize_inequality is not None and kind.relative
        exponential = entry.measure == EXPONENTIAL and objective.maximize in (None, EXPONENTIAL)
        linear = not relative and not exponential
        if entry.measure in PERCENT if relative else entry.level in SHARES:
            return cls(name, "share", "points", best, False, linear)
        unit = "" if relative else {"travel": "km"}.get(entry.level, entry.level.replace("_", " "))
        return cls(name, unit, unit, best, False, linear)

    def small(self, value: float | None) -> float | None:
        """Return a value such that less is better: less what is to be great."""
        return None if value is None else self.sense * value

    @property
    def sense(self) -> float:
        """1 where less is better, else -1."""
        return -1.0 if self.maximize else 1.0

    @property
    def worse(self) -> str:
        """What happens to it where it gets worse."""
        return "lower" if self.maximize else "higher"

    @property
    def extreme(self) -> str:
        """What is sought: the least, or the greatest."""
        return "greatest" if self.maximize else "least"

    @property
    def times(self) -> float:
        """What values are multiplied by on the screen."""
        return 100.0 if self.unit == "share" else 1.0

    def amount(self, value: float | None, sign: str = "") -> str:
        """Return a value, or a difference, as a planner reads it.

        Parameters
        ----------
        value : float or None
            In ``unit``.
        sign : str
            ``+`` to show the sign of a gain as well.

        Examples
        --------
        >>> coverage = Aim("mean coverage", "share", "points", True, False, True)
        >>> coverage.amount(0.0123), coverage.amount(0.0123, "+"), coverage.amount(None)
        ('1.23', '+1.23', '-')
        """
        if value is None:
            return "-"
        if self.cost:
            return f"{value:+,.0f}" if sign else money(value)
        value = self.times * value + 0.0
        return f"{value:{sign},.2f}" if self.unit in ("share", "km") else f"{value:{sign},.4g}"
