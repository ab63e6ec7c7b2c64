"""The instance: frozen tables, and the sparse index arrays that every other room works with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from pse_opt import frames
from pse_opt.about import About
from pse_opt.errors import Problem
from pse_opt.intake import taken_in
from pse_opt.keys import Keys
from pse_opt.links import links_of_pairs, listed_pairs, reachable_pairs

__all__ = ["Instance"]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Instance:
    """Regions with needs, and offers that could meet them.

    Attributes
    ----------
    about : About
        Name, currency, sources, assumptions.
    tables : mapping of str to DataFrame
        The user's tables, converted and checked; the index is the row a spreadsheet shows.
    warnings : tuple of Problem
        What was doubtful.
    geometry : bytes or None
        Content of ``geometry.geojson``, uninterpreted.

    Notes
    -----
    The frames ``regions``, ``services``, ``providers``, ``needs``, ``offers``, ``sizes`` and
    ``links`` are derived: complete (defaults filled in), restricted to what is admissible, and
    indexed by position. Positions refer to those frames throughout the library. All frames are
    to be read, never written.
    """

    about: About
    tables: Mapping[str, pd.DataFrame]
    warnings: tuple[Problem, ...] = ()
    geometry: bytes | None = field(default=None, repr=False)

    @classmethod
    def from_tables(
        cls,
        tables: Mapping[str, pd.DataFrame],
        about: Mapping[str, Any] | About | None = None,
        *,
        geometry: bytes | None = None,
        warnings: Sequence[Problem] = (),
        problems: Sequence[Problem] = (),
    ) -> Instance:
        """Build an instance from data frames with the columns of the data dictionary.

        Parameters
        ----------
        tables : mapping of str to DataFrame
            At least regions, services, needs, providers and offers. Cells may be text or numbers.
        about : mapping or About, optional
            The content of ``instance.toml``; ``name`` is enough.
        geometry : bytes, optional
            Region shapes as GeoJSON.
        warnings, problems : sequence of Problem
            What was found before, to be reported together with what is found here.

        Raises
        ------
        InputError
            With all problems of all tables.
        """
        about, checked, doubtful = taken_in(tables, about, problems, warnings)
        instance = cls(about, checked, doubtful, geometry)
        lonely = _needs_without_links(instance)
        if lonely:
            instance = cls(about, checked, (*doubtful, *lonely), geometry)
        return instance

    @property
    def name(self) -> str:
        """The instance's name."""
        return self.about.name

    @cached_property
    def regions(self) -> pd.DataFrame:
        """Regions by position."""
        frame = self.tables["regions"].reset_index(drop=True)
        named = frame["name"].where(frame["name"] != "", frame["region"])
        return frame.assign(name=named)

    @cached_property
    def jurisdictions(self) -> pd.DataFrame:
        """Jurisdictions by position."""
        frame = self.tables["jurisdictions"].reset_index(drop=True)
        return frame.assign(name=frame["name"].where(frame["name"] != "", frame["jurisdiction"]))

    @cached_property
    def services(self) -> pd.DataFrame:
        """Services by position, with ``travel_cap`` and ``last_resort_travel`` filled in."""
        frame = self.tables["services"].reset_index(drop=True)
        cap = frame["travel_cap"].fillna(frame["reach_km"])
        return frame.assign(
            name=frame["name"].where(frame["name"] != "", frame["service"]),
            travel_cap=cap,
            last_resort_travel=frame["last_resort_travel"].fillna(cap),
        )

    @cached_property
    def providers(self) -> pd.DataFrame:
        """Providers by position."""
        frame = self.tables["providers"].reset_index(drop=True)
        return frame.assign(name=frame["name"].where(frame["name"] != "", frame["provider"]))

    @cached_property
    def needs(self) -> pd.DataFrame:
        """Needs with demand, by position.

        Columns: region, group, service, demand (units/year), heads (people), jurisdiction, and
        ``region_at``, ``service_at`` (positions).
        """
        return frames.needs(self.tables["needs"], self.regions, self.services)

    @cached_property
    def excluded(self) -> pd.DataFrame:
        """Offers that may not be engaged, and why: columns offer, reason."""
        return frames.excluded(self.tables["offers"], self.providers)

    @cached_property
    def offers(self) -> pd.DataFrame:
        """Admissible offers by position.

        Columns as in the table, with arranger, coordinates and quality filled in, and further
        ``kind`` (of the provider), ``own_place`` (has coordinates of its own), ``provider_at``,
        ``service_at``, ``region_at`` (positions).
        """
        table = self.tables["offers"]
        admissible = table[~table["offer"].isin(self.excluded["offer"])].reset_index(drop=True)
        return frames.offers(admissible, self.regions, self.services, self.providers)

    @cached_property
    def sizes(self) -> pd.DataFrame:
        """What an offer can be engaged at; an offer without rows in ``sizes`` has one, named blank.

        Columns: offer (position), size, and :data:`SIZED`; sorted by offer. See
        ``usable_capacity`` for what of a capacity can be used.
        """
        return frames.sizes(self.tables.get("sizes"), self.offers)

    @cached_property
    def largest_budget(self) -> float:
        """The largest budget of a jurisdiction in money/year, a unit of money; 1 where none is."""
        known = self.jurisdictions["budget"].dropna()
        return float(known.max()) or 1.0 if len(known) else 1.0

    @cached_property
    def yearly_investment(self) -> Floats:
        """Investment that each size needs, in money a year over the years it is spread."""
        money = self.sizes["investment"].to_numpy(dtype=np.float64)
        return np.asarray(money / self.sizes["investment_years"].to_numpy(dtype=np.float64))

    @cached_property
    def usable_capacity(self) -> Floats:
        """Capacity of each size in units/year, no more than all needs linked to the offer.

        "Unlimited" capacities of any magnitude thereby leave the model's numbers alone. A minimum
        volume is kept, so that one that cannot be sold still keeps the offer from being engaged.
        """
        reachable = np.maximum(self._linked_units, 1e-9)[self.sizes["offer"].to_numpy()]
        usable = np.minimum(self.sizes["capacity"].to_numpy(), reachable)
        return np.asarray(np.maximum(usable, self.sizes["minimum_volume"].to_numpy()))

    @cached_property
    def volunteer_capacity(self) -> Floats:
        """What volunteers can add to each offer in units/year, no more than all needs linked."""
        given = self.offers["volunteer_capacity"].to_numpy(dtype=np.float64)
        return np.asarray(np.minimum(given, self._linked_units))

    @cached_property
    def _linked_units(self) -> Floats:
        linked = np.zeros(len(self.offers))
        np.add.at(linked, self.links["offer"].to_numpy(), self.link_units)
        return linked

    @cached_property
    def links(self) -> pd.DataFrame:
        """Admissible (offer, need) pairs.

        Columns: offer, need (positions), travel (km), access_cost (money/unit); sorted by offer,
        then need.
        """
        ends = self.offers, self.regions
        if "links" in self.tables:
            pairs = listed_pairs(self.tables["links"], *ends)
        else:
            pairs = reachable_pairs(*ends, self.services["reach_km"].to_numpy(dtype=np.float64))
        return links_of_pairs(pairs, self.needs, self.services)

    @cached_property
    def links_of_need(self) -> list[Integers]:
        """Positions of the links that can serve each need."""
        return _grouped(self.links["need"].to_numpy(), len(self.needs))

    @cached_property
    def links_of_offer(self) -> list[Integers]:
        """Positions of the links of each offer."""
        return _grouped(self.links["offer"].to_numpy(), len(self.offers))

    @cached_property
    def sizes_of_offer(self) -> list[Integers]:
        """Positions of the sizes of each offer."""
        return _grouped(self.sizes["offer"].to_numpy(), len(self.offers))

    @cached_property
    def link_sizes(self) -> tuple[Integers, Integers]:
        """Pairs of a link and a size of its offer, by position, in the order of the links."""
        offer = self.links["offer"].to_numpy()
        order = np.argsort(self.sizes["offer"].to_numpy(), kind="stable")
        count = np.bincount(self.sizes["offer"].to_numpy(), minlength=len(self.offers))
        first = np.cumsum(count) - count
        if (count[offer] == 1).all():
            return np.arange(len(offer)), order[first[offer]]
        link = np.repeat(np.arange(len(offer)), count[offer])
        start = np.cumsum(count[offer]) - count[offer]
        within = np.arange(len(link)) - start[link]
        return link, order[first[offer[link]] + within]

    @cached_property
    def need_keys(self) -> list[tuple[str, str, str]]:
        """(region, group, service) of each need."""
        columns = (self._names(self.needs, c) for c in ("region", "group", "service"))
        return list(zip(*columns, strict=True))

    @cached_property
    def link_keys(self) -> Keys:
        """(offer, region, group) of each link."""
        offer, need = self.links["offer"].to_numpy(), self.links["need"].to_numpy()
        region, group = (self._names(self.needs, c) for c in ("region", "group"))
        return Keys((self._names(self.offers, "offer"), offer), (region, need), (group, need))

    @cached_property
    def size_keys(self) -> list[tuple[str, str]]:
        """(offer, size) of each size."""
        offer = self._names(self.offers, "offer")[self.sizes["offer"].to_numpy()]
        return list(zip(offer, self._names(self.sizes, "size"), strict=True))

    @staticmethod
    def _names(frame: pd.DataFrame, column: str) -> npt.NDArray[np.object_]:
        """Return identifiers as one string each, which millions of keys share."""
        return frame[column].to_numpy(dtype=object)

    @cached_property
    def link_units(self) -> Floats:
        """Demand in units/year of the need at the end of each link."""
        demand: Floats = self.needs["demand"].to_numpy(dtype=np.float64)
        return np.asarray(demand[self.links["need"].to_numpy()])

    @cached_property
    def territory(self) -> Mapping[str, frozenset[str]]:
        """Each jurisdiction with all jurisdictions below it, itself included."""
        parent = dict(
            zip(self.jurisdictions["jurisdiction"], self.jurisdictions["parent"], strict=True)
        )
        below: dict[str, set[str]] = {j: {j} for j in parent}
        for j in parent:
            at = parent[j]
            while at:
                below[at].add(j)
                at = parent[at]
        return MappingProxyType({j: frozenset(b) for j, b in below.items()})

    def __str__(self) -> str:
        """Return the title with the sizes."""
        counts = (
            f"{len(self.regions)} regions, {len(self.services)} services, {len(self.needs)} needs, "
            f"{len(self.offers)} offers, {len(self.links)} links"
        )
        return f"{self.about.title or self.name} ({counts})"


def _grouped(positions: Integers, count: int) -> list[Integers]:
    order = np.argsort(positions, kind="stable").astype(np.int64)
    starts = np.searchsorted(positions[order], np.arange(count + 1))
    return [order[starts[i] : starts[i + 1]] for i in range(count)]


def _needs_without_links(instance: Instance) -> list[Problem]:
    served = np.zeros(len(instance.needs), dtype=bool)
    served[instance.links["need"].to_numpy()] = True
    table = instance.tables["needs"]
    lonely = table[table["demand"] > 0][~served]
    return [
        Problem(
            "needs",
            f"no offer of {service} reaches it",
            "raise the service's reach_km, add an offer or a link, or allow last resort",
            row=int(row),
            column="region",
            value=" / ".join(filter(None, (region, group))),
        )
        for row, region, group, service in zip(
            lonely.index, lonely["region"], lonely["group"], lonely["service"], strict=True
        )
    ]
