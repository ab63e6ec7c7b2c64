r"""A bound in closed form: needs are given prices, and each offer is filled by what pays.

With a price on the rows that offers share, the model falls apart into offers. Each is a knapsack
(``knapsacks``), what is left after its fixed cost says whether it is engaged, and no fewer are
engaged than floors take (``counts``):

.. math::
    L(\lambda) = \lambda b + \min_y \Big\{ \sum_e \Big( f_e + \min_{x \in X_e} (c - \lambda A) x
    \Big) y_e : \sum_e y_e \ge p \Big\} + \dots

is a bound for any prices (Geoffrion and McBride 1978; Beasley 1988, 1993, for capacitated sites),
and what making an engagement, or not making it, adds to it shuts or forces that engagement where
the sum is above a known plan. Good prices are found by subgradients (Held, Wolfe and Crowder 1974).
No linear program is solved.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from pse_opt.solving.capacitated.counts import Need
from pse_opt.solving.capacitated.knapsacks import Knapsacks
from pse_opt.solving.capacitated.wholes import Wholes
from pse_opt.solving.compiled import Compiled

__all__ = ["Look", "Prices", "climb", "tightened"]

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int64]

STEP, NEAR, LAST = 2.0, 0.25, 1e-3
"""First length of a step, in units of what is missing to the best plan; from good prices; and the
last one."""
PATIENCE = 20
"""Steps without a better bound after which they become half as long."""
RISE = 1e-7
"""What counts as a better bound, relative to it."""
AIM = 0.02
"""How far above the bound a plan is thought to be, relative to it, where none is known."""
FAR = 0.3
"""Part of the way to the best plan that is aimed at, where that is more."""
MOST = 3_000
"""Steps in all."""
NONE = 1e-14
"""Violation of rows, each at its scale, squared, that is none."""
LASTING = 0.7
"""Part of a direction that goes on into the next step (Camerini, Fratta and Maffioli 1975)."""
OFTEN = 0.95
"""Weight of what earlier looks engage, beside the last one."""
NOTHING = 1e-9
"""Reduced cost of columns without a limit that is one of rounding alone, relative to their cost."""


@dataclass(frozen=True, eq=False)
class Look:
    """What some prices say; costs are to be small.

    Attributes
    ----------
    bound : float
        No plan costs less.
    values : ndarray, shape (columns,)
        A cheapest solution at these prices, which may break the rows that have them.
    made, unmade : ndarray, shape (engagements,)
        What making each engagement, or not making it, adds to the bound at least.
    engaged : ndarray of bool, shape (engagements,)
        Engagements that it makes.
    worth : ndarray, shape (engagements,)
        What each costs less what it saves.
    price, carried : ndarray, shape (pairs,)
        Price of a unit of each link, and what it carries where its engagement is made.
    prices : ndarray, shape (priced rows,)
        The prices that say so.
    """

    bound: float
    values: Floats
    made: Floats
    unmade: Floats
    engaged: Flags
    worth: Floats
    price: Floats
    carried: Floats
    prices: Floats


def tightened(compiled: Compiled) -> tuple[Floats, Floats]:
    """Return bounds of columns, those included that rows of a single column state."""
    lower, upper = compiled.lower.copy(), compiled.upper.copy()
    a = compiled.matrix
    rows = np.flatnonzero(np.diff(a.indptr) == 1)
    at, value = a.indices[a.indptr[rows]], a.data[a.indptr[rows]]
    rows, at, value = rows[value != 0.0], at[value != 0.0], value[value != 0.0]
    low, high = compiled.row_lower[rows] / value, compiled.row_upper[rows] / value
    low, high = np.where(value > 0.0, low, high), np.where(value > 0.0, high, low)
    np.maximum.at(lower, at, low)
    np.minimum.at(upper, at, high)
    return lower, upper


class Prices:
    """The rows that have prices, and what they say.

    Parameters
    ----------
    knapsacks : Knapsacks
        The offers.
    compiled : Compiled
        Their model, which may have further rows at its end.
    needs : list of Need
        What floors take.
    lower, upper : ndarray, shape (columns,)
        Bounds of columns; they may become narrower while prices are looked for.
    wholes : Wholes, optional
        Offers whose links are all or nothing.

    Attributes
    ----------
    shut : ndarray of bool, shape (pairs,)
        Links that carry nothing where an engagement is made, though it allows them to.
    """

    def __init__(
        self,
        knapsacks: Knapsacks,
        compiled: Compiled,
        needs: list[Need],
        lower: Floats,
        upper: Floats,
        wholes: Wholes | None = None,
    ) -> None:
        self.wholes = wholes
        self.knapsacks, self.compiled, self.needs = knapsacks, compiled, needs
        self.lower, self.upper = lower, upper
        self.shut = np.zeros(len(knapsacks.link), dtype=bool)
        c = compiled
        self.sign = -1.0 if c.maximize else 1.0
        self.cost = self.sign * c.cost
        inside = np.zeros(len(c.columns), dtype=bool)
        inside[knapsacks.links.at[knapsacks.link]] = True
        inside[knapsacks.engaged] = True
        inside[knapsacks.used[knapsacks.used >= 0]] = True
        self.outside = np.flatnonzero(~inside)
        priced = np.diff(c.matrix.indptr) > 1
        priced[: len(knapsacks.rows)] &= ~knapsacks.rows
        self.rows = np.flatnonzero(priced)
        part = sp.csr_array(c.matrix[self.rows])
        size = np.maximum(abs(part).max(axis=1).toarray().ravel(), 1e-12)
        self.matrix = sp.csr_array(sp.diags_array(1.0 / size) @ part)
        self.across = sp.csr_array(self.matrix.T)
        self.low, self.high = c.row_lower[self.rows] / size, c.row_upper[self.rows] / size
        free = np.zeros(len(c.columns), dtype=bool)
        free[self.outside] = ~np.isfinite(lower + upper)[self.outside]
        # A price there would have to be exactly that of a column without a limit.
        self.still = abs(self.matrix) @ free.astype(float) > 0.0
        self._size = size

    def first(self) -> Floats:
        """Return prices to start from: what the second cheapest link of each need costs."""
        links = self.knapsacks.links
        place = np.full(len(self.compiled.rows), -1)
        place[self.rows] = np.arange(len(self.rows))
        priced = np.zeros(len(self.rows))
        other = place[links.others]
        known = other >= 0
        priced[other[known]] = links.charges[known]
        served = np.flatnonzero(links.needs >= 0)
        served = served[np.lexsort((links.price[served], links.needs[served]))]
        need = links.needs[served]
        new = np.flatnonzero(np.append(True, need[1:] != need[:-1]))
        second = np.minimum(new + 1, np.append(new[1:], len(need)) - 1)
        at = place[links.others[need[new]]]
        good = (at >= 0) & ~self.still[at]
        value = (links.price * links.direction)[served[second]]
        priced[at[good]] = value[good]
        return self.allowed(priced * self._size)

    def allowed(self, prices: Floats) -> Floats:
        """Return prices with the signs that bounds of rows allow."""
        prices = np.where(np.isneginf(self.low), np.minimum(prices, 0.0), prices)
        return np.where(np.isposinf(self.high), np.maximum(prices, 0.0), prices)

    def look(self, prices: Floats, among: Integers | None = None) -> Look:
        """Return what some prices say, over all pairs or those that may carry something."""
        k = self.knapsacks
        reduced = self.cost - self.across @ prices
        price = k.prices(reduced)
        carried = k.fill(price, among)
        worth = reduced[k.engaged] + k.total(price * carried)
        if self.wholes is not None:
            paying = (worth < 0.0) | (self.lower[k.engaged] > 0.0)
            carried = self.wholes.fill(price, carried, paying, self.shut)
            worth = reduced[k.engaged] + k.total(price * carried)
        amount, made, unmade, least = self._choose(worth)
        values = np.zeros(len(reduced))
        values[k.engaged] = amount
        flows = carried * amount[k.at]
        values += np.bincount(k.links.at[k.link], weights=flows, minlength=len(values))
        some = k.used >= 0
        used = k.total(k.volume * flows)
        values[k.used[some]] = used[some] / k.rate[some]
        out = self.outside
        rest = reduced[out]
        low, high = self.lower[out], self.upper[out]
        nothing = np.abs(rest) <= NOTHING * (1.0 + np.abs(self.cost[out]))
        limit = np.where(rest > 0.0, low, high)
        skip = nothing & ~np.isfinite(limit)
        limit = np.where(skip, np.where(np.isfinite(low), low, 0.0), limit)
        values[out] = np.where(np.isfinite(limit), limit, 0.0)
        with np.errstate(invalid="ignore"):
            box = np.where((rest == 0.0) | skip, 0.0, rest * limit).sum()
        fixed = prices > 0.0, prices < 0.0
        sides = self.low[fixed[0]] @ prices[fixed[0]] + self.high[fixed[1]] @ prices[fixed[1]]
        bound = float(least + box + sides + self.sign * self.compiled.offset)
        return Look(bound, values, made, unmade, amount > 0.0, worth, price, carried, prices)

    def _choose(self, worth: Floats) -> tuple[Floats, Floats, Floats, float]:
        """Return what is engaged, what making and not making each adds, and what it costs."""
        k = self.knapsacks
        low, high = self.lower[k.engaged], self.upper[k.engaged]
        count = int(k.offer.max()) + 1
        must = low > 0.0
        asked = np.where(must, -np.inf, np.where(high > 0.0, worth, np.inf))
        order = np.lexsort((asked, k.offer))
        best = order[np.append(True, np.diff(k.offer[order]) > 0)]  # one of each offer
        forced, of_best = must[best], worth[best].copy()
        of_best[~(high[best] > 0.0)] = np.inf
        chosen = forced | (of_best < 0.0)
        above, next_one = np.zeros(count), np.zeros(count)
        missing = False
        for need in self.needs:
            group = np.unique(k.offer[need.engaged])
            lack = need.number - int(chosen[group].sum())
            others = group[~chosen[group]]
            others = others[np.argsort(of_best[others], kind="stable")]
            if lack > 0:
                missing |= len(others) < lack or not np.isfinite(of_best[others[:lack]]).all()
                chosen[others[:lack]] = True
                others = others[lack:]
            if lack >= 0:
                free = group[chosen[group] & ~forced[group]]
                above[group] = max(0.0, of_best[free].max()) if free.size else 0.0
                next_one[group] = of_best[others[0]] if others.size else np.inf
        at = best[chosen]
        amount = np.zeros(len(worth))
        amount[at] = np.where(worth[at] < 0.0, high[at], np.maximum(low[at], 1.0))
        if missing:
            nothing = np.full(len(worth), np.inf)
            return np.minimum(amount, 1.0), nothing, np.zeros(len(worth)), np.inf
        made = worth - np.where(chosen, of_best, above)[k.offer]
        made[at] = 0.0
        unmade = np.zeros(len(worth))
        alone = np.bincount(k.offer, minlength=count) == 1
        closable = chosen & ~forced & alone
        unmade[best[closable]] = next_one[closable] - of_best[closable]
        return amount, made, unmade, float(worth @ amount)

    def slope(self, values: Floats, prices: Floats) -> Floats:
        """Return in which direction prices would raise the bound."""
        now = self.matrix @ values
        lack = np.where((now < self.low) | (prices > 0.0), self.low - now, 0.0)
        lack = np.where((now > self.high) | (prices < 0.0), self.high - now, lack)
        lack[self.still] = 0.0
        return np.where(np.isfinite(lack), lack, 0.0)

    def among(self) -> Integers:
        """Return the pairs of engagements that may be made."""
        k = self.knapsacks
        return np.flatnonzero((self.upper[k.engaged][k.at] > 0.0) & ~self.shut)


def climb(
    prices: Prices,
    best: Callable[[], float | None],
    turn: Callable[[Look, Floats], None],
    going: Callable[[], bool],
    *,
    start: Floats | None = None,
) -> Look:
    """Look for the prices with the greatest bound.

    Parameters
    ----------
    prices : Prices
        The rows that have prices.
    best : callable
        Returns the cost of the best plan, or None.
    turn : callable
        Called with the best look so far, and how often each engagement was made of late, each time
        that steps become shorter; it may hold plans and narrow the bounds of ``prices``.
    going : callable
        Returns whether to go on.
    start : ndarray, optional
        Good prices, from which steps are short.

    Returns
    -------
    Look
        The best one.
    """
    now, among = prices.first() if start is None else start, prices.among()
    held = look = prices.look(now, among)
    kept, step, idle = now, STEP if start is None else NEAR, 0
    often, direction = look.engaged.astype(float), np.zeros(len(now))
    for _ in range(MOST):
        known = best()
        proven = known is not None and known <= held.bound
        if proven or step < LAST or not np.isfinite(look.bound) or not going():
            break
        direction = prices.slope(look.values, now) + LASTING * direction
        length = float(direction @ direction)
        if length < NONE:
            break
        aim = held.bound + AIM * abs(held.bound)
        if known is not None:
            aim = min(max(aim, held.bound + FAR * (known - held.bound)), known)
        now = prices.allowed(now + step * max(aim - look.bound, 0.0) / length * direction)
        look = prices.look(now, among)
        often = OFTEN * often + (1.0 - OFTEN) * look.engaged
        if look.bound > held.bound + RISE * abs(held.bound):
            held, kept, idle = look, now, 0
            continue
        idle += 1
        if idle >= PATIENCE:
            step, idle, now, direction = 0.5 * step, 0, kept, 0.0 * direction
            turn(held, often)
            among = prices.among()
            look = held = prices.look(now, among)
    return held
