"""How each measure enters the model: which column is held against which, and by what number.

Every measure is a convex function over a linear one: ``numerator <= threshold * denominator``.
Both are homogeneous where the measure is relative, so that the mean level stays free.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from pse_opt.document import Equalization
from pse_opt.formulation.levels import Levels

__all__ = [
    "CURVED",
    "Form",
    "anchor",
    "divisor",
    "families_of",
    "form_of",
    "gini_method",
    "keys_of",
    "points_of",
    "threshold",
    "value_of",
]

PAIRS_UP_TO = 60
"""Cells up to which every pair of a Gini coefficient is a row."""
GRID_POINTS = 8
CURVED = ("theil", "mean_log_deviation", "atkinson", "coefficient_of_variation", "kolm_pollak")
"""Measures whose rows are tangents, added while solving."""
VARIABLES = (
    "level",
    "highest",
    "lowest",
    "mean",
    "best",
    "worst",
    "spread",
    "curve",
    "deviation",
    "difference",
    "threshold",
)
"""Variables of measures, in the order of the legend."""
ENDS = ("quantile_share", "worst_mean")


class Form(NamedTuple):
    """Columns held against each other; a blank denominator is the number 1."""

    numerator: str
    denominator: str = ""


def form_of(entry: Equalization) -> Form:
    """Return which columns the measure of an entry is about."""
    if entry.measure == "floor":
        return Form("lowest")
    if entry.measure == "ceiling":
        return Form("highest")
    if entry.measure == "ratio":
        return Form("highest", "lowest")
    if entry.measure == "quantile_share":
        return Form("best", "worst")
    if entry.measure == "worst_mean":
        return Form("best" if entry.is_burden else "worst")
    relative = ("band", "hoover", "gini", "theil", "mean_log_deviation", "atkinson")
    if entry.measure in (*relative, "coefficient_of_variation"):
        return Form("spread", "mean")
    return Form("spread")


def threshold(levels: Levels, block: int, bound: float) -> float:
    """Return the number that stands for a bound: on the numerator, per unit of the denominator."""
    entry = levels.entry
    if entry.measure == "kolm_pollak":
        sign = 1.0 if entry.is_burden else -1.0
        return math.exp(sign * levels.kappa * (bound - anchor(levels)))
    if entry.measure in CURVED:
        over = divisor(entry)
        return _sum_of_curves(entry, bound) / over if over else 0.0
    return bound if form_of(entry).denominator else bound / levels.scale(block)


def value_of(levels: Levels, ratio: float) -> float:
    """Return the measure at a value of numerator over denominator (in units of the level)."""
    if levels.entry.measure == "kolm_pollak":
        sign = 1.0 if levels.entry.is_burden else -1.0
        return anchor(levels) + sign * math.log(max(ratio, 1e-300)) / levels.kappa
    return ratio


def _sum_of_curves(entry: Equalization, bound: float) -> float:
    """Return the weighted sum of a relative measure's curves where the measure is at a bound."""
    if entry.measure == "coefficient_of_variation":
        return bound**2
    if entry.measure == "atkinson":
        power = 1.0 - entry.parameters["aversion"]
        if power == 0.0:
            return -math.log1p(-bound)
        change = math.expm1(power * math.log1p(-bound))
        return -change if power > 0 else change
    return bound


def divisor(entry: Equalization) -> float:
    """What the curves of a relative measure are divided by, so that its bound is the number 1.

    The solver's tolerance then means the same for narrow and for wide bounds; 0 where the bound is
    perfect equality, for which no curve is needed.
    """
    return 1.0 if entry.maximum is None else _sum_of_curves(entry, entry.maximum)


def anchor(levels: Levels) -> float:
    """Return the level at which the exponential of a Kolm-Pollak row is 1, in the level's unit.

    It is the bound; of an objective the equivalent of the best levels there could be, so that no
    plan's exponentials get lost in the solver's tolerance.
    """
    if levels.entry.bound is not None:
        return levels.entry.bound
    return levels.best_equivalent


def gini_method(levels: Levels, block: int) -> str:
    """Return how the Gini coefficient of a block is stated: ``pairs``, ``grid`` or ``lazy``."""
    chosen = levels.entry.method or "auto"
    if chosen != "auto":
        return chosen
    return "pairs" if len(levels.members[block]) <= PAIRS_UP_TO else "grid"


def points_of(levels: Levels) -> list[float]:
    """Return the midpoints at which a grid looks at the Lorenz curve."""
    count = levels.entry.points or GRID_POINTS
    return [(k + 0.5) / count for k in range(count)]


def families_of(entry: Equalization) -> set[str]:
    """Return the names of the components that an entry switches on."""
    wanted = {f"equalization_{entry.measure}"}
    if entry.between != "people":
        wanted.add("equalization_level")
    uses_mean = form_of(entry).denominator == "mean"
    if uses_mean or entry.measure == "hoover":
        wanted.add("equalization_mean")
    if entry.bound is not None:
        wanted.add("equalization_bound")
    return wanted


def keys_of(levels: Iterable[Levels]) -> dict[str, list[tuple[Any, ...]]]:
    """Return the index of every variable that measures need, by name of the variable."""
    found: dict[str, list[tuple[Any, ...]]] = {name: [] for name in VARIABLES}
    for x in levels:
        name = x.entry.name
        entities = [(name, *e) for e in x.entities]
        blocks = [(name, *b) for b in x.blocks]
        found["level"] += [] if x.individual else entities
        for variable in _of_blocks(x.entry):
            found[variable] += blocks
        if x.entry.measure in CURVED and not x.individual:
            found["curve"] += entities
        for variable, key in _of_points(x):
            found[variable].append(key)
    return found


def _of_blocks(entry: Equalization) -> set[str]:
    """Variables with one column for each block."""
    form = form_of(entry)
    wanted = {form.numerator, *([form.denominator] if form.denominator else [])}
    if entry.measure in ("range", "ratio"):
        wanted |= {"highest", "lowest"}
    return wanted


def _of_points(x: Levels) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Variables with a column for each entity, pair, or point of a grid."""
    name, measure = x.entry.name, x.entry.measure
    for b, block in enumerate(x.blocks):
        members = x.members[b]
        entities = [(name, *x.entities[e]) for e in members]
        if measure in ("hoover", "poverty_gap"):
            yield from (("deviation", (*e, measure)) for e in entities)
        elif measure in ENDS:
            form = form_of(x.entry)
            for end in (form.numerator, form.denominator):
                if end:
                    yield "threshold", (name, *block, end)
                    yield from (("deviation", (*e, end)) for e in entities)
        elif measure == "gini" and gini_method(x, b) == "pairs":
            for i, one in enumerate(members):
                for other in members[i + 1 :]:
                    service, first = x.entities[one]
                    yield "difference", (name, service, first, x.entities[other][1])
        elif measure == "gini" and gini_method(x, b) == "grid":
            for k in range(len(points_of(x))):
                yield "threshold", (name, *block, k)
                yield from (("deviation", (*e, k)) for e in entities)
        elif measure == "lorenz":
            for k in range(len({x.today[e] for e in members})):
                yield from (("deviation", (*e, k)) for e in entities)
