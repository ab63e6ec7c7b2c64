"""Repairs that leave the rules alone: more capacity, more reach, providers accredited."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from pse_opt.analysis.edits import Cell, Edit, applied
from pse_opt.analysis.explain import BREACH, SECONDS, Draft
from pse_opt.analysis.mechanism_words import cell_of, size_cell
from pse_opt.analysis.preflight import short_services
from pse_opt.analysis.wording import Change, stepped
from pse_opt.checks import accredited_services
from pse_opt.formulation.build import build_model
from pse_opt.instance import Instance
from pse_opt.policy import Policy
from pse_opt.solving.compiled import Compiled, compile_model
from pse_opt.solving.elastic import least_change
from pse_opt.solving.labels import extended

__all__ = ["accredited", "more_capacity", "more_reach"]

FARTHEST = 8.0
"""How many times as far as today services are looked for."""
NEAR = 0.1
"""Precision of a reach in km."""


def more_capacity(instance: Instance, policy: Policy, price: float) -> Draft | None:
    """Return the least additional capacity that admits a plan; None if none does.

    The model of an instance whose offers have room for all within reach; what an offer delivers
    beyond its capacity costs the price for each percent of it.
    """
    wide = _wide(instance)
    m = build_model(wide, policy)
    compiled = compile_model(m)
    today = instance.sizes["capacity"].to_numpy()
    most = np.where(today > 0, wide.usable_capacity / np.maximum(today, 1e-9), 0.0)
    grown = np.flatnonzero(most > 1.0 + BREACH)
    if compiled is None or not grown.size:
        return None
    place = {id(column): k for k, column in enumerate(compiled.columns)}
    at = np.array([place.get(id(m.columns.utilization[k]), -1) for k in grown])
    grown, at = grown[at >= 0], at[at >= 0]
    if not grown.size:
        return None
    more = _with_capacities(compiled, at, most[grown])
    groups = np.concatenate((np.full(len(compiled.rows), -1), np.arange(grown.size)))
    prices = np.full(grown.size, 100.0 * price)
    threads = policy.options.threads
    found = least_change(more, groups, prices=prices, time_limit=SECONDS, threads=threads)
    if found is None:
        return None
    values, cost = found
    used = more.violation(values)[len(compiled.rows) :]
    changes = list(_raised(instance, grown[used > BREACH], used[used > BREACH]))
    if not changes:
        return None
    families = frozenset(["capacity"])
    told = [(change, 0) for change in changes]
    return Draft("capacity", told, float(used.max()), cost, families)


def _wide(instance: Instance) -> Instance:
    """Return an instance in which every offer has room for all within its reach."""
    room = float(instance.needs["demand"].sum()) * 2.0
    tables = dict(instance.tables)
    for name in ("offers", "sizes"):
        if name in tables:
            cells = tables[name]["capacity"].astype(float)
            tables[name] = tables[name].assign(capacity=cells.mask(cells > 0, cells.clip(room)))
    return Instance(instance.about, MappingProxyType(tables))


def _with_capacities(
    compiled: Compiled, at: npt.NDArray[np.int64], most: npt.NDArray[np.float64]
) -> Compiled:
    """Return the model with rows that keep volumes within today's capacities, as shares of them."""
    rows = np.arange(at.size)
    more = sp.csr_array((most, (rows, at)), shape=(at.size, len(compiled.columns)))
    return replace(
        compiled,
        rows=extended(compiled.rows, at.size, "more_capacity"),
        matrix=sp.csr_array(sp.vstack((compiled.matrix, more), format="csr")),
        row_lower=np.concatenate((compiled.row_lower, np.full(at.size, -np.inf))),
        row_upper=np.concatenate((compiled.row_upper, np.ones(at.size))),
    )


def _raised(
    instance: Instance, sizes: npt.NDArray[np.int64], shares: npt.NDArray[np.float64]
) -> Iterator[Change]:
    """Yield the capacities that are raised, by shares of what they are."""
    for k, share in zip(sizes.tolist(), shares.tolist(), strict=True):
        offer, size = instance.size_keys[k]
        o, asked = instance.sizes["offer"][k], float(instance.sizes["capacity"][k])
        unit = str(instance.services["unit"][instance.offers["service_at"][o]] or "units")
        carried = size_cell("capacity", offer, size)
        name = ", ".join(filter(None, (offer, size)))
        yield stepped("capacity", name, asked, asked * (1.0 + share), unit, carried)


def more_reach(instance: Instance, policy: Policy, price: float) -> Draft | None:
    """Return how far services would have to reach for the arithmetic of capacity to hold.

    None where links are given one by one, or no reach is enough.
    """
    if "links" in instance.tables:
        return None
    changes = []
    for service in short_services(instance, policy):
        row = instance.services["service"] == service
        asked = float(instance.services["reach_km"][row].iloc[0])
        found = _least_reach(instance, policy, service, asked)
        if found is None:
            return None
        carried = cell_of("services", "reach_km", service=service)
        changes.append(stepped("reach", service, asked, found, "km", carried))
    if not changes:
        return None
    size = max(c.size / (c.asked or 1.0) for c in changes)
    cost = price * sum(c.size for c in changes)
    return Draft("reach", [(c, 0) for c in changes], size, cost, frozenset(["reach"]))


def accredited(instance: Instance, policy: Policy, price: float) -> Draft | None:
    """Return which providers would have to be accredited for services that are out of reach.

    As few as the arithmetic of capacity needs, left out one after the other; None if none help.
    """
    table, out = instance.tables["offers"], set(instance.excluded["offer"])
    short = short_services(instance, policy)
    kept_out = table["offer"].isin(out) & (table["required"] != "forbidden")
    mine = table[kept_out & table["service"].isin(short)]
    pairs = sorted(set(zip(mine["provider"], mine["service"], strict=True)))

    def helps(chosen: list[tuple[str, str]]) -> bool:
        edits = [edit for change in _accreditations(instance, chosen) for edit in change.edits]
        return not short_services(*applied(instance, policy, edits))

    if not pairs or not helps(pairs):
        return None
    for pair in list(pairs):
        fewer = [other for other in pairs if other != pair]
        if helps(fewer):
            pairs = fewer
    told = [(change, 0) for change in _accreditations(instance, pairs)]
    return Draft("accreditation", told, 1.0, price * len(pairs), frozenset(["accreditation"]))


def _accreditations(instance: Instance, pairs: list[tuple[str, str]]) -> Iterator[Change]:
    """Yield a change for each provider: the services it would be accredited for besides."""
    given = instance.providers.set_index("provider")["accredited_for"]
    for provider in dict.fromkeys(provider for provider, _ in pairs):
        old = accredited_services(given[provider])
        new = [*old, *(service for p, service in pairs if p == provider)]
        words = f"{', '.join(old)} -> {', '.join(new)}"
        edit = Cell("providers", (("provider", provider),), "accredited_for", "; ".join(new))
        yield Change("accreditation", provider, words, edits=(edit,))


def _least_reach(instance: Instance, policy: Policy, service: str, asked: float) -> float | None:
    """Return the least reach of a service with which arithmetic finds no shortage; or None."""

    def short(reach: float) -> bool:
        edit: Edit = Cell("services", (("service", service),), "reach_km", reach)
        return service in short_services(*applied(instance, policy, [edit]))

    low, high = asked, FARTHEST * asked
    if not np.isfinite(asked) or asked <= 0 or short(high):
        return None
    while high - low > NEAR:
        middle = 0.5 * (low + high)
        low, high = (middle, high) if short(middle) else (low, middle)
    return high
