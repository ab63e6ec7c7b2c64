"""Bounds on inequality that no plan can break, found by arithmetic."""

from __future__ import annotations

import numpy as np

from pse_opt.analysis.preflight import percent
from pse_opt.document import Equalization
from pse_opt.entries import KINDS
from pse_opt.errors import Problem
from pse_opt.formulation.levels import levels_of
from pse_opt.formulation.standards import floors_of, targets_of
from pse_opt.instance import Instance
from pse_opt.measures import MEASURES
from pse_opt.policy import Policy

__all__ = ["idle_bounds"]

STEPS = 400
"""Shares of people at the floor that are looked at; the worst lies between two of them."""
MARGIN = 1e-3
"""By how much a bound must exceed what was found, relatively, to be called idle."""
COMPARED = ("envy", "shortfall", "lorenz")
"""Measures that depend on more than how levels are distributed."""


def idle_bounds(instance: Instance, policy: Policy) -> list[Problem]:
    """Return a warning for every equalization bound that can never bind."""
    found = []
    for entry in policy.equalization:
        column = f"equalization.{entry.name}"
        if not levels_of(instance, entry).entities:
            message = f"in {instance.name} there is nobody to compare, so the bound does nothing"
            remedy = "compare others (between), or name services that have such needs"
            found.append(Problem(policy.name, message, remedy, column=column))
        elif (words := _idle(instance, policy, entry)) and entry.bound is not None:
            message = f"the bound cannot bind: {words}"
            remedy = "tighten the bound, or remove the entry"
            found.append(Problem(policy.name, message, remedy, column=column, value=entry.bound))
    return found


def _idle(instance: Instance, policy: Policy, entry: Equalization) -> str:
    """Return why a bound on coverage is idle, or nothing."""
    if entry.level != "coverage" or entry.bound is None or entry.measure in COMPARED:
        return ""
    floor, mean = _least(instance, policy)
    if entry.measure == "ceiling":
        return "coverage is at most 100%" if entry.bound >= 1.0 else ""
    if entry.measure == "floor":
        higher = entry.bound <= floor
        return f"with a floor of {percent(floor)} coverage is higher already" if higher else ""
    if entry.measure not in MEASURES:
        return ""
    worst = _most_unequal(entry, floor, mean)
    within = f"between {percent(floor)} and 100%"
    if mean > floor:
        within += f" with a mean of at least {percent(mean)}"
    if entry.side == "minimum":
        idle = entry.bound <= worst * (1 - MARGIN)
        return f"with coverage {within} {entry.measure} is at least {worst:.4g}" if idle else ""
    # A range or ratio is exactly that of the ends; others lie between two steps.
    exact = entry.measure in ("range", "ratio")
    idle = entry.bound >= worst * (1.0 if exact else 1 + MARGIN)
    return f"with coverage {within} {entry.measure} is at most {worst:.4g}" if idle else ""


def _least(instance: Instance, policy: Policy) -> tuple[float, float]:
    """Return the least coverage of anybody, and the least mean, weighted by people.

    Targets are weighted by need; they say something of people only where every service's need is
    the same for every head.
    """
    section = policy.sections.get("coverage")
    if section is None:
        return 0.0, 0.0
    floor = float(floors_of(instance, section["floor"]).min(initial=1.0))
    needs = instance.needs
    per_head = (needs["demand"] / needs["heads"].where(needs["heads"] > 0)).groupby(
        needs["service"]
    )
    even = bool((per_head.max() <= per_head.min() * (1 + 1e-9)).all())
    whole = [
        value for index, _, value in targets_of(instance, section["target"]) if not any(index[1:])
    ]
    same_for_all = even and len(whole) == needs["service"].nunique()
    return floor, max(floor, min(whole)) if same_for_all else floor


def _most_unequal(entry: Equalization, floor: float, mean: float) -> float:
    """Return the worst value of a measure over levels between the floor and 1.

    Every measure of inequality is greatest where people are at one end or the other; how many are
    at the floor is limited by the mean.
    """
    if floor >= 1.0:
        return MEASURES[entry.measure](np.ones(1))
    most = (1.0 - mean) / (1.0 - floor)
    shares = np.linspace(most / STEPS, min(most, 1.0 - 1e-9), STEPS if most > 0 else 0)
    parameters = {k: v for k, v in entry.parameters.items() if k != "kappa"}
    worst = min if KINDS[entry.measure].benefit == "minimum" else max
    values = [MEASURES[entry.measure]([floor, 1.0], [a, 1.0 - a], **parameters) for a in shares]
    return float(worst(values, default=MEASURES[entry.measure](np.ones(1))))
