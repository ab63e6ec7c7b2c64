"""What a shell completes, and that pse-opt is an installed command."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pse_opt import completion, resources
from pse_opt.interchange.kinds import FORMATS


@pytest.fixture(autouse=True)
def _workplace(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def installed() -> str:
    found = shutil.which("pse-opt", path=str(Path(sys.executable).parent))
    if found is None:
        pytest.skip("pse-opt is not installed beside this Python")
    return found


def completed(line: str, shell: str = "bash") -> list[str]:
    """What the installed command answers to a shell."""
    words = line.split(" ")
    given = {
        "_PSE_OPT_COMPLETE": f"complete_{shell}",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(words) - 1),
        "_TYPER_COMPLETE_ARGS": line,
    }
    done = subprocess.run(
        [installed()],
        env={**os.environ, **given},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stderr == ""
    return done.stdout.split()


def test_instances_are_names_variants_folders_and_workbooks():
    for name in ("mine.xlsx", "mine.csv", "map.geojson", ".hidden.xlsx"):
        Path(name).touch()
    (Path("mine") / "deeper").mkdir(parents=True)
    assert completion.instances("m") == ["mw-districts", "map.geojson", "mine/", "mine.xlsx"]
    assert completion.instances("mw-districts@") == ["mw-districts@high", "mw-districts@low"]
    assert completion.instances("mine/d") == ["mine/deeper/"]
    assert completion.instances("nowhere/") == []
    assert set(resources.names("instances", "instance.toml")) <= set(completion.instances(""))


def test_models_are_names_and_documents_one_by_one():
    Path("equal.toml").touch()
    assert completion.models("equal")[-1] == "equal.toml"
    assert "equalized-gini" in completion.models("equal")
    assert completion.several_models("core,raw") == ["core,rawls"]
    assert completion.instances_or_models("co") == ["core"]
    assert completion.formats("geo") == ["geojson", "geopackage"]
    assert completion.formats("") == list(FORMATS)


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_the_installed_command_completes_instances_and_models(shell):
    assert any("mw-districts" in word for word in completed("pse-opt solve mw", shell))
    assert any("rawls" in w for w in completed("pse-opt solve mw-districts --model raw", shell))


def test_the_installed_command_completes_commands():
    assert {"convert", "compare", "check"} <= set(completed("pse-opt c"))


def test_the_installed_command_runs_and_shows_its_completion():
    done = subprocess.run(
        [installed(), "check", "tiny-two-districts"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    shown = subprocess.run(
        [installed(), "--show-completion", "bash"],
        capture_output=True,
        text=True,
        check=False,
        # The shell that tests run in may be none.
        env={**os.environ, "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"},
    )
    assert "_PSE_OPT_COMPLETE=complete_bash" in shown.stdout
