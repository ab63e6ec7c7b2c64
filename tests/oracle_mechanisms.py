"""The rules of provision mechanisms for the brute force of :mod:`tests.oracle`.

Written from the tables and the rules. Each rule adds to the linear program of the plans with the
same engagements. ``plans`` is that program: its functions are linear in units delivered.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from tests.oracle_engagements import Engaged, kind, named, reached, today, yearly
from tests.oracle_tables import Record, cell

# Users' choice


def choices(
    case: Any, engaged: Engaged, pairs: set[tuple[str, int]]
) -> Iterator[tuple[set[tuple[str, int]], frozenset[str]]]:
    """Every set of offers that users find full, with the pairs that remain for them to use."""
    section = case.document.get("vouchers")
    free = {
        o["offer"]: o
        for o, _ in engaged
        if section is not None and named(section.get("modes", ["voucher"]), o["mode"])
    }
    weight = 0.0 if section is None else section.get("quality_weight", 0.0)

    def burden(offer: Record, need: Record) -> float:
        quality = cell(offer, "quality", cell(case.providers[offer["provider"]], "quality", 0.0))
        return case.travel[offer["offer"], need["region"]] - weight * quality

    for count in range(len(free) + 1):
        for full in itertools.combinations(free, count):
            room = [o for name, o in free.items() if name not in full]
            left = set()
            for name, n in pairs:
                need = case.needs[n]
                better = name in free and any(
                    burden(o, need) < burden(free[name], need) - 1e-6
                    for o in room
                    if reached(case, o, need)
                )
                if not better:
                    left.add((name, n))
            yield left, frozenset(full)


# Further decisions


def columns(case: Any, engaged: Engaged) -> list[tuple[Any, ...]]:
    """Volunteers of offers, transfers between jurisdictions, takeovers of NGOs by offers."""
    found: list[tuple[Any, ...]] = []
    if "volunteers" in case.document:
        found += [
            ("volunteers", o["offer"]) for o, _ in engaged if cell(o, "volunteer_capacity", 0) > 0
        ]
    if "transfers" in case.document:
        found += [("transfer", *pair) for pair in _pairs(case)]
    section = case.document.get("takeover")
    if section is not None:
        ngos = {o["provider"] for o, _ in engaged if kind(case, o) == "ngo"}
        found += [
            ("backup", p, o["offer"], n)
            for p in sorted(ngos)
            for o, _ in engaged
            if kind(case, o) == "government"
            for n, need in enumerate(case.needs)
            if reached(case, o, need) and named(section.get("services", "all"), need["service"])
        ]
    return found


def _pairs(case: Any) -> list[tuple[str, str]]:
    table = case.tables.get("jurisdictions", ())
    known = [j["jurisdiction"] for j in table if cell(j, "budget") is not None]
    down = [(i, j) for j in known for i in case.above[j][1:] if i in known]
    back = case.document["transfers"].get("horizontal", False)
    return down + [(j, i) for i, j in down if back]


def given(plans: Any, jurisdiction: str) -> Any:
    """What a jurisdiction gives to others, less what it receives."""
    total = plans.constant(0.0)
    for key in plans.extra:
        if key[0] == "transfer" and key[1] == jurisdiction:
            total += plans.further(*key)
        if key[0] == "transfer" and key[2] == jurisdiction:
            total -= plans.further(*key)
    return total


def _received(plans: Any, jurisdiction: str | None = None) -> Any:
    """What a jurisdiction, or all, receive from those above."""
    total = plans.constant(0.0)
    for key in plans.extra:
        down = key[0] == "transfer" and key[1] in plans.case.above[key[2]]
        if down and jurisdiction in (None, key[2]):
            total += plans.further(*key)
    return total


def cost_of_funds(plans: Any) -> Any:
    section = plans.case.document.get("transfers", {})
    return _received(plans) * section.get("cost_of_funds", 0.0)


# Rules on plans


def add_rules(plans: Any) -> None:
    """Add the rules of every section to the linear program."""
    document = plans.case.document
    for section, rule in RULES.items():
        if section in document:
            rule(plans, document[section])


def _total(plans: Any, parts: Any) -> Any:
    return sum(parts, plans.constant(0.0))


def _dependence(plans: Any, section: Record) -> None:
    for name, maker in plans.case.providers.items():
        income = cell(maker, "independent_income")
        known = any(
            cell(o, "user_fee", 0) or cell(o, "own_funds", 0)
            for o in plans.case.offers
            if o["provider"] == name
        )
        if maker["kind"] != "ngo" or (income is None and not known):
            continue

        def mine(offer: Record, name: str = name) -> bool:
            return offer["provider"] == name

        fixed = sum(s["fixed_cost"] + yearly(s) for o, s in plans.engaged if mine(o))
        public = plans.paid(lambda _, size: size["unit_cost"], of=mine) + plans.constant(fixed)
        other = plans.paid(lambda o, _: cell(o, "user_fee", 0.0), of=mine)
        if income is not None:
            other += plans.constant(income)
        else:
            other += plans.paid(lambda o, _: cell(o, "own_funds", 0.0), of=mine)
        share = section["maximum"]
        plans.at_most(public * (1 - share), other * share)


def _concentration(plans: Any, section: Record) -> None:
    share, case = section.get("maximum_share"), plans.case
    if share is None:
        return
    places = {(n["region"], n["service"]) for n in case.needs}
    for region, service in sorted(places):
        if not named(section.get("services", "all"), service):
            continue
        needs = [n for n in case.needs if (n["region"], n["service"]) == (region, service)]
        total = _total(plans, (plans.served(n) for n in needs))
        for name, maker in case.providers.items():
            if named(section.get("kinds", ["ngo", "private"]), maker["kind"]):
                own = plans.delivered(
                    lambda *_: 1.0,
                    of=lambda o, n, name=name, needs=needs: (
                        o["provider"] == name and any(n is m for m in needs)
                    ),
                )
                plans.at_most(own, total * share)


def _government_share(plans: Any, section: Record) -> None:
    case, services = plans.case, section.get("services", "core")
    for need in case.needs:
        core = cell(case.services[need["service"]], "core") in (True, "yes")
        if core if services == "core" else named(services, need["service"]):
            own = plans.delivered(
                lambda *_: 1.0,
                of=lambda o, n, need=need: n is need and kind(case, o) == "government",
            )
            own += plans.rescue(lambda _: 1.0, of=lambda n, need=need: n is need)
            plans.at_most(plans.served(need) * section["minimum"], own)


def _ngo_share(plans: Any, section: Record) -> None:
    case = plans.case
    for service in case.services:
        needs = [n for n in case.needs if n["service"] == service]
        if needs and named(section.get("services", "all"), service):
            own = plans.delivered(
                lambda *_: 1.0,
                of=lambda o, n, service=service: n["service"] == service and kind(case, o) == "ngo",
            )
            total = _total(plans, (plans.served(n) for n in needs))
            plans.at_most(total * section["minimum"], own)


def _satisfaction(plans: Any, section: Record) -> None:
    for need in plans.case.needs:
        if section.get("floor") is not None:
            _mean_quality(plans, [need], section["floor"])
    if section.get("average") is None:
        return
    column = {"regions": "region", "groups": "group"}.get(section.get("between", "services"))
    entities: dict[Any, list[Record]] = {}
    for need in plans.case.needs:
        if column is None or cell(need, column):
            key = (need["service"], None if column is None else need[column])
            entities.setdefault(key, []).append(need)
    for needs in entities.values():
        _mean_quality(plans, needs, section["average"])


def _mean_quality(plans: Any, needs: list[Record], least: float) -> None:
    """What these needs are delivered is on average as good, as far as that is known."""
    case = plans.case

    def missing(offer: Record) -> float:
        quality = cell(offer, "quality", cell(case.providers[offer["provider"]], "quality"))
        return 0.0 if quality is None else least - quality

    def missing_last(need: Record) -> float:
        quality = cell(case.services[need["service"]], "last_resort_quality")
        return 0.0 if quality is None else least - quality

    def ours(need: Record) -> bool:
        return any(need is n for n in needs)

    own = plans.delivered(lambda o, _, __: missing(o), of=lambda _, n: ours(n))
    plans.at_most(own + plans.rescue(missing_last, of=ours), 0.0)


def _takeover(plans: Any, section: Record) -> None:
    case = plans.case
    for name, maker in case.providers.items():
        if maker["kind"] != "ngo":
            continue
        for n, need in enumerate(case.needs):
            if named(section.get("services", "all"), need["service"]):
                lost = plans.delivered(
                    lambda *_: 1.0,
                    of=lambda o, m, name=name, need=need: o["provider"] == name and m is need,
                )
                helping = _total(
                    plans, (plans.further("backup", name, o["offer"], n) for o, _ in plans.engaged)
                )
                plans.at_most(lost * section["share"], helping)
        for offer, size in plans.engaged:
            taken = _total(
                plans,
                (plans.further("backup", name, offer["offer"], n) for n in range(len(case.needs))),
            )
            if kind(case, offer) == "government":
                volume = plans.paid(lambda *_: 1.0, of=lambda o, offer=offer: o is offer)
                plans.at_most(taken + volume, section.get("surge", 1.0) * size["capacity"])


def _continuity(plans: Any, section: Record) -> None:
    """What changes provider is the sum of what each provider loses: one row for each subset."""
    case, most = plans.case, section.get("maximum_change")
    if most is None or "baseline" not in case.tables:
        return
    maker = {o["offer"]: o["provider"] for o in case.tables["offers"]}
    before: dict[tuple[int, str], float] = {}
    for (n, offer), share in today(case).items():
        if share > 0:
            before[n, maker[offer]] = before.get((n, maker[offer]), 0.0) + share
    for service in case.services:
        mine = {key: s for key, s in before.items() if case.needs[key[0]]["service"] == service}
        total = sum(case.needs[n]["demand"] * share for (n, _), share in mine.items())
        for count in range(1, len(mine) + 1):
            for subset in itertools.combinations(mine.items(), count):
                lost = plans.constant(0.0)
                for (n, name), share in subset:
                    need = case.needs[n]
                    kept = plans.delivered(
                        lambda *_: 1.0,
                        of=lambda o, m, name=name, need=need: o["provider"] == name and m is need,
                    )
                    lost += plans.constant(share * need["demand"]) - kept
                plans.at_most(lost, most * total)


def _transfers(plans: Any, section: Record) -> None:
    case = plans.case
    if section.get("pool") is not None:
        plans.at_most(_received(plans), section["pool"])
    people: dict[str, float] = {}
    for region in case.regions.values():
        home = cell(region, "jurisdiction", "")
        people[home] = people.get(home, 0.0) + region["population"]
    for jurisdiction in {j for pair in _pairs(case) for j in pair}:
        if section.get("maximum_per_head") is not None:
            limit = section["maximum_per_head"] * people.get(jurisdiction, 0.0)
            plans.at_most(given(plans, jurisdiction) * -1.0, limit)
        passed = plans.constant(0.0)
        for key in plans.extra:
            if key[:2] == ("transfer", jurisdiction) and jurisdiction in case.above[key[2]]:
                passed += plans.further(*key)
        total = plans.spending(jurisdiction) + passed
        own = section.get("own_share", 0.0)
        if any(j == jurisdiction for i, j in _pairs(case) if i in case.above[j]):
            plans.at_most(_received(plans, jurisdiction), total * (1 - own))


def _programmes(plans: Any, section: Record) -> None:
    for row in plans.case.tables.get("programmes", ()):
        spent = plans.spending(row["jurisdiction"], row["service"])
        plans.at_most(spent, section.get("scale", 1.0) * row["budget"])


def _grants(plans: Any, section: Record) -> None:
    share = section.get("maximum_share", 1.0)
    for offer, size in plans.engaged:
        if offer["mode"] != "grant":
            continue

        def mine(other: Record, offer: Record = offer) -> bool:
            return other is offer

        public = plans.paid(lambda _, s: s["unit_cost"], of=mine)
        public += plans.constant(size["fixed_cost"] + yearly(size))
        own = plans.paid(lambda o, _: cell(o, "own_funds", 0.0), of=mine)
        plans.at_most(public * (1 - share), own * share)
    for name, maker in plans.case.providers.items():
        income = cell(maker, "independent_income")
        if income is not None:
            own = plans.paid(
                lambda o, _: cell(o, "own_funds", 0.0),
                of=lambda o, name=name: o["provider"] == name,
            )
            plans.at_most(own, income)


def _copayment(plans: Any, section: Record) -> None:
    for need in plans.case.needs:
        cap = cell(plans.case.services[need["service"]], "fee_cap")
        if cap is not None:
            fees = plans.delivered(
                lambda o, _, __: cell(o, "user_fee", 0.0), of=lambda _, n, need=need: n is need
            )
            plans.at_most(fees, plans.served(need) * (cap * section.get("scale", 1.0)))


def _volunteers(plans: Any, section: Record) -> None:
    case = plans.case
    for offer, _ in plans.engaged:
        units = plans.further("volunteers", offer["offer"])
        plans.at_most(units, cell(offer, "volunteer_capacity", 0.0))
        paid = plans.paid(lambda *_: 1.0, of=lambda o, offer=offer: o is offer)
        plans.at_most(units, paid * section.get("maximum_ratio", 1.0))
    pools: dict[tuple[str, str], float] = {}
    for need in case.tables["needs"]:
        if cell(need, "volunteer_pool") is not None:
            key = (need["region"], need["service"])
            pools[key] = pools.get(key, 0.0) + need["volunteer_pool"]
    for (region, service), pool in pools.items():
        used = _total(
            plans,
            (
                plans.further("volunteers", o["offer"])
                for o, _ in plans.engaged
                if (o["region"], o["service"]) == (region, service)
            ),
        )
        plans.at_most(used, pool)


RULES = {
    "dependence": _dependence,
    "concentration": _concentration,
    "government_share": _government_share,
    "ngo_share": _ngo_share,
    "satisfaction": _satisfaction,
    "takeover": _takeover,
    "continuity": _continuity,
    "transfers": _transfers,
    "programmes": _programmes,
    "grants": _grants,
    "copayment": _copayment,
    "volunteers": _volunteers,
}
