"""What the terminal shows of a provider's opportunities, at 80 columns."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from pse_opt.terminal import count, money, table, whole

if TYPE_CHECKING:
    from pse_opt.analysis.judging import Opportunity
    from pse_opt.analysis.opportunities import Opportunities

__all__ = ["opportunities_screen"]

REGIONS = 6
"""Regions in reach that are shown of one offer, nearest first."""


def opportunities_screen(found: Opportunities) -> RenderableType:
    """Where a provider is worth engaging, offer by offer."""
    names = dict(
        zip(found.instance.providers["provider"], found.instance.providers["name"], strict=True)
    )
    head = f"{names[found.provider]} under {found.model}: {count(len(found.offers), 'offer')}"
    if found.skipped:
        head += f" of {len(found.offers) + found.skipped}, largest first (--offers looks at more)"
    parts: list[RenderableType] = [Text(head, style="bold")]
    for item in found.offers:
        parts += [Text(), *_offer(item, found.instance.about.currency)]
    return Group(*parts)


def _offer(item: Opportunity, currency: str) -> Iterator[RenderableType]:
    yield Text(f"{item.offer}: {item.service}, {item.mode}; {item.verdict}", style="bold")
    if item.barrier:
        yield Text(f"  barrier: {item.barrier}; judged as if that were settled")
    if item.worth is not None and item.least is not None and item.most is not None:
        word = "saves" if item.worth >= 0 else "costs"
        sure = f"between {money(item.least)} and {money(item.most)}"
        yield Text(f"  engaging it {word} {money(abs(item.worth))} {currency} a year ({sure})")
    yield Text(f"  {_price(item, currency)}")
    if item.note:
        yield Text(f"  {item.note}")
    yield Text(
        f"  qualification: contract {money(item.contract_cost)}, overhead "
        f"{money(item.overhead_cost)} a year, supervision {money(item.supervision_cost)} a unit"
    )
    yield _reach(item)
    if len(item.regions) > REGIONS:
        yield Text(f"  and {count(len(item.regions) - REGIONS, 'region')} farther away")
    yield Text(f"  {count(item.solves, 'solve')}", style="dim")


def _price(item: Opportunity, currency: str) -> str:
    text = f"unit cost {money(item.price)} {currency}"
    if item.pays_below is None:
        return text + "; at no unit cost is it proven to pay"
    if math.isinf(item.pays_below):
        return text + "; it pays at any"
    text += f"; pays for certain below {money(item.pays_below)}"
    if item.open_above is not None:
        text += f", not for certain at {money(item.open_above)}"
        text += f" (it saves {money(max(item.left or 0.0, 0.0))} there at most)"
    return text


def _reach(item: Opportunity) -> Table:
    """The regions in reach, nearest first."""
    lines = table("  in reach", "km", "need", "unserved without it", "it delivers", space=2)
    for row in item.regions.head(REGIONS).to_dict(orient="records"):
        figures = (row["need"], row["unserved"], row["delivers"])
        shown = ("-" if math.isnan(v) else whole(v) for v in figures)
        lines.add_row(f"  {row['name']}", f"{row['travel']:.0f}", *shown)
    return lines
