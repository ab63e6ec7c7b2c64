"""Tables of an instance with its offers changed: forbidden, required, dearer or cheaper."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from pse_opt.instance import Instance

__all__ = ["dearer", "demanded", "offers_of_kind", "required", "scaled"]

Flags = npt.NDArray[np.bool_]
PRODUCTION = ("fixed_cost", "unit_cost")
"""What production costs; contracts, supervision and overhead are costs of the arrangement."""


def offers_of_kind(instance: Instance, kind: str) -> Flags:
    """Return for each row of the table offers whether its provider is of a kind."""
    kinds = instance.providers.set_index("provider")["kind"]
    return np.asarray((instance.tables["offers"]["provider"].map(kinds) == kind).to_numpy())


def required(instance: Instance, rows: Flags, word: str) -> dict[str, pd.DataFrame]:
    """Return the table offers with ``yes``, ``forbidden`` or a blank in required."""
    offers = instance.tables["offers"]
    return {"offers": offers.assign(required=offers["required"].mask(rows, word))}


def demanded(instance: Instance, rows: Flags) -> bool:
    """Return whether an offer that the instance requires is among some."""
    return bool((instance.tables["offers"]["required"][rows] == "yes").any())


def scaled(instance: Instance, rows: Flags, factor: float) -> dict[str, pd.DataFrame]:
    """Return the tables with fixed and unit cost of some offers, at every size, multiplied."""
    return _changed(instance, rows, dict.fromkeys(PRODUCTION, (factor, 0.0)))


def dearer(instance: Instance, rows: Flags, amount: float) -> dict[str, pd.DataFrame]:
    """Return the tables with an amount added to the unit cost of some offers, at every size."""
    return _changed(instance, rows, {"unit_cost": (1.0, amount)})


def _changed(
    instance: Instance, rows: Flags, how: dict[str, tuple[float, float]]
) -> dict[str, pd.DataFrame]:
    offers = instance.tables["offers"]
    chosen = {"offers": rows}
    if "sizes" in instance.tables:
        mine = instance.tables["sizes"]["offer"].isin(offers["offer"][rows])
        chosen["sizes"] = np.asarray(mine.to_numpy())
    changed = {}
    for name, at in chosen.items():
        frame = instance.tables[name]
        costs = {c: np.where(at, frame[c] * by + plus, frame[c]) for c, (by, plus) in how.items()}
        changed[name] = frame.assign(**costs)
    return changed
