"""A plan: which offers are engaged, and what share of each need each of them delivers."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from pse_opt.accounts import chosen_offers
from pse_opt.checks import check_deliveries, check_references
from pse_opt.csv_reading import read_csv
from pse_opt.errors import Findings, InputError, Problem, nearest
from pse_opt.instance import Instance
from pse_opt.interchange.kept import is_workbook, read_kept
from pse_opt.reading import convert_table
from pse_opt.tables import LAST_RESORT, TABLES, TRANSFER, Column, Table

__all__ = ["Plan", "read_plan"]

Floats = npt.NDArray[np.float64]

_ENGAGED = Table(
    "plan",
    "Offers engaged, with or without deliveries.",
    (
        Column("offer", "the offer engaged", "identifier", required=True, references="offers"),
        Column("size", "size engaged; blank: the cheapest that fits", "identifier"),
        Column(
            "volunteer_units",
            "volume that volunteers deliver",
            "number",
            "units/year",
            default=0.0,
            minimum=0.0,
        ),
    ),
    ("offer",),
)
_TRANSFERS = Table(
    "transfers",
    "Money between jurisdictions.",
    (
        Column("giver", "who gives", "identifier", required=True, references="jurisdictions"),
        Column("receiver", "who receives", "identifier", required=True, references="jurisdictions"),
        Column("amount", "how much", "number", "money/year", required=True, minimum=0.0),
    ),
    ("giver", "receiver"),
)


def _nothing(*columns: str) -> pd.DataFrame:
    """An empty table whose last column is a number."""
    return pd.DataFrame({c: [] for c in columns}).astype(dict.fromkeys(columns[:-1], object))


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
    instance : Instance or None
        The instance the plan is for.
    volunteers : DataFrame
        Columns offer, units: volume (units/year) of what an offer delivers that volunteers produce.
    transfers : DataFrame
        Columns giver, receiver (jurisdictions), amount (money/year).
    """

    engagements: pd.DataFrame
    deliveries: pd.DataFrame
    inferred: tuple[str, ...] = ()
    instance: Instance | None = field(default=None, repr=False)
    volunteers: pd.DataFrame = field(
        default_factory=partial(_nothing, "offer", "units"), repr=False
    )
    transfers: pd.DataFrame = field(
        default_factory=partial(_nothing, "giver", "receiver", "amount"), repr=False
    )

    @property
    def offers(self) -> pd.DataFrame:
        """The chosen rows of the table offers, with size, volume, utilization and cost."""
        if self.instance is None:
            raise ValueError("the plan does not know its instance; build it with from_deliveries")
        return chosen_offers(self.instance, self)

    @classmethod
    def from_deliveries(
        cls,
        instance: Instance,
        deliveries: pd.DataFrame,
        engaged: pd.DataFrame | None = None,
        transfers: pd.DataFrame | None = None,
    ) -> Plan:
        """Build a plan from a table of deliveries, as a spreadsheet would hold it.

        Parameters
        ----------
        instance : Instance
            The instance the plan is for.
        deliveries : DataFrame
            Columns of the table ``baseline``: offer, region, service, group, share or units, size.
        engaged : DataFrame, optional
            Columns offer, size, volunteer_units: offers engaged, with or without deliveries, and
            what volunteers deliver of them.
        transfers : DataFrame, optional
            Columns giver, receiver, amount: money between jurisdictions.

        Raises
        ------
        InputError
            With all problems: unknown offers, regions, services or sizes, cells that are not
            numbers, deliveries of another service than the offer's.
        """
        known = {c.name for c in TABLES["baseline"].columns}
        given = deliveries[[c for c in deliveries.columns if str(c).strip() in known]]
        findings = Findings()
        frame = convert_table(TABLES["baseline"], given, findings)
        together = {**instance.tables, "baseline": frame}
        check_references(together, findings)
        check_deliveries(together, findings)
        chosen, wrong = _engaged(instance, engaged)
        money, wrong_money = _transferred(instance, transfers)
        problems = [
            replace(p, where="deliveries") for p in findings.problems if p.where == "baseline"
        ]
        if problems or wrong or wrong_money:
            raise InputError([*problems, *wrong, *wrong_money])
        frame = frame[_demand(instance, frame) > 0].reset_index(drop=True)
        units = _units(instance, frame)
        sizes, inferred = _engagements(instance, frame.assign(units=units), chosen)
        share = np.where(frame["share"].isna(), units / _demand(instance, frame), frame["share"])
        columns = ["offer", "region", "group", "service"]
        helped = chosen[chosen["volunteer_units"] > 0]
        volunteers = helped.rename(columns={"volunteer_units": "units"})[["offer", "units"]]
        return cls(sizes, frame[columns].assign(share=share), inferred, instance, volunteers, money)

    @classmethod
    def baseline(cls, instance: Instance) -> Plan | None:
        """Return today's plan, where the instance has one."""
        if "baseline" not in instance.tables:
            return None
        return cls.from_deliveries(instance, instance.tables["baseline"])


def read_plan(path: str | Path, instance: Instance) -> Plan:
    """Read a plan: a result folder or workbook, or a table of deliveries (CSV or workbook).

    Raises
    ------
    InputError
        The path is neither, or the table is wrong.
    """
    path = Path(path)
    if not path.is_dir() and not is_workbook(path):
        return Plan.from_deliveries(instance, read_csv(path))
    tables = read_kept(path).tables
    if "deliveries" not in tables and is_workbook(path):
        from pse_opt.interchange.book_reading import read_deliveries

        return Plan.from_deliveries(instance, read_deliveries(path))
    if "deliveries" not in tables:
        remedy = "name a result folder, or a table with offer, region, service, share"
        raise InputError([Problem(str(path), "the folder has no deliveries.csv", remedy)])
    transfers = _paid_over(tables.get("payments"))
    return Plan.from_deliveries(instance, tables["deliveries"], tables.get("plan"), transfers)


def _paid_over(payments: pd.DataFrame | None) -> pd.DataFrame | None:
    """Return the transfers among the payments of a result."""
    names = {"payer": "giver", "provider": "receiver", "amount": "amount"}
    if payments is None or not {*names, "mode"} <= set(payments.columns):
        return None
    return payments[payments["mode"] == TRANSFER].rename(columns=names)[list(names.values())]


def _transferred(
    instance: Instance, transfers: pd.DataFrame | None
) -> tuple[pd.DataFrame, list[Problem]]:
    """Return the transfers, and what is wrong with them."""
    if transfers is None:
        return _nothing("giver", "receiver", "amount"), []
    findings = Findings()
    frame = convert_table(_TRANSFERS, transfers, findings)
    known = set(instance.jurisdictions["jurisdiction"])
    for column in ("giver", "receiver"):
        for row, name in frame[column].items():
            if name and name not in known:
                message, remedy = "the table jurisdictions does not know it", nearest(name, known)
                findings.problems.append(
                    Problem("transfers", message, remedy, int(str(row)), column, name)
                )
    return frame, findings.problems


def _engaged(
    instance: Instance, engaged: pd.DataFrame | None
) -> tuple[pd.DataFrame, list[Problem]]:
    """Return the offers said to be engaged, and what is wrong with them."""
    raw = pd.DataFrame({"offer": []}) if engaged is None else engaged
    findings = Findings()
    known = [c for c in raw.columns if str(c).strip() in _ENGAGED.by_name]
    frame = convert_table(_ENGAGED, raw[known], findings)
    frame = frame[frame["offer"] != LAST_RESORT]
    offers = set(instance.tables["offers"]["offer"])
    sizes = instance.tables.get("sizes", pd.DataFrame({"offer": [], "size": []}))
    sized = set(zip(sizes["offer"], sizes["size"], strict=True))
    for row, offer, size in zip(frame.index, frame["offer"], frame["size"], strict=True):
        if offer and offer not in offers:
            message, remedy = "the table offers does not know it", nearest(offer, offers)
            findings.problems.append(Problem("plan", message, remedy, int(row), "offer", offer))
        elif size and (offer, size) not in sized:
            message = "the table sizes does not know this size of the offer"
            remedy = "leave it blank, or correct it"
            findings.problems.append(Problem("plan", message, remedy, int(row), "size", size))
    return frame, findings.problems


def _demand(instance: Instance, frame: pd.DataFrame) -> Floats:
    key = ["region", "group", "service"]
    needs = instance.tables["needs"].set_index(key)["demand"]
    return needs.reindex(pd.MultiIndex.from_frame(frame[key])).to_numpy(dtype=np.float64)


def _units(instance: Instance, frame: pd.DataFrame) -> Floats:
    shares = frame["share"].to_numpy(dtype=np.float64) * _demand(instance, frame)
    return np.where(frame["share"].isna(), frame["units"].to_numpy(dtype=np.float64), shares)


def _engagements(
    instance: Instance, frame: pd.DataFrame, engaged: pd.DataFrame
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return offer and size engaged; a size not given is the cheapest that fits the volume."""
    used = frame[frame["offer"] != LAST_RESORT]
    volume = used.groupby("offer", sort=False)["units"].sum()
    both = pd.concat([used[["offer", "size"]], engaged[["offer", "size"]]])
    given: dict[str, str] = {}
    for offer, size in zip(both["offer"], both["size"], strict=True):
        given[offer] = size or given.get(offer, "")
    sizes = instance.tables.get("sizes")
    several = {} if sizes is None else dict(list(sizes.groupby("offer")))
    inferred = tuple(o for o, size in given.items() if not size and o in several)
    for offer in inferred:
        given[offer] = _cheapest(several[offer], float(volume.get(offer, 0.0)))
    rows = {"offer": list(given), "size": list(given.values())}
    return pd.DataFrame(rows, dtype=object), inferred


def _cheapest(sizes: pd.DataFrame, volume: float) -> str:
    fits = sizes[sizes["capacity"] >= volume * (1 - 1e-9)]
    if fits.empty:
        return str(sizes["size"].iloc[int(sizes["capacity"].argmax())])
    cost = fits["fixed_cost"] + fits["unit_cost"] * volume
    return str(fits["size"].iloc[int(cost.argmin())])
