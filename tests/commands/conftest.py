"""Where commands are tried."""

import pytest

from pse_opt import terminal


@pytest.fixture(autouse=True)
def _workplace(tmp_path, monkeypatch):
    """An empty working folder and terminals of 80 columns."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    for console in (terminal.out, terminal.err):
        monkeypatch.setattr(console, "width", 80)
