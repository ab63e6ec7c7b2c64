"""Sections of the report of a frontier: what equality costs, who pays for it, what is proven."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pse_opt.analysis.comparing import change_of
from pse_opt.frontier_screen import (
    at_same_objective,
    at_same_value,
    goal_in_unit,
    points_table,
)
from pse_opt.report.certificate import grounds, policy_in_words, settings_of
from pse_opt.report.frontier import plot_frontier
from pse_opt.report.moves import change_by_region, gained_and_lost, moves_table, plot_change
from pse_opt.report.parts import Picture, Section, Table, table
from pse_opt.report.style import WIDTH, counted
from pse_opt.report.svg import as_svg
from pse_opt.report.words import amount, question, rules
from pse_opt.terminal import count, money

if TYPE_CHECKING:
    from pse_opt.analysis.frontier_result import Frontier

__all__ = ["frontier_sections"]

EVEN = 1e-9
"""Prices that are none."""


def frontier_sections(found: Frontier) -> list[Section]:
    """Return the parts of the report of a frontier in their order."""
    parts = [_asked(found), _answer(found)]
    if found.curve:
        parts += [_curve(found), _who(found)]
    return [*parts, _method(found)]


def _asked(found: Frontier) -> Section:
    instance, policy = found.instance, found.policy
    what = "what does each bound cost" if found.cost else "what does each budget cover"
    words = [
        question(instance, policy),
        f"And {what}: the {found.quantity} is varied from no bound to the tightest one.",
        f"The policy {policy.name}: {policy_in_words(policy)}",
    ]
    return Section("question", "The question", words, points=rules(instance, policy))


def _answer(found: Frontier) -> Section:
    if not found.curve:
        words = ["No plan keeps the rules, even without the bound."]
        return Section("answer", "The answer", words, points=list(found.reasons), strong=True)
    words = [*_ends(found), *_knee(found)]
    words += [f"Not solved: {', '.join(found.missing)}."] if found.missing else []
    return Section("answer", "The answer", words, points=list(_held(found)), strong=True)


def _ends(found: Frontier) -> Iterator[str]:
    """From the cheapest plan to the tightest one, with what is proven."""
    first, last, show = found.curve[0], found.curve[-1], found.varied.show
    currency = found.instance.about.currency
    if not found.cost:
        yield (
            "What money covers: the least budget with a plan, "
            f"{amount(last.value or 0.0, currency)} a year, covers "
            f"{goal_in_unit(found, last.objective)} of need; with "
            f"{amount(first.value or 0.0, currency)} it is {goal_in_unit(found, first.objective)}."
        )
        return
    cheapest = amount(first.objective or 0.0, currency)
    text = f"What it costs: the cheapest plan, {cheapest} a year, has a {found.quantity} of "
    text += show(first.value)
    if last is first:
        yield f"{text}; no plan found is tighter."
        return
    text += f"; the tightest one found, {show(last.value)}, costs {money(last.objective)}"
    price = last.price
    if price is not None:
        between = f"between {100 * price.least:.2f}% and {100 * price.most:.2f}%"
        sure = f"proven to lie {between}" if price.proven else f"not proven: it lies {between}"
        text += f", {100 * price.found:.2f}% more ({sure})"
    yield f"{text}."


def _knee(found: Frontier) -> Iterator[str]:
    """Where steps become dear."""
    knee, curve, show = found.knee, found.curve, found.varied.show
    if knee is None:
        return
    after = curve[next(k for k, p in enumerate(curve) if p is knee) + 1]
    step = found.varied.step[1] if found.cost else "point of coverage"
    text = f"Where it becomes dear: at {show(knee.value)} the curve bends"
    if knee.marginal is not None and after.marginal is not None:
        currency = found.instance.about.currency
        before, then = knee.marginal, after.marginal
        before, then = (before, then) if found.cost else (then, before)
        text += f"; a {step} costs {money(before)} up to there and {amount(then, currency)} beyond"
    yield f"{text}."


def _held(found: Frontier) -> Iterator[str]:
    """What the frontier offers in the place of today's plan."""
    held = found.against
    if held is None:
        return
    money_unit = counted(" ", f"{found.instance.about.currency} a year").strip()
    unit = f" {money_unit}" if found.cost else ""
    rule = "rule" if found.varied.is_budget else "other rule"
    broken = f"; it breaks {count(held.broken, rule)}" if held.broken else ""
    where = f"{goal_in_unit(found, held.objective)}{unit} at {found.varied.show(held.value)}"
    yield f"{held.name.capitalize()}: {where}{broken}."
    for said in (at_same_objective(found, held), at_same_value(found, held)):
        yield f"{said[:1].upper()}{said[1:]}."


def _curve(found: Frontier) -> Section:
    goal = "cost" if found.cost else "coverage"
    side = "below" if found.cost else "above"
    words = [
        f"Every mark is the best plan found within a bound; the bar at it ends where it is proven "
        f"that no plan is {side}. What lies between is the gap."
    ]
    label = f"{goal} against {found.quantity}: {len(found.curve)} plans, " + "; ".join(
        f"{found.varied.show(p.value)}: {goal_in_unit(found, p.objective)}" for p in found.curve
    )
    title = f"{goal.capitalize()} within each bound"
    svg = as_svg(lambda: plot_frontier(found, width=WIDTH, title=title), "frontier", label)
    picture = Picture(svg, f"{goal.capitalize()} against {found.quantity}")
    return Section("curve", "Bound by bound", words, pictures=[picture], tables=[_points(found)])


def _points(found: Frontier) -> Table:
    heads, rows = points_table(found)
    notes = []
    if any(cells[-1] == "same" for cells in rows):
        notes.append("same: the plan of another bound is as good, so the curve leaves it out.")
    if any(cells[5].endswith("?") for cells in rows):
        notes.append("?: not proven, the price is within the gaps.")
    caption = f"From loose to tight: bounds on the {found.quantity}"
    heads = [*heads[:-1], "remark"]
    return table(caption, heads, rows, words=1, note=" ".join(notes), file="frontier.csv")


def _who(found: Frontier) -> Section:
    """Who gains and who loses from the loosest point to the tightest."""
    title = "Who gains and who loses"
    after, before = found.curve[-1].levels, found.curve[0].levels
    if len(found.curve) < 2 or after is None or before is None:
        return Section("who", title, ["There is one plan alone, so nobody gains or loses."])
    instance = found.instance
    change = change_by_region(after, before)
    words = [f"From the cheapest plan to the tightest one {gained_and_lost(instance, change)} "
             "(mean over services)."]  # fmt: skip
    tables = [moves_table(instance, change, "Regions that gain and lose, mean over services")]
    if (after["group"] != "").any():
        rows = [(str(n), f"{100 * c:+.1f}") for n, c in
                change_of(after, before, "group").itertuples(index=False)]  # fmt: skip
        tables.append(table("Groups of people", ("group", "points of coverage"), rows))
    pictures = []
    if instance.regions["longitude"].notna().any():
        label = f"Map of regions by change of coverage: {gained_and_lost(instance, change)}."
        heading = "Change of coverage, all services"
        svg = as_svg(lambda: plot_change(instance, change, title=heading, width=WIDTH),
                     "map-change", label)  # fmt: skip
        pictures.append(Picture(svg, "From the cheapest plan to the tightest one"))
    return Section("who", title, words, pictures=pictures, tables=[t for t in tables if t.rows])


def _method(found: Frontier) -> Section:
    words = [
        "Each bound is a mixed-integer program solved to a stated gap; what one solve proves holds "
        "for the others, so the curve is monotone. An independent checker computes every plan "
        "again from the tables alone."
    ]
    checked = sum(p.verified is True for p in found.points)
    refuted = sum(p.verified is False for p in found.points)
    rows = [
        ("plans", f"{checked} verified" + (f", {refuted} NOT VERIFIED" if refuted else "")),
        ("solves", f"{found.solves} in {found.seconds:.1f} s, {found.resumed} from former runs"),
        ("instance, model", f"{found.instance.name}, {found.model}"),
        ("what is varied", found.vary),
    ]
    if found.best is not None:
        best, show = found.best, found.varied.show
        how = "an objective of its own" if best.how == "objective" else "tighter and tighter bounds"
        proven = "unknown" if best.proven is None else show(best.proven, 1)
        rows.insert(1, ("tightest", f"{show(best.found, 1)}, no plan is tighter than {proven}; "
                        f"found by {how}"))  # fmt: skip
    rows += [("note", note) for note in found.notes]
    tables = [
        table("Certificate", ("", "what was found"), rows, words=2),
        *grounds(found.instance),
        settings_of(found.policy),
    ]
    return Section(
        "method", "Method and certification", words, tables=[t for t in tables if t.rows]
    )
