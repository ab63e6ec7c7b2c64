"""Rules about provision mechanisms that may give way, and how a planner would say so."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from pse_opt import components
from pse_opt.analysis.edits import Addition, Cell, Edit, Setting
from pse_opt.analysis.possible import POSSIBLE, Near
from pse_opt.analysis.wording import COUNTED, Broken, Carried, Change, change, stepped
from pse_opt.policy import Policy

__all__ = ["FAMILIES", "SETTINGS", "cell_of", "changes", "scale_of", "setting_of", "size_cell"]

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
        yield _supervised(policy, row)
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
        yield Change(row.rule, row.place, "", edits=(_given_up(section, parameter),))
        return
    unit, path = unit.format(currency=near.instance.about.currency), f"{section}.{parameter}"
    yield stepped(row.rule, row.place, asked, possible, unit, setting_of(path, unit), setting=path)


def setting_of(path: str, unit: str = "") -> Carried:
    """Return what makes a parameter of the document have a value."""
    kind = int if unit in COUNTED else float
    return lambda value: (Setting(path, kind(value)),)


def cell_of(table: str, column: str, /, *, was: float = 0.0, **key: str) -> Carried:
    """Return what makes the cells of a table that a key names have a value."""
    return lambda value: (Cell(table, tuple(key.items()), column, value, was),)


def size_cell(column: str, offer: str, size: str) -> Carried:
    """Return what makes a value of an offer, or of one of its sizes, another."""
    if size:
        return cell_of("sizes", column, offer=offer, size=size)
    return cell_of("offers", column, offer=offer)


def _given_up(section: str, parameter: str) -> Edit:
    """What takes a rule out: its parameter, or the section that cannot be without it."""
    needed = components.section_parameters(section).model_fields[parameter].is_required()
    return Setting(section if needed else f"{section}.{parameter}")


def scale_of(policy: Policy, section: str) -> float:
    """Return what the policy multiplies the limits of a table by; 1 where that is nothing."""
    return float(policy.sections.get(section, {}).get("scale", 1.0)) or 1.0


def _supervised(policy: Policy, row: Broken) -> Change:
    over = scale_of(policy, "supervision")
    carried = cell_of("jurisdictions", "supervision_capacity", jurisdiction=row.index[0])
    asked, possible = row.limit / over, row.needed / over
    return stepped(row.rule, row.place, asked, possible, "contracts", carried)


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
            path = f"qualification.minimum_{word}"
            yield stepped(row.rule, row.place, asked, value, "%", setting_of(path), setting=path)


def _admitted(near: Near, policy: Policy, row: Broken) -> Iterator[Change]:
    """The kinds and modes that would have to be allowed."""
    o = near.offer(row.index[0])
    for setting, column in (("kinds", "kind"), ("modes", "mode")):
        allowed, mine = policy.sections["arrangements"][setting], near.instance.offers[column][o]
        if allowed != "all" and mine not in allowed:
            words = f"{', '.join(allowed) or 'none'} -> {', '.join([*allowed, mine])}"
            path = f"arrangements.{setting}"
            yield Change(row.rule, row.place, words, path, mine, edits=(Addition(path, mine),))


def _passed_by(near: Near, row: Broken) -> Change:
    """What users would have to be assigned to, against their choice."""
    instance, (offer, region, group) = near.instance, row.index
    service = instance.offers["service"][near.offer(offer)]
    need = near.needs(region=region, group=group, service=service)
    units = (row.needed - row.limit) * float(instance.needs["demand"].to_numpy()[need].sum())
    unit = instance.services.set_index("service")["unit"][service]
    words = change(0.0, units, str(unit))
    words += " assigned elsewhere although it has room: without vouchers"
    return Change(row.rule, row.place, words, edits=(Setting("vouchers"),))


def _offers_of_today(policy: Policy, row: Broken) -> Change:
    ended = "kept" in row.index
    setting = "maximum_ended" if ended else "maximum_new"
    path, most = f"continuity.{setting}", float(policy.sections["continuity"][setting])
    possible = most + abs(row.needed - row.limit)
    what = "offers ended" if ended else "offers engaged anew"
    return stepped(what, "", most, possible, "offers", setting_of(path, "offers"), setting=path)


def _money(near: Near, policy: Policy, row: Broken) -> Iterator[Change]:
    """Limits of money and of what a table gives, whose rows are divided by a unit."""
    instance, place = near.instance, row.place
    currency, unit = instance.about.currency, 0.0
    if row.rule == "programmes":
        table = instance.tables["programmes"].set_index(["jurisdiction", "service"])["budget"]
        unit = float(table[row.index]) or 1.0
        unit /= scale_of(policy, "programmes")
        jurisdiction, service = row.index
        carried = cell_of("programmes", "budget", jurisdiction=jurisdiction, service=service)
    elif row.rule == "investment_limit":
        place, unit = "", policy.sections["capacity_building"]["maximum"] or 1.0
        carried = setting_of("capacity_building.maximum")
    elif row.rule == "transfer_pool":
        place, unit = "", policy.sections["transfers"]["pool"] or instance.largest_budget
        carried = setting_of("transfers.pool")
    if unit:
        asked, possible = row.limit * unit, row.needed * unit
        yield stepped(row.rule, place, asked, possible, f"${currency}", carried)
    elif row.rule == "own_funds_limit":
        income = instance.providers.set_index("provider")["independent_income"]
        asked, possible = float(income[row.index[0]]), POSSIBLE[row.rule](near, *row.index)
        carried = cell_of("providers", "independent_income", provider=row.index[0])
        yield stepped(row.rule, place, asked, possible, f"${currency}", carried)
    elif row.rule == "copayment":
        yield _fee_cap(near, policy, row)
    elif row.rule == "volunteer_pool":
        table = instance.tables["needs"].groupby(["region", "service"])["volunteer_pool"].sum()
        pool = float(table[row.index])
        used = row.needed * (pool or 1.0)
        unit_of = instance.services.set_index("service")["unit"]
        region, service = row.index
        carried = cell_of("needs", "volunteer_pool", was=pool, region=region, service=service)
        yield stepped(row.rule, place, pool, used, str(unit_of[row.index[1]] or "units"), carried)


def _fee_cap(near: Near, policy: Policy, row: Broken) -> Change:
    """The cap on fees of a service."""
    service, over = row.index[2], scale_of(policy, "copayment")
    cap = near.instance.services.set_index("service")["fee_cap"]
    return stepped(
        row.rule,
        row.place,
        float(cap[service]),
        POSSIBLE[row.rule](near, *row.index) / over,
        f"{near.instance.about.currency} a unit",
        cell_of("services", "fee_cap", service=service),
        setting="services.fee_cap",
        scope=service,
    )
