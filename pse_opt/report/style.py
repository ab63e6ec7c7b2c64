"""How figures look: colours that stay apart in grey, fonts for names in any script, plain text."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import matplotlib as mpl
import numpy as np
from matplotlib import font_manager
from matplotlib.patheffects import withStroke

from pse_opt.tables import LAST_RESORT

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.ft2font import FT2Font
    from matplotlib.text import Text

__all__ = [
    "FILLS",
    "HALO",
    "HATCHES",
    "LINES",
    "PLAN",
    "TODAY",
    "WIDTH",
    "bare",
    "counted",
    "halo",
    "magnitude",
    "plain",
    "shown",
    "styled",
]

P = ParamSpec("P")
T = TypeVar("T")

FILLS = {
    "government": "#1f3b73",
    "ngo": "#e08214",
    "private": "#f3e3b3",
    LAST_RESORT: "#9a9a9a",
}
"""Who delivers: dark, middle and light, so that they stay apart in grey."""
HATCHES = {LAST_RESORT: "////"}
LINES: Mapping[str, tuple[str, Any]] = {
    "government": ("#1f3b73", "-"),
    "ngo": ("#e08214", "-"),
    "private": ("#444444", ":"),
}
"""Colour and dashes of what each kind of provider delivers."""
TODAY, PLAN = "#8a8a8a", "#1f3b73"
"""Today's plan is light and dashed, the new one dark."""
WIDTH = 4.8
"""Inches: letters stay readable where a figure is as wide as a phone."""
HALO = "halo"
"""Mark of texts that are to have an outline."""
MAGNITUDES = ((1e9, "billion "), (1e6, "million "), (1e3, "thousand "))
SCRIPTS = (
    "Noto Sans CJK SC", "Noto Sans CJK JP", "Source Han Sans SC", "Source Han Sans CN",
    "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "Microsoft YaHei", "SimHei", "PingFang SC",
    "Hiragino Sans GB", "Arial Unicode MS", "Noto Sans Devanagari", "Noto Sans Arabic",
    "Noto Sans Ethiopic", "Noto Sans Bengali", "Noto Sans Thai",
)  # fmt: skip
"""Fonts that hold what the default one has not."""


def styled(function: Callable[P, T]) -> Callable[P, T]:
    """Let a function draw with our fonts and letters, leaving the user's settings as they are."""

    @functools.wraps(function)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> T:
        settings: Any = {
            "font.family": _families(),
            "font.size": 9.0,
            "axes.titlesize": 9.5,
            "axes.labelsize": 9.0,
            "legend.fontsize": 8.5,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "figure.titlesize": 10.5,
            "hatch.linewidth": 0.6,
        }
        with mpl.rc_context(settings):
            return function(*args, **kwargs)

    return drawn


@functools.cache
def _families() -> list[str]:
    """Names of the fonts that are there, the default one first."""
    there = {entry.name for entry in font_manager.fontManager.ttflist}
    return ["DejaVu Sans", *(name for name in SCRIPTS if name in there)]


@functools.cache
def _fonts() -> tuple[FT2Font, ...]:
    return tuple(font_manager.get_font(font_manager.findfont(name)) for name in _families())


def plain(text: object) -> str:
    """Return text that is drawn as it is: a dollar sign begins no formula."""
    return str(text).replace("$", r"\$")


def shown(name: str, identifier: str) -> str:
    """Return a name where it can be drawn, else the identifier: never empty boxes.

    Where text stays text (``svg.fonttype`` is ``none``) the reader's fonts draw it.
    """
    if mpl.rcParams["svg.fonttype"] == "none" or name.isascii():
        return plain(name)
    able = all(any(font.get_char_index(ord(c)) for font in _fonts()) for c in name)
    return plain(name if able else identifier)


def halo(text: Text) -> None:
    """Let a text be read on any ground.

    An outline that matplotlib draws is made of the letters' shapes; where text stays text the page
    draws it (class ``halo``), so that the reader's fonts are used.
    """
    if mpl.rcParams["svg.fonttype"] == "none":
        text.set_gid(HALO)
    else:
        text.set_path_effects([withStroke(linewidth=2.0, foreground="white")])


def magnitude(largest: float) -> tuple[float, str]:
    """Return what to divide amounts by, and what to call it before their unit.

    Examples
    --------
    >>> magnitude(2.5e6), magnitude(12.0)
    ((1000000.0, 'million '), (1.0, ''))
    """
    return next((m for m in MAGNITUDES if largest >= m[0]), (1.0, ""))


def counted(word: str, unit: str) -> str:
    """Return what amounts are counted in, also where a unit begins with a number.

    Examples
    --------
    >>> counted("million ", "USD a year"), counted("million ", "10k CNY"), counted("", "km")
    ('million USD a year', 'million × 10k CNY', 'km')
    """
    return f"{word}× {unit}" if word and unit[:1].isdigit() else f"{word}{unit}".strip()


def bare(axes: Axes, names: list[str]) -> None:
    """Name the rows of a chart of horizontal bars, first on top."""
    axes.set_yticks(np.arange(len(names)), names)
    axes.invert_yaxis()
    axes.tick_params(axis="y", length=0)
