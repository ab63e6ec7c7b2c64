"""The manual of a model, generated from the docstrings of the components it switches on."""

from __future__ import annotations

import inspect
import logging
import re

from pse_opt import components, resources
from pse_opt.components import COMPONENTS, COST_TERMS, Component
from pse_opt.formulation.decisions import LEGEND
from pse_opt.io import write_text
from pse_opt.policy import Policy, read_policy

__all__ = ["equations", "in_use", "write_manuals"]


def in_use(policy: Policy) -> list[Component]:
    """Return the components a policy switches on, in the order of the formulation."""
    components.load_builtin()
    measures = {f"equalization_{e.measure}" for e in policy.equalization}
    if measures:
        measures.add("equalization_level")
    return [
        c
        for c in COMPONENTS.values()
        if c.section is None or c.section in policy.sections or c.name in measures
    ]


def equations(policy: Policy) -> str:
    """Return the model's mathematics as Markdown."""
    parts = [f"# {policy.name}", f"**{policy.title}**", policy.description]
    parts += ["## Decisions", _legend(), "## Objective", _objective(policy), "## Constraints"]
    for item in in_use(policy):
        parts += [f"### {item.name}", _markdown(item.function.__doc__ or "")]
        given = policy.sections.get(item.section or "", {})
        values = {k: given[k] for k in item.parameters if k in given}
        if values:
            text = ", ".join(f"`{item.section}.{k}` = {v}" for k, v in values.items())
            parts.append(f"In this model: {text}.")
        for entry in policy.equalization:
            if item.name == f"equalization_{entry.measure}":
                parts.append(
                    f"In this model: entry `{entry.name}`, {entry.level} between {entry.between}, "
                    f"services {entry.services}, bound {entry.bound:g}."
                )
    return "\n\n".join(p.strip() for p in parts if p.strip()) + "\n"


def _legend() -> str:
    """The table of decision variables as Markdown."""
    rows = [f"| `{name}` | {index} | {text} |" for name, (index, text) in LEGEND.items()]
    return "\n".join(["| variable | index | meaning and unit |", "|---|---|---|", *rows])


def _objective(policy: Policy) -> str:
    if policy.objective.maximize is not None:
        return (
            "Maximize the mean over services of need-weighted coverage:\n\n"
            "$$\\max \\frac{1}{|S|} \\sum_{s} \\sum_{n \\in N_s} \\frac{D_n}{D_s} q_n$$"
        )
    terms = [
        f"- `{name}`: {_inline((COST_TERMS[name].__doc__ or '').strip())}"
        for name in policy.objective.minimize or ()
    ]
    return "\n".join(["Minimize the sum of these terms, in money per year:", "", *terms])


def _markdown(docstring: str) -> str:
    """Turn a docstring's math directive and roles into Markdown with dollar signs."""
    lines = inspect.cleandoc(docstring).splitlines()
    text: list[str] = []
    block: list[str] | None = None
    for line in lines:
        if line.strip() == ".. math::":
            block = []
        elif block is not None and (line.startswith("    ") or not line.strip()):
            if line.strip():
                block.append(line.strip())
        else:
            if block is not None:
                text += ["$$", *block, "$$", ""]
                block = None
            text.append(_inline(line))
    if block:
        text += ["$$", *block, "$$"]
    return re.sub(
        r"\\tag\{(.+?)\}", lambda m: "\\tag{" + m[1].replace("_", "\\_") + "}", "\n".join(text)
    )


def _inline(text: str) -> str:
    text = re.sub(r":math:`(.+?)`", r"$\1$", text)
    return re.sub(r"``(.+?)``", r"`\1`", text)


def write_manuals() -> list[str]:
    """Write ``MODEL.md`` beside every shipped model; return the names of the models."""
    names = resources.names("models", "model.toml")
    for name in names:
        write_text(resources.share() / "models" / name / "MODEL.md", equations(read_policy(name)))
    return names


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    logging.getLogger(__name__).info("wrote MODEL.md of %s", ", ".join(write_manuals()))
