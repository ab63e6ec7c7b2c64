"""Who is within reach of what is engaged: deliveries leave the model where they cost nothing.

Where no offer can be full, and neither an objective nor a rule asks who delivers to whom, a need
can be met as far as offers that reach it are engaged. The model is then one of engagements and
coverage, with one row for each need instead of one for each link; deliveries follow from its plan.
Maximal covering and set covering are of this kind.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from pse_opt.solving import direct
from pse_opt.solving.compiled import Compiled, families_of
from pse_opt.solving.interrupt import Stop
from pse_opt.solving.labels import extended, taken
from pse_opt.solving.location import benders
from pse_opt.solving.location.uncovered import uncovered
from pse_opt.solving.outcome import Options, Outcome, Progress, relative_gap, status_of

__all__ = ["Covering", "completed", "covering_of", "names_of", "never_full", "pattern", "run"]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Names = npt.NDArray[np.object_]

DELIVERING = ("delivery", "utilization")
BETWEEN = ("attainment", "linking", "production", "capacity")
"""Families that tie deliveries to the rest."""
CLOSE = 1e-9
SECONDS = 30.0
"""Least time granted to the linear program that completes a plan."""


@dataclass(frozen=True, eq=False)
class Covering:
    """The smaller model, and where its columns stand in the whole.

    Attributes
    ----------
    compiled : Compiled
        Engagements and coverage.
    at : ndarray
        Where its columns stand in the whole.
    rest : int
        Its first rows are so many of the whole; those after them say who is reached.
    """

    compiled: Compiled
    at: Integers
    rest: int


def names_of(compiled: Compiled) -> tuple[Names, Names]:
    """Return the component of each row and of each column."""
    return families_of(compiled.rows), families_of(compiled.columns)


def pattern(matrix: sp.csr_array) -> sp.csr_array:
    """Return 1 wherever a matrix has an entry."""
    found = sp.csr_array(matrix)
    return sp.csr_array((np.ones(found.nnz), found.indices, found.indptr), shape=found.shape)


def never_full(compiled: Compiled, families: Names, kinds: Names) -> bool:
    """Whether every offer has one size, and room for all that it is linked to."""
    rows = compiled.matrix[families == "production"]
    asked = rows[:, kinds == "delivery"].sum(axis=1)
    sizes = sp.csr_array(rows[:, kinds == "utilization"])
    room = -sizes.sum(axis=1)
    one = np.diff(sizes.indptr) == 1
    return bool((one & (asked <= room * (1 + CLOSE))).all())


def covering_of(compiled: Compiled) -> Covering | None:
    """Return the smaller model, or None where deliveries matter."""
    if compiled.rules or compiled.ratios or compiled.then or not compiled.integer.any():
        return None
    families, kinds = names_of(compiled)
    delivering, between = np.isin(kinds, DELIVERING), np.isin(families, BETWEEN)
    if not (kinds == "delivery").any() or compiled.cost[delivering].any():
        return None
    if compiled.matrix[~between][:, delivering].nnz or not never_full(compiled, families, kinds):
        return None
    at = np.flatnonzero(~delivering)
    matrix = compiled.matrix
    need = matrix[families == "attainment"]
    links = sp.csr_array(matrix[families == "linking"])
    near = kinds == "delivery"
    opens = pattern(links[:, near]).T @ pattern(links[:, at])
    # What offers deliver to a need is coverage less last resort: none or more, and none without
    # an engaged offer that reaches it.
    met = sp.csr_array(-need[:, at])
    reach = sp.csr_array(met - pattern(pattern(need[:, near]) @ opens))
    rest = sp.csr_array(matrix[~between][:, at])
    count = met.shape[0]
    nothing, none = np.zeros(count), np.full(count, np.inf)
    several = np.diff(met.indptr) > 1  # a single coverage is not negative anyway
    kept = taken(compiled.rows, np.flatnonzero(~between))
    return Covering(
        replace(
            compiled,
            columns=taken(compiled.columns, at),
            rows=extended(kept, count + int(several.sum()), "reached"),
            cost=compiled.cost[at],
            matrix=sp.csr_array(sp.vstack((rest, reach, met[several]))),
            row_lower=np.concatenate((compiled.row_lower[~between], -none, nothing[several])),
            row_upper=np.concatenate((compiled.row_upper[~between], nothing, none[several])),
            lower=compiled.lower[at],
            upper=compiled.upper[at],
            integer=compiled.integer[at],
        ),
        at,
        rest.shape[0],
    )


def run(
    compiled: Compiled,
    options: Options,
    *,
    stop: Stop | None = None,
    progress: Callable[[Progress], None] | None = None,
    start: dict[int, float] | None = None,
    covering: Covering | None = None,
) -> Outcome:
    """Solve a compiled model without its deliveries; parameters as in the direct strategy.

    A model in which deliveries matter is solved directly.
    """
    began = time.perf_counter()
    found = covering_of(compiled) if covering is None else covering
    if found is None:
        return direct.run(compiled, options, stop=stop, progress=progress, start=start)
    place = {int(k): i for i, k in enumerate(found.at)}
    first = {place[k]: v for k, v in (start or {}).items() if k in place}
    outcome = _solved(found, options, stop, progress, first)
    elapsed = time.perf_counter() - began
    if outcome.values is None:
        return replace(outcome, seconds=elapsed)
    whole = completed(compiled, found.at, found.compiled.integer, outcome.values, options)
    if whole is None or whole.objective is None:
        return replace(outcome, status="no_plan", values=None, objective=None, gap=None)
    bound = outcome.bound
    if bound is not None:
        bound = (max if compiled.maximize else min)(bound, whole.objective)
    gap = relative_gap(whole.objective, bound)
    return replace(
        whole,
        status=status_of(gap, options.gap),
        termination=outcome.termination,
        bound=bound,
        gap=gap,
        seconds=time.perf_counter() - began,
    )


def _solved(
    covering: Covering,
    options: Options,
    stop: Stop | None,
    progress: Callable[[Progress], None] | None,
    start: dict[int, float],
) -> Outcome:
    """Solve the smaller model: as one of location where it is one, and else directly."""
    model = covering.compiled
    found = uncovered(model, covering.rest)
    if found is None:
        return direct.run(model, options, stop=stop, progress=progress, start=start)

    def told(moment: Progress) -> None:
        if progress is not None:
            known = found.figures(moment.objective, moment.bound)
            progress(replace(moment, objective=known[0], bound=known[1]))

    outcome = benders.run(
        found.compiled, options, stop=stop, progress=told, start=found.start(start)
    )
    objective, bound = found.figures(outcome.objective, outcome.bound)
    values = None
    if outcome.values is not None:
        values = found.values(outcome.values, len(model.columns))
    return replace(outcome, values=values, objective=objective, bound=bound)


def completed(
    compiled: Compiled,
    at: Integers,
    integer: npt.NDArray[np.bool_],
    values: Floats,
    options: Options,
) -> Outcome | None:
    """Complete a plan: the whole model with what was decided fixed is a linear program.

    Parameters
    ----------
    compiled : Compiled
        The whole model.
    at, integer, values : ndarray
        Where the columns of the smaller one stand in it, which of them are whole, and their values;
        whole numbers that the smaller one does not have are 0.
    options : Options
        For the solver; the linear program is granted some time in any case.
    """
    lower, upper = compiled.lower.copy(), compiled.upper.copy()
    lower[at[integer]] = upper[at[integer]] = np.round(values[integer])
    rest = compiled.integer & (lower < upper)
    upper[rest] = np.maximum(lower[rest], 0.0)
    fixed = replace(compiled, lower=lower, upper=upper, integer=np.zeros_like(compiled.integer))
    limit = max(options.time_limit, SECONDS)
    found = direct.run(fixed, replace(options, gap=0.0, time_limit=limit))
    if found.values is None:
        return None
    found.values[compiled.integer] = np.round(found.values[compiled.integer])
    return found
