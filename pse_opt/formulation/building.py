"""Capacity building: public money spent once so that an offer can deliver more, or better."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import numpy as np
import pyomo.core as pe
from pydantic import Field

from pse_opt.components import Money, Row, component
from pse_opt.instance import Instance


@component(section="capacity_building")
def investment_limit(
    m: pe.ConcreteModel,
    instance: Instance,
    *,
    maximum: Annotated[
        Money | None, Field(description="greatest sum of all investments, money spent once")
    ] = None,
) -> Iterator[Row]:
    r"""All investments together stay within what there is to invest.

    .. math::
        \sum_{ol} \frac{I_{ol}}{I} y_{ol} \le 1 \tag{investment_limit}

    :math:`I_{ol}` is the investment that a size (or an offer) needs once, in money
    (``sizes.investment``), :math:`I` is ``maximum``. Its yearly part, spread over
    ``investment_years``, is the cost term ``investment``, which counts in every model. A step of
    capacity is a size with an investment; a step of quality is an offer with one, in an exclusive
    group with the offer it improves.
    """
    money = instance.sizes["investment"].to_numpy()
    used = np.flatnonzero(money > 0)
    if maximum is not None and len(used):
        scale = maximum or 1.0
        columns = [m.columns.engaged[k] for k in used]
        yield Row("all", (money[used] / scale).tolist(), columns, None, maximum / scale)
