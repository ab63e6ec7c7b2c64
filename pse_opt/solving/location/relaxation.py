"""The linear program of engagements and cuts, tightened at every point that is looked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pse_opt.solving.compiled import Compiled
from pse_opt.solving.cuts import Additions, Cut
from pse_opt.solving.highs import Answer
from pse_opt.solving.highs_linear import Program
from pse_opt.solving.interrupt import Stop
from pse_opt.solving.location.assignment import Assignment, Nearest
from pse_opt.solving.outcome import Options

__all__ = ["Point", "Relaxation", "TooLate"]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

TOLERANCE, EXACT = 1e-7, 1e-9
"""Violation at which cuts end, relative to all costs: of fractions, and of whole engagements."""
UNKNOWN = 1e-3
"""What a bound lacks, relative to itself, where no plan is known."""
WORTH = 0.1
"""Cuts end where they could add no more than this part of what the bound lacks."""
WHOLE = 1e-6
"""Fractions are whole to this."""
AGE = 25
"""Solves after which a row that had no price goes."""
MANY = 0.2
"""Part of the rows that must be so before they go."""


class TooLate(Exception):  # noqa: N818 - it is no error
    """Time is up, or somebody asked to stop."""


@dataclass(frozen=True, eq=False)
class Point:
    """An optimum of the linear program.

    Attributes
    ----------
    bound : float
        Its objective.
    engaged : ndarray, shape (offers,)
        Fractions of the offers.
    reduced : ndarray, shape (offers,)
        Reduced cost of each offer.
    missing : float
        By how much the costs of serving are too low, at most, for these fractions.
    """

    bound: float
    engaged: Floats
    reduced: Floats
    missing: float

    @property
    def whole(self) -> bool:
        """Whether no offer is engaged in part."""
        return bool((np.abs(self.engaged - np.round(self.engaged)) < WHOLE).all())


class Relaxation:
    """One linear program for all nodes: limits change, and cuts are valid everywhere.

    Parameters
    ----------
    compiled : Compiled
        A model of engagements.
    problem : Assignment
        Its costs.
    options : Options
        Seconds and threads.
    stop : Stop, optional
        Looked at while solving.
    """

    def __init__(
        self, compiled: Compiled, problem: Assignment, options: Options, stop: Stop | None
    ) -> None:
        self.compiled, self.problem = compiled, problem
        at, count = compiled.rules[0][1], len(problem.fixed)
        self.engaged, self.served = at[:count], at[count:]
        self.session = Program(compiled, options, stop=stop)
        self.session.relax()
        self.cutter = Nearest([], problem).cutter(at)
        self.given = len(compiled.rows)
        self.idle = np.zeros(0, dtype=np.int64)
        self.kept: list[bytes | None] = []
        self.must = compiled.lower[self.engaged] > 0.5
        self.may = compiled.upper[self.engaged] > 0.5
        self.active: frozenset[bytes] = frozenset()
        self.rounds = self.cuts = 0

    def narrow(self, closed: Flags) -> bool:
        """Cut without offers that stay closed; return whether all needs are in reach."""
        if (self.problem.first(~closed) < 0).any():
            return False
        self.problem = self.problem.without(closed)
        middle = self.cutter.middle
        self.cutter = Nearest([], self.problem).cutter(self.compiled.rules[0][1])
        self.cutter.middle = middle
        return True

    def add(self, cuts: list[Cut]) -> None:
        """Add cuts."""
        self._append(cuts, [None] * len(cuts))
        self.cuts += len(cuts)

    def move(self, must: Flags, may: Flags, sets: dict[bytes, Integers]) -> None:
        """Go to a node: offers that must and may be engaged, and sets of which one must be."""
        changed = np.flatnonzero((must != self.must) | (may != self.may))
        if changed.size:
            lower, upper = must[changed].astype(float), may[changed].astype(float)
            self.session.bound(self.engaged[changed], lower, upper)
        self.must, self.may = must, may
        known = set(self.kept)
        new = [key for key in sets if key not in known]
        rows = [Cut(self.engaged[sets[k]], np.ones(len(sets[k])), -np.inf, np.inf) for k in new]
        self._append(rows, new)
        wanted = frozenset(sets)
        other = wanted ^ self.active
        if other:
            at = np.array([k for k, key in enumerate(self.kept) if key in other])
            low = np.array([1.0 if self.kept[k] in wanted else -np.inf for k in at])
            self.session.bound_rows(self.given + at, low, np.full(len(at), np.inf))
        self.active = wanted

    def _append(self, rows: list[Cut], keys: Sequence[bytes | None]) -> None:
        self.session.add(Additions(rows))
        self.idle = np.concatenate((self.idle, np.zeros(len(rows), dtype=np.int64)))
        self.kept += keys

    def solve(self, below: float, rounds: int, worth: float = WORTH) -> Point | None:
        """Solve with cuts in rounds; None where nothing costs less than a limit.

        Raises
        ------
        TooLate
            Time is up before the first answer, or before the cost of whole engagements is exact.
        """
        point, left = None, rounds
        self.session.interesting(below)
        while True:
            answer = self.session.run()
            if answer.state == "infeasible":
                return None
            if answer.state != "optimal" or answer.values is None or answer.bound is None:
                if point is None or point.whole:
                    raise TooLate
                return point
            if answer.bound >= below:
                return None
            self._grow_old()
            point = self._point(answer, answer.values)
            size = abs(answer.bound)
            lacks = below - answer.bound if np.isfinite(below) else UNKNOWN * size
            done = left <= 0 or point.missing <= max(worth * lacks, TOLERANCE * size)
            # The cost of whole engagements is what branch and bound compares: it must be exact.
            if point.whole:
                done = point.missing <= EXACT * size
            if done:
                return point
            if self.session.over and point.whole:
                raise TooLate
            if self.session.over or not self._cut(answer.values):
                return point
            left -= 1
            self.rounds += 1

    def _point(self, answer: Answer, values: Floats) -> Point:
        assert answer.bound is not None
        assert answer.reduced_cost is not None
        reduced = answer.reduced_cost[self.engaged]
        return Point(answer.bound, values[self.engaged], reduced, self.cutter.missing(values))

    def _cut(self, values: Floats) -> bool:
        found = self.cutter.additions(values, self.session.columns, self.session.rows).rows
        self.add(found)
        return bool(found)

    def _grow_old(self) -> None:
        """Count for how long each row has had no price, and drop those that are old."""
        if not self.idle.size:
            return
        session = self.session
        self.idle = np.where(session.prices[self.given :] == 0.0, self.idle + 1, 0)
        old = self.idle > AGE
        if old.sum() <= MANY * len(old):
            return
        sets = np.array([key in self.active for key in self.kept])
        gone = np.flatnonzero(old & ~sets & session.basic_rows[self.given :])
        if not gone.size:
            return
        session.drop(self.given + gone)
        self.idle = np.delete(self.idle, gone)
        out = set(gone.tolist())
        self.kept = [key for k, key in enumerate(self.kept) if k not in out]
