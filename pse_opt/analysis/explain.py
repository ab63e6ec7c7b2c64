"""Why a policy is infeasible: which rules would have to give way, and by how little."""

from __future__ import annotations

import time
from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyomo.core as pe
from pyomo.repn import generate_standard_repn

from pse_opt.analysis.conflicts import Conflict, Repair
from pse_opt.analysis.mechanism_words import SETTINGS
from pse_opt.analysis.possible import Near
from pse_opt.analysis.preflight import unreachable
from pse_opt.analysis.prices import group_prices, read_prices
from pse_opt.analysis.rule_words import FAMILIES, broken_row, changes
from pse_opt.analysis.wording import Broken, Change, gathered
from pse_opt.formulation.reliance import COUNT
from pse_opt.instance import Instance
from pse_opt.plan import Plan
from pse_opt.policy import Policy
from pse_opt.solving.compiled import Compiled, family_of, index_of
from pse_opt.solving.elastic import blamed, least_change
from pse_opt.solving.readout import read_plan_off

__all__ = ["FAMILIES", "Draft", "Found", "conflict", "look", "one_sided"]

PROOF_SECONDS = 20.0
"""Time given to the linear program that says which families cannot do alone."""
SECONDS = 10.0
"""Time given to each relaxation."""
IN_ALL = 60.0
"""Seconds after which no further family is looked at."""
BREACH = 1e-6
"""Violations below this are rounding errors of the solver."""
HEADS = {
    "rules": "All rules cannot hold together. Any one of these changes admits a plan:",
    "together": "All rules cannot hold together. These changes together admit a plan:",
    "unknown": "The rules contradict each other; no change was found in the time given to look.",
    "hollow": "A rule holds for nothing that could fulfil it. What would have to change:",
}


@dataclass(frozen=True, eq=False)
class Draft:
    """A repair before it is told.

    Attributes
    ----------
    family : str
        What a planner would change; blank: rules of several families.
    changes : list of (Change, int)
        And how many others of one setting ask for less.
    size : float
        As of :class:`pse_opt.analysis.conflicts.Repair`.
    price : float or None
        What the changes cost.
    families : frozenset of str
        What a planner would change.
    plan : Plan or None
        One that keeps the rules once they are changed, but for rounding.
    """

    family: str
    changes: list[tuple[Change, int]]
    size: float
    price: float | None
    families: frozenset[str] = frozenset()
    plan: Plan | None = None

    def larger(self, factor: float) -> Draft:
        """Return the same with every change made so many times as large."""
        made = [(change.larger(factor), others) for change, others in self.changes]
        price = None if self.price is None else self.price * factor
        return replace(self, changes=made, size=self.size * factor, price=price)

    def repair(self, checked: str = "") -> Repair:
        """Return it in words."""
        words = tuple(change.said(others) for change, others in self.changes)
        edits = tuple(edit for change, _ in self.changes for edit in change.edits)
        return Repair(self.family, words, self.size, self.price, checked, edits)


@dataclass(frozen=True, eq=False)
class Found:
    """What was found of an infeasible policy: its cause, and repairs, the cheapest first."""

    cause: str
    drafts: list[Draft]
    note: str = ""


def conflict(
    instance: Instance, policy: Policy, m: pe.ConcreteModel, compiled: Compiled | None
) -> Conflict:
    """Return quickly why no plan keeps all rules, with repairs that are not checked.

    First the arithmetic of reachable capacity, which names the exact shortage. Where it finds
    nothing, the smallest change of each family of rules alone that would admit a plan (an elastic
    relaxation of the model, all other rules kept), and where no family alone suffices, of all
    together.
    """
    reasons = unreachable(instance, policy)
    if reasons:
        return Conflict("reach", tuple(reasons))
    found = look(instance, policy, m, compiled, read_prices(None))
    repairs = tuple(draft.repair() for draft in found.drafts)
    return Conflict(found.cause, (HEADS[found.cause],), repairs, found.note)


def look(
    instance: Instance,
    policy: Policy,
    m: pe.ConcreteModel,
    compiled: Compiled | None,
    prices: Mapping[str, float],
    *,
    combined: bool = False,
) -> Found:
    """Return what would have to give way for a plan.

    Parameters
    ----------
    compiled : Compiled or None
        The model; None where a row has no decision that could keep it.
    prices : mapping of str to float
        By family; families whose price is infinite are left alone.
    combined : bool
        Look for the cheapest change of several families even where one is enough.
    """
    if compiled is None:
        return Found("hollow", [_hollow(instance, policy, m)])
    look = _Look(instance, policy, m, one_sided(compiled), prices)
    families = {f: rules for f, rules in FAMILIES.items() if np.isfinite(prices[f])}
    together = [rule for rules in families.values() for rule in rules]
    proof, late = look.proof(together), ""
    found, end = [], time.perf_counter() + IN_ALL
    for family, rules in families.items():
        if time.perf_counter() > end:
            late = f"other changes were not looked for: {IN_ALL:g} seconds were over"
            break
        if proof is None or not proof.isdisjoint(rules):
            draft = look.draft(rules)
            found += [] if draft is None else [replace(draft, family=family)]
    cause = "rules" if found else "together"
    if combined or not found:
        draft = look.draft(together)
        if draft is not None and (len(draft.families) > 1 or not found):
            found.append(draft)
    found.sort(key=lambda draft: draft.price or 0.0)
    return Found(cause if found else "unknown", found, late)


@dataclass(frozen=True, eq=False)
class _Look:
    """An infeasible model, and what its changes cost."""

    instance: Instance
    policy: Policy
    m: pe.ConcreteModel
    compiled: Compiled
    prices: Mapping[str, float]

    def proof(self, rules: Collection[str]) -> set[str] | None:
        """Return rules of which one must give way; None: nothing is known of that."""
        groups = groups_of(self.compiled, rules, apart=True)
        if groups.max(initial=-1) < 0:
            return None
        threads = self.policy.options.threads
        found = blamed(self.compiled, groups, time_limit=PROOF_SECONDS, threads=threads)
        if found is None:
            return None
        return {family_of(self.compiled.rows[k]) for k in np.flatnonzero(found)}

    def draft(self, rules: Collection[str]) -> Draft | None:
        """Return the cheapest change of these rules that admits a plan; None if none does."""
        compiled, m = self.compiled, self.m
        groups = groups_of(compiled, rules)
        if groups.max(initial=-1) < 0:
            return None
        prices = group_prices(m, compiled, groups, self.prices)
        threads = self.policy.options.threads
        found = least_change(compiled, groups, prices=prices, time_limit=SECONDS, threads=threads)
        if found is None:
            return None
        values, price = found
        by_id = dict(zip(map(id, compiled.columns), values.tolist(), strict=True))
        plan, _, _ = read_plan_off(m, self.instance, compiled, values)
        near = Near(self.instance, m, by_id, plan)
        missed = _missed(near, compiled, values)
        told = gathered(c for row in missed for c in changes(near, self.policy, row))
        if not told:
            return None
        broken = {row.rule for row in missed}
        families = frozenset(f for f, rules in FAMILIES.items() if broken & set(rules))
        return Draft("", told, max(map(_size, missed)), price, families, plan)


def _hollow(instance: Instance, policy: Policy, m: pe.ConcreteModel) -> Draft:
    """Return which rows have no decision that could keep them."""
    near, found, sizes = Near(instance, m, {}), [], [0.0]
    for row in m.component_data_objects(pe.Constraint, active=True):
        body = generate_standard_repn(row.body)
        if body.linear_vars:
            continue
        lower, upper = pe.value(row.lower), pe.value(row.upper)
        limit = lower if lower is not None and body.constant < lower else upper
        if limit is not None and (limit is lower or body.constant > limit):
            broken = broken_row(instance, row, limit, float(body.constant))
            found += changes(near, policy, broken)
            sizes.append(_size(broken))
    return Draft("", gathered(found), max(sizes), None)


def _size(row: Broken) -> float:
    """How much a limit changes, relative to it, or to 1 where it is 0."""
    return abs(row.needed - row.limit) / (abs(row.limit) or 1.0)


def one_sided(compiled: Compiled) -> Compiled:
    """Return the model with sources that may deliver less than all, for when floors give way."""
    lower = compiled.row_lower.copy()
    for k, row in enumerate(compiled.rows):
        if family_of(row) == "source_assignment":
            lower[k] = -np.inf
    return replace(compiled, row_lower=lower)


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
        found.append(broken_row(near.instance, compiled.rows[k], limit, float(needed)))
    return found


def groups_of(
    compiled: Compiled, rules: Collection[str], *, apart: bool = False
) -> npt.NDArray[np.int64]:
    """Return which rows may give way: those of one setting together, others by themselves."""
    numbers: dict[Hashable, int] = {}
    groups = np.full(len(compiled.rows), -1, dtype=np.int64)
    for k, row in enumerate(compiled.rows):
        rule, index = family_of(row), index_of(row)
        if rule in rules and (rule != "provider_choice" or index[-1] == COUNT):
            key: Hashable = rule if rule in SETTINGS and not apart else k
            if rule == "copayment" and not apart:  # the cap is that of a service
                key = (rule, index[2])
            groups[k] = numbers.setdefault(key, len(numbers))
    return groups
