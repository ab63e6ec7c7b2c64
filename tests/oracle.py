"""Brute force for tiny instances, written from the tables and the rules, not from the library.

Every way to engage the offers, and every choice of single sources where the rules ask for one, is
tried in turn; what is left is a linear program in units delivered, which SciPy solves. A table is a
list of records (dictionaries); a missing key, None or an empty text means what the data dictionary
says a blank cell means.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import product
from typing import Any

import numpy as np

from tests import oracle_mechanisms as mechanisms
from tests.oracle_best import Optimum
from tests.oracle_equity import equalize, priced
from tests.oracle_goals import best_of
from tests.oracle_levels import Reference
from tests.oracle_linear import Linear, Program
from tests.oracle_tables import Record, Tables, cell

PUBLIC = (
    "engagement",
    "investment",
    "delivery",
    "contract",
    "supervision",
    "overhead",
    "last_resort",
)
LAST_RESORT = "last_resort"
EARTH_RADIUS_KM = 6371.0088


def best_objective(tables: Tables, document: Mapping[str, Any]) -> float | None:
    """Return the best objective of all plans that keep the rules, or None where none does."""
    found = optimum(tables, document)
    return None if found is None else found.objective


def optimum(tables: Tables, document: Mapping[str, Any]) -> Optimum | None:
    """Return the best plan of all that keep the rules, or None where none does."""
    return best_of(list(_every_set_of_plans(_Case(tables, document))), document)


def _every_set_of_plans(case: _Case) -> Iterator[_Plans]:
    for engaged in case.engagements():
        for pairs in case.assignments(engaged):
            for allowed, full in mechanisms.choices(case, engaged, pairs):
                plans = _Plans(case, engaged, allowed, full)
                plans.keep_rules()
                yield plans


def given_plan(
    tables: Tables,
    document: Mapping[str, Any],
    engaged: Mapping[str, str],
    deliveries: Sequence[Record],
) -> Reference:
    """Return a given plan: the offers engaged with their sizes, and its deliveries."""
    return _Case(tables, document).given(deliveries, engaged)


class _Case:
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
        plans = _Plans(self, chosen, pairs, rescued=rescued)
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
            if alone and fits and mechanisms.allowed(self, engaged):
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
            if _names(section.get("services", "all"), s)
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
            if section is not None and _names(section.get("services", "all"), need["service"])
        ]
        free = {pair for pair in pairs if pair[1] not in single}
        sources = [[p for p in pairs if p[1] == n] for n in single]
        for chosen in product(*(s or [None] for s in sources)):
            yield free | {pair for pair in chosen if pair is not None}


def _names(services: Any, service: str) -> bool:
    return services == "all" or service in services


def _point(record: Record) -> tuple[float, float] | None:
    if cell(record, "longitude") is None:
        return None
    return math.radians(record["longitude"]), math.radians(record["latitude"])


def _distance(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Great-circle distance in km (haversine)."""
    half = math.sin((a[1] - b[1]) / 2) ** 2
    half += math.cos(a[1]) * math.cos(b[1]) * math.sin((a[0] - b[0]) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(half))


class _Plans(Program):
    """All plans with the same engagements and sources: a linear program in units delivered."""

    def __init__(
        self,
        case: _Case,
        engaged: list[tuple[Record, Record]],
        allowed: set[tuple[str, int]],
        full: frozenset[str] = frozenset(),
        rescued: list[int] | None = None,
    ) -> None:
        super().__init__()
        self.case, self.engaged, self.full = case, engaged, full
        self.links = [
            (offer, size, n)
            for offer, size in engaged
            for n in range(len(case.needs))
            if (offer["offer"], n) in allowed
        ]
        self.rescued = self._rescued() if rescued is None else rescued
        self.free = [False] * (len(self.links) + len(self.rescued))
        self.extra = {key: self.column() for key in mechanisms.columns(case, engaged)}
        self.providers = {o["provider"]: case.providers[o["provider"]] for o, _ in engaged}

    def _rescued(self) -> list[int]:
        """Needs that last resort may serve."""
        section = self.case.document.get("last_resort")
        if section is None:
            return []
        return [
            n
            for n, need in enumerate(self.case.needs)
            if _names(section.get("services", "all"), need["service"])
            and cell(self.case.services[need["service"]], "last_resort_cost") is not None
        ]

    def keep_rules(self) -> None:
        self._volumes()
        self._last_resort()
        self._coverage()
        self._budgets()
        for entry in self.case.document.get("equalization", ()):
            equalize(self, entry)
        mechanisms.add_rules(self)

    # Linear functions of the units delivered

    def total(self, weights: Mapping[int, float]) -> Linear:
        """A weighted sum of the columns."""
        slope = np.zeros(self.width)
        for column, weight in weights.items():
            slope[column] += weight
        return Linear(slope)

    def delivered(self, per_unit: Any, *, of: Any = None) -> Linear:
        """Sum over links of ``per_unit(offer, size, need)``, over those that ``of`` is true for."""
        return self.total(
            {
                k: per_unit(offer, size, self.case.needs[n])
                for k, (offer, size, n) in enumerate(self.links)
                if of is None or of(offer, self.case.needs[n])
            }
        )

    def rescue(self, per_unit: Any, *, of: Any = None) -> Linear:
        """Sum over last resort of ``per_unit(need)``, over needs that ``of`` is true for."""
        return self.total(
            {
                len(self.links) + k: per_unit(self.case.needs[n])
                for k, n in enumerate(self.rescued)
                if of is None or of(self.case.needs[n])
            }
        )

    def further(self, *key: Any) -> Linear:
        """Volunteers of an offer, a transfer or a takeover; 0 where it is none."""
        return self.extra.get(key, self.constant(0.0))

    def paid(self, per_unit: Any, *, of: Any = None) -> Linear:
        """Sum over engaged offers of ``per_unit(offer, size)`` times the volume paid for."""
        total = self.delivered(
            lambda offer, size, _: per_unit(offer, size),
            of=lambda offer, _: of is None or of(offer),
        )
        for offer, size in self.engaged:
            if of is None or of(offer):
                total -= self.further("volunteers", offer["offer"]) * per_unit(offer, size)
        return total

    def served(self, need: Record) -> Linear:
        """Units that a need gets."""
        return self.delivered(lambda *_: 1.0, of=lambda _, n: n is need) + self.rescue(
            lambda _: 1.0, of=lambda n: n is need
        )

    # Rules

    def _volumes(self) -> None:
        for offer, size in self.engaged:
            volume = self.paid(lambda *_: 1.0, of=lambda o, mine=offer: o is mine)
            if offer["offer"] in self.full:
                self.at_most(self.constant(size["capacity"]), volume)
            self.at_most(volume, size["capacity"])
            self.at_most(self.constant(cell(size, "minimum_volume", 0.0)), volume)
        for need in self.case.needs:
            self.at_most(self.served(need), need["demand"])

    def _last_resort(self) -> None:
        section = self.case.document.get("last_resort", {})
        for n in self.rescued:
            need = self.case.needs[n]
            own = self.rescue(lambda _: 1.0, of=lambda other, need=need: other is need)
            self.at_most(own, section.get("maximum_share", 1.0) * need["demand"])
        for name, service in self.case.services.items():
            cap = cell(service, "last_resort_cap")
            if cap is not None:
                units = self.rescue(lambda _: 1.0, of=lambda n, name=name: n["service"] == name)
                self.at_most(units, cap)

    def _coverage(self) -> None:
        section = self.case.document.get("coverage")
        if section is None:
            return
        for need in self.case.needs:
            floor = self._floor(need, section.get("floor", 1.0))
            self.at_most(self.constant(floor * need["demand"]), self.served(need))
        whole = set()
        for row in self.case.tables.get("standards", ()):
            if cell(row, "target") is not None:
                needs = [n for n in self.case.needs if self._matches(row, n)]
                self._reach_target(needs, row["target"])
                if not any(cell(row, k) for k in ("jurisdiction", "region", "group")):
                    whole.add(row["service"])
        if section.get("target") is not None:
            for service in set(self.case.services) - whole:
                needs = [n for n in self.case.needs if n["service"] == service]
                self._reach_target(needs, section["target"])

    def _reach_target(self, needs: list[Record], target: float) -> None:
        served = sum((self.served(n) for n in needs), self.constant(0.0))
        self.at_most(self.constant(target * sum(n["demand"] for n in needs)), served)

    def _matches(self, standard: Record, need: Record) -> bool:
        place = cell(standard, "jurisdiction")
        return (
            standard["service"] == need["service"]
            and cell(standard, "region", need["region"]) == need["region"]
            and cell(standard, "group", cell(need, "group")) == cell(need, "group")
            and (place is None or place in self.case.above[self.case.jurisdiction(need)])
        )

    def _floor(self, need: Record, default: float) -> float:
        """The first match: region and group, region, group, nearest jurisdiction, service."""
        ladder = self.case.above[self.case.jurisdiction(need)]

        def order(row: Record) -> tuple[bool, bool, int]:
            place = cell(row, "jurisdiction")
            return (
                cell(row, "region") is None,
                cell(row, "group") is None,
                len(ladder) if place is None else ladder.index(place),
            )

        rows = [
            row
            for row in self.case.tables.get("standards", ())
            if cell(row, "floor") is not None and self._matches(row, need)
        ]
        return min(rows, key=order)["floor"] if rows else default

    # Money

    def term(self, name: str) -> Linear:
        """A cost term in money."""
        case = self.case
        if name == "engagement":
            return self.constant(sum(size["fixed_cost"] for _, size in self.engaged))
        if name == "contract":
            return self.constant(sum(cell(o, "contract_cost", 0.0) for o, _ in self.engaged))
        if name == "overhead":
            costs = (cell(p, "overhead_cost", 0.0) for p in self.providers.values())
            qualifying = mechanisms.qualifying(case, self.engaged)
            return self.constant(sum(costs) + sum(qualifying.values()))
        if name == "investment":
            return self.constant(sum(mechanisms.yearly(size) for _, size in self.engaged))
        if name == "switching":
            return self.constant(mechanisms.switching(case, self.engaged))
        if name == "transfers":
            return mechanisms.cost_of_funds(self)
        if name == "inequality":
            return priced(self, case.document.get("equalization", ()))
        if name == "delivery":
            return self.paid(lambda _, size: size["unit_cost"])
        if name == "access":
            return self.delivered(lambda offer, _, need: self._access_cost(offer, need))
        if name == "last_resort":
            return self.rescue(lambda n: case.services[n["service"]]["last_resort_cost"])
        if name == "unmet":
            total = self.constant(0.0)
            for need in case.needs:
                price = cell(case.services[need["service"]], "unmet_penalty", 0.0)
                total += (self.constant(need["demand"]) - self.served(need)) * price
            return total
        column = {"supervision": "supervision_cost", "user": "user_fee", "own": "own_funds"}[name]
        return self.paid(lambda offer, _: cell(offer, column, 0.0))

    def _access_cost(self, offer: Record, need: Record) -> float:
        for link in self.case.tables.get("links", ()):
            if (link["offer"], link["region"]) == (offer["offer"], need["region"]):
                given = cell(link, "access_cost")
                if given is not None:
                    return given
        km = self.case.travel[offer["offer"], need["region"]]
        return km * cell(self.case.services[need["service"]], "access_cost_per_km", 0.0)

    def _budgets(self) -> None:
        document, table = self.case.document, self.case.tables.get("jurisdictions", ())
        limits = {j["jurisdiction"]: cell(j, "budget") for j in table}
        known = {j: limit for j, limit in limits.items() if limit is not None}
        if "budgets" in document:
            for j, limit in known.items():
                spent = self.spending(j) + mechanisms.given(self, j)
                self.at_most(spent, document["budgets"].get("scale", 1.0) * limit)
        if "total_budget" in document:
            section = document["total_budget"]
            share = section.get("share")
            total = sum(known.values()) * (1.0 if share is None else share)
            spent = sum((self.term(t) for t in PUBLIC), self.constant(0.0))
            self.at_most(spent, cell(section, "maximum", total))

    def spending(self, j: str, service: str | None = None) -> Linear:
        """What a jurisdiction pays: arranges, buys from others, last resort, supervision.

        Of one service, or of all with the overhead of providers.
        """
        case = self.case
        fixed = sum(
            size["fixed_cost"] + mechanisms.yearly(size) + cell(offer, "contract_cost", 0.0)
            for offer, size in self.engaged
            if case.arranger(offer) == j and service in (None, offer["service"])
        )
        if service is None:
            qualifying = mechanisms.qualifying(case, self.engaged)
            fixed += sum(
                cell(p, "overhead_cost", 0.0) + qualifying.get(name, 0.0)
                for name, p in self.providers.items()
                if cell(p, "supervisor") == j
            )

        def outside(offer: Record, need: Record) -> bool:
            seller = case.arranger(offer)
            ours = service in (None, need["service"])
            return ours and seller != "" and seller not in case.above[case.jurisdiction(need)]

        def price(offer: Record, _: Record, __: Record) -> float:
            return cell(offer, "price", 0.0)

        return (
            self.constant(fixed)
            + self.paid(
                lambda o, size: size["unit_cost"] + cell(o, "supervision_cost", 0.0),
                of=lambda o: case.arranger(o) == j and service in (None, o["service"]),
            )
            - self.delivered(price, of=lambda o, n: case.arranger(o) == j and outside(o, n))
            + self.delivered(price, of=lambda o, n: case.jurisdiction(n) == j and outside(o, n))
            + self.rescue(
                lambda n: case.services[n["service"]]["last_resort_cost"],
                of=lambda n: case.jurisdiction(n) == j and service in (None, n["service"]),
            )
        )
