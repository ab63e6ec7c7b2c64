"""One claim for every budget and cost term, in :mod:`tests.two_regions`."""

from __future__ import annotations

import pytest

import pse_opt as pse
from tests.two_regions import COST, EVERYONE, OWN_REGION, cost, coverage, link, plan, why_not, world


def test_budgets_a_jurisdiction_spends_within_its_budget():
    homes = {"north": {"jurisdiction": "a"}, "south": {"jurisdiction": "b"}}
    jurisdictions = [
        {"jurisdiction": "a", "budget": 700},
        {"jurisdiction": "b", "budget": 900},
    ]
    instance = world(regions=homes, jurisdictions=jurisdictions, links=OWN_REGION)
    # A's 700 pay the clinic (100) and 60 visits at 10; B needs 800 for all of South.
    most = plan(instance, objective={"maximize": "coverage"}, budgets={})
    assert coverage(most) == {"north": 0.6, "south": 1.0}
    assert most.objective == pytest.approx(0.8)
    half = plan(instance, objective={"maximize": "coverage"}, budgets={"scale": 0.5})
    assert coverage(half) == {"north": 0.25, "south": 0.3}
    text = why_not(instance, coverage={"floor": 0.7}, budgets={})
    assert "budgets of a: 700 -> 800" in text


def test_budgets_a_price_moves_money_between_jurisdictions():
    # The post is B's; it serves both regions, half of each, for 300 + 500. At a price of 6, A pays
    # B 6 for each of its 50 visits: A spends 300, and B 800 - 300.
    homes = {"north": {"jurisdiction": "a"}, "south": {"jurisdiction": "b"}}
    half = {"coverage": {"floor": 0.5}, "budgets": {}}

    def with_budgets(a: float, b: float) -> pse.Instance:
        rows = [{"jurisdiction": "a", "budget": a}, {"jurisdiction": "b", "budget": b}]
        links = [link("post", "north"), link("post", "south")]
        price = {"post": {"price": 6}}
        return world(regions=homes, jurisdictions=rows, links=links, offers=price)

    assert cost(with_budgets(300, 500), **half) == pytest.approx(800)
    assert "budgets of a" in why_not(with_budgets(299, 500), **half)
    assert "budgets of b" in why_not(with_budgets(300, 499), **half)


def test_budgets_within_the_arrangers_territory_nothing_is_paid():
    # The country arranges the post and pays for the provinces below it, price or not.
    homes = {"north": {"jurisdiction": "a"}, "south": {"jurisdiction": "b"}}
    rows = [
        {"jurisdiction": "country", "budget": 800},
        {"jurisdiction": "a", "parent": "country", "budget": 0},
        {"jurisdiction": "b", "parent": "country", "budget": 0},
    ]
    arranged = {"post": {"price": 6, "arranger": "country"}, "clinic": {"required": "forbidden"}}
    instance = world(regions=homes, jurisdictions=rows, offers=arranged)
    assert cost(instance, coverage={"floor": 0.5}, budgets={}) == pytest.approx(800)


def test_budgets_supervised_providers_are_on_the_budget_of_their_supervisor():
    homes = {r: {"jurisdiction": "a"} for r in ("north", "south")}
    helpers = {"helpers": {"overhead_cost": 50, "supervisor": "a"}}

    def with_budget(limit: float) -> pse.Instance:
        rows = [{"jurisdiction": "a", "budget": limit}]
        return world(
            regions=homes,
            jurisdictions=rows,
            providers=helpers,
            offers={"clinic": {"required": "forbidden"}},
        )

    half = {"coverage": {"floor": 0.5}, "budgets": {}}
    assert cost(with_budget(850), **half) == pytest.approx(850)
    assert "budgets of a: 840 -> 850" in why_not(with_budget(840), **half)


def test_total_budget_all_public_money_together():
    # The post first (800 for 100 visits), then the clinic's 100 and 30 visits at 10.
    most = plan(world(), objective={"maximize": "coverage"}, total_budget={"maximum": 1200})
    assert most.objective == pytest.approx(130 / 200)
    text = why_not(world(), coverage=EVERYONE, total_budget={"maximum": 1800})
    assert "total_budget: 1,800 -> 1,900" in text


def test_budgets_of_nothing_are_told_with_the_money_that_is_needed():
    homes = {r: {"jurisdiction": "a"} for r in ("north", "south")}
    rows = [{"jurisdiction": "a", "budget": 0}]
    half = {"coverage": {"floor": 0.5}}
    text = why_not(world(regions=homes, jurisdictions=rows), **half, budgets={})
    assert "budgets of a: 0 -> 0" not in text
    assert "total_budget: 0 -> 0" not in why_not(world(), **half, total_budget={"maximum": 0})


def test_total_budget_is_by_default_the_sum_of_the_budgets():
    rows = [{"jurisdiction": "a", "budget": 500}, {"jurisdiction": "b", "budget": 700}]
    instance = world(jurisdictions=rows)
    most = plan(instance, objective={"maximize": "coverage"}, total_budget={})
    assert most.objective == pytest.approx(130 / 200)
    with pytest.raises(pse.InputError, match="needs a maximum"):
        plan(world(), total_budget={})


# Cost terms


@pytest.mark.parametrize(
    ("term", "change", "expected"),
    [
        ("engagement", {}, 300),
        ("delivery", {}, 500),
        ("contract", {"offers": {"post": {"contract_cost": 40}}}, 40),
        ("supervision", {"offers": {"post": {"supervision_cost": 0.5}}}, 50),
        ("overhead", {"providers": {"helpers": {"overhead_cost": 70}}}, 70),
        ("user", {"offers": {"post": {"user_fee": 2}}}, 200),
        ("own", {"offers": {"post": {"own_funds": 3}}}, 300),
        ("access", {"services": {"health": {"access_cost_per_km": 0.1}}}, 100 * 0.1 * 4),
        ("unmet", {"services": {"health": {"unmet_penalty": 9}}}, 100 * 9),
    ],
)
def test_cost_terms_of_a_hundred_visits_by_the_post_in_south(term, change, expected):
    instance = world(links=[link("post", "south", 4)], **change)
    standards = {"minimize": [*COST["minimize"], "user", "own"]}
    result = plan(instance, coverage={"floor": 0.0, "target": 0.5}, objective=standards)
    assert result.costs[term] == pytest.approx(expected)


def test_cost_terms_named_twice_are_refused():
    twice = {"minimize": ["delivery", "delivery"]}
    with pytest.raises(pse.InputError, match="names a cost term twice"):
        cost(world(), coverage={"floor": 0.5}, objective=twice)
