"""GeoPackage: an instance or a result as layers for a geographic information system (geopandas)."""

from __future__ import annotations

import tempfile
import tomllib
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import tomli_w

from pse_opt.errors import Findings, InputError, Problem, closest
from pse_opt.interchange.kinds import FORMATS, require
from pse_opt.interchange.layers import Layer, instance_layers, layer_text, result_layers
from pse_opt.interchange.shapes import shapes_document
from pse_opt.interchange.values import text_frame
from pse_opt.tables import TABLES, Table

if TYPE_CHECKING:
    from pse_opt.instance import Instance
    from pse_opt.interchange.kept import Kept
    from pse_opt.interchange.reading import Content

__all__ = ["instance_package", "read_layer_file", "read_package", "result_package"]

WORLD = "EPSG:4326"
ABOUT = "instance"
"""Layer that holds the documents: instance.toml, or result.json and model.toml."""
OPTIONS = {"FID": "row_id", "GEOMETRY_NAME": "shape"}
"""Names of columns that GeoPackage adds, such that no table has them."""


def instance_package(instance: Instance) -> bytes:
    """Return an instance as a GeoPackage: a layer for each table.

    Raises
    ------
    InputError
        geopandas is not installed, or names of columns differ in case alone.
    """
    document = tomli_w.dumps(instance.about.to_document(), multiline_strings=True)
    return _package([*instance_layers(instance), _documents({"instance.toml": document})])


def result_package(instance: Instance, kept: Kept) -> bytes:
    """Return a result as a GeoPackage: regions with levels, offers, deliveries, payments.

    Raises
    ------
    InputError
        geopandas is not installed, or names of columns differ in case alone.
    """
    return _package([*result_layers(instance, kept), _documents(dict(kept.documents))])


def _documents(texts: dict[str, str]) -> Layer:
    return Layer(ABOUT, pd.DataFrame({"file": list(texts), "text": list(texts.values())}))


def _package(layers: Sequence[Layer]) -> bytes:
    require(FORMATS["geopackage"])
    problems = [p for layer in layers for p in _unfit(layer)]
    if problems:
        raise InputError(problems)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "layers.gpkg"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of layers of mixed shapes, which are intended
            for layer in layers:
                _write(path, layer)
        return path.read_bytes()


def _unfit(layer: Layer) -> list[Problem]:
    """Return the columns that a database cannot tell from each other or from its own."""
    taken = {name.casefold(): name for name in OPTIONS.values()}
    found = []
    for name in map(str, layer.frame.columns):
        if name.casefold() in taken:
            other = taken[name.casefold()]
            message = f"a GeoPackage cannot hold it beside the column {other}"
            found.append(Problem(layer.name, message, "rename one of them", column=name))
        taken.setdefault(name.casefold(), name)
    return found


def _write(path: Path, layer: Layer) -> None:
    """Add a layer to a GeoPackage, made where it is not there."""
    import geopandas as gpd
    import pyogrio
    from shapely.geometry import shape

    frame = pd.DataFrame({str(c): _column(layer.frame[c]) for c in layer.frame.columns})
    options: dict[str, Any] = {"layer": layer.name, "driver": "GPKG", "append": path.exists()}
    if layer.shapes is None:
        pyogrio.write_dataframe(frame, path, **options, FID=OPTIONS["FID"])
        return
    shapes = [None if s is None else shape(s) for s in layer.shapes]
    kinds = {s.geom_type for s in shapes if s is not None}
    kind = _kind(kinds)
    data = gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(shapes, crs=WORLD), crs=WORLD)
    pyogrio.write_dataframe(
        data,
        path,
        **options,
        **OPTIONS,
        geometry_type=kind,
        promote_to_multi=kind.startswith("Multi"),
    )


def _kind(kinds: set[str]) -> str:
    """Return the kind of shape of a layer: parts where some have several, any where they differ."""
    for single in ("Point", "LineString", "Polygon"):
        if kinds <= {single}:
            return single
        if kinds <= {single, f"Multi{single}"}:
            return f"Multi{single}"
    return "Unknown"


def _column(values: pd.Series) -> Any:
    """Return a column as a database holds it: text with blanks, numbers, truth values."""
    if values.dtype == bool or np.issubdtype(np.asarray(values).dtype, np.number):
        return values.to_numpy()
    return values.astype(object).to_numpy()


def read_package(path: Path) -> Content:
    """Read an instance from a GeoPackage: a layer for each table, and one for ``instance.toml``.

    Raises
    ------
    InputError
        geopandas is not installed, or the file is no GeoPackage.
    """
    from pse_opt.interchange.reading import Content

    names = _layers(path)
    found = Content({"name": path.stem})
    shapes: dict[str, Any] = {}
    for name in names:
        if name in TABLES:
            frame, drawn = _layer(path, name, TABLES[name], found.findings)
            found.tables[name] = frame
            shapes |= drawn
        elif name == ABOUT:
            found.document = _document(path, found.findings) or found.document
        else:
            _unknown(name, names, found.findings)
    found.geometry = shapes_document(shapes) if shapes else None
    return found


def _unknown(name: str, names: Sequence[str], findings: Findings) -> None:
    """A layer that no table is named after: most likely misspelled where that table is missing."""
    guess = closest(name, TABLES)
    message = "this layer is not a table of an instance"
    if guess and guess not in names:
        remedy = f"rename it to {guess}, or remove it"
        findings.problems.append(Problem(name, message, remedy))
    else:
        remedy = f"the tables are {', '.join(TABLES)}"
        findings.warnings.append(Problem(name, f"{message}; ignored", remedy))


def read_layer_file(
    path: Path, table: Table, findings: Findings
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Read a table from a GeoPackage of a table's name: its layer of that name, or its only one.

    Raises
    ------
    InputError
        geopandas is not installed, the file is no GeoPackage, or it is not clear which layer.
    """
    names = _layers(path)
    if table.name not in names and len(names) != 1:
        message = f"it has the layers {', '.join(names) or 'none'}, and none of the table's name"
        raise InputError([Problem(path.name, message, f"name one of them {table.name}")])
    return _layer(path, table.name if table.name in names else names[0], table, findings)


def _layers(path: Path) -> list[str]:
    require(FORMATS["geopackage"])
    import pyogrio
    from pyogrio.errors import DataSourceError

    try:
        return [str(name) for name, _ in pyogrio.list_layers(path)]
    except (DataSourceError, OSError):
        message = "not a GeoPackage that can be read"
        raise InputError([Problem(path.name, message, "export it anew")]) from None


def _document(path: Path, findings: Findings) -> dict[str, Any]:
    import pyogrio

    frame = pyogrio.read_dataframe(path, layer=ABOUT)
    texts = dict(zip(frame.get("file", []), frame.get("text", []), strict=True))
    try:
        return tomllib.loads(str(texts.get("instance.toml", "")))
    except ValueError as error:
        message = f"instance.toml in this layer is not a TOML document: {error}"
        findings.problems.append(Problem(ABOUT, message, "correct it at that place"))
        return {}


def _layer(
    path: Path, name: str, table: Table, findings: Findings
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Return a layer as text in longitude and latitude, and the areas of regions."""
    import geopandas as gpd
    import pyogrio
    from shapely.geometry import mapping

    data = pyogrio.read_dataframe(path, layer=name)
    if not isinstance(data, gpd.GeoDataFrame):
        return text_frame(table, data, findings, "feature"), {}
    drawn = data.geometry.notna() & ~data.geometry.is_empty
    if data.crs is None and drawn.any():
        message = "the layer does not say in which reference system its coordinates are"
        findings.problems.append(Problem(table.name, message, f"set it, such as {WORLD}"))
    elif data.crs is not None and drawn.any():
        data = data.to_crs(WORLD)
    shapes = [mapping(s) if there else None for s, there in zip(data.geometry, drawn, strict=True)]
    frame = pd.DataFrame(data.drop(columns=data.geometry.name))
    return layer_text(table, frame, shapes, findings)
