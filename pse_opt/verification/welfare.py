"""The objective that a plan amounts to: a cost, a welfare, or an inequality."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from pse_opt.measures import kolm_pollak
from pse_opt.verification.comparison import Comparison
from pse_opt.verification.facts import Facts

__all__ = ["objective_of"]

Floats = npt.NDArray[np.float64]


def objective_of(facts: Facts, terms: Mapping[str, float]) -> float:
    """Return the objective of the policy; NaN where something it names is not known.

    Parameters
    ----------
    facts : Facts
        The plan and the policy.
    terms : mapping of str to float
        Every cost term in money per year.
    """
    objective = facts.policy.objective
    if objective.minimize is not None:
        return sum(terms.get(t, math.nan) for t in objective.minimize)
    if objective.maximize == "coverage":
        by_service = facts.levels.groupby("service")[["served", "demand"]].sum()
        return float((by_service["served"] / by_service["demand"]).mean())
    named = objective.minimize_inequality or objective.entry
    entries = [e for e in facts.policy.equalization if named in (None, e.name)]
    if not entries:
        return math.nan
    comparison = Comparison(facts, entries[0])
    if objective.minimize_inequality is not None:
        return max((comparison.value(b) for b in comparison.blocks), default=math.nan)
    return _welfare(comparison, str(objective.maximize))


def _welfare(comparison: Comparison, kind: str) -> float:
    """Return the welfare of all that are compared; of a lexicographic one the least level."""
    levels, weights = _pooled(comparison)
    if not len(levels):
        return math.nan
    if kind == "mean":
        return float(levels @ weights)
    if kind == "kolm_pollak":
        burden = comparison.entry.is_burden
        return kolm_pollak(levels, weights, kappa=comparison.kappa, burden=burden)
    return float(levels.min())


def _pooled(comparison: Comparison) -> tuple[Floats, Floats]:
    """Return the levels of all that are compared and their weights, which add up to 1.

    Every service counts the same, and within it everybody.
    """
    blocks = comparison.blocks
    people: dict[str, float] = {}
    for block in blocks:
        people[block.key] = people.get(block.key, 0.0) + float(block.people.sum())
    levels = [np.empty(0), *(block.levels for block in blocks)]
    weights = [np.empty(0), *(b.people / people[b.key] / len(people) for b in blocks)]
    return np.concatenate(levels), np.concatenate(weights)
