"""What the results of all analyses can do: be a table, JSON, a figure, a screen, a notebook's."""

from __future__ import annotations

import html
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure
    from rich.console import RenderableType

__all__ = ["Shown"]


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
