"""Checks of who may deliver at all: kinds of providers and modes the policy allows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pse_opt.verification.facts import Facts
from pse_opt.verification.findings import Violation, check, records

Parameters = Mapping[str, Any]


@check("arrangements")
def arrangements(facts: Facts, parameters: Parameters) -> Iterator[Violation]:
    """Every engaged offer is of a kind of provider, and in a mode, that the policy allows."""
    services = parameters.get("services", "all")
    engaged = facts.engaged
    if services != "all":
        engaged = engaged[engaged["service"].isin(services)]
    kind = facts.providers["kind"].reindex(engaged["provider"]).to_numpy()
    for line in records(engaged.assign(kind=kind)):
        for word, found in (("kinds", line.kind), ("modes", line.mode)):
            allowed = parameters.get(word, "all")
            if allowed != "all" and found not in allowed:
                message = f"{found} is not among the {word} the policy allows: {', '.join(allowed)}"
                yield Violation("arrangements", str(line.Index), message, 1.0, 1.0)
