"""Everybody goes to the best of what is engaged: deliveries leave the model before it is built.

Where no offer can be full, everybody is served in full, and no rule asks who delivers to whom, each
need goes to the engaged offer that is cheapest for it. The model is then one of engagements and of
one number for each need, what it costs to serve it, which is convex in the engagements: Benders'
decomposition with cuts in closed form. The p-median problem and uncapacitated facility location
are of this kind.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from pse_opt.components import COMPONENTS, COST_TERMS, Rows
from pse_opt.formulation.build import check_policy, rows_of
from pse_opt.formulation.decisions import Columns, declare_block
from pse_opt.formulation.objectives import Goal, Goals
from pse_opt.formulation.posed import Posed
from pse_opt.formulation.rows import sparse_rows
from pse_opt.formulation.standards import floors_of
from pse_opt.instance import Instance
from pse_opt.plan import Plan
from pse_opt.policy import Policy
from pse_opt.solving.compiled import Compiled
from pse_opt.solving.location.assignment import Assignment, Nearest
from pse_opt.solving.outline import Outline, picked
from pse_opt.solving.sheet import Sheet

__all__ = ["Engagements", "build_nearest", "is_nearest", "pose"]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

SECTIONS = {"coverage", "siting", "single_source"}
"""Sections that ask nothing about who delivers to whom, or what the nearest does anyway."""
SERVING = {"attainment", "production", "capacity", "minimum_volume", "linking"}
ENGAGING = {"one_size", "exclusive_offers", "required_offers", "provider_engagement"}
OF_ENGAGEMENTS = ("engagement", "contract")
OF_VOLUME = {
    "delivery": ("sizes", "unit_cost"),
    "supervision": ("offers", "supervision_cost"),
    "user": ("offers", "user_fee"),
    "own": ("offers", "own_funds"),
}
TERMS = {*OF_ENGAGEMENTS, *OF_VOLUME, "access", "unmet", "overhead", "last_resort", "investment"}
CLOSE = 1e-9


def is_nearest(instance: Instance, policy: Policy) -> bool:
    """Return whether deliveries can leave the model."""
    minimized = policy.objective.minimize
    always = {c.name for c in COMPONENTS.values() if c.section is None}
    if minimized is None or not TERMS.issuperset(minimized) or policy.equalization:
        return False
    if not SECTIONS.issuperset(policy.sections) or "coverage" not in policy.sections:
        return False
    if always != SERVING | ENGAGING or not _never_full(instance, policy):
        return False
    paid = {*OF_VOLUME, "access"}.intersection(minimized)
    return any(_of_links(instance, term).any() for term in paid)


def _never_full(instance: Instance, policy: Policy) -> bool:
    """Whether offers have one size, with room for all in reach, and all are served in full."""
    sizes = instance.sizes
    if len(sizes) != len(instance.offers) or not len(instance.links):
        return False
    offer = instance.links["offer"].to_numpy()
    linked = np.bincount(offer, weights=instance.link_units, minlength=len(sizes))
    room = instance.usable_capacity[np.argsort(sizes["offer"].to_numpy())]
    costly = ("overhead_cost", "qualification_cost")
    return bool(
        (linked <= room * (1 + CLOSE)).all()
        and (sizes["minimum_volume"] <= 0).all()
        and not instance.yearly_investment.any()
        and not instance.providers[list(costly)].fillna(0.0).to_numpy().any()
        and (floors_of(instance, policy.sections["coverage"]["floor"]) >= 1.0).all()
        and len(np.unique(instance.links["need"])) == len(instance.needs)
    )


class Engagements(Posed):
    """The model of engagements: ``engaged`` and ``served``, and the rule that ties them."""

    def read(
        self, compiled: Compiled, values: Floats
    ) -> tuple[Plan, dict[str, float], tuple[str, ...]]:
        """Return the plan in which everybody goes to the cheapest, and its costs by term."""
        instance, links = self.instance, self.instance.links
        problem = self.m.rules[0].problem
        engaged = values[compiled.rules[0][1][: len(problem.fixed)]] > 0.5
        chosen = problem.links_used(engaged)
        money = dict.fromkeys(COST_TERMS, 0.0)
        for term in (*OF_VOLUME, "access"):
            money[term] = float(_of_links(instance, term)[chosen].sum())
        for term in OF_ENGAGEMENTS:
            money[term] = float(_of_engagement(instance, term)[engaged].sum())
        offers, needs = instance.offers, instance.needs.iloc[links["need"].to_numpy()[chosen]]
        deliveries = pd.DataFrame(
            {
                "offer": offers["offer"].to_numpy()[links["offer"].to_numpy()[chosen]],
                **{c: needs[c].to_numpy() for c in ("region", "group", "service")},
                "share": 1.0,
            }
        )
        sizes = instance.sizes[engaged[instance.sizes["offer"].to_numpy()]]
        names = offers["offer"].to_numpy()[sizes["offer"].to_numpy()]
        rows = {"offer": names, "size": sizes["size"].to_numpy()}
        engagements = pd.DataFrame(rows, dtype=object)
        return Plan(engagements, deliveries, (), instance), money, ()


def _of_engagement(instance: Instance, term: str) -> Floats:
    """Money for engaging each offer."""
    if term == "contract":
        return instance.offers["contract_cost"].to_numpy(dtype=float)
    cost = np.zeros(len(instance.offers))
    cost[instance.sizes["offer"].to_numpy()] = instance.sizes["fixed_cost"].to_numpy()
    return cost


def _of_links(instance: Instance, term: str) -> Floats:
    """Money for delivering a whole need over each link."""
    links = instance.links
    if term == "access":
        return np.asarray(links["access_cost"].to_numpy() * instance.link_units)
    table, column = OF_VOLUME[term]
    if table == "sizes":
        unit = np.zeros(len(instance.offers))
        unit[instance.sizes["offer"].to_numpy()] = instance.sizes[column].to_numpy()
    else:
        unit = instance.offers[column].to_numpy(dtype=float)
    return np.asarray(unit[links["offer"].to_numpy()] * instance.link_units)


def _assignment(instance: Instance, policy: Policy) -> Assignment:
    minimized = policy.objective.minimize or []
    links = instance.links
    money = np.zeros(len(links))
    for term in {*OF_VOLUME, "access"}.intersection(minimized):
        money += _of_links(instance, term)
    fixed = np.zeros(len(instance.offers))
    for term in set(OF_ENGAGEMENTS).intersection(minimized):
        fixed += _of_engagement(instance, term)
    return Assignment.of(
        links["need"].to_numpy(), links["offer"].to_numpy(), money, fixed, len(instance.needs)
    )


def pose(instance: Instance, policy: Policy) -> Posed:
    """Pose the model that a policy is solved by: of engagements alone where that is enough."""
    if policy.options.strategy in ("auto", "benders") and is_nearest(instance, policy):
        return build_nearest(instance, policy)
    return Posed.whole(instance, policy)


def build_nearest(instance: Instance, policy: Policy) -> Engagements:
    """Pose the model of engagements.

    Parameters
    ----------
    instance, policy
        For which :func:`is_nearest` holds.
    """
    check_policy(policy, instance)
    m = Outline(f"{instance.name} {policy.name}")
    engaged = declare_block(m, "engaged", instance.size_keys, whole=True)
    served = m.declare("served", instance.need_keys)  # what it costs to serve each need
    m.columns = _columns(engaged, policy)
    problem = _assignment(instance, policy)
    order = np.argsort(instance.sizes["offer"].to_numpy())
    of_offer = picked(engaged, order)
    columns = np.concatenate((of_offer, served))
    money = np.concatenate((problem.fixed, np.ones(len(served))))
    m.goals = Goals(Goal("cost", money, columns))
    m.rules = [Nearest(columns, problem)]
    sheet = Sheet(m)
    for item in list(COMPONENTS.values()):
        if item.name == "siting" or item.name in ENGAGING:
            sheet.add(item.name, rows_of(m, instance, policy, item) or ())
    sheet.add("reached", [_reached(problem, of_offer)])
    return Engagements(instance, policy, m, sheet)


def _reached(problem: Assignment, of_offer: Any) -> Rows:
    """One offer at least of those that reach a need is engaged."""
    sets = list(problem.reaching())
    row = np.repeat(np.arange(len(sets)), [len(offers) for offers in sets])
    column = np.concatenate(sets)
    keys: list[Any] = list(range(len(sets)))
    return sparse_rows(keys, row, column, np.ones(len(row)), of_offer, 1.0, np.inf)


def _columns(engaged: Sequence[Any], policy: Policy) -> Columns:
    """The decisions that families of engagements look at."""
    nobody: tuple[dict[Any, Any], ...] = ({}, {}, {}, {}, {}, {}, {})
    return Columns(engaged, [], [], [], {}, {}, {}, frozenset(), (), policy, *nobody)
