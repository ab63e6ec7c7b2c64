"""Run every check on a plan, and hold what a result says against what its plan amounts to."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from pse_opt.errors import InputError, Problem, PseError
from pse_opt.verification import (
    arrangements,
    continuity,
    difference,
    funding,
    qualification,
    quality,
    reliance,
    rules,
    siting,
    standards,
    takeover,
    transfers,
    volunteers,
    vouchers,
)
from pse_opt.verification.equality import inequality, inequality_cost, unequal
from pse_opt.verification.facts import Facts
from pse_opt.verification.findings import ALWAYS, CHECKS, Violation, number
from pse_opt.verification.money import PUBLIC, costs
from pse_opt.verification.welfare import objective_of

if TYPE_CHECKING:
    from pse_opt.instance import Instance
    from pse_opt.plan import Plan
    from pse_opt.policy import Policy

__all__ = ["Verification", "VerificationError", "verify"]

BUILT_IN = (
    rules,
    arrangements,
    siting,
    qualification,
    volunteers,
    vouchers,
    standards,
    quality,
    reliance,
    takeover,
    continuity,
    difference,
    transfers,
    funding,
)
"""Rooms whose checks are registered by importing them."""
AGREEMENT = 1e-6
"""Greatest relative difference between figures that were said and figures recomputed."""


class VerificationError(PseError):
    """A plan breaks rules: carries *all* violations, not just the first.

    Parameters
    ----------
    violations : iterable of Violation
        What the plan breaks; at least one.
    """

    exit_code = 5

    def __init__(self, violations: Iterable[Violation]) -> None:
        self.violations = tuple(violations)
        lines = (f"  {v}" for v in self.violations)
        super().__init__("\n".join([f"{_counted(len(self.violations))}:", *lines]))

    def __reduce__(self) -> tuple[type[VerificationError], tuple[tuple[Violation, ...]]]:
        """Return what a pickle needs: the error crosses processes with its violations."""
        return type(self), (self.violations,)


@dataclass(frozen=True, eq=False)
class Verification:
    """What the checker found.

    Attributes
    ----------
    violations : tuple of Violation
        Rules the plan breaks; empty when it keeps them all.
    objective : float
        Recomputed objective; NaN where it has a cost term the checker does not know.
    costs : mapping of str to float
        Every cost term in money per year, also those outside the objective.
    public_cost : float
        The terms paid from public money, added up.
    levels : DataFrame
        What each need gets: region, group, service, demand, served, coverage, coverage_own,
        coverage_last_resort, quality, travel.
    inequality : mapping
        Every measure by name of the equalization entry, service (or ``index``) and measure.
    unchecked : tuple of str
        Sections of the policy and terms of its objective that no check is known for.
    """

    violations: tuple[Violation, ...]
    objective: float
    costs: Mapping[str, float]
    public_cost: float
    levels: pd.DataFrame
    inequality: Mapping[str, Mapping[str, Mapping[str, float]]]
    unchecked: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether the plan keeps every rule that was checked."""
        return not self.violations

    def raise_if_violated(self) -> None:
        """Raise when the plan breaks a rule.

        Raises
        ------
        VerificationError
            Listing all violations.
        """
        if self.violations:
            raise VerificationError(self.violations)

    def __str__(self) -> str:
        """Return what was found, one line for each violation."""
        head = "every rule that was checked is kept" if self.ok else _counted(len(self.violations))
        lines = [head + (":" if self.violations else ""), *(f"  {v}" for v in self.violations)]
        lines.append(f"objective {number(self.objective)}, public cost {number(self.public_cost)}")
        if self.unchecked:
            lines.append(f"not checked: {', '.join(self.unchecked)}")
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """Return what was found as plain JSON values; None for numbers that are not known."""
        levels = self.levels.to_dict(orient="records")
        found: dict[str, Any] = _plain(
            {
                "ok": self.ok,
                "violations": [v.to_dict() for v in self.violations],
                "objective": self.objective,
                "costs": self.costs,
                "public_cost": self.public_cost,
                "levels": levels,
                "inequality": self.inequality,
                "unchecked": list(self.unchecked),
            }
        )
        return found


def verify(
    instance: Instance,
    plan: Plan | Any,
    policy: Policy | str | Path | Mapping[str, Any] | None = None,
    *,
    tolerance: float = 1e-6,
) -> Verification:
    """Check a plan against a policy, independently of how it was found.

    Parameters
    ----------
    instance : Instance
        The instance the plan is for.
    plan : Plan or Result
        A result carries its plan and its policy; its objective and costs are then checked too.
    policy : Policy, str, Path or mapping, optional
        The rules: a model by name, path or as a document; by default those of the result.
    tolerance : float
        Greatest excess that still counts as kept, relative to the scale of the rule: 1 for shares,
        the capacity for volumes, the budget for money.

    Raises
    ------
    InputError
        There is no plan or no policy, or the model document is wrong.

    Examples
    --------
    Today one clinic serves North alone, and South gets nothing:

    >>> from pse_opt.io import load_instance
    >>> from pse_opt.plan import Plan
    >>> tiny = load_instance("tiny-two-districts")
    >>> found = verify(tiny, Plan.baseline(tiny), "core")
    >>> for violation in found.violations:
    ...     print(violation)
    coverage_floor: South, health: coverage is 0 and the floor 0.7: 350 of 500 visits short
    coverage_target: health: mean coverage is 0.666667 and the target 0.9: 350 of 1,500 visits short
    """
    rules_of = _policy(plan, policy)
    facts = Facts(instance, _plan(plan), rules_of, tolerance)
    terms = costs(facts) | {"inequality": inequality_cost(facts)}
    objective = objective_of(facts, terms)
    violations = [*_broken(facts), *unequal(facts)]
    if plan is not facts.plan:
        said = objective if policy is None or policy is getattr(plan, "policy", None) else None
        violations += _disagreements(plan, said, terms)
    return Verification(
        tuple(violations),
        objective,
        MappingProxyType(terms),
        sum(terms[t] for t in PUBLIC),
        facts.levels,
        MappingProxyType(inequality(facts)),
        (
            *(s for s in rules_of.sections if s not in CHECKS),
            *(f"objective: {t}" for t in rules_of.objective.terms if t not in terms),
        ),
    )


def _plan(given: Any) -> Plan:
    plan: Plan | None = given if hasattr(given, "deliveries") else getattr(given, "plan", None)
    if plan is None:
        remedy = "verify a Plan, or a result that holds one"
        raise InputError([Problem("plan", "there is no plan to verify", remedy)])
    return plan


def _policy(plan: Any, given: Any) -> Policy:
    """Return the policy, reading it only where it is not read yet."""
    from pse_opt.policy import Policy, read_policy

    chosen = getattr(plan, "policy", None) if given is None else given
    if chosen is None:
        message = "a plan alone does not say which rules it should keep"
        raise InputError([Problem("model", message, "name a model or give a policy")])
    return chosen if isinstance(chosen, Policy) else read_policy(chosen)


def _broken(facts: Facts) -> Iterator[Violation]:
    for function in CHECKS.get(ALWAYS, ()):
        yield from function(facts, {})
    for section, parameters in facts.policy.sections.items():
        for function in CHECKS.get(section, ()):
            yield from function(facts, parameters)


def _disagreements(
    result: Any, objective: float | None, terms: Mapping[str, float]
) -> Iterator[Violation]:
    """Yield the figures of a result that are not what its plan amounts to."""
    said: list[tuple[str, Any, float]] = []
    if objective is not None and not math.isnan(objective):
        said.append(("objective", getattr(result, "objective", None), objective))
    for term, value in (getattr(result, "costs", None) or {}).items():
        if term in terms:
            said.append((f"costs, {term}", value, terms[term]))
    for where, claimed, found in said:
        if claimed is None or float(claimed) == found:  # unlimited is as it should be, too
            continue
        amount = abs(float(claimed) - found)
        relative = amount / max(1.0, abs(float(claimed)), abs(found))
        if not relative <= AGREEMENT:
            message = f"the result says {number(claimed)}, its plan amounts to {number(found)}"
            yield Violation("objective", where, message, amount, relative)


def _counted(violations: int) -> str:
    return "the plan breaks 1 rule" if violations == 1 else f"the plan breaks {violations} rules"


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if isinstance(value, float | np.floating):
        return float(value) if math.isfinite(value) else None
    return value
