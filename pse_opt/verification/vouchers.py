"""Checks of vouchers: nobody prefers an engaged offer with room to the one they use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from pse_opt.verification.facts import Facts
from pse_opt.verification.findings import Violation, check, number, records

Parameters = Mapping[str, Any]
TIE = 1e-6
"""Difference in km that no user cares about."""


@check("vouchers")
def stable(facts: Facts, parameters: Parameters) -> Iterator[Violation]:
    """Users who choose are with the best engaged offer within reach that is not full."""
    modes, weight = parameters.get("modes", ["voucher"]), parameters.get("quality_weight", 0.0)
    offers = facts.offers if modes == "all" else facts.offers[facts.offers["mode"].isin(modes)]
    frame = facts.by_offers
    used = frame[frame["offer"].isin(offers.index) & (frame["share"] > facts.tolerance)]
    used = used.assign(burden=_burden(used, weight))
    open_ = [o for o in offers.index if o in facts.engaged.index and not _full(facts, o)]
    options = facts.reached(facts.needs[["region", "service"]].drop_duplicates())
    options = options[options["offer"].isin(open_)]
    options = options.assign(burden=_burden(options, weight))
    best = options.sort_values("burden").drop_duplicates(["region", "service"])
    best = best.rename(columns={"offer": "better", "burden": "least"})
    lines = used.merge(best[["region", "service", "better", "least"]], on=["region", "service"])
    for line in records(lines[lines["burden"] - lines["least"] > TIE]):
        unit = facts.unit(line.service)
        message = (
            f"{number(line.units)} {unit} are delivered by {line.offer}, but users prefer "
            f"{line.better}, which has room"
        )
        where = facts.need_label(line.region, line.group, line.service)
        yield Violation("voucher_choice", where, message, line.units, line.share)


def _burden(frame: pd.DataFrame, weight: float) -> Any:
    """What users go by: travel, less what quality is worth to them."""
    return frame["travel"] - weight * frame["quality"].fillna(0.0)


def _full(facts: Facts, offer: str) -> bool:
    capacity = float(facts.engaged["capacity"][offer])
    return bool(facts.paid[offer] >= capacity - facts.tolerance * np.maximum(capacity, 1.0))
