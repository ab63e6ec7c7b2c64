"""Checks of volunteers: for engaged offers, up to their capacity, beside paid staff."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from pse_opt.verification.facts import Facts
from pse_opt.verification.findings import Violation, check, number, records

Parameters = Mapping[str, Any]


@check()
def no_volunteers(facts: Facts, _: Parameters) -> Iterator[Violation]:
    """Without the section nobody volunteers."""
    if "volunteers" in facts.policy.sections:
        return
    for line in records(facts.plan.volunteers[facts.plan.volunteers["units"] > 0]):
        message = f"volunteers deliver {number(line.units)}; the model document has none"
        yield Violation("volunteers", str(line.offer), message, line.units, 1.0)


@check("volunteers")
def capacity(facts: Facts, parameters: Parameters) -> Iterator[Violation]:
    """Volunteers work for engaged offers, no more than they can and than paid staff allows."""
    ratio = float(parameters.get("maximum_ratio", 1.0))
    lines = facts.offers[["service", "volunteer_capacity"]].assign(
        units=facts.volunteers, paid=facts.paid
    )
    for line in records(lines[lines["units"] != 0]):
        engaged = line.Index in facts.engaged.index
        most, scale = line.volunteer_capacity if engaged else 0.0, line.volunteer_capacity or 1.0
        limits = (
            ("volunteer_limit", most, "they can deliver"),
            ("volunteer_ratio", ratio * line.paid, f"beside {number(line.paid)} that are paid"),
        )
        for rule, limit, why in limits:
            excess = line.units - limit
            if excess / scale > facts.tolerance:
                unit = facts.unit(line.service)
                message = f"volunteers deliver {number(line.units)} {unit}; "
                message += f"at most {number(limit)} {why}"
                yield Violation(rule, str(line.Index), message, excess, excess / scale)


@check("volunteers")
def pool(facts: Facts, _: Parameters) -> Iterator[Violation]:
    """Offers with their site in a community share its volunteers."""
    table = facts.instance.tables["needs"]
    known = table[table["volunteer_pool"].notna()]
    pools = known.groupby(["region", "service"])["volunteer_pool"].sum()
    sites = [facts.offers["region"], facts.offers["service"]]
    used = facts.volunteers.groupby(sites).sum()
    lines = pd.DataFrame({"limit": pools, "units": used.reindex(pools.index, fill_value=0.0)})
    for line in records(lines.reset_index()):
        excess = line.units - line.limit
        relative = excess / (line.limit or 1.0)
        if relative > facts.tolerance:
            message = (
                f"volunteers deliver {number(line.units)} {facts.unit(line.service)}; "
                f"the community has {number(line.limit)}"
            )
            where = facts.need_label(line.region, "", line.service)
            yield Violation("volunteer_pool", where, message, excess, relative)
