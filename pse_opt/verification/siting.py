"""Checks of how many offers are engaged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pse_opt.verification.facts import Facts
from pse_opt.verification.findings import Violation, check


@check("siting")
def siting(facts: Facts, parameters: Mapping[str, Any]) -> Iterator[Violation]:
    """Each service has the number of offers that the policy asks for."""
    named = parameters.get("services", "all")
    exactly = parameters.get("number")
    least = exactly if exactly is not None else parameters.get("minimum")
    most = exactly if exactly is not None else parameters.get("maximum")
    engaged = facts.engaged["service"].value_counts()
    for service in facts.services.index:
        if named != "all" and service not in named:
            continue
        count = int(engaged.get(service, 0))
        if least is not None and count < least:
            message = f"{count} offers are engaged, at least {least} must be"
            yield Violation("siting", service, message, least - count, least - count)
        if most is not None and count > most:
            message = f"{count} offers are engaged, at most {most} may be"
            yield Violation("siting", service, message, count - most, count - most)
