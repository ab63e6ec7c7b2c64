"""HiGHS: a model that is solved, changed in place, and solved again.

This file and its neighbours ``highs_answer``, ``highs_model`` and ``highs_watch`` are all that know
the solver.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

import highspy
import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from pse_opt.solving.compiled import Compiled, Linear
from pse_opt.solving.cuts import Additions
from pse_opt.solving.highs_answer import Answer, answer_of
from pse_opt.solving.highs_model import (
    load,
    objective_scale,
    run,
    sense_of,
    solver_version,
    use_threads,
    write_program,
)
from pse_opt.solving.highs_watch import Watch
from pse_opt.solving.interrupt import Stop
from pse_opt.solving.outcome import Options, Progress

__all__ = ["Answer", "Session", "granted", "solver_version", "write_program"]

Floats = npt.NDArray[np.float64]

CLEANING_SHARE, LEAST_CLEANING, MOST_CLEANING = 0.2, 5.0, 30.0
"""Time granted beyond the limit to all linear programs that clean incumbents: a share of the limit,
within seconds. What could not be cleaned is kept as it was found."""

FINE = 1e-9
"""Tolerance of linear programs whose solutions are held against convex rules, or decide among
equals, and of branch and bound that is repeated."""
LINEAR, MIXED = 1e-7, 1e-6
"""The solver's own tolerances of linear programs and of branch and bound."""
EFFORT = 0.05
"""The solver's own share of work on plans in branch and bound."""
IRREDUCIBLE = 6
"""How contradictions are looked for: from the linear program, irreducible (2 + 4); the solver's
default tells none."""

logger = logging.getLogger(__name__)


def granted(limit: float) -> float:
    """Return the seconds beyond a time limit for linear programs that clean incumbents."""
    return min(max(CLEANING_SHARE * limit, LEAST_CLEANING), MOST_CLEANING)


class Session:
    """A model loaded in HiGHS: solved, changed in place, and solved again.

    Parameters
    ----------
    compiled : Compiled
        The model.
    options : Options
        Gap, threads, seed, and the seconds that all runs together may take.
    stop : Stop, optional
        Looked at while solving; when raised, the incumbent is kept.
    progress : callable, optional
        Called a few times a second with a :class:`Progress`.
    beyond : float, optional
        Seconds beyond the limit for cleaning; by default those of a solve of its own.
    """

    def __init__(
        self,
        compiled: Compiled,
        options: Options,
        *,
        stop: Stop | None = None,
        progress: Callable[[Progress], None] | None = None,
        beyond: float | None = None,
    ) -> None:
        self.compiled, self.options, self.stop = compiled, options, stop
        self.goal = compiled.goal
        self._end = time.perf_counter() + options.time_limit
        self.deadline = self._end
        self._granted = granted(options.time_limit) if beyond is None else beyond
        use_threads(options.threads)
        self._scale = objective_scale(compiled.cost)
        self._h = load(compiled, self._scale, options)
        self._tolerance = FINE if compiled.rules or compiled.then else LINEAR
        self._watch = Watch(self._h, self._scale, stop, progress)
        self._integer = np.flatnonzero(compiled.integer).astype(np.int32)
        self._mixed = self._integer.size > 0
        self.sharp = False

    @property
    def left(self) -> float:
        """Seconds left until the deadline."""
        return self.deadline - time.perf_counter()

    def allow(self, share: float) -> None:
        """Set the deadline to a share of what is left of all the time."""
        now = time.perf_counter()
        self.deadline = now + share * max(self._end - now, 0.0)

    @property
    def over(self) -> bool:
        """Whether time is up or somebody asked to stop."""
        return bool(self.stop) or self.left <= 0

    def relax(self) -> None:
        """Let the integers be fractions."""
        self._kinds(0)

    def restore(self) -> None:
        """Let the integers be whole numbers again, within their own bounds."""
        lower, upper = self.compiled.lower[self._integer], self.compiled.upper[self._integer]
        self._h.changeColsBounds(self._integer.size, self._integer, lower, upper)
        self._kinds(1)

    def fix(self, values: Floats) -> None:
        """Fix the integers at rounded values: what is left is a linear program."""
        whole = np.round(values[self._integer])
        self._kinds(0)
        self._h.changeColsBounds(self._integer.size, self._integer, whole, whole)

    def bound(self, columns: npt.NDArray[np.int64], lower: Floats, upper: Floats) -> None:
        """Change the bounds of some columns."""
        index = columns.astype(np.int32)
        self._h.changeColsBounds(index.size, index, lower, upper)

    def _kinds(self, kind: int) -> None:
        self._mixed = kind == 1 and self._integer.size > 0
        kinds = np.full(self._integer.size, kind, dtype=np.uint8)
        self._h.changeColsIntegrality(self._integer.size, self._integer, kinds)

    @property
    def columns(self) -> int:
        """Columns of the model, with those added since."""
        return int(self._h.getNumCol())

    @property
    def rows(self) -> int:
        """Rows of the model, with those added since."""
        return int(self._h.getNumRow())

    def add(self, additions: Additions) -> None:
        """Add columns and rows in place; the next run starts from where the last one ended."""
        for entries in additions.columns:
            index = np.fromiter(entries, dtype=np.int32, count=len(entries))
            values = np.fromiter(entries.values(), dtype=float, count=len(entries))
            self._h.addCol(0.0, 0.0, highspy.kHighsInf, len(entries), index, values)
        cuts = additions.rows
        if not cuts:
            return
        lengths = np.array([len(c.columns) for c in cuts])
        self._h.addRows(
            len(cuts),
            np.array([c.lower for c in cuts]),
            np.array([c.upper for c in cuts]),
            int(lengths.sum()),
            np.concatenate(([0], np.cumsum(lengths)[:-1])).astype(np.int32),
            np.concatenate([c.columns for c in cuts]).astype(np.int32),
            np.concatenate([c.coefficients for c in cuts]),
        )

    def widen(self, entries: sp.csc_array, cost: Floats, lower: Floats, upper: Floats) -> None:
        """Add continuous columns, whose coefficients are those of the model's first rows."""
        count = len(cost)
        self._h.addCols(
            count,
            cost * self._scale,
            lower,
            upper,
            int(entries.nnz),
            entries.indptr[:-1].astype(np.int32),
            entries.indices.astype(np.int32),
            entries.data,
        )

    def aim(self, relative: float, absolute: float = 0.0) -> None:
        """Set the gaps at which branch and bound stops, the absolute one in the goal's unit."""
        self._h.setOptionValue("mip_rel_gap", relative)
        self._h.setOptionValue("mip_abs_gap", absolute * self._scale)

    def impossible(self) -> bool:
        """Return whether simplifying the model is enough to show that it has no solution."""
        self._h.presolve()
        found = self._h.getModelPresolveStatus()
        return bool(found == highspy.HighsPresolveStatus.kInfeasible)

    def no_smaller_models(self) -> None:
        """Leave out heuristics that solve smaller models, the presolve of which may never end.

        Seen in HiGHS 1.16 with knapsacks of whole numbers; neither a time limit nor Ctrl-C ends it.
        """
        for name in ("rens", "rins", "root_reduced_cost"):
            self._h.setOptionValue(f"mip_heuristic_run_{name}", False)

    def only_prove(self, proving: bool) -> None:
        """Let branch and bound look for bounds alone, and not for plans."""
        self._h.setOptionValue("mip_heuristic_effort", 0.0 if proving else EFFORT)

    def seek(self, goal: Linear) -> None:
        """Make another goal the objective."""
        self.goal = goal
        self._scale = self._watch.scale = objective_scale(goal.cost)
        index = np.arange(goal.cost.size, dtype=np.int32)
        self._h.changeColsCost(index.size, index, goal.cost * self._scale)
        self._h.changeObjectiveOffset(goal.offset * self._scale)
        self._h.changeObjectiveSense(sense_of(goal.maximize))

    def sharpen(self) -> bool:
        """Let branch and bound keep rows more precisely; return whether it did not yet."""
        if self.sharp:
            return False
        self.sharp = True
        self._h.setOptionValue("mip_feasibility_tolerance", FINE)
        return True

    def soften(self) -> None:
        """Let branch and bound keep rows as precisely as it usually does."""
        if self.sharp:
            self.sharp = False
            self._h.setOptionValue("mip_feasibility_tolerance", MIXED)

    def set_coefficient(self, row: int, column: int, value: float) -> None:
        """Change one coefficient of a row."""
        self._h.changeCoeff(row, column, value)

    def start(self, values: dict[int, float]) -> None:
        """Give branch and bound values of integer columns to start from."""
        index = np.fromiter(values, dtype=np.int32, count=len(values))
        self._h.setSolution(len(values), index, np.fromiter(values.values(), dtype=float))

    def run(self, *, cleaning: bool = False) -> Answer:
        """Solve the model as it stands.

        Parameters
        ----------
        cleaning : bool
            The linear program that cleans an incumbent: it has some seconds beyond the limit and
            is not stopped, so that nothing found is lost.
        """
        use_threads(self.options.threads)  # another session may have been run since
        left = self.left
        if cleaning:
            left = max(self._end, self.deadline) + self._granted - time.perf_counter()
        seconds = max(left, 1e-6)
        self._watch.deaf = cleaning
        # Branch and bound counts its own time, a linear program that of all runs before it.
        before = 0.0 if self._mixed else self._h.getRunTime()
        self._h.setOptionValue("time_limit", before + seconds)
        # Branch and bound leaves its own tolerance behind as that of linear programs.
        self._tolerate(self._tolerance)
        run(self._h)
        if self._h.getModelStatus() == highspy.HighsModelStatus.kUnboundedOrInfeasible:
            self._h.setOptionValue("presolve", "off")
            run(self._h)
            self._h.setOptionValue("presolve", "choose")
        if self._h.getModelStatus() == highspy.HighsModelStatus.kUnknown and not self._mixed:
            # What was kept of the runs before, or so fine a tolerance, was the trouble.
            self._tolerate(LINEAR)
            self._h.clearSolver()
            run(self._h)
        if self._watch.error is not None:
            logger.warning("showing progress failed: %s", self._watch.error)
        return answer_of(self._h, len(self.compiled.rows), self._scale, mixed=self._mixed)

    def ranges(self) -> tuple[Floats, Floats] | None:
        """Return down and up to which value of each compiled row its dual holds.

        Of the linear program that was solved last; None where the solver does not tell.
        """
        status, found = self._h.getRanging()
        if status == highspy.HighsStatus.kError or not found.valid:
            return None
        rows = len(self.compiled.rows)
        low, high = (
            np.array(side.value_, dtype=float)[:rows]
            for side in (found.row_bound_dn, found.row_bound_up)
        )
        return np.where(low <= -1e29, -np.inf, low), np.where(high >= 1e29, np.inf, high)

    def contradiction(self) -> npt.NDArray[np.int64] | None:
        """Return an irreducible set of rows that contradict each other, bounds of columns given.

        Of a linear program that was just found infeasible; None where the solver does not tell.
        """
        self._h.setOptionValue("iis_strategy", IRREDUCIBLE)
        self._h.setOptionValue("iis_time_limit", max(self.left, 1e-3))
        status, found = self._h.getIis()
        if status == highspy.HighsStatus.kError or not found.valid_:
            return None
        return np.array(found.row_index_, dtype=np.int64)

    def _tolerate(self, tolerance: float) -> None:
        for name in ("primal_feasibility_tolerance", "dual_feasibility_tolerance"):
            self._h.setOptionValue(name, tolerance)
