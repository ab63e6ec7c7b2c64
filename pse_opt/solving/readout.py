"""From values of a model's columns to the plan they mean."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyomo.core as pe

from pse_opt.components import COST_TERMS
from pse_opt.formulation.decisions import settle
from pse_opt.instance import Instance
from pse_opt.plan import Plan
from pse_opt.solving.compiled import Compiled
from pse_opt.tables import LAST_RESORT

__all__ = ["load_duals", "load_values", "read_plan_off"]

Floats = npt.NDArray[np.float64]

SMALLEST = 1e-9
"""Shares below this are rounding errors of the solver, not deliveries."""


def read_plan_off(
    m: pe.ConcreteModel, instance: Instance, compiled: Compiled, values: Floats
) -> tuple[Plan, dict[str, float]]:
    """Return the plan that values of the columns mean, and every cost term in money per year.

    Parameters
    ----------
    m : ConcreteModel
        The model; the values are loaded into its variables.
    instance : Instance
        What it is a model of.
    compiled : Compiled
        The same, compiled.
    values : ndarray, shape (columns,)
        Values of the columns.
    """
    for column in m.component_data_objects(pe.Var):
        column.set_value(max(0.0, column.lb or 0.0), skip_validation=True)
    load_values(compiled, values)
    settle(m, instance)
    costs = {t: float(pe.value(m.cost[t])) for t in COST_TERMS}
    return _plan(instance, m), costs


def load_values(compiled: Compiled, values: Floats) -> None:
    """Load values of the columns into the variables of a model."""
    for column, value in zip(compiled.columns, values.tolist(), strict=True):
        column.set_value(value, skip_validation=True)


def load_duals(m: pe.ConcreteModel, compiled: Compiled, row_dual: Floats | None) -> None:
    """Load duals of rows into a suffix ``dual`` of the model that asks for them.

    Where whole numbers are decided they are those of the program with these fixed.
    """
    suffix = m.component("dual")
    if not isinstance(suffix, pe.Suffix) or not suffix.import_enabled():
        return
    suffix.clear()
    if row_dual is not None:
        for row, dual in zip(compiled.rows, row_dual.tolist(), strict=True):
            suffix[row] = suffix.get(row, 0.0) + dual  # a row with two limits stands twice


def _plan(instance: Instance, m: pe.ConcreteModel) -> Plan:
    """Read the plan off the variables."""
    engaged = [k for k, y in enumerate(m.columns.engaged) if y.value > 0.5]
    keys = [instance.size_keys[k] for k in engaged]
    engagements = pd.DataFrame(keys, columns=["offer", "size"], dtype=object)
    rows: list[tuple[str, str, str, str, float]] = []
    service = instance.needs["service"].to_numpy()
    need = instance.links["need"].to_numpy()
    for k, column in enumerate(m.columns.delivery):
        if column.value > SMALLEST:
            offer, region, group = instance.link_keys[k]
            rows.append((offer, region, group, service[need[k]], min(column.value, 1.0)))
    for n, column in m.columns.last_resort.items():
        if column.value > SMALLEST:
            region, group, name = instance.need_keys[n]
            rows.append((LAST_RESORT, region, group, name, min(column.value, 1.0)))
    names = ["offer", "region", "group", "service", "share"]
    deliveries = pd.DataFrame(rows, columns=names)
    return Plan(
        engagements, deliveries, (), instance, _volunteers(instance, m), _transfers(instance, m)
    )


def _volunteers(instance: Instance, m: pe.ConcreteModel) -> pd.DataFrame:
    """Read off what volunteers deliver, in units per year."""
    found = [
        (instance.offers["offer"][o], column.value * float(instance.volunteer_capacity[o]))
        for o, column in m.columns.volunteers.items()
        if column.value > SMALLEST
    ]
    return pd.DataFrame(found, columns=["offer", "units"])


def _transfers(instance: Instance, m: pe.ConcreteModel) -> pd.DataFrame:
    """Read off the money between jurisdictions."""
    unit = instance.largest_budget
    pairs = m.columns.transfer.items()
    found = [(*pair, v.value * unit) for pair, v in pairs if v.value > SMALLEST]
    return pd.DataFrame(found, columns=["giver", "receiver", "amount"])
