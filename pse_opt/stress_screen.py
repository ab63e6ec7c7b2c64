"""What the terminal shows of a stress test, at 80 columns, to be read aloud."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.text import Text

from pse_opt.sensitivity_screen import between
from pse_opt.terminal import count, money, paragraphs, percent, table, whole

if TYPE_CHECKING:
    from pse_opt.analysis.aim import Aim
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
    aim, head = found.aim, f"the plan in other worlds (model {found.model})"
    now = f"{aim.amount(found.objective)} {aim.shown}".strip()
    if aim.cost:
        parts.append(Text(f"{head}; today it costs {now}"))
    else:
        parts += [Text(head), Text(f"{aim.name}, {aim.extreme} is best; today: {now}")]
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
    heads = ("cost kept", "recovery costs") if found.aim.cost else ("kept", "worse by")
    lines = table("", "short", "behind", *heads, "regret", words=1)
    lines.columns[0].no_wrap, lines.columns[0].overflow = False, "fold"
    ordered = sorted(trials, key=lambda t: _rank(t, found.aim))
    for trial in ordered[:SHOWN]:
        lines.add_row(trial.name, *_cells(trial, found.aim))
    yield lines
    if len(ordered) > SHOWN:
        yield Text(f"and {len(ordered) - SHOWN} more in the files")
    if found.search and any(t.kind == "worst" for t in trials):
        worst = next(t for t in trials if t.kind == "worst")
        yield Text(f"worst together: {worst.name} ({found.search})")
    for trial in ordered[:PLACES]:
        if trial.held is not None and trial.held.rules:
            yield paragraphs([f"{trial.name}: {_hurt(found, trial.held)}"])


def _rank(trial: Trial, aim: Aim) -> tuple[float, ...]:
    held = trial.held
    return (-float("inf"),) if held is None else tuple(-x for x in held.severity(aim))


def _cells(trial: Trial, aim: Aim) -> Iterator[str]:
    held, new = trial.held, trial.recovered
    if held is None:
        yield from ("-", "-", "-")
    else:
        yield whole(held.people)
        yield whole(held.target_people)
        yield (
            aim.amount(held.objective) if held.kept else f"breaks {count(len(held.rules), 'rule')}"
        )
    if new is None:
        yield from ("", "")
        return
    if new.status == "infeasible":
        yield from ("impossible", "")
        return
    yield new.status if new.cost.found is None else aim.amount(new.cost.found, "+")
    yield "" if new.regret is None else between(new.regret, aim)


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
    kept_word = "cost kept" if found.aim.cost else f"{found.aim.name} kept"
    names = {"held_objective": kept_word, "people_short": "people short", "regret": "regret"}
    for quantity, _, drawn, *values in frame.to_numpy().tolist():
        if drawn < FEW:
            continue
        tell = money if quantity == "people_short" else found.aim.amount
        lines.add_row(names[quantity], str(drawn), *map(tell, values))
    return [
        Text(),
        Text(f"{count(len(draws), 'draw')} of demand (seed {found.seed}):", style="bold"),
        lines,
        Text(f"in {kept} of {len(draws)} the engagements keep all rules"),
    ]
