"""What makes an instance interesting: figures from its tables and from a plan for it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pse_opt.accounts import deliveries_in_full
from pse_opt.instance import Instance
from pse_opt.plan import Plan
from pse_opt.policy import read_policy
from pse_opt.verification import verify

__all__ = ["KINDS", "Hardship", "hardship", "shares", "short_today", "tight_budgets"]

KINDS = ("government", "ngo", "private")
FEW = 2
SCARCE = 0.7
TIGHT = 0.98


@dataclass(frozen=True)
class Hardship:
    """Needs that are hard to reach.

    Attributes
    ----------
    few : int
        Needs that at most two providers can reach.
    scarce : int
        Needs whose share of the capacity within reach is below 70 % of them.
    """

    few: int
    scarce: int


def hardship(instance: Instance) -> Hardship:
    """Count needs that are hard to reach, of the instance as it is, without a plan.

    Capacity is shared among all who reach it in proportion to their need (two-step floating
    catchment area; Luo and Wang 2003, doi 10.1068/b29120).
    """
    offer, need = instance.links["offer"].to_numpy(), instance.links["need"].to_numpy()
    demand = instance.needs["demand"].to_numpy(dtype=float)
    capacity = instance.offers["capacity"].to_numpy(dtype=float)
    asked = np.bincount(offer, demand[need], minlength=len(capacity))
    ratio = np.divide(capacity, asked, out=np.zeros_like(capacity), where=asked > 0)
    share = np.bincount(need, ratio[offer], minlength=len(demand))
    pairs = {(n, p) for n, p in zip(need, instance.offers["provider_at"][offer], strict=True)}
    providers = np.bincount([n for n, _ in pairs], minlength=len(demand))
    return Hardship(int(np.sum(providers <= FEW)), int(np.sum(share < SCARCE)))


def shares(instance: Instance, plan: Plan) -> dict[str, float]:
    """Return shares of delivered need by kind of provider: means over services."""
    full = deliveries_in_full(instance, plan)
    units = full.groupby(["service", "kind"])["units"].sum().unstack(fill_value=0)
    mean = units.div(units.sum(axis=1), axis=0).mean()
    return {kind: float(mean.get(kind, 0.0)) for kind in KINDS}


def tight_budgets(instance: Instance, plan: Plan) -> int:
    """Count jurisdictions whose spending in a plan is at least 98 % of their budget."""
    tight = read_policy("core", {"budgets.scale": TIGHT})
    found = verify(instance, plan, tight).violations
    return len({v.where for v in found if v.rule == "budgets"})


def short_today(instance: Instance) -> int | None:
    """Count needs below the floor of ``core`` under today's plan, None where there is none."""
    today = Plan.baseline(instance)
    if today is None:
        return None
    found = verify(instance, today, "core").violations
    return sum(v.rule == "coverage_floor" for v in found)
