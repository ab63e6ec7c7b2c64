"""Components of the user's own, from a module that the command line names."""

import sys
from pathlib import Path

import pytest

from pse_opt import components
from pse_opt.cli import main
from tests.commands.desk import TINY


@pytest.fixture
def forgotten(monkeypatch):
    """Registries, modules and paths as they were, once the test is over."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    components.load_builtin()
    names, modules = set(components.COMPONENTS), set(sys.modules)
    yield
    for name in set(components.COMPONENTS) - names:
        del components.COMPONENTS[name]
    for name in set(sys.modules) - modules:
        if name.startswith("plugin_"):
            del sys.modules[name]


@pytest.mark.usefixtures("forgotten")
def test_a_plugin_in_the_working_folder_adds_a_rule(capsys):
    Path("plugin_most.py").write_text(
        "import pse_opt as pse\n\n\n@pse.component\n"
        "def at_most_offers(m, instance, *, number: int = 3):\n"
        "    '''At most a number of offers are engaged.'''\n"
        "    columns = list(m.engaged.values())\n"
        "    yield pse.Row(None, [1.0] * len(columns), columns, None, number)\n"
    )
    words = ["solve", TINY, "--plugin", "plugin_most", "--set"]
    assert main([*words, "at_most_offers.number=1"]) == 3
    capsys.readouterr()
    assert main([*words, "at_most_offers.number=2"]) == 0
    assert "not checked: at_most_offers" in " ".join(capsys.readouterr().out.split())


@pytest.mark.usefixtures("forgotten")
@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("def (", "SyntaxError"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("import nowhere", "No module named 'nowhere'"),
        ("raise SystemExit(3)", "SystemExit"),
    ],
)
def test_a_broken_plugin_is_the_users_to_correct(source, said, capsys):
    Path("plugin_broken.py").write_text(source)
    assert main(["list", "--plugin", "plugin_broken"]) == 2
    told = " ".join(capsys.readouterr().err.split())
    assert said in told
    assert "plugin_broken" in told
