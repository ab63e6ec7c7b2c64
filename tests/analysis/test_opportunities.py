"""Where a provider is worth engaging: claims held against solves of their own."""

import json
import math
from dataclasses import replace

import pytest

import pse_opt as pse
from pse_opt.analysis.judging import _hopeless
from pse_opt.analysis.opportunities import opportunities
from pse_opt.errors import InputError
from pse_opt.instance import Instance
from pse_opt.results import json_text
from tests.conftest import only, small_tables

TINY = "tiny-two-districts"
WORTH = 16000 - 14886.0211


@pytest.fixture(scope="module")
def helpers():
    return opportunities(TINY, "helpers", gap=0)


def cost_at(unit_cost, word=""):
    """Cost of the tiny instance with this price of the helpers, from a solve of its own."""
    tiny = pse.load_instance(TINY)
    offers = tiny.tables["offers"]
    mine = offers["offer"] == "helpers-south"
    changed = offers.assign(
        unit_cost=offers["unit_cost"].mask(mine, unit_cost),
        required=offers["required"].mask(mine, word),
    )
    instance = Instance.from_tables({**tiny.tables, "offers": changed}, tiny.about)
    return pse.solve(instance, "ngo-mixed", gap=0, threads=1).objective


def test_the_helpers_are_worth_what_the_second_clinic_costs_more(helpers):
    (offer,) = helpers.offers
    assert offer.verdict == "worth engaging"
    assert offer.worth == pytest.approx(WORTH, abs=1e-3)
    assert (offer.least, offer.most) == pytest.approx((offer.worth, offer.worth))
    assert offer.worth == pytest.approx(cost_at(8, "forbidden") - cost_at(8, "yes"))


def test_the_price_that_pays_is_the_saving_spread_over_the_volume(helpers):
    """360 visits save 1,113.98: each may cost 3.09 more than 8. Just below it pays, above not."""
    (offer,) = helpers.offers
    assert (offer.price, offer.volume) == pytest.approx((8, 360))
    assert offer.pays_below == pytest.approx(8 + WORTH / 360, rel=1e-6)
    without = cost_at(8, "forbidden")
    assert cost_at(offer.pays_below * 0.999, "yes") < without - 1
    assert cost_at(offer.pays_below * 1.001, "yes") > without + 1
    assert cost_at(offer.open_above) == pytest.approx(without)
    assert offer.left < 0


def test_what_is_unserved_without_it_and_what_it_delivers_stand_by_region(helpers):
    """Without it 1,350 of 1,500 visits are covered, South by at most ten points better."""
    regions = helpers.offers[0].regions.set_index("region")
    assert regions["delivers"].to_dict() == pytest.approx({"south": 360, "north": 0})
    assert regions["need"].to_dict() == {"south": 500, "north": 1000}
    assert regions["unserved"].sum() == pytest.approx(150)
    assert regions["travel"].tolist() == sorted(regions["travel"])


def test_a_dear_offer_is_not_worth_engaging_until_it_is_cheap():
    """At 30 a visit the second clinic is cheaper; the same price as before still pays."""
    tables = dict(pse.load_instance(TINY).tables)
    tables["offers"] = tables["offers"].assign(unit_cost=[10, 10, 30])
    found = opportunities(Instance.from_tables(tables, {"name": "dear"}), "helpers", gap=0)
    (offer,) = found.offers
    assert offer.verdict == "not worth engaging"
    assert offer.most < 0
    assert offer.pays_below == pytest.approx(8 + WORTH / 360, rel=1e-6)


def test_an_offer_that_costs_more_than_it_can_save_is_not_taken_for_nothing():
    tables = dict(pse.load_instance(TINY).tables)
    tables["offers"] = tables["offers"].assign(fixed_cost=[1000, 1500, 60000])
    found = opportunities(Instance.from_tables(tables, {"name": "fixed"}), "helpers", gap=0)
    assert found.offers[0].pays_below is None
    assert found.offers[0].note == "not worth engaging even for nothing"


def test_without_an_indispensable_offer_there_is_no_plan():
    tables = small_tables()
    instance = Instance.from_tables(tables, {"name": "small"})
    found = opportunities(instance, "helpers", "core", gap=0)
    assert math.isinf(found.offers[0].pays_below)
    assert "without it no plan keeps the rules" in str(found)
    assert json.loads(json_text(found.to_dict()))["offers"][0]["pays_below"] is None


def test_a_missing_accreditation_is_named_and_what_it_would_save_is_told():
    tables = dict(pse.load_instance(TINY).tables)
    other = tables["services"].assign(service="school", name="School")
    tables["services"] = type(other)({c: [*tables["services"][c], *other[c]] for c in other})
    providers = tables["providers"]
    tables["providers"] = providers.assign(accredited_for=["", "school"])
    instance = Instance.from_tables(tables, {"name": "unaccredited"})
    (offer,) = opportunities(instance, "helpers", gap=0).offers
    assert offer.barrier == "helpers is not accredited for health"
    assert offer.worth == pytest.approx(WORTH, abs=1e-3)


def test_a_gap_that_hides_the_saving_leaves_it_open():
    (offer,) = opportunities(TINY, "helpers", gap=0).offers
    hidden = type(offer)(**{**vars(offer), "least": -5.0, "most": 9.0})
    assert hidden.verdict == "open"


def test_what_gaps_hide_is_not_called_worthless():
    """A bound far below the cost proves nothing, at no price; the note says what to do."""
    result = pse.solve(TINY, "ngo-mixed", gap=0)
    loose = replace(result, bound=1.0)
    assert _hopeless(loose, loose) == (
        "the gaps are wider than what it may save: ask for a smaller one with --gap"
    )
    dear = replace(result, objective=20000.0, bound=20000.0)
    assert _hopeless(result, dear) == "not worth engaging even for nothing"


@pytest.mark.parametrize(
    ("provider", "model", "message"),
    [("helper", "ngo-mixed", "no such provider"), ("helpers", "max-coverage", "minimize cost")],
)
def test_what_cannot_be_judged_is_refused(provider, model, message):
    with pytest.raises(InputError, match=message) as caught:
        opportunities(TINY, provider, model)
    assert only(caught.value)
