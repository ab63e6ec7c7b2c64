"""What may happen to a plan: providers that drop out, other demand, other prices."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from pse_opt.analysis.alterations import required, scaled
from pse_opt.errors import Findings, InputError, Problem, nearest
from pse_opt.instance import Instance
from pse_opt.io import read_csv
from pse_opt.reading import convert_table
from pse_opt.tables import Column, Table

__all__ = [
    "Scenario",
    "demand_times",
    "draws_of",
    "dropout",
    "priced",
    "prices_times",
    "spreads_of",
]

Floats = npt.NDArray[np.float64]
EVERYBODY = "all"
"""Name of all offers, where prices change."""
_SPREADS = Table(
    "spread",
    "How much the demand of needs varies.",
    (
        Column("spread", "standard deviation as a share of the mean", "number", required=True,
               minimum=0.0),
        Column("service", "only of it; blank: all", "identifier", references="services"),
        Column("region", "only there; blank: everywhere", "identifier", references="regions"),
        Column("group", "only of it; blank: all", "identifier"),
    ),
    ("service", "region", "group"),
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Scenario:
    """One thing that may happen.

    Attributes
    ----------
    kind : str
        today, dropout, demand, draw or price.
    name : str
        What it is called.
    change : mapping
        What tells it from others, as plain JSON values.
    tables : mapping of str to DataFrame
        What replaces tables of the instance.
    """

    kind: str
    name: str
    change: Mapping[str, Any]
    tables: Mapping[str, pd.DataFrame] = field(repr=False)

    def instance(self, base: Instance) -> Instance:
        """Return the instance as it then is."""
        tables = MappingProxyType({**base.tables, **self.tables})
        return Instance(base.about, tables, geometry=base.geometry)


def dropout(instance: Instance, providers: Sequence[str]) -> Scenario:
    """Return the scenario in which providers deliver nothing any more."""
    names = sorted(providers)
    rows = np.isin(instance.tables["offers"]["provider"].to_numpy(), names)
    change = {"kind": "dropout", "providers": names}
    label = f"without {', '.join(names)}"
    return Scenario("dropout", label, change, required(instance, rows, "forbidden"))


def demand_times(instance: Instance, factor: float) -> Scenario:
    """Return the scenario in which all demand is multiplied."""
    needs = instance.tables["needs"]
    change = {"kind": "demand", "factor": factor}
    tables = {"needs": needs.assign(demand=needs["demand"] * factor)}
    return Scenario("demand", f"demand x {factor:g}", change, tables)


def prices_times(instance: Instance, name: str, factor: float) -> Scenario:
    """Return the scenario in which fixed and unit costs of some offers are multiplied.

    Parameters
    ----------
    instance : Instance
        The instance.
    name : str
        A kind of provider, a provider, a service, or ``all``.
    factor : float
        Of the costs.
    """
    change = {"kind": "price", "of": name, "factor": factor}
    tables = scaled(instance, priced(instance, name), factor)
    return Scenario("price", f"costs of {name} x {factor:g}", change, tables)


def priced(instance: Instance, name: str) -> npt.NDArray[np.bool_]:
    """Return which rows of the table offers a name is about.

    Raises
    ------
    InputError
        It is no kind of provider, provider or service.
    """
    offers = instance.tables["offers"]
    kind = offers["provider"].map(instance.providers.set_index("provider")["kind"])
    rows = (offers["provider"] == name) | (offers["service"] == name) | (kind == name)
    if name == EVERYBODY:
        rows = rows | True
    if not rows.any():
        known = [EVERYBODY, *dict.fromkeys(kind), *dict.fromkeys(offers["service"])]
        known += list(dict.fromkeys(offers["provider"]))
        message = "no provider, kind of provider or service of this name makes an offer"
        raise InputError([Problem("--price", message, nearest(name, known), value=name)])
    return np.asarray(rows.to_numpy())


def draws_of(
    instance: Instance, count: int, spreads: Floats, *, together: float, seed: int
) -> Iterator[Scenario]:
    r"""Yield scenarios of demand drawn at random.

    The demand of need :math:`n` is multiplied by :math:`\exp(s_n z_n - s_n^2 / 2)`, which has mean
    1 and standard deviation :math:`\sqrt{\exp(s_n^2) - 1}`, the spread;
    :math:`z_n = \sqrt{\rho} g + \sqrt{1 - \rho} h_n`, where :math:`g` is drawn once for all needs
    and :math:`h_n` for each, both standard normal.

    Parameters
    ----------
    instance : Instance
        The instance.
    count : int
        How many; the first ones do not depend on it.
    spreads : ndarray, shape (rows of the table needs,)
        Standard deviation of each need, as a share of its mean.
    together : float
        :math:`\rho`: the share of the variance that all needs have in common.
    seed : int
        Of the generator (NumPy's default, PCG64).
    """
    needs, generator = instance.tables["needs"], np.random.default_rng(seed)
    s = np.sqrt(np.log1p(spreads**2))
    told = {"kind": "draw", "seed": seed, "together": together, "spreads": spreads.tolist()}
    for k in range(1, count + 1):
        drawn = generator.standard_normal(1 + len(needs))
        z = math.sqrt(together) * drawn[0] + math.sqrt(1.0 - together) * drawn[1:]
        factors = np.exp(s * z - s**2 / 2.0)
        tables = {"needs": needs.assign(demand=needs["demand"] * factors)}
        yield Scenario("draw", f"draw {k}", {**told, "number": k}, tables)


def spreads_of(instance: Instance, spread: float | pd.DataFrame | str | Path) -> Floats:
    """Return the spread of each row of the table needs.

    Parameters
    ----------
    instance : Instance
        The instance.
    spread : float, DataFrame, str or Path
        One spread for all, or a table with columns service, region, group (blank: all) and spread;
        of several rows that match a need the last one counts, and 0 where none does.

    Raises
    ------
    InputError
        It is negative, or the table is wrong: all problems at once.
    """
    needs = instance.tables["needs"]
    if isinstance(spread, int | float):
        if not 0.0 <= spread < math.inf:
            remedy = "write a share of the mean, such as 0.1"
            raise InputError([Problem("--spread", "not a spread", remedy, value=spread)])
        return np.full(len(needs), float(spread))
    raw = spread if isinstance(spread, pd.DataFrame) else read_csv(Path(spread))
    findings = Findings()
    frame = convert_table(_SPREADS, raw, findings)
    for column in ("service", "region", "group"):
        known = set(needs[column])
        findings.problems += [
            Problem("spread", f"no need has this {column}", nearest(name, known), int(str(row)),
                    column, name)
            for row, name in frame[column].items()
            if name and name not in known
        ]  # fmt: skip
    if findings.problems:
        raise InputError(findings.problems)
    found = np.zeros(len(needs))
    for _, line in frame.iterrows():
        mine = np.ones(len(needs), dtype=bool)
        for column in ("service", "region", "group"):
            mine &= (needs[column] == line[column]).to_numpy() | (line[column] == "")
        found[mine] = float(line["spread"])
    return found
