"""Checks that every plan must pass: deliveries, links, engagements, volumes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from pse_opt.verification.facts import Facts
from pse_opt.verification.findings import Violation, check, number, records

Parameters = Mapping[str, Any]


@check()
def shares(facts: Facts, _: Parameters) -> Iterator[Violation]:
    """Shares are numbers from 0 on, of needs that exist."""
    frame = facts.deliveries
    given = facts.plan.deliveries["share"].to_numpy(dtype=float)
    wrong = ~np.isfinite(given) | (given < -facts.tolerance)
    known = facts.instance.tables["needs"]
    listed = pd.MultiIndex.from_frame(known[["region", "group", "service"]])
    here = pd.MultiIndex.from_frame(frame[["region", "group", "service"]]).isin(listed)
    for line, value in zip(records(frame[wrong & here]), given[wrong & here], strict=True):
        if line.need < 0 and not np.isfinite(value):
            continue  # no demand, so that no share is defined
        where = facts.need_label(line.region, line.group, line.service)
        amount = -value if np.isfinite(value) else 0.0
        message = f"{line.offer} delivers a share of {number(value)}; a share is from 0 to 1"
        yield Violation("attainment", where, message, amount, amount)
    for line in records(frame[~here]):
        where = facts.need_label(line.region, line.group, line.service)
        message = f"{line.offer} delivers to a need that the table needs does not know"
        yield Violation("attainment", where, message, line.share, line.share)


@check()
def attainment(facts: Facts, _: Parameters) -> Iterator[Violation]:
    """No need is served more than once over."""
    levels = facts.levels
    for line in records(levels[levels["coverage"] - 1.0 > facts.tolerance]):
        unit = facts.unit(line.service)
        message = (
            f"{number(line.served)} {unit} are delivered where {number(line.demand)} are needed "
            f"(coverage {number(line.coverage)})"
        )
        where = facts.need_label(line.region, line.group, line.service)
        excess = line.coverage - 1.0
        yield Violation("attainment", where, message, excess * line.demand, excess)


@check()
def eligibility(facts: Facts, _: Parameters) -> Iterator[Violation]:
    """Only offers that exist and are admissible are engaged or deliver."""
    frame = facts.deliveries
    delivering = frame.loc[~frame["last"] & (frame["share"] > facts.tolerance), "offer"]
    barred = dict(zip(facts.offers.index, facts.offers["barred"], strict=True))
    named = dict.fromkeys([*facts.engagements["offer"], *delivering])
    for offer in named:
        if offer not in barred:
            message = "the plan names an offer that the table offers does not know"
            yield Violation("eligibility", offer, message, 1.0, 1.0)
        elif barred[offer]:
            message = f"the offer may not be engaged: {barred[offer]}"
            yield Violation("eligibility", offer, message, 1.0, 1.0)


@check()
def linking(facts: Facts, _: Parameters) -> Iterator[Violation]:
    """Only engaged offers deliver."""
    frame = facts.by_offers
    idle = frame[~frame["offer"].isin(facts.engaged.index) & (frame["share"] > facts.tolerance)]
    for offer, lines in idle.groupby("offer", sort=False):
        unit = facts.unit(lines["service"].iloc[0])
        units = float(lines["units"].sum())
        message = f"delivers {number(units)} {unit} without being engaged"
        yield Violation("linking", str(offer), message, units, float(lines["share"].max()))


@check()
def reach(facts: Facts, _: Parameters) -> Iterator[Violation]:
    """An offer serves needs of its own service, along admissible links."""
    frame = facts.by_offers[facts.by_offers["share"] > facts.tolerance]
    service = facts.offers["service"].reindex(frame["offer"]).to_numpy()
    wrong = service != frame["service"].to_numpy()
    for line, own in zip(records(frame[wrong]), service[wrong], strict=True):
        where = facts.need_label(line.region, line.group, line.service)
        message = f"{line.offer} delivers {own}, not {line.service}"
        yield Violation("reach", where, message, line.units, line.share)
    for line in records(frame[~wrong & ~frame["reachable"]]):
        where = facts.need_label(line.region, line.group, line.service)
        yield Violation("reach", where, *_too_far(facts, line))


def _too_far(facts: Facts, line: Any) -> tuple[str, float, float]:
    """Return the message, the amount in km where it is known, and the relative excess."""
    if facts.table("links") is not None:
        message = f"{line.offer} has no link to it in the table links"
        return message, line.units, line.share
    if not np.isfinite(line.distance):
        message = f"{line.offer} serves its own region only: coordinates are missing"
        return message, line.units, line.share
    limit = float(facts.services["reach_km"].loc[line.service])
    message = (
        f"{line.offer} is {number(line.distance)} km away; "
        f"{line.service} is delivered within {number(limit)} km"
    )
    excess = line.distance - limit
    return message, excess, excess / max(1.0, limit)


@check()
def one_size(facts: Facts, _: Parameters) -> Iterator[Violation]:
    """An offer is engaged at one size, which exists."""
    known = facts.engagements[facts.engagements["known"]]
    for line in records(known[~known["exists"]]):
        named = f"size {line.size!r}" if line.size else "no size"
        message = f"it is engaged at {named}; the table sizes says otherwise"
        yield Violation("one_size", line.offer, message, 1.0, 1.0)
    for offer, lines in known[known.duplicated("offer", keep=False)].groupby("offer", sort=False):
        sizes = ", ".join(repr(s) for s in lines["size"])
        message = f"it is engaged at {len(lines)} sizes at once: {sizes}"
        yield Violation("one_size", str(offer), message, len(lines) - 1.0, len(lines) - 1.0)


@check()
def volumes(facts: Facts, _: Parameters) -> Iterator[Violation]:
    """An engaged offer delivers at most its capacity and at least its minimum volume.

    What volunteers deliver comes on top and does not count.
    """
    engaged = facts.engaged
    volume = facts.paid.reindex(engaged.index)
    scale = engaged["capacity"].where(engaged["capacity"] > 0, 1.0)
    lines = engaged.assign(
        volume=volume,
        above=(volume - engaged["capacity"]) / scale,
        below=(engaged["minimum_volume"] - volume.clip(lower=0.0)) / scale,
        scale=scale,
    )
    for line in records(lines[lines["above"] > facts.tolerance]):
        unit = facts.unit(line.service)
        message = f"delivers {number(line.volume)} {unit}; its capacity is {number(line.capacity)}"
        excess = line.above * line.scale
        yield Violation("capacity", str(line.Index), message, excess, line.above)
    for line in records(lines[lines["below"] > facts.tolerance]):
        unit = facts.unit(line.service)
        least = number(line.minimum_volume)
        message = f"delivers {number(line.volume)} {unit}; once engaged at least {least}"
        missing = line.below * line.scale
        yield Violation("minimum_volume", str(line.Index), message, missing, line.below)


@check()
def engagements(facts: Facts, _: Parameters) -> Iterator[Violation]:
    """At most one offer of an exclusive group is engaged, and every required offer is."""
    grouped = facts.engaged[facts.engaged["exclusive_group"] != ""]
    for group, lines in grouped.groupby("exclusive_group", sort=False):
        excess = len(lines) - 1.0
        if excess > 0:
            message = f"{', '.join(lines.index)} are engaged; at most one of them may be"
            yield Violation("exclusive_offers", str(group), message, excess, excess)
    required = facts.offers[facts.offers["required"] == "yes"]
    for line in records(required[~required.index.isin(facts.engaged.index)]):
        but = f" (but {line.barred})" if line.barred else ""
        message = f"the offer must be engaged, and is not{but}"
        yield Violation("required_offers", str(line.Index), message, 1.0, 1.0)


@check()
def no_last_resort(facts: Facts, _: Parameters) -> Iterator[Violation]:
    """Without the section there is no last resort."""
    if "last_resort" in facts.policy.sections:
        return
    frame = facts.last_resort
    for line in records(frame[frame["share"] > facts.tolerance]):
        where = facts.need_label(line.region, line.group, line.service)
        unit = facts.unit(line.service)
        message = f"last resort delivers {number(line.units)} {unit}; the model document has none"
        yield Violation("last_resort", where, message, line.units, line.share)
