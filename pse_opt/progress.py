"""A live line on the terminal while a solve runs; silence when piped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

if TYPE_CHECKING:
    from pse_opt.solving.highs import Progress as Moment

__all__ = ["live_progress"]


@contextmanager
def live_progress(
    console: Console, *, enabled: bool = True
) -> Iterator[Callable[[Moment], None] | None]:
    """Yield a function that shows bound, incumbent and gap, or None where nobody looks."""
    if not (enabled and console.is_terminal):
        yield None
        return
    columns = (SpinnerColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=console, transient=True, refresh_per_second=5) as bar:
        task = bar.add_task("building the model")

        def show(moment: Moment) -> None:
            gap = "-" if moment.gap is None else f"{100 * moment.gap:.3f}%"
            text = (
                f"incumbent {_number(moment.objective)}  bound {_number(moment.bound)}  gap {gap}"
            )
            bar.update(task, description=text)

        yield show


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:,.6g}"
