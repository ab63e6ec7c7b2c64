"""One entry of ``[[equalization]]`` applied to one plan: levels side by side, and its measure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from pse_opt import measures
from pse_opt.errors import InputError, Problem
from pse_opt.verification.distance import haversine
from pse_opt.verification.entities import entity_levels
from pse_opt.verification.facts import Facts

if TYPE_CHECKING:
    from pse_opt.policy import Equalization

__all__ = ["Block", "Comparison", "usable"]

Floats = npt.NDArray[np.float64]
OF_BENEFITS = ("theil", "mean_log_deviation", "atkinson", "quantile_share")
"""Measures that say nothing of a burden: more equality at a higher mean is no improvement."""


@dataclass(frozen=True)
class Block:
    """Levels that are compared with each other.

    Attributes
    ----------
    key, part : str
        The service or ``index``, and the region within which they are compared (or blank).
    lines : DataFrame
        As :func:`entity_levels` returns them.
    levels, people : array
        Levels, none negative (a broken plan may have such), and usable weights.
    """

    key: str
    part: str
    lines: pd.DataFrame
    levels: Floats
    people: Floats


@dataclass(frozen=True, eq=False)
class Comparison:
    """An entry of ``[[equalization]]`` and what a plan does, as far as the entry is concerned."""

    facts: Facts
    entry: Equalization

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """What is compared, block by block, in the order of the needs."""
        return tuple(_blocks(entity_levels(self.facts, self.entry)))

    def value(self, block: Block) -> float:
        """Return the entry's measure of a block, with the entry's parameters."""
        entry, levels, people = self.entry, block.levels, block.people
        given, burden = entry.parameters, entry.is_burden
        if entry.measure == "atkinson":
            return measures.atkinson(levels, people, aversion=given["aversion"])
        if entry.measure == "quantile_share":
            return measures.quantile_share(levels, people, quantile=given["quantile"])
        if entry.measure == "worst_mean":
            return measures.worst_mean(levels, people, quantile=given["quantile"], burden=burden)
        if entry.measure == "poverty_gap":
            return measures.poverty_gap(levels, people, standard=given["standard"])
        if entry.measure == "kolm_pollak":
            return measures.kolm_pollak(levels, people, kappa=self.kappa, burden=burden)
        if entry.measure == "envy":
            return measures.envy(levels, self.neighbours(block))
        if entry.measure == "shortfall":
            return measures.shortfall(levels, self.today(block), burden=burden)
        if entry.measure == "lorenz":
            today = self.today(block)
            return measures.lorenz_excess(levels, people, reference=today, reference_weights=people)
        return measures.MEASURES[entry.measure](levels, people)

    def values(self, block: Block) -> dict[str, float]:
        """Return every measure that says something of a block, the entry's own among them."""
        found = {
            name: measure(block.levels, block.people)
            for name, measure in measures.MEASURES.items()
            if not (self.entry.is_burden and name in OF_BENEFITS)
        }
        if self.entry.is_burden:
            found["worst_mean"] = measures.worst_mean(block.levels, block.people, burden=True)
        return found | {self.entry.measure: self.value(block)}

    def worst(self, name: str, values: list[float]) -> float:
        """Return the worst of the values of a measure: for a welfare of a benefit the least."""
        if name == self.entry.measure:
            return min(values) if self.entry.side == "minimum" else max(values)
        burdens = self.entry.is_burden and name == "worst_mean"
        return min(values) if name in measures.WELFARES and not burdens else max(values)

    @cached_property
    def kappa(self) -> float:
        r"""Aversion of Kolm and Pollak to inequality, in one over the unit of the level.

        Where the entry gives none it is :math:`\varepsilon \sum_c p_c z_c / \sum_c p_c z_c^2` of
        the reference's levels z, those of all services and regions together.
        """
        if self.entry.kappa is not None:
            return self.entry.kappa
        lines = entity_levels(self.facts.reference, self.entry)
        levels = np.maximum(lines["level"].to_numpy(dtype=float), 0.0)
        people = lines["weight"].to_numpy(dtype=float)
        total, squares = float(people @ levels), float(people @ levels**2)
        known = total > 0 and squares > 0
        return (self.entry.aversion or 1.0) * total / squares if known else 1.0

    def today(self, block: Block) -> Floats:
        """Return the levels of today's plan for the lines of a block."""
        keys = ["key", "part", "entity"]
        former = self._todays_lines.set_index(keys)["level"]
        here = pd.MultiIndex.from_frame(block.lines[keys])
        return np.asarray(np.maximum(former.reindex(here).to_numpy(dtype=float), 0.0))

    @cached_property
    def _todays_lines(self) -> pd.DataFrame:
        today = self.facts.today
        if today is None:
            message = (
                f"equalization entry {self.entry.name!r} compares with today's plan, and the "
                f"instance has none"
            )
            remedy = "add the table baseline, or use another measure"
            raise InputError([Problem("baseline", message, remedy)])
        return entity_levels(today, self.entry)

    def neighbours(self, block: Block) -> npt.NDArray[np.intp]:
        """Return the pairs of positions of a block that are near each other, both ways round."""
        places = self.facts.regions.loc[block.lines["place"], ["longitude", "latitude"]]
        x, y = places.to_numpy(dtype=float).T
        known = np.flatnonzero(~np.isnan(x) & ~np.isnan(y))
        near: list[npt.NDArray[np.intp]] = [np.empty((0, 2), dtype=np.intp)]
        for i in known:
            others = known[known != i]
            here = np.full(len(others), x[i]), np.full(len(others), y[i])
            away = haversine(*here, x[others], y[others])
            envied = others[away <= (self.entry.neighbour_km or 0.0)]
            near.append(np.column_stack([np.full(len(envied), i), envied]).astype(np.intp))
        return np.concatenate(near)


def usable(people: Floats) -> Floats:
    """Return weights that measures take: where nobody is counted all count the same."""
    return people if people.sum() > 0 else np.ones(len(people))


def _blocks(lines: pd.DataFrame) -> Iterator[Block]:
    for (key, part), mine in lines.groupby(["key", "part"], sort=False):
        levels = np.maximum(mine["level"].to_numpy(dtype=float), 0.0)
        people = usable(mine["weight"].to_numpy(dtype=float))
        yield Block(str(key), str(part), mine, levels, people)
