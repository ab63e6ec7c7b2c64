"""Without deliveries, where they cost nothing, the answer is that of the compact model."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

import pse_opt as pse
from pse_opt.solving.compiled import compile_model
from pse_opt.solving.location import covering
from tests.solving.test_radius import square

MOST = {"coverage": {"floor": 0.0}, "objective": {"maximize": "coverage"}}
FEWEST = {"coverage": {"floor": 1.0}, "objective": {"minimize": ["engagement"]}}


def near(seed: int, *, within: float = 8, rescue: float | None = None, **options: Any):
    """Places at random; an offer reaches those within some kilometres."""
    instance = square(seed, **options)
    tables = {k: t.copy() for k, t in instance.tables.items()}
    tables["links"] = tables["links"][tables["links"]["travel"] <= within]
    if rescue is not None:
        tables["services"] = tables["services"].assign(last_resort_cost=rescue)
    return pse.Instance.from_tables(tables, {"name": "near"})


def solved(instance: pse.Instance, strategy: str, **document: Any) -> pse.Result:
    result = pse.solve(instance, {"name": "policy", **document}, gap=0, strategy=strategy)
    if result.plan is not None:
        assert result.verified, [str(v) for v in result.verification.violations]
    return result


def applies(instance: pse.Instance, **document: Any) -> bool:
    model = pse.build_model(instance, {"name": "policy", **document})
    return covering.covering_of(compile_model(model)) is not None


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    "document",
    [
        {**MOST, "siting": {"number": 2}},
        {**FEWEST},
        {**FEWEST, "coverage": {"floor": 0.3, "target": 0.7}},
        {**MOST, "siting": {"maximum": 3}, "last_resort": {"maximum_share": 0.4}},
        {
            **MOST,
            "siting": {"number": 3},
            "equalization": [{"name": "even", "measure": "floor", "minimum": 0.5}],
        },
    ],
    ids=["most", "fewest", "targets", "last resort", "floor"],
)
def test_it_agrees_with_the_compact_model(seed, document):
    instance = near(seed, rescue=1.0 if "last_resort" in document else None)
    found, expected = (solved(instance, s, **document) for s in ("auto", "direct"))
    assert found.strategy.startswith("covering")
    assert found.status == expected.status
    if expected.plan is not None:
        assert found.objective == pytest.approx(expected.objective)
        assert found.bound == pytest.approx(expected.objective)


def test_last_resort_cannot_stand_in_for_more_than_is_delivered():
    # Last resort alone may meet 0.4 of each need, and an offer the rest or all of it.
    document = {**MOST, "siting": {"number": 1}, "last_resort": {"maximum_share": 0.4}}
    result = solved(near(2, within=0, rescue=1.0, places=4), "covering", **document)
    demand = near(2, places=4).needs["demand"]
    rest = 0.4 * (demand.sum() - demand.max())
    assert result.objective == pytest.approx((demand.max() + rest) / demand.sum())


@pytest.mark.parametrize(
    ("instance", "document", "expected"),
    [
        (near(0), {**MOST, "siting": {"number": 2}}, True),
        (near(0, capacity=30), {**MOST, "siting": {"number": 2}}, False),
        (near(0), {**FEWEST, "objective": {"minimize": ["engagement", "delivery"]}}, True),
        (near(0, unit_cost=2), {**FEWEST, "objective": {"minimize": ["delivery"]}}, False),
        (near(0), {**MOST, "single_source": {}}, False),
        (near(0, minimum_volume=5), {**MOST}, False),
        (near(0, unit_cost=2), {**MOST, "total_budget": {"maximum": 90}}, False),
    ],
)
def test_it_applies_where_it_does_not_matter_who_delivers(instance, document, expected):
    assert applies(instance, **document) is expected


def test_sizes_of_an_offer_are_left_to_the_compact_model():
    tables = {k: t.copy() for k, t in near(0).tables.items()}
    tables["sizes"] = pd.DataFrame(
        {
            "offer": ["p0", "p0"],
            "size": ["small", "large"],
            "capacity": [5, 900],
            "fixed_cost": [1, 2],
            "unit_cost": [0, 0],
        }
    )
    sized = pse.Instance.from_tables(tables, {"name": "sized"})
    assert not applies(sized, **MOST)
    assert solved(sized, "covering", **MOST).status == "optimal"


def test_what_is_infeasible_is_said_to_be():
    result = solved(near(1), "auto", **FEWEST, siting={"maximum": 1})
    assert result.status == "infeasible"
    assert "siting" in "\n".join(result.reasons)
