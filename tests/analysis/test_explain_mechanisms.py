"""What a rule of a mechanism would have to be, in numbers that hold when they are written down.

North and South need 100 visits each. The clinic is government's (100 visits, 100 fixed, 10 a
visit), the post an NGO's (100 visits, 300 fixed, 5 a visit); see :mod:`tests.two_regions`.
Where a test says ``SPLIT`` the clinic reaches both, the post South alone, and the clinic can
deliver 130: everyone served, North gets 100 from the clinic, and South 30 from it and 70 to 100
from the post.
"""

from __future__ import annotations

import re
from typing import Any

import pytest

import pse_opt as pse
from tests.formulation.test_funding import granted, nation, sized
from tests.formulation.test_reliance import HALF
from tests.two_regions import COST, EVERYONE, OWN_REGION, link, why_not, world

SPLIT = {
    "links": [link("clinic", "north"), link("clinic", "south"), link("post", "south")],
    "offers": {"clinic": {"capacity": 130}},
}
NUMBERS = re.compile(r": ([\d.,]+)(%?) -> ([\d.,]+)%?[^;]*?\((\w+)\.(\w+)\)")
WHOLE = {"minimum_providers", "maximum_new", "maximum_ended"}


def named(text: str, phrase: str) -> tuple[str, str, float, float]:
    """Return section, parameter, what is asked for and what it could be, as a phrase says."""
    assert phrase in text
    found = NUMBERS.search(phrase)
    assert found, phrase
    share = 100.0 if found[2] else 1.0
    asked, possible = (float(found[k].replace(",", "")) / share for k in (1, 3))
    return found[4], found[5], asked, possible


def admits(instance: pse.Instance, sections: dict[str, Any], section: str, name: str, value: float):
    """Whether the policy has a plan with one parameter changed."""
    changed = int(value) if name in WHOLE else value
    document = {"name": "policy", "objective": COST, **sections}
    result = pse.solve(instance, document | {section: {**sections[section], name: changed}}, gap=0)
    assert result.status in ("optimal", "infeasible")
    return result.status == "optimal" and result.verified


def today() -> list[dict[str, Any]]:
    return [{"offer": "clinic", "region": r, "service": "health", "share": 0.5}
            for r in ("north", "south")]  # fmt: skip


SETTINGS = {
    # 800 of the post's 1000 money are public where its own income is 200.
    "dependence": (
        lambda: world(providers={"helpers": {"independent_income": 200}}),
        {"coverage": EVERYONE, "dependence": {"maximum": 0.5}},
        "dependence of helpers: 50.0% -> 80.0% (dependence.maximum)",
    ),
    # The clinic has 30 visits left for South; the post delivers 70 of South's 100.
    "concentration": (
        lambda: world(**SPLIT),
        {"coverage": EVERYONE, "concentration": {"maximum_share": 0.6}},
        "concentration of south, health, helpers: 60.0% -> 70.0% (concentration.maximum_share)",
    ),
    # Both regions are reached by one provider.
    "provider_choice": (
        lambda: world(links=OWN_REGION),
        {"coverage": HALF, "concentration": {"minimum_providers": 2}},
        "and 1 more: 2 -> 1 providers (concentration.minimum_providers)",
    ),
    # Government's clinic has 30 visits for South's 100.
    "government_share": (
        lambda: world(**SPLIT),
        {"coverage": EVERYONE, "government_share": {"minimum": 0.5, "services": "all"}},
        "government_share of south, health: 50.0% -> 30.0% (government_share.minimum)",
    ),
    # The post delivers at most 100 of 200.
    "ngo_share": (
        lambda: world(),
        {"coverage": EVERYONE, "ngo_share": {"minimum": 0.8}},
        "ngo_share of health: 80.0% -> 50.0% (ngo_share.minimum)",
    ),
    # The post delivers South's 100, for which the clinic has 30 left.
    "takeover": (
        lambda: world(**SPLIT),
        {"coverage": EVERYONE, "takeover": {"share": 0.5}},
        "takeover of helpers, south, health: 50.0% -> 30.0% (takeover.share)",
    ),
    # 100 of North and half of South's 100 are 150, of a clinic of 130: 1.1539 times as much.
    "takeover_capacity": (
        lambda: world(**SPLIT),
        {"coverage": EVERYONE, "takeover": {"share": 0.5, "surge": 1.0}},
        "takeover_capacity of helpers, clinic: 1 -> 1.1539 times capacity (takeover.surge)",
    ),
    # South gets 30 visits at 0.9 and 70 at 0.5: (27 + 35) / 100.
    "satisfaction_floor": (
        lambda: world(
            links=SPLIT["links"],
            offers={"clinic": {"capacity": 130, "quality": 0.9}, "post": {"quality": 0.5}},
        ),
        {"coverage": EVERYONE, "satisfaction": {"floor": 0.7}},
        "satisfaction_floor of south, health: 70.0% -> 62.0% (satisfaction.floor)",
    ),
    # 130 visits at 0.9 and 70 at 0.5: (117 + 35) / 200.
    "satisfaction_average": (
        lambda: world(
            links=SPLIT["links"],
            offers={"clinic": {"capacity": 130, "quality": 0.9}, "post": {"quality": 0.5}},
        ),
        {"coverage": EVERYONE, "satisfaction": {"average": 0.8}},
        "satisfaction_average of health: 80.0% -> 76.0% (satisfaction.average)",
    ),
    # Of 900 money, 300 + 500 and 1 of its own for each of 100 visits, 800 are public: 88.9 %.
    "grant_matching": (
        lambda: granted(1),
        {"coverage": EVERYONE, "grants": {"maximum_share": 0.8}},
        "grant_matching of post: 80.0% -> 88.9% (grants.maximum_share)",
    ),
    # South needs 800 and has 500: 300 for 100 inhabitants.
    "transfer_per_head": (
        lambda: nation(1000, 1200, 500),
        {"coverage": EVERYONE, "budgets": {}, "transfers": {"maximum_per_head": 2}},
        "transfer_per_head of s: 2 -> 3 money an inhabitant (transfers.maximum_per_head)",
    ),
    # Of 800 South pays 500 itself.
    "transfer_matching": (
        lambda: nation(1000, 1200, 500),
        {"coverage": EVERYONE, "budgets": {}, "transfers": {"own_share": 0.7}},
        "transfer_matching of s: 70.0% -> 62.5% (transfers.own_share)",
    ),
    # 60 visits by the clinic and 100 paid ones by the post leave 40 to its volunteers.
    "volunteer_ratio": (
        lambda: world(offers={"post": {"volunteer_capacity": 40}, "clinic": {"capacity": 60}}),
        {"coverage": EVERYONE, "volunteers": {"maximum_ratio": 0.1}},
        "volunteer_ratio of post: 0.1 -> 0.4 volunteer units a paid one (volunteers.maximum_ratio)",
    ),
    # Its quality on record is 0.6; without the post half the need is out of reach.
    "qualification": (
        lambda: world(providers={"helpers": {"quality": 0.6}}),
        {"coverage": EVERYONE, "qualification": {"minimum_quality": 0.7}},
        "qualification of post: 70.0% -> 60.0% (qualification.minimum_quality)",
    ),
    # Its record is 0.85.
    "qualification by record": (
        lambda: world(providers={"helpers": {"reliability": 0.85}}),
        {"coverage": EVERYONE, "qualification": {"minimum_reliability": 0.9}},
        "qualification of post: 90.0% -> 85.0% (qualification.minimum_reliability)",
    ),
    # Of 100 visits today, 50 each, the clinic keeps 40 in North and none in South.
    "continuity_share": (
        lambda: world(baseline=today(), links=OWN_REGION, offers={"clinic": {"capacity": 40}}),
        {"coverage": {"floor": 0.3}, "continuity": {"maximum_change": 0.5}},
        "continuity_share of health: 50.0% -> 60.0% (continuity.maximum_change)",
    ),
    # Everyone is served only with the post, which is new.
    "continuity_offers": (
        lambda: world(baseline=today()),
        {"coverage": EVERYONE, "continuity": {"maximum_new": 0}},
        "offers engaged anew: 0 -> 1 offers (continuity.maximum_new)",
    ),
    # The clinic is today's, and the budget bears the post alone: 300 + 500.
    "continuity_offers ended": (
        lambda: world(baseline=today()),
        {"coverage": HALF, "continuity": {"maximum_ended": 0}, "total_budget": {"maximum": 850}},
        "offers ended: 0 -> 1 offers (continuity.maximum_ended)",
    ),
}


@pytest.mark.parametrize("rule", SETTINGS)
def test_a_setting_is_named_with_what_would_do_and_what_is_named_does(rule):
    make, sections, phrase = SETTINGS[rule]
    section, name, asked, possible = named(why_not(make(), **sections), phrase)
    assert sections[section][name] == pytest.approx(asked)
    assert admits(make(), sections, section, name, possible)
    if name not in WHOLE:
        # Nothing much nearer to what was asked for would do.
        assert not admits(make(), sections, section, name, possible + 0.1 * (asked - possible))


def test_an_investment_and_a_pool_are_money():
    # South's 150 are in reach only of the expanded post, 3000 once; 300 of 800 come from above.
    rule = {"coverage": {"floor": 0.9}, "capacity_building": {"maximum": 2000}}
    assert "investment_limit: 2,000 -> 3,000 money" in why_not(sized(investment=3000), **rule)
    assert admits(sized(investment=3000), rule, "capacity_building", "maximum", 3000)
    rule = {"coverage": EVERYONE, "budgets": {}, "transfers": {"pool": 100}}
    assert "transfer_pool: 100 -> 300 money" in why_not(nation(1000, 1200, 500), **rule)
    assert admits(nation(1000, 1200, 500), rule, "transfers", "pool", 300)


def test_a_region_that_no_offer_reaches_has_no_choice_of_providers():
    links = [link("clinic", "north"), link("post", "north")]
    rules = {"coverage": {"floor": 0.0}, "concentration": {"minimum_providers": 2}}
    text = why_not(world(links=links), **rules)
    assert "A rule holds for nothing that could fulfil it" in text
    phrase = "provider_choice of south, health: 2 -> 1 providers (concentration.minimum_providers)"
    section, name, _, possible = named(text, phrase)
    assert admits(world(links=links), rules, section, name, possible)
