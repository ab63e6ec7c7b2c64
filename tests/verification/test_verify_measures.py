"""The checker on bounds by every measure, on prices of inequality and on objectives, by hand."""

from __future__ import annotations

import math

import pytest

from pse_opt.verification import verify
from tests.worlds import broken, make_plan, rules, world

# 300 people in East have 1 and 100 in West have 0.6; the mean is 0.9
SERVED = (("o", "e", "care", 1.0), ("o", "w", "care", 0.6))
R, S = 1 / 0.9, 0.6 / 0.9
"""Levels over the mean."""
VALUES = {
    "hoover": (0.75 * (R - 1) + 0.25 * (1 - S)) / 2,
    "gini": 0.75 * 0.25 * 0.4 / 0.9,
    "theil": 0.75 * R * math.log(R) + 0.25 * S * math.log(S),
    "mean_log_deviation": -0.75 * math.log(R) - 0.25 * math.log(S),
    "atkinson": 1 - (0.75 * math.sqrt(R) + 0.25 * math.sqrt(S)) ** 2,
    "coefficient_of_variation": math.sqrt(0.75 * (R - 1) ** 2 + 0.25 * (S - 1) ** 2),
    "quantile_share": 1 / 0.6,
    "poverty_gap": 0.25 * 0.4,
    "worst_mean": 0.6,
}


@pytest.mark.parametrize("measure", VALUES)
def test_a_bound_is_broken_just_beyond_the_value(measure):
    side, value = ("minimum" if measure == "worst_mean" else "maximum"), VALUES[measure]
    kept = {"name": "fair", "measure": measure, side: value}
    assert verify(world(), make_plan(*SERVED), rules(kept)).ok
    beyond = value * (1.0001 if side == "minimum" else 0.9999)
    found = verify(world(), make_plan(*SERVED), rules({**kept, side: beyond}))
    assert broken(found) == [("equalization.fair", "care")]
    assert found.inequality["fair"]["care"][measure] == pytest.approx(value)
    assert found.violations[0].amount == pytest.approx(abs(value - beyond), rel=1e-3)
    assert "0.6 in West and 1 in East" in found.violations[0].message


def test_levels_in_a_small_unit_are_not_waved_through():
    # visits a head are of the order of a millionth of a visit; half as much is no rounding error
    needs = [{"region": r, "service": "care", "demand": 1e-4} for r in ("e", "w")]
    entry = {"name": "fair", "level": "units_per_head", "measure": "range", "maximum": 1e-7}
    found = verify(world(needs=needs), make_plan(*SERVED), rules(entry))
    assert broken(found) == [("equalization.fair", "care")]
    assert "visits per head" in found.violations[0].message


@pytest.mark.parametrize(("within", "envy"), [(100, 0.0), (120, 0.4)])
def test_only_neighbours_envy_each_other(within, envy):
    regions = [
        {**r, "longitude": 30, "latitude": y}
        for r, y in zip(world().tables["regions"].to_dict("records"), (-10, -11), strict=True)
    ]
    entry = {"name": "fair", "measure": "envy", "neighbour_km": within}  # they are 111 km apart
    found = verify(world(regions=regions), make_plan(*SERVED), rules(entry))
    assert found.inequality["fair"]["care"]["envy"] == pytest.approx(envy)


def test_an_entry_without_a_bound_is_measured_and_never_broken():
    found = verify(world(), make_plan(*SERVED), rules({"name": "fair"}))
    assert found.ok
    assert found.inequality["fair"]["care"]["range"] == pytest.approx(0.4)


def test_inequality_has_its_price():
    entry = {"name": "fair", "price": 50}
    policy = rules(entry, objective={"minimize": ["engagement", "inequality"]})
    found = verify(world(), make_plan(*SERVED), policy)
    assert found.costs["inequality"] == pytest.approx(50 * 0.4)
    assert found.objective == pytest.approx(10 + 20)


@pytest.mark.parametrize(
    ("objective", "entry", "value"),
    [
        ({"maximize": "mean"}, {}, 0.9),
        ({"maximize": "worst"}, {}, 0.6),
        ({"maximize": "lexicographic"}, {}, 0.6),
        (
            {"maximize": "kolm_pollak"},
            {"measure": "kolm_pollak", "kappa": 2.0},
            -math.log(0.75 * math.exp(-2) + 0.25 * math.exp(-1.2)) / 2,
        ),
        ({"minimize_inequality": "fair"}, {"measure": "gini"}, 0.75 * 0.25 * 0.4 / 0.9),
    ],
    ids=lambda v: next(iter(v.values()), "") if isinstance(v, dict) else "",
)
def test_the_objective_is_recomputed(objective, entry, value):
    policy = rules({"name": "fair", **entry}, objective=objective)
    assert verify(world(), make_plan(*SERVED), policy).objective == pytest.approx(value)
