"""Measures of inequality as a textbook writes them, in plain Python, for the brute force.

Slow and literal on purpose: nothing is sorted cleverly or normalised, and nothing is shared with
the library. ``levels`` and ``people`` are lists of numbers; who counts for nobody is left out
where people are weighed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Numbers = Sequence[float]
ZERO = 1e-12
"""Levels up to this are zero: what rounding leaves of nothing."""


def shares(people: Numbers) -> list[float]:
    """Shares of people; where nobody is counted all count the same."""
    total = math.fsum(people)
    return [p / total for p in people] if total > 0 else [1 / len(people)] * len(people)


def mean(levels: Numbers, p: Numbers) -> float:
    return math.fsum(q * u for u, q in zip(levels, p, strict=True))


def counted(levels: Numbers, people: Numbers) -> tuple[list[float], list[float], float]:
    """Levels of those who count, their shares, and the mean."""
    pairs = [(u, q) for u, q in zip(levels, shares(people), strict=True) if q > 0]
    kept, p = [u for u, _ in pairs], [q for _, q in pairs]
    return kept, p, mean(kept, p)


def ratio(levels: Numbers, _: Numbers) -> float:
    least, greatest = min(levels), max(levels)
    if greatest <= ZERO:
        return 1.0
    return greatest / least if least > ZERO else math.inf


def band(levels: Numbers, people: Numbers) -> float:
    middle = mean(levels, shares(people))
    if max(levels) <= ZERO:
        return 0.0
    furthest = max(abs(u - middle) for u in levels)
    return furthest / middle if middle > ZERO else math.inf


def hoover(levels: Numbers, people: Numbers) -> float:
    u, p, middle = counted(levels, people)
    return mean([abs(x - middle) for x in u], p) / 2 / middle if middle > ZERO else 0.0


def gini(levels: Numbers, people: Numbers) -> float:
    u, p, middle = counted(levels, people)
    if middle <= ZERO:
        return 0.0
    differences = math.fsum(
        q * r * abs(x - y) for x, q in zip(u, p, strict=True) for y, r in zip(u, p, strict=True)
    )
    return differences / 2 / middle


def theil(levels: Numbers, people: Numbers) -> float:
    u, p, middle = counted(levels, people)
    if middle <= ZERO:
        return 0.0
    ratios = [x / middle for x in u]
    return mean([r * math.log(r) if r > 0 else 0.0 for r in ratios], p)


def mean_log_deviation(levels: Numbers, people: Numbers) -> float:
    u, p, middle = counted(levels, people)
    if middle <= ZERO:
        return 0.0
    return mean([math.log(middle / x) if x > ZERO else math.inf for x in u], p)


def atkinson(levels: Numbers, people: Numbers, aversion: float) -> float:
    u, p, middle = counted(levels, people)
    if middle <= ZERO:
        return 0.0
    if aversion >= 1 and min(u) <= ZERO:
        return 1.0
    if aversion == 1:
        return 1 - math.exp(mean([math.log(x) for x in u], p)) / middle
    power = 1 - aversion
    return 1 - mean([max(x, 0.0) ** power for x in u], p) ** (1 / power) / middle


def coefficient_of_variation(levels: Numbers, people: Numbers) -> float:
    u, p, middle = counted(levels, people)
    return math.sqrt(mean([(x - middle) ** 2 for x in u], p)) / middle if middle > ZERO else 0.0


def tail(levels: Numbers, people: Numbers, quantile: float, *, best: bool) -> float:
    """Mean of the first share of people, in the order of their levels; those at its end split."""
    left, total = quantile, 0.0
    for u, q in sorted(zip(levels, shares(people), strict=True), reverse=best):
        total += min(q, left) * u
        left -= min(q, left)
    return total / quantile


def quantile_share(levels: Numbers, people: Numbers, quantile: float) -> float:
    top = tail(levels, people, quantile, best=True)
    bottom = tail(levels, people, quantile, best=False)
    if top <= ZERO:
        return 1.0
    return top / bottom if bottom > ZERO else math.inf


def shortfall_from(standard: float, levels: Numbers, people: Numbers) -> float:
    """The poverty gap."""
    return mean([max(standard - u, 0.0) for u in levels], shares(people))


def lorenz(levels: Numbers, people: Numbers, today: Numbers) -> float:
    counts = [q > 0 for q in shares(people)]
    standards = [b for b, c in zip(today, counts, strict=True) if c]
    lost = (shortfall_from(s, levels, people) - shortfall_from(s, today, people) for s in standards)
    return max(0.0, *lost)


def kolm_pollak(levels: Numbers, people: Numbers, kappa: float, sign: float) -> float:
    """The equivalent of a benefit (sign -1) or of a burden (sign 1)."""
    u, p, _ = counted(levels, people)
    return sign * math.log(mean([math.exp(sign * kappa * x) for x in u], p)) / kappa


def kappa_of(levels: Numbers, people: Numbers, aversion: float) -> float:
    total = math.fsum(w * max(z, 0.0) for z, w in zip(levels, people, strict=True))
    squares = math.fsum(w * max(z, 0.0) ** 2 for z, w in zip(levels, people, strict=True))
    return aversion * total / squares if total > 0 and squares > 0 else 1.0


PLAIN: Mapping[str, Callable[[Numbers, Numbers], float]] = {
    "floor": lambda u, _: min(u),
    "ceiling": lambda u, _: max(u),
    "range": lambda u, _: max(u) - min(u),
    "ratio": ratio,
    "band": band,
    "hoover": hoover,
    "gini": gini,
    "theil": theil,
    "mean_log_deviation": mean_log_deviation,
    "coefficient_of_variation": coefficient_of_variation,
}
"""The measures without parameters."""


def value(entry: Mapping[str, Any], levels: Numbers, people: Numbers, more: Any) -> float:
    """The measure of an entry; ``more`` knows kappa, today's levels and neighbours."""
    measure, burden = entry.get("measure", "range"), entry.get("level") == "travel"
    u = [max(x, 0.0) for x in levels]
    if measure in PLAIN:
        return PLAIN[measure](u, people)
    if measure == "atkinson":
        return atkinson(u, people, entry.get("aversion", 0.5))
    if measure == "quantile_share":
        return quantile_share(u, people, entry.get("quantile", 0.2))
    if measure == "worst_mean":
        return tail(u, people, entry.get("quantile", 0.2), best=burden)
    if measure == "poverty_gap":
        return shortfall_from(entry.get("standard", 1.0), u, people)
    if measure == "envy":
        return max([0.0, *(u[j] - u[i] for i, j in more.neighbours)])
    if measure == "kolm_pollak":
        return kolm_pollak(u, people, more.kappa, 1.0 if burden else -1.0)
    today = [max(b, 0.0) for b in more.today]
    if measure == "lorenz":
        return lorenz(u, people, today)
    sign = 1.0 if burden else -1.0
    return max([0.0, *(sign * (x - b) for x, b in zip(u, today, strict=True))])
