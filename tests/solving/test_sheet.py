"""What is compiled straight from rows is what is compiled from the Pyomo model, to the last bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import pse_opt as pse
from pse_opt import components
from pse_opt.components import Row, Rows
from pse_opt.formulation.build import build_sheet
from pse_opt.formulation.delivery import linking
from pse_opt.keys import Keys
from pse_opt.policy import read_policy
from pse_opt.solving.compiled import Compiled, compile_model, family_of, index_of
from pse_opt.solving.labels import Label, Labels, extended, known_families
from pse_opt.solving.sheet import Sheet
from tests import golden_mechanisms
from tests.strategies import instance_of
from tests.test_golden import ALL_COSTS, FILES, SECTIONS, tables

MODELS = [
    "core",
    "equalized",
    "equalized-gini",
    "equalized-travel",
    "full",
    "max-coverage",
    "ngo-mixed",
    "rawls",
    "transfers",
    "vouchers",
]


def named(compiled: Compiled) -> list[tuple[str, str, bool]]:
    """What each row is, and which side."""
    sides = np.isfinite(compiled.row_upper).tolist()
    rows = zip(compiled.rows, sides, strict=True)
    return [(family_of(r), repr(index_of(r)), side) for r, side in rows]


def names_of(compiled: Compiled) -> list[tuple[str, str]]:
    """What each column is."""
    return [(family_of(v), repr(index_of(v))) for v in compiled.columns]


def in_order(compiled: Compiled) -> tuple[list[int], list[int]]:
    """The rows, and the columns, by name: Pyomo sorts the rows of a family."""
    rows, columns = named(compiled), names_of(compiled)
    return (
        sorted(range(len(rows)), key=rows.__getitem__),
        sorted(range(len(columns)), key=columns.__getitem__),
    )


def goals(compiled: Compiled, names: list[tuple[str, str]]) -> list[Any]:
    """What else counts, and what the convex rules are about, by names."""
    then = [{names[k]: g.cost[k] for k in np.flatnonzero(g.cost)} for g in compiled.then]
    rules = [[names[k] for k in at] for _, at in compiled.rules]
    ratios = [(named(compiled)[row], names[at]) for row, at in compiled.ratios]
    return [then, rules, ratios]


def agree(instance: pse.Instance, document: Any) -> Compiled:
    """Compile a model both ways, and compare everything."""
    policy = read_policy(document)
    _, sheet = build_sheet(instance, policy)
    assert sheet is not None
    model = pse.build_model(instance, policy)  # its rows know their family while it is there
    ours, theirs = sheet.compiled(), compile_model(model)
    assert ours is not None
    assert theirs is not None
    (rows, columns), (their_rows, their_columns) = in_order(ours), in_order(theirs)
    mine, pyomos = named(ours), named(theirs)
    assert [mine[k] for k in rows] == [pyomos[k] for k in their_rows]
    names, their_names = (names_of(c) for c in (ours, theirs))
    assert [names[k] for k in columns] == [their_names[k] for k in their_columns]
    one, other = ours.matrix[rows][:, columns], theirs.matrix[their_rows][:, their_columns]
    assert (one != other).nnz == 0
    for name in ("row_lower", "row_upper"):
        assert np.array_equal(getattr(ours, name)[rows], getattr(theirs, name)[their_rows]), name
    for name in ("cost", "lower", "upper", "integer"):
        mine, pyomos = getattr(ours, name)[columns], getattr(theirs, name)[their_columns]
        assert np.array_equal(mine, pyomos), name
    assert (ours.offset, ours.maximize) == (theirs.offset, theirs.maximize)
    assert goals(ours, names) == goals(theirs, their_names)
    return ours


@pytest.mark.parametrize("name", FILES)
def test_every_family_and_cost_term_is_compiled_alike(name):
    mine = name in golden_mechanisms.SECTIONS
    instance = instance_of(golden_mechanisms.extended(tables()) if mine else tables())
    sections = (golden_mechanisms.SECTIONS if mine else SECTIONS).get(name, {})
    found = agree(instance, {**ALL_COSTS, **sections})
    if not name.startswith("cost_"):
        assert name in {family_of(r) for r in found.rows}


@pytest.mark.parametrize("model", MODELS)
def test_every_model_is_compiled_alike(model):
    assert agree(pse.load_instance("zm-provinces"), model).integer.any()


def test_a_row_between_two_limits_stands_twice_and_one_without_limits_not_at_all():
    instance = pse.load_instance("tiny-two-districts")
    (_, as_it_is), (m, sheet) = (build_sheet(instance, read_policy("core")) for _ in range(2))
    assert as_it_is is not None
    assert sheet is not None
    before = as_it_is.compiled()
    x = m.columns.coverage[0]
    sheet.add("free", [Row(1, [1.0], [x], None, None)])
    sheet.add("between", [Row(2, [1.0], [x], 0.25, 0.5)])
    sheet.add("empty", [Row(3, [0.0], [x], -1.0, None)])
    after = sheet.compiled()
    assert before is not None
    assert after is not None
    added = after.rows[len(before.rows) :]
    assert [(family_of(r), index_of(r)) for r in added] == [("between", 2)] * 2
    assert after.row_upper[-2:].tolist() == [0.5, np.inf]
    assert after.row_lower[-2:].tolist() == [-np.inf, 0.25]


def test_a_row_without_variables_that_cannot_hold_makes_the_model_infeasible():
    instance = pse.load_instance("tiny-two-districts")
    m, sheet = build_sheet(instance, read_policy("core"))
    assert sheet is not None
    sheet.add("never", [Row(1, [0.0], [m.columns.coverage[0]], 1.0, None)])
    assert sheet.compiled() is None


def test_a_coefficient_that_is_no_number_is_refused():
    instance = pse.load_instance("tiny-two-districts")
    m, sheet = build_sheet(instance, read_policy("core"))
    assert sheet is not None
    sheet.add("wrong", [Row(1, [float("nan")], [m.columns.coverage[0]], 1.0, None)])
    with pytest.raises(pse.SolverError, match="finite"):
        sheet.compiled()


def test_an_expression_of_pyomo_is_left_to_pyomo():
    instance = pse.load_instance("tiny-two-districts")
    m, _ = build_sheet(instance, read_policy("core"))
    assert not Sheet(m).add("plugin", [(1, m.columns.coverage[0] <= 0.5)])


def test_rows_one_by_one_are_the_rows_at_once():
    instance = pse.load_instance("zm-provinces")
    m, _ = build_sheet(instance, read_policy("core"))
    (block,) = linking(m, instance)
    assert isinstance(block, Rows)
    singly, together = Sheet(m), Sheet(m)
    assert singly.add("linking", block.one_by_one())
    assert together.add("linking", [block])
    one, other = singly.compiled(), together.compiled()
    assert one is not None
    assert other is not None
    assert (one.matrix != other.matrix).nnz == 0
    assert np.array_equal(one.row_upper, other.row_upper)


def at_most_one_as_rows(m, instance, *, number: int = 1):
    """Numbers will do."""
    columns = list(m.engaged.values())
    yield pse.Row("all", [1.0] * len(columns), columns, None, number)


def at_most_one_as_expression(m, instance, *, number: int = 1):
    """A relation of Pyomo's."""
    yield "all", sum(m.columns.engaged[k] for k in range(len(m.columns.engaged))) <= number


def at_most_one_by_bounds(m, instance, *, number: int = 1):
    """It looks at what only a variable of Pyomo's has."""
    free = [v for v in m.engaged.values() if v.ub > 0]
    yield pse.Row("all", [1.0] * len(free), free, None, number)


@pytest.mark.parametrize(
    ("family", "numbers"),
    [
        (at_most_one_as_rows, True),
        (at_most_one_as_expression, False),
        (at_most_one_by_bounds, False),
    ],
)
def test_a_family_of_the_users_gets_pyomos_variables_where_it_asks_for_them(family, numbers):
    pse.component(family)
    try:
        free = {"floor": 0.0, "target": 0.0}
        document = {"extends": "core", "name": "few", family.__name__: {"number": 1}}
        result = pse.solve("tiny-two-districts", {**document, "coverage": free}, gap=0)
        _, sheet = build_sheet(result.instance, result.policy)
    finally:
        del components.COMPONENTS[family.__name__]
    assert (sheet is not None) == numbers
    assert result.verified
    assert len(result.plan.engagements) <= 1


def test_a_fault_of_a_family_of_the_users_is_told_as_it_is():
    def faulty(m, instance, *, number: int = 1):
        """It is wrong whatever the variables are."""
        yield pse.Row("all", [1.0], [m.engaged["nobody", ""]], None, number)

    pse.component(faulty)
    try:
        with pytest.raises(KeyError, match="nobody"):
            pse.solve("tiny-two-districts", {"extends": "core", "name": "x", "faulty": {}})
    finally:
        del components.COMPONENTS["faulty"]


def test_labels_and_keys_are_those_of_lists():
    names, at = np.array(["a", "b", "c"], dtype=object), np.array([2, 0, 2])
    keys = Keys((names, at), (names[at], None))
    assert list(keys) == [("c", "c"), ("a", "a"), ("c", "c")] == keys[0:3]
    assert (keys[-1], len(keys)) == (("c", "c"), 3)
    every = Labels([("one", ["x", "y"]), ("none", []), ("two", keys)])
    assert list(every) == [every[k] for k in range(5)] == [*every[:2], *every[2:]]
    assert every[4] == Label("two", ("c", "c"))
    assert every[4].name == "two[c,c]"
    some = every.take(np.array([3, 0])).take(np.array([1, 0, 1]))
    assert list(some) == [every[0], every[3], every[0]]
    assert some.families().tolist() == ["one", "two", "one"]
    assert every.take(np.array([3, 0])).find([0, 1, 3]).tolist() == [1, -1, 0]
    assert known_families([Label("one", 1), object()]).tolist() == ["one", ""]
    for few in (every, every.take(np.array([3, 0]))):
        more = extended(few, 2, "more")
        assert isinstance(more, Labels)
        assert (
            list(more) == [*few, Label("more", 0), Label("more", 1)] == extended([*few], 2, "more")
        )
        assert more.find([0, 5, 6]).tolist() == [more.index(every[0]), len(few), len(few) + 1]
    with pytest.raises(IndexError):
        every[5]
