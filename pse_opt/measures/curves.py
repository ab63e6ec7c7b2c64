"""Lorenz curves, and by how much one distribution fails to dominate another."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pse_opt.measures.people import Floats, counted
from pse_opt.measures.people import relative as over_the_mean

__all__ = ["generalized_lorenz", "lorenz", "lorenz_excess"]


def lorenz(values: npt.ArrayLike, weights: npt.ArrayLike | None = None) -> tuple[Floats, Floats]:
    r"""Return the points of the Lorenz curve.

    .. math:: L(\alpha) = \frac{1}{\mu} \int_0^{\alpha} F^{-1}(t) \, dt

    The worst-off share of people and the share of all service that they have: from (0, 0) to (1,
    1), linear between the points. Where all levels are zero the curve is the diagonal.

    Parameters
    ----------
    values : array_like
        One level for each region or group, at least one, none negative.
    weights : array_like, optional
        How many people each level concerns; normalised here. By default all count the same.

    Returns
    -------
    people, level : array
        The cumulative shares, each from 0 to 1: one point more than there are levels with people.

    References
    ----------
    Lorenz, M. O. (1905). Methods of measuring the concentration of wealth. Publications of the
    American Statistical Association 9(70), 209-219.

    Examples
    --------
    >>> people, level = lorenz([1.0, 0.25, 0.75])
    >>> people.round(3).tolist(), level.round(3).tolist()
    ([0.0, 0.333, 0.667, 1.0], [0.0, 0.125, 0.5, 1.0])
    """
    people, level = _cumulative(*over_the_mean(values, weights))
    return people, level / level[-1]


def generalized_lorenz(
    values: npt.ArrayLike, weights: npt.ArrayLike | None = None
) -> tuple[Floats, Floats]:
    r"""Return the points of the generalised Lorenz curve.

    .. math:: GL(\alpha) = \int_0^{\alpha} F^{-1}(t) \, dt = \mu L(\alpha)

    The worst-off share of people and their contribution to the mean, in the unit of the level: from
    (0, 0) to (1, mean), linear between the points. One distribution is better than another for
    every welfare that prefers more and prefers equality, exactly if its curve is nowhere below.

    Parameters
    ----------
    values : array_like
        One level for each region or group, at least one, none negative.
    weights : array_like, optional
        How many people each level concerns; normalised here. By default all count the same.

    Returns
    -------
    people, level : array
        The cumulative share of people, and the cumulative level: one point more than there are
        levels with people.

    References
    ----------
    Shorrocks, A. F. (1983). Ranking income distributions. Economica 50(197), 3-17.

    Examples
    --------
    >>> people, level = generalized_lorenz([0.25, 1.0], weights=[300, 100])
    >>> people.tolist(), level.tolist()
    ([0.0, 0.75, 1.0], [0.0, 0.1875, 0.4375])
    """
    return _cumulative(*counted(values, weights))


def lorenz_excess(
    values: npt.ArrayLike,
    weights: npt.ArrayLike | None = None,
    *,
    reference: npt.ArrayLike,
    reference_weights: npt.ArrayLike | None = None,
    relative: bool = False,
) -> float:
    r"""Return by how much these levels fail to Lorenz-dominate a reference.

    .. math:: \max_{\eta \in \{b\}} \Bigl( \sum_c p_c (\eta - u_c)^+
        - \sum_d p_d (\eta - b_d)^+ \Bigr)^+

    At every standard, the mean shortfall must not be greater than in the reference b; the maximum
    is at a level of the reference, as the difference is convex between two of them. 0 where the
    generalised Lorenz curve is nowhere below that of the reference; otherwise the greatest excess
    of shortfall, in the unit of the level.

    The relative form compares the levels over their means: 0 where the Lorenz curve is nowhere
    below that of the reference; otherwise the greatest excess as a share of the mean.

    Parameters
    ----------
    values : array_like
        One level for each region or group, at least one, none negative.
    weights : array_like, optional
        How many people each level concerns; normalised here. By default all count the same.
    reference : array_like
        The levels of the distribution to dominate; there may be more or fewer of them.
    reference_weights : array_like, optional
        How many people each level of the reference concerns; normalised here.
    relative : bool
        Whether levels over their means are compared.

    References
    ----------
    Shorrocks, A. F. (1983). Ranking income distributions. Economica 50(197), 3-17.
    Dentcheva, D. and Ruszczyński, A. (2003). Optimization with stochastic dominance constraints.
    SIAM Journal on Optimization 14(2), 548-566. (The shortfall form.)

    Examples
    --------
    >>> lorenz_excess([0.5, 1.0], reference=[0.75, 0.75])
    0.125
    >>> lorenz_excess([0.5, 1.0], reference=[0.25, 0.5], relative=True)
    0.0
    """
    form = over_the_mean if relative else counted
    levels, shares = form(values, weights)
    before, before_shares = form(reference, reference_weights)
    excess = _shortfalls(before, levels, shares) - _shortfalls(before, before, before_shares)
    return max(0.0, float(excess.max()))


def _cumulative(levels: Floats, shares: Floats) -> tuple[Floats, Floats]:
    people = np.concatenate(([0.0], np.cumsum(shares)))
    level = np.concatenate(([0.0], np.cumsum(shares * levels)))
    return people / people[-1], level


def _shortfalls(standards: Floats, levels: Floats, shares: Floats) -> Floats:
    """Return the mean shortfall of ascending levels from each standard."""
    people = np.concatenate(([0.0], np.cumsum(shares)))
    amount = np.concatenate(([0.0], np.cumsum(shares * levels)))
    below = np.searchsorted(levels, standards)
    shortfalls: Floats = standards * people[below] - amount[below]
    return shortfalls
