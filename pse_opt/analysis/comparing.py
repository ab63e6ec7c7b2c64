"""What :func:`pse_opt.compare` asks of models and entries: doubles, differences, changes, rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from pse_opt.analysis.entry import Entry
from pse_opt.analysis.preflight import barred
from pse_opt.analysis.savings import Saving, saving
from pse_opt.errors import InputError, Problem
from pse_opt.instance import Instance
from pse_opt.policy import Policy

__all__ = [
    "change_of",
    "differences_of",
    "levels_of",
    "mixed_model",
    "refuse_doubles",
    "row_of",
    "same_without_ngos",
    "savings_of",
]


def refuse_doubles(names: list[str]) -> None:
    """Refuse fewer than two models, or two of one name."""
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


def differences_of(first: Policy, other: Policy) -> tuple[str, ...]:
    """Return rules in which two models differ, apart from who may deliver."""
    sections = sorted({*first.sections, *other.sections} - {"arrangements"})
    own = [s for s in sections if first.sections.get(s) != other.sections.get(s)]
    if first.equalization != other.equalization:
        own.append("equalization")
    if first.objective != other.objective:
        own.append("objective")
    return tuple(own)


def same_without_ngos(instance: Instance, first: Policy, mixed: Policy) -> bool:
    """Return whether the first model is the other one without NGOs: it is solved only once."""
    ngos = instance.offers["kind"].to_numpy() == "ngo"
    without = barred(instance, mixed) | ngos
    return not differences_of(first, mixed) and bool((barred(instance, first) == without).all())


def mixed_model(instance: Instance, policies: Sequence[Policy]) -> Policy | None:
    """Return the first model that admits NGOs beside others; else the first of NGOs alone."""
    ngos = instance.offers["kind"].to_numpy() == "ngo"
    admitted = {p.name: ~barred(instance, p) for p in policies}
    some = [p for p in policies if (admitted[p.name] & ngos).any()]
    both = [p for p in some if (admitted[p.name] & ~ngos).any()]
    return next(iter([*both, *some]), None)


def savings_of(entries: tuple[Entry, ...]) -> tuple[Saving, ...]:
    """Return what every model saves against the first, where costs can be compared."""
    found = (saving(entries[0], e) for e in entries[1:])
    return tuple(s for s in found if s is not None)


def change_of(after: pd.DataFrame, before: pd.DataFrame, of: str) -> pd.DataFrame:
    """Return change of coverage: of need within a service, then the mean over services."""
    keys = ["region", "group", "service"]
    both = after.merge(before[[*keys, "coverage"]], on=keys, suffixes=("", "_before"))
    gained = (both["coverage"] - both["coverage_before"]) * both["demand"]
    by = [both[of], both["service"]]
    share = gained.groupby(by).sum() / both["demand"].groupby(by).sum()
    change = share.groupby(level=0).mean().sort_values(ascending=False, kind="stable")
    return pd.DataFrame({"name": change.index, "change": change.to_numpy()})


def levels_of(plans: Mapping[str, pd.DataFrame | None]) -> pd.DataFrame:
    """Return levels of several plans in one table, the first column naming the plan."""
    columns = ["region", "group", "service", "demand", "coverage"]
    known = [f[columns].assign(plan=name) for name, f in plans.items() if f is not None]
    empty = pd.DataFrame([], columns=["plan", *columns])
    return pd.concat(known, ignore_index=True)[["plan", *columns]] if known else empty


def row_of(variant: str, entry: Entry) -> dict[str, Any]:
    """Return one row of the table of all figures."""
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
