"""Why a policy is infeasible, in the planner's words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from pse_opt.analysis import mechanism_words
from pse_opt.analysis.preflight import unreachable
from pse_opt.formulation.finance import total_maximum
from pse_opt.formulation.forms import form_of, value_of
from pse_opt.formulation.levels import levels_of
from pse_opt.formulation.reliance import COUNT
from pse_opt.instance import Instance
from pse_opt.policy import Policy
from pse_opt.solving import highs
from pse_opt.solving.compiled import Compiled

__all__ = ["conflict"]

FAMILIES: Mapping[str, Mapping[str, float]] = {
    "coverage": {"coverage_floor": 1.0, "coverage_target": 1.0},
    "money": {"budgets": 1.0, "total_budget": 1.0},
    "equalization": {"equalization_bound": 1.0},
    "last resort": {"last_resort_limit": 1.0},
    "minimum volumes": {"minimum_volume": 1.0},
    "single source": {"single_source": 1.0},
    "number of offers": {"siting": 1.0},
    "engagements": {"required_offers": 1.0, "exclusive_offers": 1.0},
    **mechanism_words.FAMILIES,
}
"""Rules that may give way, by what a planner would change; the price of a unit of their rows."""
ENDS = ("total", COUNT)
SECONDS = 10.0
"""Time given to each relaxation."""
SHOWN = 4
"""Changes shown of one repair."""


def conflict(instance: Instance, policy: Policy, compiled: Compiled | None) -> tuple[str, ...]:
    """Return why no plan keeps all rules.

    First the arithmetic of reachable capacity, which names the exact shortage. Where it finds
    nothing, the smallest change of each family of rules alone that would admit a plan (an elastic
    relaxation of the model, all other rules kept), and where no family alone suffices, of all
    together.
    """
    reasons = unreachable(instance, policy)
    if reasons:
        return tuple(reasons)
    if compiled is None:
        return ("A rule holds for nothing that could fulfil it.",)
    compiled = _one_sided(compiled)
    repairs = []
    for family, prices in FAMILIES.items():
        words = _repair(instance, policy, compiled, prices)
        if words:
            repairs.append(f"  {family}: " + "; ".join(words))
    if repairs:
        head = "All rules cannot hold together. Any one of these changes admits a plan:"
        return (head, *repairs)
    together = {name: price for prices in FAMILIES.values() for name, price in prices.items()}
    words = _repair(instance, policy, compiled, together)
    if words:
        head = "All rules cannot hold together. These changes together admit a plan:"
        return (head, *(f"  {w}" for w in words))
    return ("The rules contradict each other; no change was found in the time given to look.",)


def _one_sided(compiled: Compiled) -> Compiled:
    """Return the model with sources that may deliver less than all, for when floors give way."""
    lower = compiled.row_lower.copy()
    for k, row in enumerate(compiled.rows):
        if row.parent_component().local_name == "source_assignment":
            lower[k] = -np.inf
    return replace(compiled, row_lower=lower)


def _repair(
    instance: Instance, policy: Policy, compiled: Compiled, prices: Mapping[str, float]
) -> list[str]:
    """Return the least change of these rules that admits a plan, in words; empty if none does."""
    penalty = np.array([_penalty(row, prices) for row in compiled.rows])
    if penalty.max(initial=-1.0) < 0:
        return []
    violation = highs.least_violation(compiled, penalty, time_limit=SECONDS)
    if violation is None:
        return []
    broken = [k for k in np.argsort(-violation, kind="stable") if violation[k] > 1e-6]
    words = [_words(instance, policy, compiled, k, float(violation[k])) for k in broken[:SHOWN]]
    return [*words, *([f"and {len(broken) - SHOWN} more"] if len(broken) > SHOWN else [])]


def _penalty(row: Any, prices: Mapping[str, float]) -> float:
    name, index = row.parent_component().local_name, row.index()
    if name == "provider_choice" and index[-1] != COUNT:
        return -1.0
    return prices.get(name, -1.0)


def _words(instance: Instance, policy: Policy, compiled: Compiled, k: int, amount: float) -> str:
    """One broken rule: which, for whom, what it asks for and what it would have to be."""
    row = compiled.rows[k]
    name, index = row.parent_component().local_name, row.index()
    parts = index if isinstance(index, tuple) else (index,)
    names = dict(zip(instance.regions["region"], instance.regions["name"], strict=True))
    shown = [str(i) for i in parts if i and i not in ENDS]
    place = ", ".join(names.get(i, i) for i in shown)
    down = bool(np.isfinite(compiled.row_lower[k]))
    limit = float(compiled.row_lower[k] if down else compiled.row_upper[k])
    needed = limit - amount if down else limit + amount
    if name in ("budgets", "total_budget"):
        money = _budget(instance, policy, name, shown[0] if shown else "")
        change = f"{limit * money:,.0f} -> {np.ceil(round(needed * money, 3)):,.0f}"
        of = f" of {place}" if place else ""
        return f"{name}{of}: {change} {instance.about.currency}"
    if name == "equalization_bound":
        return _inequality(instance, policy, parts, limit, needed, place)
    if name in ("coverage_floor", "coverage_target", "last_resort_limit"):
        return f"{name} of {place}: {_change(limit, needed, '%')}"
    if name == "siting":
        return f"siting, offers of {place}: {limit:g} -> {_whole(needed, up=needed > limit):g}"
    further = mechanism_words.said(instance, policy, name, shown, place, limit, needed)
    return further or f"give up {name} for {place}"


def _inequality(
    instance: Instance,
    policy: Policy,
    parts: tuple[Any, ...],
    limit: float,
    needed: float,
    place: str,
) -> str:
    """A bound on inequality, and what it would have to be where that is a plain number."""
    entry = next(e for e in policy.equalization if e.name == parts[0])
    assert entry.bound is not None
    words = f"the bound {entry.bound:g} cannot be kept"
    if not form_of(entry).denominator:
        levels = levels_of(instance, entry)
        scale = levels.scale(levels.blocks.index((parts[1], parts[2])))
        curved = entry.measure == "kolm_pollak"
        asked, given = (value_of(levels, x) if curved else x * scale for x in (limit, needed))
        unit = {"travel": "km", "coverage": "%", "satisfaction": "%", "access": "%"}
        words = _change(asked, given, unit.get(entry.level, "per head"))
    return f"equalization of {place} ({entry.measure} of {entry.level}): {words}"


def _whole(number: float, *, up: bool) -> float:
    """The next whole number in a direction, rounding errors aside."""
    return float(np.ceil(number - 1e-6) if up else np.floor(number + 1e-6))


def _change(limit: float, needed: float, unit: str) -> str:
    if unit == "%":
        return f"{limit:.1%} -> {needed:.1%}"
    return f"{limit:,.1f} -> {needed:,.1f} {unit}"


def _budget(instance: Instance, policy: Policy, name: str, jurisdiction: str) -> float:
    """The money that a row of money was divided by."""
    if name == "total_budget":
        return total_maximum(instance, **policy.sections["total_budget"]) or 1.0
    budgets = instance.jurisdictions.set_index("jurisdiction")["budget"]
    return float(budgets[jurisdiction]) or 1.0
