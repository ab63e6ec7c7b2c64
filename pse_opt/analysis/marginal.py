"""What one unit more of every limit would change, with the engagements of a plan fixed."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pyomo.core as pe

from pse_opt.analysis.limits import POINT, Limit, limits_of
from pse_opt.formulation.build import build_model
from pse_opt.instance import Instance
from pse_opt.plan import Plan
from pse_opt.policy import Policy
from pse_opt.solving.compiled import Compiled, compile_model
from pse_opt.solving.fixed import Prices, prices_of
from pse_opt.solving.held import engagements_of

__all__ = ["Marginal", "marginals", "marginals_of"]

FULL = 1.0 - 1e-6
"""A floor of the whole need is looked at from just below: it cannot rise, and the solver could not
tell it from the need itself."""
SAME = 1e-7
"""Ends of a range closer than this to the limit, in units of the row, leave no room."""
ZERO = 1e-9
"""Prices below this, relative to the greatest, are rounding errors."""


@dataclass(frozen=True)
class Marginal:
    """A limit and its price: a dual of the linear program with the engagements fixed.

    Attributes
    ----------
    kind, name, place, limit, unit
        As in :class:`pse_opt.analysis.limits.Limit`.
    one : str
        One unit of what the price is for.
    price : float
        What one unit more of the limit changes the objective by: money per year, which it costs
        where that is positive, and saves where it is negative; or the unit of another objective.
    per_point : float or None
        The same for a point of coverage (floors and targets).
    low, high : float or None
        Limits down and up to which the price holds, the engagements fixed; None: without end, or
        not known.
    holds : str
        ``both``: a little more and a little less; ``more`` or ``less``: in that direction alone;
        ``neither``: the price is one of several that the program admits.
    predicted : float
        What the step of a whole re-solve would change the objective by, at this price.
    step : float
        That step, in the unit of the limit.
    cost : bool
        Whether the objective is a cost.
    """

    kind: str
    name: str
    place: str
    limit: float
    unit: str
    one: str
    price: float
    per_point: float | None
    low: float | None
    high: float | None
    holds: str
    predicted: float
    step: float
    cost: bool = True

    @property
    def words(self) -> str:
        """What one unit more would do."""
        rises, falls = ("costs", "saves") if self.cost else ("raises", "lowers")
        if self.price == 0.0:
            return f"{rises} and {falls} nothing"
        return rises if self.price > 0 else falls

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        return {**asdict(self), "words": self.words}


def marginals(
    instance: Instance, policy: Policy, plan: Plan
) -> tuple[tuple[Marginal, ...], float] | None:
    """Price every limit with the engagements of a plan fixed, the greatest effects first.

    Parameters
    ----------
    instance : Instance
        The instance.
    policy : Policy
        A policy whose objective is linear (:attr:`pse_opt.analysis.aim.Aim.linear`).
    plan : Plan
        Whose engagements are fixed; its deliveries are sought anew.

    Returns
    -------
    tuple of Marginal
        Limits of offers that the plan does not engage are left out.
    float
        Objective of the best deliveries.

    or None where no deliveries with these engagements keep all rules.
    """
    found = marginals_of(instance, policy, plan)
    return None if found is None else (tuple(m for _, m in found[0]), found[1])


def marginals_of(
    instance: Instance, policy: Policy, plan: Plan
) -> tuple[list[tuple[Limit, Marginal]], float] | None:
    """Return what :func:`marginals` does, with the limits."""
    m = build_model(instance, policy)
    compiled = compile_model(m)
    if compiled is None:
        return None
    clean = _told_apart(m, compiled)
    fixed = engagements_of(m, compiled, instance, plan)
    prices = prices_of(clean, fixed, time_limit=policy.options.time_limit)
    if prices is None:
        return None
    prices, cost = _told(prices, compiled), policy.objective.minimize is not None
    at = {id(row): k for k, row in reversed(list(enumerate(compiled.rows)))}
    place = {id(column): k for k, column in enumerate(compiled.columns)}
    engaged = set(zip(plan.engagements["offer"], plan.engagements["size"], strict=True))
    offers = {offer for offer, _ in engaged}
    found = []
    for limit in limits_of(m, instance):
        idle = limit.kind == "capacity" and limit.index not in engaged
        idle = idle or (limit.kind == "volunteers" and limit.index[0] not in offers)
        if not idle and id(limit.row) in at:
            price = _priced(limit, prices, at[id(limit.row)], place)
            found.append((limit, replace(price, cost=cost)))
    floor = ZERO * max((abs(x.predicted) for _, x in found), default=0.0)
    found = [(limit, _dust(x, floor)) for limit, x in found]
    found.sort(key=lambda pair: -abs(pair[1].predicted))
    return found, prices.objective


def _told(prices: Prices, compiled: Compiled) -> Prices:
    """Return prices in the unit in which the objective is reported, a multiple of the model's."""
    if compiled.value is None:
        return prices
    times = compiled.value(1.0) - compiled.value(0.0)
    return replace(prices, objective=compiled.value(prices.objective), dual=times * prices.dual)


def _dust(x: Marginal, floor: float) -> Marginal:
    if abs(x.predicted) > floor:
        return x
    return replace(x, price=0.0, predicted=0.0, per_point=None if x.per_point is None else 0.0)


def _told_apart(m: pe.ConcreteModel, compiled: Compiled) -> Compiled:
    """Return the model without what says the same twice once the engagements are fixed.

    Two rows (or a row and the bound of a column) that say the same share their price in any way.
    ``linking`` is implied by ``capacity`` for whole engagements, and the bounds of volumes and
    deliveries by ``capacity``, ``volunteer_limit`` and ``attainment``.
    """
    low, high, upper = compiled.row_lower.copy(), compiled.row_upper.copy(), compiled.upper.copy()
    for k, row in enumerate(compiled.rows):
        rule = row.parent_component().local_name
        if rule == "linking":
            high[k] = np.inf
        elif rule == "source_assignment":
            low[k] = -np.inf
        elif rule == "coverage_floor":
            low[k] = min(low[k], FULL)
    place = {id(column): k for k, column in enumerate(compiled.columns)}
    columns = [*m.columns.utilization, *m.columns.delivery, *m.columns.volunteers.values()]
    upper[[place[id(v)] for v in columns if id(v) in place]] = np.inf
    return replace(compiled, row_lower=low, row_upper=high, upper=upper)


def _priced(limit: Limit, prices: Prices, row: int, place: dict[int, int]) -> Marginal:
    """Turn the dual of a row into the price of the limit it stands for."""
    slope = limit.slope
    if limit.times is not None:
        slope *= float(prices.values[place[id(limit.times)]])
    by_limit = float(prices.dual[row]) * slope
    low, high, holds = _reach(limit, prices, row, slope)
    return Marginal(
        limit.kind,
        limit.name,
        limit.place,
        limit.value,
        limit.unit,
        limit.one,
        by_limit * limit.per,
        by_limit * POINT if limit.kind in ("floor", "target") else None,
        low,
        high,
        holds,
        by_limit * limit.step,
        limit.step,
    )


def _reach(
    limit: Limit, prices: Prices, row: int, slope: float
) -> tuple[float | None, float | None, str]:
    """Return from which limit to which the price holds, and in which directions.

    What does not bind has no price until it binds; what binds without a price can be relaxed at
    that price, and tightened at one that is not known.
    """
    at, here = float(prices.activity[row]), float(prices.limit[row])
    ends = [float(prices.low[row]), float(prices.high[row])]
    if prices.dual[row] == 0.0:
        free = at - here
        relaxed = prices.upper[row]  # a greatest value is relaxed upwards
        ends = [here + min(free, 0.0), np.inf] if relaxed else [-np.inf, here + max(free, 0.0)]
    room = [abs(end - here) > SAME * max(1.0, abs(here)) for end in ends]
    reach = [limit.value + (end - here) / slope if slope else math.nan for end in ends]
    if slope < 0:
        room, reach = room[::-1], reach[::-1]
    if limit.kind in ("floor", "target") and limit.value >= FULL:
        room[1] = False  # nobody can be served more than in full
    words = {(True, True): "both", (True, False): "less", (False, True): "more"}
    low, high = (x if math.isfinite(x) else None for x in reach)
    return low, high, words.get((room[0], room[1]), "neither")
