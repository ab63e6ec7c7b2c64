"""For a provider: where its offers are worth serving, and up to which price."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from pse_opt.analysis.jobs import Job
from pse_opt.analysis.judging import Opportunity, judge
from pse_opt.analysis.workers import Tell, in_turn
from pse_opt.errors import InputError, Problem, nearest
from pse_opt.instance import Instance
from pse_opt.io import as_instance
from pse_opt.policy import Policy, read_policy, settings_of

__all__ = ["Opportunities", "opportunities"]


@dataclass(frozen=True, eq=False)
class Opportunities:
    """The offers of a provider that were looked at, largest first."""

    instance: Instance = field(repr=False)
    provider: str
    model: str
    offers: tuple[Opportunity, ...]
    skipped: int

    def to_frame(self) -> pd.DataFrame:
        """Return one row for each offer, without its regions."""
        rows = [{k: v for k, v in o.to_dict().items() if k != "regions"} for o in self.offers]
        return pd.DataFrame(rows)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain JSON values; unknown numbers are None."""
        return {
            "schema": 1,
            "instance": self.instance.name,
            "provider": self.provider,
            "model": self.model,
            "currency": self.instance.about.currency,
            "offers": [o.to_dict() for o in self.offers],
            "skipped": self.skipped,
        }

    def __str__(self) -> str:
        from pse_opt.opportunities_screen import opportunities_screen
        from pse_opt.terminal import as_lines

        return as_lines(opportunities_screen(self))


def opportunities(
    instance: Instance | str | Path,
    provider: str,
    model: str | Path | Mapping[str, Any] | Policy = "ngo-mixed",
    *,
    offers: int = 3,
    gap: float | None = None,
    time_limit: float | None = None,
    executor: Executor | None = None,
    workers: int = 1,
    progress: Tell | None = None,
) -> Opportunities:
    """Find where a provider is worth engaging, and up to which price.

    Every offer is solved with it required and with it forbidden; the plan with it shows up to which
    unit cost it pays, and a solve just above that looks whether it still does.

    Parameters
    ----------
    instance : Instance, str or Path
        The instance, its name or its folder.
    provider : str
        Whose offers.
    model : str, Path, mapping or Policy
        A policy that minimizes cost.
    offers : int
        How many of its offers, by capacity, largest first.
    gap, time_limit : float, optional
        Take the place of those in the document, for each of three to five solves an offer.
    executor, workers, progress
        As in :func:`pse_opt.compare`.

    Raises
    ------
    InputError
        There is no such provider, it has no offers, or the model minimizes no cost.
    """
    whole = as_instance(instance)
    policy = read_policy(model, settings_of(None, gap=gap, time_limit=time_limit))
    table = whole.tables["offers"]
    mine = table[table["provider"] == provider].sort_values(
        "capacity", ascending=False, kind="stable"
    )
    _refuse(whole, provider, policy, mine)
    chosen = mine["offer"].head(offers).tolist()
    jobs = [Job.of(offer, whole, policy) for offer in chosen]
    run = partial(in_turn, executor=executor, workers=workers, tell=progress)
    found = tuple(run(judge, jobs))
    return Opportunities(whole, provider, policy.name, found, len(mine) - len(chosen))


def _refuse(whole: Instance, provider: str, policy: Policy, mine: pd.DataFrame) -> None:
    problems = []
    known = whole.providers["provider"].tolist()
    if provider not in known:
        remedy = nearest(provider, known)
        problems.append(Problem("--provider", "there is no such provider", remedy, value=provider))
    elif mine.empty:
        remedy = "add what it could do to the table offers"
        problems.append(Problem("--provider", "it has no offers", remedy, value=provider))
    if not {"engagement", "delivery"} <= set(policy.objective.minimize or ()):
        message, remedy = "it does not minimize cost", "name a model that does, such as ngo-mixed"
        problems.append(Problem("--model", message, remedy, value=policy.name))
    if problems:
        raise InputError(problems)
