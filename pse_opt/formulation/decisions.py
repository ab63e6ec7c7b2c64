"""All decision variables, in one place: the reader's legend.

Every variable is indexed by identifiers of the user's own tables, over sparse sets prepared once;
:class:`Columns` holds the same variables by position, as the families use them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyomo.core as pe

from pse_opt.eligibility import can_qualify, unqualified
from pse_opt.formulation.continuity import baseline_shares
from pse_opt.formulation.forms import keys_of
from pse_opt.formulation.levels import Levels, levels_of
from pse_opt.formulation.objectives import named_entry, ranks_of
from pse_opt.formulation.reliance import present_providers
from pse_opt.formulation.standards import floors_of
from pse_opt.formulation.takeover import backup_links
from pse_opt.formulation.transfers import transfer_pairs
from pse_opt.formulation.volunteers import volunteer_offers
from pse_opt.formulation.vouchers import chosen_freely
from pse_opt.instance import Instance
from pse_opt.policy import Policy

__all__ = ["LEGEND", "Columns", "declare", "selected_services", "settle"]

SHARE = {"bounds": (0, 1)}
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
    "qualified": (
        "provider",
        "1 if the provider is brought up to the thresholds (only where it is below and can be)",
    ),
    "volunteers": ("offer", "what volunteers deliver as a share of their capacity (0 to 1)"),
    "transfer": (
        "giver, receiver",
        "money between jurisdictions, as a share of the largest budget",
    ),
    "crowded": ("offer", "1 if users who choose find no room in the offer"),
    "present": ("region, service, provider", "1 if the provider is engaged within reach (0 to 1)"),
    "backup": (
        "provider, offer, region, group",
        "share of the need that the offer would take over if the provider failed (0 to 1)",
    ),
    "released": (
        "region, group, service, provider",
        "share of the need that the provider delivers today and no longer (0 to 1)",
    ),
    "assigned": ("offer, region, group", "1 if the offer is the need's one source"),
    "level": (
        "entry, service, entity",
        "service level that is compared: a share, km, or a multiple of its scale",
    ),
    "highest": ("entry, service, block", "no less than the greatest level"),
    "lowest": ("entry, service, block", "no more than the least level"),
    "mean": ("entry, service, block", "weighted mean level"),
    "best": ("entry, service, block", "no less than the mean of the best-off share of people"),
    "worst": ("entry, service, block", "no more than the mean of the worst-off share of people"),
    "spread": ("entry, service, block", "inequality before it is divided by the mean"),
    "curve": ("entry, service, entity", "no less than a convex function of the level"),
    "deviation": ("entry, service, entity, point", "by how much a level is past a point"),
    "difference": ("entry, service, entity, entity", "by how much the first level is higher"),
    "threshold": ("entry, service, block, point", "level that a share of people is below"),
    "welfare": ("number", "no more than the least level, or than the sum of a number of them"),
    "rank": ("number", "level that this number of entities is below"),
    "short": ("entry, service, entity, number", "by how much a level is below that rank"),
    "inequality": ("", "greatest inequality, less the ratio aimed at times its denominator"),
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
    full : frozenset of int
        Needs that offers are to serve in full.
    levels : tuple of Levels
        The service levels of each equalization entry.
    policy : Policy
        What the decisions are for.
    qualified : dict of int to VarData
        By provider, where it is below a threshold and can qualify.
    volunteers : dict of int to VarData
        By offer, where volunteers can work for it.
    transfer : dict of (giver, receiver) to VarData
        By the identifiers of two jurisdictions.
    crowded : dict of int to VarData
        By offer, where its users choose.
    present : dict of (region, service, provider position, offer positions) to VarData
        Where several providers are asked for.
    backup : dict of (provider, link) to VarData
        By NGO and link of a government offer.
    released : dict of (need, provider) to VarData
        Where the provider delivers today.
    """

    engaged: list[Any]
    utilization: list[Any]
    delivery: list[Any]
    coverage: list[Any]
    last_resort: dict[int, Any]
    provider_engaged: dict[int, Any]
    assigned: dict[int, Any]
    full: frozenset[int]
    levels: tuple[Levels, ...]
    policy: Policy
    qualified: dict[int, Any]
    volunteers: dict[int, Any]
    transfer: dict[tuple[str, str], Any]
    crowded: dict[int, Any]
    present: dict[tuple[str, str, int, tuple[int, ...]], Any]
    backup: dict[tuple[int, int], Any]
    released: dict[tuple[int, int], Any]


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
        _served_in_full(instance, policy).difference(rescue),
        _declare_levels(m, instance, policy),
        policy,
        **_declare_mechanisms(m, instance, policy),
    )


def _declare_mechanisms(
    m: pe.ConcreteModel, instance: Instance, policy: Policy
) -> dict[str, dict[Any, Any]]:
    """Declare what only policies about provision mechanisms decide."""
    section = policy.sections.get
    offers, providers = instance.offers["offer"], instance.providers["provider"]
    needs, links = instance.need_keys, instance.link_keys
    choice, helping = section("concentration"), section("takeover")
    free = np.flatnonzero(chosen_freely(instance, section("vouchers"))).tolist()
    working = volunteer_offers(instance) if section("volunteers") is not None else []
    money = transfer_pairs(instance, section("transfers"))
    kept = {} if not _limits_change(policy) else baseline_shares(instance)
    below = can_qualify(instance, section("qualification"))
    near = [] if choice is None else present_providers(instance, choice)
    spare = [] if helping is None else backup_links(instance, helping)
    wanted: dict[str, tuple[list[Any], list[Any], dict[str, Any]]] = {
        "qualified": (below, [providers[p] for p in below], SHARE),
        "volunteers": (working, [offers[o] for o in working], SHARE),
        "transfer": (money, money, {"bounds": (0, None)}),
        "crowded": (free, [offers[o] for o in free], {"domain": pe.Binary}),
        "present": (near, [(r, s, providers[p]) for r, s, p, _ in near], SHARE),
        "backup": (spare, [(providers[p], *links[k]) for p, k in spare], SHARE),
        "released": (list(kept), [(*needs[n], providers[p]) for n, p in kept], SHARE),
    }
    declared: dict[str, dict[Any, Any]] = {}
    for name, (positions, keys, options) in wanted.items():
        m.add_component(name, pe.Var(keys, doc=LEGEND[name][1], **options))
        declared[name] = dict(zip(positions, m.component(name).values(), strict=True))
    return declared


def _limits_change(policy: Policy) -> bool:
    return policy.sections.get("continuity", {}).get("maximum_change") is not None


def settle(m: pe.ConcreteModel, instance: Instance) -> None:
    """Set ``provider_engaged`` to 1 exactly where an offer of the provider is engaged.

    Likewise ``qualified`` where one below a threshold is. Where overhead is not in the objective
    nothing keeps them from being higher.
    """
    offer, provider = instance.sizes["offer"].to_numpy(), instance.offers["provider_at"].to_numpy()
    engaged = {int(offer[k]) for k, y in enumerate(m.columns.engaged) if y.value > 0.5}
    below = unqualified(instance, m.columns.policy.sections.get("qualification"))
    for columns, offers in (
        (m.columns.provider_engaged, engaged),
        (m.columns.qualified, {o for o in engaged if below[o]}),
    ):
        active = {int(provider[o]) for o in offers}
        for p, column in columns.items():
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


def _served_in_full(instance: Instance, policy: Policy) -> frozenset[int]:
    """Return the needs whose floor is their whole."""
    section = policy.sections.get("coverage")
    if section is None:
        return frozenset()
    return frozenset(np.flatnonzero(floors_of(instance, section["floor"]) >= 1.0).tolist())


def _declare_levels(m: pe.ConcreteModel, instance: Instance, policy: Policy) -> tuple[Levels, ...]:
    levels = tuple(levels_of(instance, entry) for entry in policy.equalization)
    for name, keys in keys_of(levels).items():
        limits = (None if name == "curve" else 0, None)
        m.add_component(name, pe.Var(keys, bounds=limits, doc=LEGEND[name][1]))
    for x in levels:
        if x.entry.measure == "atkinson":  # minus a power of the level, summed
            for block in x.blocks:
                m.spread[(x.entry.name, *block)].setlb(None)
    _declare_goals(m, levels, policy)
    return levels


def _declare_goals(m: pe.ConcreteModel, levels: Sequence[Levels], policy: Policy) -> None:
    """Declare what an objective of welfare or inequality is about."""
    objective, named = policy.objective, named_entry(policy)
    ranks: list[int] | list[float] = []
    entities: list[tuple[str, str, str]] = []
    if objective.maximize == "lexicographic":
        chosen = next(x for x in levels if x.entry.name == named)
        ranks = ranks_of(chosen)
        entities = [(chosen.entry.name, *e) for e in chosen.entities]
    least = ["least"] if objective.maximize in ("worst", "lexicographic") else []
    m.welfare = pe.Var([*least, *ranks], doc=LEGEND["welfare"][1])
    m.rank = pe.Var(ranks, bounds=(0, None), doc=LEGEND["rank"][1])
    short = [(*e, k) for e in entities for k in ranks]
    m.short = pe.Var(short, bounds=(0, None), doc=LEGEND["short"][1])
    greatest = ["greatest"] if objective.minimize_inequality is not None else []
    m.inequality = pe.Var(greatest, doc=LEGEND["inequality"][1])
