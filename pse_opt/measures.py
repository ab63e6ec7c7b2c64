"""Inequality of a service level between people, computed directly from its values.

These are the measures a model document may bound. They share no code with the rows of the
formulation, so that what the solver was told can be compared with what the plan does.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol

import numpy as np
import numpy.typing as npt

__all__ = ["MEASURES", "Measure", "band", "ceiling", "floor", "ratio", "value_range"]

Floats = npt.NDArray[np.float64]


class Measure(Protocol):
    """What every measure looks like: ``measure(values, weights=None)`` returns one number."""

    def __call__(self, values: npt.ArrayLike, weights: npt.ArrayLike | None = None) -> float:
        """Return the measure of these values."""


def floor(values: npt.ArrayLike, weights: npt.ArrayLike | None = None) -> float:
    """Return the least value: what the worst served get.

    Parameters
    ----------
    values : array_like
        One level for each region or group, at least one, none negative.
    weights : array_like, optional
        Checked, but without effect: the worst served count however few they are.

    Examples
    --------
    >>> floor([0.9, 0.6, 0.8])
    0.6
    """
    return float(_checked(values, weights)[0].min())


def ceiling(values: npt.ArrayLike, weights: npt.ArrayLike | None = None) -> float:
    """Return the greatest value: for a burden, what the worst off bear.

    Parameters
    ----------
    values : array_like
        One level for each region or group, at least one, none negative.
    weights : array_like, optional
        Checked, but without effect.

    Examples
    --------
    >>> ceiling([12.0, 40.0, 7.5])
    40.0
    """
    return float(_checked(values, weights)[0].max())


def value_range(values: npt.ArrayLike, weights: npt.ArrayLike | None = None) -> float:
    """Return the greatest value less the least.

    Parameters
    ----------
    values : array_like
        One level for each region or group, at least one, none negative.
    weights : array_like, optional
        Checked, but without effect.

    Examples
    --------
    >>> value_range([0.5, 1.0, 0.75])
    0.5
    """
    levels = _checked(values, weights)[0]
    return float(levels.max() - levels.min())


def ratio(values: npt.ArrayLike, weights: npt.ArrayLike | None = None) -> float:
    """Return the greatest value over the least: at least 1, and 1 when all are equal.

    Parameters
    ----------
    values : array_like
        One level for each region or group, at least one, none negative. Where all are zero all are
        equal; where only the least is zero the ratio is infinite.
    weights : array_like, optional
        Checked, but without effect.

    Examples
    --------
    >>> ratio([0.5, 1.0, 0.75]), ratio([0.0, 0.0]), ratio([0.0, 0.1])
    (2.0, 1.0, inf)
    """
    levels = _checked(values, weights)[0]
    least, greatest = float(levels.min()), float(levels.max())
    if greatest == 0.0:
        return 1.0
    return greatest / least if least > 0.0 else float("inf")


def band(values: npt.ArrayLike, weights: npt.ArrayLike | None = None) -> float:
    """Return the greatest distance from the weighted mean, as a share of that mean.

    Parameters
    ----------
    values : array_like
        One level for each region or group, at least one, none negative. Where all are zero all are
        equal and the band is 0.
    weights : array_like, optional
        How many people each level concerns; normalised here. By default all count the same.

    Examples
    --------
    >>> band([0.5, 1.0])
    0.3333333333333333
    >>> band([0.5, 1.0], weights=[300, 100])
    0.6
    """
    levels, shares = _checked(values, weights)
    mean = float(shares @ levels)
    furthest = float(np.abs(levels - mean).max())
    if furthest == 0.0:
        return 0.0
    return furthest / mean if mean > 0.0 else float("inf")


MEASURES: Mapping[str, Measure] = MappingProxyType(
    {"floor": floor, "ceiling": ceiling, "band": band, "range": value_range, "ratio": ratio}
)
"""The measures by the names that model documents and results use."""


def _checked(values: npt.ArrayLike, weights: npt.ArrayLike | None) -> tuple[Floats, Floats]:
    """Return the values and their weights, which then add up to 1."""
    levels = np.asarray(values, dtype=np.float64)
    if levels.ndim != 1 or levels.size == 0:
        raise ValueError("a measure needs a list of at least one value")
    if not np.isfinite(levels).all():
        raise ValueError("a value is missing or infinite")
    if (levels < 0).any():
        raise ValueError(f"a level cannot be negative: {levels.min():g}")
    if weights is None:
        return levels, np.full(levels.size, 1.0 / levels.size)
    given = np.asarray(weights, dtype=np.float64)
    if given.shape != levels.shape:
        raise ValueError(f"{levels.size} values but {given.size} weights")
    if not np.isfinite(given).all() or (given < 0).any() or given.max() <= 0:
        raise ValueError("weights must be finite, none negative, and one at least positive")
    scaled = given / given.max()
    return levels, scaled / scaled.sum()
