"""A matplotlib figure as a piece of a page: text stays text, nothing is fetched, ids are unique."""

from __future__ import annotations

import io
import logging
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import escape
from typing import TYPE_CHECKING, Any

import matplotlib as mpl

from pse_opt.report.style import HALO

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["any_script", "as_svg"]

NUMBER = re.compile(r"-?\d+\.\d{3,}")
GEOMETRY = re.compile(r'\b(d|x|y|points|transform|width|height|x1|x2|y1|y2)="([^"]*)"')
IDENTIFIER = re.compile(r'\bid="([^"]+)"')
REFERENCE = re.compile(r'(?:xlink:)?href="#([^"]+)"')
URL = re.compile(r"url\(#([^)]+)\)")
FONT = re.compile(r"font: ([^;\"]*?)'[^\"]*?(?=[;\"])")
PIXELS = 1.5
"""Pixels for a point of a figure, at most."""
HEAD = re.compile(r"<svg[^>]*?viewBox=\"([^\"]+)\"[^>]*>")


def as_svg(draw: Callable[[], Figure], name: str, label: str) -> str:
    """Return a figure as inline SVG.

    Parameters
    ----------
    draw : callable
        Returns the figure; called where text stays text, so that names in any script are kept.
    name : str
        Unique on the page.
    label : str
        What the figure shows, for those who do not see it.
    """
    settings: Any = {"svg.fonttype": "none", "svg.hashsalt": name}
    stream = io.StringIO()
    with mpl.rc_context(settings), any_script():
        draw().savefig(stream, format="svg", metadata={"Date": None}, bbox_inches="tight")
    return _inline(stream.getvalue(), name, label)


@contextmanager
def any_script() -> Iterator[None]:
    """Let matplotlib not mind letters that it has no font for: the reader has one."""
    logger = logging.getLogger("matplotlib.font_manager")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=r".*missing from font", category=UserWarning)
            yield
    finally:
        logger.setLevel(level)


def _inline(text: str, name: str, label: str) -> str:
    """Return the element alone: no document type, no metadata, no names from elsewhere."""
    text = text[text.index("<svg") :]
    text = re.sub(r"<!--.*?-->|<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = GEOMETRY.sub(lambda m: f'{m[1]}="{NUMBER.sub(_shorter, m[2])}"', text)
    used = {*REFERENCE.findall(text), *URL.findall(text)}
    kept = {identifier: f"{name}-{k}" for k, identifier in enumerate(sorted(used))}
    text = text.replace(f'id="{HALO}"', f'class="{HALO}"')
    text = IDENTIFIER.sub(lambda m: f'id="{kept[m[1]]}"' if m[1] in kept else "", text)
    text = REFERENCE.sub(lambda m: f'href="#{kept[m[1]]}"', text)
    text = URL.sub(lambda m: f"url(#{kept[m[1]]})", text).replace("xlink:href=", "href=")
    text = FONT.sub(lambda m: f"font: {m[1]}sans-serif", text)
    text = HEAD.sub(lambda m: _head(m[1], label), text, count=1)
    return re.sub(r"[ \t]*\n[ \t]*", "\n", text).strip()


def _shorter(number: re.Match[str]) -> str:
    """Two digits: a hundredth of a point."""
    return f"{float(number[0]):.2f}".rstrip("0").rstrip(".")


def _head(box: str, label: str) -> str:
    """The opening tag: as wide as there is room, but no letter larger than those of the page."""
    most = PIXELS * float(box.split()[2])
    style = f"max-width:{most:.0f}px"
    return f'<svg viewBox="{box}" style="{style}" role="img" aria-label="{escape(label)}">'
