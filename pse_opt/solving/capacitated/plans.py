"""Plans of a model with many links: engagements made whole by linear programs, and exchanged."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from pse_opt.solving.capacitated.links import Links
from pse_opt.solving.highs import Session
from pse_opt.solving.interrupt import Stop
from pse_opt.solving.outcome import Options, Outcome
from pse_opt.solving.rounding import fitting, ways

__all__ = ["Plans"]

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

TRIED = 25
"""Engagements that are tried in the place of one, those that the relaxation likes most."""
GAIN = 1e-9
"""Least gain of an exchange, relative to the objective."""


class Plans:
    """The best plan so far, and ways to better ones.

    Parameters
    ----------
    links : Links
        The links of the model.
    options : Options
        Of the whole solve.
    stop : Stop, optional
        Looked at between linear programs.

    Attributes
    ----------
    best : Outcome or None
        The best plan, with the duals of its linear program and without a bound.
    whole : ndarray of bool, shape (links,)
        Links that carry all they may in a plan, or nothing.
    """

    def __init__(self, links: Links, options: Options, stop: Stop | None) -> None:
        self.links, self.compiled, self.options, self.stop = links, links.compiled, options, stop
        self.integer = np.flatnonzero(self.compiled.integer)
        self.best: Outcome | None = None
        self.whole: Flags = np.zeros(len(links.at), dtype=bool)
        self._tried: set[bytes] = set()

    def complete(self, values: Floats) -> bool:
        """Hold the best plan with the whole numbers of some values; return whether it is better.

        With offers that are not engaged go their links: the linear program is a small one.
        """
        compiled, at = self.compiled, self.integer
        chosen = np.zeros(len(values))
        chosen[at] = np.round(values[at])
        key = chosen[at].tobytes()
        if key in self._tried:
            return False
        self._tried.add(key)
        kept = self.carrying(chosen)
        if kept is None:
            return False
        narrow = self.links.narrow(kept)
        session = Session(narrow.compiled, self.options, stop=self.stop)
        session.fix(chosen[narrow.columns])
        answer = session.run(cleaning=True)
        if answer.state != "optimal" or answer.values is None:
            return False
        found = narrow.whole(answer.values, len(values))
        found[at] = chosen[at]
        objective = float(compiled.cost @ found + compiled.offset)
        if not self._better(objective):
            return False
        dual = np.zeros(len(compiled.rows))
        assert answer.row_dual is not None
        dual[narrow.rows] = answer.row_dual
        self.best = Outcome("feasible", "time_limit", found, objective, None, None, dual, 0.0)
        return True

    def hold(self, values: Floats) -> bool:
        """Hold a plan as it is; return whether it is better."""
        objective = float(self.compiled.cost @ values + self.compiled.offset)
        if not self._better(objective):
            return False
        found = values.copy()
        self.best = Outcome("feasible", "time_limit", found, objective, None, None, None, 0.0)
        return True

    def carrying(self, chosen: Floats) -> Flags | None:
        """Return the links that may carry something where some whole numbers are chosen.

        None where no plan is known with these.
        """
        return np.asarray(self.links.caps @ chosen > 0.0)

    def round(self, relaxed: Floats, end: float) -> None:
        """Try the ways to round a relaxation, until time is up."""
        fits = fitting(self.compiled, relaxed)
        for values in (*ways(self.compiled, relaxed), *([] if fits is None else [fits])):
            if self._over(end):
                return
            self.complete(values)

    def exchange(self, relaxed: Floats, reduced: Floats, end: float) -> None:
        """Drop an engagement, or make another in its place, as long as that is better.

        Parameters
        ----------
        relaxed, reduced : ndarray, shape (columns,)
            A solution of the relaxation, and reduced costs: what it likes most is tried first.
        end : float
            When to stop, by ``time.perf_counter``.
        """
        at = self.integer
        liked = at[np.lexsort((reduced[at], -relaxed[at]))]
        better = self.best is not None
        while better:
            better = False
            for values in self._neighbours(liked):
                if self._over(end):
                    return
                if self.complete(values):
                    better = True
                    break

    def _neighbours(self, liked: npt.NDArray[np.int64]) -> Iterator[Floats]:
        """Yield the best plan with an engagement less, or another in its place."""
        assert self.best is not None
        held = self.best.values
        assert held is not None
        others = liked[held[liked] < 0.5][:TRIED]
        # What the relaxation likes least goes first.
        for old in liked[held[liked] > 0.5][::-1]:
            for new in (None, *others.tolist()):
                values = held.copy()
                values[old] = 0.0
                if new is not None:
                    values[new] = 1.0
                if (values >= self.compiled.lower).all():
                    yield values

    def _over(self, end: float) -> bool:
        return bool(self.stop) or time.perf_counter() > end

    def _better(self, objective: float) -> bool:
        if self.best is None or self.best.objective is None:
            return True
        gain = objective - self.best.objective
        gain = gain if self.compiled.maximize else -gain
        return gain > GAIN * abs(self.best.objective)
