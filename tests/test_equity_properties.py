"""Every measure of inequality on random tiny instances: the optimum is that of brute force.

As a bound on a policy of least cost, as a price, and as the objective. Bounds are fractions of what
the measure is without them, so that they bind or cannot be kept. A default run tries ten examples
of each bound and a few of each other claim, the thorough one two hundred of each.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st

import pse_opt as pse
from tests import oracle
from tests.oracle_equity import compared
from tests.oracle_lexicographic import level_vector
from tests.strategies import COSTS
from tests.strategies_equity import (
    MEASURES,
    OF_BURDENS,
    RELATIVE,
    Equity,
    equity_cases,
    floor_like,
    least_inequality_cases,
    welfare_cases,
)

PRICED = ("ceiling", "range", "poverty_gap", "envy", "shortfall", "lorenz")
CURVED = ("theil", "mean_log_deviation", "atkinson", "coefficient_of_variation")
"""Measures that are refused as an objective: near equality no bound proves them least."""
MINIMIZED = tuple(m for m in MEASURES if m not in ("floor", "worst_mean", "kolm_pollak", *CURVED))
WELFARES = ("mean", "worst", "kolm_pollak", "lexicographic")


def close(value: float) -> Any:
    return pytest.approx(value, rel=1e-6, abs=1e-6)


def solved(case: Equity) -> pse.Result:
    """A result that is proven, whatever it is, and whose plan the checker accepts."""
    result = pse.solve(case.instance, case.document, gap=0, reasons=False)
    event(result.status)
    assert result.status in ("optimal", "infeasible") or nearly_proven(result), result
    if result.plan is not None:
        assert not [str(v) for v in result.verification.violations]
    return result


def nearly_proven(result: pse.Result) -> bool:
    """Whether an objective is proven but for rounding, or infinite, as it is for every plan then.

    The gap is relative to the objective: where that is zero but for rounding it means nothing, and
    the cost that decides among equals may give away a few millionths of it.
    """
    if result.objective is None or result.bound is None:
        return False
    off = result.objective - result.bound
    return math.isinf(result.objective) or abs(off) <= 5e-6 * max(1.0, abs(result.objective))


def agrees(case: Equity, best: oracle.Optimum | None) -> pse.Result:
    """The result has the objective that brute force found, or is infeasible as it should be."""
    result = solved(case)
    if best is None:
        assert result.status == "infeasible"
        assert result.plan is None
        return result
    assert result.objective == close(best.objective)
    assert reported(case, result) == directly(case, result)
    return result


def stands(case: Equity, result: pse.Result) -> Any:
    """The plan of a result, as the brute force sees it."""
    engaged = dict(result.plan.engagements[["offer", "size"]].itertuples(index=False))
    deliveries = result.plan.deliveries.to_dict("records")
    return oracle.given_plan(case.tables, case.document, engaged, deliveries)


def reported(case: Equity, result: pse.Result) -> dict[str, float]:
    measure = case.entry["measure"]
    return {key: found[measure] for key, found in result.inequality["fair"].items()}


def directly(case: Equity, result: pse.Result) -> Any:
    """The measure of every key, from the plan's deliveries; of several parts the worst."""
    plan = stands(case, result)
    found: dict[str, list[float]] = {}
    for block in compared(plan.plans, case.entry):
        found.setdefault(block.key, []).append(block.value(plan.columns))
    worst = min if floor_like(case.entry) else max
    return close({key: worst(values) for key, values in found.items()})


def binding(case: Equity) -> Equity:
    """The case with a bound at a fraction of the measure of the cheapest plan.

    It is rounded to the looser side: a bound missed by less than the solver's tolerance is kept.
    """
    free = oracle.optimum(case.tables, case.document)
    if free is None:
        return case.bounded(1.0 if case.entry["measure"] in ("ratio", "quantile_share") else 0.5)
    blocks = compared(free.plans, case.entry)
    values = [block.value(free.columns) for block in blocks]
    if not values:
        return case.bounded(0.5)
    if floor_like(case.entry):
        least = min(values)
        most = max(level.at(free.columns) for b in blocks for level in b.levels)
        higher = (most - least) * (1 - case.fraction) if case.fraction < 1 else -0.1 * least
        return case.bounded(math.floor((least + higher) * 1e6) / 1e6)
    least = 1.0 if case.entry["measure"] in ("ratio", "quantile_share") else 0.0
    greatest = max(values)
    greatest = least + 0.5 if math.isinf(greatest) else greatest
    bound = math.ceil((least + (greatest - least) * case.fraction) * 1e6) / 1e6
    return case.bounded(min(bound, 0.9) if case.entry["measure"] == "atkinson" else bound)


# As a bound


def a_bounded_optimum_is_that_of_brute_force(case: Equity) -> None:
    bounded = binding(case)
    agrees(bounded, oracle.optimum(bounded.tables, bounded.document))


def tightening_a_bound_never_lowers_the_cost(case: Equity) -> None:
    bounds = [binding(Equity(case.tables, case.document, f)) for f in (0.9041, 0.6137, 0.3071)]
    costs = [math.inf if (o := solved(b).objective) is None else o for b in bounds]
    for looser, tighter in pairwise(costs):
        assert tighter >= looser or tighter == close(looser)


# As a price


def a_price_is_paid_where_that_is_cheaper(case: Equity, price: float) -> None:
    case.entry["price"] = price
    case.document["objective"] = {"minimize": [*COSTS, "inequality"]}
    result = agrees(case, oracle.optimum(case.tables, case.document))
    if result.plan is not None:
        expected = price * math.fsum(block_values(case, result))
        assert result.costs["inequality"] == close(expected)


def block_values(case: Equity, result: pse.Result) -> list[float]:
    plan = stands(case, result)
    return [block.value(plan.columns) for block in compared(plan.plans, case.entry)]


# As the objective


def the_objective_is_that_of_brute_force(case: Equity) -> None:
    best = oracle.optimum(case.tables, case.document)
    result = agrees(case, best)
    if best is None:
        return
    if best.levels:
        plan = stands(case, result)
        assert level_vector(plan.plans, plan.columns, case.entry) == pytest.approx(
            best.levels, rel=1e-3, abs=1e-3
        )
    if best.cost is not None and math.isfinite(best.objective):
        cost = math.fsum(result.costs[t] for t in COSTS)
        assert cost == pytest.approx(best.cost, rel=1e-3, abs=1e-3)


@dataclass(frozen=True)
class Claim:
    """A function that asserts, what it is given, and how often in a default run."""

    holds: Callable[..., None]
    drawn: tuple[st.SearchStrategy[Any], ...]
    examples: int


PRICES = st.sampled_from([100.0, 2000.0])


def claims() -> Iterator[tuple[str, Claim]]:
    for m in MEASURES:
        yield (
            f"{m} as a bound",
            Claim(a_bounded_optimum_is_that_of_brute_force, (equity_cases(m),), 6),
        )
    for m in PRICED:
        drawn = equity_cases(m), PRICES
        yield f"{m} at a price", Claim(a_price_is_paid_where_that_is_cheaper, drawn, 3)
    drawn = equity_cases("worst_mean", burden=True), PRICES
    yield "worst_mean of travel at a price", Claim(a_price_is_paid_where_that_is_cheaper, drawn, 3)
    for m in MINIMIZED:
        drawn = least_inequality_cases(m)
        yield f"least {m}", Claim(the_objective_is_that_of_brute_force, (drawn,), 3)
    for m in OF_BURDENS:
        drawn = least_inequality_cases(m, burden=True)
        yield f"least {m} of travel", Claim(the_objective_is_that_of_brute_force, (drawn,), 3)
    for w in WELFARES:
        yield (
            f"greatest {w} level",
            Claim(the_objective_is_that_of_brute_force, (welfare_cases(w),), 3),
        )
    for m in ("range", "gini", "theil", "kolm_pollak"):
        yield f"tighter {m}", Claim(tightening_a_bound_never_lowers_the_cost, (equity_cases(m),), 3)


CLAIMS = dict(claims())
MANY = 200


def try_examples(name: str, count: int, *, shrink: bool = False) -> None:
    """Draw examples, the same in every run."""
    phases = (Phase.explicit, Phase.generate, *([Phase.shrink] if shrink else []))
    chosen = settings(
        max_examples=count,
        deadline=None,
        derandomize=True,
        database=None,
        phases=phases,
        suppress_health_check=list(HealthCheck),
    )
    chosen(given(*CLAIMS[name].drawn)(CLAIMS[name].holds))()


@pytest.mark.parametrize("name", CLAIMS)
def test_on_random_instances(name):
    try_examples(name, CLAIMS[name].examples)


@pytest.mark.thorough
@pytest.mark.parametrize("name", CLAIMS)
def test_on_hundreds_of_random_instances(name):
    try_examples(name, MANY, shrink=True)


def test_every_relative_measure_is_bounded_and_minimized_or_refused():
    assert set(RELATIVE) <= {*MINIMIZED, *CURVED} <= set(MEASURES)
