"""A model solved again, where plans of models close to it are known.

Along a frontier only one bound differs from solve to solve. Engagements of a neighbour's plan, with
deliveries anew, are often near enough to the linear relaxation for nothing else to be needed. Where
they are not, the parts of the model that share no rule are improved in turn by local searches, the
one that leaves most open first; convex rules stand there as the rows that were added so far, and
the plan is held to them in full at the end. What is still open then goes to branch and bound on
each part.

The gap asked for is that of the whole: a part may leave open what others do not.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import count

import numpy as np
import numpy.typing as npt

from pse_opt.solving.compiled import Compiled
from pse_opt.solving.covers import with_rows
from pse_opt.solving.decomposition.parts import Part, parts_of
from pse_opt.solving.decomposition.separate import together
from pse_opt.solving.highs import Session
from pse_opt.solving.interrupt import Stop
from pse_opt.solving.linking import MANY
from pse_opt.solving.local_search.crew import solve_piece
from pse_opt.solving.local_search.local import Local
from pse_opt.solving.local_search.neighbourhood import is_large
from pse_opt.solving.outcome import Options, Outcome, Progress, Termination, relative_gap
from pse_opt.solving.rounding import fitting
from pse_opt.solving.search import Gaps, Search

__all__ = ["run", "serves"]

Floats = npt.NDArray[np.float64]

WHOLE = 1e-6
CURVED = 1_000
"""Whole numbers from which models with convex rules are served. With fewer, 375 in Zambia, branch
and bound over the rows of the relaxation is quicker than over those of the plans held as well."""
SLICE = 0.25
"""Share of the time limit that the local searches of a part may take."""
SIZE = 50
"""Engagements that a local search decides on. It does not depend on seconds, nor do its answers."""
LITTLE = 0.1
"""Part of what is open that a round of local searches has to close for another to follow."""
SAFE = 0.999
"""Share of the gap that parts divide, for rounding errors."""


def serves(compiled: Compiled) -> bool:
    """Return whether a model is one for this: one goal, and not very many rows.

    Of models with convex rules those that branch and bound is slow with.
    """
    whole = int(compiled.integer.sum())
    plain = not compiled.whole and whole >= (CURVED if compiled.rules else 1)
    return plain and not is_large(compiled) and len(compiled.rows) <= MANY


def run(
    compiled: Compiled,
    options: Options,
    starts: Sequence[dict[int, float]],
    *,
    stop: Stop | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Outcome:
    """Solve a compiled model from plans that need not keep its rows.

    Parameters
    ----------
    compiled : Compiled
        The model; one that :func:`serves` accepts.
    options : Options
        When to stop; the gap is that of the whole.
    starts : sequence of dict of int to float
        Values of integer columns, of each plan known.
    stop, progress : optional
        As in the direct strategy.
    """
    return _Again(compiled, options, starts, stop, progress).run()


class _Piece:
    """A part of the model, what is proven of it, and the best plan for it."""

    def __init__(
        self, part: Part, options: Options, starts: Sequence[dict[int, float]], stop: Stop
    ) -> None:
        self.part, self.options, self.stop = part, options, stop
        self.session = Session(part.compiled, options, stop=stop)
        self.search = Search(self.session, Gaps(options.gap), part.compiled.cutters())
        self.integer = np.flatnonzero(part.compiled.integer)
        self.relaxed: Floats | None = None
        self.waits = True
        self.ended: Outcome | None = None
        at = {int(c): k for k, c in enumerate(part.columns)}
        mine = [{at[c]: v for c, v in start.items() if c in at} for start in starts]
        self.starts = list({tuple(sorted(m.items())): m for m in mine if m}.values())

    @property
    def open(self) -> float:
        """Difference between the plan and the bound, in the unit of the objective."""
        best, bound = self.search.best, self.search.bound
        return np.inf if best is None or bound is None else abs(best[0] - bound)

    def look(self) -> bool:
        """Solve the relaxation, and hold the best of what is known; return whether it can be."""
        answer = self.search.look()
        if answer.state in ("infeasible", "unbounded"):
            self.ended = replace(
                self.search.outcome(answer.termination),
                status="infeasible" if answer.state == "infeasible" else "unbounded",
            )
            return False
        if answer.state != "optimal" or answer.values is None:
            return True
        self.relaxed = answer.values
        if not self.integer.size:
            self.ended = self.search.run()
            return self.ended.status not in ("infeasible", "unbounded")
        plans = []
        for start in self.starts:
            values = answer.values.copy()
            values[list(start)] = list(start.values())
            plans.append(values)
        fits = fitting(self.part.compiled, answer.values)
        if fits is not None:
            plans.append(fits)
        for values in plans:
            self.search.hold(values)
        return True

    def improve(self, enough: float) -> None:
        """Search around the plan until an objective is met, or nothing is better any more."""
        self.waits = False
        best, compiled = self.search.best, self.part.compiled
        if best is None or self.relaxed is None or self.integer.size < 2 * SIZE:
            return  # branch and bound is as quick
        if self.session.columns > len(compiled.columns):
            return  # columns that came with rows of a rule are no part of the model searched
        end = time.perf_counter() + min(SLICE * self.options.time_limit, self.session.left)
        local = Local(with_rows(compiled, self.search.added), self.options, best[1], SIZE)
        for _, at in compiled.rules:
            local.common[at] = True  # what one place has, all are compared with
        local.kernel = compiled.integer & ((self.relaxed > WHOLE) | (best[1] > WHOLE))
        round_ = max(int(local.kernel.sum()) // SIZE, 1)
        before = local.objective
        for number in count(1):
            place = None if self.stop or time.perf_counter() > end else local.next(1)
            if place is None:
                break
            piece = local.piece(place, 0.5 * self.options.gap, end - time.perf_counter())
            local.take(place, solve_piece(piece, self.stop))
            left = local.objective - enough
            if (left >= 0.0) == compiled.maximize:
                break
            if number % round_ == 0:
                if abs(before - local.objective) < LITTLE * abs(left):
                    break
                before = local.objective
        self.search.hold(local.values)

    def prove(self, allowed: float, seconds: float) -> None:
        """Search the whole part, until no more than so much is open."""
        self.session.deadline = time.perf_counter() + seconds
        self.search.gaps = Gaps(0.0, allowed)
        self.ended = self.search.run()

    def outcome(self, termination: Termination) -> Outcome:
        """Return what is held, and why it ended: before this part was searched, or with it."""
        if self.ended is None:
            self.search.gaps = Gaps(np.inf)  # what it leaves open is judged with the rest
            return self.search.outcome(termination)
        return self.ended


class _Again:
    """One solve: its parts, and what they leave open together."""

    def __init__(
        self,
        compiled: Compiled,
        options: Options,
        starts: Sequence[dict[int, float]],
        stop: Stop | None,
        progress: Callable[[Progress], None] | None,
    ) -> None:
        self.compiled, self.options = compiled, options
        self.stop, self.progress = Stop(stop), progress
        self.began = time.perf_counter()
        self.parts = parts_of(compiled)
        self.pieces = [_Piece(p, options, starts, self.stop) for p in self.parts]

    def run(self) -> Outcome:
        """Look at every part, improve them, and prove what is left."""
        if all(piece.look() for piece in self.pieces):
            self._tell()
            self._improve()
            self._prove()
        ended: Termination = "gap_reached"
        if self.stop or self._left <= 0:
            ended = "interrupted" if self.stop else "time_limit"
        outcomes = [piece.outcome(ended) for piece in self.pieces]
        seconds = time.perf_counter() - self.began
        return together(self.compiled, self.parts, outcomes, self.options, seconds)

    @property
    def _objective(self) -> float:
        held = [p.search.best[0] if p.search.best else np.inf for p in self.pieces]
        return float(sum(held)) + self.compiled.offset

    @property
    def _bound(self) -> float | None:
        bounds = [p.search.bound for p in self.pieces]
        known = [b for b in bounds if b is not None]
        return self.compiled.offset + sum(known) if len(known) == len(bounds) else None

    @property
    def _allowed(self) -> float:
        """What may be left open in all, whatever better plans and bounds are found from here."""
        objective, bound = self._objective, self._bound
        if bound is None or not np.isfinite(objective) or bound * objective < 0.0:
            return 0.0
        return SAFE * self.options.gap * min(abs(objective), abs(bound))

    @property
    def _left(self) -> float:
        return self.began + self.options.time_limit - time.perf_counter()

    @property
    def _done(self) -> bool:
        left = sum(p.open for p in self.pieces)
        return bool(left <= self._allowed) or bool(self.stop) or self._left <= 0

    def _improve(self) -> None:
        """Search locally where most is open."""
        while not self._done:
            some = [p for p in self.pieces if p.waits and p.ended is None]
            if not some:
                return
            worst = max(some, key=lambda p: p.open)
            others = sum(p.open for p in self.pieces if p is not worst)
            best = worst.search.best
            if best is None:
                worst.waits = False
                continue
            surplus = max(worst.open - max(self._allowed - others, 0.0), 0.0)
            worst.improve(best[0] + (surplus if self.compiled.maximize else -surplus))
            self._tell()

    def _prove(self) -> None:
        """Search whole parts, the nearest to done first: the time they leave is for the rest."""
        rest = sorted((p for p in self.pieces if p.ended is None), key=lambda p: p.open)
        for k, piece in enumerate(rest):
            if self._done:
                return
            waiting = rest[k:]
            closed = sum(p.open for p in self.pieces if p not in waiting)
            finite = all(np.isfinite(p.open) for p in waiting)
            share = piece.open / sum(p.open for p in waiting) if finite else 1.0 / len(waiting)
            room = max(self._allowed - closed, 0.0)
            piece.prove(share * room, max(share, 1.0 / len(waiting)) * self._left)
            self._tell()

    def _tell(self) -> None:
        """Report the best plan and the bound."""
        if self.progress is None:
            return
        objective = self._objective
        known = objective if np.isfinite(objective) else None
        elapsed = time.perf_counter() - self.began
        self.progress(Progress(elapsed, known, self._bound, relative_gap(known, self._bound)))
