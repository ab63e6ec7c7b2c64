"""Mechanisms side by side, on instances small enough to be compared with pencil and paper."""

import json
import math
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pandas as pd
import pytest

import pse_opt as pse
from pse_opt.analysis.savings import cost_ratio, saving
from pse_opt.errors import InputError
from pse_opt.instance import Instance
from tests.conftest import only, small_tables
from tests.strategies import Case, cost_cases
from tests.test_properties import Claim, try_examples

TINY = "tiny-two-districts"
BOTH = ["government-only", "ngo-mixed"]
IMPOSSIBLE = {"name": "impossible", "extends": "ngo-mixed", "total_budget": {"maximum": 1.0}}


@pytest.fixture(scope="module")
def found():
    """Government alone and the mixed system on the tiny instance."""
    return pse.compare(TINY, BOTH, gap=0)


def test_the_ngo_is_worth_what_a_second_clinic_costs_more_than_it(found):
    """Without the NGO both clinics are open: 2,500 and 1,350 visits at 10. With it 14,886.02."""
    value = found.ngo_value
    assert value.found == pytest.approx(16000 - 14886.0211, abs=1e-3)
    assert (value.least, value.most) == pytest.approx((value.found, value.found))
    assert value.proven
    assert (value.model, value.against) == ("ngo-mixed", "government-only")


def test_the_break_even_is_where_the_ngos_production_has_eaten_the_saving(found):
    """It produces for 600 + 360 x 8 = 3,480 and saves 1,113.98: it may cost 1.3201 times that."""
    searched = found.break_even
    exact = 1 + (16000 - 14886.0211) / 3480
    assert searched.low == pytest.approx(exact, rel=1e-6)
    assert exact < searched.high < 1.03 * exact
    assert searched.left == pytest.approx(0, abs=1e-6)


def test_the_cost_ratio_is_that_of_full_offers(found):
    """8 + 600 / 360 for a visit by the NGO; 10 + 2,500 / 2,000 by government."""
    assert cost_ratio(found.instance) == pytest.approx((8 + 600 / 360) / 11.25)
    assert found.break_even.ratio == cost_ratio(found.instance)


def test_figures_are_those_of_the_plans(found):
    alone, mixed = (e.figures for e in found.entries)
    assert found.today.public_cost == pytest.approx(11000)
    assert (alone.public_cost, mixed.public_cost) == pytest.approx((16000, 14760))
    assert mixed.costs["access"] == pytest.approx(56.6667 * 2.2239, rel=1e-4)
    assert (found.today.below, alone.below, mixed.below) == (500, 0, 0)
    assert mixed.shares["ngo"] == pytest.approx(360 / 1350)
    assert mixed.inequality["health"]["range"] == pytest.approx(0.1)
    flows = mixed.flows.set_index(["payer", "receiver"])["amount"]
    assert flows["public budgets", "government"] == pytest.approx(1000 + 990 * 10)
    assert flows["public budgets", "ngo"] == pytest.approx(3480)
    assert flows["public budgets", "administration"] == pytest.approx(100 + 100 + 180)
    assert (alone.dependence, mixed.dependence) == (None, 1.0)


def test_winners_and_losers_are_told_against_today_and_against_the_first(found):
    change = found.changes("ngo-mixed").set_index("name")["change"]
    assert change["South"] == pytest.approx(5 / 6)
    assert change["North"] == pytest.approx(-1 / 15)
    assert found.changes("ngo-mixed", "ngo-mixed")["change"].abs().max() == 0
    assert found.changes("ngo-mixed")["of"].unique().tolist() == ["region"]


def test_an_ngo_with_fees_and_income_depends_less_on_public_money():
    """400 visits at 8 and 600 fixed are public: 3,800; fees are 400, donations 800."""
    tables = small_tables(
        offers={"user_fee": [0, 1], "minimum_volume": [0, 400]},
        providers={"independent_income": [0, 800]},
    )
    instance = Instance.from_tables(tables, {"name": "fees"})
    found = pse.compare(instance, ["core", "equalized"], gap=0, steps=0)
    assert "beside: user" in str(found)  # fees are no term of these objectives
    assert "cost: delivery" in str(found)
    assert found.entries[0].figures.dependence == pytest.approx(3800 / 5000)
    assert found.entries[0].figures.dependences == {"helpers": pytest.approx(3800 / 5000)}


def test_satisfaction_is_the_mean_quality_of_what_is_delivered():
    tables = small_tables(offers={"quality": [0.5, 0.8]})
    instance = Instance.from_tables(tables, {"name": "quality"})
    found = pse.compare(instance, ["core", "equalized"], gap=0, steps=0)
    assert found.entries[0].figures.satisfaction == pytest.approx((950 * 0.5 + 400 * 0.8) / 1350)


def test_private_providers_are_no_part_of_the_value_of_ngos():
    """The helpers are private: government alone is dearer, and no NGO is there to be worth it."""
    tables = small_tables(providers={"kind": ["government", "private"]})
    tables["services"] = tables["services"].assign(last_resort_cost=50)
    instance = Instance.from_tables(tables, {"name": "private"})
    found = pse.compare(instance, BOTH, gap=0)
    assert found.savings[0].least > 0
    assert (found.ngo_value, found.break_even, found.mixed) == (None, None, None)


def test_beside_private_providers_the_mixed_model_is_solved_without_ngos():
    tables = small_tables()
    tables["providers"].loc[2] = ["firm", "private"]
    firm = tables["offers"].iloc[[1]].assign(offer="firm", provider="firm", unit_cost=9)
    tables["offers"] = pd.concat([tables["offers"], firm], ignore_index=True)
    tables["services"] = tables["services"].assign(last_resort_cost=50)
    instance = Instance.from_tables(tables, {"name": "firm"})
    found = pse.compare(instance, BOTH, gap=0, steps=0)
    assert found.ngo_value.against == "ngo-mixed without NGOs"
    assert found.ngo_value.least > 0
    assert found.ngo_value.found < found.savings[0].found


def test_an_infeasible_model_is_a_row_with_its_reason():
    found = pse.compare(TINY, ["ngo-mixed", IMPOSSIBLE], gap=0, steps=0)
    row = found.to_frame().iloc[1]
    assert (row["status"], row["model"]) == ("infeasible", "impossible")
    assert "total_budget" in row["reason"]
    assert found.savings == ()
    assert "impossible: infeasible" in str(found)
    assert "money: total_budget" in str(found)
    assert found.changes("impossible").empty


def test_where_government_alone_is_infeasible_the_value_is_unknown():
    tables = small_tables(offers={"capacity": [1000, 400]})
    instance = Instance.from_tables(tables, {"name": "small"})
    rules = {"coverage": {"floor": 0.7, "target": 0.9}, "objective": {"minimize": ["delivery"]}}
    alone = {**rules, "name": "alone", "arrangements": {"kinds": ["government"]}}
    found = pse.compare(instance, [alone, {**rules, "name": "all"}], gap=0)
    assert found.entries[0].status == "infeasible"
    assert (found.ngo_value, found.break_even) == (None, None)
    assert "unknown; without NGOs no plan keeps the rules" in " ".join(str(found).split())


def test_costs_of_different_terms_are_not_subtracted():
    other = {"name": "other", "extends": "ngo-mixed", "objective": {"minimize": ["delivery"]}}
    found = pse.compare(TINY, ["ngo-mixed", other, "max-coverage"], gap=0, steps=0)
    assert found.savings == ()
    assert found.differences["other"] == ("objective",)


def test_what_lies_within_the_gaps_is_said_not_to_be_proven():
    """With a gap of a third nothing is known of a saving of 7 percent."""
    found = pse.compare(TINY, BOTH, gap=0, steps=0)
    first, second = found.entries
    loose = type(second)(**{**vars(second), "objective": 17000.0, "bound": 11000.0})
    kept = saving(first, loose)
    assert (kept.found, kept.least, kept.most) == pytest.approx((-1000, -1000, 5000))
    assert not kept.proven


def test_the_first_model_need_not_be_the_dearer_one():
    found = pse.compare(TINY, BOTH[::-1], gap=0, steps=0)
    (kept,) = found.savings
    assert kept.found == pytest.approx(-(16000 - 14886.0211), abs=1e-3)
    assert "costs 1,114 money a year more; proven" in str(found)
    assert found.ngo_value.found > 0


def test_cost_variants_span_a_range(folder):
    dear = folder / "variants" / "high"
    dear.mkdir(parents=True)
    text = (folder / "offers.csv").read_text(encoding="utf-8")
    assert ",600,8" in text
    (dear / "offers.csv").write_text(text.replace(",600,8", ",900,12"), encoding="utf-8")
    found = pse.compare(folder, ["core", "equalized"], gap=0, steps=0)
    assert list(found.variants) == ["high"]
    assert found.variants["high"][0].objective > found.entries[0].objective
    assert found.to_frame()["variant"].tolist() == ["", "", "high", "high"]
    assert "cost variant" in str(found)
    assert pse.compare(folder, ["core", "equalized"], steps=0, variants=False).variants == {}


def test_processes_find_what_one_process_finds(found):
    """Also after a solve in the parent; an executor of the user's own serves as well."""
    plain = without_seconds(found.to_dict())
    assert without_seconds(pse.compare(TINY, BOTH, gap=0, workers=2).to_dict()) == plain
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as executor:
        again = pse.compare(TINY, BOTH, gap=0, executor=executor)
    assert without_seconds(again.to_dict()) == plain


def without_seconds(data):
    if isinstance(data, dict):
        return {k: without_seconds(v) for k, v in data.items() if k != "seconds"}
    return [without_seconds(v) for v in data] if isinstance(data, list) else data


def test_json_holds_everything_and_no_number_that_is_none(found):
    data = json.loads(found.to_json())
    assert data["models"] == BOTH
    assert data["ngo_value"]["proven"] is True
    assert data["break_even"]["ratios"][0] == pytest.approx(1.3201 * 0.85926, rel=1e-3)
    assert [c["name"] for c in data["changes"]["ngo-mixed"]["today"]] == ["South", "North"]


def test_the_text_fits_eighty_columns(found):
    lines = str(found).splitlines()
    assert max(map(len, lines)) <= 80
    assert "value of the NGO mechanism: saves 1,114 money a year; proven" in lines


def test_the_figure_shows_every_model(found):
    figure = found.plot()
    labels = [t.get_text() for t in figure.axes[0].get_yticklabels()]
    assert labels == BOTH
    bars = figure.axes[0].patches
    assert sum(b.get_width() for b in bars) == pytest.approx(16 + 14.886, abs=1e-3)
    assert len(figure.axes) == 3


@pytest.mark.parametrize(
    ("models", "message"),
    [(["core"], "nothing to compare"), (["core", "core"], "same name")],
)
def test_fewer_than_two_models_are_refused(models, message):
    with pytest.raises(InputError, match=message) as caught:
        pse.compare(TINY, models)
    assert only(caught.value)


def ordering_holds(case: Case) -> None:
    """What the mixed system is proven to cost at least never exceeds the cost of government."""
    document = {**case.document, "name": "mixed"}
    alone = {**document, "name": "alone", "arrangements": {"kinds": ["government"]}}
    found = pse.compare(case.instance, [alone, document], gap=0.2, steps=1)
    government, mixed = found.entries
    if government.objective is None:
        return
    assert mixed.bound <= government.objective + 1e-6 * max(1.0, abs(government.objective))
    for kept in filter(None, (*found.savings, found.ngo_value)):
        assert kept.least <= kept.found <= kept.most
        assert kept.most >= -1e-6 * max(1.0, abs(government.objective))
    if found.break_even is not None:
        assert found.break_even.low <= found.break_even.high
        assert math.isfinite(found.break_even.low) or found.ngo_value.proven


def test_a_mixed_system_is_never_proven_dearer_than_government_alone():
    try_examples(Claim(ordering_holds, (cost_cases(),), 15), 15)
