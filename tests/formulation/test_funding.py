"""One claim for every rule on money of mechanisms, on the regions of :mod:`tests.two_regions`.

North and South need 100 visits each. The clinic is government's (100 visits, 100 fixed, 10 a
visit), the post an NGO's (100 visits, 300 fixed, 5 a visit); both reach both regions. Everyone
served costs 1900; half of all need is cheapest by the post alone, 300 + 500 = 800, and by the
clinic 1100.
"""

from __future__ import annotations

import pandas as pd
import pytest

import pse_opt as pse
from pse_opt.accounts import payments
from pse_opt.plan import Plan, read_plan
from pse_opt.results import write_result
from tests.formulation.test_reliance import broken, governed
from tests.two_regions import COST, EVERYONE, OWN_REGION, engaged, plan, why_not, world

HALF = {"floor": 0.5}
SPENDING = {"minimize": ["engagement", "investment", "delivery"]}


# Programmes


def programmed(budget: float) -> pse.Instance:
    row = {"jurisdiction": "land", "service": "health", "budget": budget}
    land = {"jurisdiction": "land"}
    regions = {r: {"jurisdiction": "land"} for r in ("north", "south")}
    return world(jurisdictions=[land], regions=regions, programmes=[row])


def test_programmes_a_service_is_paid_out_of_its_own_budget():
    assert plan(programmed(800), coverage=HALF, programmes={}).objective == pytest.approx(800)
    text = why_not(programmed(700), coverage=HALF, programmes={})
    assert "programmes of land, health: 700 -> 800 money" in text
    assert plan(programmed(700), coverage=HALF, programmes={"scale": 1.2}).objective == 800


def test_programmes_are_checked_and_other_services_have_none():
    instance = programmed(700)
    free = plan(instance, coverage=HALF)
    assert broken(instance, free, programmes={}) == [
        "programmes: land, health: 800 money are spent; the limit is 700"
    ]
    assert plan(world(), coverage=HALF, programmes={}).objective == pytest.approx(800)


# Grants


def granted(own_funds: float, **helpers: object) -> pse.Instance:
    return world(
        offers={"post": {"mode": "grant", "own_funds": own_funds}}, providers={"helpers": helpers}
    )


def test_grant_matching_the_public_pays_a_share_of_the_cost():
    # At 100 visits the public pays 800, and the post 200 of its own: 80 % of the cost. Of fewer
    # visits the public share is greater, so that at 79 % the grant cannot be made.
    rule = {"maximum_share": 0.8}
    assert engaged(plan(granted(2), coverage=HALF, grants=rule)) == ["post"]
    assert engaged(plan(granted(1.9), coverage=HALF, grants=rule)) == ["clinic"]
    contract = world(offers={"post": {"own_funds": 1.9}})
    assert engaged(plan(contract, coverage=HALF, grants=rule)) == ["post"]


def test_own_funds_limit_a_provider_pays_no_more_than_its_income():
    # With 120 of its own the post can deliver 60 visits at 2 each; the clinic delivers 40.
    result = plan(granted(2, independent_income=120), coverage=HALF, grants={})
    assert result.objective == pytest.approx(300 + 300 + 100 + 400)
    assert engaged(plan(granted(2), coverage=HALF, grants={})) == ["post"]


def test_grants_are_named_and_checked():
    text = why_not(granted(1), coverage=EVERYONE, grants={"maximum_share": 0.8})
    # Of 900 money, 800 for 100 visits and 100 of its own, the public pays 88.9 %.
    assert "grant_matching of post: 80.0% -> 88.9% (grants.maximum_share)" in text
    poor = granted(2, independent_income=100)
    text = why_not(poor, coverage=EVERYONE, grants={})
    assert "own_funds_limit of helpers: 100 -> 200 money" in text
    free = plan(poor, coverage=HALF)
    assert broken(poor, free, grants={"maximum_share": 0.5}) == [
        "grant_matching: post: 800 of 1,000 money are public money, a share of 0.8; at most 0.5",
        "own_funds_limit: helpers: it pays 200 money of own funds; its independent income is 100",
    ]


# Fees


def charged(cap: float | None) -> pse.Instance:
    return world(offers={"post": {"user_fee": 3}}, services={"health": {"fee_cap": cap}})


def test_copayment_users_of_a_need_pay_no_more_than_the_cap_on_average():
    # The post charges 3, the clinic nothing: at a cap of 1.5 each delivers half, 1150 in all, which
    # is more than the clinic alone takes for everything, 1100.
    assert engaged(plan(charged(3), coverage=HALF, copayment={})) == ["post"]
    assert engaged(plan(charged(None), coverage=HALF, copayment={})) == ["post"]
    assert engaged(plan(charged(1.5), coverage=HALF, copayment={})) == ["clinic"]
    assert engaged(plan(charged(1.5), coverage=HALF, copayment={"scale": 2})) == ["post"]
    everyone = plan(charged(1.5), coverage=EVERYONE, copayment={})
    assert everyone.objective == pytest.approx(1900)
    shares = everyone.plan.deliveries.groupby(["offer", "region"])["share"].sum()
    assert shares.tolist() == pytest.approx([0.5] * 4)


def test_copayment_is_named_and_checked():
    text = why_not(charged(1), coverage=EVERYONE, copayment={})
    # Half of all visits are the post's: 1.5 on average.
    assert ", health and 1 more: 1 -> 1.5 money a unit (services.fee_cap)" in text
    free = plan(charged(1), coverage=HALF)
    assert broken(charged(1), free, copayment={}) == [
        f"copayment: {region}, health: users pay 3 money on average; at most 1"
        for region in ("north", "south")
    ]


def test_where_nothing_is_charged_a_cap_of_nothing_is_kept():
    free = world(services={"health": {"fee_cap": 0}})
    assert broken(free, plan(free, coverage=HALF), copayment={}) == []
    assert plan(free, coverage=HALF, copayment={}).verified


# Investment


def sized(**expanded: object) -> pse.Instance:
    """A post of 50 visits that can be expanded to 150 at the same unit cost."""
    sizes = [
        {"offer": "post", "size": "as it is", "capacity": 50, "fixed_cost": 150, "unit_cost": 5},
        {
            "offer": "post",
            "size": "expanded",
            "capacity": 150,
            "fixed_cost": 150,
            "unit_cost": 5,
            **expanded,
        },
    ]
    return world(sizes=sizes)


def test_investment_is_paid_back_by_what_it_saves():
    # 100 visits: the expanded post 150 + 500, or 50 by the post (150 + 250) and 50 by the clinic
    # (100 + 500): expanding saves 350 a year, so 3000 over ten years (300) pays, over eight not.
    for years, chosen in ((10, "expanded"), (8, "as it is")):
        instance = sized(investment=3000, investment_years=years)
        result = plan(instance, objective=SPENDING, coverage=HALF)
        rows = result.plan.engagements.set_index("offer")["size"]
        assert rows["post"] == chosen
    assert result.objective == pytest.approx(150 + 250 + 100 + 500)


def test_investment_limit_what_there_is_to_invest_is_not_exceeded():
    instance = sized(investment=3000)
    rule = {"maximum": 2000}
    result = plan(instance, objective=SPENDING, coverage=HALF, capacity_building=rule)
    assert result.objective == pytest.approx(1000)
    assert result.costs["investment"] == 0
    text = why_not(sized(investment=3000), coverage={"floor": 0.9}, capacity_building=rule)
    assert "investment_limit: 2,000 -> 3,000 money" in text
    free = plan(instance, objective=SPENDING, coverage=HALF)
    assert free.costs["investment"] == pytest.approx(300)
    assert broken(instance, free, capacity_building=rule) == [
        "investment_limit: all offers: 3,000 money are spent; the limit is 2,000"
    ]


def test_investment_is_public_money_of_the_arranger():
    land = {"jurisdiction": "land", "budget": 900}
    base = sized(investment=3000)
    tables = {**base.tables, "jurisdictions": pd.DataFrame([land])}
    tables["regions"] = tables["regions"].assign(jurisdiction="land")
    instance = pse.Instance.from_tables(tables, {"name": "land"})
    # The expanded post costs 650 and 300 of investment a year, in all 950.
    text = why_not(instance, coverage={"floor": 0.5}, budgets={})
    assert "budgets of land: 900 -> 950 money" in text
    result = plan(instance, objective=SPENDING, coverage=HALF, budgets={"scale": 1.1})
    assert payments(instance, result.plan)["amount"].sum() == pytest.approx(950)


# Transfers


def nation(land: float, north: float, south: float) -> pse.Instance:
    """Each region has a government; North's clinic and South's post serve their own region."""
    governments = [
        {"jurisdiction": "land", "budget": land},
        {"jurisdiction": "n", "parent": "land", "budget": north},
        {"jurisdiction": "s", "parent": "land", "budget": south},
    ]
    regions = {"north": {"jurisdiction": "n"}, "south": {"jurisdiction": "s"}}
    return world(jurisdictions=governments, regions=regions, links=OWN_REGION)


FUNDED = {"minimize": [*COST["minimize"], "transfers"]}
"""North's clinic costs 100 + 1000 for everyone, South's post 300 + 500."""


def test_transfers_from_above_fill_a_budget():
    # South has 500 of the 800 it needs; the land transfers 300, which cost a quarter more.
    rules = {"coverage": EVERYONE, "budgets": {}, "transfers": {"cost_of_funds": 0.25}}
    result = plan(nation(1000, 1200, 500), objective=FUNDED, **rules)
    assert result.plan.transfers.values.tolist() == [["land", "s", pytest.approx(300)]]
    assert result.objective == pytest.approx(1900 + 75)
    rows = payments(result.instance, result.plan, result.policy)
    moved = rows[rows["mode"] == "transfer"]
    assert moved[["payer", "provider", "service", "item", "amount"]].values.tolist() == [
        ["land", "s", "", "transfer", pytest.approx(300)]
    ]


def test_transfers_are_kept_in_the_result_folder(tmp_path):
    rules = {"coverage": EVERYONE, "budgets": {}, "transfers": {"cost_of_funds": 0.25}}
    result = plan(nation(1000, 1200, 500), objective=FUNDED, **rules)
    again = read_plan(write_result(tmp_path / "result", result), result.instance)
    assert again.transfers.values.tolist() == [["land", "s", pytest.approx(300)]]
    assert pse.verify(result.instance, again, result.policy).ok


def test_transfer_pool_a_centre_gives_no_more_than_there_is():
    rules = {"coverage": EVERYONE, "budgets": {}}
    text = why_not(nation(200, 1200, 500), transfers={}, **rules)
    assert "budgets of s: 500 -> 600 money" in text  # what the land cannot give
    text = why_not(nation(1000, 1200, 500), transfers={"pool": 100}, **rules)
    assert "transfer_pool: 100 -> 300 money" in text


def test_transfers_neighbours_help_by_way_of_the_centre():
    # North has 200 left, which the land passes on with 100 of its own.
    rules = {"coverage": EVERYONE, "budgets": {}}
    instance = nation(100, 1300, 500)
    assert "budgets of s" in why_not(instance, transfers={}, **rules)
    result = plan(instance, transfers={"horizontal": True}, **rules)
    money = {(i, j): a for i, j, a in result.plan.transfers.values.tolist()}
    assert money["land", "s"] - money.get(("s", "land"), 0.0) >= 300 - 1e-6
    assert money["n", "land"] - money.get(("land", "n"), 0.0) >= 200 - 1e-6


def test_transfer_per_head_caps_what_a_jurisdiction_receives():
    rules = {"coverage": EVERYONE, "budgets": {}}
    # South has 100 inhabitants: 300 are 3 for each of them.
    result = plan(nation(1000, 1200, 500), transfers={"maximum_per_head": 3}, **rules)
    assert result.plan.transfers["amount"].sum() >= 300 - 1e-6
    text = why_not(nation(1000, 1200, 500), transfers={"maximum_per_head": 2}, **rules)
    assert "transfer_per_head of s: 2 -> 3 money an inhabitant" in text


def test_transfer_matching_a_receiver_pays_its_own_share():
    rules = {"coverage": EVERYONE, "budgets": {}}
    # 500 of 800 are 62.5 %.
    plan(nation(1000, 1200, 500), transfers={"own_share": 0.625}, **rules)
    text = why_not(nation(1000, 1200, 500), transfers={"own_share": 0.7}, **rules)
    assert "transfer_matching of s: 70.0% -> 62.5% (transfers.own_share)" in text


def test_transfers_are_checked():
    instance = nation(1000, 1200, 500)
    free = plan(instance, coverage=EVERYONE)

    def found(rows: list[tuple[str, str, float]], **section: object) -> list[str]:
        money = pd.DataFrame(rows, columns=["giver", "receiver", "amount"])
        bare = Plan(free.plan.engagements, free.plan.deliveries, transfers=money)
        policy = {"objective": COST, "budgets": {}}
        policy |= {"transfers": section} if section else {}
        return [str(v) for v in pse.verify(instance, bare, policy).violations]

    enough = [("land", "s", 400.0)]
    assert found(enough, own_share=0.5) == []
    assert found([("land", "s", 200.0)], own_share=0.5) == [
        "budgets: s: 600 money are spent; the limit is 500"
    ]
    assert found(enough) == [
        "transfers: land to s: 400 money are transferred; the model document has no transfers"
    ]
    assert found(enough, pool=100, maximum_per_head=1, own_share=0.6) == [
        "transfer_pool: all transfers: 400 money are spent; the limit is 100",
        "transfer_per_head: s: 400 money are spent; the limit is 100",
        "transfer_matching: s: 400 of 800 money are transferred to it; its own share is 0.6",
    ]
    assert found([*enough, ("n", "s", 10.0)], pool=1000) == [
        "transfers: n to s: the giver is not above the receiver"
    ]
    assert found([*enough, ("n", "land", 10.0)], horizontal=True) == []


def test_transfers_need_budgets():
    with pytest.raises(pse.InputError, match="it needs the section budgets"):
        pse.solve(nation(1, 1, 1), {"objective": COST, "transfers": {}})


def test_supervised_providers_qualify_out_of_a_budget():
    instance = governed(budget=100)
    tables = dict(instance.tables)
    tables["providers"] = tables["providers"].assign(
        quality=[0.9, 0.5], qualification_cost=[None, 150], supervisor=["", "land"]
    )
    instance = pse.Instance.from_tables(tables, {"name": "land"})
    rules = {"coverage": HALF, "budgets": {}, "qualification": {"minimum_quality": 0.8}}
    text = why_not(instance, **rules)
    # The post, qualified, costs 300 + 500 + 150.
    assert "budgets of land: 100 -> 950 money" in text
    result = plan(instance, **{**rules, "budgets": {"scale": 9.5}})
    rows = payments(instance, result.plan, result.policy)
    assert rows.groupby("provider")["amount"].sum().to_dict() == pytest.approx(
        {"helpers": 800, "administration": 150}
    )
