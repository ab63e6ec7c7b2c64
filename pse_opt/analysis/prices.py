"""What repairs cost, so that the cheapest can be told: prices that a planner may set."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyomo.core as pe

from pse_opt.analysis.rule_words import FAMILIES, LEVEL_UNITS
from pse_opt.errors import InputError, Problem, nearest
from pse_opt.formulation.forms import form_of
from pse_opt.solving.compiled import Compiled, family_of, index_of

__all__ = ["PRICES", "Price", "group_prices", "read_prices"]

POINTS = 100.0
"""Points of a share, and percent of what a row is divided by."""
WHOLE = 10.0
"""Points that one offer, contract, provider or source more or less counts for."""
LEAST, MOST = 1e-3, 1e3
"""Prices outside of these drown others in the solver's tolerance."""
COUNTED = frozenset(
    (
        "single_source",
        "siting",
        "required_offers",
        "exclusive_offers",
        "different_offers",
        "arrangements",
        "qualification",
        "provider_choice",
        "supervision_limit",
        "continuity_offers",
    )
)
"""Rules whose rows count offers, contracts, providers or sources."""


class Price(NamedTuple):
    """What one unit of a change costs by default, and the unit."""

    value: float
    unit: str


POINT = Price(1.0, "a point of a share")
PERCENT = Price(1.0, "a percent of the limit")
ONE = Price(WHOLE, "an offer, contract or source")
PRICES: Mapping[str, Price] = {
    family: ONE if all(rule in COUNTED for rule in rules) else POINT
    for family, rules in FAMILIES.items()
} | {
    "coverage": Price(1.0, "a point of a floor or of a target"),
    "money": PERCENT,
    "programmes": PERCENT,
    "transfers": PERCENT,
    "last resort": PERCENT,
    "minimum volumes": PERCENT,
    "capacity building": PERCENT,
    "volunteers": PERCENT,
    "fees": PERCENT,
    "equalization": Price(1.0, "a point of a share or of a relative measure, a km"),
    "capacity": Price(1.0, "a percent of an offer's capacity"),
    "reach": Price(1.0, "a km"),
    "accreditation": Price(WHOLE, "a provider for a service"),
}
"""By family of rules; whatever is not set costs this. Unitless: only their proportions count."""


def read_prices(given: Mapping[str, Any] | None) -> dict[str, float]:
    """Return the price of every family: those given, else the defaults.

    Parameters
    ----------
    given : mapping of str to float, optional
        Infinite: what must not change.

    Raises
    ------
    InputError
        A family is not known, or a price is no number between 0.001 and 1,000 or infinite; all at
        once.
    """
    prices, problems = {family: price.value for family, price in PRICES.items()}, []
    for family, value in (given or {}).items():
        if family not in PRICES:
            remedy = nearest(family, list(PRICES), listing=40)
            message = "there are no such rules"
            problems.append(Problem("--price", message, remedy, value=family))
        elif not isinstance(value, int | float) or not (
            LEAST <= value <= MOST or value == math.inf
        ):
            remedy = f"write {family}=NUMBER, from {LEAST:g} to {MOST:,.0f}; inf: must not change"
            problems.append(Problem("--price", "not a price", remedy, column=family, value=value))
        else:
            prices[family] = float(value)
    if problems:
        raise InputError(problems)
    return prices


def group_prices(
    m: pe.ConcreteModel,
    compiled: Compiled,
    groups: npt.NDArray[np.int64],
    prices: Mapping[str, float],
) -> npt.NDArray[np.float64]:
    """Return what one unit of the rows of each group costs.

    Parameters
    ----------
    groups : ndarray, shape (rows,)
        Number of each row that may give way, -1 for others.
    prices : mapping of str to float
        By family, of its natural unit.
    """
    family = {rule: name for name, rules in FAMILIES.items() for rule in rules}
    levels = {x.entry.name: x for x in m.columns.levels}
    found = np.zeros(int(groups.max(initial=-1)) + 1)
    for k in np.flatnonzero(groups >= 0).tolist():
        rule = family_of(compiled.rows[k])
        units = 1.0 if rule in COUNTED else POINTS
        default = PRICES[family[rule]]
        if rule in COUNTED and default is not ONE:  # in a family whose unit is a point
            units = WHOLE
        if rule == "equalization_bound":
            units = _units_of_level(levels, index_of(compiled.rows[k]))
        found[groups[k]] = units * prices[family[rule]]
    return found


def _units_of_level(levels: Mapping[str, Any], index: tuple[str, ...]) -> float:
    """Natural units in one unit of the row of a bound on inequality."""
    of = levels[index[0]]
    if of.entry.measure == "kolm_pollak":
        slope = 1.0 / of.kappa  # the row is an exponential, which is 1 at the bound
        return float(slope if of.entry.level == "travel" else POINTS * slope)
    if form_of(of.entry).denominator or LEVEL_UNITS.get(of.entry.level) == "%":
        return POINTS
    return float(of.scale(of.blocks.index(tuple(index[1:]))))
