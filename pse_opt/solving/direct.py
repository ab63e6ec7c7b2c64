"""The compact model, solved by branch and bound; convex rules by rows added in rounds.

Rules that no finite number of rows states exactly (``compiled.rules``) are approached from outside:
rounds of linear programs first, each adding the rows that its solution breaks; then branch and
bound over all rows so far, whose bound is valid for the true rule; then, with the integers fixed,
rounds of linear programs again until the true rule holds. What lies between the two is the gap; as
long as it is too wide, branch and bound is repeated with the rows added since.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from pse_opt.solving.compiled import Compiled
from pse_opt.solving.cuts import Cutter
from pse_opt.solving.highs import Answer, Session
from pse_opt.solving.interrupt import Stop
from pse_opt.solving.outcome import (
    PROVEN,
    Options,
    Outcome,
    Progress,
    relative_gap,
    status_of,
)

__all__ = ["run"]

Floats = npt.NDArray[np.float64]

ROUNDS = 40
"""Most linear programs before branch and bound; the rows that are still missing come later."""
CLEANING_ROUNDS = 200
LOOSE, TIGHT = 1e-5, 1e-9
"""Violation of a convex rule at which rounds end: before branch and bound, and of a plan."""

logger = logging.getLogger(__name__)


def run(
    compiled: Compiled,
    options: Options,
    *,
    stop: Stop | None = None,
    progress: Callable[[Progress], None] | None = None,
    start: dict[int, float] | None = None,
) -> Outcome:
    """Solve a compiled model and polish the incumbent.

    After branch and bound the integers are rounded and fixed and the linear program is solved
    again: it cleans what leaked through tolerances, and gives duals. The bound stays the one of
    branch and bound.

    Parameters
    ----------
    compiled : Compiled
        The model.
    options : Options
        When to stop.
    stop : Stop, optional
        Looked at while solving; when raised, the incumbent is kept.
    progress : callable, optional
        Called a few times a second with a :class:`Progress`.
    start : dict of int to float, optional
        Values of integer columns to start from.
    """
    session = Session(compiled, options, stop=stop, progress=progress)
    return _Search(session, start).run()


class _Search:
    """One solve: the session, the rules, and the best that was found."""

    def __init__(self, session: Session, start: dict[int, float] | None) -> None:
        self.session, self.first = session, start
        self.began = time.perf_counter()
        self.compiled, self.wanted = session.compiled, session.options.gap
        self.cutters: list[Cutter] = self.compiled.cutters()
        self.rounds = self.cuts = 0
        self.bound: float | None = None
        self.best: tuple[float, Floats, Floats | None] | None = None
        self.exact = True

    def run(self) -> Outcome:
        """Search until the gap is reached or time is up."""
        if not self.compiled.integer.any():
            answer, kept = self._rounds(ROUNDS if not self.cutters else CLEANING_ROUNDS, TIGHT)
            return self._linear(answer, kept=kept)
        if self.cutters:
            # Branch and bound and the repair of its plan share the gap.
            self.session.aim(self.wanted / 2)
            self.session.relax()
            answer, _ = self._rounds(ROUNDS, LOOSE)
            if answer.state == "infeasible":
                return self._nothing(answer)
            self.session.restore()
        while True:
            if self.first:
                self.session.start(self.first)
            answer = self.session.run()
            if answer.state in ("infeasible", "unbounded"):
                return self._nothing(answer)
            self._tighten_bound(answer.bound)
            before = self.cuts
            if answer.values is not None:
                self._polish(answer)
            if not self.cutters or self._settled(answer) or self.cuts == before:
                return self._outcome(answer)
            self.session.restore()

    def _settled(self, answer: Answer) -> bool:
        if answer.state != "optimal" or self.session.over:
            return True
        objective = None if self.best is None else self.best[0]
        gap = relative_gap(objective, self.bound)
        return gap is not None and gap <= self.wanted

    def _rounds(
        self, most: int, tolerance: float, *, cleaning: bool = False
    ) -> tuple[Answer, bool]:
        """Solve linear programs, adding rows, until the rules hold; return whether they do."""
        for _ in range(most):
            answer = self.session.run(cleaning=cleaning)
            if answer.values is None or answer.state != "optimal":
                return answer, False
            if not self._add(answer.values, tolerance):
                return answer, True
            self.rounds += 1
            if self.session.over and not cleaning:
                return answer, False
        return answer, False

    def _add(self, values: Floats, tolerance: float) -> bool:
        """Add the rows that a solution breaks; return whether there are any."""
        found = False
        for cutter in self.cutters:
            if cutter.violation(values) > tolerance:
                added = cutter.additions(values, self.session.columns, self.session.rows)
                self.session.add(added)
                self.cuts += len(added.rows)
                found = found or bool(added.rows)
        return found

    def _polish(self, answer: Answer) -> None:
        """Round and fix the integers, and keep what is best then if the rules hold."""
        assert answer.values is not None
        self.session.fix(answer.values)
        whole = np.flatnonzero(self.compiled.integer)
        kept = np.round(answer.values[whole])
        cleaned, holds = self._rounds(CLEANING_ROUNDS if self.cutters else 1, TIGHT, cleaning=True)
        if holds and cleaned.values is not None:
            values, dual = cleaned.values[: len(self.compiled.columns)].copy(), cleaned.row_dual
        elif not self.cutters:
            # Kept as branch and bound left it: feasible to its tolerance, and checked by verify.
            values, dual = answer.values[: len(self.compiled.columns)].copy(), None
        else:
            return
        values[whole] = kept
        objective = float(self.compiled.cost @ values + self.compiled.offset)
        if self.best is None or self._better(objective, self.best[0]):
            self.best = (objective, values, dual)
            self.first = dict(zip(whole.tolist(), kept.tolist(), strict=True))

    def _better(self, one: float, other: float) -> bool:
        return one > other if self.compiled.maximize else one < other

    def _tighten_bound(self, bound: float | None) -> None:
        if bound is not None and (self.bound is None or self._better(self.bound, bound)):
            self.bound = bound

    def _linear(self, answer: Answer, *, kept: bool) -> Outcome:
        """The outcome of a model without integers."""
        if answer.state in ("infeasible", "unbounded"):
            return self._nothing(answer)
        if answer.values is not None and answer.state == "optimal":
            self._tighten_bound(answer.bound)
        if answer.values is not None and (kept or not self.cutters):
            values = answer.values[: len(self.compiled.columns)]
            objective = float(self.compiled.cost @ values + self.compiled.offset)
            self.best = (objective, values, answer.row_dual)
        return self._outcome(answer)

    def _outcome(self, answer: Answer) -> Outcome:
        if self.best is None:
            return self._nothing(answer)
        objective, values, dual = self.best
        bound = _sound(self.compiled, objective, self.bound)
        gap = relative_gap(objective, bound)
        found, termination = status_of(gap, self.wanted), answer.termination
        if found == "feasible" and termination == "gap_reached":
            # The solver believes it is done, and its own figures do not bear it out.
            logger.warning(
                "the solver ended with a gap it was not asked for; check units and sizes"
            )
            termination = "error"
        seconds = time.perf_counter() - self.began
        return Outcome(
            found, termination, values, objective, bound, gap, dual, seconds, self.rounds, self.cuts
        )

    def _nothing(self, answer: Answer) -> Outcome:
        states = {"infeasible": "infeasible", "unbounded": "unbounded"}
        status = states.get(answer.state, "no_plan")
        elapsed = time.perf_counter() - self.began
        return Outcome(
            status,  # type: ignore[arg-type]
            answer.termination,
            None,
            None,
            self.bound if status == "no_plan" else None,
            None,
            None,
            elapsed,
            self.rounds,
            self.cuts,
        )


def _sound(compiled: Compiled, objective: float, bound: float | None) -> float | None:
    """Return a bound on the right side of the objective, or None for one that cannot be true.

    A polished objective may pass the bound by a rounding error, never by more: a bound beyond the
    objective is the sign of numbers too far apart for the solver, and proves nothing.
    """
    if bound is None:
        return None
    rounding = 1e-9 * float(np.abs(compiled.cost).max(initial=0.0))
    if abs(objective - bound) <= rounding:
        return objective
    best = max if compiled.maximize else min
    if best(objective, bound) != objective:
        return bound
    return objective if (relative_gap(objective, bound) or 0.0) <= PROVEN else None
