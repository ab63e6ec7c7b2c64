"""Claims on change against today, on the two regions of :mod:`tests.two_regions`.

North and South need 100 visits each. The clinic is government's (100 visits, 100 fixed, 10 a
visit), the post an NGO's (100 visits, 300 fixed, 5 a visit); both reach both regions. Half of all
need is cheapest by the post alone, 800; today the clinic serves it, which costs 1100.
"""

from __future__ import annotations

import pytest

import pse_opt as pse
from tests.formulation.test_reliance import broken
from tests.two_regions import COST, OWN_REGION, engaged, plan, why_not, world

HALF = {"floor": 0.5}
CHANGING = {"minimize": [*COST["minimize"], "switching"]}


def served_today(**changes: object) -> pse.Instance:
    rows = [
        {"offer": "clinic", "region": r, "service": "health", "share": 0.5}
        for r in ("north", "south")
    ]
    return world(baseline=rows, **changes)


def test_continuity_share_few_change_their_provider():
    # Of 100 visits today 20 may leave the clinic: it keeps 80, the post takes 20 and pays no more
    # than it costs, 100 + 800 + 300 + 100, more than the clinic alone.
    result = plan(served_today(), coverage=HALF, continuity={"maximum_change": 0.2})
    assert engaged(result) == ["clinic"]
    # For 160 visits the post is needed; the clinic keeps 80 of its visits of today.
    result = plan(served_today(), coverage={"floor": 0.8}, continuity={"maximum_change": 0.2})
    assert result.objective == pytest.approx(100 + 800 + 300 + 400)
    free = plan(served_today(), coverage={"floor": 0.8})
    assert free.objective == pytest.approx(100 + 600 + 300 + 500)


def test_continuity_share_what_another_offer_of_the_provider_takes_over_is_no_change():
    instance = served_today(offers={"post": {"provider": "state"}})
    result = plan(instance, coverage=HALF, continuity={"maximum_change": 0})
    assert engaged(result) == ["post"]


def test_continuity_offers_few_are_new_and_few_are_ended():
    assert engaged(plan(served_today(), coverage=HALF, continuity={"maximum_new": 0})) == ["clinic"]
    kept = plan(served_today(), coverage=HALF, continuity={"maximum_ended": 0})
    # The clinic may not be ended: alone it costs 1100, beside the post 100 + 800.
    assert kept.objective == pytest.approx(900)
    both = {"maximum_new": 1, "maximum_ended": 1}
    assert engaged(plan(served_today(), coverage=HALF, continuity=both)) == ["post"]


def test_continuity_without_a_baseline_is_no_rule():
    rule = {"maximum_change": 0, "maximum_new": 0, "maximum_ended": 0}
    assert engaged(plan(world(), coverage=HALF, continuity=rule)) == ["post"]


def test_continuity_that_stands_in_the_way_is_named():
    floor = {"floor": 0.8}
    text = why_not(served_today(), coverage=floor, continuity={"maximum_new": 0})
    assert "continuity: offers engaged anew: 0 -> 1" in text
    instance = served_today(links=OWN_REGION, offers={"clinic": {"capacity": 40}})
    text = why_not(instance, coverage={"floor": 0.3}, continuity={"maximum_change": 0.5})
    # The clinic no longer reaches the 50 visits of South, and has 40 of 50 places in North.
    assert "continuity: continuity_share of health: 50.0% -> 60.0%" in text
    instance = served_today(offers={"clinic": {"required": "forbidden"}})
    text = why_not(instance, coverage=HALF, continuity={"maximum_ended": 0})
    assert "A rule holds for nothing that could fulfil it" in text
    assert "offers ended: 0 -> 1 offers (continuity.maximum_ended)" in text


def test_continuity_is_checked():
    free = plan(served_today(), coverage=HALF)
    rule = {"maximum_change": 0.5, "maximum_new": 0, "maximum_ended": 0}
    assert broken(served_today(), free, continuity=rule) == [
        "continuity_share: health: 100 of 100 visits of today change provider; at most a share of "
        "0.5 may",
        "continuity_offers: new: 1 offers are engaged anew; at most 0 may be",
        "continuity_offers: ended: 1 offers of today are ended; at most 0 may be",
    ]


def test_switching_is_worth_it_where_it_saves_more():
    # The post saves 300: ending the clinic at 50 and engaging the post at 150 is worth it.
    for cost, chosen, total in ((150, "post", 800 + 50 + 150), (300, "clinic", 1100)):
        offers = {"clinic": {"switching_cost": 50}, "post": {"switching_cost": cost}}
        result = plan(served_today(offers=offers), objective=CHANGING, coverage=HALF)
        assert engaged(result) == [chosen]
        assert result.objective == pytest.approx(total)
