"""The frontier that :func:`pse_opt.frontier` finds: points, knee, prices, winners and losers."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from pse_opt.analysis.comparing import change_of, levels_of
from pse_opt.analysis.frontier_facts import Best
from pse_opt.analysis.frontier_points import Against, Point
from pse_opt.analysis.shown import Shown
from pse_opt.analysis.varying import Varied
from pse_opt.instance import Instance
from pse_opt.policy import Policy

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.console import RenderableType

__all__ = ["Frontier"]


@dataclass(frozen=True, eq=False)
class Frontier(Shown):
    """The best objective within each bound, from no bound to the tightest.

    Attributes
    ----------
    instance : Instance
        The instance.
    model, vary : str
        Name of the model, and the path of the bound that is varied.
    quantity : str
        What is bounded, with its unit unless it is a share.
    cost : bool
        Whether the objective is a cost; else it is coverage, and public money is bounded.
    points : tuple of Point
        One for each bound, from loose to tight; the first has no bound, the last the tightest.
    best : Best or None
        The tightest value that was found, and how.
    against : Against or None
        Today's plan, or the one given, held against the frontier.
    reasons : tuple of str
        Why no plan keeps the rules even without the bound.
    notes : tuple of str
        Approximations with their proven error.
    missing : tuple of str
        What Ctrl-C left unsolved.
    solves, resumed : int
        Solves of this run, and answers of former runs that were used again.
    seconds : float
        Of the solves of this run, added up.
    policy : Policy
        The rules, whatever the bound.
    """

    instance: Instance = field(repr=False)
    model: str
    vary: str
    quantity: str
    cost: bool
    points: tuple[Point, ...]
    best: Best | None
    against: Against | None
    reasons: tuple[str, ...]
    notes: tuple[str, ...]
    missing: tuple[str, ...]
    solves: int
    resumed: int
    seconds: float
    varied: Varied = field(repr=False)
    policy: Policy = field(repr=False)

    @property
    def curve(self) -> tuple[Point, ...]:
        """The points that no other dominates, from loose to tight."""
        return tuple(p for p in self.points if p.objective is not None and not p.dominated)

    @property
    def knee(self) -> Point | None:
        """The point farthest below the line between the two ends, both axes from 0 to 1.

        None where the curve has no point between its ends, or none below that line.
        """
        curve = self.curve
        if len(curve) < 3:
            return None
        x, y = (
            np.array([float(getattr(p, name) or 0.0) for p in curve])
            for name in ("value", "objective")
        )
        if not np.isfinite(x).all():
            return None
        x, y = ((v - v[0]) / (v[-1] - v[0]) for v in (x, y))
        below = x - y
        at = int(below.argmax())
        return curve[at] if below[at] > 1e-9 else None

    def changes(self) -> pd.DataFrame:
        """Return who gains and who loses coverage from the loosest point to the tightest.

        Columns: of (``region`` or ``group``), name, change (share of need, mean over services),
        sorted by change. Empty where the curve has one point.
        """
        columns, curve = ["of", "name", "change"], self.curve
        after, before = (curve[-1].levels, curve[0].levels) if len(curve) > 1 else (None, None)
        if after is None or before is None:
            return pd.DataFrame([], columns=columns)
        regions = self.instance.regions
        names = dict(zip(regions["region"], regions["name"], strict=True))
        parts = [change_of(after, before, "region").assign(of="region")]
        parts[0]["name"] = parts[0]["name"].map(names)
        if (after["group"] != "").any():
            parts.append(change_of(after, before, "group").assign(of="group"))
        return pd.concat(parts, ignore_index=True)[columns]

    def levels(self) -> pd.DataFrame:
        """Return what everybody gets at each point of the curve.

        Columns: plan (number of the point, from 1), region, group, service, demand, coverage.
        """
        told = {str(k): p.levels for k, p in enumerate(self.points, start=1) if p in self.curve}
        return levels_of(told)

    def to_frame(self) -> pd.DataFrame:
        """Return one row for each point."""
        knee = self.knee
        rows = [{**p.to_dict(), "knee": p is knee} for p in self.points]
        return pd.DataFrame(rows)

    def to_dict(self) -> dict[str, Any]:
        """Return everything but the plans as plain JSON values; unknown numbers are None."""
        knee = self.knee
        return {
            "schema": 1,
            "instance": self.instance.name,
            "model": self.model,
            "vary": self.vary,
            "quantity": self.quantity,
            "currency": self.instance.about.currency,
            "objective": "cost" if self.cost else "coverage",
            "points": [{**p.to_dict(), "knee": p is knee} for p in self.points],
            "best": None if self.best is None else asdict(self.best),
            "against": None if self.against is None else self.against.to_dict(),
            "changes": self.changes().to_dict(orient="records"),
            "reasons": list(self.reasons),
            "notes": list(self.notes),
            "missing": list(self.missing),
            "solves": self.solves,
            "resumed": self.resumed,
            "seconds": self.seconds,
        }

    def plot(self) -> Figure:
        """Return a figure: the curve with what the gaps leave open, the knee, the price."""
        from pse_opt.report.frontier import plot_frontier

        return plot_frontier(self)

    def screen(self) -> RenderableType:
        """Return what the terminal shows."""
        from pse_opt.frontier_screen import frontier_screen

        return frontier_screen(self)
