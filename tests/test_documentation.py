"""Every code block of the README and of the documentation runs, typed as it stands there.

Blocks that take minutes, or install, say so in a comment above them (``skip: next if(...)``) and
run under the marker ``thorough``, in a copy of the repository.
"""

from __future__ import annotations

import doctest
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from unittest import SkipTest

import pytest

import pse_opt as pse

sybil = pytest.importorskip("sybil", reason="sybil is not installed: pip install 'pse-opt[dev]'")
from sybil.document import Document  # noqa: E402
from sybil.parsers.markdown import (  # noqa: E402
    CodeBlockParser,
    PythonCodeBlockParser,
    SkipParser,
)

ROOT = Path(__file__).parent.parent
PAGES = sorted(
    str(page.relative_to(ROOT))
    for page in (
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        ROOT / "benchmarks" / "README.md",
        *(ROOT / "docs").glob("*.md"),
    )
)
LANGUAGES = {"python", "sh", "text", "toml"}
LEFT = shutil.ignore_patterns(".git", ".venv", "build", "dist", "results", "__pycache__", ".*cache")
ANYTHING = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
MOST_SECONDS = 1200


def shell(example) -> str | None:
    """Run a block of commands in bash, up to the first that fails, and keep what it printed."""
    line = ["bash", "-e", "-u", "-o", "pipefail", "-c", str(example.parsed)]
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    done = subprocess.run(line, text=True, check=False, timeout=MOST_SECONDS, **streams)
    example.namespace["shown"] = done.stdout
    return f"exit code {done.returncode}\n{done.stdout}" if done.returncode else None


def shown(example) -> str | None:
    """Hold what the block before printed against what the page shows; ``...`` is anything."""
    found = example.namespace["shown"]
    if found is None or doctest.OutputChecker().check_output(str(example.parsed), found, ANYTHING):
        return None
    return f"the page shows\n{example.parsed}\nand the block above it prints\n{found}"


def model(example) -> str | None:
    """Read a piece of a model document as part of a model."""
    pse.read_policy({"name": "page", "extends": "equalized", **tomllib.loads(example.parsed)})
    return None


def parsed(page: str, *, thorough: bool) -> Document:
    parsers = [
        SkipParser(),
        PythonCodeBlockParser(doctest_optionflags=ANYTHING),
        CodeBlockParser("sh", shell),
        CodeBlockParser("text", shown),
        CodeBlockParser("toml", model),
    ]
    document = Document.parse(str(ROOT / page), *parsers)
    document.namespace |= {"THOROUGH": thorough, "shown": None}
    return document


def run(page: str, *, thorough: bool) -> Iterator[tuple[int, str]]:
    """Run the blocks of a page in their order; yield line and reason of those that are left out."""
    document = parsed(page, thorough=thorough)
    for example in document.examples():
        try:
            example.evaluate()
        except SkipTest as left:
            document.namespace["shown"] = None
            yield example.line, str(left)


def program(path: Path) -> None:
    """Let ``python`` be this Python, with this library."""
    path.parent.mkdir(parents=True, exist_ok=True)
    there = os.environ.get("PYTHONPATH", "")
    line = f'PYTHONPATH={shlex.quote(there)} exec {shlex.quote(sys.executable)} "$@"'
    path.write_text(f"#!/bin/sh\n{line}\n", encoding="utf-8")
    path.chmod(0o755)


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """A folder to work in, and a shell as a user has it."""
    if shutil.which("bash") is None:
        pytest.skip("there is no bash")
    for name in ("python", "python3"):
        program(tmp_path / "bin" / name)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path / "work"


@pytest.mark.parametrize("page", PAGES)
def test_every_block_of_a_page_runs(page, desk, monkeypatch):
    desk.mkdir()
    program(desk / ".venv" / "bin" / "python")
    for name in ("benchmarks", "instances", "models"):
        (desk / name).symlink_to(ROOT / name)
    monkeypatch.chdir(desk)
    left = list(run(page, thorough=False))
    assert all(reason for _, reason in left)


@pytest.mark.thorough
@pytest.mark.parametrize("page", PAGES)
def test_a_newcomer_types_every_block_as_written(page, desk, monkeypatch):
    shutil.copytree(ROOT, desk, ignore=LEFT)
    monkeypatch.chdir(desk)
    monkeypatch.delenv("PYTHONPATH", raising=False)
    assert all(reason for _, reason in run(page, thorough=True))


def test_no_block_is_in_a_language_that_nothing_runs():
    for page in PAGES:
        text = (ROOT / page).read_text(encoding="utf-8")
        used = set(re.findall(r"(?m)^```(\w[\w-]*)$", text))
        assert used <= LANGUAGES, page


def test_a_page_that_shows_what_is_not_printed_is_noticed(desk, monkeypatch):
    page = desk / "page.md"
    desk.mkdir()
    monkeypatch.chdir(desk)
    page.write_text("```sh\necho one\n```\n\n```text\ntwo\n```\n", encoding="utf-8")
    with pytest.raises(Exception, match="the block above it prints\none"):
        list(run(str(page), thorough=False))
    page.write_text("```sh\nfalse\necho on\n```\n", encoding="utf-8")
    with pytest.raises(Exception, match="exit code 1"):
        list(run(str(page), thorough=False))
