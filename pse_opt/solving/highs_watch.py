"""Progress of HiGHS while it runs, and requests to stop."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import highspy

from pse_opt.solving.interrupt import Stop
from pse_opt.solving.outcome import Progress, relative_gap

__all__ = ["Watch"]


class Watch:
    """Progress out, and requests to stop in; its callbacks never raise."""

    def __init__(
        self,
        h: highspy.Highs,
        scale: float,
        stop: Stop | None,
        progress: Callable[[Progress], None] | None,
    ) -> None:
        self.scale, self.stop, self.progress = scale, stop, progress
        self.deaf = False
        self.shown = 0.0
        self.error: Exception | None = None
        h.cbMipInterrupt += self.mip
        h.cbMipImprovingSolution += self.mip
        h.cbSimplexInterrupt += self.linear
        h.cbIpmInterrupt += self.linear

    def mip(self, event: Any) -> None:
        """Report bound and incumbent, and stop when asked to."""
        now = time.perf_counter()
        if self.progress is not None and now - self.shown > 0.2:
            self.shown = now
            out = event.data_out
            objective = self._number(out.mip_primal_bound)
            bound = self._number(out.mip_dual_bound)
            moment = Progress(
                float(out.running_time), objective, bound, relative_gap(objective, bound)
            )
            self._tell(moment)
        self.linear(event)

    def linear(self, event: Any) -> None:
        """Stop when asked to."""
        if self.stop and not self.deaf:
            event.interrupt()

    def _number(self, value: float) -> float | None:
        return float(value) / self.scale if abs(value) < 1e29 else None

    def _tell(self, moment: Progress) -> None:
        try:
            assert self.progress is not None
            self.progress(moment)
        except Exception as error:  # an exception inside a callback would lose the incumbent
            self.error, self.progress = error, None
