"""Sections of the report of a comparison: mechanisms side by side, what they save, who gains."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pse_opt.analysis.entry import TODAY, Entry
from pse_opt.comparison_screen import ranges, side_by_side, verdict
from pse_opt.report.certificate import grounds
from pse_opt.report.comparison import panel
from pse_opt.report.moves import change_by_region, gained_and_lost, moves_table, plot_change
from pse_opt.report.parts import Picture, Section, Table, table
from pse_opt.report.style import WIDTH, counted
from pse_opt.report.svg import as_svg
from pse_opt.report.words import amount, listed
from pse_opt.screens import WHO
from pse_opt.terminal import percent

if TYPE_CHECKING:
    from pse_opt.analysis.compare import Comparison
    from pse_opt.analysis.entry import Figures

__all__ = ["comparison_sections"]

KEY_ROWS = (
    "status",
    "public cost",
    "objective",
    "no plan is below",
    "need covered",
    "people below standard",
    "range of regions",
)
"""Rows of the table of all figures that stand in the answer."""
SMALL = 5e-4
"""Shares of delivery that are not told."""


def comparison_sections(found: Comparison) -> list[Section]:
    """Return the parts of the report of a comparison in their order."""
    parts = [_asked(found), _answer(found), _beside(found)]
    if found.variants:
        parts.append(_variants(found))
    return [*parts, _who(found), _method(found)]


def _asked(found: Comparison) -> Section:
    names = listed([str(name) for name in found.instance.services["name"]])
    words = [f"What do {len(found.entries)} sets of rules for {names} cost, who delivers, and who "
             "gains and loses?"]  # fmt: skip
    points = []
    for entry in found.entries:
        differs = [rule.replace("_", " ") for rule in found.differences.get(entry.model, ())]
        rules = f" Its rules differ from {found.entries[0].model} in {listed(differs)}."
        points.append(f"{entry.model}: {entry.title.rstrip('.')}.{rules if differs else ''}")
    return Section("question", "The question", words, points=points)


def _answer(found: Comparison) -> Section:
    told = [e for e in found.entries if e.figures is not None]
    words = [_plan(found, e.model, e.figures) for e in told if e.figures is not None]
    words += [f"{e.model}: there is no plan ({e.status.replace('_', ' ')})."
              for e in found.entries if e.figures is None]  # fmt: skip
    points: list[str] = []
    currency = found.instance.about.currency
    for text in verdict(found):
        line = text.replace(f" {currency}", f" {counted(' ', currency).strip()}")
        if line.startswith("  ") and points:  # it goes on with the line before
            mark = " " if line.strip().startswith("(") else "; "
            points[-1] = f"{points[-1].rstrip('.')}{mark}{line.strip()}."
        else:
            points.append(f"{line}.")
    if found.missing:
        points.append(f"Not solved: {', '.join(found.missing)}.")
    return Section("answer", "The answer", words, points, tables=_key(found), strong=True)


def _key(found: Comparison) -> list[Table]:
    """The rows that decide, of the table of all figures; nothing where no model has a plan."""
    heads, rows = side_by_side(found, found.entries)
    kept = [r for r in rows if r[0] in KEY_ROWS or r[0].startswith("by ")]
    note = f"Money in {heads[0]}."
    known = any(e.figures is not None for e in found.entries)
    return [table("Key figures", ["", *heads[1:]], kept, note=note)] if known else []


def _plan(found: Comparison, model: str, figures: Figures) -> str:
    used = [s for s, share in figures.shares.items() if share > SMALL]
    who = listed([f"{WHO[s]} {percent(figures.shares[s], 0)}" for s in used])
    spread = max(v["range"] for v in figures.inequality.values())
    cost = amount(figures.public_cost, found.instance.about.currency)
    return (
        f"{model}: {cost} of public money a year cover {percent(figures.covered)} of need, "
        f"delivered by {who}; between regions coverage differs by up to {percent(spread)}."
    )


def _beside(found: Comparison) -> Section:
    words = ["Costs by term, who delivers, and the change of every region's coverage: a dot is a "
             "region, right of the line it gains."]  # fmt: skip
    told = {
        "costs": ("Cost a year by term; a line marks what no plan is below", "costs of each model"),
        "kinds": ("Need covered, by who delivers", "who delivers under each model"),
        "moves": ("Change of coverage of each region", "regions that gain and lose"),
    }
    pictures = [
        Picture(as_svg(lambda k=key: panel(found, k, WIDTH), key, f"Chart of {what}; the table "  # type: ignore[misc]
                       "below has its figures."), caption)
        for key, (caption, what) in told.items()
    ]  # fmt: skip
    heads, rows = side_by_side(found, found.entries)
    tables = [table("Models side by side", ["", *heads[1:]], rows, note=f"Money in {heads[0]}.",
                    file="compare.csv")]  # fmt: skip
    broken = [(e.model, reason) for e in found.entries for reason in e.reasons]
    if broken:
        tables.append(table("Why there is no plan", ("model", "reason"), broken, words=2))
    return Section("beside", "Side by side", words, pictures=pictures, tables=tables)


def _variants(found: Comparison) -> Section:
    words = ["What NGOs and private providers cost is the least certain of all figures; the same "
             "question is answered with other costs too."]  # fmt: skip
    heads, rows = ranges(found)
    currency = found.instance.about.currency
    note = "?: not proven, it is within the gaps." if any("?" in c for r in rows for c in r) else ""
    lines = table(f"Objective and savings, {currency} a year", heads, rows, note=note)
    return Section("variants", "If costs are other ones", words, tables=[lines])


def _who(found: Comparison) -> Section:
    """Who gains and who loses, against today and against the first model."""
    instance, levels = found.instance, dict(iter(found.levels().groupby("plan")))
    points: list[str] = []
    pictures: list[Picture] = []
    tables = []
    for model, against in _pairs(found.entries):
        if model not in levels or against not in levels:
            continue
        change = change_by_region(levels[model], levels[against])
        head = f"{model} against {against}"
        points.append(f"{head}: {gained_and_lost(instance, change)} (mean over services).")
        tables.append(moves_table(instance, change, f"{head}: regions that gain and lose"))
        if instance.regions["longitude"].notna().any():
            key = f"map-{len(pictures)}"
            svg = as_svg(
                lambda c=change, h=head: plot_change(instance, c, title=h, width=WIDTH),  # type: ignore[misc]
                key,
                f"Map of the change of coverage, {head}: {gained_and_lost(instance, change)}.",
            )
            pictures.append(Picture(svg, f"{head}: change of coverage"))
    title = "Who gains and who loses"
    if not points:
        return Section("who", title, ["There are no two plans to hold against each other."])
    return Section("who", title, [], points, pictures, [t for t in tables if t.rows])


def _pairs(entries: tuple[Entry, ...]) -> list[tuple[str, str]]:
    first = entries[0].model
    return [(e.model, TODAY) for e in entries] + [(e.model, first) for e in entries[1:]]


def _method(found: Comparison) -> Section:
    words = [
        "Each model is a mixed-integer program: the bound is what no plan can beat, the gap how "
        "far the plan may be from the best one. An independent checker computes every plan "
        "again from the tables alone. A saving is proven where it exceeds what the gaps leave open."
    ]
    heads = ("model", "status", "verified", "gap", "seconds")
    rows = [
        (
            e.model,
            e.status.replace("_", " "),
            "-" if e.verified is None else "yes" if e.verified else "NO",
            percent(e.gap, 2),
            f"{e.seconds:.1f}",
        )
        for e in found.entries
    ]
    tables = [table("Certificate", heads, rows, words=3), *grounds(found.instance)]
    return Section(
        "method", "Method and certification", words, tables=[t for t in tables if t.rows]
    )
