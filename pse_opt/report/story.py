"""What the sections of a report share: the result with its tables, each computed once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import pandas as pd

from pse_opt.accounts import chosen_offers, deliveries_in_full, payments
from pse_opt.analysis.summary import Summary, summarize
from pse_opt.instance import Instance
from pse_opt.plan import Plan
from pse_opt.report.levels import by_region
from pse_opt.report.parts import Picture
from pse_opt.report.svg import as_svg
from pse_opt.solving.result import Result
from pse_opt.verification import Verification, verify

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Story", "region_names"]

GROUPS = ["region", "group", "service"]


def region_names(instance: Instance) -> dict[str, str]:
    """Return names of regions, with the local name behind it where it is another one."""
    table = instance.regions
    local = table["name_local"] if "name_local" in table else table["name"]
    return {
        region: name if other in ("", name) else f"{name} ({other})"
        for region, name, other in zip(table["region"], table["name"], local, strict=True)
    }


@dataclass(frozen=True, eq=False)
class Story:
    """A result with a plan, and what is told of it."""

    result: Result

    @property
    def instance(self) -> Instance:
        """The instance the plan is for."""
        return self.result.instance

    @property
    def currency(self) -> str:
        """The unit of money."""
        return self.instance.about.currency

    @cached_property
    def plan(self) -> Plan:
        """The plan."""
        if self.result.plan is None:
            raise ValueError("the result has no plan to tell of")
        return self.result.plan

    @cached_property
    def summary(self) -> Summary:
        """The planner's first answers."""
        return summarize(self.result, self.today)

    @cached_property
    def levels(self) -> pd.DataFrame:
        """Service levels, as the checker computed them."""
        if self.result.levels is None:
            raise ValueError("the result has no plan to tell of")
        return self.result.levels

    @cached_property
    def deliveries(self) -> pd.DataFrame:
        """Deliveries in full."""
        return deliveries_in_full(self.instance, self.plan)

    @cached_property
    def offers(self) -> pd.DataFrame:
        """Offers engaged, with their kind and what the plan makes of them."""
        chosen = chosen_offers(self.instance, self.plan)
        kinds = dict(
            zip(self.instance.providers["provider"], self.instance.providers["kind"], strict=True)
        )
        arrangers = dict(
            zip(self.instance.offers["offer"], self.instance.offers["arranger"], strict=True)
        )
        return chosen.assign(
            kind=chosen["provider"].map(kinds), arranger=chosen["offer"].map(arrangers).fillna("")
        )

    @cached_property
    def paid(self) -> pd.DataFrame:
        """Who pays whom for what."""
        return payments(self.instance, self.plan, self.result.policy)

    @cached_property
    def before(self) -> Plan | None:
        """Today's plan, where the instance has one."""
        return Plan.baseline(self.instance)

    @cached_property
    def today(self) -> Verification | None:
        """Today's plan under the same rules."""
        if self.before is None:
            return None
        return verify(self.instance, self.before, self.result.policy)

    @cached_property
    def coverage(self) -> pd.DataFrame:
        """Coverage by region and service."""
        return by_region(self.levels)

    @cached_property
    def services(self) -> dict[str, str]:
        """Names of services."""
        table = self.instance.services
        return dict(zip(table["service"], table["name"], strict=True))

    @cached_property
    def units(self) -> dict[str, str]:
        """Units of services."""
        table = self.instance.services
        return dict(zip(table["service"], table["unit"], strict=True))

    @cached_property
    def regions(self) -> dict[str, str]:
        """Names of regions, with the local name behind it where it is another one."""
        return region_names(self.instance)

    @cached_property
    def jurisdictions(self) -> dict[str, str]:
        """Names of jurisdictions."""
        table = self.instance.jurisdictions
        return dict(zip(table["jurisdiction"], table["name"], strict=True))

    @cached_property
    def providers(self) -> dict[str, str]:
        """Names of providers."""
        table = self.instance.providers
        return dict(zip(table["provider"], table["name"], strict=True))

    @property
    def located(self) -> bool:
        """Whether there is anything to draw a map of."""
        return bool(self.instance.regions["longitude"].notna().any())

    def picture(self, name: str, draw: Callable[[], Figure], caption: str, label: str) -> Picture:
        """Return a figure with its caption; the label says what it shows."""
        return Picture(as_svg(draw, name, label), caption)
