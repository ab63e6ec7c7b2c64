"""The limits that a policy and an instance set: the row of each, and its unit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import pyomo.core as pe

from pse_opt.analysis.edits import Cell, Edit, Setting, Standard, edited
from pse_opt.analysis.varying import Varied
from pse_opt.entries import Equalization
from pse_opt.formulation.finance import total_maximum
from pse_opt.formulation.forms import form_of, threshold
from pse_opt.instance import Instance
from pse_opt.policy import Policy

__all__ = ["POINT", "Limit", "Moved", "limits_of"]

Moved = tuple[dict[str, pd.DataFrame], dict[str, Any]]
"""Tables that are replaced, and the document, with a limit changed."""

POINT = 0.01
"""A point of coverage, as a share."""
PART = 0.01
"""Part of a volume or of a budget by which it is changed where a whole re-solve is asked for."""
NUDGE = 1e-6
"""How much a bound on inequality is moved to see what its row becomes, relative to it or to 1."""


@dataclass(frozen=True, eq=False)
class Limit:
    """A limit, and how its row stands for it.

    Attributes
    ----------
    kind : str
        floor, target, capacity, volunteers, volunteer_pool, last_resort, budget, total_budget,
        programme or equalization.
    name : str
        What it is called: the kind and identifiers, separated by slashes.
    place : str
        Whom it concerns, by name.
    value : float
        The limit, in its own unit: a share, units per year, money per year, or that of the measure.
    unit, one : str
        The unit of the limit, and one unit of what a price is for (``visit``, ``point of Gini``).
    per : float
        How much of the limit one such unit is.
    row : ConstraintData
        The row that holds it.
    slope : float
        How much the limit of the row rises where this limit rises by 1 (for a ratio for each unit
        of its denominator, ``times``).
    times : VarData or None
        The column that the slope is multiplied by.
    step : float
        By how much the limit is changed where a whole re-solve is asked for, in its own unit.
    index : tuple of str
        Identifiers.
    """

    kind: str
    name: str
    place: str
    value: float
    unit: str
    one: str
    per: float
    row: Any = field(repr=False)
    slope: float = 1.0
    times: Any = field(default=None, repr=False)
    step: float = 0.0
    index: tuple[str, ...] = ()

    def moved(self, instance: Instance, policy: Policy, amount: float) -> Moved:
        """Return what replaces tables and document where the limit is an amount higher."""
        tables, document = edited(
            instance.tables, policy.document, self._edits(self.value + amount)
        )
        return {k: v for k, v in tables.items() if v is not instance.tables.get(k)}, document

    def _edits(self, value: float) -> list[Edit]:
        """What makes the limit have a value."""
        if self.kind in ("floor", "target"):
            return [Standard(self.kind, self.index, value)]
        if self.kind == "total_budget":
            return [Setting("total_budget.share"), Setting("total_budget.maximum", value)]
        if self.kind == "equalization":
            return [Setting(".".join(("equalization", *self.index)), value)]
        table, keys, column = CELLS[self.kind]
        if self.kind == "capacity" and self.index[1]:
            table, keys = "sizes", ("offer", "size")
        key = tuple(zip(keys, self.index, strict=False))
        return [Cell(table, key, column, value, was=self.value)]


def limits_of(m: pe.ConcreteModel, instance: Instance) -> list[Limit]:
    """Return every limit that has a row in a model: of engaged and of other offers."""
    makers = (_floors, _targets, _capacities, _volunteers, _last_resort, _money, _equalization)
    return [limit for make in makers for limit in make(m, instance)]


def _rows(m: pe.ConcreteModel, rule: str) -> Mapping[Any, Any]:
    component = m.component(rule)
    return {} if component is None else dict(component.items())


def _named(instance: Instance) -> dict[str, str]:
    """Names of regions and jurisdictions by identifier."""
    regions = zip(instance.regions["region"], instance.regions["name"], strict=True)
    whole = zip(instance.jurisdictions["jurisdiction"], instance.jurisdictions["name"], strict=True)
    return {**dict(whole), **dict(regions)}


def _units(instance: Instance) -> dict[str, str]:
    return dict(zip(instance.services["service"], instance.services["unit"], strict=True))


def _place(instance: Instance, index: tuple[str, ...]) -> str:
    names = _named(instance)
    return ", ".join(names.get(i, i) for i in index if i)


def _floors(m: pe.ConcreteModel, instance: Instance) -> Iterator[Limit]:
    demand = dict(zip(instance.need_keys, instance.needs["demand"], strict=True))
    units = _units(instance)
    for index, row in _rows(m, "coverage_floor").items():
        name, place = "/".join(("floor", *filter(None, index))), _place(instance, index)
        value = float(pe.value(row.lower))
        per, one = 1.0 / float(demand[index]), units[index[2]]
        yield Limit("floor", name, place, value, "share", one, per, row, index=index,
                    step=_inside(value))  # fmt: skip


def _targets(m: pe.ConcreteModel, instance: Instance) -> Iterator[Limit]:
    needs, units = instance.needs, _units(instance)
    for index, row in _rows(m, "coverage_target").items():
        service, jurisdiction, region, group = index
        mine = needs["service"] == service
        for column, value in (("region", region), ("group", group)):
            mine = mine & ((needs[column] == value) | (value == ""))
        if jurisdiction:
            mine = mine & needs["jurisdiction"].isin(list(instance.territory[jurisdiction]))
        name, place = "/".join(("target", *filter(None, index))), _place(instance, index)
        value, per = float(pe.value(row.lower)), 1.0 / float(needs["demand"][mine].sum())
        yield Limit("target", name, place, value, "share", units[service], per, row, index=index,
                    step=_inside(value))  # fmt: skip


def _inside(value: float) -> float:
    """A point more, or less where there is no more."""
    return POINT if value + POINT <= 1.0 else -POINT


def _capacities(m: pe.ConcreteModel, instance: Instance) -> Iterator[Limit]:
    rows, units = _rows(m, "capacity"), _units(instance)
    given, usable = instance.sizes["capacity"].to_numpy(), instance.usable_capacity
    service = instance.offers["service"].to_numpy()[instance.sizes["offer"].to_numpy()]
    for k, index in enumerate(instance.size_keys):
        capacity = float(given[k])
        if capacity <= 0 or capacity > usable[k] * (1 + 1e-9):
            continue  # all needs in reach are less than that
        unit = units[service[k]]
        name = "/".join(("capacity", *filter(None, index)))
        yield Limit("capacity", name, ", ".join(filter(None, index)), capacity, f"{unit}/year",
                    unit, 1.0, rows[index], 1.0 / capacity, step=PART * capacity,
                    index=index)  # fmt: skip


def _volunteers(m: pe.ConcreteModel, instance: Instance) -> Iterator[Limit]:
    offers, units = instance.offers, _units(instance)
    position = {o: k for k, o in enumerate(offers["offer"])}
    for offer, row in _rows(m, "volunteer_limit").items():
        o = position[offer]
        most, unit = float(offers["volunteer_capacity"][o]), units[offers["service"][o]]
        if most <= instance.volunteer_capacity[o] * (1 + 1e-9):
            yield Limit("volunteers", f"volunteers/{offer}", offer, most, f"{unit}/year", unit,
                        1.0, row, 1.0 / most, step=PART * most, index=(offer,))  # fmt: skip
    table = instance.tables["needs"]
    for index, row in _rows(m, "volunteer_pool").items():
        mine = (table["region"] == index[0]) & (table["service"] == index[1])
        pool, unit = float(table["volunteer_pool"][mine].sum()), units[index[1]]
        name = "/".join(("volunteer_pool", *index))
        yield Limit("volunteer_pool", name, _place(instance, index), pool, f"{unit}/year", unit,
                    1.0, row, 1.0 / (pool or 1.0), step=PART * pool, index=index)  # fmt: skip


def _last_resort(m: pe.ConcreteModel, instance: Instance) -> Iterator[Limit]:
    caps, units = instance.services.set_index("service")["last_resort_cap"], _units(instance)
    for service, row in _rows(m, "last_resort_limit").items():
        cap, unit = float(caps[service]), units[service]
        yield Limit("last_resort", f"last_resort/{service}", service, cap, f"{unit}/year", unit,
                    1.0, row, 1.0 / (cap or 1.0), step=PART * cap, index=(service,))  # fmt: skip


def _money(m: pe.ConcreteModel, instance: Instance) -> Iterator[Limit]:
    currency, sections = instance.about.currency, m.columns.policy.sections
    budgets = instance.jurisdictions.set_index("jurisdiction")["budget"]
    programmes = instance.tables.get("programmes")
    for rule, kind in (("budgets", "budget"), ("programmes", "programme")):
        scale = float(sections.get(rule, {}).get("scale", 1.0))
        for index, row in _rows(m, rule).items():
            parts = index if isinstance(index, tuple) else (index,)
            if kind == "budget":
                money = float(budgets[index])
            else:
                assert programmes is not None
                money = float(programmes.set_index(["jurisdiction", "service"])["budget"][index])
            name, place = "/".join((kind, *parts)), _place(instance, parts)
            yield Limit(kind, name, place, money, currency, currency, 1.0, row,
                        scale / (money or 1.0), step=PART * money, index=parts)  # fmt: skip
    for row in _rows(m, "total_budget").values():
        money = total_maximum(instance, **sections["total_budget"])
        yield Limit("total_budget", "total_budget", "all", money, currency, currency, 1.0, row,
                    1.0 / (money or 1.0), step=PART * money)  # fmt: skip


def _equalization(m: pe.ConcreteModel, instance: Instance) -> Iterator[Limit]:
    rows = _rows(m, "equalization_bound")
    for levels in m.columns.levels:
        entry: Equalization = levels.entry
        if entry.bound is None or (entry.name, *levels.blocks[0]) not in rows:
            continue
        varied = Varied(f"equalization.{entry.name}.{entry.side}", str(entry.side), entry, ())
        step, word = varied.step
        one = f"{word} of {entry.measure.replace('_', ' ')} of {entry.level}"
        for b, block in enumerate(levels.blocks):
            row = rows[entry.name, *block]
            nudge = NUDGE * max(abs(entry.bound), 1.0)
            after, before = (threshold(levels, b, entry.bound + s * nudge) for s in (1.0, 0.0))
            form = form_of(entry)
            times = m.component(form.denominator)[entry.name, *block] if form.denominator else None
            parts = (entry.name, *filter(None, block))
            yield Limit("equalization", "/".join(("equalization", *parts)),
                        _place(instance, parts), entry.bound, one, one, step, row,
                        (after - before) / nudge, times, step,
                        (entry.name, str(entry.side)))  # fmt: skip


CELLS: Mapping[str, tuple[str, tuple[str, ...], str]] = {
    "capacity": ("offers", ("offer",), "capacity"),
    "volunteers": ("offers", ("offer",), "volunteer_capacity"),
    "volunteer_pool": ("needs", ("region", "service"), "volunteer_pool"),
    "last_resort": ("services", ("service",), "last_resort_cap"),
    "budget": ("jurisdictions", ("jurisdiction",), "budget"),
    "programme": ("programmes", ("jurisdiction", "service"), "budget"),
}
"""Table, key columns and column of each kind of limit that stands in one."""
