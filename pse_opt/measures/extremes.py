"""The least and the greatest level, and how far apart they are."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pse_opt.measures.people import checked, mean

__all__ = ["band", "ceiling", "floor", "ratio", "value_range"]


def floor(values: npt.ArrayLike, weights: npt.ArrayLike | None = None) -> float:
    r"""Return the least value: what the worst served get.

    .. math:: \min_c u_c

    In the unit of the level.

    Parameters
    ----------
    values : array_like
        One level for each region or group, at least one, none negative.
    weights : array_like, optional
        Checked, but without effect: the worst served count however few they are.

    References
    ----------
    Rawls, J. (1971). A Theory of Justice. Harvard University Press.

    Examples
    --------
    >>> floor([0.9, 0.6, 0.8])
    0.6
    """
    return float(checked(values, weights)[0].min())


def ceiling(values: npt.ArrayLike, weights: npt.ArrayLike | None = None) -> float:
    r"""Return the greatest value: for a burden, what the worst off bear.

    .. math:: \max_c u_c

    In the unit of the level.

    Parameters
    ----------
    values : array_like
        One level for each region or group, at least one, none negative.
    weights : array_like, optional
        Checked, but without effect.

    References
    ----------
    Marsh, M. T. and Schilling, D. A. (1994). Equity measurement in facility location analysis: a
    review and framework. European Journal of Operational Research 74(1), 1-17.

    Examples
    --------
    >>> ceiling([12.0, 40.0, 7.5])
    40.0
    """
    return float(checked(values, weights)[0].max())


def value_range(values: npt.ArrayLike, weights: npt.ArrayLike | None = None) -> float:
    r"""Return the greatest value less the least.

    .. math:: \max_c u_c - \min_c u_c

    In the unit of the level.

    Parameters
    ----------
    values : array_like
        One level for each region or group, at least one, none negative.
    weights : array_like, optional
        Checked, but without effect.

    References
    ----------
    Marsh, M. T. and Schilling, D. A. (1994). Equity measurement in facility location analysis: a
    review and framework. European Journal of Operational Research 74(1), 1-17.

    Examples
    --------
    >>> value_range([0.5, 1.0, 0.75])
    0.5
    """
    levels = checked(values, weights)[0]
    return float(levels.max() - levels.min())


def ratio(values: npt.ArrayLike, weights: npt.ArrayLike | None = None) -> float:
    r"""Return the greatest value over the least: at least 1, and 1 when all are equal.

    .. math:: \frac{\max_c u_c}{\min_c u_c}

    A pure number.

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
    levels = checked(values, weights)[0]
    least, greatest = float(levels.min()), float(levels.max())
    if greatest == 0.0:
        return 1.0
    return greatest / least if least > 0.0 else float("inf")


def band(values: npt.ArrayLike, weights: npt.ArrayLike | None = None) -> float:
    r"""Return the greatest distance from the weighted mean, as a share of that mean.

    .. math:: \max_c \frac{|u_c - \mu|}{\mu}

    A pure number.

    Parameters
    ----------
    values : array_like
        One level for each region or group, at least one, none negative. Where all are zero all are
        equal and the band is 0.
    weights : array_like, optional
        How many people each level concerns; normalised here. By default all count the same.

    References
    ----------
    Marsh, M. T. and Schilling, D. A. (1994). Equity measurement in facility location analysis: a
    review and framework. European Journal of Operational Research 74(1), 1-17.

    Examples
    --------
    >>> band([0.5, 1.0])
    0.3333333333333333
    >>> band([0.5, 1.0], weights=[300, 100])
    0.6
    """
    levels, shares = checked(values, weights)
    middle = mean(levels, shares)
    furthest = float(np.abs(levels - middle).max())
    if furthest == 0.0:
        return 0.0
    return furthest / middle if middle > 0.0 else float("inf")
