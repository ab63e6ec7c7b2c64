"""Parts that share nothing are solved apart, and together they are the whole."""

from __future__ import annotations

import numpy as np
import pyomo.environ as pe
import pytest

import pse_opt as pse
from pse_opt.solving import direct, strategies
from pse_opt.solving.compiled import compile_model
from pse_opt.solving.decomposition import separate
from pse_opt.solving.interrupt import Stop
from pse_opt.solving.outcome import Options


def knapsacks(values=((6, 5, 4), (7, 3, 3)), capacity=4, constant=0.0):
    """Knapsacks beside each other, each with weights 3, 2, 2, and a variable of no row."""
    m = pe.ConcreteModel()
    keys = [(k, j) for k, row in enumerate(values) for j in range(len(row))]
    m.x = pe.Var(keys, domain=pe.Binary)
    m.free = pe.Var(bounds=(0, 2))
    weights = (3, 2, 2)
    m.weight = pe.Constraint(
        range(len(values)),
        rule=lambda m, k: sum(weights[j] * m.x[k, j] for j in range(len(values[k]))) <= capacity,
    )
    gain = sum(values[k][j] * m.x[k, j] for k, j in keys)
    m.gain = pe.Objective(expr=gain + m.free + constant, sense=pe.maximize)
    return m


def test_the_parts_are_the_connected_components_hardest_first():
    compiled = compile_model(knapsacks(((6, 5, 4), (1, 2))))
    parts = separate.parts_of(compiled)
    assert [int(p.compiled.integer.sum()) for p in parts] == [3, 2, 0]
    columns = np.concatenate([p.columns for p in parts])
    assert sorted(columns.tolist()) == list(range(len(compiled.columns)))


def test_the_best_of_each_is_the_best_of_the_whole():
    compiled = compile_model(knapsacks(constant=10.0))
    apart = separate.run(compiled, Options(gap=0))
    whole = direct.run(compiled, Options(gap=0))
    assert apart.status == whole.status == "optimal"
    assert apart.objective == pytest.approx(9 + 7 + 2 + 10)
    assert apart.bound == pytest.approx(apart.objective)
    assert apart.values == pytest.approx(whole.values)
    assert apart.row_dual is not None
    assert len(apart.row_dual) == len(compiled.rows)


def test_one_part_that_cannot_be_makes_the_whole_infeasible():
    m = knapsacks()
    m.impossible = pe.Constraint(expr=m.x[1, 0] + m.x[1, 1] + m.x[1, 2] >= 3)
    outcome = separate.run(compile_model(m), Options(gap=0))
    assert (outcome.status, outcome.objective, outcome.values) == ("infeasible", None, None)


def test_a_rule_over_two_parts_keeps_them_together():
    m = knapsacks()
    m.rules = [_Tie([m.x[0, 0], m.x[1, 0]])]
    parts = separate.parts_of(compile_model(m))
    assert [int(p.compiled.integer.sum()) for p in parts] == [6, 0]


class _Tie:
    def __init__(self, variables):
        self.variables = variables

    def cutter(self, columns):  # noqa: ARG002
        raise AssertionError("nothing is solved here")


def test_stopping_keeps_what_each_part_holds():
    stop = Stop()
    stop.asked = True
    outcome = separate.run(compile_model(knapsacks()), Options(gap=0), stop=stop)
    # Presolve solves knapsacks of this size before anybody looks at the flag, or nothing is held.
    assert outcome.status in ("optimal", "no_plan")


def test_auto_says_what_it_chose_and_why():
    _, used = strategies.run("auto", compile_model(knapsacks()), Options())
    assert used == "separate: 2 parts that share no rule"
    _, used = strategies.run("auto", compile_model(knapsacks(((6, 5, 4),))), Options())
    assert used == "direct"


@pytest.mark.parametrize("strategy", ["direct", "separate", "auto"])
def test_every_strategy_finds_the_explained_optimum(strategy):
    result = pse.solve("tiny-two-districts", "equalized", gap=0, strategy=strategy)
    assert result.status == "optimal"
    assert result.strategy.startswith("direct" if strategy == "auto" else strategy)
    assert result.objective == pytest.approx(14886.0215, rel=1e-6)


def test_services_that_share_no_rule_are_solved_apart_on_real_regions():
    result = pse.solve("cn-ningxia", "core", gap=5e-3, time_limit=60)
    assert result.strategy.startswith("separate")
    assert result.verified
    assert result.status == "within_gap"
    assert result.bound <= result.objective
