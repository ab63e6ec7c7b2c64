"""A plan as a place for branch and bound to start from."""

from __future__ import annotations

import pyomo.core as pe

from pse_opt.instance import Instance
from pse_opt.plan import Plan
from pse_opt.solving.compiled import Compiled
from pse_opt.solving.outline import Outline

__all__ = ["start_of"]


def start_of(
    m: pe.ConcreteModel | Outline, compiled: Compiled, instance: Instance, plan: Plan
) -> dict[int, float]:
    """Return what a plan says of the integer columns of a compiled model.

    Which offers are engaged at which size, and who is a need's single source; other whole numbers
    are left to the solver. A plan that breaks a rule of the model does no harm: the solver finds
    out and starts without it.

    Parameters
    ----------
    m : ConcreteModel or Outline
        The model.
    compiled : Compiled
        The same, compiled.
    instance : Instance
        What it is a model of.
    plan : Plan
        A plan for that instance.
    """
    engaged = set(zip(plan.engagements["offer"], plan.engagements["size"], strict=True))
    values = [float(key in engaged) for key in instance.size_keys]
    lines = plan.deliveries[plan.deliveries["share"] > 0]
    served = set(zip(lines["offer"], lines["region"], lines["group"], strict=True))
    assigned = m.columns.assigned
    values += [float(instance.link_keys[k] in served) for k in assigned]
    at = compiled.find([*m.columns.engaged, *assigned.values()]).tolist()
    pairs = zip(at, values, strict=True)
    return dict(sorted((k, x) for k, x in pairs if k >= 0 and compiled.integer[k]))
