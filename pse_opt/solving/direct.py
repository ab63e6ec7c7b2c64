"""The compact model, solved by branch and bound; convex rules by rows added in rounds.

Rules that no finite number of rows states exactly (``compiled.rules``) are approached from outside:
rounds of linear programs first, each adding the rows that its solution breaks; then branch and
bound over all rows so far, whose bound is valid for the true rule; then, with the integers fixed,
rounds of linear programs again until the true rule holds. What lies between the two is the gap; as
long as it is too wide, branch and bound is repeated with the rows added since.

Where several goals count in turn, each is kept at its best, and the next decides among the plans
that are equally good.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from pse_opt.solving.compiled import Compiled, Linear
from pse_opt.solving.cuts import Additions, Cut, Cutter
from pse_opt.solving.highs import Session
from pse_opt.solving.interrupt import Stop
from pse_opt.solving.linking import thinned
from pse_opt.solving.outcome import Options, Outcome, Progress, relative_gap, status_of
from pse_opt.solving.ratio import least_ratio
from pse_opt.solving.search import Gaps, Search

__all__ = ["run"]

Floats = npt.NDArray[np.float64]

SLACK = 2e-7
"""By how much a goal may give way to the next one, relative to its value; less than what counts as
proven."""
PLAIN = 1e-3
"""The slack in the row that keeps a goal: well above the solver's tolerance for a row."""
LEAST = 1e-3
"""What a smaller goal counts as when its slack is taken."""
FIRST_SHARE = 0.7
"""Share of the time that the first of several goals may take."""


def run(
    compiled: Compiled,
    options: Options,
    *,
    stop: Stop | None = None,
    progress: Callable[[Progress], None] | None = None,
    start: dict[int, float] | None = None,
) -> Outcome:
    """Solve a compiled model and polish the incumbent.

    With very many links, the linking rows that never bind are left out. After branch and bound the
    integers are rounded and fixed and the linear program is solved again: it cleans what leaked
    through tolerances, and gives duals. The bound stays the one of branch and bound.

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
    began = time.perf_counter()
    thin = thinned(compiled, options, stop)
    if thin is not None:
        left = max(options.time_limit - (time.perf_counter() - began), 1e-3)
        shorter = replace(options, time_limit=left)
        found = _run(thin.compiled, shorter, stop, progress, start)
        found = thin.outcome(found, options)
    else:
        found = _run(compiled, options, stop, progress, start)
    return replace(found, seconds=time.perf_counter() - began)


def _run(
    compiled: Compiled,
    options: Options,
    stop: Stop | None,
    progress: Callable[[Progress], None] | None,
    start: dict[int, float] | None,
) -> Outcome:
    """Solve with all rows that are there."""
    gap = options.gap / max(compiled.steepness, 1.0)
    session = Session(compiled, replace(options, gap=gap), stop=stop, progress=progress)
    cutters = compiled.cutters()
    if compiled.then:
        session.allow(FIRST_SHARE)
    if compiled.ratios:
        outcome = least_ratio(session, cutters, start)
    else:
        outcome = Search(session, Gaps(gap), cutters, start).run()
    if compiled.then and outcome.values is not None:
        outcome = _choose(session, cutters, outcome)
    if compiled.value is not None or compiled.noise:
        outcome = _told(outcome, compiled, options.gap)
    return outcome


def _choose(session: Session, cutters: list[Cutter], first: Outcome) -> Outcome:
    """Let the further goals decide, each among the plans that are best so far."""
    assert first.values is not None
    compiled, held, rounds, cuts = session.compiled, first, first.rounds, first.cuts
    goal = compiled.goal
    slack = SLACK / max(compiled.steepness, 1.0) / len(compiled.then)
    for number, following in enumerate(compiled.then):
        session.allow(1.0 / (len(compiled.then) - number))
        assert held.values is not None
        if session.over:
            break
        session.add(_kept(goal, held.values, slack))
        session.seek(following)
        start = compiled.start(held.values)
        found = Search(session, Gaps(session.options.gap), cutters, start).run()
        rounds, cuts = rounds + found.rounds, cuts + found.cuts
        if found.values is None:
            break
        held, goal = found, following
    assert held.values is not None
    objective = first.objective
    if not compiled.ratios:
        objective = float(compiled.cost @ held.values + compiled.offset)
    assert objective is not None
    gap, status = first.gap, first.status
    if first.bound is not None and held is not first:
        # What was given up for the further goals is known, and no sign of a better plan.
        given = SLACK * max(abs(objective), LEAST)
        gap = max(abs(objective - first.bound) - given, 0.0) / max(abs(objective), 1e-9)
        status = status_of(gap, session.options.gap)
    return replace(
        first,
        values=held.values,
        objective=objective,
        gap=gap,
        status=status,
        row_dual=held.row_dual,
        rounds=rounds,
        cuts=cuts,
    )


def _kept(goal: Linear, values: Floats, slack: float) -> Additions:
    """Return the row that keeps a goal at its value, but for a slack."""
    value = float(goal.cost @ values)
    unit = slack * max(abs(value + goal.offset), LEAST) / PLAIN
    index = np.flatnonzero(goal.cost).astype(np.int64)
    kept = value / unit
    lower, upper = (kept - PLAIN, np.inf) if goal.maximize else (-np.inf, kept + PLAIN)
    return Additions([Cut(index, goal.cost[index] / unit, lower, upper)])


def _told(outcome: Outcome, compiled: Compiled, wanted: float) -> Outcome:
    """Return an outcome in the unit in which the objective is reported."""

    def told(value: float | None) -> float | None:
        return value if value is None or compiled.value is None else compiled.value(value)

    objective, bound = told(outcome.objective), told(outcome.bound)
    if objective is None or bound is None:
        return replace(outcome, objective=objective, bound=bound)
    if abs(objective - bound) <= compiled.noise:
        bound = objective
    gap = (
        outcome.gap
        if bound != objective and compiled.value is None
        else relative_gap(objective, bound)
    )
    termination = outcome.termination
    status = status_of(gap, wanted)
    if status != "feasible":
        termination = "gap_reached"
    return replace(
        outcome, objective=objective, bound=bound, gap=gap, status=status, termination=termination
    )
