"""One large model: its bound, its plan, and what may be asked of it at any time.

The linear program comes first, with rows that say how many offers the floors take; its value is a
bound. Engagements are then decided place by place, those further away still being fractions; what
is short at the end is mended. From then on there is a plan, and local searches improve it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pse_opt.solving.compiled import Compiled
from pse_opt.solving.covers import covered, with_rows
from pse_opt.solving.cuts import Cut
from pse_opt.solving.highs import Answer, Session
from pse_opt.solving.interrupt import Stop
from pse_opt.solving.linking import Thin, thinned
from pse_opt.solving.local_search.crew import Answered, Piece
from pse_opt.solving.local_search.local import Local, Place
from pse_opt.solving.local_search.repair import Repair
from pse_opt.solving.outcome import Options, Outcome, Progress, Termination, relative_gap
from pse_opt.solving.rounding import fitting
from pse_opt.solving.search import Gaps, Search

__all__ = ["HOPELESS", "Large"]

Floats = npt.NDArray[np.float64]

WHOLE = 1e-6
SHARE, FIRST_SHARE = 0.5, 0.1
"""Share of the time that is left for mending a plan that breaks rules, at the end and at first."""
TRIES = 3
"""Searches in a row around an engagement that do not help, after which it is left alone."""
CHEAPEST = 0.3
"""Part of what the relaxation does not engage that later searches may engage."""
FIRST_GAP, FIRST = 3e-3, 4.0
"""Gap to which a place is decided at first, and the most seconds that this may take."""
FINEST, COARSEST = 1e-4, 1e-3
"""Gap to which places are searched later: at least and at most."""
HOPELESS = ("infeasible", "unbounded")
"""What makes the whole so when one part is."""
MANY = 5_000
"""Whole numbers from which branch and bound leaves plans to the local searches."""


class Relaxation(NamedTuple):
    """A solution of a relaxation, reduced costs, and duals of rows and of cuts besides them."""

    values: Floats
    reduced: Floats
    dual: Floats
    cuts: tuple[Cut, ...]


class Large:
    """A model that is worked on from several sides.

    Parameters
    ----------
    compiled : Compiled
        A linear model with whole numbers.
    options : Options
        Of the whole solve; its threads are those of branch and bound here.
    stop : Stop
        Ends whatever runs.
    start : dict of int to float, optional
        Values of integer columns to start from.

    Attributes
    ----------
    bound : float or None
        Of the objective.
    local : Local or None
        The plan and its searches, once the relaxation is solved.
    held : bool
        Whether the plan keeps all rules.
    dual : ndarray or None, shape (rows,)
        Duals of the relaxation.
    relaxed : Relaxation or None
        All that is known of it.
    bounded : bool
        Whether the bound comes from elsewhere, and branch and bound need not raise it.
    """

    def __init__(
        self, compiled: Compiled, options: Options, stop: Stop, start: dict[int, float] | None
    ) -> None:
        self.compiled, self.options, self.stop = compiled, options, stop
        self.first, self.deadline = start, time.perf_counter() + options.time_limit
        self.bound: float | None = None
        self.best: float | None = None
        self.plan: Floats | None = None
        self.local: Local | None = None
        self.held = self.wide = False
        self.found: Floats | None = None
        self.dual: Floats | None = None
        self.relaxed: Relaxation | None = None
        self.looked = self.bounded = False
        self.seconds = 0.0
        self.ended: Outcome | None = None
        self.integer = np.flatnonzero(compiled.integer)
        self.lock = threading.Lock()

    def prepare(self) -> None:
        """Solve the relaxation, and hold the start if there is one."""
        if not self.looked:
            self.look()
        if self.local is None or self.held:
            return
        values = self.local.values
        broken = np.abs(values - np.round(values)) > WHOLE
        self.local.undecided = self.local.kernel & (values > WHOLE) & self.compiled.integer
        if not broken[self.integer].any():
            self.local.undecided[:] = False
        self._hold_first()

    def look(self) -> None:
        """Solve the relaxation."""
        self.load(thinned(self.compiled, self.options, self.stop))
        if self.session.impossible():
            # Fractions may have a solution all the same, and searches would look for it in vain.
            self.end(Answer("infeasible", "infeasible"))
            return
        self.session.relax()
        began = time.perf_counter()
        answer = self.session.run()
        self.seconds = time.perf_counter() - began
        if answer.state != "optimal" or answer.values is None:
            return
        answer, cuts = covered(self.session, self.compiled, answer)
        assert answer.values is not None
        assert answer.reduced_cost is not None
        self.tighten(answer.bound)
        dual = self._dual(answer, len(self.compiled.rows) + len(cuts))
        self.know(answer.values, answer.reduced_cost[: len(self.compiled.columns)], dual, cuts)

    def load(self, thin: Thin | None) -> None:
        """Load the model, or what counts of it."""
        self.looked = True
        self.thin, self.given = thin, self.compiled if thin is None else thin.compiled
        self.repair = Repair(self.compiled, self.given, self.options, self.stop, self.deadline)
        self.session = Session(self.given, self.options, stop=self.stop, progress=self._proved)
        self.search = Search(self.session, Gaps(self.options.gap), [], self.first)

    def know(self, values: Floats, reduced: Floats, dual: Floats, cuts: Sequence[Cut] = ()) -> None:
        """Know a solution of the relaxation, with reduced costs and duals.

        Parameters
        ----------
        values, reduced : ndarray, shape (columns,)
            The solution, and reduced costs in the objective's unit.
        dual : ndarray, shape (rows and cuts,)
            Duals.
        cuts : sequence of Cut
            Rows that the relaxation has besides those of the model.
        """
        self.relaxed = Relaxation(values, reduced, dual, tuple(cuts))
        self.reduced = (-1.0 if self.compiled.maximize else 1.0) * reduced
        self.local = Local(with_rows(self.compiled, list(cuts)), self.options, values)
        self.local.guide(values, dual)
        self.dual = dual[: len(self.compiled.rows)]

    def reprice(self, priced: Compiled) -> None:
        """Go on at the costs of another model that is the same otherwise."""
        assert self.local is not None
        sign = -1.0 if self.compiled.maximize else 1.0
        self.reduced = self.reduced + sign * (priced.cost - self.compiled.cost)
        cost, offset = priced.cost, priced.offset
        self.compiled = replace(self.compiled, cost=cost, offset=offset)
        self.given = replace(self.given, cost=cost, offset=offset)
        self.repair = Repair(self.compiled, self.given, self.options, self.stop, self.deadline)
        self.local.reprice(priced.cost)
        self.wide = False
        self.best = None if self.plan is None else self._objective(self.plan)

    def end(self, answer: Answer) -> None:
        """End with what an answer means that leaves no plan."""
        self.ended = self.search.nothing(answer)

    def _dual(self, answer: Answer, rows: int) -> Floats:
        dual = np.zeros(rows)
        if answer.row_dual is not None:
            at = np.arange(len(self.given.rows)) if self.thin is None else self.thin.rows
            dual[at] = answer.row_dual
        return dual

    def _hold_first(self) -> None:
        """Hold a plan that costs no search: the start, or the relaxation rounded."""
        assert self.local is not None
        if self.first:
            values = self.local.values.copy()
            values[list(self.first)] = list(self.first.values())
            if self.hold(values):
                return
        if not self.local.undecided.any():
            self.hold(self.local.values)
            return
        guess = fitting(self.given, self.local.values)
        if guess is not None:
            plan = self.repair.plan(guess)
            if plan is None and not self.session.over:
                plan = self.repair.mend(guess, FIRST_SHARE * self.session.left)
            if plan is not None:
                self.plan, self.best = plan, self._objective(plan)

    def tighten(self, bound: float | None) -> None:
        """Take a bound, if it is tighter than the one that is known."""
        with self.lock:
            self.search.tighten(bound)
            self.bound = self.search.bound

    def _proved(self, moment: Progress) -> None:
        self.tighten(moment.bound)
        gap = relative_gap(moment.objective, self.bound)
        if self.bounded and gap is not None and gap <= self.options.gap:
            self.stop.asked = True  # branch and bound itself knows of a weaker bound

    def _objective(self, values: Floats) -> float:
        return float(self.compiled.cost @ values + self.compiled.offset)

    def hold(self, values: Floats, *, kept: bool = False) -> bool:
        """Go on from the plan with the whole numbers of some values; return whether there is one.

        Where a better plan is held already, it is that one. Values that are known to keep all rows
        are a plan as they are.
        """
        assert self.local is not None
        plan = values if kept else self.repair.plan(values)
        if plan is None:
            return False
        objective = self._objective(plan)
        better = self.best is None or self.search.better(objective, self.best)
        if self.plan is not None and self.best is not None and not better:
            plan, objective = self.plan, self.best
        local = self.local
        local.values = plan.copy()
        local.undecided[:] = False
        local.kernel |= self.compiled.integer & (plan > 0.5)
        local.tried[:] = 0
        self.plan, self.held, self.best = local.values, True, objective
        return True

    @property
    def missing(self) -> float:
        """What lies between plan and bound, in the objective's unit; infinite without a plan."""
        if self.best is None or self.bound is None:
            return np.inf
        return abs(self.best - self.bound)

    @property
    def reached(self) -> bool:
        """Whether the gap asked for is reached."""
        if self.ended is not None:
            return True
        gap = relative_gap(self.best, self.bound)
        return gap is not None and gap <= self.options.gap

    @property
    def hopeless(self) -> bool:
        """Whether there is no plan."""
        return self.ended is not None and self.ended.status in HOPELESS

    def next(self, seconds: float) -> tuple[Place, Piece] | None:
        """Return a place to search and its model, or None where nothing is to be done now."""
        local = self.local
        if local is None or self.ended is not None:
            return None
        if not self.held and not local.undecided.any():
            if local.busy:
                return None
            self.settle()
        if not self.held and not local.undecided.any():
            return None
        place = local.next(TRIES)
        if place is None and not local.busy and not self.wide:
            self._widen()
            place = local.next(TRIES)
        if place is None:
            return None
        if place.first:
            return place, local.piece(place, FIRST_GAP, min(seconds, FIRST))
        gap = float(np.clip(0.2 * self.options.gap, FINEST, COARSEST))
        return place, local.piece(place, gap, seconds)

    def take(self, place: Place, answered: Answered | None) -> bool:
        """Take what came of a place; return whether the plan is better."""
        assert self.local is not None
        better = self.local.take(place, answered)
        if self.held and better:
            self.best = self.local.objective
        return better

    def _widen(self) -> None:
        """Let searches engage also what the relaxation does not, where that is cheap."""
        assert self.local is not None
        self.wide = True
        price = self.reduced[self.integer]
        self.local.kernel[self.integer[price <= np.quantile(price, CHEAPEST)]] = True
        self.local.tried[:] = 0

    @property
    def making(self) -> bool:
        """Whether a plan is being made, place by place."""
        return self.local is not None and not self.held and bool(self.local.undecided.any())

    def settle(self) -> None:
        """Make a plan of what was decided: engage what is still a fraction, and mend the rest."""
        assert self.local is not None
        self.local.undecided[:] = False
        values = self.local.values.copy()
        part = self.compiled.integer & (np.abs(values - np.round(values)) > WHOLE)
        guess = fitting(self.given, values)
        values[part] = np.ceil(values[part]) if guess is None else guess[part]
        if self.hold(values) or (guess is not None and self.hold(guess)):
            return
        if self.plan is not None:
            self.hold(self.plan, kept=True)
            return
        if not self.session.over:
            left = SHARE * max(self.session.left, 1.0)
            plan = self.repair.mend(values if guess is None else guess, left)
            if plan is not None:
                self.hold(plan, kept=True)
                return
        found = self.repair.round(self.local.relaxed)
        if found is not None:
            self.hold(found)

    def prove(self, seconds: float) -> None:
        """Raise the bound by branch and bound, so long or until the gap is reached."""
        session = self.session
        session.deadline = time.perf_counter() + seconds
        session.only_prove(len(self.integer) >= MANY)
        session.aim(self.options.gap)
        session.restore()
        answer = session.run()
        if answer.state == "infeasible" and self.best is None:
            self.end(answer)
            return
        self.tighten(answer.bound)
        if answer.values is not None:
            self._candidate(answer.values)

    def _candidate(self, values: Floats) -> None:
        """Keep a plan that branch and bound found, for the searches to go on from."""
        values = values[: len(self.compiled.columns)]
        with self.lock:
            if self.best is None or self.search.better(self._objective(values), self.best):
                self.found = values

    def adopt(self) -> None:
        """Go on from the plan that branch and bound found, if it is better."""
        found = self.found
        if found is None or self.local is None or self.local.busy:
            return
        self.found = None
        if self.best is None or self.search.better(self._objective(found), self.best):
            self.hold(found)

    def finish(self, end: float) -> None:
        """Search on by branch and bound, from the plan there is."""
        self.session.deadline = end
        if self.making:
            self.settle()
        if self.plan is not None:
            self.search.hold(self.plan, kept=True)
        if self.local is None or not self.reached:
            self.ended = self.search.run()
            self.best, self.bound = self.ended.objective, self.ended.bound

    def outcome(self, termination: Termination) -> Outcome:
        """Return what is held."""
        if self.ended is None:
            if self.making:
                self.settle()
            # Branch and bound that was interrupted interrupts linear programs after it as well.
            search = self.repair.search(self.options.gap)
            search.bound = self.bound
            if self.plan is not None:
                search.hold(self.plan, kept=True)
            self.ended = search.outcome("gap_reached" if self.reached else termination)
        found = self.ended
        return found if self.thin is None else self.thin.outcome(found, self.options)
