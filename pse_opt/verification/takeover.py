"""Check of takeover: let each NGO fail, and see what government offers have room for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from pse_opt.verification.facts import Facts
from pse_opt.verification.findings import Violation, check, number

Parameters = Mapping[str, Any]
PARTS = 1_000_000_000
"""Parts into which what is to be taken over is divided: maximum flow counts whole numbers."""


@check("takeover")
def takeover(facts: Facts, parameters: Parameters) -> Iterator[Violation]:
    """When one NGO fails, government offers can take over a share of all that it delivers."""
    share, surge = float(parameters["share"]), float(parameters.get("surge", 1.0))
    services = parameters.get("services", "all")
    frame = facts.by_offers
    if services != "all":
        frame = frame[frame["service"].isin(services)]
    provider = facts.offers["provider"].reindex(frame["offer"]).to_numpy()
    ngo = (facts.providers["kind"].reindex(provider) == "ngo").to_numpy()
    lost = frame[ngo].assign(provider=provider[ngo])
    options = facts.reached(facts.needs[["region", "service"]].drop_duplicates())
    kind = facts.providers["kind"].reindex(options["provider"]).to_numpy()
    options = options[kind == "government"]
    engaged = facts.engaged
    room = (surge * engaged["capacity"] - facts.paid.reindex(engaged.index)).clip(lower=0.0)
    for name, mine in lost.groupby("provider", sort=False):
        wanted = mine.groupby(["region", "group", "service"], sort=False)["units"].sum() * share
        wanted = wanted[wanted > 0]
        total = float(wanted.sum())
        if total <= 0:
            continue
        missing = total - _rescued(wanted, options, room)
        relative = missing / float(mine.drop_duplicates("need")["demand"].sum())
        if relative > facts.tolerance:
            message = (
                f"if it fails, government offers have room for {number(total - missing)} of the "
                f"{number(total)} to be taken over"
            )
            yield Violation("takeover", str(name), message, missing, relative)


def _rescued(wanted: pd.Series[float], options: pd.DataFrame, room: pd.Series[float]) -> float:
    """Return how much of what is wanted fits in: a maximum flow from needs through offers."""
    places = {key: n + 2 for n, key in enumerate(wanted.index)}
    mine = options[options["region"].isin({k[0] for k in places})]
    offers = {o: n + 2 + len(places) for n, o in enumerate(dict.fromkeys(mine["offer"]))}
    unit = PARTS / float(wanted.sum())
    edges = [(0, at, wanted[key]) for key, at in places.items()]
    edges += [(at, 1, min(float(room[o]), float(wanted.sum()))) for o, at in offers.items()]
    by_place: dict[tuple[str, str], list[str]] = {}
    for offer, region, service in zip(mine["offer"], mine["region"], mine["service"], strict=True):
        by_place.setdefault((region, service), []).append(offer)
    for key, at in places.items():
        edges += [(at, offers[o], wanted[key]) for o in by_place.get((key[0], key[2]), ())]
    start, end, most = zip(*edges, strict=True)
    size = 2 + len(places) + len(offers)
    whole = np.rint(np.array(most, dtype=float) * unit).astype(np.int32)
    network = csr_array((whole, (start, end)), shape=(size, size))
    from scipy.sparse.csgraph import maximum_flow

    return float(maximum_flow(network, 0, 1).flow_value) / unit
