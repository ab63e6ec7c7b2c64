"""Who would serve each need if everybody went to the nearest offer."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pandas as pd

from pse_opt.verification.distance import travel_between
from pse_opt.verification.findings import records
from pse_opt.verification.given import Given

__all__ = ["nearest_deliveries"]

Floats = npt.NDArray[np.float64]
Positions = npt.NDArray[np.intp]
EQUAL = 1e-9
"""Travels closer to each other than this, relative to them, are the same."""


def nearest_deliveries(given: Given) -> pd.DataFrame:
    """Return full service of every need by its nearest admissible offer, whatever its capacity.

    Columns offer, region, group, service, share; a need without a link is not among them.
    """
    nearest = np.full(len(given.needs), np.inf)
    chosen = np.full(len(given.needs), "", dtype=object)
    for offer, at, travel in _reached(given):
        nearer = travel < nearest[at] - EQUAL * np.maximum(1.0, travel)
        nearest[at[nearer]], chosen[at[nearer]] = travel[nearer], offer
    served: pd.DataFrame = given.needs.loc[chosen != "", ["region", "group", "service"]]
    return served.assign(offer=chosen[chosen != ""], share=1.0)


def _reached(given: Given) -> Iterator[tuple[str, Positions, Floats]]:
    """Yield each admissible offer with the needs it reaches and the travel to each."""
    admissible = given.offers[given.offers["barred"] == ""]
    none = np.empty(0, dtype=np.intp)
    links = given.table("links")
    if links is not None:
        by_offer = links.groupby("offer").indices
        for offer, service in admissible["service"].items():
            for line in records(links.iloc[by_offer.get(str(offer), none)]):
                at = given.needs_of.get((service, line.region), none)
                yield str(offer), at, np.full(len(at), float(line.travel))
        return
    homes = given.regions.loc[given.needs["region"]]
    for offer, service in admissible["service"].items():
        at = given.needs_of.get(service, none)
        reach = float(given.services["reach_km"].loc[service])
        travel = travel_between(admissible.loc[[offer] * len(at)], homes.iloc[at])
        near = travel <= reach * (1 + EQUAL)
        yield str(offer), at[near], travel[near]
