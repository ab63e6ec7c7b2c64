"""Inequality of a service level between people, computed directly from its values.

Every measure is ``measure(values, weights=None, *, parameter=default)`` and returns one number: the
level of each region or group, and how many people it concerns. These functions share no code with
the rows of the formulation, so that what the solver was told can be compared with what the plan
does.

What all of them agree on:

- Weights are of any size and normalised inside: none negative, one at least positive. Without
  weights all count the same. Entries of weight 0 concern nobody and do not count, except in the
  measures of the extremes (`floor`, `ceiling`, `value_range`, `ratio`, `band`), where the worst
  served count however few they are.
- Levels are finite and not negative. Anything else is a ``ValueError`` that says what is wrong.
- Where all levels are equal, zero included, a measure of inequality is 0, and a ratio is 1.
- A measure in the unit of the level (km, a share of need) says so; the others are pure numbers that
  do not change when the unit of the level does.

Examples
--------
>>> from pse_opt.measures import gini, worst_mean
>>> coverage, people = [0.5, 1.0, 0.8], [100, 300, 200]
>>> round(gini(coverage, people), 4), round(worst_mean(coverage, people, quantile=0.5), 4)
(0.1078, 0.7)
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pse_opt.measures.curves import generalized_lorenz, lorenz, lorenz_excess
from pse_opt.measures.dispersion import coefficient_of_variation, gini, hoover
from pse_opt.measures.entropy import (
    atkinson,
    mean_log_deviation,
    theil,
    theil_decomposition,
)
from pse_opt.measures.extremes import band, ceiling, floor, ratio, value_range
from pse_opt.measures.pairs import envy, shortfall
from pse_opt.measures.people import Measure
from pse_opt.measures.tails import poverty_gap, quantile_share, worst_mean
from pse_opt.measures.welfare import kolm_pollak, kolm_pollak_kappa

__all__ = [
    "MEASURES",
    "WELFARES",
    "Measure",
    "atkinson",
    "band",
    "ceiling",
    "coefficient_of_variation",
    "envy",
    "floor",
    "generalized_lorenz",
    "gini",
    "hoover",
    "kolm_pollak",
    "kolm_pollak_kappa",
    "lorenz",
    "lorenz_excess",
    "mean_log_deviation",
    "poverty_gap",
    "quantile_share",
    "ratio",
    "shortfall",
    "theil",
    "theil_decomposition",
    "value_range",
    "worst_mean",
]

MEASURES: Mapping[str, Measure] = MappingProxyType(
    {
        "floor": floor,
        "ceiling": ceiling,
        "band": band,
        "range": value_range,
        "ratio": ratio,
        "hoover": hoover,
        "gini": gini,
        "theil": theil,
        "mean_log_deviation": mean_log_deviation,
        "atkinson": atkinson,
        "coefficient_of_variation": coefficient_of_variation,
        "quantile_share": quantile_share,
        "worst_mean": worst_mean,
    }
)
"""The measures by the names that model documents and results use, each at its default parameters.

`kolm_pollak` and `poverty_gap` are not among them: their parameters, the aversion and the standard,
are in the unit of the level, so no default suits both a share of need and a distance. The others
left out compare with something that is not in the values: neighbours, a reference, groups.
At its default `worst_mean` is meant for benefits: of a burden it is the mean of who bears least.
"""

WELFARES = frozenset({"floor", "worst_mean"})
"""The measures by name of which more is better (of a benefit); of all others, less is better."""
