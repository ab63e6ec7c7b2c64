r"""Maximal covering as a problem of location: whoever is out of reach costs what reaching is worth.

Where a need counts with a weight :math:`w_i` once an engaged offer reaches it, and rules concern
engagements alone, what is best is what leaves least out of reach: serving a need costs nothing from
an offer that reaches it, and :math:`w_i` from nobody, who is always there (Church and ReVelle 1974
put it so). Prices, exchanges and branch and bound of ``benders`` are then at hand.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from pse_opt.solving.compiled import Compiled
from pse_opt.solving.labels import taken
from pse_opt.solving.location.assignment import Assignment, Nearest

__all__ = ["Uncovered", "uncovered"]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

CLOSE = 1e-9


@dataclass(frozen=True, eq=False)
class Uncovered:
    """The problem of location, and where its engagements stand in the model of coverage.

    Attributes
    ----------
    compiled : Compiled
        Engagements, nobody, and the cost of each need; the objective is to be small.
    engaged : ndarray
        Columns of the engagements in the model of coverage.
    sign : float
        What its objective is multiplied by to be that of the model of coverage.
    """

    compiled: Compiled
    engaged: Integers
    sign: float

    def figures(
        self, objective: float | None, bound: float | None
    ) -> tuple[float | None, float | None]:
        """Return objective and bound in the units of the model of coverage."""
        first, second = (None if x is None else self.sign * x for x in (objective, bound))
        return first, second

    def start(self, given: dict[int, float]) -> dict[int, float]:
        """Return engagements to start from, of those given in the model of coverage."""
        return {i: given[k] for i, k in enumerate(self.engaged.tolist()) if k in given}

    def values(self, found: Floats, columns: int) -> Floats:
        """Return values of the model of coverage in which the engagements are those found."""
        values = np.zeros(columns)
        values[self.engaged] = found[: len(self.engaged)]
        return values


def uncovered(model: Compiled, rest: int) -> Uncovered | None:
    """Return the problem of location that a model of coverage is; None where it is none.

    Parameters
    ----------
    model : Compiled
        Engagements and coverage; after some rows that have labels come those that say by which
        engagements needs are reached.
    rest : int
        Number of rows that have labels.
    """
    engaged = np.flatnonzero(model.integer)
    other = np.flatnonzero(~model.integer)
    reach = sp.csr_array(model.matrix[rest:])
    if not other.size or model.matrix[:rest][:, other].nnz or not _zero_or_one(model, engaged):
        return None
    met, by = sp.csc_array(reach[:, other]), sp.csr_array(reach[:, engaged])
    single = (np.diff(met.indptr) == 1).all() and np.unique(met.indices).size == reach.shape[0]
    if not single or not ((by.data < 0.0).all() and (met.data > 0.0).all()):
        return None
    most = model.upper[other]
    with np.errstate(invalid="ignore"):
        full = (model.lower[other] <= 0.0) & (met.data * most <= 1.0 + CLOSE)
    if not (full.all() and (by.data == -1.0).all()):
        return None
    sign = -1.0 if model.maximize else 1.0
    worth = np.maximum(-sign * model.cost[other] * most, 0.0)
    if not worth.any():
        return None
    fixed = sign * model.cost[engaged]
    return Uncovered(_located(model, rest, engaged, by[met.indices], worth, fixed), engaged, sign)


def _zero_or_one(model: Compiled, at: Integers) -> bool:
    """Whether columns are 0 or 1."""
    return bool((model.lower[at] >= 0.0).all() and (model.upper[at] <= 1.0).all())


def _located(
    model: Compiled,
    rest: int,
    engaged: Integers,
    by: sp.csr_array,
    worth: Floats,
    fixed: Floats,
) -> Compiled:
    """Return the model in which needs that count cost what they are worth, served by nobody."""
    counts = np.flatnonzero(worth > 0.0)
    offers, needs = len(engaged), len(counts)
    links = by[counts].tocoo()
    problem = Assignment.of(
        np.concatenate((links.coords[0], np.arange(needs))),
        np.concatenate((links.coords[1], np.full(needs, offers))),
        np.concatenate((np.zeros(links.nnz), worth[counts])),
        np.append(fixed, 0.0),
        needs,
    )
    columns = offers + 1 + needs
    rows = sp.csr_array(model.matrix[:rest][:, engaged])
    matrix = sp.csr_array((rows.data, rows.indices, rows.indptr), shape=(rest, columns))
    nobody = np.ones(1)
    sign = -1.0 if model.maximize else 1.0
    return Compiled(
        [None] * columns,
        taken(model.rows, np.arange(rest)),
        np.concatenate((fixed, np.zeros(1), np.ones(needs))),
        sign * model.offset - float(worth.sum()),
        False,
        matrix,
        model.row_lower[:rest],
        model.row_upper[:rest],
        np.concatenate((model.lower[engaged], nobody, np.zeros(needs))),
        np.concatenate((model.upper[engaged], nobody, np.full(needs, np.inf))),
        np.arange(columns) <= offers,
        ((Nearest([], problem), np.arange(columns)),),
    )
