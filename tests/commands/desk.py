"""What tests of the command line type and prepare."""

import subprocess
import sys
from pathlib import Path

from pse_opt.cli import main

TINY = "tiny-two-districts"


IMPOSSIBLE = ["--set", "coverage.floor=1", "--set", "total_budget.maximum=1000"]


def run(*words: str) -> subprocess.CompletedProcess[str]:
    """The command line as a process of its own."""
    command = [sys.executable, "-m", "pse_opt", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def new(folder: str = "mine") -> Path:
    assert main(["new", folder, "--quiet"]) == 0
    return Path(folder)


def change(path: Path, old: str, text: str) -> None:
    content = path.read_text(encoding="utf-8")
    assert old in content
    path.write_text(content.replace(old, text), encoding="utf-8")


def plan_of(*rows: str) -> str:
    Path("plan.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return "plan.csv"


GOOD = (
    "offer,region,service,share",
    "clinic-north,north,health,0.99",
    "helpers-south,south,health,0.72",
)
