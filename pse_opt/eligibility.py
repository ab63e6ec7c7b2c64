"""Which offers a policy rules out, or admits at a price: data alone, for whoever asks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from pse_opt.instance import Instance

__all__ = ["can_qualify", "not_allowed", "offers_of_kinds", "unqualified"]


def offers_of_kinds(instance: Instance, kinds: Any) -> npt.NDArray[np.bool_]:
    """Return for each offer whether its provider is of the kinds chosen, or all."""
    if kinds == "all":
        return np.ones(len(instance.offers), dtype=bool)
    return np.asarray(instance.offers["kind"].isin(kinds).to_numpy())


def not_allowed(instance: Instance, section: Mapping[str, Any] | None) -> npt.NDArray[np.bool_]:
    """Return for each offer whether the section ``arrangements`` rules it out."""
    offers = instance.offers
    barred = np.zeros(len(offers), dtype=bool)
    if section is None:
        return barred
    for column, allowed in (("kind", section["kinds"]), ("mode", section["modes"])):
        if allowed != "all":
            barred |= ~offers[column].isin(allowed).to_numpy()
    if section["services"] != "all":
        barred &= offers["service"].isin(section["services"]).to_numpy()
    return barred


def unqualified(instance: Instance, section: Mapping[str, Any] | None) -> npt.NDArray[np.bool_]:
    """Return for each offer whether it is below a threshold of the section ``qualification``."""
    offers = instance.offers
    if section is None:
        return np.zeros(len(offers), dtype=bool)
    reliability = instance.providers["reliability"].to_numpy()[offers["provider_at"].to_numpy()]
    below = np.zeros(len(offers), dtype=bool)
    for values, least in (
        (offers["quality"].to_numpy(), section["minimum_quality"]),
        (reliability, section["minimum_reliability"]),
    ):
        if least is not None:
            below |= values < least  # not a number is not below
    return below & offers_of_kinds(instance, section["kinds"])


def can_qualify(instance: Instance, section: Mapping[str, Any] | None) -> list[int]:
    """Return the providers with unqualified offers that could be brought up to the thresholds."""
    below = np.unique(instance.offers["provider_at"].to_numpy()[unqualified(instance, section)])
    cost = instance.providers["qualification_cost"].to_numpy()
    return [int(k) for k in below if np.isfinite(cost[k])]
