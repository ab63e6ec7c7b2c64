"""Builders of instances from regional data, one file per source.

``SOURCES`` maps the names the command line knows to functions ``build(raw, **options)`` that take
the folder of raw files and return the content of ``instance.toml`` and the tables.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from pse_opt.errors import InputError, Problem

__all__ = ["SOURCES"]

Built = tuple[dict[str, Any], dict[str, pd.DataFrame]]


def _below(raw: Path, folder: str, marker: str) -> Path:
    """Find the folder of raw files in what was named: itself, or below ``regional``."""
    for place in (raw, raw / "regional" / folder, raw / folder, raw / "regional"):
        if (place / marker).exists():
            return place
    message = f"the raw files are not there: no {marker}"
    raise InputError([Problem(str(raw), message, "name their folder with --raw or PSE_OPT_DATA")])


def _malawi(raw: Path) -> Built:
    from pse_opt.regional import malawi

    return malawi.build(_below(raw, "malawi", "MHFR_Facilities_with_districts.csv"))


def _china(raw: Path, province: str = "64") -> Built:
    from pse_opt.regional import china

    return china.build(_below(raw, ".", "china_county_merged_en.csv"), province)


SOURCES: Mapping[str, Callable[..., Built]] = {"china": _china, "malawi": _malawi}
