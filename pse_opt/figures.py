"""Levels, measures and objectives as a planner reads them: what they are of, and in which unit."""

from __future__ import annotations

from pse_opt.entries import KINDS, Equalization
from pse_opt.instance import Instance
from pse_opt.policy import Policy

__all__ = ["goal", "in_unit", "level_name", "measure_in_unit"]

SHARES = ("coverage", "satisfaction", "access")
"""Levels that are shares of need, shown in percent."""
PERCENT = ("band", "hoover", "atkinson", "coefficient_of_variation")
"""Relative measures that are shares of the mean, shown in percent."""
WELFARES = {
    "mean": "mean {}",
    "worst": "least {}",
    "lexicographic": "least {} (then the next, and so on)",
    "kolm_pollak": "equally distributed {}",
}


def level_name(entry: Equalization, instance: Instance, service: str = "") -> str:
    """Return what a level is, with its unit where it is counted in one.

    Parameters
    ----------
    entry : Equalization
        The entry whose level it is.
    instance : Instance
        Knows the units.
    service : str
        The service it is of; blank or ``index`` where several are pooled.
    """
    units = dict(zip(instance.services["service"], instance.services["unit"], strict=True))
    if entry.level == "spending_per_head":
        return f"{instance.about.currency} per head"
    if entry.level == "units_per_head":
        return f"{units.get(service, 'units')} per head"
    if entry.level == "quality_units_per_head":
        return f"{units.get(service, 'units')} per head by quality"
    return str(entry.level)


def in_unit(entry: Equalization, value: float, more: int = 0) -> str:
    """Return a figure of the level of an entry, in percent, in km or as a number.

    Parameters
    ----------
    entry : Equalization
        The entry whose level it is.
    value : float
        The figure, in the unit of the level.
    more : int
        Digits beyond those that a planner wants.
    """
    if entry.level in SHARES:
        return f"{100 * value:.{1 + more}f}%"
    if entry.level == "travel":
        return f"{value:.{1 + more}f} km"
    return f"{value:,.0f}" if abs(value) >= 1e4 else f"{value:,.{4 + more}g}"


def measure_in_unit(entry: Equalization, value: float | None, more: int = 0) -> str:
    """Return a value of the measure of an entry as :func:`in_unit` does; a dash for none."""
    if value is None:
        return "-"
    if not KINDS[entry.measure].relative:
        return in_unit(entry, value, more)
    if entry.measure in PERCENT:
        return f"{100 * value:.{1 + more}f}%"
    return f"{value:.{4 + more}g}"


def goal(policy: Policy, instance: Instance) -> tuple[str, Equalization | None]:
    """Return what the objective is, and the entry whose level or measure it is.

    A cost is of no entry, and neither is the mean coverage of all services.
    """
    objective = policy.objective
    if objective.minimize is not None:
        return "cost", None
    if objective.maximize == "coverage":
        return "mean coverage", None
    named = objective.minimize_inequality or objective.entry
    entry = next(e for e in policy.equalization if named in (None, e.name))
    level = level_name(entry, instance)
    if objective.minimize_inequality is not None:
        return f"{entry.measure.replace('_', ' ')} of {level}", entry
    return WELFARES[str(objective.maximize)].format(level), entry
