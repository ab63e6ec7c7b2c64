"""One claim for every rule on reliance, on the two regions of :mod:`tests.two_regions`.

North and South need 100 visits each. The clinic is government's (100 visits, 100 fixed, 10 a
visit), the post an NGO's (100 visits, 300 fixed, 5 a visit); both reach both regions. Everyone
served costs 1900; half of all need is cheapest by the post alone, 300 + 500 = 800, and by the
clinic 1100.
"""

from __future__ import annotations

import pytest

import pse_opt as pse
from pse_opt.plan import Plan
from tests.two_regions import (
    COST,
    EVERYONE,
    OWN_REGION,
    coverage,
    engaged,
    link,
    offer,
    plan,
    why_not,
    world,
)

HALF = {"floor": 0.5}


def broken(instance: pse.Instance, result: pse.Result, **sections: object) -> list[str]:
    """What the checker finds in a plan that was made without these rules."""
    bare = Plan(result.plan.engagements, result.plan.deliveries)
    found = pse.verify(instance, bare, {"objective": COST, **sections})
    return [str(v) for v in found.violations]


def governed(**more: object) -> pse.Instance:
    """The two regions under one jurisdiction, with columns of it."""
    land = {"jurisdiction": "land", **more}
    regions = {r: {"jurisdiction": "land"} for r in ("north", "south")}
    return world(jurisdictions=[land], regions=regions)


# Qualification


def rated(post: float = 0.6, **helpers: object) -> pse.Instance:
    return world(providers={"state": {"quality": 0.5}, "helpers": {"quality": post, **helpers}})


def test_qualification_an_offer_below_the_threshold_is_not_engaged():
    # Government's clinic, though no better, is not asked to qualify: 100 + 50 * 2 * 10.
    result = plan(rated(), coverage=HALF, qualification={"minimum_quality": 0.7})
    assert engaged(result) == ["clinic"]
    assert result.objective == pytest.approx(1100)
    assert engaged(plan(rated(), coverage=HALF, qualification={"minimum_quality": 0.6})) == ["post"]


def test_qualification_is_bought_where_it_pays():
    # The post saves 300 against the clinic: it is worth 200 a year to qualify it, and not 400.
    for price, chosen, total in ((200, "post", 1000), (400, "clinic", 1100)):
        instance = rated(qualification_cost=price)
        result = plan(instance, coverage=HALF, qualification={"minimum_quality": 0.7})
        assert engaged(result) == [chosen]
        assert result.objective == pytest.approx(total)
        assert result.costs["overhead"] == pytest.approx(price if chosen == "post" else 0)


def test_qualification_asks_for_a_record_too_and_a_blank_is_not_below():
    instance = rated(reliability=0.85)
    result = plan(instance, coverage=HALF, qualification={"minimum_reliability": 0.9})
    assert engaged(result) == ["clinic"]
    unknown = world()
    asked = {"minimum_quality": 0.9, "minimum_reliability": 0.9}
    assert engaged(plan(unknown, coverage=HALF, qualification=asked)) == ["post"]


def test_qualification_asked_of_everybody_is_named_where_nobody_is_left():
    asked = {"minimum_quality": 0.7, "kinds": "all"}
    text = why_not(rated(), coverage=HALF, qualification=asked)
    assert "north, health: the 0 offers within reach (and 2 that the policy does not allow)" in text
    text = why_not(rated(), coverage=EVERYONE, qualification={"minimum_quality": 0.7})
    assert "qualification of post: 70.0% -> 60.0% (qualification.minimum_quality)" in text


def test_qualification_is_checked():
    free = plan(rated(), coverage=HALF)
    assert broken(rated(), free, qualification={"minimum_quality": 0.7}) == [
        "qualification: post: quality is 0.6 and the threshold 0.7; its provider cannot qualify"
    ]


# Supervision


def test_supervision_limit_a_jurisdiction_arranges_what_it_can_supervise():
    # The land can supervise no contract, so its own clinic serves: 1100 instead of 800.
    result = plan(governed(supervision_capacity=0), coverage=HALF, supervision={})
    assert engaged(result) == ["clinic"]
    assert engaged(plan(governed(supervision_capacity=1), coverage=HALF, supervision={})) == [
        "post"
    ]
    assert engaged(plan(governed(), coverage=HALF, supervision={})) == ["post"]


def test_supervision_limit_is_named_and_checked():
    instance = governed(supervision_capacity=0)
    text = why_not(instance, coverage=EVERYONE, supervision={})
    assert "supervision_limit of land: 0 -> 1 contracts" in text
    assert broken(instance, plan(instance, coverage=HALF), supervision={}) == [
        "supervision_limit: land: it arranges 1 contracts with others and can supervise 0"
    ]


# Dependence


def test_dependence_independent_income_keeps_an_ngo_free():
    # The post at full volume receives 300 + 500 public money: 80 % of its revenue with an income of
    # 200. At three quarters it may receive 600, so it delivers 60 visits, the clinic 40.
    instance = world(providers={"helpers": {"independent_income": 200}})
    assert engaged(plan(instance, coverage=HALF, dependence={"maximum": 0.8})) == ["post"]
    result = plan(instance, coverage=HALF, dependence={"maximum": 0.75})
    assert result.objective == pytest.approx(300 + 300 + 100 + 400)


def test_dependence_fees_keep_an_ngo_free():
    # Fees of 2 a visit: 800 of 1000 are public money, and a greater share of any smaller volume.
    instance = world(
        providers={"helpers": {"independent_income": 0}}, offers={"post": {"user_fee": 2}}
    )
    assert engaged(plan(instance, coverage=HALF, dependence={"maximum": 0.8})) == ["post"]
    assert engaged(plan(instance, coverage=HALF, dependence={"maximum": 0.79})) == ["clinic"]


def test_dependence_own_funds_stand_for_an_income_that_is_not_known():
    instance = world(offers={"post": {"own_funds": 2}})
    assert engaged(plan(instance, coverage=HALF, dependence={"maximum": 0.8})) == ["post"]
    assert engaged(plan(instance, coverage=HALF, dependence={"maximum": 0.79})) == ["clinic"]


def test_dependence_of_an_ngo_of_which_nothing_is_known_is_no_rule():
    assert engaged(plan(world(), coverage=HALF, dependence={"maximum": 0})) == ["post"]


def test_dependence_is_named_and_checked():
    poor = world(providers={"helpers": {"independent_income": 0}})
    text = why_not(poor, coverage=EVERYONE, dependence={"maximum": 0.5})
    assert "dependence of helpers: 50.0% -> 100.0% (dependence.maximum)" in text
    free = plan(poor, coverage=HALF)
    assert broken(poor, free, dependence={"maximum": 0.5}) == [
        "dependence: helpers: 800 of 800 money revenue are public money, a share of 1; at most 0.5"
    ]


# Concentration and choice


def test_concentration_no_provider_has_more_than_its_share_of_a_region():
    # Each region gets 50 visits, at most half of them from one: both offers are engaged and deliver
    # 50 visits each, 100 + 500 + 300 + 250.
    rule = {"maximum_share": 0.5, "kinds": "all"}
    result = plan(world(), coverage=HALF, concentration=rule)
    assert result.objective == pytest.approx(1150)
    # Only NGOs and private providers are limited unless the policy says otherwise: the clinic may
    # deliver everything, and without the post's fixed cost does so for 1100.
    result = plan(world(), coverage=HALF, concentration={"maximum_share": 0.5})
    assert engaged(result) == ["clinic"]


def test_concentration_groups_of_a_region_are_taken_together():
    needs = [
        {"region": "north", "service": "health", "group": g, "demand": 50, "heads": 50}
        for g in ("rural", "urban")
    ]
    instance = world(needs=needs)
    result = plan(instance, coverage=EVERYONE, concentration={"maximum_share": 0.5})
    rows = result.plan.deliveries
    post = rows[rows["offer"] == "post"]["share"].sum() if "post" in set(rows["offer"]) else 0.0
    assert post * 50 <= 50 + 1e-6  # half of 100 visits, whichever group gets them


def test_concentration_that_cannot_be_kept_is_named_and_checked():
    rule = {"maximum_share": 0.5}
    text = why_not(world(links=OWN_REGION), coverage=HALF, concentration=rule)
    assert "concentration of south, health, helpers: 50.0% -> 100.0%" in text
    free = plan(world(links=OWN_REGION), coverage=HALF)
    assert broken(world(), free, concentration=rule) == [
        "concentration: south, health: helpers delivers 50 of 50 visits; at most a share of 0.5 "
        "may come from one"
    ]


def test_provider_choice_several_providers_are_engaged_within_reach():
    # The second provider costs its fixed cost of 100, and delivers nothing.
    result = plan(world(), coverage=HALF, concentration={"minimum_providers": 2})
    assert engaged(result) == ["clinic", "post"]
    assert result.objective == pytest.approx(900)


def test_provider_choice_two_offers_of_one_provider_are_no_choice():
    offers = [offer(name, "state", "north", 100, 10) for name in ("clinic", "annex")]
    links = [link(o, r) for o in ("clinic", "annex") for r in ("north", "south")]
    instance = world(offers=offers, links=links)
    text = why_not(instance, coverage=HALF, concentration={"minimum_providers": 2})
    assert "provider_choice of north, health and 1 more: 2 -> 1 providers" in text


def test_provider_choice_is_checked():
    free = plan(world(), coverage=HALF)
    assert broken(world(), free, concentration={"minimum_providers": 2}) == [
        f"provider_choice: {region}, health: 1 providers are engaged within reach; "
        "at least 2 must be"
        for region in ("north", "south")
    ]


# Government's own share


def core(flag: str = "yes") -> pse.Instance:
    return world(services={"health": {"core": flag}})


def test_government_share_of_core_services_is_delivered_by_government():
    # Of 50 visits in each region 30 are the clinic's: 100 + 600 and 300 + 200.
    result = plan(core(), coverage=HALF, government_share={"minimum": 0.6})
    assert result.objective == pytest.approx(1100)
    # All of it by the clinic costs the same 1100 without the post; 0.3 of it 100 + 300 + 300 + 350.
    result = plan(core(), coverage=HALF, government_share={"minimum": 0.3})
    assert result.objective == pytest.approx(1050)
    assert engaged(plan(core("no"), coverage=HALF, government_share={"minimum": 1})) == ["post"]
    everywhere = {"minimum": 1, "services": "all"}
    assert engaged(plan(core("no"), coverage=HALF, government_share=everywhere)) == ["clinic"]


def test_government_share_is_kept_by_last_resort_too():
    instance = world(services={"health": {"core": "yes", "last_resort_cost": 4}})
    rules = {"coverage": HALF, "government_share": {"minimum": 1}, "last_resort": {}}
    result = plan(
        instance, objective={"minimize": ["engagement", "delivery", "last_resort"]}, **rules
    )
    assert engaged(result) == []
    assert result.objective == pytest.approx(400)


def test_government_share_is_named_and_checked():
    rule = {"minimum": 0.5}
    instance = world(services={"health": {"core": "yes"}}, links=OWN_REGION)
    text = why_not(instance, coverage=HALF, government_share=rule)
    assert "government_share of south, health: 50.0% -> 0.0% (government_share.minimum)" in text
    free = plan(core(), coverage=HALF)
    assert broken(core(), free, government_share=rule) == [
        f"government_share: {region}, health: government delivers 0 of 50 visits; at least a share "
        "of 0.5 is its own"
        for region in ("north", "south")
    ]


# NGOs' share


def test_ngo_share_ngos_deliver_their_part_of_a_service():
    # The clinic alone costs 1100; with a post so dear (9 a visit) it would, but for half of 100
    # visits by the post: 100 + 500 + 300 + 450.
    dear = world(offers={"post": {"unit_cost": 9}})
    assert engaged(plan(dear, coverage=HALF)) == ["clinic"]
    result = plan(dear, coverage=HALF, ngo_share={"minimum": 0.5})
    # All by the post would cost 300 + 900.
    assert result.objective == pytest.approx(1200)
    dearer = world(offers={"post": {"unit_cost": 15}})
    result = plan(dearer, coverage=HALF, ngo_share={"minimum": 0.5})
    assert result.objective == pytest.approx(100 + 500 + 300 + 750)


def test_ngo_share_is_named_and_checked():
    instance = world(offers={"post": {"unit_cost": 9, "capacity": 40}})
    rule = {"minimum": 0.5}
    text = why_not(instance, coverage=HALF, ngo_share=rule)
    assert "ngo_share of health: 50.0% -> 40.0% (ngo_share.minimum)" in text
    free = plan(instance, coverage=HALF)
    assert broken(instance, free, ngo_share=rule) == [
        "ngo_share: health: NGOs deliver 0 of 100 visits; at least a share of 0.5 is theirs"
    ]


# Takeover


def test_takeover_government_has_room_for_what_an_ngo_delivers():
    # Half of what the post delivers must fit into the clinic: it is engaged for its room, 100.
    result = plan(world(), coverage=HALF, takeover={"share": 0.5})
    assert engaged(result) == ["clinic", "post"]
    assert result.objective == pytest.approx(900)


def test_takeover_room_that_is_used_is_no_room():
    # Everyone served fills both offers, and nothing could be taken over; of 150 visits the post may
    # deliver x and the clinic 150 - x with x <= 100 - (150 - x), which always leaves 50 too few.
    text = why_not(world(), coverage=EVERYONE, takeover={"share": 1})
    assert "takeover of helpers" in text
    # With half as much again in the emergency the clinic has 150: 150 - 100 >= 0.5 * 100.
    rule = {"share": 0.5, "surge": 1.5}
    assert plan(world(), coverage=EVERYONE, takeover=rule).objective == pytest.approx(1900)


def test_takeover_room_elsewhere_does_not_help():
    far = [link("clinic", "north"), link("post", "north"), link("post", "south")]
    result = plan(world(links=far), coverage={"floor": 0.0, "target": 0.5}, takeover={"share": 1})
    # Only what the post delivers in North could be taken over.
    assert coverage(result) == {"north": 1.0, "south": 0.0}


def test_takeover_is_checked():
    free = plan(world(), coverage=HALF)
    assert broken(world(), free, takeover={"share": 0.5}) == [
        "takeover: helpers: if it fails, government offers have room for 0 of the 50 "
        "to be taken over"
    ]
