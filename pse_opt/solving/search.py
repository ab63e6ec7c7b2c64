"""One goal over one loaded model: branch and bound, and rows of convex rules in rounds."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from pse_opt.solving.compiled import Linear
from pse_opt.solving.cuts import Additions, Cut, Cutter, Points
from pse_opt.solving.highs import Answer, Session
from pse_opt.solving.outcome import (
    PROVEN,
    Outcome,
    Status,
    Termination,
    relative_gap,
    status_of,
)
from pse_opt.solving.rounding import rounded

__all__ = ["Gaps", "Search", "sound"]

Floats = npt.NDArray[np.float64]

ROUNDS = 40
"""Most linear programs before branch and bound; the rows that are still missing come later."""
CLEANING_ROUNDS = 200
LOOSE, TIGHT, ACCEPTED = 1e-5, 1e-8, 2e-7
"""Violation of a convex rule at which rounds end before branch and bound; at which they end for a
plan; and that is accepted where rounds bring no more, for the solver has a tolerance of its own."""
PATIENCE = 4
"""Rounds without a smaller violation after which no more are tried."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Gaps:
    """When a goal is near enough to its bound: relative, or absolute in the goal's unit."""

    relative: float
    absolute: float = 0.0

    def reached(self, objective: float | None, bound: float | None) -> bool:
        """Whether one of them is reached."""
        gap = relative_gap(objective, bound)
        if gap is None or objective is None or bound is None:
            return False
        return gap <= self.relative or abs(objective - bound) <= self.absolute


class Search:
    """One solve of a session's goal: the convex rules, and the best that was found.

    Parameters
    ----------
    session : Session
        The loaded model; its integers are free and whole.
    gaps : Gaps
        When to stop.
    cutters : list of Cutter
        The convex rules, with what they remember.
    start : dict of int to float, optional
        Values of integer columns to start from.
    """

    def __init__(
        self,
        session: Session,
        gaps: Gaps,
        cutters: list[Cutter],
        start: dict[int, float] | None = None,
    ) -> None:
        self.session, self.gaps, self.cutters = session, gaps, cutters
        self.first = start or None
        self.began = time.perf_counter()
        self.integer = np.flatnonzero(session.compiled.integer)
        self.rounds = self.cuts = 0
        self.bound: float | None = None
        self.best: tuple[float, Floats, Floats | None] | None = None
        self.looked = False
        self.added: list[Cut] = []
        for cutter in cutters:
            self._append(cutter.recalled(session.columns, session.rows))

    @property
    def goal(self) -> Linear:
        """What is sought."""
        return self.session.goal

    def run(self) -> Outcome:
        """Search until a gap is reached or time is up."""
        if not self.integer.size:
            return self._linear()
        # Branch and bound and the repair of its plan share the gap.
        share = 0.5 if self.cutters else 1.0
        self.session.aim(self.gaps.relative * share, self.gaps.absolute * share)
        if self.cutters and not self.looked:
            answer = self.look()
            if answer.state == "infeasible":
                return self.nothing(answer)
        self.session.restore()
        while True:
            if self.first and not self.session.sharp:
                self.session.start(self.first)
            answer = self.session.run()
            if answer.state in ("infeasible", "unbounded"):
                return self.nothing(answer)
            self.tighten(answer.bound)
            before = self.cuts
            if answer.values is not None:
                self._polish(answer.values)
            elif self.best is None:
                self._fall_back()
            settled = not self.cutters or self._settled(answer) or self.cuts == before
            if settled and not (self._doubtful(answer) and self.session.sharpen()):
                self.session.soften()
                return self._outcome(answer)
            self.session.restore()

    def look(self) -> Answer:
        """Solve the linear program with fractions, and take its bound; rules hold but for little.

        Its solution has no other columns than the model.
        """
        self.looked = True
        self.session.relax()
        answer, _ = self._rounds(ROUNDS, LOOSE)
        if answer.state == "optimal":
            self.tighten(answer.bound)
        if answer.values is None:
            return answer
        return replace(answer, values=answer.values[: len(self.session.compiled.columns)])

    def hold(self, values: Floats, *, kept: bool = False) -> None:
        """Hold a plan with the whole numbers of some values, if there is one and it is better.

        Values that are known to keep all rows are held as they are where no time is left.
        """
        self._polish(values, complete=kept)

    def outcome(self, termination: Termination) -> Outcome:
        """Return what is held, without searching."""
        return self._outcome(Answer("stopped", termination))

    def _fall_back(self) -> None:
        """Hold a plan that the relaxation suggests, where time was too short to find a better one.

        It is not given to branch and bound to start from, whose own heuristics find better ones
        when they are not told of a bad one.
        """
        self.session.restore()
        self.session.relax()
        answer = self.session.run(cleaning=True)
        if answer.state != "optimal" or answer.values is None:
            return
        self.tighten(answer.bound)
        count = len(self.session.compiled.columns)
        found = rounded(self.session, answer.values[:count])
        if found is not None:
            values = np.zeros(count)
            values[list(found)] = list(found.values())
            self._polish(values, complete=False)

    def _doubtful(self, answer: Answer) -> bool:
        """Whether the solver believes that it is done, and what it found does not bear it out.

        That happens where a better plan kept all rows but for its tolerance, and was lost.
        """
        if answer.state != "optimal" or self.session.over or self.best is None:
            return False
        gap = relative_gap(self.best[0], self.bound)
        reached = self.gaps.reached(self.best[0], self.bound)
        return not reached and gap is not None and gap > PROVEN

    def _settled(self, answer: Answer) -> bool:
        if answer.state != "optimal" or self.session.over:
            return True
        return self.best is not None and self.gaps.reached(self.best[0], self.bound)

    def _rounds(
        self, most: int, tolerance: float, *, cleaning: bool = False
    ) -> tuple[Answer, bool]:
        """Solve linear programs, adding rows, until the rules hold; return whether they do."""
        least, idle = np.inf, 0
        for left in reversed(range(most)):
            answer = self.session.run(cleaning=cleaning)
            if answer.values is None or answer.state != "optimal":
                return answer, False
            worst = self._broken(answer.values)
            idle = 0 if worst < 0.9 * least else idle + 1
            least = min(least, worst)
            over = (self.session.over and not cleaning) or (idle > PATIENCE and worst <= ACCEPTED)
            if worst <= tolerance or not left or over or not self._add(answer.values, tolerance):
                return answer, worst <= max(tolerance, ACCEPTED)
            self.rounds += 1
        raise AssertionError("there is at least one round")

    def _broken(self, values: Floats) -> float:
        """By how much the convex rules are broken."""
        return max((c.violation(values) for c in self.cutters), default=0.0)

    def _add(self, values: Floats, tolerance: float) -> bool:
        """Add the rows that a solution breaks; return whether there are any."""
        found = False
        for cutter in self.cutters:
            if cutter.violation(values) > tolerance:
                added = cutter.additions(values, self.session.columns, self.session.rows)
                self._append(added)
                found = found or bool(added.rows)
        return found

    def _append(self, added: Additions) -> None:
        self.session.add(added)
        self.added += added.rows
        self.cuts += len(added.rows)

    def _polish(self, incumbent: Floats, *, complete: bool = True) -> None:
        """Round and fix the integers, and keep what is best then if the rules hold."""
        count = len(self.session.compiled.columns)
        kept = np.round(incumbent[self.integer])
        self.session.fix(incumbent)
        most = CLEANING_ROUNDS if self.cutters else 1
        cleaned, holds = self._rounds(most, TIGHT, cleaning=True)
        if holds and cleaned.values is not None:
            values, dual = cleaned.values[:count].copy(), cleaned.row_dual
        elif complete and self._broken(incumbent) <= ACCEPTED:
            # Kept as branch and bound left it: feasible to its tolerance, and checked by verify.
            values, dual = incumbent[:count].copy(), None
        else:
            return
        values[self.integer] = kept
        objective = float(self.goal.cost @ values + self.goal.offset)
        if self.best is None or self.better(objective, self.best[0]):
            self.best = (objective, values, dual)
            self.first = dict(zip(self.integer.tolist(), kept.tolist(), strict=True))

    def better(self, one: float, other: float) -> bool:
        """Return whether one value of the goal is better than another."""
        return one > other if self.goal.maximize else one < other

    def tighten(self, bound: float | None) -> None:
        """Take a bound of the goal, if it is tighter than the one that is known."""
        if bound is not None and (self.bound is None or self.better(self.bound, bound)):
            self.bound = bound

    def _linear(self) -> Outcome:
        """Solve a model without integers."""
        answer, holds = self._rounds(CLEANING_ROUNDS if self.cutters else 1, TIGHT)
        if answer.state in ("infeasible", "unbounded"):
            return self.nothing(answer)
        if answer.state == "optimal":
            self.tighten(answer.bound)
        if answer.values is not None and (holds or not self.cutters):
            values = answer.values[: len(self.session.compiled.columns)]
            objective = float(self.goal.cost @ values + self.goal.offset)
            self.best = (objective, values, answer.row_dual)
        return self._outcome(answer)

    def _outcome(self, answer: Answer) -> Outcome:
        if self.best is None:
            return self.nothing(answer)
        objective, values, dual = self.best
        bound = sound(self.goal, objective, self.bound)
        gap = relative_gap(objective, bound)
        found, termination = status_of(gap, self.gaps.relative), answer.termination
        if found == "feasible" and self.gaps.reached(objective, bound):
            found = "within_gap"
        if found == "feasible" and termination == "gap_reached":
            # The solver believes it is done, and its own figures do not bear it out.
            words = "the solver ended with a gap it was not asked for; check units and sizes"
            logger.warning(words)
            termination = "error"
        elapsed = time.perf_counter() - self.began
        return Outcome(
            found,
            termination,
            values,
            objective,
            bound,
            gap,
            dual,
            elapsed,
            self.rounds,
            self.cuts,
            self._points,
        )

    @property
    def _points(self) -> Points:
        return {c.key: c.points for c in self.cutters if c.points.size}

    def nothing(self, answer: Answer) -> Outcome:
        """Return what a run of the solver means that leaves no plan."""
        states: dict[str, Status] = {"infeasible": "infeasible", "unbounded": "unbounded"}
        status = states.get(answer.state, "no_plan")
        known = self.bound if status == "no_plan" else None
        elapsed = time.perf_counter() - self.began
        return Outcome(
            status,
            answer.termination,
            None,
            None,
            known,
            None,
            None,
            elapsed,
            self.rounds,
            self.cuts,
            self._points,
        )


def sound(goal: Linear, objective: float, bound: float | None) -> float | None:
    """Return a bound on the right side of the objective, or None for one that cannot be true.

    A polished objective may pass the bound by a rounding error, never by more: a bound beyond the
    objective is the sign of numbers too far apart for the solver, and proves nothing.
    """
    if bound is None:
        return None
    rounding = 1e-9 * float(np.abs(goal.cost).max(initial=0.0))
    if abs(objective - bound) <= rounding:
        return objective
    best = max if goal.maximize else min
    if best(objective, bound) != objective:
        return bound
    return objective if (relative_gap(objective, bound) or 0.0) <= PROVEN else None
