"""What :func:`pse_opt.sensitivity` finds: prices of limits, replacements, ranges, alternatives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from pse_opt.analysis.bracket import Bracket
from pse_opt.analysis.marginal import Marginal
from pse_opt.analysis.sensitivity_parts import (
    Alternative,
    CostRange,
    Replacement,
    Resolved,
    Role,
)
from pse_opt.analysis.shown import OfPlan

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.console import RenderableType

__all__ = ["Sensitivity"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Sensitivity(OfPlan):
    """What a plan's objective hangs on.

    Attributes
    ----------
    instance, model, aim, plan, objective, notes, missing, solves, resumed, seconds
        As in :class:`pse_opt.analysis.shown.OfPlan`.
    broken : int
        Rules that it breaks.
    best : Bracket
        What is known of the best objective under the rules.
    fixed : float or None
        Objective of the best deliveries with its engagements; None where none keep the rules, or
        limits have no prices.
    limits : tuple of Marginal
        Prices of limits with the engagements fixed, the greatest effects first.
    resolved : tuple of Resolved
        Limits for which everything was solved again.
    replacements : tuple of Replacement
        Engaged providers, the dearest first.
    costs : tuple of CostRange
        How far costs may move; empty where the objective is not cost.
    within : float
        Gap of the alternatives, relative to the best objective.
    alternatives : tuple of Alternative
        Plans within it.
    complete : bool
        Whether it is proven that no others, as different as was asked for, are within it.
    roles : tuple of Role
        Of every offer that may be engaged; empty where no alternatives were asked for.
    """

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
            **self.common(),
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
