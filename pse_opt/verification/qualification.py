"""Checks of who is good enough: thresholds of quality and record, and what reaching them costs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from pse_opt.verification.facts import Facts
from pse_opt.verification.findings import Violation, check, number

__all__ = ["qualifying", "thresholds"]

Parameters = Mapping[str, Any]


@check("qualification")
def qualification(facts: Facts, _: Parameters) -> Iterator[Violation]:
    """An offer below a threshold is engaged only where its provider can be brought up to it."""
    cost = facts.providers["qualification_cost"]
    for offer, why in thresholds(facts).items():
        if offer in facts.engaged.index and pd.isna(cost[facts.offers["provider"][offer]]):
            message = f"{why}; its provider cannot qualify"
            yield Violation("qualification", offer, message, 1.0, 1.0)


def qualifying(facts: Facts) -> pd.Series[float]:
    """Return what it costs to bring engaged providers up to the thresholds, by provider."""
    engaged = facts.engaged
    below = pd.Series(thresholds(facts), dtype=object).reindex(engaged.index).notna()
    providers = engaged.loc[below, "provider"].unique()
    return facts.providers["qualification_cost"].fillna(0.0).loc[providers]


def thresholds(facts: Facts) -> dict[str, str]:
    """Return the offers below a threshold of the section ``qualification``, and which, in words."""
    section = facts.policy.sections.get("qualification")
    if section is None:
        return {}
    kinds, found = section["kinds"], {}
    who = facts.providers.loc[facts.offers["provider"]]
    lines = zip(
        facts.offers.index, who["kind"], facts.offers["quality"], who["reliability"], strict=True
    )
    for offer, kind, quality, reliability in lines:
        if kinds != "all" and kind not in kinds:
            continue
        for word, value in (("quality", quality), ("reliability", reliability)):
            least = section[f"minimum_{word}"]
            if least is not None and value < least:
                found[offer] = f"{word} is {number(value)} and the threshold {number(least)}"
    return found
