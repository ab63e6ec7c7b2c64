"""Arrangements: which kinds of providers and which modes the policy allows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

import numpy as np
import pyomo.core as pe
from pydantic import Field

from pse_opt.components import Row, Services, component
from pse_opt.eligibility import not_allowed
from pse_opt.instance import Instance

__all__ = ["NOT_GOVERNMENT", "Kinds", "Mode", "Modes"]

Kind = Literal["government", "ngo", "private"]
Mode = Literal[
    "direct", "contract", "grant", "voucher", "franchise", "intergovernmental", "volunteer"
]
Kinds = Annotated[
    Literal["all"] | list[Kind], Field(description="kinds of providers it applies to, or all")
]
Allowed = Annotated[
    Literal["all"] | list[Kind], Field(description="kinds of providers allowed, or all")
]
NOT_GOVERNMENT: list[Kind] = ["ngo", "private"]
Modes = Annotated[Literal["all"] | list[Mode], Field(description="modes allowed, or all")]


@component(section="arrangements")
def arrangements(
    m: pe.ConcreteModel,
    instance: Instance,
    *,
    kinds: Allowed = "all",
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
