"""Solve: read, build, hand off, solve, check; one function from a name to a certified result."""

from __future__ import annotations

import math
import platform
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import pyomo.core as pe

from pse_opt.analysis.explain import conflict
from pse_opt.analysis.idle import idle_bounds
from pse_opt.errors import Problem
from pse_opt.formulation.build import build_model
from pse_opt.formulation.nearest import pose
from pse_opt.formulation.posed import Posed
from pse_opt.instance import Instance
from pse_opt.io import as_instance
from pse_opt.plan import Plan
from pse_opt.policy import Policy, read_policy, settings_of
from pse_opt.solving import direct, highs, strategies
from pse_opt.solving.compiled import Compiled, compile_model, paused_collector
from pse_opt.solving.cuts import Points, merged
from pse_opt.solving.history import History
from pse_opt.solving.interrupt import stop_on_interrupt
from pse_opt.solving.outcome import Options, Outcome, Progress, relative_gap, status_of
from pse_opt.solving.readout import load_duals, load_reduced_costs, load_values
from pse_opt.solving.result import Result
from pse_opt.solving.starting import start_of
from pse_opt.verification import verify

__all__ = ["solve", "solve_model", "versions"]

NO_MODEL = Outcome("infeasible", "infeasible", None, None, None, None, None, 0.0)
"""The outcome of a model with a row that can never hold."""


def solve(
    instance: Instance | str | Path,
    model: str | Path | Mapping[str, Any] | Policy = "core",
    *,
    overrides: Mapping[str, Any] | None = None,
    gap: float | None = None,
    time_limit: float | None = None,
    threads: int | None = None,
    seed: int | None = None,
    strategy: str | None = None,
    start: Plan | Sequence[Plan] | None = None,
    points: Points | Sequence[Points] = (),
    reasons: bool = True,
    progress: Callable[[Progress], None] | None = None,
) -> Result:
    """Find who should deliver what to whom under a policy.

    Parameters
    ----------
    instance : Instance, str or Path
        The instance, its name or its folder.
    model : str, Path, mapping or Policy
        A model document by name, path or content.
    overrides : mapping, optional
        Dotted keys to values, such as ``{"equalization.regions.maximum": 0.05}``.
    gap, time_limit, threads, seed, strategy : optional
        Take the place of those in the document's ``[solve]``: relative gap, seconds, threads of
        the solver (0: its choice), random seed, ``auto`` or the name of a strategy.
    start : Plan or sequence of Plan, optional
        A plan whose engaged offers the search starts from; it need not keep the rules. Several, or
        one in a list, are taken for plans of questions close to this one: what they and the linear
        relaxation agree on is looked at last.
    points : mapping or sequence of mapping
        ``points`` of results of questions close to this one, the closest last: curves of inequality
        get their tangents there at once, and not round by round. Answers differ by no more than
        their gap, and what belongs to another model is left out.
    reasons : bool
        Look for the reasons where no plan keeps all rules, which takes up to a minute.
    progress : callable, optional
        Called a few times a second with bound, incumbent and gap.

    Returns
    -------
    Result
        Whatever happened: with a plan and its proven gap, or with the reasons why there is none.
        Ctrl-C stops the solve and keeps the incumbent (``termination`` is ``interrupted``).

    Raises
    ------
    InputError
        The instance or the document is wrong.
    SolverError
        The solver ended in a state that is not an answer.
    """
    began = time.perf_counter()
    instance = as_instance(instance)
    settings = settings_of(
        overrides, gap=gap, time_limit=time_limit, threads=threads, seed=seed, strategy=strategy
    )
    policy = read_policy(model, settings)
    instance.links_of_need, instance.links_of_offer, instance.sizes_of_offer  # noqa: B018 - part of reading
    seconds = {"read": time.perf_counter() - began}
    with stop_on_interrupt() as stop:
        mark = time.perf_counter()
        chosen = policy.options
        with paused_collector():
            posed = pose(instance, policy)
        seconds["build"] = time.perf_counter() - mark
        mark = time.perf_counter()
        compiled = posed.compiled()
        if compiled is not None and compiled.rules:
            known_points = [points] if isinstance(points, Mapping) else points
            compiled = replace(compiled, points=merged(known_points))
        seconds["handoff"] = time.perf_counter() - mark
        mark = time.perf_counter()
        options = Options(chosen.gap, chosen.time_limit, chosen.threads, chosen.seed)
        outcome, used, history = NO_MODEL, str(chosen.strategy), History(progress)
        if compiled is not None:
            close = not (start is None or isinstance(start, Plan))
            known = [start] if isinstance(start, Plan) else start or ()
            firsts = [start_of(posed.m, compiled, instance, plan) for plan in known]
            outcome, used = strategies.run(
                chosen.strategy,
                compiled,
                options,
                stop=stop,
                progress=history,
                starts=firsts,
                close=close and bool(firsts),
            )
        seconds["solve"] = time.perf_counter() - mark
        why: tuple[str, ...] = ()
        if outcome.status == "infeasible" and reasons:
            m = build_model(instance, policy)  # reasons are told by its rows
            compiled = compile_model(m)
            why = conflict(instance, policy, m, compiled).lines
        # Still inside: a late Ctrl-C must not lose the plan between solving and checking.
        result = _result(posed, compiled, outcome, used, seconds, why, began)
        return replace(result, history=history.ended(outcome, seconds["solve"]))


def solve_model(
    m: pe.ConcreteModel,
    *,
    gap: float = 1e-3,
    time_limit: float = 60.0,
    threads: int = 0,
    seed: int = 0,
    start: Mapping[Any, float] | None = None,
) -> Outcome:
    """Solve any linear Pyomo model by the fast hand-off to HiGHS, and load the values into it.

    Parameters
    ----------
    m : ConcreteModel
        A linear model with one active objective; what is fixed or deactivated stays so.
    gap, time_limit, threads, seed
        As in :func:`solve`.
    start : mapping of VarData to float, optional
        Values of integer variables to start from (a ``ComponentMap`` or a dictionary by ``id``).

    Returns
    -------
    Outcome
        Status, objective, bound, gap and duals; the incumbent is loaded into the variables, and
        duals and reduced costs into suffixes ``dual`` and ``rc`` where the model imports them.
    """
    compiled = compile_model(m)
    if compiled is None:
        return NO_MODEL
    first: dict[int, float] | None = None
    if start:
        by_id = {id(v) if not isinstance(v, int) else v: x for v, x in start.items()}
        integer = np.flatnonzero(compiled.integer)
        first = {
            int(k): by_id[id(compiled.columns[k])]
            for k in integer
            if id(compiled.columns[k]) in by_id
        }
    options = Options(gap, time_limit, threads, seed)
    with stop_on_interrupt() as stop:
        outcome = direct.run(compiled, options, stop=stop, start=first)
    if outcome.values is not None:
        load_values(compiled, outcome.values)
    load_duals(m, compiled, outcome.row_dual)
    load_reduced_costs(m, compiled, outcome.row_dual)
    return outcome


def _result(
    posed: Posed,
    compiled: Compiled | None,
    outcome: Outcome,
    strategy: str,
    seconds: dict[str, float],
    reasons: tuple[str, ...],
    began: float,
) -> Result:
    instance, policy = posed.instance, posed.policy
    plan: Plan | None = None
    costs: dict[str, float] = {}
    notes: tuple[str, ...] = ()
    if compiled is not None and outcome.values is not None:
        plan, costs, notes = posed.read(compiled, outcome.values)
    sizes = {
        "needs": len(instance.needs),
        "offers": len(instance.offers),
        "links": len(instance.links),
    }
    result = Result(
        instance,
        policy,
        outcome.status,
        outcome.termination,
        outcome.objective,
        outcome.bound,
        outcome.gap,
        plan,
        costs,
        strategy,
        seconds,
        sizes | _counts(compiled, outcome),
        peak_memory_mb(),
        versions(),
        policy.options.seed,
        reasons=reasons,
        warnings=_warnings(instance, policy),
        notes=notes,
        points=outcome.points,
    )
    if plan is not None:
        if compiled is not None and compiled.then:
            result = _as_good_as_it_is(result)
        checked = verify(instance, result)
        result = replace(result, verification=checked)
        if not checked.ok and result.status in ("optimal", "within_gap"):
            # What the checker refutes is not proven, whatever the solver says.
            result = replace(result, status="feasible", termination="error", bound=None, gap=None)
    seconds["total"] = time.perf_counter() - began
    return result


def _as_good_as_it_is(result: Result) -> Result:
    """Return a result whose figures are what the plan amounts to, the objective where it is better.

    Once further goals decide, the columns of the first one need only be as good as it was kept.
    """
    assert result.plan is not None
    assert result.objective is not None
    said = result.objective
    checked = verify(result.instance, result.plan, result.policy)
    result = replace(result, costs={t: checked.costs.get(t, x) for t, x in result.costs.items()})
    found = checked.objective
    best = max if result.policy.objective.maximize is not None else min
    if not math.isfinite(found) or best(found, said) == said:
        return result
    bound = result.bound
    if bound is not None and best(found, bound) == found:
        bound = found
    gap = relative_gap(found, bound)
    held = status_of(gap, result.policy.options.gap)
    status = held if held != "feasible" else result.status
    return replace(result, objective=found, bound=bound, gap=gap, status=status)


def _counts(compiled: Compiled | None, outcome: Outcome) -> dict[str, int]:
    """Sizes of the model, and what was added to it while it was solved."""
    if compiled is None:
        return {}
    added = {"rounds": outcome.rounds, "cuts": outcome.cuts} if compiled.rules else {}
    return compiled.counts | added


def _warnings(instance: Instance, policy: Policy) -> tuple[Problem, ...]:
    return (*instance.warnings, *idle_bounds(instance, policy))


def peak_memory_mb() -> float | None:
    """Return the process's greatest resident memory so far, in megabytes; None on Windows."""
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e3)


def versions() -> dict[str, str]:
    """Return versions of what a result depends on."""
    found = {"python": platform.python_version(), "highs": highs.solver_version()}
    for name in ("pse-opt", "pyomo", "highspy", "numpy", "scipy", "pandas"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found
