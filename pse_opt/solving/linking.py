"""Linking rows where they count: with many links, those that the relaxation breaks are enough.

``linking`` says for every link what capacity says for the offer. It makes the bound good and is
implied for whole engagements; of hundreds of thousands of its rows, few ever bind. Beyond some
number of links the relaxation is solved without them, and those it breaks are added in rounds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from pse_opt.solving.compiled import Compiled
from pse_opt.solving.cuts import Additions, Cut
from pse_opt.solving.highs import Answer, Session
from pse_opt.solving.interrupt import Stop
from pse_opt.solving.labels import known_families, taken
from pse_opt.solving.outcome import Options, Outcome, relative_gap, status_of

__all__ = ["Rows", "Thin", "thinned", "with_some"]

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

FAMILY = "linking"
MANY = 30_000
"""Linking rows up to which all of them are given to the solver at once."""
BROKEN = 1e-6
"""Violation of a row for which it is added."""
ROUNDS = 40
ENOUGH = 1e-3
"""Rise of the bound in a round, relative to it, below which no more rounds follow."""
SHARE = 0.3
"""Share of the time that rounds may take."""


@dataclass(frozen=True, eq=False)
class Thin:
    """A model without the linking rows that never bind.

    Attributes
    ----------
    whole : Compiled
        The model with all rows.
    compiled : Compiled
        The same without some of the linking rows.
    rows : ndarray
        Which rows of the whole model are there.
    """

    whole: Compiled
    compiled: Compiled
    rows: Integers

    def outcome(self, found: Outcome, options: Options) -> Outcome:
        """Return an outcome of the thin model as one of the whole model."""
        values = found.values
        if values is None:
            return found
        if found.row_dual is not None:
            dual = np.zeros(len(self.whole.rows))
            dual[self.rows] = found.row_dual
            found = replace(found, row_dual=dual)
        if float(self.whole.violation(values).max(initial=0.0)) <= BROKEN:
            return found
        # Engaged in full and yet a rounding error too much: cleaned with all rows.
        session = Session(self.whole, replace(options, time_limit=1e-6))  # and some for cleaning
        session.fix(values)
        answer = session.run(cleaning=True)
        if answer.values is None or answer.state != "optimal":
            return found
        at = self.whole.integer
        values = np.where(at, np.round(values), answer.values[: len(at)])
        objective = float(self.whole.cost @ values + self.whole.offset)
        gap = relative_gap(objective, found.bound)
        status = status_of(gap, options.gap)
        return replace(
            found,
            values=values,
            objective=objective,
            gap=gap,
            status=status,
            row_dual=answer.row_dual,
        )


def thinned(compiled: Compiled, options: Options, stop: Stop | None = None) -> Thin | None:
    """Return a model with the linking rows that count; None where they are few.

    Parameters
    ----------
    compiled : Compiled
        The model with all rows.
    options : Options
        Of the whole solve; rounds take a part of its time.
    stop : Stop, optional
        Looked at between rounds.
    """
    plain = not (compiled.rules or compiled.whole) and compiled.integer.any()
    if not plain or not _is_many(compiled):
        return None
    rows = Rows(compiled, replace(options, time_limit=SHARE * options.time_limit), stop)
    rows.run()
    return rows.thin


def _is_many(compiled: Compiled) -> bool:
    """Return whether a model has more linking rows than are given to the solver at once."""
    if len(compiled.rows) <= MANY:
        return False
    # Of rows by other names, or in a model that is not ours, nothing is known.
    return int((known_families(compiled.rows) == FAMILY).sum()) > MANY


def with_some(compiled: Compiled, rows: Integers) -> Compiled:
    """Return a model with some of its rows."""
    return replace(
        compiled,
        rows=taken(compiled.rows, rows),
        matrix=sp.csr_array(compiled.matrix[rows]),
        row_lower=compiled.row_lower[rows],
        row_upper=compiled.row_upper[rows],
    )


class Rows:
    """The relaxation of a model, which gets linking rows as it breaks them, where they are many.

    Parameters
    ----------
    compiled : Compiled
        The model with all rows.
    options : Options
        Seconds of all linear programs together.
    stop : Stop, optional
        Looked at between rounds.
    """

    def __init__(self, compiled: Compiled, options: Options, stop: Stop | None) -> None:
        self.compiled = compiled
        linking = np.zeros(len(compiled.rows), dtype=bool)
        if _is_many(compiled):
            linking = known_families(compiled.rows) == FAMILY
        self.rest, self.mine = np.flatnonzero(~linking), np.flatnonzero(linking)
        bare = with_some(compiled, self.rest) if self.mine.size else compiled
        self.session = Session(bare, options, stop=stop)
        self.session.relax()
        self.matrix = sp.csr_array(compiled.matrix[self.mine])
        self.most = compiled.row_upper[self.mine]
        self.added = np.zeros(self.mine.size, dtype=bool)

    def run(self) -> Answer:
        """Solve the relaxation in rounds that add rows; return the last answer."""
        last: float | None = None
        for _ in range(ROUNDS):
            answer = self.session.run()
            if answer.state != "optimal" or answer.values is None or answer.bound is None:
                break
            short = self.matrix @ answer.values[: self.matrix.shape[1]] - self.most
            broken = np.flatnonzero((short > BROKEN) & ~self.added)
            small = last is not None and abs(answer.bound - last) <= ENOUGH * abs(answer.bound)
            last = answer.bound
            self.added[broken] = True
            if not broken.size or small or self.session.over:
                break
            self.session.add(Additions([_cut(self.matrix, self.most, int(k)) for k in broken]))
        return answer

    @property
    def thin(self) -> Thin:
        """The model with the rows that were added so far."""
        rows = np.sort(np.concatenate((self.rest, self.mine[self.added])))
        return Thin(self.compiled, with_some(self.compiled, rows), rows)


def _cut(matrix: sp.csr_array, most: Floats, row: int) -> Cut:
    at = slice(matrix.indptr[row], matrix.indptr[row + 1])
    columns = matrix.indices[at].astype(np.int64)
    return Cut(columns, matrix.data[at], -np.inf, float(most[row]))
