"""Difference: a plan that engages other offers than plans that are known already."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import numpy as np
import pyomo.core as pe
from pydantic import Field

from pse_opt.components import Row, component
from pse_opt.instance import Instance


@component(section="difference")
def different_offers(
    m: pe.ConcreteModel,
    instance: Instance,
    *,
    plans: Annotated[
        list[list[str]], Field(description="offers engaged in each plan that is known")
    ],
    minimum: Annotated[
        int, Field(ge=1, json_schema_extra={"unit": "offers"}, description="offers that differ")
    ] = 1,
) -> Iterator[Row]:
    r"""The plan differs from each of some others in a number of engaged offers.

    .. math::
        \sum_{o \notin E_i} \sum_{l} y_{ol} + \sum_{o \in E_i} \bigl(1 - \sum_{l} y_{ol}\bigr)
        \ge \delta \qquad \forall i \tag{different_offers}

    :math:`E_i` are the offers that plan :math:`i` engages (``plans``), :math:`\delta` is
    ``minimum``. An offer of :math:`E_i` that may no longer be engaged counts as one that differs.
    Solving again and again, each time with the plan found added, lists the plans from the best on.
    """
    offer = instance.offers["offer"].to_numpy()[instance.sizes["offer"].to_numpy()]
    for k, plan in enumerate(plans):
        inside = np.isin(offer, plan)
        coefficients = np.where(inside, -1.0, 1.0).tolist()
        yield Row(k, coefficients, m.columns.engaged, float(minimum - len(set(plan))), None)
