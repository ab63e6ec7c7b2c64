"""What is best, for the brute force: among all plans of one set of engagements, then among sets."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from tests.oracle_best import Optimum, cost_of, least_cost
from tests.oracle_equity import RELATIVE, compared, hold
from tests.oracle_levels import Entry, Travellers, pooled
from tests.oracle_lexicographic import lexicographic
from tests.oracle_linear import Linear
from tests.oracle_relative import least_relative
from tests.oracle_smooth import Equivalent

EQUAL = 1e-8
"""Objectives this close, relative to them, are equally good."""


def best_of(sets: Sequence[Any], document: Mapping[str, Any]) -> Optimum | None:
    """The best of all plans of all sets."""
    objective = document["objective"]
    entry = _entry(document)
    if objective.get("maximize") == "lexicographic":
        return lexicographic(sets, entry, objective.get("then", ()))
    if "minimize_inequality" in objective and entry.get("measure", "range") in RELATIVE:
        return least_relative(sets, entry, objective.get("then", ()))
    sign = -1.0 if "maximize" in objective else 1.0
    goals = [_goal(plans, objective, entry) * sign for plans in sets]
    found = _least(sets, goals)
    if found is None:
        return None
    best, plans, columns = found
    value = _stated(sign * best, objective, entry, plans)
    if not objective.get("then"):
        return Optimum(value, plans=plans, columns=columns)
    slack = EQUAL * max(1.0, abs(best))

    def hold_goal(k: int) -> None:
        sets[k].at_most(goals[k], best + slack)

    return Optimum(value, (), least_cost(sets, objective["then"], hold_goal))


def _entry(document: Mapping[str, Any]) -> Any:
    """The entry that the objective is about."""
    objective, entries = document["objective"], document.get("equalization", ())
    named = objective.get("minimize_inequality") or objective.get("entry")
    return next((e for e in entries if named in (None, e["name"])), None)


def _goal(plans: Any, objective: Mapping[str, Any], entry: Any) -> Linear:
    if "minimize" in objective:
        return cost_of(plans, objective["minimize"])
    if "minimize_inequality" in objective:
        return _inequality(plans, entry)
    kind = objective["maximize"]
    if kind == "coverage":
        return _coverage(plans)
    members = pooled(plans, entry)
    if kind == "mean":
        return sum((u * w for u, w in members), plans.constant(0.0))
    least = plans.column(free=True)
    if kind == "worst":
        for u, _ in members:
            plans.at_most(least, u)
        return least
    levels, weights = [u for u, _ in members], [w for _, w in members]
    mean = sum((u * w for u, w in members), plans.constant(0.0))
    plans.at_most(least, mean)
    kappa = plans.case.reference.kappa(entry)
    plans.smooth.append(Equivalent(levels, weights, kappa, least, burden=False))
    return least


def _coverage(plans: Any) -> Linear:
    services = sorted({n["service"] for n in plans.case.needs})
    mean = plans.constant(0.0)
    for service in services:
        needs = [n for n in plans.case.needs if n["service"] == service]
        served = sum((plans.served(n) for n in needs), plans.constant(0.0))
        mean += served * (1 / sum(n["demand"] for n in needs) / len(services))
    return mean


def _inequality(plans: Any, entry: Entry) -> Linear:
    """The greatest over all that is compared of an absolute measure."""
    greatest, longest = plans.column(free=True), _longest(plans, entry)
    for block in compared(plans, entry):
        if isinstance(block, Travellers):
            weights = [w for w, _ in block.travels]
            everybody = sum(weights, plans.constant(0.0)).constant
            mean = plans.constant(0.0)
            for w, d in block.travels:
                mean += w * (math.exp(block.kappa * (d - longest)) / everybody)
            plans.at_most(mean, greatest)
        else:
            hold(plans, block, greatest)
    return greatest


def _stated(value: float, objective: Mapping[str, Any], entry: Any, plans: Any) -> float:
    """The objective as it is said: of people it is the equivalent, not the mean of exponentials."""
    if "minimize_inequality" in objective and entry.get("between") == "people":
        kappa = plans.case.reference.kappa(entry)
        return math.log(value) / kappa + _longest(plans, entry)
    return value


def _longest(plans: Any, entry: Entry) -> float:
    """The longest travel of people in any plan, by which exponentials are scaled down."""
    if entry.get("between") != "people":
        return 0.0
    unserved = (d for people in compared(plans, entry) for _, d in people.travels)
    return max(*unserved, *plans.case.travel.values(), 0.0)


def _least(sets: Sequence[Any], goals: Sequence[Linear]) -> tuple[float, Any, Any] | None:
    """The least value over all sets, tried from the most promising on, and where it is."""
    outer = [
        (plans.outer(goal), k) for k, (plans, goal) in enumerate(zip(sets, goals, strict=True))
    ]
    ranked = sorted((found[0], k) for found, k in outer if found is not None)
    best: tuple[float, Any, Any] | None = None
    for bound, k in ranked:
        if best is not None and bound >= best[0]:
            break
        found = sets[k].least(goals[k])
        if found is not None and (best is None or found[0] < best[0]):
            best = found[0], sets[k], found[1]
    return best
