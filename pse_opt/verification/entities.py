"""Whom an entry of ``[[equalization]]`` compares, what level each of them has, and for how many."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from pse_opt.errors import InputError, Problem
from pse_opt.verification.facts import Facts
from pse_opt.verification.money import spending

if TYPE_CHECKING:
    from pse_opt.policy import Equalization

__all__ = ["INDEX", "entity_levels"]

Floats = npt.NDArray[np.float64]
INDEX = "index"
"""Key of the result where several services are pooled, and of what is not of a service."""
PER_HEAD = ("units_per_head", "quality_units_per_head")
COLUMNS = ["key", "part", "entity", "place", "level", "weight"]


def entity_levels(facts: Facts, entry: Equalization) -> pd.DataFrame:
    """Return the levels that an entry compares.

    Columns key (the service, or ``index``), part (the region within which they are compared, blank:
    everywhere), entity (as the planner names it), place (the region's identifier; blank where it is
    not a region), level (in its unit), weight (people).

    Raises
    ------
    InputError
        The level depends on a quality that the tables leave blank.
    """
    if entry.level == "spending_per_head":
        return _spending(facts, entry)
    if entry.between == "people":
        return _people(facts, entry)
    needs = _with_entities(facts, facts.needs.assign(value=_of_needs(facts, entry)), entry.between)
    keys = ["service", "part", "entity", "place"]
    base = needs["heads"] if entry.level in PER_HEAD else needs["demand"]
    needs = needs.assign(product=needs["demand"] * needs["value"], base=base)
    sums = needs.groupby(keys, sort=False)[["base", "product", "heads"]].sum().reset_index()
    sums = sums[sums["base"] > 0]
    sums = sums.assign(level=sums["product"] / sums["base"], weight=sums["heads"])
    if entry.services == "each":
        return sums.rename(columns={"service": "key"})[COLUMNS]
    sums = sums[sums["service"].isin(entry.services)]
    share = np.array([entry.index_weights.get(s, 1.0) for s in sums["service"]], dtype=float)
    pooled = sums.assign(share=share, product=share * sums["level"]).groupby(keys[1:], sort=False)
    totals = pooled.agg({"share": "sum", "product": "sum", "weight": "mean"}).reset_index()
    return totals.assign(key=INDEX, level=totals["product"] / totals["share"])[COLUMNS]


def _of_needs(facts: Facts, entry: Equalization) -> Floats:
    """Return what each need gets, by unit of its demand: a share, or km."""
    if entry.level in ("coverage", "units_per_head"):
        return facts.levels["coverage"].to_numpy(dtype=float)
    if entry.level == "travel":
        return facts.levels["travel"].to_numpy(dtype=float)
    got = facts.received
    if entry.level == "access":
        return facts.per_need(got, got["share"] * _access(facts, entry, got))
    _refuse_unknown_quality(facts, entry)
    return facts.per_need(got, got["share"] * got["quality"].fillna(0.0))


def _access(facts: Facts, entry: Equalization, got: pd.DataFrame) -> Floats:
    """Return how good the access of each delivery is: 1 near, falling in a line to 0 at the cap."""
    cap = facts.services["travel_cap"].reindex(got["service"]).to_numpy(dtype=float)
    travel, full = got["travel"].to_numpy(dtype=float), entry.full_access_km
    falls = np.maximum(0.0, (cap - travel) / np.where(cap > full, cap - full, 1.0))
    beyond = np.where(cap > full, falls, 0.0)
    return np.asarray(np.where(travel <= full, 1.0, beyond), dtype=np.float64)


def _refuse_unknown_quality(facts: Facts, entry: Equalization) -> None:
    got = facts.received
    unknown = got[got["quality"].isna() & (got["share"] > facts.tolerance)]
    if entry.services != "each":
        unknown = unknown[unknown["service"].isin(entry.services)]
    rescue = unknown["last"].to_numpy(dtype=bool)
    message = f"the level {entry.level} of equalization entry {entry.name!r} needs it"
    problems = [
        Problem("offers", message, "write it, or that of its provider", column="quality", value=o)
        for o in unknown["offer"][~rescue].unique()
    ]
    problems += [
        Problem("services", message, "write it", column="last_resort_quality", value=s)
        for s in unknown["service"][rescue].unique()
    ]
    if problems:
        raise InputError(problems)


def _with_entities(facts: Facts, needs: pd.DataFrame, between: str) -> pd.DataFrame:
    """Return the needs that count, with the names of what is compared and within which region."""
    if between == "regions":
        names = _distinct(needs["region"], facts.region_names)
        return needs.assign(part="", entity=names, place=needs["region"])
    if between == "jurisdictions":
        needs = needs[needs["jurisdiction"] != ""]
        names = _distinct(needs["jurisdiction"], facts.jurisdiction_names)
        return needs.assign(part="", entity=names, place="")
    needs = needs[needs["group"] != ""]
    part = "" if between == "groups" else _distinct(needs["region"], facts.region_names)
    return needs.assign(part=part, entity=needs["group"], place="")


def _distinct(identifiers: pd.Series[str], names: dict[str, str]) -> pd.Series[str]:
    """Return names to show; two with the same name are told apart by their identifiers."""
    counts = Counter(names.values())
    shown = {k: n if counts[n] == 1 else f"{n} ({k})" for k, n in names.items()}
    return identifiers.map(shown)


def _spending(facts: Facts, entry: Equalization) -> pd.DataFrame:
    """Return what jurisdictions spend by head of the people who live directly in them."""
    own = facts.regions[facts.regions["jurisdiction"] != ""]
    people = own.groupby("jurisdiction", sort=False)["population"].sum()
    people = people[people > 0]
    listed = None if entry.services == "each" else entry.services
    spent = spending(facts, listed).reindex(people.index, fill_value=0.0)
    names = _distinct(pd.Series(people.index, dtype=object), facts.jurisdiction_names)
    return pd.DataFrame(
        {
            "key": INDEX,
            "part": "",
            "entity": names.to_numpy(),
            "place": "",
            "level": (spent / people).to_numpy(dtype=float),
            "weight": people.to_numpy(dtype=float),
        }
    )


def _people(facts: Facts, entry: Equalization) -> pd.DataFrame:
    """Return the travels of people: those of a need spread over them as its shares are.

    An index over services counts the people of each with the service's weight.
    """
    got = facts.received
    unmet = 1.0 - facts.levels["coverage"].to_numpy(dtype=float)
    cap = facts.services["travel_cap"].reindex(facts.needs["service"]).to_numpy(dtype=float)
    at = np.concatenate([got["need"].to_numpy(dtype=np.intp), np.arange(len(facts.needs))])
    share = np.concatenate([got["share"].to_numpy(dtype=float), unmet])
    needs = facts.needs.iloc[at]
    lines = pd.DataFrame(
        {
            "key": needs["service"].to_numpy(),
            "part": "",
            "entity": _distinct(needs["region"], facts.region_names).to_numpy(),
            "place": "",
            "level": np.concatenate([got["travel"].to_numpy(dtype=float), cap]),
            "weight": needs["heads"].to_numpy(dtype=float) * np.maximum(share, 0.0),
        }
    )
    lines = lines[lines["weight"] > 0].reset_index(drop=True)
    if entry.services == "each":
        return lines
    lines = lines[lines["key"].isin(entry.services)].reset_index(drop=True)
    share = np.array([entry.index_weights.get(s, 1.0) for s in lines["key"]], dtype=float)
    return lines.assign(key=INDEX, weight=lines["weight"] * share)
