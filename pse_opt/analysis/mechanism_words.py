"""Rules about provision mechanisms that may give way, and how a planner would say so."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from pse_opt.analysis.possible import POSSIBLE, Near
from pse_opt.analysis.wording import Broken, Change, change, money_change
from pse_opt.policy import Policy

__all__ = ["FAMILIES", "SETTINGS", "changes"]

FAMILIES: Mapping[str, tuple[str, ...]] = {
    "arrangements": ("arrangements",),
    "qualification": ("qualification",),
    "supervision": ("supervision_limit",),
    "dependence": ("dependence",),
    "concentration": ("concentration", "provider_choice"),
    "government's own share": ("government_share",),
    "NGOs' share": ("ngo_share",),
    "takeover": ("takeover",),
    "capacity in an emergency": ("takeover_capacity",),
    "satisfaction": ("satisfaction_floor", "satisfaction_average"),
    "continuity": ("continuity_share", "continuity_offers"),
    "transfers": ("transfer_pool", "transfer_per_head", "transfer_matching"),
    "programmes": ("programmes",),
    "grants": ("grant_matching", "own_funds_limit"),
    "fees": ("copayment",),
    "capacity building": ("investment_limit",),
    "volunteers": ("volunteer_ratio", "volunteer_pool"),
    "users' choice": ("voucher_choice",),
}
"""Rules by what a planner would change."""
SETTINGS: Mapping[str, tuple[str, str, str]] = {
    "concentration": ("concentration", "maximum_share", "%"),
    "provider_choice": ("concentration", "minimum_providers", "providers"),
    "government_share": ("government_share", "minimum", "%"),
    "ngo_share": ("ngo_share", "minimum", "%"),
    "takeover": ("takeover", "share", "%"),
    "takeover_capacity": ("takeover", "surge", "times capacity"),
    "satisfaction_floor": ("satisfaction", "floor", "%"),
    "satisfaction_average": ("satisfaction", "average", "%"),
    "dependence": ("dependence", "maximum", "%"),
    "grant_matching": ("grants", "maximum_share", "%"),
    "transfer_per_head": ("transfers", "maximum_per_head", "{currency} an inhabitant"),
    "transfer_matching": ("transfers", "own_share", "%"),
    "volunteer_ratio": ("volunteers", "maximum_ratio", "volunteer units a paid one"),
    "continuity_share": ("continuity", "maximum_change", "%"),
}
"""By rule, the section and parameter that hold for everybody, and their unit."""


def changes(near: Near, policy: Policy, row: Broken) -> Iterator[Change]:
    """Yield how one of these rules would have to change; nothing: it is none of them."""
    if row.rule in SETTINGS:
        yield from _setting(near, policy, row)
    elif row.rule == "qualification":
        yield from _thresholds(near, policy, row)
    elif row.rule == "arrangements":
        yield from _admitted(near, policy, row)
    elif row.rule == "voucher_choice":
        yield _passed_by(near, row)
    elif row.rule == "continuity_offers":
        yield _offers_of_today(policy, row)
    elif row.rule == "supervision_limit":
        yield Change(row.rule, row.place, change(row.limit, row.needed, "contracts"))
    else:
        yield from _money(near, policy, row)


def _setting(near: Near, policy: Policy, row: Broken) -> Iterator[Change]:
    """A parameter of the policy, which has to suit all places at once."""
    section, parameter, unit = SETTINGS[row.rule]
    asked = float(policy.sections[section][parameter])
    possible = row.needed
    if row.rule in POSSIBLE:
        possible = POSSIBLE[row.rule](near, *row.index)
    if row.rule == "provider_choice":
        possible = max(possible, 1.0)
    if not math.isfinite(possible):
        yield Change(row.rule, row.place, "")
        return
    words = change(asked, possible, unit.format(currency=near.instance.about.currency))
    size = abs(possible - asked)
    yield Change(row.rule, row.place, words, f"{section}.{parameter}", "", size)


def _thresholds(near: Near, policy: Policy, row: Broken) -> Iterator[Change]:
    """The thresholds that an offer is below."""
    instance, o = near.instance, near.offer(row.index[0])
    known = {
        "quality": float(instance.offers["quality"][o]),
        "reliability": float(instance.providers["reliability"][instance.offers["provider_at"][o]]),
    }
    for word, value in known.items():
        asked = policy.sections["qualification"][f"minimum_{word}"]
        if asked is not None and value < asked:
            setting = f"qualification.minimum_{word}"
            yield Change(row.rule, row.place, change(asked, value, "%"), setting, "", asked - value)


def _admitted(near: Near, policy: Policy, row: Broken) -> Iterator[Change]:
    """The kinds and modes that would have to be allowed."""
    o = near.offer(row.index[0])
    for setting, column in (("kinds", "kind"), ("modes", "mode")):
        allowed, mine = policy.sections["arrangements"][setting], near.instance.offers[column][o]
        if allowed != "all" and mine not in allowed:
            words = f"{', '.join(allowed) or 'none'} -> {', '.join([*allowed, mine])}"
            yield Change(row.rule, row.place, words, f"arrangements.{setting}", mine)


def _passed_by(near: Near, row: Broken) -> Change:
    """What users would have to be assigned to, against their choice."""
    instance, (offer, region, group) = near.instance, row.index
    service = instance.offers["service"][near.offer(offer)]
    need = near.needs(region=region, group=group, service=service)
    units = (row.needed - row.limit) * float(instance.needs["demand"].to_numpy()[need].sum())
    unit = instance.services.set_index("service")["unit"][service]
    words = change(0.0, units, str(unit))
    return Change(row.rule, row.place, f"{words} assigned elsewhere although it has room")


def _offers_of_today(policy: Policy, row: Broken) -> Change:
    ended = "kept" in row.index
    setting = "maximum_ended" if ended else "maximum_new"
    most = float(policy.sections["continuity"][setting])
    words = change(most, most + abs(row.needed - row.limit), "offers")
    what = "offers ended" if ended else "offers engaged anew"
    return Change(what, "", words, f"continuity.{setting}")


def _money(near: Near, policy: Policy, row: Broken) -> Iterator[Change]:
    """Limits of money and of what a table gives, whose rows are divided by a unit."""
    instance, place = near.instance, row.place
    currency, unit = instance.about.currency, 0.0
    if row.rule == "programmes":
        table = instance.tables["programmes"].set_index(["jurisdiction", "service"])["budget"]
        unit = float(table[row.index]) or 1.0
    elif row.rule == "investment_limit":
        place, unit = "", policy.sections["capacity_building"]["maximum"] or 1.0
    elif row.rule == "transfer_pool":
        place, unit = "", policy.sections["transfers"]["pool"] or instance.largest_budget
    if unit:
        yield Change(row.rule, place, money_change(row.limit * unit, row.needed * unit, currency))
    elif row.rule == "own_funds_limit":
        income = instance.providers.set_index("provider")["independent_income"]
        asked = float(income[row.index[0]])
        words = money_change(asked, POSSIBLE[row.rule](near, *row.index), currency)
        yield Change(row.rule, place, words)
    elif row.rule == "copayment":
        cap = instance.services.set_index("service")["fee_cap"]
        asked = float(cap[row.index[2]]) * float(policy.sections["copayment"]["scale"])
        possible = POSSIBLE[row.rule](near, *row.index)
        words = change(asked, possible, f"{currency} a unit")
        size = possible - asked
        yield Change(row.rule, place, words, "services.fee_cap", row.index[2], size)
    elif row.rule == "volunteer_pool":
        table = instance.tables["needs"].groupby(["region", "service"])["volunteer_pool"].sum()
        pool = float(table[row.index])
        used = row.needed * (pool or 1.0)
        unit_of = instance.services.set_index("service")["unit"]
        yield Change(row.rule, place, change(pool, used, str(unit_of[row.index[1]] or "units")))
