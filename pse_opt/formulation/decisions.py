"""All decision variables, in one place: the reader's legend.

Every variable is indexed by identifiers of the user's own tables, over sparse sets prepared once;
:class:`Columns` holds the same variables by position, as the families use them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyomo.environ as pe

from pse_opt.formulation.levels import Levels, levels_of
from pse_opt.instance import Instance
from pse_opt.policy import Policy

__all__ = ["LEGEND", "Columns", "declare", "selected_services", "settle"]


LEGEND: Mapping[str, tuple[str, str]] = {
    "engaged": ("offer, size", "1 if the offer is engaged at this size"),
    "utilization": ("offer, size", "volume as a share of the size's capacity (0 to 1)"),
    "delivery": ("offer, region, group", "share of the need that the offer delivers (0 to 1)"),
    "coverage": ("region, group, service", "share of the need that is met (0 to 1)"),
    "last_resort": (
        "region, group, service",
        "share met by government outside the offers (0 to 1)",
    ),
    "provider_engaged": ("provider", "1 if any of its offers is engaged (only with an overhead)"),
    "assigned": ("offer, region, group", "1 if the offer is the need's one source"),
    "level": ("entry, service, entity", "service level that is made equal, in its own unit"),
    "highest": ("entry, service, block", "greatest level"),
    "lowest": ("entry, service, block", "least level"),
    "mean": ("entry, service, block", "weighted mean level"),
}
"""Every decision variable: what it is indexed by, and what it means with its unit."""


@dataclass(frozen=True)
class Columns:
    """The variables by position of the instance's frames (sizes, links, needs, providers).

    Attributes
    ----------
    engaged, utilization : list of VarData
        By size.
    delivery : list of VarData
        By link.
    coverage : list of VarData
        By need.
    last_resort : dict of int to VarData
        By need, where allowed.
    provider_engaged : dict of int to VarData
        By provider, where it has an overhead.
    assigned : dict of int to VarData
        By link, where one source is asked for.
    levels : tuple of Levels
        The service levels of each equalization entry.
    """

    engaged: list[Any]
    utilization: list[Any]
    delivery: list[Any]
    coverage: list[Any]
    last_resort: dict[int, Any]
    provider_engaged: dict[int, Any]
    assigned: dict[int, Any]
    levels: tuple[Levels, ...]


def declare(m: pe.ConcreteModel, instance: Instance, policy: Policy) -> None:
    """Declare the decision variables of :data:`LEGEND` and attach ``m.columns``."""
    m.engaged = pe.Var(instance.size_keys, domain=pe.Binary, doc=LEGEND["engaged"][1])
    m.utilization = pe.Var(instance.size_keys, bounds=(0, 1), doc=LEGEND["utilization"][1])
    m.delivery = pe.Var(instance.link_keys, bounds=(0, 1), doc=LEGEND["delivery"][1])
    m.coverage = pe.Var(instance.need_keys, bounds=(0, 1), doc=LEGEND["coverage"][1])
    rescue = _last_resort_needs(instance, policy)
    keys = [instance.need_keys[n] for n in rescue]
    most = policy.sections.get("last_resort", {}).get("maximum_share", 1.0)
    m.last_resort = pe.Var(keys, bounds=(0, most), doc=LEGEND["last_resort"][1])
    payers = _providers_with_overhead(instance)
    names = instance.providers["provider"].iloc[payers].tolist()
    m.provider_engaged = pe.Var(names, bounds=(0, 1), doc=LEGEND["provider_engaged"][1])
    single = _single_source_links(instance, policy)
    m.assigned = pe.Var(
        [instance.link_keys[k] for k in single], domain=pe.Binary, doc=LEGEND["assigned"][1]
    )
    m.columns = Columns(
        list(m.engaged.values()),
        list(m.utilization.values()),
        list(m.delivery.values()),
        list(m.coverage.values()),
        dict(zip(rescue, m.last_resort.values(), strict=True)),
        dict(zip(payers, m.provider_engaged.values(), strict=True)),
        dict(zip(single, m.assigned.values(), strict=True)),
        _declare_levels(m, instance, policy),
    )


def settle(m: pe.ConcreteModel, instance: Instance) -> None:
    """Set ``provider_engaged`` to 1 exactly where an offer of the provider is engaged.

    Where overhead is not in the objective nothing keeps it from being higher.
    """
    provider = instance.offers["provider_at"].to_numpy()[instance.sizes["offer"].to_numpy()]
    active = {int(provider[k]) for k, y in enumerate(m.columns.engaged) if y.value > 0.5}
    for p, column in m.columns.provider_engaged.items():
        column.set_value(float(p in active), skip_validation=True)


def selected_services(instance: Instance, services: Sequence[str] | str) -> set[int]:
    """Return the positions of the services named, or of all for ``"all"``."""
    names = instance.services["service"].tolist()
    return {k for k, name in enumerate(names) if services == "all" or name in services}


def _last_resort_needs(instance: Instance, policy: Policy) -> list[int]:
    section = policy.sections.get("last_resort")
    if section is None:
        return []
    allowed = selected_services(instance, section["services"])
    priced = instance.services["last_resort_cost"].notna().to_numpy()
    return [n for n, s in enumerate(instance.needs["service_at"]) if s in allowed and priced[s]]


def _providers_with_overhead(instance: Instance) -> list[int]:
    overhead = instance.providers["overhead_cost"].to_numpy()
    active = np.unique(instance.offers["provider_at"].to_numpy())
    return [int(k) for k in active if overhead[k] > 0]


def _single_source_links(instance: Instance, policy: Policy) -> list[int]:
    section = policy.sections.get("single_source")
    if section is None:
        return []
    chosen = selected_services(instance, section["services"])
    service = instance.needs["service_at"].to_numpy()[instance.links["need"].to_numpy()]
    return [k for k, s in enumerate(service) if s in chosen]


def _declare_levels(m: pe.ConcreteModel, instance: Instance, policy: Policy) -> tuple[Levels, ...]:
    levels = tuple(levels_of(instance, entry) for entry in policy.equalization)
    entities = [(x.entry.name, s, e) for x in levels for s, e in x.entities]
    blocks = [(x.entry.name, s, b) for x in levels for s, b in x.blocks]
    m.level = pe.Var(entities, bounds=(0, None), doc=LEGEND["level"][1])
    m.highest = pe.Var(blocks, bounds=(0, None), doc=LEGEND["highest"][1])
    m.lowest = pe.Var(blocks, bounds=(0, None), doc=LEGEND["lowest"][1])
    m.mean = pe.Var(blocks, bounds=(0, None), doc=LEGEND["mean"][1])
    return levels
