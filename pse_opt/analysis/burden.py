"""What equalization costs each budget: spending with its entries and without them."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from pse_opt.analysis.gain import Gain, Solved, gain, refuse_without_cost, solved
from pse_opt.analysis.jobs import Job
from pse_opt.analysis.workers import Tell, in_turn
from pse_opt.errors import InputError, Problem
from pse_opt.instance import Instance
from pse_opt.io import as_instance
from pse_opt.policy import Policy, read_policy, settings_of
from pse_opt.tables import TRANSFER

__all__ = ["Burden", "burden"]


@dataclass(frozen=True, eq=False)
class Burden:
    """Who bears what equalization costs.

    Attributes
    ----------
    budgets : DataFrame
        Columns jurisdiction, name, budget, without, spending (money per year without and with
        equalization), costs (their difference), received, given (transfers with equalization).
    costs : Gain
        The difference of the objectives, all terms of it together.
    """

    instance: Instance = field(repr=False)
    model: str
    budgets: pd.DataFrame = field(repr=False)
    costs: Gain

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain JSON values; unknown numbers are None."""
        costs = self.costs
        return {
            "schema": 1,
            "instance": self.instance.name,
            "model": self.model,
            "currency": self.instance.about.currency,
            "costs": {"found": costs.found, "least": costs.least, "most": costs.most},
            "status": costs.status,
            "budgets": self.budgets.to_dict(orient="records"),
        }

    def __str__(self) -> str:
        from pse_opt.mechanism_screens import burden_screen
        from pse_opt.terminal import as_lines

        return as_lines(burden_screen(self))


def burden(
    instance: Instance | str | Path,
    model: str | Path | Mapping[str, Any] | Policy = "transfers",
    *,
    gap: float | None = None,
    time_limit: float | None = None,
    executor: Executor | None = None,
    workers: int = 1,
    progress: Tell | None = None,
) -> Burden:
    """Solve a policy with and without its equalization, and hold what budgets spend side by side.

    Parameters
    ----------
    instance : Instance, str or Path
        The instance, its name or its folder.
    model : str, Path, mapping or Policy
        A policy that minimizes cost and has equalization.
    gap, time_limit : float, optional
        Take the place of those in the document, for both solves.
    executor, workers, progress
        As in :func:`pse_opt.compare`.

    Raises
    ------
    InputError
        The model minimizes no cost, or equalizes nothing.
    """
    whole = as_instance(instance)
    policy = read_policy(model, settings_of(None, gap=gap, time_limit=time_limit))
    refuse_without_cost(policy)
    if not policy.equalization:
        message, remedy = "it equalizes nothing", "name a model with [[equalization]]"
        raise InputError([Problem("--model", message, remedy, value=policy.name)])
    bare = read_policy({**policy.document, "equalization": []})
    jobs = [Job.of("with equalization", whole, policy), Job.of("without it", whole, bare)]
    with_it, without = in_turn(solved, jobs, executor=executor, workers=workers, tell=progress)
    return Burden(whole, policy.name, _budgets(whole, with_it, without), gain(with_it, without))


def _budgets(instance: Instance, with_it: Solved, without: Solved) -> pd.DataFrame:
    """Spending of every jurisdiction, side by side, and the transfers of the plan with it."""
    table = instance.jurisdictions[["jurisdiction", "name", "budget"]]
    before, after = _spent(instance, without), _spent(instance, with_it)
    names = table["jurisdiction"]
    frame = table.assign(without=names.map(before), spending=names.map(after))
    frame["costs"] = frame["spending"] - frame["without"]
    for column, side in (("received", "receiver"), ("given", "giver")):
        money: Mapping[Any, float] = {}
        if with_it.transfers is not None:
            money = with_it.transfers.groupby(side)["amount"].sum().to_dict()
        frame[column] = [money.get(name, 0.0) for name in names]
    return frame.reset_index(drop=True)


def _spent(instance: Instance, found: Solved) -> dict[str, float]:
    """What every jurisdiction spends on services, transfers apart; empty without a plan."""
    if found.payments is None:
        return {}
    rows = found.payments[found.payments["mode"] != TRANSFER]
    spent = {str(j): 0.0 for j in instance.jurisdictions["jurisdiction"]}
    return spent | {str(j): float(a) for j, a in rows.groupby("payer")["amount"].sum().items()}
