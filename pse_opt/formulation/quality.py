"""Satisfaction: the quality of what is delivered, on average, need by need or more widely."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal

import numpy as np
import pyomo.core as pe
from pydantic import Field

from pse_opt.components import Row, Share, component
from pse_opt.instance import Instance


@component(section="satisfaction")
def satisfaction_floor(
    m: pe.ConcreteModel,
    instance: Instance,
    *,
    floor: Annotated[
        Share | None, Field(description="least average quality of what each need is delivered")
    ] = None,
) -> Iterator[Row]:
    r"""What a need is delivered has on average at least a quality.

    .. math::
        \sum_{o \in O_n} (a_o - \underline{a}) x_{on} + (a^E_{s(n)} - \underline{a}) e_n \ge 0
        \qquad \forall n \tag{satisfaction_floor}

    :math:`a_o` is quality or satisfaction expected of an offer (``offers.quality``, else
    ``providers.quality``), :math:`a^E` of last resort (``services.last_resort_quality``), shares;
    :math:`\underline{a}` is ``floor``. Where a quality is unknown the term is left out: it neither
    helps nor hurts. What is not delivered does not count.
    """
    if floor is not None:
        for n, key in enumerate(instance.need_keys):
            yield from _average(m, instance, key, [n], floor)


@component(section="satisfaction")
def satisfaction_average(
    m: pe.ConcreteModel,
    instance: Instance,
    *,
    average: Annotated[
        Share | None, Field(description="least average quality of what is delivered more widely")
    ] = None,
    between: Annotated[
        Literal["services", "regions", "groups"],
        Field(description="whose average: a service's, or that of a region or group in it"),
    ] = "services",
) -> Iterator[Row]:
    r"""What a service delivers, in all or to a region or group, has on average a quality.

    .. math::
        \sum_{n \in E} \frac{D_n}{D_E} \Bigl[\sum_{o \in O_n} (a_o - \bar{a}) x_{on}
        + (a^E_{s} - \bar{a}) e_n\Bigr] \ge 0 \qquad \forall s, E \tag{satisfaction_average}

    :math:`E` are the needs for service :math:`s` of everybody, of a region or of a group;
    :math:`D_E` is their demand in units per year; :math:`\bar{a}` is ``average``, other symbols as
    in ``satisfaction_floor``.
    """
    if average is None:
        return
    column = {"services": None, "regions": "region", "groups": "group"}[between]
    needs = instance.needs.assign(entity="" if column is None else instance.needs[column])
    if column is not None:
        needs = needs[needs["entity"] != ""]
    for (service, entity), rows in needs.groupby(["service", "entity"], sort=False):
        yield from _average(m, instance, (service, entity), rows.index.tolist(), average)


def _average(
    m: pe.ConcreteModel, instance: Instance, index: Any, needs: Sequence[int], least: float
) -> Iterator[Row]:
    """Yield the row that keeps the quality of what these needs are delivered at the least."""
    quality = instance.offers["quality"].to_numpy()[instance.links["offer"].to_numpy()]
    rescue, service = instance.services["last_resort_quality"], instance.needs["service_at"]
    demand = instance.needs["demand"].to_numpy()
    total = float(demand[list(needs)].sum())
    terms: list[tuple[float, Any]] = []
    for n in needs:
        weight = float(demand[n]) / total
        terms += [
            (weight * (float(quality[k]) - least), m.columns.delivery[k])
            for k in instance.links_of_need[n]
        ]
        if n in m.columns.last_resort:
            terms.append((weight * (float(rescue[service[n]]) - least), m.columns.last_resort[n]))
    known = [(c, v) for c, v in terms if np.isfinite(c)]
    if any(c < 0 for c, _ in known):
        yield Row(index, [c for c, _ in known], [v for _, v in known], 0.0, None)
