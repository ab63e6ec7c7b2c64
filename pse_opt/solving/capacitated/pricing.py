"""The linear relaxation of a model with many links, by columns and rows."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from pse_opt.solving.capacitated.links import Links, part_of
from pse_opt.solving.cuts import Additions, Cut
from pse_opt.solving.highs import Answer, Session
from pse_opt.solving.interrupt import Stop
from pse_opt.solving.outcome import Options

__all__ = ["Relaxed", "relaxation"]

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int64]

FIRST = 10
"""Links of each need that the relaxation starts from."""
BROKEN = 1e-6
"""Violation of a linking row for which it is added."""
EXACT = 1e-8
"""What links left out could still gain, relative to the bound, when pricing ends."""
OFTEN = 3
"""Rounds with rows between two with columns."""
MANY = 4_000
"""Links that are added at once, those that promise most."""


@dataclass(frozen=True, eq=False)
class Relaxed:
    """A solution of the relaxation, or a bound on it where time was up.

    Attributes
    ----------
    bound : float
        Bound on the objective.
    values : ndarray, shape (columns,)
        Of the columns of the whole model.
    reduced : ndarray, shape (columns,)
        Reduced costs of a dual solution of the whole relaxation, costs being to be small.
    dual : ndarray, shape (other rows,)
        Prices of the rows that are not linking rows.
    rows : ndarray of bool, shape (links,)
        Linking rows that were broken on the way.
    exact : bool
        Whether it was solved to the end.
    """

    bound: float
    values: Floats
    reduced: Floats
    dual: Floats
    rows: Flags
    exact: bool


def relaxation(links: Links, options: Options, stop: Stop | None = None) -> Relaxed | None:
    """Solve the linear relaxation of a model.

    Returns
    -------
    Relaxed or None
        None where there is no solution, or no bound in time.
    """
    end = time.perf_counter() + options.time_limit
    count = FIRST
    while True:
        present = links.cheapest(count)
        left = max(end - time.perf_counter(), 1e-3)
        work = _Rounds(links, present, replace(options, time_limit=left), stop)
        answer = work.run()
        if answer.state != "infeasible" or present.all():
            return work.found
        count *= 4  # too few for what is asked


class _Rounds:
    """One session: which links and linking rows are there."""

    def __init__(self, links: Links, present: Flags, options: Options, stop: Stop | None) -> None:
        self.links = links
        whole = links.compiled
        self.sign = -1.0 if whole.maximize else 1.0
        stays = np.ones(len(whole.columns), dtype=bool)
        stays[links.at[~present]] = False
        self.columns: Integers = np.flatnonzero(stays)
        self.place = np.full(len(whole.columns), -1)
        self.place[self.columns] = np.arange(len(self.columns))
        self.present, self.rows = present.copy(), np.zeros(len(present), dtype=bool)
        self.session = Session(part_of(whole, links.others, self.columns), options, stop=stop)
        self.found: Relaxed | None = None

    def run(self) -> Answer:
        """Add rows and columns until neither is missing, or time is up."""
        session = self.session
        session.relax()
        turn = 0
        while True:
            answer = session.run()
            if answer.state != "optimal" or answer.values is None:
                return answer
            broken = self._broken(answer.values)
            exact = False
            if not broken.size or turn % OFTEN == OFTEN - 1:
                better = self._judge(answer)
                exact = not better.size and not broken.size
                self._widen(better)
            if exact or session.over:
                assert self.found is not None
                self.found = replace(self.found, exact=exact)
                return answer
            if broken.size:
                session.add(Additions([self._cut(int(k)) for k in broken]))
                self.rows[broken] = True
            turn += 1

    def _values(self, values: Floats) -> Floats:
        whole = np.zeros(len(self.place))
        whole[self.columns] = values[: len(self.columns)]
        return whole

    def _broken(self, values: Floats) -> Integers:
        """Return the links that carry more than what is engaged for them allows."""
        whole = self._values(values)
        short = whole[self.links.at] - self.links.caps @ whole
        return np.flatnonzero((short > BROKEN) & self.present & ~self.rows)

    def _judge(self, answer: Answer) -> Integers:
        """Take note of the bound, and return the links that would make it less."""
        links, whole = self.links, self.links.compiled
        assert answer.values is not None
        assert answer.bound is not None
        assert answer.row_dual is not None
        assert answer.reduced_cost is not None
        reduced = np.zeros(len(whole.columns))
        reduced[self.columns] = answer.reduced_cost
        missing = np.flatnonzero(~self.present)
        priced = whole.cost[links.at[missing]] - links.entries[:, missing].T @ answer.row_dual
        reduced[links.at[missing]] = priced
        reduced *= self.sign
        least = np.minimum(reduced[links.at[missing]], 0.0)
        bound = self.sign * answer.bound + float(least @ whole.upper[links.at[missing]])
        known = self.found
        if known is None or bound > self.sign * known.bound:
            self.found = Relaxed(
                self.sign * bound,
                self._values(answer.values),
                reduced,
                self.sign * answer.row_dual,
                self.rows,
                False,
            )
        if self.sign * answer.bound - bound <= EXACT * abs(bound):
            return missing[:0]
        order = np.argsort(least)[:MANY]
        return missing[order[least[order] < 0.0]]

    def _widen(self, better: Integers) -> None:
        if not better.size:
            return
        links, at = self.links, self.links.at[better]
        whole = links.compiled
        entries = sp.csc_array(links.entries[:, better])
        self.place[at] = len(self.columns) + np.arange(len(at))
        self.columns = np.concatenate((self.columns, at))
        self.present[better] = True
        self.session.widen(entries, whole.cost[at], whole.lower[at], whole.upper[at])

    def _cut(self, link: int) -> Cut:
        caps = self.links.caps
        part = slice(caps.indptr[link], caps.indptr[link + 1])
        columns = self.place[np.append(caps.indices[part], self.links.at[link])]
        return Cut(columns, np.append(-caps.data[part], 1.0), -np.inf, 0.0)
