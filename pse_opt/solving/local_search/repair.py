"""Plans from whole numbers that are a guess: completed, mended where rules are broken, or rounded.

All linear programs here have the time of one solve, and some seconds beyond it in all.
"""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from pse_opt.solving.compiled import Compiled
from pse_opt.solving.highs import Session, granted
from pse_opt.solving.interrupt import Stop
from pse_opt.solving.local_search.mending import KEPT, mended, missing, softened
from pse_opt.solving.outcome import Options
from pse_opt.solving.rounding import rounded
from pse_opt.solving.search import Gaps, Search

__all__ = ["Repair"]

Floats = npt.NDArray[np.float64]


class Repair:
    """Makes plans of one model.

    Parameters
    ----------
    compiled, given : Compiled
        The model, and what counts of it: some of its rows may be left out.
    options : Options
        Of the whole solve.
    stop : Stop
        Ends searches.
    deadline : float
        When the time of the solve is up, by ``time.perf_counter``.
    """

    def __init__(
        self, compiled: Compiled, given: Compiled, options: Options, stop: Stop, deadline: float
    ) -> None:
        self.compiled, self.given, self.options, self.stop = compiled, given, options, stop
        self.deadline = deadline
        self.beyond = granted(options.time_limit)

    def session(self, compiled: Compiled) -> Session:
        """Load a model, with the time that is left, and what is left beyond it for cleaning."""
        left = self.deadline - time.perf_counter()
        return Session(
            compiled,
            replace(self.options, time_limit=max(left, 1e-6)),
            stop=self.stop,
            beyond=max(self.beyond + min(left, 0.0), 1e-6),
        )

    def search(self, gap: float = 0.0) -> Search:
        """Return a search that holds plans."""
        return Search(self.session(self.given), Gaps(gap), [])

    def plan(self, values: Floats) -> Floats | None:
        """Return the best plan with the whole numbers of some values, or None."""
        search = self.search()
        search.hold(values)
        return None if search.best is None else search.best[1]

    def round(self, relaxed: Floats) -> Floats | None:
        """Return whole numbers that admit a plan, by rounding a relaxation in the usual ways."""
        session = self.session(self.given)
        session.relax()
        found = rounded(session, relaxed)
        if found is None:
            return None
        values = relaxed.copy()
        values[list(found)] = list(found.values())
        return values

    def mend(self, guess: Floats, seconds: float) -> Floats | None:
        """Search around what a guess misses until nothing is; return the plan, or None."""
        soft = softened(self.compiled)
        end = min(time.perf_counter() + seconds, self.deadline)
        values = missing(soft, guess)
        if soft.violation(values).max(initial=0.0) > KEPT:
            session = self.session(soft)
            session.fix(values)
            session.deadline = end
            found = session.run().values
            if found is None:
                return None
            values = found
        return self.plan(mended(soft, len(guess), values, end, self.options, self.stop))
