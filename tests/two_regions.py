"""Two regions and what may serve them, for claims that are explained in prose.

North needs 100 visits and South 100. Unless a test says otherwise, a clinic in North (100 visits,
fixed cost 100, 10 a visit) and a post in South (100 visits, fixed cost 300, 5 a visit) reach both
regions, and cost is all there is to minimize: everyone served costs 100 + 1000 + 300 + 500 = 1900.
"""

from __future__ import annotations

from typing import Any

import pse_opt as pse
from tests.strategies import instance_of

COST = {"minimize": ["engagement", "delivery", "access", "contract", "supervision", "overhead"]}


EVERYONE = {"floor": 1.0}


def world(**changes: dict[str, dict[str, Any]] | list[dict[str, Any]]) -> pse.Instance:
    """The two regions; a table is replaced by a list, or rows are changed by identifier."""
    tables: dict[str, list[dict[str, Any]]] = {
        "regions": [
            {"region": "north", "population": 300},
            {"region": "south", "population": 100},
        ],
        "services": [{"service": "health", "unit": "visits", "reach_km": 50}],
        "needs": [
            {"region": "north", "service": "health", "demand": 100},
            {"region": "south", "service": "health", "demand": 100},
        ],
        "providers": [
            {"provider": "state", "kind": "government"},
            {"provider": "helpers", "kind": "ngo"},
        ],
        "offers": [
            offer("clinic", "state", "north", 100, 10),
            offer("post", "helpers", "south", 300, 5),
        ],
        "links": [link(o, r) for o in ("clinic", "post") for r in ("north", "south")],
    }
    for name, change in changes.items():
        if isinstance(change, list):
            tables[name] = change
            continue
        for row in tables[name]:
            row.update(change.get(next(iter(row.values())), {}))
    return instance_of(tables)


def offer(name: str, provider: str, region: str, fixed: float, unit: float, **more: Any) -> dict:
    return {
        "offer": name,
        "provider": provider,
        "service": "health",
        "mode": "direct" if provider == "state" else "contract",
        "region": region,
        "capacity": 100,
        "fixed_cost": fixed,
        "unit_cost": unit,
        **more,
    }


def link(name: str, region: str, travel: float = 0.0) -> dict[str, Any]:
    return {"offer": name, "region": region, "travel": travel}


OWN_REGION = [link("clinic", "north"), link("post", "south")]


def plan(instance: pse.Instance, *, objective: Any = None, **sections: Any) -> pse.Result:
    """The proven and verified optimum."""
    document = {"name": "policy", "objective": objective or COST, **sections}
    result = pse.solve(instance, document, gap=0)
    assert result.status == "optimal", result.reasons
    assert result.verified, [str(v) for v in result.verification.violations]
    return result


def cost(instance: pse.Instance, **policy: Any) -> float:
    return plan(instance, **policy).objective


def engaged(result: pse.Result) -> list[str]:
    return sorted(result.plan.engagements["offer"])


def coverage(result: pse.Result) -> dict[str, float]:
    rows = result.levels
    return {r: round(c, 6) for r, c in zip(rows["region"], rows["coverage"], strict=True)}


def why_not(instance: pse.Instance, **sections: Any) -> str:
    """The reasons of an infeasible policy."""
    result = pse.solve(instance, {"name": "policy", "objective": COST, **sections}, gap=0)
    assert result.status == "infeasible"
    assert result.plan is None
    return "\n".join(result.reasons)


def even(measure: str, bound: float, **more: Any) -> dict[str, Any]:
    key = "minimum" if measure == "floor" else "maximum"
    entry = {"name": "even", "measure": measure, key: bound, **more}
    return {"coverage": {"floor": 0.0, "target": 0.5}, "equalization": [entry]}
