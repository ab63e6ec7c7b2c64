"""Branch and bound over the linear program of engagements and cuts.

A node says of some sets of offers that none of them is engaged, and of others that one at least is.
A set is what lies within some distance of a need: closing it moves much, and so does asking for it,
where single offers give a lopsided tree. Cuts that a node's solution breaks are added to the one
linear program, for they are valid everywhere.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from pse_opt.solving.location.assignment import Assignment
from pse_opt.solving.location.relaxation import Point, Relaxation, TooLate

__all__ = ["Incumbent", "Tree", "part"]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Unsigned = npt.NDArray[np.uint64]

ROUNDS = 4
"""Rounds of cuts at a node."""
PART = 1e-6
"""Fractions below this are none."""
EVEN = 0.05
"""A set is engaged in part where it is so by this at least."""
MIDDLE = 0.25
"""Where a set ends, between the dearest fraction in it and the next."""
CLOSE, APART = 1e-6, 1e-4
"""Part of a gap, and of what costs are multiples of, that is not asked for."""
ROUNDING_EVERY = 20
"""Nodes from one rounding to the next."""


class Incumbent:
    """The best engagements known.

    Parameters
    ----------
    problem : Assignment
        The costs.
    gap : float
        Relative gap to prove.
    grain : float
        Costs are multiples of this; 0 where that is not known.
    offset : float
        What the objective is beside these costs; gaps are relative to both together.
    """

    def __init__(self, problem: Assignment, gap: float, grain: float, offset: float = 0.0) -> None:
        self.problem, self.gap, self.grain, self.offset = problem, gap, grain, offset
        self.engaged: Flags | None = None
        self.cost = np.inf

    def take(self, engaged: Flags) -> bool:
        """Keep engagements if they are better; return whether they are."""
        cost = self.problem.total(engaged)
        if not cost < self.cost:
            return False
        self.engaged, self.cost = engaged.copy(), cost
        return True

    @property
    def below(self) -> float:
        """What costs at least this is not looked for."""
        if not np.isfinite(self.cost):
            return np.inf
        size = abs(self.cost + self.offset)
        near = max((1.0 - CLOSE) * self.gap * size, (1.0 - APART) * self.grain)
        return float(self.cost - max(near, 1e-10 * size))


@dataclass(order=True)
class _Node:
    """Offers that must and may be engaged, sets of which one must be, and a bound for them.

    Those with the lower bound come first, and among equals those that were made last.
    """

    bound: float
    order: int
    must: Flags = field(compare=False)
    may: Flags = field(compare=False)
    sets: dict[bytes, Integers] = field(compare=False)


class Tree:
    """One search.

    Parameters
    ----------
    relaxation : Relaxation
        The linear program.
    incumbent : Incumbent
        The best so far; better ones are put there.
    improve : callable
        Makes better engagements of fractions, and puts them there.
    report : callable
        Told the bound now and then.
    """

    def __init__(
        self,
        relaxation: Relaxation,
        incumbent: Incumbent,
        improve: Callable[[Floats], None],
        report: Callable[[float], None],
    ) -> None:
        self.relaxation, self.incumbent = relaxation, incumbent
        self.improve, self.report = improve, report
        self.open: list[_Node] = []
        self.nodes = self.made = 0
        draw = np.random.default_rng(0)
        self.mark = draw.integers(0, 2**64, len(relaxation.may), dtype=np.uint64)

    def run(self, root: Point) -> tuple[float, bool]:
        """Search from the relaxation; return the bound in the end, and whether all is done."""
        r = self.relaxation
        first = _Node(root.bound, 0, r.must, r.may, {})
        self._fix(first, root)
        self.open = [first] if r.narrow(~first.may) else []
        node: _Node | None = None
        try:
            while node is not None or self.open:
                if node is None:
                    node = heapq.heappop(self.open)
                if node.bound >= self.incumbent.below:
                    node = None
                    continue
                if r.session.over:
                    raise TooLate
                node = self._look_at(node)
        except TooLate:
            if node is not None:
                heapq.heappush(self.open, node)
            return self._bound, False
        return self._bound, True

    @property
    def _bound(self) -> float:
        """What nothing costs less than, as far as is known."""
        least = self.open[0].bound if self.open else np.inf
        return min(least, self.incumbent.below)

    def _look_at(self, node: _Node) -> _Node | None:
        """Solve a node; return the one of its children to go on with."""
        r, incumbent = self.relaxation, self.incumbent
        self.nodes += 1
        r.move(node.must, node.may, node.sets)
        point = r.solve(incumbent.below, ROUNDS)
        if point is None:
            return None
        if self.nodes % ROUNDING_EVERY == 1:
            self.improve(point.engaged)
            least = self.open[0].bound if self.open else point.bound
            self.report(min(least, point.bound))
        if point.whole:
            incumbent.take(point.engaged > 0.5)
            return None
        self._fix(node, point)
        node.bound = max(node.bound, point.bound)
        return self._branch(node, point)

    def _fix(self, node: _Node, point: Point) -> None:
        """Decide on offers whose other decision would cost too much."""
        room = self.incumbent.below - point.bound
        y, reduced = point.engaged, point.reduced
        closed, engaged = (reduced > room) & (y < PART), (-reduced > room) & (y > 1.0 - PART)
        node.may, node.must = node.may & ~closed, node.must | engaged

    def _branch(self, node: _Node, point: Point) -> _Node:
        """Put one child among the open ones, and return the other."""
        r, y = self.relaxation, point.engaged
        offers = part(r.problem, y, node.may, self.mark)
        if offers is None:
            offers = np.array([int(np.abs(y - np.round(y)).argmax())])
        first, second = self._children(node, offers)
        if y[offers].sum() < 0.5:
            first, second = second, first
        heapq.heappush(self.open, second)
        return first

    def _children(self, node: _Node, offers: Integers) -> tuple[_Node, _Node]:
        """Return the node where one of some offers at least is engaged, and that where none is."""
        must, may, sets = node.must, node.may.copy(), node.sets
        may[offers] = False
        if len(offers) == 1:
            must = must.copy()
            must[offers] = True
        else:
            sets = {**sets, offers.tobytes(): offers}
        self.made += 2
        return (
            _Node(node.bound, -self.made, must, node.may, sets),
            _Node(node.bound, -self.made - 1, node.must, may, node.sets),
        )


def part(problem: Assignment, y: Floats, free: Flags, mark: Unsigned) -> Integers | None:
    """Return the set of offers that is engaged in part and splits most costs; None without one.

    Parameters
    ----------
    problem : Assignment
        The costs.
    y : ndarray, shape (offers,)
        Fractions.
    free : ndarray of bool, shape (offers,)
        Offers that are not closed.
    mark : ndarray of uint64, shape (offers,)
        Numbers at random, whose sums tell sets of offers apart.

    Notes
    -----
    For each need, the fractions nearest to it are sets that begin each other. One of which the
    fractions add up to :math:`f`, and beyond which the next is dearer by :math:`g`, splits costs by
    :math:`f (1 - f) g`, summed over all needs with the same fractions in it. The set itself is all
    that is not much dearer than the dearest of them, for the need where the next is furthest away.
    """
    need, used = problem.before(problem.filled(y) + 1)
    some = y[problem.offer[used]] > PART
    need, used = need[some], used[some]
    cost, offer = problem.cost[used], problem.offer[used]
    begin = np.searchsorted(need, np.arange(problem.needs))
    share, name = np.cumsum(y[offer]), np.cumsum(mark[offer], dtype=np.uint64)
    share = share - np.concatenate(([0.0], share))[begin][need]
    name = name - np.concatenate((np.zeros(1, dtype=np.uint64), name))[begin][need]
    split = np.flatnonzero((share > EVEN) & (share < 1.0 - EVEN))
    split = split[split + 1 < len(used)]
    split = split[(need[split + 1] == need[split]) & (cost[split + 1] > cost[split])]
    if not split.size:
        return None
    apart = cost[split + 1] - cost[split]
    _, which = np.unique(name[split], return_inverse=True)
    worth = np.bincount(which, share[split] * (1.0 - share[split]) * apart)
    same = np.flatnonzero(which == worth.argmax())
    widest = same[apart[same].argmax()]
    at, middle = split[widest], cost[split[widest]] + MIDDLE * apart[widest]
    links = slice(problem.start[need[at]], problem.start[need[at] + 1])
    inside = problem.offer[links][problem.cost[links] <= middle]
    return np.sort(inside[free[inside]])
