"""Sensitivities against independent re-solves, brute force and finite arithmetic."""

from __future__ import annotations

import dataclasses
import json
import math

import pytest
from hypothesis import event

import pse_opt as pse
from pse_opt.analysis import solves as module
from pse_opt.analysis.gain import Gain
from pse_opt.analysis.tasks import solve_task
from pse_opt.results import SOLVES
from pse_opt.solving.without import Without
from tests import oracle
from tests.strategies import cost_cases
from tests.test_formulation import COST, EVERYONE, OWN_REGION, world
from tests.test_properties import Claim, try_examples

TINY = "tiny-two-districts"


@pytest.fixture(scope="module")
def result():
    return pse.solve(TINY, "core", gap=0)


@pytest.fixture(scope="module")
def found(result):
    return pse.sensitivity(TINY, result, within=0.1, offers=3, resolve=2, gap=0)


def without(tables, provider):
    """Tables in which no offer of a provider may be engaged."""
    offers = tables["offers"]
    barred = offers["required"].mask(offers["provider"] == provider, "forbidden")
    return {**tables, "offers": offers.assign(required=barred)}


def resolved_without(instance, provider, model, **options):
    """An independent solve: the tables changed and read again."""
    changed = pse.Instance.from_tables(without(instance.tables, provider), instance.about)
    return pse.solve(changed, model, **options)


# The smallest instance, by its README


def test_without_the_helpers_the_second_clinic_is_opened(found):
    """14,760 with them, 16,000 with both clinics (the table of the README)."""
    by_name = {r.provider: r for r in found.replacements}
    assert [r.provider for r in found.replacements] == ["state", "helpers"]
    helpers = by_name["helpers"]
    assert helpers.more == Gain(pytest.approx(1240), pytest.approx(1240), pytest.approx(1240))
    assert [(t.provider, t.units, t.share) for t in helpers.taken] == [
        ("state", pytest.approx(360), pytest.approx(1.0))
    ]
    assert by_name["state"].indispensable
    assert by_name["state"].more.found is None
    assert helpers.verified
    assert not found.refuted


def test_costs_may_rise_until_the_next_set_is_cheaper(found):
    """Without the helpers 16,000; without the clinic of North 17,150.32 (the same table)."""
    north, helpers = found.costs
    assert (north.offer, helpers.offer) == ("clinic-north", "helpers-south")
    assert helpers.least == pytest.approx(16000 - 14760)
    assert helpers.per_unit == pytest.approx(1240 / 360)
    assert north.least == pytest.approx(17150.32 - 14760, abs=0.01)


def test_an_offer_that_is_not_engaged_may_get_cheaper(result):
    """All three cost 16,260: the clinic of South pays from 1,500 less on."""
    found = pse.sensitivity(TINY, result, offers=["clinic-south"], providers=0, alternatives=0)
    (south,) = found.costs
    assert not south.engaged
    # With it the cheapest is the pair of clinics, at 16,000: from 1,240 less it is as good.
    assert (south.least, south.most) == (pytest.approx(1240), pytest.approx(1240))


@pytest.mark.parametrize(("share", "engaged"), [(0.99, True), (1.01, False)])
def test_a_cost_range_is_where_the_plan_changes(result, share, engaged):
    """The fixed cost of the helpers raised to just below, and just above, what is said."""
    found = pse.sensitivity(TINY, result, offers=["helpers-south"], providers=0, alternatives=0)
    (line,) = found.costs
    tables = dict(result.instance.tables)
    offers = tables["offers"]
    mine = offers["offer"] == "helpers-south"
    dearer = offers["fixed_cost"].mask(mine, offers["fixed_cost"] + share * line.least)
    tables["offers"] = offers.assign(fixed_cost=dearer)
    after = pse.solve(pse.Instance.from_tables(tables), "core", gap=0)
    assert ("helpers-south" in set(after.plan.engagements["offer"])) is engaged


def test_alternatives_are_those_of_the_table(found):
    """Within 10 % of 14,760 lies the pair of clinics; all three, at 16,260, are 10.2 % above."""
    (other,) = found.alternatives
    assert (other.added, other.dropped) == (("clinic-south",), ("helpers-south",))
    assert other.objective == pytest.approx(16000)
    assert found.complete
    roles = {r.offer: r.role for r in found.roles}
    assert roles == {"clinic-north": "core", "clinic-south": "swing", "helpers-south": "swing"}


def test_alternatives_that_differ_more_leave_out_the_near_ones(result):
    found = pse.sensitivity(TINY, result, within=0.2, differ=2, providers=0, offers=0, gap=0)
    sets = [(a.added, a.dropped) for a in found.alternatives]
    assert sets[0] == (("clinic-south",), ("helpers-south",))
    assert all(len(a) + len(d) >= 2 for a, d in sets)
    near = pse.sensitivity(TINY, result, within=0.2, providers=0, offers=0, gap=0)
    assert (("clinic-south",), ()) in [(a.added, a.dropped) for a in near.alternatives]


def test_a_limit_moved_and_solved_again_is_the_true_difference(found):
    """A point more of the target needs 1,365 visits: beyond the 1,360 of the pair."""
    moved = found.resolved[0]
    assert (moved.name, moved.predicted) == ("target/health", pytest.approx(150))
    raised = pse.solve(TINY, "core", overrides={"coverage.target": 0.91}, gap=0)
    assert moved.more.found == pytest.approx(raised.objective - 14760)
    assert moved.more.found > 8 * moved.predicted
    assert moved.verified


def test_a_plan_that_is_not_the_best_is_said_to_be_so(tiny):
    every = pse.Plan.from_deliveries(
        tiny,
        pse.Plan.baseline(tiny).deliveries.iloc[:0],
        tiny.tables["offers"][["offer"]],
    )
    both = dataclasses.replace(every, deliveries=pse.solve(TINY, "core", gap=0).plan.deliveries)
    found = pse.sensitivity(tiny, both, "core", gap=0, providers=["helpers"], offers=0)
    assert found.objective == pytest.approx(16260)
    assert found.best.objective == pytest.approx(14760)
    assert any("costs 1,500 money more than the best" in note for note in found.notes)
    assert found.replacements[0].more.found == pytest.approx(1240)


def test_a_plan_that_breaks_rules_has_no_prices(tiny):
    found = pse.sensitivity(tiny, pse.Plan.baseline(tiny), "core", gap=0, alternatives=0)
    assert found.broken == 2
    assert found.limits == ()
    assert "no prices" in " ".join(found.notes)
    assert found.replacements[0].provider == "state"


# What it can do


def test_it_is_frozen_and_a_table_and_json_and_a_figure_and_words(found):
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.model = "other"
    data = json.loads(found.to_json())
    assert data["replacements"][1]["found"] == pytest.approx(1240)
    frame = found.to_frame()
    assert set(frame["part"]) == {
        "limits", "resolved", "replacements", "costs", "alternatives", "roles",
    }  # fmt: skip
    text = str(found)
    assert all(len(line) <= 80 for line in text.splitlines())
    for words in (
        "with the engagements of the plan fixed (duals)",
        "indispensable",
        "it is proven that there are no others",
    ):
        assert words in text
    assert found._repr_html_().startswith("<pre>")
    names = {t.get_text() for axes in found.plot().axes for t in axes.get_yticklabels()}
    assert {"Village Helpers", "target health (+1 point)"} <= names


def test_what_was_solved_before_is_taken_from_the_file(result, tmp_path):
    options = {"gap": 0, "folder": tmp_path, "resolve": 1}
    first = pse.sensitivity(TINY, result, **options)
    lines = (tmp_path / SOLVES).read_text().splitlines()
    assert len(lines) == first.solves > 3
    (tmp_path / SOLVES).write_text("\n".join([*lines[:2], lines[2][:40]]))
    again = pse.sensitivity(TINY, result, **options)
    assert (again.solves, again.resumed) == (first.solves - 2, 2)
    assert again.to_frame().equals(first.to_frame())


def test_processes_find_the_same(result, found):
    same = pse.sensitivity(TINY, result, within=0.1, offers=3, resolve=2, gap=0, workers=2)
    mine, theirs = found.to_dict(), same.to_dict()
    for data in (mine, theirs):
        data.pop("seconds")
    assert mine == theirs


@pytest.mark.parametrize("number", [1, 2, 4])
def test_ctrl_c_keeps_what_is_solved(monkeypatch, result, number):
    started = []

    def solved(task):
        started.append(task.label)
        if len(started) == number:
            raise KeyboardInterrupt
        return solve_task(task)

    monkeypatch.setattr(module, "solve_task", solved)
    found = pse.sensitivity(TINY, result, gap=0, offers=2)
    assert found.solves == number - 1
    assert found.missing
    assert len(found.replacements) == min(number - 1, 2)
    assert found.limits
    assert "for Ctrl-C came first" in str(found)


# Against independent solves


def test_replacement_costs_are_those_of_independent_solves(tiny):
    for model in ("core", "equalized", "ngo-mixed"):
        result = pse.solve(tiny, model, gap=0)
        found = pse.sensitivity(tiny, result, alternatives=0, offers=0)
        for line in found.replacements:
            other = resolved_without(tiny, line.provider, model, gap=0)
            if other.plan is None:
                assert line.indispensable
            else:
                assert line.more.found == pytest.approx(
                    other.objective - result.objective, abs=1e-4
                )


def check_replacements(name, providers, gap, **more):
    """Brackets of replacement costs and of independent solves meet."""
    instance = pse.load_instance(name)
    result = pse.solve(instance, "equalized", gap=gap, threads=1)
    found = pse.sensitivity(
        instance, result, providers=providers, offers=0, alternatives=0, gap=gap, **more
    )
    for line in found.replacements:
        other = resolved_without(instance, line.provider, "equalized", gap=gap, seed=7, threads=1)
        if other.plan is None:
            assert line.indispensable
            continue
        low = max(other.bound - result.objective, 0.0)
        high = other.objective - result.bound
        assert line.more.least <= high + 1e-6 * high
        assert low <= line.more.most + 1e-6 * high
        assert 0 <= line.more.least <= line.more.found <= line.more.most
        assert line.verified
        assert sum(t.share for t in line.taken) > 0
    return found


def test_replacement_costs_of_provinces_agree_with_independent_solves():
    found = check_replacements("zm-provinces", ["fbo-western", "gov-lusaka"], 1e-2)
    assert [r.indispensable for r in found.replacements] == [False, True]


@pytest.mark.thorough
def test_a_replacement_cost_of_districts_agrees_with_an_independent_solve():
    check_replacements("mw-districts", ["cham-likoma"], 2e-2)


def never_less(case) -> None:
    """Without a provider nothing is cheaper, and brute force agrees on what it is."""
    result = pse.solve(case.instance, case.document, gap=0)
    if result.plan is None or result.plan.engagements.empty:
        event("no plan")
        return
    found = pse.sensitivity(case.instance, result, within=0.05, offers=2, gap=0)
    scale = max(1.0, abs(result.objective))
    event(f"{len(found.replacements)} providers, {len(found.alternatives)} alternatives")
    for line in found.replacements:
        changed = case.changed()
        for offer in changed.tables["offers"]:
            if offer["provider"] == line.provider:
                offer["required"] = "forbidden"
        best = oracle.best_objective(changed.tables, case.document)
        if best is None:
            assert line.indispensable
        else:
            assert line.more.found == pytest.approx(best - result.objective, abs=1e-5 * scale)
            required = {o["provider"] for o in case.tables["offers"] if o["required"] == "yes"}
            assert line.more.least >= 0 or line.provider in required
    engaged = [frozenset(result.plan.engagements["offer"])]
    for other in found.alternatives:
        chosen = frozenset(other.plan.engagements["offer"])
        assert chosen not in engaged
        engaged.append(chosen)
        assert other.objective <= 1.05 * result.objective + 1e-6 * scale
        assert pse.verify(case.instance, other.plan, case.document).ok
        assert other.verified
    for line in found.costs:
        if line.engaged and line.status != "required":
            changed = case.changed()
            for offer in changed.tables["offers"]:
                if offer["offer"] == line.offer:
                    offer["required"] = "forbidden"
            best = oracle.best_objective(changed.tables, case.document)
            gap = math.inf if best is None else best - result.objective
            assert line.least == pytest.approx(gap, abs=1e-5 * scale)


def test_on_random_instances():
    try_examples(Claim(never_less, (cost_cases(),), 6), 6)


def test_roles_of_a_world_are_proven():
    """Everyone needs both: each reaches its own region alone."""
    instance = world(links=OWN_REGION)
    document = {"objective": COST, "coverage": EVERYONE}
    result = pse.solve(instance, document, gap=0)
    found = pse.sensitivity(instance, result, offers=2, alternatives=1, gap=0)
    assert [(r.role, r.evidence) for r in found.roles] == [("core", "solve")] * 2
    assert all(math.isinf(c.least) for c in found.costs)
    assert found.alternatives == ()
    assert found.complete


# A quick answer first, and time for what it leaves open


def test_when_time_is_over_the_interval_of_the_quick_answer_is_told(result):
    """Half of the clinic of South would do for the linear program: 15,550."""
    found = pse.sensitivity(TINY, result, gap=0, in_all=0, offers=0, alternatives=0)
    helpers = found.replacements[1]
    assert helpers.more.least == pytest.approx(15550 - 14760)
    assert helpers.more.most == pytest.approx(1240)
    assert helpers.status == "feasible"
    assert "1 provider: proven is less than the gap asked for" in " ".join(found.notes)
    assert found.replacements[0].indispensable
    assert "790 to 1,240" in str(found)


def test_what_the_quick_answer_proves_within_the_gap_takes_no_further_solve(result):
    found = pse.sensitivity(TINY, result, gap=0.05, offers=0, alternatives=0)
    assert found.solves == 2
    assert found.replacements[1].status == "within_gap"


def test_offers_are_taken_away_in_turn_and_come_back(tiny, result):
    model = Without(tiny, result.policy, result.plan)
    for _ in range(2):
        outcome, plan, sound = model.found(["helpers-south"])
        assert (outcome.bound, outcome.objective) == (pytest.approx(15550), pytest.approx(16000))
        assert set(plan.engagements["offer"]) == {"clinic-north", "clinic-south"}
        assert sound
        assert model.found(["clinic-north", "clinic-south"])[0].status == "infeasible"
    assert model.found(["clinic-south"])[0].objective == pytest.approx(14760)


# Other objectives than cost

GINI = {
    "name": "fair",
    "coverage": {"floor": 0.3, "target": 0.5},
    "total_budget": {"maximum": 11000},
    "equalization": [{"name": "regions", "level": "coverage", "measure": "gini"}],
    "objective": {"minimize_inequality": "regions"},
}


MODELS = {
    "coverage": ("max-coverage", {"total_budget.maximum": 12000.0}),
    "worst": ("rawls", {}),
    "gini": (GINI, {}),
}


@pytest.mark.parametrize(("model", "overrides"), MODELS.values(), ids=MODELS)
def test_other_objectives_get_worse_without_a_provider_by_what_solves_say(tiny, model, overrides):
    result = pse.solve(tiny, model, overrides=overrides, gap=0)
    found = pse.sensitivity(tiny, result, gap=0, within=0.05, alternatives=1)
    sense = -1.0 if found.aim.maximize else 1.0
    assert {line.provider for line in found.replacements} >= {"state"}
    for line in found.replacements:
        other = resolved_without(tiny, line.provider, result.policy, gap=0)
        if other.plan is None:
            assert line.indispensable
        else:
            worse = sense * (other.objective - result.objective)
            assert line.more.found == pytest.approx(worse, abs=1e-6)
            assert line.more.least - 1e-6 <= worse <= line.more.most + 1e-6
    for other in found.alternatives:
        assert sense * (other.objective - result.objective) >= -1e-6
        assert abs(other.objective - result.objective) <= 0.05 * abs(result.objective) + 1e-6
        assert other.verified
    assert found.costs == ()
    words = " ".join(str(found).split())
    assert f"no ranges of costs: the objective is {found.aim.name}, not cost" in words
    assert bool(found.limits) is found.aim.linear
    assert ("limits have no prices here" in words) is not found.aim.linear


def test_a_price_of_coverage_is_what_a_little_more_money_adds(tiny):
    """A unit more of the budget buys a fifteenth of a visit: 1 of 15,000."""
    result = pse.solve(tiny, "max-coverage", overrides={"total_budget.maximum": 12000}, gap=0)
    found = pse.sensitivity(
        tiny, result, gap=0, offers=0, providers=0, alternatives=0, resolve=["total_budget"]
    )
    (money,) = (x for x in found.limits if x.kind == "total_budget")
    more = pse.solve(tiny, "max-coverage", overrides={"total_budget.maximum": 12010}, gap=0)
    assert 10 * money.price == pytest.approx(more.objective - result.objective)
    assert money.words == "raises"
    assert found.resolved[0].more.found == pytest.approx(found.resolved[0].predicted)
    text = str(found)
    assert "mean coverage (points), greatest is best" in text
    assert "the plan has 71.60; no plan under these rules is above 71.60" in text
    assert "+0.80" in text


# Bad input


def test_everything_that_is_wrong_is_said_at_once(result):
    with pytest.raises(pse.InputError) as caught:
        pse.sensitivity(
            TINY,
            result,
            providers=["nobody", "helpers"],
            offers=["nothing"],
            resolve=["floor/nowhere"],
            within=-0.1,
            differ=0,
        )
    said = {(p.where, p.value) for p in caught.value.problems}
    assert said == {
        ("--provider", "nobody"),
        ("--offer", "nothing"),
        ("--limit", "floor/nowhere"),
        ("--within", -0.1),
        ("--differ", 0),
    }
    assert all(p.remedy for p in caught.value.problems)


def test_a_plan_alone_needs_a_model(result):
    with pytest.raises(pse.InputError, match="which rules"):
        pse.sensitivity(TINY, result.plan)
