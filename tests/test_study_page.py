"""The page that leads from the study to the model names only what there is."""

import re
from pathlib import Path

import pytest

from pse_opt import components, resources
from pse_opt.analysis.compare import compare
from pse_opt.cli import app
from pse_opt.entries import KINDS
from pse_opt.tables import MODES, TABLES

PAGE = Path(__file__).parents[1] / "docs" / "from-the-study-to-the-model.md"
FILES = ("plan.csv", "deliveries.csv", "levels.csv", "payments.csv", "result.json")
LEVELS = ("satisfaction", "spending_per_head")


@pytest.fixture(scope="module")
def text() -> str:
    return PAGE.read_text(encoding="utf-8")


def known() -> set[str]:
    """Every name that the page may use."""
    components.load_builtin()
    commands = {c.name or c.callback.__name__ for c in app.registered_commands}
    columns = {f"{t.name}.{c.name}" for t in TABLES.values() for c in t.columns}
    return {
        "code",
        "table.column",
        "equalization",
        *components.COMPONENTS,
        *components.sections(),
        *components.COST_TERMS,
        *resources.names("models", "model.toml"),
        *(f"{t}.csv" for t in TABLES),
        *FILES,
        *KINDS,
        *MODES,
        *LEVELS,
        *columns,
        *commands,
    }


def test_every_name_on_the_page_exists(text):
    names = set(re.findall(r"`([^`]+)`", text))
    assert len(names) > 40
    assert sorted(names - known()) == []


def test_a_name_that_does_not_exist_would_be_noticed():
    assert not {"vouchers.quality", "ngo-first", "offers.prices"} & known()


def test_every_row_has_its_three_cells(text):
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len(rows) > 30
    assert {line.count("|") for line in rows} == {4}
    assert all(cell.strip() for line in rows for cell in line.strip("|").split("|"))


def test_the_market_alone_can_be_compared():
    """The row of market failure: NGOs and private providers alone, held against all."""
    alone = {
        "name": "ngos-alone",
        "extends": "ngo-mixed",
        "arrangements": {"kinds": ["ngo", "private"]},
    }
    found = compare("tiny-two-districts", ["ngo-mixed", alone], gap=0, steps=0)
    assert [e.status for e in found.entries] == ["optimal", "infeasible"]
