"""The parts of a sensitivity analysis: replacements, ranges of costs, limits, other plans."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from pse_opt.analysis.bracket import gain_dict
from pse_opt.analysis.gain import Gain
from pse_opt.plan import Plan

__all__ = ["Alternative", "CostRange", "Replacement", "Resolved", "Role", "Taken"]


@dataclass(frozen=True)
class Taken:
    """What somebody takes over: units per year of a service, where the provider gone delivered it.

    Attributes
    ----------
    service, provider : str
        Identifiers; the provider ``last_resort``, or ``unmet`` for what nobody delivers.
    units : float
        Units per year more than in the plan; where others change places at the same need as well,
        in proportion.
    share : float
        The same as a share of what the provider replaced delivers of the service.
    """

    service: str
    provider: str
    units: float
    share: float


@dataclass(frozen=True)
class Replacement:
    """A provider that is engaged, and the best plan without it.

    Attributes
    ----------
    provider, name, kind : str
        Whom it is about.
    offers : int
        Offers of it that the plan engages.
    cost : float
        Public money per year that these cost.
    status : str
        Of the solve without it: ``infeasible`` means that it is indispensable.
    more : Gain
        By how much the best objective without it is worse, higher where it is a cost: what was
        found, and what is proven; money per year, or the unit of the objective. Less than 0 is
        possible where one of its offers is required.
    verified : bool or None
        Whether the plan without it passes the independent checker.
    taken : tuple of Taken
        Who takes over, the most first.
    """

    provider: str
    name: str
    kind: str
    offers: int
    cost: float
    status: str
    more: Gain
    verified: bool | None
    taken: tuple[Taken, ...] = field(default=(), repr=False)

    @property
    def indispensable(self) -> bool:
        """Whether no plan without it keeps all rules."""
        return self.status == "infeasible"

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        names = ("provider", "name", "kind", "offers", "cost", "status", "indispensable")
        return {
            **{n: getattr(self, n) for n in names},
            **gain_dict(self.more),
            "verified": self.verified,
            "taken": [asdict(t) for t in self.taken],
        }


@dataclass(frozen=True)
class CostRange:
    """How far the cost of an offer may move before the best plan engages others.

    Attributes
    ----------
    offer, provider, service, region : str
        As in the table offers.
    engaged : bool
        Whether the plan engages it. If so the figures are rises of its cost, else falls.
    cost : float or None
        What it costs now in the plan, in public money per year.
    volume : float
        What it delivers in the plan, units per year.
    status : str
        Of the solve without it (with it, where it is not engaged); ``required``: the instance says
        that it must be engaged, whatever it costs.
    least : float or None
        Money per year that its cost may move by at least, whatever the gaps leave open; infinite
        where no plan without it keeps the rules.
    most : float or None
        A move from which on it is proven that the best plan has changed; None where unknown.
    per_unit : float or None
        ``least`` for each unit that it delivers: a rise of its unit cost that leaves it engaged.
    verified : bool or None
        Of the plan of the solve.
    """

    offer: str
    provider: str
    service: str
    region: str
    engaged: bool
    cost: float | None
    volume: float
    status: str
    least: float | None
    most: float | None
    per_unit: float | None
    verified: bool | None

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        return asdict(self)


@dataclass(frozen=True)
class Resolved:
    """A limit moved by a step, and everything solved again.

    Attributes
    ----------
    name : str
        Of the limit.
    step : float
        In the unit of the limit.
    predicted : float or None
        Change of the objective by the price with the engagements fixed; None where there is none.
    status : str
        Of the solve.
    more : Gain
        True change of the best objective: what was found, and what is proven.
    verified : bool or None
        Of its plan.
    """

    name: str
    step: float
    predicted: float | None
    status: str
    more: Gain
    verified: bool | None

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        names = ("name", "step", "predicted", "status", "verified")
        return {**{n: getattr(self, n) for n in names}, **gain_dict(self.more)}


@dataclass(frozen=True, eq=False)
class Alternative:
    """Another plan that is nearly as good.

    Attributes
    ----------
    number : int
        In the order in which they were found, the best first but for the gaps.
    objective : float
        Money per year, or the unit of the objective.
    more : Gain
        By how much it is worse than the best.
    added, dropped : tuple of str
        Offers engaged here and not in the best plan; and the other way round.
    verified : bool or None
        Whether it passes the independent checker, its difference from the others included.
    plan : Plan
        The plan.
    """

    number: int
    objective: float
    more: Gain
    added: tuple[str, ...]
    dropped: tuple[str, ...]
    verified: bool | None
    plan: Plan = field(repr=False)

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain JSON values, without the plan."""
        return {
            "number": self.number,
            "objective": self.objective,
            **gain_dict(self.more),
            "added": list(self.added),
            "dropped": list(self.dropped),
            "verified": self.verified,
        }


@dataclass(frozen=True)
class Role:
    """What an offer is in the plans within the gap of the best objective.

    Attributes
    ----------
    offer : str
        Identifier.
    engaged : bool
        In the plan.
    role : str
        ``core``: engaged in all of them; ``swing``: in some; ``never``: in none; ``open``: not
        known.
    evidence : str
        ``required``, ``solve`` or ``relaxation`` for what is proven, ``plans`` for plans that show
        it, else blank.
    """

    offer: str
    engaged: bool
    role: str
    evidence: str
