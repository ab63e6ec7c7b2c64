r"""Rows on engagements alone that floors of many needs imply together.

What must be served of some needs, each at its floor :math:`f_n` and counted with a weight
:math:`w_n \ge 0`, is served by what is engaged:

.. math::
    \sum_n w_n f_n \le \sum_n w_n \sum_o x_{on} \le \sum_e K_e y_e, \qquad
    K_e = \max \Big\{ \sum_n w_n x_n : \sum_n a_{en} x_n \le m_e,\ 0 \le x_n \le c_{en} \Big\}

for any weights: an engagement :math:`e` that is made carries no more than the best filling of its
room, one that is not made nothing, and of sizes of an offer no more than one is made. The weights
that make the row strong are demands in one unit, those with which
:math:`a_{en} \approx s_e w_n`. The relaxation keeps that row anyway; whole engagements also keep

- the number of them that it takes: no fewer than that of the largest that reach the sum (with one
  capacity for all this is the row divided by it and rounded, Gomory 1958, Chvatal 1973);
- the row divided by the largest and rounded (mixed-integer rounding, Nemhauser and Wolsey 1990).

``covers`` has the rows that the floor of one need implies, with deliveries in them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import lsqr

from pse_opt.solving.capacitated.knapsacks import Knapsacks
from pse_opt.solving.compiled import Compiled
from pse_opt.solving.cuts import Cut

__all__ = ["Counted", "Need", "counted", "needed"]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

SURE = 1e-7
"""Part of a sum by which it may be missed by rounding errors."""
LEAST = 1e-6
"""Fractions of the divided sum that are too small to be rounded up."""


class Need(NamedTuple):
    """What a group of needs takes.

    Attributes
    ----------
    engaged : ndarray
        Engagements that can serve them, as positions in the knapsacks.
    most : ndarray
        What each of them can do at most, in the unit of the sum.
    total : float
        What must be done.
    number : int
        Least number of engagements.
    """

    engaged: Integers
    most: Floats
    total: float
    number: int

    def rows(self, columns: Integers) -> list[Cut]:
        """Return the rows for branch and bound, given the column of each engagement."""
        at, size, total = columns[self.engaged], self.most, self.total
        found = [Cut(at, size / total, 1.0, np.inf)]
        if self.number > 1:
            found.append(Cut(at, np.ones(len(at)), float(self.number), np.inf))
        largest = float(size.max())
        ratio = total / largest
        fraction = ratio - np.floor(ratio)
        if np.ptp(size) > SURE * largest and LEAST < fraction < 1.0 - LEAST:
            part = np.minimum(size / largest / fraction, 1.0)
            found.append(Cut(at, part, float(np.ceil(ratio)), np.inf))
        return found


class Counted(NamedTuple):
    """Engagements of which a row says how many there are, as positions in the knapsacks."""

    engaged: Integers
    least: float
    most: float


def counted(compiled: Compiled, engaged: Integers) -> list[Counted]:
    """Return what rows say that count nothing but engagements, those of more than one."""
    a = compiled.matrix
    lengths = np.diff(a.indptr)
    row = np.repeat(np.arange(len(lengths)), lengths)
    place = np.full(len(compiled.columns), -1)
    place[engaged] = np.arange(len(engaged))
    odd = (place[a.indices] < 0) | (a.data != 1.0)
    plain = (np.bincount(row[odd], minlength=len(lengths)) == 0) & (lengths > 1)
    low, high = compiled.row_lower, compiled.row_upper
    return [
        Counted(place[a.indices[a.indptr[r] : a.indptr[r + 1]]], float(low[r]), float(high[r]))
        for r in np.flatnonzero(plain)
    ]


def needed(knapsacks: Knapsacks, lower: Floats, upper: Floats) -> list[Need]:
    """Return what floors of needs take, for each group of needs that offers connect.

    Parameters
    ----------
    knapsacks : Knapsacks
        The offers.
    lower, upper : ndarray, shape (columns,)
        Bounds of columns, those included that rows of a single column state.
    """
    given, least = _floors(knapsacks, lower, upper)
    asked = np.flatnonzero(least > 0.0)
    if not asked.size:
        return []
    part = sp.csr_array(given[asked])
    link = knapsacks.link
    pairs = part[:, link].tocoo()
    row, pair = (side.astype(np.int64) for side in pairs.coords)
    weight = _weights(row, knapsacks.at[pair], knapsacks.volume[pair] / pairs.data, len(asked))
    # The value of a unit of each link.
    value = np.asarray(part.T @ weight)[link]
    most = knapsacks.total(knapsacks.fill(-value) * value)
    count = len(knapsacks.engaged)
    graph = sp.coo_array(
        (np.ones(len(row)), (row, len(asked) + knapsacks.offer[knapsacks.at[pair]])),
        shape=(len(asked) + count,) * 2,
    )
    label = connected_components(graph, directed=False)[1]
    of_engaged = label[len(asked) + knapsacks.offer]
    found = []
    for group in np.unique(label[: len(asked)]):
        inside = np.flatnonzero((of_engaged == group) & (most > 0.0))
        mine = label[: len(asked)] == group
        total = float(weight[mine] @ least[asked[mine]]) * (1.0 - SURE)
        if inside.size and total > 0.0:
            found.append(_need(knapsacks, upper, inside, most[inside], total))
    return found


def _floors(knapsacks: Knapsacks, lower: Floats, upper: Floats) -> tuple[sp.csr_array, Floats]:
    """Return what links give to each of the other rows, and what they must give at least.

    Rows that links outside the knapsacks serve, or that links take from, ask for nothing here.
    """
    links, c = knapsacks.links, knapsacks.links.compiled
    inside = np.zeros(len(links.at), dtype=bool)
    inside[knapsacks.link] = True
    whole = sp.csr_array(c.matrix[links.others]).tocoo()
    row, column = whole.coords
    place = np.full(len(c.columns), -1)
    place[links.at] = np.arange(len(links.at))
    link = place[column] >= 0
    # With no limit the other columns could do anything.
    with np.errstate(invalid="ignore"):
        most = np.where(whole.data > 0.0, upper[column], lower[column]) * whole.data
    most = np.where(np.isnan(most), np.inf, most)
    count = len(links.others)
    rest = np.zeros(count)
    np.add.at(rest, row[~link], most[~link])
    odd = link & ((whole.data < 0.0) | ~inside[place[column]])
    least = c.row_lower[links.others] - rest
    least[np.bincount(row[odd], minlength=count) > 0] = 0.0
    least[~np.isfinite(least)] = 0.0
    given = sp.csr_array(
        (whole.data[link], (row[link], place[column[link]])), shape=(count, len(links.at))
    )
    return given, least


def _weights(row: Integers, engaged: Integers, volume: Floats, count: int) -> Floats:
    """Return a weight of each row, with which volumes are near a scale of engagements times it."""
    known = np.flatnonzero(volume > 0.0)
    if not known.size:
        return np.ones(count)
    number = np.arange(len(known))
    entries = np.ones(2 * len(known))
    at = np.concatenate((row[known], count + engaged[known]))
    matrix = sp.csr_array((entries, (np.tile(number, 2), at)))
    fitted = lsqr(matrix, np.log(volume[known]), atol=1e-12, btol=1e-12)[0][:count]
    weight = np.exp(fitted - fitted.max())
    weight[np.bincount(row[known], minlength=count) == 0] = 0.0
    return np.asarray(weight)


def _need(
    knapsacks: Knapsacks, upper: Floats, inside: Integers, most: Floats, total: float
) -> Need:
    """Return what a group takes; of an offer the largest size counts."""
    largest = np.zeros(len(knapsacks.engaged))
    np.maximum.at(largest, knapsacks.offer[inside], most)
    reached = np.cumsum(np.sort(largest[largest > 0.0])[::-1])
    single = bool((upper[knapsacks.engaged[inside]] <= 1.0).all())
    short = reached < total
    number = int(short.sum()) + 1 if single and not short.all() else 0
    return Need(inside, most, total, number)
