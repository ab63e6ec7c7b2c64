"""What users install is the wheel: it works away from the checkout and carries its data."""

import json
import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
WHERE = """
import json, pse_opt
from pse_opt import resources
kinds = {"models": "model.toml", "instances": "instance.toml"}
print(json.dumps({
    "package": pse_opt.__file__,
    "share": str(resources.share()),
    **{kind: resources.names(kind, marker) for kind, marker in kinds.items()},
}))
"""


def run(*command: str, **keywords: object) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, **keywords)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, built from the checkout as it is."""
    folder = tmp_path_factory.mktemp("dist")
    build = ["-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    run(sys.executable, *build)
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """The wheel unpacked by pip, without its dependencies."""
    folder = tmp_path_factory.mktemp("site")
    install = ["-m", "pip", "install", "-q", "--no-deps", "--no-index", "--target", str(folder)]
    run(sys.executable, *install, str(wheel))
    return folder


def environment(folder: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(folder), "COLUMNS": "80"}


def shipped(kind: str, marker: str) -> list[str]:
    return sorted(p.parent.name for p in (ROOT / kind).glob(f"*/{marker}"))


def test_the_wheel_has_code_models_and_instances_but_no_tests(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert "pse_opt/py.typed" in names
    assert "pse_opt/_share/models/core/model.toml" in names
    assert "pse_opt/_share/benchmarks/published.csv" in names
    assert "pse_opt/_share/instances/tiny-two-districts/offers.csv" in names
    assert not [n for n in names if n.startswith("tests") or "__pycache__" in n]


def test_names_are_resolved_in_the_wheel_not_in_the_checkout(installed, tmp_path):
    found = json.loads(
        run(sys.executable, "-c", WHERE, env=environment(installed), cwd=str(tmp_path))
    )
    assert Path(found["package"]).is_relative_to(installed)
    assert Path(found["share"]) == installed / "pse_opt" / "_share"
    assert found["models"] == shipped("models", "model.toml")
    assert found["instances"] == shipped("instances", "instance.toml")


def test_the_installed_wheel_lists_solves_and_verifies_away_from_the_checkout(installed, tmp_path):
    def pse_opt(*words: str) -> str:
        command = (sys.executable, "-m", "pse_opt", *words)
        return run(*command, env=environment(installed), cwd=str(tmp_path))

    assert "tiny-two-districts" in pse_opt("list")
    solved = pse_opt("solve", "tiny-two-districts", "--model", "equalized", "--json", "--gap", "0")
    assert json.loads(solved)["objective"] == pytest.approx(14886.02, abs=0.01)
    pse_opt("verify", "tiny-two-districts", "results/tiny-two-districts-equalized")
    assert "∑" in pse_opt("show", "core", "--maths")


@pytest.mark.thorough
def test_a_fresh_environment_needs_nothing_but_the_wheel(wheel, tmp_path):
    venv.create(tmp_path / "fresh", with_pip=True)
    python = str(tmp_path / "fresh" / "bin" / "python")
    run(python, "-m", "pip", "install", "-q", str(wheel))
    plain = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    work = {"env": plain, "cwd": str(tmp_path)}
    script = str(tmp_path / "fresh" / "bin" / "pse-opt")
    assert "tiny-two-districts" in run(script, "list", **work)
    solved = run(python, "-m", "pse_opt", "solve", "tiny-two-districts", "--json", **work)
    document = json.loads(solved)
    assert (document["status"], document["verified"]) == ("within_gap", True)
    assert json.loads(run(python, "-c", WHERE, **work))["share"].startswith(str(tmp_path / "fresh"))
