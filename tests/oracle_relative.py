"""Least inequality by a measure that is relative to the mean, for the brute force.

The measure of a set of plans is least where a bound on it can just be kept. Where rows say so the
bound is bisected; of a smooth measure the excess over a bound is minimized, and the bound lowered
to what was attained, until it cannot be (Dinkelbach).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

import pse_opt as pse
from pse_opt.formulation.levels import levels_of
from tests.oracle_best import Optimum, least_cost
from tests.oracle_equity import EQUAL, SMOOTH, hold
from tests.oracle_levels import PER_HEAD, Block, Entry, blocks
from tests.oracle_linear import ROUNDS
from tests.oracle_smooth import Curve

CLOSE = 1e-9
"""Bounds are found to this, relative to them."""
NEARLY = 1e-6
"""Measures this close, relative to them, are equally good."""
ENOUGH = 3.0
"""A bound that is tried where some plan has an infinite measure."""
MOST = {"atkinson": 0.99}
"""The same of a measure that is never infinite, but beyond any bound from there on."""
SOMETHING = 1e-3
"""The least mean level there must be, as a share of full service: else nobody is served."""
LOWEST = {"ratio": 1.0, "quantile_share": 1.0}
"""What measures are of equal levels, where it is not zero."""
Found = tuple[float, np.ndarray]


def least_relative(sets: Sequence[Any], entry: Entry, then: Sequence[str]) -> Optimum | None:
    """The least measure, set by set; a set that cannot do better than the best so far is left."""
    best, chosen, columns = math.inf, None, None
    lower = _lowered if entry.get("measure") in SMOOTH else _bisected
    full = _full_service(sets[0].case, entry) if sets else {}
    for plans in sets:
        for block in blocks(plans, entry):
            _somebody_gets_something(plans, block, full.get((block.key, block.part), 1.0))
        some = plans.least(plans.constant(0.0))
        if some is not None:
            found = lower(plans, entry, (_measure(plans, entry, some[1]), some[1]), best)
            if chosen is None or found[0] < best:
                chosen, (best, columns) = plans, found
    if chosen is None:
        return None
    if not then or entry["measure"] in SMOOTH:
        # Around the least of a smooth measure the plans that are nearly as good differ in cost.
        return Optimum(best, plans=chosen, columns=columns)

    def hold_goal(k: int) -> None:
        for block in blocks(sets[k], entry) if math.isfinite(best) else ():
            hold(sets[k], block, sets[k].constant(best + NEARLY * max(NEARLY, best)))

    return Optimum(best, (), least_cost(sets, then, hold_goal))


def _somebody_gets_something(plans: Any, block: Block, full: float) -> None:
    """The mean level of a block is at least a thousandth of what it could be."""
    entities = block.entities
    people = sum(e.people for e in entities)
    share = [e.people / people if people > 0 else 1 / len(entities) for e in entities]
    mean = sum((e.level * w for e, w in zip(entities, share, strict=True)), plans.constant(0.0))
    spends = block.entry.get("level") == "spending_per_head"
    if spends or mean.slope.any():
        plans.at_most(plans.constant(SOMETHING * full), mean)


def _full_service(case: Any, entry: Entry) -> dict[tuple[str, str], float]:
    """What full service is in the unit of the level: the model's own convention, as numbers."""
    if entry.get("level", "coverage") not in (*PER_HEAD, "spending_per_head"):
        return {}
    rows = case.tables.items()
    frames = {t: pd.DataFrame(r, dtype=object).fillna("") for t, r in rows}
    document = {"name": "x", "equalization": [dict(entry)], "objective": {"minimize": ["delivery"]}}
    levels = levels_of(
        pse.Instance.from_tables(frames, {"name": "x"}), pse.read_policy(document).equalization[0]
    )
    return {block: levels.scale(b) for b, block in enumerate(levels.blocks)}


def _measure(plans: Any, entry: Entry, columns: np.ndarray) -> float:
    return max(block.value(columns) for block in blocks(plans, entry))


def _bisected(plans: Any, entry: Entry, some: Found, least: float) -> Found:
    """The least measure of the plans of a set, of which one is given, if less than the least."""
    low = LOWEST.get(entry["measure"], 0.0)
    top = min(some[0], least - CLOSE * max(1.0, least) if math.isfinite(least) else math.inf)
    best = some if top == some[0] else _within(plans, entry, top)
    if best is None:
        return some
    equal = _within(plans, entry, low)
    if equal is not None:
        return equal
    if math.isinf(best[0]):
        best = _within(plans, entry, 1e3) or best
    while math.isfinite(best[0]) and best[0] - low > CLOSE * max(1.0, best[0]):
        middle = (low + best[0]) / 2
        nearer = _within(plans, entry, middle)
        low, best = (middle, best) if nearer is None else (low, nearer)
    return best


def _within(plans: Any, entry: Entry, bound: float) -> Found | None:
    """The measure of some plan that keeps a bound, and the plan, or None where none does."""
    with plans.trial():
        for block in blocks(plans, entry):
            hold(plans, block, plans.constant(bound))
        found = plans.least(plans.constant(0.0))
    if found is None:
        return None
    return min(_measure(plans, entry, found[1]), bound), found[1]


def _lowered(plans: Any, entry: Entry, some: Found, least: float) -> Found:
    """The same of a smooth measure."""
    equal = _within(plans, entry, 0.0)
    if equal is not None:
        return 0.0, equal[1]
    best, bound = some, min(some[0], least)
    bound = min(bound, MOST.get(entry["measure"], ENOUGH)) if bound >= 0.99 else bound
    while bound > EQUAL:
        columns = _with_least_excess(plans, entry, bound)
        value = _measure(plans, entry, columns)
        best = min(best, (value, columns), key=lambda found: found[0])
        if not value < bound - CLOSE * max(1.0, bound):
            break
        bound = value
    return best


def _with_least_excess(plans: Any, entry: Entry, bound: float) -> np.ndarray:
    """A plan that keeps a bound with at least half of what can be spared, where some plan can.

    What is spared is measured by the mean of the convex function of the level, over the mean level.
    """
    with plans.trial():
        excess = plans.column(free=True)
        curves = [Curve(plans, block, bound, excess) for block in blocks(plans, entry)]
        for _ in range(ROUNDS):
            low, columns = plans.outer(excess)
            attained = max(curve.attained(columns) for curve in curves)
            if low > -CLOSE or attained < low / 2:
                return columns
            rows = [row for curve in curves for row in curve.cuts(columns)]
            plans.rows += rows
    raise AssertionError("the cuts do not come to an end")
