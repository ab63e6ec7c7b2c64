"""What arithmetic alone can say before a solve."""

from __future__ import annotations

from typing import Any

import numpy as np

from pse_opt.eligibility import can_qualify, not_allowed, unqualified
from pse_opt.formulation.standards import floors_of, targets_of
from pse_opt.instance import Instance
from pse_opt.policy import Policy

__all__ = ["barred", "percent", "reachable_units", "short_services", "unreachable"]

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


def _short(
    instance: Instance, policy: Policy
) -> tuple[list[int], list[tuple[tuple[str, str, str, str], Any, float, float]]]:
    """Needs whose floor is out of reach, and targets that are: index, needs, value, what is."""
    if "coverage" not in policy.sections:
        return [], []
    section = policy.sections["coverage"]
    demand, rescue = instance.needs["demand"].to_numpy(), _rescued(instance, policy)
    most = _deliverable(instance, policy)
    reach = np.minimum(reachable_units(instance, policy) + rescue, demand)
    floors = floors_of(instance, section["floor"])
    needs = np.flatnonzero(reach < floors * demand * (1 - 1e-9)).tolist()
    targets = []
    for index, mine, value in targets_of(instance, section["target"]):
        able, wanted = reach[mine].sum(), value * demand[mine].sum()
        if able < wanted * (1 - 1e-9):
            # Offers that several needs share deliver their capacity once.
            near = np.unique(np.concatenate([instance.links_of_need[n] for n in mine]))
            shared = np.unique(instance.links["offer"].to_numpy()[near])
            able = min(able, most[shared].sum() + rescue[mine].sum())
            targets.append((index, mine, value, float(able)))
    return needs, targets


def short_services(instance: Instance, policy: Policy) -> list[str]:
    """Return the services of which reachable capacity alone rules out a floor or a target."""
    needs, targets = _short(instance, policy)
    found = {instance.needs["service"][n] for n in needs} | {index[0] for index, *_ in targets}
    return [s for s in instance.services["service"] if s in found]


def unreachable(instance: Instance, policy: Policy) -> list[str]:
    """Return, in words, every floor and target that reachable capacity alone rules out."""
    needs, targets = _short(instance, policy)
    said = [_floor_told(instance, policy, n) for n in needs]
    demand = instance.needs["demand"].to_numpy()
    for index, mine, value, able in targets:
        wanted = value * demand[mine].sum()
        said.append(
            f"{', '.join(filter(None, index))}: at most {able:,.0f} units are within reach of "
            f"those who need them, and an average coverage of {percent(value)} asks for "
            f"{wanted:,.0f}. Lower the target to {_floor_percent(able / demand[mine].sum())} or "
            "less, or add capacity"
        )
    return said


def _floor_told(instance: Instance, policy: Policy, n: int) -> str:
    """A floor that is out of reach, with the shortage and what could be done."""
    line, demand, out = (
        instance.needs.iloc[n],
        instance.needs["demand"][n],
        barred(instance, policy),
    )
    reach = min(reachable_units(instance, policy)[n] + _rescued(instance, policy)[n], demand)
    floor = floors_of(instance, policy.sections["coverage"]["floor"])[n]
    region = instance.regions["name"][line["region_at"]]
    place = ", ".join(filter(None, (region, line["group"], line["service"])))
    offers = instance.links["offer"].to_numpy()[instance.links_of_need[n]]
    count, idle = int((~out[offers]).sum()), int(out[offers].sum())
    aside = f" (and {idle} that the policy does not allow)" if idle else ""
    aside += _left_out(instance, line["service"])
    return (
        f"{place}: the {count} {'offer' if count == 1 else 'offers'} within reach{aside} can "
        f"deliver {reach:,.0f} of the {floor * demand:,.0f} units that a floor of "
        f"{percent(floor)} asks for. Lower the floor to {_floor_percent(reach / demand)} or less, "
        "raise the service's reach_km, or add capacity nearby"
    )


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
