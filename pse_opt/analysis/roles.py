"""Which offers every good plan engages, which some do, and which none does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pse_opt.analysis.aim import Aim
from pse_opt.analysis.sensitivity_parts import Role
from pse_opt.analysis.tasks import Answer
from pse_opt.formulation.build import build_model
from pse_opt.instance import Instance
from pse_opt.policy import Policy
from pse_opt.solving.compiled import compile_model
from pse_opt.solving.highs import Session
from pse_opt.solving.outcome import Options

__all__ = ["Near", "roles_of"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Near:
    """Engaged offers of the plan, and of all plans known within the gap."""

    plan: frozenset[str]
    plans: list[frozenset[str]]


def roles_of(
    instance: Instance,
    policy: Policy,
    near: Near,
    forced: Mapping[str, Answer],
    limit: float,
) -> tuple[Role, ...]:
    """Return what each offer is in the plans whose objective is no worse than a limit.

    Proofs come from solves without the offer (or with it), and from the linear relaxation: its cost
    plus the reduced cost of a decision is what no plan with the other decision costs less than.
    Plans show what swings.

    Parameters
    ----------
    instance, policy
        What was solved.
    near : Near
        What the plans known engage.
    forced : mapping of str to Answer
        Solves without an offer that the plan engages, or with one that it does not.
    limit : float
        Of the objective, such that less is better; money per year where it is a cost.
    """
    aim = Aim.of(policy, instance)
    without, with_it = _relaxation(instance, policy, aim.sense)
    found, required = [], instance.offers["required"].to_numpy()
    for k, offer in enumerate(instance.offers["offer"]):
        engaged, known = offer in near.plan, [offer in p for p in near.plans]
        bounds = {"relaxation": without[k] if engaged else with_it[k]}
        if (answer := forced.get(offer)) is not None:
            gone = np.inf if answer.status == "infeasible" else -np.inf
            bound = aim.small(answer.bound)
            bounds["solve"] = gone if bound is None else bound
        proved = [how for how in ("solve", "relaxation") if bounds.get(how, -np.inf) > limit]
        proof = next(iter(proved), "")
        if required[k] == "yes":
            proof = "required"
        if any(known) and not all(known) and proof != "required":
            role, proof = "swing", "plans"
        elif proof:
            role = "core" if engaged or proof == "required" else "never"
        else:
            role = "open"
        found.append(Role(str(offer), engaged, role, proof))
    return tuple(found)


def _relaxation(instance: Instance, policy: Policy, sense: float) -> tuple[Floats, Floats]:
    """Return what no plan without each offer, and none with it, is below."""
    nothing = np.full(len(instance.offers), -np.inf)
    m = build_model(instance, policy)
    compiled = compile_model(m)
    if compiled is None or compiled.ratios or compiled.value is not None:
        return nothing, nothing
    options = Options(0.0, policy.options.time_limit, 1, policy.options.seed)
    session = Session(compiled, options)
    session.relax()
    answer = session.run()
    if answer.bound is None or answer.reduced_cost is None or answer.values is None:
        return nothing, nothing
    place = {id(column): k for k, column in enumerate(compiled.columns)}
    bound = sense * answer.bound
    without, with_it = nothing.copy(), np.full(len(instance.offers), np.inf)
    offer = instance.sizes["offer"].to_numpy()
    for k, column in enumerate(m.columns.engaged):
        o, price = offer[k], sense * float(answer.reduced_cost[place[id(column)]])
        # At its upper end a decision saves what it is worth; at its lower end it costs that.
        without[o] = max(without[o], bound + max(-price, 0.0))
        with_it[o] = min(with_it[o], bound + max(price, 0.0))
    return without, with_it
