"""The greatest travel made least by covering problems gives what the compact model gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import pse_opt as pse
from pse_opt.solving.compiled import compile_model
from pse_opt.solving.location import radius
from tests.strategies import instance_of
from tests.test_classics import road

NEAREST = {
    "coverage": {"floor": 1.0},
    "equalization": [{"name": "regions", "level": "travel", "measure": "ceiling"}],
    "objective": {"minimize_inequality": "regions"},
}


def square(seed: int, *, places: int = 9, capacity: float = 1e3, **offers: Any) -> pse.Instance:
    """Places at random, each with a need and an offer; travel in whole kilometres."""
    draw = np.random.default_rng(seed)
    at = draw.uniform(0, 30, (places, 2))
    travel = np.round(np.linalg.norm(at[:, None] - at[None], axis=2))
    names = [f"p{k}" for k in range(places)]
    need = draw.integers(5, 20, places)
    made = {
        "provider": "state",
        "service": "care",
        "mode": "direct",
        "capacity": capacity,
        "fixed_cost": 1,
        "unit_cost": 0,
    }
    return instance_of(
        {
            "regions": [{"region": r, "population": 1} for r in names],
            "services": [{"service": "care", "unit": "visits", "reach_km": 99}],
            "needs": [
                {"region": r, "service": "care", "demand": int(n)}
                for r, n in zip(names, need, strict=True)
            ],
            "providers": [{"provider": "state", "kind": "government"}],
            "offers": [{"offer": r, "region": r, **made, **offers} for r in names],
            "links": [
                {"offer": names[i], "region": names[j], "travel": float(travel[i, j])}
                for i in range(places)
                for j in range(places)
            ],
        }
    )


def solved(instance: pse.Instance, strategy: str, **sections: Any) -> pse.Result:
    document = {"name": "policy", **NEAREST, **sections}
    result = pse.solve(instance, document, gap=0, strategy=strategy)
    if result.plan is not None:
        assert result.verified, [str(v) for v in result.verification.violations]
    return result


def applies(instance: pse.Instance, **sections: Any) -> bool:
    document = {"name": "policy", **NEAREST, **sections}
    return radius.radius_of(compile_model(pse.build_model(instance, document))) is not None


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("number", [1, 2, 4])
def test_it_agrees_with_the_compact_model(seed, number):
    instance = square(seed)
    found = solved(instance, "auto", siting={"number": number})
    assert found.strategy.startswith("radius")
    assert found.status == "optimal"
    expected = solved(instance, "direct", siting={"number": number})
    assert found.objective == pytest.approx(expected.objective)
    assert found.bound == pytest.approx(expected.objective)


@pytest.mark.parametrize("seed", range(6))
def test_it_agrees_where_offers_are_full_and_each_need_has_one_source(seed):
    instance = square(seed, places=7, capacity=40)
    sections = {"siting": {"maximum": 4}, "single_source": {}}
    found, expected = (solved(instance, s, **sections) for s in ("radius", "direct"))
    assert found.status == expected.status
    if expected.plan is not None:
        assert found.objective == pytest.approx(expected.objective)


def test_what_is_infeasible_is_said_to_be():
    sections = {"siting": {"number": 1}, "single_source": {}}
    result = solved(square(1, capacity=40), "radius", **sections)
    assert result.status == "infeasible"
    assert "siting, offers of care: 1 -> " in "\n".join(result.reasons)


def test_required_and_exclusive_offers_are_kept():
    instance = road()
    tables = {k: t.copy() for k, t in instance.tables.items()}
    tables["offers"].loc[tables["offers"]["offer"] == "at a", "required"] = "yes"
    forced = pse.Instance.from_tables(tables, {"name": "road"})
    # a must be engaged, so that one more serves c and d: the furthest is 1 away all the same.
    assert solved(forced, "radius", siting={"number": 2}).objective == pytest.approx(1)
    # Alone it leaves d at 6.
    assert solved(forced, "radius", siting={"number": 1}).objective == pytest.approx(6)


@pytest.mark.parametrize(
    ("instance", "sections", "expected"),
    [
        (square(0), {"siting": {"number": 2}}, True),
        (square(0, capacity=40), {"siting": {"number": 5}}, False),
        (square(0, capacity=40), {"siting": {"number": 5}, "single_source": {}}, True),
        (square(0), {"siting": {"number": 2}, "coverage": {"floor": 0.9}}, False),
        (square(0), {"siting": {"number": 2}, "total_budget": {"maximum": 3}}, False),
        (square(0, minimum_volume=10), {"siting": {"number": 2}}, False),
        (square(0), {"siting": {"number": 2}, "objective": {"minimize": ["engagement"]}}, False),
    ],
)
def test_it_applies_where_a_need_is_served_from_one_place(instance, sections, expected):
    assert applies(instance, **sections) is expected


def test_a_model_of_another_kind_is_solved_directly():
    result = pse.solve("tiny-two-districts", "core", gap=0, strategy="radius")
    assert result.objective == pytest.approx(
        pse.solve("tiny-two-districts", "core", gap=0).objective
    )


def test_without_time_nothing_is_claimed():
    document = {"name": "policy", **NEAREST, "siting": {"number": 2}}
    result = pse.solve(square(3, places=20), document, gap=0, time_limit=1e-6)
    assert result.status in ("no_plan", "feasible")
    assert result.termination == "time_limit"
    best = solved(square(3, places=20), "auto", siting={"number": 2}).objective
    assert result.bound is None or result.bound <= best + 1e-9


def test_progress_closes_in_from_both_sides():
    moments: list[Any] = []
    document = {"name": "policy", **NEAREST, "siting": {"number": 3}}
    pse.solve(square(5, places=20), document, gap=0, progress=moments.append)
    assert moments
    assert all(m.bound <= m.objective + 1e-9 for m in moments)
    assert [m.objective for m in moments] == sorted((m.objective for m in moments), reverse=True)
