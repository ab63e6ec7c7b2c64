"""Service levels between entities, as sparse coefficients over needs: data, no Pyomo."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pse_opt.document import Equalization
from pse_opt.instance import Instance

__all__ = ["INDEX", "Levels", "levels_of"]

INDEX = "index"
"""Name of the index over several services, where results name the service."""


@dataclass(frozen=True, eq=False)
class Levels:
    """What one equalization entry makes equal.

    Attributes
    ----------
    entry : Equalization
        The entry.
    entities : list of (service, entity)
        Each has a level; service is ``index`` for an index.
    blocks : list of (service, block)
        Entities are compared within a block: one for each service, or one for each service and
        region for groups within regions.
    parts : list of list of (need position, coefficient)
        The level of each entity as a weighted sum over needs; coefficients add up to 1.
    block_of : list of int
        Position of the block of each entity.
    weights : list of float
        People of each entity, for weighted means; they add up to 1 in each block.
    """

    entry: Equalization
    entities: list[tuple[str, str]]
    blocks: list[tuple[str, str]]
    parts: list[list[tuple[int, float]]]
    block_of: list[int]
    weights: list[float]


def levels_of(instance: Instance, entry: Equalization) -> Levels:
    """Return the levels that an equalization entry compares."""
    frame = _needs_of_entities(instance, entry)
    by = ["service", "block", "entity"]
    total = frame.groupby([*by, "of"], sort=False)["demand"].transform("sum")
    pairs = frame.drop_duplicates([*by, "of"])
    whole = pairs.groupby(by, sort=False)["weight"].sum().rename("whole")
    frame = frame.join(whole, on=by)
    frame["coefficient"] = frame["demand"] / total * frame["weight"] / frame["whole"]
    people = frame.groupby([*by, "of"], sort=False)["heads"].sum().groupby(by, sort=False).mean()
    entities = people.index.to_frame(index=False)
    number = entities.groupby(["service", "block"], sort=False).ngroup()
    within = people.groupby(["service", "block"], sort=False)
    total_people = within.transform("sum")
    # Where nobody is counted all weigh the same, as in the checker.
    share = (people / total_people).where(total_people > 0, 1.0 / within.transform("size"))
    at = frame.groupby(by, sort=False).ngroup().to_numpy()
    parts: list[list[tuple[int, float]]] = [[] for _ in range(len(entities))]
    for e, need, coefficient in zip(at, frame.index, frame["coefficient"], strict=True):
        parts[e].append((int(need), float(coefficient)))
    blocks = entities.drop_duplicates(["service", "block"])
    return Levels(
        entry,
        list(zip(entities["service"], entities["entity"], strict=True)),
        list(zip(blocks["service"], blocks["block"], strict=True)),
        parts,
        [int(b) for b in number],
        [float(w) for w in share],
    )


def _needs_of_entities(instance: Instance, entry: Equalization) -> pd.DataFrame:
    """Needs with the entity and block they belong to, indexed by need position."""
    needs = instance.needs[["region", "group", "service", "jurisdiction", "demand", "heads"]]
    frame = needs.rename(columns={"service": "of"}).assign(block="")
    if entry.between == "regions":
        frame["entity"] = frame["region"]
    elif entry.between == "groups":
        frame["entity"] = frame["group"]
    elif entry.between == "jurisdictions":
        frame["entity"] = frame["jurisdiction"]
    else:
        # A slash in a name is doubled, so that the single one between two names stays unique.
        names = [frame[c].str.replace("/", "//", regex=False) for c in ("region", "group")]
        frame["entity"] = names[0] + " / " + names[1]
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
