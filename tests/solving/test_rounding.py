"""A hard search that finds nothing in time holds a plan that the relaxation suggests."""

from __future__ import annotations

import numpy as np
import pyomo.environ as pe

import pse_opt as pse
from pse_opt.solving import rounding
from pse_opt.solving.compiled import compile_model
from pse_opt.solving.highs import Session
from pse_opt.solving.outcome import Options
from tests.solving.test_highs import packing


def test_the_relaxation_of_a_real_instance_rounds_to_a_plan_at_one_size_each():
    instance = pse.load_instance("cn-ningxia")
    compiled = compile_model(pse.build_model(instance, "equalized"))
    session = Session(compiled, Options(time_limit=60))
    session.relax()
    relaxed = session.run().values
    found = rounding.rounded(session, relaxed)
    assert found is not None
    assert set(found.values()) <= {0.0, 1.0}
    for group in rounding._groups(compiled):
        assert sum(found[int(k)] for k in group) <= 1
    session.restore()
    session.fix(values_of(compiled, found))
    assert session.run().state == "optimal"


def values_of(compiled, found):
    values = np.zeros(len(compiled.columns))
    values[list(found)] = list(found.values())
    return values


def test_a_plan_is_held_even_where_time_is_too_short_for_the_search():
    result = pse.solve("mw-districts", "core", gap=0, time_limit=3.0)
    assert result.plan is not None
    assert result.verified


def test_what_cannot_be_rounded_is_left_alone():
    m = packing()
    m.never = pe.Constraint(expr=m.x[0] + m.x[1] >= 1)
    compiled = compile_model(m)
    session = Session(compiled, Options())
    relaxed = np.zeros(len(compiled.columns))
    assert rounding.rounded(session, relaxed) is None


def test_parts_solved_apart_hold_a_plan_too():
    result = pse.solve("cn-guizhou", "core", gap=0, time_limit=4.0, threads=2)
    assert result.strategy.startswith("separate")
    assert result.plan is not None
    assert result.verified
