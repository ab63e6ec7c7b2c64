r"""A price for serving each need, and what it says of every offer (Lagrangian relaxation).

.. math::

    L(u) = \sum_n u_n + \min_{y \in Y} \sum_j
        \Bigl(f_j - \sum_n \max(0, u_n - c_{nj})\Bigr) y_j

is a bound for any prices; the best are those of the linear program with all cuts, and steps along
subgradients come near them in a small part of its time (Cornuejols, Fisher and Nemhauser 1977).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pse_opt.solving.interrupt import Stop
from pse_opt.solving.location.assignment import Assignment
from pse_opt.solving.location.interchange import Limits

__all__ = ["Multipliers", "multipliers"]

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

STEPS = 600
"""Most steps."""
PATIENCE, LEAST = 8, 5e-4
"""Steps without a better bound after which they are halved, and the length at which they end."""
MEMORY = 0.6
"""Part of the last direction that stays in the next."""
TOTAL_EVERY = 10
"""Steps from one plan that is looked at to the next."""
BEYOND, FRESH = 1.5, 20
"""Links that are this much dearer than the price are looked at only after so many steps."""


@dataclass(frozen=True, eq=False)
class Multipliers:
    """Prices and what follows from them.

    Attributes
    ----------
    bound : float
        No engagements within the limits cost less.
    price : ndarray, shape (needs,)
        Of serving each need.
    forced : ndarray, shape (offers,)
        By how much the bound rises when the decision on an offer is the other one.
    engaged : ndarray of bool, shape (offers,)
        The decisions of the bound.
    """

    bound: float
    price: Floats
    forced: Floats
    engaged: Flags


def multipliers(
    problem: Assignment,
    limits: Limits,
    start: Floats,
    best: Flags,
    *,
    seconds: float,
    stop: Stop | None = None,
) -> Multipliers:
    """Return prices close to the best.

    Parameters
    ----------
    problem : Assignment
        The costs.
    limits : Limits
        What is allowed at least; rows that forbid more make the bound lower, not wrong.
    start : ndarray, shape (needs,)
        Prices to start from.
    best : ndarray of bool, shape (offers,)
        Engagements, whose cost the bound is compared with.
    seconds : float
        After which the best so far is returned.
    stop : Stop, optional
        Looked at between steps.
    """
    end = time.perf_counter() + seconds
    target = problem.total(best)
    price, direction, length, idle = start.copy(), np.zeros(problem.needs), 1.5, 0
    found = Multipliers(-np.inf, price, np.zeros(len(problem.fixed)), best)
    near = _Near(problem)
    for step in range(STEPS):
        rise, demand = near.look(price)
        worth = problem.fixed - rise
        engaged = _cheapest(worth, limits)
        bound = float(price.sum() + worth[engaged].sum())
        if bound > found.bound:
            gained = bound - found.bound > 1e-5 * abs(bound)
            found = Multipliers(bound, price.copy(), worth, engaged)
            idle = 0 if gained else idle + 1
        else:
            idle += 1
        if idle > PATIENCE:
            length, idle, price = length / 2.0, 0, found.price.copy()
        if step % TOTAL_EVERY == 0:
            target = min(target, problem.total(engaged))
        aim = target if np.isfinite(target) else bound + 0.1 * abs(bound) + 1.0
        served = demand(engaged)
        direction = MEMORY * direction + (1.0 - MEMORY) * (1.0 - served)
        square = float(direction @ direction)
        late = time.perf_counter() > end or length < LEAST or bool(stop)
        if late or square < 1e-12 or aim - found.bound <= 1e-9 * abs(aim):
            break
        price = price + length * max(aim - bound, 1e-6 * abs(aim)) / square * direction
    forced = _forced(found.forced, found.engaged, limits)
    return Multipliers(found.bound, found.price, forced, found.engaged)


class _Near:
    """The links that are cheap enough to matter at prices."""

    def __init__(self, problem: Assignment) -> None:
        self.problem = problem
        self.limit = np.full(problem.needs, -np.inf)
        self.age = 0

    def look(self, price: Floats) -> tuple[Floats, Callable[[Flags], Floats]]:
        """Return what each offer saves at prices, and what counts the links used by engagements."""
        p = self.problem
        self.age += 1
        if self.age > FRESH or (price > self.limit).any():
            self.age = 0
            self.limit = price + (BEYOND - 1.0) * np.abs(price)
            self.need, at = p.before(p.below(self.limit))
            self.offer, self.cost = p.offer[at], p.cost[at]
        saved = np.maximum(price[self.need] - self.cost, 0.0)
        rise = np.bincount(self.offer, saved, minlength=len(p.fixed)).astype(float)

        def demand(engaged: Flags) -> Floats:
            used = engaged[self.offer] & (saved > 0.0)
            return np.bincount(self.need[used], minlength=p.needs).astype(float)

        return rise, demand


def _cheapest(worth: Floats, limits: Limits) -> Flags:
    """Return the engagements within the limits whose worths add up to least."""
    engaged = limits.must & ~limits.never
    free = np.flatnonzero(~limits.must & ~limits.never)
    order = free[np.argsort(worth[free], kind="stable")]
    held = int(engaged.sum())
    wanted = int((worth[order] < 0.0).sum())
    engaged[order[: int(np.clip(wanted, limits.least - held, max(limits.most - held, 0)))]] = True
    return engaged


def _forced(worth: Floats, engaged: Flags, limits: Limits) -> Floats:
    """Return by how much the least total rises when each decision is the other one."""
    count, free = int(engaged.sum()), ~limits.must & ~limits.never
    dearest = worth[engaged & free].max(initial=-np.inf)
    cheapest = worth[~engaged & free].min(initial=np.inf)
    room = 0.0 if count < limits.most else -np.inf
    spare = 0.0 if count > limits.least else np.inf
    out = -worth + min(spare, cheapest)
    return np.asarray(np.where(engaged, out, worth - max(room, dearest)))
