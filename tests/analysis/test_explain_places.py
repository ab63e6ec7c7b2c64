"""Changes of tables, kinds, modes and choices that admit a plan, and the places they are named for.

The regions and offers are those of :mod:`tests.two_regions`: the clinic is government's (100
visits, 100 fixed, 10 a visit), the post an NGO's (100 visits, 300 fixed, 5 a visit).
"""

from __future__ import annotations

import pytest

import pse_opt as pse
from pse_opt.analysis.mechanism_words import FAMILIES
from pse_opt.components import COMPONENTS
from tests.analysis.test_explain_mechanisms import SETTINGS
from tests.formulation.test_funding import granted, programmed
from tests.formulation.test_reliance import HALF, governed
from tests.test_users import near_and_far
from tests.two_regions import COST, EVERYONE, OWN_REGION, plan, why_not, world


def poorer(tables: pse.Instance, table: str, column: str, value: float) -> pse.Instance:
    """The instance with a column of one table replaced where it is given."""
    frame = tables.tables[table]
    given = frame[column].where(frame[column].isna(), value)
    return pse.Instance.from_tables(
        {**tables.tables, table: frame.assign(**{column: given})}, {"name": "changed"}
    )


TABLES = {
    # The land's own clinic is not enough: the post's contract has to be supervised.
    "supervision_limit": (
        lambda: governed(supervision_capacity=0),
        {"coverage": EVERYONE, "supervision": {}},
        "supervision_limit of land: 0 -> 1 contracts",
        ("jurisdictions", "supervision_capacity", 1),
    ),
    # Half of all need is cheapest by the post: 300 + 500.
    "programmes": (
        lambda: programmed(700),
        {"coverage": HALF, "programmes": {}},
        "programmes of land, health: 700 -> 800 money",
        ("programmes", "budget", 800),
    ),
    # 100 visits at 2 of its own money.
    "own_funds_limit": (
        lambda: granted(2, independent_income=100),
        {"coverage": EVERYONE, "grants": {}},
        "own_funds_limit of helpers: 100 -> 200 money",
        ("providers", "independent_income", 200),
    ),
    # The post charges 3 for half of all visits, the clinic nothing.
    "copayment": (
        lambda: world(offers={"post": {"user_fee": 3}}, services={"health": {"fee_cap": 1}}),
        {"coverage": EVERYONE, "copayment": {}},
        "1 -> 1.5 money a unit (services.fee_cap)",
        ("services", "fee_cap", 1.5),
    ),
    # 230 visits less 200 paid ones are 30 of volunteers, whose community has 20.
    "volunteer_pool": (
        lambda: world(
            offers={"post": {"volunteer_capacity": 40}},
            needs={"north": {"demand": 115}, "south": {"demand": 115, "volunteer_pool": 20}},
        ),
        {"coverage": EVERYONE, "volunteers": {}},
        "volunteer_pool of south, health: 20 -> 30 visits",
        ("needs", "volunteer_pool", 30),
    ),
}


@pytest.mark.parametrize("rule", TABLES)
def test_what_a_table_gives_is_named_with_what_would_do_and_it_does(rule):
    make, sections, phrase, (table, column, value) = TABLES[rule]
    assert phrase in why_not(make(), **sections)
    assert plan(poorer(make(), table, column, value), **sections).verified


def test_kinds_and_modes_that_are_not_allowed_are_named_with_those_that_are():
    rules = {"coverage": EVERYONE, "arrangements": {"kinds": ["government"], "modes": ["direct"]}}
    text = why_not(world(), **rules)
    assert "arrangements of post: government -> government, ngo (arrangements.kinds)" in text
    assert "arrangements of post: direct -> direct, contract (arrangements.modes)" in text
    rules["arrangements"] = {"kinds": ["government", "ngo"], "modes": ["direct", "contract"]}
    assert plan(world(), **rules).verified


def test_an_offer_whose_provider_is_not_accredited_is_named():
    helpers = {"helpers": {"accredited_for": "education"}}
    schools = [{"service": s, "unit": "visits", "reach_km": 50} for s in ("health", "education")]
    instance = world(providers=helpers, services=schools, links=OWN_REGION)
    text = why_not(instance, coverage=EVERYONE)
    assert "south, health: the 0 offers within reach" in text
    assert "left out: post (helpers is not accredited for health)" in text


def test_users_choice_is_named_with_what_would_have_to_be_assigned():
    # Both are required; the budget of 2000 bears 120 visits by the clinic and 80 by the post:
    # 100 + 1200 + 300 + 400. Users would all go to the clinic.
    offers = near_and_far().tables["offers"].assign(required=["yes", "yes"])
    tables = {**near_and_far().tables, "offers": offers}
    both = pse.Instance.from_tables(tables, {"name": "both"})
    rules = {"coverage": EVERYONE, "total_budget": {"maximum": 2000}}
    text = why_not(both, **rules, vouchers={})
    assert "voucher_choice of clinic, " in text
    assert "0 -> 80 visits assigned elsewhere although it has room" in text
    assert plan(both, **rules).verified


def test_places_are_called_by_their_names():
    homes = {r: {"jurisdiction": "land", "name": r.title()} for r in ("north", "south")}
    land = {"jurisdiction": "land", "name": "The Land", "budget": 700}
    row = {"jurisdiction": "land", "service": "health", "budget": 700}
    instance = world(jurisdictions=[land], regions=homes, programmes=[row], links=OWN_REGION)
    text = why_not(instance, coverage=EVERYONE, budgets={})
    assert "budgets of The Land: 700 -> 1,900 money" in text
    rule = {"minimum": 0.5, "services": "all"}
    text = why_not(instance, coverage=HALF, government_share=rule)
    assert "government_share of South, health: 50.0% -> 0.0%" in text
    assert "programmes of The Land, health: 700 -> 1,150 money" in why_not(
        instance, coverage=HALF, programmes={}
    )


def test_two_places_of_one_setting_are_told_by_the_one_that_asks_for_most():
    # Fees: North's own clinic charges 2 and South's post 3, where 1 is the cap.
    fees = {"clinic": {"user_fee": 2}, "post": {"user_fee": 3}}
    instance = world(links=OWN_REGION, offers=fees, services={"health": {"fee_cap": 1}})
    text = why_not(instance, coverage=HALF, copayment={})
    assert "copayment of south, health and 1 more: 1 -> 3 money a unit" in text


def test_volunteers_within_reach_count_as_capacity():
    # 40 by volunteers beside 80 paid visits would do for South's 100, were they not held to 10 %.
    instance = world(links=OWN_REGION, offers={"post": {"capacity": 80, "volunteer_capacity": 40}})
    rules = {"coverage": EVERYONE, "volunteers": {"maximum_ratio": 0.1}}
    text = why_not(instance, **rules)
    assert "volunteer_ratio of post: 0.1 -> 0.25 volunteer units a paid one" in text
    assert "coverage_floor of south, health: 100.0% -> 88.0%" in text
    assert "can deliver 80 of the 100" in why_not(instance, coverage=EVERYONE)


NO_REASON = {
    "voucher_full": "says what full means",
    "continuity_release": "says what is released",
    "volunteer_limit": "volunteers of no engaged offer are no capacity, which the floor names",
}
"""Rules of mechanisms that stand in nobody's way by themselves."""
OWN_TESTS = {"investment_limit", "transfer_pool", "arrangements", "voucher_choice"}
"""Rules with a test of their own, here or in :mod:`tests.analysis.test_explain_mechanisms`."""
FIRST = {
    "coverage",
    "budgets",
    "total_budget",
    "last_resort",
    "siting",
    "single_source",
    "difference",
}
"""Sections that :mod:`tests.analysis.test_explain`, :mod:`tests.formulation.test_siting` and
:mod:`tests.formulation.test_difference` are about."""


def test_every_rule_of_a_mechanism_has_an_infeasible_case():
    with_a_case = {k.split(" ")[0] for k in (*SETTINGS, *TABLES)} | OWN_TESTS | set(NO_REASON)
    own = {
        c.name
        for c in COMPONENTS.values()
        if c.section not in (None, "equalization", "objective", *FIRST)
        and c.function.__module__.startswith("pse_opt.")
    }
    assert own == with_a_case
    told = {rule for rules in FAMILIES.values() for rule in rules}
    assert own - set(NO_REASON) <= told


@pytest.mark.thorough
@pytest.mark.parametrize("rule", [*SETTINGS, *TABLES])
def test_every_repair_of_a_mechanism_was_tried(rule):
    make, sections, phrase, *_ = {**SETTINGS, **TABLES}[rule]
    document = {"name": "policy", "objective": COST, **sections}
    repairs = pse.explain(make(), document).conflict.repairs
    assert any(phrase in repair.words for repair in repairs)
    assert {repair.checked for repair in repairs} == {"yes"}
