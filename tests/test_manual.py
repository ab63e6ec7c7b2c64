"""What is written about the models and the commands is generated, up to date, and runs."""

import re
import shlex
from pathlib import Path

import pytest
import typer.main

from pse_opt import components, resources
from pse_opt.cli import app, main
from pse_opt.components import COMPONENTS, COST_TERMS
from pse_opt.manual import equations, in_use, readable, settings
from pse_opt.policy import read_policy

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
MODELS = resources.names("models", "model.toml")
components.load_builtin()
OURS = sorted(n for n, c in COMPONENTS.items() if c.function.__module__.startswith("pse_opt."))
EVERYTHING = {
    "budgets": True,
    "single_source": True,
    "last_resort": True,
    "total_budget.share": 0.5,
}
FENCED = re.compile(r"```\w*\n(.*?)```", flags=re.S)
TYPED = [line for block in FENCED.findall(README) for line in block.splitlines()]
TYPED += re.findall(r"`([^`]+)`", FENCED.sub("", README))
COMMANDS = [
    shlex.split(typed.split("python -m pse_opt ")[1].split(" || ")[0], comments=True)
    for typed in TYPED
    if "python -m pse_opt " in typed
]


def formulas(markdown: str) -> list[str]:
    blocks = re.findall(r"```math\n(.*?)\n```", markdown, flags=re.S)
    return blocks + re.findall(r"\$`(.+?)`\$", markdown)


@pytest.mark.parametrize("model", MODELS)
def test_the_manual_beside_a_model_is_up_to_date(model):
    written = (resources.share() / "models" / model / "MODEL.md").read_text(encoding="utf-8")
    assert written == equations(read_policy(model)), "run: python -m pse_opt.manual"


@pytest.mark.parametrize("name", OURS)
def test_every_component_shows_one_equation_tagged_with_its_name(name):
    text = COMPONENTS[name].function.__doc__
    assert text.count(".. math::") == 1
    assert re.findall(r"\\tag\{(.*?)\}", text) == [name]
    first = text.strip().splitlines()[0]
    assert first.endswith("."), "it says first, in a sentence, what it means"


@pytest.mark.parametrize("name", sorted(COST_TERMS))
def test_every_cost_term_says_in_one_line_what_it_is_and_shows_its_sum(name):
    text = COST_TERMS[name].__doc__.strip()
    assert re.fullmatch(r"[^`]+: :math:`[^`]+`\.", text)


def test_the_manual_follows_the_order_of_the_formulation():
    found = [c.name for c in in_use(read_policy("equalized"))]
    assert found.index("one_size") < found.index("attainment") < found.index("coverage_floor")
    assert found[-3:] == ["equalization_level", "equalization_bound", "equalization_range"]


def test_formulas_stand_in_blocks_that_markdown_leaves_alone():
    text = equations(read_policy("equalized", EVERYTHING))
    assert "$$" not in text
    assert text.count("```") == 2 * len(re.findall(r"^```math$", text, flags=re.M))
    assert r"\tag{$\mathtt{coverage\_floor}$}" in text
    for formula in formulas(text):
        assert formula.count("{") == formula.count("}")
        assert "`" not in formula


def test_no_markup_of_the_docstrings_is_left_over():
    text = equations(read_policy("equalized", EVERYTHING))
    assert ":math:" not in text
    assert ".. math" not in text
    prose = re.sub(r"```math\n.*?\n```", "", text, flags=re.S)
    assert "``" not in prose


def test_a_terminal_shows_every_equation_without_tex():
    text = readable(equations(read_policy("equalized", EVERYTHING)))
    assert not re.search(r"[\\$`&]", text)
    assert "x_on ≤ ∑_{l ∈ L_o} min(1, (C_ol + H_o) / D_n) y_ol" in text
    assert "∑_{n ∈ T} D_n/D_T q_n ≥ q\u0304_T" in text


def test_every_parameter_is_shown_with_its_meaning_and_can_be_set():
    found = settings(read_policy("equalized"))
    keys = {key: meaning for rows in found.values() for key, _, meaning in rows}
    for key, meaning in keys.items():
        assert meaning or key.startswith("objective"), key
    assert {"coverage.floor", "equalization.regions.maximum", "budgets.scale"} <= set(keys)
    values = {key: value for key, value, _ in found["set"]}
    assert values["coverage.floor"] == "0.7"


# The README


def test_the_readme_has_commands():
    assert {words[0] for words in COMMANDS} >= {"new", "check", "solve", "verify", "show", "build"}


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_of_the_readme_is_understood(words):
    command = typer.main.get_command(app)
    rest = list(words)
    while rest and hasattr(command, "commands"):
        if rest[0].startswith("-"):
            assert rest == ["--help"]
            return
        command = command.commands[rest.pop(0)]
    command.make_context(words[0], rest)


def test_the_readme_states_the_exit_codes_of_the_help(capsys):
    assert main(["--help"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    stated = README.split("## Exit codes")[1]
    for code in ("0 done", "1 internal error", "2 bad input", "3 infeasible", "4 no plan found"):
        assert code in shown
        assert code in stated
