"""Welfare and least inequality as objectives: what goes with what, and tiny optima in prose."""

from __future__ import annotations

import pytest

import pse_opt as pse

TINY = "tiny-two-districts"
FREE = {"coverage": {"floor": 0.0}, "total_budget": {"maximum": 9000.0}}
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
