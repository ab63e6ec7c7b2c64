"""Prices of limits: what a limit a little higher or lower really changes, engagements fixed."""

from __future__ import annotations

from types import MappingProxyType

import pytest
from hypothesis import event

import pse_opt as pse
from pse_opt.analysis.marginal import marginals_of
from pse_opt.policy import read_policy
from tests.strategies import COSTS, Case, cases
from tests.strategies_equity import equity_cases
from tests.test_properties import Claim, try_examples
from tests.two_regions import COST, EVERYONE, OWN_REGION, world

SMALL = 2e-4
"""By what part of the limit the difference is taken: far above the solver's tolerance."""


def fixed_cost(instance, policy, plan, moved):
    """Cost of the best deliveries with a plan's engagements, of tables and a document changed."""
    tables, document = moved
    changed = pse.Instance(instance.about, MappingProxyType({**instance.tables, **tables}))
    m = pse.build_model(changed, read_policy(document))
    chosen = set(zip(plan.engagements["offer"], plan.engagements["size"], strict=True))
    for key, column in m.engaged.items():
        column.fix(float(key in chosen))
    outcome = pse.solve_model(m, gap=0)
    return outcome.objective


def agrees(instance, document, relative=1e-4) -> int:
    """Hold every price against differences of independent programs; return how many there are."""
    policy = read_policy(document)
    result = pse.solve(instance, policy, gap=0)
    found = None if result.plan is None else marginals_of(instance, policy, result.plan)
    if found is None:
        return 0
    scale = max(abs(x.price / limit.per) for limit, x in found[0]) if found[0] else 1.0
    compared = 0
    for limit, x in found[0]:
        amount = SMALL * (limit.value or 1.0)
        for sign, said in ((1.0, "more"), (-1.0, "less")):
            end = x.high if sign > 0 else x.low
            inside = end is None or abs(end - limit.value) > amount
            if x.holds not in ("both", said) or not inside:
                continue
            moved = limit.moved(instance, policy, sign * amount)
            after = fixed_cost(instance, policy, result.plan, moved)
            assert after is not None, (x, said)
            slope = (after - found[1]) / (sign * amount)
            tolerance = relative * scale + 1e-6 * abs(found[1]) / amount * 1e-2
            assert slope == pytest.approx(x.price / limit.per, rel=1e-3, abs=tolerance), (x, said)
            compared += 1
    return compared


@pytest.mark.parametrize("model", ["core", "equalized", "equalized-gini", "ngo-mixed"])
def test_prices_on_the_smallest_instance_are_those_of_the_readme(tiny, model):
    assert agrees(tiny, {"extends": model}) >= 8


def test_the_price_of_the_target_is_a_visit_of_the_clinic(tiny):
    policy = read_policy("core")
    result = pse.solve(tiny, policy, gap=0)
    by_name = {x.name: x for _, x in marginals_of(tiny, policy, result.plan)[0]}
    target, helpers = by_name["target/health"], by_name["capacity/helpers-south"]
    # One visit more comes from the clinic of North, at 10; up to the 1,000 that it can deliver.
    assert (target.price, target.per_point) == pytest.approx((10, 150))
    assert target.high == pytest.approx(1360 / 1500)
    assert (target.words, target.holds) == ("costs", "both")
    # A visit of the helpers costs 8.50 instead of 10.
    assert (helpers.price, helpers.words) == (pytest.approx(-1.5), "saves")
    assert by_name["floor/south/health"].high == pytest.approx(0.72)
    assert by_name["capacity/clinic-north"].low == pytest.approx(990)


def test_a_floor_of_the_whole_need_can_only_be_lower():
    policy = read_policy({"objective": COST, "coverage": EVERYONE})
    instance = world(links=OWN_REGION)
    result = pse.solve(instance, policy, gap=0)
    for _, x in marginals_of(instance, policy, result.plan)[0]:
        if x.kind == "floor":
            assert x.holds == "less"
            assert x.price == pytest.approx(10 if "north" in x.name else 5)


def test_a_plan_whose_engagements_cannot_keep_the_rules_has_no_prices(tiny):
    today = pse.Plan.baseline(tiny)
    assert marginals_of(tiny, read_policy("core"), today) is None


def test_prices_of_money_and_volumes_hold():
    rules = {
        "objective": COST,
        "coverage": {"floor": 0.5, "target": 0.9},
        "total_budget": {"maximum": 1500},
        "volunteers": {},
        "last_resort": {},
    }
    instance = world(
        offers={"post": {"volunteer_capacity": 20}, "clinic": {"capacity": 90}},
        services=[
            {
                "service": "health",
                "unit": "visits",
                "reach_km": 50,
                "last_resort_cost": 8,
                "last_resort_cap": 10,
            }
        ],
    )
    assert agrees(instance, rules) >= 8


def random_prices(case) -> None:
    event(f"{min(agrees(case.instance, case.document), 10)} prices")


@pytest.mark.parametrize("focus", ["standards", "money"])
def test_prices_of_random_instances_are_differences(focus):
    costly = cases(focus).map(
        lambda c: Case(c.tables, {**c.document, "objective": {"minimize": list(COSTS)}})
    )
    try_examples(Claim(random_prices, (costly,), 8), 8)


@pytest.mark.parametrize("measure", ["range", "gini", "ratio", "theil"])
def test_prices_of_bounds_on_inequality_are_differences(measure):
    def claim(case) -> None:
        event(f"{min(agrees(case.instance, case.document, 1e-3), 10)} prices")

    try_examples(Claim(claim, (equity_cases(measure),), 3), 3)
