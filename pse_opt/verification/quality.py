"""Checks of satisfaction: the average quality of what is delivered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from pse_opt.verification.facts import Facts
from pse_opt.verification.findings import Violation, check, number, records

Parameters = Mapping[str, Any]


@check("satisfaction")
def floor(facts: Facts, parameters: Parameters) -> Iterator[Violation]:
    """What each need is delivered has on average the quality asked for."""
    least = parameters.get("floor")
    if least is not None:
        whom = ["region", "group", "service"]
        yield from _below(facts, "satisfaction_floor", whom, float(least))


@check("satisfaction")
def average(facts: Facts, parameters: Parameters) -> Iterator[Violation]:
    """What a service delivers, in all or to a region or group, has on average a quality."""
    least, between = parameters.get("average"), parameters.get("between", "services")
    if least is not None:
        whom = {"services": ["service"], "regions": ["region", "service"]}
        chosen = whom.get(between, ["group", "service"])
        yield from _below(facts, "satisfaction_average", chosen, float(least))


def _below(facts: Facts, rule: str, whom: list[str], least: float) -> Iterator[Violation]:
    """Yield where the quality of deliveries, where it is known, is on average below the least."""
    got = pd.concat([facts.by_offers, facts.last_resort])
    got = got[got["quality"].notna()]
    if "group" in whom and "region" not in whom:
        got = got[got["group"] != ""]
    lines = got.assign(product=got["units"] * got["quality"])
    sums = lines.groupby(whom, sort=False)[["units", "product"]].sum().reset_index()
    need = facts.needs.groupby(whom, sort=False)["demand"].sum().rename("demand")
    sums = sums.join(need, on=whom)
    for line in records(sums[sums["units"] > 0]):
        mean = line.product / line.units
        relative = (least - mean) * line.units / line.demand
        if relative > facts.tolerance:
            place = [getattr(line, c, "") for c in ("region", "group", "service")]
            message = (
                f"the quality of what is delivered is on average {number(mean)}; "
                f"at least {number(least)} is asked for"
            )
            yield Violation(rule, facts.need_label(*place), message, least - mean, relative)
