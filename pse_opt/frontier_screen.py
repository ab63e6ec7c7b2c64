"""What the terminal shows of a frontier, at 80 columns, to be read aloud."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pandas as pd
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from pse_opt.comparison_screen import SHORT
from pse_opt.terminal import count, money, paragraphs, percent, table

if TYPE_CHECKING:
    from pse_opt.analysis.frontier_points import Against, Point, Price
    from pse_opt.analysis.frontier_result import Frontier

__all__ = ["at_same_objective", "at_same_value", "frontier_screen", "goal_in_unit", "points_table"]

NAMED = 5e-3
"""Change of coverage from which on somebody counts as winning or losing: half a point."""
EVEN = 1e-9
"""Shares of a cost that are none."""


def frontier_screen(found: Frontier) -> RenderableType:
    """The points from loose to tight, and what they say."""
    about = found.instance.about
    goal = f"cost, {about.currency} a year" if found.cost else "coverage"
    head = f"{goal} against {found.quantity}" + (f" (model {found.model})")
    parts: list[RenderableType] = [Text(about.title or about.name, style="bold"), Text(head)]
    if found.reasons:
        parts += [Text(), Text("no plan keeps the rules, even without the bound:")]
        return Group(*parts, *(Text(reason) for reason in found.reasons))
    parts += [Text(), _points(found), Text()]
    said = (*_verdict(found), *_against(found), *_changes(found))
    parts += [paragraphs([x[2:]]) if x.startswith("  ") else Text(x) for x in said]
    parts += [Text(f"note: {note}") for note in found.notes]
    if found.missing:
        parts.append(Text(f"not solved, for Ctrl-C came first: {', '.join(found.missing)}"))
    return Group(*parts)


def _points(found: Frontier) -> Table:
    heads, rows = points_table(found)
    lines = table(*heads, words=0, space=1)
    for column in lines.columns:
        column.no_wrap = False
    for cells in rows:
        lines.add_row(*cells)
    return lines


def points_table(found: Frontier) -> tuple[list[str], list[tuple[str, ...]]]:
    """Return heads and rows of the table of points, from loose to tight."""
    goal = "cost" if found.cost else "coverage"
    limit = "no plan is below" if found.cost else "or above"
    step = found.varied.step[1] if found.cost else "point"
    each = f"a {step} more" if found.cost else "a point costs"
    knee = found.knee
    rows = [(*_cells(found, point), _mark(point, point is knee)) for point in found.points]
    return ["bound", "attained", goal, limit, "gap", "price", each, ""], rows


def _cells(found: Frontier, point: Point) -> Iterator[str]:
    show = found.varied.show
    yield "none" if point.allowed is None else show(point.allowed)
    if point.objective is None:
        yield SHORT[point.status]
        yield from ("", "" if point.bound is None else goal_in_unit(found, point.bound), "", "", "")
        return
    yield show(point.value)
    yield goal_in_unit(found, point.objective)
    yield goal_in_unit(found, point.bound)
    yield "-" if point.gap is None else f"{100 * point.gap:.2f}%"
    yield "" if point.price is None else _priced(point.price)
    yield "" if point.marginal is None else money(point.marginal)


def _mark(point: Point, knee: bool) -> str:
    if point.verified is False:
        return "NOT VERIFIED"
    return "same" if point.dominated else "knee" if knee else ""


def goal_in_unit(found: Frontier, value: float | None) -> str:
    """Return a value of the objective as a planner reads it."""
    if value is None:
        return "-"
    return money(value) if found.cost else percent(value, 2)


def _priced(price: Price) -> str:
    if price.found < EVEN:
        return "0"
    return f"{100 * price.found:+.2f}%" + ("" if price.proven else " ?")


def _verdict(found: Frontier) -> Iterator[str]:
    """What the tightest bound costs, how sure that is, and where the knee is."""
    curve, best, show = found.curve, found.best, found.varied.show
    if any(p.price is not None and not p.price.proven and p.price.found >= EVEN for p in curve):
        yield "?: not proven, the price is within the gaps"
    if any(p.dominated for p in found.points):
        yield "same: the plan of another bound is as good, so the curve leaves it out"
    if best is not None:
        proven = "unknown" if best.proven is None else show(best.proven, 1)
        how = "" if best.how == "objective" else ", found by trying tighter and tighter bounds"
        yield f"tightest found: {show(best.found, 1)}; no plan is tighter than {proven}{how}"
    last = curve[-1] if len(curve) > 1 else None
    if last is not None and last.price is not None:
        price = last.price
        between = f"between {100 * price.least:.2f}% and {100 * price.most:.2f}%"
        word = "price of equity" if found.varied.entry is not None else "price"
        sure = f"proven to lie {between}" if price.proven else f"not proven, {between}"
        yield f"{word} at {show(last.value)}: {100 * price.found:.2f}% of cost; {sure}"
    knee = found.knee
    if knee is not None:
        yield f"knee at {show(knee.value)}: beyond it each step costs more than on average"


def _against(found: Frontier) -> Iterator[str]:
    """What the frontier offers in the place of a plan."""
    held = found.against
    if held is None:
        return
    show, currency = found.varied.show, found.instance.about.currency
    unit = f" {currency} a year" if found.cost else ""
    rules = "" if not held.broken else f" and breaks {count(held.broken, 'other rule')}"
    if found.varied.is_budget:
        rules = "" if not held.broken else f" and breaks {count(held.broken, 'rule')}"
    yield f"{held.name}: {goal_in_unit(found, held.objective)}{unit} at {show(held.value)}{rules}"
    yield f"  {at_same_objective(found, held)}"
    yield f"  {at_same_value(found, held)}"


def at_same_objective(found: Frontier, held: Against) -> str:
    """Return what the frontier offers for as much money, or as much coverage, as a plan has."""
    show, (value, limit) = found.varied.show, held.same_objective
    head = "same money, fairer" if found.cost else "same coverage, cheaper"
    if value is None:
        what = "costs as little" if found.cost else "covers as much"
        return f"{head}: no plan found that keeps the rules {what}"
    proven = "" if limit is None else f"; none is tighter than {show(limit)}"
    if found.varied.depth(value) >= found.varied.depth(held.value):
        return f"{head}: none found (best {show(value)}{proven})"
    return f"{head}: {show(value)} instead of {show(held.value)}{proven}"


def at_same_value(found: Frontier, held: Against) -> str:
    """Return what the frontier offers within what a plan attains of the quantity."""
    objective, bound = held.same_value
    head = "same fairness, cheaper" if found.cost else "same money, more coverage"
    if objective is None:
        return f"{head}: no plan found that keeps the rules and this bound"
    better = (held.objective - objective) * (1.0 if found.cost else -1.0)
    side = "below" if found.cost else "above"
    proven = "" if bound is None else f"; no plan is {side} {goal_in_unit(found, bound)}"
    if better <= 0:
        return f"{head}: none found (best {goal_in_unit(found, objective)}{proven})"
    saved = f" ({100 * better / held.objective:.1f}% less)" if found.cost else ""
    now, then = goal_in_unit(found, objective), goal_in_unit(found, held.objective)
    return f"{head}: {now} instead of {then}{saved}{proven}"


def _changes(found: Frontier) -> Iterator[str]:
    """Who gains and who loses coverage from the loosest point to the tightest."""
    frame = found.changes()
    if frame.empty:
        return
    regions = frame[frame["of"] == "region"]
    up, down = (int((sign * regions["change"] > NAMED).sum()) for sign in (1, -1))
    yield f"from end to end {up} of {count(len(regions), 'region')} gain coverage, {down} lose"
    ends = regions[regions["change"].abs() > NAMED]
    named = pd.concat([ends if len(ends) <= 6 else ends.iloc[[0, 1, 2, -3, -2, -1]]])
    named = pd.concat([named, frame[frame["of"] == "group"]])
    pairs = zip(named["name"], named["change"].to_numpy(dtype=float), strict=True)
    if said := ", ".join(f"{name} {100 * change:+.0f}" for name, change in pairs):
        yield f"  {said} (points of coverage)"
