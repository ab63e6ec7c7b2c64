"""Qualification: thresholds of quality and record, and what it costs to reach them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import numpy as np
import pyomo.core as pe
from pydantic import Field

from pse_opt.components import Row, Share, component
from pse_opt.eligibility import unqualified
from pse_opt.formulation.arrangements import NOT_GOVERNMENT, Kinds
from pse_opt.instance import Instance


@component(section="qualification")
def qualification(
    m: pe.ConcreteModel,
    instance: Instance,
    *,
    minimum_quality: Annotated[
        Share | None, Field(description="least quality of an offer; a blank is not below it")
    ] = None,
    minimum_reliability: Annotated[
        Share | None, Field(description="least reliability (record) of a provider")
    ] = None,
    kinds: Kinds = NOT_GOVERNMENT,
) -> Iterator[Row]:
    r"""An offer below a threshold is engaged only if its provider is brought up to it.

    .. math::
        \sum_{l \in L_o} y_{ol} \le \begin{cases} w_{k(o)} & \text{if } k(o) \text{ can qualify} \\
        0 & \text{otherwise} \end{cases} \qquad \forall o : a_o < \underline{a} \text{ or }
        r_{k(o)} < \underline{r} \tag{qualification}

    :math:`a_o` is quality (``offers.quality``, else ``providers.quality``), :math:`r_k` the record
    (``providers.reliability``), both shares, with their thresholds; a blank is not below a
    threshold. :math:`w_k` is 1 if provider :math:`k` is brought up to them (``qualified``), at its
    ``providers.qualification_cost`` in money per year, a part of ``overhead``; a provider without
    this cost cannot qualify. Qualifying admits an offer; the quality on record stays what it is.
    """
    section = {
        "minimum_quality": minimum_quality,
        "minimum_reliability": minimum_reliability,
        "kinds": kinds,
    }
    provider = instance.offers["provider_at"].to_numpy()
    for o in np.flatnonzero(unqualified(instance, section)):
        columns = [m.columns.engaged[k] for k in instance.sizes_of_offer[o]]
        coefficients = [1.0] * len(columns)
        qualified = m.columns.qualified.get(int(provider[o]))
        if qualified is not None:
            columns.append(qualified)
            coefficients.append(-1.0)
        yield Row(instance.offers["offer"][o], coefficients, columns, None, 0.0)
