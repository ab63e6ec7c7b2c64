"""What the terminal shows of a sensitivity, at 80 columns, to be read aloud."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.text import Text

from pse_opt.terminal import count, money, paragraphs, percent, table

if TYPE_CHECKING:
    from pse_opt.analysis.aim import Aim
    from pse_opt.analysis.gain import Gain
    from pse_opt.analysis.marginal import Marginal
    from pse_opt.analysis.sensitivity_parts import Alternative, CostRange, Replacement
    from pse_opt.analysis.sensitivity_result import Sensitivity

__all__ = ["between", "chosen", "sensitivity_screen"]

SHOWN = 10
"""Lines of a table; the files have all."""
NAMES = 6
"""Offers named of an alternative."""
OF_A_KIND = 4
"""Limits shown of each kind."""
HOLDS = {
    "both": "",
    "more": "for more alone",
    "less": "for less alone",
    "neither": "not unique",
}


def sensitivity_screen(found: Sensitivity) -> RenderableType:
    """Prices, replacements, ranges and alternatives, each with what is proven."""
    about = found.instance.about
    parts: list[RenderableType] = [Text(about.title or about.name, style="bold")]
    parts += [Text(line) for line in _head(found)]
    for make in (_limits, _resolved, _replacements, _costs, _alternatives):
        some = list(make(found))
        if some:
            parts += [Text(), *some]
    parts += [Text(f"note: {note}") for note in found.notes]
    if found.missing:
        parts.append(Text(f"not solved, for Ctrl-C came first: {', '.join(found.missing)}"))
    return Group(*parts)


def between(gain: Gain, aim: Aim) -> str:
    """Return what is proven of a difference.

    Examples
    --------
    >>> from pse_opt.analysis.aim import Aim
    >>> from pse_opt.analysis.gain import Gain
    >>> cost = Aim("cost", "USD/year", "USD a year", False, True, True)
    >>> between(Gain(5.0, 3.0, 8.0), cost), between(Gain(None, 3.0, None), cost)
    ('3 to 8', '3 or more')
    """
    if gain.least is None and gain.most is None:
        return "-"
    low, high = aim.amount(gain.least), aim.amount(gain.most)
    if gain.most is None:
        return f"{low} or more"
    if gain.least is None:
        return f"{high} or less"
    return low if low == high else f"{low} to {high}"


def _head(found: Sensitivity) -> Iterator[str]:
    aim, low = found.aim, "unknown"
    if found.best.bound is not None:
        low = aim.amount(found.best.bound)
    now = aim.amount(found.objective)
    if aim.cost:
        yield f"what the cost of the plan hangs on (model {found.model}; {aim.shown})"
        yield f"the plan costs {now}; no plan under these rules is below {low}"
    else:
        yield f"what the plan hangs on (model {found.model})"
        unit = f" ({aim.shown})" if aim.shown else ""
        yield f"{aim.name}{unit}, {aim.extreme} is best"
        side = "above" if aim.maximize else "below"
        yield f"the plan has {now}; no plan under these rules is {side} {low}"
    if found.broken:
        yield f"it breaks {count(found.broken, 'rule')} of the model"


def _limits(found: Sensitivity) -> Iterator[RenderableType]:
    """Prices with the engagements fixed, those that are not nothing."""
    some = [x for x in found.limits if x.price != 0.0]
    shown = chosen(some)
    if not found.limits:
        return
    yield Text("Prices of limits, with the engagements of the plan fixed (duals):", style="bold")
    if not some:
        yield Text("none of the limits has a price")
        return
    lines = table("limit", "is", "one more", "", "holds from", "to", "", words=1)
    lines.columns[2].justify = lines.columns[-1].justify = "left"
    for column in lines.columns:
        column.no_wrap = False
    lines.columns[0].overflow = "fold"
    for x in shown:
        unit, price = (x.one, x.price) if x.per_point is None else ("point", x.per_point)
        lines.add_row(
            x.name.replace("/", " "),
            _value(x, x.limit),
            f"{unit} {x.words}",
            _price(abs(price), found.aim),
            "-" if x.low is None else _value(x, x.low),
            "-" if x.high is None else _value(x, x.high),
            HOLDS[x.holds],
        )
    yield lines
    if len(some) > len(shown):
        yield Text(f"and {len(some) - len(shown)} more in the files")
    idle = len(found.limits) - len(some)
    if idle:
        end = "at no cost" if found.aim.cost else "and change nothing"
        yield Text(f"{count(idle, 'limit')} could move a little {end}")


def _price(price: float, aim: Aim) -> str:
    """A price, with digits enough where the objective is a share."""
    return money(price) if aim.cost else f"{aim.times * price:.3g}"


def chosen(limits: list[Marginal]) -> list[Marginal]:
    """The first few limits of each kind."""
    seen: Counter[str] = Counter()
    first = []
    for x in limits:
        seen[x.kind] += 1
        if seen[x.kind] <= OF_A_KIND:
            first.append(x)
    return first


def _value(x: Marginal, value: float) -> str:
    return percent(value) if x.unit == "share" or x.one.startswith("point") else money(value)


def _resolved(found: Sensitivity) -> Iterator[RenderableType]:
    if not found.resolved:
        return
    yield Text("Limits moved and everything solved again:", style="bold")
    lines = table("limit", "moved by", "price said", "found", "proven", words=1)
    lines.columns[0].no_wrap, lines.columns[0].overflow = False, "fold"
    kinds = {x.name: x for x in found.limits}
    for x in found.resolved:
        one = kinds.get(x.name)
        share = one is not None and (one.unit == "share" or one.one.startswith("point"))
        step = f"{100 * x.step:+.3g} point" if share else f"{x.step:+,.4g}"
        said = found.aim.amount(x.predicted, "+")
        got = x.status if x.more.found is None else found.aim.amount(x.more.found, "+")
        lines.add_row(x.name.replace("/", " "), step, said, got, between(x.more, found.aim))
    yield lines


def _replacements(found: Sensitivity) -> Iterator[RenderableType]:
    if not found.replacements:
        return
    aim, what = found.aim, "the least cost" if found.aim.cost else "the best objective"
    yield Text(f"Without a provider {what} is {aim.worse} by:", style="bold")
    lines = table("provider", "found", "proven", "who takes over most", words=1)
    lines.columns[0].no_wrap = lines.columns[-1].no_wrap = False
    lines.columns[-1].overflow = "fold"
    lines.columns[-1].justify = "left"
    for x in found.replacements[:SHOWN]:
        lines.add_row(x.name, *_replaced(x, aim))
    yield lines
    if len(found.replacements) > SHOWN:
        yield Text(f"and {len(found.replacements) - SHOWN} more in the files")
    whole = [x.name for x in found.replacements if x.indispensable]
    if whole:
        yield Text(f"indispensable, no plan without it keeps all rules: {', '.join(whole)}")


def _replaced(x: Replacement, aim: Aim) -> tuple[str, str, str]:
    if x.indispensable:
        return "-", "indispensable", "no plan without it"
    taken = ", ".join(f"{t.provider} ({percent(t.share, 0)} of {t.service})" for t in x.taken[:2])
    got = x.more.status.replace("_", " ") if x.more.found is None else aim.amount(x.more.found)
    return got, between(x.more, aim), taken


def _costs(found: Sensitivity) -> Iterator[RenderableType]:
    if not found.costs:
        return
    yield Text("How far the cost of an offer may move before others are better:", style="bold")
    lines = table("offer", "costs", "", "by at least", "a unit", "not beyond", words=1)
    lines.columns[0].no_wrap, lines.columns[0].overflow = False, "fold"
    lines.columns[2].justify = "left"
    for x in found.costs:
        lines.add_row(x.offer, money(x.cost), *_range(x))
    yield lines


def _range(x: CostRange) -> tuple[str, str, str, str]:
    word = "may rise" if x.engaged else "may fall"
    if x.status in ("infeasible", "required"):
        return word, "any amount", "any", "-"
    return word, money(x.least), money(x.per_unit), money(x.most)


def _alternatives(found: Sensitivity) -> Iterator[RenderableType]:
    if not found.roles:
        return
    what = "least cost" if found.aim.cost else "best objective"
    head = f"Other plans within {percent(found.within)} of the {what}:"
    yield Text(head, style="bold")
    for x in found.alternatives:
        yield paragraphs([_alternative(x, found.aim)])
    if found.complete:
        yield Text("it is proven that there are no " + ("others" if found.alternatives else "such"))
    elif not found.alternatives:
        yield Text("none was found; the gaps leave open whether there are any")
    roles = Counter(x.role for x in found.roles)
    yield Text(
        f"of {count(len(found.roles), 'offer')}: {roles['core']} in all of these plans, "
        f"{roles['swing']} in some, {roles['never']} in none (proven), {roles['open']} not known"
    )


def _alternative(x: Alternative, aim: Aim) -> str:
    said = []
    for word, offers in (("with", x.added), ("without", x.dropped)):
        if offers:
            more = f" and {len(offers) - NAMES} more" if len(offers) > NAMES else ""
            said.append(f"{word} {', '.join(offers[:NAMES])}{more}")
    state = "" if x.verified is not False else " (NOT VERIFIED)"
    by = f"costs {aim.amount(x.more.found)} more"
    if not aim.cost:
        by = f"{aim.amount(x.more.found)} {aim.shown}".rstrip() + f" {aim.worse}"
    return f"{x.number}. {by}: {'; '.join(said)}{state}"
