"""Checks of what people are entitled to: floors, targets, last resort, one provider each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from pse_opt.verification.facts import Facts
from pse_opt.verification.findings import Violation, check, number, records

Parameters = Mapping[str, Any]
Floats = npt.NDArray[np.float64]
Positions = npt.NDArray[np.intp]
NOBODY = 1e6
"""Steps to a jurisdiction that is not there; more than governments are ever nested."""


@check("coverage")
def coverage_floor(facts: Facts, parameters: Parameters) -> Iterator[Violation]:
    """No need is served below its floor."""
    floor = floors(facts, parameters.get("floor"))
    short = floor - facts.levels["coverage"].to_numpy()
    lines = facts.levels.assign(floor=floor, short=short)
    for line in records(lines[short > facts.tolerance]):
        units = line.short * line.demand
        message = (
            f"coverage is {number(line.coverage)} and the floor {number(line.floor)}: "
            f"{number(units)} of {number(line.demand)} {facts.unit(line.service)} short"
        )
        where = facts.need_label(line.region, line.group, line.service)
        yield Violation("coverage_floor", where, message, units, line.short)


def floors(facts: Facts, default: float | None) -> Floats:
    """Return the floor of each need: the most specific standard with one, else the document's.

    Standards of a region come before others; among them, and among the others, those of a group;
    among these those of the nearest jurisdiction, from the region's own upwards; at last those that
    name no jurisdiction. So the order is region and group, region, group, jurisdiction, service.
    """
    found = np.full(len(facts.needs), 0.0 if default is None else float(default))
    best = np.full(len(facts.needs), np.inf)
    for line in _standards(facts, "floor"):
        at, distance = _matched(facts, line)
        rank = _rank(line, distance)
        better = rank < best[at]
        found[at[better]], best[at[better]] = line.floor, rank[better]
    return found


def _rank(line: Any, distance: Floats) -> Floats:
    """Return how far down the order of standards a line stands for each need it matches."""
    tier = (0 if line.region else 2) + (0 if line.group else 1)
    return tier * 10 * NOBODY + distance


@check("coverage")
def coverage_target(facts: Facts, parameters: Parameters) -> Iterator[Violation]:
    """Need-weighted mean coverage reaches every target."""
    replaced = set()
    for line in _standards(facts, "target"):
        at, _ = _matched(facts, line)
        yield from _below_target(facts, at, float(line.target), _named(facts, line))
        if not (line.jurisdiction or line.region or line.group):
            replaced.add(line.service)
    target = parameters.get("target")
    if target is None:
        return
    for service in facts.services.index:
        if service not in replaced:
            at = np.flatnonzero((facts.needs["service"] == service).to_numpy())
            yield from _below_target(facts, at, float(target), str(service))


def _below_target(facts: Facts, at: Positions, target: float, where: str) -> Iterator[Violation]:
    levels = facts.levels.iloc[at]
    demand = float(levels["demand"].sum())
    if demand <= 0:
        return
    mean = float(levels["served"].sum()) / demand
    short = target - mean
    if short > facts.tolerance:
        unit = facts.unit(levels["service"].iloc[0])
        message = (
            f"mean coverage is {number(mean)} and the target {number(target)}: "
            f"{number(short * demand)} of {number(demand)} {unit} short"
        )
        yield Violation("coverage_target", where, message, short * demand, short)


def _standards(facts: Facts, column: str) -> Iterator[Any]:
    """Yield the rows of the table standards that say something in a column."""
    table = facts.table("standards")
    if table is not None:
        yield from records(table[table[column].notna()])


def _matched(facts: Facts, line: Any) -> tuple[Positions, Floats]:
    """Return the needs a standard matches, and how many steps above them its jurisdiction is.

    Where it names no jurisdiction it is further away than any of them.
    """
    place = (line.service, line.region) if line.region else line.service
    at = facts.needs_of.get(place, np.empty(0, dtype=np.intp))
    if line.group:
        at = at[facts.needs["group"].to_numpy()[at] == line.group]
    if not line.jurisdiction:
        return at, np.full(len(at), NOBODY)
    below = facts.territory[line.jurisdiction]
    own = facts.needs["jurisdiction"].to_numpy()[at]
    distance = np.array([below.get(j, np.nan) for j in own], dtype=np.float64)
    return at[~np.isnan(distance)], distance[~np.isnan(distance)]


def _named(facts: Facts, line: Any) -> str:
    parts = []
    if line.jurisdiction:
        parts.append(facts.jurisdiction_label(line.jurisdiction))
    if line.region:
        parts.append(facts.region_label(line.region))
    return ", ".join(filter(None, [*parts, line.group, line.service]))


@check("last_resort")
def last_resort(facts: Facts, parameters: Parameters) -> Iterator[Violation]:
    """Last resort serves the services it is for, within its share of each need and its cap."""
    services, maximum = parameters.get("services", "all"), parameters.get("maximum_share", 1.0)
    frame = facts.last_resort
    cost = facts.services["last_resort_cost"].reindex(frame["service"]).to_numpy(dtype=float)
    listed = np.full(len(frame), True) if services == "all" else frame["service"].isin(services)
    allowed = np.where(listed & ~np.isnan(cost), maximum, 0.0)
    for line, most in zip(records(frame), allowed, strict=True):
        excess = line.share - most
        if excess > facts.tolerance:
            message = (
                f"last resort delivers {number(line.units)} {facts.unit(line.service)}, a share of "
                f"{number(line.share)}; at most {number(most)} is allowed"
            )
            where = facts.need_label(line.region, line.group, line.service)
            yield Violation("last_resort", where, message, excess * line.demand, excess)
    yield from _above_cap(facts)


def _above_cap(facts: Facts) -> Iterator[Violation]:
    units = facts.last_resort.groupby("service", sort=False)["units"].sum()
    caps = facts.services["last_resort_cap"]
    for line in records(pd.DataFrame({"units": units, "cap": caps.reindex(units.index)})):
        excess = line.units - line.cap
        relative = excess / (line.cap or 1.0)
        if relative > facts.tolerance:
            amount = f"{number(line.units)} {facts.unit(line.Index)}"
            message = f"last resort delivers {amount} in all; its cap is {number(line.cap)}"
            yield Violation("last_resort", line.Index, message, excess, relative)


@check("single_source")
def single_source(facts: Facts, parameters: Parameters) -> Iterator[Violation]:
    """Each need is served by one offer at most; last resort does not count."""
    services = parameters.get("services", "all")
    frame = facts.by_offers[facts.by_offers["share"] > facts.tolerance]
    if services != "all":
        frame = frame[frame["service"].isin(services)]
    by_offer = frame.groupby(["need", "offer"], sort=False)["share"].sum().reset_index()
    several = by_offer[by_offer.duplicated("need", keep=False)]
    for need, lines in several.groupby("need", sort=False):
        row = facts.needs.iloc[int(str(need))]
        message = f"it is served by {len(lines)} offers: {', '.join(lines['offer'])}"
        where = facts.need_label(row["region"], row["group"], row["service"])
        excess = float(lines["share"].sum() - lines["share"].max())
        yield Violation("single_source", where, message, len(lines) - 1.0, excess)
