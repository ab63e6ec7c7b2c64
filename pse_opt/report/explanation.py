"""A figure of an infeasible policy: how far each family of rules would have to give way."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from pse_opt.report.sensitivity import bars

if TYPE_CHECKING:
    from pse_opt.analysis.conflicts import Repair
    from pse_opt.analysis.explaining import Explanation

__all__ = ["plot_explanation"]

WIDE = 96
"""Letters of a line of text."""
CHECKED = {"": "not tried", "yes": "checked: a plan was found", "late": "not checked in time"}
"""What became of the check of a repair."""


def plot_explanation(found: Explanation) -> Figure:
    """Return the figure: a bar for each repair, the cheapest first, and whether it was checked.

    Where there is no repair, the reasons in words.

    Parameters
    ----------
    found : Explanation
        What :func:`pse_opt.explain` returned.
    """
    repairs = [] if found.conflict is None else list(found.conflict.repairs)
    figure = Figure(figsize=(9.5, 1.8 + 0.42 * max(len(repairs), 3)), layout="constrained")
    axes = figure.subplots()
    about = found.instance.about
    title = f"{about.title or about.name} (model {found.model}: {found.status})"
    figure.suptitle(title, fontsize=11, x=0.01, ha="left")
    if not repairs:
        words = "\n".join(found.reasons) or "there is a plan that keeps all rules"
        axes.text(0.0, 0.95, textwrap.fill(words, WIDE), va="top", fontsize=9)
        axes.set_axis_off()
        return figure
    names = [_name(r) for r in repairs]
    bars(axes, names, [100.0 * r.size for r in repairs], None, max(len(repairs), 3))
    for k, repair in enumerate(repairs):
        text = textwrap.shorten(repair.words, WIDE, placeholder=" …")
        axes.annotate(text, (0, k), (4, 0), textcoords="offset points", fontsize=7, va="center",
                      bbox={"fc": "white", "ec": "none", "alpha": 0.8, "pad": 1})  # fmt: skip
    axes.set_title("the cheapest first", fontsize=9, loc="left")
    axes.set_xlabel("greatest change needed, percent of what is asked for")
    return figure


def _name(repair: Repair) -> str:
    """The family of a repair, its price, and whether it was checked."""
    price = "" if repair.price is None else f", price {repair.price:.3g}"
    return f"{repair.family or 'together'}{price}\n{CHECKED[repair.checked]}".rstrip()
