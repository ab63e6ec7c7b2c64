"""What :func:`pse_opt.sensitivity` finds: prices of limits, replacements, ranges, alternatives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from pse_opt.analysis.bracket import Bracket, gain_dict
from pse_opt.analysis.gain import Gain
from pse_opt.analysis.marginal import Marginal
from pse_opt.analysis.shown import Shown
from pse_opt.instance import Instance
from pse_opt.plan import Plan

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.console import RenderableType

__all__ = [
    "Alternative",
    "CostRange",
    "Replacement",
    "Resolved",
    "Role",
    "Sensitivity",
    "Taken",
]


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
        By how much the least cost without it is above the least cost: what was found, and what is
        proven; money per year. Less than 0 is possible where one of its offers is required.
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
        Money per year by the price with the engagements fixed; None where there is none.
    status : str
        Of the solve.
    more : Gain
        True difference of the least cost: what was found, and what is proven.
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
    """Another plan that costs nearly as little.

    Attributes
    ----------
    number : int
        In the order in which they were found, which is that of cost but for the gaps.
    objective : float
        Money per year.
    more : Gain
        Over the least cost.
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
    """What an offer is in the plans within the gap of the least cost.

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


@dataclass(frozen=True, eq=False)
class Sensitivity(Shown):
    """What a plan's cost hangs on.

    Attributes
    ----------
    instance : Instance
        The instance.
    model : str
        Name of the model.
    plan : Plan
        The plan.
    objective : float
        What it costs, money per year.
    broken : int
        Rules that it breaks.
    best : Bracket
        What is known of the least cost under the rules.
    fixed : float or None
        Cost of the best deliveries with its engagements; None where none keep the rules.
    limits : tuple of Marginal
        Prices of limits with the engagements fixed, the greatest effects first.
    resolved : tuple of Resolved
        Limits for which everything was solved again.
    replacements : tuple of Replacement
        Engaged providers, the dearest first.
    costs : tuple of CostRange
        How far costs may move.
    within : float
        Gap of the alternatives, relative to the least cost.
    alternatives : tuple of Alternative
        Plans within it.
    complete : bool
        Whether it is proven that no others, as different as was asked for, are within it.
    roles : tuple of Role
        Of every offer that may be engaged; empty where no alternatives were asked for.
    notes, missing : tuple of str
        What limits these figures; what Ctrl-C left unsolved.
    solves, resumed : int
        Solves of this run, and answers of former runs that were used again.
    seconds : float
        Of the solves of this run, added up.
    """

    instance: Instance = field(repr=False)
    model: str
    plan: Plan = field(repr=False)
    objective: float
    broken: int
    best: Bracket
    fixed: float | None
    limits: tuple[Marginal, ...] = field(repr=False)
    resolved: tuple[Resolved, ...] = field(repr=False)
    replacements: tuple[Replacement, ...] = field(repr=False)
    costs: tuple[CostRange, ...] = field(repr=False)
    within: float
    alternatives: tuple[Alternative, ...] = field(repr=False)
    complete: bool
    roles: tuple[Role, ...] = field(repr=False)
    notes: tuple[str, ...]
    missing: tuple[str, ...]
    solves: int
    resumed: int
    seconds: float

    @property
    def refuted(self) -> bool:
        """Whether a plan of a solve fails the independent checker."""
        parts = (self.resolved, self.replacements, self.costs, self.alternatives)
        return any(x.verified is False for part in parts for x in part)

    @property
    def parts(self) -> Mapping[str, pd.DataFrame]:
        """A table of each part: limits, resolved, replacements, costs, alternatives, roles."""
        lines: dict[str, list[dict[str, Any]]] = {
            "limits": [x.to_dict() for x in self.limits],
            "resolved": [x.to_dict() for x in self.resolved],
            "replacements": [_flat(x.to_dict()) for x in self.replacements],
            "costs": [x.to_dict() for x in self.costs],
            "alternatives": [_flat(x.to_dict()) for x in self.alternatives],
            "roles": [asdict(x) for x in self.roles],
        }
        return {name: pd.DataFrame(rows) for name, rows in lines.items()}

    def to_frame(self) -> pd.DataFrame:
        """Return every figure: one row each, the column ``part`` says of what (see ``parts``)."""
        some = [f.assign(part=name) for name, f in self.parts.items() if len(f)]
        if not some:
            return pd.DataFrame({"part": []})
        whole = pd.concat(some, ignore_index=True)
        return whole[["part", *(c for c in whole.columns if c != "part")]]

    def to_dict(self) -> dict[str, Any]:
        """Return everything but the plans as plain JSON values; unknown numbers are None."""
        return {
            "schema": 1,
            "instance": self.instance.name,
            "model": self.model,
            "currency": self.instance.about.currency,
            "objective": self.objective,
            "broken": self.broken,
            "best": asdict(self.best),
            "fixed": self.fixed,
            "limits": [x.to_dict() for x in self.limits],
            "resolved": [x.to_dict() for x in self.resolved],
            "replacements": [x.to_dict() for x in self.replacements],
            "costs": [x.to_dict() for x in self.costs],
            "within": self.within,
            "alternatives": [x.to_dict() for x in self.alternatives],
            "complete": self.complete,
            "roles": [asdict(x) for x in self.roles],
            "notes": list(self.notes),
            "missing": list(self.missing),
            "solves": self.solves,
            "resumed": self.resumed,
            "seconds": self.seconds,
        }

    def plot(self) -> Figure:
        """Return a figure: replacement costs, prices of limits, how far costs may rise."""
        from pse_opt.report.sensitivity import plot_sensitivity

        return plot_sensitivity(self)

    def screen(self) -> RenderableType:
        """Return what the terminal shows."""
        from pse_opt.sensitivity_screen import sensitivity_screen

        return sensitivity_screen(self)


def _flat(said: dict[str, Any]) -> dict[str, Any]:
    """Return a row whose lists are text."""
    taken = said.pop("taken", None)
    if taken is not None:
        said["taken"] = "; ".join(f"{t['provider']} {t['units']:.0f} {t['service']}" for t in taken)
    return {k: ", ".join(v) if isinstance(v, list) else v for k, v in said.items()}
