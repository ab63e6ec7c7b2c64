"""From values of a model's columns to the plan they mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyomo.core as pe

from pse_opt.components import COST_TERMS
from pse_opt.eligibility import unqualified
from pse_opt.instance import Instance
from pse_opt.plan import Plan
from pse_opt.solving.compiled import Compiled
from pse_opt.solving.outline import Outline
from pse_opt.tables import LAST_RESORT

__all__ = ["Values", "load_duals", "load_reduced_costs", "load_values", "read_plan_off"]

Floats = npt.NDArray[np.float64]

SMALLEST = 1e-9
"""Shares below this are rounding errors of the solver, not deliveries."""


class Values:
    """What a solution says of the decisions of a model; those without a column are at their least.

    Parameters
    ----------
    m : ConcreteModel or Outline
        A model of ours.
    instance : Instance
        What it is a model of.
    compiled : Compiled
        The same, compiled.
    values : ndarray, shape (columns,)
        Values of the columns.
    """

    def __init__(
        self, m: pe.ConcreteModel | Outline, instance: Instance, compiled: Compiled, values: Floats
    ) -> None:
        self._m = m
        self._known: dict[int, int] | None = None
        if isinstance(m, Outline):
            self._values = np.maximum(m.each("lower"), 0.0)
            at = compiled.find(range(m.count))
        else:
            variables = list(m.component_data_objects(pe.Var))
            self._known = {id(v): k for k, v in enumerate(variables)}
            self._values = np.array([max(0.0, v.lb or 0.0) for v in variables])
            at = compiled.find(variables)
        self._values[at >= 0] = values[at[at >= 0]]
        self._settle(instance)

    def of(self, columns: Sequence[Any] | npt.NDArray[Any]) -> Floats:
        """Return the values of some decisions."""
        return np.asarray(self._values[self._places(columns)])

    def cost(self, term: str) -> float:
        """Return a cost term in money per year."""
        told = self._m.terms[term]
        weights = np.asarray(told.coefficients, dtype=float)
        return float(weights @ self.of(told.variables)) + float(told.constant)

    def _places(self, columns: Any) -> npt.NDArray[Any]:
        if isinstance(columns, range):
            return np.arange(columns.start, columns.stop)
        if self._known is not None:
            columns = [self._known[id(v)] for v in columns]
        return np.asarray(columns, dtype=np.int64)

    def _settle(self, instance: Instance) -> None:
        """Set ``provider_engaged`` to 1 exactly where an offer of the provider is engaged.

        Likewise ``qualified`` where one below a threshold is. Where overhead is not in the
        objective nothing keeps them from being higher.
        """
        columns = self._m.columns
        offer = instance.sizes["offer"].to_numpy()[self.of(columns.engaged) > 0.5]
        below = unqualified(instance, columns.policy.sections.get("qualification"))
        provider = instance.offers["provider_at"].to_numpy()
        for block, offers in (
            (columns.provider_engaged, offer),
            (columns.qualified, offer[below[offer]]),
        ):
            active = np.isin(list(block), provider[offers])
            self._values[self._places(list(block.values()))] = active


def read_plan_off(
    m: pe.ConcreteModel | Outline, instance: Instance, compiled: Compiled, values: Floats
) -> tuple[Plan, dict[str, float], Values]:
    """Return the plan that values of the columns mean, and every cost term in money per year.

    Parameters
    ----------
    m, instance, compiled, values
        As in :class:`Values`.

    Returns
    -------
    tuple of (Plan, dict, Values)
        The plan, its costs by term, and the values by decision.
    """
    held = Values(m, instance, compiled, values)
    return _plan(instance, m.columns, held), {t: held.cost(t) for t in COST_TERMS}, held


def load_values(compiled: Compiled, values: Floats) -> None:
    """Load values of the columns into the variables of a Pyomo model."""
    for column, value in zip(compiled.columns, values.tolist(), strict=True):
        column.set_value(value, skip_validation=True)


def _asked(m: pe.ConcreteModel, name: str) -> Any:
    """Return a suffix of the model that asks for something, emptied, or None."""
    suffix = m.component(name)
    if not isinstance(suffix, pe.Suffix) or not suffix.import_enabled():
        return None
    suffix.clear()
    return suffix


def load_duals(m: pe.ConcreteModel, compiled: Compiled, row_dual: Floats | None) -> None:
    """Load duals of rows into a suffix ``dual`` of the model that asks for them.

    Where whole numbers are decided they are those of the program with these fixed.
    """
    suffix = _asked(m, "dual")
    if suffix is not None and row_dual is not None:
        for row, dual in zip(compiled.rows, row_dual.tolist(), strict=True):
            suffix[row] = suffix.get(row, 0.0) + dual  # a row with two limits stands twice


def load_reduced_costs(m: pe.ConcreteModel, compiled: Compiled, row_dual: Floats | None) -> None:
    """Load reduced costs of columns into a suffix ``rc`` of the model that asks for them.

    What a unit more of a variable changes the objective by, rows adapting as their duals say: cost
    less what the rows pay for it. Where whole numbers are decided, they are held as they are.
    """
    suffix = _asked(m, "rc")
    if suffix is not None and row_dual is not None and not compiled.rules:
        reduced = compiled.cost - compiled.matrix.T @ row_dual
        suffix.update(zip(compiled.columns, reduced.tolist(), strict=True))


def _plan(instance: Instance, columns: Any, held: Values) -> Plan:
    """Read the plan off the decisions."""
    engaged = np.flatnonzero(held.of(columns.engaged) > 0.5)
    keys = [instance.size_keys[k] for k in engaged]
    engagements = pd.DataFrame(keys, columns=["offer", "size"], dtype=object)
    rows: list[tuple[str, str, str, str, float]] = []
    service = instance.needs["service"].to_numpy()
    need = instance.links["need"].to_numpy()
    shares = held.of(columns.delivery)
    for k in np.flatnonzero(shares > SMALLEST):
        offer, region, group = instance.link_keys[k]
        rows.append((offer, region, group, service[need[k]], min(float(shares[k]), 1.0)))
    for n, share in _by_key(columns.last_resort, held).items():
        if share > SMALLEST:
            region, group, name = instance.need_keys[n]
            rows.append((LAST_RESORT, region, group, name, min(share, 1.0)))
    names = ["offer", "region", "group", "service", "share"]
    deliveries = pd.DataFrame(rows, columns=names)
    helped, paid = _by_key(columns.volunteers, held), _by_key(columns.transfer, held)
    return Plan(
        engagements,
        deliveries,
        (),
        instance,
        _volunteers(instance, helped),
        _transfers(instance, paid),
    )


def _by_key(block: Mapping[Any, Any], held: Values) -> dict[Any, float]:
    return dict(zip(block, held.of(list(block.values())).tolist(), strict=True))


def _volunteers(instance: Instance, shares: Mapping[int, float]) -> pd.DataFrame:
    """Read off what volunteers deliver, in units per year."""
    found = [
        (instance.offers["offer"][o], share * float(instance.volunteer_capacity[o]))
        for o, share in shares.items()
        if share > SMALLEST
    ]
    return pd.DataFrame(found, columns=["offer", "units"])


def _transfers(instance: Instance, shares: Mapping[Any, float]) -> pd.DataFrame:
    """Read off the money between jurisdictions."""
    unit = instance.largest_budget
    found = [(*pair, share * unit) for pair, share in shares.items() if share > SMALLEST]
    return pd.DataFrame(found, columns=["giver", "receiver", "amount"])
