"""Tables as the brute force of :mod:`tests.oracle` reads them: lists of records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Record = Mapping[str, Any]
Tables = Mapping[str, Sequence[Record]]


def cell(record: Record, column: str, default: Any = None) -> Any:
    """A cell of a table, or what a blank one means."""
    value = record.get(column)
    return default if value is None or value == "" else value
