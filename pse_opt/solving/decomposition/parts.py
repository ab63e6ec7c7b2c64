"""Parts of a model that share nothing: the connected components of its columns and rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from pse_opt.solving.compiled import Compiled
from pse_opt.solving.labels import taken

__all__ = ["Part", "components", "parts_of", "split"]

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Part:
    """A model that shares no column and no row with the rest, and where it stands in the whole."""

    compiled: Compiled
    columns: Integers
    rows: Integers

    @property
    def weight(self) -> int:
        """How hard it may be: its whole numbers."""
        return 1 + int(self.compiled.integer.sum())


def parts_of(compiled: Compiled, least: float = 0.0) -> list[Part]:
    """Return the connected components of a model, the hardest first.

    Components without whole numbers are easy and stay together, as the last part.

    Parameters
    ----------
    compiled : Compiled
        The model.
    least : float
        Whole numbers below which components stay together as well, as another part.
    """
    rows, columns = compiled.matrix.shape
    if compiled.whole:
        return [Part(compiled, np.arange(columns), np.arange(rows))]
    of_column, of_row, count = components(compiled)
    whole = np.bincount(of_column[compiled.integer], minlength=count)
    kept = np.where(whole > 0, np.arange(count), count)
    kept[(whole > 0) & (whole < least)] = count + 1
    known, label = np.unique(np.concatenate((kept[of_column], kept[of_row])), return_inverse=True)
    found = split(compiled, label[:columns], label[columns:], len(known))
    return sorted(found, key=lambda p: -p.weight)


def components(compiled: Compiled) -> tuple[Integers, Integers, int]:
    """Return the component of each column and of each row, and how many there are."""
    rows, columns = compiled.matrix.shape
    links = compiled.matrix.tocoo()
    graph = sp.coo_array(
        (np.ones(links.nnz), (links.coords[1], columns + links.coords[0])),
        shape=(columns + rows, columns + rows),
    )
    for _, at in compiled.rules:
        tie = sp.coo_array((np.ones(len(at)), (np.full(len(at), at[0]), at)), shape=graph.shape)
        graph = graph + tie
    count, component = connected_components(graph, directed=False)
    label = component.astype(np.int64)
    return label[:columns], label[columns:], int(count)


def split(compiled: Compiled, of_column: Integers, of_row: Integers, count: int) -> list[Part]:
    """Return the parts of a model whose columns and rows have numbers from 0 to ``count - 1``.

    No row has entries in columns of another part.
    """
    columns, rows = (np.argsort(of, kind="stable") for of in (of_column, of_row))
    ends = np.cumsum(np.bincount(of_column, minlength=count))
    row_ends = np.cumsum(np.bincount(of_row, minlength=count))
    starts = np.concatenate(([0], ends[:-1]))
    place = np.empty(len(of_column), dtype=np.int32)
    place[columns] = np.arange(len(columns)) - starts[of_column[columns]]
    # Row by row, part by part: the whole matrix is put in order once.
    ordered = sp.csr_array(compiled.matrix[rows])
    ordered.indices = place[ordered.indices]
    found, first = [], 0
    for k in range(count):
        last = int(row_ends[k])
        at = slice(int(ordered.indptr[first]), int(ordered.indptr[last]))
        mine = columns[starts[k] : ends[k]]
        matrix = sp.csr_array(
            (
                ordered.data[at],
                ordered.indices[at],
                ordered.indptr[first : last + 1] - ordered.indptr[first],
            ),
            shape=(last - first, len(mine)),
        )
        found.append(_part(compiled, mine, rows[first:last], matrix, place, of_column))
        first = last
    return found


def _part(
    compiled: Compiled,
    columns: Integers,
    rows: Integers,
    matrix: sp.csr_array,
    place: npt.NDArray[np.int32],
    of_column: Integers,
) -> Part:
    mine = of_column[columns[0]] if len(columns) else -1
    piece = Compiled(
        taken(compiled.columns, columns),
        taken(compiled.rows, rows),
        compiled.cost[columns],
        0.0,
        compiled.maximize,
        matrix,
        compiled.row_lower[rows],
        compiled.row_upper[rows],
        compiled.lower[columns],
        compiled.upper[columns],
        compiled.integer[columns],
        tuple(
            (e, place[at].astype(np.int64)) for e, at in compiled.rules if of_column[at[0]] == mine
        ),
        points=compiled.points,
    )
    return Part(piece, columns, rows)
