"""A plan as a place for branch and bound to start from."""

from __future__ import annotations

import numpy as np
import pyomo.core as pe

from pse_opt.instance import Instance
from pse_opt.plan import Plan
from pse_opt.solving.compiled import Compiled

__all__ = ["start_of"]


def start_of(
    m: pe.ConcreteModel, compiled: Compiled, instance: Instance, plan: Plan
) -> dict[int, float]:
    """Return what a plan says of the integer columns of a compiled model.

    Which offers are engaged at which size, and who is a need's single source; other whole numbers
    are left to the solver. A plan that breaks a rule of the model does no harm: the solver finds
    out and starts without it.

    Parameters
    ----------
    m : ConcreteModel
        The model, as :func:`pse_opt.build_model` made it.
    compiled : Compiled
        The same, compiled.
    instance : Instance
        What it is a model of.
    plan : Plan
        A plan for that instance.
    """
    wanted: dict[int, float] = {}
    engaged = set(zip(plan.engagements["offer"], plan.engagements["size"], strict=True))
    for key, column in zip(instance.size_keys, m.columns.engaged, strict=True):
        wanted[id(column)] = float(key in engaged)
    lines = plan.deliveries[plan.deliveries["share"] > 0]
    served = set(zip(lines["offer"], lines["region"], lines["group"], strict=True))
    for k, column in m.columns.assigned.items():
        wanted[id(column)] = float(instance.link_keys[k] in served)
    integers = np.flatnonzero(compiled.integer).tolist()
    pairs = ((k, wanted.get(id(compiled.columns[k]))) for k in integers)
    return {k: value for k, value in pairs if value is not None}
