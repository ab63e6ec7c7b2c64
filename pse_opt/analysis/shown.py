"""What the results of all analyses can do: be a table, JSON, a figure, a screen, a notebook's."""

from __future__ import annotations

import html
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pse_opt.analysis.aim import Aim
from pse_opt.instance import Instance
from pse_opt.plan import Plan

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure
    from rich.console import RenderableType

__all__ = ["OfPlan", "Shown"]


class Shown(ABC):
    """A frozen result of an analysis."""

    @abstractmethod
    def to_frame(self) -> pd.DataFrame:
        """Return the figures as a table."""

    @abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain JSON values; unknown numbers are None."""

    @abstractmethod
    def plot(self) -> Figure:
        """Return a figure."""

    @abstractmethod
    def screen(self) -> RenderableType:
        """Return what the terminal shows."""

    def to_json(self) -> str:
        """Return everything but the plans as JSON text."""
        from pse_opt.results import json_text

        return json_text(self.to_dict())

    def __str__(self) -> str:
        from pse_opt.terminal import as_lines

        return as_lines(self.screen())

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(str(self))}</pre>"


@dataclass(frozen=True, eq=False, kw_only=True)
class OfPlan(Shown):
    """What the analyses of a given plan have in common.

    Attributes
    ----------
    instance : Instance
        The instance.
    model : str
        Name of the model.
    aim : Aim
        What is best under the model, and in which unit.
    plan : Plan
        The plan.
    objective : float
        What it costs, money per year; or its value in the unit of another objective.
    notes, missing : tuple of str
        What limits the figures; what Ctrl-C left unsolved.
    solves, resumed : int
        Solves of this run, and answers of former runs that were used again.
    seconds : float
        Of the solves of this run, added up.
    """

    instance: Instance = field(repr=False)
    model: str
    aim: Aim = field(repr=False)
    plan: Plan = field(repr=False)
    objective: float
    notes: tuple[str, ...]
    missing: tuple[str, ...]
    solves: int
    resumed: int
    seconds: float

    def common(self) -> dict[str, Any]:
        """Return what they have in common as plain JSON values, without the plan."""
        names = ("model", "objective", "solves", "resumed", "seconds")
        return {
            "schema": 1,
            "instance": self.instance.name,
            "currency": self.instance.about.currency,
            "goal": self.aim.name,
            "unit": self.aim.unit,
            "maximize": self.aim.maximize,
            **{name: getattr(self, name) for name in names},
            "notes": list(self.notes),
            "missing": list(self.missing),
        }
