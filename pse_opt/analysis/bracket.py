"""Differences of objectives between solves, with what their gaps leave open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pse_opt.analysis.aim import Aim
from pse_opt.analysis.gain import Gain
from pse_opt.analysis.tasks import Answer

__all__ = ["Bracket", "gain_dict"]


@dataclass(frozen=True)
class Bracket:
    """What is known of a least value: a plan that has it, and that no plan is below.

    Attributes
    ----------
    objective, bound : float or None
        Money per year, or in the unit of another objective, such that less is better: less what is
        to be great (:meth:`pse_opt.analysis.aim.Aim.small`). None where nothing is known.
    """

    objective: float | None
    bound: float | None

    @classmethod
    def of(cls, answer: Answer, aim: Aim) -> Bracket:
        """Return what an answer proves."""
        return cls(aim.small(answer.objective), aim.small(answer.bound))

    def told(self, aim: Aim) -> Bracket:
        """Return it with the values of the objective as they are."""
        return Bracket(aim.small(self.objective), aim.small(self.bound))

    def joined(self, other: Bracket) -> Bracket:
        """Return what both prove of the same least value."""
        costs = [x.objective for x in (self, other) if x.objective is not None]
        bounds = [x.bound for x in (self, other) if x.bound is not None]
        return Bracket(min(costs, default=None), max(bounds, default=None))

    def more_than(self, base: Bracket, status: str = "", *, sign: int = 0) -> Gain:
        """Return by how much this least value is above another one.

        Parameters
        ----------
        base : Bracket
            The other.
        status : str
            Why this one is not known, where it is not.
        sign : int
            1 where it cannot be less than the other, for every plan here is one there too; -1 where
            it cannot be more.

        Returns
        -------
        Gain
            ``least`` and ``most`` hold for the true difference; ``found`` is that of the plans.
        """
        found = _minus(self.objective, base.objective)
        least = _minus(self.bound, base.objective)
        most = _minus(self.objective, base.bound)
        if sign > 0:
            least = max(least or 0.0, 0.0)
            most = None if most is None else max(most, least)
            found = None if found is None else max(found, 0.0)
        if sign < 0:
            most = min(most or 0.0, 0.0)
            least = None if least is None else min(least, most)
            found = None if found is None else min(found, 0.0)
        return Gain(found, least, most, status if found is None else "")


def _minus(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one - other


def gain_dict(gain: Gain) -> dict[str, Any]:
    """Return a difference as plain JSON values."""
    return {"found": gain.found, "least": gain.least, "most": gain.most}
