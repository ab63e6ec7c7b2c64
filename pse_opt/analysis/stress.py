"""A plan in other worlds: what breaks, what recovery costs, what is regretted."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from pse_opt.analysis.dropping import IN_ALL
from pse_opt.analysis.posed import Given, attempt, not_engaged, posed
from pse_opt.analysis.scenarios import (
    Scenario,
    demand_times,
    draws_of,
    priced,
    prices_times,
    spreads_of,
)
from pse_opt.analysis.solves import Heard, Solves, Store
from pse_opt.analysis.stress_result import Stress
from pse_opt.analysis.stress_solves import Study, Wanted
from pse_opt.analysis.workers import Interrupted, Tell, Workers
from pse_opt.errors import InputError, Problem
from pse_opt.instance import Instance
from pse_opt.policy import Policy, settings_of
from pse_opt.results import SOLVES
from pse_opt.solving.result import Result

__all__ = ["Stress", "stress"]

DEARER = 1.2
"""What costs of each kind of provider engaged are multiplied by, by default."""


def stress(
    instance: Instance | str | Path,
    plan: Given,
    model: str | Path | Mapping[str, Any] | Policy | None = None,
    *,
    overrides: Mapping[str, Any] | None = None,
    providers: int | Sequence[str] | None = None,
    worst: int = 2,
    demand: Sequence[float] = (1.1,),
    draws: int = 20,
    spread: float | pd.DataFrame | str | Path = 0.1,
    together: float = 0.0,
    seed: int = 0,
    prices: Mapping[str, float] | None = None,
    resolve: int = 5,
    recover: bool = True,
    in_all: float = IN_ALL,
    gap: float | None = None,
    time_limit: float | None = None,
    folder: str | Path | None = None,
    executor: Executor | None = None,
    workers: int = 1,
    progress: Tell | None = None,
    heard: Heard | None = None,
) -> Stress:
    """Put a plan into other worlds.

    In each, its engagements are kept and deliveries sought anew
    (:func:`pse_opt.solving.held.hold`): rules give way as little as they can, limits of money
    before people, people before how evenly they are served; what then breaks is told in people and
    units. And everything is solved again: what that costs more than the plan today is the cost of
    recovery, and what keeping the engagements costs above it is the regret. Where the model does
    not minimize cost both are in the unit of its objective: by how much it is worse.

    Parameters
    ----------
    instance, plan, model, overrides
        As in :func:`pse_opt.sensitivity`.
    providers : int or sequence of str, optional
        Engaged providers that drop out, each alone: how many, the dearest first, or their names; by
        default all.
    worst : int
        How many of them are sought that are worst together; below 2 none. All sets are tried where
        there are up to 100 of them; else one is added after the other, and the result says so.
    demand : sequence of float
        Factors of all demand.
    draws : int
        Draws of demand at random.
    spread : float, DataFrame, str or Path
        Standard deviation of the demand of each need, as a share of its mean; or a table (or the
        path of one) with columns service, region, group and spread.
    together : float
        Share of the variance that all needs have in common, 0 to 1.
    seed : int
        Of the draws.
    prices : mapping of str to float, optional
        Factors of fixed and unit costs, by kind of provider, provider, service, or ``all``; by
        default 1.2 for each kind that is engaged.
    resolve : int
        Draws in which everything is solved again, spread evenly from the mildest to the worst.
    recover : bool
        Whether everything is solved again in the other scenarios. Where providers drop out a quick
        solve comes first (:class:`pse_opt.solving.without.Without`), and a whole one only where it
        leaves more open than the gap.
    in_all : float
        Seconds after which none of these whole solves is begun any more.
    gap, time_limit, folder, executor, workers, progress, heard
        As in :func:`pse_opt.sensitivity`.

    Returns
    -------
    Stress
        Ctrl-C keeps what is solved, and says what is missing.

    Raises
    ------
    InputError
        The instance, the plan or the document is wrong, names are not known, or numbers are out of
        range: all problems at once.

    Examples
    --------
    >>> import pse_opt as pse
    >>> result = pse.solve("tiny-two-districts", "core", gap=0)
    >>> found = stress("tiny-two-districts", result, worst=0, draws=0, gap=0)
    >>> [(t.name, round(t.held.people)) for t in found.trials if not t.held.kept]
    [('without state', 690), ('without helpers', 50), ('demand x 1.1', 0)]
    """
    numbers = {"--worst": worst, "--draws": draws, "--resolve": resolve, "--seed": seed}
    problems = _wrong(numbers, providers, demand, together)
    settings = settings_of(overrides, gap=gap, time_limit=time_limit)
    result = posed(instance, plan, model, settings, problems)
    if not isinstance(spread, pd.DataFrame | str | Path) and not 0.0 <= spread < math.inf:
        remedy = "write a share of the mean, such as 0.1"
        problems.append(Problem("--spread", "not a spread", remedy, value=spread))
    for name, factor in (prices or {}).items():
        if not 0.0 <= factor < math.inf:
            remedy = "write NAME=FACTOR, such as ngo=1.2"
            problems.append(Problem("--price", "not a factor", remedy, value=f"{name}={factor}"))
    if not in_all >= 0.0:
        problems.append(Problem("--in-all", "not a time", "write seconds", value=in_all))
    if result is None:
        raise InputError(problems)
    wanted = _wanted(result, problems, providers, prices)
    spreads = None
    if isinstance(spread, pd.DataFrame | str | Path) or 0.0 <= spread < math.inf:
        spreads = attempt(problems, lambda: spreads_of(result.instance, spread))
    if problems or spreads is None:
        raise InputError(problems)
    whole, (names, factors) = result.instance, wanted
    others: list[Scenario] = [demand_times(whole, x) for x in demand]
    others += [prices_times(whole, name, factor) for name, factor in factors.items()]
    drawn = list(draws_of(whole, draws, spreads, together=together, seed=seed))
    place = None if folder is None else Path(folder)
    store = Store(place, whole.name, result.policy.name, SOLVES)
    with Workers(executor, workers, progress) as pool:
        tasks = Wanted(names, worst, others, drawn, resolve, recover, in_all)
        study = Study(result, tasks, Solves(pool, store, heard))
        pool.expected = (1 + recover) * (len(names) + len(others)) + draws + min(resolve, draws)
        with suppress(Interrupted):  # what is missing then is told
            study.run()
        return study.found()


def _wrong(
    numbers: Mapping[str, int],
    providers: int | Sequence[str] | None,
    demand: Sequence[float],
    together: float,
) -> list[Problem]:
    """Return what is wrong with the numbers asked for."""
    counts = dict(numbers)
    if isinstance(providers, int):
        counts["--providers"] = providers
    problems = [
        Problem(where, "too small", "write at least 0", value=value)
        for where, value in counts.items()
        if value < 0
    ]
    problems += [
        Problem("--demand", "not a factor", "write factors above 0, such as 1.1", value=x)
        for x in demand
        if not 0.0 < x < math.inf
    ]
    if not 0.0 <= together <= 1.0:
        remedy = "write a share from 0 to 1"
        problems.append(Problem("--together", "not a share", remedy, value=together))
    return problems


def _wanted(
    result: Result,
    problems: list[Problem],
    providers: int | Sequence[str] | None,
    prices: Mapping[str, float] | None,
) -> tuple[list[str], Mapping[str, float]]:
    """Return who drops out, the dearest first, and whose costs change; add what is not known."""
    assert result.plan is not None
    offers = result.plan.offers
    by_cost = offers.groupby("provider")["cost"].sum().sort_values(ascending=False)
    order = by_cost.index.tolist()
    if isinstance(providers, int | None):
        chosen = order[: len(order) if providers is None else providers]
    else:
        chosen = list(dict.fromkeys(providers))
        problems += not_engaged(result.instance, result.plan, chosen)
    for name in prices or {}:
        attempt(problems, partial(priced, result.instance, name))
    kinds = offers["provider"].map(result.instance.providers.set_index("provider")["kind"])
    factors = dict.fromkeys(dict.fromkeys(kinds), DEARER) if prices is None else prices
    return chosen, factors
