"""The checker on budgets, and on what is priced."""

from __future__ import annotations

import pytest

from pse_opt.verification import (
    verify,
)
from tests.worlds import (
    BOTH,
    RESORT,
    broken,
    make_plan,
    offer,
    rules,
    world,
)

# Money


def budgets(east: float | str, west: float | str) -> list[dict]:
    return [{"jurisdiction": "east", "budget": east}, {"jurisdiction": "west", "budget": west}]


def test_a_jurisdiction_spends_within_its_budget():
    # East pays 10 for engaging the offer and 1 for each of 200 visits; West has no price to pay
    instance = world(jurisdictions=budgets(209, 0))
    found = verify(instance, make_plan(*BOTH), rules(budgets={"scale": 1.0}))
    assert broken(found) == [("budgets", "east")]
    assert found.violations[0].amount == pytest.approx(1)
    assert "210 money are spent; the limit is 209" in found.violations[0].message
    assert verify(instance, make_plan(*BOTH), rules(budgets={"scale": 210 / 209})).ok


def test_a_jurisdiction_pays_the_price_for_what_another_one_delivers():
    # East gets 100 x 3 back from West: it spends 210 - 300, and West 300
    offers = [offer("o", price=3)]
    enough = world(offers=offers, jurisdictions=budgets(0, 300))
    assert verify(enough, make_plan(*BOTH), rules(budgets={})).ok
    less = world(offers=offers, jurisdictions=budgets(0, 250))
    found = verify(less, make_plan(*BOTH), rules(budgets={}))
    assert [(v.rule, v.where, v.amount) for v in found.violations] == [("budgets", "west", 50)]
    assert found.public_cost == 210  # what one pays the other does not change the public cost


def test_within_the_territory_of_the_arranger_there_is_no_price():
    below = [
        {"jurisdiction": "east", "budget": 210},
        {"jurisdiction": "west", "parent": "east", "budget": 0},
    ]
    instance = world(offers=[offer("o", price=3)], jurisdictions=below)
    assert verify(instance, make_plan(*BOTH), rules(budgets={})).ok


def test_the_arranger_pays_wherever_the_offer_stands():
    instance = world(offers=[offer("o", arranger="west")], jurisdictions=budgets(0, 209))
    assert broken(verify(instance, make_plan(*BOTH), rules(budgets={}))) == [("budgets", "west")]


def test_a_budget_bears_contracts_supervision_overhead_and_last_resort():
    # West: 4 overhead of the provider it supervises, and 50 x 7 of last resort for its people;
    # East: 10 + 20 fixed, (1 + 0.5) x 100 for what is delivered
    services = [{"service": "care", "unit": "visits", "reach_km": 50, "last_resort_cost": 7}]
    providers = [{"provider": "p", "kind": "ngo", "supervisor": "west", "overhead_cost": 4}]
    offers = [offer("o", contract_cost=20, supervision_cost=0.5)]
    tables = {"services": services, "providers": providers, "offers": offers}
    policy = rules(budgets={}, last_resort={})
    exact = world(**tables, jurisdictions=budgets(180, 354))
    assert verify(exact, make_plan(*RESORT), policy).ok
    short = world(**tables, jurisdictions=budgets(179, 353))
    found = verify(short, make_plan(*RESORT), policy)
    assert [(v.where, round(v.amount, 9)) for v in found.violations] == [
        ("east", 1.0),
        ("west", 1.0),
    ]
    assert found.public_cost == 180 + 354


@pytest.mark.parametrize(
    ("section", "ok"),
    [
        ({"maximum": 210}, True),
        ({"maximum": 209}, False),
        ({"maximum": None, "share": None}, True),
        ({"share": 0.5}, True),
        ({"share": 0.49}, False),
    ],
)
def test_public_cost_keeps_within_the_total(section, ok):
    # the plan costs 210, the budgets add up to 420
    instance = world(jurisdictions=budgets(400, 20))
    found = verify(instance, make_plan(*BOTH), rules(total_budget=section))
    assert broken(found) == ([] if ok else [("total_budget", "all jurisdictions")])


def test_unmet_need_fees_and_own_funds_are_priced():
    services = [{"service": "care", "unit": "visits", "reach_km": 50, "unmet_penalty": 9}]
    instance = world(services=services, offers=[offer("o", user_fee=0.5, own_funds=0.25)])
    found = verify(
        instance, make_plan(("o", "e", "care", 0.8)), rules(objective={"minimize": ["unmet"]})
    )
    assert found.costs["unmet"] == pytest.approx((20 + 100) * 9)
    assert found.costs["user"] == pytest.approx(80 * 0.5)
    assert found.costs["own"] == pytest.approx(80 * 0.25)
    assert found.objective == found.costs["unmet"]
