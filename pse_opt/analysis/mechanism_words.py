"""Rules about provision mechanisms that may give way, and how a planner would say so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from pse_opt.instance import Instance
from pse_opt.policy import Policy

__all__ = ["FAMILIES", "said"]

FAMILIES: Mapping[str, Mapping[str, float]] = {
    "arrangements": {"arrangements": 1.0},
    "qualification": {"qualification": 1.0},
    "supervision": {"supervision_limit": 1.0},
    "dependence": {"dependence": 1.0},
    "concentration": {"concentration": 1.0, "provider_choice": 1.0},
    "government's own share": {"government_share": 1.0},
    "NGOs' share": {"ngo_share": 1.0},
    "takeover": {"takeover": 1.0},
    "satisfaction": {"satisfaction_floor": 1.0, "satisfaction_average": 1.0},
    "continuity": {"continuity_share": 1.0, "continuity_offers": 1.0},
    "transfers": {"transfer_pool": 1.0, "transfer_per_head": 1.0, "transfer_matching": 1.0},
    "programmes": {"programmes": 1.0},
    "grants": {"grant_matching": 1.0, "own_funds_limit": 1.0},
    "fees": {"copayment": 1.0},
    "capacity building": {"investment_limit": 1.0},
    "volunteers": {"volunteer_limit": 1.0, "volunteer_ratio": 1.0, "volunteer_pool": 1.0},
    "users' choice": {"voucher_choice": 1.0},
}
"""Rules by what a planner would change; the price of a unit of their rows."""
MISSED = {
    "concentration": "a provider delivers {:.1%} of need more than its greatest share",
    "government_share": "government delivers {:.1%} of need less than its share",
    "ngo_share": "NGOs deliver {:.1%} of need less than their share",
    "takeover": "{:.1%} of need could not be taken over",
    "satisfaction_floor": "the quality of what is delivered is {:.3f} short",
    "satisfaction_average": "the quality of what is delivered is {:.3f} short",
}
"""Rules whose rows are shares of need: what a plan would have to miss."""


def said(
    instance: Instance,
    policy: Policy,
    name: str,
    parts: Sequence[str],
    place: str,
    limit: float,
    needed: float,
) -> str | None:
    """Return how one of these rules would have to change, in words; None: give it up.

    Parameters
    ----------
    name : str
        The component.
    parts, place : sequence of str, str
        The index of its row, and how to say it.
    limit, needed : float
        The limit of the row, and what it would have to be.
    """
    if name in MISSED:
        return f"{name} of {place}: " + MISSED[name].format(abs(needed - limit))
    if name in ("supervision_limit", "provider_choice"):
        unit = "contracts" if name == "supervision_limit" else "providers"
        return f"{name} of {place}: {limit:g} -> {_whole(needed, up=needed > limit):g} {unit}"
    if name == "continuity_share":
        return f"{name} of {place}: {limit:.1%} -> {needed:.1%}"
    if name == "continuity_offers":
        ended = "kept" in parts
        most = policy.sections["continuity"]["maximum_ended" if ended else "maximum_new"]
        more = _whole(abs(needed - limit), up=True)
        return f"offers {'ended' if ended else 'engaged anew'}: {most:g} -> {most + more:g}"
    return _money(instance, policy, name, parts, place, limit, needed)


def _money(
    instance: Instance,
    policy: Policy,
    name: str,
    parts: Sequence[str],
    place: str,
    limit: float,
    needed: float,
) -> str | None:
    """The same for limits of money, whose rows are divided by a unit of money."""
    currency = instance.about.currency
    if name == "programmes":
        table = instance.tables["programmes"].set_index(["jurisdiction", "service"])["budget"]
        unit = float(table[tuple(parts)]) or 1.0
    elif name == "investment_limit":
        unit = policy.sections["capacity_building"]["maximum"] or 1.0
    elif name == "transfer_pool":
        unit = policy.sections["transfers"]["pool"] or instance.largest_budget
    elif name == "transfer_matching":
        budget = instance.jurisdictions.set_index("jurisdiction")["budget"]
        more = abs(needed - limit) * (float(budget[parts[0]]) or 1.0)
        return f"{name} of {place}: {np.ceil(round(more, 3)):,.0f} {currency} more are received"
    else:
        return None
    change = f"{limit * unit:,.0f} -> {np.ceil(round(needed * unit, 3)):,.0f}"
    of = "" if place == "all" else f" of {place}"
    return f"{name}{of}: {change} {currency}"


def _whole(number: float, *, up: bool) -> float:
    """The next whole number in a direction, rounding errors aside."""
    return float(np.ceil(number - 1e-6) if up else np.floor(number + 1e-6))
