"""What several families share when they write their rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyomo.core as pe
import scipy.sparse as sp

from pse_opt.components import Row, Rows
from pse_opt.instance import Instance

__all__ = [
    "chosen",
    "needs_of_regions",
    "per_unit",
    "scaled",
    "sparse_rows",
    "yearly_fixed",
    "yearly_volume",
]

Terms = list[tuple[float, Any]]


def chosen(instance: Instance, services: Any) -> npt.NDArray[np.bool_]:
    """Return for each service whether a choice names it: ``all``, ``core`` or a list."""
    frame = instance.services
    if services == "all":
        return np.ones(len(frame), dtype=bool)
    if services == "core":
        return np.asarray(frame["core"].to_numpy(dtype=bool))
    return np.asarray(frame["service"].isin(services).to_numpy())


def needs_of_regions(
    instance: Instance, services: Any = "all"
) -> Iterator[tuple[tuple[str, str], list[int]]]:
    """Yield every (region, service) of the services chosen with the positions of its needs."""
    named = chosen(instance, services)[instance.needs["service_at"].to_numpy()]
    mine = instance.needs[named]
    for (region, service), rows in mine.groupby(["region", "service"], sort=False):
        yield (str(region), str(service)), [int(n) for n in rows.index]


def scaled(index: Any, terms: Iterable[tuple[float, Any]], upper: float = 0.0) -> Row:
    """Return ``sum(terms) <= upper`` divided by its greatest coefficient.

    Money and volumes come in any unit; a row whose coefficients are near 1 keeps the solver's
    tolerance meaningful.
    """
    used = [(c, v) for c, v in terms if c != 0.0]
    scale = max((abs(c) for c, _ in used), default=1.0)
    coefficients = [c / scale for c, _ in used]
    return Row(index, coefficients, [v for _, v in used], None, upper / scale)


def sparse_rows(
    keys: Sequence[Any],
    row: npt.NDArray[Any],
    column: npt.NDArray[Any],
    values: npt.NDArray[np.float64],
    variables: Sequence[Any] | npt.NDArray[Any],
    lower: float,
    upper: float,
) -> Rows:
    """Return rows of one form from triples: row, place among the variables, coefficient."""
    shape = (len(keys), len(variables))
    matrix = sp.csr_array(sp.coo_array((values, (row, column)), shape=shape))
    limits = np.full(len(keys), lower), np.full(len(keys), upper)
    return Rows(keys, matrix, variables, *limits)


def yearly_fixed(m: pe.ConcreteModel, instance: Instance, o: int) -> Terms:
    """What the public pays a provider for an offer engaged: fixed cost and investment a year."""
    fixed = instance.sizes["fixed_cost"].to_numpy()
    money = fixed + instance.yearly_investment
    return [(float(money[k]), m.columns.engaged[k]) for k in instance.sizes_of_offer[o]]


def yearly_volume(
    m: pe.ConcreteModel, instance: Instance, o: int, per_unit: npt.NDArray[np.float64]
) -> Terms:
    """Money for the volume of an offer, at so much a unit for each size."""
    capacity = instance.usable_capacity
    return [
        (float(per_unit[k] * capacity[k]), m.columns.utilization[k])
        for k in instance.sizes_of_offer[o]
    ]


def per_unit(m: pe.ConcreteModel, instance: Instance, o: int, column: str) -> Terms:
    """Money for the volume of an offer, at so much a unit as a column of the offers says."""
    amount = float(instance.offers[column].to_numpy()[o])
    return yearly_volume(m, instance, o, np.full(len(instance.sizes), amount))
