"""The rules of equalization for the brute force of :mod:`tests.oracle`.

A measure is held below (or above) a bound by rows as a textbook writes them, with columns of their
own. Measures that are smooth have no such rows: :mod:`tests.oracle_smooth` has their cuts.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import combinations, permutations
from typing import Any

from tests.oracle_levels import Block, Entry, Travellers, blocks, travellers
from tests.oracle_linear import Linear
from tests.oracle_smooth import Curve, Equivalent, counted

SMOOTH = ("theil", "mean_log_deviation", "atkinson", "coefficient_of_variation")
EQUAL = 1e-10
"""A bound on a smooth measure up to which levels are equal."""
RELATIVE = ("band", "ratio", "hoover", "gini", "quantile_share", *SMOOTH)


def equalize(plans: Any, entry: Entry) -> None:
    """Add the rows of one equalization entry."""
    bound = entry.get("minimum", entry.get("maximum"))
    if bound is not None:
        for block in compared(plans, entry):
            hold(plans, block, plans.constant(bound))


def compared(plans: Any, entry: Entry) -> list[Any]:
    """What an entry compares: blocks of entities, or people."""
    return (travellers if entry.get("between") == "people" else blocks)(plans, entry)


def priced(plans: Any, entries: Any) -> Linear:
    """The cost term inequality."""
    total = plans.constant(0.0)
    for entry in entries:
        if entry.get("price") is not None:
            for block in compared(plans, entry):
                value = plans.column(free=True)
                hold(plans, block, value)
                total += value * entry["price"]
    return total


def hold(plans: Any, block: Block | Travellers, bound: Linear) -> None:
    """Hold the measure of a block against a bound: a constant, or a column where it is absolute."""
    if isinstance(block, Travellers):
        _hold_people(plans, block, bound.constant)
        return
    measure = block.entry.get("measure", "range")
    if measure in RELATIVE:
        assert not bound.slope.any(), "a relative measure has no price"
        if measure in SMOOTH:
            _hold_smooth(plans, block, bound.constant)
        else:
            ROWS[measure](plans, block, bound.constant)
    elif measure == "kolm_pollak":
        burden = _burden(block)
        sign, mean = 1.0 if burden else -1.0, _mean(plans, block)
        plans.at_most((mean - bound) * sign, 0.0)  # the mean is better than the equivalent
        curve = Equivalent(block.levels, block.people, block.kappa, bound, burden)
        plans.smooth.append(curve)
    else:
        ROWS[measure](plans, block, bound)


def _burden(block: Block) -> bool:
    return block.entry.get("level") == "travel"


def _mean(plans: Any, block: Block) -> Linear:
    pairs = zip(block.levels, block.shares, strict=True)
    return sum((u * p for u, p in pairs), plans.constant(0.0))


def _above(plans: Any, left: Linear, right: Linear) -> Linear:
    """A column that is at least zero and at least left less right."""
    column = plans.column()
    plans.at_most(left - right, column)
    return column


def _total(plans: Any, columns: list[Linear], weights: list[float]) -> Linear:
    return sum((c * w for c, w in zip(columns, weights, strict=True)), plans.constant(0.0))


# Absolute measures: the bound is linear


def _floor(plans: Any, block: Block, bound: Linear) -> None:
    for u in block.levels:
        plans.at_most(bound, u)


def _ceiling(plans: Any, block: Block, bound: Linear) -> None:
    for u in block.levels:
        plans.at_most(u, bound)


def _range(plans: Any, block: Block, bound: Linear) -> None:
    plans.at_most(plans.constant(0.0), bound)
    for u, v in permutations(block.levels, 2):
        plans.at_most(u - v, bound)


def _worst_mean(plans: Any, block: Block, bound: Linear) -> None:
    q, t = block.entry.get("quantile", 0.2), plans.column(free=True)
    if _burden(block):
        beyond = [_above(plans, u, t) for u in block.levels]
        plans.at_most(t + _total(plans, beyond, block.shares) * (1 / q), bound)
    else:
        below = [_above(plans, t, u) for u in block.levels]
        plans.at_most(bound, t - _total(plans, below, block.shares) * (1 / q))


def _poverty_gap(plans: Any, block: Block, bound: Linear) -> None:
    standard = plans.constant(block.entry.get("standard", 1.0))
    gaps = [_above(plans, standard, u) for u in block.levels]
    plans.at_most(_total(plans, gaps, block.shares), bound)


def _envy(plans: Any, block: Block, bound: Linear) -> None:
    plans.at_most(plans.constant(0.0), bound)
    for i, j in block.neighbours:
        plans.at_most(block.levels[j] - block.levels[i], bound)


def _shortfall(plans: Any, block: Block, bound: Linear) -> None:
    plans.at_most(plans.constant(0.0), bound)
    sign = 1.0 if _burden(block) else -1.0
    for u, b in zip(block.levels, block.today, strict=True):
        plans.at_most((u - plans.constant(max(b, 0.0))) * sign, bound)


def _lorenz(plans: Any, block: Block, bound: Linear) -> None:
    plans.at_most(plans.constant(0.0), bound)
    today = [max(b, 0.0) for b in block.today]
    for standard, share in zip(today, block.shares, strict=True):
        if share > 0:
            before = sum(
                p * max(standard - b, 0.0) for b, p in zip(today, block.shares, strict=True)
            )
            gaps = [_above(plans, plans.constant(standard), u) for u in block.levels]
            plans.at_most(_total(plans, gaps, block.shares) - plans.constant(before), bound)


# Relative measures: the bound is a number, and holds in proportion to the mean


def _ratio(plans: Any, block: Block, bound: float) -> None:
    for u, v in permutations(block.levels, 2):
        plans.at_most(u - v * bound, 0.0)


def _band(plans: Any, block: Block, bound: float) -> None:
    mean = _mean(plans, block)
    for u in block.levels:
        plans.at_most(u - mean, mean * bound)
        plans.at_most(mean - u, mean * bound)


def _hoover(plans: Any, block: Block, bound: float) -> None:
    mean = _mean(plans, block)
    deviations = []
    for u in block.levels:
        deviation = _above(plans, u, mean)
        plans.at_most(mean - u, deviation)
        deviations.append(deviation)
    plans.at_most(_total(plans, deviations, block.shares) * 0.5, mean * bound)


def _gini(plans: Any, block: Block, bound: float) -> None:
    total = plans.constant(0.0)
    for (u, p), (v, q) in combinations(zip(block.levels, block.shares, strict=True), 2):
        difference = _above(plans, u, v)
        plans.at_most(v - u, difference)
        total += difference * (p * q)
    plans.at_most(total, _mean(plans, block) * bound)


def _quantile_share(plans: Any, block: Block, bound: float) -> None:
    q = block.entry.get("quantile", 0.2)
    high, low = plans.column(free=True), plans.column(free=True)
    above = [_above(plans, u, high) for u in block.levels]
    below = [_above(plans, low, u) for u in block.levels]
    best = high + _total(plans, above, block.shares) * (1 / q)
    worst = low - _total(plans, below, block.shares) * (1 / q)
    plans.at_most(best, worst * bound)


def _hold_smooth(plans: Any, block: Block, bound: float) -> None:
    if bound >= 1.0 and block.entry["measure"] == "atkinson":
        return
    if bound <= EQUAL:
        for i, j in permutations(counted(block), 2):
            plans.at_most(block.levels[i] - block.levels[j], 0.0)
        return
    plans.smooth.append(Curve(plans, block, bound))


def _hold_people(plans: Any, people: Travellers, bound: float) -> None:
    """The mean over people of exp(kappa d), in which the equivalent is increasing, is bounded."""
    weights = [w for w, _ in people.travels]
    all_of_them = sum(weights, plans.constant(0.0)).constant
    mean = sum(
        (w * (math.exp(people.kappa * (d - bound)) / all_of_them) for w, d in people.travels),
        plans.constant(0.0),
    )
    plans.at_most(mean, 1.0)


ROWS: Mapping[str, Any] = {
    "floor": _floor,
    "ceiling": _ceiling,
    "range": _range,
    "worst_mean": _worst_mean,
    "poverty_gap": _poverty_gap,
    "envy": _envy,
    "shortfall": _shortfall,
    "lorenz": _lorenz,
    "ratio": _ratio,
    "band": _band,
    "hoover": _hoover,
    "gini": _gini,
    "quantile_share": _quantile_share,
}
