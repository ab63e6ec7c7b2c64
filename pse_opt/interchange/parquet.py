"""Parquet: tables with their types, for data frames and databases (pyarrow)."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

from pse_opt.errors import InputError, Problem
from pse_opt.interchange.kinds import FORMATS, require
from pse_opt.tables import Column, Table

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["frame_bytes", "read_frame"]


def frame_bytes(frame: pd.DataFrame, table: Table | None = None) -> bytes:
    """Return a table as a Parquet file: text, numbers (double) and flags (boolean).

    Parameters
    ----------
    frame : DataFrame
        Columns of text, numbers or flags; blank text and numbers that are NaN become null.
    table : Table, optional
        Its definition; descriptions and units go along with the columns.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    known: Mapping[str, Column] = {} if table is None else table.by_name
    fields, arrays = [], []
    for name in map(str, frame.columns):
        kind, values = _typed(frame[name])
        column = known.get(name)
        said = {"description": column.description, "unit": column.unit} if column else {}
        fields.append(pa.field(name, kind, metadata={k: v for k, v in said.items() if v}))
        arrays.append(pa.array(values, type=kind, from_pandas=True))
    stream = io.BytesIO()
    pq.write_table(pa.Table.from_arrays(arrays, schema=pa.schema(fields)), stream)
    return stream.getvalue()


def _typed(values: pd.Series) -> tuple[pa.DataType, Any]:
    import pyarrow as pa

    if values.dtype == bool:
        return pa.bool_(), values.to_numpy()
    if not is_numeric_dtype(values):
        return pa.string(), [v or None for v in values]
    return pa.float64(), values.to_numpy(dtype=np.float64)


def read_frame(path: Path) -> pd.DataFrame:
    """Return the table in a Parquet file.

    Raises
    ------
    InputError
        pyarrow is not installed, or the file is not Parquet.
    """
    require(FORMATS["parquet"])
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        # One file is one table: names of folders are not read as columns.
        table = pq.ParquetFile(path).read()
    except OSError as error:
        message = f"the file cannot be read: {error.strerror or 'not Parquet'}"
    except pa.ArrowException:
        message = "not a Parquet file that can be read"
    else:
        return _plain(table)
    raise InputError([Problem(path.stem, message, f"write {path.name} anew")])


def _plain(table: pa.Table) -> pd.DataFrame:
    """Return the columns as plain Python values, so that whole numbers with gaps stay whole."""
    columns = [
        pd.Series(table.column(k).to_pylist(), dtype=object) for k in range(table.num_columns)
    ]
    names = pd.Index(table.column_names, dtype=object)
    frame = pd.concat(columns, axis=1) if columns else pd.DataFrame()
    return frame.set_axis(names, axis=1)
