"""Arrangements: which kinds of providers and which modes the policy allows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt
import pyomo.environ as pe
from pydantic import Field

from pse_opt.components import Row, Services, component
from pse_opt.instance import Instance

Kind = Literal["government", "ngo", "private"]
Mode = Literal[
    "direct", "contract", "grant", "voucher", "franchise", "intergovernmental", "volunteer"
]
Kinds = Annotated[
    Literal["all"] | list[Kind], Field(description="kinds of providers allowed, or all")
]
Modes = Annotated[Literal["all"] | list[Mode], Field(description="modes allowed, or all")]


@component(section="arrangements")
def arrangements(
    m: pe.ConcreteModel,
    instance: Instance,
    *,
    kinds: Kinds = "all",
    modes: Modes = "all",
    services: Services = "all",
) -> Iterator[Row]:
    r"""Offers of a kind of provider or in a mode that is not allowed are not engaged.

    .. math::
        \sum_{l \in L_o} y_{ol} \le 0 \qquad \forall o : \tau(o) \notin K \text{ or } m(o) \notin M
        \tag{arrangements}

    :math:`\tau(o)` is the kind of the offer's provider (``providers.kind``), :math:`m(o)` its mode
    (``offers.mode``); :math:`K` and :math:`M` are the kinds and modes allowed for the services
    chosen. Offers of other services stay as they are.
    """
    barred = not_allowed(instance, {"kinds": kinds, "modes": modes, "services": services})
    for o in np.flatnonzero(barred):
        columns = [m.columns.engaged[k] for k in instance.sizes_of_offer[o]]
        yield Row(instance.offers["offer"][o], [1.0] * len(columns), columns, None, 0.0)


def not_allowed(instance: Instance, section: Mapping[str, Any]) -> npt.NDArray[np.bool_]:
    """Return for each offer whether the section ``arrangements`` rules it out."""
    offers = instance.offers
    barred = np.zeros(len(offers), dtype=bool)
    for column, allowed in (("kind", section["kinds"]), ("mode", section["modes"])):
        if allowed != "all":
            barred |= ~offers[column].isin(allowed).to_numpy()
    if section["services"] != "all":
        barred &= offers["service"].isin(section["services"]).to_numpy()
    return barred
