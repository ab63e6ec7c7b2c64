"""Figures of what a plan costs and who delivers it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from pse_opt.analysis.summary import SOURCES, Summary, summarize
from pse_opt.report.style import FILLS, HATCHES, WIDTH, bare, counted, magnitude, plain, styled
from pse_opt.screens import WHO
from pse_opt.solving.result import Result
from pse_opt.verification.money import PUBLIC

__all__ = ["PAYERS", "payer_of", "plot_costs", "plot_delivery"]

PAYERS: Mapping[str, tuple[str, str, str]] = {
    "public": ("public budgets", "#1f3b73", ""),
    "users": ("users", "#e08214", ""),
    "own": ("providers' own funds", "#f3e3b3", ""),
    "counted": ("counted, not paid", "#ffffff", "////"),
}
"""Who pays a cost term: what to call them, colour, hatch."""
USERS = ("access", "user")
SMALLEST = 1e-4
"""Terms below this share of the largest are not drawn."""


def payer_of(term: str) -> str:
    """Return who pays a cost term, a key of :data:`PAYERS`.

    Examples
    --------
    >>> [payer_of(term) for term in ("delivery", "access", "own", "unmet")]
    ['public', 'users', 'own', 'counted']
    """
    if term in PUBLIC:
        return "public"
    return "users" if term in USERS else "own" if term == "own" else "counted"


@styled
def plot_costs(result: Result, *, title: str | None = None) -> Figure:
    """Draw what a plan costs a year, term by term, by who pays.

    Parameters
    ----------
    result : Result
        A result with a plan.
    title : str, optional
        By default ``Cost a year by term and payer``.

    Raises
    ------
    ValueError
        The result has no plan.
    """
    if result.plan is None:
        raise ValueError("the result has no plan to draw")
    most = max(map(abs, result.costs.values()), default=0.0)
    terms = [(t, v) for t, v in result.costs.items() if abs(v) > SMALLEST * most]
    terms.sort(key=lambda pair: (list(PAYERS).index(payer_of(pair[0])), -pair[1]))
    scale, word = magnitude(most)
    figure = Figure(figsize=(WIDTH, 1.3 + 0.3 * max(len(terms), 2)), layout="constrained")
    axes = figure.add_subplot()
    for k, (term, value) in enumerate(terms):
        _, colour, hatch = PAYERS[payer_of(term)]
        axes.barh(k, value / scale, color=colour, hatch=hatch, edgecolor="#333333", linewidth=0.5)
        axes.text(value / scale, k, f" {value / scale:,.3g}", va="center", fontsize=8.5)
    bare(axes, [term.replace("_", " ") for term, _ in terms])
    axes.margins(x=0.12)
    axes.set_xlabel(plain(counted(word, f"{result.instance.about.currency} a year")))
    used = dict.fromkeys(payer_of(term) for term, _ in terms)
    handles = [
        Patch(facecolor=c, hatch=h, edgecolor="#333333", linewidth=0.5, label=name)
        for name, c, h in (PAYERS[k] for k in used)
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=2, frameon=False)
    figure.suptitle(title or "Cost a year by term and payer")
    return figure


@styled
def plot_delivery(
    result: Result, *, summary: Summary | None = None, title: str | None = None
) -> Figure:
    """Draw who delivers each service, as shares of need: government, NGOs, private providers.

    Parameters
    ----------
    result : Result
        A result with a plan.
    summary : Summary, optional
        Of the result, where it is known already.
    title : str, optional
        By default ``Who delivers``.

    Returns
    -------
    matplotlib.figure.Figure
        Two bars for each service, today and the plan; what is white is not covered.

    Raises
    ------
    ValueError
        The result has no plan.
    """
    summary = summary or summarize(result)
    bars: list[tuple[str, Mapping[str, float]]] = []
    for line in summary.services:
        if line.shares_today is not None:
            bars.append(("today", {k: 100 * v * (line.today or 0.0) for k, v in
                                   line.shares_today.items()}))  # fmt: skip
        bars.append(("plan", {k: 100 * v * line.plan for k, v in line.shares.items()}))
    each = len(bars) // len(summary.services)
    at = np.array([(k // each) * (each + 1.1) + k % each for k in range(len(bars))])
    figure = Figure(figsize=(WIDTH, 1.3 + 0.27 * float(at[-1] + 2)), layout="constrained")
    axes = figure.add_subplot()
    start = np.zeros(len(bars))
    for source in SOURCES:
        width = np.array([shares.get(source, 0.0) for _, shares in bars])
        if width.max(initial=0.0) < 0.05:
            continue
        style: Any = {"color": FILLS[source], "hatch": HATCHES.get(source, ""), "linewidth": 0.5}
        axes.barh(at, width, left=start, label=WHO[source], edgecolor="#333333", **style)
        start = start + width
    axes.set_yticks(at, [label for label, _ in bars])
    axes.tick_params(axis="y", length=0)
    for k, line in enumerate(summary.services):
        axes.text(0, at[k * each] - 0.6, plain(line.name), fontweight="bold", fontsize=9)
    axes.set_ylim(float(at[-1]) + 0.7, -1.3)
    axes.set(xlim=(0, 100), xlabel="percent of need covered")
    axes.axvline(100, color="#333333", linewidth=0.6)
    figure.legend(loc="outside lower center", ncols=2, frameon=False)
    figure.suptitle(title or "Who delivers")
    return figure
