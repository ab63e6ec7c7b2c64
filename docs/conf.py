"""How the documentation is built: ``python -m sphinx -W docs build/docs``."""

from __future__ import annotations

import importlib.metadata
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pse_opt

if TYPE_CHECKING:
    from sphinx.application import Sphinx

HERE = Path(__file__).parent
ROOT = HERE.parent

project = "pse_opt"
author = "The pse_opt developers"
project_copyright = author
release = importlib.metadata.version("pse-opt")

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "sphinx-mathjax-offline",
    "numpydoc",
    "myst_nb",
]
exclude_patterns = ["build"]
templates_path = ["_templates"]

html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["tables.css"]
html_title = "pse_opt"
html_show_sourcelink = False
html_copy_source = False

myst_enable_extensions = ["dollarmath", "colon_fence"]
myst_fence_as_directive = ["math"]
myst_heading_anchors = 4

nb_execution_mode = "force"
nb_execution_timeout = 180
nb_execution_raise_on_error = True
nb_merge_streams = True

autosummary_generate = True
autosummary_ignore_module_all = False
autosummary_filename_map = {
    f"pse_opt.{name}": f"pse_opt.{name}-class"
    for name in pse_opt.__all__
    if name[0].isupper() and name.lower() in pse_opt.__all__
}
"""Some disks do not tell ``Frontier`` from ``frontier``."""
autodoc_typehints = "none"
numpydoc_show_class_members = False
numpydoc_xref_param_type = False

ELSEWHERE = {
    "adding-a-component": "CONTRIBUTING.md",
    "benchmarks": "benchmarks/README.md",
    "benchmark-results": "benchmarks/results/TABLE.md",
    "instances": "instances/README.md",
    "changes": "CHANGELOG.md",
}
"""Pages that stand elsewhere in the repository, by their name here: one source each."""
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)(#[^)\s]*)?\)")


def fetch(_: Sphinx) -> None:
    """Write pages from elsewhere into ``docs/generated``, so that links between pages lead on."""
    same = {ROOT / "instances" / "FORMAT.md": HERE / "data-dictionary.md"}
    models = {f"models/{p.parent.name}": p for p in sorted((ROOT / "models").glob("*/MODEL.md"))}
    pages = {k: ROOT / v for k, v in ELSEWHERE.items() if (ROOT / v).is_file()} | models
    places = {path.resolve(): HERE / "generated" / f"{name}.md" for name, path in pages.items()}
    for source, target in places.items():
        text = source.read_text(encoding="utf-8")
        moved = LINK.sub(lambda m, s=source, t=target: _link(m, s, t, places | same), text)
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.is_file() or target.read_text(encoding="utf-8") != moved:
            target.write_text(moved, encoding="utf-8")


def _link(match: re.Match[str], source: Path, target: Path, places: dict[Path, Path]) -> str:
    """A link to a page, or to a file, as it is from the page's place here; none to a folder."""
    aim = (source.parent / match[1]).resolve()
    if aim.is_dir() or not aim.exists():
        return "]"
    here = places.get(aim, aim)
    return f"]({Path(os.path.relpath(here, target.parent)).as_posix()}{match[2] or ''})"


def github_math(text: str) -> str:
    r"""Turn GitHub's formulas into those of MyST.

    Between ``$`` and a backtick Markdown leaves backslashes alone on GitHub; MyST does so between
    dollar signs. A block is an environment of its own: Sphinx would split it at every ``\\``, where
    no tag is allowed.
    """
    text = re.sub(r"\$`(.+?)`\$", r"$\1$", text, flags=re.DOTALL)
    return re.sub(
        r"(?m)^```math\n(.*?)\n```$",
        r"```{math}\n:nowrap:\n\n\\begin{equation}\n\1\n\\end{equation}\n```",
        text,
        flags=re.DOTALL,
    )


def setup(app: Sphinx) -> None:
    """Fetch pages before they are read, and read GitHub's formulas."""

    def read(_: Sphinx, __: str, content: list[str]) -> None:
        content[0] = github_math(content[0])

    app.connect("builder-inited", fetch)
    app.connect("source-read", read)
