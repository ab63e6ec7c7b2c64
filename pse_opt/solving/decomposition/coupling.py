r"""Few rules that couple parts of a model: which they are, and what prices for them say.

Where rows :math:`b^- \le A x \le b^+` are all that parts :math:`X_s` have in common, any prices
:math:`\pi` bound the cost of the whole (Lagrangian relaxation, Geoffrion 1974):

.. math::

    L(\pi) = \sum_s \min_{x \in X_s} (c_s - \pi A_s)\, x
        + \sum_{r : \pi_r > 0} \pi_r b^-_r + \sum_{r : \pi_r < 0} \pi_r b^+_r

Prices of limits that are not there have the other sign or are 0. The best bound is as near to the
best plan as few rows and many decisions in each part make it: the plans of the parts, mixed, keep
the rows at that cost, and a mixture needs no more fractions than there are rows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from pse_opt.solving.compiled import Compiled
from pse_opt.solving.decomposition.parts import Part, parts_of
from pse_opt.solving.labels import taken
from pse_opt.solving.linking import with_some

__all__ = ["Coupling", "coupling_of"]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

MOST = 30
"""Rows that may have prices."""
NEARLY = 0.9
"""Share of all whole numbers above which a part is nearly everything."""
SMALL = 0.01
"""Share of all whole numbers below which parts are taken together."""
GROWTH = 1.25
"""By how much the largest part may grow for a row less."""
NOTHING = 1e-9
"""Reduced cost that is one of rounding alone, relative to what it is the difference of."""


@dataclass(frozen=True, eq=False)
class Coupling:
    """A model whose parts have few rows in common.

    Attributes
    ----------
    compiled : Compiled
        The whole model.
    rows : ndarray, shape (coupling rows,)
        The rows that parts have in common.
    matrix : csr_array, shape (coupling rows, columns)
        Their coefficients.
    lower, upper : ndarray, shape (coupling rows,)
        Their limits.
    parts : list of Part
        What the model falls into without them, the hardest first; rows are those of the whole.
    """

    compiled: Compiled
    rows: Integers
    matrix: sp.csr_array
    lower: Floats
    upper: Floats
    parts: list[Part]

    @property
    def sign(self) -> float:
        """1 where the objective is to be small, -1 where it is to be great."""
        return -1.0 if self.compiled.maximize else 1.0

    def possible(self, prices: Floats) -> Floats:
        """Return prices without those of limits that are not there."""
        toward = self.sign * prices
        toward = np.where(np.isfinite(self.lower), toward, np.minimum(toward, 0.0))
        return np.asarray(
            self.sign * np.where(np.isfinite(self.upper), toward, np.maximum(toward, 0.0))
        )

    def constant(self, prices: Floats) -> float:
        """Return what the limits of the rows add to the bound."""
        toward = self.sign * prices
        limit = np.where(toward > 0.0, self.lower, self.upper)
        return float(prices[prices != 0.0] @ limit[prices != 0.0])

    def priced(self, prices: Floats) -> Compiled:
        """Return the whole model at some prices, whose coupling rows do not count any more."""
        paid = prices @ self.matrix
        cost = self.compiled.cost - paid
        size = np.abs(self.compiled.cost) + np.abs(prices) @ abs(self.matrix)
        endless = ~(np.isfinite(self.compiled.lower) & np.isfinite(self.compiled.upper))
        cost[endless & (np.abs(cost) <= NOTHING * size)] = 0.0
        offset = self.compiled.offset + self.constant(prices)
        return replace(self.compiled, cost=cost, offset=offset)

    def freed(self, prices: Floats) -> Compiled:
        """Return the whole model at some prices, with coupling rows that nothing can break."""
        lower, upper = self.compiled.row_lower.copy(), self.compiled.row_upper.copy()
        lower[self.rows], upper[self.rows] = -np.inf, np.inf
        return replace(self.priced(prices), row_lower=lower, row_upper=upper)

    def thin(self, parts: list[Integers]) -> tuple[Coupling, Integers]:
        """Return the same with some rows of each part, and which rows of the whole are there.

        Parameters
        ----------
        parts : list of ndarray
            The rows that stay, by their place in the part.
        """
        mine = [p.rows[at] for p, at in zip(self.parts, parts, strict=True)]
        rows = np.sort(np.concatenate((self.rows, *mine)))
        whole = np.searchsorted(rows, self.rows)
        return replace(
            self,
            compiled=with_some(self.compiled, rows),
            rows=whole,
            parts=[
                Part(with_some(p.compiled, at), p.columns, np.searchsorted(rows, p.rows[at]))
                for p, at in zip(self.parts, parts, strict=True)
            ],
        ), rows

    def parts_at(self, priced: Compiled) -> list[Part]:
        """Return the parts with the costs of a priced model."""
        return [
            replace(p, compiled=replace(p.compiled, cost=priced.cost[p.columns]))
            for p in self.parts
        ]

    def use(self, part: Part, values: Floats) -> Floats:
        """Return how much a part's values take of each coupling row."""
        return np.asarray(self.matrix[:, part.columns] @ values)

    def cost(self, part: Part, values: Floats) -> float:
        """Return what a part's values cost in the true objective."""
        return float(part.compiled.cost @ values)

    def within(self, part: Part, others: Floats) -> Compiled:
        """Return a part with the coupling rows, of which the others take some."""
        mine = sp.csr_array(self.matrix[:, part.columns])
        at = np.flatnonzero(np.diff(mine.indptr))
        inside = part.compiled
        return replace(
            inside,
            rows=[*inside.rows, *taken(self.compiled.rows, self.rows[at])],
            matrix=sp.csr_array(sp.vstack((inside.matrix, mine[at]), format="csr")),
            row_lower=np.concatenate((inside.row_lower, (self.lower - others)[at])),
            row_upper=np.concatenate((inside.row_upper, (self.upper - others)[at])),
        )


def coupling_of(compiled: Compiled, most: int = MOST) -> Coupling | None:
    """Return the few rows without which a model falls into parts; None where there are none.

    Of the longest rows, as few as needed go, from the longest on; then those come back that do not
    make the largest part much larger.

    Parameters
    ----------
    compiled : Compiled
        The model.
    most : int
        Rows that may go.
    """
    whole = int(compiled.integer.sum())
    if compiled.rules or compiled.whole or whole < 2:
        return None
    length = np.diff(compiled.matrix.indptr)
    longest = np.argsort(-length, kind="stable")[: min(most, MOST)]
    longest = longest[length[longest] > 1]
    if not longest.size:
        return None
    pieces = _Pieces(compiled, longest)
    if not pieces.fall_apart(np.arange(0)):
        return None
    few, many = 0, longest.size
    while many - few > 1:
        middle = (few + many) // 2
        if pieces.fall_apart(np.arange(middle, longest.size)):
            many = middle
        else:
            few = middle
    there = np.arange(many, longest.size)
    largest = GROWTH * pieces.largest(there)
    for k in range(many - 1, -1, -1):
        again = np.append(there, k)
        if pieces.fall_apart(again) and pieces.largest(again) <= largest:
            there = again
    rows = np.sort(np.delete(longest, there)).astype(np.int64)
    if not rows.size:  # parts that share nothing at all
        return None
    kept = np.setdiff1d(np.arange(len(compiled.rows)), rows)
    rest = parts_of(with_some(compiled, kept), SMALL * whole)
    parts = [replace(p, rows=kept[p.rows]) for p in rest]
    return Coupling(
        compiled,
        rows,
        sp.csr_array(compiled.matrix[rows]),
        compiled.row_lower[rows],
        compiled.row_upper[rows],
        parts,
    )


class _Pieces:
    """What a model falls into without some rows, and which of these each row joins."""

    def __init__(self, compiled: Compiled, rows: Integers) -> None:
        from scipy.sparse.csgraph import connected_components

        matrix = compiled.matrix
        count = matrix.shape[1]
        links = matrix.tocoo()
        gone = np.zeros(matrix.shape[0], dtype=bool)
        gone[rows] = True
        kept = ~gone[links.coords[0]]
        at = (links.coords[1][kept], count + links.coords[0][kept])
        size = sum(matrix.shape)
        graph = sp.coo_array((np.ones(int(kept.sum())), at), shape=(size, size))
        number, label = connected_components(graph, directed=False)
        self.number = int(number)
        self.weight = np.bincount(label[:count][compiled.integer], minlength=self.number)
        joined = sp.csr_array(matrix[rows]).tocoo()
        pairs = np.unique(np.stack((joined.coords[0], label[joined.coords[1]])), axis=1)
        self.row, self.piece = pairs[0], pairs[1]

    def weights(self, there: Integers) -> Integers:
        """Return the whole numbers of each part where some of the rows are there."""
        from scipy.sparse.csgraph import connected_components

        mine = np.isin(self.row, there)
        size = self.number + int(self.row.max(initial=0)) + 1
        at = (self.piece[mine], self.number + self.row[mine])
        graph = sp.coo_array((np.ones(int(mine.sum())), at), shape=(size, size))
        _, label = connected_components(graph, directed=False)
        return np.bincount(label[: self.number], weights=self.weight).astype(np.int64)

    def largest(self, there: Integers) -> float:
        """Return the share of all whole numbers that the largest part has."""
        weights = self.weights(there)
        weights = weights / weights.sum()
        return float(max(weights.max(), weights[weights < SMALL].sum()))

    def fall_apart(self, there: Integers) -> bool:
        """Return whether no part has nearly everything."""
        return self.largest(there) <= NEARLY
