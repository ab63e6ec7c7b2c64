"""Plans of the parts of a coupled model: which go together, and what prices they suggest.

One plan of each part, with its cost and what it takes of the coupling rows: those that together
keep the rows at the least cost are found by a small integer program. The same plans say how good a
bound any prices could give, as each is dearer than the part's best; the prices at which that is
greatest are tried next, within a region around the best so far (cutting planes of Kelley 1960 and
of Cheney and Goldstein 1959; the region as in Marsten, Hogan and Blankenship 1975).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from pse_opt.solving import direct
from pse_opt.solving.compiled import Compiled
from pse_opt.solving.decomposition.coupling import Coupling
from pse_opt.solving.interrupt import Stop
from pse_opt.solving.outcome import Options

__all__ = ["Pool"]

Floats = npt.NDArray[np.float64]

SECONDS = 2.0
"""For one choice among the plans."""
SAME = 1e-12
"""Relative difference of cost and use below which two plans are the same."""


class Pool:
    """The plans of each part found so far.

    Parameters
    ----------
    coupling : Coupling
        The parts, and the rows that they have in common.
    options : Options
        Seed of the small programs.
    """

    def __init__(self, coupling: Coupling, options: Options) -> None:
        self.coupling = coupling
        self.options = Options(0.0, SECONDS, 1, options.seed)
        self.plans: list[list[Floats]] = [[] for _ in coupling.parts]
        self.costs: list[list[float]] = [[] for _ in coupling.parts]
        self.uses: list[list[Floats]] = [[] for _ in coupling.parts]

    def add(self, k: int, values: Floats) -> None:
        """Take a plan of a part, unless one of the same cost and use is there.

        Parameters
        ----------
        k : int
            Which part.
        values : ndarray, shape (columns of the part,)
            The plan.
        """
        part = self.coupling.parts[k]
        cost, use = self.coupling.cost(part, values), self.coupling.use(part, values)
        for other, taken in zip(self.costs[k], self.uses[k], strict=True):
            close = np.allclose(use, taken, rtol=SAME, atol=SAME)
            if close and np.isclose(cost, other, rtol=SAME, atol=SAME):
                return
        self.plans[k].append(values)
        self.costs[k].append(cost)
        self.uses[k].append(use)

    def add_whole(self, values: Floats) -> None:
        """Take the plans of all parts from values of all columns."""
        for k, part in enumerate(self.coupling.parts):
            self.add(k, values[part.columns])

    @property
    def complete(self) -> bool:
        """Whether there is a plan of each part."""
        return all(self.plans)

    def together(self, plans: list[Floats]) -> Floats:
        """Return values of all columns from a plan of each part."""
        values = np.zeros(len(self.coupling.compiled.columns))
        for part, mine in zip(self.coupling.parts, plans, strict=True):
            values[part.columns] = mine
        return values

    def choose(self, stop: Stop | None = None, *, mixed: bool = False) -> Floats | None:
        """Return the cheapest plans that keep the coupling rows; None where none do.

        Values of all columns; with ``mixed``, of the cheapest mixtures of plans.
        """
        if not self.complete:
            return None
        c = self.coupling
        owner = self._owners()
        uses = np.array([u for mine in self.uses for u in mine]).T.reshape(c.rows.size, -1)
        count = owner.size
        one = sp.csr_array((np.ones(count), (owner, np.arange(count))))
        parts = len(c.parts)
        model = Compiled(
            [None] * count,
            [None] * (parts + c.rows.size),
            np.array([x for mine in self.costs for x in mine]),
            0.0,
            c.compiled.maximize,
            sp.csr_array(sp.vstack((one, sp.csr_array(uses)), format="csr")),
            np.concatenate((np.ones(parts), c.lower)),
            np.concatenate((np.ones(parts), c.upper)),
            np.zeros(count),
            np.ones(count),
            np.full(count, not mixed),
        )
        found = direct.run(model, self.options, stop=stop)
        if found.values is None:
            return None
        weights = np.split(found.values, np.cumsum([len(mine) for mine in self.plans])[:-1])
        pairs = zip(weights, self.plans, strict=True)
        return self.together([np.asarray(w @ np.array(mine)) for w, mine in pairs])

    def suggest(self, centre: Floats, radius: Floats) -> tuple[Floats, float] | None:
        """Return the prices that look best within a region, and the bound they give at most.

        Parameters
        ----------
        centre, radius : ndarray, shape (coupling rows,)
            Middle and half the width of the region.

        Returns
        -------
        (ndarray, float) or None
            None where a part has no plan, or no answer came.
        """
        if not self.complete:
            return None
        c = self.coupling
        sign, rows, parts = c.sign, c.rows.size, len(c.parts)
        owner = self._owners()
        uses = np.array([u for mine in self.uses for u in mine]).reshape(-1, rows)
        costs = sign * np.array([x for mine in self.costs for x in mine])
        # Columns: prices toward the lower limits, toward the upper ones, and what parts cost.
        theta = sp.csr_array((np.ones(owner.size), (np.arange(owner.size), owner)))
        plans = sp.hstack((sp.csr_array(uses), sp.csr_array(-uses), theta))
        eye = sp.eye_array(rows)
        near = sp.hstack((eye, -eye, sp.csr_array((rows, parts))))
        low, high = np.isfinite(c.lower), np.isfinite(c.upper)
        middle = sign * centre
        count = 2 * rows + parts
        model = Compiled(
            [None] * count,
            [None] * (owner.size + rows),
            np.concatenate(
                (np.where(low, c.lower, 0.0), -np.where(high, c.upper, 0.0), np.ones(parts))
            ),
            c.sign * c.compiled.offset,
            True,
            sp.csr_array(sp.vstack((plans, near), format="csr")),
            np.concatenate((np.full(owner.size, -np.inf), middle - radius)),
            np.concatenate((costs, middle + radius)),
            np.concatenate((np.zeros(2 * rows), np.full(parts, -np.inf))),
            np.concatenate(
                (np.where(low, np.inf, 0.0), np.where(high, np.inf, 0.0), [np.inf] * parts)
            ),
            np.zeros(count, dtype=bool),
        )
        found = direct.run(model, self.options)
        if found.values is None or found.objective is None:
            return None
        prices = sign * (found.values[:rows] - found.values[rows : 2 * rows])
        return c.possible(prices), sign * found.objective

    def _owners(self) -> npt.NDArray[np.int64]:
        """Return the part of each plan."""
        return np.repeat(np.arange(len(self.plans)), [len(mine) for mine in self.plans])
