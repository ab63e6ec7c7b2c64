"""What an instance says, read from its tables and from nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from pse_opt.verification.distance import inside_travel

if TYPE_CHECKING:
    from pse_opt.instance import Instance

__all__ = ["SIZED", "Given"]

Positions = npt.NDArray[np.intp]
SIZED = [
    "capacity",
    "minimum_volume",
    "fixed_cost",
    "unit_cost",
    "investment",
    "investment_years",
]


@dataclass(frozen=True, eq=False)
class Given:
    """An instance as its tables describe it, blanks filled in as the data dictionary says.

    Attributes
    ----------
    instance : Instance
        Only its ``tables`` and its currency are read.
    """

    instance: Instance

    def table(self, name: str) -> pd.DataFrame | None:
        """Return a table as it was read, or None where the instance has none."""
        return self.instance.tables.get(name)

    @property
    def currency(self) -> str:
        """What money is counted in."""
        return self.instance.about.currency

    @cached_property
    def regions(self) -> pd.DataFrame:
        """Regions by identifier."""
        return _by_key(self.instance.tables["regions"], "region")

    @cached_property
    def jurisdictions(self) -> pd.DataFrame:
        """Jurisdictions by identifier."""
        return _by_key(self.instance.tables["jurisdictions"], "jurisdiction")

    @cached_property
    def services(self) -> pd.DataFrame:
        """Services by identifier, with ``travel_cap`` and ``last_resort_travel`` filled in."""
        frame = _by_key(self.instance.tables["services"], "service")
        cap = frame["travel_cap"].where(frame["travel_cap"].notna(), frame["reach_km"])
        known = frame["last_resort_travel"].notna()
        return frame.assign(
            travel_cap=cap, last_resort_travel=frame["last_resort_travel"].where(known, cap)
        )

    @cached_property
    def providers(self) -> pd.DataFrame:
        """Providers by identifier."""
        return _by_key(self.instance.tables["providers"], "provider")

    @cached_property
    def ladder(self) -> dict[str, tuple[str, ...]]:
        """Each jurisdiction followed by those above it, nearest first; blank has none."""
        parent = dict(
            zip(self.jurisdictions["jurisdiction"], self.jurisdictions["parent"], strict=True)
        )
        found: dict[str, tuple[str, ...]] = {"": ()}
        for start in parent:
            steps, at = [start], parent[start]
            while at and at not in steps:
                steps.append(at)
                at = parent.get(at, "")
            found[start] = tuple(steps)
        return found

    @cached_property
    def territory(self) -> dict[str, dict[str, int]]:
        """Each jurisdiction with itself and all below it, and how many steps below."""
        found: dict[str, dict[str, int]] = {j: {} for j in self.jurisdictions.index}
        for below, steps in self.ladder.items():
            for distance, above in enumerate(steps):
                found[above][below] = distance
        return found

    @cached_property
    def needs(self) -> pd.DataFrame:
        """Needs with demand, by position: heads filled in, and the region's jurisdiction."""
        table = self.instance.tables["needs"]
        frame = table[table["demand"] > 0].reset_index(drop=True)
        here = self.regions.loc[frame["region"]].reset_index(drop=True)
        heads = frame["heads"].where(frame["heads"].notna(), here["population"])
        return frame.assign(heads=heads, jurisdiction=here["jurisdiction"])

    @cached_property
    def needs_of(self) -> dict[Any, Positions]:
        """Positions of the needs of each service, and of each (service, region)."""
        by_service = self.needs.groupby("service").indices
        by_region = self.needs.groupby(["service", "region"]).indices
        return {k: np.sort(at) for found in (by_service, by_region) for k, at in found.items()}

    @cached_property
    def offers(self) -> pd.DataFrame:
        """All offers by identifier: arranger, place and quality filled in, and why not admissible.

        Further columns: ``least_travel`` (km, within its own region), ``own_place`` (it has
        coordinates of its own) and ``barred`` (why it may not be engaged; blank: it may).
        """
        frame = _by_key(self.instance.tables["offers"], "offer")
        home = self.regions.loc[frame["region"]].set_axis(frame.index)
        who = self.providers.loc[frame["provider"]].set_axis(frame.index)
        own = frame["longitude"].notna() & frame["latitude"].notna()
        lines = zip(frame["service"], frame["required"], who["accredited_for"], strict=True)
        return frame.assign(
            arranger=frame["arranger"].where(frame["arranger"] != "", home["jurisdiction"]),
            own_place=own,
            longitude=frame["longitude"].where(own, home["longitude"]),
            latitude=frame["latitude"].where(own, home["latitude"]),
            least_travel=inside_travel(home["area_km2"].to_numpy(dtype=float)),
            quality=frame["quality"].where(frame["quality"].notna(), who["quality"]),
            barred=np.array([_barred(*line) for line in lines], dtype=object),
        )

    @cached_property
    def sizes(self) -> pd.DataFrame:
        """What can be engaged, by (offer, size); an offer without sizes has one, named blank."""
        table = self.table("sizes")
        offers = self.instance.tables["offers"].assign(size="")
        columns = ["offer", "size", *SIZED]
        if table is not None:
            offers = offers[~offers["offer"].isin(table["offer"])]
            offers = pd.concat([offers[columns], table[columns]])
        return offers[columns].set_index(["offer", "size"])

    @cached_property
    def region_names(self) -> dict[str, str]:
        """What to call each region."""
        return _names(self.regions)

    @cached_property
    def jurisdiction_names(self) -> dict[str, str]:
        """What to call each jurisdiction."""
        return _names(self.jurisdictions)

    def need_label(self, region: str, group: str, service: str) -> str:
        """Return a need as the planner would name it."""
        return ", ".join(filter(None, (self.region_label(region), group, service)))

    def region_label(self, region: str) -> str:
        """Return the name of a region, or its identifier."""
        return self.region_names.get(region, region)

    def jurisdiction_label(self, jurisdiction: str) -> str:
        """Return the name of a jurisdiction, or its identifier."""
        return self.jurisdiction_names.get(jurisdiction, jurisdiction)

    def unit(self, service: str) -> str:
        """Return the unit of a service."""
        return self.units.get(service, "units")

    @cached_property
    def units(self) -> dict[str, str]:
        """Units by service."""
        return {str(key): str(unit) for key, unit in self.services["unit"].items()}


def _by_key(table: pd.DataFrame, key: str) -> pd.DataFrame:
    return table.set_index(pd.Index(table[key], name=None))


def _names(frame: pd.DataFrame) -> dict[str, str]:
    """Return what to call each row: its name, or its identifier where it has none."""
    return {key: name or key for key, name in zip(frame.index, frame["name"], strict=True)}


def _barred(service: Any, required: Any, accredited_for: Any) -> str:
    """Return why an offer may not be engaged; blank: it may."""
    if required == "forbidden":
        return "the table offers forbids it"
    accredited: Iterable[str] = [s.strip() for s in str(accredited_for).split(";") if s.strip()]
    if accredited and service not in accredited:
        return f"its provider is not accredited for {service}"
    return ""
