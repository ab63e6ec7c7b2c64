"""Repairs that are tried before they are offered: made, and the policy solved again."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator

from pse_opt.analysis.conflicts import Repair
from pse_opt.analysis.edits import Edit, applied
from pse_opt.analysis.explain import Draft
from pse_opt.errors import InputError
from pse_opt.instance import Instance
from pse_opt.plan import Plan
from pse_opt.policy import Policy, read_policy

__all__ = ["admits", "checked"]

FACTORS = (1.0, 1.001, 1.01, 1.1, 1.5, 2.0, 4.0)
"""How many times as large changes are made, one after the other, until there is a plan."""


def checked(
    instance: Instance, policy: Policy, drafts: Iterable[Draft], *, seconds: float, in_all: float
) -> Iterator[Repair]:
    """Yield repairs that admit a plan, as large as it takes; those that do not are left out.

    Parameters
    ----------
    seconds, in_all : float
        For each solve, and for all of them; what is not known by then says so.
    """
    end = time.perf_counter() + in_all
    for draft in drafts:
        tried: set[tuple[Edit, ...]] = set()
        for factor in FACTORS:
            repair = draft.larger(factor).repair()
            if repair.edits in tried:
                continue
            tried.add(repair.edits)
            left = min(seconds, end - time.perf_counter())
            answer = None
            if left > 0:
                answer = admits(instance, policy, repair.edits, left, draft.plan)
            if answer is None:
                yield draft.repair("late")
                break
            if answer:
                yield draft.larger(factor).repair("yes")
                break


def admits(
    instance: Instance,
    policy: Policy,
    edits: Iterable[Edit],
    seconds: float,
    start: Plan | None = None,
) -> bool | None:
    """Return whether there is a plan once changes are made; None: not known in the time given.

    The plan has to pass the independent checker; it is looked for from another one.
    """
    from pse_opt.solving.run import solve

    try:
        changed, rules = applied(instance, policy, edits)
    except InputError:  # a parameter out of its range
        return False
    options = {"solve.gap": 1.0, "solve.time_limit": seconds}
    result = solve(changed, read_policy(rules, options), start=start, reasons=False)
    if result.plan is not None:
        return bool(result.verified)
    return False if result.status == "infeasible" else None
