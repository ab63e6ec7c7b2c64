"""The manual of a model, generated from the docstrings of the components it switches on."""

from __future__ import annotations

import inspect
import logging
import re
from collections.abc import Mapping
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from pse_opt import components, resources
from pse_opt.components import COMPONENTS, COST_TERMS, Component
from pse_opt.formulation.decisions import LEGEND
from pse_opt.formulation.forms import families_of
from pse_opt.formulation.objectives import families_of_goal
from pse_opt.io import write_text
from pse_opt.policy import Equalization, Policy, SolveOptions, read_policy

__all__ = ["equations", "in_use", "readable", "settings", "write_manuals"]

ROOMS = (
    "engagement",
    "siting",
    "arrangements",
    "qualification",
    "delivery",
    "volunteers",
    "vouchers",
    "coverage",
    "quality",
    "reliance",
    "takeover",
    "continuity",
    "building",
    "finance",
    "transfers",
    "funding",
    "equalization",
    "dispersion",
    "curvature",
    "objectives",
)
"""Modules of the formulation in the order of the manual; the users' own come last."""


GOALS: Mapping[str, tuple[str, str]] = {
    "coverage": (
        "Maximize the mean over services of need-weighted coverage",
        r"\max \frac{1}{|S|} \sum_{s} \sum_{n \in N_s} \frac{D_n}{D_s} q_n",
    ),
    "mean": (
        "Maximize the mean level, weighted by people",
        r"\max \sum_{s, e} p_{se} U_{is} u_{ise}",
    ),
    "worst": (
        "Maximize the least level, and then, unless cost decides, the mean",
        r"\max W, \quad \max \sum_{s, e} p_{se} U_{is} u_{ise}",
    ),
    "lexicographic": (
        "Maximize the least level, then the sums of the worst off in turn, and then the mean",
        r"\max W, \quad \max \theta_2, \quad \max \theta_3, \quad \dots",
    ),
    "kolm_pollak": (
        "Maximize the equally distributed equivalent of Kolm and Pollak",
        r"\max D - \frac{1}{\kappa} \ln \sum_{s, e} p_{se} t_{ise}",
    ),
    "inequality": ("Minimize inequality, of several services the greatest", r"\min I"),
}
"""What each objective other than cost is, in words and as a formula."""


def in_use(policy: Policy) -> list[Component]:
    """Return the components a policy switches on, in the order of the manual."""
    components.load_builtin()
    measures = {name for e in policy.equalization for name in families_of(e)}
    measures |= families_of_goal(policy.objective)
    chosen = [
        c
        for c in COMPONENTS.values()
        if c.section is None or c.section in policy.sections or c.name in measures
    ]
    return sorted(chosen, key=_room)


def _room(item: Component) -> int:
    package, _, room = item.function.__module__.rpartition(".")
    ours = package == "pse_opt.formulation" and room in ROOMS
    return ROOMS.index(room) if ours else len(ROOMS)


def equations(policy: Policy) -> str:
    """Return the model's mathematics as Markdown, its formulas in GitHub's math blocks."""
    parts = [f"# {policy.name}", f"**{policy.title}**", policy.description]
    parts += ["## Decisions", _legend(policy), "## Objective", _objective(policy), "## Constraints"]
    for item in in_use(policy):
        parts += [f"### {item.name}", _markdown(item.function.__doc__ or "")]
        given = policy.sections.get(item.section or "", {})
        values = {k: given[k] for k in item.parameters if given.get(k) is not None}
        if values:
            text = ", ".join(f"`{item.section}.{k}` = {v}" for k, v in values.items())
            parts.append(f"In this model: {text}.")
        for entry in policy.equalization:
            if item.name == f"equalization_{entry.measure}":
                parts.append(
                    f"In this model: entry `{entry.name}`, {entry.level} between {entry.between}, "
                    f"services {entry.services}, {_bound(entry)}."
                )
    return "\n\n".join(p.strip() for p in parts if p.strip()) + "\n"


def _bound(entry: Equalization) -> str:
    if entry.bound is None:
        return "measured and reported, without a bound"
    return f"{entry.side} {entry.bound:g}"


def _legend(policy: Policy) -> str:
    """The table of the decision variables that the model's equations name, as Markdown."""
    told = " ".join(item.function.__doc__ or "" for item in in_use(policy))
    rows = [
        f"| `{name}` | {index} | {text} |"
        for name, (index, text) in LEGEND.items()
        if f"``{name}``" in told
    ]
    return "\n".join(["| variable | index | meaning and unit |", "|---|---|---|", *rows])


def _objective(policy: Policy) -> str:
    objective = policy.objective
    if objective.minimize is None:
        words, formula = GOALS[objective.maximize or "inequality"]
        name = objective.minimize_inequality or objective.entry
        about = f" (entry `{name}`)" if name else ""
        then = ", ".join(f"`{t}`" for t in objective.then)
        after = f"\n\nAmong plans that are equally good, least {then}." if then else ""
        return f"{words}{about}:\n\n{_block([formula])}{after}"
    terms = [
        f"- `{name}`: {_inline((COST_TERMS[name].__doc__ or '').strip())}"
        for name in policy.objective.minimize or ()
    ]
    return "\n".join(["Minimize the sum of these terms, in money per year:", "", *terms])


def _markdown(docstring: str) -> str:
    """Turn a docstring's math directive and roles into Markdown."""
    parts: list[str] = []
    for part in re.split(r"(?m)^\.\. math::\n((?:    .*\n?|\n)+)", inspect.cleandoc(docstring)):
        formula = part.startswith("    ")
        parts.append(_block(part.split("\n")) if formula else _inline(part))
    return "\n\n".join(p.strip() for p in parts if p.strip())


def _block(lines: list[str]) -> str:
    """A fenced block: unlike between dollar signs, Markdown leaves its backslashes alone.

    A tag is text, where MathJax prints the backslash of an escaped underscore: so it is maths.
    """
    formula = re.sub(
        r"\\tag\{(\w+)\}",
        lambda m: r"\tag{$\mathtt{" + m[1].replace("_", r"\_") + "}$}",
        "\n".join(line.strip() for line in lines if line.strip()),
    )
    return f"```math\n{formula}\n```"


def _inline(text: str) -> str:
    """Turn roles into Markdown; a formula or a name broken over two lines becomes one line."""
    text = re.sub(r":math:`([^`]+)`", lambda m: f"$`{_one_line(m[1])}`$", text)
    return re.sub(r"``([^`]+)``(?!`)", lambda m: f"`{_one_line(m[1])}`", text)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def settings(policy: Policy) -> dict[str, list[tuple[str, str, str]]]:
    """Return key, value and meaning of what a policy sets, and of what it could switch on."""
    components.load_builtin()
    kinds = {s: components.section_parameters(s) for s in components.sections()}
    mine = [
        row for s in kinds if s in policy.sections for row in _rows(s, kinds[s], policy.sections[s])
    ]
    for entry in policy.equalization:
        bound = entry.side
        of = "each service" if entry.services == "each" else "an index of services"
        meaning = f"{entry.measure} of {entry.level} between {entry.between}, {of}"
        value = "-" if entry.bound is None else f"{entry.bound:g}"
        mine.append((f"equalization.{entry.name}.{bound}", value, meaning))
    goals = policy.objective.model_dump(exclude_defaults=True).items()
    for key, value in goals:
        words = ", ".join(value) if isinstance(value, list) else str(value)
        mine.append((f"objective.{key}", words, ""))
    mine += _rows("solve", SolveOptions, policy.options.model_dump())
    others = [r for s in kinds if s not in policy.sections for r in _rows(s, kinds[s], {})]
    return {"set": mine, "not in use": others} if others else {"set": mine}


def _rows(
    section: str, kind: type[BaseModel], values: Mapping[str, Any]
) -> list[tuple[str, str, str]]:
    """Key, value (else the default) and meaning of every parameter of a section."""
    rows = []
    for name, field in kind.model_fields.items():
        value = values.get(name, None if field.is_required() else field.default)
        rows.append((f"{section}.{name}", "-" if value is None else str(value), _meaning(field)))
    return rows


def _meaning(field: FieldInfo) -> str:
    """The description of a parameter, also of one that may be left out."""
    parts = [m for a in get_args(field.annotation) for m in getattr(a, "__metadata__", ())]
    described = (getattr(part, "description", None) for part in parts)
    return field.description or next((d for d in described if d), "")


SIGNS = {
    r"\sum": "∑", r"\in": "∈", r"\notin": "∉", r"\ge": "≥", r"\le": "≤", r"\forall": "for all",
    r"\min": "min", r"\max": "max", r"\cdot": "·", r"\times": "×", r"\qquad": "   ",
    r"\quad": "  ", r"\lambda": "λ", r"\Lambda": "Λ", r"\mu": "μ", r"\rho": "ρ", r"\kappa": "κ",
    r"\sigma": "σ", r"\omega": "ω", r"\Omega": "Ω", r"\beta": "β", r"\alpha": "α", r"\left": "",
    r"\right": "", r"\Bigl": "", r"\Bigr": "", r"\bigl": "", r"\bigr": "", r"\!": "", r"\,": " ",
    r"\ ": " ", r"\_": "_", r"\%": "%", r"\{": "{", r"\}": "}", r"\|": "|", r"\infty": "∞",
}  # fmt: skip
"""What a terminal shows for TeX commands."""


def readable(markdown: str) -> str:
    r"""Return a manual as a terminal can show it: formulas in ordinary letters, paragraphs whole.

    Examples
    --------
    >>> print(readable(r"$`\sum_{n \in T} \frac{D_n}{D_T} q_n \ge \bar{q}_T`$, see `needs`"))
    ∑_{n ∈ T} D_n/D_T q_n ≥ q̄_T, see needs
    """
    text = re.sub(r"(?m)^\|(.*)\|\n\|[-|]+\|\n", "", markdown)
    text = re.sub(r"(?m)^\| (.*) \| (.*) \| (.*) \|$", r"- \1 [\2]: \3", text)
    return "\n\n".join(_paragraph(part) for part in text.strip().split("\n\n"))


def _paragraph(part: str) -> str:
    if part.startswith("```math"):
        formula = part.removeprefix("```math").removesuffix("```").strip()
        return "\n".join(f"    {line.strip()}" for line in _plain(formula).splitlines())
    part = part if part.startswith("- ") else _one_line(part)
    text = re.sub(r"\$`(.+?)`\$", lambda m: _plain(m[1]), part)
    return re.sub(r"`|\*\*", "", text)


def _plain(formula: str) -> str:
    """Return a formula without TeX: fractions with a slash, bars and signs as letters."""
    text = re.sub(r"\s*\\tag\{.*\}", "", formula)
    text = re.sub(r"\\begin\{cases\}|\\end\{cases\}|&", " ", text).replace("\\\\", "  or")
    text = re.sub(r"\\(?:text|mathtt|mathrm)\{ ?([^{}]*)\}", r" \1", text)
    text = re.sub(r"([_^])\{(\w+|\\max)\}", r"\1\2", text)
    text = re.sub(r"\\bar\{(\w)\}", "\\1\u0304", text)
    text = re.sub(r"\\underline\{(\w)\}", "\\1\u0332", text)
    text = re.sub(r"\\frac\{([^{}]*)\}\{([^{}]*)\}", r"\1/\2", text)
    return re.sub(r"\\(?:[A-Za-z]+|.)", lambda m: SIGNS.get(m[0], m[0][1:]), text).strip()


def write_manuals() -> list[str]:
    """Write ``MODEL.md`` beside every shipped model; return the names of the models."""
    names = resources.names("models", "model.toml")
    for name in names:
        write_text(resources.share() / "models" / name / "MODEL.md", equations(read_policy(name)))
    return names


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    logging.getLogger(__name__).info("wrote MODEL.md of %s", ", ".join(write_manuals()))
