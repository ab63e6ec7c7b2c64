"""What a rule would have to be for a plan that breaks it, read off the plan."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyomo.core as pe

from pse_opt.formulation.finance import spending_on
from pse_opt.formulation.rows import per_unit, yearly_fixed, yearly_volume
from pse_opt.formulation.transfers import downward
from pse_opt.instance import Instance
from pse_opt.plan import Plan
from pse_opt.policy import Policy
from pse_opt.verification import verify

__all__ = ["POSSIBLE", "Near"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Near:
    """A plan that breaks some rules by as little as possible.

    Attributes
    ----------
    instance : Instance
        The instance.
    m : ConcreteModel
        The model, with its variables by position.
    values : mapping of int to float
        Value of each variable that stands in a row, by ``id``.
    plan : Plan or None
        The same as a plan.
    """

    instance: Instance
    m: pe.ConcreteModel
    values: Mapping[int, float]
    plan: Plan | None = None

    def of(self, columns: Iterable[Any]) -> Floats:
        """Return the values of variables."""
        return np.array([self.values.get(id(v), 0.0) for v in columns])

    def sum(self, terms: Iterable[tuple[float, Any]]) -> float:
        """Return the sum of coefficients times variables."""
        return float(sum(c * self.values.get(id(v), 0.0) for c, v in terms))

    @cached_property
    def delivery(self) -> Floats:
        """Share of need by link."""
        return self.of(self.m.columns.delivery)

    @cached_property
    def coverage(self) -> Floats:
        """Share of need by need."""
        return self.of(self.m.columns.coverage)

    @cached_property
    def last_resort(self) -> Floats:
        """Share of need met outside the offers by need."""
        found = np.zeros(len(self.instance.needs))
        for n, column in self.m.columns.last_resort.items():
            found[n] = self.values.get(id(column), 0.0)
        return found

    @property
    def policy(self) -> Policy:
        """The rules."""
        policy: Policy = self.m.columns.policy
        return policy

    @cached_property
    def inequality(self) -> Mapping[str, Mapping[str, Mapping[str, float]]]:
        """What the independent checker measures, by entry, service and measure."""
        assert self.plan is not None
        return verify(self.instance, self.plan, self.policy).inequality

    def needs(self, **place: str) -> npt.NDArray[np.bool_]:
        """Return which needs have these identifiers."""
        frame = self.instance.needs
        found = np.ones(len(frame), dtype=bool)
        for column, name in place.items():
            found &= frame[column].to_numpy() == name
        return found

    def links(self, needs: npt.NDArray[np.bool_], **offers: str) -> npt.NDArray[np.bool_]:
        """Return which links are to these needs, from offers with these identifiers."""
        links, frame = self.instance.links, self.instance.offers
        found = needs[links["need"].to_numpy()]
        for column, name in offers.items():
            found &= frame[column].to_numpy()[links["offer"].to_numpy()] == name
        return np.asarray(found)

    def units(self, links: npt.NDArray[np.bool_]) -> float:
        """Return what is delivered over these links in units per year."""
        return float(self.delivery[links] @ self.instance.link_units[links])

    def served(self, needs: npt.NDArray[np.bool_]) -> float:
        """Return what these needs get in units per year."""
        return float(self.coverage[needs] @ self.instance.needs["demand"].to_numpy()[needs])

    def rescued(self, needs: npt.NDArray[np.bool_]) -> float:
        """Return what these needs get from last resort in units per year."""
        return float(self.last_resort[needs] @ self.instance.needs["demand"].to_numpy()[needs])

    def offers_of(self, provider: str) -> list[int]:
        """Return the offers of a provider."""
        return np.flatnonzero(self.instance.offers["provider"].to_numpy() == provider).tolist()

    def offer(self, name: str) -> int:
        """Return the position of an offer."""
        return int(np.flatnonzero(self.instance.offers["offer"].to_numpy() == name)[0])

    def public(self, offers: Iterable[int]) -> float:
        """Return the public money that offers receive."""
        cost = self.instance.sizes["unit_cost"].to_numpy()
        return sum(
            self.sum(yearly_fixed(self.m, self.instance, o))
            + self.sum(yearly_volume(self.m, self.instance, o, cost))
            for o in offers
        )

    def paid(self, offers: Iterable[int], column: str) -> float:
        """Return what users (``user_fee``) or providers (``own_funds``) pay for offers."""
        return sum(self.sum(per_unit(self.m, self.instance, o, column)) for o in offers)


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole > 0 else math.inf


def _concentration(near: Near, region: str, service: str, provider: str) -> float:
    needs = near.needs(region=region, service=service)
    return _ratio(near.units(near.links(needs, provider=provider)), near.served(needs))


def _government_share(near: Near, region: str, group: str, service: str) -> float:
    needs = near.needs(region=region, group=group, service=service)
    own = near.units(near.links(needs, kind="government")) + near.rescued(needs)
    return _ratio(own, near.served(needs))


def _ngo_share(near: Near, service: str) -> float:
    needs = near.needs(service=service)
    return _ratio(near.units(near.links(needs, kind="ngo")), near.served(needs))


def _takeover(near: Near, provider: str, region: str, group: str, service: str) -> float:
    needs = near.needs(region=region, group=group, service=service)
    lost = near.delivery[near.links(needs, provider=provider)].sum()
    names, need = near.instance.providers["provider"], near.instance.links["need"].to_numpy()
    helping = [
        v for (p, k), v in near.m.columns.backup.items() if names[p] == provider and needs[need[k]]
    ]
    return _ratio(float(near.of(helping).sum()), float(lost))


def _surge(near: Near, provider: str, offer: str) -> float:
    o, names = near.offer(offer), near.instance.providers["provider"]
    units, at = near.instance.link_units, near.instance.links["offer"].to_numpy()
    sizes, capacity = near.instance.sizes_of_offer[o], near.instance.usable_capacity
    helping = near.sum(
        (units[k], v)
        for (p, k), v in near.m.columns.backup.items()
        if names[p] == provider and at[k] == o
    )
    used = near.sum((capacity[k], near.m.columns.utilization[k]) for k in sizes)
    room = near.sum((capacity[k], near.m.columns.engaged[k]) for k in sizes)
    return _ratio(helping + used, room)


def _quality(near: Near, needs: npt.NDArray[np.bool_]) -> float:
    """Mean quality of what these needs get, as far as it is known."""
    instance, links = near.instance, near.links(needs)
    quality = instance.offers["quality"].to_numpy()[instance.links["offer"].to_numpy()]
    known = links & np.isfinite(quality)
    rescue = instance.services["last_resort_quality"].to_numpy()
    of_need = rescue[instance.needs["service_at"].to_numpy()]
    saved = needs & np.isfinite(of_need)
    demand = instance.needs["demand"].to_numpy()
    units = near.delivery[known] * instance.link_units[known]
    more = near.last_resort[saved] * demand[saved]
    whole = float(units.sum() + more.sum())
    return _ratio(float(units @ quality[known] + more @ of_need[saved]), whole)


def _satisfaction_floor(near: Near, region: str, group: str, service: str) -> float:
    return _quality(near, near.needs(region=region, group=group, service=service))


def _satisfaction_average(near: Near, service: str, entity: str) -> float:
    frame, needs = near.instance.needs, near.needs(service=service)
    if entity:
        between = near.m.columns.policy.sections["satisfaction"]["between"]
        needs &= frame[between.removesuffix("s")].to_numpy() == entity
    return _quality(near, needs)


def _dependence(near: Near, provider: str) -> float:
    offers, frame = near.offers_of(provider), near.instance.providers
    income = float(frame.set_index("provider")["independent_income"][provider])
    if not math.isfinite(income):
        income = near.paid(offers, "own_funds")
    public = near.public(offers)
    return _ratio(public, public + income + near.paid(offers, "user_fee"))


def _grant_matching(near: Near, offer: str) -> float:
    public, own = near.public([near.offer(offer)]), near.paid([near.offer(offer)], "own_funds")
    return _ratio(public, public + own)


def _own_funds(near: Near, provider: str) -> float:
    return near.paid(near.offers_of(provider), "own_funds")


def _copayment(near: Near, region: str, group: str, service: str) -> float:
    needs = near.needs(region=region, group=group, service=service)
    links, instance = near.links(needs), near.instance
    fee = instance.offers["user_fee"].to_numpy()[instance.links["offer"].to_numpy()[links]]
    fees = float(fee @ (near.delivery[links] * instance.link_units[links]))
    return _ratio(fees, near.served(needs))


def _moved(near: Near, jurisdiction: str, *, down: bool) -> tuple[float, float]:
    """Money a jurisdiction receives and gives, of all transfers or of those from above."""
    unit = near.instance.largest_budget
    pairs = {
        pair: unit * near.values.get(id(v), 0.0)
        for pair, v in near.m.columns.transfer.items()
        if not down or downward(near.instance, pair)
    }
    received = sum(money for (_, j), money in pairs.items() if j == jurisdiction)
    return received, sum(money for (i, _), money in pairs.items() if i == jurisdiction)


def _per_head(near: Near, jurisdiction: str) -> float:
    received, given = _moved(near, jurisdiction, down=False)
    people = near.instance.regions.groupby("jurisdiction")["population"].sum()
    return _ratio(received - given, float(people.get(jurisdiction, 0.0)))


def _own_share(near: Near, jurisdiction: str) -> float:
    received, given = _moved(near, jurisdiction, down=True)
    spent = near.sum(spending_on(near.m, near.instance)[jurisdiction])
    return 1.0 - _ratio(received, spent + given)


def _volunteer_ratio(near: Near, offer: str) -> float:
    o, instance = near.offer(offer), near.instance
    helped = near.sum([(float(instance.volunteer_capacity[o]), near.m.columns.volunteers[o])])
    paid = yearly_volume(near.m, instance, o, np.ones(len(instance.sizes)))
    return _ratio(helped, near.sum(paid))


Possible: TypeAlias = "Callable[..., float]"
POSSIBLE: Mapping[str, Possible] = {
    "concentration": _concentration,
    "government_share": _government_share,
    "ngo_share": _ngo_share,
    "takeover": _takeover,
    "takeover_capacity": _surge,
    "satisfaction_floor": _satisfaction_floor,
    "satisfaction_average": _satisfaction_average,
    "dependence": _dependence,
    "grant_matching": _grant_matching,
    "own_funds_limit": _own_funds,
    "copayment": _copayment,
    "transfer_per_head": _per_head,
    "transfer_matching": _own_share,
    "volunteer_ratio": _volunteer_ratio,
}
"""By rule, the value of its parameter that the plan keeps; given the plan and the row's index."""
