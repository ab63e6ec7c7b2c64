"""All plans with the same engagements, as a linear program, for :mod:`tests.oracle`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from tests import oracle_engagements as engagements
from tests import oracle_mechanisms as mechanisms
from tests.oracle_engagements import named
from tests.oracle_equity import equalize, priced
from tests.oracle_linear import Linear, Program
from tests.oracle_tables import Record, cell

PUBLIC = (
    "engagement",
    "investment",
    "delivery",
    "contract",
    "supervision",
    "overhead",
    "last_resort",
)


class Plans(Program):
    """All plans with the same engagements and sources: a linear program in units delivered."""

    def __init__(
        self,
        case: Any,
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
            if named(section.get("services", "all"), need["service"])
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
            qualifying = engagements.qualifying(case, self.engaged)
            return self.constant(sum(costs) + sum(qualifying.values()))
        if name == "investment":
            return self.constant(sum(engagements.yearly(size) for _, size in self.engaged))
        if name == "switching":
            return self.constant(engagements.switching(case, self.engaged))
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
            size["fixed_cost"] + engagements.yearly(size) + cell(offer, "contract_cost", 0.0)
            for offer, size in self.engaged
            if case.arranger(offer) == j and service in (None, offer["service"])
        )
        if service is None:
            qualifying = engagements.qualifying(case, self.engaged)
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
