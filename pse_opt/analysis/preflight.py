"""What arithmetic alone can say before a solve."""

from __future__ import annotations

import numpy as np

from pse_opt.eligibility import can_qualify, not_allowed, unqualified
from pse_opt.formulation.standards import floors_of, targets_of
from pse_opt.instance import Instance
from pse_opt.policy import Policy

__all__ = ["barred", "percent", "reachable_units", "unreachable"]

NAMED = 2
"""Offers named of those that are left out."""


def barred(instance: Instance, policy: Policy) -> np.ndarray:
    """Return for each offer whether a rule of the policy alone keeps it from being engaged."""
    qualifying = policy.sections.get("qualification")
    provider = instance.offers["provider_at"].to_numpy()
    hopeless = ~np.isin(provider, can_qualify(instance, qualifying))
    out = not_allowed(instance, policy.sections.get("arrangements"))
    return np.asarray(out | (unqualified(instance, qualifying) & hopeless))


def reachable_units(instance: Instance, policy: Policy) -> np.ndarray:
    """Return for each need the capacity of the offers linked to it, in units per year.

    Offers that the policy rules out do not count; volunteers do where the policy has them.
    """
    most = _deliverable(instance, policy)
    reach = np.zeros(len(instance.needs))
    np.add.at(reach, instance.links["need"].to_numpy(), most[instance.links["offer"].to_numpy()])
    return reach


def _deliverable(instance: Instance, policy: Policy) -> np.ndarray:
    """Units per year that each offer can deliver at most under the policy."""
    most = np.zeros(len(instance.offers))
    np.maximum.at(most, instance.sizes["offer"].to_numpy(), instance.sizes["capacity"].to_numpy())
    if "volunteers" in policy.sections:
        most += instance.volunteer_capacity
    most[barred(instance, policy)] = 0.0
    return most


def _rescued(instance: Instance, policy: Policy) -> np.ndarray:
    """Units per year that last resort can add for each need."""
    units, rescue = np.zeros(len(instance.needs)), policy.sections.get("last_resort")
    if rescue is not None:
        demand, priced = instance.needs["demand"], instance.services["last_resort_cost"].notna()
        for n, service in enumerate(instance.needs["service"]):
            named = rescue["services"] == "all" or service in rescue["services"]
            if priced[instance.needs["service_at"][n]] and named:
                units[n] = rescue["maximum_share"] * demand[n]
    return units


def unreachable(instance: Instance, policy: Policy) -> list[str]:
    """Return, in words, every floor and target that reachable capacity alone rules out."""
    if "coverage" not in policy.sections:
        return []
    section = policy.sections["coverage"]
    demand, rescue = instance.needs["demand"].to_numpy(), _rescued(instance, policy)
    reach = np.minimum(reachable_units(instance, policy) + rescue, demand)
    reasons, out = [], barred(instance, policy)
    floors = floors_of(instance, section["floor"])
    for n in np.flatnonzero(reach < floors * demand * (1 - 1e-9)).tolist():
        line = instance.needs.iloc[n]
        region = instance.regions["name"][line["region_at"]]
        place = ", ".join(filter(None, (region, line["group"], line["service"])))
        offers = instance.links["offer"].to_numpy()[instance.links_of_need[n]]
        count, idle = int((~out[offers]).sum()), int(out[offers].sum())
        aside = f" (and {idle} that the policy does not allow)" if idle else ""
        aside += _left_out(instance, line["service"])
        reasons.append(
            f"{place}: the {count} {'offer' if count == 1 else 'offers'} within reach{aside} can "
            f"deliver {reach[n]:,.0f} of the {floors[n] * demand[n]:,.0f} units that a floor of "
            f"{percent(floors[n])} asks for. "
            f"Lower the floor to {_floor_percent(reach[n] / demand[n])} or less, raise the "
            "service's reach_km, or add capacity nearby"
        )
    for index, needs, value in targets_of(instance, section["target"]):
        able, wanted = reach[needs].sum(), value * demand[needs].sum()
        if able < wanted * (1 - 1e-9):
            place = ", ".join(filter(None, index))
            # Offers that several needs share deliver their capacity once.
            near = np.unique(np.concatenate([instance.links_of_need[n] for n in needs]))
            shared = np.unique(instance.links["offer"].to_numpy()[near])
            once = _deliverable(instance, policy)[shared].sum() + rescue[needs].sum()
            able = min(able, once)
            reasons.append(
                f"{place}: at most {able:,.0f} units are within reach of those who need them, and "
                f"an average coverage of {percent(value)} asks for {wanted:,.0f}. Lower the target "
                f"to {_floor_percent(able / demand[needs].sum())} or less, or add capacity"
            )
    return reasons


def _left_out(instance: Instance, service: str) -> str:
    """Offers of a service that may not be engaged at all, and why."""
    offers = instance.tables["offers"]
    mine = instance.excluded["offer"].isin(offers.loc[offers["service"] == service, "offer"])
    found = [f"{r.offer} ({r.reason})" for r in instance.excluded[mine].itertuples()]
    more = f" and {len(found) - NAMED} more" if len(found) > NAMED else ""
    return f"; left out: {', '.join(found[:NAMED])}{more};" if found else ""


def percent(share: float) -> str:
    """Return a share as a percentage with no more digits than it needs."""
    return f"{100 * share:.4g}%"


def _floor_percent(share: float) -> str:
    return f"{np.floor(share * 1000) / 10:.1f}%"
