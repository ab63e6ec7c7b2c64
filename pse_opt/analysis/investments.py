"""What each investment of a plan costs, what it saves, and when it has paid itself back."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from pse_opt.analysis.alterations import required
from pse_opt.analysis.gain import Gain, gain, refuse_without_cost, solved
from pse_opt.analysis.jobs import Job
from pse_opt.analysis.workers import Tell, in_turn
from pse_opt.instance import Instance
from pse_opt.io import as_instance
from pse_opt.policy import Policy, read_policy, settings_of

__all__ = ["Investment", "Investments", "investments"]


@dataclass(frozen=True)
class Investment:
    """One investment of the best plan, held against the best plan without it.

    Attributes
    ----------
    offer, size, provider, service : str
        What is expanded or improved.
    amount : float
        Money spent once.
    years : float
        Years over which it is spread.
    saves : Gain
        Cost of the best plan without it less that with it, its yearly part included.
    """

    offer: str
    size: str
    provider: str
    service: str
    amount: float
    years: float
    saves: Gain

    @property
    def yearly(self) -> float:
        """The yearly part of the investment."""
        return self.amount / self.years

    @property
    def payback(self) -> float | None:
        """Years after which what it saves before its own cost has paid it back; None: never."""
        if self.saves.found is None or self.saves.found + self.yearly <= 0:
            return None
        return self.amount / (self.saves.found + self.yearly)


@dataclass(frozen=True, eq=False)
class Investments:
    """The investments of a plan."""

    instance: Instance = field(repr=False)
    model: str
    status: str
    items: tuple[Investment, ...]

    def to_frame(self) -> pd.DataFrame:
        """Return one row for each investment."""
        names = ["offer", "size", "provider", "service", "investment", "years", "yearly"]
        columns = [*names, "saves", "least", "most", "payback", "status"]
        rows = []
        for i in self.items:
            whose = (i.offer, i.size, i.provider, i.service)
            saves = (i.saves.found, i.saves.least, i.saves.most, i.payback, i.saves.status)
            rows.append((*whose, i.amount, i.years, i.yearly, *saves))
        return pd.DataFrame(rows, columns=columns)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain JSON values; unknown numbers are None."""
        return {
            "schema": 1,
            "instance": self.instance.name,
            "model": self.model,
            "currency": self.instance.about.currency,
            "status": self.status,
            "investments": self.to_frame().to_dict(orient="records"),
        }

    def __str__(self) -> str:
        from pse_opt.mechanism_screens import investments_screen
        from pse_opt.terminal import as_lines

        return as_lines(investments_screen(self))


def investments(
    instance: Instance | str | Path,
    model: str | Path | Mapping[str, Any] | Policy = "full",
    *,
    gap: float | None = None,
    time_limit: float | None = None,
    executor: Executor | None = None,
    workers: int = 1,
    progress: Tell | None = None,
) -> Investments:
    """Find the investments of the best plan, and by a solve without each what it saves.

    Parameters
    ----------
    instance : Instance, str or Path
        The instance, its name or its folder.
    model : str, Path, mapping or Policy
        A policy that minimizes cost, ``investment`` among it.
    gap, time_limit : float, optional
        Take the place of those in the document, for each solve.
    executor, workers, progress
        As in :func:`pse_opt.compare`.

    Raises
    ------
    InputError
        The model minimizes no cost.
    """
    whole = as_instance(instance)
    policy = read_policy(model, settings_of(None, gap=gap, time_limit=time_limit))
    refuse_without_cost(policy)
    best = solved(Job.of("best plan", whole, policy))
    if best.offers is None:
        return Investments(whole, policy.name, best.status, ())
    chosen = best.offers[best.offers["investment"] > 0]
    jobs = []
    for offer, size in zip(chosen["offer"], chosen["size"], strict=True):
        tables = MappingProxyType({**whole.tables, **_without(whole, offer, size)})
        jobs.append(
            Job.of(f"without {offer} {size}".strip(), Instance(whole.about, tables), policy)
        )
    found = in_turn(solved, jobs, executor=executor, workers=workers, tell=progress)
    columns = ("offer", "size", "provider", "service", "investment", "investment_years")
    lines = zip(*(chosen[c] for c in columns), strict=True)
    items = tuple(
        Investment(offer, size, provider, service, float(amount), float(years), gain(other, best))
        for (offer, size, provider, service, amount, years), other in zip(lines, found, strict=True)
    )
    return Investments(whole, policy.name, best.status, items)


def _without(instance: Instance, offer: str, size: str) -> dict[str, pd.DataFrame]:
    """Return the tables in which an offer cannot be engaged at a size."""
    if size:
        sizes = instance.tables["sizes"]
        left = sizes[~((sizes["offer"] == offer) & (sizes["size"] == size))]
        if (left["offer"] == offer).any():
            return {"sizes": left}
    rows = np.asarray((instance.tables["offers"]["offer"] == offer).to_numpy())
    return required(instance, rows, "forbidden")
