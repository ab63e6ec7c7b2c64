"""The rows of every component and the objective of every cost term, as committed LP files.

Each file is the smallest scenario that uses the component, with the component's rows alone. After
an intended change: ``pytest tests/test_golden.py --regenerate-golden``, and read the difference.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pyomo.environ as pe
import pytest
from pyomo.repn.plugins.lp_writer import LPWriter

import pse_opt as pse
from pse_opt.components import COMPONENTS, COST_TERMS, load_builtin
from tests import golden_mechanisms
from tests.strategies import instance_of

GOLDEN = Path(__file__).parent / "golden"
load_builtin()
OURS = sorted(n for n, c in COMPONENTS.items() if c.function.__module__.startswith("pse_opt."))
TERMS = sorted(n for n, f in COST_TERMS.items() if f.__module__.startswith("pse_opt."))
FILES = [*OURS, *(f"cost_{term}" for term in TERMS)]
ALL_COSTS = {"objective": {"minimize": TERMS}}


def tables() -> dict[str, list[dict[str, Any]]]:
    """Two regions of two governments; a clinic reaches both, a mobile team its own region."""
    return {
        "jurisdictions": [
            {"jurisdiction": "land", "parent": "", "budget": 10000},
            {"jurisdiction": "south land", "parent": "land", "budget": 5000},
            {"jurisdiction": "neighbour", "parent": "", "budget": 2000},
        ],
        "regions": [
            {
                "region": "north",
                "population": 1000,
                "jurisdiction": "neighbour",
                "longitude": 30.0,
                "latitude": -10.0,
            },
            {
                "region": "south",
                "population": 500,
                "jurisdiction": "south land",
                "longitude": 30.0,
                "latitude": -10.1,
            },
        ],
        "services": [
            {
                "service": "health",
                "unit": "visits",
                "reach_km": 40,
                "access_cost_per_km": 0.5,
                "travel_cap": 50,
                "last_resort_cost": 30,
                "last_resort_travel": 25,
                "last_resort_cap": 200,
                "unmet_penalty": 60,
            }
        ],
        "needs": [
            {"region": "north", "service": "health", "demand": 800},
            {"region": "south", "service": "health", "demand": 400},
        ],
        "providers": [
            {"provider": "state", "kind": "government"},
            {
                "provider": "helpers",
                "kind": "ngo",
                "overhead_cost": 100,
                "supervisor": "south land",
            },
        ],
        "offers": [
            {
                "offer": "clinic",
                "provider": "state",
                "service": "health",
                "mode": "direct",
                "region": "south",
                "arranger": "land",
                "capacity": 1000,
                "fixed_cost": 1000,
                "unit_cost": 10,
                "price": 12,
                "user_fee": 2,
                "exclusive_group": "one house",
                "required": "yes",
            },
            {
                "offer": "mobile",
                "provider": "helpers",
                "service": "health",
                "mode": "contract",
                "region": "south",
                "capacity": 400,
                "minimum_volume": 100,
                "fixed_cost": 600,
                "unit_cost": 8,
                "own_funds": 3,
                "contract_cost": 50,
                "supervision_cost": 0.5,
                "exclusive_group": "one house",
            },
        ],
        "sizes": [
            {
                "offer": "mobile",
                "size": size,
                "capacity": capacity,
                "minimum_volume": capacity // 2,
                "fixed_cost": 2 * capacity,
                "unit_cost": unit_cost,
            }
            for size, capacity, unit_cost in (("one car", 200, 9), ("two cars", 400, 8))
        ],
        "links": [
            {"offer": "clinic", "region": "north", "travel": 20},
            {"offer": "clinic", "region": "south", "travel": 0},
            {"offer": "mobile", "region": "south", "travel": 5},
        ],
        "standards": [
            {"service": "health", "region": "south", "floor": 0.8, "target": 0.9},
        ],
        "baseline": [
            {"offer": "clinic", "region": "north", "service": "health", "share": 0.5},
            {"offer": "clinic", "region": "south", "service": "health", "share": 0.75},
        ],
    }


def entry(measure: str, bound: float, **more: Any) -> dict[str, Any]:
    key = "minimum" if measure in ("floor", "worst_mean") else "maximum"
    return {"equalization": [{"name": "even", "measure": measure, key: bound, **more}]}


def best(goal: str, measure: str = "range", **more: Any) -> dict[str, Any]:
    key = "minimize_inequality" if goal == "even" else "maximize"
    entries = [{"name": "even", "measure": measure, **more}]
    return {"objective": {key: goal}, "equalization": entries}


SECTIONS: dict[str, dict[str, Any]] = {
    "coverage_floor": {"coverage": {"floor": 0.5}},
    "coverage_target": {"coverage": {"floor": 0.5, "target": 0.75}},
    "siting": {"siting": {"minimum": 1, "maximum": 2}},
    "different_offers": {"difference": {"plans": [["clinic"], ["mobile", "gone"]], "minimum": 2}},
    "last_resort_limit": {"last_resort": {}},
    "cost_last_resort": {"last_resort": {"maximum_share": 0.5}},
    "source_assignment": {"single_source": {}},
    "single_source": {"single_source": {}},
    "attainment": {"last_resort": {}},
    "budgets": {"budgets": {"scale": 0.5}, "last_resort": {}},
    "total_budget": {"total_budget": {"share": 0.5}, "last_resort": {}},
    "equalization_level": {
        "last_resort": {},
        "equalization": [
            {"name": "even", "measure": "range", "maximum": 0.1},
            {"name": "near", "level": "travel", "measure": "ceiling", "maximum": 15},
            {"name": "reach", "level": "access", "measure": "floor", "full_access_km": 10},
            {"name": "heads", "level": "units_per_head", "measure": "floor"},
            {
                "name": "money",
                "level": "spending_per_head",
                "between": "jurisdictions",
                "measure": "range",
            },
        ],
    },
    "equalization_mean": entry("hoover", 0.1),
    "equalization_bound": {
        "equalization": [
            {"name": "even", "measure": "gini", "maximum": 0.1},
            {"name": "fair", "measure": "ratio", "maximum": 1.25},
            {"name": "least", "measure": "floor", "minimum": 0.5},
            {"name": "near", "level": "travel", "measure": "ceiling", "maximum": 15},
        ]
    },
    "equalization_floor": entry("floor", 0.5),
    "equalization_ceiling": entry("ceiling", 15, level="travel"),
    "equalization_range": entry("range", 0.1),
    "equalization_ratio": entry("ratio", 1.25),
    "equalization_band": entry("band", 0.25),
    "equalization_hoover": entry("hoover", 0.1),
    "equalization_gini": {
        "equalization": [
            {"name": "pairs", "measure": "gini", "maximum": 0.1},
            {"name": "grid", "measure": "gini", "maximum": 0.1, "method": "grid", "points": 2},
        ]
    },
    "equalization_theil": entry("theil", 0.1),
    "equalization_mean_log_deviation": entry("mean_log_deviation", 0.1),
    "equalization_atkinson": entry("atkinson", 0.1, aversion=2.0),
    "equalization_coefficient_of_variation": entry("coefficient_of_variation", 0.5),
    "equalization_kolm_pollak": {
        "equalization": [
            {"name": "share", "measure": "kolm_pollak", "minimum": 0.5, "kappa": 2.0},
            {
                "name": "travel",
                "level": "travel",
                "between": "people",
                "measure": "kolm_pollak",
                "maximum": 20.0,
                "kappa": 0.05,
            },
        ]
    },
    "equalization_quantile_share": entry("quantile_share", 1.5, quantile=0.5),
    "equalization_worst_mean": {
        "equalization": [
            {"name": "share", "measure": "worst_mean", "minimum": 0.5, "quantile": 0.25},
            {"name": "far", "level": "travel", "measure": "worst_mean", "maximum": 20.0},
        ]
    },
    "equalization_poverty_gap": entry("poverty_gap", 0.1, standard=0.9),
    "equalization_envy": entry("envy", 0.1, neighbour_km=20.0),
    "equalization_shortfall": {
        "equalization": [
            {"name": "share", "measure": "shortfall", "maximum": 0.1},
            {"name": "travel", "level": "travel", "measure": "shortfall", "maximum": 5.0},
        ]
    },
    "equalization_lorenz": entry("lorenz", 0.0),
    "cost_inequality": entry("range", 0.1, price=1000.0),
    "objective_worst": best("worst"),
    "objective_ranks": best("lexicographic"),
    "objective_inequality": best("even", "gini"),
}


def linear_program(name: str) -> str:
    """The LP of one component's rows, or of one cost term."""
    mine = name in golden_mechanisms.SECTIONS
    instance = instance_of(golden_mechanisms.extended(tables()) if mine else tables())
    sections = (golden_mechanisms.SECTIONS if mine else SECTIONS).get(name, {})
    m = pse.build_model(instance, {**ALL_COSTS, **sections})
    for constraint in m.component_objects(pe.Constraint):
        if constraint.local_name != name:
            constraint.deactivate()
    m.objective.deactivate()
    term = name.removeprefix("cost_")
    m.alone = pe.Objective(expr=m.cost[term] if name.startswith("cost_") else 0)
    text = io.StringIO()
    LPWriter().write(m, text, symbolic_solver_labels=True)
    return text.getvalue().split("*\\\n", 1)[1].lstrip("\n")


@pytest.mark.parametrize("name", FILES)
def test_the_rows_are_those_committed(name, request):
    path, found = GOLDEN / f"{name}.lp", linear_program(name)
    if request.config.getoption("--regenerate-golden"):
        path.write_text(found, encoding="utf-8")
    assert found == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", FILES)
def test_every_scenario_uses_what_it_is_about(name):
    text = linear_program(name)
    if name.startswith("cost_"):
        goal = text.split("s.t.")[0]
        assert "(" in goal, "the term has a coefficient on some decision"
    else:
        assert f"_{name}(" in text, "the component has a row"


def test_every_component_has_a_golden_file_and_every_file_a_component():
    assert sorted(p.stem for p in GOLDEN.glob("*.lp")) == sorted(FILES)
