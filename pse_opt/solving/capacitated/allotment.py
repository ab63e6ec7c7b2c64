r"""Each need to one of a few offers with room for it: the generalised assignment problem.

.. math::
    \min \sum_{jn} c_{jn} x_{jn}, \qquad \sum_j x_{jn} = 1, \qquad
    \sum_n a_{jn} x_{jn} \le b_j, \qquad x_{jn} \in \{0, 1\}

With a price on the room of each offer, every need goes where it is cheapest; prices rise where too
many go and fall where room is left (Lagrangian relaxation, Fisher 1981). What is still too much is
moved where it costs least for the room that it makes, and then a need is moved, or takes the place
of another that goes elsewhere, as long as that is cheaper (Diaz and Fernandez 2002).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

__all__ = ["Allotment", "allotted"]

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int64]
Moves = list[tuple[int, int]]

MANY = 3_000
"""Needs from which no two are exchanged."""
STEPS, EVERY = 80, 6
"""Steps of prices, and after how many of them a plan is made of what they say."""
LENGTH, SHORTER = 1.0, 0.96
"""Length of the first step, and of each next one as part of the one before."""
SLACK = 1e-9
"""Part of a room by which it may be exceeded by rounding errors."""
WORTH = 0.05
"""Part of the cost of the best known plan by which one is dearer that is not bettered."""
MOVES = 20
"""Moves at most, for each need, in mending and in bettering a plan."""
GAIN = 1e-9
"""Least gain of a move, relative to the cost of the plan."""


@dataclass(frozen=True, eq=False)
class Allotment:
    """Needs and the offers that may serve them; costs are to be small.

    Attributes
    ----------
    cost, volume : ndarray, shape (offers, needs)
        Of serving each need, and the room that it takes; the cost is infinite where it cannot be.
    room : ndarray, shape (offers,)
        Of each offer.
    """

    cost: Floats
    volume: Floats
    room: Floats

    def load(self, chosen: Integers) -> Floats:
        """Return the room that is taken where each need has an offer."""
        volume = self.volume[chosen, np.arange(len(chosen))]
        return np.asarray(np.bincount(chosen, weights=volume, minlength=len(self.room)))

    def total(self, chosen: Integers) -> float:
        """Return the cost where each need has an offer."""
        return float(self.cost[chosen, np.arange(len(chosen))].sum())

    def full(self, load: Floats) -> Flags:
        """Return which offers have more than they have room for."""
        return np.asarray(load > self.room * (1.0 + SLACK))


def allotted(problem: Allotment, late: Callable[[], bool] = lambda: False) -> Integers | None:
    """Return an offer for each need, at a cost that moves of one or two needs do not better.

    Parameters
    ----------
    problem : Allotment
        Costs, volumes and rooms.
    late : callable
        Whether to end with the best so far; asked between moves.

    Returns
    -------
    ndarray or None, shape (needs,)
        None where no plan was found; there may be one all the same.
    """
    if not np.isfinite(problem.cost.min(axis=0, initial=np.inf)).all():
        return None
    price, best, least = np.zeros(len(problem.room)), None, np.inf
    length, unit = LENGTH, _unit(problem)
    room = np.maximum(problem.room, SLACK)
    for step in range(STEPS):
        if late():
            break
        chosen = np.argmin(problem.cost + price[:, None] * problem.volume, axis=0)
        load = problem.load(chosen)
        fits = not problem.full(load).any()
        if fits or step % EVERY == EVERY - 1:
            priced = replace(problem, cost=problem.cost + price[:, None] * problem.volume)
            found = _mended(priced, chosen, late)
            if found is not None and problem.total(found) < least + WORTH * abs(least):
                _better(problem, found, late)
                cost = problem.total(found)
                if cost < least:
                    best, least = found, cost
        if fits and not (price * (problem.room - load) > 0.0).any():
            break
        excess = np.clip(load / room - 1.0, -1.0, 1.0)
        price = np.maximum(price + length * unit * excess, 0.0)
        length *= SHORTER
    return best


def _unit(problem: Allotment) -> Floats:
    """Return by how much a price has to change for needs to go elsewhere, about."""
    finite = np.isfinite(problem.cost)
    with np.errstate(invalid="ignore"):
        more = np.where(finite, problem.cost - problem.cost.min(axis=0), np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = more / np.where(problem.volume > 0.0, problem.volume, np.nan)
    known = np.isfinite(ratio) & (ratio > 0.0)
    count = known.sum(axis=1)
    total = np.where(known, ratio, 0.0).sum(axis=1)
    # A tenth of the mean: needs that are near go first.
    return np.asarray(0.1 * total / np.maximum(count, 1))


def _mended(problem: Allotment, chosen: Integers, late: Callable[[], bool]) -> Integers | None:
    """Move needs away from where there are too many; return None where that does not help."""
    chosen, everyone = chosen.copy(), np.arange(len(chosen))
    load = problem.load(chosen)
    for _ in range(MOVES * len(chosen)):
        over = problem.full(load)
        if not over.any():
            return chosen
        if late():
            return None
        moving = np.flatnonzero(over[chosen])
        volume = problem.volume[:, moving]
        fits = load[:, None] + volume <= problem.room[:, None] * (1.0 + SLACK)
        now = problem.cost[chosen[moving], moving]
        taken = problem.volume[chosen[moving], moving]
        excess = (load - problem.room)[chosen[moving]]
        with np.errstate(divide="ignore", invalid="ignore"):
            dear = (problem.cost[:, moving] - now) / np.minimum(taken, excess)
        dear = np.where(fits & (taken > 0.0), dear, np.inf)
        to, which = np.unravel_index(int(np.argmin(dear)), dear.shape)
        if not np.isfinite(dear[to, which]):
            if not _exchanged(problem, chosen, load):
                return None
            continue
        need = moving[which]
        load[chosen[need]] -= problem.volume[chosen[need], need]
        load[to] += problem.volume[to, need]
        chosen[need] = to
    return chosen if not problem.full(problem.load(chosen))[chosen[everyone]].any() else None


def _exchanged(problem: Allotment, chosen: Integers, load: Floats) -> bool:
    """Exchange a need of an offer with too many for a smaller one; return whether there is one."""
    over = np.flatnonzero(problem.full(load))
    best, move = np.inf, None
    everyone = np.arange(len(chosen))
    now = problem.cost[chosen, everyone]
    for j in over:
        for need in np.flatnonzero(chosen == j):
            there = problem.cost[chosen, need] + problem.cost[j] - now[need] - now
            gained = problem.volume[j, need] - problem.volume[j]
            after = load[chosen] - problem.volume[chosen, everyone] + problem.volume[chosen, need]
            good = (chosen != j) & (gained > 0.0)
            good &= after <= problem.room[chosen] * (1.0 + SLACK)
            with np.errstate(divide="ignore", invalid="ignore"):
                dear = np.where(good, there / np.minimum(gained, load[j] - problem.room[j]), np.inf)
            other = int(np.argmin(dear))
            if dear[other] < best:
                best, move = float(dear[other]), (int(need), other)
    if move is None:
        return False
    there, here = int(chosen[move[1]]), int(chosen[move[0]])
    _put(problem, chosen, load, [(move[0], there), (move[1], here)])
    return True


def _put(problem: Allotment, chosen: Integers, load: Floats, moves: Moves) -> None:
    """Move needs, and what they take."""
    for need, to in moves:
        load[chosen[need]] -= problem.volume[chosen[need], need]
        load[to] += problem.volume[to, need]
        chosen[need] = to


def _better(problem: Allotment, chosen: Integers, late: Callable[[], bool]) -> None:
    """Move a need, or have it take the place of another, as long as that is cheaper; in place."""
    load = problem.load(chosen)
    least = GAIN * max(abs(problem.total(chosen)), 1.0)
    for _ in range(MOVES * len(chosen)):
        moves = _shifts(problem, chosen, load, least) or _ejections(problem, chosen, load, least)
        if not moves or late():
            return
        _put(problem, chosen, load, moves)


def _shifts(problem: Allotment, chosen: Integers, load: Floats, least: float) -> Moves:
    """Return moves of single needs between different offers, those that gain most."""
    now = problem.cost[chosen, np.arange(len(chosen))]
    fits = load[:, None] + problem.volume <= problem.room[:, None] * (1.0 + SLACK)
    gain = np.where(fits, now - problem.cost, -np.inf)
    to = np.argmax(gain, axis=0)
    gain = gain[to, np.arange(len(chosen))]
    moves: Moves = []
    touched: set[int] = set()
    for need in np.argsort(-gain, kind="stable"):
        if gain[need] <= least:
            break
        ends = {int(chosen[need]), int(to[need])}
        if not ends & touched:
            touched |= ends
            moves.append((int(need), int(to[need])))
    return moves


def _ejections(problem: Allotment, chosen: Integers, load: Floats, least: float) -> Moves:
    """Return moves of needs to where another leaves, between different offers."""
    if len(chosen) > MANY:
        return []
    everyone = np.arange(len(chosen))
    now = problem.cost[chosen, everyone]
    left = problem.room * (1.0 + SLACK) - load
    fits = problem.volume <= left[:, None]
    fits[chosen, everyone] = False
    costs = np.where(fits, problem.cost, np.inf)
    elsewhere = np.argmin(costs, axis=0)
    leaving = costs[elsewhere, everyone] - now
    # Rows are needs that come, columns those that leave for them.
    coming = problem.cost[chosen].T - now[:, None]
    takes, frees = problem.volume[chosen].T, problem.volume[chosen, everyone]
    makes = takes <= (left[chosen] + frees)[None, :]
    makes &= chosen[:, None] != chosen[None, :]
    there = problem.cost[chosen] - now[None, :]
    back = problem.volume[chosen] <= (left[chosen] + frees)[:, None]
    swap = np.where(back, there, np.inf)
    change = np.where(makes, coming + np.minimum(swap, leaving[None, :]), np.inf)
    other = np.argmin(change, axis=1)
    change = change[everyone, other]
    moves: Moves = []
    touched: set[int] = set()
    for need in np.argsort(change, kind="stable"):
        if change[need] >= -least:
            break
        leaves = int(other[need])
        home, to = int(chosen[need]), int(chosen[leaves])
        away = home if swap[need, leaves] <= leaving[leaves] else int(elsewhere[leaves])
        ends = {home, to, away}
        if not ends & touched:
            touched |= ends
            moves += [(leaves, away), (int(need), to)]
    return moves
