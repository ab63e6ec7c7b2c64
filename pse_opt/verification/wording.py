"""Bounds on inequality in the planner's words: levels with their units, measures by their names."""

from __future__ import annotations

from pse_opt.entries import KINDS
from pse_opt.verification.comparison import Block, Comparison
from pse_opt.verification.entities import INDEX
from pse_opt.verification.findings import number

__all__ = ["bound_broken"]

LEVELS = {
    "units_per_head": "service",
    "quality_units_per_head": "service by its quality",
    "spending_per_head": "spending",
}
"""What to call the levels that have no plain name of their own."""
MEASURES = {
    "hoover": "Hoover index",
    "gini": "Gini coefficient",
    "theil": "Theil index",
    "mean_log_deviation": "mean log deviation",
    "atkinson": "Atkinson index",
    "coefficient_of_variation": "coefficient of variation",
    "quantile_share": "best-off {quantile:.0%} over the worst-off",
    "worst_mean": "mean of the worst-off {quantile:.0%}",
    "poverty_gap": "mean shortfall from {standard:g}",
    "envy": "greatest difference between neighbours",
    "shortfall": "greatest loss from today",
    "lorenz": "greatest excess over today's shortfall",
    "kolm_pollak": "equally distributed equivalent",
}
"""What to call the measures that have no plain name of their own."""


def bound_broken(comparison: Comparison, block: Block, value: float) -> str:
    """Return what is wrong where a block breaks the bound of its entry."""
    entry, unit = comparison.entry, _unit(comparison, block)
    bound = entry.bound or 0.0
    measure = MEASURES.get(entry.measure, entry.measure).format(**entry.parameters)
    allowed = "at least" if entry.side == "minimum" else "at most"
    in_unit = "" if KINDS[entry.measure].relative else unit
    return (
        f"{_levels(comparison, block, unit)}: the {measure} is {number(value)}{in_unit}, and "
        f"{allowed} {number(bound)}{in_unit} is allowed"
    )


def _unit(comparison: Comparison, block: Block) -> str:
    """Return the unit of the level, with a space before it; a share has none."""
    level, facts = comparison.entry.level, comparison.facts
    if level == "travel":
        return " km"
    if level == "spending_per_head":
        return f" {facts.currency} per head"
    if level in ("units_per_head", "quality_units_per_head"):
        return " units per head" if block.key == INDEX else f" {facts.unit(block.key)} per head"
    return ""


def _levels(comparison: Comparison, block: Block, unit: str) -> str:
    """Return the two levels that tell the most: the extremes, or those that are compared."""
    entry, levels = comparison.entry, block.levels
    name, entities = LEVELS.get(entry.level, entry.level), block.lines["entity"].to_numpy()
    if entry.measure == "shortfall":
        today = comparison.today(block)
        at = int(((levels - today) * (1 if entry.is_burden else -1)).argmax())
        here = f"{number(levels[at])}{unit} in {entities[at]}"
        return f"{name} is {here} and is {number(today[at])}{unit} today"
    low, high = int(levels.argmin()), int(levels.argmax())
    if entry.measure == "envy":
        pairs = comparison.neighbours(block)
        low, high = pairs[(levels[pairs[:, 1]] - levels[pairs[:, 0]]).argmax()]
    worst, best = f"{number(levels[low])}{unit}", f"{number(levels[high])}{unit}"
    return f"{name} is {worst} in {entities[low]} and {best} in {entities[high]}"
