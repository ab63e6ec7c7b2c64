"""Random tiny instances (tables as lists of records) and policies (documents) for properties.

A focus makes one family of rules decide: ``standards``, ``money`` or ``equality``; without a focus
everything may come together. Numbers are round, so that no rule holds by a hair: what is feasible
is feasible by far more than the tolerance of a solver. Offers and sizes together are few enough for
brute force.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

import pandas as pd
from hypothesis import strategies as st

from pse_opt import Instance

Records = list[dict[str, Any]]
COSTS = (
    "engagement",
    "delivery",
    "access",
    "contract",
    "supervision",
    "overhead",
    "last_resort",
    "unmet",
)
GOVERNMENTS = ("land", "east", "west", "town")
PARENTS = {"land": "", "east": "land", "west": "land", "town": "east"}
MOST_BINARIES = 6
FOCUSES = ("", "standards", "money", "equality")


@dataclass(frozen=True)
class Case:
    """An instance as tables, and a policy as a document."""

    tables: dict[str, Records]
    document: dict[str, Any]

    @property
    def instance(self) -> Instance:
        """The instance, read by the library."""
        return instance_of(self.tables)

    def changed(self) -> Case:
        """A deep copy, to change."""
        return copy.deepcopy(self)


def instance_of(tables: dict[str, Records]) -> Instance:
    """Read tables given as lists of records."""
    frames = {
        name: pd.DataFrame(rows, dtype=object).fillna("") for name, rows in tables.items() if rows
    }
    return Instance.from_tables(frames, {"name": "random"})


def steps(least: int, most: int, step: int) -> st.SearchStrategy[int]:
    """Round numbers."""
    return st.integers(least // step, most // step).map(lambda k: k * step)


def sometimes(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """A value or a blank cell."""
    return st.none() | values


@st.composite
def jurisdictions(draw: st.DrawFn, focus: str) -> Records:
    """None, or one to four governments, nested."""
    count = draw(st.sampled_from([3, 4] if focus in ("money", "standards") else [0, 1, 3, 3, 4]))
    budget = steps(500, 6000, 500) if focus == "money" else sometimes(steps(2000, 12000, 500))
    return [
        {"jurisdiction": name, "parent": PARENTS[name], "budget": draw(budget)}
        for name in GOVERNMENTS[:count]
    ]


@st.composite
def services(draw: st.DrawFn) -> Records:
    """One or two services."""
    return [
        {
            "service": name,
            "unit": "visits",
            "reach_km": draw(st.sampled_from([20, 45, 60])),
            "access_cost_per_km": draw(st.sampled_from([0, 0.05, 0.2])),
            "travel_cap": draw(st.sampled_from([None, 60])),
            "last_resort_cost": draw(st.sampled_from([None, 25, 40])),
            "last_resort_travel": draw(st.sampled_from([None, 0, 30])),
            "last_resort_cap": draw(sometimes(steps(50, 400, 50))),
            "unmet_penalty": draw(st.sampled_from([0, 0, 0, 15, 60])),
        }
        for name in draw(st.sampled_from([["health"], ["health"], ["health", "school"]]))
    ]


@st.composite
def regions(draw: st.DrawFn, governments: list[str]) -> Records:
    """Two to four regions on a line, some 22 km apart (or 11), some without an own government."""
    homes = [*governments, ""] if len(governments) != 1 else governments
    return [
        {
            "region": f"r{k}",
            "population": draw(steps(100, 1000, 100)),
            "jurisdiction": draw(st.sampled_from(homes)),
            "longitude": 30.0,
            "latitude": round(-10.0 - 0.1 * (2 * k + draw(st.integers(0, 1))), 1),
            "area_km2": draw(st.sampled_from([0, 300])),
        }
        for k in range(draw(st.integers(2, 4)))
    ]


@st.composite
def needs(draw: st.DrawFn, places: Records, kinds: Records, *, grouped: bool = False) -> Records:
    """Demand of regions, sometimes by group; a second service is not needed everywhere."""
    found = []
    for k, service in enumerate(kinds):
        for place in places:
            if k > 0 and draw(st.integers(0, 3)) == 0:
                continue
            found += [
                {
                    "region": place["region"],
                    "service": service["service"],
                    "group": group,
                    "demand": draw(steps(50, 400, 50)),
                    "heads": draw(steps(50, 500, 50)) if grouped else None,
                }
                for group in (("rural", "urban") if grouped else ("",))
            ]
    return found


@st.composite
def providers(draw: st.DrawFn, governments: list[str]) -> Records:
    """One government and one or two others."""
    return [
        {
            "provider": f"p{k}",
            "kind": ["government", "ngo", "private"][k],
            "overhead_cost": draw(st.sampled_from([0, 100, 300])),
            "supervisor": draw(st.sampled_from([None, *governments])),
        }
        for k in range(draw(st.integers(2, 3)))
    ]


@st.composite
def sized(draw: st.DrawFn) -> dict[str, Any]:
    """Capacity and costs of an offer or of a size."""
    capacity = draw(steps(200, 1200, 100))
    return {
        "capacity": capacity,
        "minimum_volume": draw(st.sampled_from([0, 0, 0, 0.5])) * capacity,
        "fixed_cost": draw(steps(0, 2000, 100)),
        "unit_cost": draw(st.integers(2, 15)),
    }


@st.composite
def offers(
    draw: st.DrawFn, places: Records, kinds: Records, makers: Records, governments: list[str]
) -> Records:
    """Two to five offers; every service has one."""
    count = draw(st.integers(2, 5))
    return [
        {
            "offer": f"o{k}",
            "provider": draw(st.sampled_from([p["provider"] for p in makers])),
            "service": kinds[k % len(kinds)]["service"],
            "mode": draw(st.sampled_from(["direct", "contract", "grant"])),
            "region": draw(st.sampled_from([r["region"] for r in places])),
            "arranger": draw(st.sampled_from([None, None, *governments])),
            **draw(sized()),
            "price": draw(st.sampled_from([0, 0, 5, 20])),
            "user_fee": draw(st.sampled_from([0, 3])),
            "own_funds": draw(st.sampled_from([0, 2])),
            "contract_cost": draw(st.sampled_from([0, 50])),
            "supervision_cost": draw(st.sampled_from([0, 1.5])),
            "exclusive_group": draw(st.sampled_from([None, None, None, "x"])),
            "required": draw(st.sampled_from([None] * 6 + ["yes", "forbidden"])),
        }
        for k in range(count)
    ]


@st.composite
def sizes(draw: st.DrawFn, chosen: Records) -> Records:
    """Two sizes of an offer or two, as far as brute force allows."""
    spare = MOST_BINARIES - len(chosen)
    several = draw(st.lists(st.sampled_from(chosen), max_size=min(spare, 2), unique_by=id))
    return [
        {"offer": offer["offer"], "size": name, **draw(sized())}
        for offer in several
        for name in ("small", "large")
    ]


@st.composite
def links(draw: st.DrawFn, places: Records, chosen: Records) -> Records:
    """An explicit list of links; every offer keeps its own region."""
    return [
        {
            "offer": offer["offer"],
            "region": place["region"],
            "travel": draw(st.integers(0, 40)),
            "access_cost": draw(st.sampled_from([None, 0, 4])),
        }
        for offer in chosen
        for place in places
        if place["region"] == offer["region"] or draw(st.booleans())
    ]


@st.composite
def standards(draw: st.DrawFn, wanted: Records, places: Records, above: Records) -> Records:
    """Floors and targets at several heights over a need or two, from its own to the service's."""
    home = {r["region"]: r["jurisdiction"] for r in places}
    parent = {j["jurisdiction"]: j["parent"] for j in above}
    rows = {}
    for need in draw(st.lists(st.sampled_from(wanted), min_size=1, max_size=2, unique_by=id)):
        own = home[need["region"]]
        heights = [
            (jurisdiction, region, group)
            for jurisdiction in dict.fromkeys(("", own, parent.get(own, "")))
            for region in dict.fromkeys(("", need["region"]))
            for group in dict.fromkeys(("", need["group"]))
        ]
        most = min(4, len(heights))
        chosen = st.lists(st.sampled_from(heights), min_size=2, max_size=most, unique=True)
        for jurisdiction, region, group in draw(chosen):
            rows[need["service"], jurisdiction, region, group] = {
                "service": need["service"],
                "jurisdiction": jurisdiction,
                "region": region,
                "group": group,
                "floor": draw(st.sampled_from([0, 0.2, 0.4, 0.6, None])),
                "target": draw(st.sampled_from([None, None, 0.6, 0.8])),
            }
    return list(rows.values())


@st.composite
def tables(draw: st.DrawFn, focus: str = "") -> dict[str, Records]:
    """A sound tiny instance, feasible or not."""
    above = draw(jurisdictions(focus))
    governments = [j["jurisdiction"] for j in above]
    kinds, places = draw(services()), draw(regions(governments))
    grouped = draw(st.integers(0, 3)) == 0
    wanted = draw(needs(places, kinds, grouped=grouped))
    makers = draw(providers(governments))
    chosen = draw(offers(places, kinds, makers, governments))
    ruled = focus == "standards" or (not focus and draw(st.integers(0, 2)) == 0)
    found = {
        "regions": places,
        "jurisdictions": above,
        "services": kinds,
        "needs": wanted,
        "providers": makers,
        "offers": chosen,
        "sizes": draw(sizes(chosen)),
        "links": draw(links(places, chosen)) if draw(st.booleans()) else [],
        "standards": draw(standards(wanted, places, above)) if ruled else [],
    }
    return {name: rows for name, rows in found.items() if rows}


BOUNDS = {
    "floor": st.sampled_from([0.2, 0.5]),
    "ceiling": st.sampled_from([0.8, 0.95]),
    "range": st.sampled_from([0, 0.1, 0.3]),
    "ratio": st.sampled_from([1, 1.2, 1.6]),
    "band": st.sampled_from([0.05, 0.2]),
}


@st.composite
def equalization(draw: st.DrawFn, given: dict[str, Records], name: str) -> dict[str, Any]:
    """One bound on inequality that the instance can be asked to keep."""
    grouped = any(n["group"] for n in given["needs"])
    between = ["regions", "regions", "jurisdictions"]
    between += ["groups", "groups-within-regions"] if grouped else []
    entry: dict[str, Any] = {"name": name, "between": draw(st.sampled_from(between))}
    if draw(st.integers(0, 4)) == 0:
        return {**entry, "level": "travel", "measure": "ceiling", "maximum": draw(steps(25, 50, 5))}
    measure = draw(st.sampled_from([*BOUNDS, "band"]))
    bound = draw(BOUNDS[measure])
    entry |= {"measure": measure, "minimum" if measure == "floor" else "maximum": bound}
    if len(given["services"]) > 1 and draw(st.booleans()):
        entry["services"] = [s["service"] for s in given["services"]]
        entry["index_weights"] = draw(st.sampled_from([{}, {"health": 3.0}]))
    return entry


@st.composite
def documents(draw: st.DrawFn, given: dict[str, Records], focus: str = "") -> dict[str, Any]:
    """A policy for an instance: floors, targets, last resort, money, equality, an objective."""
    document: dict[str, Any] = {
        "name": "random",
        "coverage": {"floor": draw(st.sampled_from([0, 0, 0.3, 0.5]))},
        "objective": {"minimize": list(COSTS)},
    }
    target = draw(st.sampled_from([None, 0.5, 0.6, 0.8] if focus != "standards" else [None]))
    if target is not None:
        document["coverage"]["target"] = target
    if focus == "standards" or draw(st.booleans()):
        share = draw(st.sampled_from([0.2, 0.5, 1]))
        document["last_resort"] = {"maximum_share": share}
        if draw(st.integers(0, 3)) == 0:
            document["last_resort"]["services"] = ["health"]
    if focus in ("", "money"):
        document |= draw(money(given, always=focus == "money"))
    counts = {"": [0, 0, 1, 1, 2], "equality": [1, 2]}.get(focus, [0])
    count = draw(st.sampled_from(counts))
    document["equalization"] = [draw(equalization(given, f"e{k}")) for k in range(count)]
    if not focus and len(given["needs"]) <= 4 and draw(st.integers(0, 3)) == 0:
        document["single_source"] = {}
    if not focus and draw(st.integers(0, 3)) == 0:
        count = draw(st.integers(1, 2))
        document["siting"] = {draw(st.sampled_from(["number", "minimum", "maximum"])): count}
    if draw(st.integers(0, 1 if focus == "money" else 4)) == 0:
        document["objective"] = {"maximize": "coverage"}
    elif draw(st.integers(0, 3)) == 0:
        document["objective"]["minimize"] += ["user", "own"]
    return document


@st.composite
def money(draw: st.DrawFn, given: dict[str, Records], *, always: bool) -> dict[str, Any]:
    """Budgets of jurisdictions, a total budget, both or none."""
    found: dict[str, Any] = {}
    known = [j for j in given.get("jurisdictions", ()) if j["budget"] is not None]
    if known and (always or draw(st.booleans())):
        found["budgets"] = {"scale": draw(st.sampled_from([0.5, 1, 1.5]))}
    if draw(st.integers(0, 5)) == 0:
        found["total_budget"] = {"maximum": draw(steps(3000, 20000, 1000))}
    elif known and draw(st.integers(0, 5)) == 0:
        found["total_budget"] = {"share": draw(st.sampled_from([0.5, 1]))}
    return found


@st.composite
def cases(draw: st.DrawFn, focus: str = "") -> Case:
    """An instance with a policy."""
    given = draw(tables(focus))
    return Case(given, draw(documents(given, focus)))


@st.composite
def cost_cases(draw: st.DrawFn) -> Case:
    """An instance with a policy that minimizes the public and social cost."""
    case = draw(cases())
    return Case(case.tables, {**case.document, "objective": {"minimize": list(COSTS)}})
