"""What a plan does, recomputed from the tables of the instance and from nothing else."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from pse_opt.tables import LAST_RESORT
from pse_opt.verification.distance import travel_between
from pse_opt.verification.given import SIZED, Given
from pse_opt.verification.nearest import nearest_deliveries

if TYPE_CHECKING:
    from pse_opt.plan import Plan
    from pse_opt.policy import Policy

__all__ = ["Facts"]

Floats = npt.NDArray[np.float64]
NEED = ["region", "group", "service"]


@dataclass(frozen=True, eq=False)
class Facts(Given):
    """An instance, a plan and a policy, with what follows from them.

    Attributes
    ----------
    instance : Instance
        Only its ``tables`` and its currency are read.
    plan : Plan
        The plan to be checked.
    policy : Policy
        The rules it should keep.
    tolerance : float
        Greatest excess of a rule, relative to its scale, that still counts as kept.
    """

    plan: Plan
    policy: Policy
    tolerance: float = 1e-6

    @cached_property
    def engagements(self) -> pd.DataFrame:
        """The plan's engagements without repetitions.

        Columns offer, size, ``known`` (the offer exists), ``exists`` (so does its size), and what
        the size says; where it says nothing, what the offer says.
        """
        frame = pd.DataFrame({c: _text(self.plan.engagements, c) for c in ("offer", "size")})
        frame = frame.drop_duplicates(ignore_index=True)
        at = self.sizes.index.get_indexer(pd.MultiIndex.from_frame(frame))
        own = self.instance.tables["offers"].set_index("offer")[SIZED].reindex(frame["offer"])
        said = self.sizes.reset_index(drop=True).reindex(at).set_axis(frame.index)
        exists = pd.Series(at >= 0, index=frame.index)
        return frame.assign(
            known=frame["offer"].isin(self.offers.index),
            exists=exists,
            **{c: said[c].where(exists, own[c].set_axis(frame.index)) for c in SIZED},
        )

    @cached_property
    def engaged(self) -> pd.DataFrame:
        """Engaged offers the instance knows, by identifier, with what their size says.

        An offer engaged at several sizes, which is a violation, costs all of them and has the
        capacity and unit cost of the first.
        """
        known = self.engagements[self.engagements["known"]]
        first = known.drop_duplicates("offer").set_index("offer")[SIZED]
        fixed = known.groupby("offer", sort=False)["fixed_cost"].sum()
        rest = self.offers.loc[first.index].drop(columns=SIZED)
        return rest.join(first.assign(fixed_cost=fixed))

    @cached_property
    def deliveries(self) -> pd.DataFrame:
        """The plan's deliveries, by position.

        Columns offer, region, group, service, share (0 where it is not a number), ``last`` (it is
        last resort), ``known`` (the offer exists), ``need`` (position, or -1), demand, units,
        travel (km), ``reachable``, ``access_cost`` (money/unit) and quality.
        """
        frame = pd.DataFrame({c: _text(self.plan.deliveries, c) for c in ("offer", *NEED)})
        need = pd.MultiIndex.from_frame(self.needs[NEED]).get_indexer(
            pd.MultiIndex.from_frame(frame[NEED])
        )
        share = np.nan_to_num(
            self.plan.deliveries["share"].to_numpy(dtype=float), posinf=0, neginf=0
        )
        demand = _at(self.needs["demand"], need, 0.0)
        last = (frame["offer"] == LAST_RESORT).to_numpy()
        frame = frame.assign(
            share=share,
            last=last,
            known=frame["offer"].isin(self.offers.index).to_numpy() & ~last,
            need=need,
            demand=demand,
            units=share * demand,
        )
        return self._with_travel(frame)

    def _with_travel(self, frame: pd.DataFrame) -> pd.DataFrame:
        offer = self.offers.reindex(frame["offer"]).reset_index(drop=True)
        region = self.regions.reindex(frame["region"]).reset_index(drop=True)
        service = self.services.reindex(frame["service"]).reset_index(drop=True)
        travel = travel_between(offer, region)
        reach = service["reach_km"].to_numpy(dtype=float)
        reachable = travel - reach <= self.tolerance * np.maximum(1.0, reach)
        cost = np.full(len(frame), np.nan)
        links = self.table("links")
        if links is not None:
            at = pd.MultiIndex.from_frame(links[["offer", "region"]]).get_indexer(
                pd.MultiIndex.from_frame(frame[["offer", "region"]])
            )
            reachable = at >= 0
            travel = np.where(reachable, _at(links["travel"], at, np.nan), travel)
            cost = _at(links["access_cost"], at, np.nan)
        last = frame["last"].to_numpy()
        cap = service["travel_cap"].to_numpy(dtype=float)
        charged = np.where(np.isfinite(travel), travel, cap)
        charged = np.where(last, service["last_resort_travel"].to_numpy(dtype=float), charged)
        per_km = service["access_cost_per_km"].to_numpy(dtype=float)
        cost = np.where(np.isnan(cost), charged * per_km, cost)
        return frame.assign(
            distance=travel,
            travel=charged,
            reachable=reachable | last,
            access_cost=np.where(last, 0.0, cost),
            quality=np.where(last, service["last_resort_quality"], offer["quality"]).astype(float),
        )

    def reached(self, places: pd.DataFrame) -> pd.DataFrame:
        """Return the engaged offers that may serve places, and how they reach them.

        Parameters
        ----------
        places : DataFrame
            Columns region, service.

        Returns
        -------
        DataFrame
            Columns region, service, offer, provider, travel (km), quality; one row for each engaged
            offer of the service that an admissible link leads from.
        """
        mine = self.engaged[["service", "provider"]].rename_axis("offer").reset_index()
        pairs = places.merge(mine, on="service").assign(last=False)
        found = self._with_travel(pairs)
        wanted = ["region", "service", "offer", "provider", "travel", "quality"]
        return found.loc[found["reachable"], wanted].reset_index(drop=True)

    @cached_property
    def by_offers(self) -> pd.DataFrame:
        """Deliveries by offers the instance knows, to needs it knows."""
        d = self.deliveries
        return d[d["known"] & (d["need"] >= 0)]

    @cached_property
    def last_resort(self) -> pd.DataFrame:
        """Deliveries of last resort to needs the instance knows."""
        d = self.deliveries
        return d[d["last"] & (d["need"] >= 0)]

    @cached_property
    def received(self) -> pd.DataFrame:
        """Deliveries to needs the instance knows, by offers it knows or by last resort."""
        d = self.deliveries
        return d[(d["need"] >= 0) & (d["known"] | d["last"])]

    @cached_property
    def volumes(self) -> pd.Series[float]:
        """Units/year that each known offer delivers, by identifier of the offer."""
        units = self.by_offers.groupby("offer", sort=False)["units"].sum()
        return units.reindex(self.offers.index, fill_value=0.0)

    @cached_property
    def volunteers(self) -> pd.Series[float]:
        """Units/year of what each known offer delivers that volunteers produce."""
        units = self.plan.volunteers.groupby("offer")["units"].sum()
        return units.reindex(self.offers.index, fill_value=0.0).astype(float)

    @cached_property
    def paid(self) -> pd.Series[float]:
        """Units/year of what each known offer delivers that are paid for."""
        return self.volumes - self.volunteers

    @cached_property
    def levels(self) -> pd.DataFrame:
        """What each need gets.

        Columns region, group, service, demand, served (units/year), coverage, coverage_own,
        coverage_last_resort (shares), quality (of what is delivered; NaN where unknown) and travel
        (km; last resort and unmet need charged what the service says).
        """
        own = self.per_need(self.by_offers, self.by_offers["share"])
        last = self.per_need(self.last_resort, self.last_resort["share"])
        got = self.received
        coverage = own + last
        cap = self.services["travel_cap"].reindex(self.needs["service"]).to_numpy(dtype=float)
        travel = (
            self.per_need(got, got["share"] * got["travel"]) + np.maximum(0.0, 1.0 - coverage) * cap
        )
        counts = got[got["share"] > 1e-9]
        quality = self.per_need(counts, counts["share"] * counts["quality"])
        with np.errstate(divide="ignore", invalid="ignore"):
            quality = np.where(coverage > 1e-9, quality / coverage, np.nan)
        return self.needs[[*NEED, "demand"]].assign(
            served=coverage * self.needs["demand"].to_numpy(dtype=float),
            coverage=coverage,
            coverage_own=own,
            coverage_last_resort=last,
            quality=quality,
            travel=travel,
        )

    @cached_property
    def today(self) -> Facts | None:
        """What today's plan does, the table ``baseline``; None where the instance has none."""
        from pse_opt.plan import Plan

        plan = Plan.baseline(self.instance)
        return None if plan is None else replace(self, plan=plan)

    @cached_property
    def reference(self) -> Facts:
        """What a plan does that depends on no policy: today's, else service by the nearest offer.

        By the nearest offer every need that has a link is served in full; of several equally near
        it is the first in the table offers.
        """
        from pse_opt.plan import Plan

        if self.today is not None:
            return self.today
        plan = Plan.from_deliveries(self.instance, nearest_deliveries(self))
        return replace(self, plan=plan)

    def per_need(self, deliveries: pd.DataFrame, values: pd.Series[float]) -> Floats:
        """Return the sum of the values of deliveries for each need, by position."""
        weights = values.to_numpy(dtype=float)
        at = deliveries["need"].to_numpy(dtype=np.int64)
        return np.bincount(at, weights=weights, minlength=len(self.needs)).astype(np.float64)


def _text(frame: pd.DataFrame, column: str) -> npt.NDArray[np.object_]:
    """Return a column as text, blank where it is missing."""
    if column not in frame.columns:
        return np.full(len(frame), "", dtype=object)
    values = frame[column]
    return np.array(values.where(values.notna(), "").astype(str), dtype=object)


def _at(column: pd.Series[float], positions: npt.NDArray[np.intp], missing: float) -> Floats:
    """Return the values at these positions, and another one where the position is -1."""
    found: Floats = np.append(column.to_numpy(dtype=float), missing)[positions]
    return found
