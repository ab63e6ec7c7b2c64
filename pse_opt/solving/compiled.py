"""A linear Pyomo model as sparse matrices, mapped back to its variables and constraints."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

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

__all__ = [
    "Compiled",
    "Label",
    "Linear",
    "bounds_of",
    "compile_model",
    "family_of",
    "goals_at",
    "index_of",
    "paused_collector",
    "rules_at",
]

Floats = npt.NDArray[np.float64]

AT_ONCE = 65_536
"""Columns whose bounds are read at once."""

standard_form.scipy = scipy  # whose matrices it needs, and not all that Pyomo would load of it


class Label(NamedTuple):
    """Which row it is: its family, and its index there."""

    family: str
    index: Any


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
    columns : list of VarData
        Pyomo's variable of each column.
    rows : list of ConstraintData or Label
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

    columns: list[Any]
    rows: list[Any]
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

    @property
    def whole(self) -> bool:
        """Whether the objective ties everything together, whatever the rows say."""
        return bool(self.then or self.ratios or self.value)

    def violation(self, values: Floats) -> Floats:
        """Return by how much values of the columns break each row."""
        activity = self.matrix @ values
        broken = np.maximum(self.row_lower - activity, activity - self.row_upper)
        return np.asarray(np.maximum(broken, 0.0))

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


def family_of(row: Any) -> str:
    """Return the name of the family of a row of a compiled model."""
    return row.family if isinstance(row, Label) else str(row.parent_component().local_name)


def index_of(row: Any) -> Any:
    """Return the index of a row of a compiled model in its family."""
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
            rules_at(m, form.columns),
            **goals_at(m, form.columns, rows),
        )


def goals_at(m: pe.ConcreteModel, columns: list[Any], rows: list[Any]) -> dict[str, Any]:
    """Return what else a model of ours is to be best in, by names of attributes of Compiled."""
    goals = getattr(m, "goals", None)
    if goals is None:
        return {}
    place = {id(v): k for k, v in enumerate(columns)} if goals.then or goals.ratios else {}
    at = {}
    if goals.ratios:
        ours = (k for k, r in enumerate(rows) if family_of(r) == "objective_inequality")
        at = {index_of(rows[k]): k for k in ours}
    then = []
    for goal in goals.then:
        cost = np.zeros(len(columns))
        for variable, coefficient in zip(goal.variables, goal.coefficients, strict=True):
            if id(variable) in place:  # others appear nowhere else, and are nothing at their best
                cost[place[id(variable)]] += coefficient
        then.append(Linear(cost, goal.constant, goal.maximize))
    return {
        "then": tuple(then),
        "ratios": tuple((at[key], place[id(column)]) for key, column in goals.ratios),
        "value": goals.value,
        "steepness": goals.steepness,
        "first_ratio": goals.first_ratio,
        "least_ratio": goals.least_ratio,
        "noise": goals.noise,
    }


def rules_at(
    m: pe.ConcreteModel, columns: list[Any]
) -> tuple[tuple[Expander, npt.NDArray[np.int64]], ...]:
    """Return the convex rules of a model of ours, with the positions of their variables."""
    expanders: list[Expander] = getattr(m, "rules", None) or []
    if not expanders:
        return ()
    position = {id(v): k for k, v in enumerate(columns)}
    return tuple(
        (e, np.array([position[id(v)] for v in e.variables], dtype=np.int64)) for e in expanders
    )


def bounds_of(columns: list[Any]) -> tuple[Floats, Floats]:
    """Return the bounds of variables."""
    limits = np.empty((len(columns), 2))
    for at in range(0, len(columns), AT_ONCE):
        # None becomes "not a number".
        limits[at : at + AT_ONCE] = [v.bounds for v in columns[at : at + AT_ONCE]]
    lower, upper = limits[:, 0], limits[:, 1]
    return np.where(np.isnan(lower), -np.inf, lower), np.where(np.isnan(upper), np.inf, upper)
