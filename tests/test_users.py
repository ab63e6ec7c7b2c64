"""Claims on quality, users' choice and volunteers, on the regions of :mod:`tests.two_regions`.

North and South need 100 visits each. The clinic is government's (100 visits, 100 fixed, 10 a
visit), the post an NGO's (100 visits, 300 fixed, 5 a visit); both reach both regions. Everyone
served costs 1900; half of all need is cheapest by the post alone, 300 + 500 = 800, and by the
clinic 1100.
"""

from __future__ import annotations

import pandas as pd
import pytest

import pse_opt as pse
from pse_opt.accounts import chosen_offers, deliveries_in_full, payments
from pse_opt.plan import Plan, read_plan
from pse_opt.results import write_result
from tests.formulation.test_reliance import broken
from tests.two_regions import COST, EVERYONE, OWN_REGION, engaged, link, plan, why_not, world

HALF = {"floor": 0.5}


# Satisfaction


def rated(clinic: float | None = 0.9, post: float | None = 0.5, **more: object) -> pse.Instance:
    return world(offers={"clinic": {"quality": clinic}, "post": {"quality": post}}, **more)


def test_satisfaction_floor_every_need_gets_the_quality_on_average():
    # 0.7 is half of each: 50 visits by the clinic, 50 by the post, 1150; the clinic alone 1100.
    result = plan(rated(), coverage=HALF, satisfaction={"floor": 0.7})
    assert engaged(result) == ["clinic"]
    # Everyone served, half of each region's visits must be the clinic's.
    shares = plan(rated(), coverage=EVERYONE, satisfaction={"floor": 0.7}).plan.deliveries
    assert shares.groupby(["offer", "region"])["share"].sum().tolist() == pytest.approx([0.5] * 4)


def test_satisfaction_what_is_not_known_neither_helps_nor_hurts():
    assert engaged(plan(rated(post=None), coverage=HALF, satisfaction={"floor": 0.9})) == ["post"]


def test_satisfaction_average_is_wider_than_a_need():
    # The clinic serves North and the post South: on average 0.7, in South 0.5.
    instance = rated(links=OWN_REGION)
    plan(instance, coverage=EVERYONE, satisfaction={"average": 0.7})
    rule = {"average": 0.7, "between": "regions"}
    text = why_not(instance, coverage=EVERYONE, satisfaction=rule)
    assert "satisfaction_average of health, south: 70.0% -> 50.0%" in text
    rule = {"floor": 0.7}
    text = why_not(instance, coverage=EVERYONE, satisfaction=rule)
    assert "satisfaction_floor of south, health: 70.0% -> 50.0% (satisfaction.floor)" in text


def test_satisfaction_of_groups_and_of_last_resort():
    needs = [
        {"region": r, "service": "health", "group": g, "demand": 100, "heads": 50}
        for r, g in (("north", "rural"), ("south", "urban"))
    ]
    instance = rated(needs=needs, links=OWN_REGION)
    rule = {"average": 0.6, "between": "groups"}
    text = why_not(instance, coverage=EVERYONE, satisfaction=rule)
    assert "satisfaction_average of health, urban" in text
    rescue = world(services={"health": {"last_resort_cost": 1, "last_resort_quality": 0.4}})
    rules = {"coverage": EVERYONE, "last_resort": {}, "satisfaction": {"floor": 0.4}}
    terms = {"minimize": [*COST["minimize"], "last_resort"]}
    assert plan(rescue, objective=terms, **rules).objective == pytest.approx(200)
    rules["satisfaction"] = {"floor": 0.5}
    with_clinic = plan(rescue, objective=terms, **rules)
    assert engaged(with_clinic) == ["clinic", "post"]  # whose quality is not known


def test_satisfaction_is_checked():
    instance = rated(links=OWN_REGION)
    free = plan(instance, coverage=EVERYONE)
    rules = {"floor": 0.6, "average": 0.8}
    assert broken(instance, free, satisfaction=rules) == [
        "satisfaction_floor: south, health: the quality of what is delivered is on average 0.5; "
        "at least 0.6 is asked for",
        "satisfaction_average: health: the quality of what is delivered is on average 0.7; "
        "at least 0.8 is asked for",
    ]


# Vouchers


def near_and_far(**capacity: float) -> pse.Instance:
    """For everybody the clinic is near and the post far; both are used with vouchers."""
    links = [link("clinic", r, 1) for r in ("north", "south")]
    links += [link("post", r, 9) for r in ("north", "south")]
    offers = {
        o: {"mode": "voucher", "capacity": capacity.get(o, 200), "quality": q}
        for o, q in (("clinic", 0.5), ("post", 0.9))
    }
    return world(links=links, offers=offers)


def test_voucher_choice_users_go_to_the_nearest_engaged_offer():
    # With both engaged everybody would go to the clinic, so that the post would serve nobody; it is
    # cheapest to engage the post alone, and they travel: 300 + 1000.
    result = plan(near_and_far(), coverage=EVERYONE, vouchers={})
    assert engaged(result) == ["post"]
    must = near_and_far()
    tables = dict(must.tables)
    tables["offers"] = tables["offers"].assign(required=["yes", "yes"])
    both = pse.Instance.from_tables(tables, {"name": "both"})
    result = plan(both, coverage=EVERYONE, vouchers={})
    assert set(result.plan.deliveries["offer"]) == {"clinic"}
    assert result.objective == pytest.approx(100 + 300 + 2000)


def test_voucher_choice_quality_can_outweigh_travel():
    # 0.4 of quality are worth 8 km at 20 km for full quality: the post is as near as the clinic.
    tables = dict(near_and_far().tables)
    tables["offers"] = tables["offers"].assign(required=["yes", "yes"])
    both = pse.Instance.from_tables(tables, {"name": "both"})
    result = plan(both, coverage=EVERYONE, vouchers={"quality_weight": 21})
    assert set(result.plan.deliveries["offer"]) == {"post"}


def test_voucher_full_who_finds_an_offer_full_goes_to_the_next():
    # The clinic has 60 places, so the other 140 may go to the post.
    instance = near_and_far(clinic=60, post=150)
    result = plan(instance, coverage=EVERYONE, vouchers={})
    volume = result.plan.offers.set_index("offer")["volume"]
    assert volume.to_dict() == pytest.approx({"clinic": 60, "post": 140})
    assert result.objective == pytest.approx(100 + 600 + 300 + 700)


def test_vouchers_other_modes_are_assigned_unless_the_policy_says_otherwise():
    instance = world(links=[link(o, r, 1 + 8 * (o == "post")) for o in ("clinic", "post")
                            for r in ("north", "south")])  # fmt: skip
    assert plan(instance, coverage=EVERYONE, vouchers={}).objective == pytest.approx(1900)
    free = plan(instance, coverage={"floor": 0.6}, vouchers={"modes": "all"})
    # 120 visits are too many for one offer: the near clinic fills before the post is used.
    assert free.objective == pytest.approx(100 + 1000 + 300 + 100)
    assigned = plan(instance, coverage={"floor": 0.6}, vouchers={})
    assert assigned.objective == pytest.approx(100 + 200 + 300 + 500)


def test_voucher_choice_that_leaves_people_out_is_named():
    # Both are required and users would fill the clinic, whose unit cost the budget cannot bear.
    tables = dict(near_and_far().tables)
    tables["offers"] = tables["offers"].assign(required=["yes", "yes"])
    both = pse.Instance.from_tables(tables, {"name": "both"})
    text = why_not(both, coverage=EVERYONE, vouchers={}, total_budget={"maximum": 2000})
    assert "total_budget: 2,000 -> 2,400 money" in text
    # The clinic for 120 visits and the post for 80 cost 100 + 1200 + 300 + 400.
    assert "0 -> 80 visits assigned elsewhere although it has room" in text


def test_vouchers_are_checked():
    instance = near_and_far(clinic=150)
    both = {"offer": ["clinic", "post"], "size": ["", ""]}
    rows = [("clinic", "north", "", "health", 1.0), ("post", "south", "", "health", 1.0)]
    frame = pd.DataFrame(rows, columns=["offer", "region", "group", "service", "share"])
    made = Plan(pd.DataFrame(both, dtype=object), frame)
    found = pse.verify(instance, made, {"objective": COST, "vouchers": {}})
    assert [str(v) for v in found.violations] == [
        "voucher_choice: south, health: 100 visits are delivered by post, but users prefer clinic, "
        "which has room"
    ]
    full = near_and_far(clinic=100)
    assert pse.verify(full, made, {"objective": COST, "vouchers": {}}).ok


# Volunteers


def helped(capacity: float = 40, pool: float | None = None) -> pse.Instance:
    return world(
        offers={"post": {"volunteer_capacity": capacity}},
        needs={"south": {"volunteer_pool": pool}},
    )


def test_volunteers_add_volume_that_costs_nothing():
    # 140 visits: 100 paid ones and 40 by volunteers of the post alone, 300 + 500; without them
    # the clinic delivers 40 as well, 100 + 400 more.
    rule = {"floor": 0.7}
    assert plan(helped(), coverage=rule, volunteers={}).objective == pytest.approx(800)
    assert plan(helped(), coverage=rule).objective == pytest.approx(1300)


def test_volunteer_limit_only_engaged_offers_have_volunteers():
    # 40 visits by volunteers alone would cost nothing; they need the post, and as many paid visits:
    # of 60 visits they deliver 30.
    result = plan(helped(), coverage={"floor": 0.3}, volunteers={})
    assert result.objective == pytest.approx(300 + 150)
    ratio = {"maximum_ratio": 4}
    result = plan(helped(), coverage={"floor": 0.2}, volunteers=ratio)
    # 40 visits: by the post 300 + 8 * 5 with 32 by volunteers, by the clinic 100 + 400.
    assert result.objective == pytest.approx(340)


def test_volunteer_ratio_and_pool_limit_them():
    rule = {"floor": 0.7}
    # A tenth of 100 paid visits; then 30 are left for the clinic.
    few = plan(helped(), coverage=rule, volunteers={"maximum_ratio": 0.1})
    assert few.objective == pytest.approx(800 + 100 + 300)
    pool = plan(helped(pool=25), coverage=rule, volunteers={})
    assert pool.objective == pytest.approx(800 + 100 + 150)


def test_volunteers_are_named_and_checked():
    text = why_not(
        world(offers={"post": {"volunteer_capacity": 40}, "clinic": {"capacity": 60}}),
        coverage=EVERYONE,
        volunteers={"maximum_ratio": 0.1},
    )
    assert "volunteer_ratio of post: 0.1 -> 0.4 volunteer units a paid one" in text
    instance = helped(pool=25)
    result = plan(instance, coverage={"floor": 0.7}, volunteers={})
    units = pd.DataFrame({"offer": ["post"], "units": [60.0]})
    rows = Plan(result.plan.engagements, result.plan.deliveries, volunteers=units)

    def found(**sections: object) -> list[str]:
        checked = pse.verify(instance, rows, {"objective": COST, **sections})
        return [str(v) for v in checked.violations]

    assert found() == ["volunteers: post: volunteers deliver 60; the model document has none"]
    assert found(volunteers={"maximum_ratio": 0.5}) == [
        "volunteer_limit: post: volunteers deliver 60 visits; at most 40 they can deliver",
        "volunteer_ratio: post: volunteers deliver 60 visits; at most 32.5 beside 65 that are paid",
        "volunteer_pool: south, health: volunteers deliver 60 visits; the community has 25",
    ]


def test_volunteers_are_kept_in_the_result_folder_and_in_the_accounts(tmp_path):
    result = plan(helped(), coverage={"floor": 0.7}, volunteers={})
    chosen = chosen_offers(result.instance, result.plan).set_index("offer")
    line = chosen.loc["post", ["volume", "volunteer_units", "utilization", "cost"]]
    assert line.tolist() == pytest.approx([140, 40, 1.0, 800])
    assert payments(result.instance, result.plan)["amount"].sum() == pytest.approx(800)
    assert deliveries_in_full(result.instance, result.plan)["public_cost"].sum() == pytest.approx(
        500
    )
    again = read_plan(write_result(tmp_path / "result", result), result.instance)
    assert again.volunteers.values.tolist() == [["post", pytest.approx(40)]]
    assert pse.verify(result.instance, again, result.policy).ok
