"""What a plan's objective hangs on: limits, providers, costs, and plans that are as good."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

from pse_opt.analysis.aim import Aim
from pse_opt.analysis.dropping import IN_ALL
from pse_opt.analysis.limits import limits_of
from pse_opt.analysis.marginal import marginals_of
from pse_opt.analysis.posed import Given, not_engaged, posed, unknown
from pse_opt.analysis.sensitivity_found import found_of
from pse_opt.analysis.sensitivity_result import Sensitivity
from pse_opt.analysis.sensitivity_solves import Asked, Study
from pse_opt.analysis.solves import Heard, Solves, Store
from pse_opt.analysis.workers import Interrupted, Tell, Workers
from pse_opt.errors import InputError, Problem
from pse_opt.formulation.build import build_model
from pse_opt.instance import Instance
from pse_opt.policy import Policy, settings_of
from pse_opt.results import SOLVES
from pse_opt.solving.result import Result

__all__ = ["Sensitivity", "sensitivity"]

WITHIN = 0.01
"""Gap of the alternatives, by default."""


def sensitivity(
    instance: Instance | str | Path,
    plan: Given,
    model: str | Path | Mapping[str, Any] | Policy | None = None,
    *,
    overrides: Mapping[str, Any] | None = None,
    resolve: int | Sequence[str] = 0,
    providers: int | Sequence[str] | None = None,
    offers: int | Sequence[str] = 3,
    alternatives: int = 3,
    within: float = WITHIN,
    differ: int = 1,
    in_all: float = IN_ALL,
    gap: float | None = None,
    time_limit: float | None = None,
    folder: str | Path | None = None,
    executor: Executor | None = None,
    workers: int = 1,
    progress: Tell | None = None,
    heard: Heard | None = None,
) -> Sensitivity:
    r"""Find what the objective of a plan hangs on: its cost, or what else its model is about.

    Prices of limits are the duals of the linear program that is left with the engagements of the
    plan fixed; all else is solved anew, and stated with what the gaps of the solves leave open.

    Without a provider: a quick answer comes first, the bound of the linear program without its
    offers, and the given plan repaired. Where that leaves more open than the gap asked for,
    everything is solved anew without the provider, the widest first, as long as ``in_all`` allows.
    What is proven stands beside every figure.

    A cost may move: let :math:`U` be the cost of the best plan known, in which an offer is engaged,
    and :math:`L_o` what no plan without the offer costs less than. If the yearly cost of the offer
    rises by :math:`\Delta`, that plan costs :math:`U + \Delta` and a plan without the offer still
    :math:`L_o` at least. As long as :math:`\Delta < L_o - U` the plan is cheaper than every plan
    without the offer; of the plans with it all cost :math:`\Delta` more, so that what was best
    among them still is, to the gap it is known to. Likewise a rise of the unit cost by less than
    :math:`(L_o - U) / V`, where :math:`V` is what it delivers in that plan, leaves the offer
    engaged, while volumes and other engagements may change. Beyond :math:`U_o - L`, the cost of the
    best plan known without it less the proven bound, some plan without it is cheaper than all plans
    with it. Budgets have to bear the rise for all of this.

    Parameters
    ----------
    instance : Instance, str or Path
        The instance, its name or its folder.
    plan : str, Path, Plan or Result
        A result folder (which carries its rules), a table of deliveries, a plan or a result.
    model : str, Path, mapping or Policy, optional
        The rules, where the plan does not carry them. Where they do not minimize cost, figures are
        in the unit of the objective, and nothing is said of how far costs may move.
    overrides : mapping, optional
        Dotted keys to values, as in :func:`pse_opt.solve`.
    resolve : int or sequence of str
        Limits that are moved by a step and everything solved again: how many, those with the
        greatest effect first, or their names.
    providers : int or sequence of str, optional
        Engaged providers to do without: how many, the dearest first, or their names; by default
        all. Each takes a quick solve, and a whole one where that leaves more open than the gap.
    offers : int or sequence of str
        Offers for which it is found how far their cost may rise (fall, where they are not
        engaged): how many, the dearest engaged ones first, or their names. Each takes a solve.
    alternatives : int
        How many other plans to look for at most. Each takes a solve, one after the other.
    within : float
        Relative gap from the best objective that they may have.
    differ : int
        In how many engaged offers they differ at least, from the plan and from each other.
    in_all : float
        Seconds after which no further whole solve without a provider is begun.
    gap, time_limit : float, optional
        Take the place of those in the document, for every solve.
    folder : str or Path, optional
        Where answers are written as they come (``solves.jsonl``); what is there already is not
        solved again.
    executor : Executor, optional
        Any process-based executor.
    workers : int
        Without an executor, processes of our own if more than one. Every solve uses one thread.
    progress : callable, optional
        Told of every solve.
    heard : callable, optional
        Called with every task and its answer as it comes.

    Returns
    -------
    Sensitivity
        Ctrl-C keeps what is solved, and says what is missing.

    Raises
    ------
    InputError
        The instance, the plan or the document is wrong, or names are not known: all problems at
        once.

    Examples
    --------
    >>> import pse_opt as pse
    >>> result = pse.solve("tiny-two-districts", "core", gap=0)
    >>> found = sensitivity("tiny-two-districts", result, gap=0)
    >>> [(r.provider, round(r.more.found, 2)) for r in found.replacements if r.more.found]
    [('helpers', 1240.0)]
    """
    problems = _wrong(resolve, providers, offers, alternatives, within, differ, in_all)
    settings = settings_of(overrides, gap=gap, time_limit=time_limit)
    result = posed(instance, plan, model, settings, problems)
    if result is not None:
        problems += _unknown(result, resolve, providers, offers)
    if problems or result is None:
        raise InputError(problems)
    assert result.plan is not None
    asked = Asked(resolve, providers, offers, alternatives, within, differ, in_all)
    prices = None
    if Aim.of(result.policy, result.instance).linear:
        prices = marginals_of(result.instance, result.policy, result.plan)
    place = None if folder is None else Path(folder)
    store = Store(place, result.instance.name, result.policy.name, SOLVES)
    with Workers(executor, workers, progress) as pool:
        study = Study(result, asked, prices, Solves(pool, store, heard))
        pool.expected = len(study.tasks) + len(study.providers) + alternatives
        try:
            study.run()
        except Interrupted:  # what is missing then is told
            study.interrupted = True
        return found_of(study)


def _wrong(
    resolve: int | Sequence[str],
    providers: int | Sequence[str] | None,
    offers: int | Sequence[str],
    alternatives: int,
    within: float,
    differ: int,
    in_all: float,
) -> list[Problem]:
    """Return what is wrong with the numbers asked for."""
    counts: dict[str, tuple[int | Sequence[str] | None, int]] = {
        "--providers": (providers, 0),
        "--resolve": (resolve, 0),
        "--offers": (offers, 0),
        "--alternatives": (alternatives, 0),
        "--differ": (differ, 1),
    }
    problems = [
        Problem(where, "too small", f"write at least {least}", value=value)
        for where, (value, least) in counts.items()
        if isinstance(value, int) and value < least
    ]
    if not 0.0 <= within < float("inf"):
        remedy = "write a share of the best objective, such as 0.01"
        problems.append(Problem("--within", "not a gap", remedy, value=within))
    if not in_all >= 0.0:
        problems.append(Problem("--in-all", "not a time", "write seconds", value=in_all))
    return problems


def _unknown(
    result: Result,
    resolve: int | Sequence[str],
    providers: int | Sequence[str] | None,
    offers: int | Sequence[str],
) -> list[Problem]:
    """Return names that nothing has, and providers that the plan does not engage."""
    instance, plan = result.instance, result.plan
    assert plan is not None
    named = () if isinstance(providers, int | None) else providers
    problems = not_engaged(instance, plan, named)
    if not isinstance(offers, int):
        problems += unknown("--offer", "offer", offers, instance.offers["offer"].tolist())
    if not isinstance(resolve, int):
        rows = limits_of(build_model(instance, result.policy), instance)
        problems += unknown("--limit", "limit", resolve, [limit.name for limit in rows])
    return problems
