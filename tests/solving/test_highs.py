"""The hand-off: matrices equal the model, statuses mean what they say, nothing is printed."""

from __future__ import annotations

import subprocess
import sys
import time

import numpy as np
import pyomo.environ as pe
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pse_opt as pse
from pse_opt.solving import direct
from pse_opt.solving.compiled import compile_model
from pse_opt.solving.highs import LEAST_CLEANING, LINEAR, MOST_CLEANING, Session
from pse_opt.solving.interrupt import Stop
from pse_opt.solving.outcome import Options
from pse_opt.solving.search import sound


def knapsack(sense=pe.maximize):
    """Values 6, 5, 4 and weights 3, 2, 2 within 4: the best is 5 + 4 = 9."""
    m = pe.ConcreteModel()
    m.x = pe.Var([0, 1, 2], domain=pe.Binary)
    m.weight = pe.Constraint(expr=3 * m.x[0] + 2 * m.x[1] + 2 * m.x[2] <= 4)
    m.value = pe.Objective(expr=6 * m.x[0] + 5 * m.x[1] + 4 * m.x[2], sense=sense)
    return m


def packing(items: int = 60):
    """A market split problem: seconds are not enough to prove anything."""
    random = np.random.default_rng(1)
    weights = random.integers(1, 100, size=(6, items))
    m = pe.ConcreteModel()
    m.x = pe.Var(range(items), domain=pe.Binary)
    m.short = pe.Var(range(6), bounds=(0, None))
    m.over = pe.Var(range(6), bounds=(0, None))

    def half(m, k):
        total = sum(int(w) * m.x[j] for j, w in enumerate(weights[k]))
        return total + m.short[k] - m.over[k] == int(weights[k].sum()) // 2

    m.half = pe.Constraint(range(6), rule=half)
    m.miss = pe.Objective(expr=sum(m.short[k] + m.over[k] for k in range(6)) + 1000)
    return m


def test_a_model_is_solved_to_proven_optimality_and_its_values_are_loaded():
    m = knapsack()
    outcome = pse.solve_model(m, gap=0)
    assert (outcome.status, outcome.termination) == ("optimal", "gap_reached")
    assert outcome.objective == pytest.approx(9)
    assert outcome.bound == pytest.approx(9)
    assert [pe.value(m.x[k]) for k in range(3)] == [0, 1, 1]


def test_fixed_variables_and_deactivated_constraints_are_honoured():
    m = knapsack()
    m.x[0].fix(1)
    assert pse.solve_model(m, gap=0).objective == pytest.approx(6)
    m.weight.deactivate()
    assert pse.solve_model(m, gap=0).objective == pytest.approx(15)


def test_two_sided_constraints_and_objective_constants_are_kept():
    m = pe.ConcreteModel()
    m.x = pe.Var(bounds=(None, None))
    m.band = pe.Constraint(expr=pe.inequality(2, m.x + 1, 5))
    m.cost = pe.Objective(expr=3 * m.x + 10)
    assert pse.solve_model(m).objective == pytest.approx(13)
    m.cost.deactivate()
    m.gain = pe.Objective(expr=3 * m.x + 10, sense=pe.maximize)
    assert pse.solve_model(m).objective == pytest.approx(22)


@pytest.mark.parametrize("model", ["core", "equalized", "max-coverage"])
def test_the_matrix_says_what_the_pyomo_model_says(model):
    m = pse.build_model(pse.load_instance("tiny-two-districts"), model)
    compiled = compile_model(m)
    random = np.random.default_rng(3)
    values = random.uniform(0, 1, len(compiled.columns))
    for column, value in zip(compiled.columns, values, strict=True):
        column.set_value(value, skip_validation=True)
    for variable in m.component_data_objects(pe.Var):
        if variable.value is None:
            variable.set_value(0.0, skip_validation=True)
    activity = compiled.matrix @ values
    for k, row in enumerate(compiled.rows):
        assert pe.value(row.body) == pytest.approx(activity[k], abs=1e-9), row.name
        if np.isfinite(compiled.row_upper[k]):
            assert row.ub == pytest.approx(compiled.row_upper[k]), row.name
        if np.isfinite(compiled.row_lower[k]):
            assert row.lb == pytest.approx(compiled.row_lower[k]), row.name
    cost = compiled.cost @ values + compiled.offset
    assert pe.value(m.objective) == pytest.approx(cost)


def test_the_fast_hand_off_agrees_with_pyomos_own_interface():
    instance = pse.load_instance("tiny-two-districts")
    for model in ("core", "equalized", "max-coverage"):
        m = pse.build_model(instance, model)
        ours = pse.solve_model(m, gap=0).objective
        pe.SolverFactory("appsi_highs").solve(m)
        assert pe.value(m.objective) == pytest.approx(ours, rel=1e-6)


def test_an_infeasible_model_is_infeasible_and_holds_nothing():
    m = knapsack()
    m.impossible = pe.Constraint(expr=m.x[0] + m.x[1] + m.x[2] >= 3)
    outcome = pse.solve_model(m)
    assert (outcome.status, outcome.objective, outcome.values) == ("infeasible", None, None)


def test_an_unbounded_model_is_said_to_be_unbounded():
    m = pe.ConcreteModel()
    m.x = pe.Var(domain=pe.NonNegativeIntegers)
    m.y = pe.Var(bounds=(0, None))
    m.row = pe.Constraint(expr=m.x <= m.y)
    m.gain = pe.Objective(expr=m.x, sense=pe.maximize)
    assert pse.solve_model(m).status == "unbounded"


def test_no_plan_in_time_is_not_passed_off_as_anything_else():
    m = packing()
    m.short.fix(0.0)  # halves exactly: nobody finds them by rounding
    m.over.fix(0.0)
    outcome = direct.run(compile_model(m), Options(time_limit=1e-6))
    assert (outcome.status, outcome.termination) == ("no_plan", "time_limit")
    assert outcome.objective is None
    assert outcome.gap is None


def test_a_time_limit_keeps_the_incumbent_and_states_its_gap():
    outcome = direct.run(compile_model(packing()), Options(gap=0, time_limit=1.5))
    assert (outcome.status, outcome.termination) == ("feasible", "time_limit")
    assert outcome.bound < outcome.objective
    gap = abs(outcome.objective - outcome.bound) / outcome.objective
    assert outcome.gap == pytest.approx(gap)


def test_a_request_to_stop_keeps_the_incumbent():
    stop, seen = Stop(), []

    def watch(moment):
        seen.append(moment)
        if moment.objective is not None and moment.seconds > 0.5:
            stop.asked = True

    began = time.perf_counter()
    options = Options(gap=0, time_limit=60)
    outcome = direct.run(compile_model(packing()), options, stop=stop, progress=watch)
    assert time.perf_counter() - began < 20
    assert (outcome.status, outcome.termination) == ("feasible", "interrupted")
    assert outcome.values is not None
    assert seen[-1].bound is not None


def test_a_failure_to_show_progress_does_not_lose_the_answer():
    def broken(moment):
        raise RuntimeError("no screen")

    options = Options(gap=0, time_limit=1.0)
    outcome = direct.run(compile_model(packing()), options, progress=broken)
    assert outcome.status == "feasible"


def test_different_numbers_of_threads_in_one_process_do_not_fail():
    results = [pse.solve_model(knapsack(), threads=n).objective for n in (1, 2, 0, 2, 1)]
    assert results == [pytest.approx(9)] * 5


def test_a_start_is_completed_to_an_incumbent_before_anything_else_is_found():
    m = packing(30)
    best = pse.solve_model(m, gap=0, time_limit=2)
    start = {id(m.x[k]): m.x[k].value for k in m.x}
    # a gap of 100 % is reached by the first incumbent, which is the start
    warm = pse.solve_model(m, gap=1.0, time_limit=5, start=start)
    assert warm.objective == pytest.approx(best.objective)


def test_the_same_seed_gives_the_same_answer():
    instance = pse.load_instance("tiny-two-districts")
    first, second = (pse.solve(instance, "equalized", seed=7, gap=0) for _ in range(2))
    assert first.objective == second.objective
    assert first.seed == 7


def test_large_and_small_costs_do_not_change_the_answer():
    for factor in (1e-6, 1.0, 1e9):
        m = knapsack()
        m.value.deactivate()
        m.scaled = pe.Objective(
            expr=factor * (6 * m.x[0] + 5 * m.x[1] + 4 * m.x[2]), sense=pe.maximize
        )
        outcome = pse.solve_model(m, gap=0)
        assert outcome.objective == pytest.approx(9 * factor)
        assert outcome.bound == pytest.approx(9 * factor)


def test_duals_of_the_fixed_program_are_in_the_models_units():
    m = pe.ConcreteModel()
    m.x = pe.Var(bounds=(0, None))
    m.open = pe.Var(domain=pe.Binary)
    m.need = pe.Constraint(expr=m.x >= 5)
    m.link = pe.Constraint(expr=m.x <= 100 * m.open)
    m.cost = pe.Objective(expr=123456.0 * m.x + 1e6 * m.open)
    compiled = compile_model(m)
    outcome = direct.run(compiled, Options(gap=0))
    at = [row.name for row in compiled.rows].index("need")
    assert outcome.row_dual[at] == pytest.approx(123456.0)


def test_the_solver_prints_nothing():
    code = "import pse_opt as p; p.solve('tiny-two-districts')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == ""


def test_small_programs_that_an_older_solver_got_wrong_are_right():
    """HiGHS 1.14.0 called 15, 29 and 200.01 optimal (ERGO-Code/HiGHS issues 3043, 2957, 3073)."""
    m = pe.ConcreteModel()
    m.x, m.z = pe.Var(bounds=(0, 10)), pe.Var(domain=pe.Integers, bounds=(0, 10))
    m.row = pe.Constraint(expr=m.x + m.z >= 4.5)
    m.cost = pe.Objective(expr=2 * m.x + 3 * m.z)
    assert pse.solve_model(m, gap=0).objective == pytest.approx(9.0)

    m = pe.ConcreteModel()
    m.x, m.y = pe.Var(domain=pe.Integers, bounds=(0, 20)), pe.Var(bounds=(8, 20))
    m.row = pe.Constraint(expr=m.x + m.y >= 20.1)
    m.cost = pe.Objective(expr=m.x + 2 * m.y)
    assert pse.solve_model(m, gap=0).objective == pytest.approx(28.2)

    m = pe.ConcreteModel()
    m.gap, m.t = pe.Var(bounds=(0, None)), pe.Var()
    m.x = pe.Var(domain=pe.NonNegativeIntegers)
    m.split = pe.Constraint(expr=m.gap + m.x == 3)
    m.above, m.below = pe.Constraint(expr=m.x <= m.t), pe.Constraint(expr=-m.x <= m.t)
    m.range = pe.Constraint(expr=pe.inequality(0.45, m.x, 3))
    m.cost = pe.Objective(expr=100 * m.gap + 0.01 * m.t)
    assert pse.solve_model(m, gap=0).objective == pytest.approx(0.03)


def test_a_bound_beyond_the_objective_proves_nothing():
    m = knapsack(sense=pe.minimize)
    compiled = compile_model(m)
    assert sound(compiled.goal, 100.0, 90.0) == 90.0
    assert sound(compiled.goal, 100.0, 100.00001) == 100.0
    assert sound(compiled.goal, 100.0, 101.0) is None
    assert sound(compiled.goal, 0.0, 2e-13) == 0.0


def test_coefficients_that_are_no_numbers_are_refused():
    m = knapsack()
    m.bad = pe.Constraint(expr=float("nan") * m.x[0] <= 1)
    with pytest.raises(pse.SolverError):
        pse.solve_model(m)


def test_a_model_that_is_not_linear_is_refused():
    m = knapsack()
    m.bad = pe.Constraint(expr=m.x[0] * m.x[1] <= 1)
    with pytest.raises(pse.SolverError, match="not linear"):
        pse.solve_model(m)


def test_linear_programs_keep_their_own_tolerance_after_branch_and_bound():
    """Branch and bound leaves its tolerance behind as that of linear programs."""
    session = Session(compile_model(knapsack()), Options(gap=0))
    answer = session.run()
    session.fix(answer.values)
    session.run(cleaning=True)
    assert session._h.getOptionValue("primal_feasibility_tolerance")[1] == LINEAR


@pytest.mark.parametrize("sense", [pe.minimize, pe.maximize], ids=["minimize", "maximize"])
def test_values_duals_and_reduced_costs_are_those_of_pyomos_own_interface(sense):
    """With a fixed variable, a deactivated block, a row with two limits and a suffix."""

    def made() -> pe.ConcreteModel:
        m = pe.ConcreteModel()
        m.x = pe.Var([1, 2, 3], bounds=(0, 4))
        m.x[3].fix(1)
        m.need = pe.Constraint(expr=pe.inequality(5, m.x[1] + m.x[2] + m.x[3], 7))
        m.most = pe.Constraint([1, 2], rule=lambda m, i: m.x[i] <= 2 + i * 0.5)
        m.apart = pe.Block()
        m.apart.never = pe.Constraint(expr=m.x[2] >= 100)
        m.apart.deactivate()
        m.dual = pe.Suffix(direction=pe.Suffix.IMPORT)
        m.rc = pe.Suffix(direction=pe.Suffix.IMPORT)
        m.cost = pe.Objective(expr=2 * m.x[1] + 3 * m.x[2] + m.x[3], sense=sense)
        return m

    ours, theirs = made(), made()
    pe.SolverFactory("appsi_highs").solve(theirs)
    assert pse.solve_model(ours, gap=0).status == "optimal"
    for one, other in zip(ours.x.values(), theirs.x.values(), strict=True):
        assert one.value == pytest.approx(other.value)
    rows = ours.component_data_objects(pe.Constraint, active=True)
    same = {row.name: ours.dual.get(row, 0.0) for row in rows}
    expected = {row.name: dual for row, dual in theirs.dual.items()}
    assert any(expected.values())
    assert same == pytest.approx(expected)
    reduced = {v.name: x for v, x in ours.rc.items()}
    assert reduced == pytest.approx({v.name: x for v, x in theirs.rc.items() if not v.fixed})


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([pe.minimize, pe.maximize]))
def test_reduced_costs_of_any_bounded_program_are_those_of_pyomos_own_interface(seed, sense):
    """A row from both sides, bounds on either side of zero, a variable without a row."""
    random = np.random.default_rng(seed)
    rows, cost = random.normal(size=(3, 5)), random.normal(size=6)

    def made() -> pe.ConcreteModel:
        m = pe.ConcreteModel()
        m.x = pe.Var(range(6), bounds=(-1, 2))
        m.row = pe.Constraint(
            range(3), rule=lambda m, i: (-1, sum(rows[i, k] * m.x[k] for k in range(5)), 1)
        )
        m.cost = pe.Objective(expr=sum(cost[k] * m.x[k] for k in range(6)), sense=sense)
        m.rc = pe.Suffix(direction=pe.Suffix.IMPORT)
        return m

    ours, theirs = made(), made()
    pe.SolverFactory("appsi_highs").solve(theirs)
    assert pse.solve_model(ours, gap=0, threads=1).status == "optimal"
    known = {v.name: x for v, x in theirs.rc.items()}
    assert {v.name: x for v, x in ours.rc.items()} == pytest.approx(known, abs=1e-7)


def test_reduced_costs_beside_whole_numbers_are_those_with_these_held():
    """Another unit of the switch costs 2 and lets 4 units in, which save 3 each."""
    m = pe.ConcreteModel()
    m.x, m.y = pe.Var(bounds=(0, 5)), pe.Var(domain=pe.Binary)
    m.room = pe.Constraint(expr=m.x <= 4 * m.y)
    m.cost = pe.Objective(expr=-3 * m.x + 2 * m.y)
    m.rc = pe.Suffix(direction=pe.Suffix.IMPORT)
    assert pse.solve_model(m, gap=0).objective == pytest.approx(-10.0)
    assert {v.name: x for v, x in m.rc.items()} == pytest.approx({"x": 0.0, "y": -10.0})


def test_what_cleans_a_plan_is_granted_seconds_by_the_limit():
    granted = {
        limit: Session(compile_model(knapsack()), Options(time_limit=limit))._granted
        for limit in (0.001, 60.0, 3600.0)
    }
    assert granted == {0.001: LEAST_CLEANING, 60.0: 12.0, 3600.0: MOST_CLEANING}


def test_sessions_with_other_threads_may_be_run_in_turn():
    compiled = compile_model(knapsack())
    one, two = Session(compiled, Options(threads=1)), Session(compiled, Options(threads=2))
    for session in (one, two, one):
        assert session.run().bound == pytest.approx(9.0)
