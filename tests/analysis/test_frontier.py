"""What equality costs, on instances small enough to be followed with pencil and paper."""

import json

import numpy as np
import pandas as pd
import pytest

import pse_opt as pse
from pse_opt.analysis.frontier_search import _halves, _waves
from pse_opt.cli import main
from pse_opt.errors import InputError
from pse_opt.instance import Instance
from pse_opt.policy import read_policy
from pse_opt.solving.compiled import compile_model
from pse_opt.solving.starting import start_of
from tests.conftest import only, small_tables

TINY = "tiny-two-districts"
RANGE = "equalization.regions.maximum"


@pytest.fixture(scope="module")
def found():
    """Five bounds on the range of coverage of the tiny instance."""
    return pse.frontier(TINY, "equalized", points=5, gap=0)


def test_the_two_ends_are_the_cheapest_plan_and_perfect_equality(found):
    """The helpers serve the floor, 360 of 500; equal coverage needs 450, of a second clinic."""
    first, last = found.points[0], found.points[-1]
    assert first.allowed is None
    assert (first.value, first.objective) == pytest.approx((0.27, 14760))
    assert last.value == pytest.approx(0, abs=1e-5)
    assert last.objective == pytest.approx(14960.15, abs=0.01)
    assert found.best.proven == pytest.approx(0, abs=1e-9)
    assert found.best.how == "objective"


def test_every_point_is_proven_and_the_curve_rises_as_the_bound_tightens(found):
    assert [p.status for p in found.points] == ["optimal"] * 5
    assert all(p.verified for p in found.points)
    costs = [p.objective for p in found.curve]
    assert costs == sorted(costs)
    assert [p.allowed for p in found.points[1:4]] == pytest.approx(
        [0.2025, 0.135, 0.0675], abs=1e-5
    )


def test_the_price_of_equity_is_the_cost_over_the_cheapest_plan(found):
    price = found.points[-1].price
    assert price.found == pytest.approx(14960.15 / 14760 - 1, abs=1e-6)
    assert (price.least, price.most) == pytest.approx((price.found, price.found), abs=1e-8)
    assert price.proven
    assert not found.points[0].price.proven
    per_point = (14960.15 - 14760) / 27
    assert [p.marginal for p in found.points[1:]] == pytest.approx([per_point] * 4, abs=1e-2)


def test_a_price_smaller_than_the_gaps_is_said_not_to_be_proven():
    loose = pse.frontier(TINY, "equalized", points=3, gap=0.5)
    prices = [p.price for p in loose.points if p.price is not None and p.price.found > 0]
    assert all(not p.proven for p in prices if p.least == 0)
    one = pse.frontier(TINY, "equalized", points=3, gap=0).points[-1].price
    assert type(one)(0.01, 0.0, 0.02).proven is False


def test_today_is_cheaper_than_any_plan_that_keeps_the_rules(found):
    held = found.against
    assert (held.name, held.objective, held.value, held.broken) == ("today", 11000, 1, 2)
    assert held.same_objective == (None, None)
    assert held.same_value == pytest.approx((14760, 14760))
    assert "no plan found that keeps the rules costs as little" in " ".join(str(found).split())


def test_a_dear_plan_is_held_against_what_its_money_and_its_fairness_could_have_bought():
    """Both clinics, 0.9 everywhere but 0.8 in South: 15,900; equality is to be had for less."""
    instance = pse.load_instance(TINY)
    rows = [("clinic-north", "north", "health", 0.99), ("clinic-south", "south", "health", 0.8)]
    table = pd.DataFrame(rows, columns=["offer", "region", "service", "share"])
    plan = pse.Plan.from_deliveries(instance, table)
    found = pse.frontier(instance, "equalized", points=3, gap=0, against=plan)
    held = found.against
    assert held.value == pytest.approx(0.19)
    assert held.same_objective == pytest.approx((0, 0), abs=1e-5)
    assert held.same_value[0] == pytest.approx(held.same_value[1])
    assert found.points[0].objective < held.same_value[0] < found.points[-1].objective
    assert held.same_value[0] < held.objective
    assert "same fairness, cheaper: 14,8" in str(found)


def test_what_same_money_attains_lies_where_the_curve_has_that_cost():
    instance = pse.load_instance(TINY)
    half = pse.solve(instance, "equalized", overrides={RANGE: 0.2}, gap=0)
    found = pse.frontier(instance, "equalized", points=2, gap=0, against=half.plan)
    attained, limit = found.against.same_objective
    assert attained == pytest.approx(0.2, abs=1e-4)
    assert limit <= attained + 1e-9


def test_winners_and_losers_are_told_from_one_end_to_the_other(found):
    changes = found.changes().set_index("name")["change"]
    assert changes["South"] > 0 > changes["North"]
    assert changes["North"] == pytest.approx(0.9 - 0.99, abs=1e-5)


def test_bounds_may_be_named_and_one_that_nobody_can_keep_is_a_row():
    """The two clinics deliver 1,400 of 1,500 visits; the floor of every place is less than that."""
    tables = small_tables(offers={"capacity": [1000, 400]})
    instance = Instance.from_tables(tables, {"name": "small"})
    found = pse.frontier(instance, EVEN, values=[0.95, 0.9], vary="coverage.target", gap=0)
    allowed, status = (found.to_frame()[c].tolist() for c in ("allowed", "status"))
    assert allowed[1:] == pytest.approx([0.9, 1400 / 1500, 0.95], abs=1e-4)
    assert status == ["optimal", "optimal", "optimal", "infeasible"]
    assert found.points[-1].value is None
    assert "infeasible" in str(found)


EVEN = {
    "name": "even",
    "coverage": {"floor": 0.3, "target": 0.5},
    "objective": {"minimize": ["engagement", "delivery"]},
}
WHOLE = {
    **EVEN,
    "coverage": {"floor": 0.0},
    "siting": {"number": 1},
    "equalization": [{"name": "far", "level": "travel", "measure": "ceiling"}],
}


def places(count=4):
    """Villages in a row that one clinic can serve, dearer the nearer to the middle."""
    names = [f"v{k}" for k in range(count)]
    return {
        "regions": {
            "region": names,
            "population": [100] * count,
            "longitude": [30.0] * count,
            "latitude": [-10 - 0.1 * k for k in range(count)],
        },
        "services": {"service": ["health"], "unit": ["visits"], "reach_km": [100]},
        "needs": {"region": names, "service": ["health"] * count, "demand": [100] * count},
        "providers": {"provider": ["state"], "kind": ["government"]},
        "offers": {
            "offer": [f"o{k}" for k in range(count)],
            "provider": ["state"] * count,
            "service": ["health"] * count,
            "mode": ["direct"] * count,
            "region": names,
            "capacity": [1000] * count,
            "fixed_cost": [100, 900, 800, 300][:count],
            "unit_cost": [1] * count,
        },
    }


@pytest.fixture
def villages():
    frames = {name: pd.DataFrame(columns) for name, columns in places().items()}
    return Instance.from_tables(frames, {"name": "villages"})


def test_a_bound_that_a_looser_plan_keeps_already_is_not_solved(villages):
    """Full service by one clinic: at the end of the row 33 km away, or in the middle 22 km."""
    model = {**WHOLE, "coverage": {"floor": 1.0}, "siting": {"number": 1}}
    found = pse.frontier(villages, model, points=9, gap=0)
    assert len(found.curve) == 2
    assert [round(p.objective) for p in found.curve] == [500, 1200]
    assert found.solves < 9
    skipped = [p for p in found.points if not p.solved]
    assert skipped
    assert all(p.seconds == 0 and p.status == "optimal" for p in skipped)
    assert sum(p.dominated for p in found.points) == len(found.points) - 2
    assert found.knee is None
    assert "same" in str(found)


def test_curved_measures_have_no_objective_so_tighter_bounds_are_tried():
    model = {"extends": "core", "name": "theil"}
    model |= {"equalization": [{"name": "fair", "measure": "theil"}]}
    found = pse.frontier(TINY, model, points=3, gap=0)
    assert found.best.how == "trials"
    assert found.best.proven <= found.best.found
    assert "found by trying tighter and tighter bounds" in " ".join(str(found).split())
    assert found.points[-1].objective == pytest.approx(14960.15, abs=2)


def test_a_budget_buys_coverage_from_the_least_to_the_most():
    found = pse.frontier(TINY, "max-coverage", points=5, gap=0)
    assert not found.cost
    assert (found.vary, found.quantity) == ("total_budget.maximum", "public cost, money a year")
    first, last = found.points[0], found.points[-1]
    assert first.objective == pytest.approx(1)
    assert (last.value, last.objective) == pytest.approx((0, 0), abs=1e-4)
    covered = [p.objective for p in found.curve]
    assert covered == sorted(covered, reverse=True)
    assert all(p.price is None for p in found.points)
    assert "a point costs" in str(found)


def test_the_knee_is_the_point_farthest_below_the_line_between_the_ends():
    found = pse.frontier(TINY, "max-coverage", points=7, gap=0)
    knee, curve = found.knee, found.curve
    assert knee in curve[1:-1]
    x = np.array([p.value for p in curve])
    y = np.array([p.objective for p in curve])
    above = (y - y[0]) / (y[-1] - y[0]) - (x - x[0]) / (x[-1] - x[0])
    assert knee is curve[int((-above).argmax())]


def test_waves_halve_what_is_left():
    assert list(_halves(0)) == []
    assert sorted(k for wave in _halves(11) for k in wave) == list(range(11))
    assert [len(wave) for wave in _halves(7)] == [1, 2, 4]
    assert [len(wave) for wave in _waves(50)] == [1, 2, 4, 8, 35]
    assert sorted(k for wave in _waves(11) for k in wave) == list(range(11))


def test_a_plan_to_start_from_says_which_offers_are_engaged():
    instance = pse.load_instance(TINY)
    policy = read_policy("equalized")
    plan = pse.solve(instance, policy, gap=0).plan
    m = pse.build_model(instance, policy)
    compiled = compile_model(m)
    first = start_of(m, compiled, instance, plan)
    engaged = {compiled.columns[k].index()[0] for k, value in first.items() if value == 1}
    assert engaged == {"clinic-north", "helpers-south"}
    assert len(first) == compiled.integer.sum()


def test_starting_from_a_plan_changes_no_optimum():
    instance = pse.load_instance(TINY)
    cold = pse.solve(instance, "equalized", gap=0)
    dear = pse.solve(instance, "government-only", gap=0).plan
    for start in (cold.plan, dear, pse.Plan.baseline(instance)):
        warm = pse.solve(instance, "equalized", gap=0, start=start)
        assert (warm.status, warm.objective) == ("optimal", pytest.approx(cold.objective))


def test_a_single_source_is_part_of_a_start():
    instance = pse.load_instance(TINY)
    model = {"extends": "core", "single_source": {}, "coverage": {"floor": 0.7, "target": 0.9}}
    policy = read_policy(model)
    plan = pse.solve(instance, policy, gap=0).plan
    m = pse.build_model(instance, policy)
    compiled = compile_model(m)
    first = start_of(m, compiled, instance, plan)
    chosen = [compiled.columns[k].index() for k, value in first.items() if value == 1]
    assert ("clinic-north", "north", "") in chosen


def test_json_and_table_hold_every_point(found):
    data = json.loads(found.to_json())
    assert (data["vary"], data["objective"], data["currency"]) == (RANGE, "cost", "money")
    assert len(data["points"]) == len(found.to_frame()) == 5
    assert data["best"]["found"] == pytest.approx(0, abs=1e-9)
    assert {c["name"] for c in data["changes"]} == {"North", "South"}


def test_the_text_fits_eighty_columns(found):
    assert max(map(len, str(found).splitlines())) <= 80
    assert "price of equity at 0.0%: 1.36% of cost" in str(found)
    assert found._repr_html_().startswith("<pre>Two districts")


def test_the_figure_shows_the_curve_with_its_gaps():
    loose = pse.frontier(TINY, "equalized", points=4, gap=0)
    axes = loose.plot().axes[0]
    (bars,) = axes.containers
    assert bars[0].get_xdata() == pytest.approx([100 * p.value for p in loose.curve])
    assert bars[0].get_ydata() == pytest.approx([p.objective / 1000 for p in loose.curve])
    assert axes.get_xlabel() == "range of coverage between regions, percent"
    assert axes.get_ylabel() == "cost, thousand money a year"
    assert "today" in " ".join(t.get_text() for t in axes.get_legend().get_texts())


def test_a_model_without_a_plan_says_why():
    model = {"extends": "equalized", "total_budget": {"maximum": 1.0}}
    found = pse.frontier(TINY, model, points=3, gap=0)
    assert [p.status for p in found.points] == ["infeasible"]
    assert found.curve == ()
    assert found.changes().empty
    assert "total_budget" in str(found)
    assert found.plot().axes[0].texts[0].get_text() == "no plan"


@pytest.mark.parametrize(
    ("model", "given", "message", "remedy"),
    [
        ("equalized", {"vary": "equalization.region.maximum"}, "no such bound", RANGE),
        ("equalized", {"vary": "equalization.regions.minimum"}, "no such bound", RANGE),
        ("core", {}, "equalizes nothing", "coverage.target"),
        ("core", {"vary": "total_budget.maximum"}, "does not maximize", "max-coverage"),
        ("max-coverage", {"vary": "coverage.floor"}, "minimizes no cost", "total_budget"),
        ("equalized", {"points": 1}, "too few points", "at least 2"),
        ("equalized", {"values": [-0.1]}, "not a bound", "from 0"),
        ("equalized", {"vary": "coverage.target", "values": [1.2]}, "not a bound", "from 0 to 1"),
    ],
)
def test_what_cannot_be_varied_is_refused_with_a_remedy(model, given, message, remedy):
    with pytest.raises(InputError, match=message) as caught:
        pse.frontier(TINY, model, **given)
    assert remedy in only(caught.value).remedy


def test_the_command_writes_table_json_and_figures(tmp_path, capsys):
    target = tmp_path / "here"
    words = ["frontier", TINY, "--points", "3", "--gap", "0", "--out", str(target)]
    assert main(words) == 0
    names = {p.name for p in target.iterdir()}
    figures = {f"frontier.{e}" for e in ("csv", "json", "png", "svg")}
    assert names == figures | {"points.jsonl", "levels.csv", "model.toml"}
    assert len(pd.read_csv(target / "frontier.csv")) == 3
    assert "price of equity" in capsys.readouterr().out
    assert main([*words, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["solves"] == 0


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["--vary", "equalization.region.maximum"], 2, "did you mean"),
        (["--values", "0.1,x"], 2, "not a number"),
        (["--values", ","], 2, "there is no number"),
        (["--set", "total_budget.maximum=1"], 3, ""),
    ],
)
def test_what_is_wrong_with_a_command_decides_its_exit_code(words, code, message, tmp_path, capsys):
    target = ["--out", str(tmp_path / "here"), "--points", "3"]
    assert main(["frontier", TINY, *words, *target]) == code
    assert message in capsys.readouterr().err


def test_solves_are_told_which_pairs_turned_within_bounds_next_to_theirs(monkeypatch):
    from pse_opt.analysis import solves

    seen = []
    solve = solves.solve_task
    monkeypatch.setattr(solves, "solve_task", lambda task: seen.append(task) or solve(task))
    entry = {"name": "regions", "measure": "gini", "maximum": 0.1, "method": "lazy"}
    model = {"extends": "core", "name": "gini", "equalization": [entry]}
    found = pse.frontier(TINY, model, points=5, gap=0)
    assert [p.status for p in found.points] == ["optimal"] * 5
    # The tightest comes first, and tells nothing; then the middle, then those on its two sides.
    within = [t for t in seen if t.label.startswith("within")]
    assert [len(t.points) for t in within] == [0, 0, 1, 1]
