"""What must hold between the columns and the tables of an instance."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from pse_opt.errors import Findings, Problem, nearest
from pse_opt.tables import LAST_RESORT, TABLES, Column

__all__ = ["accredited_services", "check_contents", "check_deliveries", "check_references"]

Frames = Mapping[str, pd.DataFrame]
Check = Callable[[Frames, Findings], None]
GUESSES = 20
"""Unknown values of a column for which the nearest known one is searched."""


def check_references(frames: Mapping[str, pd.DataFrame], findings: Findings) -> None:
    """Report every value that refers to something no table knows."""
    for name, frame in frames.items():
        for column in TABLES[name].columns:
            if not column.references:
                continue
            target, _, target_column = column.references.partition(".")
            if target not in frames:
                continue  # a missing table is reported once, not once per row
            there = frames[target][target_column or TABLES[target].key[0]]
            known = set(there.to_numpy(dtype=object).tolist()) - {""}
            if name == "baseline" and column.name == "offer":
                known = known | {LAST_RESORT}
            _report_unknown(name, column, frame, known, target, findings)


def _report_unknown(
    name: str, column: Column, frame: pd.DataFrame, known: set[str], target: str, findings: Findings
) -> None:
    values = frame[column.name]
    unknown = values[(values != "") & ~values.isin(list(known))]
    correct = f"correct it, or add it to the table {target}"
    guesses = {v: f"{correct}; {nearest(v, known)}" for v in unknown.unique()[:GUESSES]}
    for row, value in unknown.items():
        findings.problems.append(
            Problem(
                name,
                f"the table {target} does not know it",
                guesses.get(value, correct),
                row=int(str(row)),
                column=column.name,
                value=value,
            )
        )


def check_contents(frames: Frames, findings: Findings) -> None:
    """Report everything that is wrong between columns and between tables."""
    for check in (
        _reserved,
        _nested_jurisdictions,
        _groups,
        _volumes,
        _accreditation,
        _required,
        _standards,
        _coordinates,
        _baseline,
        _last_resort,
    ):
        _report(check, frames, findings)


def _report(check: Check, frames: Frames, findings: Findings) -> None:
    """Add what a check finds, unless the cell was reported before: it is blank since then."""
    known = {(p.where, p.row, p.column) for p in findings.problems}
    found = Findings()
    check(frames, found)
    findings.problems += [p for p in found.problems if (p.where, p.row, p.column) not in known]
    findings.warnings += found.warnings


def check_deliveries(frames: Frames, findings: Findings) -> None:
    """Report deliveries (the table ``baseline``) that the other tables contradict."""
    _report(_baseline, frames, findings)


def accredited_services(cell: str) -> list[str]:
    """Return the services named in an ``accredited_for`` cell; empty means all."""
    return [s.strip() for s in str(cell).split(";") if s.strip()]


def _add(
    into: list[Problem], table: str, row: Any, column: str, value: Any, message: str, remedy: str
) -> None:
    number = None if row is None else int(row)
    into.append(Problem(table, message, remedy, row=number, column=column, value=value))


def _at(table: pd.DataFrame, row: Any, column: str) -> Any:
    return table.at[row, column]


def _reserved(frames: Frames, findings: Findings) -> None:
    offers = frames["offers"]
    for row in offers.index[offers["offer"] == LAST_RESORT]:
        message = "the name is reserved for provision by government outside the offers"
        remedy = "give the offer another identifier"
        _add(findings.problems, "offers", row, "offer", LAST_RESORT, message, remedy)


def _nested_jurisdictions(frames: Frames, findings: Findings) -> None:
    table = frames["jurisdictions"]
    parent = dict(zip(table["jurisdiction"], table["parent"], strict=True))
    for row, start in table["jurisdiction"].items():
        seen, at = {start}, parent.get(start, "")
        while at and at not in seen:
            seen.add(at)
            at = parent.get(at, "")
        if at == start:
            message = "the jurisdiction is above itself"
            remedy = "leave the parent of the topmost jurisdiction blank"
            _add(findings.problems, "jurisdictions", row, "parent", parent[start], message, remedy)


def _groups(frames: Frames, findings: Findings) -> None:
    needs = frames["needs"]
    grouped = needs["group"] != ""
    for row in needs.index[grouped & needs["heads"].isna()]:
        message = "a need of a group must say how many people are concerned"
        remedy = "write the number of people of this group in the region"
        _add(findings.problems, "needs", row, "heads", None, message, remedy)
    both = (
        needs.assign(grouped=grouped).groupby(["region", "service"])["grouped"].transform("nunique")
    )
    for row in needs.index[(both > 1) & ~grouped]:
        message = "the region has needs with groups and without for the same service"
        remedy = "name a group in every row of this region and service, or in none"
        _add(findings.problems, "needs", row, "group", _at(needs, row, "region"), message, remedy)
    for row in needs.index[needs["demand"] == 0]:
        message = "no demand; the row is left out"
        _add(findings.warnings, "needs", row, "demand", 0, message, "remove the row")


def _volumes(frames: Frames, findings: Findings) -> None:
    for name in ("offers", "sizes"):
        if name not in frames:
            continue
        table = frames[name]
        wrong = table["minimum_volume"] > table["capacity"]
        for row in table.index[wrong]:
            value = _at(table, row, "minimum_volume")
            message = f"the minimum volume exceeds the capacity {_at(table, row, 'capacity'):g}"
            remedy = "lower the minimum volume or raise the capacity"
            _add(findings.problems, name, row, "minimum_volume", value, message, remedy)
        for row in table.index[table["capacity"] == 0]:
            message = "no capacity; it can deliver nothing"
            _add(findings.warnings, name, row, "capacity", 0, message, "remove it or raise it")


def _accreditation(frames: Frames, findings: Findings) -> None:
    known = set(frames["services"]["service"])
    for row, cell in frames["providers"]["accredited_for"].items():
        for service in accredited_services(str(cell)):
            if service not in known:
                remedy = nearest(service, known)
                message = "the table services does not know it"
                _add(
                    findings.problems, "providers", row, "accredited_for", service, message, remedy
                )


def _required(frames: Frames, findings: Findings) -> None:
    """An offer that must be engaged may not be one that nobody may engage."""
    providers, offers = frames["providers"], frames["offers"]
    accredited = dict(zip(providers["provider"], providers["accredited_for"], strict=True))
    for row in offers.index[offers["required"] == "yes"]:
        provider, service = str(_at(offers, row, "provider")), str(_at(offers, row, "service"))
        allowed = accredited_services(accredited.get(provider, ""))
        if allowed and service not in allowed:
            message = f"the offer is required but {provider} is not accredited for {service}"
            remedy = "leave required blank, or accredit the provider"
            _add(findings.problems, "offers", row, "required", "yes", message, remedy)


def _standards(frames: Frames, findings: Findings) -> None:
    if "standards" not in frames:
        return
    table = frames["standards"]
    for row in table.index[table["floor"] > table["target"]]:
        message = f"the floor exceeds the target {_at(table, row, 'target'):g}"
        remedy = "lower the floor or raise the target"
        value = _at(table, row, "floor")
        _add(findings.problems, "standards", row, "floor", value, message, remedy)
    for row in table.index[table["floor"].isna() & table["target"].isna()]:
        message = "neither a floor nor a target"
        _add(
            findings.warnings,
            "standards",
            row,
            "floor",
            None,
            message,
            "write one, or remove the row",
        )


def _coordinates(frames: Frames, findings: Findings) -> None:
    for name in ("regions", "offers"):
        table = frames[name]
        half = table["longitude"].isna() != table["latitude"].isna()
        for row in table.index[half]:
            column = "longitude" if np.isnan(_at(table, row, "longitude")) else "latitude"
            message = "one coordinate without the other"
            _add(findings.problems, name, row, column, None, message, "write both or none")
    regions = frames["regions"]
    if "links" in frames:
        return
    for row in regions.index[regions["longitude"].isna() & regions["latitude"].isna()]:
        message = "without coordinates the region is served by offers in it alone"
        remedy = "write longitude and latitude, or give the table links"
        value = _at(regions, row, "region")
        _add(findings.warnings, "regions", row, "longitude", value, message, remedy)


def _baseline(frames: Frames, findings: Findings) -> None:
    if "baseline" in frames:
        _deliveries(frames, findings)
        _delivered_sizes(frames, findings)


def _deliveries(frames: Frames, findings: Findings) -> None:
    table, problems = frames["baseline"], findings.problems
    for row in table.index[table["share"].isna() & table["units"].isna()]:
        message = "neither a share nor units"
        remedy = "write the share of the need (0 to 1) or the units"
        _add(problems, "baseline", row, "share", None, message, remedy)
    needs = frames["needs"]
    sound = table["service"].isin(frames["services"]["service"])
    offers = frames["offers"].drop_duplicates("offer").set_index("offer")["service"]
    offered = table["offer"].map(offers)
    for row in table.index[sound & offered.notna() & (offered != table["service"])]:
        message = f"the offer {_at(table, row, 'offer')} delivers {offered[row]}"
        remedy = "correct the service or the offer"
        _add(problems, "baseline", row, "service", _at(table, row, "service"), message, remedy)
    sound &= table["region"].isin(frames["regions"]["region"])
    sound &= table["group"].isin([*needs["group"], ""])
    for row in table.index[sound & ~_among(table, needs, ["region", "group", "service"])]:
        message = f"there is no such need for {_at(table, row, 'service')}"
        remedy = "add it to the table needs, or remove the row"
        value = " / ".join(filter(None, (_at(table, row, "region"), _at(table, row, "group"))))
        _add(problems, "baseline", row, "region", value, message, remedy)


def _delivered_sizes(frames: Frames, findings: Findings) -> None:
    table = frames["baseline"]
    sized = table[table["size"] != ""]
    sizes = frames.get("sizes", sized.iloc[:0])
    for row in sized.index[~_among(sized, sizes, ["offer", "size"])]:
        message = "the table sizes does not know this size of the offer"
        remedy = "leave it blank, or correct it"
        _add(findings.problems, "baseline", row, "size", _at(table, row, "size"), message, remedy)
    first = sized.groupby("offer")["size"].transform("first")
    for row in sized.index[first != sized["size"]]:
        message = f"another row engages the offer at size {first[row]}"
        remedy = "write one size in all rows of the offer"
        _add(findings.problems, "baseline", row, "size", _at(table, row, "size"), message, remedy)


def _among(table: pd.DataFrame, known: pd.DataFrame, key: list[str]) -> npt.NDArray[np.bool_]:
    """Whether the key of each row stands in the other table."""
    there = pd.MultiIndex.from_frame(known[key])
    return np.asarray(pd.MultiIndex.from_frame(table[key]).isin(there), dtype=bool)


def _last_resort(frames: Frames, findings: Findings) -> None:
    if "baseline" not in frames:
        return
    used = set(frames["baseline"].loc[frames["baseline"]["offer"] == LAST_RESORT, "service"])
    services = frames["services"]
    for row in services.index[
        services["service"].isin(list(used)) & services["last_resort_cost"].isna()
    ]:
        message = "the baseline uses last resort but the service has no cost for it"
        _add(
            findings.problems, "services", row, "last_resort_cost", None, message, "write its cost"
        )
