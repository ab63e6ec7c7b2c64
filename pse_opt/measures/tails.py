"""The worst and the best served part of the people, and those below a standard."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pse_opt.measures.people import Floats, checked, counted, mean, positive

__all__ = ["poverty_gap", "quantile_share", "worst_mean"]


def worst_mean(
    values: npt.ArrayLike,
    weights: npt.ArrayLike | None = None,
    *,
    quantile: float = 0.2,
    burden: bool = False,
) -> float:
    r"""Return the mean level of the worst-off share of people.

    .. math:: \max_t \; t - \frac{1}{q} \sum_c p_c (t - u_c)^+

    In the unit of the level; a welfare: more is better, unless the level is a burden. The
    conditional value at risk: people at the border of the quantile are split, so that exactly the
    share q counts. With a small enough quantile it is the least level, with 1 the mean.

    Parameters
    ----------
    values : array_like
        One level for each region or group, at least one, none negative.
    weights : array_like, optional
        How many people each level concerns; normalised here. By default all count the same.
    quantile : float
        Share of people that count, above 0 and at most 1.
    burden : bool
        Whether the level is a burden, as travel is: the worst off are then those who bear most.

    References
    ----------
    Rockafellar, R. T. and Uryasev, S. (2000). Optimization of conditional value-at-risk. Journal of
    Risk 2(3), 21-41.
    Ogryczak, W. and Zawadzki, M. (2002). Conditional median: a parametric solution concept for
    location problems. Annals of Operations Research 110, 167-181.

    Examples
    --------
    >>> worst_mean([0.25, 0.5, 1.0, 1.0], quantile=0.5)
    0.375
    >>> worst_mean([5.0, 10.0, 30.0, 40.0], quantile=0.5, burden=True)
    35.0
    """
    positive("quantile", quantile, most=1.0)
    tail_mean = _upper_mean if burden else _lower_mean
    return tail_mean(*counted(values, weights), quantile)


def quantile_share(
    values: npt.ArrayLike, weights: npt.ArrayLike | None = None, *, quantile: float = 0.2
) -> float:
    r"""Return the mean level of the best-off share of people over that of the worst-off share.

    .. math:: S = \frac{\min_t \, t + \tfrac{1}{q} \sum_c p_c (u_c - t)^+}
        {\max_t \, t - \tfrac{1}{q} \sum_c p_c (t - u_c)^+}

    A pure number, at least 1, and 1 where all are equal, zero included; infinite where the
    worst-off share has nothing at all and somebody has something. People at the border are split.

    Parameters
    ----------
    values : array_like
        One level for each region or group, at least one, none negative.
    weights : array_like, optional
        How many people each level concerns; normalised here. By default all count the same.
    quantile : float
        Share of people at either end, above 0 and at most 1: 0.2 is the 20:20 ratio.

    References
    ----------
    Cobham, A. and Sumner, A. (2013). Is it all about the tails? The Palma measure of income
    inequality. Center for Global Development, working paper 343. (On ratios of this kind.)

    Examples
    --------
    >>> quantile_share([0.25, 0.5, 0.75, 1.0, 1.0]), quantile_share([0.25, 1.0], quantile=0.75)
    (4.0, 1.5)
    """
    positive("quantile", quantile, most=1.0)
    levels, shares = counted(values, weights)
    worst = _lower_mean(levels, shares, quantile)
    best = _upper_mean(levels, shares, quantile)
    if best == 0.0:
        return 1.0
    return max(1.0, best / worst) if worst > 0.0 else float("inf")


def poverty_gap(
    values: npt.ArrayLike, weights: npt.ArrayLike | None = None, *, standard: float = 1.0
) -> float:
    r"""Return the mean shortfall from a standard, of which people above the standard have none.

    .. math:: \sum_c p_c (\eta - u_c)^+

    In the unit of the level; divided by the standard it is the poverty gap index, the second of the
    Foster-Greer-Thorbecke family.

    Parameters
    ----------
    values : array_like
        One level for each region or group, at least one, none negative.
    weights : array_like, optional
        How many people each level concerns; normalised here. By default all count the same.
    standard : float
        The level that everybody should reach (eta), in the unit of the level, not negative.

    References
    ----------
    Foster, J., Greer, J. and Thorbecke, E. (1984). A class of decomposable poverty measures.
    Econometrica 52(3), 761-766.

    Examples
    --------
    >>> poverty_gap([0.5, 1.0, 1.25, 0.75], standard=1.0)
    0.1875
    """
    if not (np.isfinite(standard) and standard >= 0.0):
        raise ValueError(f"the standard must be finite and not negative, not {standard:g}")
    levels, shares = checked(values, weights)
    return float(shares @ np.maximum(standard - levels, 0.0))


def _lower_mean(levels: Floats, shares: Floats, quantile: float) -> float:
    """Return the mean of the first people, as many as the quantile says, of levels ascending."""
    before = np.cumsum(shares) - shares
    part = np.clip(quantile - before, 0.0, shares)
    return mean(levels, part / part.sum())


def _upper_mean(levels: Floats, shares: Floats, quantile: float) -> float:
    """Return the mean of the last people, as many as the quantile says, of levels ascending."""
    after = np.cumsum(shares[::-1])[::-1] - shares
    part = np.clip(quantile - after, 0.0, shares)
    return mean(levels, part / part.sum())
