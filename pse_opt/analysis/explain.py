"""Why a policy is infeasible, in the planner's words."""

from __future__ import annotations

import time
from collections.abc import Collection, Hashable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyomo.core as pe
from pyomo.repn import generate_standard_repn

from pse_opt.analysis import mechanism_words
from pse_opt.analysis.mechanism_words import SETTINGS
from pse_opt.analysis.possible import Near
from pse_opt.analysis.preflight import unreachable
from pse_opt.analysis.wording import (
    Broken,
    Change,
    Conflict,
    Repair,
    change,
    gathered,
    money_change,
)
from pse_opt.formulation.finance import total_maximum
from pse_opt.formulation.forms import form_of, value_of
from pse_opt.formulation.levels import levels_of
from pse_opt.formulation.reliance import COUNT
from pse_opt.instance import Instance
from pse_opt.policy import Policy
from pse_opt.solving.compiled import Compiled
from pse_opt.solving.elastic import blamed, least_change

__all__ = ["FAMILIES", "conflict"]

FAMILIES: Mapping[str, tuple[str, ...]] = {
    "coverage": ("coverage_floor", "coverage_target"),
    "money": ("budgets", "total_budget"),
    "equalization": ("equalization_bound",),
    "last resort": ("last_resort_limit",),
    "minimum volumes": ("minimum_volume",),
    "single source": ("single_source",),
    "number of offers": ("siting",),
    "engagements": ("required_offers", "exclusive_offers"),
    "difference": ("different_offers",),
    **mechanism_words.FAMILIES,
}
"""Rules that may give way, by what a planner would change."""
ENDS = ("total", "all", COUNT)
JURISDICTIONS = (
    "budgets",
    "programmes",
    "supervision_limit",
    "transfer_per_head",
    "transfer_matching",
)
"""Rules whose rows begin with a jurisdiction."""
PROOF_SECONDS = 20.0
"""Time given to the linear program that says which families cannot do alone."""
SECONDS = 10.0
"""Time given to each relaxation."""
IN_ALL = 60.0
"""Seconds after which no further family is looked at."""
BREACH = 1e-6
"""Violations below this are rounding errors of the solver."""
SHOWN = 4
"""Changes shown of one repair."""
NOTHING = "A rule holds for nothing that could fulfil it"


def conflict(
    instance: Instance, policy: Policy, m: pe.ConcreteModel, compiled: Compiled | None
) -> Conflict:
    """Return why no plan keeps all rules.

    First the arithmetic of reachable capacity, which names the exact shortage. Where it finds
    nothing, the smallest change of each family of rules alone that would admit a plan (an elastic
    relaxation of the model, all other rules kept), and where no family alone suffices, of all
    together.
    """
    reasons = unreachable(instance, policy)
    if reasons:
        return Conflict("reach", tuple(reasons))
    if compiled is None:
        return _hollow(instance, policy, m)
    compiled = _one_sided(compiled)
    together = [rule for rules in FAMILIES.values() for rule in rules]
    proof = _proof(policy, compiled, together)
    late = ""
    repairs, end = [], time.perf_counter() + IN_ALL
    for family, rules in FAMILIES.items():
        if time.perf_counter() > end:
            late = f"other changes were not looked for: {IN_ALL:g} seconds were over"
            break
        if proof is not None and proof.isdisjoint(rules):
            continue
        found = _repair(instance, policy, m, compiled, rules)
        if found is not None:
            repairs.append(replace(found, family=family))
    if repairs:
        head = "All rules cannot hold together. Any one of these changes admits a plan:"
        return Conflict("rules", (head,), tuple(repairs), late)
    found = _repair(instance, policy, m, compiled, together)
    if found is not None:
        head = "All rules cannot hold together. These changes together admit a plan:"
        return Conflict("together", (head,), (found,))
    head = "The rules contradict each other; no change was found in the time given to look."
    return Conflict("unknown", (head,))


def _hollow(instance: Instance, policy: Policy, m: pe.ConcreteModel) -> Conflict:
    """Return which rows have no decision that could keep them."""
    near, found, sizes = Near(instance, m, {}), [], [0.0]
    for row in m.component_data_objects(pe.Constraint, active=True):
        body = generate_standard_repn(row.body)
        if body.linear_vars:
            continue
        lower, upper = pe.value(row.lower), pe.value(row.upper)
        limit = lower if lower is not None and body.constant < lower else upper
        if limit is not None and (limit is lower or body.constant > limit):
            broken = _broken(instance, row, limit, float(body.constant))
            found += list(_changes(near, policy, broken))
            sizes.append(_size(broken))
    words = tuple(_shown(gathered(found)))
    head = f"{NOTHING}. What would have to change:"
    return Conflict("hollow", (head,), (Repair("", words, max(sizes)),))


def _size(row: Broken) -> float:
    """How much a limit changes, relative to it, or to 1 where it is 0."""
    return abs(row.needed - row.limit) / (abs(row.limit) or 1.0)


def _one_sided(compiled: Compiled) -> Compiled:
    """Return the model with sources that may deliver less than all, for when floors give way."""
    lower = compiled.row_lower.copy()
    for k, row in enumerate(compiled.rows):
        if row.parent_component().local_name == "source_assignment":
            lower[k] = -np.inf
    return replace(compiled, row_lower=lower)


def _proof(policy: Policy, compiled: Compiled, rules: Collection[str]) -> set[str] | None:
    """Return rules of which one must give way; None: nothing is known of that."""
    groups = _groups(compiled, rules, apart=True)
    if groups.max(initial=-1) < 0:
        return None
    threads = policy.options.threads
    found = blamed(compiled, groups, time_limit=PROOF_SECONDS, threads=threads)
    if found is None:
        return None
    return {compiled.rows[k].parent_component().local_name for k in np.flatnonzero(found)}


def _repair(
    instance: Instance,
    policy: Policy,
    m: pe.ConcreteModel,
    compiled: Compiled,
    rules: Collection[str],
) -> Repair | None:
    """Return the least change of these rules that admits a plan; None if none does."""
    groups = _groups(compiled, rules)
    if groups.max(initial=-1) < 0:
        return None
    threads = policy.options.threads
    values = least_change(compiled, groups, time_limit=SECONDS, threads=threads)
    if values is None:
        return None
    near = Near(instance, m, dict(zip(map(id, compiled.columns), values.tolist(), strict=True)))
    missed = _missed(near, compiled, values)
    words = _shown(gathered(c for row in missed for c in _changes(near, policy, row)))
    return Repair("", tuple(words), max(map(_size, missed))) if words else None


def _missed(near: Near, compiled: Compiled, values: npt.NDArray[np.float64]) -> list[Broken]:
    """Return the rows that values of the columns break, the worst first."""
    violation = compiled.violation(values)
    found = []
    for k in np.argsort(-violation, kind="stable"):
        if violation[k] <= BREACH:
            break
        down = bool((compiled.matrix[[k]] @ values)[0] < compiled.row_lower[k])
        limit = float(compiled.row_lower[k] if down else compiled.row_upper[k])
        needed = limit - violation[k] if down else limit + violation[k]
        found.append(_broken(near.instance, compiled.rows[k], limit, float(needed)))
    return found


def _shown(words: list[str]) -> list[str]:
    """Return the first of these words, and how many more there are."""
    more = [f"and {len(words) - SHOWN} more"] if len(words) > SHOWN else []
    return [*words[:SHOWN], *more]


def _groups(
    compiled: Compiled, rules: Collection[str], *, apart: bool = False
) -> npt.NDArray[np.int64]:
    """Return which rows may give way: those of one setting together, others by themselves."""
    numbers: dict[Hashable, int] = {}
    groups = np.full(len(compiled.rows), -1, dtype=np.int64)
    for k, row in enumerate(compiled.rows):
        rule, index = row.parent_component().local_name, row.index()
        if rule in rules and (rule != "provider_choice" or index[-1] == COUNT):
            key: Hashable = rule if rule in SETTINGS and not apart else k
            if rule == "copayment" and not apart:  # the cap is that of a service
                key = (rule, index[2])
            groups[k] = numbers.setdefault(key, len(numbers))
    return groups


def _broken(instance: Instance, row: Any, limit: float, needed: float) -> Broken:
    """One broken row: which, for whom, what it asks for and what it would have to be."""
    rule, index = row.parent_component().local_name, row.index()
    parts = index if isinstance(index, tuple) else (index,)
    frame, key = instance.regions, "region"
    if rule in JURISDICTIONS:
        frame, key = instance.jurisdictions, "jurisdiction"
    names = {i: name or i for i, name in zip(frame[key], frame["name"], strict=True)}
    place = ", ".join(names.get(i, str(i)) for i in parts if i and i not in ENDS)
    return Broken(rule, parts, limit, needed, place)


def _changes(near: Near, policy: Policy, row: Broken) -> list[Change]:
    """Return how a rule would have to change; where nothing better is known, to give it up."""
    instance, rule, limit, needed = near.instance, row.rule, row.limit, row.needed
    words = ""
    if rule in ("budgets", "total_budget"):
        money = _budget(instance, policy, rule, row.index[0])
        words = money_change(limit * money, needed * money, instance.about.currency)
    elif rule == "equalization_bound":
        what, words = _inequality(instance, policy, row)
        return [Change("equalization", f"{row.place} ({what})", words)]
    elif rule in ("coverage_floor", "coverage_target", "last_resort_limit"):
        words = change(limit, needed, "%")
    elif rule == "siting":
        return [Change("siting, offers", row.place, change(limit, needed, "offers"))]
    elif rule == "different_offers":
        least = int(policy.sections["difference"]["minimum"])
        fewer = change(least, least - (limit - needed), "offers")
        return [Change(rule, "", fewer, "difference.minimum", "", limit - needed)]
    elif rule == "exclusive_offers":
        words = change(limit, needed, "offers")
    elif rule == "single_source":
        words = change(limit, needed, "sources")
    elif rule == "minimum_volume":
        words = _volume(instance, row)
    else:
        found = list(mechanism_words.changes(near, policy, row))
        if found:
            return found
    return [Change(rule, row.place, words)]


def _volume(instance: Instance, row: Broken) -> str:
    """A minimum volume, and what of it can be delivered."""
    k = instance.size_keys.index((row.index[0], row.index[1]))
    asked = float(instance.sizes["minimum_volume"][k])
    missing = (row.limit - row.needed) * float(instance.usable_capacity[k])
    service = instance.offers["service_at"][instance.sizes["offer"][k]]
    return change(asked, asked - missing, str(instance.services["unit"][service] or "units"))


def _inequality(instance: Instance, policy: Policy, row: Broken) -> tuple[str, str]:
    """A bound on inequality, and what it would have to be where that is a plain number."""
    parts = row.index
    entry = next(e for e in policy.equalization if e.name == parts[0])
    assert entry.bound is not None
    words = f"the bound {entry.bound:g} cannot be kept"
    if not form_of(entry).denominator:
        levels = levels_of(instance, entry)
        scale = levels.scale(levels.blocks.index((parts[1], parts[2])))
        curved = entry.measure == "kolm_pollak"
        ends = (row.limit, row.needed)
        asked, given = (value_of(levels, x) if curved else x * scale for x in ends)
        unit = {"travel": "km", "coverage": "%", "satisfaction": "%", "access": "%"}
        words = change(asked, given, unit.get(entry.level, "per head"))
    return f"{entry.measure} of {entry.level}", words


def _budget(instance: Instance, policy: Policy, name: str, jurisdiction: str) -> float:
    """The money that a row of money was divided by."""
    if name == "total_budget":
        return total_maximum(instance, **policy.sections["total_budget"]) or 1.0
    budgets = instance.jurisdictions.set_index("jurisdiction")["budget"]
    return float(budgets[jurisdiction]) or 1.0
