"""What a solve went through: incumbent and bound over time, kept while they are shown."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar

from pse_opt.solving.outcome import Outcome, Progress

__all__ = ["History", "watcher"]

MOST = 500
"""Moments that are kept; beyond them every other one is dropped."""
watcher: ContextVar[Callable[[Progress], None] | None] = ContextVar("watcher", default=None)
"""Who is told of the solves of this process that nobody else watches, as those of an analysis."""


class History:
    """Takes the moments of a solve, keeps those at which something changed, and passes all on.

    Parameters
    ----------
    progress : callable, optional
        Who else wants to know; by default the :data:`watcher`.

    Examples
    --------
    >>> kept = History(None)
    >>> for seconds, bound in ((1.0, 80.0), (2.0, 80.0), (3.0, 90.0)):
    ...     kept(Progress(seconds, 100.0, bound, None))
    >>> [moment.seconds for moment in kept.moments]
    [1.0, 3.0]
    """

    def __init__(self, progress: Callable[[Progress], None] | None) -> None:
        self.progress = progress or watcher.get()
        self.moments: list[Progress] = []

    def __call__(self, moment: Progress) -> None:
        """Keep a moment, if it is not as the last one, and pass it on."""
        if not self.moments or _figures(self.moments[-1]) != _figures(moment):
            self.moments.append(moment)
        if len(self.moments) > MOST:
            del self.moments[1:-1:2]
        if self.progress is not None:
            self.progress(moment)

    def ended(self, outcome: Outcome, seconds: float) -> tuple[Progress, ...]:
        """Return what was kept, and what the solve ended with after so many seconds."""
        last = Progress(seconds, outcome.objective, outcome.bound, outcome.gap)
        return (*self.moments, last) if outcome.values is not None else tuple(self.moments)


def _figures(moment: Progress) -> tuple[float | None, float | None]:
    return moment.objective, moment.bound
