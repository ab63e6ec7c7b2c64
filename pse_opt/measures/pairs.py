"""Comparisons of one level with another: with the neighbours', and with the same place's before."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from pse_opt.measures.people import finite_levels

__all__ = ["envy", "shortfall"]


def envy(
    values: npt.ArrayLike, neighbours: Iterable[tuple[int, int]] | npt.NDArray[np.integer]
) -> float:
    r"""Return by how much somebody is worse served than a neighbour, at most.

    .. math:: \max_{(i, j)} \; (u_j - u_i)^+

    In the unit of the level, 0 where nobody has less than a neighbour and where there are no
    neighbours.

    Parameters
    ----------
    values : array_like
        One level for each region or group, at least one, none negative.
    neighbours : iterable of (int, int), or array of shape (m, 2)
        Pairs (i, j) of positions in the values: what i envies j. Where envy goes both ways, both
        (i, j) and (j, i) are given.

    References
    ----------
    Espejo, I., Marín, A., Puerto, J. and Rodríguez-Chía, A. M. (2009). A comparison of formulations
    and solution methods for the minimum-envy location problem. Computers & Operations Research
    36(6), 1966-1981.

    Examples
    --------
    >>> envy([0.5, 1.0, 0.75], [(0, 2), (2, 0), (2, 1)])
    0.25
    """
    levels = finite_levels(values)
    pairs = np.array(list(neighbours))
    if pairs.size == 0:
        return 0.0
    if pairs.ndim != 2 or pairs.shape[1] != 2 or pairs.dtype.kind not in "iu":
        raise ValueError("neighbours are pairs of positions")
    if pairs.min() < 0 or pairs.max() >= levels.size:
        wrong = pairs.min() if pairs.min() < 0 else pairs.max()
        raise ValueError(f"there is no position {wrong} among {levels.size} values")
    return max(0.0, float((levels[pairs[:, 1]] - levels[pairs[:, 0]]).max()))


def shortfall(values: npt.ArrayLike, reference: npt.ArrayLike, *, burden: bool = False) -> float:
    r"""Return by how much somebody is worse off than in the reference, at most.

    .. math:: \max_c \; (b_c - u_c)^+ \quad\text{(benefit)} \qquad
        \max_c \; (u_c - b_c)^+ \quad\text{(burden)}

    In the unit of the level, 0 where nobody loses. A plan that equalizes by taking away is told
    from one that does not by this: the guard against levelling down.

    Parameters
    ----------
    values : array_like
        One level for each region or group, at least one, none negative.
    reference : array_like
        The level of the same regions or groups, in the same order, with which each is compared:
        that of today.
    burden : bool
        Whether the level is a burden, as travel is: more of it is then worse.

    Examples
    --------
    >>> shortfall([0.5, 1.0], [0.75, 0.5]), shortfall([12.0, 7.0], [10.0, 9.0], burden=True)
    (0.25, 2.0)
    """
    levels, before = finite_levels(values), finite_levels(reference)
    if levels.shape != before.shape:
        raise ValueError(f"{levels.size} values but {before.size} of the reference")
    losses = levels - before if burden else before - levels
    return max(0.0, float(losses.max()))
