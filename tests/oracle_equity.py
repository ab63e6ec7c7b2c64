"""The rules of equalization for the brute force of :mod:`tests.oracle`."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Any

from tests.oracle_linear import Linear
from tests.oracle_tables import Record, cell


def equalize(plans: Any, entry: Mapping[str, Any]) -> None:
    """Add the rows of one equalization entry."""
    blocks: dict[tuple[str, str], list[tuple[Linear, float]]] = {}
    for (block, _), needs in _entities(plans.case, entry).items():
        pooled = entry.get("services", "each") != "each"
        for services in [sorted({n["service"] for n in needs})]:
            for group in [services] if pooled else [[s] for s in services]:
                key = (block, "index" if pooled else group[0])
                blocks.setdefault(key, []).append(_entity_level(plans, entry, needs, group))
    for members in blocks.values():
        _bound(plans, entry, members)


def _entities(case: Any, entry: Mapping[str, Any]) -> dict[tuple[str, str], list[Record]]:
    """Needs by (block, entity): entities are compared within a block."""
    found: dict[tuple[str, str], list[Record]] = {}
    services = entry.get("services", "each")
    for need in case.needs:
        if services != "each" and need["service"] not in services:
            continue
        group = cell(need, "group", "")
        block, entity = {
            "regions": ("", need["region"]),
            "groups": ("", group),
            "jurisdictions": ("", case.jurisdiction(need)),
            "groups-within-regions": (need["region"], group),
        }[entry.get("between", "regions")]
        if entity:
            found.setdefault((block, entity), []).append(need)
    return found


def _entity_level(
    plans: Any, entry: Mapping[str, Any], needs: list[Record], services: list[str]
) -> tuple[Linear, float]:
    """The level of an entity, averaged over services, and the people in it."""
    weights = {s: entry.get("index_weights", {}).get(s, 1.0) for s in services}
    level, people = plans.constant(0.0), 0.0
    for service, weight in weights.items():
        mine = [n for n in needs if n["service"] == service]
        demand = sum(n["demand"] for n in mine)
        units = sum((_level_units(plans, entry, n) for n in mine), plans.constant(0.0))
        level += units * (weight / sum(weights.values()) / demand)
        regions = plans.case.regions
        heads = (cell(n, "heads", regions[n["region"]]["population"]) for n in mine)
        people += sum(heads) / len(weights)
    return level, people


def _level_units(plans: Any, entry: Mapping[str, Any], need: Record) -> Linear:
    """Coverage or travel of a need, times its demand."""
    if entry.get("level", "coverage") == "coverage":
        return plans.served(need)
    service = plans.case.services[need["service"]]
    cap = cell(service, "travel_cap", service["reach_km"])
    rescued = cell(service, "last_resort_travel", cap)
    travelled = plans.delivered(
        lambda o, _, n: plans.case.travel[o["offer"], n["region"]], of=lambda _, n: n is need
    )
    unmet = plans.constant(need["demand"]) - plans.served(need)
    return travelled + plans.rescue(lambda _: rescued, of=lambda n: n is need) + unmet * cap


def _bound(plans: Any, entry: Mapping[str, Any], members: list[tuple[Linear, float]]) -> None:
    measure, levels = entry.get("measure", "range"), [level for level, _ in members]
    if measure == "floor":
        for level in levels:
            plans.at_most(plans.constant(entry["minimum"]), level)
    elif measure == "ceiling":
        for level in levels:
            plans.at_most(level, entry["maximum"])
    elif measure == "range":
        for one, other in product(levels, levels):
            plans.at_most(one - other, entry["maximum"])
    elif measure == "ratio":
        for one, other in product(levels, levels):
            plans.at_most(one - other * entry["maximum"], 0.0)
    else:
        people = sum(weight for _, weight in members)
        mean = sum((u * (w / people) for u, w in members), plans.constant(0.0))
        for level in levels:
            plans.at_most(level - mean, mean * entry["maximum"])
            plans.at_most(mean - level, mean * entry["maximum"])
