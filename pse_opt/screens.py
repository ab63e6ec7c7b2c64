"""What the terminal shows: at 80 columns, the planner's answer before the analyst's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from pse_opt.analysis.summary import SOURCES, Summary
from pse_opt.instance import Instance
from pse_opt.manual import equations, readable, settings
from pse_opt.plan import Plan
from pse_opt.policy import Equalization, Policy
from pse_opt.progress import paragraphs
from pse_opt.solving.result import HOLDS, Result
from pse_opt.verification import Verification
from pse_opt.verification.findings import number

__all__ = [
    "check_screen",
    "instance_screen",
    "listing",
    "maths_screen",
    "model_screen",
    "plan_screen",
    "solve_screen",
]

WHO = dict(
    zip(
        SOURCES,
        ("government", "NGOs", "private providers", "government, last resort"),
        strict=True,
    )
)
STOPPED = {
    "time_limit": "; stopped at the time limit",
    "interrupted": "; stopped by Ctrl-C",
    "error": "; the solver stopped early",
}


def _table(*columns: str, words: int = 1) -> Table:
    """A plain table: the first columns hold words, to the left; the others numbers."""
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="dim")
    for k, name in enumerate(columns):
        text = k < words
        table.add_column(name, justify="left" if text else "right", no_wrap=not text)
    return table


def _percent(value: float | None, digits: int = 1) -> str:
    return "-" if value is None else f"{100 * value:.{digits}f}%"


def _whole(value: float | None) -> str:
    return "-" if value is None else f"{value:,.0f}"


def _money(value: float | None) -> str:
    return "-" if value is None else f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.4g}"


def _count(amount: int, noun: str) -> str:
    return f"{amount:,} {noun}" + ("" if amount == 1 else "s")


def _unwrapped(text: str) -> str:
    """Return a description without the line breaks it was typed with."""
    return "\n\n".join(" ".join(part.split()) for part in text.split("\n\n")).strip()


def solve_screen(result: Result, summary: Summary | None, written: str | None) -> RenderableType:
    """The first screen after a solve."""
    parts: list[RenderableType] = []
    if summary is not None:
        parts += [*_answer(result, summary), Text(), *_by_service(summary), Text()]
        parts += [_gains(summary), Text()] if summary.changes is not None else []
        parts += [_inequality(result), Text()] if result.inequality else []
    elif result.reasons:
        parts += [Text("There is no plan that keeps all rules.", style="bold")]
        parts += [Text(reason) for reason in result.reasons]
        parts += [Text()]
    parts.append(_certificate(result, written))
    return Group(*parts)


def _answer(result: Result, summary: Summary) -> list[RenderableType]:
    """People, cost and who delivers: today and under the plan."""
    about = result.instance.about
    known = summary.public_cost_today is not None
    table = _table(*(["", "today", "plan"] if known else ["", "plan"]))

    def add(label: str, today: str, plan: str) -> None:
        table.add_row(label, *([today] if known else []), plan)

    least, most = summary.floors
    if most > 0:
        standard = (
            _percent(most, 0) if least == most else f"{_percent(least, 0)[:-1]} to {most:.0%}"
        )
        label = f"people* below the standard of {standard}"
        add(label, _whole(summary.below_today), _whole(summary.below_plan))
    add(
        "need covered (mean over services)",
        *map(_percent, (summary.covered_today, summary.covered_plan)),
    )
    cost = (summary.public_cost_today, summary.public_cost_plan)
    add(f"public cost a year, {about.currency}", *map(_money, cost))
    formerly = summary.shares_today or {}
    for source in SOURCES:
        if max(summary.shares[source], formerly.get(source, 0.0)) > 5e-4:
            shares = (formerly.get(source), summary.shares[source])
            add(f"delivered by {WHO[source]}", *(_percent(s, 0) for s in shares))
    note = f"* of {_whole(summary.people)}: all in places where some service is below it"
    notes = [Text(note, style="dim")] if most > 0 else []
    return [Text(about.title or about.name, style="bold"), table, *notes]


def _by_service(summary: Summary) -> list[RenderableType]:
    rescue = any(line.shares["last_resort"] > 5e-4 for line in summary.services)
    heads = [
        "coverage of need",
        "today",
        "plan",
        "least",
        "most",
        "people*",
        "gov.",
        "NGO",
        "priv.",
    ]
    table = _table(*heads, *(["last"] if rescue else []))
    for line in summary.services:
        shares = [_percent(line.shares[k], 0) for k in SOURCES]
        levels = (line.today, line.plan, line.least, line.greatest)
        table.add_row(
            line.name,
            *(_percent(v) for v in levels),
            _whole(line.below_plan),
            *(shares if rescue else shares[:-1]),
        )
    return [table]


def _gains(summary: Summary) -> Text:
    changes = summary.changes
    assert changes is not None

    def named(rows: Iterable[tuple[str, float]]) -> str:
        return ", ".join(f"{name} {100 * change:+.0f}" for name, change in rows)

    pairs = list(zip(changes["name"], changes["change"], strict=True))
    up = [p for p in pairs if p[1] > 5e-3][:3]
    down = [p for p in reversed(pairs) if p[1] < -5e-3][:3]
    text = f"gain most   {named(up) or 'nobody'} (points of coverage)\n"
    return Text(text + f"lose most   {named(down) or 'nobody'}")


def _inequality(result: Result) -> Table:
    table = _table("equalization", "of", "measure", "attained", "bound", words=3)
    for entry in result.policy.equalization:
        for service, measures in result.inequality.get(entry.name, {}).items():
            value = measures.get(entry.measure)
            attained = "-" if value is None else _measured(entry, value)
            of = f"{entry.level}, {service}"
            table.add_row(entry.name, of, entry.measure, attained, _measured(entry, entry.bound))
    return table


def _measured(entry: Equalization, value: float) -> str:
    """A measure in the unit a planner thinks in."""
    if entry.measure == "ratio":
        return f"{value:.4g}"
    if entry.measure == "band":
        return _percent(value)
    return _percent(value) if entry.level == "coverage" else f"{value:.1f} km"


def _certificate(result: Result, written: str | None) -> RenderableType:
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    held = "nothing yet" if result.status == "no_plan" else HOLDS[result.status]
    if result.termination == "interrupted" and result.plan is None:
        held = "no plan had been found"
    grid.add_row("status", held + STOPPED.get(result.termination, ""))
    if result.objective is not None:
        gap = "unknown" if result.gap is None else f"{100 * result.gap:.4f}%"
        grid.add_row("objective", _objective(result, result.objective))
        grid.add_row("bound", _objective(result, result.bound) + " (no plan is better)")
        grid.add_row("gap", gap)
        grid.add_row("plan", _checked(result))
    parts = ", ".join(f"{k} {v:.2f}" for k, v in result.seconds.items() if k != "total")
    grid.add_row("time", f"{result.seconds['total']:.1f} s ({parts})")
    grid.add_row("written", written or "nothing")
    return grid


def _objective(result: Result, value: float | None) -> str:
    if value is None:
        return "unknown"
    if result.policy.objective.minimize is None:
        return f"{100 * value:.4f}% mean coverage"
    return f"{number(value)} {result.instance.about.currency} a year"


def _checked(result: Result) -> Text:
    found = result.verification
    if found is None or found.ok:
        skipped = (
            f"; not checked: {', '.join(found.unchecked)}" if found and found.unchecked else ""
        )
        return Text("verified by the independent checker" + skipped)
    return Text("NOT VERIFIED by the independent checker:\n" + str(found), style="bold red")


def plan_screen(
    instance: Instance, policy: Policy, plan: Plan, verification: Verification
) -> RenderableType:
    """What the checker says of a plan."""
    table = _table("service", "coverage", "least", "most", "mean travel")
    names = dict(zip(instance.services["service"], instance.services["name"], strict=True))
    for service, rows in verification.levels.groupby("service", sort=False):
        weights = rows["demand"].to_numpy(dtype=float)
        table.add_row(
            str(names[service]),
            _percent(float(np.average(rows["coverage"], weights=weights))),
            _percent(float(rows["coverage"].min())),
            _percent(float(rows["coverage"].max())),
            f"{np.average(rows['travel'], weights=weights):.1f} km",
        )
    money = f"{_money(verification.public_cost)} {instance.about.currency}"
    head = (
        f"{instance.name} under {policy.name}: {_count(len(plan.engagements), 'offer')} engaged, "
    )
    shown = ", ".join(plan.inferred[:8]) + (", ..." if len(plan.inferred) > 8 else "")
    notes = [Text(f"size taken as the cheapest that fits: {shown}")] if plan.inferred else []
    verdict = Text(str(verification), style="" if verification.ok else "red")
    return Group(Text(head + f"public cost {money}", style="bold"), table, *notes, verdict)


def listing(instances: list[dict[str, Any]], models: list[dict[str, Any]]) -> RenderableType:
    """The shipped instances and models."""
    nouns = ("region", "service", "need", "offer", "link")
    parts: list[RenderableType] = [Text("instances", style="bold")]
    for item in instances:
        sizes = ", ".join(_count(item[f"{noun}s"], noun) for noun in nouns)
        parts += [Text(f"  {item['name']}"), paragraphs([f"  {item['title']}", f"  {sizes}"])]
    second = Table.grid(padding=(0, 2, 0, 0))
    for item in models:
        second.add_row(f"  {item['name']}", item["title"])
    return Group(*parts, Text(), Text("models", style="bold"), second)


def check_screen(instance: Instance) -> RenderableType:
    """What an instance without problems amounts to, and what is doubtful about it."""
    frames = {
        "region": instance.regions,
        "service": instance.services,
        "need": instance.needs,
        "offer": instance.offers,
        "link": instance.links,
    }
    sizes = ", ".join(_count(len(frame), noun) for noun, frame in frames.items())
    head = f"{instance.name}: no problems, {_count(len(instance.warnings), 'warning')}"
    lines = [Text(head, style="bold"), Text(sizes)]
    return Group(*lines, paragraphs([str(w) for w in instance.warnings]))


def instance_screen(instance: Instance) -> RenderableType:
    """An instance in detail."""
    about = instance.about
    table = _table(
        "service", "unit", "needs", "demand", "offers", "gov.", "NGO", "priv.", "links", words=2
    )
    for s, line in enumerate(instance.services.itertuples()):
        mine = instance.offers[instance.offers["service_at"] == s]
        needs = instance.needs[instance.needs["service_at"] == s]
        kinds = mine["kind"].value_counts()
        table.add_row(
            str(line.name),
            str(line.unit),
            str(len(needs)),
            _whole(needs["demand"].sum()),
            _whole(len(mine)),
            *(_whole(kinds.get(k, 0)) for k in SOURCES[:3]),
            _whole(sum(len(instance.links_of_need[n]) for n in needs.index)),
        )
    people = f"{_whole(instance.regions['population'].sum())} people"
    facts = f"{_count(len(instance.regions), 'region')}, {people}; money in {about.currency}"
    parts: list[RenderableType] = [Text(about.title or about.name, style="bold")]
    parts += [Text(_unwrapped(about.description) or "no description")]
    parts += [Text(facts + (f", {about.year}" if about.year else "")), Text(), table]
    sources = [f"{s.title} ({s.year}). Licence: {s.licence or 'not stated'}" for s in about.sources]
    parts += _numbered("Sources", sources)
    parts += _numbered("What is data, derived, assumed", about.assumptions)
    return Group(*parts)


def _numbered(title: str, lines: Sequence[str]) -> list[RenderableType]:
    if not lines:
        return []
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_column(justify="right", no_wrap=True)
    grid.add_column()
    for k, line in enumerate(lines, start=1):
        grid.add_row(f"{k}.", line)
    return [Text(), Text(title, style="bold"), grid]


def model_screen(policy: Policy) -> RenderableType:
    """A model in words, with every parameter that is set and those that could be."""
    parts: list[RenderableType] = [Text(policy.title or policy.name, style="bold")]
    parts += [Text(_unwrapped(policy.description)), Text()]
    for heading, rows in settings(policy).items():
        table = _table(heading, "value", "meaning", words=3)
        table.columns[0].no_wrap = True
        for key, value, meaning in rows:
            table.add_row(key, value, meaning)
        parts += [table, Text()]
    parts.append(Text("Set any of them with --set KEY=VALUE. Equations: --maths.", style="dim"))
    return Group(*parts)


def maths_screen(policy: Policy) -> RenderableType:
    """A model's equations, headings in bold."""
    lines = readable(equations(policy)).splitlines()
    return Group(
        *(Text(x.lstrip("# "), style="bold") if x.startswith("#") else Text(x) for x in lines)
    )
