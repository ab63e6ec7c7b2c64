"""Reading a user's own regions and facilities: converted, checked, all problems at once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from pse_opt.csv_reading import read_csv
from pse_opt.errors import Findings, InputError, Problem, nearest
from pse_opt.links import great_circle, on_sphere
from pse_opt.reading import convert_table
from pse_opt.tables import KINDS, TABLES, Column, Table

__all__ = [
    "FACILITIES",
    "KEYWORDS",
    "RANGES",
    "REGIONS",
    "check",
    "check_places",
    "kinds_of",
    "read",
]

Given = dict[str, Any]

FAR = 5.0
"""How many times the usual distance from the middle is far."""
NEEDED = ("region", "population", "longitude", "latitude")
REGIONS = Table(
    "regions",
    "Where people live.",
    tuple(replace(c, required=c.name in NEEDED, references="") for c in TABLES["regions"].columns),
    ("region",),
)
OPTIONAL = ("longitude", "latitude", "fixed_cost", "unit_cost", "quality")
FACILITIES = Table(
    "facilities",
    "What can deliver.",
    (
        Column("facility", "identifier or name", "identifier", required=True),
        Column("owner", "government, ngo, private or words that say so", "text", required=True),
        Column("service", "which service; blank: the default", "text"),
        Column("region", "where it is; blank: the nearest", "text"),
        TABLES["offers"].by_name["capacity"],
        *(replace(TABLES["offers"].by_name[name], required=False) for name in OPTIONAL),
    ),
    ("facility", "service"),
    attributes=False,
)
KEYWORDS = {
    "ngo": r"\bn\.?g\.?o\b|non.?gov|no[nt].?(for.?)?profit|charit|church|mission|faith|religio"
    r"|foundation|associat|cooperat|communit|volunt|red cross|civil society|社会组织|慈善|公益",
    "private": r"private|compan|commerc|for.?profit|\bltd|\binc\b|business|enterprise|corporat"
    r"|民营|私|企业|公司",
    "government": r"\bgov|public|\bstate\b|munic|county|ministr|national|district|council|federal"
    r"|provinc|army|military|police|政府|公立|公办|国有",
}
"""Words of an owner that tell its kind; the first kind that has one of them is taken."""
RANGES: dict[str, tuple[float, float]] = {
    "load": (0.01, 10), "reach_quantile": (0, 1), "reach_factor": (0.01, 100),
    "cost_per_unit": (0, 1e12), "fixed_share": (0, 1), "ngo_cost_ratio": (0, 100),
    "private_cost_ratio": (0, 100), "access_share": (0, 100), "minimum_share": (0, 1),
    "contract_share": (0, 1), "supervision_share": (0, 1),
}  # fmt: skip


def check(given: Given, findings: Findings) -> None:
    """Report values of the call that are out of range."""
    ranges = dict(RANGES)
    ranges |= {n: (1e-12, 1e12) for n in ("need_per_head", "reach_km") if given[n] is not None}
    for key, (low, high) in ranges.items():
        if not low <= given[key] <= high:
            remedy = f"give a number from {low:g} to {high:g}"
            findings.problems.append(
                Problem("build", "out of range", remedy, None, key, given[key])
            )
    for text, kind in (given["owners"] or {}).items():
        if kind not in KINDS:
            remedy = f"{nearest(kind, KINDS)}"
            message = f"no kind of provider, for the owner {text!r}"
            findings.problems.append(Problem("build", message, remedy, None, "owners", kind))


def read(table: Table, source: Path | pd.DataFrame, findings: Findings) -> pd.DataFrame:
    """Return a table converted and checked, its index the rows a spreadsheet shows."""
    if isinstance(source, pd.DataFrame):
        raw = source.copy()
    else:
        try:
            raw = read_csv(Path(source))
        except InputError as error:
            findings.problems += error.problems
            return convert_table(table, pd.DataFrame(columns=list(table.by_name)), findings)
    first = table.key[0]
    if first not in raw.columns:
        alias = next((c for c in ("id", "name") if c in raw.columns), None)
        raw = raw.rename(columns={alias: first}) if alias else raw
    frame = convert_table(table, raw, findings)
    if frame.empty and not findings.problems:
        findings.problems.append(Problem(table.name, "the table has no rows", "add some"))
    return frame


def kinds_of(sites: pd.DataFrame, owners: Mapping[str, str], findings: Findings) -> pd.Series:
    """Return the kind of each owner, blank for those whose words are unknown (reported)."""
    known = {k.casefold().strip(): v for k, v in owners.items()} | {k: k for k in KINDS}
    kinds = {}
    for text in sites["owner"].unique():
        word = text.casefold()
        found = (kind for kind, pattern in KEYWORDS.items() if re.search(pattern, word))
        kinds[text] = known.get(word) or next(found, "")
    kind = sites["owner"].map(kinds)
    for row, text in sites.loc[(kind == "") & (sites["owner"] != ""), "owner"].items():
        remedy = f'write government, ngo or private, or map it: owners={{"{text}": "ngo"}}'
        message = "the words do not tell the kind of owner"
        problem = Problem("facilities", message, remedy, int(str(row)), "owner", text)
        findings.problems.append(problem)
    again = sites.duplicated(["facility", "service"]) | (sites["facility"] == "") | (kind == "")
    first = kind.groupby(sites["facility"]).transform("first")
    for row, text in sites.loc[(first != kind) & (first != "") & ~again, "owner"].items():
        remedy = "write one owner in all rows of the facility"
        message = f"another row says that the facility is {first.at[row]}"
        problem = Problem("facilities", message, remedy, int(str(row)), "owner", text)
        findings.problems.append(problem)
    return kind


def check_places(places: pd.DataFrame, sites: pd.DataFrame, findings: Findings) -> None:
    """Report facilities that are nowhere, regions unknown and coordinates swapped."""
    known = [r for r in places["region"] if r]
    blank = sites[["longitude", "latitude"]].isna()
    half = blank["longitude"] != blank["latitude"]
    nowhere = (sites["region"] == "") & blank.all(axis=1)
    strange = (sites["region"] != "") & ~sites["region"].isin(known) & bool(known)
    reported = {(p.where, p.row) for p in findings.problems}
    remedy = "write a region, or longitude and latitude"
    found = []
    for flags, message in (
        (half, "one coordinate without the other"),
        (nowhere, "neither a region nor coordinates"),
    ):
        rows = [int(r) for r in sites.index[flags] if ("facilities", int(r)) not in reported]
        found += [Problem("facilities", message, remedy, r, "longitude") for r in rows]
    for row, text in sites.loc[strange, "region"].astype(str).items():
        message, remedy = "the table regions does not know it", nearest(text, known)
        found.append(Problem("facilities", message, remedy, int(str(row)), "region", text))
    for name, table in (("regions", places), ("facilities", sites)):
        message = "far from all else; longitude and latitude seem to be swapped"
        remedy = "longitude is east, latitude north; exchange them"
        for row in swapped(table, places):
            value = " ".join(str(v) for v in table.loc[row, ["longitude", "latitude"]])
            found.append(Problem(name, message, remedy, row, "longitude", value))
    findings.problems += found


def swapped(table: pd.DataFrame, places: pd.DataFrame) -> list[int]:
    """Return rows that are much nearer to the middle of the regions when exchanged."""
    middle = places[["longitude", "latitude"]].median()
    if middle.isna().any():
        return []
    rows = table[table["longitude"].notna() & table["latitude"].abs().le(90)]
    rows = rows[rows["longitude"].abs() <= 90]
    centre = on_sphere(np.array([middle["longitude"]]), np.array([middle["latitude"]]))

    def away(longitude: pd.Series, latitude: pd.Series) -> npt.NDArray[np.float64]:
        here = on_sphere(longitude.to_numpy(), latitude.to_numpy())
        return great_circle(here, np.repeat(centre, len(here), axis=0))

    sound = places.dropna(subset=["longitude", "latitude"])
    usual = float(np.median(away(sound["longitude"], sound["latitude"])))
    now = away(rows["longitude"], rows["latitude"])
    then = away(rows["latitude"], rows["longitude"])
    wrong = (now > FAR * max(usual, 10.0)) & (then < now / FAR)
    return [int(row) for row in rows.index[wrong]]
