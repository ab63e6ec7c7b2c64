"""How unequal a plan is, by every measure, and the checks of the bounds on it."""

from __future__ import annotations

from collections.abc import Iterator

from pse_opt.entries import KINDS
from pse_opt.verification.comparison import Block, Comparison
from pse_opt.verification.facts import Facts
from pse_opt.verification.findings import Violation
from pse_opt.verification.wording import bound_broken

__all__ = ["inequality", "inequality_cost", "unequal"]

SMALLEST = 1e-12
"""Levels below this give a bound no scale."""


def inequality(facts: Facts) -> dict[str, dict[str, dict[str, float]]]:
    """Return every measure, by name of the entry and service (or ``index``).

    The entry's own measure has the entry's parameters, the others have their defaults. Between
    groups within regions the region counts where the measure is worst.
    """
    report: dict[str, dict[str, dict[str, float]]] = {}
    for comparison in _comparisons(facts):
        found: dict[str, dict[str, list[float]]] = {}
        for block in comparison.blocks:
            before = found.setdefault(block.key, {})
            for name, value in comparison.values(block).items():
                before.setdefault(name, []).append(value)
        report[comparison.entry.name] = {
            key: {name: comparison.worst(name, values) for name, values in named.items()}
            for key, named in found.items()
        }
    return report


def inequality_cost(facts: Facts) -> float:
    """Return what the measures cost in money per year, by the prices that entries name."""
    return sum(
        comparison.entry.price * comparison.value(block)
        for comparison in _comparisons(facts)
        if comparison.entry.price is not None
        for block in comparison.blocks
    )


def unequal(facts: Facts) -> Iterator[Violation]:
    """Yield the bounds on inequality that the plan breaks."""
    for comparison in _comparisons(facts):
        entry = comparison.entry
        if entry.bound is None:
            continue
        for block in comparison.blocks:
            value = comparison.value(block)
            excess, scale = _excess(entry.bound, value, comparison, block)
            relative = excess / scale
            if relative > facts.tolerance:
                where = ", ".join(filter(None, (block.part, block.key)))
                message = bound_broken(comparison, block, value)
                yield Violation(f"equalization.{entry.name}", where, message, excess, relative)


def _comparisons(facts: Facts) -> Iterator[Comparison]:
    for entry in facts.policy.equalization:
        yield Comparison(facts, entry)


def _excess(
    bound: float, value: float, comparison: Comparison, block: Block
) -> tuple[float, float]:
    """Return by how much a bound is broken, and what counts as much there.

    The ratio and the band are held against their bound in the unit of the level, where the least
    level may be zero; other relative measures are pure numbers.
    """
    entry, levels = comparison.entry, block.levels
    greatest = max(float(levels.max()), SMALLEST)
    if entry.measure == "ratio":
        excess = float(levels.max() - bound * levels.min())
        return excess, max(1.0, bound) * greatest
    if entry.measure == "band":
        mean = float(levels @ block.people / block.people.sum())
        excess = float(abs(levels - mean).max()) - bound * mean
        return excess, max(1.0, bound) * greatest
    excess = bound - value if entry.side == "minimum" else value - bound
    if KINDS[entry.measure].relative:
        return excess, max(1.0, bound)
    return excess, max(bound, greatest)
