"""A plan from the linear relaxation, so that a hard search does not end empty-handed.

What is engaged to some part in the relaxation is engaged as a whole, each offer at one size; the
linear program that is left says whether that is a plan. Several ways to round are tried, from the
few offers that the relaxation engages most to all that it engages at all.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from pse_opt.solving.compiled import Compiled, families_of
from pse_opt.solving.highs import Session

__all__ = ["fitting", "rounded", "ways"]

Floats = npt.NDArray[np.float64]

SECONDS = 30.0
"""Time for trying: a plan is worth some seconds beyond the limit."""
WHOLE = 1e-9
LEVELS = (0.5, 0.3, 0.1, 0.01, 1e-6)
"""Parts of an engagement from which it counts as one."""


def rounded(session: Session, relaxed: Floats) -> dict[int, float] | None:
    """Return values of the integer columns that admit a plan, or None where none was found.

    Parameters
    ----------
    session : Session
        The loaded model; its integers are left fixed.
    relaxed : ndarray, shape (columns,)
        A solution of the relaxation.
    """
    compiled = session.compiled
    end = time.perf_counter() + SECONDS
    for values in ways(compiled, relaxed):
        if time.perf_counter() > end:
            return None
        session.fix(values)
        if session.run(cleaning=True).state == "optimal":
            return compiled.start(values)
    return None


def fitting(compiled: Compiled, relaxed: Floats) -> Floats | None:
    """Return a rounding in which all that is engaged at all has room for what it delivers.

    Every offer that the relaxation uses is engaged at the smallest size that its volume fits into,
    which takes over what others of its sizes delivered.

    Returns
    -------
    ndarray or None, shape (columns,)
        None for models without the families ``capacity`` and ``production``.
    """
    families = families_of(compiled.rows)
    capacity = compiled.matrix[np.flatnonzero(families == "capacity")].tocoo()
    production = compiled.matrix[np.flatnonzero(families == "production")].tocoo()
    if not capacity.nnz or not production.nnz:
        return None
    row, column = capacity.coords
    partner = np.full(len(relaxed), -1)
    engaged, used = capacity.data < 0.0, capacity.data > 0.0
    of_row = np.full(capacity.shape[0], -1)
    of_row[row[engaged]] = column[engaged]
    partner[column[used]] = of_row[row[used]]
    offer, volume = production.coords
    mine = partner[volume] >= 0
    offer, volume, room = offer[mine], volume[mine], -production.data[mine]
    delivered = np.bincount(offer, weights=room * relaxed[volume], minlength=production.shape[0])
    fits = (room >= delivered[offer] * (1.0 - WHOLE)) & (delivered[offer] > WHOLE)
    # The smallest of those that fit comes first.
    order = np.flatnonzero(fits)[np.lexsort((room[fits], offer[fits]))]
    _, first = np.unique(offer[order], return_index=True)
    chosen = order[first]
    values = relaxed.copy()
    values[compiled.integer] = np.ceil(relaxed[compiled.integer] - WHOLE)
    values[partner[volume]] = 0.0
    values[partner[volume[chosen]]] = 1.0
    values[volume] = 0.0
    values[volume[chosen]] = delivered[offer[chosen]] / room[chosen]
    # A provider is there as far as its offers are, whether as a whole number or not.
    there = compiled.matrix[np.flatnonzero(families == "provider_engagement")].tocoo()
    row, column = there.coords
    offers = there.data > 0.0
    some = np.bincount(
        row[offers], there.data[offers] * values[column[offers]], minlength=there.shape[0]
    )
    whose = (there.data < 0.0) & ~compiled.integer[column]
    np.maximum.at(values, column[whose], some[row[whose]] / -there.data[whose])
    return np.clip(values, compiled.lower, compiled.upper)


def ways(compiled: Compiled, relaxed: Floats) -> Iterator[Floats]:
    """Yield ways to round a relaxation, without repetition."""
    groups = _groups(compiled)
    seen: set[bytes] = set()
    for level in LEVELS:
        for largest in (False, True):
            values = relaxed.copy()
            values[compiled.integer] = relaxed[compiled.integer] >= level
            for group in groups:
                values[group] = 0.0
                if relaxed[group].sum() >= level:
                    chosen = group.max() if largest else group[np.argmax(relaxed[group])]
                    values[chosen] = 1.0
            key = values[compiled.integer].tobytes()
            if key not in seen:
                seen.add(key)
                yield np.clip(values, compiled.lower, compiled.upper)


def _groups(compiled: Compiled) -> list[npt.NDArray[np.int64]]:
    """Integer columns of which one at most may be 1: the sizes of an offer, the smallest first."""
    a = compiled.matrix
    counts = np.diff(a.indptr)
    continuous = np.bincount(
        np.repeat(np.arange(len(counts)), counts),
        weights=~compiled.integer[a.indices] | (a.data != 1.0),
        minlength=len(counts),
    )
    alone = (counts > 1) & (continuous == 0) & (compiled.row_upper == 1.0)
    return [
        a.indices[a.indptr[r] : a.indptr[r + 1]].astype(np.int64) for r in np.flatnonzero(alone)
    ]
