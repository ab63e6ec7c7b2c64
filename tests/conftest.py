"""What several tests share: a small sound set of tables to break in one place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pse_opt.errors import InputError, Problem
from pse_opt.instance import Instance
from pse_opt.io import load_instance, read_instance, write_instance
from pse_opt.plan import Plan
from tests.worlds import make_plan

SMALL: Mapping[str, Mapping[str, list[object]]] = {
    "regions": {
        "region": ["north", "south"],
        "population": [1000, 500],
        "jurisdiction": ["land", "land"],
        "longitude": [30.0, 30.0],
        "latitude": [-10.0, -10.2],
        "area_km2": [300, 300],
    },
    "jurisdictions": {"jurisdiction": ["land"], "budget": [20000]},
    "services": {"service": ["health"], "unit": ["visits"], "reach_km": [40]},
    "needs": {
        "region": ["north", "south"],
        "service": ["health", "health"],
        "demand": [1000, 500],
    },
    "providers": {"provider": ["state", "helpers"], "kind": ["government", "ngo"]},
    "offers": {
        "offer": ["clinic", "mobile"],
        "provider": ["state", "helpers"],
        "service": ["health", "health"],
        "mode": ["direct", "contract"],
        "region": ["north", "south"],
        "capacity": [1000, 400],
        "fixed_cost": [1000, 600],
        "unit_cost": [10, 8],
    },
}


def small_tables(**changes: Mapping[str, object] | None) -> dict[str, pd.DataFrame]:
    """Return a small sound set of tables, with columns replaced or (None) tables left out.

    ``small_tables(needs={"demand": [1, 2]}, jurisdictions=None)``
    """
    tables = {name: pd.DataFrame(dict(columns)) for name, columns in SMALL.items()}
    for name, columns in changes.items():
        if columns is None:
            del tables[name]
        elif name in tables:
            tables[name] = tables[name].astype(object).assign(**columns)
        else:
            tables[name] = pd.DataFrame(columns)
    return tables


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the committed linear programs be written anew."""
    parser.addoption(
        "--regenerate-golden", action="store_true", help="write tests/golden/*.lp anew"
    )


@pytest.fixture
def tables() -> Callable[..., dict[str, pd.DataFrame]]:
    """The function that makes the small tables."""
    return small_tables


@pytest.fixture(scope="session")
def tiny() -> Instance:
    """The smallest instance."""
    return load_instance("tiny-two-districts")


@pytest.fixture(scope="session")
def shared() -> Plan:
    """The cheapest plan of the README: the clinic serves 990 in North, the helpers 360 in South."""
    return make_plan(
        ("clinic-north", "north", "health", 0.99), ("helpers-south", "south", "health", 0.72)
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A sound instance folder, to break in one place."""
    return write_instance(tmp_path / "small", {"name": "small"}, small_tables())


def only(error: InputError) -> Problem:
    """Return the one problem of an error, which has a remedy."""
    assert len(error.problems) == 1, str(error)
    assert error.problems[0].remedy
    return error.problems[0]


def edit(path: Path, old: str, new: str) -> None:
    """Replace what stands in a file."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def problem_of(folder: Path, **options: Any) -> Problem:
    """Return the one problem of a folder."""
    with pytest.raises(InputError) as caught:
        read_instance(folder, **options)
    return only(caught.value)
