"""Service levels as figures show them: by region, or side by side as a policy compares them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt
import pandas as pd

from pse_opt.entries import Equalization
from pse_opt.figures import SHARES, level_name
from pse_opt.plan import Plan
from pse_opt.solving.result import Result
from pse_opt.verification.entities import entity_levels
from pse_opt.verification.facts import Facts

__all__ = ["Distribution", "by_region", "distributions", "entry_named"]

Floats = npt.NDArray[np.float64]
COVERAGE = Equalization.model_validate({"name": "coverage", "measure": "gini"})
"""What is looked at where a policy compares nothing."""


@dataclass(frozen=True, eq=False)
class Distribution:
    """Levels of a service that are compared with each other, today and under the plan.

    Attributes
    ----------
    key, name : str
        The service (or ``index``), and what to call it.
    unit : str
        What the level is: ``coverage, %``.
    levels, today : array
        One level for each of those compared; today is None where the instance has no baseline.
    people : array
        How many people each concerns.
    """

    key: str
    name: str
    unit: str
    levels: Floats
    people: Floats
    today: Floats | None
    today_people: Floats | None


def by_region(levels: pd.DataFrame, column: str = "coverage") -> pd.DataFrame:
    """Return a level of each region and service: groups together, weighted by their need.

    Parameters
    ----------
    levels : DataFrame
        As in ``result.levels``.
    column : str
        ``coverage``, ``coverage_own``, ``quality`` or ``travel``.
    """
    known = levels[levels[column].notna()]
    weighted = known.assign(product=known[column] * known["demand"])
    sums = weighted.groupby(["region", "service"], sort=False)[["product", "demand"]].sum()
    return (sums["product"] / sums["demand"]).unstack("service")


def entry_named(result: Result, name: str | None) -> Equalization:
    """Return the entry of that name; without a name the first, or coverage between regions.

    Raises
    ------
    ValueError
        The policy has no entry of that name.
    """
    entries = result.policy.equalization
    if name is None:
        return next(iter(entries), COVERAGE)
    found = next((e for e in (*entries, COVERAGE) if e.name == name), None)
    if found is None:
        known = ", ".join(e.name for e in (*entries, COVERAGE))
        raise ValueError(f"there is no equalization entry {name!r}; known: {known}")
    return found


_KNOWN: WeakKeyDictionary[Result, Facts] = WeakKeyDictionary()
"""What plans do, of results that are in use: figures ask for it again and again."""


def _facts(result: Result, plan: Plan) -> Facts:
    if result not in _KNOWN:
        _KNOWN[result] = Facts(result.instance, plan, result.policy)
    return _KNOWN[result]


def distributions(result: Result, entry: Equalization) -> Iterator[Distribution]:
    """Yield, service by service, the levels that an entry compares.

    Raises
    ------
    ValueError
        The result has no plan.
    """
    if result.plan is None:
        raise ValueError("the result has no plan to draw")
    facts = _facts(result, result.plan)
    lines = entity_levels(facts, entry)
    former = None if facts.today is None else entity_levels(facts.today, entry)
    services = result.instance.services
    names = dict(zip(services["service"], services["name"], strict=True))
    scale = 100.0 if entry.level in SHARES else 1.0
    for key, rows in lines.groupby("key", sort=False):
        before = None if former is None else former[former["key"] == key]
        unit = level_name(entry, result.instance, str(key))
        unit += ", %" if entry.level in SHARES else ", km" if entry.level == "travel" else ""
        yield Distribution(
            str(key),
            str(names.get(key, "all services" if key == "index" else key)),
            unit.replace("_", " "),
            scale * rows["level"].to_numpy(dtype=float).clip(min=0.0),
            rows["weight"].to_numpy(dtype=float),
            None if before is None else scale * before["level"].to_numpy(dtype=float).clip(min=0.0),
            None if before is None else before["weight"].to_numpy(dtype=float),
        )
