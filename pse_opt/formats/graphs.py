"""Location problems on graphs: OR-Library's p-median and p-center."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import shortest_path

from pse_opt.formats.classic import Floats, Published, all_pairs
from pse_opt.formats.matrices import ORLIB
from pse_opt.formats.points import posed
from pse_opt.formats.tokens import Tokens

__all__ = ["orlib_pmed"]


def orlib_pmed(
    path: Path, *, model: Literal["p-median", "p-center"] = "p-median", sites: int | None = None
) -> Published:
    """Read a graph: n, number of edges, p; edges i, j, cost. Every node is a customer and a site.

    An edge that stands there twice has its last cost. Travel is the shortest path.

    Parameters
    ----------
    path : Path
        The file.
    model : str
        ``p-median`` or ``p-center``.
    sites : int, optional
        Number of sites; by default the file's.
    """
    tokens = Tokens(path)
    n, edges = tokens.count("the number of nodes"), tokens.count("the number of edges")
    p = tokens.integer("the number of sites", least=1, most=n)
    rows = tokens.table(edges, 3, "edges: node, node, cost")
    ends = rows[:, :2].astype(np.int64) - 1
    wrong = np.flatnonzero(((ends < 0) | (ends >= n)).any(axis=1))
    if wrong.size:
        message = f"edge {int(wrong[0]) + 1} joins a node that is not from 1 to {n}"
        raise tokens.error(message, "correct it")
    travel = _shortest(n, ends, rows[:, 2])
    if not np.isfinite(travel).all():
        raise tokens.error("the graph falls apart: some nodes reach no others", "add edges")
    return posed(path.stem, all_pairs(travel), np.ones(n), model, sites or p, ORLIB)


def _shortest(n: int, ends: np.ndarray, cost: Floats) -> Floats:
    """Shortest paths between all nodes; of edges between the same nodes the last one counts."""
    low, high = ends.min(axis=1), ends.max(axis=1)
    last = {(int(i), int(j)): float(c) for i, j, c in zip(low, high, cost, strict=True) if i != j}
    keys = np.array(list(last), dtype=np.int64).reshape(-1, 2)
    # A cost of zero is an edge, which a sparse matrix would forget.
    values = np.maximum(np.array(list(last.values())), np.finfo(float).tiny)
    graph = csr_array((values, (keys[:, 0], keys[:, 1])), shape=(n, n))
    found = np.asarray(shortest_path(graph, method="D", directed=False), dtype=np.float64)
    return np.where(found < n * np.finfo(float).tiny, 0.0, found)
