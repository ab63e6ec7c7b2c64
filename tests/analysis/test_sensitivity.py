"""Sensitivities of the smallest instance, explained; what was solved before; bad input."""

from __future__ import annotations

import dataclasses
import json

import pytest

import pse_opt as pse
from pse_opt.analysis import solves as module
from pse_opt.analysis.gain import Gain
from pse_opt.analysis.tasks import solve_task
from pse_opt.results import SOLVES
from pse_opt.solving.without import Without

TINY = "tiny-two-districts"


@pytest.fixture(scope="module")
def result():
    return pse.solve(TINY, "core", gap=0)


@pytest.fixture(scope="module")
def found(result):
    return pse.sensitivity(TINY, result, within=0.1, offers=3, resolve=2, gap=0)


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
