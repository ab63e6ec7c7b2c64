"""A linear Pyomo model as sparse matrices, mapped back to its variables and constraints."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyomo.environ as pe
import scipy.sparse as sp
from pyomo.common.errors import (
    InfeasibleConstraintException,
    InvalidConstraintError,
    InvalidExpressionError,
)
from pyomo.repn.plugins.standard_form import LinearStandardFormCompiler

from pse_opt.errors import SolverError
from pse_opt.solving.cuts import Cutter, Expander

__all__ = ["Compiled", "compile_model", "paused_collector"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Compiled:
    """``minimize (or maximize) cost x + offset`` subject to rows and bounds.

    Attributes
    ----------
    columns : list of VarData
        Pyomo's variable of each column.
    rows : list of ConstraintData
        Pyomo's constraint of each row; a two-sided constraint stands twice.
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

    def cutters(self) -> list[Cutter]:
        """Return a new cutter for each convex rule."""
        return [rule.cutter(at) for rule, at in self.rules]

    @property
    def counts(self) -> dict[str, int]:
        """Sizes of the model."""
        return {
            "variables": len(self.columns),
            "binaries": int(self.integer.sum()),
            "constraints": len(self.rows),
            "nonzeros": int(self.matrix.nnz),
        }


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
            form = LinearStandardFormCompiler().write(m, mixed_form=True, set_sense=None)
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
        lower, upper = _bounds(form.columns)
        return Compiled(
            list(form.columns),
            [r.constraint for r in form.rows],
            np.asarray(form.c.toarray(), dtype=float).ravel(),
            float(form.c_offset[0]),
            form.objectives[0].sense == pe.maximize,
            sp.csr_array(form.A),
            np.where(side <= 0, right, -np.inf),
            np.where(side >= 0, right, np.inf),
            lower,
            upper,
            np.fromiter((not v.is_continuous() for v in form.columns), bool, len(form.columns)),
            _rules(m, form.columns),
        )


def _rules(
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


def _bounds(columns: list[Any]) -> tuple[Floats, Floats]:
    limits = [v.bounds for v in columns]
    lower = np.array([-np.inf if b[0] is None else b[0] for b in limits], dtype=float)
    upper = np.array([np.inf if b[1] is None else b[1] for b in limits], dtype=float)
    return lower, upper
