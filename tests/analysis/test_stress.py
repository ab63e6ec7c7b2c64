"""Stress tests against brute force, arithmetic and independent re-solves."""

from __future__ import annotations

import itertools
import json
from types import MappingProxyType

import numpy as np
import pandas as pd
import pytest
from hypothesis import event

import pse_opt as pse
from pse_opt.analysis import solves as module
from pse_opt.analysis import stress_solves
from pse_opt.analysis.scenarios import demand_times, draws_of, dropout, prices_times, spreads_of
from pse_opt.analysis.tasks import solve_task
from pse_opt.results import SOLVES
from pse_opt.solving.held import hold
from tests import oracle
from tests.strategies import cost_cases
from tests.test_properties import Claim, try_examples
from tests.two_regions import COST, EVERYONE, OWN_REGION, link, offer, world

TINY = "tiny-two-districts"
NONE = {"worst": 0, "draws": 0, "demand": (), "prices": {}}


@pytest.fixture(scope="module")
def result():
    return pse.solve(TINY, "core", gap=0)


def solved(instance, **sections):
    return pse.solve(instance, {"name": "policy", "objective": COST} | sections, gap=0)


# What breaks, by arithmetic


def test_without_the_helpers_the_clinic_of_north_is_full(result):
    """1,000 visits of 1,350; floors of 70 % ask for 1,050: 50 visits, and people, are short."""
    found = pse.stress(TINY, result, providers=["helpers"], gap=0, **NONE)
    (trial,) = found.trials
    assert trial.held.people == pytest.approx(50, abs=1e-3)
    assert trial.held.units == {"health": pytest.approx(50, abs=1e-3)}
    assert trial.held.target_units == {"health": pytest.approx(350, abs=1e-3)}
    assert [rule.split(":")[0] for rule in trial.held.rules] == [
        "coverage_floor",
        "coverage_target",
    ]
    assert trial.held.sound
    # Solved again both clinics are engaged, at 16,000 (the table of the README).
    assert trial.recovered.cost.found == pytest.approx(1240)
    assert (trial.recovered.added, trial.recovered.dropped) == (1, 1)
    assert trial.recovered.regret is None
    assert trial.recovered.verified


@pytest.mark.parametrize(
    ("options", "whole"), [({"gap": 0.5}, 0), ({"gap": 0}, 1), ({"gap": 0, "in_all": 0.0}, 0)]
)
def test_recovery_takes_a_whole_solve_where_a_quick_one_is_wide_and_time_is_left(
    result, options, whole
):
    labels = []
    found = pse.stress(
        TINY, result, providers=["helpers"], heard=lambda task, _: labels.append(task.label),
        **NONE, **options,
    )  # fmt: skip
    assert labels.count("without helpers, first") == 1
    assert labels.count("without helpers, solved again") == whole
    new = found.trials[0].recovered
    assert new.cost.found == pytest.approx(1240)
    assert new.cost.least <= 1240 + 1e-6
    assert any("time was over (--in-all)" in note for note in found.notes) == ("in_all" in options)


def test_nobody_is_served_worse_to_make_others_look_equal():
    """Without the post South gets nothing; North keeps all, though equality then breaks."""
    equal = {"name": "regions", "measure": "range", "maximum": 0.1}
    instance = world(links=OWN_REGION)
    best = solved(instance, coverage=EVERYONE, equalization=[equal])
    found = pse.stress(instance, best, providers=["helpers"], recover=False, **NONE)
    held = found.trials[0].held
    lines = held.worse.set_index("region")
    assert list(lines.index) == ["south"]
    assert lines.loc["south", "lost"] == pytest.approx(100)
    assert held.people == pytest.approx(100, abs=1e-3)
    assert {rule.split(":")[0] for rule in held.rules} == {
        "coverage_floor", "equalization.regions",
    }  # fmt: skip


def test_last_resort_steps_in_where_the_rules_have_one():
    services = [{"service": "health", "unit": "visits", "reach_km": 50, "last_resort_cost": 40}]
    instance = world(links=OWN_REGION, services=services)
    document = {"objective": {"minimize": [*COST["minimize"], "last_resort"]}}
    best = solved(instance, coverage=EVERYONE, last_resort={}, **document)
    found = pse.stress(instance, best, providers=["helpers"], gap=0, **NONE)
    (trial,) = found.trials
    assert trial.held.kept
    assert trial.held.last_resort == {"health": pytest.approx(100)}
    # 100 + 1000 for North, and 100 at 40 for South; nothing else is possible.
    assert trial.held.objective == pytest.approx(1100 + 4000)
    assert trial.recovered.regret.found == pytest.approx(0, abs=1e-3)


def test_money_is_kept_before_people_are_served():
    """The budget bears 110 visits of 200 at 5 beside fixed cost of 300; demand rises by a tenth."""
    instance = world(links=[link("post", r) for r in ("north", "south")],
                     offers={"post": {"capacity": 300}})  # fmt: skip
    rules = {"coverage": EVERYONE, "total_budget": {"maximum": 1300}}
    best = solved(instance, **rules)
    options = {**NONE, "demand": (1.1,)}
    found = pse.stress(instance, best, providers=0, recover=False, **options)
    held = found.trials[0].held
    assert held.objective == pytest.approx(1300, abs=1e-2)
    assert held.units == {"health": pytest.approx(20, abs=1e-2)}
    assert all("budget" not in rule for rule in held.rules)


def test_dearer_providers_are_kept_at_a_price_and_regretted():
    """The post at 5 times the costs: kept 1,500 + 25 a visit; the clinic costs 100 + 10."""
    best = solved(world(), coverage={"floor": 0.5})
    found = pse.stress(world(), best, providers=0, gap=0, **{**NONE, "prices": {"helpers": 5.0}})
    (trial,) = found.trials
    assert trial.held.kept
    assert trial.held.objective == pytest.approx(5 * 800)
    assert trial.recovered.objective == pytest.approx(1100)
    assert trial.recovered.regret.found == pytest.approx(5 * 800 - 1100)
    assert trial.recovered.cost.found == pytest.approx(1100 - 800)


def test_other_objectives_are_regretted_in_their_own_unit(tiny):
    """Without the helpers two thirds are served: the clinic of North is full."""
    best = pse.solve(tiny, "max-coverage", overrides={"total_budget.maximum": 12000}, gap=0)
    found = pse.stress(tiny, best, providers=["helpers"], gap=0, **{**NONE, "draws": 3})
    trial = found.trials[0]
    instance = dropout(tiny, ["helpers"]).instance(tiny)
    again = pse.solve(instance, best.policy, gap=0)
    kept, _ = hold(instance, best.policy, best.plan)
    assert kept.values is not None
    assert trial.held.kept
    assert trial.recovered.objective == pytest.approx(again.objective)
    assert trial.recovered.cost.found == pytest.approx(best.objective - again.objective)
    regret = again.objective - trial.held.objective
    assert trial.recovered.regret.found == pytest.approx(regret, abs=1e-9)
    assert 0 <= regret < trial.recovered.cost.found
    text = str(found)
    assert "mean coverage, greatest is best; today: 71.60 points" in text
    assert f"{100 * trial.held.objective:.2f}" in text
    assert found.plot().axes[-1].get_xlabel() == "mean coverage, points"


# The worst together


def several(count):
    """As many providers as wanted, each with one offer of its own capacity."""
    names = [f"p{k}" for k in range(count)]
    return world(
        providers=[{"provider": p, "kind": "government"} for p in names],
        offers=[
            {**offer(f"o{k}", "state", "north", 10, 1 + k), "provider": p, "capacity": 30 + 7 * k}
            for k, p in enumerate(names)
        ],
        links=[link(f"o{k}", r) for k in range(count) for r in ("north", "south")],
    )


def test_the_worst_together_are_those_of_brute_force():
    instance = several(6)
    best = solved(instance, coverage=EVERYONE)
    found = pse.stress(instance, best, worst=2, recover=False, draws=0, demand=(), prices={})
    (trial,) = found.of_kind("worst")
    engaged = sorted(set(best.plan.offers["provider"]))
    harms = {}
    for pair in itertools.combinations(engaged, 2):
        there = dropout(instance, pair).instance(instance)
        _, plan = hold(there, best.policy, best.plan)
        missing = 1 - pse.verify(there, plan, best.policy).levels["coverage"].to_numpy()
        harms[pair] = float(missing @ there.needs["heads"].to_numpy())
    worst = max(harms, key=harms.__getitem__)
    assert trial.name == f"without {', '.join(worst)}"
    assert found.search.startswith("exact: all")
    assert trial.held.people == pytest.approx(harms[worst], abs=1e-2)
    assert trial.held.people == max(t.held.people for t in found.trials)


def test_the_greedy_search_says_so_and_finds_no_worse_than_exists(monkeypatch):
    instance = several(6)
    best = solved(instance, coverage=EVERYONE)
    options = {"worst": 3, "recover": False, "draws": 0, "demand": (), "prices": {}}
    exact = pse.stress(instance, best, **options).of_kind("worst")[0]
    monkeypatch.setattr(stress_solves, "EXACT_UP_TO", 1)
    found = pse.stress(instance, best, **options)
    assert found.search.startswith("greedy among")
    greedy = found.of_kind("worst")[0]
    assert greedy.held.people <= exact.held.people + 1e-3
    assert greedy.held.people >= 0.8 * exact.held.people


# Draws


def test_draws_have_the_mean_and_spread_asked_for_and_the_first_do_not_depend_on_the_count(tiny):
    spreads = spreads_of(tiny, 0.2)
    few = list(draws_of(tiny, 3, spreads, together=0.0, seed=4))
    many = list(draws_of(tiny, 4000, spreads, together=0.0, seed=4))
    for one, other in zip(few, many, strict=False):
        assert one.tables["needs"]["demand"].tolist() == other.tables["needs"]["demand"].tolist()
    base = tiny.tables["needs"]["demand"].to_numpy()
    factors = np.array([s.tables["needs"]["demand"].to_numpy() / base for s in many])
    assert factors.mean(axis=0) == pytest.approx(1.0, abs=0.02)
    assert factors.std(axis=0) == pytest.approx(0.2, abs=0.02)
    assert abs(np.corrcoef(factors.T)[0, 1]) < 0.1
    common = draws_of(tiny, 50, spreads, together=1.0, seed=4)
    for scenario in common:
        factor = scenario.tables["needs"]["demand"].to_numpy() / base
        assert factor[0] == pytest.approx(factor[1])


def test_the_spread_of_a_need_is_that_of_the_last_row_that_matches(tiny):
    table = pd.DataFrame({"service": ["health", ""], "region": ["", "south"], "spread": [0.1, 0.4]})
    assert spreads_of(tiny, table).tolist() == [0.1, 0.4]
    with pytest.raises(pse.InputError) as caught:
        spreads_of(tiny, pd.DataFrame({"region": ["nowhere", ""], "spread": [0.1, -1]}))
    assert len(caught.value.problems) == 2


def test_the_seed_decides_and_quantiles_are_over_the_draws(result):
    options = {"providers": 0, "worst": 0, "demand": (), "prices": {}, "gap": 0}
    found, same, other = (
        pse.stress(TINY, result, draws=6, resolve=2, seed=s, **options) for s in (1, 1, 2)
    )
    assert found.to_frame().equals(same.to_frame())
    assert not found.to_frame().equals(other.to_frame())
    frame = found.quantiles().set_index("quantity")
    costs = [t.held.objective for t in found.of_kind("draw")]
    assert frame.loc["held_objective", "50%"] == pytest.approx(np.quantile(costs, 0.5))
    assert frame.loc["held_objective", "draws"] == 6
    assert sum(t.recovered is not None for t in found.trials) == 2


def test_no_spread_is_today(result):
    found = pse.stress(
        TINY, result, providers=0, worst=0, demand=(1.0,), prices={}, draws=2, spread=0.0,
        resolve=2, gap=0,
    )  # fmt: skip
    assert len(found.trials) == 3
    for trial in found.trials:
        assert trial.held.kept
        assert trial.held.objective == pytest.approx(14760)
        assert trial.recovered.regret.found == pytest.approx(0, abs=1e-3)
        assert trial.recovered.cost.found == pytest.approx(0, abs=1e-3)
        assert trial.held.worse.empty


# On random instances


def today_has_no_regret(case) -> None:
    """The scenario that is today; and brute force of every provider that drops out."""
    best = pse.solve(case.instance, case.document, gap=0)
    if best.plan is None:
        event("no plan")
        return
    found = pse.stress(case.instance, best, worst=0, demand=(1.0,), prices={}, draws=0, gap=0)
    scale = max(1.0, abs(best.objective))
    today = found.of_kind("demand")[0]
    assert today.held.kept
    assert today.held.objective == pytest.approx(best.objective, abs=1e-5 * scale)
    assert today.recovered.regret.found == pytest.approx(0, abs=1e-5 * scale)
    assert not found.refuted
    for trial in found.of_kind("dropout"):
        name = trial.name.removeprefix("without ")
        changed = case.changed()
        for line in changed.tables["offers"]:
            if line["provider"] == name:
                line["required"] = "forbidden"
        least = oracle.best_objective(changed.tables, case.document)
        if least is None:
            assert trial.recovered.status == "infeasible"
            assert not trial.held.kept
            continue
        assert trial.recovered.objective == pytest.approx(least, abs=1e-5 * scale)
        if not any(o["required"] == "yes" for o in case.tables["offers"]):
            assert trial.recovered.cost.found >= -1e-5 * scale
        if trial.held.kept:
            event("kept")
            assert trial.held.objective >= least - 1e-5 * scale
            kept = held_by_brute_force(case, best, name)
            assert trial.held.objective == pytest.approx(kept, abs=1e-5 * scale)


def held_by_brute_force(case, best, name):
    """The least cost with just the engagements that are left, by the oracle."""
    changed = case.changed()
    chosen = dict(zip(best.plan.engagements["offer"], best.plan.engagements["size"], strict=True))
    for line in changed.tables["offers"]:
        gone = line["provider"] == name or line["offer"] not in chosen
        line["required"] = "forbidden" if gone else "yes"
    if changed.tables.get("sizes"):
        changed.tables["sizes"] = [
            s for s in changed.tables["sizes"] if chosen.get(s["offer"], s["size"]) == s["size"]
        ]
    return oracle.best_objective(changed.tables, changed.document)


def test_on_random_instances():
    try_examples(Claim(today_has_no_regret, (cost_cases(),), 6), 6)


# What it can do


def test_it_is_a_table_and_json_and_a_figure_and_words(result):
    found = pse.stress(TINY, result, draws=3, resolve=1, gap=0)
    data = json.loads(found.to_json())
    assert {t["kind"] for t in data["trials"]} == {"dropout", "worst", "demand", "price", "draw"}
    frame = found.to_frame()
    assert len(frame) == len(found.trials)
    assert frame["people_short"].max() == pytest.approx(1050, abs=1e-2)
    text = str(found)
    assert all(len(line) <= 80 for line in text.splitlines())
    assert "worst together: without helpers, state (exact: all 1 sets" in text
    assert "3 draws of demand (seed 0)" in text
    assert found._repr_html_().startswith("<pre>")
    assert len(found.plot().axes) == 3


def test_every_scenario_alters_what_it_says(tiny):
    less = demand_times(tiny, 0.5).instance(tiny)
    assert less.needs["demand"].tolist() == [500, 250]
    dear = prices_times(tiny, "ngo", 2.0).instance(tiny)
    unit = dict(zip(dear.offers["offer"], dear.offers["unit_cost"], strict=True))
    assert unit == {"clinic-north": 10, "clinic-south": 10, "helpers-south": 16}
    gone = dropout(tiny, ["state"]).instance(tiny)
    assert gone.offers["offer"].tolist() == ["helpers-south"]
    assert isinstance(gone.tables, MappingProxyType)


def test_it_resumes_and_ctrl_c_keeps_what_is_solved(monkeypatch, result, tmp_path):
    started = []

    def solving(task):
        started.append(task.label)
        if len(started) == 4:
            raise KeyboardInterrupt
        return solve_task(task)

    options = {"draws": 2, "resolve": 1, "gap": 0, "folder": tmp_path}
    monkeypatch.setattr(module, "solve_task", solving)
    stopped = pse.stress(TINY, result, **options)
    assert stopped.solves == 3
    assert len(stopped.trials) == 3
    assert any("engagements kept" in m for m in stopped.missing)
    assert len((tmp_path / SOLVES).read_text().splitlines()) == 3
    monkeypatch.undo()
    whole = pse.stress(TINY, result, **options)
    assert (whole.resumed, whole.missing) == (3, ())
    fresh = pse.stress(TINY, result, draws=2, resolve=1, gap=0, workers=2)
    assert whole.to_frame().equals(fresh.to_frame())


def test_everything_that_is_wrong_is_said_at_once(result):
    with pytest.raises(pse.InputError) as caught:
        pse.stress(
            TINY, result, providers=["nobody"], worst=-1, draws=-2, spread=-0.1, together=2.0,
            demand=(0.0,), prices={"nothing": 1.0, "ngo": -1.0},
        )  # fmt: skip
    said = {(p.where, p.value) for p in caught.value.problems}
    assert said == {
        ("--provider", "nobody"),
        ("--worst", -1),
        ("--draws", -2),
        ("--spread", -0.1),
        ("--together", 2.0),
        ("--demand", 0.0),
        ("--price", "nothing"),
        ("--price", "ngo=-1.0"),
    }
