"""How unequal a plan is, by every measure, and the checks of the bounds on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from pse_opt.measures import MEASURES, WELFARES
from pse_opt.verification.facts import Facts
from pse_opt.verification.findings import Violation, number

if TYPE_CHECKING:
    from pse_opt.policy import Equalization

__all__ = ["INDEX", "entity_levels", "inequality", "unequal"]

INDEX = "index"
"""Key of the result where several services are pooled."""
UNITS = {"travel": " km"}


def entity_levels(facts: Facts, entry: Equalization) -> pd.DataFrame:
    """Return the levels that an entry compares.

    Columns key (the service, or ``index``), part (the region within which they are compared, blank:
    everywhere), entity (as the planner names it), level (share or km), weight (people).
    """
    needs = facts.needs.assign(level=facts.levels[entry.level])
    keys = ["service", "part", "entity"]
    needs = _with_entities(facts, needs, entry.between)
    needs = needs.assign(product=needs["demand"] * needs["level"])
    sums = needs.groupby(keys, sort=False)[["demand", "product", "heads"]].sum().reset_index()
    sums = sums.assign(level=sums["product"] / sums["demand"], weight=sums["heads"])
    if entry.services == "each":
        return sums.rename(columns={"service": "key"})[["key", "part", "entity", "level", "weight"]]
    sums = sums[sums["service"].isin(entry.services)]
    share = np.array([entry.index_weights.get(s, 1.0) for s in sums["service"]], dtype=float)
    pooled = sums.assign(share=share, product=share * sums["level"]).groupby(keys[1:], sort=False)
    totals = pooled.agg({"share": "sum", "product": "sum", "weight": "mean"}).reset_index()
    return totals.assign(key=INDEX, level=totals["product"] / totals["share"])


def _with_entities(facts: Facts, needs: pd.DataFrame, between: str) -> pd.DataFrame:
    """Return the needs that count, with the names of what is compared and within which region."""
    if between == "regions":
        return needs.assign(part="", entity=_distinct(needs["region"], facts.region_names))
    if between == "jurisdictions":
        needs = needs[needs["jurisdiction"] != ""]
        names = _distinct(needs["jurisdiction"], facts.jurisdiction_names)
        return needs.assign(part="", entity=names)
    needs = needs[needs["group"] != ""]
    part = "" if between == "groups" else _distinct(needs["region"], facts.region_names)
    return needs.assign(part=part, entity=needs["group"])


def _distinct(identifiers: pd.Series[str], names: dict[str, str]) -> pd.Series[str]:
    """Return names to show; two with the same name are told apart by their identifiers."""
    counts = Counter(names.values())
    shown = {k: n if counts[n] == 1 else f"{n} ({k})" for k, n in names.items()}
    return identifiers.map(shown)


def inequality(facts: Facts) -> dict[str, dict[str, dict[str, float]]]:
    """Return every measure, by name of the entry and service (or ``index``).

    Between groups within regions the region counts where the measure is worst.
    """
    report: dict[str, dict[str, dict[str, float]]] = {}
    for entry in facts.policy.equalization:
        found: dict[str, dict[str, float]] = {}
        for (key, _), lines in entity_levels(facts, entry).groupby(["key", "part"], sort=False):
            values, weights = _measurable(lines)
            before = found.setdefault(str(key), {})
            for name, measure in MEASURES.items():
                value = measure(values, weights)
                worst = min if name in WELFARES else max
                before[name] = worst(before.get(name, value), value)
        report[entry.name] = found
    return report


def _measurable(lines: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return levels that are not negative (a broken plan may have such) and usable weights."""
    values = np.maximum(lines["level"].to_numpy(dtype=float), 0.0)
    weights = lines["weight"].to_numpy(dtype=float)
    return values, weights if weights.sum() > 0 else np.ones(len(values))


def unequal(facts: Facts) -> Iterator[Violation]:
    """Yield the bounds on inequality that the plan breaks."""
    for entry in facts.policy.equalization:
        for (key, part), lines in entity_levels(facts, entry).groupby(["key", "part"], sort=False):
            excess = _excess(entry, lines)
            relative = excess / max(1.0, abs(entry.bound))
            if relative > facts.tolerance:
                where = ", ".join(filter(None, (str(part), str(key))))
                message = _message(entry, lines)
                yield Violation(f"equalization.{entry.name}", where, message, excess, relative)


def _excess(entry: Equalization, lines: pd.DataFrame) -> float:
    """Return by how much the level of some entity breaks the bound, in the unit of the level."""
    values, weights = _measurable(lines)
    least, greatest = float(values.min()), float(values.max())
    if entry.measure == "floor":
        return entry.bound - least
    if entry.measure == "ceiling":
        return greatest - entry.bound
    if entry.measure == "range":
        return greatest - least - entry.bound
    if entry.measure == "ratio":
        return greatest - entry.bound * least
    mean = float(values @ (weights / weights.sum()))
    return max(greatest - mean, mean - least) - entry.bound * mean


def _message(entry: Equalization, lines: pd.DataFrame) -> str:
    unit = UNITS.get(entry.level, "")
    levels = lines["level"].to_numpy()
    worst, best = lines.iloc[int(levels.argmin())], lines.iloc[int(levels.argmax())]
    value = MEASURES[entry.measure](*_measurable(lines))
    allowed = "at least" if entry.measure == "floor" else "at most"
    in_unit = unit if entry.measure in ("floor", "ceiling", "range") else ""
    return (
        f"{entry.level} is {number(worst['level'])}{unit} in {worst['entity']} and "
        f"{number(best['level'])}{unit} in {best['entity']}: the {entry.measure} is "
        f"{number(value)}{in_unit}, and {allowed} {number(entry.bound)}{in_unit} is allowed"
    )
