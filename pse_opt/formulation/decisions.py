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

from pse_opt.eligibility import can_qualify
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
from pse_opt.solving.outline import Outline

__all__ = ["LEGEND", "Columns", "declare", "declare_block", "selected_services"]

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
    """The decisions by position of the instance's frames (sizes, links, needs, providers).

    A decision is a variable of Pyomo's or, in an outline, a number.

    Attributes
    ----------
    engaged, utilization : sequence of decisions
        By size.
    delivery : sequence of decisions
        By link.
    coverage : sequence of decisions
        By need.
    last_resort : dict of int to decision
        By need, where allowed.
    provider_engaged : dict of int to decision
        By provider, where it has an overhead.
    assigned : dict of int to decision
        By link, where one source is asked for.
    full : frozenset of int
        Needs that offers are to serve in full.
    levels : tuple of Levels
        The service levels of each equalization entry.
    policy : Policy
        What the decisions are for.
    qualified : dict of int to decision
        By provider, where it is below a threshold and can qualify.
    volunteers : dict of int to decision
        By offer, where volunteers can work for it.
    transfer : dict of (giver, receiver) to decision
        By the identifiers of two jurisdictions.
    crowded : dict of int to decision
        By offer, where its users choose.
    present : dict of (region, service, provider position, offer positions) to decision
        Where several providers are asked for.
    backup : dict of (provider, link) to decision
        By NGO and link of a government offer.
    released : dict of (need, provider) to decision
        Where the provider delivers today.
    """

    engaged: Sequence[Any]
    utilization: Sequence[Any]
    delivery: Sequence[Any]
    coverage: Sequence[Any]
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


def declare_block(
    m: pe.ConcreteModel | Outline,
    name: str,
    keys: Sequence[Any],
    lower: float | None = 0,
    upper: float | None = 1,
    *,
    whole: bool = False,
) -> Sequence[Any]:
    """Declare the decisions of a name, and return them in the order of their indices.

    Parameters
    ----------
    m : ConcreteModel or Outline
        Where they are declared.
    name : str
        One of :data:`LEGEND`.
    keys : sequence
        Their indices, each once.
    lower, upper : float or None
        Bounds; None for none.
    whole : bool
        Whether they are 0 or 1.
    """
    if isinstance(m, Outline):
        least = -np.inf if lower is None else float(lower)
        most = np.inf if upper is None else float(upper)
        return m.declare(name, keys, least, most, whole=whole)
    options = {"domain": pe.Binary} if whole else {"bounds": (lower, upper)}
    block = pe.Var(list(keys), doc=LEGEND[name][1], **options)
    m.add_component(name, block)
    return list(block.values())


def _free(m: pe.ConcreteModel | Outline, name: str, key: Any) -> None:
    """Let a decision be as small as it likes."""
    if isinstance(m, Outline):
        m.blocks[name].free(key)
    else:
        m.component(name)[key].setlb(None)


def declare(m: pe.ConcreteModel | Outline, instance: Instance, policy: Policy) -> None:
    """Declare the decision variables of :data:`LEGEND` and attach ``m.columns``."""
    engaged = declare_block(m, "engaged", instance.size_keys, whole=True)
    utilization = declare_block(m, "utilization", instance.size_keys)
    delivery = declare_block(m, "delivery", instance.link_keys)
    coverage = declare_block(m, "coverage", instance.need_keys)
    rescue = _last_resort_needs(instance, policy)
    keys = [instance.need_keys[n] for n in rescue]
    most = policy.sections.get("last_resort", {}).get("maximum_share", 1.0)
    last_resort = declare_block(m, "last_resort", keys, 0, most)
    payers = _providers_with_overhead(instance)
    names = instance.providers["provider"].iloc[payers].tolist()
    provider_engaged = declare_block(m, "provider_engaged", names)
    single = _single_source_links(instance, policy)
    sources = [instance.link_keys[k] for k in single]
    assigned = declare_block(m, "assigned", sources, whole=True)
    m.columns = Columns(
        engaged,
        utilization,
        delivery,
        coverage,
        dict(zip(rescue, last_resort, strict=True)),
        dict(zip(payers, provider_engaged, strict=True)),
        dict(zip(single, assigned, strict=True)),
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
    wanted: dict[str, tuple[list[Any], list[Any]]] = {
        "qualified": (below, [providers[p] for p in below]),
        "volunteers": (working, [offers[o] for o in working]),
        "transfer": (money, money),
        "crowded": (free, [offers[o] for o in free]),
        "present": (near, [(r, s, providers[p]) for r, s, p, _ in near]),
        "backup": (spare, [(providers[p], *links[k]) for p, k in spare]),
        "released": (list(kept), [(*needs[n], providers[p]) for n, p in kept]),
    }
    declared: dict[str, dict[Any, Any]] = {}
    for name, (positions, keys) in wanted.items():
        most = None if name == "transfer" else 1
        columns = declare_block(m, name, keys, 0, most, whole=name == "crowded")
        declared[name] = dict(zip(positions, columns, strict=True))
    return declared


def _limits_change(policy: Policy) -> bool:
    return policy.sections.get("continuity", {}).get("maximum_change") is not None


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
        declare_block(m, name, keys, None if name == "curve" else 0, None)
    for x in levels:
        if x.entry.measure == "atkinson":  # minus a power of the level, summed
            for block in x.blocks:
                _free(m, "spread", (x.entry.name, *block))
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
    declare_block(m, "welfare", [*least, *ranks], None, None)
    declare_block(m, "rank", ranks, 0, None)
    short = [(*e, k) for e in entities for k in ranks]
    declare_block(m, "short", short, 0, None)
    greatest = ["greatest"] if objective.minimize_inequality is not None else []
    declare_block(m, "inequality", greatest, None, None)
