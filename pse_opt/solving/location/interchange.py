"""Good engagements quickly: offers are added, dropped and exchanged as long as that is cheaper."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pse_opt.solving.interrupt import Stop
from pse_opt.solving.location.assignment import Assignment

__all__ = ["Limits", "improved"]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

GAIN = 1e-9
"""Least gain of a move, relative to the cost."""
ALL_PAIRS = 1.0
"""Pairs of offers to exchange, as a multiple of the links, up to which all are looked at."""


@dataclass(frozen=True, eq=False)
class Limits:
    """How many offers are engaged, and which must or must not be.

    Attributes
    ----------
    least, most : int
        Number of offers.
    must, never : ndarray of bool, shape (offers,)
        Offers that are engaged in any case, or in none.
    """

    least: int
    most: int
    must: Flags
    never: Flags


def improved(
    problem: Assignment,
    engaged: Flags,
    limits: Limits,
    *,
    seconds: float,
    stop: Stop | None = None,
) -> Flags:
    """Return engagements that no single addition, removal or exchange makes cheaper.

    Parameters
    ----------
    problem : Assignment
        The costs.
    engaged : ndarray of bool, shape (offers,)
        Engagements to start from, within the limits.
    limits : Limits
        What is allowed.
    seconds : float
        After which the best so far is returned.
    stop : Stop, optional
        Looked at between moves.

    Notes
    -----
    What an addition gains and a removal loses is added up over links; where both concern a need,
    the exchange gets a correction (Whitaker 1983; Resende and Werneck 2007).
    """
    end = time.perf_counter() + seconds
    engaged = _served(problem, engaged.copy(), limits)
    cost = problem.total(engaged)
    while np.isfinite(cost) and time.perf_counter() < end and not stop:
        move = _best_move(problem, engaged, limits)
        if move is None:
            return engaged
        added, dropped = move
        trial = engaged.copy()
        if added >= 0:
            trial[added] = True
        if dropped >= 0:
            trial[dropped] = False
        found = problem.total(trial)
        if not found < cost - GAIN * max(abs(cost), 1.0):
            return engaged
        engaged, cost = trial, found
    return engaged


def _served(problem: Assignment, engaged: Flags, limits: Limits) -> Flags:
    """Engage more offers where needs are out of reach, as long as the limits allow it."""
    while engaged.sum() < limits.most:
        lost = problem.first(engaged) < 0
        if not lost.any():
            break
        reaches = np.bincount(problem.offer[lost[problem.of_need]], minlength=len(engaged)) * (
            ~limits.never & ~engaged
        )
        if not reaches.any():
            break
        engaged[int(reaches.argmax())] = True
    return engaged


def _best_move(problem: Assignment, engaged: Flags, limits: Limits) -> tuple[int, int] | None:
    """Return the offer to add and the offer to drop, -1 for none, of the move that gains most."""
    p = problem
    first = p.first(engaged)
    second = p.first(engaged, first + 1)
    nearest, runner = p.cost[first], np.where(second < 0, np.inf, p.cost[second])
    serving = p.offer[first]
    held = np.flatnonzero(engaged)
    slot = np.full(len(engaged), -1)
    slot[held] = np.arange(len(held))
    with np.errstate(invalid="ignore"):
        loss = np.bincount(slot[serving], runner - nearest, minlength=len(held)) - p.fixed[held]
    loss[limits.must[held]] = np.inf
    need, near = p.before(first)
    saved = np.bincount(p.offer[near], nearest[need] - p.cost[near], minlength=len(engaged))
    gain = saved - p.fixed
    gain[engaged | limits.never] = -np.inf
    best, found = GAIN * max(float(nearest.sum()), 1.0), None
    count = len(held)
    if count < limits.most and gain.max(initial=-np.inf) > best:
        best, found = float(gain.max()), (int(gain.argmax()), -1)
    if count > limits.least and -loss.min(initial=np.inf) > best:
        best, found = float(-loss.min()), (-1, int(held[loss.argmin()]))
    free = ~limits.must[held]
    need, near = p.before(np.where(second < 0, p.start[1:], second))
    swap = _exchange(p, need, near, nearest, runner, serving, slot, gain, loss, free)
    if swap is not None and swap[0] > best:
        found = (swap[1], int(held[swap[2]]))
    return found


def _exchange(
    p: Assignment,
    of_need: Integers,
    near: Integers,
    nearest: Floats,
    runner: Floats,
    serving: Integers,
    slot: Integers,
    gain: Floats,
    loss: Floats,
    free: Flags,
) -> tuple[float, int, int] | None:
    """Return gain, offer to add and place of the offer to drop of the best exchange."""
    candidates = np.flatnonzero(np.isfinite(gain))
    if not candidates.size or not len(loss):
        return None
    # A need whose server is dropped goes to the new offer where that is cheaper than its runner-up.
    possible = np.isfinite(gain)[p.offer[near]]
    at, need = near[possible], of_need[possible]
    spared = runner[need] - np.maximum(p.cost[at], nearest[need])
    lone, count = np.isinf(runner), len(loss)
    place = np.full(len(gain), -1)
    place[candidates] = np.arange(len(candidates))
    pair = place[p.offer[at]] * count + slot[serving[need]]
    every = len(candidates) * count
    if every <= ALL_PAIRS * len(p.offer):
        pairs, at_pair = np.arange(every), pair
    else:  # only pairs that share a need: there may be many more offers than each need has links
        pairs, at_pair = np.unique(pair, return_inverse=True)
    sure = ~lone[need]
    extra = np.bincount(at_pair[sure], spared[sure], minlength=len(pairs)).astype(float)
    # Dropping the only server is possible where the new offer reaches all that it alone serves.
    alone = np.bincount(slot[serving[lone]], minlength=count)
    taken = np.bincount(at_pair[~sure], minlength=len(pairs))
    dearer = np.maximum(p.cost[at[~sure]] - nearest[need[~sure]], 0.0)
    extra -= np.bincount(at_pair[~sure], dearer, minlength=len(pairs))
    rise = np.bincount(slot[serving[~lone]], (runner - nearest)[~lone], minlength=count)
    kept = rise - p.fixed[np.flatnonzero(slot >= 0)]
    finite = np.where(alone > 0, kept, np.where(np.isfinite(loss), loss, 0.0))
    row, column = np.divmod(pairs, count)
    worth = gain[candidates[row]] + extra - finite[column]
    worth[~free[column] | (taken < alone[column])] = -np.inf
    # Pairs that share no need have no correction.
    apart = np.where(free & (alone == 0), finite, np.inf)
    added, dropped = int(gain.argmax()), int(apart.argmin())
    found = float(gain[added] - apart[dropped]), added, dropped
    if len(worth) and worth.max() > found[0]:
        at_best = int(worth.argmax())
        found = float(worth[at_best]), int(candidates[row[at_best]]), int(column[at_best])
    return found
