"""A plan: which offers are engaged, and what share of each need each of them delivers."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from pse_opt.checks import check_deliveries, check_references
from pse_opt.errors import InputError, Problem
from pse_opt.instance import Instance
from pse_opt.io import read_csv
from pse_opt.accounts import chosen_offers
from pse_opt.reading import Findings, convert_table
from pse_opt.tables import LAST_RESORT, TABLES

__all__ = ["Plan", "read_plan"]


@dataclass(frozen=True, eq=False)
class Plan:
    """Who delivers what to whom.

    Attributes
    ----------
    engagements : DataFrame
        Columns offer, size (blank where the offer has one size): the offers engaged.
    deliveries : DataFrame
        Columns offer (or ``last_resort``), region, group, service, share (of the need, 0 to 1).
    inferred : tuple of str
        Offers whose size was not given and was taken as the cheapest that fits.
    """

    engagements: pd.DataFrame
    deliveries: pd.DataFrame
    inferred: tuple[str, ...] = ()
    instance: Instance | None = field(default=None, repr=False)

    @property
    def offers(self) -> pd.DataFrame:
        """The chosen rows of the table offers, with size, volume, utilization and cost."""
        if self.instance is None:
            raise ValueError("the plan does not know its instance; build it with from_deliveries")
        return chosen_offers(self.instance, self)

    @classmethod
    def from_deliveries(
        cls, instance: Instance, deliveries: pd.DataFrame, engaged: pd.DataFrame | None = None
    ) -> Plan:
        """Build a plan from a table of deliveries, as a spreadsheet would hold it.

        Parameters
        ----------
        instance : Instance
            The instance the plan is for.
        deliveries : DataFrame
            Columns of the table ``baseline``: offer, region, service, group, share or units, size.
        engaged : DataFrame, optional
            Columns offer, size: offers engaged, with or without deliveries.

        Raises
        ------
        InputError
            Unknown offers, regions or services, or cells that are not numbers.
        """
        known = {c.name for c in TABLES["baseline"].columns}
        given = deliveries[[c for c in deliveries.columns if str(c).strip() in known]]
        findings = Findings()
        frame = convert_table(TABLES["baseline"], given, findings)
        check_references({**instance.tables, "baseline": frame}, findings)
        problems = [
            Problem("deliveries", p.message, p.remedy, p.row, p.column, p.value)
            for p in findings.problems
            if p.where == "baseline"
        ]
        neither = frame["share"].isna() & frame["units"].isna()
        problems += [
            Problem("deliveries", "neither a share nor units", "write one of them", int(str(r)), "share")
            for r in frame.index[neither]
        ]
        if problems:
            raise InputError(problems)
        frame = frame.reset_index(drop=True)
        units = _units(instance, frame)
        sizes, inferred = _engagements(instance, frame.assign(units=units), engaged)
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.where(frame["share"].isna(), units / _demand(instance, frame), frame["share"])
        columns = ["offer", "region", "group", "service"]
        return cls(sizes, frame[columns].assign(share=share), inferred, instance)

    @classmethod
    def baseline(cls, instance: Instance) -> Plan | None:
        """Return today's plan, where the instance has one."""
        if "baseline" not in instance.tables:
            return None
        return cls.from_deliveries(instance, instance.tables["baseline"])


def read_plan(path: str | Path, instance: Instance) -> Plan:
    """Read a plan: a result folder, or a CSV table of deliveries.

    Raises
    ------
    InputError
        The path is neither, or the table is wrong.
    """
    path = Path(path)
    if path.is_dir() and not (path / "deliveries.csv").is_file():
        remedy = "name a result folder, or a CSV table with offer, region, service, share"
        raise InputError([Problem(str(path), "the folder has no deliveries.csv", remedy)])
    if path.is_dir():
        engaged = path / "plan.csv"
        chosen = read_csv(engaged) if engaged.is_file() else None
        return Plan.from_deliveries(instance, read_csv(path / "deliveries.csv"), chosen)
    return Plan.from_deliveries(instance, read_csv(path))


def _demand(instance: Instance, frame: pd.DataFrame) -> np.ndarray:
    needs = instance.tables["needs"]
    keys = pd.MultiIndex.from_frame(needs[["region", "group", "service"]])
    at = keys.get_indexer(pd.MultiIndex.from_frame(frame[["region", "group", "service"]]))
    demand = needs["demand"].to_numpy(dtype=float)
    return np.where(at >= 0, demand[at], np.nan)


def _units(instance: Instance, frame: pd.DataFrame) -> np.ndarray:
    shares = frame["share"].to_numpy(dtype=float) * _demand(instance, frame)
    return np.where(frame["share"].isna(), frame["units"].to_numpy(dtype=float), shares)


def _engagements(
    instance: Instance, frame: pd.DataFrame, engaged: pd.DataFrame | None
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return offer and size engaged; a size not given is the cheapest that fits the volume."""
    used = frame[frame["offer"] != LAST_RESORT]
    volume = used.groupby("offer", sort=False)["units"].sum()
    given: dict[str, str] = {}
    for offer, size in zip(used["offer"], used["size"], strict=True):
        given[offer] = size or given.get(offer, "")
    if engaged is not None:
        sizes = engaged["size"] if "size" in engaged.columns else pd.Series("", index=engaged.index)
        for offer, size in zip(engaged["offer"].astype(str), sizes.astype(str), strict=True):
            given[offer] = size or given.get(offer, "")
    several = dict(list(instance.tables["sizes"].groupby("offer"))) if "sizes" in instance.tables else {}
    inferred = tuple(o for o, size in given.items() if not size and o in several)
    for offer in inferred:
        given[offer] = _cheapest(several[offer], float(volume.get(offer, 0.0)))
    rows = {"offer": list(given), "size": list(given.values())}
    return pd.DataFrame(rows, dtype=object), inferred


def _cheapest(sizes: pd.DataFrame, volume: float) -> str:
    fits = sizes[sizes["capacity"] >= volume * (1 - 1e-9)]
    if fits.empty:
        return str(sizes.loc[sizes["capacity"].idxmax(), "size"])
    cost = fits["fixed_cost"] + fits["unit_cost"] * volume
    return str(fits.loc[cost.idxmin(), "size"])
