"""The machine that results were made on, with versions: the header of every result file."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from pse_opt import resources
from pse_opt.solving.run import versions

__all__ = ["PEERS", "machine"]

PEERS = ("spopt", "pulp", "linopy", "ortools", "pbp-pmedian")
"""Packages of peers, named in the header where they are installed."""


def machine() -> dict[str, Any]:
    """Return CPU, cores, memory, system, versions, and the commit where there is one."""
    return {
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "memory_gb": _memory(),
        "system": f"{platform.system()} {platform.machine()}",
        "versions": {**versions(), **_installed()},
        "commit": _commit(),
    }


def _cpu() -> str:
    """The processor as its maker calls it."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _memory() -> float | None:
    """Memory of the machine in gigabytes; None where the system does not tell."""
    try:
        size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None
    return round(size / 1e9, 1)


def _installed() -> dict[str, str]:
    found = {}
    for name in PEERS:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _commit() -> str | None:
    """The commit of the checkout, with a plus sign where files were changed since; else None."""
    folder = resources.share()
    if not (folder / ".git").exists():
        return None
    try:
        words = ["git", "-C", str(folder), "describe", "--always", "--dirty=+", "--exclude=*"]
        found = subprocess.run(words, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return found.stdout.strip() or None


def interpreter() -> str:
    """The Python that runs this, for processes of its own."""
    return sys.executable
