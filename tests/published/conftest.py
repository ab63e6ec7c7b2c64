"""Where the published files are; tests of them skip where they are not, and say so."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def published() -> Path:
    """The folder ``benchmarks`` of PSE_OPT_DATA."""
    place = os.environ.get("PSE_OPT_DATA")
    if not place:
        pytest.skip("PSE_OPT_DATA is not set: the published files are not here")
    folder = Path(place) / "benchmarks"
    if not folder.is_dir():
        pytest.fail(f"PSE_OPT_DATA is set, but {folder} is not there")
    return folder
