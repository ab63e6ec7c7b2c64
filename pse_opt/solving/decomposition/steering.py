"""Local searches at prices of coupling rows, which are steered to where plans keep these rows.

Parts too large for branch and bound are not solved at prices, but searched place by place, and at
prices the places share nothing, so that all cores search at once. Whole engagements take more of a
coupling row than the fractions of the relaxation, so that the price at which plans keep it is
higher: it follows from what the plan takes, while the searches go on from it. Steps grow while the
plan stays on one side of the limit and does not come nearer, and become smaller when it has
passed it (Riedmiller and Braun 1993, there for each weight of a network).
"""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from pse_opt.solving.decomposition.joint import Joint
from pse_opt.solving.interrupt import Stop
from pse_opt.solving.linking import Thin, with_some
from pse_opt.solving.local_search import neighbourhood
from pse_opt.solving.local_search.large import Large
from pse_opt.solving.outcome import Progress

__all__ = ["Steered"]

Floats = npt.NDArray[np.float64]

SHARE, LONGEST = 0.6, 0.85
"""Share of the time that is left for searches at prices: with a plan of the whole, and without."""
REVIEW = 0.04
"""Share of the time that is left between two looks at the prices."""
FIRST, GROW, SHRINK = 2.0, 1.5, 0.5
"""Change of a price, relative to what all costs over what all may take, for each part by which a
row is missed; and how that changes."""
NEARER = 0.8
"""Part of what was missed before that counts as nearer."""
LEAST, MOST = 1e-3, 0.5
"""Change of a price relative to what all costs over what all may take: at least and at most."""
FAR = 1.0
"""Distance of a price from that of the relaxation at most, in the same unit."""
TURNS = 10
"""Times that searches go on at other prices when none has helped any more."""
NEAR = 0.1
"""Part of the gap that what is left of a coupling row may be worth."""


class Steered:
    """Searches of a whole whose coupling rows have prices.

    Parameters
    ----------
    joint : Joint
        The whole.
    prices : ndarray, shape (coupling rows,)
        Those of the relaxation.
    """

    def __init__(self, joint: Joint, prices: Floats) -> None:
        self.joint, self.prices, self.first = joint, prices, prices
        self.halt = Stop(joint.halt)
        self.rate = np.full(prices.size, FIRST)
        self.missed = np.zeros(prices.size)
        self.nearest: Floats | None = None
        self.least = np.inf
        self.seen: float | None = None
        self.began = time.perf_counter()
        self.limit = joint.left
        self.review = self.began + REVIEW * self.limit
        self.free = self._freed()

    def _freed(self) -> Large:
        """Return the whole at prices, without its coupling rows."""
        joint, found = self.joint, self.joint.whole.relaxed
        assert found is not None
        full, thin = joint.full.freed(self.prices), joint.whole.thin
        options = replace(joint.options, threads=1, time_limit=joint.left)
        free = Large(full, options, self.halt, None)
        free.load(None if thin is None else Thin(full, with_some(full, thin.rows), thin.rows))
        free.bounded = True
        dual = found.dual.copy()
        dual[joint.full.rows] = 0.0
        free.know(found.values, found.reduced, dual, found.cuts)
        return free

    def run(self) -> None:
        """Search until the share of time is used up, with a plan of the whole if one is found."""
        joint = self.joint
        if joint.whole.plan is not None:
            self.free.hold(joint.whole.plan, kept=True)
        for _ in range(TURNS):
            if joint.ended or self._left <= 0.0:
                break
            self.halt.asked = False
            neighbourhood.improve(
                self.free,
                replace(joint.options, time_limit=self._left),
                halt=self.halt,
                progress=self._watch,
            )
            if self.free.making and not joint.ended:
                self.free.settle()
            if self.free.plan is None or joint.ended:
                break
            self._look(self.free.plan)
            if not self._steer():
                break
        if joint.whole.plan is None and self.nearest is not None and not joint.ended:
            found = joint.whole.repair.mend(self.nearest, joint.left)
            if found is not None:
                joint.hold(found)

    @property
    def _left(self) -> float:
        """Seconds left of the share for searches at prices."""
        share = LONGEST if self.joint.whole.plan is None else SHARE
        return self.began + share * self.limit - time.perf_counter()

    def _watch(self, _: Progress) -> None:
        """Hold the plan of the searches where it keeps the coupling rows; look at the prices."""
        joint, free = self.joint, self.free
        if free.plan is None:
            return
        first = self.seen is None
        if free.best != self.seen:
            self.seen = free.best
            self._look(free.plan)
        # What places are decided at first should see a price that is not much too low.
        if first or (free.held and time.perf_counter() >= self.review):
            self._steer()
        if joint.ended or self._left <= 0.0:
            self.halt.asked = True

    def _look(self, plan: Floats) -> None:
        """Hold a plan that keeps the coupling rows, or remember how nearly it does."""
        joint = self.joint
        missed = float((joint.broken(joint.coupling.matrix @ plan) / joint.size).sum())
        if missed > 0.0:
            if missed < self.least:
                self.least, self.nearest = missed, plan.copy()
            return
        cost = float(joint.whole.compiled.cost @ plan + joint.whole.compiled.offset)
        best = joint.whole.best
        if best is None or joint.whole.search.better(cost, best):
            joint.hold(plan.copy())

    def _steer(self) -> bool:
        """Change the prices by what the plan misses; return whether they are others."""
        joint, free, coupling = self.joint, self.free, self.joint.full
        assert free.plan is not None
        self.review = time.perf_counter() + REVIEW * self.limit
        missed = self._missed(coupling.matrix @ free.plan)
        again = missed * self.missed > 0.0
        passed = missed * self.missed < 0.0
        nearer = np.abs(missed) < NEARER * np.abs(self.missed)
        self.rate[again & ~nearer] *= GROW
        self.rate[passed] *= SHRINK
        self.missed = missed
        step = np.where(missed == 0.0, 0.0, np.clip(self.rate * np.abs(missed), LEAST, MOST))
        toward = coupling.sign * self.prices - np.sign(missed) * step * joint.usual
        middle, far = coupling.sign * self.first, FAR * joint.usual
        toward = np.clip(toward, middle - far, middle + far)
        prices = coupling.possible(coupling.sign * toward)
        if np.array_equal(prices, self.prices):
            return False
        self.prices = prices
        free.reprice(coupling.priced(prices))
        self.seen = free.best
        return True

    def _missed(self, use: Floats) -> Floats:
        """Return by how much each row is missed, relative to its limit; above it is positive.

        Where a row is kept and has a price, what is left of it counts, unless it is worth little.
        """
        joint, coupling = self.joint, self.joint.full
        toward = coupling.sign * self.prices
        above, below = use - coupling.upper, use - coupling.lower
        missed = np.where(above > 0.0, above, np.where(below < 0.0, below, 0.0))
        spare = (missed == 0.0) & (toward != 0.0)
        left = np.where(toward < 0.0, above, below)
        worth = np.abs(np.where(spare, self.prices * np.where(spare, left, 0.0), 0.0))
        spare &= worth > NEAR * joint.options.gap * abs(joint.whole.bound or 0.0)
        missed = np.where(spare, left, missed)
        limit = abs(joint.whole.bound or 1.0) / joint.usual
        return np.asarray(missed / limit)
