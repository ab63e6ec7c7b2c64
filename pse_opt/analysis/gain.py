"""What one plan saves against another, by the plans found and by what is proven."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from pse_opt.accounts import payments
from pse_opt.analysis.jobs import Job
from pse_opt.errors import InputError, Problem
from pse_opt.policy import Policy

__all__ = ["Gain", "Solved", "gain", "refuse_without_cost", "solved"]


@dataclass(frozen=True, eq=False)
class Solved:
    """What reports need of a result: plain data, which crosses between processes.

    Attributes
    ----------
    status : str
        As of the result.
    objective, bound : float or None
        As of the result.
    offers, payments, transfers : DataFrame or None
        Engaged offers, payments, and money between jurisdictions; None without a plan.
    """

    status: str
    objective: float | None
    bound: float | None
    offers: pd.DataFrame | None
    payments: pd.DataFrame | None
    transfers: pd.DataFrame | None


def solved(job: Job) -> Solved:
    """Solve a job."""
    result = job.solve()
    plan, figures = result.plan, (result.status, result.objective, result.bound)
    if plan is None:
        return Solved(*figures, None, None, None)
    money = payments(result.instance, plan, result.policy)
    return Solved(*figures, plan.offers, money, plan.transfers)


@dataclass(frozen=True)
class Gain:
    """A difference of cost in money per year, or of another objective in its unit.

    Attributes
    ----------
    found, least, most : float or None
        By the plans found; and what the proven bounds leave open.
    status : str
        Of the two solves, where a figure is missing; else blank.
    """

    found: float | None
    least: float | None
    most: float | None
    status: str = ""


def gain(dear: Solved, cheap: Solved) -> Gain:
    """Return what the second result saves against the first."""
    known = (dear.objective, dear.bound, cheap.objective, cheap.bound)
    if any(value is None for value in known):
        return Gain(None, None, None, f"{dear.status} / {cheap.status}")
    cost, bound, other, lowest = (float(value) for value in known if value is not None)
    return Gain(cost - other, bound - other, cost - lowest)


def refuse_without_cost(policy: Policy) -> None:
    """Refuse a policy that does not minimize cost.

    Raises
    ------
    InputError
        Nothing can be saved where cost is not minimized.
    """
    if not {"engagement", "delivery"} <= set(policy.objective.minimize or ()):
        message, remedy = "it does not minimize cost", "name a model that does, such as ngo-mixed"
        raise InputError([Problem("--model", message, remedy, value=policy.name)])
