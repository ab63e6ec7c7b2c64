"""Measures from information and from welfare: Theil, mean log deviation, Atkinson."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from pse_opt.measures.people import checked, log_mean_exp, mean, positive, relative

__all__ = ["atkinson", "mean_log_deviation", "theil", "theil_decomposition"]


def theil(values: npt.ArrayLike, weights: npt.ArrayLike | None = None) -> float:
    r"""Return the Theil index T.

    .. math:: T = \sum_c p_c \frac{u_c}{\mu} \ln \frac{u_c}{\mu}

    A pure number, 0 where all are equal and :math:`\ln n` where one of n has everything; a level of
    zero adds nothing. It weighs differences at the top more than `mean_log_deviation` does, and is
    the sum of what is between and what is within groups (`theil_decomposition`).

    Parameters
    ----------
    values : array_like
        One level for each region or group, at least one, none negative.
    weights : array_like, optional
        How many people each level concerns; normalised here. By default all count the same.

    References
    ----------
    Theil, H. (1967). Economics and Information Theory. North-Holland, chapter 4.

    Examples
    --------
    >>> round(theil([0.0, 1.0]), 6)
    0.693147
    """
    ratios, shares = relative(values, weights)
    logarithms = np.log(np.where(ratios > 0.0, ratios, 1.0))
    # Less r - 1, whose mean is zero: every term is then at least 0, and so is the sum.
    return max(0.0, float(shares @ (ratios * logarithms - (ratios - 1.0))))


def mean_log_deviation(values: npt.ArrayLike, weights: npt.ArrayLike | None = None) -> float:
    r"""Return the mean log deviation, Theil's second measure L.

    .. math:: L = \sum_c p_c \ln \frac{\mu}{u_c}

    A pure number, 0 where all are equal, and infinite where some people have nothing while others
    have something. It weighs differences at the bottom.

    Parameters
    ----------
    values : array_like
        One level for each region or group, at least one, none negative.
    weights : array_like, optional
        How many people each level concerns; normalised here. By default all count the same.

    References
    ----------
    Theil, H. (1967). Economics and Information Theory. North-Holland, chapter 4.
    Shorrocks, A. F. (1980). The class of additively decomposable inequality measures. Econometrica
    48(3), 613-625.

    Examples
    --------
    >>> round(mean_log_deviation([0.5, 1.5]), 6), mean_log_deviation([0.0, 1.0])
    (0.143841, inf)
    """
    ratios, shares = relative(values, weights)
    if ratios[0] == 0.0:
        return float("inf")
    return max(0.0, float(shares @ (ratios - 1.0 - np.log(ratios))))


def atkinson(
    values: npt.ArrayLike, weights: npt.ArrayLike | None = None, *, aversion: float = 0.5
) -> float:
    r"""Return Atkinson's index: the share of all service that equality would make unnecessary.

    .. math:: A = 1 - \frac{1}{\mu} \Bigl( \sum_c p_c u_c^{1-\varepsilon} \Bigr)^{1/(1-\varepsilon)}

    A pure number from 0, where all are equal, to 1. With aversion 1 the mean power is the geometric
    mean. For benefits only: of a burden, more equality at a higher mean is not an improvement.

    Parameters
    ----------
    values : array_like
        One level for each region or group, at least one, none negative.
    weights : array_like, optional
        How many people each level concerns; normalised here. By default all count the same.
    aversion : float
        The aversion to inequality (epsilon), above 0; the greater, the more the worst served count.
        From 1 on the index is 1 as soon as some people have nothing while others have something.

    References
    ----------
    Atkinson, A. B. (1970). On the measurement of inequality. Journal of Economic Theory 2(3),
    244-263.

    Examples
    --------
    >>> round(atkinson([0.25, 1.0]), 6), round(atkinson([0.25, 1.0], aversion=1.0), 6)
    (0.1, 0.2)
    >>> atkinson([0.0, 1.0]), atkinson([0.0, 1.0], aversion=1.0)
    (0.5, 1.0)
    """
    aversion = positive("aversion", aversion)
    if aversion == 1.0:
        return float(-np.expm1(-mean_log_deviation(values, weights)))
    ratios, shares = relative(values, weights)
    if ratios[0] == 0.0 and aversion > 1.0:
        return 1.0
    power = 1.0 - aversion
    served = ratios > 0.0
    logarithms = np.where(served, power * np.log(np.where(served, ratios, 1.0)), -np.inf)
    return max(0.0, float(-np.expm1(log_mean_exp(logarithms, shares) / power)))


def theil_decomposition(
    values: npt.ArrayLike,
    weights: npt.ArrayLike | None,
    groups: Sequence[object] | npt.NDArray[np.generic],
) -> tuple[float, float]:
    r"""Return the parts of the Theil index that are between groups and within them.

    .. math:: T = \underbrace{\sum_g P_g \tfrac{\mu_g}{\mu} \ln \tfrac{\mu_g}{\mu}}_{between}
        + \underbrace{\sum_g P_g \tfrac{\mu_g}{\mu} T_g}_{within}

    :math:`P_g` is the share of people in the group and :math:`\mu_g` their mean level. Both parts
    are pure numbers, at least 0, and add up to `theil`.

    Parameters
    ----------
    values : array_like
        One level for each region or group, at least one, none negative.
    weights : array_like or None
        How many people each level concerns; normalised here. None: all count the same.
    groups : sequence
        The group that each level belongs to: labels of any one kind.

    References
    ----------
    Shorrocks, A. F. (1980). The class of additively decomposable inequality measures. Econometrica
    48(3), 613-625.

    Examples
    --------
    >>> between, within = theil_decomposition([0.5, 0.5, 1.0, 0.8], None, ["a", "a", "b", "b"])
    >>> round(between, 4), round(within, 4)
    (0.0414, 0.004)
    """
    levels, shares = checked(values, weights)
    labels = np.asarray(groups)
    if labels.shape != levels.shape:
        raise ValueError(f"{levels.size} values but {labels.size} groups")
    kinds = np.unique(labels[shares > 0])
    members = [(levels[labels == kind], shares[labels == kind]) for kind in kinds]
    people = np.array([part.sum() for _, part in members])
    means = np.array([mean(of, part / part.sum()) for of, part in members])
    overall = mean(means, people / people.sum())
    if overall == 0.0:
        return 0.0, 0.0
    inside = np.array([theil(of, part) for of, part in members])
    return theil(means, people), float((people * (means / overall)) @ inside)
