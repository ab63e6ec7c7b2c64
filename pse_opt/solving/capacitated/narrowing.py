"""What no better plan engages: offers are shut or forced before any linear program is solved."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from pse_opt.solving.capacitated.counts import Counted, Need, counted, needed
from pse_opt.solving.capacitated.knapsacks import Knapsacks
from pse_opt.solving.capacitated.lagrangian import Look, Prices, climb, tightened
from pse_opt.solving.capacitated.links import Links, Narrow
from pse_opt.solving.capacitated.plans import Plans
from pse_opt.solving.capacitated.wholes import Wholes
from pse_opt.solving.compiled import Compiled
from pse_opt.solving.covers import with_rows
from pse_opt.solving.interrupt import Stop

__all__ = ["Narrowing", "narrowing"]

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

SHARE = 0.5
"""Part of the links that have to be in knapsacks: with fewer the bound is worth nothing."""
ROUNDING = 1e-9
TRIED = 50
"""Exchanges that are tried with each plan."""
ALWAYS = 0.9
"""How often an engagement is made from which it is part of a plan."""


@dataclass(frozen=True, eq=False)
class Narrowing:
    """What is left of a model.

    Attributes
    ----------
    links : Links
        The model with the rows that floors imply.
    bound : float
        Bound on the objective.
    lower, upper : ndarray, shape (columns,)
        Bounds within which all plans are that are better than the best one known.
    least : ndarray, shape (links,)
        No plan in which a link carries all it may costs less than this.
    look : Look
        What the best prices say.
    shut : ndarray of bool, shape (pairs,)
        Pairs of a link and an engagement that carry nothing.
    knapsacks : Knapsacks
        The offers.
    """

    links: Links
    bound: float
    lower: Floats
    upper: Floats
    least: Floats
    look: Look
    shut: Flags
    knapsacks: Knapsacks

    def narrow(self) -> Narrow:
        """Return the model without what is shut."""
        c, k = self.links.compiled, self.knapsacks
        open_ = np.zeros(len(self.links.at), dtype=bool)
        open_[k.link[~self.shut]] = True
        gone = self.links.closed(c.integer & (self.upper == 0.0)) | ~open_
        found = self.links.narrow(~gone, gone=gone)
        lower, upper = c.lower.copy(), c.upper.copy()
        lower[c.integer], upper[c.integer] = self.lower[c.integer], self.upper[c.integer]
        at = found.columns
        return replace(found, compiled=replace(found.compiled, lower=lower[at], upper=upper[at]))


def narrowing(
    links: Links,
    plans: Plans,
    *,
    gap: float,
    end: float,
    stop: Stop | None = None,
    tell: Callable[[float], None] | None = None,
    before: Narrowing | None = None,
) -> Narrowing | None:
    """Bound a model in closed form, look for plans on the way, and shut what none better has.

    Parameters
    ----------
    links : Links
        The links of the model.
    plans : Plans
        Its plans; better ones are added.
    gap : float
        Relative gap at which no more is looked for.
    end : float
        When to stop, by ``time.perf_counter``.
    stop : Stop, optional
        Looked at now and then.
    tell : callable, optional
        Called with the bound each time that it has risen.
    before : Narrowing, optional
        What was found before, of the same links and plans, to go on from.

    Returns
    -------
    Narrowing or None
        None where the model has too few knapsacks.
    """
    knapsacks = Knapsacks.of(links) if before is None else before.knapsacks
    if knapsacks is None or len(np.unique(knapsacks.link)) < SHARE * len(links.at):
        return None
    work = _Work(knapsacks, plans, gap, end, stop, tell)
    if before is not None:
        work.resume(before)
    start = None if before is None else before.look.prices
    look = climb(work.prices, work.best, work.turn, lambda: work.going, start=start)
    if not np.isfinite(look.bound) and plans.best is None:
        return None
    work.take(look)
    if work.going:
        work.exchange(look)
    bound = work.bound
    if not np.isfinite(bound):
        return None
    wide = replace(links, compiled=work.compiled)
    prices = work.prices
    return Narrowing(
        wide,
        work.sign * bound,
        prices.lower,
        prices.upper,
        work.least,
        look,
        prices.shut,
        knapsacks,
    )


class _Work:
    """What happens between two lengths of a step: a plan, and what it shuts."""

    def __init__(
        self,
        knapsacks: Knapsacks,
        plans: Plans,
        gap: float,
        end: float,
        stop: Stop | None,
        tell: Callable[[float], None] | None,
    ) -> None:
        self.knapsacks, self.plans, self.gap, self.end = knapsacks, plans, gap, end
        self.stop, self.tell = stop, tell
        whole = knapsacks.links.compiled
        self.sign = -1.0 if whole.maximize else 1.0
        lower, upper = tightened(whole)
        self.needs: list[Need] = needed(knapsacks, lower, upper)
        cuts = [cut for need in self.needs for cut in need.rows(knapsacks.engaged)]
        self.compiled: Compiled = with_rows(whole, cuts)
        wholes = Wholes(knapsacks, plans.whole) if plans.whole.any() else None
        self.prices = Prices(knapsacks, self.compiled, self.needs, lower, upper, wholes)
        self.counted = counted(whole, knapsacks.engaged)
        self.bound = -np.inf
        self.least = np.full(len(knapsacks.links.at), -np.inf)
        # What is all or nothing does not go where there is no room for all.
        fits = (knapsacks.most >= 1.0 - ROUNDING) & (
            knapsacks.volume <= knapsacks.room[knapsacks.at] * (1.0 + ROUNDING)
        )
        self.prices.shut |= plans.whole[knapsacks.link] & ~fits

    def resume(self, before: Narrowing) -> None:
        """Go on from what was found before."""
        self.prices.lower, self.prices.upper = before.lower.copy(), before.upper.copy()
        self.prices.shut = before.shut.copy()
        self.least, self.bound = before.least.copy(), self.sign * before.bound

    def best(self) -> float | None:
        """Return the cost of the best plan."""
        held = self.plans.best
        return None if held is None or held.objective is None else self.sign * held.objective

    def turn(self, look: Look, often: Floats) -> None:
        """Hold plans, and shut what they allow to."""
        self.plans.complete(self._whole(look.engaged, look.worth))
        self.plans.complete(self._whole(often > ALWAYS, -often))
        self.take(look)
        if self.tell is not None and np.isfinite(self.bound):
            self.tell(self.sign * self.bound)

    @property
    def going(self) -> bool:
        """Whether there is something left to find, and time for it."""
        best = self.best()
        near = best is not None and best - self.bound <= self.gap * max(abs(best), ROUNDING)
        return not (near or bool(self.stop) or time.perf_counter() > self.end)

    def exchange(self, look: Look) -> None:
        """Better the plan by an engagement in the place of another, and shut more.

        Plans that make some engagements cost at least what these are worth at the prices: the
        exchanges that may cost least are tried first, and those that cannot be better not at all.
        """
        better = self.plans.best is not None
        while better and self.going:
            better = any(self.plans.complete(v) for v in self._exchanged(look) if self.going)
        self.take(look)

    def _exchanged(self, look: Look) -> Iterator[Floats]:
        """Yield the best plan with an engagement more, less, or in the place of another."""
        k, at = self.knapsacks, self.knapsacks.engaged
        assert self.plans.best is not None
        held, best = self.plans.best.values, self.best()
        assert held is not None
        assert best is not None
        made = held[at] > 0.5
        old = np.append(np.flatnonzero(made & (self.prices.lower[at] <= 0.0)), -1)
        new = np.append(np.flatnonzero(~made & (self.prices.upper[at] > 0.0)), -1)
        worth, offer = np.append(look.worth, 0.0), np.append(k.offer, -1)
        least = look.bound + float(look.worth @ (held[at] - look.values[at]))
        costs = least - worth[old][:, None] + worth[new][None, :]
        # Of an offer no more than one size is made.
        clash = np.isin(offer[new], k.offer[made])[None, :]
        possible = (costs < best) & (~clash | (offer[old][:, None] == offer[new][None, :]))
        for need in self.needs:
            most = np.zeros(len(at) + 1)
            most[need.engaged] = need.most
            reached = float(most[:-1][made].sum()) - most[old][:, None] + most[new][None, :]
            possible &= reached >= need.total
        for group in self.counted:
            inside = np.zeros(len(at) + 1)
            inside[group.engaged] = 1.0
            number = float(made[group.engaged].sum()) - inside[old][:, None] + inside[new][None, :]
            possible &= (number >= group.least) & (number <= group.most)
        possible[-1, -1] = False
        which = np.flatnonzero(possible)
        for pair in which[np.argsort(costs.ravel()[which], kind="stable")][:TRIED]:
            out, into = divmod(int(pair), len(new))
            values = held.copy()
            if old[out] >= 0:
                values[at[old[out]]] = 0.0
            if new[into] >= 0:
                values[at[new[into]]] = 1.0
            yield values

    def take(self, look: Look) -> None:
        """Shut and force engagements by what a look says."""
        best = self.best()
        bound = look.bound if best is None else min(look.bound, best)
        self.bound = max(self.bound, bound)
        if best is None or not np.isfinite(look.bound):
            return
        room = (best - look.bound) + ROUNDING * max(abs(best), 1.0)
        at, prices = self.knapsacks.engaged, self.prices
        open_ = (prices.lower[at] == 0.0) & (prices.upper[at] > 0.0)
        prices.upper[at[open_ & (look.made > room) & ~look.engaged]] = 0.0
        prices.lower[at[open_ & (look.unmade > room) & look.engaged]] = 1.0
        self._shut(look, best)

    def _shut(self, look: Look, best: float) -> None:
        """Shut links that are all or nothing where all is too dear."""
        k, prices = self.knapsacks, self.prices
        if not self.plans.whole.any():
            return
        filled = k.fill(look.price, prices.among())
        more = k.total(look.price * filled) - k.total(look.price * look.carried)
        more = np.maximum(more[k.at] + k.dearer(look.price, filled), 0.0)
        least = look.bound + look.made[k.at] + more
        least[prices.shut | (prices.upper[k.engaged][k.at] <= 0.0)] = np.inf
        prices.shut |= self.plans.whole[k.link] & (least > best + ROUNDING * max(abs(best), 1.0))
        of_links = np.full(len(self.least), np.inf)
        np.minimum.at(of_links, k.link, least)
        self.least = np.maximum(self.least, of_links)

    def _whole(self, engaged: Flags, rank: Floats) -> Floats:
        """Return some engagements, with as many more as floors take, those of least rank first."""
        k, at = self.knapsacks, self.knapsacks.engaged
        values = self.prices.lower.copy()
        values[at] = np.maximum(values[at], engaged)
        closed = self.prices.upper[at] <= 0.0
        for need in self.needs:
            made = np.zeros(len(at), dtype=bool)
            made[need.engaged] = values[at[need.engaged]] > 0.0
            lack = need.total - float(need.most[made[need.engaged]].sum())
            taken = np.isin(k.offer, k.offer[made])
            for j in np.argsort(rank[need.engaged], kind="stable"):
                e = need.engaged[j]
                if lack <= 0.0:
                    break
                if not taken[e] and not closed[e]:
                    values[at[e]] = 1.0
                    taken |= k.offer == k.offer[e]
                    lack -= need.most[j]
        for group in self.counted:
            self._recount(values, group, rank, closed)
        return values

    def _recount(self, values: Floats, group: Counted, rank: Floats, closed: Flags) -> None:
        """Make or unmake engagements of a group until there are as many as a row asks for."""
        k, at = self.knapsacks, self.knapsacks.engaged
        members = group.engaged[np.argsort(rank[group.engaged], kind="stable")]
        made = values[at[members]] > 0.0
        over = int(made.sum() - min(group.most, made.sum()))
        free = made & (self.prices.lower[at[members]] <= 0.0)
        if over > 0:
            values[at[members[free][::-1][:over]]] = 0.0
        lack = group.least - made.sum()
        for e in members[~made & ~closed[members]]:
            if lack <= 0.0:
                break
            if not (values[at[k.offer == k.offer[e]]] > 0.0).any():
                values[at[e]] = 1.0
                lack -= 1
