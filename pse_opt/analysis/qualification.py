"""Who is kept out by qualification and why, and what meeting the thresholds would save."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from pse_opt.analysis.gain import Gain, Solved, gain, refuse_without_cost, solved
from pse_opt.analysis.jobs import Job
from pse_opt.analysis.workers import Tell, in_turn
from pse_opt.eligibility import offers_of_kinds
from pse_opt.instance import Instance
from pse_opt.io import as_instance
from pse_opt.policy import Policy, read_policy, settings_of

__all__ = ["EVERYBODY", "Admission", "Qualification", "excluded_offers", "qualification"]

EVERYBODY = ""
"""Label of the admission of everybody who is kept out."""


@dataclass(frozen=True, eq=False)
class Admission:
    """What it saves if a provider meets every threshold and is accredited.

    Attributes
    ----------
    provider : str
        Who; blank for everybody together.
    offers : int
        Offers of it that are kept out.
    saves : Gain
        Cost under the policy as it is, less cost with it admitted free of charge.
    volume : mapping of str to float
        What the offers that were kept out then deliver, by service, in its unit per year.
    """

    provider: str
    offers: int
    saves: Gain
    volume: Mapping[str, float]


@dataclass(frozen=True, eq=False)
class Qualification:
    """Offers kept out, and what admitting their providers would save.

    Attributes
    ----------
    excluded : DataFrame
        Columns offer, provider, service, capacity, reason, cost (money per year that would qualify
        the provider; NaN where it cannot).
    admissions : tuple of Admission
        Of the providers looked at, largest first, and of everybody together.
    skipped : int
        Providers kept out that were not looked at alone.
    """

    instance: Instance = field(repr=False)
    model: str
    excluded: pd.DataFrame = field(repr=False)
    admissions: tuple[Admission, ...]
    skipped: int

    def to_frame(self) -> pd.DataFrame:
        """Return one row for each admission."""
        columns = ["provider", "offers", "saves", "least", "most", "status"]
        rows = [
            (a.provider, a.offers, a.saves.found, a.saves.least, a.saves.most, a.saves.status)
            for a in self.admissions
        ]
        return pd.DataFrame(rows, columns=columns)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain JSON values; unknown numbers are None."""
        admissions = self.to_frame().to_dict(orient="records")
        for line, item in zip(admissions, self.admissions, strict=True):
            line["volume"] = dict(item.volume)
        return {
            "schema": 1,
            "instance": self.instance.name,
            "model": self.model,
            "currency": self.instance.about.currency,
            "excluded": self.excluded.to_dict(orient="records"),
            "admissions": admissions,
            "skipped": self.skipped,
        }

    def __str__(self) -> str:
        from pse_opt.mechanism_screens import qualification_screen
        from pse_opt.terminal import as_lines

        return as_lines(qualification_screen(self))


def qualification(
    instance: Instance | str | Path,
    model: str | Path | Mapping[str, Any] | Policy = "full",
    *,
    providers: int = 3,
    gap: float | None = None,
    time_limit: float | None = None,
    executor: Executor | None = None,
    workers: int = 1,
    progress: Tell | None = None,
) -> Qualification:
    """Find who is kept out and why, and by new solves what admitting them would save.

    A provider is admitted by raising its quality and reliability to the policy's thresholds, where
    they are below, and accrediting it for every service, free of charge.

    Parameters
    ----------
    instance : Instance, str or Path
        The instance, its name or its folder.
    model : str, Path, mapping or Policy
        A policy that minimizes cost.
    providers : int
        How many of the providers kept out are looked at alone, by capacity, largest first.
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
    excluded = excluded_offers(whole, policy)
    if excluded.empty:
        return Qualification(whole, policy.name, excluded, (), 0)
    size = excluded.groupby("provider", sort=False)["capacity"].sum()
    names = size.sort_values(ascending=False, kind="stable").index.tolist()
    chosen = {name: [name] for name in names[:providers]} | {EVERYBODY: names}
    jobs = [Job.of("as it is", whole, policy)]
    for label, admitted in chosen.items():
        tables = MappingProxyType({**whole.tables, **_admitted(whole, policy, admitted)})
        jobs.append(Job.of(label or "everybody", Instance(whole.about, tables), policy))
    found = in_turn(solved, jobs, executor=executor, workers=workers, tell=progress)
    admissions = tuple(
        _admission(label, excluded[excluded["provider"].isin(admitted)], found[0], result)
        for (label, admitted), result in zip(chosen.items(), found[1:], strict=True)
    )
    skipped = max(len(names) - providers, 0)
    return Qualification(whole, policy.name, excluded, admissions, skipped)


def excluded_offers(instance: Instance, policy: Policy) -> pd.DataFrame:
    """Return the offers that accreditation or thresholds keep out, and why.

    Columns offer, provider, service, capacity (units/year), reason, cost (money per year that would
    qualify the provider; NaN where it cannot).
    """
    table = instance.tables["offers"].set_index("offer")
    reasons = dict(zip(instance.excluded["offer"], instance.excluded["reason"], strict=True))
    reasons = {offer: why for offer, why in reasons.items() if why != "forbidden"}
    section = policy.sections.get("qualification")
    if section is not None:
        reasons |= _below(instance, section)
    frame = table.loc[list(reasons), ["provider", "service", "capacity"]].reset_index()
    cost = instance.providers.set_index("provider")["qualification_cost"]
    accredited = ~frame["offer"].isin(list(instance.excluded["offer"]))
    price = frame["provider"].map(cost).astype(float).where(accredited)
    return frame.assign(reason=list(reasons.values()), cost=price.astype(float))


def _below(instance: Instance, section: Mapping[str, Any]) -> dict[str, str]:
    """Return why each admissible offer is below a threshold, in words."""
    offers = instance.offers
    record = instance.providers["reliability"].to_numpy()[offers["provider_at"].to_numpy()]
    asked = offers_of_kinds(instance, section["kinds"])
    words: dict[str, list[str]] = {}
    for word, values in (("quality", offers["quality"].to_numpy()), ("reliability", record)):
        least = section[f"minimum_{word}"]
        for o in np.flatnonzero(asked & (values < least)) if least is not None else ():
            text = f"{word} {values[o]:g} below {least:g}"
            words.setdefault(str(offers["offer"][o]), []).append(text)
    return {offer: ", ".join(parts) for offer, parts in words.items()}


def _admitted(instance: Instance, policy: Policy, names: list[str]) -> dict[str, pd.DataFrame]:
    """Return the tables in which these providers meet the thresholds and are accredited."""
    section = policy.sections.get("qualification", {})
    providers, offers = instance.tables["providers"], instance.tables["offers"]
    mine, theirs = providers["provider"].isin(names), offers["provider"].isin(names)
    providers = providers.assign(accredited_for=providers["accredited_for"].mask(mine, ""))
    for word in ("quality", "reliability"):
        least = section.get(f"minimum_{word}")
        if least is not None:
            low = mine & (providers[word] < least)
            providers = providers.assign(**{word: providers[word].mask(low, least)})
    least = section.get("minimum_quality")
    if least is not None:
        low = theirs & (offers["quality"] < least)
        offers = offers.assign(quality=offers["quality"].mask(low, least))
    return {"providers": providers, "offers": offers}


def _admission(label: str, kept_out: pd.DataFrame, as_it_is: Solved, found: Solved) -> Admission:
    volume: dict[str, float] = {}
    if found.offers is not None:
        mine = found.offers[found.offers["offer"].isin(kept_out["offer"])]
        volume = {str(s): float(v) for s, v in mine.groupby("service")["volume"].sum().items()}
    return Admission(label, len(kept_out), gain(as_it_is, found), MappingProxyType(volume))
