"""Mechanisms side by side: any models on one instance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from pse_opt.analysis.entry import TODAY, Entry, Figures, measure_job
from pse_opt.analysis.jobs import Job, Tell, in_turn
from pse_opt.analysis.preflight import barred
from pse_opt.analysis.savings import ALONE, BreakEven, Saving, break_even, saving, without_ngos
from pse_opt.errors import InputError, Problem
from pse_opt.instance import Instance
from pse_opt.io import load_instance, variants_of
from pse_opt.policy import Policy, read_policy

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Comparison", "compare"]

NOTICED = 0.005
"""Change of coverage from which on somebody counts as winning or losing: half a point."""
Models = Sequence[str | Path | Mapping[str, Any] | Policy]


@dataclass(frozen=True, eq=False)
class Comparison:
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
        The first model that admits NGOs.
    without : Entry or None
        The same model without NGOs.
    break_even : BreakEven or None
        How dear NGOs may be until that model saves nothing by them.
    differences : mapping of str to tuple of str
        By model, the rules in which it differs from the first, apart from who may deliver.
    """

    instance: Instance = field(repr=False)
    entries: tuple[Entry, ...]
    variants: Mapping[str, tuple[Entry, ...]]
    mixed: str | None
    without: Entry | None = field(repr=False)
    break_even: BreakEven | None
    differences: Mapping[str, tuple[str, ...]]

    @property
    def today(self) -> Figures | None:
        """Figures of today's plan, held against the floors of the first model that has a plan."""
        return next((e.today for e in self.entries if e.today is not None), None)

    @property
    def savings(self) -> tuple[Saving, ...]:
        """What every model saves against the first, where costs can be compared."""
        return _savings(self.entries)

    @property
    def ngo_value(self) -> Saving | None:
        """The value of the NGO mechanism: what the first model that admits NGOs saves by them."""
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
        parts = [_change(after, before, "region").assign(of="region")]
        parts[0]["name"] = parts[0]["name"].map(names)
        if (after["group"] != "").any():
            parts.append(_change(after, before, "group").assign(of="group"))
        return pd.concat(parts, ignore_index=True)[columns]

    def _levels(self, model: str) -> pd.DataFrame | None:
        if model == TODAY:
            return None if self.today is None else self.today.levels
        entry = next(e for e in self.entries if e.model == model)
        return None if entry.figures is None else entry.figures.levels

    def to_frame(self) -> pd.DataFrame:
        """Return one row for each variant and model: every figure that is a number."""
        rows = [_row("", e) for e in self.entries]
        rows += [_row(name, e) for name, entries in self.variants.items() for e in entries]
        return pd.DataFrame(rows)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain JSON values; unknown numbers are None."""
        value = self.ngo_value
        return {
            "schema": 1,
            "instance": self.instance.name,
            "models": [e.model for e in self.entries],
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
                    "savings": [s.to_dict() for s in _savings(entries)],
                }
                for name, entries in self.variants.items()
            },
        }

    def to_json(self) -> str:
        """Return everything as JSON text."""
        from pse_opt.results import json_text

        return json_text(self.to_dict())

    def plot(self) -> Figure:
        """Return a figure: cost by term, who delivers, who gains and loses."""
        from pse_opt.report.comparison import plot_comparison

        return plot_comparison(self)

    def __str__(self) -> str:
        from pse_opt.comparison_screen import compare_screen
        from pse_opt.terminal import as_lines

        return as_lines(compare_screen(self))


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

    Raises
    ------
    InputError
        The instance or a document is wrong, or two models have one name.

    Examples
    --------
    >>> found = compare("tiny-two-districts", ["government-only", "ngo-mixed"], gap=0, steps=0)
    >>> round(found.ngo_value.found, 2), found.ngo_value.proven
    (1113.98, True)
    """
    others = _variants(instance, variants)
    whole = instance if isinstance(instance, Instance) else load_instance(instance)
    settings = {"solve.gap": gap, "solve.time_limit": time_limit}
    settings = {k: v for k, v in settings.items() if v is not None}
    policies = [read_policy(model, settings) for model in models]
    _refuse_doubles([p.name for p in policies])
    jobs = {("", p.name): Job.of(p.name, whole, p) for p in policies}
    jobs |= {
        (v, p.name): Job.of(f"{p.name} @{v}", x, p) for v, x in others.items() for p in policies
    }
    mixed = next((p for p in policies if without_ngos(whole, p) is not None), None)
    if mixed is not None and not _same_without_ngos(whole, policies[0], mixed):
        alone = without_ngos(whole, mixed)
        assert alone is not None
        jobs["", alone.label] = alone
    run = partial(in_turn, measure_job, executor=executor, workers=workers, tell=progress)
    found = dict(zip(jobs, run(list(jobs.values())), strict=True))
    entries = tuple(found["", p.name] for p in policies)
    without = None
    if mixed is not None:
        name = ALONE.format(mixed.name)
        without = replace(found["", name], model=name) if ("", name) in found else entries[0]
    searched = None
    if mixed is not None and without is not None and steps:
        entry = found["", mixed.name]
        searched = break_even(
            whole, mixed, without, entry, steps=steps, solve=lambda job: run([job])[0]
        )
    return Comparison(
        whole,
        entries,
        {v: tuple(found[v, p.name] for p in policies) for v in others},
        None if mixed is None else mixed.name,
        without,
        searched,
        {p.name: _differences(policies[0], p) for p in policies[1:]},
    )


def _variants(
    instance: Instance | str | Path, wanted: bool | Mapping[str, Instance]
) -> Mapping[str, Instance]:
    if isinstance(wanted, Mapping):
        return wanted
    if not wanted or isinstance(instance, Instance):
        return {}
    return {v: load_instance(f"{instance}@{v}") for v in variants_of(instance)}


def _refuse_doubles(names: list[str]) -> None:
    doubles = sorted({n for n in names if names.count(n) > 1})
    problems = [
        Problem("models", "two models have the same name", "leave one out, or rename it", value=n)
        for n in doubles
    ]
    if len(names) < 2:
        remedy = "name at least two, such as government-only,ngo-mixed"
        problems.append(Problem("models", "there is nothing to compare", remedy))
    if problems:
        raise InputError(problems)


def _differences(first: Policy, other: Policy) -> tuple[str, ...]:
    """Rules in which two models differ, apart from who may deliver."""
    sections = sorted({*first.sections, *other.sections} - {"arrangements"})
    own = [s for s in sections if first.sections.get(s) != other.sections.get(s)]
    if first.equalization != other.equalization:
        own.append("equalization")
    if first.objective != other.objective:
        own.append("objective")
    return tuple(own)


def _same_without_ngos(instance: Instance, first: Policy, mixed: Policy) -> bool:
    """Whether the first model is the other one without NGOs, and need not be solved twice."""
    ngos = instance.offers["kind"].to_numpy() == "ngo"
    without = barred(instance, mixed) | ngos
    return not _differences(first, mixed) and bool((barred(instance, first) == without).all())


def _savings(entries: tuple[Entry, ...]) -> tuple[Saving, ...]:
    found = (saving(entries[0], e) for e in entries[1:])
    return tuple(s for s in found if s is not None)


def _change(after: pd.DataFrame, before: pd.DataFrame, of: str) -> pd.DataFrame:
    """Change of coverage: of need within a service, then the mean over services."""
    keys = ["region", "group", "service"]
    both = after.merge(before[[*keys, "coverage"]], on=keys, suffixes=("", "_before"))
    gained = (both["coverage"] - both["coverage_before"]) * both["demand"]
    by = [both[of], both["service"]]
    share = gained.groupby(by).sum() / both["demand"].groupby(by).sum()
    change = share.groupby(level=0).mean().sort_values(ascending=False, kind="stable")
    return pd.DataFrame({"name": change.index, "change": change.to_numpy()})


def _row(variant: str, entry: Entry) -> dict[str, Any]:
    """One row of the table of all figures."""
    row: dict[str, Any] = {"variant": variant, "model": entry.model, "status": entry.status}
    row |= {k: getattr(entry, k) for k in ("objective", "bound", "gap", "verified")}
    row["reason"] = " ".join(entry.reasons)
    found = entry.figures
    if found is None:
        return row
    plain = ("public_cost", "covered", "below", "satisfaction", "dependence")
    row |= {k: getattr(found, k) for k in plain}
    row |= {f"share_{k}": v for k, v in found.shares.items()}
    row |= {f"cost_{k}": v for k, v in found.costs.items()}
    row |= {f"coverage_{k}": v for k, v in found.coverage.items()}
    for service, values in found.inequality.items():
        row |= {f"{k}_{service}": v for k, v in values.items()}
    for flow in found.flows.itertuples():
        row[f"{flow.payer} to {flow.receiver}".replace(" ", "_")] = flow.amount
    return row
