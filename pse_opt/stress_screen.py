"""What the terminal shows of a stress test, at 80 columns, to be read aloud."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.text import Text

from pse_opt.sensitivity_screen import between
from pse_opt.terminal import count, money, paragraphs, percent, table, whole

if TYPE_CHECKING:
    from pse_opt.analysis.stress_result import Held, Stress, Trial

__all__ = ["stress_screen"]

SHOWN = 12
"""Lines of a table, the worst first; the files have all."""
FEW = 3
"""Draws below which quantiles say nothing."""
PLACES = 3
"""Places named of one scenario."""


def stress_screen(found: Stress) -> RenderableType:
    """Scenarios by kind: what breaks, what recovery costs, what is regretted."""
    about = found.instance.about
    parts: list[RenderableType] = [Text(about.title or about.name, style="bold")]
    cost = f"{money(found.objective)} {about.currency} a year"
    parts.append(Text(f"the plan in other worlds (model {found.model}); today it costs {cost}"))
    parts += [
        Text("kept: the same engagements, deliveries anew; short: people below a floor;"),
        Text("behind: a target; each as the part that is missing, once for each service"),
    ]
    for title, kinds in (
        ("Providers that drop out", ("dropout", "worst")),
        ("Demand and costs", ("demand", "price")),
    ):
        trials = found.of_kind(*kinds)
        if trials:
            parts += [Text(), Text(f"{title}:", style="bold"), *_table(found, list(trials))]
    parts += _draws(found)
    parts += [Text(f"note: {note}") for note in found.notes]
    if found.missing:
        shown = ", ".join(found.missing[:SHOWN])
        more = f" and {len(found.missing) - SHOWN} more" if len(found.missing) > SHOWN else ""
        parts.append(Text(f"not solved, for Ctrl-C came first: {shown}{more}"))
    return Group(*parts)


def _table(found: Stress, trials: list[Trial]) -> Iterator[RenderableType]:
    """The worst scenarios first, each with where it hurts."""
    lines = table("", "short", "behind", "cost kept", "recovery costs", "regret", words=1)
    lines.columns[0].no_wrap, lines.columns[0].overflow = False, "fold"
    ordered = sorted(trials, key=_rank)
    for trial in ordered[:SHOWN]:
        lines.add_row(trial.name, *_cells(trial))
    yield lines
    if len(ordered) > SHOWN:
        yield Text(f"and {len(ordered) - SHOWN} more in the files")
    if found.search and any(t.kind == "worst" for t in trials):
        worst = next(t for t in trials if t.kind == "worst")
        yield Text(f"worst together: {worst.name} ({found.search})")
    for trial in ordered[:PLACES]:
        if trial.held is not None and trial.held.rules:
            yield paragraphs([f"{trial.name}: {_hurt(found, trial.held)}"])


def _rank(trial: Trial) -> tuple[float, ...]:
    held = trial.held
    return (-float("inf"),) if held is None else tuple(-x for x in held.severity)


def _cells(trial: Trial) -> Iterator[str]:
    held, new = trial.held, trial.recovered
    if held is None:
        yield from ("-", "-", "-")
    else:
        yield whole(held.people)
        yield whole(held.target_people)
        yield money(held.cost) if held.kept else f"breaks {count(len(held.rules), 'rule')}"
    if new is None:
        yield from ("", "")
        return
    if new.status == "infeasible":
        yield from ("impossible", "")
        return
    yield new.status if new.cost.found is None else f"{new.cost.found:+,.0f}"
    yield "" if new.regret is None else between(new.regret)


def _hurt(found: Stress, held: Held) -> str:
    """Units and places."""
    units = dict(
        zip(found.instance.services["service"], found.instance.services["unit"], strict=True)
    )
    said = []
    for amounts, words in (
        (held.units, "below floors"),
        (held.target_units, "below targets"),
        (held.last_resort, "by last resort"),
    ):
        said += [f"{whole(v)} {units[s]} {words}" for s, v in amounts.items() if v >= 0.5]
    places = held.worse[held.worse["short"] > 0].head(PLACES)
    where = [
        f"{name} ({service} {percent(share, 0)})"
        for name, service, share in zip(
            places["name"], places["service"], places["coverage"], strict=True
        )
    ]
    if where:
        said.append(f"worst in {', '.join(where)}")
    return "; ".join(said) or held.rules[0]


def _draws(found: Stress) -> list[RenderableType]:
    """Quantiles over the draws of demand."""
    draws = found.of_kind("draw")
    if not draws:
        return []
    frame = found.quantiles()
    kept = sum(t.held is not None and t.held.kept for t in draws)
    lines = table("quantile over draws", "draws", *map(str, frame.columns[3:]), words=1)
    names = {"held_cost": "cost kept", "people_short": "people short", "regret": "regret"}
    for quantity, _, drawn, *values in frame.to_numpy().tolist():
        if drawn < FEW:
            continue
        lines.add_row(names[quantity], str(drawn), *map(money, values))
    return [
        Text(),
        Text(f"{count(len(draws), 'draw')} of demand (seed {found.seed}):", style="bold"),
        lines,
        Text(f"in {kept} of {len(draws)} the engagements keep all rules"),
    ]
