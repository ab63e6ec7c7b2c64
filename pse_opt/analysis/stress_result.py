"""What :func:`pse_opt.stress` finds: what breaks, what recovery costs, what is regretted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from pse_opt.analysis.aim import Aim
from pse_opt.analysis.bracket import gain_dict
from pse_opt.analysis.gain import Gain
from pse_opt.analysis.shown import OfPlan
from pse_opt.plan import Plan

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.console import RenderableType

__all__ = ["QUANTILES", "Held", "Recovered", "Stress", "Trial"]

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True, eq=False)
class Held:
    """The engagements kept, deliveries anew.

    Attributes
    ----------
    objective : float
        Money per year, or in the unit of another objective.
    rules : tuple of str
        Rules that give way, as the checker says them.
    people : float
        People whom floors lack, each as the part that is missing, counted once for each service.
    target_people : float
        People whom targets lack, likewise: the part of all who are concerned.
    units : mapping of str to float
        Units per year that floors lack, by service.
    target_units : mapping of str to float
        Units per year that targets lack, by service.
    last_resort : mapping of str to float
        Units per year that government delivers outside the offers, by service.
    worse : DataFrame
        Every need that is served less than in the plan: region, group, service, before, coverage,
        floor, lost (units per year), short (units per year below the floor), people (who lose, as
        parts), most first.
    sound : bool
        Whether the plan keeps all that is physical, and every rule but those named.
    plan : Plan or None
        The deliveries.
    """

    objective: float
    rules: tuple[str, ...]
    people: float
    target_people: float
    units: dict[str, float]
    target_units: dict[str, float]
    last_resort: dict[str, float]
    worse: pd.DataFrame = field(repr=False)
    sound: bool
    plan: Plan | None = field(default=None, repr=False)

    @property
    def kept(self) -> bool:
        """Whether all rules are kept."""
        return not self.rules

    def severity(self, aim: Aim) -> tuple[float, ...]:
        """Return what makes it worse than another: people, rules, and the objective."""
        short = round(self.people + self.target_people, 2)
        return (short, len(self.rules), aim.sense * self.objective)

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain JSON values, without the plan."""
        names = (
            "objective",
            "kept",
            "people",
            "target_people",
            "units",
            "target_units",
            "last_resort",
            "sound",
        )
        said = {n: getattr(self, n) for n in names}
        return {**said, "rules": list(self.rules), "worse": self.worse.to_dict(orient="records")}


@dataclass(frozen=True, eq=False)
class Recovered:
    """Everything solved again in the scenario.

    Attributes
    ----------
    status : str
        As in :class:`pse_opt.Result`.
    objective, bound : float or None
        Best objective known, and what no plan is better than.
    cost : Gain
        By how much the objective of the new plan is worse than that of the plan today: more money
        per year, or the unit of another objective.
    regret : Gain or None
        By how much the objective with the engagements kept is worse than the best of the scenario;
        None where they do not keep the rules, and objectives are of different things.
    added, dropped : int
        Offers that the new plan engages anew, and no longer.
    verified : bool or None
        Whether the new plan passes the independent checker.
    """

    status: str
    objective: float | None
    bound: float | None
    cost: Gain
    regret: Gain | None
    added: int
    dropped: int
    verified: bool | None

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        said = {n: getattr(self, n) for n in ("status", "objective", "bound", "added", "dropped")}
        regret = None if self.regret is None else gain_dict(self.regret)
        return {**said, "verified": self.verified, "cost": gain_dict(self.cost), "regret": regret}


@dataclass(frozen=True, eq=False)
class Trial:
    """One scenario.

    Attributes
    ----------
    kind, name : str
        As in the scenario; the worst of several providers has the kind ``worst``.
    held : Held or None
        With the engagements kept; None where it was not solved.
    recovered : Recovered or None
        Solved again; None where it was not asked for, or not solved.
    """

    kind: str
    name: str
    held: Held | None
    recovered: Recovered | None

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        return {
            "kind": self.kind,
            "name": self.name,
            "held": None if self.held is None else self.held.to_dict(),
            "recovered": None if self.recovered is None else self.recovered.to_dict(),
        }

    def row(self) -> dict[str, Any]:
        """Return it as one row of a table."""
        row: dict[str, Any] = {"kind": self.kind, "name": self.name}
        if (held := self.held) is not None:
            row |= {
                "kept": held.kept,
                "held_objective": held.objective,
                "people_short": held.people,
            }
            row["target_people_short"] = held.target_people
            row |= {"rules_broken": len(held.rules), "needs_worse": len(held.worse)}
            row |= {f"short_{s}": v for s, v in held.units.items()}
            row |= {f"target_short_{s}": v for s, v in held.target_units.items()}
            row |= {f"last_resort_{s}": v for s, v in held.last_resort.items()}
        if (new := self.recovered) is not None:
            row |= {"status": new.status, "objective": new.objective, "bound": new.bound}
            row |= {f"recovery_{k}": v for k, v in gain_dict(new.cost).items()}
            row |= (
                {f"regret_{k}": v for k, v in gain_dict(new.regret).items()} if new.regret else {}
            )
            row |= {"added": new.added, "dropped": new.dropped, "verified": new.verified}
        return row


@dataclass(frozen=True, eq=False, kw_only=True)
class Stress(OfPlan):
    """A plan in other worlds.

    Attributes
    ----------
    instance, model, aim, plan, objective, notes, missing, solves, resumed, seconds
        As in :class:`pse_opt.analysis.shown.OfPlan`.
    trials : tuple of Trial
        Every scenario, in the order in which they were asked for.
    search : str
        How the worst providers together were found: ``exact`` or ``greedy``, with words; blank
        where none were asked for.
    seed : int
        Of the draws.
    """

    trials: tuple[Trial, ...] = field(repr=False)
    search: str
    seed: int

    @property
    def refuted(self) -> bool:
        """Whether a plan fails the independent checker in more than the rules it is said to."""
        held = any(t.held is not None and not t.held.sound for t in self.trials)
        return held or any(
            t.recovered is not None and t.recovered.verified is False for t in self.trials
        )

    def of_kind(self, *kinds: str) -> tuple[Trial, ...]:
        """Return the scenarios of some kinds."""
        return tuple(t for t in self.trials if t.kind in kinds)

    def quantiles(self) -> pd.DataFrame:
        """Return quantiles over the draws of demand.

        Columns: quantity (``held_objective``, ``people_short``, ``regret`` where it is known),
        unit, draws (how many it is over), and one for each of 5, 25, 50, 75 and 95 percent.
        """
        draws = self.of_kind("draw")
        held = [t.held for t in draws if t.held is not None]
        regrets = [
            t.recovered.regret.found
            for t in draws
            if t.recovered is not None
            and t.recovered.regret is not None
            and t.recovered.regret.found is not None
        ]
        unit = self.aim.unit
        rows = [
            _quantiles("held_objective", unit, [h.objective for h in held]),
            _quantiles("people_short", "people", [h.people for h in held]),
            _quantiles("regret", unit, regrets),
        ]
        columns = ["quantity", "unit", "draws", *(f"{q:.0%}" for q in QUANTILES)]
        return pd.DataFrame([r for r in rows if r], columns=columns)

    def to_frame(self) -> pd.DataFrame:
        """Return one row for each scenario."""
        return pd.DataFrame([t.row() for t in self.trials])

    def to_dict(self) -> dict[str, Any]:
        """Return everything but the plans as plain JSON values; unknown numbers are None."""
        return {
            **self.common(),
            "search": self.search,
            "seed": self.seed,
            "trials": [t.to_dict() for t in self.trials],
            "quantiles": self.quantiles().to_dict(orient="records"),
        }

    def plot(self) -> Figure:
        """Return a figure: who is short where a provider drops out, and the draws of demand."""
        from pse_opt.report.stress import plot_stress

        return plot_stress(self)

    def screen(self) -> RenderableType:
        """Return what the terminal shows."""
        from pse_opt.stress_screen import stress_screen

        return stress_screen(self)


def _quantiles(quantity: str, unit: str, values: Sequence[float]) -> list[Any]:
    if not values:
        return []
    return [quantity, unit, len(values), *np.quantile(values, QUANTILES).tolist()]
