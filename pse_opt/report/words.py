"""The question, the policy and the answer in words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, get_args

from pydantic.fields import FieldInfo

from pse_opt import components
from pse_opt.analysis.summary import SOURCES, Summary
from pse_opt.entries import Equalization
from pse_opt.figures import goal, level_name, measure_in_unit
from pse_opt.instance import Instance
from pse_opt.manual import in_use
from pse_opt.policy import Policy
from pse_opt.report.story import Story
from pse_opt.report.style import counted
from pse_opt.screens import WHO
from pse_opt.solving.result import Result
from pse_opt.terminal import count, money, percent, whole

__all__ = ["amount", "answer", "listed", "meaning_of_term", "question", "rules", "sentence"]

KINDS = {"government": "government units", "ngo": "NGOs", "private": "private providers"}


def question(instance: Instance, policy: Policy) -> str:
    """Return the question that a policy asks of an instance, in one sentence."""
    there = [name for kind, name in KINDS.items() if (instance.offers["kind"] == kind).any()]
    services = [str(name) for name in instance.services["name"]]
    people = whole(float(instance.regions["population"].sum()))
    kind, _ = goal(policy, instance)
    best = "at least cost" if kind == "cost" else f"with the best {kind}"
    if policy.objective.minimize_inequality is not None:
        best = f"with the least {kind}"
    return (
        f"Which {listed(there, 'or')} should deliver {listed(services)} to {people} people in "
        f"{count(len(instance.regions), 'region')}, {best}?"
    )


def listed(names: Sequence[str], word: str = "and") -> str:
    """Return names as a sentence lists them.

    Examples
    --------
    >>> listed(["a"]), listed(["a", "b"]), listed(["a", "b", "c"], "or")
    ('a', 'a and b', 'a, b or c')
    """
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} {word} {names[-1]}"


def rules(instance: Instance, policy: Policy) -> list[str]:
    """Return the rules of a policy, one sentence each, with what is set."""
    found = []
    for item in in_use(policy):
        if item.section in policy.sections:
            values = _values(policy, item)
            found.append(sentence(item.function.__doc__) + (f" ({values})" if values else ""))
    return found + [_equal(entry, instance) for entry in policy.equalization]


def sentence(docstring: str | None) -> str:
    """Return the first sentence of a docstring, as plain text."""
    first = (docstring or "").strip().split("\n\n")[0]
    text = re.sub(r":\w+:`([^`]+)`|``?([^`]+)``?", lambda m: m[1] or m[2], first)
    return " ".join(text.split())


def _values(policy: Policy, item: components.Component) -> str:
    """The parameters of a rule that are set, shares in percent."""
    assert item.section is not None
    fields = components.section_parameters(item.section).model_fields
    given = policy.sections[item.section]
    return ", ".join(
        f"{name.replace('_', ' ')} {_value(given[name], fields.get(name))}"
        for name in item.parameters
        if given.get(name) is not None
    )


def _value(value: Any, field: FieldInfo | None) -> str:
    if isinstance(value, float) and field is not None and _is_share(field):
        return f"{100 * value:g}%"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "none"
    return f"{value:,g}" if isinstance(value, float) else str(value)


def _is_share(field: FieldInfo) -> bool:
    """Whether a parameter is a share, also one that may be left out."""
    parts = [*field.metadata, *(m for a in get_args(field.annotation)
                                for m in getattr(a, "__metadata__", ()))]  # fmt: skip
    extras = [field.json_schema_extra, *(getattr(p, "json_schema_extra", None) for p in parts)]
    return any(isinstance(extra, dict) and extra.get("unit") == "share" for extra in extras)


def _equal(entry: Equalization, instance: Instance) -> str:
    measure = entry.measure.replace("_", " ")
    what = level_name(entry, instance).replace("_", " ")
    between = entry.between.replace("-", " ")
    of = "in each service" if entry.services == "each" else f"of {', '.join(entry.services)}"
    head = f"Equalization “{entry.name}”: {measure} of {what} between {between}, {of}"
    family = components.COMPONENTS.get(f"equalization_{entry.measure}")
    meaning = f" ({measure}: {_lower(sentence(family.function.__doc__))})" if family else ""
    if entry.bound is None:
        return f"{head}, is measured{meaning}."
    side = "at least" if entry.side == "minimum" else "at most"
    return f"{head}, is {side} {measure_in_unit(entry, entry.bound)}{meaning}."


def _lower(text: str) -> str:
    return (text[:1].lower() + text[1:]).rstrip(".")


def meaning_of_term(term: str) -> str:
    """Return what a cost term is, without its formula."""
    function = components.COST_TERMS.get(term)
    return sentence(function.__doc__ if function else "").split(":")[0].rstrip(".")


def answer(story: Story) -> list[str]:
    """Return the answer in three sentences: who delivers, where it is unequal, what it costs."""
    return [_who(story.summary), _where(story), _cost(story)]


def _who(summary: Summary) -> str:
    used = [s for s in SOURCES if summary.shares[s] > 5e-4]
    parts = [f"{WHO[s]} {percent(summary.shares[s], 0)}" for s in used]
    formerly = summary.shares_today
    text = f"Who delivers: {listed(parts)} of all services (mean over services)"
    if formerly is not None:
        before = [f"{percent(formerly.get(s, 0.0), 0)}" for s in used]
        text += f", today {listed(before)}"
    text += f"; together they cover {percent(summary.covered_plan)} of need"
    if summary.covered_today is not None:
        text += f", today {percent(summary.covered_today)}"
    return text + "."


def _where(story: Story) -> str:
    summary = story.summary
    widest = max(summary.services, key=lambda s: s.greatest - s.least)
    column = story.coverage[widest.service].dropna()
    least, most = str(column.idxmin()), str(column.idxmax())
    text = (
        f"Where it is unequal: most in {widest.name}, where coverage is "
        f"{percent(float(column.min()))} in {story.regions[least]} and "
        f"{percent(float(column.max()))} in {story.regions[most]}"
    )
    if summary.floors[1] > 0:
        low, high = summary.floors
        standard = percent(high, 0) if low == high else f"{percent(low, 0)} to {percent(high, 0)}"
        text += f"; {_people(summary.below_plan)} in places below the standard of {standard}"
        if summary.below_today is not None:
            text += f", today {whole(summary.below_today)} of {whole(summary.people)}"
    return text + "."


def _people(number: float) -> str:
    return "nobody lives" if number == 0 else f"{whole(number)} people live"


def _cost(story: Story) -> str:
    summary, result = story.summary, story.result
    cost, before = summary.public_cost_plan, summary.public_cost_today
    unit = story.currency
    text = f"What it costs: {amount(cost, unit)} of public money a year"
    if before:
        change = cost / before - 1.0
        word = "less" if change < 0 else "more"
        text += f", {money(abs(cost - before))} ({abs(change):.1%}) {word} than today"
    people = float(story.instance.regions["population"].sum())
    if people > 0:
        text += f", or {amount(cost / people, unit)} for each inhabitant"
    return text + _certainty(result) + "."


def amount(value: float, currency: str) -> str:
    """Return money with its unit, also where that begins with a number.

    Examples
    --------
    >>> amount(1200.0, "USD"), amount(1200.0, "10k CNY")
    ('1,200 USD', '1,200 × 10k CNY')
    """
    return counted(f"{money(value)} ", currency)


def _certainty(result: Result) -> str:
    if result.verification is not None and not result.verification.ok:
        places = count(len(result.verification.violations), "place")
        return f"; but the plan breaks rules in {places}, see Method and certification"
    kind, _ = goal(result.policy, result.instance)
    if result.gap is None:
        return "; how far it is from the best plan is not known"
    what = (
        "cheaper, of all costs that the policy counts," if kind == "cost" else f"better in {kind}"
    )
    return f"; no plan that keeps the rules is {what} by more than {100 * result.gap:.2g}%"
