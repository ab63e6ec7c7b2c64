"""Check that a plan differs from others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pse_opt.verification.facts import Facts
from pse_opt.verification.findings import Violation, check


@check("difference")
def different_offers(facts: Facts, parameters: Mapping[str, Any]) -> Iterator[Violation]:
    """The offers engaged are others than those of each plan named, so many at least."""
    mine, least = set(facts.engaged["offer"]), parameters.get("minimum", 1)
    for k, other in enumerate(parameters["plans"], start=1):
        count = len(mine.symmetric_difference(other))
        if count < least:
            message = f"{count} offers differ, at least {least} must"
            yield Violation("different_offers", f"plan {k}", message, least - count, least - count)
