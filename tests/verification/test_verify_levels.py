"""The checker on what can be made equal: levels of service and spending, by hand."""

from __future__ import annotations

import math

import pytest

from pse_opt.errors import InputError
from pse_opt.verification import verify
from tests.worlds import RESORT, broken, links, make_plan, offer, rules, world

SERVED = (("o", "e", "care", 1.0), ("o", "w", "care", 0.6))
CARE = {"service": "care", "unit": "visits", "reach_km": 50}


def reported(instance, plan, **entry) -> dict[str, dict[str, float]]:
    """Return what is reported of an entry without a bound."""
    policy = rules({"name": "fair", **entry}, last_resort={})
    return dict(verify(instance, plan, policy).inequality["fair"])


def extremes(instance, plan, **entry) -> tuple[float, float]:
    found = reported(instance, plan, **entry)["care"]
    return found["floor"], found["ceiling"]


def test_units_per_head_count_what_is_delivered_for_each_of_the_people():
    # East: 100 visits for 300 people; West: 60 for 100
    assert extremes(world(), make_plan(*SERVED), level="units_per_head") == pytest.approx(
        (1 / 3, 0.6)
    )


def test_satisfaction_is_the_quality_of_what_is_delivered():
    instance = world(offers=[offer("o", quality=0.5)])
    assert extremes(instance, make_plan(*SERVED), level="satisfaction") == pytest.approx((0.3, 0.5))
    per_head = extremes(instance, make_plan(*SERVED), level="quality_units_per_head")
    assert per_head == pytest.approx((0.5 * 100 / 300, 0.5 * 60 / 100))


def test_the_quality_of_last_resort_counts_too():
    services = [{**CARE, "last_resort_cost": 7, "last_resort_quality": 0.4}]
    instance = world(services=services, offers=[offer("o", quality=0.5)])
    # West has half of its need from last resort
    assert extremes(instance, make_plan(*RESORT), level="satisfaction") == pytest.approx((0.2, 0.5))


def test_a_quality_that_nobody_wrote_is_asked_for():
    with pytest.raises(InputError, match="level satisfaction of equalization entry 'fair'"):
        reported(world(), make_plan(*SERVED), level="satisfaction")
    services = [{**CARE, "last_resort_cost": 7}]
    instance = world(services=services, offers=[offer("o", quality=0.5)])
    with pytest.raises(InputError, match="last_resort_quality"):
        reported(instance, make_plan(*RESORT), level="satisfaction")


@pytest.mark.parametrize(
    ("full", "east", "west"),
    [
        (0, 1.0, 0.6 * 40 / 50),  # 10 km of 50: four fifths of full access
        (5, 1.0, 0.6 * 40 / 45),
        (10, 1.0, 0.6),
        (60, 1.0, 0.6),
    ],
)
def test_access_falls_with_travel_up_to_the_cap(full, east, west):
    found = extremes(world(), make_plan(*SERVED), level="access", full_access_km=full)
    assert found == pytest.approx((west, east))


def test_beyond_full_access_there_is_none_where_the_cap_is_nearer():
    listed = [{"offer": "o", "region": r, "travel": 55} for r in ("e", "w")]
    plan = make_plan(*SERVED)
    assert extremes(world(links=listed), plan, level="access") == (0.0, 0.0)
    found = extremes(world(links=listed), plan, level="access", full_access_km=52)
    assert found == (0.0, 0.0)


def test_what_jurisdictions_spend_is_counted_by_head():
    # East pays 10 and 1 for each of 160 visits: 170 for 300 people; West pays nothing
    entry = {"level": "spending_per_head", "between": "jurisdictions"}
    found = reported(world(), make_plan(*SERVED), **entry)["index"]
    assert (found["floor"], found["ceiling"]) == pytest.approx((0.0, 170 / 300))
    # the weight of each is its people: the mean is 170 / 400
    assert found["hoover"] == pytest.approx(0.25)


def test_spending_on_some_services_is_without_overhead():
    providers = [
        {"provider": "p", "kind": "ngo", "overhead_cost": 30, "supervisor": "east"},
    ]
    services = [CARE, {**CARE, "service": "school"}]
    needs = [{"region": "e", "service": s, "demand": 100} for s in ("care", "school")]
    offers = [offer("o"), offer("t", service="school", unit_cost=5)]
    tables = {"providers": providers, "services": services, "needs": needs, "offers": offers}
    instance = world(**tables, links=links("o", "t"))
    plan = make_plan(("o", "e", "care", 1.0), ("t", "e", "school", 1.0))
    entry = {"level": "spending_per_head", "between": "jurisdictions"}
    every = reported(instance, plan, **entry)["index"]["ceiling"]
    assert every == pytest.approx((30 + 10 + 100 + 10 + 500) / 300)
    one = reported(instance, plan, **entry, services=["school"])["index"]["ceiling"]
    assert one == pytest.approx((10 + 500) / 300)


def test_travel_of_people_is_spread_as_the_shares_are():
    # East: 300 people at 0 km; West: 60 people at 10 km and 40 unserved, charged the reach
    entry = {"level": "travel", "between": "people", "measure": "kolm_pollak", "kappa": 0.1}
    found = reported(world(), make_plan(*SERVED), **entry)["care"]
    mean = (300 + 60 * math.exp(1) + 40 * math.exp(5)) / 400
    assert found["kolm_pollak"] == pytest.approx(math.log(mean) / 0.1)
    assert found["ceiling"] == 50


def test_without_a_baseline_kappa_is_of_service_by_the_nearest_offer():
    # by the nearest offer East travels 0 km and West 10 km: kappa = 100 x 10 / (100 x 10^2)
    entry = {"level": "travel", "measure": "kolm_pollak", "maximum": 1}
    found = verify(world(), make_plan(*SERVED), rules({"name": "fair", **entry}))
    mean = (300 + 100 * math.exp(0.1 * 26)) / 400  # West: 0.6 x 10 + 0.4 x 50 = 26 km
    assert found.inequality["fair"]["care"]["kolm_pollak"] == pytest.approx(math.log(mean) / 0.1)


def test_with_a_baseline_kappa_is_of_todays_plan():
    baseline = [{"offer": "o", "region": "e", "service": "care", "share": 0.5}]
    # today East travels 25 km and West 50: kappa = (300 x 25 + 100 x 50) / (300 x 625 + 100 x 2500)
    entry = {"level": "travel", "measure": "kolm_pollak", "aversion": 2}
    found = reported(world(baseline=baseline), make_plan(*SERVED), **entry)["care"]
    kappa = 2 * 12_500 / 437_500
    mean = (300 + 100 * math.exp(kappa * 26)) / 400
    assert found["kolm_pollak"] == pytest.approx(math.log(mean) / kappa)


def test_nobody_is_worse_off_than_today():
    baseline = [{"offer": "o", "region": "w", "service": "care", "share": 0.9}]
    entry = {"name": "guard", "measure": "shortfall", "maximum": 0.1}
    found = verify(world(baseline=baseline), make_plan(*SERVED), rules(entry))
    assert broken(found) == [("equalization.guard", "care")]
    assert found.violations[0].amount == pytest.approx(0.2)
    assert "coverage is 0.6 in West and is 0.9 today" in found.violations[0].message


@pytest.mark.parametrize("measure", ["shortfall", "lorenz"])
def test_without_todays_plan_nothing_is_compared_with_it(measure):
    with pytest.raises(InputError, match="add the table baseline"):
        reported(world(), make_plan(*SERVED), measure=measure)
