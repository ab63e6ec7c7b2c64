"""GeoJSON: an instance in one file that maps open, results for maps, regions and offers in."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from pse_opt.errors import Findings, InputError, Problem
from pse_opt.interchange.layers import Layer, instance_layers, layer_text, result_layers
from pse_opt.interchange.shapes import shapes_document
from pse_opt.interchange.values import text_frame
from pse_opt.tables import TABLES, Table

if TYPE_CHECKING:
    from pse_opt.instance import Instance
    from pse_opt.interchange.kept import Kept
    from pse_opt.interchange.reading import Content

__all__ = ["instance_text", "read_content", "read_layer", "result_text"]

OURS = "pse_opt"
"""Member of the document that holds what has no place on a map."""
LAYER = "table"
"""Property that names the table of a feature."""
PLACE = ("longitude", "latitude")
"""Properties that are there even where nothing is known: that, too, is to be read again."""
REMEDY = "write a FeatureCollection (RFC 7946) in longitude and latitude"
WORLD = ("crs84", "4326")
"""What names of the reference system of GeoJSON end with."""


def instance_text(instance: Instance) -> str:
    """Return an instance as GeoJSON: regions and offers as features, the rest beside them."""
    layers = instance_layers(instance)
    rest = {x.name: _records(x.frame) for x in layers if x.shapes is None}
    ours = {"schema": 1, "about": instance.about.to_document(), "tables": rest}
    return _text(instance.name, layers, ours)


def result_text(instance: Instance, kept: Kept) -> str:
    """Return a result as GeoJSON: regions with levels, offers engaged, deliveries as lines."""
    layers = result_layers(instance, kept)
    rest = {x.name: _records(x.frame) for x in layers if x.shapes is None}
    ours = {"schema": 1, "result": kept.said, "tables": rest}
    return _text(f"{instance.name} {kept.said.get('model', '')}".strip(), layers, ours)


def _text(name: str, layers: Sequence[Layer], ours: Mapping[str, Any]) -> str:
    features = [
        {
            "type": "Feature",
            "geometry": shape,
            "properties": {LAYER: layer.name, **record},
        }
        for layer in layers
        if layer.shapes is not None
        for record, shape in zip(_records(layer.frame), layer.shapes, strict=True)
    ]
    document = {"type": "FeatureCollection", "name": name, "features": features, OURS: ours}
    return json.dumps(document, ensure_ascii=False, allow_nan=False) + "\n"


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows as JSON has values, without what they leave blank but for a place."""
    names = [str(c) for c in frame.columns]
    columns = [frame.iloc[:, k].tolist() for k in range(len(names))]
    return [
        {
            n: None if _blank(v) else _value(v)
            for n, v in zip(names, row, strict=True)
            if n in PLACE or not _blank(v)
        }
        for row in zip(*columns, strict=True)
    ]


def _blank(value: Any) -> bool:
    return value is None or value == "" or (isinstance(value, float) and not math.isfinite(value))


def _value(value: Any) -> Any:
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return int(value)
    return value


def read_content(path: Path) -> Content:
    """Read an instance from a GeoJSON file that :func:`instance_text` wrote.

    Raises
    ------
    InputError
        The file is not GeoJSON, or holds no instance.
    """
    from pse_opt.interchange.reading import Content

    document = _document(path)
    ours = document.get(OURS)
    if not isinstance(ours, dict) or not isinstance(ours.get("about"), dict):
        message = "this GeoJSON file holds shapes, and no instance"
        remedy = (
            "put it into an instance folder as regions.geojson, offers.geojson or geometry.geojson"
        )
        raise InputError([Problem(path.name, message, remedy)])
    found = Content(dict(ours["about"]))
    by_table: dict[str, list[dict[str, Any]]] = {}
    for feature in document["features"]:
        name = str((feature.get("properties") or {}).get(LAYER, ""))
        by_table.setdefault(name, []).append(feature)
    tables = ours.get("tables")
    for name, records in (tables if isinstance(tables, dict) else {}).items():
        if name in TABLES and isinstance(records, list):
            frame = _frame(TABLES[name], [r for r in records if isinstance(r, dict)])
            found.tables[name] = text_frame(TABLES[name], frame, found.findings, "record")
    shapes: dict[str, Mapping[str, Any]] = {}
    for name, features in by_table.items():
        if name not in TABLES:
            message = f"{len(features)} features say of no table that they belong to it; ignored"
            remedy = f"give them the property {LAYER}: regions or offers"
            found.findings.warnings.append(Problem(path.name, message, remedy))
            continue
        found.tables[name], drawn = _features(TABLES[name], features, found.findings)
        shapes |= drawn
    found.geometry = shapes_document(shapes) if shapes else None
    return found


def read_layer(path: Path, table: Table, findings: Findings) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Read a table of an instance from a GeoJSON file: a feature for each record.

    Raises
    ------
    InputError
        The file is not GeoJSON.
    """
    return _features(table, _document(path)["features"], findings)


def _features(
    table: Table, features: Sequence[Mapping[str, Any]], findings: Findings
) -> tuple[pd.DataFrame, dict[str, Any]]:
    records = []
    for feature in features:
        record = {k: v for k, v in (feature.get("properties") or {}).items() if k != LAYER}
        if table.key[0] not in record and "id" in feature:
            record[table.key[0]] = feature["id"]
        records.append(record)
    shapes = [feature.get("geometry") for feature in features]
    return layer_text(table, _frame(table, records), shapes, findings)


def _frame(table: Table, records: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Return records as a frame of plain values; a table without records has its columns."""
    names = dict.fromkeys(k for r in records for k in r) or dict.fromkeys(table.by_name)
    columns = {n: pd.Series([r.get(n) for r in records], dtype=object) for n in names}
    return pd.DataFrame(columns)


def _document(path: Path) -> dict[str, Any]:
    """Return a FeatureCollection of features that are objects."""
    message = ""
    try:
        document = json.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        message = f"the file cannot be read: {error.strerror}"
    except (ValueError, RecursionError) as error:
        message = f"not JSON: {error}"
    else:
        message = _unfit(document)
    if message:
        raise InputError([Problem(path.name, message, REMEDY)])
    return dict(document)


def _unfit(document: Any) -> str:
    """Return why a document is not what can be read, or blank."""
    if not isinstance(document, dict) or document.get("type") != "FeatureCollection":
        return "not a FeatureCollection"
    features = document.get("features")
    if not isinstance(features, list) or not all(
        isinstance(f, dict)
        and isinstance(f.get("geometry"), dict | None)
        and isinstance(f.get("properties"), dict | None)
        for f in features
    ):
        return "its features are not a list of features"
    crs = document.get("crs")
    named = str(crs.get("properties", {}).get("name", "")) if isinstance(crs, dict) else ""
    if named and not named.lower().endswith(WORLD):
        return f"its coordinates are in {named}, not in longitude and latitude (EPSG:4326)"
    return ""
