"""Checks of continuity: what changes against today's plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from pse_opt.verification.facts import Facts
from pse_opt.verification.findings import Violation, check, number, records

Parameters = Mapping[str, Any]


@check("continuity")
def share(facts: Facts, parameters: Parameters) -> Iterator[Violation]:
    """Of what a service delivers today no more than a share changes its provider."""
    most, today = parameters.get("maximum_change"), facts.today
    if most is None or today is None:
        return
    maker = facts.offers["provider"]
    before = today.by_offers
    before = before.assign(provider=maker.reindex(before["offer"]).to_numpy())
    frame = facts.by_offers
    after = frame.assign(provider=maker.reindex(frame["offer"]).to_numpy())
    keys = ["need", "provider"]
    was = before.groupby(keys)["units"].sum()
    kept = after.groupby(keys)["units"].sum().reindex(was.index, fill_value=0.0)
    lost = (was - kept).clip(lower=0.0)
    service = facts.needs["service"].to_numpy()[was.index.get_level_values(0)]
    lines = pd.DataFrame({"lost": lost, "total": was}).groupby(service).sum()
    for line in records(lines[lines["total"] > 0]):
        excess = line.lost / line.total - most
        if excess > facts.tolerance:
            name = str(line.Index)
            message = (
                f"{number(line.lost)} of {number(line.total)} {facts.unit(name)} of today change "
                f"provider; at most a share of {number(most)} may"
            )
            yield Violation("continuity_share", name, message, excess * line.total, excess)


@check("continuity")
def offers(facts: Facts, parameters: Parameters) -> Iterator[Violation]:
    """No more offers than allowed are engaged anew, or ended."""
    if facts.today is None:
        return
    before, after = set(facts.today.engaged.index), set(facts.engaged.index)
    for word, changed in (("new", after - before), ("ended", before - after)):
        most = parameters.get(f"maximum_{word}")
        if most is not None and len(changed) > most:
            verb = "are engaged anew" if word == "new" else "of today are ended"
            message = f"{len(changed)} offers {verb}; at most {most} may be"
            excess = float(len(changed) - most)
            yield Violation("continuity_offers", word, message, excess, excess)
