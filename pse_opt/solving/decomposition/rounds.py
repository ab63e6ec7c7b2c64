"""Parts of a coupled model solved at prices of the coupling rows, in rounds at better prices.

The bounds of the parts add up to one of the whole. Better prices come from the plans so far
(``pool``), and parts are solved more precisely, as long as one of the two is what the gap consists
of.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from pse_opt.solving.compiled import Compiled
from pse_opt.solving.decomposition import separate
from pse_opt.solving.decomposition.composing import COARSE, FIT, Composer
from pse_opt.solving.decomposition.joint import Joint
from pse_opt.solving.highs import Answer
from pse_opt.solving.interrupt import Stop
from pse_opt.solving.outcome import Progress

__all__ = ["Rounds"]

Floats = npt.NDArray[np.float64]

PRECISE, FINER, FINEST = 0.4, 0.3, 0.01
"""Share of the gap that parts at given prices may leave at first, by how much less at the next
time, and at least."""
ROUND = 0.5
"""Share of the time that is left for parts at given prices."""
ROUNDS = 30
REGION, LITTLE, SHRINK, GROW, BEYOND = 0.05, 0.01, 0.4, 1.5, 8.0
"""Half the width of the region of next prices relative to the price, and at least relative to what
all costs over what all may take; by how much it becomes narrower, wider, and wider as long as a
coupling row was never kept."""
OUTSIDE = 3
"""Rounds that look for prices at which coupling rows are kept, where others promise little."""
SAME = 1e-9
"""Relative difference of prices that is none."""
WORTH = 0.2
"""Part of what is open that other prices, or more precise parts, have to promise."""


@dataclass(frozen=True, eq=False)
class _Round:
    """What came of the parts at some prices: the bound, the plans, and what they cost there."""

    prices: Floats
    bound: float
    objective: float
    values: Floats


class Rounds:
    """Rounds at prices that become better.

    Parameters
    ----------
    joint : Joint
        The whole, with its relaxation.
    """

    def __init__(self, joint: Joint) -> None:
        self.joint, self.composer = joint, Composer(joint)
        self.precise = PRECISE
        self.outside = 0

    def run(self, prices: Floats) -> None:
        """Solve the parts at prices that become better, and put their plans together."""
        joint = self.joint
        radius = np.asarray(np.maximum(REGION * np.abs(prices), LITTLE * joint.usual))
        best: _Round | None = None
        for _ in range(ROUNDS):
            found = self._round(prices)
            if joint.ended:
                return
            if found is not None and (best is None or self._better(found.bound, best.bound)):
                radius = radius * (GROW if best is not None else 1.0)
                best = found
            else:
                radius = radius * (SHRINK if self.composer.bracketed else BEYOND)
            if found is not None:
                self.composer.compose(found.values, self.precise)
            if best is None or joint.ended:
                return
            following = self._next(best, radius)
            if following is None:
                return
            prices = following

    def _better(self, bound: float, other: float) -> bool:
        return self.joint.coupling.sign * (bound - other) > 0.0

    def _next(self, best: _Round, radius: Floats) -> Floats | None:
        """Return the prices of the next round: others, or the same for more precise parts."""
        joint, sign = self.joint, self.joint.coupling.sign
        found = joint.pool.suggest(best.prices, radius)
        if found is not None:
            prices, promised = found
            gain = sign * (promised - best.objective)
            other = not np.allclose(prices, best.prices, rtol=SAME, atol=0.0)
            further = not self.composer.bracketed and self.outside < OUTSIDE
            self.outside += int(further)
            if other and (gain > WORTH * joint.open or further):
                return prices
        self.composer.fit(self.precise, FIT)
        if joint.ended:
            return None
        lost = sign * (best.objective - best.bound)
        if lost > WORTH * joint.open and self.precise > FINEST:
            self.precise *= FINER
            return best.prices
        return None

    def _round(self, prices: Floats) -> _Round | None:
        """Solve the parts at some prices; None where there is no bound or a part has no plan."""
        joint, coupling, halt = self.joint, self.joint.coupling, Stop(self.joint.halt)
        priced = coupling.priced(prices)

        def watch(moment: Progress) -> None:
            joint.whole.tighten(moment.bound)
            joint.tell()
            if joint.reached:
                halt.asked = True

        outcomes = separate.solve_parts(
            priced,
            coupling.parts_at(priced),
            replace(joint.options, gap=self._gap(priced), time_limit=ROUND * joint.left),
            stop=halt,
            progress=watch,
            start=self._known(),
        )
        states = [o.status for o in outcomes]
        if "infeasible" in states:
            joint.whole.end(Answer("infeasible", "infeasible"))
        if "infeasible" in states or "unbounded" in states:
            return None
        for k, outcome in enumerate(outcomes):
            if outcome.values is not None:
                joint.pool.add(k, outcome.values)
        bounds = [o.bound for o in outcomes if o.bound is not None]
        if len(bounds) < len(outcomes):
            return None
        bound = priced.offset + sum(bounds)
        joint.whole.tighten(bound)
        joint.whole.bounded = True
        joint.tell()
        plans = [o.values for o in outcomes if o.values is not None]
        if len(plans) < len(outcomes):
            return None
        values = joint.pool.together(plans)
        return _Round(prices, bound, float(priced.cost @ values + priced.offset), values)

    def _gap(self, priced: Compiled) -> float:
        """Return the relative gap of parts that leaves the whole a share of its own."""
        joint = self.joint
        assert joint.whole.local is not None
        relaxed = joint.whole.local.relaxed
        parts = joint.coupling.parts
        costs = [abs(float(priced.cost[p.columns] @ relaxed[p.columns])) for p in parts]
        whole = abs(joint.whole.bound or 0.0)
        return min(self.precise * joint.options.gap * whole / max(sum(costs), 1e-9), COARSE)

    def _known(self) -> dict[int, float]:
        """Return whole numbers of the last plan of each part."""
        known: dict[int, float] = {}
        joint = self.joint
        for part, plans in zip(joint.coupling.parts, joint.pool.plans, strict=True):
            if plans:
                whole = part.compiled.integer
                at, mine = part.columns[whole].tolist(), plans[-1][whole].tolist()
                known |= dict(zip(at, mine, strict=True))
        return known
