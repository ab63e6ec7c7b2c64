"""What the terminal shows: at 80 columns, the planner's answer before the analyst's."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from pse_opt.analysis.summary import SOURCES, Summary
from pse_opt.figures import goal, in_unit, level_name, measure_in_unit
from pse_opt.instance import Instance
from pse_opt.plan import Plan
from pse_opt.policy import Policy
from pse_opt.solving.result import HOLDS, Result
from pse_opt.terminal import count, money, percent, table, whole
from pse_opt.verification import Verification
from pse_opt.verification.findings import number

__all__ = [
    "answer_rows",
    "certificate_rows",
    "inequality_rows",
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
MORE_DIGITS = 3
"""Digits of an objective beyond those of the planner's figures: two plans are told apart."""
STOPPED = {
    "given": "; not found here",
    "time_limit": "; stopped at the time limit",
    "interrupted": "; stopped by Ctrl-C",
    "error": "; the solver stopped early",
}


def solve_screen(result: Result, summary: Summary | None, written: str | None) -> RenderableType:
    """The first screen after a solve."""
    parts: list[RenderableType] = []
    if summary is not None:
        parts += [*_answer(result, summary), Text(), _by_service(summary), Text()]
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
    lines = table(*(["", "today", "plan"] if known else ["", "plan"]), space=3)
    for label, today, plan in answer_rows(summary, about.currency):
        lines.add_row(label, *([today] if known else []), plan)
    note = f"* of {whole(summary.people)}: all in places where some service is below it"
    notes = [Text(note, style="dim")] if summary.floors[1] > 0 else []
    return [Text(about.title or about.name, style="bold"), lines, *notes]


def answer_rows(summary: Summary, currency: str) -> list[tuple[str, str, str]]:
    """Return what is asked first, how it is today (dashes without a baseline), and in the plan."""
    rows: list[tuple[str, str, str]] = []
    least, most = summary.floors
    if most > 0:
        standard = percent(most, 0) if least == most else f"{percent(least, 0)[:-1]} to {most:.0%}"
        label = f"people* below the standard of {standard}"
        rows.append((label, whole(summary.below_today), whole(summary.below_plan)))
    covered = percent(summary.covered_today), percent(summary.covered_plan)
    rows.append(("need covered (mean over services)", *covered))
    cost = money(summary.public_cost_today), money(summary.public_cost_plan)
    rows.append((f"public cost a year, {currency}", *cost))
    formerly = summary.shares_today or {}
    for source in SOURCES:
        if max(summary.shares[source], formerly.get(source, 0.0)) > 5e-4:
            shares = percent(formerly.get(source), 0), percent(summary.shares[source], 0)
            rows.append((f"delivered by {WHO[source]}", *shares))
    return rows


def _by_service(summary: Summary) -> Table:
    rescue = any(line.shares["last_resort"] > 5e-4 for line in summary.services)
    levels = ("today", "plan", "least", "most")
    kinds = ("gov.", "NGO", "priv.", *(["last"] if rescue else []))
    standard = summary.floors[1] > 0
    lines = table("coverage of need", *levels, *(["people*"] if standard else []), *kinds)
    for line in summary.services:
        shares = [percent(line.shares[k], 0) for k in SOURCES]
        shown = (line.today, line.plan, line.least, line.greatest)
        lines.add_row(
            line.name,
            *(percent(v) for v in shown),
            *([whole(line.below_plan)] if standard else []),
            *(shares if rescue else shares[:-1]),
        )
    return lines


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
    lines = table("equalization", "of", "measure", "attained", "bound", words=3)
    for row in inequality_rows(result):
        lines.add_row(*row)
    return lines


def inequality_rows(result: Result) -> list[tuple[str, str, str, str, str]]:
    """Return entry, level and service, measure, what is attained, and the bound."""
    rows = []
    for entry in result.policy.equalization:
        for service, measures in result.inequality.get(entry.name, {}).items():
            of = f"{level_name(entry, result.instance, service)}, {service}"
            measure = entry.measure.replace("_", " ")
            attained = measure_in_unit(entry, measures.get(entry.measure))
            rows.append((entry.name, of, measure, attained, measure_in_unit(entry, entry.bound)))
    return rows


def _certificate(result: Result, written: str | None) -> RenderableType:
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    refuted = result.verified is False
    for label, text in certificate_rows(result):
        bad = label == "plan" and refuted
        grid.add_row(label, Text(text, style="bold red" if bad else ""))
    grid.add_row("written", written or "nothing")
    return grid


def certificate_rows(result: Result) -> list[tuple[str, str]]:
    """Return what is proven of a result, checked, and how long it took: labels and words."""
    held = "no plan was found" if result.status == "no_plan" else HOLDS[result.status]
    rows = [("status", held + STOPPED.get(result.termination, ""))]
    rows += [("note", note) for note in result.notes]
    if result.objective is not None:
        gap = "unknown" if result.gap is None else f"{100 * result.gap:.4f}%"
        rows.append(("objective", _objective(result, result.objective)))
        best = " (no plan is better)" if result.bound is not None else ""
        rows.append(("bound", _objective(result, result.bound) + best))
        rows.append(("gap", gap))
        rows.append(("plan", _checked(result)))
    if "total" in result.seconds:
        parts = ", ".join(f"{k} {v:.2f}" for k, v in result.seconds.items() if k != "total")
        rows.append(("time", f"{result.seconds['total']:.1f} s ({parts})"))
    return rows


def _objective(result: Result, value: float | None) -> str:
    if value is None:
        return "unknown"
    objective, (label, entry) = result.policy.objective, goal(result.policy, result.instance)
    if entry is not None:
        figure = in_unit if objective.minimize_inequality is None else measure_in_unit
        return f"{figure(entry, value, MORE_DIGITS)}, {label}"
    if objective.minimize is None:
        return f"{100 * value:.4f}% {label}"
    amount = f"{value:,.2f}" if 1 <= abs(value) < 1e6 else number(value)
    return f"{amount} {result.instance.about.currency} a year"


def _checked(result: Result) -> str:
    found = result.verification
    if found is None or found.ok:
        skipped = (
            f"; not checked: {', '.join(found.unchecked)}" if found and found.unchecked else ""
        )
        return "verified by the independent checker" + skipped
    return "NOT VERIFIED by the independent checker:\n" + str(found)


def plan_screen(
    instance: Instance, policy: Policy, plan: Plan, verification: Verification
) -> RenderableType:
    """What the checker says of a plan."""
    lines = table("service", "coverage", "least", "most", "mean travel")
    names = dict(zip(instance.services["service"], instance.services["name"], strict=True))
    for service, rows in verification.levels.groupby("service", sort=False):
        weights = rows["demand"].to_numpy(dtype=float)
        lines.add_row(
            str(names[service]),
            percent(float(np.average(rows["coverage"], weights=weights))),
            percent(float(rows["coverage"].min())),
            percent(float(rows["coverage"].max())),
            f"{np.average(rows['travel'], weights=weights):.1f} km",
        )
    cost = f"public cost {money(verification.public_cost)} {instance.about.currency}"
    head = f"{instance.name} under {policy.name}: {count(len(plan.engagements), 'offer')} engaged, "
    shown = ", ".join(plan.inferred[:8]) + (", ..." if len(plan.inferred) > 8 else "")
    notes = [Text(f"size taken as the cheapest that fits: {shown}")] if plan.inferred else []
    verdict = Text(str(verification), style="" if verification.ok else "red")
    return Group(Text(head + cost, style="bold"), lines, *notes, verdict)
