"""Mechanisms side by side: any models on one instance."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from pse_opt.analysis.comparing import (
    change_of,
    differences_of,
    levels_of,
    mixed_model,
    refuse_doubles,
    row_of,
    same_without_ngos,
    savings_of,
)
from pse_opt.analysis.entry import TODAY, Entry, Figures, measure_job
from pse_opt.analysis.jobs import Job
from pse_opt.analysis.savings import ALONE, BreakEven, Saving, break_even, saving, without_ngos
from pse_opt.analysis.shown import Shown
from pse_opt.analysis.workers import Interrupted, Tell, in_turn
from pse_opt.instance import Instance
from pse_opt.io import as_instance, load_instance, variants_of
from pse_opt.policy import Policy, read_policy, settings_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.console import RenderableType

__all__ = ["Comparison", "compare"]

NOTICED = 0.005
"""Change of coverage from which on somebody counts as winning or losing: half a point."""
Models = Sequence[str | Path | Mapping[str, Any] | Policy]


@dataclass(frozen=True, eq=False)
class Comparison(Shown):
    """Models side by side on one instance; the first is what the others are held against.

    Attributes
    ----------
    instance : Instance
        The instance.
    entries : tuple of Entry
        One for each model, in the order given; a model without a plan has no figures.
    variants : mapping of str to tuple of Entry
        The same under other costs, by the name of the variant.
    mixed : str or None
        The first model that admits NGOs beside others, else the first of NGOs alone.
    without : Entry or None
        The same model without NGOs.
    break_even : BreakEven or None
        How dear NGOs may be until that model saves nothing by them.
    differences : mapping of str to tuple of str
        By model, the rules in which it differs from the first, apart from who may deliver.
    missing : tuple of str
        What Ctrl-C left unsolved: models, models under other costs, the search for the break-even.
    """

    instance: Instance = field(repr=False)
    entries: tuple[Entry, ...]
    variants: Mapping[str, tuple[Entry, ...]]
    mixed: str | None
    without: Entry | None = field(repr=False)
    break_even: BreakEven | None
    differences: Mapping[str, tuple[str, ...]]
    missing: tuple[str, ...] = ()

    @property
    def today(self) -> Figures | None:
        """Figures of today's plan, held against the floors of the first model that has a plan."""
        return next((e.today for e in self.entries if e.today is not None), None)

    @property
    def savings(self) -> tuple[Saving, ...]:
        """What every model saves against the first, where costs can be compared."""
        return savings_of(self.entries)

    @property
    def ngo_value(self) -> Saving | None:
        """The value of the NGO mechanism: what the mixed model saves by its NGOs."""
        mixed = next((e for e in self.entries if e.model == self.mixed), None)
        return None if mixed is None or self.without is None else saving(self.without, mixed)

    def changes(self, model: str, against: str = TODAY) -> pd.DataFrame:
        """Return who gains and who loses coverage, by region and by group.

        Columns: of (``region`` or ``group``), name, change (share of need, mean over services),
        sorted by change. Empty where one of the two has no plan.

        Parameters
        ----------
        model : str
            The model.
        against : str
            Another model, or ``today``.
        """
        after, before = self._levels(model), self._levels(against)
        columns = ["of", "name", "change"]
        if after is None or before is None:
            return pd.DataFrame([], columns=columns)
        names = dict(
            zip(self.instance.regions["region"], self.instance.regions["name"], strict=True)
        )
        parts = [change_of(after, before, "region").assign(of="region")]
        parts[0]["name"] = parts[0]["name"].map(names)
        if (after["group"] != "").any():
            parts.append(change_of(after, before, "group").assign(of="group"))
        return pd.concat(parts, ignore_index=True)[columns]

    def _levels(self, model: str) -> pd.DataFrame | None:
        if model == TODAY:
            return None if self.today is None else self.today.levels
        entry = next(e for e in self.entries if e.model == model)
        return None if entry.figures is None else entry.figures.levels

    def levels(self) -> pd.DataFrame:
        """Return what everybody gets under today's plan and every model's.

        Columns: plan (``today`` or the model), region, group, service, demand, coverage.
        """
        return levels_of({m: self._levels(m) for m in (TODAY, *(e.model for e in self.entries))})

    def to_frame(self) -> pd.DataFrame:
        """Return one row for each variant and model: every figure that is a number."""
        rows = [row_of("", e) for e in self.entries]
        rows += [row_of(name, e) for name, entries in self.variants.items() for e in entries]
        return pd.DataFrame(rows)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain JSON values; unknown numbers are None."""
        value = self.ngo_value
        return {
            "schema": 1,
            "instance": self.instance.name,
            "models": [e.model for e in self.entries],
            "missing": list(self.missing),
            "mixed": self.mixed,
            "without": None if self.without is None else self.without.to_dict(),
            "currency": self.instance.about.currency,
            "entries": [e.to_dict() for e in self.entries],
            "today": None if self.today is None else self.today.to_dict(),
            "savings": [s.to_dict() for s in self.savings],
            "rules_that_differ": {m: list(s) for m, s in self.differences.items()},
            "ngo_value": None if value is None else value.to_dict(),
            "break_even": None if self.break_even is None else self.break_even.to_dict(),
            "changes": {
                e.model: {
                    against: self.changes(e.model, against).to_dict(orient="records")
                    for against in (TODAY, self.entries[0].model)
                }
                for e in self.entries
            },
            "variants": {
                name: {
                    "entries": [e.to_dict() for e in entries],
                    "savings": [s.to_dict() for s in savings_of(entries)],
                }
                for name, entries in self.variants.items()
            },
        }

    def plot(self) -> Figure:
        """Return a figure: cost by term, who delivers, who gains and loses."""
        from pse_opt.report.comparison import plot_comparison

        return plot_comparison(self)

    def screen(self) -> RenderableType:
        """Return what the terminal shows."""
        from pse_opt.comparison_screen import compare_screen

        return compare_screen(self)


def compare(
    instance: Instance | str | Path,
    models: Models,
    *,
    gap: float | None = None,
    time_limit: float | None = None,
    variants: bool | Mapping[str, Instance] = True,
    steps: int = 4,
    executor: Executor | None = None,
    workers: int = 1,
    progress: Tell | None = None,
) -> Comparison:
    """Solve several models on one instance and put them side by side.

    Parameters
    ----------
    instance : Instance, str or Path
        The instance, its name or its folder.
    models : sequence
        Two or more models by name, path or content; the first is what the others are held against.
    gap, time_limit : float, optional
        Take the place of those in the documents, for every solve.
    variants : bool or mapping of str to Instance
        Solve the cost variants too: those of the instance's folder, or the ones given.
    steps : int
        Solves in search of the costs at which NGOs save nothing any more; 0: no search.
    executor : Executor, optional
        Any process-based executor.
    workers : int
        Without an executor, processes of our own if more than one. Every solve uses one thread.
    progress : callable, optional
        Told of every solve.

    Returns
    -------
    Comparison
        Ctrl-C keeps the models that are solved, and says which are missing.

    Raises
    ------
    InputError
        The instance or a document is wrong, or two models have one name.
    KeyboardInterrupt
        Ctrl-C came before any model was solved.

    Examples
    --------
    >>> found = compare("tiny-two-districts", ["government-only", "ngo-mixed"], gap=0, steps=0)
    >>> round(found.ngo_value.found, 2), found.ngo_value.proven
    (1113.98, True)
    """
    others = _variants(instance, variants)
    whole = as_instance(instance)
    settings = settings_of(None, gap=gap, time_limit=time_limit)
    policies = [read_policy(model, settings) for model in models]
    refuse_doubles([p.name for p in policies])
    jobs = {("", p.name): Job.of(p.name, whole, p) for p in policies}
    jobs |= {
        (v, p.name): Job.of(f"{p.name} @{v}", x, p) for v, x in others.items() for p in policies
    }
    first = policies[0]
    mixed = mixed_model(whole, policies)
    if mixed is not None and not same_without_ngos(whole, first, mixed):
        alone = without_ngos(whole, mixed)
        assert alone is not None
        jobs["", alone.label] = alone
    run = partial(in_turn, measure_job, executor=executor, workers=workers, tell=progress)
    found, missing = _answers(jobs, run)
    policies = [p for p in policies if ("", p.name) in found]
    if not policies:
        raise KeyboardInterrupt
    entries = tuple(found["", p.name] for p in policies)
    without = None if mixed is None else _without(found, first, mixed, jobs)
    if mixed is not None and (("", mixed.name) not in found or without is None):
        mixed = without = None
    searched = None
    if mixed is not None and without is not None and steps and not missing:
        entry = found["", mixed.name]
        try:
            searched = break_even(
                whole, mixed, without, entry, steps=steps, solve=lambda job: run([job])[0]
            )
        except KeyboardInterrupt:
            missing = ("the search for the break-even",)
    elif mixed is not None and steps:
        missing = (*missing, "the search for the break-even")
    return Comparison(
        whole,
        entries,
        {
            v: tuple(found[v, p.name] for p in policies)
            for v in others
            if all((v, p.name) in found for p in policies)
        },
        None if mixed is None else mixed.name,
        without,
        searched,
        {p.name: differences_of(policies[0], p) for p in policies[1:]},
        missing,
    )


Key = tuple[str, str]
"""Variant and model."""


def _answers(
    jobs: Mapping[Key, Job], run: Callable[[list[Job]], list[Entry]]
) -> tuple[dict[Key, Entry], tuple[str, ...]]:
    """Return what was solved, and the labels of what Ctrl-C left out."""
    answers: Sequence[Entry | None]
    try:
        answers = run(list(jobs.values()))
    except Interrupted as stopped:
        answers = stopped.answers
    pairs = dict(zip(jobs, answers, strict=True))
    found = {key: entry for key, entry in pairs.items() if entry is not None}
    return found, tuple(jobs[key].label for key, entry in pairs.items() if entry is None)


def _without(
    found: Mapping[Key, Entry], first: Policy, mixed: Policy, jobs: Mapping[Key, Job]
) -> Entry | None:
    """The mixed model without NGOs: solved by itself, or the first model."""
    key = ("", ALONE.format(mixed.name))
    if key in jobs:
        return replace(found[key], model=key[1]) if key in found else None
    return found.get(("", first.name))


def _variants(
    instance: Instance | str | Path, wanted: bool | Mapping[str, Instance]
) -> Mapping[str, Instance]:
    if isinstance(wanted, Mapping):
        return wanted
    if not wanted or isinstance(instance, Instance):
        return {}
    return {v: load_instance(f"{instance}@{v}") for v in variants_of(instance)}
