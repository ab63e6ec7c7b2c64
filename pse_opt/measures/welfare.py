"""The Kolm-Pollak equally distributed equivalent, for benefits and for burdens."""

from __future__ import annotations

import numpy.typing as npt

from pse_opt.measures.people import counted, log_mean_exp, positive

__all__ = ["kolm_pollak", "kolm_pollak_kappa"]


def kolm_pollak(
    values: npt.ArrayLike,
    weights: npt.ArrayLike | None = None,
    *,
    kappa: float = 1.0,
    burden: bool = False,
) -> float:
    r"""Return the level that, given to everybody, would be as good as these levels are.

    .. math:: -\frac{1}{\kappa} \ln \sum_c p_c e^{-\kappa u_c} \quad\text{(benefit)} \qquad
        \frac{1}{\kappa} \ln \sum_c p_c e^{\kappa u_c} \quad\text{(burden)}

    In the unit of the level. Of a benefit more is better, and it lies between the least level and
    the mean; of a burden less is better, and it lies between the mean and the greatest level.
    Adding the same amount to every level adds it here. The greater kappa, the more the worst off
    count.

    Kappa is positive in both cases, ``burden`` says which of the two is meant. The literature
    writes one formula, :math:`-\tfrac{1}{\kappa} \ln \sum_c p_c e^{-\kappa u_c}`, and takes a
    negative kappa for a burden; that kappa is minus the one here.

    Parameters
    ----------
    values : array_like
        One level for each region or group, at least one, none negative.
    weights : array_like, optional
        How many people each level concerns; normalised here. By default all count the same.
    kappa : float
        Aversion to inequality, above 0, per unit of the level: the default suits shares of need;
        for distances take `kolm_pollak_kappa` of a reference.
    burden : bool
        Whether the level is a burden, as travel is.

    References
    ----------
    Kolm, S.-C. (1976). Unequal inequalities I. Journal of Economic Theory 12(3), 416-442.
    Sheriff, G. and Maguire, K. B. (2020). Health risk, inequality indexes, and environmental
    justice. Risk Analysis 40(12), 2661-2674. (The form for burdens.)
    Horton, D., Murrell, J., Skipper, D., Speakman, E. and Logan, T. (2024). A scalable optimization
    approach for equitable facility location. arXiv 2401.15452.

    Examples
    --------
    >>> round(kolm_pollak([0.5, 1.0], kappa=3.0), 4)
    0.6639
    >>> round(kolm_pollak([5.0, 40.0], weights=[300, 100], kappa=0.1, burden=True), 4)
    27.0043
    """
    kappa = positive("kappa", kappa)
    levels, shares = counted(values, weights)
    if burden:
        worst = levels[-1]
        return float(worst + log_mean_exp(kappa * (levels - worst), shares) / kappa)
    worst = levels[0]
    return float(worst - log_mean_exp(kappa * (worst - levels), shares) / kappa)


def kolm_pollak_kappa(
    values: npt.ArrayLike, weights: npt.ArrayLike | None = None, *, aversion: float = 1.0
) -> float:
    r"""Return the kappa that gives an aversion to inequality its meaning for these levels.

    .. math:: \kappa = \varepsilon \frac{\sum_c w_c z_c}{\sum_c w_c z_c^2}

    Per unit of the level. Kappa belongs to one fixed reference distribution, such as today's
    levels; it must not be taken anew from every plan that is compared. The same for a benefit and a
    burden, and positive for both: for a burden the paper writes a negative aversion and so a
    negative kappa, which are minus those here. People weigh the squared level, not the square of
    level times people.

    Parameters
    ----------
    values : array_like
        The levels of the reference, at least one, none negative, not all zero.
    weights : array_like, optional
        How many people each level concerns. By default all count the same.
    aversion : float
        The aversion to inequality (epsilon), above 0, comparable with that of `atkinson`.

    References
    ----------
    Horton, D., Murrell, J., Skipper, D., Speakman, E. and Logan, T. (2024). A scalable optimization
    approach for equitable facility location. arXiv 2401.15452.

    Examples
    --------
    >>> kolm_pollak_kappa([2.0, 4.0], weights=[100, 300])
    0.2692307692307692
    """
    aversion = positive("aversion", aversion)
    levels, shares = counted(values, weights)
    greatest = float(levels[-1])
    if greatest == 0.0:
        raise ValueError("all levels of the reference are zero: they give kappa no scale")
    scaled = levels / greatest
    return aversion * float(shares @ scaled) / float(shares @ scaled**2) / greatest
