"""Rows that are added while a model is solved: what they are, and what makes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

__all__ = ["Additions", "Cut", "Cutter", "Expander"]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


class Cut(NamedTuple):
    """One row: ``lower <= coefficients @ x[columns] <= upper``; infinite for no limit."""

    columns: Integers
    coefficients: Floats
    lower: float
    upper: float


@dataclass
class Additions:
    """What one look at a solution adds to a model.

    Attributes
    ----------
    rows : list of Cut
        Rows, which may use the new columns.
    columns : list of mapping of int to float
        New columns from 0 up, at no cost, each with its coefficients in rows that exist already.
    """

    rows: list[Cut] = field(default_factory=list)
    columns: list[Mapping[int, float]] = field(default_factory=list)


class Cutter(Protocol):
    """What finds the rows of a convex rule that a solution breaks.

    The rows are valid for every point that keeps the rule, so that bounds of the model with any
    number of them are bounds of the rule itself. A cutter belongs to one solve and may remember.
    """

    def violation(self, values: Floats) -> float:
        """Return by how much a solution breaks the rule, relative to the rule's own scale."""

    def additions(self, values: Floats, columns: int, rows: int) -> Additions:
        """Return what to add for a solution, given how many columns and rows the model has."""


class Expander(Protocol):
    """A convex rule of a model, before its columns have positions."""

    @property
    def variables(self) -> Any:
        """The decisions it is about, as a sequence."""

    def cutter(self, columns: Integers) -> Cutter:
        """Return a new cutter, given the positions of the variables."""
