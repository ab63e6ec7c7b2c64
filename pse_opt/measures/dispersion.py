"""How far levels are from each other and from their mean, as a share of the mean."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pse_opt.measures.people import relative

__all__ = ["coefficient_of_variation", "gini", "hoover"]


def hoover(values: npt.ArrayLike, weights: npt.ArrayLike | None = None) -> float:
    r"""Return half the relative mean deviation: the share of all service that would have to move.

    .. math:: H = \frac{1}{2 \mu} \sum_c p_c |u_c - \mu|

    A pure number, 0 where all are equal and below 1. Also the index of Robin Hood, Schutz or
    Pietra: the greatest distance of the Lorenz curve from the diagonal. A transfer among people who
    are all on the same side of the mean does not change it.

    Parameters
    ----------
    values : array_like
        One level for each region or group, at least one, none negative.
    weights : array_like, optional
        How many people each level concerns; normalised here. By default all count the same.

    References
    ----------
    Hoover, E. M. (1936). The measurement of industrial localization. Review of Economics and
    Statistics 18(4), 162-171.

    Examples
    --------
    >>> hoover([0.25, 1.0, 1.0, 1.75])
    0.1875
    """
    ratios, shares = relative(values, weights)
    return float(shares @ np.abs(ratios - 1.0)) / 2.0


def gini(values: npt.ArrayLike, weights: npt.ArrayLike | None = None) -> float:
    r"""Return the Gini coefficient: half the mean difference between two people, over the mean.

    .. math:: G = \frac{1}{2 \mu} \sum_i \sum_j p_i p_j |u_i - u_j|

    A pure number, 0 where all are equal and below 1: twice the area between the Lorenz curve and
    the diagonal. People are taken with replacement (no correction for a small sample), so counting
    everybody twice changes nothing. Computed in the order of the levels, as the integral of
    :math:`F (1 - F)`, in time proportional to n log n.

    Parameters
    ----------
    values : array_like
        One level for each region or group, at least one, none negative.
    weights : array_like, optional
        How many people each level concerns; normalised here. By default all count the same.

    References
    ----------
    Gini, C. (1914). Sulla misura della concentrazione e della variabilità dei caratteri. Atti del
    Reale Istituto Veneto 73(2), 1203-1248.
    Yitzhaki, S. and Schechtman, E. (2013). The Gini Methodology. Springer, chapter 2.

    Examples
    --------
    >>> gini([0.0, 1.0]), gini([0.0, 1.0], weights=[1, 3])
    (0.5, 0.25)
    """
    ratios, shares = relative(values, weights)
    at_most = np.cumsum(shares)[:-1]
    above = np.cumsum(shares[::-1])[::-1][1:]
    return float(np.diff(ratios) @ (at_most * above))


def coefficient_of_variation(values: npt.ArrayLike, weights: npt.ArrayLike | None = None) -> float:
    r"""Return the standard deviation over the mean.

    .. math:: V = \frac{1}{\mu} \sqrt{\sum_c p_c (u_c - \mu)^2}

    A pure number, 0 where all are equal. The deviation is that of the people counted, not an
    estimate from a sample (no n - 1). Half its square is a generalized entropy.

    Parameters
    ----------
    values : array_like
        One level for each region or group, at least one, none negative.
    weights : array_like, optional
        How many people each level concerns; normalised here. By default all count the same.

    References
    ----------
    Cowell, F. A. (2011). Measuring Inequality, 3rd ed. Oxford University Press, chapter 2.

    Examples
    --------
    >>> coefficient_of_variation([0.5, 1.5])
    0.5
    """
    ratios, shares = relative(values, weights)
    return float(np.sqrt(shares @ (ratios - 1.0) ** 2))
