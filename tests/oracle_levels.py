"""Levels of service and whom they are compared between, for the brute force."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from tests import oracle_formulas as formulas
from tests.oracle_linear import Linear
from tests.oracle_tables import Record, cell

Entry = Mapping[str, Any]
PER_HEAD = ("units_per_head", "quality_units_per_head")


@dataclass(frozen=True)
class Entity:
    """One of those that are compared: its level, its people, and the region where it is one."""

    name: str
    level: Linear
    people: float


@dataclass(frozen=True)
class Block:
    """Entities that are compared with each other, and what else their measure depends on."""

    key: str
    part: str
    entities: tuple[Entity, ...]
    entry: Entry
    case: Any

    @property
    def levels(self) -> list[Linear]:
        return [e.level for e in self.entities]

    @property
    def people(self) -> list[float]:
        return [e.people for e in self.entities]

    @property
    def shares(self) -> list[float]:
        return formulas.shares(self.people)

    @cached_property
    def kappa(self) -> float:
        return self.case.reference.kappa(self.entry)

    @cached_property
    def today(self) -> list[float]:
        found = self.case.baseline.levels(self.entry)
        return [found[self.key, self.part, e.name] for e in self.entities]

    @cached_property
    def neighbours(self) -> list[tuple[int, int]]:
        """Pairs of positions, who may envy whom."""
        names = [e.name for e in self.entities]
        return [
            (i, j)
            for i, one in enumerate(names)
            for j, other in enumerate(names)
            if i != j and self.case.apart(one, other) <= self.entry["neighbour_km"]
        ]

    def value(self, columns: np.ndarray) -> float:
        """The measure of the entry where the columns have these values."""
        levels = [level.at(columns) for level in self.levels]
        return formulas.value(self.entry, levels, self.people, self)


@dataclass(frozen=True)
class Travellers:
    """People of one key spread over travels: how many (linear) travel how far (a number)."""

    key: str
    entry: Entry
    case: Any
    travels: tuple[tuple[Linear, float], ...]

    @cached_property
    def kappa(self) -> float:
        return self.case.reference.kappa(self.entry)

    def value(self, columns: np.ndarray) -> float:
        people = [max(0.0, w.at(columns)) for w, _ in self.travels]
        return formulas.kolm_pollak([d for _, d in self.travels], people, self.kappa, 1.0)


def blocks(plans: Any, entry: Entry) -> list[Block]:
    """What an entry compares."""
    if entry.get("level") == "spending_per_head":
        spenders = _spenders(plans, entry)
        return [Block("index", "", spenders, entry, plans.case)] if spenders else []
    found: dict[tuple[str, str], list[Entity]] = {}
    for (part, name), needs in _compared(plans.case, entry).items():
        served = sorted({n["service"] for n in needs})
        pooled = entry.get("services", "each") != "each"
        for group in [served] if pooled else [[s] for s in served]:
            key = "index" if pooled else group[0]
            found.setdefault((key, part), []).append(_entity(plans, entry, name, needs, group))
    return [Block(key, part, tuple(e), entry, plans.case) for (key, part), e in found.items()]


def _compared(case: Any, entry: Entry) -> dict[tuple[str, str], list[Record]]:
    """Needs by (part, entity): entities are compared within a part."""
    found: dict[tuple[str, str], list[Record]] = {}
    services = entry.get("services", "each")
    for need in case.needs:
        if services != "each" and need["service"] not in services:
            continue
        group = cell(need, "group", "")
        part, entity = {
            "regions": ("", need["region"]),
            "groups": ("", group),
            "jurisdictions": ("", case.jurisdiction(need)),
            "groups-within-regions": (need["region"], group),
        }[entry.get("between", "regions")]
        if entity:
            found.setdefault((part, entity), []).append(need)
    return found


def _entity(plans: Any, entry: Entry, name: str, needs: list[Record], group: list[str]) -> Entity:
    """An entity with its level averaged over services."""
    weights = {s: entry.get("index_weights", {}).get(s, 1.0) for s in group}
    level, people = plans.constant(0.0), 0.0
    for service, weight in weights.items():
        mine = [n for n in needs if n["service"] == service]
        units = sum((_units(plans, entry, n) for n in mine), plans.constant(0.0))
        heads = sum(plans.case.heads(n) for n in mine)
        demand = sum(n["demand"] for n in mine)
        base = heads if entry.get("level") in PER_HEAD else demand
        level += units * (weight / sum(weights.values()) / base)
        people += heads / len(weights)
    return Entity(name, level, people)


def _units(plans: Any, entry: Entry, need: Record) -> Linear:
    """The level of a need, times its demand."""
    level = entry.get("level", "coverage")
    service = plans.case.services[need["service"]]
    if level in ("coverage", "units_per_head"):
        return plans.served(need)
    cap = cell(service, "travel_cap", service["reach_km"])
    rescued = cell(service, "last_resort_travel", cap)
    if level == "travel":
        unmet = plans.constant(need["demand"]) - plans.served(need)
        return _sum(plans, need, plans.case.kilometres, rescued) + unmet * cap
    if level == "access":
        full = entry.get("full_access_km", 0.0)

        def access(offer: Record, need: Record) -> float:
            return _access(plans.case.kilometres(offer, need), full, cap)

        return _sum(plans, need, access, _access(rescued, full, cap))
    quality = cell(service, "last_resort_quality", 0.0)
    return _sum(plans, need, plans.case.quality, quality)


def _sum(plans: Any, need: Record, per_unit: Any, rescued: float) -> Linear:
    """A sum over what a need gets, each unit counted by the offer, or as last resort."""
    return plans.delivered(
        lambda offer, _, n: per_unit(offer, n), of=lambda _, n: n is need
    ) + plans.rescue(lambda _: rescued, of=lambda n: n is need)


def _access(km: float, full: float, cap: float) -> float:
    if km <= full:
        return 1.0
    return max(0.0, (cap - km) / (cap - full)) if full < cap else 0.0


def _spenders(plans: Any, entry: Entry) -> tuple[Entity, ...]:
    services = entry.get("services", "each")
    people: dict[str, float] = {}
    for region in plans.case.regions.values():
        own = cell(region, "jurisdiction", "")
        people[own] = people.get(own, 0.0) + region["population"]
    found = []
    for j, count in people.items():
        if j and count > 0:
            chosen = [None] if services == "each" else services
            spent = sum((plans.spending(j, s) for s in chosen), plans.constant(0.0))
            found.append(Entity(j, spent * (1 / count), count))
    return tuple(found)


def travellers(plans: Any, entry: Entry) -> list[Travellers]:
    """The people that an entry compares, by service, or of an index over services."""
    case, services = plans.case, entry.get("services", "each")
    found: dict[str, list[tuple[Linear, float]]] = {}
    for need in case.needs:
        if services != "each" and need["service"] not in services:
            continue
        key = need["service"] if services == "each" else "index"
        weight = entry.get("index_weights", {}).get(need["service"], 1.0)
        per_unit = weight * case.heads(need) / need["demand"]
        service = case.services[need["service"]]
        cap = cell(service, "travel_cap", service["reach_km"])
        rescued = plans.rescue(lambda _: 1.0, of=lambda n, need=need: n is need)
        unmet = plans.constant(need["demand"]) - plans.served(need)
        mine = found.setdefault(key, [])
        mine.append((rescued * per_unit, cell(service, "last_resort_travel", cap)))
        mine.append((unmet * per_unit, cap))
        for offer, _ in plans.engaged:
            units = plans.delivered(
                lambda *_: 1.0, of=lambda o, n, need=need, offer=offer: o is offer and n is need
            )
            if (offer["offer"], need["region"]) in case.travel:
                mine.append((units * per_unit, case.kilometres(offer, need)))
    return [Travellers(key, entry, case, tuple(spread)) for key, spread in found.items()]


@dataclass(frozen=True)
class Reference:
    """A given plan, which other plans are compared with."""

    plans: Any
    columns: np.ndarray

    def levels(self, entry: Entry) -> dict[tuple[str, str, str], float]:
        """The level of each entity."""
        return {
            (block.key, block.part, e.name): e.level.at(self.columns)
            for block in blocks(self.plans, entry)
            for e in block.entities
        }

    def kappa(self, entry: Entry) -> float:
        """The aversion that an entry does not give itself."""
        given = entry.get("kappa")
        if given is not None:
            return given
        if entry.get("between") == "people":
            spread = [t for mine in travellers(self.plans, entry) for t in mine.travels]
            levels = [d for _, d in spread]
            people = [max(0.0, w.at(self.columns)) for w, _ in spread]
        else:
            members = [e for b in blocks(self.plans, entry) for e in b.entities]
            levels = [e.level.at(self.columns) for e in members]
            people = [e.people for e in members]
        return formulas.kappa_of(levels, people, entry.get("aversion", 1.0))


def pooled(plans: Any, entry: Entry) -> list[tuple[Linear, float]]:
    """Levels of all that are compared; every key has the same weight, and within it everybody."""
    found = blocks(plans, entry)
    keys = {b.key for b in found}
    members = []
    for key in keys:
        mine = [e for b in found if b.key == key for e in b.entities]
        people = sum(e.people for e in mine)
        members += [
            (e.level, (e.people / people if people > 0 else 1 / len(mine)) / len(keys))
            for e in mine
        ]
    return members
