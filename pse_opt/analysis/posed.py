"""What analyses of a given plan are about: instance, rules and plan, with all problems at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pse_opt.errors import InputError, Problem, nearest
from pse_opt.instance import Instance
from pse_opt.io import as_instance
from pse_opt.plan import Plan
from pse_opt.policy import Policy, read_policy
from pse_opt.solving.result import Result
from pse_opt.stored import judged, read_result

__all__ = ["Given", "attempt", "not_engaged", "posed", "unknown", "without_instance"]

Given = str | Path | Plan | Result
"""A result folder, a table of deliveries, a plan, or a result."""
Something = TypeVar("Something")


def attempt(problems: list[Problem], function: Callable[[], Something]) -> Something | None:
    """Return what a function returns, or add its problems."""
    try:
        return function()
    except InputError as error:
        problems.extend(error.problems)
        return None


def posed(
    instance: Instance | str | Path,
    plan: Given,
    model: str | Path | Mapping[str, Any] | Policy | None,
    settings: Mapping[str, Any],
    problems: list[Problem],
) -> Result | None:
    """Return the plan with its instance and rules, checked anew; None where problems were added.

    Parameters
    ----------
    instance : Instance, str or Path
        The instance, its name or its folder.
    plan : str, Path, Plan or Result
        A result folder carries its rules, and so does a result; others need a model.
    model : str, Path, mapping or Policy, optional
        Other rules than those the plan carries: then nothing is proven of it.
    settings : mapping
        Dotted keys to values, set on top of the rules; of ``solve`` they leave proofs alone.
    problems : list of Problem
        To be added to.
    """
    whole = attempt(problems, lambda: as_instance(instance))
    if whole is None:
        return None
    return attempt(problems, lambda: _read(whole, plan, model, settings))


def _read(
    instance: Instance,
    plan: Given,
    model: str | Path | Mapping[str, Any] | Policy | None,
    settings: Mapping[str, Any],
) -> Result:
    options = {k: v for k, v in settings.items() if k.startswith("solve.")}
    rules = {k: v for k, v in settings.items() if k not in options}
    if isinstance(plan, Plan):
        if model is None:
            message = "a plan alone does not say which rules it should keep"
            raise InputError([Problem("model", message, "name a model")])
        result = judged(instance, read_policy(model, rules), plan)
    elif not isinstance(plan, Result):
        result = read_result(plan, instance, model, rules)
    elif plan.plan is None:
        raise InputError([Problem("plan", "the result holds no plan", "solve again")])
    elif model is None and not rules:
        result = plan
    else:
        policy = read_policy(plan.policy if model is None else model, rules)
        result = judged(instance, policy, plan.plan)
    return result.under(read_policy(result.policy, options)) if options else result


def unknown(where: str, what: str, names: Iterable[str], known: Iterable[str]) -> list[Problem]:
    """Return a problem for each name that is not known."""
    known = list(known)
    return [
        Problem(where, f"there is no such {what}", nearest(name, known), value=name)
        for name in names
        if name not in known
    ]


def not_engaged(instance: Instance, plan: Plan, names: Iterable[str]) -> list[Problem]:
    """Return a problem for each provider that is not known, or that a plan does not engage."""
    names = list(names)
    problems = unknown("--provider", "provider", names, instance.providers["provider"].tolist())
    bad, engaged = {p.value for p in problems}, set(plan.offers["provider"])
    return problems + [
        Problem("--provider", "the plan does not engage it", nearest(name, engaged), value=name)
        for name in names
        if name not in engaged and name not in bad
    ]


def without_instance(plan: Plan) -> Plan:
    """Return a plan as plain data, which crosses between processes."""
    return Plan(
        plan.engagements, plan.deliveries, volunteers=plan.volunteers, transfers=plan.transfers
    )
