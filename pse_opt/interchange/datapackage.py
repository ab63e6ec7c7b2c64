"""A description of an instance that other tools read: ``datapackage.json`` (Frictionless).

Types, constraints, words to choose from and foreign keys come from the definitions of the tables.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from pse_opt.tables import LAST_RESORT, TABLES, Column, Table

if TYPE_CHECKING:
    from pse_opt.instance import Instance

__all__ = ["data_package", "data_package_text", "resource"]

TYPES = {
    "identifier": "string",
    "text": "string",
    "choice": "string",
    "number": "number",
    "flag": "boolean",
}


def data_package_text(instance: Instance) -> str:
    """Return the content of ``datapackage.json``."""
    return json.dumps(data_package(instance), indent=2, ensure_ascii=False) + "\n"


def data_package(instance: Instance) -> dict[str, Any]:
    """Return the data package of an instance folder: a resource for each table.

    Follows the profile ``tabular-data-package`` of the Data Package specification.
    """
    about = instance.about
    licences = sorted({s.licence for s in about.sources if s.licence})
    sources = [
        {k: v for k, v in {"title": s.title, "year": s.year, "licence": s.licence}.items() if v}
        for s in about.sources
    ]
    package: dict[str, Any] = {
        "profile": "tabular-data-package",
        "name": slug(about.name),
        "title": about.title or about.name,
        "description": about.description.strip(),
        "licenses": [{"name": slug(text, other=True), "title": text} for text in licences],
        "sources": sources,
        "currency": about.currency,
        "year": about.year,
        "assumptions": list(about.assumptions),
        "resources": [
            resource(TABLES[name], instance.tables) for name in TABLES if name in instance.tables
        ],
    }
    return {k: v for k, v in package.items() if v not in (None, "", [])}


def slug(text: str, *, other: bool = False) -> str:
    """Return text as a name: of a package in small letters, of a licence as it is written.

    Examples
    --------
    >>> slug("CN Ningxia@high"), slug("CC BY 4.0", other=True), slug("宁夏")
    ('cn-ningxia-high', 'CC-BY-4.0', 'instance')
    """
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip("-")
    return (plain or "other") if other else (plain.lower() or "instance")


def resource(table: Table, tables: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    """Return the description of one table and its file."""
    frame = tables[table.name]
    schema: dict[str, Any] = {
        "fields": [
            _field(table.by_name.get(n) or Column(n, "attribute")) for n in map(str, frame.columns)
        ],
        "missingValues": [""],
    }
    key = _primary_key(table, frame)
    if key:
        schema["primaryKey"] = key
    foreign = [k for c in table.columns if (k := _foreign_key(c, table, tables)) is not None]
    if foreign:
        schema["foreignKeys"] = foreign
    return {
        "profile": "tabular-data-resource",
        "name": table.name,
        "path": f"{table.name}.csv",
        "description": table.description,
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "schema": schema,
    }


def _field(column: Column) -> dict[str, Any]:
    """Return the description of a column."""
    unit = f" ({column.unit})" if column.unit else ""
    found: dict[str, Any] = {
        "name": column.name,
        "type": TYPES[column.kind],
        "description": column.description + unit,
    }
    if column.kind == "flag":
        found |= {"trueValues": ["yes"], "falseValues": ["no"]}
    if column.unit:
        found["unit"] = column.unit
    limits: dict[str, Any] = {
        "required": column.required or None,
        "enum": list(column.choices) or None,
        "minimum": column.minimum,
        "maximum": column.maximum,
    }
    constraints = {k: v for k, v in limits.items() if v is not None}
    return found | ({"constraints": constraints} if constraints else {})


def _primary_key(table: Table, frame: pd.DataFrame) -> list[str]:
    """Return the key: columns that are blank throughout are no part, and none may be in part."""
    used = [name for name in table.key if (frame[name] != "").any()]
    return used if used and all((frame[name] != "").all() for name in used) else []


def _foreign_key(
    column: Column, table: Table, tables: Mapping[str, pd.DataFrame]
) -> dict[str, Any] | None:
    """Return what a column refers to; nothing where a reserved word stands in it."""
    target, _, name = column.references.partition(".")
    cells = tables[table.name].get(column.name)
    if not target or target not in tables or cells is None or (cells == LAST_RESORT).any():
        return None
    there = "" if target == table.name else target
    fields = name or TABLES[target].key[0]
    return {"fields": column.name, "reference": {"resource": there, "fields": fields}}
