"""What must be said beside a result: approximations with their errors, and what was estimated."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from pse_opt.formulation.forms import gini_method, points_of
from pse_opt.formulation.levels import Levels
from pse_opt.solving.outline import picked
from pse_opt.solving.readout import Values

__all__ = ["notes_of"]

Floats = npt.NDArray[np.float64]


def notes_of(m: Any, held: Values) -> tuple[str, ...]:
    """Return the notes on a model and the values of its decisions."""
    found: list[str] = []
    for levels in m.columns.levels:
        entry = levels.entry
        if entry.measure == "gini" and entry.bound is not None:
            found += _grid(m, held, levels)
        if entry.measure == "kolm_pollak" and entry.kappa is None:
            found.append(_kappa(m, held, levels))
    return tuple(found)


def _grid(m: Any, held: Values, levels: Levels) -> list[str]:
    """The greatest error of the grid at this plan, where one was used."""
    errors = []
    for b, members in enumerate(levels.members):
        if gini_method(levels, b) == "grid":
            values = _levels(m, held, levels)[members]
            mean = float(np.array([levels.weights[e] for e in members]) @ values)
            steps = 4.0 * len(points_of(levels)) ** 2
            errors.append(float(np.ptp(values)) / steps / mean if mean > 0 else 0.0)
    if not errors:
        return []
    return [
        f"equalization.{levels.entry.name}: the Gini coefficient is bounded by a grid of "
        f"{len(points_of(levels))} points, which overstates it by at most {max(errors):.2g}: the "
        "plan keeps the bound, and a cheaper one may lie within that margin of it"
    ]


def _kappa(m: Any, held: Values, levels: Levels) -> str:
    """What kappa was estimated at, and what it would be at this plan."""
    if levels.individual:
        values, people = _travels(m, held, levels)
    else:
        values, people = _levels(m, held, levels) * levels.scales, levels.people
    again = levels.kappa_of(values, people)
    return (
        f"equalization.{levels.entry.name}: kappa {levels.kappa:.4g} is estimated from "
        f"{levels.estimated_from}; at this plan it would be {again:.4g} "
        f"(--set equalization.{levels.entry.name}.kappa={again:.4g} solves with it)"
    )


def _levels(m: Any, held: Values, levels: Levels) -> Floats:
    name = levels.entry.name
    return held.of([m.level[(name, *e)] for e in levels.entities])


def _travels(m: Any, held: Values, levels: Levels) -> tuple[Floats, Floats]:
    """Travels of the plan, and how many people have each."""
    instance = levels.instance
    heads = instance.needs["heads"].to_numpy(dtype=float)
    service = instance.needs["service_at"].to_numpy()
    travel = instance.links["travel"].to_numpy(dtype=float)
    rescue, cap = (
        instance.services[c].to_numpy(dtype=float) for c in ("last_resort_travel", "travel_cap")
    )
    values, people = [], []
    for n in (n for part in levels.parts for n, _ in part):
        links = instance.links_of_need[n]
        values += [*travel[links].tolist(), float(rescue[service[n]]), float(cap[service[n]])]
        last = [c] if (c := m.columns.last_resort.get(n)) is not None else []
        rescued = float(held.of(last).sum())
        unmet = 1.0 - float(held.of([m.columns.coverage[n]])[0])
        shares = [*held.of(picked(m.columns.delivery, links)).tolist(), rescued, unmet]
        people += [float(heads[n]) * max(s, 0.0) for s in shares]
    return np.array(values), np.array(people)
