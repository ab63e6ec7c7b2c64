"""Scenarios of the golden LPs of provision mechanisms: columns the rules read, and sections.

They lie over the tables of :mod:`tests.test_golden`: a clinic of the state reaches both regions, a
mobile team of an NGO its own region, at two sizes.
"""

from __future__ import annotations

from typing import Any

Tables = dict[str, list[dict[str, Any]]]
SECTIONS: dict[str, dict[str, Any]] = {
    "arrangements": {"arrangements": {"kinds": ["government"]}},
    "qualification": {"qualification": {"minimum_quality": 0.75}},
    "supervision_limit": {"supervision": {}},
    "dependence": {"dependence": {"maximum": 0.75}},
    "concentration": {"concentration": {"maximum_share": 0.5, "kinds": "all"}},
    "provider_choice": {"concentration": {"minimum_providers": 2}},
    "government_share": {"government_share": {"minimum": 0.25}, "last_resort": {}},
    "ngo_share": {"ngo_share": {"minimum": 0.25}},
    "satisfaction_floor": {"satisfaction": {"floor": 0.75}, "last_resort": {}},
    "satisfaction_average": {"satisfaction": {"average": 0.75}},
    "takeover": {"takeover": {"share": 0.5}},
    "takeover_capacity": {"takeover": {"share": 0.5, "surge": 1.25}},
    "continuity_release": {"continuity": {"maximum_change": 0.25}},
    "continuity_share": {"continuity": {"maximum_change": 0.25}},
    "continuity_offers": {"continuity": {"maximum_new": 0, "maximum_ended": 0}},
    "investment_limit": {"capacity_building": {"maximum": 4000}},
    "programmes": {"programmes": {}, "last_resort": {}},
    "grant_matching": {"grants": {"maximum_share": 0.75}},
    "own_funds_limit": {"grants": {}},
    "copayment": {"copayment": {"scale": 0.5}, "last_resort": {}},
    "volunteer_limit": {"volunteers": {}},
    "volunteer_ratio": {"volunteers": {"maximum_ratio": 0.5}},
    "volunteer_pool": {"volunteers": {}},
    "transfer_pool": {"budgets": {}, "transfers": {"pool": 1000}},
    "transfer_per_head": {"budgets": {}, "transfers": {"maximum_per_head": 2, "horizontal": True}},
    "transfer_matching": {"budgets": {}, "transfers": {"own_share": 0.25}},
    "voucher_choice": {"vouchers": {"modes": "all", "quality_weight": 10}},
    "voucher_full": {"vouchers": {"modes": "all"}},
    "cost_investment": {},
    "cost_switching": {},
    "cost_transfers": {"budgets": {}, "transfers": {"cost_of_funds": 0.25}},
}
COLUMNS: dict[str, dict[str, dict[str, Any]]] = {
    "jurisdictions": {
        "land": {"supervision_capacity": 3},
        "south land": {"supervision_capacity": 1},
    },
    "services": {"health": {"core": "yes", "last_resort_quality": 0.5, "fee_cap": 2}},
    "needs": {"south": {"volunteer_pool": 50}},
    "providers": {
        "state": {"quality": 0.875, "reliability": 0.9},
        "helpers": {"quality": 0.625, "qualification_cost": 80, "independent_income": 500},
    },
    "offers": {
        "clinic": {"switching_cost": 300},
        "mobile": {"mode": "grant", "volunteer_capacity": 100, "switching_cost": 40},
    },
    "sizes": {"mobile": {"investment": 2000, "investment_years": 5}},
}
FURTHER: Tables = {
    "programmes": [{"jurisdiction": "south land", "service": "health", "budget": 4000}],
    "baseline": [
        {"offer": "clinic", "region": r, "service": "health", "share": 0.5}
        for r in ("north", "south")
    ],
}


def extended(tables: Tables) -> Tables:
    """The tables with what provision mechanisms read."""
    for name, changes in COLUMNS.items():
        for row in tables[name]:
            row.update(changes.get(next(iter(row.values())), {}))
    return {**tables, **FURTHER}
