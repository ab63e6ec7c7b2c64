"""Tables made complete: defaults filled in, what is inadmissible left out, positions beside names.

They are what :class:`pse_opt.instance.Instance` shows of its tables, by position.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from pse_opt.checks import accredited_services
from pse_opt.tables import SIZED

__all__ = ["excluded", "needs", "offers", "positions", "sizes"]

Integers = npt.NDArray[np.int64]

_JUDGED = ("offer", "provider", "service", "required")
"""Columns that say whether an offer may be engaged."""


def positions(known: pd.Series, named: pd.Series) -> Integers:
    """Return where identifiers stand among those known, -1 for others."""
    return np.asarray(pd.Index(known).get_indexer(pd.Index(named)), dtype=np.int64)


def needs(table: pd.DataFrame, regions: pd.DataFrame, services: pd.DataFrame) -> pd.DataFrame:
    """Return the needs with demand; see :attr:`Instance.needs`."""
    frame = table[table["demand"] > 0].reset_index(drop=True)
    region = positions(regions["region"], frame["region"])
    population = regions["population"].to_numpy()[region]
    return frame.assign(
        heads=frame["heads"].fillna(pd.Series(population)),
        jurisdiction=regions["jurisdiction"].to_numpy()[region],
        region_at=region,
        service_at=positions(services["service"], frame["service"]),
    )


def excluded(table: pd.DataFrame, providers: pd.DataFrame) -> pd.DataFrame:
    """Return the offers that may not be engaged, and why; see :attr:`Instance.excluded`."""
    text = providers["accredited_for"].to_numpy(dtype=object).tolist()
    services = {given: accredited_services(given) for given in set(text)}
    names = providers["provider"].to_numpy(dtype=object).tolist()
    accredited = {name: services[given] for name, given in zip(names, text, strict=True)}
    columns = (table[c].to_numpy(dtype=object).tolist() for c in _JUDGED)
    reasons: dict[str, str] = {}
    for offer, provider, service, required in zip(*columns, strict=True):
        if required == "forbidden":
            reasons[offer] = "forbidden"
        elif accredited[provider] and service not in accredited[provider]:
            reasons[offer] = f"{provider} is not accredited for {service}"
    found = {"offer": list(reasons), "reason": list(reasons.values())}
    return pd.DataFrame(found, dtype=object)


def offers(
    frame: pd.DataFrame, regions: pd.DataFrame, services: pd.DataFrame, providers: pd.DataFrame
) -> pd.DataFrame:
    """Return admissible offers made complete; see :attr:`Instance.offers`."""
    region = positions(regions["region"], frame["region"])
    provider = positions(providers["provider"], frame["provider"])
    home = regions.iloc[region].reset_index(drop=True)
    who = providers.iloc[provider].reset_index(drop=True)
    return frame.assign(
        arranger=frame["arranger"].where(frame["arranger"] != "", home["jurisdiction"]),
        longitude=frame["longitude"].fillna(home["longitude"]),
        latitude=frame["latitude"].fillna(home["latitude"]),
        quality=frame["quality"].fillna(who["quality"]),
        kind=who["kind"],
        own_place=frame["longitude"].notna(),
        provider_at=provider,
        service_at=positions(services["service"], frame["service"]),
        region_at=region,
    )


def sizes(table: pd.DataFrame | None, offers: pd.DataFrame) -> pd.DataFrame:
    """Return what offers can be engaged at; see :attr:`Instance.sizes`."""
    wanted = ["offer", "size", *SIZED]
    single = offers.assign(size="", offer=np.arange(len(offers)))[wanted]
    if table is None:
        return single.reset_index(drop=True)
    at = positions(offers["offer"], table["offer"])
    several = table.assign(offer=at)[at >= 0][wanted]
    single = single[~single["offer"].isin(several["offer"])]
    both: pd.DataFrame = pd.concat([single, several])
    return both.sort_values("offer", kind="stable", ignore_index=True)
