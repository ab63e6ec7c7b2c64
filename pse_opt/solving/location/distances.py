"""Models whose objective is the greatest travel, and the covering problem of a distance in them.

The objective is the greatest travel of any need, everybody is served in full, and a need is served
from one place: because each has one source, or because no offer can be full, so that nothing is
gained by serving part of a need from further away. In the second case the covering problem is about
engagements alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from pse_opt.solving.compiled import Compiled
from pse_opt.solving.labels import taken
from pse_opt.solving.location.covering import names_of, never_full, pattern

__all__ = ["CLOSE", "Covering", "Radius", "radius_of"]

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Names = npt.NDArray[np.object_]

MEASURING = ("equalization_level", "equalization_ceiling", "objective_inequality")
VOLUMES = ("production", "capacity")
SERVING = ("attainment", "linking", "source_assignment", "single_source")
ENGAGING = ("siting", "one_size", "exclusive_offers", "required_offers", "arrangements")
FAMILIES = {*MEASURING, *VOLUMES, *SERVING, *ENGAGING, "coverage_floor"}
COLUMNS = {
    *("engaged", "utilization", "delivery", "coverage", "assigned"),
    *("level", "highest", "inequality"),
}
CLOSE = 1e-9
"""Relative difference at which two distances are the same."""


@dataclass(frozen=True, eq=False)
class Radius:
    """What the search needs to know of a model.

    Attributes
    ----------
    compiled : Compiled
        The model.
    families, kinds : ndarray of str
        Component of each row and each column.
    distance : ndarray
        What each delivery makes of the objective, NaN for other columns.
    single : bool
        Each need has one source; otherwise no offer can be full.
    """

    compiled: Compiled
    families: Names
    kinds: Names
    distance: Floats
    single: bool

    @property
    def candidates(self) -> Floats:
        """Distances that the answer may be, ascending."""
        found = np.unique(self.distance[np.isfinite(self.distance)])
        apart = np.diff(found, prepend=-np.inf) > CLOSE * np.maximum(1.0, np.abs(found))
        return np.asarray(found[apart])

    def within(self, limit: float) -> Covering:
        """Return the covering problem of a distance."""
        far = self.distance > limit + CLOSE * max(1.0, abs(limit))
        return self._with_sources(far) if self.single else self._of_engagements(far)

    def _with_sources(self, far: Flags) -> Covering:
        """The model itself, without deliveries from too far away and without measuring."""
        kept = np.isin(self.kinds, ("engaged", "delivery", "assigned", "utilization")) & ~far
        rows = np.isin(self.families, (*SERVING, *ENGAGING, *VOLUMES))
        compiled, at = self.compiled, np.flatnonzero(kept)
        held = sp.csr_array(compiled.matrix[rows])
        # Coverage is 1 throughout; what is too far away delivers nothing.
        full = np.asarray(held @ (self.kinds == "coverage").astype(float))
        limits = compiled.row_lower[rows] - full, compiled.row_upper[rows] - full
        return self._covering(at, sp.csr_array(held[:, at]), *limits)

    def _of_engagements(self, far: Flags) -> Covering:
        """For each need one engaged offer at least that is near enough."""
        matrix, kinds, compiled = self.compiled.matrix, self.kinds, self.compiled
        at, near = np.flatnonzero(kinds == "engaged"), (kinds == "delivery") & ~far
        served = pattern(matrix[self.families == "attainment"][:, near])
        links = sp.csr_array(matrix[self.families == "linking"])
        opens = pattern(links[:, near]).T @ pattern(links[:, at])
        cover = pattern(served @ opens)
        rows = np.isin(self.families, ENGAGING)
        every = sp.csr_array(sp.vstack((cover, matrix[rows][:, at])))
        needs = cover.shape[0]
        low = np.concatenate((np.ones(needs), compiled.row_lower[rows]))
        high = np.concatenate((np.full(needs, np.inf), compiled.row_upper[rows]))
        return self._covering(at, every, low, high)

    def _covering(
        self, at: npt.NDArray[np.int64], matrix: sp.csr_array, low: Floats, high: Floats
    ) -> Covering:
        """A problem of some columns; rows without any are kept or broken whatever is done."""
        empty = np.diff(matrix.indptr) == 0
        lost = bool((empty & ((low > CLOSE) | (high < -CLOSE))).any())
        compiled, use = self.compiled, ~empty
        return Covering(
            replace(
                compiled,
                columns=taken(compiled.columns, at),
                rows=[None] * int(use.sum()),
                cost=np.zeros(len(at)),
                offset=0.0,
                matrix=sp.csr_array(matrix[use]),
                row_lower=low[use],
                row_upper=high[use],
                lower=compiled.lower[at],
                upper=compiled.upper[at],
                integer=compiled.integer[at],
                value=None,
                steepness=1.0,
            ),
            at,
            lost,
        )


@dataclass(frozen=True, eq=False)
class Covering:
    """A covering problem, where its columns stand in the whole, and whether it is plainly lost."""

    compiled: Compiled
    at: npt.NDArray[np.int64]
    lost: bool


def radius_of(compiled: Compiled) -> Radius | None:
    """Return what the search needs, or None where the model is not of this kind."""
    if compiled.maximize or compiled.rules or compiled.ratios or compiled.then:
        return None
    families, kinds = names_of(compiled)
    goal = np.flatnonzero(compiled.cost)
    measured = len(goal) == 1 and kinds[goal[0]] == "inequality" and not compiled.offset
    if not measured or not FAMILIES.issuperset(families) or not COLUMNS.issuperset(kinds):
        return None
    single = _one_source(compiled, families, kinds)
    if not _in_full(compiled, families, kinds) or not (
        single or never_full(compiled, families, kinds)
    ):
        return None
    distance = _distances(compiled, families, kinds)
    return None if distance is None else Radius(compiled, families, kinds, distance, single)


def _in_full(compiled: Compiled, families: Names, kinds: Names) -> bool:
    """Whether every need is served in full."""
    rows = compiled.matrix[families == "coverage_floor"][:, kinds == "coverage"]
    least = compiled.row_lower[families == "coverage_floor"]
    return bool((rows.T @ (least >= 1.0) > 0).all()) and bool((kinds == "coverage").any())


def _one_source(compiled: Compiled, families: Names, kinds: Names) -> bool:
    """Whether every delivery is all or nothing."""
    equal = (families == "source_assignment") & (compiled.row_lower == compiled.row_upper)
    tied = np.abs(compiled.matrix[equal][:, kinds == "delivery"]).sum(axis=0) > 0
    return bool(np.all(tied)) and bool(equal.any())


def _distances(compiled: Compiled, families: Names, kinds: Names) -> Floats | None:
    """What each delivery makes of the objective; None where a level is of several needs."""
    matrix = compiled.matrix
    weight = np.zeros(len(kinds))  # of a level or a greatest level in the objective
    weight[kinds == "inequality"] = 1.0
    for family, lower in (
        ("objective_inequality", "inequality"),
        ("equalization_ceiling", "highest"),
    ):
        held = matrix[families == family].tocoo()
        below = np.zeros(held.shape[0])
        ties = kinds[held.coords[1]] == lower
        below[held.coords[0][ties]] = -held.data[ties] / weight[held.coords[1][ties]]
        above = ~ties
        np.maximum.at(
            weight, held.coords[1][above], held.data[above] / below[held.coords[0][above]]
        )
    found = np.full(len(kinds), np.nan)
    found[kinds == "delivery"] = 0.0
    need = _need_of(compiled, families, kinds)
    held = sp.csr_array(matrix[families == "equalization_level"])
    for start, end in zip(held.indptr[:-1], held.indptr[1:], strict=True):
        at, values = held.indices[start:end], held.data[start:end]
        level, links = kinds[at] == "level", kinds[at] == "delivery"
        if len(np.unique(need[at[links]])) > 1:
            return None
        scale = float(weight[at[level]][0] / -values[level][0])
        np.maximum.at(found, at[links], values[links] * scale)
    return found


def _need_of(compiled: Compiled, families: Names, kinds: Names) -> npt.NDArray[np.int64]:
    """The row of the need that each delivery belongs to."""
    rows = compiled.matrix[families == "attainment"].tocoo()
    need = np.full(len(kinds), -1, dtype=np.int64)
    need[rows.coords[1]] = rows.coords[0]
    return need
