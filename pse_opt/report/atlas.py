"""Section of a report with maps: what regions get, who provides, deliveries as lines."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pandas as pd

from pse_opt.report.maps import plot_map
from pse_opt.report.network import lines_of, plot_network
from pse_opt.report.parts import Picture, Section
from pse_opt.report.story import Story
from pse_opt.report.style import WIDTH
from pse_opt.report.words import listed
from pse_opt.screens import WHO
from pse_opt.terminal import percent

__all__ = ["maps"]

WORST = 3
"""Regions that are named as those covered least."""


def maps(story: Story) -> Section:
    """Regions by what they get, providers by kind, deliveries as lines."""
    if not story.located:
        return Section("maps", "Maps", ["No region has coordinates, so there is no map."])
    shapes = "area" if story.instance.geometry is not None else "circle, larger with more people,"
    words = [
        f"Every region is a {shapes} shaded by the share of need that is covered there: dark is "
        "little. Those covered least are named. Lines are deliveries to people of other regions, "
        "wider where more is delivered."
    ]
    return Section("maps", "Maps", words, pictures=[*_overviews(story), *_by_map(story)])


def _overviews(story: Story) -> Iterator[Picture]:
    """All services: coverage, providers, deliveries across borders."""
    instance, plan, levels = story.instance, story.plan, story.levels
    label = f"Map of regions by coverage. {_lowest(story, story.coverage.mean(axis=1))}"
    yield story.picture(
        "map",
        lambda: plot_map(
            instance, levels, plan=plan, offers=False, width=WIDTH, title="Coverage, all services"
        ),
        "Share of need covered, mean over services",
        label,
    )
    kinds = story.offers["kind"].value_counts()
    counted = listed([f"{WHO[str(k)]} {n:,}" for k, n in kinds.items()])
    yield story.picture(
        "map-providers",
        lambda: plot_map(
            instance, plan=plan, level=None, width=WIDTH, title="Providers engaged, all services"
        ),
        "Offers engaged by kind of provider",
        f"Map of engaged offers: {counted}.",
    )
    yield story.picture(
        "map-lines",
        lambda: plot_network(instance, plan, width=WIDTH),
        "Deliveries to people of other regions, all services",
        f"Map of {_lines(story, None)} across borders of regions.",
    )


def _by_map(story: Story) -> Iterator[Picture]:
    """Each service: coverage, and deliveries across borders."""
    for k, service in enumerate(s.service for s in story.summary.services):
        name, lowest = story.services[service], _lowest(story, story.coverage[service])
        yield story.picture(
            f"map-{k}",
            partial(
                plot_map,
                story.instance,
                story.levels,
                plan=story.plan,
                service=service,
                title=name,
                offers=False,
                deliveries=True,
                width=WIDTH,
            ),
            f"{name}: share of need covered, and deliveries to people of other regions",
            f"Map of coverage in {name}, with {_lines(story, service)}. {lowest}",
        )


def _lines(story: Story, service: str | None) -> str:
    number = len(lines_of(story.instance, story.plan, service))
    return "1 delivery" if number == 1 else f"{number:,} deliveries"


def _lowest(story: Story, values: pd.Series) -> str:
    worst = values.dropna().sort_values(kind="stable").head(WORST)
    named = [f"{story.regions[str(r)]} {percent(float(v))}" for r, v in worst.items()]
    return f"Least: {listed(named)}."
