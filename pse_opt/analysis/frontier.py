"""What equality costs: the frontier between a cost and the bound on a measure of inequality."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

import numpy as np

from pse_opt.analysis.frontier_facts import LOOSER
from pse_opt.analysis.frontier_points import against_of, points_of
from pse_opt.analysis.frontier_result import Frontier
from pse_opt.analysis.frontier_search import Search
from pse_opt.analysis.solves import Store
from pse_opt.analysis.varying import Varied, read_varied
from pse_opt.analysis.workers import Interrupted, Tell, Workers
from pse_opt.errors import InputError, Problem
from pse_opt.instance import Instance
from pse_opt.io import as_instance
from pse_opt.plan import Plan
from pse_opt.policy import Policy, read_policy, settings_of

__all__ = ["Frontier", "frontier"]

TODAY = "today"
HERE = 3.0
"""Seconds of solves that are done without starting processes, which takes about as long."""


def frontier(
    instance: Instance | str | Path,
    model: str | Path | Mapping[str, Any] | Policy = "equalized",
    *,
    vary: str | None = None,
    points: int = 12,
    values: Sequence[float] | None = None,
    overrides: Mapping[str, Any] | None = None,
    gap: float | None = None,
    time_limit: float | None = None,
    against: Plan | None = None,
    folder: str | Path | None = None,
    executor: Executor | None = None,
    workers: int = 1,
    progress: Tell | None = None,
) -> Frontier:
    """Vary one bound of a model from none to the tightest, and find the best plan for each.

    Parameters
    ----------
    instance : Instance, str or Path
        The instance, its name or its folder.
    model : str, Path, mapping or Policy
        A model by name, path or content; the value it gives the bound does not matter.
    vary : str, optional
        ``equalization.NAME.maximum`` (or ``minimum``), ``coverage.target`` or ``coverage.floor``
        of a model that minimizes cost; ``total_budget.maximum`` of one that maximizes coverage. By
        default the first equalization entry.
    points : int
        Bounds, equally spaced, both ends among them; where the loosest value is infinite, as a
        ratio is when somebody gets nothing, spaced by value / (1 + value).
    values : sequence of float, optional
        Bounds in the unit of the quantity, instead; the two ends are found as well.
    overrides : mapping, optional
        Dotted keys to values, as in :func:`pse_opt.solve`.
    gap, time_limit : float, optional
        Take the place of those in the document, for every solve.
    against : Plan, optional
        A plan to hold against the frontier; by default today's, where the instance has one.
    folder : str or Path, optional
        Where answers are written as they come (``points.jsonl``); what is there already is not
        solved again.
    executor : Executor, optional
        Any process-based executor.
    workers : int
        Without an executor, processes of our own if more than one. Every solve uses one thread. The
        frontier does not depend on their number, but for solves that end at the time limit.
    progress : callable, optional
        Told of every solve.

    Returns
    -------
    Frontier
        Ctrl-C keeps the points that are solved, and says which are missing.

    Raises
    ------
    InputError
        The instance or the document is wrong, or there is no such bound to vary.
    KeyboardInterrupt
        Ctrl-C came before any plan was found.

    Examples
    --------
    >>> found = frontier("tiny-two-districts", "equalized", points=3, gap=0)
    >>> [(round(p.value, 3), round(p.objective)) for p in found.curve]
    [(0.27, 14760), (0.135, 14860), (0.0, 14960)]
    """
    whole = as_instance(instance)
    policy = read_policy(model, settings_of(overrides, gap=gap, time_limit=time_limit))
    varied = read_varied(vary, policy, whole)
    _refuse(points, values, varied)
    store = Store(None if folder is None else Path(folder), whole.name, policy.name)
    held = (TODAY, Plan.baseline(whole)) if against is None else ("the plan", against)
    with Workers(executor, workers, progress, first=HERE) as pool:
        pool.expected = 3 + (points - 2 if values is None else len(values))
        search = Search(whole, policy, varied, pool, store)
        return _found(search, points, values, held)


def _refuse(points: int, values: Sequence[float] | None, varied: Varied) -> None:
    """Refuse too few points, and bounds that are none."""
    problems = []
    if points < 2:
        remedy = "ask for at least 2: the two ends"
        problems.append(Problem("--points", "too few points", remedy, value=points))
    for value in values or ():
        most = 1.0 if varied.entry is None and varied.is_share else np.inf
        least = varied.limit if varied.side == "maximum" and varied.entry is not None else 0.0
        if not (np.isfinite(value) and least <= value <= most):
            remedy = f"give values from {least:g}" + ("" if np.isinf(most) else f" to {most:g}")
            message = f"not a bound that {varied.path} can have"
            problems.append(Problem("--values", message, remedy, value=value))
    if problems:
        raise InputError(problems)


def _found(
    search: Search,
    points: int,
    values: Sequence[float] | None,
    held: tuple[str, Plan | None],
) -> Frontier:
    """Run the search, and return what there is when it ends or is interrupted."""
    bounds: list[float] = []
    missing: tuple[str, ...] = ()
    against = None
    name, plan = held
    try:
        if search.ends():
            bounds = _grid(search, points, values)
            search.between(bounds)
            if plan is not None:
                against = against_of(search, name, plan)
    except Interrupted:
        if not search.facts.plans:
            raise KeyboardInterrupt from None
        missing = _missing(search, bounds, plan)
    facts = search.facts
    best, answers = facts.best, facts.answers
    ends = [] if best is None else [best.bound]
    known = {b for b in (*bounds, *ends) if facts.settled(b)}
    known = {b for b in known if math.isfinite(b)}  # a ratio that is infinite in every plan
    return Frontier(
        search.instance,
        search.policy.name,
        search.varied.path,
        search.varied.name(search.instance),
        not facts.maximize,
        points_of(facts, [None, *sorted(known, key=facts.depth, reverse=True)]),
        best,
        against,
        answers[None].reasons,
        tuple(dict.fromkeys(n for a in answers.values() for n in a.notes)),
        missing,
        search.solves.count,
        search.solves.resumed,
        search.solves.seconds,
        search.varied,
        search.policy,
    )


def _grid(search: Search, points: int, values: Sequence[float] | None) -> list[float]:
    """Return the bounds between the two ends, from loose to tight."""
    best, loosest = search.facts.best, search.facts.loose or search.facts.plan_for(None)
    assert loosest is not None
    if values is not None:
        return sorted(set(map(float, values)), key=search.facts.depth, reverse=True)
    if best is None or not math.isfinite(best.bound):
        return []
    if abs(loosest.value - best.bound) <= LOOSER * search.facts.slack(best.bound):
        return []
    if math.isfinite(loosest.value):
        return [float(v) for v in np.linspace(loosest.value, best.bound, points)[1:-1]]
    # A ratio is infinite where somebody gets nothing; equally spaced is then v / (1 + v).
    parts = np.linspace(1.0, best.bound / (1.0 + best.bound), points)[1:-1]
    return [float(v) for v in parts / (1.0 - parts)]


def _missing(search: Search, bounds: Sequence[float], plan: Plan | None) -> tuple[str, ...]:
    """Return what Ctrl-C left unsolved."""
    show = search.varied.show
    left = [f"within {show(b)}" for b in bounds if not search.facts.settled(b)]
    best = search.facts.best
    if best is None or not search.facts.settled(best.bound):
        left = ["the tightest plan", *(left or ["what lies between"])]
    return (*left, *(["the plan held against it"] if plan is not None else []))
