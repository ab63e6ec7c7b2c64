"""Welfare and least inequality as objectives: what goes with what, and tiny optima in prose."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import pse_opt as pse
from pse_opt.formulation.levels import levels_of
from pse_opt.formulation.reference import Reference
from tests.conftest import small_tables

TINY = "tiny-two-districts"
FREE = {"coverage": {"floor": 0.0}, "total_budget": {"maximum": 9000.0}}
KINDS = ("government", "ngo", "private")
CURVED = ("theil", "mean_log_deviation", "atkinson", "coefficient_of_variation")


def document(objective: dict, **entry) -> dict:
    return {"name": "goal", **FREE, "objective": objective, "equalization": [regions(**entry)]}


def regions(**more) -> dict:
    return {"name": "regions", "measure": "range", **more}


@pytest.mark.parametrize("measure", CURVED)
def test_the_least_value_of_a_curved_measure_is_refused(measure):
    with pytest.raises(pse.InputError, match="could not be proven"):
        pse.solve(TINY, document({"minimize_inequality": "regions"}, measure=measure))


def test_an_objective_about_an_entry_that_is_not_there_names_the_nearest():
    with pytest.raises(pse.InputError, match="regions"):
        pse.solve(TINY, document({"minimize_inequality": "region"}))


def test_a_welfare_is_maximized_and_a_burden_minimized():
    with pytest.raises(pse.InputError, match="maximize it instead"):
        pse.solve(TINY, document({"minimize_inequality": "regions"}, measure="floor"))
    burden = document({"maximize": "worst"}, level="travel", measure="ceiling")
    with pytest.raises(pse.InputError, match="minimize_inequality instead"):
        pse.solve(TINY, burden)


def test_the_worst_off_get_as_much_as_the_others_where_money_is_short():
    """9,000 buy nearly the same in both districts, and nobody is left behind for it."""
    worst = pse.solve(TINY, document({"maximize": "worst"}), gap=1e-6)
    mean = pse.solve(TINY, document({"maximize": "mean"}), gap=1e-6)
    assert worst.verified
    assert mean.verified
    least = worst.levels["coverage"].min()
    assert worst.objective == pytest.approx(least, abs=1e-6)
    assert least >= mean.levels["coverage"].min() - 1e-9
    assert mean.objective >= worst.levels["coverage"].mean() - 1e-9


@pytest.mark.parametrize("measure", ["range", "gini", "hoover", "ratio"])
def test_all_can_be_alike_and_then_cost_decides(measure):
    """Serving nobody is equal; with a target, the same share for all is, at the least cost."""
    goal = {"minimize_inequality": "regions", "then": ["engagement", "delivery", "contract"]}
    policy = document(goal, measure=measure)
    policy["coverage"] = {"floor": 0.0, "target": 0.5}
    result = pse.solve(TINY, policy, gap=1e-6)
    assert result.verified
    equal = 1.0 if measure == "ratio" else 0.0
    assert result.objective == pytest.approx(equal, abs=1e-5)
    shares = result.levels["coverage"]
    assert shares.max() - shares.min() < 1e-5
    assert shares.mean() == pytest.approx(0.5, abs=1e-4)


@pytest.mark.parametrize("measure", ["band", "ratio", "hoover", "gini", "quantile_share"])
def test_serving_nobody_is_not_the_least_inequality(measure):
    """Nothing for anybody is alike too; somebody has to be served, by a thousandth at least."""
    policy = document({"minimize_inequality": "regions", "then": ["delivery"]}, measure=measure)
    policy["total_budget"] = {"maximum": 100000.0}
    result = pse.solve(TINY, policy, gap=1e-6)
    assert result.verified
    assert result.status == "optimal"
    for _, levels in result.levels.groupby("service"):
        assert levels["coverage"].mean() > 0.5e-3


def test_an_aversion_that_only_the_worst_off_survive_is_refused():
    policy = document({"maximize": "kolm_pollak"}, measure="kolm_pollak", kappa=21)
    with pytest.raises(pse.InputError, match="at most 20, or maximize worst"):
        pse.solve(TINY, policy)


def test_the_objective_is_proven_although_it_gives_way_to_cost():
    policy = document({"maximize": "kolm_pollak", "then": ["delivery"]}, measure="kolm_pollak")
    result = pse.solve(TINY, policy, gap=0)
    assert result.verified
    assert result.status == "optimal"
    assert result.gap <= 1e-6


def test_everybody_served_by_the_nearest_is_the_least_there_can_be():
    """The equivalent of all travel is that of the nearest offers, where the rows are anchored."""
    policy = document(
        {"minimize_inequality": "regions"}, measure="kolm_pollak", level="travel", between="people"
    )
    policy["total_budget"] = {"maximum": 1e6}
    result = pse.solve(TINY, policy, gap=0)
    assert result.verified
    assert result.status == "optimal"
    levels = levels_of(result.instance, pse.read_policy(policy).equalization[0])
    assert result.objective >= levels.best_equivalent - 1e-6
    assert result.levels["coverage"].min() > 0.99


def test_of_equally_near_offers_the_first_is_the_nearest():
    """Two distances that differ in the last bit are one distance."""
    instance = pse.load_instance(TINY)
    near = instance.links["travel"].to_numpy(dtype=float)
    nudged = np.nextafter(near, np.inf)
    plain = Reference.nearest(instance).plan.deliveries
    again = pse.Instance.from_tables(instance.tables, {"name": "again"})
    first = again.links["offer"] == 1
    again.links["travel"] = np.where(first, nudged, near)
    assert again.links["travel"][first].min() > 0
    assert Reference.nearest(again).plan.deliveries["offer"].tolist() == plain["offer"].tolist()


def test_the_cheapest_of_equals_is_found_where_the_solver_loses_it():
    """The clinic alone delivers a fifth to all, 190 visits, for 1,400 and 2 each.

    Branch and bound, which is given a plan with a second offer, prunes the clinic alone because of
    a plan that delivers a little without engaging who does, keeps neither, and calls that proven.
    """
    demand = {"r0": (200, 300), "r2": (350, None), "r3": (100, None)}
    needs = [
        {"region": r, "service": "health", "group": g, "demand": d, "heads": 2 * d}
        for r, both in demand.items()
        for g, d in zip(("rural", "urban"), both, strict=True)
        if d is not None
    ]
    latitudes = {"r0": -10.0, "r1": -10.3, "r2": -10.4, "r3": -10.6}
    places = [
        {"region": r, "population": 900, "longitude": 30.0, "latitude": y}
        for r, y in latitudes.items()
    ]
    figures = {
        "clinic": ("p2", "r2", 300, 0, 1400, 2),
        "mobile": ("p1", "r0", 500, 0, 1200, 12),
        "post": ("p0", "r0", 300, 150, 500, 4),
    }
    columns = ("provider", "region", "capacity", "minimum_volume", "fixed_cost", "unit_cost")
    offers = [
        {"offer": o, "service": "health", "mode": "direct", **dict(zip(columns, f, strict=True))}
        for o, f in figures.items()
    ]
    providers = [{"provider": p, "kind": k} for p, k in zip(("p0", "p1", "p2"), KINDS, strict=True)]
    services = [{"service": "health", "unit": "visits", "reach_km": 60}]
    names = ("regions", "services", "needs", "providers", "offers")
    rows = (places, services, needs, providers, offers)
    tables = {name: pd.DataFrame(r) for name, r in zip(names, rows, strict=True)}
    instance = pse.Instance.from_tables(tables)
    entry = regions(measure="ceiling", between="groups-within-regions")
    policy = {
        "name": "goal",
        "coverage": {"floor": 0.0, "target": 0.2},
        "objective": {"minimize_inequality": "regions", "then": ["engagement", "delivery"]},
        "equalization": [entry],
    }
    result = pse.solve(instance, policy, gap=0)
    assert result.verified
    assert sum(result.costs.values()) == pytest.approx(1400 + 2 * 190, abs=1e-2)


@pytest.mark.parametrize("measure", [*CURVED, "kolm_pollak", "gini", "lorenz", "shortfall"])
def test_what_is_only_measured_restricts_nothing(measure):
    """The south cannot be reached; a measure that is infinite there is reported, not a rule."""
    tables = small_tables(services={"reach_km": [10]}, offers={"region": ["north", "north"]})
    tables["baseline"] = pd.DataFrame(
        {"offer": ["clinic"], "region": ["north"], "service": ["health"], "share": [0.5]}
    )
    instance = pse.Instance.from_tables(tables)
    policy = {
        "name": "goal",
        "coverage": {"floor": 0.0, "target": 0.5},
        "objective": {"minimize": ["engagement", "delivery"]},
    }
    free = pse.solve(instance, policy, gap=0)
    told = pse.solve(instance, {**policy, "equalization": [regions(measure=measure)]}, gap=0)
    assert told.verified
    assert told.objective == pytest.approx(free.objective)
    assert measure in told.inequality["regions"]["health"]
