"""Transfers: money between jurisdictions, from the centre down and between neighbours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import numpy as np
import pyomo.core as pe
from pydantic import Field

from pse_opt.components import Money, Row, Share, component
from pse_opt.formulation.finance import Scale, spending_on
from pse_opt.instance import Instance

__all__ = ["downward", "transfer_pairs"]


@component(section="transfers")
def transfer_pool(
    m: pe.ConcreteModel,
    instance: Instance,
    *,
    pool: Annotated[
        Money | None, Field(description="greatest sum of transfers from above, in money")
    ] = None,
    horizontal: Annotated[  # chosen when the decisions are declared
        bool,
        Field(description="whether jurisdictions also give to those above, to be passed on"),
    ] = False,
    cost_of_funds: Annotated[  # the price of the cost term transfers
        Scale, Field(description="social cost of a unit of money transferred from above")
    ] = 0.0,
) -> Iterator[Row]:
    r"""What is transferred from above stays within a pool.

    .. math::
        \sum_{(i, j) : i \text{ above } j} \frac{\tau_{ij}}{P} \le 1 \tag{transfer_pool}

    :math:`\tau_{ij}` is money per year from jurisdiction :math:`i` to :math:`j` (``transfer``, a
    share of the largest budget), :math:`P` is ``pool``. In any case a jurisdiction gives only what
    it has: transfers given are a part of its spending, transfers received are added to its budget
    (see ``budgets``).
    """
    above = [v for pair, v in m.columns.transfer.items() if downward(instance, pair)]
    if pool is not None and above:
        scale = pool or instance.largest_budget
        unit = instance.largest_budget / scale
        yield Row("all", [unit] * len(above), above, None, pool / scale)


@component(section="transfers")
def transfer_per_head(
    m: pe.ConcreteModel,
    instance: Instance,
    *,
    maximum_per_head: Annotated[
        Money | None, Field(description="greatest transfers received for each inhabitant")
    ] = None,
) -> Iterator[Row]:
    r"""A jurisdiction receives no more than an amount for each of its people.

    .. math::
        \sum_{i} \tau_{ij} - \sum_{i} \tau_{ji} \le \phi P_j \qquad \forall j
        \tag{transfer_per_head}

    :math:`P_j` are the inhabitants of the regions directly its own, :math:`\phi` is
    ``maximum_per_head`` in money per year; what it passes on is not counted. Each row is divided by
    its limit.
    """
    if maximum_per_head is None:
        return
    regions = instance.regions
    people = regions.groupby("jurisdiction")["population"].sum()
    for j, (received, given) in _flows(m.columns.transfer).items():
        limit = maximum_per_head * float(people.get(j, 0.0))
        if received:
            scale = limit or instance.largest_budget
            unit = instance.largest_budget / scale
            coefficients = [unit] * len(received) + [-unit] * len(given)
            yield Row(j, coefficients, [*received, *given], None, limit / scale)


@component(section="transfers")
def transfer_matching(
    m: pe.ConcreteModel,
    instance: Instance,
    *,
    own_share: Annotated[
        Share, Field(description="least share of its spending that a receiver pays itself")
    ] = 0.0,
) -> Iterator[Row]:
    r"""A receiver of transfers pays a share of what it spends out of its own budget.

    .. math::
        \sum_{i \text{ above } j} \tau_{ij} \le (1 - \rho)
        \Bigl(S_j + \sum_{i \text{ below } j} \tau_{ji}\Bigr) \qquad \forall j
        \tag{transfer_matching}

    :math:`S_j` is what the jurisdiction spends in money per year, as in ``budgets``; :math:`\rho`
    is ``own_share``. Nobody receives more from above than it spends or gives to those below. Each
    row is divided by the budget.
    """
    spent = spending_on(m, instance)
    budget = instance.jurisdictions.set_index("jurisdiction")["budget"]
    down = {p: v for p, v in m.columns.transfer.items() if downward(instance, p)}
    for j, (received, given) in _flows(down).items():
        if not received:
            continue
        scale = float(budget[j]) or 1.0
        unit = instance.largest_budget
        terms = [(unit, v) for v in received] + [((own_share - 1.0) * unit, v) for v in given]
        terms += [((own_share - 1.0) * c, v) for c, v in spent[j]]
        yield Row(j, [c / scale for c, _ in terms], [v for _, v in terms], None, 0.0)


def _flows(transfers: Mapping[tuple[str, str], Any]) -> dict[str, tuple[list[Any], list[Any]]]:
    """Transfers received and given by each jurisdiction that has any."""
    found: dict[str, tuple[list[Any], list[Any]]] = {}
    for (giver, receiver), column in transfers.items():
        found.setdefault(receiver, ([], []))[0].append(column)
        found.setdefault(giver, ([], []))[1].append(column)
    return found


def downward(instance: Instance, pair: tuple[str, str]) -> bool:
    """Whether the first of a pair of jurisdictions is above the second."""
    return pair[1] in instance.territory[pair[0]]


def transfer_pairs(instance: Instance, section: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    """Return who may give to whom: those above to those below, and back where that is allowed.

    Only jurisdictions with a budget take part: the others have no limit to relieve.
    """
    if section is None:
        return []
    table = instance.jurisdictions
    parent = dict(zip(table["jurisdiction"], table["parent"], strict=True))
    known = table["jurisdiction"][np.isfinite(table["budget"].to_numpy())].tolist()
    pairs = []
    for below in known:
        above = parent[below]
        while above:
            if above in known:
                pairs.append((above, below))
            above = parent[above]
    return pairs + [(j, i) for i, j in pairs if section["horizontal"]]
