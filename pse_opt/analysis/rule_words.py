"""Rules that may give way, and how a planner would say it: which, for whom, from what to what."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from pse_opt.analysis import mechanism_words
from pse_opt.analysis.edits import Cell, Edit, Omission, Setting, Standard
from pse_opt.analysis.mechanism_words import SETTINGS, cell_of, scale_of, setting_of, size_cell
from pse_opt.analysis.possible import Near
from pse_opt.analysis.wording import Broken, Change, change, said, stepped
from pse_opt.formulation.finance import total_maximum
from pse_opt.formulation.forms import form_of, value_of
from pse_opt.formulation.levels import levels_of
from pse_opt.formulation.reliance import COUNT
from pse_opt.instance import Instance
from pse_opt.policy import Policy
from pse_opt.solving.compiled import family_of, index_of

__all__ = ["FAMILIES", "asked_of", "broken_row", "changes", "place_of"]

FAMILIES: Mapping[str, tuple[str, ...]] = {
    "coverage": ("coverage_floor", "coverage_target"),
    "money": ("budgets", "total_budget"),
    "equalization": ("equalization_bound",),
    "last resort": ("last_resort_limit",),
    "minimum volumes": ("minimum_volume",),
    "single source": ("single_source",),
    "number of offers": ("siting",),
    "engagements": ("required_offers", "exclusive_offers"),
    "difference": ("different_offers",),
    **mechanism_words.FAMILIES,
}
"""Rules that may give way, by what a planner would change."""
ENDS = ("total", "all", COUNT)
JURISDICTIONS = (
    "budgets",
    "programmes",
    "supervision_limit",
    "transfer_per_head",
    "transfer_matching",
)
"""Rules whose rows begin with a jurisdiction."""
LEVEL_UNITS = {"travel": "km", "coverage": "%", "satisfaction": "%", "access": "%"}
"""Units of levels; others are per head."""


def place_of(instance: Instance, row: Any) -> str:
    """Return whom a row concerns, by name."""
    rule, index = family_of(row), index_of(row)
    parts = index if isinstance(index, tuple) else (index,)
    frame, key = instance.regions, "region"
    if rule in JURISDICTIONS:
        frame, key = instance.jurisdictions, "jurisdiction"
    names = {i: name or i for i, name in zip(frame[key], frame["name"], strict=True)}
    return ", ".join(names.get(i, str(i)) for i in parts if i and i not in ENDS)


def asked_of(instance: Instance, policy: Policy, row: Any, low: float, high: float) -> str:
    """Return in words what a row asks for, which is at least and at most something."""
    rule, index = family_of(row), index_of(row)
    if rule in SETTINGS:
        section, parameter, unit = SETTINGS[rule]
        value = policy.sections[section][parameter]
        return f"{section}.{parameter} {said(value, unit.format(currency=instance.about.currency))}"
    if rule == "equalization_bound":
        entry = next(e for e in policy.equalization if e.name == index[0])
        assert entry.bound is not None
        unit = "" if form_of(entry).denominator else LEVEL_UNITS.get(entry.level, "per head")
        measure = f"{entry.measure.replace('_', ' ')} of {entry.level.replace('_', ' ')}"
        side = "at least" if entry.side == "minimum" else "at most"
        return f"{measure} {side} {said(entry.bound, unit)}"
    if rule in ("coverage_floor", "coverage_target"):
        return f"at least {said(low, '%')}"
    if rule in ("budgets", "total_budget"):
        money = _money_of(instance, policy, rule, index)
        return f"at most {said(high * money, f'${instance.about.currency}')}"
    if rule == "minimum_volume":
        k = instance.size_keys.index((index[0], index[1]))
        service = instance.offers["service_at"][instance.sizes["offer"][k]]
        unit = str(instance.services["unit"][service] or "units")
        return f"at least {said(float(instance.sizes['minimum_volume'][k]), unit)}"
    if rule == "siting":
        ends = (("at least", low), ("at most", high))
        return " and ".join(f"{side} {x:g} offers" for side, x in ends if math.isfinite(x))
    return ""


def _money_of(instance: Instance, policy: Policy, rule: str, index: Any) -> float:
    """The money that a row of money was divided by."""
    if rule == "total_budget":
        return total_maximum(instance, **policy.sections["total_budget"]) or 1.0
    return float(instance.jurisdictions.set_index("jurisdiction")["budget"][index]) or 1.0


def broken_row(instance: Instance, row: Any, limit: float, needed: float) -> Broken:
    """Return one broken row: which, for whom, what it asks for and what it would have to be."""
    index = index_of(row)
    parts = index if isinstance(index, tuple) else (index,)
    return Broken(family_of(row), parts, limit, needed, place_of(instance, row))


def changes(near: Near, policy: Policy, row: Broken) -> list[Change]:
    """Return how a rule would have to change; where nothing better is known, to give it up."""
    if row.rule in WORDS:
        return [WORDS[row.rule](near, row)]
    found = list(mechanism_words.changes(near, policy, row))
    return found or [Change(row.rule, row.place, "")]


def _standard(near: Near, row: Broken) -> Change:  # noqa: ARG001 - as the others
    kind = row.rule.removeprefix("coverage_")
    index = tuple(row.index)
    return stepped(row.rule, row.place, row.limit, row.needed, "%",
                   lambda value: (Standard(kind, index, value),))  # fmt: skip


def _budget(near: Near, row: Broken) -> Change:
    """A jurisdiction's budget, of which the policy may allow a share."""
    instance, jurisdiction = near.instance, row.index[0]
    money = _money_of(instance, near.policy, row.rule, jurisdiction) / scale_of(
        near.policy, "budgets"
    )
    carried = cell_of("jurisdictions", "budget", jurisdiction=jurisdiction)
    ends = (row.limit * money, row.needed * money)
    return stepped(row.rule, row.place, *ends, f"${instance.about.currency}", carried)


def _total(near: Near, row: Broken) -> Change:
    instance = near.instance
    money = _money_of(instance, near.policy, row.rule, "")

    def carried(value: float) -> tuple[Edit, ...]:
        return Setting("total_budget.share"), Setting("total_budget.maximum", value)

    ends = (row.limit * money, row.needed * money)
    return stepped(row.rule, row.place, *ends, f"${instance.about.currency}", carried)


def _inequality(near: Near, row: Broken) -> Change:
    """A bound on inequality, and what it would have to be."""
    name, service, block = row.index
    entry = next(e for e in near.policy.equalization if e.name == name)
    assert entry.bound is not None
    levels = levels_of(near.instance, entry)
    asked, possible, unit = entry.bound, 0.0, ""
    if form_of(entry).denominator:
        possible = near.inequality[name][service][entry.measure]
    else:
        scale = levels.scale(levels.blocks.index((service, block)))
        curved = entry.measure == "kolm_pollak"
        possible = value_of(levels, row.needed) if curved else row.needed * scale
        unit = LEVEL_UNITS.get(entry.level, "per head")
    place = f"{row.place} ({entry.measure} of {entry.level})"
    path = f"equalization.{name}.{entry.side}"
    carried = (lambda _: (Setting(path),)) if math.isinf(possible) else setting_of(path)
    return stepped("equalization", place, asked, possible, unit, carried)


def _last_resort(near: Near, row: Broken) -> Change:
    (service,) = row.index
    services = near.instance.services.set_index("service")
    cap = float(services["last_resort_cap"][service])
    used, unit = row.needed * (cap or 1.0), str(services["unit"][service] or "units")
    carried = cell_of("services", "last_resort_cap", service=service)
    return stepped(row.rule, row.place, cap, used, unit, carried)


def _volume(near: Near, row: Broken) -> Change:
    """A minimum volume, and what of it can be delivered."""
    instance, (offer, size) = near.instance, row.index
    k = instance.size_keys.index((offer, size))
    asked = float(instance.sizes["minimum_volume"][k])
    missing = (row.limit - row.needed) * float(instance.usable_capacity[k])
    service = instance.offers["service_at"][instance.sizes["offer"][k]]
    unit = str(instance.services["unit"][service] or "units")
    carried = size_cell("minimum_volume", offer, size)
    return stepped(row.rule, row.place, asked, asked - missing, unit, carried)


def _sources(near: Near, row: Broken) -> Change:
    """A need with several sources: the rule is one of services."""
    service, known = row.index[2], tuple(near.instance.services["service"])
    words = f"{change(row.limit, row.needed, 'sources')}: without {service}"
    edit = Omission("single_source", service, known)
    return Change(row.rule, row.place, words, "single_source.services", service, edits=(edit,))


def _siting(near: Near, row: Broken) -> Change:
    """A number of offers, which other services may keep."""
    number = near.policy.sections["siting"]["number"]

    def carried(value: float) -> tuple[Edit, ...]:
        if number is None:
            side = "maximum" if row.needed > row.limit else "minimum"
            return (Setting(f"siting.{side}", int(value)),)
        least, most = sorted((int(number), int(value)))
        return (Setting("siting.number"), Setting("siting.minimum", least),
                Setting("siting.maximum", most))  # fmt: skip

    return stepped("siting, offers", row.place, row.limit, row.needed, "offers", carried)


def _different(near: Near, row: Broken) -> Change:
    least = int(near.policy.sections["difference"]["minimum"])
    path, fewer = "difference.minimum", least - (row.limit - row.needed)
    carried = setting_of(path, "offers")
    return stepped(row.rule, "", least, fewer, "offers", carried, setting=path)


def _exclusive(near: Near, row: Broken) -> Change:
    """Offers that no longer exclude each other: those of the group that are engaged."""
    instance, (group,) = near.instance, row.index
    both = instance.offers["exclusive_group"].to_numpy() == group
    used = near.of(near.m.columns.engaged)[: len(instance.sizes)]
    at = instance.sizes["offer"].to_numpy()[used > 0.5]
    names = [instance.offers["offer"][o] for o in sorted(set(at.tolist())) if both[o]]
    edits = (Cell("offers", (("offer", o),), "exclusive_group", "") for o in names)
    words = change(row.limit, row.needed, "offers")
    return Change(row.rule, row.place, words, edits=tuple(edits))


def _required(near: Near, row: Broken) -> Change:  # noqa: ARG001 - as the others
    edit = Cell("offers", (("offer", row.index[0]),), "required", "")
    return Change(row.rule, row.place, "", edits=(edit,))


WORDS = {
    "coverage_floor": _standard,
    "coverage_target": _standard,
    "budgets": _budget,
    "total_budget": _total,
    "equalization_bound": _inequality,
    "last_resort_limit": _last_resort,
    "minimum_volume": _volume,
    "single_source": _sources,
    "siting": _siting,
    "different_offers": _different,
    "exclusive_offers": _exclusive,
    "required_offers": _required,
}
"""How each rule is told; those of mechanisms are in :mod:`pse_opt.analysis.mechanism_words`."""
