"""Rows that are added while a model is solved: what they are, and what makes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

__all__ = ["Additions", "Cut", "Cutter", "Expander", "Key", "Points", "merged"]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Key = tuple[str, ...]
"""What tells a convex rule from others, in all models that differ only in how tight bounds are."""
Points = Mapping[Key, Floats]
"""Where rows were taken, by rule: one point a row, the first ones first."""


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
    Where rows are taken changes how many of them it takes, not whether they hold, so that points of
    one solve serve others.
    """

    key: Key = ()
    """Of the rule."""

    @property
    def points(self) -> Floats:
        """Where rows were taken, the few that are worth looking at first in another solve."""
        return np.empty((0, 0))

    def recalled(self, columns: int, rows: int) -> Additions:  # noqa: ARG002
        """Return what points of another solve add, once; sizes as for :meth:`additions`."""
        return Additions()

    def violation(self, values: Floats) -> float:
        """Return by how much a solution breaks the rule, relative to the rule's own scale."""

    def additions(self, values: Floats, columns: int, rows: int) -> Additions:
        """Return what to add for a solution, given how many columns and rows the model has."""


class Expander(Protocol):
    """A convex rule of a model, before its columns have positions."""

    @property
    def key(self) -> Key:
        """What tells it from others."""

    @property
    def variables(self) -> Any:
        """The decisions it is about, as a sequence."""

    def cutter(self, columns: Integers, points: Floats | None = None) -> Cutter:
        """Return a new cutter, given the positions of the variables, and points to look at first.

        Points of another number of entities are of no use, and left out.
        """


def merged(several: Sequence[Points]) -> Points:
    """Return the points of several solves together, those of later ones behind."""
    found: dict[Key, Floats] = {}
    for points in several:
        for key, mine in points.items():
            known = found.get(key)
            fits = known is not None and known.shape[1] == mine.shape[1]
            found[key] = np.vstack((known, mine)) if known is not None and fits else mine
    return found
