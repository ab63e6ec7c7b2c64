"""Levels and the shares of people they concern: checked, normalised, ranked."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt

__all__ = [
    "Floats",
    "Measure",
    "checked",
    "counted",
    "finite_levels",
    "log_mean_exp",
    "mean",
    "positive",
    "relative",
]

Floats = npt.NDArray[np.float64]


class Measure(Protocol):
    """What every measure looks like: ``measure(values, weights=None)`` returns one number."""

    def __call__(self, values: npt.ArrayLike, weights: npt.ArrayLike | None = None) -> float:
        """Return the measure of these values."""


def finite_levels(values: npt.ArrayLike) -> Floats:
    """Return the values as an array, at least one and none missing, infinite or negative."""
    levels = np.asarray(values, dtype=np.float64)
    if levels.ndim != 1 or levels.size == 0:
        raise ValueError("a measure needs a list of at least one value")
    if not np.isfinite(levels).all():
        raise ValueError("a value is missing or infinite")
    if (levels < 0).any():
        raise ValueError(f"a level cannot be negative: {levels.min():g}")
    return levels


def checked(values: npt.ArrayLike, weights: npt.ArrayLike | None) -> tuple[Floats, Floats]:
    """Return the values and their weights, which then add up to 1."""
    levels = finite_levels(values)
    if weights is None:
        return levels, np.full(levels.size, 1.0 / levels.size)
    given = np.asarray(weights, dtype=np.float64)
    if given.shape != levels.shape:
        raise ValueError(f"{levels.size} values but {given.size} weights")
    if not np.isfinite(given).all() or (given < 0).any() or given.max() <= 0:
        raise ValueError("weights must be finite, none negative, and one at least positive")
    scaled = given / given.max()
    return levels, scaled / scaled.sum()


def counted(values: npt.ArrayLike, weights: npt.ArrayLike | None) -> tuple[Floats, Floats]:
    """Return the values that concern somebody, in ascending order, and their shares of people."""
    levels, shares = checked(values, weights)
    order = np.argsort(levels, kind="stable")
    order = order[shares[order] > 0]
    return levels[order], shares[order]


def mean(levels: Floats, shares: Floats) -> float:
    """Return the weighted mean, which is exact where all levels are equal."""
    least = levels.min()
    return float(least + shares @ (levels - least))


def relative(values: npt.ArrayLike, weights: npt.ArrayLike | None) -> tuple[Floats, Floats]:
    """Return the values over their mean, ascending, and their shares; all 1 where all are zero."""
    levels, shares = counted(values, weights)
    if levels[-1] == 0.0:
        return np.ones(levels.size), shares
    return levels / mean(levels, shares), shares


def positive(name: str, value: float, most: float = np.inf) -> float:
    """Return a parameter that must be finite, above zero and not above a limit."""
    if not (0.0 < value <= most and np.isfinite(value)):
        limit = "" if np.isinf(most) else f" and at most {most:g}"
        raise ValueError(f"the {name} must be above 0{limit}, not {value:g}")
    return float(value)


def log_mean_exp(exponents: Floats, shares: Floats) -> float:
    """Return the logarithm of the weighted mean of the exponentials, without overflow."""
    greatest = exponents.max()
    below = exponents - greatest
    lost = float(shares @ np.expm1(below))
    # The mean is 1 + lost: close to 1 it keeps its digits only so, close to 0 only as a sum.
    logarithm = np.log1p(lost) if lost > -0.5 else np.log(shares @ np.exp(below))
    return float(greatest + logarithm)
