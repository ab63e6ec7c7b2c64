"""What the terminal shows of what there is: instances and models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from pse_opt.instance import Instance
from pse_opt.manual import equations, readable, settings
from pse_opt.policy import Policy
from pse_opt.terminal import count, paragraphs, table, whole

__all__ = ["check_screen", "instance_screen", "listing", "maths_screen", "model_screen"]


def listing(
    instances: list[dict[str, Any]],
    recipes: list[dict[str, Any]],
    others: Mapping[str, list[dict[str, Any]]],
) -> RenderableType:
    """The shipped instances, those built by command, and models and suites by kind."""
    parts: list[RenderableType] = [Text("instances", style="bold"), *map(_sized, instances)]
    if recipes:
        head = Text("instances built by command", style="bold")
        head.append(": build recipe NAME --raw FOLDER --out NAME", style="not bold")
        parts += [Text(), head, *map(_sized, recipes)]
    for kind, items in others.items():
        lines = Table.grid(padding=(0, 2, 0, 0))
        for item in items:
            lines.add_row(f"  {item['name']}", item["title"])
        parts += [Text(), Text(kind, style="bold"), lines]
    return Group(*parts)


def _sized(item: dict[str, Any]) -> RenderableType:
    """An instance in three lines: name, title, sizes."""
    nouns = ("region", "service", "need", "offer", "link")
    sizes = ", ".join(count(item[f"{noun}s"], noun) for noun in nouns)
    return Group(Text(f"  {item['name']}"), paragraphs([f"  {item['title']}", f"  {sizes}"]))


def check_screen(instance: Instance) -> RenderableType:
    """What an instance without problems amounts to, and what is doubtful about it."""
    frames = {
        "region": instance.regions,
        "service": instance.services,
        "need": instance.needs,
        "offer": instance.offers,
        "link": instance.links,
    }
    sizes = ", ".join(count(len(frame), noun) for noun, frame in frames.items())
    head = f"{instance.name}: no problems, {count(len(instance.warnings), 'warning')}"
    lines = [Text(head, style="bold"), Text(sizes)]
    return Group(*lines, paragraphs([str(w) for w in instance.warnings]))


def instance_screen(instance: Instance) -> RenderableType:
    """An instance in detail."""
    about = instance.about
    lines = table(
        "service", "unit", "needs", "demand", "offers", "gov.", "NGO", "priv.", "links", words=2
    )
    for s, line in enumerate(instance.services.itertuples()):
        mine = instance.offers[instance.offers["service_at"] == s]
        needs = instance.needs[instance.needs["service_at"] == s]
        kinds = mine["kind"].value_counts()
        lines.add_row(
            str(line.name),
            str(line.unit),
            str(len(needs)),
            whole(needs["demand"].sum()),
            whole(len(mine)),
            *(whole(kinds.get(k, 0)) for k in ("government", "ngo", "private")),
            whole(sum(len(instance.links_of_need[n]) for n in needs.index)),
        )
    people = f"{whole(instance.regions['population'].sum())} people"
    facts = f"{count(len(instance.regions), 'region')}, {people}; money in {about.currency}"
    parts: list[RenderableType] = [Text(about.title or about.name, style="bold")]
    parts += [Text(_unwrapped(about.description) or "no description")]
    parts += [Text(facts + (f", {about.year}" if about.year else "")), Text(), lines]
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
        lines = table(heading, "value", "meaning", words=3)
        lines.columns[0].no_wrap = True
        for key, value, meaning in rows:
            lines.add_row(key, value, meaning)
        parts += [lines, Text()]
    parts.append(Text("Set any of them with --set KEY=VALUE. Equations: --maths.", style="dim"))
    return Group(*parts)


def maths_screen(policy: Policy) -> RenderableType:
    """A model's equations, headings in bold."""
    return Group(*map(_line, readable(equations(policy)).splitlines()))


def _line(text: str) -> RenderableType:
    if text.startswith("#"):
        return Text(text.lstrip("# "), style="bold")
    if text.startswith("- "):  # also where it wraps, the text stands beside its mark
        grid = Table.grid(padding=(0, 1, 0, 0))
        grid.add_row("-", text.removeprefix("- "))
        return grid
    return Text(text)


def _unwrapped(text: str) -> str:
    """Return a description without the line breaks it was typed with."""
    return "\n\n".join(" ".join(part.split()) for part in text.split("\n\n")).strip()
