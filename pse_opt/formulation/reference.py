"""Plans that others are held against: today's, and the one in which the nearest offer serves all.

What today's plan amounts to is taken from the accounts of the checker: it is data here, not a
decision.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from pse_opt.document import Equalization
from pse_opt.instance import Instance

if TYPE_CHECKING:
    from pse_opt.plan import Plan

__all__ = ["Reference", "full_access"]

Floats = npt.NDArray[np.float64]

EQUAL = 1e-9
"""Travels closer to each other than this, relative to them, are the same."""


def full_access(travel: Floats, full: float, cap: Floats) -> Floats:
    """Return access, from 1 within ``full`` down a straight line to 0 at ``cap`` (all in km)."""
    room = cap - full
    with np.errstate(divide="ignore", invalid="ignore"):
        falling = np.where(room > 0, (cap - travel) / np.where(room > 0, room, 1.0), 0.0)
    return np.asarray(np.where(travel <= full, 1.0, np.clip(falling, 0.0, 1.0)))


@dataclass(frozen=True, eq=False)
class Reference:
    """Deliveries of a plan, by position.

    Attributes
    ----------
    instance : Instance
        The instance.
    plan : Plan
        The plan.
    need : ndarray of int
        Need of each delivery.
    share, travel, quality : ndarray
        Share of the need, travel in km, and quality (0 where unknown) of each delivery.
    """

    instance: Instance
    plan: Plan
    need: npt.NDArray[np.int64]
    share: Floats
    travel: Floats
    quality: Floats

    @staticmethod
    def has_today(instance: Instance) -> bool:
        """Whether the instance says what today's plan is."""
        return "baseline" in instance.tables

    @classmethod
    def today(cls, instance: Instance) -> Reference:
        """Today's plan; offers that are no longer admissible still deliver today."""
        from pse_opt.plan import Plan

        plan = Plan.baseline(instance)
        assert plan is not None
        return cls._of(instance, plan)

    @classmethod
    def nearest(cls, instance: Instance) -> Reference:
        """The plan in which the nearest linked offer serves each need in full."""
        from pse_opt.plan import Plan

        links = instance.links.sort_values(["need", "offer"], kind="stable")
        travel = links["travel"].to_numpy(dtype=float)
        least = links.groupby("need")["travel"].transform("min").to_numpy(dtype=float)
        # Equally far but for a rounding error: the first in the table.
        near = travel <= least + EQUAL * np.maximum(1.0, travel)
        first = links[near].drop_duplicates("need")
        needs = instance.needs.iloc[first["need"].to_numpy()]
        deliveries = pd.DataFrame(
            {
                "offer": instance.offers["offer"].to_numpy()[first["offer"].to_numpy()],
                **{c: needs[c].to_numpy() for c in ("region", "group", "service")},
                "share": 1.0,
            }
        )
        return cls._of(instance, Plan.from_deliveries(instance, deliveries))

    @classmethod
    def _of(cls, instance: Instance, plan: Plan) -> Reference:
        from pse_opt.policy import read_policy
        from pse_opt.verification.facts import Facts

        empty = read_policy({"name": "reference", "objective": {"minimize": ["engagement"]}})
        facts = Facts(instance, plan, empty)
        frame = facts.deliveries
        frame = frame[(frame["need"] >= 0) & (frame["known"] | frame["last"])]
        return cls(
            instance,
            plan,
            frame["need"].to_numpy(dtype=np.int64),
            frame["share"].to_numpy(dtype=float),
            frame["travel"].to_numpy(dtype=float),
            frame["quality"].fillna(0.0).to_numpy(dtype=float),
        )

    def values(self, entry: Equalization) -> Floats:
        """Return what each need gets: coverage, satisfaction, access or travel (km)."""
        at = self.instance.needs["service_at"].to_numpy()
        cap = self.instance.services["travel_cap"].to_numpy(dtype=float)[at]
        covered = self._per_need(np.ones(len(self.need)))
        if entry.level == "travel":
            unmet = np.maximum(0.0, 1.0 - covered)
            return np.asarray(self._per_need(self.travel) + unmet * cap)
        if entry.level == "access":
            near = full_access(self.travel, entry.full_access_km, cap[self.need])
            return self._per_need(near)
        quality = entry.level in ("satisfaction", "quality_units_per_head")
        return self._per_need(self.quality) if quality else covered

    def _per_need(self, each: Floats) -> Floats:
        count = len(self.instance.needs)
        return np.bincount(self.need, weights=self.share * each, minlength=count).astype(np.float64)

    def travels(self, instance: Instance, needs: list[int]) -> tuple[Floats, Floats]:
        """Return travels (km) and how many people of these needs have each of them."""
        heads = instance.needs["heads"].to_numpy(dtype=float)
        at = instance.needs["service_at"].to_numpy()
        cap = instance.services["travel_cap"].to_numpy(dtype=float)[at]
        mine = np.isin(self.need, needs)
        unmet = np.maximum(0.0, 1.0 - self._per_need(np.ones(len(self.need))))
        chosen = np.array(needs, dtype=np.int64)
        levels = np.concatenate((self.travel[mine], cap[chosen]))
        people = np.concatenate(
            (self.share[mine] * heads[self.need[mine]], unmet[chosen] * heads[chosen])
        )
        return levels, people

    def spending(self, services: str | list[str]) -> Mapping[str, float]:
        """Return public money spent by each jurisdiction, on some services or in all."""
        from pse_opt.accounts import payments

        rows = payments(self.instance, self.plan)
        if services != "each":
            rows = rows[rows["service"].isin(list(services))]
        return {str(j): float(v) for j, v in rows.groupby("payer")["amount"].sum().items()}
