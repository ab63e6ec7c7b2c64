"""The least ratio of two linear functions, or the least of the greatest of several."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from pse_opt.solving.compiled import Linear
from pse_opt.solving.cuts import Cutter
from pse_opt.solving.highs import Session
from pse_opt.solving.outcome import Outcome, relative_gap, status_of
from pse_opt.solving.rounding import fitting
from pse_opt.solving.search import Gaps, Search

__all__ = ["least_ratio"]

Floats = npt.NDArray[np.float64]

MOST = 30
"""Rounds; each brings the ratio nearer faster than the one before, four or five are usual."""
FIRST_GAP = 0.05
"""Gap of the first round, which is only to find a ratio to aim at."""
EQUAL = 1e-6
"""Difference between two values of a measure that the solver's tolerances cannot tell apart."""
NOISE = 1e-9
"""What a bound of the difference may be above zero by rounding."""


def least_ratio(
    session: Session, cutters: list[Cutter], start: dict[int, float] | None = None
) -> Outcome:
    r"""Find the least greatest ratio, by Dinkelbach's method.

    The model keeps ``numerator - gamma * denominator <= objective`` for each ratio. Where no plan
    makes the objective negative, gamma is the least ratio; otherwise a plan that does has a smaller
    one, which is aimed at next. A bound L < 0 of the objective proves that no ratio is below
    gamma + L / D, where D is the least that a denominator can be (Dinkelbach 1967; Crouzeix,
    Ferland and Schaible 1985). A plan whose ratio is below gamma has a denominator of at least N /
    gamma, where N is the least that a numerator can be: so D is known where some plan's is zero.

    Returns
    -------
    Outcome
        Its objective is the ratio.
    """
    return _Descent(session, cutters, start).run()


@dataclass
class _Best:
    ratio: float
    outcome: Outcome


class _Descent:
    def __init__(
        self, session: Session, cutters: list[Cutter], start: dict[int, float] | None
    ) -> None:
        self.session, self.cutters, self.start = session, cutters, start
        self.compiled, self.wanted = session.compiled, session.options.gap
        self.best: _Best | None = None
        known = self.compiled.least_ratio
        self.bound: float | None = known if np.isfinite(known) else None
        self.rounds = self.cuts = 0
        self.least_denominator = self.least_numerator = 0.0

    def run(self) -> Outcome:
        """Aim lower and lower."""
        self._look_for_least()
        last = self._look_at_relaxation()
        target = self.compiled.first_ratio if self.best is None else self.best.ratio
        for _ in range(0 if last is not None and self._done(last) else MOST):
            self._aim(target)
            known = self.best is not None
            gaps = (
                Gaps(0.0, 0.5 * self._near(target) * self._least(target))
                if known
                else Gaps(FIRST_GAP)
            )
            search = Search(self.session, gaps, self.cutters, self.start)
            last = search.run()
            self.rounds, self.cuts = self.rounds + last.rounds, self.cuts + last.cuts
            if known:
                self._prove(target, search.bound)
            better = self._keep(last)
            if self._done(last) or not better:
                break
            assert self.best is not None
            target, self.start = self.best.ratio, search.first
        if self.best is not None:
            self._aim(self.best.ratio)
        assert last is not None
        return self._outcome(last)

    def _look_at_relaxation(self) -> Outcome | None:
        """Find the least ratio of the relaxation, which proves it, and hold what it is rounded to.

        Where a rounding is as good, as it is where everybody can be served alike, that is all.
        """
        if self.cutters or not self.compiled.integer.any():
            return None
        self.session.relax()
        target, values = self.compiled.first_ratio, None
        for _ in range(MOST):
            self._aim(target)
            answer = self.session.run()
            if answer.state != "optimal" or answer.values is None:
                break
            values = answer.values
            self._prove(target, answer.bound)
            ratio = self._ratio(values)
            if ratio >= target - EQUAL * max(abs(target), EQUAL) or self.session.over:
                break
            target = ratio
        search = Search(self.session, Gaps(np.inf), [])
        guess = None if values is None else fitting(self.compiled, values)
        if guess is not None:
            search.hold(guess)
        self.session.restore()
        if search.best is None:
            return None
        held = search.outcome("gap_reached")
        self._keep(held)
        self.start = search.first
        return held

    def _value(self, ratio: float) -> float:
        return ratio if self.compiled.value is None else self.compiled.value(ratio)

    def _near(self, ratio: float) -> float:
        """Return by how much the ratio may be off for the measure to be near enough."""
        step = 1e-6 * max(abs(ratio), 1e-3)
        slope = abs(self._value(ratio + step) - self._value(ratio)) / step
        return max(self.wanted * abs(self._value(ratio)), 0.1 * EQUAL) / max(slope, 1e-9)

    def _look_for_least(self) -> None:
        """Find the least value of any denominator, by linear programs, and of any numerator."""
        goal = self.session.goal
        self.session.relax()
        below = [self._least_of({column: 1.0}) for column in {c for _, c in self.compiled.ratios}]
        self.least_denominator = min(below)
        if self.least_denominator <= 0.0:
            above = [self._least_of(self._numerator(row, c)) for row, c in self.compiled.ratios]
            self.least_numerator = min(above)
        self.session.seek(goal)
        self.session.restore()

    def _least_of(self, terms: dict[int, float]) -> float:
        """Return the least value of a linear function, 0 where it is unknown or negative."""
        cost = np.zeros(len(self.compiled.columns))
        cost[list(terms)] = list(terms.values())
        self.session.seek(Linear(cost, 0.0, False))
        answer = self.session.run()
        known = answer.state == "optimal" and answer.bound is not None
        return max(answer.bound - NOISE, 0.0) if known and answer.bound is not None else 0.0

    def _least(self, target: float) -> float:
        """Return the least denominator of plans whose ratio is below a target; 0 if unknown."""
        return max(self.least_denominator, self.least_numerator / target if target > 0 else 0.0)

    def _aim(self, target: float) -> None:
        for row, column in self.compiled.ratios:
            self.session.set_coefficient(row, column, -target)

    def _ratio(self, values: Floats) -> float:
        """The greatest ratio of a solution."""
        found = []
        for row, column in self.compiled.ratios:
            terms = self._numerator(row, column).items()
            above = sum(float(c * values[k]) for k, c in terms)
            below = float(values[column])
            found.append(
                above / below if abs(below) > 1e-12 else (0.0 if above <= 1e-9 else np.inf)
            )
        return float(max(found))

    def _numerator(self, row: int, denominator: int) -> dict[int, float]:
        """Return the columns of a row that are neither its denominator nor the objective."""
        entries = self.compiled.matrix[[row]].tocoo()
        terms = zip(entries.coords[1].tolist(), entries.data.tolist(), strict=True)
        return {k: c for k, c in terms if k not in (denominator, self._objective_column)}

    @property
    def _objective_column(self) -> int:
        return int(np.flatnonzero(self.compiled.cost)[0])

    def _keep(self, outcome: Outcome) -> bool:
        """Keep a better plan; return whether it is better by more than a rounding error."""
        if outcome.values is None:
            return False
        ratio = self._ratio(outcome.values)
        former = self.best
        if former is None or ratio < former.ratio:
            self.best = _Best(ratio, outcome)
        return former is None or ratio < former.ratio - 1e-10 * max(1.0, abs(former.ratio))

    def _prove(self, target: float, bound: float | None) -> None:
        least = self._least(target)
        if bound is None:
            return
        if bound >= -NOISE:
            proven = target
        elif least > 0:
            proven = target + bound / least
        else:
            return
        self.bound = proven if self.bound is None else max(self.bound, proven)

    def _done(self, outcome: Outcome) -> bool:
        if outcome.values is None or self.session.over or self.best is None:
            return True
        if self.bound is None:
            return False
        value, bound = self._value(self.best.ratio), self._value(self.bound)
        return abs(value - bound) <= max(self.wanted * abs(value), EQUAL)

    def _outcome(self, last: Outcome) -> Outcome:
        if self.best is None:
            return replace(last, bound=None, gap=None, rounds=self.rounds, cuts=self.cuts)
        ratio = self.best.ratio
        bound = None if self.bound is None else min(self.bound, ratio)
        if bound is not None and abs(self._value(ratio) - self._value(bound)) <= EQUAL:
            bound = ratio
        value, proven = self._value(ratio), None if bound is None else self._value(bound)
        gap = relative_gap(value, proven)
        found = status_of(gap, self.wanted)
        ended = last.termination
        if found != "feasible":
            ended = "gap_reached"
        elif ended == "gap_reached":
            ended = "error"
        kept = self.best.outcome
        assert kept.values is not None
        values = kept.values.copy()
        values[self._objective_column] = 0.0  # aiming at its own ratio, which is aimed at now
        return replace(
            kept,
            values=values,
            status=found,
            termination=ended,
            objective=ratio,
            bound=bound,
            gap=gap,
            rounds=self.rounds,
            cuts=self.cuts,
        )
