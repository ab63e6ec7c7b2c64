"""Searches of neighbourhoods of a plan: which place is next, its model, and what came of it."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from pse_opt.solving.compiled import Compiled
from pse_opt.solving.local_search.crew import Answered, Piece
from pse_opt.solving.outcome import Options

__all__ = ["LONG", "Local", "Place"]

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int64]

SIZE, LEAST, MOST = 250, 40, 600
"""Engagements that a local search decides on: at first, and within which it adapts."""
QUICK, SLOW = 1.0, 8.0
"""Seconds of a local search below which the next is larger, and after which it ends."""
LONG = 100
"""Rows and columns with more entries than this do not make neighbours."""
WHOLE = 1e-6
KEPT = 1e-6
"""By how much more a row may be broken after a search than before."""
TIRED = 0.3
"""What a place counts for after each search there that did not help."""


@dataclass(frozen=True, eq=False)
class Place:
    """A neighbourhood: the engagements decided on, its columns, and the plan's values there."""

    inside: Flags
    at: Integers
    before: Floats
    began: float
    first: bool


class Local:
    """A plan that is improved place by place; places in work at once have no row in common.

    Parameters
    ----------
    compiled : Compiled
        The model.
    options : Options
        Gap, threads and seed of the searches.
    values : ndarray, shape (columns,)
        The plan to start from.
    size : int, optional
        Engagements that a search decides on; by default more where searches are quick.

    Attributes
    ----------
    values : ndarray, shape (columns,)
        The plan, improved in place. Engagements that are fractions are not decided yet.
    kernel : ndarray of bool, shape (columns,)
        Engagements to decide on; the others stay as they are.
    tried : ndarray, shape (columns,)
        Searches of each engagement in a row that did not help.
    undecided : ndarray of bool, shape (columns,)
        Engagements that no search has decided on, where the plan started from fractions.
    """

    def __init__(
        self, compiled: Compiled, options: Options, values: Floats, size: int | None = None
    ) -> None:
        self.compiled, self.options = compiled, options
        self.values = values.copy()
        self.relaxed, self.price = values.copy(), compiled.cost.copy()
        self.random = np.random.default_rng(options.seed)
        self.kernel: Flags = compiled.integer & (values > WHOLE)
        self.tried = np.zeros(len(values), dtype=np.int64)
        self.undecided: Flags = np.zeros(len(values), dtype=bool)
        self.busy: list[Place] = []
        # A neighbourhood is to be a small part of the whole.
        whole = int(compiled.integer.sum())
        self.most = int(np.clip(whole // 4, LEAST, MOST))
        self.size = int(np.clip(whole // 8, LEAST, SIZE)) if size is None else size
        self.steady = size is not None
        matrix = compiled.matrix
        self.by_column = sp.csc_array(matrix)
        self.long = np.flatnonzero(np.diff(matrix.indptr) > LONG)
        self.by_long = sp.csr_array(matrix[self.long])
        short = matrix.tocoo()
        few = np.diff(matrix.indptr)[short.coords[0]] <= LONG
        few &= np.diff(self.by_column.indptr)[short.coords[1]] <= LONG
        ones = np.ones(int(few.sum()))
        at = (short.coords[0][few], short.coords[1][few])
        self.rows = sp.csr_array((ones, at), shape=matrix.shape)
        self.columns = sp.csr_array(self.rows.T)
        # A column in many rows, such as the greatest level of all, may move in every search.
        self.common = np.diff(self.by_column.indptr) > LONG

    def guide(self, relaxed: Floats, row_dual: Floats) -> None:
        """Let the relaxation say where a plan costs more than it might.

        Parameters
        ----------
        relaxed : ndarray, shape (columns,)
            Values in the relaxation.
        row_dual : ndarray, shape (rows,)
            Its duals; those of long rows price what all places have in common.
        """
        self.relaxed = relaxed
        self.price = self.compiled.cost - row_dual[self.long] @ self.by_long

    def reprice(self, cost: Floats) -> None:
        """Go on at other costs, at which any place may be worth a search again."""
        self.price = self.price + (cost - self.compiled.cost)
        self.compiled = replace(self.compiled, cost=cost)
        self.tried[:] = 0

    @property
    def objective(self) -> float:
        """The plan's objective."""
        return float(self.compiled.cost @ self.values + self.compiled.offset)

    def near(self, columns: Flags) -> Flags:
        """Return the columns that share a row with some."""
        return np.asarray((self.columns @ ((self.rows @ columns.astype(float)) > 0.0)) > 0.0)

    def around(self, seeds: Integers, allowed: Flags | None = None) -> Flags:
        """Return the engagements nearest to some, by the needs that they share."""
        allowed = self.kernel if allowed is None else allowed
        inside = np.zeros(len(self.values), dtype=bool)
        inside[self.random.permutation(seeds)[: self.size]] = True
        while (room := self.size - int(inside.sum())) > 0:
            ring = self.near(self.near(self.near(inside)))
            ring &= allowed & ~inside
            found = np.flatnonzero(ring)
            if not found.size:
                break
            inside[self.random.permutation(found)[:room]] = True
        return inside

    def next(self, most: int) -> Place | None:
        """Return where to search next, or None where nothing is left to try.

        Parameters
        ----------
        most : int
            Searches that did not help after which an engagement is left alone.
        """
        first = bool(self.undecided.any())
        allowed = self.undecided if first else self.kernel
        free = allowed & (self.tried < most) if not first else allowed.copy()
        free &= ~self._taken()
        seeds = np.flatnonzero(free)
        if not seeds.size:
            return None
        seed = int(self.random.choice(seeds))
        if not first:
            worth = self._worth()[seeds] * TIRED ** self.tried[seeds]
            if worth.max() > 0.0:
                seed = int(seeds[np.argmax(worth * self.random.uniform(0.5, 1.0, seeds.size))])
        return self.place(np.array([seed]), allowed & ~self._taken())

    def place(self, seeds: Integers, allowed: Flags | None = None) -> Place:
        """Return the neighbourhood of some engagements: those around, and deliveries there."""
        first = bool(self.undecided.any())
        inside = self.around(seeds, allowed)
        near = self.near(self.near(self.near(inside)))
        common = self.common & ~self.compiled.integer
        at = np.flatnonzero(inside | ((near | common) & ~self.compiled.integer))
        if first:
            self.undecided &= ~inside
        return Place(inside, at, self.values[at], time.perf_counter(), first)

    def _taken(self) -> Flags:
        """Return the columns whose rows, or those next to them, are in work."""
        taken = np.zeros(len(self.values), dtype=bool)
        for place in self.busy:
            taken |= place.inside
        if self.busy:
            for _ in range(7):
                taken = self.near(taken) | taken
        return taken

    def _worth(self) -> Floats:
        """Return for each column what the plan costs more than the relaxation around it."""
        sign = -1.0 if self.compiled.maximize else 1.0
        more = sign * self.price * (self.values - self.relaxed)
        entries = np.maximum(np.diff(self.columns.indptr), 1)
        lengths = np.maximum(np.diff(self.rows.indptr), 1)
        for _ in range(4):
            more = np.asarray(self.columns @ ((self.rows @ (more / entries)) / lengths))
        return np.asarray(np.maximum(more, 0.0))

    def piece(self, place: Place, gap: float, seconds: float) -> Piece:
        """Return the model of a place, with all else as it is."""
        self.busy.append(place)
        seconds = max(min(SLOW, seconds), 1e-3)
        options = replace(self.options, gap=gap, time_limit=seconds, threads=1)
        whole = np.flatnonzero(self.compiled.integer[place.at])
        start = (
            {}
            if place.first
            else dict(zip(whole.tolist(), place.before[whole].tolist(), strict=True))
        )
        return Piece(self._part(place.at), options, start)

    def take(self, place: Place, answered: Answered | None) -> bool:
        """Take what came of a place; return whether the plan is better."""
        self.busy.remove(place)
        taken = time.perf_counter() - place.began
        factor = 1.25 if taken < QUICK else (0.7 if taken >= 0.9 * SLOW else 1.0)
        if not self.steady:
            self.size = int(np.clip(self.size * factor, LEAST, self.most))
        values = None if answered is None else answered.values
        better = values is not None and self._put(place, values)
        self.tried[place.inside] += 0 if place.first else 1
        if better and not place.first:
            self.tried[self.near(self.near(self.near(place.inside))) | place.inside] = 0
        return better

    def _put(self, place: Place, values: Floats) -> bool:
        """Put values into the plan where they are better and break nothing that others moved."""
        compiled, at = self.compiled, place.at
        gain = float(compiled.cost[at] @ (self.values[at] - values))
        gain = -gain if compiled.maximize else gain
        if not place.first and gain <= 1e-9 * max(abs(self.objective), 1.0):
            return False
        rows = np.unique(self.by_column[:, at].indices)
        part = sp.csr_array(compiled.matrix[rows])
        lower, upper = compiled.row_lower[rows], compiled.row_upper[rows]
        before = part @ self.values
        kept, self.values[at] = self.values[at], values
        after = part @ self.values
        allowed = np.maximum(np.maximum(lower - before, before - upper), 0.0) + KEPT
        if (np.maximum(lower - after, after - upper) > allowed).any():
            self.values[at] = kept
            return False
        return True

    def _part(self, at: Integers) -> Compiled:
        compiled = self.compiled
        columns = self.by_column[:, at]
        rows = np.unique(columns.indices)
        matrix = sp.csr_array(sp.csr_array(columns)[rows])
        now = self.values[at]
        activity = compiled.matrix[rows] @ self.values
        other = activity - matrix @ now
        return Compiled(
            [None] * at.size,
            [None] * rows.size,
            compiled.cost[at],
            0.0,
            compiled.maximize,
            matrix,
            # The plan keeps rows to a tolerance, and must stay possible.
            np.minimum(compiled.row_lower[rows], activity) - other,
            np.maximum(compiled.row_upper[rows], activity) - other,
            np.minimum(compiled.lower[at], now),
            np.maximum(compiled.upper[at], now),
            compiled.integer[at],
        )
