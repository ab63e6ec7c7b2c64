"""Who pays whom: the rows of a plan's money add up to what the independent checker finds."""

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pse_opt import Instance, Plan, read_policy
from pse_opt.accounts import ADMINISTRATION, PURCHASE, chosen_offers, deliveries_in_full, payments
from pse_opt.tables import LAST_RESORT
from pse_opt.verification import Facts
from pse_opt.verification.money import PUBLIC, costs, spending
from tests.conftest import small_tables
from tests.strategies import instance_of, tables

APART = ("users", "own funds")


@st.composite
def plans(draw):
    """Any plan on any tiny instance, kept rules or not: money does not ask."""
    instance = instance_of(draw(tables()))
    sizes = {}
    for offer, size in instance.size_keys:
        if offer not in sizes or draw(st.booleans()):
            sizes[offer] = size
    shares = st.sampled_from([0.25, 0.5, 1.0])
    rows = [
        (offer, region, group, instance.needs["service"][need], draw(shares))
        for (offer, region, group), need in zip(
            instance.link_keys, instance.links["need"], strict=True
        )
        if offer in sizes and draw(st.booleans())
    ]
    rows += [(LAST_RESORT, *key, 0.25) for key in instance.need_keys if draw(st.booleans())]
    columns = ["offer", "region", "group", "service", "share"]
    engagements = pd.DataFrame(list(sizes.items()), columns=["offer", "size"], dtype=object)
    return Plan(engagements, pd.DataFrame(rows, columns=columns), (), instance)


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(plans())
def test_payments_add_up_to_the_costs_and_to_what_each_jurisdiction_spends(plan):
    facts = Facts(plan.instance, plan, read_policy("core"))
    found, terms = payments(plan.instance, plan), costs(facts)
    by = found.groupby("payer")["amount"].sum()
    public = by.drop(list(APART), errors="ignore")
    assert public.sum() == pytest.approx(sum(terms[t] for t in PUBLIC), abs=1e-6)
    assert by.get("users", 0.0) == pytest.approx(terms["user"], abs=1e-6)
    assert by.get("own funds", 0.0) == pytest.approx(terms["own"], abs=1e-6)
    for jurisdiction, spent in spending(facts).items():
        assert by.get(jurisdiction, 0.0) == pytest.approx(spent, abs=1e-6)
    bought = found[found["unit_price"].notna()]
    told = (bought["units"] * bought["unit_price"]).to_numpy()
    assert told == pytest.approx(bought["amount"].to_numpy(), abs=1e-9)
    assert found.loc[found["unit_price"].isna(), "units"].isna().all()


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(plans())
def test_offers_and_deliveries_add_up_to_the_same_costs(plan):
    terms = costs(Facts(plan.instance, plan, read_policy("core")))
    chosen, full = chosen_offers(plan.instance, plan), deliveries_in_full(plan.instance, plan)
    own = ("engagement", "delivery", "contract", "supervision")
    assert chosen["cost"].sum() == pytest.approx(sum(terms[t] for t in own), abs=1e-6)
    variable = ("delivery", "supervision", "last_resort")
    assert full["public_cost"].sum() == pytest.approx(sum(terms[t] for t in variable), abs=1e-6)
    assert full["user_cost"].sum() == pytest.approx(terms["user"] + terms["access"], abs=1e-6)
    assert full["own_cost"].sum() == pytest.approx(terms["own"], abs=1e-6)


def neighbours() -> tuple[Instance, Plan]:
    """East runs a clinic for 10 a visit and serves people of West at a price of 12.

    East pays a contract of 50 and 1 a visit for supervision, and 30 for the helpers' registration;
    users pay 2 a visit, the helpers add 3. In West a tenth is left to last resort at 20 a visit.
    """
    one = {"capacity": [1000], "fixed_cost": [100], "unit_cost": [10], "price": [12]}
    one |= {"user_fee": [2], "own_funds": [3], "contract_cost": [50], "supervision_cost": [1]}
    changed = small_tables(
        regions={"jurisdiction": ["east", "west"]},
        jurisdictions=None,
        services={"last_resort_cost": [20]},
    )
    changed["jurisdictions"] = pd.DataFrame({"jurisdiction": ["east", "west"]})
    providers = {"provider": ["helpers"], "kind": ["ngo"], "supervisor": ["east"]}
    changed["providers"] = pd.DataFrame({**providers, "overhead_cost": [30]})
    offer = {"offer": ["clinic"], "provider": ["helpers"], "service": ["health"]}
    offer |= {"mode": ["contract"], "region": ["north"]}
    changed["offers"] = pd.DataFrame({**offer, **one})
    instance = Instance.from_tables(changed, {"name": "neighbours"})
    rows = {
        "offer": ["clinic", "clinic", LAST_RESORT],
        "region": ["north", "south", "south"],
        "service": ["health"] * 3,
        "units": [500, 100, 50],
    }
    return instance, Plan.from_deliveries(instance, pd.DataFrame(rows))


def test_who_pays_whom_between_two_neighbours():
    found = payments(*neighbours())
    assert list(found.columns) == PURCHASE
    amounts = {tuple(row[:7]): row[9] for row in found.itertuples(index=False)}
    visit = ("clinic", "north", "health", "contract")
    assert amounts == pytest.approx(
        {
            ("east", "helpers", *visit, "fixed"): 100,
            ("east", "helpers", *visit, "units"): 600 * 10,
            ("east", "helpers", "clinic", "south", "health", "contract", "price"): -100 * 12,
            ("east", ADMINISTRATION, *visit, "contract"): 50,
            ("east", ADMINISTRATION, *visit, "supervision"): 600 * 1,
            ("east", ADMINISTRATION, "", "", "", "", "overhead"): 30,
            ("west", "helpers", "clinic", "south", "health", "contract", "price"): 100 * 12,
            ("west", LAST_RESORT, "", "south", "health", "", "last resort"): 50 * 20,
            ("users", "helpers", *visit, "fee"): 600 * 2,
            ("own funds", "helpers", *visit, "own funds"): 600 * 3,
        }
    )
    bought = found[found["unit_price"].notna()]
    assert (bought["units"] * bought["unit_price"]).tolist() == pytest.approx(
        bought["amount"].tolist()
    )
    assert found.loc[found["unit_price"].isna(), "units"].isna().all()


def test_where_no_jurisdiction_is_named_the_payer_is_unassigned():
    instance = Instance.from_tables(
        small_tables(jurisdictions=None, regions={"jurisdiction": ["", ""]}), {"name": "small"}
    )
    rows = {"offer": ["clinic"], "region": ["north"], "service": ["health"], "share": [1]}
    found = payments(instance, Plan.from_deliveries(instance, pd.DataFrame(rows)))
    assert found[["payer", "provider", "service", "mode"]].drop_duplicates().to_dict("list") == {
        "payer": ["unassigned"],
        "provider": ["state"],
        "service": ["health"],
        "mode": ["direct"],
    }
    assert found.groupby("item")["amount"].sum().to_dict() == {"fixed": 1000.0, "units": 10000.0}


def test_an_empty_plan_pays_nothing():
    instance = Instance.from_tables(small_tables(), {"name": "small"})
    nothing = pd.DataFrame({c: [] for c in ("offer", "region", "service", "share")}, dtype=object)
    plan = Plan.from_deliveries(instance, nothing)
    assert payments(instance, plan).empty
    assert chosen_offers(instance, plan).empty
    assert deliveries_in_full(instance, plan).empty


def test_attributes_of_offers_do_not_shadow_what_the_plan_says():
    attributes = {"cost": [1, 2], "volume": [3, 4], "size": [5, 6], "beds": [7, 8]}
    instance = Instance.from_tables(small_tables(offers=attributes), {"name": "small"})
    rows = {"offer": ["mobile"], "region": ["south"], "service": ["health"], "share": [0.5]}
    chosen = chosen_offers(instance, Plan.from_deliveries(instance, pd.DataFrame(rows)))
    line = chosen.to_dict(orient="records")[0]
    assert not chosen.columns.duplicated().any()
    assert (line["volume"], line["cost"], line["size"]) == (250, 600 + 8 * 250, "")
    assert line["beds"] == 8


def test_a_plan_of_last_resort_alone_is_paid_by_the_regions_jurisdiction():
    instance, plan = neighbours()
    rows = plan.deliveries[plan.deliveries["offer"] == LAST_RESORT]
    found = payments(instance, Plan.from_deliveries(instance, rows))
    assert found[["payer", "provider", "offer", "region", "item", "amount"]].values.tolist() == [
        ["west", LAST_RESORT, "", "south", "last resort", 1000.0]
    ]
