"""Sections of a report: the question, why there is no plan, method and certification."""

from __future__ import annotations

from pse_opt.instance import Instance
from pse_opt.manual import settings
from pse_opt.policy import Policy
from pse_opt.report.parts import Picture, Section, Table, table
from pse_opt.report.plots import plot_convergence
from pse_opt.report.svg import as_svg
from pse_opt.report.words import question, rules
from pse_opt.screens import certificate_rows
from pse_opt.solving.result import Result
from pse_opt.terminal import count

__all__ = ["asked", "grounds", "method", "policy_in_words", "settings_of", "without_plan"]


def asked(result: Result) -> Section:
    """What is asked, and which rules hold."""
    instance, policy = result.instance, result.policy
    words = [question(instance, policy), f"The policy {policy.name}: {policy_in_words(policy)}"]
    return Section("question", "The question", words, points=rules(instance, policy))


def policy_in_words(policy: Policy) -> str:
    """What a policy says of itself, as a sentence."""
    text = " ".join(policy.description.split()) or policy.title or "has no description"
    return text if text.endswith(".") else f"{text}."


def without_plan(result: Result) -> Section:
    """Why there is no plan."""
    words = ["There is no plan that keeps all rules."]
    if result.status != "infeasible":
        words = [f"There is no plan: {result.status.replace('_', ' ')}."]
    return Section("answer", "The answer", words, points=list(result.reasons), strong=True)


def method(result: Result) -> Section:
    """How the plan was found, what is proven of it, and what it rests on."""
    words = [
        "The model is a mixed-integer program: the bound is what no plan can beat, the gap how far "
        "the plan may be from the best one. An independent checker computes the plan again from "
        "the tables alone."
    ]
    found = [(label, text.split("\n")[0].rstrip(":")) for label, text in certificate_rows(result)]
    rows = [*found, *_further(result)]
    tables = [
        table("Certificate", ("", "what was found"), rows, words=2),
        _broken(result),
        *grounds(result.instance),
        settings_of(result.policy),
    ]
    if result.warnings:
        doubtful = [(str(w),) for w in result.warnings]
        tables.append(table("What is doubtful", ("warning",), doubtful))
    told = [t for t in tables if t.rows]
    return Section("method", "Method and certification", words, pictures=_progress(result),
                   tables=told)  # fmt: skip


def _broken(result: Result) -> Table:
    """What the checker found to be broken; nothing of a plan that keeps all rules."""
    found = () if result.verification is None else result.verification.violations
    rows = [(v.rule.replace("_", " "), v.where, v.message) for v in found]
    return table("Rules that the plan breaks", ("rule", "where", "what is wrong"), rows, words=3)


def _further(result: Result) -> list[tuple[str, str]]:
    """Model, sizes, versions, seed."""
    instance = result.instance
    sizes = {
        "region": len(instance.regions),
        "service": len(instance.services),
        "need": len(instance.needs),
        "offer": len(instance.offers),
        "link": len(instance.links),
    }
    rows = [("instance", f"{instance.name}: " + ", ".join(count(n, k) for k, n in sizes.items()))]
    rows.append(("model", result.policy.name))
    program = {k: v for k, v in result.counts.items() if k not in ("needs", "offers", "links")}
    if program:
        rows.append(("program", ", ".join(f"{v:,} {k}" for k, v in program.items())))
    if result.versions:
        rows.append(("versions", ", ".join(f"{k} {v}" for k, v in result.versions.items())))
    rows.append(("strategy, seed", f"{result.strategy}, {result.seed}"))
    return rows


def grounds(instance: Instance) -> list[Table]:
    """What figures rest on: sources, and what is data, derived or assumed."""
    about = instance.about
    sources = [(s.title, str(s.year), s.licence or "not stated") for s in about.sources]
    assumed = [(str(k), text) for k, text in enumerate(about.assumptions, start=1)]
    caption = "What is data, derived, assumed"
    return [
        table("Sources", ("source", "year", "licence"), sources, words=3),
        table(caption, ("no.", "assumption"), assumed, words=2),
    ]


def settings_of(policy: Policy) -> Table:
    """What a policy sets, with its meaning."""
    rows = settings(policy)["set"]
    return table("Settings of the policy", ("parameter", "value", "meaning"), rows, words=3)


def _progress(result: Result) -> list[Picture]:
    """Incumbent and bound over time, where at least two moments are known."""
    known = [m for m in result.history if m.objective is not None or m.bound is not None]
    if len(known) < 2:
        return []
    label = "Best plan and bound over time; the certificate has what they ended with."
    svg = as_svg(lambda: plot_convergence(result), "convergence", label)
    return [Picture(svg, "Best plan and bound while the model was solved")]
