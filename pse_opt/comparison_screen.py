"""What the terminal shows of mechanisms side by side, at 80 columns, to be read aloud."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from pse_opt.analysis.entry import PUBLIC, TODAY, Entry, Figures
from pse_opt.analysis.summary import SOURCES
from pse_opt.screens import WHO
from pse_opt.terminal import count, money, percent, table, whole

if TYPE_CHECKING:
    from pse_opt.analysis.compare import Comparison
    from pse_opt.analysis.savings import BreakEven, Saving

__all__ = ["compare_screen", "ranges", "side_by_side", "verdict"]

Cell = Callable[[Figures], str]
ACROSS = 4
"""Models that stand beside today in one table; more follow in a table below."""
SHORT = {
    "optimal": "optimal",
    "within_gap": "within gap",
    "feasible": "not proven",
    "infeasible": "infeasible",
    "unbounded": "unbounded",
    "no_plan": "no plan",
}
PAYERS = {PUBLIC: "budgets"}
RECEIVERS = {"ngo": "NGOs", "private": "private providers", "last_resort": "last resort"}


def compare_screen(found: Comparison) -> RenderableType:
    """Mechanisms side by side."""
    about = found.instance.about
    parts: list[RenderableType] = [Text(about.title or about.name, style="bold"), Text()]
    for at in range(0, len(found.entries), ACROSS):
        parts += [_side_by_side(found, found.entries[at : at + ACROSS]), Text()]
    parts += [line for e in found.entries if e.figures is None for line in _missing(e)]
    if found.missing:
        parts += [Text(f"not solved, for Ctrl-C came first: {', '.join(found.missing)}"), Text()]
    parts += [Text(line) for line in verdict(found)]
    if found.variants:
        parts += [Text(), _ranges(found)]
    changes = list(_changes(found))
    return Group(*parts, *([Text(), *changes] if changes else []))


def _side_by_side(found: Comparison, entries: Sequence[Entry]) -> Table:
    """Figures of today and of several models, each a column."""
    heads, rows = side_by_side(found, entries)
    lines = table(*heads, space=2)
    for column in lines.columns:
        column.no_wrap = False
    for cells in rows:
        lines.add_row(*cells)
    return lines


def side_by_side(
    found: Comparison, entries: Sequence[Entry]
) -> tuple[list[str], list[tuple[str, ...]]]:
    """Return heads and rows of the table of today and several models, each a column."""
    today = found.today
    names = [*([TODAY] if today is not None else []), *(e.model for e in entries)]
    figures = [*([today] if today is not None else []), *(e.figures for e in entries)]
    rows: list[tuple[str, ...]] = []

    def of_model(name: str, cell: Callable[[Entry], str]) -> None:
        rows.append((name, *([""] if today is not None else []), *(cell(e) for e in entries)))

    of_model("status", lambda e: SHORT[e.status] if e.verified in (True, None) else "NOT VERIFIED")
    of_model("objective", _objective)
    of_model("no plan is below" if all(e.cost for e in entries) else "bound", _bound)
    of_model("gap", lambda e: "-" if e.gap is None else f"{100 * e.gap:.2f}%")
    known = [f for f in figures if f is not None]
    counted = {t for e in found.entries for t in e.terms}
    for name, cell in _rows(known, counted) if known else ():
        rows.append((name, *("-" if f is None else cell(f) for f in figures)))
    return [f"{found.instance.about.currency} a year", *names], rows


def _objective(entry: Entry) -> str:
    return _goal(entry, entry.objective)


def _bound(entry: Entry) -> str:
    return _goal(entry, entry.bound)


def _goal(entry: Entry, value: float | None) -> str:
    if value is None:
        return "-"
    return money(value) if entry.cost else f"{value:.4g}"


def _rows(figures: Sequence[Figures], counted: Collection[str]) -> Iterator[tuple[str, Cell]]:
    """Rows that say something of one of the plans."""
    yield "public cost", lambda f: money(f.public_cost)
    yield from (_cost_row("cost" if t in counted else "beside", t) for t in _terms(figures))
    yield "need covered", lambda f: percent(f.covered)
    if len(figures[0].coverage) > 1:
        yield from (_coverage_row(s) for s in figures[0].coverage)
    yield "people below standard", lambda f: whole(f.below)
    yield "range of regions", lambda f: percent(_worst(f, "range"))
    yield "Gini of regions", lambda f: f"{_worst(f, 'gini'):.4f}"
    if any(f.satisfaction is not None for f in figures):
        yield "satisfaction", lambda f: percent(f.satisfaction)
    for source in SOURCES:
        if any(f.shares.get(source, 0.0) > 5e-4 for f in figures):
            yield _share_row(source)
    yield "NGOs' public money", lambda f: percent(f.dependence, 0)
    yield from (_flow_row(payer, receiver) for payer, receiver in _pairs(figures))


def _terms(figures: Sequence[Figures]) -> list[str]:
    """Cost terms that are not nothing in every plan."""
    terms = dict.fromkeys(t for f in figures for t in f.costs)
    return [t for t in terms if any(abs(f.costs.get(t, 0.0)) > 1e-6 for f in figures)]


def _cost_row(head: str, term: str) -> tuple[str, Cell]:
    """A cost term, or one that no model's objective counts."""
    return f"{head}: {term.replace('_', ' ')}", lambda f: money(f.costs.get(term, 0.0))


def _coverage_row(service: str) -> tuple[str, Cell]:
    return f"covered: {service.replace('_', ' ')}", lambda f: percent(f.coverage.get(service))


def _share_row(source: str) -> tuple[str, Cell]:
    return f"by {WHO[source]}", lambda f: percent(f.shares.get(source, 0.0), 0)


def _flow_row(payer: str, receiver: str) -> tuple[str, Cell]:
    name = f"{PAYERS.get(payer, payer)} pay {RECEIVERS.get(receiver, receiver)}"
    return name, lambda f: money(_flow(f, payer, receiver))


def _worst(figures: Figures, measure: str) -> float:
    """The greatest inequality of any service."""
    return max(values[measure] for values in figures.inequality.values())


def _pairs(figures: Sequence[Figures]) -> list[tuple[str, str]]:
    pairs = (zip(f.flows["payer"], f.flows["receiver"], strict=True) for f in figures)
    return list(dict.fromkeys(pair for some in pairs for pair in some))


def _flow(figures: Figures, payer: str, receiver: str) -> float:
    flows = figures.flows
    mine = flows[(flows["payer"] == payer) & (flows["receiver"] == receiver)]
    return float(mine["amount"].sum())


def _missing(entry: Entry) -> Iterator[RenderableType]:
    """Why a model has no plan."""
    yield Text(f"{entry.model}: {SHORT[entry.status]}", style="bold")
    yield from (Padding(Text(reason), (0, 0, 0, 2)) for reason in entry.reasons)
    yield Text()


def verdict(found: Comparison) -> Iterator[str]:
    """What is saved, by whom, and how sure that is."""
    currency = found.instance.about.currency
    for kept in found.savings:
        yield f"{kept.model} against {kept.against}: {_saved(kept, currency)}"
        rules = found.differences.get(kept.model, ())
        if rules:
            yield f"  (their rules differ too: {', '.join(rules)})"
    value = found.ngo_value
    if value is not None:
        yield f"value of the NGO mechanism: {_saved(value, currency)}"
        if value.against != found.entries[0].model:
            yield f"  ({value.model} against {value.against})"
    elif found.mixed is not None and found.without is not None:
        yield f"value of the NGO mechanism: unknown; {_why_unknown(found)}"
    if found.break_even is not None:
        yield from _break_even(found.break_even, currency)


def _saved(kept: Saving, currency: str) -> str:
    word = "saves" if kept.found >= 0 else "costs"
    more = "" if kept.found >= 0 else " more"
    ends = sorted((kept.least, kept.most), key=abs)
    least, most = (money(v if kept.found >= 0 else -v) for v in ends)
    sure = "proven" if least == most else f"proven to lie between {least} and {most}"
    if not kept.proven:
        sure = f"not proven: it is within the gaps ({money(kept.least)} to {money(kept.most)})"
    return f"{word} {money(abs(kept.found))} {currency} a year{more}; {sure}"


def _why_unknown(found: Comparison) -> str:
    assert found.without is not None
    if found.without.status == "infeasible":
        return f"without NGOs no plan keeps the rules of {found.mixed}"
    return "costs and bounds of both models are needed"


def _break_even(searched: BreakEven, currency: str) -> Iterator[str]:
    gaps = [t.gap for t in searched.trials if t.gap is not None]
    at = f" ({len(searched.trials)} solves, gaps up to {100 * max(gaps):.2f}%)" if gaps else ""
    if searched.low == 0:
        yield f"break-even: at no cost looked at is it proven that NGOs save anything{at}"
    elif math.isinf(searched.high):
        yield f"break-even: NGOs pay even at {searched.low:.3g} times their costs{at}"
    else:
        yield (
            f"break-even: NGOs pay up to {searched.low:.3g} times their present costs, and not "
            f"provably at {searched.high:.3g} times{at}"
        )
        if searched.left is not None:
            left = money(searched.left)
            yield f"  at {searched.high:.3g} times they save {left} {currency} at most"
    if searched.ratio is not None:
        low, high = searched.low * searched.ratio, searched.high * searched.ratio
        bounded = searched.low > 0 and math.isfinite(high)
        ends = f", break-even {low:.3g} to {high:.3g}" if bounded else ""
        yield f"  cost of a unit, NGOs over government: {searched.ratio:.3g} today{ends}"


def _ranges(found: Comparison) -> Table:
    """Costs and savings under the instance's cost variants."""
    heads, rows = ranges(found)
    lines = table(*heads, space=2)
    for column in lines.columns:
        column.no_wrap = False
    for cells in rows:
        lines.add_row(*cells)
    return lines


def ranges(found: Comparison) -> tuple[list[str], list[tuple[str, ...]]]:
    """Return heads and rows of the table of costs and savings under the cost variants."""
    names = [e.model for e in found.entries]
    every: Mapping[str, Sequence[Entry]] = {"": found.entries, **found.variants}
    rows = []
    for variant in sorted(every, key=lambda v: {"low": 0, "": 1, "high": 2}.get(v, 3)):
        entries = every[variant]
        costs = [SHORT[e.status] if e.objective is None else _objective(e) for e in entries]
        rows.append((variant or "as it is", *costs, *_savings_of(entries)))
    return ["cost variant", *names, *(f"{n} saves" for n in names[1:])], rows


def _savings_of(entries: Sequence[Entry]) -> list[str]:
    from pse_opt.analysis.savings import saving

    kept = [saving(entries[0], e) for e in entries[1:]]
    return ["-" if s is None else money(s.found) + ("" if s.proven else " ?") for s in kept]


def _changes(found: Comparison) -> Iterator[Text]:
    """Who gains and who loses coverage, against today and against the first model."""
    for entry in found.entries:
        for against in (TODAY, found.entries[0].model):
            frame = found.changes(entry.model, against)
            if entry.model == against or frame.empty:
                continue
            regions = frame[frame["of"] == "region"]
            up, down = (int((sign * regions["change"] > 5e-3).sum()) for sign in (1, -1))
            text = f"{entry.model} against {against}: "
            text += f"{up} of {count(len(regions), 'region')} gain coverage, {down} lose"
            named = pd.concat([_extremes(regions), frame[frame["of"] == "group"]])
            pairs = zip(named["name"], named["change"].to_numpy(dtype=float), strict=True)
            said = ", ".join(f"{name} {100 * change:+.0f}" for name, change in pairs)
            yield Text(text + (f"\n  {said}" if said else ""))


def _extremes(regions: pd.DataFrame) -> pd.DataFrame:
    """The regions that gain and lose most."""
    ends = regions[regions["change"].abs() > 5e-3]
    return ends if len(ends) <= 6 else ends.iloc[[0, 1, 2, -3, -2, -1]]
