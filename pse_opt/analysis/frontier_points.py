"""Points of a frontier: which are dominated, what each step costs, where the knee is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from pse_opt.analysis.frontier_facts import LOOSER, SAME, Knowledge
from pse_opt.analysis.frontier_search import Search
from pse_opt.plan import Plan
from pse_opt.solving.outcome import status_of

__all__ = ["Against", "Point", "Price", "against_of", "points_of"]

Number = float | None


@dataclass(frozen=True)
class Price:
    """What a bound costs over the cheapest plan, as a share of its cost.

    Attributes
    ----------
    found : float
        By the plans found.
    least, most : float
        What the gaps leave open.
    """

    found: float
    least: float
    most: float

    @property
    def proven(self) -> bool:
        """Whether it is proven that the bound costs anything."""
        return self.least > 0


@dataclass(frozen=True, eq=False)
class Point:
    """One bound, and the best plan known that keeps it; unknown numbers are None.

    Attributes
    ----------
    allowed : float or None
        The bound; None: none at all.
    value : float or None
        What the plan realises of the quantity.
    status : str
        As in :class:`pse_opt.Result`.
    objective, bound, gap : float or None
        Of the plan; and what no plan that keeps the bound is better than.
    seconds : float
        Of the solve; 0 where none was needed.
    solved : bool
        Whether the bound was solved, or followed from others.
    verified : bool or None
        Whether the plan passes the independent checker.
    dominated : bool
        Whether another point is as good in both, and better in one or met before.
    price : Price or None
        The price of the bound, where the objective is a cost.
    marginal : float or None
        Money for each step of the quantity from the point before on the curve.
    plan, levels
        The plan, and the service level of every need; None without one.
    """

    allowed: Number
    value: Number
    status: str
    objective: Number
    bound: Number
    gap: Number
    seconds: float
    solved: bool
    verified: bool | None
    dominated: bool = False
    price: Price | None = None
    marginal: Number = None
    plan: Plan | None = field(default=None, repr=False)
    levels: pd.DataFrame | None = field(default=None, repr=False)

    def to_dict(self) -> dict[str, Any]:
        """Return the point as plain JSON values, without plan and levels."""
        names = [f for f in self.__dataclass_fields__ if f not in ("plan", "levels", "price")]
        price = self.price
        return {
            **{name: getattr(self, name) for name in names},
            "price": None if price is None else price.found,
            "price_least": None if price is None else price.least,
            "price_most": None if price is None else price.most,
            "price_proven": None if price is None else price.proven,
        }


def points_of(facts: Knowledge, bounds: Sequence[Number]) -> tuple[Point, ...]:
    """Return the points of bounds, from loose to tight."""
    points = [_point(facts, bound) for bound in bounds]
    points = [replace(p, dominated=_dominated(facts, points, k)) for k, p in enumerate(points)]
    return tuple(_priced(facts, points))


def _point(facts: Knowledge, bound: Number) -> Point:
    answer, known = facts.answers.get(bound), facts.plan_for(bound)
    seconds = 0.0 if answer is None else answer.seconds
    solved = answer is not None
    if known is None:
        refuted = answer is not None and answer.plan is not None
        status = "infeasible" if answer is None else answer.status
        proven = None if answer is None else answer.bound
        verified = False if refuted else None
        return Point(bound, None, status, None, proven, None, seconds, solved, verified)
    gap = facts.gap_at(bound)
    return Point(
        bound,
        known.value,
        status_of(gap, facts.gap),
        known.objective,
        facts.proof_for(bound),
        gap,
        seconds,
        solved,
        True,
        plan=known.plan,
        levels=known.levels,
    )


def _dominated(facts: Knowledge, points: Sequence[Point], k: int) -> bool:
    mine = points[k]
    if mine.objective is None or mine.value is None:
        return False
    near, close = SAME * abs(mine.objective), facts.slack(mine.value)
    for j, other in enumerate(points):
        if j == k or other.objective is None or other.value is None:
            continue
        worse = facts.worth(mine.objective) - facts.worth(other.objective)
        looser = facts.depth(mine.value) - facts.depth(other.value)
        if worse >= -near and looser >= -close:
            better = worse > near or looser > close
            if better or j < k:
                return True
    return False


def _priced(facts: Knowledge, points: list[Point]) -> list[Point]:
    """Add prices over the cheapest plan, and marginal prices from each point to the next."""
    cheapest, lowest = facts.plan_for(None), facts.proof_for(None)
    step = facts.varied.step[0]
    found, before = [], None
    for point in points:
        one = point
        if not facts.maximize and cheapest is not None:
            one = replace(one, price=_price(point, cheapest.objective, lowest))
        if point.objective is not None and not point.dominated:
            if before is not None:
                one = replace(one, marginal=_marginal(facts, before, point, step))
            before = point
        found.append(one)
    return found


def _price(point: Point, cheapest: float, lowest: Number) -> Price | None:
    if point.objective is None or point.bound is None or lowest is None or lowest <= 0:
        return None
    least = max(point.bound / cheapest - 1.0, 0.0)
    return Price(point.objective / cheapest - 1.0, least, point.objective / lowest - 1.0)


def _marginal(facts: Knowledge, before: Point, point: Point, step: float) -> Number:
    """Money for each step: of the quantity, or, where money is bounded, of coverage."""
    assert before.objective is not None
    assert before.value is not None
    assert point.objective is not None
    assert point.value is not None
    objective = abs(point.objective - before.objective)
    value = abs(point.value - before.value)
    if facts.varied.is_budget:
        objective, value = value, objective
    return step * objective / value if 0 < value < math.inf else None


@dataclass(frozen=True, eq=False)
class Against:
    """A plan held against the frontier; unknown numbers are None.

    Attributes
    ----------
    name : str
        What it is called.
    objective, value : float
        Of the plan.
    broken : int
        Rules of the model that it breaks, apart from the bound.
    same_objective : (float or None, float or None)
        The tightest value attained by plans that are as good in the objective; and the value that
        none of them is tighter than.
    same_value : (float or None, float or None)
        The best objective attained by plans that are as tight; and its proven bound.
    """

    name: str
    objective: float
    value: float
    broken: int
    same_objective: tuple[Number, Number]
    same_value: tuple[Number, Number]

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        said = {f: getattr(self, f) for f in self.__dataclass_fields__}
        return {k: list(v) if isinstance(v, tuple) else v for k, v in said.items()}


def against_of(search: Search, name: str, plan: Plan) -> Against:
    """Hold a plan against what the frontier attains, with two more solves where they tell more."""
    from pse_opt.verification import verify

    found = verify(search.instance, plan, search.bare)
    value = search.varied.value(search.instance, found)
    facts = search.facts
    if facts.best is not None:
        high = max(facts.depth(k.value) for k in facts.plans)
        within = facts.depth(facts.best.bound) <= facts.depth(value) <= high
        if within and not facts.settled(value):
            search.solve([value])
        between = _between(facts, found.objective)
        if between is not None and not facts.settled(between):
            search.solve([between])
    return Against(
        name,
        found.objective,
        value,
        len(found.violations),
        _same_objective(facts, found.objective),
        _same_value(facts, value),
    )


def _same_value(facts: Knowledge, value: float) -> tuple[Number, Number]:
    known = facts.plan_for(value)
    return None if known is None else known.objective, facts.proof_for(value)


def _same_objective(facts: Knowledge, objective: float) -> tuple[Number, Number]:
    """Return the tightest value of plans that are as good, and what none of them is beyond."""
    worth = facts.worth(objective)
    worth += SAME * abs(worth)
    some = [k.value for k in facts.plans if facts.worth(k.objective) <= worth]
    attained = min(some, key=facts.depth) if some else None
    dear = [p for p in facts.proofs if facts.worth(p.objective) > worth]
    if any(p.bound is None for p in dear):
        return None, None
    bounds = [p.bound for p in dear if p.bound is not None]
    best = facts.best
    if best is not None and best.proven is not None:
        bounds.append(best.proven)
    limit = max(bounds, key=facts.depth) if bounds else None
    if (
        limit is not None
        and attained is not None
        and not facts.depth(limit) < facts.depth(attained)
    ):
        limit = attained
    return attained, limit


def _between(facts: Knowledge, objective: float) -> Number:
    """Return the bound at which plans are about as good, on the line between those known."""
    worth = facts.worth(objective)
    plans = sorted(facts.plans, key=lambda k: facts.depth(k.value))
    affordable = [k for k in plans if facts.worth(k.objective) <= worth]
    if not affordable:
        return None
    near = affordable[0]
    close = LOOSER * facts.slack(near.value)
    tighter = [k for k in plans if facts.depth(k.value) < facts.depth(near.value) - 2 * close]
    if not tighter:
        return None
    beyond = min(tighter, key=lambda k: (facts.worth(k.objective), facts.depth(k.value)))
    dearer = facts.worth(beyond.objective) - facts.worth(near.objective)
    if dearer <= 0:
        return None
    part = (worth - facts.worth(near.objective)) / dearer
    return near.value + part * (beyond.value - near.value)
