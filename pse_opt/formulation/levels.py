"""Service levels between entities, as sparse coefficients over needs: data, no Pyomo."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from pse_opt.document import Equalization
from pse_opt.entries import PEOPLE
from pse_opt.errors import InputError, Problem
from pse_opt.formulation.reference import Reference
from pse_opt.instance import Instance
from pse_opt.links import EARTH_RADIUS_KM, on_sphere

__all__ = ["INDEX", "Levels", "levels_of"]

INDEX = "index"
"""Name of the index over several services, where results name the service."""
PER_HEAD = ("units_per_head", "quality_units_per_head")

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Levels:
    """What one equalization entry compares.

    Attributes
    ----------
    instance : Instance
        The instance.
    entry : Equalization
        The entry.
    entities : list of (service, entity)
        Each has a level; service is ``index`` for an index.
    blocks : list of (service, block)
        Entities are compared within a block: one for each service, or one for each service and
        region for groups within regions.
    parts : list of list of (need position, coefficient)
        The level of each entity as a weighted sum over needs, in units of its scale; empty for
        spending, which is not a sum over needs.
    block_of : list of int
        Position of the block of each entity.
    people : ndarray, shape (entities,)
        People of each entity.
    scales : ndarray, shape (entities,)
        What one unit of the level column is, in the level's own unit: about the size of the level,
        so that the solver's tolerances mean the same for every level.
    """

    instance: Instance
    entry: Equalization
    entities: list[tuple[str, str]]
    blocks: list[tuple[str, str]]
    parts: list[list[tuple[int, float]]]
    block_of: list[int]
    people: Floats
    scales: Floats

    @property
    def individual(self) -> bool:
        """Whether people are compared rather than entities: then there are no level columns."""
        return self.entry.between == PEOPLE

    @cached_property
    def members(self) -> list[list[int]]:
        """Entities of each block."""
        found: list[list[int]] = [[] for _ in self.blocks]
        for e, b in enumerate(self.block_of):
            found[b].append(e)
        return found

    @cached_property
    def weights(self) -> list[float]:
        """People of each entity as a share of its block; all the same where nobody is counted."""
        shares = np.zeros(len(self.entities))
        for at in self.members:
            total = self.people[at].sum()
            shares[at] = self.people[at] / total if total > 0 else 1.0 / len(at)
        return [float(w) for w in shares]

    @cached_property
    def pooled(self) -> list[float]:
        """Weights over all blocks: people as a share of their service's, over its number."""
        keys = pd.Series([s for s, _ in self.entities], dtype=object)
        people = pd.Series(self.people)
        total = people.groupby(keys).transform("sum")
        even = 1.0 / people.groupby(keys).transform("size")
        share = (people / total).where(total > 0, even) / max(keys.nunique(), 1)
        return [float(w) for w in share]

    @property
    def unit(self) -> float:
        """Scale that levels of all blocks are told in together, in the level's own unit."""
        return float(self.scales.mean()) if len(self.scales) else 1.0

    def scale(self, block: int) -> float:
        """Scale of the level columns of a block."""
        return float(self.scales[self.members[block][0]])

    @cached_property
    def today(self) -> Floats:
        """Level of each entity under today's plan, in units of its scale.

        Raises
        ------
        InputError
            The instance has no baseline.
        """
        if not Reference.has_today(self.instance):
            message = f"{self.instance.name} has no table baseline to compare with"
            remedy = "add baseline.csv, or use another measure"
            column = f"equalization.{self.entry.name}.measure"
            raise InputError(
                [Problem("model", message, remedy, column=column, value=self.entry.measure)]
            )
        return self._under(Reference.today(self.instance))

    def _under(self, reference: Reference) -> Floats:
        if self.entry.level == "spending_per_head":
            spent = reference.spending(self.entry.services)
            named = np.array([spent.get(e, 0.0) for _, e in self.entities])
            return np.asarray(named / self.people / self.scales)
        values = reference.values(self.entry)
        return np.array([sum(w * values[n] for n, w in part) for part in self.parts])

    @cached_property
    def kappa(self) -> float:
        """Aversion to inequality in 1/unit of the level: given, or estimated.

        Estimated as the aversion times sum(w z) / sum(w z^2) over today's plan, or where there is
        none over the plan in which the nearest linked offer serves everybody (Horton, Logan,
        Speakman and Skipper 2024).
        """
        if self.entry.kappa is not None:
            return self.entry.kappa
        known = Reference.has_today(self.instance)
        reference = Reference.today(self.instance) if known else Reference.nearest(self.instance)
        return self.kappa_of(*self._distribution(reference))

    def _distribution(self, reference: Reference) -> tuple[Floats, Floats]:
        """Return levels in their own unit under a reference, and how many people have each."""
        if self.individual:
            return reference.travels(self.instance, [n for p in self.parts for n, _ in p])
        return self._under(reference) * self.scales, self.people

    @cached_property
    def best_equivalent(self) -> float:
        """A level that no plan's equivalent of Kolm and Pollak is better than, in its own unit.

        Of travel that of the plan in which the nearest offer serves all; of a benefit its scale.
        """
        from scipy.special import logsumexp

        if not self.entry.is_burden:
            return self.unit
        levels, people = self._distribution(Reference.nearest(self.instance))
        if not people.sum() > 0:
            return 0.0
        shares = people / people.sum()
        return float(logsumexp(self.kappa * levels, b=shares)) / self.kappa

    @property
    def estimated_from(self) -> str:
        """What kappa is estimated from."""
        if Reference.has_today(self.instance):
            return "today's plan"
        return "the plan in which the nearest offer serves all"

    def kappa_of(self, levels: Floats, people: Floats) -> float:
        """Return what kappa is estimated at for a distribution; 1 where there is nothing."""
        squares = float(people @ levels**2)
        estimate = float(people @ levels) / squares if squares > 0 else 1.0
        return (self.entry.aversion or 1.0) * estimate

    @cached_property
    def neighbours(self) -> list[tuple[int, int]]:
        """Ordered pairs (i, j) of entities of a block whose regions lie within neighbour_km."""
        from scipy.spatial import cKDTree

        reach = self.entry.neighbour_km or 0.0
        regions = self.instance.regions.set_index("region")[["longitude", "latitude"]]
        pairs: list[tuple[int, int]] = []
        for members in self.members:
            place = regions.loc[[self.entities[e][1] for e in members]].to_numpy(dtype=float)
            placed = np.flatnonzero(~np.isnan(place).any(axis=1))
            chord = 2.0 * np.sin(min(reach / EARTH_RADIUS_KM, np.pi) / 2.0)
            tree = cKDTree(on_sphere(*place[placed].T)) if len(placed) else None
            within = chord * (1 + 1e-9)
            near = set() if tree is None else tree.query_pairs(within)
            for i, j in near:
                one, other = members[placed[i]], members[placed[j]]
                pairs += [(one, other), (other, one)]
        return sorted(pairs)


def levels_of(instance: Instance, entry: Equalization) -> Levels:
    """Return the levels that an equalization entry compares.

    Raises
    ------
    InputError
        The level needs the quality of offers, and some have none.
    """
    if entry.level == "spending_per_head":
        return _of_jurisdictions(instance, entry)
    if entry.level in ("satisfaction", "quality_units_per_head"):
        _refuse_unknown_quality(instance, entry)
    frame = _needs_of_entities(instance, entry)
    by = ["service", "block", "entity"]
    within = frame.groupby([*by, "of"], sort=False)
    total = within["heads" if entry.level in PER_HEAD else "demand"].transform("sum")
    pairs = frame.drop_duplicates([*by, "of"])
    whole = pairs.groupby(by, sort=False)["weight"].sum().rename("whole")
    frame = frame.join(whole, on=by)
    people = frame.groupby([*by, "of"], sort=False)["heads"].sum().groupby(by, sort=False).mean()
    entities = people.index.to_frame(index=False)
    number = entities.groupby(["service", "block"], sort=False).ngroup()
    blocks = entities.drop_duplicates(["service", "block"])
    frame["coefficient"] = frame["demand"] / total * frame["weight"] / frame["whole"]
    scales = np.ones(len(entities))
    if entry.level in PER_HEAD:
        full = frame.groupby(by, sort=False)["coefficient"].sum()
        mean = full.groupby("service").mean()
        scales = mean.loc[entities["service"]].to_numpy(dtype=float)
    at = frame.groupby(by, sort=False).ngroup().to_numpy()
    frame["coefficient"] /= scales[at]
    parts: list[list[tuple[int, float]]] = [[] for _ in range(len(entities))]
    for e, need, coefficient in zip(at, frame.index, frame["coefficient"], strict=True):
        parts[e].append((int(need), float(coefficient)))
    return Levels(
        instance,
        entry,
        list(zip(entities["service"], entities["entity"], strict=True)),
        list(zip(blocks["service"], blocks["block"], strict=True)),
        parts,
        [int(b) for b in number],
        people.to_numpy(dtype=float),
        scales,
    )


def _of_jurisdictions(instance: Instance, entry: Equalization) -> Levels:
    """Spending for each person of the regions directly a jurisdiction's own."""
    regions = instance.regions[instance.regions["jurisdiction"] != ""]
    people = regions.groupby("jurisdiction", sort=False)["population"].sum()
    people = people[people > 0]
    sizes = instance.sizes
    cost = float((sizes["fixed_cost"] + sizes["unit_cost"] * instance.usable_capacity).sum())
    scale = cost / float(people.sum()) if cost > 0 and len(people) else 1.0
    return Levels(
        instance,
        entry,
        [(INDEX, str(j)) for j in people.index],
        [(INDEX, "")] if len(people) else [],
        [[] for _ in people],
        [0] * len(people),
        people.to_numpy(dtype=float),
        np.full(len(people), scale),
    )


def _refuse_unknown_quality(instance: Instance, entry: Equalization) -> None:
    offers = instance.offers
    chosen = offers["service"].isin(list(entry.services)) | (entry.services == "each")
    unknown = offers[chosen & offers["quality"].isna()]
    if len(unknown):
        message = f"{len(unknown)} offers, such as {unknown['offer'].iloc[0]}, have no quality"
        remedy = "fill in quality of offers or of their providers, or compare another level"
        column = f"equalization.{entry.name}.level"
        raise InputError([Problem("model", message, remedy, column=column, value=entry.level)])


def _needs_of_entities(instance: Instance, entry: Equalization) -> pd.DataFrame:
    """Needs with the entity and block they belong to, indexed by need position."""
    needs = instance.needs[["region", "group", "service", "jurisdiction", "demand", "heads"]]
    frame = needs.rename(columns={"service": "of"}).assign(block="")
    # A slash in a name is doubled, so that the single one between two names stays unique.
    names = [frame[c].str.replace("/", "//", regex=False) for c in ("region", "group")]
    if entry.between == "regions":
        frame["entity"] = frame["region"]
    elif entry.between == "groups":
        frame["entity"] = frame["group"]
    elif entry.between == "jurisdictions":
        frame["entity"] = frame["jurisdiction"]
    else:
        frame["entity"] = names[0] + " / " + names[1]
    if entry.between == "groups-within-regions":
        frame["block"] = frame["region"]
        frame = frame[frame["group"] != ""]
    frame = frame[frame["entity"] != ""]
    if entry.services == "each":
        frame["service"], frame["weight"] = frame["of"], 1.0
    else:
        frame = frame[frame["of"].isin(entry.services)]
        frame["service"] = INDEX
        weights = [float(entry.index_weights.get(s, 1.0)) for s in frame["of"]]
        frame["weight"] = np.array(weights, dtype=float)
    return frame
