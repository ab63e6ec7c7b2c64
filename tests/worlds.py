"""Small worlds and plans made by hand, for the tests of the independent checker."""

from __future__ import annotations

from types import MappingProxyType

import pandas as pd

from pse_opt.instance import Instance
from pse_opt.plan import Plan
from pse_opt.policy import Equalization, Objective, Policy, SolveOptions
from pse_opt.verification import Verification

PUBLIC = ["engagement", "delivery", "contract", "supervision", "overhead", "last_resort"]
ALL_TERMS = [*PUBLIC, "access", "unmet"]


def rules(*entries: dict, objective: dict | None = None, **sections: dict) -> Policy:
    """Return a policy without reading a document: these tests depend on the checker alone."""
    return Policy(
        "by-hand",
        "",
        "",
        MappingProxyType(sections),
        tuple(Equalization(**e) for e in entries),
        Objective(**(objective or {"minimize": ALL_TERMS})),
        SolveOptions(),
        MappingProxyType({}),
        MappingProxyType({}),
    )


def make_plan(*deliveries: tuple, engaged: dict[str, str] | list[str] | None = None) -> Plan:
    """Return a plan from (offer, region, service, share) or (offer, region, group, service, share).

    By default the offers that deliver are engaged, at the size named blank.
    """
    rows = [d if len(d) == 5 else (d[0], d[1], "", d[2], d[3]) for d in deliveries]
    frame = pd.DataFrame(rows, columns=["offer", "region", "group", "service", "share"])
    if engaged is None:
        engaged = [o for o in dict.fromkeys(frame["offer"]) if o != "last_resort"]
    sizes = engaged if isinstance(engaged, dict) else dict.fromkeys(engaged, "")
    lines = {"offer": list(sizes), "size": list(sizes.values())}
    return Plan(pd.DataFrame(lines, dtype=object), frame)


def world(**changes: list[dict]) -> Instance:
    """Return an instance of two regions in two jurisdictions, served by one offer.

    East and West have 100 units of need each. The offer ``o`` stands in East, costs 10 and 1 for
    each unit, and belongs to the government of East. Tables named are replaced.
    """
    tables = {
        "regions": [
            {"region": "e", "name": "East", "population": 300, "jurisdiction": "east"},
            {"region": "w", "name": "West", "population": 100, "jurisdiction": "west"},
        ],
        "jurisdictions": [{"jurisdiction": "east"}, {"jurisdiction": "west"}],
        "services": [{"service": "care", "unit": "visits", "reach_km": 50}],
        "needs": [
            {"region": "e", "service": "care", "demand": 100},
            {"region": "w", "service": "care", "demand": 100},
        ],
        "providers": [{"provider": "p", "kind": "government"}],
        "offers": [offer("o")],
        "links": [
            {"offer": "o", "region": "e", "travel": 0},
            {"offer": "o", "region": "w", "travel": 10},
        ],
    }
    merged = {**tables, **changes}
    return Instance.from_tables({k: pd.DataFrame(v) for k, v in merged.items() if v})


def offer(name: str, **more) -> dict:
    """Return a row of offers: in East, capacity 1000, fixed cost 10, unit cost 1."""
    return {
        "offer": name,
        "provider": "p",
        "service": "care",
        "mode": "direct",
        "region": "e",
        "capacity": 1000,
        "fixed_cost": 10,
        "unit_cost": 1,
        **more,
    }


def links(*offers: str) -> list[dict]:
    """Return links of these offers to both regions, without travel."""
    return [{"offer": o, "region": r, "travel": 0} for o in offers for r in ("e", "w")]


def broken(found: Verification) -> list[tuple[str, str]]:
    """Return rule and place of every violation."""
    return [(v.rule, v.where) for v in found.violations]


BOTH = (("o", "e", "care", 1.0), ("o", "w", "care", 1.0))
RESORT = (("o", "e", "care", 1.0), ("last_resort", "w", "care", 0.5))
CORE = {"coverage": {"floor": 0.7, "target": 0.9}}


def nested(standards: list[dict]) -> Instance:
    """Return East, under a county of the country, and West, under the country; two groups each."""
    jurisdictions = [
        {"jurisdiction": "country"},
        {"jurisdiction": "county", "parent": "country"},
        {"jurisdiction": "east", "parent": "county"},
        {"jurisdiction": "west", "parent": "country"},
    ]
    needs = [
        {"region": r, "group": g, "service": "care", "demand": d, "heads": d}
        for r in ("e", "w")
        for g, d in (("old", 10), ("young", 90))
    ]
    return world(jurisdictions=jurisdictions, needs=needs, standards=standards)
