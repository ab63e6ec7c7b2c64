"""The tables of an instance by identifier, and every way to engage and assign, for brute force."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import product
from typing import Any

import numpy as np

from tests import oracle_engagements as engagements
from tests.oracle_engagements import named
from tests.oracle_levels import Reference
from tests.oracle_plans import Plans
from tests.oracle_tables import Record, Tables, cell

LAST_RESORT = "last_resort"


EARTH_RADIUS_KM = 6371.0088


class Case:
    """The tables, indexed by their identifiers, and the ways to engage and to assign."""

    def __init__(self, tables: Tables, document: Mapping[str, Any]) -> None:
        self.tables, self.document = tables, document
        self.regions = {r["region"]: r for r in tables["regions"]}
        self.services = {s["service"]: s for s in tables["services"]}
        self.providers = {p["provider"]: p for p in tables["providers"]}
        self.needs = [n for n in tables["needs"] if n["demand"] > 0]
        self.above = self._ladders()
        self.offers = [o for o in tables["offers"] if self._admissible(o)]
        self.travel = {
            (o["offer"], r): km for o in self.offers for r, km in self._destinations(o).items()
        }

    def _ladders(self) -> dict[str, list[str]]:
        """Each jurisdiction with those above it, from itself upwards."""
        parent = {
            j["jurisdiction"]: cell(j, "parent", "") for j in self.tables.get("jurisdictions", ())
        }
        for region in self.regions.values():
            if cell(region, "jurisdiction"):
                parent.setdefault(region["jurisdiction"], "")
        ladders: dict[str, list[str]] = {"": []}
        for start in parent:
            ladders[start], at = [], start
            while at:
                ladders[start].append(at)
                at = parent[at]
        return ladders

    def _admissible(self, offer: Record) -> bool:
        accredited = cell(self.providers[offer["provider"]], "accredited_for", "")
        known = [s.strip() for s in accredited.split(";") if s.strip()]
        return cell(offer, "required") != "forbidden" and (not known or offer["service"] in known)

    def _destinations(self, offer: Record) -> dict[str, float]:
        """The regions an offer may serve, with the travel to it."""
        if "links" in self.tables:
            mine = [k for k in self.tables["links"] if k["offer"] == offer["offer"]]
            return {k["region"]: k["travel"] for k in mine}
        home = self.regions[offer["region"]]
        reach = self.services[offer["service"]]["reach_km"]
        own_place = cell(offer, "longitude") is not None
        here = _point(offer) if own_place else _point(home)
        inside = 2 / 3 * math.sqrt(cell(home, "area_km2", 0.0) / math.pi)
        least = 0.0 if own_place else inside
        found = {}
        for name, region in self.regions.items():
            if here and _point(region):
                found[name] = max(_distance(here, _point(region)), least)
            elif name == offer["region"]:
                found[name] = inside
        return {name: km for name, km in found.items() if km <= reach * (1 + 1e-9)}

    @cached_property
    def baseline(self) -> Reference:
        """Today's plan."""
        return self.given(self.tables["baseline"])

    @cached_property
    def reference(self) -> Reference:
        """Today's plan, else full service of every need by its nearest offer."""
        if "baseline" in self.tables:
            return self.baseline
        lines = []
        for need in self.needs:
            near = [
                (self.travel[o["offer"], need["region"]], k)
                for k, o in enumerate(self.offers)
                if o["service"] == need["service"] and (o["offer"], need["region"]) in self.travel
            ]
            if near:
                least = min(km for km, _ in near)
                first = min(k for km, k in near if km <= least + 1e-9 * max(1.0, least))
                lines.append({**need, "offer": self.offers[first]["offer"], "share": 1.0})
        return self.given(lines)

    def given(self, deliveries: Sequence[Record], engaged: Mapping[str, str] | None = None) -> Any:
        """A given plan; a size it does not name is the cheapest that fits."""
        lines = [(self._need(d), d, self._given_units(d)) for d in deliveries]
        names = dict.fromkeys(d["offer"] for d in deliveries if d["offer"] != LAST_RESORT)
        names = {**names, **dict.fromkeys(engaged or ())}
        volume = {o: sum(u for _, d, u in lines if d["offer"] == o) for o in names}
        chosen = [
            (o, self._fitting(o, volume[o["offer"]], (engaged or {}).get(o["offer"], "")))
            for o in self.offers
            if o["offer"] in names
        ]
        pairs = {(d["offer"], n) for n, d, _ in lines}
        rescued = [n for n, d, _ in lines if d["offer"] == LAST_RESORT]
        plans = Plans(self, chosen, pairs, rescued=rescued)
        places = [(o["offer"], n) for o, _, n in plans.links]
        places += [(LAST_RESORT, n) for n in plans.rescued]
        units = {(d["offer"], n): u for n, d, u in lines}
        columns = np.zeros(plans.width)
        columns[: len(places)] = [units[place] for place in places]
        return Reference(plans, columns)

    def _need(self, delivery: Record) -> int:
        wanted = [delivery["region"], cell(delivery, "group", ""), delivery["service"]]
        keys = [[n["region"], cell(n, "group", ""), n["service"]] for n in self.needs]
        return keys.index(wanted)

    def _given_units(self, delivery: Record) -> float:
        if cell(delivery, "share") is None:
            return delivery["units"]
        return delivery["share"] * self.needs[self._need(delivery)]["demand"]

    def _fitting(self, offer: Record, volume: float, name: str) -> Record:
        sizes = [s for s in self.sizes(offer) if name in ("", s.get("size"))]
        fits = [s for s in sizes if s["capacity"] >= volume * (1 - 1e-9)]
        if not fits:
            return max(sizes, key=lambda s: s["capacity"])
        return min(fits, key=lambda s: s["fixed_cost"] + s["unit_cost"] * volume)

    def heads(self, need: Record) -> float:
        return cell(need, "heads", self.regions[need["region"]]["population"])

    def kilometres(self, offer: Record, need: Record) -> float:
        return self.travel[offer["offer"], need["region"]]

    def quality(self, offer: Record, _: Record) -> float:
        return cell(offer, "quality", cell(self.providers[offer["provider"]], "quality"))

    def apart(self, one: str, other: str) -> float:
        """Kilometres between two regions."""
        here, there = _point(self.regions[one]), _point(self.regions[other])
        return _distance(here, there) if here and there else math.inf

    def jurisdiction(self, need: Record) -> str:
        return cell(self.regions[need["region"]], "jurisdiction", "")

    def arranger(self, offer: Record) -> str:
        home = cell(self.regions[offer["region"]], "jurisdiction", "")
        return cell(offer, "arranger", home)

    def sizes(self, offer: Record) -> list[Record]:
        mine = [s for s in self.tables.get("sizes", ()) if s["offer"] == offer["offer"]]
        return mine or [offer]

    def engagements(self) -> Iterator[list[tuple[Record, Record]]]:
        """Every admissible set of engaged offers, each with its size."""
        choices = []
        for offer in self.offers:
            idle = [] if cell(offer, "required") == "yes" else [None]
            choices.append([*idle, *((offer, size) for size in self.sizes(offer))])
        for chosen in product(*choices):
            engaged = [pair for pair in chosen if pair is not None]
            groups = [g for o, _ in engaged if (g := cell(o, "exclusive_group"))]
            alone = len(groups) == len(set(groups))
            fits = self._sited(engaged) and self._differs(engaged)
            if alone and fits and engagements.allowed(self, engaged):
                yield engaged

    def _sited(self, engaged: list[tuple[Record, Record]]) -> bool:
        """Whether each service has as many offers as the policy asks for."""
        section = self.document.get("siting")
        if section is None:
            return True
        least = section.get("number", section.get("minimum", 0))
        most = section.get("number", section.get("maximum", math.inf))
        counts = {
            s: sum(o["service"] == s for o, _ in engaged)
            for s in self.services
            if named(section.get("services", "all"), s)
        }
        return all(least <= count <= most for count in counts.values())

    def _differs(self, engaged: list[tuple[Record, Record]]) -> bool:
        """Whether enough offers differ from those of each plan that is known."""
        section = self.document.get("difference", {"plans": []})
        mine = {offer["offer"] for offer, _ in engaged}
        return all(len(mine ^ set(p)) >= section.get("minimum", 1) for p in section["plans"])

    def assignments(self, engaged: list[tuple[Record, Record]]) -> Iterator[set[tuple[str, int]]]:
        """Every set of (offer, need) pairs that may deliver: all, or one source for each need."""
        pairs = [
            (offer["offer"], n)
            for n, need in enumerate(self.needs)
            for offer, _ in engaged
            if offer["service"] == need["service"]
            and (offer["offer"], need["region"]) in self.travel
        ]
        section = self.document.get("single_source")
        single = [
            n
            for n, need in enumerate(self.needs)
            if section is not None and named(section.get("services", "all"), need["service"])
        ]
        free = {pair for pair in pairs if pair[1] not in single}
        sources = [[p for p in pairs if p[1] == n] for n in single]
        for chosen in product(*(s or [None] for s in sources)):
            yield free | {pair for pair in chosen if pair is not None}


def _point(record: Record) -> tuple[float, float] | None:
    if cell(record, "longitude") is None:
        return None
    return math.radians(record["longitude"]), math.radians(record["latitude"])


def _distance(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Great-circle distance in km (haversine)."""
    half = math.sin((a[1] - b[1]) / 2) ** 2
    half += math.cos(a[1]) * math.cos(b[1]) * math.sin((a[0] - b[0]) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(half))
