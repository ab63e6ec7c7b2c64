"""What the terminal shows: at 80 columns, the planner's answer before the analyst's."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from pse_opt.analysis.summary import Summary
from pse_opt.errors import Problem
from pse_opt.instance import Instance
from pse_opt.plan import Plan
from pse_opt.policy import Policy
from pse_opt.solving.result import HOLDS, Result
from pse_opt.verification import Verification

__all__ = ["instance_screen", "model_screen", "plan_screen", "problems_screen", "solve_screen"]


def _table(*columns: str, title: str | None = None) -> Table:
    """A plain table: the first column to the left, the others to the right."""
    table = Table(
        title=title,
        box=None,
        pad_edge=False,
        padding=(0, 1, 0, 0),
        title_justify="left",
        title_style="bold",
    )
    for k, name in enumerate(columns):
        table.add_column(name, justify="left" if k == 0 else "right", overflow="fold")
    return table


def _percent(value: float | None, digits: int = 1) -> str:
    return "-" if value is None else f"{100 * value:.{digits}f}%"


def _people(value: float) -> str:
    return f"{value:,.0f}"


def _money(value: float, currency: str) -> str:
    return f"{value:,.0f} {currency}" if abs(value) >= 100 else f"{value:,.4g} {currency}"


def solve_screen(result: Result, summary: Summary | None, written: str | None) -> RenderableType:
    """The first screen after a solve."""
    parts: list[RenderableType] = []
    if summary is not None:
        parts += [_answer(result, summary), Text(), _by_service(summary), Text()]
        parts += [_gains(summary), Text()] if summary.changes is not None else []
        parts += [_inequality(result), Text()] if result.policy.equalization else []
    elif result.reasons:
        parts += [Text("There is no plan that keeps all rules.", style="bold")]
        parts += [Text(reason) for reason in result.reasons]
        parts += [Text()]
    parts.append(_certificate(result))
    if written:
        parts.append(Text(f"written to {written}", overflow="fold"))
    return Group(*parts)


def _answer(result: Result, summary: Summary) -> Text:
    currency = result.instance.about.currency
    title = result.instance.about.title or result.instance.name
    text = Text(f"{title}\n", style="bold")
    below = f"{_people(summary.below_plan)} of {_people(summary.people)} people"
    if summary.below_today is None:
        people = f"Below the standard under the plan: {below}."
    else:
        people = (
            f"Below the standard of {_percent(summary.floor, 0)} in some service: today "
            f"{_people(summary.below_today)} people,\nunder the plan {below}."
        )
    text.append(people + "\n", style="not bold")
    cost = f"Public cost {_money(summary.public_cost, currency)} a year"
    if summary.public_cost_today is not None:
        cost += f" (today {_money(summary.public_cost_today, currency)})"
    text.append(cost + ".\n", style="not bold")
    shares = ", ".join(f"{k} {_percent(v, 0)}" for k, v in summary.shares.items())
    text.append(f"Delivered by {shares} (mean over services).", style="not bold")
    return text


def _by_service(summary: Summary) -> Table:
    rescue = any(line.last_resort > 5e-4 for line in summary.services)
    heads = ["service", "today", "plan", "least", "most", "below*", "gov.", "NGO", "priv."]
    table = _table(*heads, *(["last"] if rescue else []))
    for line in summary.services:
        kinds = [_percent(line.shares[k], 0) for k in ("government", "ngo", "private")]
        levels = (line.today, line.plan, line.least, line.greatest)
        table.add_row(
            line.name[:23],
            *(_percent(v) for v in levels),
            _people(line.below_plan),
            *kinds,
            *([_percent(line.last_resort, 0)] if rescue else []),
        )
    note = "coverage of need; *people in places below the standard under the plan"
    table.caption = note + ("; last: last resort" if rescue else "")
    table.caption_justify = "left"
    return table


def _gains(summary: Summary) -> Text:
    changes = summary.changes
    assert changes is not None

    def named(rows: Iterable[tuple[str, float]]) -> str:
        return ", ".join(f"{name} {100 * change:+.0f}" for name, change in rows)

    pairs = list(zip(changes["name"], changes["change"], strict=True))
    up = [p for p in pairs if p[1] > 5e-3][:3]
    down = [p for p in reversed(pairs) if p[1] < -5e-3][:3]
    text = f"Gain most (points of coverage): {named(up) or 'nobody'}\n"
    return Text(text + f"Lose most: {named(down) or 'nobody'}")


def _inequality(result: Result) -> Table:
    table = _table("equalization", "of", "measure", "attained", "bound")
    for entry in result.policy.equalization:
        for service, measures in result.inequality.get(entry.name, {}).items():
            value = measures.get(entry.measure)
            shown = "-" if value is None else f"{value:.4g}"
            of = f"{entry.level}, {service}"
            table.add_row(entry.name, of, entry.measure, shown, f"{entry.bound:g}")
    return table


def _certificate(result: Result) -> Text:
    lines = [f"status     {HOLDS[result.status]} ({result.termination})"]
    if result.objective is not None:
        unit = (
            result.instance.about.currency if result.policy.objective.minimize else "mean coverage"
        )
        bound = "unknown" if result.bound is None else f"{result.bound:,.8g}"
        gap = "unknown" if result.gap is None else f"{100 * result.gap:.4f}%"
        lines.append(f"objective  {result.objective:,.8g} {unit}, bound {bound}, gap {gap}")
        checked = "verified" if result.verified else "NOT VERIFIED"
        lines.append(f"plan       {checked} by the independent checker")
    seconds = ", ".join(f"{k} {v:.2f}" for k, v in result.seconds.items())
    lines.append(f"seconds    {seconds}")
    text = Text("\n".join(lines))
    if result.verification is not None and not result.verification.ok:
        text.append("\n" + str(result.verification), style="bold red")
    return text


def plan_screen(
    instance: Instance, policy: Policy, plan: Plan, verification: Verification
) -> RenderableType:
    """What the checker says of a plan."""
    table = _table("service", "coverage", "least", "most", "travel")
    for service, rows in verification.levels.groupby("service", sort=False):
        weights = rows["demand"].to_numpy(dtype=float)
        table.add_row(
            str(service),
            _percent(float(np.average(rows["coverage"], weights=weights))),
            _percent(float(rows["coverage"].min())),
            _percent(float(rows["coverage"].max())),
            f"{np.average(rows['travel'], weights=weights):.1f} km",
        )
    money = _money(verification.public_cost, instance.about.currency)
    head = f"{instance.name} under {policy.name}: {len(plan.engagements)} offers engaged, "
    head += f"public cost {money}"
    notes = [f"size inferred for {', '.join(plan.inferred[:8])}"] if plan.inferred else []
    verdict = Text(str(verification), style="" if verification.ok else "red")
    return Group(Text(head, style="bold"), table, *(Text(n) for n in notes), verdict)


def listing(instances: list[dict[str, Any]], models: list[dict[str, Any]]) -> RenderableType:
    """The shipped instances and models."""
    first = _table("instance", "regions", "services", "needs", "offers", "links")
    for item in instances:
        counts = [f"{item[k]:,}" for k in ("regions", "services", "needs", "offers", "links")]
        first.add_row(item["name"], *counts)
        first.add_row(Text(f"  {item['title']}", style="dim"))
    second = _table("model")
    second.add_column("what it does")
    for item in models:
        second.add_row(item["name"], item["title"])
    return Group(first, Text(), second)


def problems_screen(problems: Iterable[Problem], heading: str) -> RenderableType:
    """Problems or warnings, one a paragraph."""
    return Group(Text(heading, style="bold"), *(Text(f"  {p}") for p in problems))


def instance_screen(instance: Instance) -> RenderableType:
    """An instance in detail."""
    about = instance.about
    head = Text(f"{about.title or about.name}\n", style="bold")
    head.append(about.description.strip() or "no description", style="not bold")
    table = _table(
        "service", "unit", "needs", "demand", "offers", "gov.", "NGO", "private", "links/need"
    )
    for s, line in enumerate(instance.services.itertuples()):
        mine = instance.offers[instance.offers["service_at"] == s]
        needs = instance.needs[instance.needs["service_at"] == s]
        kinds = mine["kind"].value_counts()
        links = sum(len(instance.links_of_need[n]) for n in needs.index)
        table.add_row(
            str(line.name)[:22],
            str(line.unit)[:14],
            str(len(needs)),
            f"{needs['demand'].sum():,.0f}",
            str(len(mine)),
            *(str(int(kinds.get(k, 0))) for k in ("government", "ngo", "private")),
            f"{links / max(len(needs), 1):.1f}",
        )
    facts = [
        f"{len(instance.regions)} regions, {instance.regions['population'].sum():,.0f} people, "
        f"{len(instance.links):,} links; money in {about.currency}"
        + (f", {about.year}" if about.year else "")
    ]
    sources = [f"source: {s.title} ({s.year}) {s.licence}".rstrip() for s in about.sources]
    assumptions = [f"{k}. {a}" for k, a in enumerate(about.assumptions, start=1)]
    if assumptions:
        assumptions.insert(0, "Assumptions")
    body = Text("\n".join([*facts, *sources, *assumptions]))
    return Group(head, Text(), table, Text(), body)


def model_screen(policy: Policy) -> RenderableType:
    """A model document in words and in full."""
    head = Text(f"{policy.title or policy.name}\n", style="bold")
    head.append(policy.description, style="not bold")
    return Group(head, Text(), Text(policy.to_toml().strip()))
