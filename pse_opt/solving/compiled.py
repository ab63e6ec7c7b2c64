"""A linear Pyomo model as sparse matrices, mapped back to its variables and constraints."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyomo.core as pe
import scipy
import scipy.sparse as sp
from pyomo.common.errors import (
    InfeasibleConstraintException,
    InvalidConstraintError,
    InvalidExpressionError,
)
from pyomo.repn.plugins import standard_form

from pse_opt.errors import SolverError
from pse_opt.solving.cuts import Cutter, Expander, Points
from pse_opt.solving.labels import Label, Labels

__all__ = [
    "Compiled",
    "Label",
    "Linear",
    "bounds_of",
    "compile_model",
    "families_of",
    "family_of",
    "goals_at",
    "index_of",
    "paused_collector",
    "rules_at",
]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[Any]
Find = Callable[[Any], Integers]

AT_ONCE = 65_536
"""Columns whose bounds are read at once."""

standard_form.scipy = scipy  # whose matrices it needs, and not all that Pyomo would load of it


@dataclass(frozen=True, eq=False)
class Linear:
    """A linear function of the columns, to be made small, or great."""

    cost: Floats
    offset: float
    maximize: bool


@dataclass(frozen=True, eq=False)
class Compiled:
    """``minimize (or maximize) cost x + offset`` subject to rows and bounds.

    Attributes
    ----------
    columns : list of VarData or Labels
        Pyomo's variable of each column, or its name and index.
    rows : list of ConstraintData or Labels
        Pyomo's constraint of each row, or its family and index; a two-sided one stands twice.
    cost : ndarray, shape (columns,)
        Objective coefficients.
    offset : float
        Objective constant.
    maximize : bool
        Sense.
    matrix : csr_array, shape (rows, columns)
        Row coefficients.
    row_lower, row_upper, lower, upper : ndarray
        Limits of rows and columns; infinite where there are none.
    integer : ndarray of bool, shape (columns,)
        Which columns are whole numbers.
    rules : tuple of (Expander, positions of its variables)
        Convex rules whose rows are added while solving.
    then : tuple of Linear
        What decides among plans that are equally good, in turn.
    ratios : tuple of (row, column)
        Where the objective is the greatest of several ratios: rows that keep numerators below it,
        and the columns of the denominators, whose coefficient is minus the ratio aimed at.
    value : callable or None
        What a value of the objective means in the unit it is reported in; monotone.
    steepness : float
        Relative change of that value per relative change of the objective.
    first_ratio, least_ratio : float
        The ratio aimed at first, and the least there can be.
    noise : float
        Differences of the objective, in the unit it is reported in, that mean nothing.
    points : mapping
        Where solves of models close to this one took rows of the convex rules.
    """

    columns: list[Any] | Labels
    rows: list[Any] | Labels
    cost: Floats
    offset: float
    maximize: bool
    matrix: sp.csr_array
    row_lower: Floats
    row_upper: Floats
    lower: Floats
    upper: Floats
    integer: npt.NDArray[np.bool_]
    rules: tuple[tuple[Expander, npt.NDArray[np.int64]], ...] = ()
    then: tuple[Linear, ...] = ()
    ratios: tuple[tuple[int, int], ...] = ()
    value: Callable[[float], float] | None = None
    steepness: float = 1.0
    first_ratio: float = 0.0
    least_ratio: float = -np.inf
    noise: float = 0.0
    points: Points = field(default_factory=dict)

    @property
    def goal(self) -> Linear:
        """The objective."""
        return Linear(self.cost, self.offset, self.maximize)

    def start(self, values: Floats) -> dict[int, float]:
        """Return values of whole numbers by column, as solves start from them."""
        at = np.flatnonzero(self.integer)
        return dict(zip(at.tolist(), values[at].tolist(), strict=True))

    @property
    def whole(self) -> bool:
        """Whether the objective ties everything together, whatever the rows say."""
        return bool(self.then or self.ratios or self.value)

    def violation(self, values: Floats) -> Floats:
        """Return by how much values of the columns break each row."""
        activity = self.matrix @ values
        broken = np.maximum(self.row_lower - activity, activity - self.row_upper)
        return np.asarray(np.maximum(broken, 0.0))

    def find(self, variables: Any) -> Integers:
        """Return the column of each of some decisions of the model, -1 where it has none."""
        if isinstance(self.columns, Labels):
            return self.columns.find(variables)
        return _finder(self.columns)(variables)

    def cutters(self) -> list[Cutter]:
        """Return a new cutter for each convex rule."""
        return [rule.cutter(at, self.points.get(rule.key)) for rule, at in self.rules]

    @property
    def counts(self) -> dict[str, int]:
        """Sizes of the model."""
        return {
            "variables": len(self.columns),
            "binaries": int(self.integer.sum()),
            "constraints": len(self.rows),
            "nonzeros": int(self.matrix.nnz),
        }


def _finder(columns: Sequence[Any]) -> Find:
    """Return what finds columns by their variables, -1 for those that are not there."""
    known: dict[int, int] = {}

    def find(variables: Sequence[Any]) -> Integers:
        if not known:
            known.update((id(v), k) for k, v in enumerate(columns))
        return np.array([known.get(id(v), -1) for v in variables], dtype=np.int64)

    return find


def families_of(items: Sequence[Any]) -> npt.NDArray[np.object_]:
    """Return the family of each row, or the variable of each column, of a compiled model."""
    if isinstance(items, Labels):
        return items.families()
    return np.array([family_of(r) for r in items], dtype=object)


def family_of(row: Any) -> str:
    """Return the family of a row, or the variable of a column, of a compiled model."""
    return row.family if isinstance(row, Label) else str(row.parent_component().local_name)


def index_of(row: Any) -> Any:
    """Return the index of a row or column of a compiled model in its family."""
    return row.index if isinstance(row, Label) else row.index()


@contextmanager
def paused_collector() -> Iterator[None]:
    """Pause the garbage collector: a model is millions of live objects, none of them garbage.

    It would walk all of them again and again while they are made.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def compile_model(m: pe.ConcreteModel) -> Compiled | None:
    """Compile a linear Pyomo model.

    Returns
    -------
    Compiled or None
        None when a constraint without variables can never hold: the model is infeasible.

    Raises
    ------
    SolverError
        The model has no active objective, or several.
    """
    with paused_collector():
        try:
            compiler = standard_form.LinearStandardFormCompiler()
            form = compiler.write(m, mixed_form=True, set_sense=None)
        except InfeasibleConstraintException:
            return None
        except (InvalidConstraintError, InvalidExpressionError) as error:
            raise SolverError(f"the model is not linear: {error}") from None
        if len(form.objectives) != 1:
            raise SolverError(f"the model has {len(form.objectives)} active objectives, not one")
        right = np.asarray(form.rhs, dtype=float)
        if not (np.isfinite(form.A.data).all() and np.isfinite(form.c.data).all()):
            raise SolverError("the model has a coefficient that is not a finite number")
        side = np.fromiter((r.bound_type for r in form.rows), dtype=np.int8, count=len(form.rows))
        lower, upper = bounds_of(form.columns)
        rows = [r.constraint for r in form.rows]
        find = _finder(form.columns)
        return Compiled(
            list(form.columns),
            rows,
            np.asarray(form.c.toarray(), dtype=float).ravel(),
            float(form.c_offset[0]),
            form.objectives[0].sense == pe.maximize,
            sp.csr_array(form.A),
            np.where(side <= 0, right, -np.inf),
            np.where(side >= 0, right, np.inf),
            lower,
            upper,
            np.fromiter((not v.is_continuous() for v in form.columns), bool, len(form.columns)),
            rules_at(m, find),
            **goals_at(m, find, rows, len(form.columns)),
        )


def goals_at(m: Any, find: Find, rows: Sequence[Any], count: int) -> dict[str, Any]:
    """Return what else a model of ours is to be best in, by names of attributes of Compiled.

    Parameters
    ----------
    m : ConcreteModel or Outline
        The model.
    find : callable
        Returns the columns of some of its decisions, -1 where there is none.
    rows : sequence
        Its rows.
    count : int
        Its columns.
    """
    goals = getattr(m, "goals", None)
    if goals is None:
        return {}
    ratios: tuple[tuple[int, int], ...] = ()
    if goals.ratios:
        ours = np.flatnonzero(families_of(rows) == "objective_inequality").tolist()
        at = {index_of(rows[k]): k for k in ours}
        below = find([column for _, column in goals.ratios]).tolist()
        ratios = tuple((at[key], k) for (key, _), k in zip(goals.ratios, below, strict=True))
    return {
        "then": tuple(_linear(goal, find(goal.variables), count) for goal in goals.then),
        "ratios": ratios,
        "value": goals.value,
        "steepness": goals.steepness,
        "first_ratio": goals.first_ratio,
        "least_ratio": goals.least_ratio,
        "noise": goals.noise,
    }


def _linear(goal: Any, at: Integers, count: int) -> Linear:
    """Return a goal over the columns; decisions that appear nowhere else are at their best."""
    used = at >= 0
    weights = np.asarray(goal.coefficients, dtype=float)[used]
    cost = np.bincount(at[used], weights=weights, minlength=count)
    return Linear(cost.astype(float), goal.constant, goal.maximize)


def rules_at(m: Any, find: Find) -> tuple[tuple[Expander, npt.NDArray[np.int64]], ...]:
    """Return the convex rules of a model of ours, with the positions of their decisions."""
    expanders: list[Expander] = getattr(m, "rules", None) or []
    found = tuple((e, find(e.variables).astype(np.int64)) for e in expanders)
    if any((at < 0).any() for _, at in found):
        raise KeyError("a rule is about a variable that no row has")
    return found


def bounds_of(columns: list[Any]) -> tuple[Floats, Floats]:
    """Return the bounds of variables."""
    limits = np.empty((len(columns), 2))
    for at in range(0, len(columns), AT_ONCE):
        # None becomes "not a number".
        limits[at : at + AT_ONCE] = [v.bounds for v in columns[at : at + AT_ONCE]]
    lower, upper = limits[:, 0], limits[:, 1]
    return np.where(np.isnan(lower), -np.inf, lower), np.where(np.isnan(upper), np.inf, upper)
