"""Starting is quick: nothing is loaded that the work at hand does not need."""

import json
import subprocess
import sys

import pytest

import pse_opt
from pse_opt.cli import main

MODELLING = ("pyomo", "highspy", "scipy", "pandas")
"""What a command that models nothing does without."""
APART = (
    "scipy.stats",
    "scipy.optimize",
    "pyomo.environ",
    "matplotlib",
    "jinja2",
    "geopandas",
    "openpyxl",
    "dask",
    "pse_opt.report",
    "pse_opt.bench",
    "pse_opt.regional",
)
"""What a solve does without."""


def loaded(code: str, *names: str) -> list[str]:
    """Which of some modules a process of its own has loaded after some code."""
    told = f"import json, sys\n{code}\nfound = [m for m in {names!r} if m in sys.modules]"
    told += "\nprint(json.dumps(found), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    found: list[str] = json.loads(done.stderr.splitlines()[-1])
    return found


@pytest.mark.parametrize("words", [["--version"], ["--help"], ["solve", "--help"]], ids=" ".join)
def test_a_command_that_models_nothing_loads_no_modelling(words):
    code = f"from pse_opt.cli import main\nassert main({words!r}) == 0"
    assert loaded(code, *MODELLING) == []


def test_a_solve_loads_nothing_that_it_does_not_need():
    first = "import pse_opt as pse\ninstance = pse.load_instance('tiny-two-districts')\n"
    code = first + "assert pse.solve(instance, 'equalized').verified"
    assert loaded(code, *APART, "highspy") == ["highspy"]


def test_a_model_that_is_built_can_be_written_by_pyomo(tmp_path):
    code = (
        "import pse_opt as pse\n"
        "m = pse.build_model(pse.load_instance('tiny-two-districts'), 'core')\n"
        "assert pse.solve_model(m, gap=0).status == 'optimal'\n"
        f"m.write({str(tmp_path / 'model.lp')!r})\n"
    )
    assert loaded(code, *APART) == ["pyomo.environ"]
    assert (tmp_path / "model.lp").stat().st_size > 0


def test_the_version_is_told(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"pse_opt {pse_opt.__version__}\n"
