"""What the terminal shows of qualification, investments, and who bears equalization."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from rich.console import Group, RenderableType
from rich.text import Text

from pse_opt.terminal import count, money, table

if TYPE_CHECKING:
    from pse_opt.analysis.burden import Burden
    from pse_opt.analysis.gain import Gain
    from pse_opt.analysis.investments import Investments
    from pse_opt.analysis.qualification import Qualification

__all__ = ["burden_screen", "investments_screen", "qualification_screen"]

SHOWN = 8
"""Reasons and budgets that are shown, largest first; files and JSON have all."""


def qualification_screen(found: Qualification) -> RenderableType:
    """Who is kept out and why, and what admitting them would save."""
    currency, excluded = found.instance.about.currency, found.excluded
    if excluded.empty:
        return Text(f"{found.model} keeps no offer out of {found.instance.name}")
    head = f"{found.model} keeps {count(len(excluded), 'offer')} out"
    parts: list[RenderableType] = [Text(head, style="bold")]
    reasons = excluded.groupby("reason", sort=False).agg(
        offers=("offer", "size"), providers=("provider", "nunique"), able=("cost", "count")
    )
    lines = table("why", "offers", "providers", "could qualify", space=2)
    for line in reasons.sort_values("offers", ascending=False).head(SHOWN).itertuples():
        lines.add_row(str(line.Index), f"{line.offers:,}", f"{line.providers:,}", f"{line.able:,}")
    parts.append(lines)
    if len(reasons) > SHOWN:
        parts.append(Text(f"and {count(len(reasons) - SHOWN, 'reason')} more"))
    lines = table("admitted free of charge", "offers", "saves a year", "at least", space=2)
    names = dict(
        zip(found.instance.providers["provider"], found.instance.providers["name"], strict=True)
    )
    for item in found.admissions:
        name = names.get(item.provider, "everybody kept out")
        lines.add_row(name, f"{item.offers:,}", *_saved(item.saves))
    parts += [Text(), lines, Text(f"in {currency}, by a solve of its own each")]
    if found.skipped:
        parts.append(Text(f"{count(found.skipped, 'provider')} more not looked at alone"))
    return Group(*parts)


def investments_screen(found: Investments) -> RenderableType:
    """What is invested, what it saves, and when it is paid back."""
    if not found.items:
        why = "no plan" if found.status in ("infeasible", "no_plan") else "no investment"
        return Text(f"{found.model} on {found.instance.name}: {why} ({found.status})")
    lines = table("investment", "once", "a year", "saves a year", "at least", "paid back")
    for item in found.items:
        years = "never" if item.payback is None else f"{item.payback:.1f} years"
        name = " ".join(filter(None, (item.offer, item.size)))
        figures = (money(item.amount), money(item.yearly), *_saved(item.saves))
        lines.add_row(name, *figures, years)
    foot = f"in {found.instance.about.currency}; saved is what is left after the yearly part"
    return Group(lines, Text(foot))


def burden_screen(found: Burden) -> RenderableType:
    """What equalization costs, in all and each budget."""
    currency, costs = found.instance.about.currency, found.costs
    if costs.found is None:
        return Text(f"no figures: with / without equalization: {costs.status}")
    sure = f"between {money(costs.least)} and {money(costs.most)}"
    head = f"equalization costs {money(costs.found)} {currency} a year ({sure})"
    lines = table("budget", "without it", "with it", "costs", "received", "given")
    frame = found.budgets
    largest = frame["costs"].abs().sort_values(ascending=False, kind="stable").index[:SHOWN]
    for line in frame.loc[np.sort(largest)].to_dict(orient="records"):
        figures = (line[c] for c in ("without", "spending", "costs", "received", "given"))
        lines.add_row(str(line["name"]), *(money(float(v)) for v in figures))
    parts: list[RenderableType] = [Text(head, style="bold"), lines]
    if len(frame) > SHOWN:
        parts.append(Text(f"and {count(len(frame) - SHOWN, 'budget')} with smaller changes"))
    return Group(*parts)


def _saved(saves: Gain) -> tuple[str, str]:
    if saves.found is None:
        return saves.status, "-"
    # Below a thousandth of a unit of money there is nothing but rounding.
    return money(round(saves.found, 3) + 0.0), money(saves.least)
