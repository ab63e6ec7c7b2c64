"""What the commands of several analyses share: telling what runs, and writing what was found."""

from __future__ import annotations

import io
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from pse_opt import terminal

if TYPE_CHECKING:
    from pse_opt.analysis.shown import Shown
    from pse_opt.analysis.workers import Tell

__all__ = ["telling", "told_solves", "write_analysis"]


class Counted(Protocol):
    """What knows how many solves it took."""

    @property
    def solves(self) -> int:
        """Solves of this run."""

    @property
    def resumed(self) -> int:
        """Answers of former runs."""

    @property
    def seconds(self) -> float:
        """Of the solves of this run, added up."""


def write_analysis(found: Shown, folder: Path, name: str) -> None:
    """Write the table, everything as JSON, and the figure, as files of that name.

    Levels of the plans, and the rules of a frontier, are what its report needs besides.
    """
    from pse_opt.analysis.compare import Comparison
    from pse_opt.analysis.frontier_result import Frontier
    from pse_opt.io import to_csv
    from pse_opt.results import write_files

    figure, png, svg = found.plot(), io.BytesIO(), io.BytesIO()
    figure.savefig(png, format="png", dpi=160)
    figure.savefig(svg, format="svg", metadata={"Date": None})
    files: dict[str, str | bytes] = {
        f"{name}.csv": to_csv(found.to_frame()),
        f"{name}.json": found.to_json(),
        f"{name}.png": png.getvalue(),
        f"{name}.svg": svg.getvalue(),
    }
    if isinstance(found, Comparison | Frontier):
        files["levels.csv"] = to_csv(found.levels())
    if isinstance(found, Frontier):
        files["model.toml"] = found.policy.to_toml()
    write_files(folder, files)


def told_solves(found: Counted, folder: Path) -> None:
    """Say how many solves there were, and where everything is."""
    again = f", {found.resumed} taken from before" if found.resumed else ""
    solves = terminal.count(found.solves, "solve")
    terminal.out.print(f"\n{solves} in {found.seconds:.1f} s{again}; written {folder}")


def telling(*, enabled: bool) -> AbstractContextManager[Tell | None]:
    """Yield a function that shows which solve is running, or None where nobody looks."""
    return terminal.counting("solves", enabled=enabled)
