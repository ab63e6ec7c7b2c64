"""Sections of a report: how equal it is, which limits bind, what changes against today."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from pse_opt import measures
from pse_opt.analysis.summary import SOURCES
from pse_opt.components import COMPONENTS
from pse_opt.report.levels import COVERAGE, by_region, distributions, entry_named
from pse_opt.report.limits import NEAR, binding
from pse_opt.report.parts import Picture, Section, Table, table
from pse_opt.report.plots import plot_levels, plot_lorenz
from pse_opt.report.story import Story
from pse_opt.report.words import sentence
from pse_opt.screens import WHO, answer_rows, inequality_rows
from pse_opt.terminal import count, percent, whole
from pse_opt.verification.findings import records

__all__ = ["changes", "equal", "key_figures", "limits"]

MOVED = 5e-3
"""Half a point of coverage: regions that move less are said to stay."""
MEASURES = ("range", "gini", "hoover", "theil")


def key_figures(story: Story) -> Table:
    """What is asked first, today and under the plan."""
    rows = answer_rows(story.summary, story.currency)
    known = story.summary.public_cost_today is not None
    people = f"* of {whole(story.summary.people)}: all in places where some service is below it"
    note = people if story.summary.floors[1] > 0 else ""
    heads = ("", "today", "plan") if known else ("", "plan")
    shown = rows if known else [(label, plan) for label, _, plan in rows]
    return table("Key figures", heads, shown, note=note)


def equal(story: Story) -> Section:
    """How unequal the plan is: curves, distributions, groups, regions."""
    result = story.result
    words = ["The nearer a curve is to the straight line, the more equal: on the line everybody "
             "has the same. A Gini coefficient of 0% is full equality."]  # fmt: skip
    entries = [e.name for e in result.policy.equalization] or [COVERAGE.name]
    pictures = [p for name in entries[:3] for p in _pictures(story, name)]
    tables = []
    rows = inequality_rows(result)
    if rows:
        heads = ("entry", "level, service", "measure", "attained", "bound")
        tables.append(table("Equalization that the policy asks for", heads, rows, words=3))
    tables += [_measures(story), *_groups(story), _regions(story)]
    return Section("equalization", "Where it is unequal", words, pictures=pictures, tables=tables)


def _pictures(story: Story, name: str) -> list[Picture]:
    entry = entry_named(story.result, name)
    what = f"{entry.level.replace('_', ' ')} between {entry.between.replace('-', ' ')}"
    spread = "; ".join(
        f"{s.name} {percent(s.least)} to {percent(s.greatest)}" for s in story.summary.services
    )
    today = " today and under the plan" if story.before is not None else ""
    return [
        story.picture(
            f"levels-{name}",
            lambda: plot_levels(story.result, name),
            f"Distribution of {what}{today}: line from least to greatest, bar for the middle "
            "four fifths of the people",
            f"Distribution of {what}{today}. Coverage under the plan: {spread}.",
        ),
        story.picture(
            f"lorenz-{name}",
            lambda: plot_lorenz(story.result, name),
            f"Lorenz curves of {what}{today}",
            f"Lorenz curves of {what}{today}, one panel for each service; the table of measures "
            "has their Gini coefficients.",
        ),
    ]


def _measures(story: Story) -> Table:
    """Several measures of what is compared, today and under the plan."""
    entry = entry_named(story.result, None)
    names = {"range": "range", "gini": "Gini", "hoover": "Hoover", "theil": "Theil"}
    rows, unit = [], ""
    for one in distributions(story.result, entry):
        unit = one.unit
        for when, levels, people in (
            ("today", one.today, one.today_people),
            ("plan", one.levels, one.people),
        ):
            if levels is not None:
                spread, *others = (measures.MEASURES[m](levels, people) for m in MEASURES)
                rows.append((one.name, when, f"{spread:.2f}", *(f"{100 * v:.2f}%" for v in others)))
    heads = ("service", "when", f"range ({unit})", *(names[m] for m in MEASURES[1:]))
    what = f"{entry.level.replace('_', ' ')} between {entry.between.replace('-', ' ')}"
    note = "In every measure 0 is equality; people count as the policy counts them."
    return table(f"Inequality of {what}", heads, rows, words=2, note=note)


def _groups(story: Story) -> list[Table]:
    """Coverage of groups of people, where there are any."""
    frames = {"plan": story.levels}
    if story.today is not None:
        frames = {"today": story.today.levels, **frames}
    if not (story.levels["group"] != "").any():
        return []
    found = {}
    for label, levels in frames.items():
        mine = levels[levels["group"] != ""]
        sums = mine.groupby(["service", "group"], sort=False)[["served", "demand"]].sum()
        found[label] = sums["served"] / sums["demand"]
    rows = [
        (story.services[service], group, *(percent(float(found[k][service, group])) for k in found))
        for service, group in found["plan"].index
    ]
    return [table("Coverage of groups", ("service", "group", *found), rows, words=2)]


def _regions(story: Story) -> Table:
    """Coverage of every region, service by service, least covered first."""
    frame, instance = story.coverage, story.instance
    known = instance.regions.set_index("region")
    names = dict(zip(known.index, known["jurisdiction"], strict=True))
    services = [s.service for s in story.summary.services]
    mean = frame[services].mean(axis=1).sort_values(kind="stable")
    former = [] if story.today is None else [by_region(story.today.levels).mean(axis=1)]
    columns = [*former, mean, *(frame[s] for s in services)]
    people = known["population"]
    rows = [
        (
            story.regions[str(region)],
            story.jurisdictions.get(str(names[region]), ""),
            whole(float(people[str(region)])),
            *(_share(column.get(str(region))) for column in columns),
        )
        for region in mean.index
    ]
    heads = ("region", "jurisdiction", "people", *(["mean today"] if former else []),
             "mean, plan", *(story.services[s] for s in services))  # fmt: skip
    caption = "Coverage of need by region, least covered first"
    return table(caption, heads, rows, words=2, file="levels.csv")


def _share(value: Any) -> str:
    return "-" if value is None or value != value else percent(float(value))


def limits(story: Story) -> Section:
    """Which rules the plan is up against."""
    frame = binding(story.result)
    words = [f"A limit is said to bind where less than {100 * NEAR:g}% of it is left: there the "
             "rule decides what the plan is, and to loosen it may help."]  # fmt: skip
    if frame.empty:
        return Section("limits", "Which limits bind", [*words, "No limit binds."])
    rules = frame["rule"].value_counts(sort=False)
    meanings = {rule: _meaning(str(rule)) for rule in rules.index}
    rows = [(_named(str(r)), meanings[r], whole(float(n))) for r, n in rules.items()]
    largest = rules.sort_values(ascending=False, kind="stable").head(3)
    named = ", ".join(f"{_named(str(r))} in {count(int(n), 'place')}" for r, n in largest.items())
    words.append(f"Most often: {named}.")
    every = [(_named(line.rule), _place(story, line.where), line.words)
             for line in records(frame)]  # fmt: skip
    tables = [
        table("Rules that bind", ("rule", "what it says", "places"), rows, words=2),
        table("Where they bind", ("rule", "where", "used and allowed"), every, words=3),
    ]
    return Section("limits", "Which limits bind", words, tables=tables)


def _place(story: Story, where: str) -> str:
    return story.services.get(where, where)


def _named(rule: str) -> str:
    return rule.replace("_", " ")


def _meaning(rule: str) -> str:
    name = "equalization_bound" if rule.startswith("equalization.") else rule
    return sentence(COMPONENTS[name].function.__doc__) if name in COMPONENTS else ""


def changes(story: Story) -> Section:
    """What changes against today's plan."""
    title = "What changes against today"
    moved = story.summary.changes
    if story.before is None or moved is None:
        return Section("changes", title, ["The instance has no plan of today to compare with."])
    up, down = moved["change"] > MOVED, moved["change"] < -MOVED
    former, now = (set(p.engagements["offer"]) for p in (story.before, story.plan))
    points = [
        f"{count(int(up.sum()), 'region')} with {whole(moved.loc[up, 'population'].sum())} people "
        f"gain coverage, {count(int(down.sum()), 'region')} with "
        f"{whole(moved.loc[down, 'population'].sum())} people lose some (mean over services).",
        f"{count(len(now - former), 'offer')} are engaged anew, {len(former - now):,} are ended, "
        f"{len(now & former):,} stay.",
    ]
    tables = [_by_service(story), _moves(story), _started(story, former, now)]
    return Section("changes", title, points=points, tables=tables)


def _by_service(story: Story) -> Table:
    rows = []
    for line in story.summary.services:
        formerly = line.shares_today or {}
        moves = [f"{100 * (line.shares[s] - formerly.get(s, 0.0)):+.0f}" for s in SOURCES[:3]]
        change = 100 * (line.plan - (line.today or 0.0))
        below = (whole(line.below_today), whole(line.below_plan))
        rows.append((line.name, percent(line.today), percent(line.plan), f"{change:+.1f}", *below,
                     *moves))  # fmt: skip
    heads = ("service", "covered today", "plan", "points", "people below, today", "plan",
             *(f"{WHO[s]}, points" for s in SOURCES[:3]))  # fmt: skip
    return table("Coverage, people below the standard, and who delivers", heads, rows)


def _moves(story: Story) -> Table:
    frame = story.summary.changes
    assert frame is not None
    kept = frame[frame["change"].abs() > MOVED]
    rows = [
        (story.regions[str(r)], whole(float(people)), f"{100 * change:+.1f}")
        for r, people, change in zip(kept["region"], kept["population"], kept["change"],
                                     strict=True)
    ]  # fmt: skip
    heads = ("region", "people", "points of coverage")
    return table("Regions that gain and lose, mean over services", heads, rows, file="levels.csv")


def _started(story: Story, former: set[str], now: set[str]) -> Table:
    offers: pd.DataFrame = story.instance.tables["offers"]
    kinds = dict(
        zip(story.instance.providers["provider"], story.instance.providers["kind"], strict=True)
    )
    told = offers.assign(
        change=np.select(
            [offers["offer"].isin(now - former), offers["offer"].isin(former - now)],
            ["begins", "ends"],
            "",
        )
    )
    rows = [
        (str(line.offer), str(line.change), story.providers[line.provider],
         {"ngo": "NGO"}.get(kinds[line.provider], str(kinds[line.provider])),
         story.services[line.service], story.regions[line.region])
        for line in records(told[told["change"] != ""])
    ]  # fmt: skip
    heads = ("offer", "change", "provider", "kind", "service", "place")
    return table("Offers that begin and end", heads, rows, words=6, file="plan.csv")
