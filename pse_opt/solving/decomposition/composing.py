"""Plans of the whole of a coupled model, put together from plans of its parts.

Plans of all parts at the same prices may break the coupling rows by little. Those of the pool that
go together are one plan; others come from one part after the other solved anew within what the
others leave of the coupling rows.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from pse_opt.solving.decomposition.joint import Joint
from pse_opt.solving.decomposition.separate import way
from pse_opt.solving.interrupt import Stop
from pse_opt.solving.local_search.crew import processes
from pse_opt.solving.local_search.mending import KEPT
from pse_opt.solving.outcome import Options, Progress

__all__ = ["COARSE", "FIT", "Composer"]

Floats = npt.NDArray[np.float64]

COARSE = 0.2
"""Relative gap of parts at most."""
FIRST_FIT, FIT = 0.05, 0.3
"""Share of the time that is left for one part within what others leave: for a first plan, and
later."""


class Composer:
    """Makes plans of the whole.

    Parameters
    ----------
    joint : Joint
        The whole, which holds them.
    """

    def __init__(self, joint: Joint) -> None:
        self.joint = joint
        count = joint.coupling.rows.size
        self.above, self.below = np.full(count, np.inf), np.full(count, np.inf)
        self.nearest: Floats | None = None
        self.missed = np.inf

    @property
    def bracketed(self) -> bool:
        """Whether each limit of a coupling row was kept at some prices."""
        return bool((self.above <= KEPT).all() and (self.below <= KEPT).all())

    def compose(self, values: Floats, precise: float) -> None:
        """Make plans of the whole: of those of the parts at some prices, and of all so far.

        Parameters
        ----------
        values : ndarray, shape (columns,)
            Plans of all parts at the same prices.
        precise : float
            As in :meth:`fit`.
        """
        joint, coupling = self.joint, self.joint.coupling
        use = coupling.matrix @ values
        self.above = np.minimum(self.above, use - coupling.upper)
        self.below = np.minimum(self.below, coupling.lower - use)
        missed = float((joint.broken(use) / joint.size).sum())
        if self.nearest is None or missed < self.missed:
            self.nearest, self.missed = values, missed
        joint.hold(values)
        chosen = None if joint.ended else joint.pool.choose(joint.halt)
        if chosen is not None:
            joint.hold(chosen)
        self.fit(precise, FIRST_FIT)

    def fit(self, precise: float, share: float) -> None:
        """Solve one part after the other within what the others leave of the coupling rows.

        The first plan is enough where there was none.

        Parameters
        ----------
        precise : float
            Share of the gap of the whole that a part may leave.
        share : float
            Share of the time that is left for those solved at once.
        """
        joint = self.joint
        base, none = self._base(), joint.whole.plan is None
        parts = joint.coupling.parts
        hard = [k for k, p in enumerate(parts) if p.compiled.integer.any()]
        size = processes(joint.options.threads)
        for first in range(0, len(hard), size):
            if joint.ended or (none and joint.whole.plan is not None):
                return
            some = hard[first : first + size]
            for k, values in zip(some, self._refitted(base, some, precise, share), strict=True):
                if values is not None:
                    joint.pool.add(k, values[parts[k].columns])
                    joint.hold(values)

    def _base(self) -> Floats:
        """Return the best plan of the whole, or plans of the parts that keep the rows nearly."""
        if self.joint.whole.plan is not None:
            return self.joint.whole.plan.copy()
        assert self.nearest is not None
        return self.nearest

    def _refitted(
        self, base: Floats, some: list[int], precise: float, share: float
    ) -> list[Floats | None]:
        """Return plans that differ from one in a part each, all solved at once."""
        joint = self.joint
        seconds, halt = share * joint.left, Stop(joint.halt)
        allowed = precise * joint.options.gap * abs(joint.whole.bound or 0.0)

        def solved(k: int) -> Floats | None:
            part = joint.coupling.parts[k]
            size = max(abs(joint.coupling.cost(part, base[part.columns])), 1e-9)
            gap = min(allowed / size, COARSE)
            options = replace(joint.options, gap=gap, time_limit=seconds, threads=1)
            return self._part(base, k, options, halt)

        with ThreadPoolExecutor(len(some)) as pool:
            return list(pool.map(solved, some))

    def _part(self, base: Floats, k: int, options: Options, halt: Stop) -> Floats | None:
        """Return a plan of the whole that differs in one part, and keeps the coupling rows.

        None where none was found, or the others leave too little. The flag is raised when an
        objective of the whole is good enough.
        """
        joint, coupling = self.joint, self.joint.coupling
        part = coupling.parts[k]
        mine = base[part.columns]
        model = coupling.within(part, coupling.matrix @ base - coupling.use(part, mine))
        fixed = float(coupling.compiled.cost @ base) - coupling.cost(part, mine)
        fixed += coupling.compiled.offset

        def watch(moment: Progress) -> None:
            if moment.objective is not None and joint.within(fixed + moment.objective):
                halt.asked = True

        start = part.compiled.start(mine)
        outcome = way(model).run(model, options, stop=halt, progress=watch, start=start)
        if outcome.values is None:
            return None
        values = base.copy()
        values[part.columns] = outcome.values
        return values
