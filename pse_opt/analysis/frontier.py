"""What equality costs: the frontier between a cost and the bound on a measure of inequality."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from pse_opt.analysis.comparing import change_of
from pse_opt.analysis.frontier_jobs import Store
from pse_opt.analysis.frontier_points import Against, Point, against_of, points_of
from pse_opt.analysis.frontier_search import LOOSER, Best, Search
from pse_opt.analysis.jobs import Interrupted, Tell
from pse_opt.analysis.varying import Varied, read_varied
from pse_opt.analysis.workers import Workers
from pse_opt.errors import InputError, Problem
from pse_opt.instance import Instance
from pse_opt.io import load_instance
from pse_opt.plan import Plan
from pse_opt.policy import Policy, read_policy

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Frontier", "frontier"]

TODAY = "today"


@dataclass(frozen=True, eq=False)
class Frontier:
    """The best objective within each bound, from no bound to the tightest.

    Attributes
    ----------
    instance : Instance
        The instance.
    model, vary : str
        Name of the model, and the path of the bound that is varied.
    quantity : str
        What is bounded, with its unit unless it is a share.
    cost : bool
        Whether the objective is a cost; else it is coverage, and public money is bounded.
    points : tuple of Point
        One for each bound, from loose to tight; the first has no bound, the last the tightest.
    best : Best or None
        The tightest value that was found, and how.
    against : Against or None
        Today's plan, or the one given, held against the frontier.
    reasons : tuple of str
        Why no plan keeps the rules even without the bound.
    notes : tuple of str
        Approximations with their proven error.
    missing : tuple of str
        What Ctrl-C left unsolved.
    solves, resumed : int
        Solves of this run, and answers of former runs that were used again.
    seconds : float
        Of the solves of this run, added up.
    """

    instance: Instance = field(repr=False)
    model: str
    vary: str
    quantity: str
    cost: bool
    points: tuple[Point, ...]
    best: Best | None
    against: Against | None
    reasons: tuple[str, ...]
    notes: tuple[str, ...]
    missing: tuple[str, ...]
    solves: int
    resumed: int
    seconds: float
    varied: Varied = field(repr=False)

    @property
    def curve(self) -> tuple[Point, ...]:
        """The points that no other dominates, from loose to tight."""
        return tuple(p for p in self.points if p.plan is not None and not p.dominated)

    @property
    def knee(self) -> Point | None:
        """The point farthest below the line between the two ends, both axes from 0 to 1.

        None where the curve has no point between its ends, or none below that line.
        """
        curve = self.curve
        if len(curve) < 3:
            return None
        x, y = (
            np.array([float(getattr(p, name) or 0.0) for p in curve])
            for name in ("value", "objective")
        )
        if not np.isfinite(x).all():
            return None
        x, y = ((v - v[0]) / (v[-1] - v[0]) for v in (x, y))
        below = x - y
        at = int(below.argmax())
        return curve[at] if below[at] > 1e-9 else None

    def changes(self) -> pd.DataFrame:
        """Return who gains and who loses coverage from the loosest point to the tightest.

        Columns: of (``region`` or ``group``), name, change (share of need, mean over services),
        sorted by change. Empty where the curve has one point.
        """
        columns, curve = ["of", "name", "change"], self.curve
        if len(curve) < 2:
            return pd.DataFrame([], columns=columns)
        after, before = curve[-1].levels, curve[0].levels
        assert after is not None
        assert before is not None
        regions = self.instance.regions
        names = dict(zip(regions["region"], regions["name"], strict=True))
        parts = [change_of(after, before, "region").assign(of="region")]
        parts[0]["name"] = parts[0]["name"].map(names)
        if (after["group"] != "").any():
            parts.append(change_of(after, before, "group").assign(of="group"))
        return pd.concat(parts, ignore_index=True)[columns]

    def to_frame(self) -> pd.DataFrame:
        """Return one row for each point."""
        knee = self.knee
        rows = [{**p.to_dict(), "knee": p is knee} for p in self.points]
        return pd.DataFrame(rows)

    def to_dict(self) -> dict[str, Any]:
        """Return everything but the plans as plain JSON values; unknown numbers are None."""
        knee = self.knee
        return {
            "schema": 1,
            "instance": self.instance.name,
            "model": self.model,
            "vary": self.vary,
            "quantity": self.quantity,
            "currency": self.instance.about.currency,
            "objective": "cost" if self.cost else "coverage",
            "points": [{**p.to_dict(), "knee": p is knee} for p in self.points],
            "best": None if self.best is None else asdict(self.best),
            "against": None if self.against is None else self.against.to_dict(),
            "changes": self.changes().to_dict(orient="records"),
            "reasons": list(self.reasons),
            "notes": list(self.notes),
            "missing": list(self.missing),
            "solves": self.solves,
            "resumed": self.resumed,
            "seconds": self.seconds,
        }

    def to_json(self) -> str:
        """Return everything but the plans as JSON text."""
        from pse_opt.results import json_text

        return json_text(self.to_dict())

    def plot(self) -> Figure:
        """Return a figure: the curve with what the gaps leave open, the knee, the price."""
        from pse_opt.report.frontier import plot_frontier

        return plot_frontier(self)

    def __str__(self) -> str:
        from pse_opt.frontier_screen import frontier_screen
        from pse_opt.terminal import as_lines

        return as_lines(frontier_screen(self))

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(str(self))}</pre>"


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
        Bounds, equally spaced, both ends among them; where the loosest value is infinite, as a ratio
        is when somebody gets nothing, spaced by value / (1 + value).
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
    >>> [(round(p.value, 3), round(p.objective, 2)) for p in found.curve]
    [(0.27, 14186.02), (0.135, 14537.77), (0.0, 14889.53)]
    """
    whole = instance if isinstance(instance, Instance) else load_instance(instance)
    given = {"solve.gap": gap, "solve.time_limit": time_limit}
    settings = {**(overrides or {}), **{k: v for k, v in given.items() if v is not None}}
    policy = read_policy(model, settings)
    varied = read_varied(vary, policy, whole)
    _refuse(points, values, varied)
    store = Store(None if folder is None else Path(folder), whole.name, policy.name)
    held = (TODAY, Plan.baseline(whole)) if against is None else ("the plan", against)
    with Workers(executor, workers, progress) as pool:
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
        if not search.state.plans:
            raise KeyboardInterrupt from None
        missing = _missing(search, bounds, plan)
    solved = [b for b in bounds if search.settled(b)]
    best = search.state.best
    known = {*solved, *([best.bound] if best is not None and search.settled(best.bound) else [])}
    known = {b for b in known if math.isfinite(b)}  # a ratio that is infinite in every plan
    answers = search.state.answers
    return Frontier(
        search.instance,
        search.policy.name,
        search.varied.path,
        search.varied.name(search.instance),
        not search.maximize,
        points_of(search, [None, *sorted(known, key=search.depth, reverse=True)]),
        best,
        against,
        answers[None].reasons,
        tuple(dict.fromkeys(n for a in answers.values() for n in a.notes)),
        missing,
        search.state.solves,
        search.store.resumed,
        search.state.seconds,
        search.varied,
    )


def _grid(search: Search, points: int, values: Sequence[float] | None) -> list[float]:
    """Return the bounds between the two ends, from loose to tight."""
    best, loosest = search.state.best, search.plan_for(None)
    assert loosest is not None
    if values is not None:
        return sorted(set(map(float, values)), key=search.depth, reverse=True)
    if best is None or not math.isfinite(best.bound):
        return []
    if abs(loosest.value - best.bound) <= LOOSER * search.slack:
        return []
    if math.isfinite(loosest.value):
        return [float(v) for v in np.linspace(loosest.value, best.bound, points)[1:-1]]
    # A ratio is infinite where somebody gets nothing; equally spaced is then v / (1 + v).
    parts = np.linspace(1.0, best.bound / (1.0 + best.bound), points)[1:-1]
    return [float(v) for v in parts / (1.0 - parts)]


def _missing(search: Search, bounds: Sequence[float], plan: Plan | None) -> tuple[str, ...]:
    """Return what Ctrl-C left unsolved."""
    show = search.varied.show
    left = [f"within {show(b)}" for b in bounds if not search.settled(b)]
    best = search.state.best
    if best is None or not search.settled(best.bound):
        left = ["the tightest plan", "what lies between"]
    return (*left, *(["the plan held against it"] if plan is not None else []))
