"""Vouchers: users choose among engaged offers, by access and quality."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
import pyomo.core as pe
from pydantic import Field

from pse_opt.components import Row, component
from pse_opt.formulation.arrangements import Mode, Modes
from pse_opt.instance import Instance

__all__ = ["chosen_freely"]

Floats = npt.NDArray[np.float64]
VOUCHER: list[Mode] = ["voucher"]
TIE = 1e-9
"""Offers that differ in km by less than this are equally good to a user."""


@component(section="vouchers")
def voucher_choice(
    m: pe.ConcreteModel,
    instance: Instance,
    *,
    quality_weight: Annotated[
        float,
        Field(
            ge=0,
            allow_inf_nan=False,
            description="travel that users accept for full instead of no quality",
            json_schema_extra={"unit": "km"},
        ),
    ] = 0.0,
    modes: Annotated[
        Modes, Field(description="modes whose users choose, where others are assigned")
    ] = VOUCHER,
) -> Iterator[Row]:
    r"""Users of a voucher go to the best engaged offer that has room.

    .. math::
        \sum_{o' \in V_n : \delta_{o'n} > \delta_{on}} x_{o'n} + \sum_{l} y_{ol} - f_o \le 1
        \qquad \forall n, o \in V_n, \qquad \delta_{on} = d_{on} - \omega a_o \tag{voucher_choice}

    :math:`V_n` are the offers within reach whose users choose (``offers.mode``), :math:`d_{on}`
    travel in km, :math:`a_o` quality (unknown: none), :math:`\omega` is ``quality_weight``; so
    :math:`\delta` is what users go by, and equal offers share them as the plan likes. :math:`f_o`
    is 1 where the offer is full (``crowded``), so nobody who holds a voucher prefers an engaged
    offer with a place left to the one they use: a stable choice (closest assignment, Espejo, Marin
    and Rodriguez-Chia 2012, with overflow). How many vouchers a need is given is the plan's
    decision; those of a need may all find their offers full and be served in other modes or not at
    all.
    """
    section = {"modes": modes, "quality_weight": quality_weight}
    free, preference = chosen_freely(instance, section), preferences(instance, quality_weight)
    offer = instance.links["offer"].to_numpy()
    for n, links in enumerate(instance.links_of_need):
        mine = links[free[offer[links]]]
        mine = mine[np.argsort(preference[mine], kind="stable")]
        values = preference[mine]
        for k, value in zip(mine.tolist(), values.tolist(), strict=True):
            worse = mine[np.searchsorted(values, value + TIE, side="right") :]
            if not len(worse):
                continue
            o = int(offer[k])
            engaged = [m.columns.engaged[i] for i in instance.sizes_of_offer[o]]
            columns = [*(m.columns.delivery[i] for i in worse), *engaged, m.columns.crowded[o]]
            coefficients = [1.0] * (len(columns) - 1) + [-1.0]
            index = (instance.offers["offer"][o], *instance.need_keys[n][:2])
            yield Row(index, coefficients, columns, None, 1.0)


@component(section="vouchers")
def voucher_full(m: pe.ConcreteModel, instance: Instance) -> Iterator[Row]:
    r"""An offer is full when it delivers its whole capacity.

    .. math::
        f_o \le \sum_{l} v_{ol} \qquad \forall o \text{ whose users choose} \tag{voucher_full}

    :math:`v_{ol}` is volume as a share of capacity; :math:`f_o` is 0 or 1 (``crowded``).
    """
    for o, crowded in m.columns.crowded.items():
        columns = [crowded, *(m.columns.utilization[k] for k in instance.sizes_of_offer[o])]
        coefficients = [1.0] + [-1.0] * (len(columns) - 1)
        yield Row(instance.offers["offer"][o], coefficients, columns, None, 0.0)


def chosen_freely(instance: Instance, section: Mapping[str, Any] | None) -> npt.NDArray[np.bool_]:
    """Return for each offer whether its users choose it themselves."""
    if section is None:
        return np.zeros(len(instance.offers), dtype=bool)
    if section["modes"] == "all":
        return np.ones(len(instance.offers), dtype=bool)
    return np.asarray(instance.offers["mode"].isin(section["modes"]).to_numpy())


def preferences(instance: Instance, quality_weight: float) -> Floats:
    """Return for each link what users go by, in km: less is better."""
    offer = instance.links["offer"].to_numpy()
    quality = np.nan_to_num(instance.offers["quality"].to_numpy(dtype=np.float64))
    travel = instance.links["travel"].to_numpy(dtype=np.float64)
    return np.asarray(travel - quality_weight * quality[offer])
