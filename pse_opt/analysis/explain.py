"""Why a policy is infeasible, in the planner's words."""

from __future__ import annotations

from typing import Any

import numpy as np

from pse_opt.analysis.preflight import unreachable
from pse_opt.formulation.finance import total_maximum
from pse_opt.instance import Instance
from pse_opt.policy import Policy
from pse_opt.solving import highs
from pse_opt.solving.compiled import Compiled

__all__ = ["conflict"]

SOFT = {
    "coverage_floor": 1.0,
    "coverage_target": 1.0,
    "budgets": 1.0,
    "total_budget": 1.0,
    "last_resort_limit": 1.0,
    "equalization_floor": 1.0,
    "equalization_ceiling": 0.01,
    "equalization_range": 1.0,
    "equalization_ratio": 1.0,
    "equalization_band": 1.0,
    "minimum_volume": 2.0,
    "required_offers": 5.0,
    "exclusive_offers": 5.0,
    "single_source": 5.0,
}
"""Rules that may give way in the diagnosis, with the price of giving way by one unit of the row."""
HELPERS = ("highest", "lowest", "mean")
ENDS = (*HELPERS, "range", "ratio", "upper", "lower", "total")


def conflict(instance: Instance, policy: Policy, compiled: Compiled | None) -> tuple[str, ...]:
    """Return why no plan keeps all rules.

    First the arithmetic of reachable capacity, which names the exact shortage; where it finds
    nothing, the smallest change of rules that would admit a plan (an elastic relaxation of the
    model), rule by rule with its numbers.
    """
    reasons = unreachable(instance, policy)
    if reasons:
        return tuple(reasons)
    if compiled is None:
        return ("A rule holds for nothing that could fulfil it.",)
    penalty = np.array([_penalty(row) for row in compiled.rows])
    violation = highs.least_violation(compiled, penalty)
    if violation is None:
        return (
            "The rules contradict each other; no single set of floors, budgets and bounds "
            "could be named within the time given to the diagnosis.",
        )
    broken = [k for k in np.argsort(-violation) if violation[k] > 1e-6]
    if not broken:
        return ("The rules contradict each other only through whole engagements of offers.",)
    words = [_words(instance, policy, compiled, k, float(violation[k])) for k in broken[:12]]
    more = [f"... and {len(broken) - 12} more"] if len(broken) > 12 else []
    return (
        "All rules cannot hold together. The smallest change found that admits a plan:",
        *(f"  {w}" for w in words),
        *more,
    )


def _penalty(row: Any) -> float:
    index = row.index()
    if isinstance(index, tuple) and index and index[-1] in HELPERS:
        return -1.0
    return SOFT.get(row.parent_component().local_name, -1.0)


def _words(instance: Instance, policy: Policy, compiled: Compiled, k: int, amount: float) -> str:
    """One broken rule: which, for whom, what it asks for and what it would have to be."""
    row = compiled.rows[k]
    name, index = row.parent_component().local_name, row.index()
    parts = index if isinstance(index, tuple) else (index,)
    place = ", ".join(str(i) for i in parts if i and i not in ENDS)
    down = bool(np.isfinite(compiled.row_lower[k]))
    limit = float(compiled.row_lower[k] if down else compiled.row_upper[k])
    needed = limit - amount if down else limit + amount
    if name in ("budgets", "total_budget"):
        money = _budget(instance, policy, name, place)
        change = f"{limit * money:,.0f} -> {np.ceil(needed * money):,.0f}"
        of = f" of {place}" if place else ""
        return f"{name}{of}: {change} {instance.about.currency}"
    if name.startswith("equalization"):
        entry = next(e for e in policy.equalization if e.name == parts[0])
        change = _change(limit, needed, "km" if entry.level == "travel" else "%")
        if entry.measure in ("ratio", "band"):
            change = f"the bound {entry.bound:g} cannot be kept"
        return f"equalization of {place} ({entry.measure}): {change}"
    if name in ("coverage_floor", "coverage_target", "last_resort_limit"):
        return f"{name} of {place}: {_change(limit, needed, '%')}"
    return f"give up {name} for {place}"


def _change(limit: float, needed: float, unit: str) -> str:
    if unit == "%":
        return f"{limit:.1%} -> {needed:.1%}"
    return f"{limit:,.1f} -> {needed:,.1f} {unit}"


def _budget(instance: Instance, policy: Policy, name: str, jurisdiction: str) -> float:
    """The money that a row of money was divided by."""
    if name == "total_budget":
        return total_maximum(instance, **policy.sections["total_budget"])
    budgets = instance.jurisdictions.set_index("jurisdiction")["budget"]
    return float(budgets[jurisdiction])
