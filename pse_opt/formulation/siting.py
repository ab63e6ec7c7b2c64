"""How many offers are engaged: the p of p-median, p-center and maximal covering."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import numpy as np
import pyomo.core as pe
from pydantic import Field

from pse_opt.components import Row, Services, component
from pse_opt.errors import InputError, Problem
from pse_opt.formulation.decisions import selected_services
from pse_opt.instance import Instance

Count = Annotated[int, Field(ge=0, json_schema_extra={"unit": "offers"})]


@component(section="siting")
def siting(
    m: pe.ConcreteModel,
    instance: Instance,
    *,
    services: Services = "all",
    number: Annotated[
        Count | None, Field(description="offers engaged for each service, exactly")
    ] = None,
    minimum: Annotated[Count | None, Field(description="instead: at least so many")] = None,
    maximum: Annotated[Count | None, Field(description="instead: at most so many")] = None,
) -> Iterator[Row]:
    r"""Each service is delivered by a given number of offers.

    .. math::
        \underline{p}_s \le \sum_{o : s(o) = s} \sum_{l \in L_o} y_{ol} \le \overline{p}_s
        \qquad \forall s \text{ of the services chosen} \tag{siting}

    :math:`y_{ol}` is 1 if offer :math:`o` is engaged at size :math:`l`; :math:`s(o)` is its service
    (``offers.service``). Both ends are ``number`` where that is given.
    """
    least, most = siting_limits(number, minimum, maximum)
    service = instance.offers["service_at"].to_numpy()[instance.sizes["offer"].to_numpy()]
    for s in sorted(selected_services(instance, services)):
        columns = [m.columns.engaged[k] for k in np.flatnonzero(service == s)]
        if columns or (least or 0) > 0:
            yield Row(instance.services["service"][s], [1.0] * len(columns), columns, least, most)


def siting_limits(
    number: int | None, minimum: int | None, maximum: int | None
) -> tuple[int | None, int | None]:
    """Return the least and the greatest number of offers; one of the three must be given."""
    message = ""
    if number is not None and (minimum is not None or maximum is not None):
        message, remedy = "number is given beside minimum or maximum", "give one or the other"
    elif number is None and minimum is None and maximum is None:
        message, remedy = "how many offers to engage is not given", "write --set siting.number=5"
    elif minimum is not None and maximum is not None and minimum > maximum:
        message, remedy = f"the minimum {minimum} exceeds the maximum {maximum}", "swap them"
    if message:
        raise InputError([Problem("siting", message, remedy)])
    return (minimum, maximum) if number is None else (number, number)
