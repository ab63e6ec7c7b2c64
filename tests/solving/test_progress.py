"""Progress on a terminal during every long step, on stderr alone; nothing where nobody looks."""

import io
import re

import pytest
from typer.main import get_command

from pse_opt import terminal
from pse_opt.cli import app, main
from pse_opt.solving.history import History, watcher
from pse_opt.solving.outcome import Progress

TINY = "tiny-two-districts"
LONG = {
    "solve": (["solve", TINY], "reading and building the model"),
    "compare": (
        ["compare", TINY, "--models", "core,max-coverage", "--steps", "0"],
        "solves done: core",
    ),
    "frontier": (["frontier", TINY, "--points", "3"], "solves done: no bound"),
    "opportunities": (["opportunities", TINY, "--provider", "helpers"], "solves done:"),
    "qualification": (["qualification", TINY], "reading and solving"),
    "investments": (["investments", TINY], "reading and solving"),
    "burden": (["burden", TINY], "solves done:"),
    "build": (["build", "synthetic", "--out", "x"], "building the tables"),
    "convert": (["convert", TINY, "--out", "x"], "reading and writing"),
    "export": (["export", TINY, "--out", "x.lp"], "building the model"),
    "bench": (["bench", "run", "smoke", "--group", "tiny", "--out", "b"], "[1/"),
}


@pytest.fixture(autouse=True)
def _workplace(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def screen(monkeypatch):
    """What a terminal on stderr was sent, without its signs, once the command has ended."""
    stream = io.StringIO()

    class Terminal(terminal._Terminal):
        is_terminal = True

    console = Terminal(stderr=True)
    console._force_terminal, console.file, console.width = True, stream, 100
    monkeypatch.setattr(terminal, "err", console)
    return lambda: re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", stream.getvalue())


@pytest.mark.parametrize("name", LONG)
def test_a_long_step_says_on_stderr_what_it_does(name, screen, capsys):
    words, said = LONG[name]
    assert main(words) == 0
    assert said in screen()
    assert "0:00:0" in screen()
    assert said not in capsys.readouterr().out


@pytest.mark.parametrize("name", ["solve", "compare", "build", "convert"])
@pytest.mark.parametrize("option", ["--quiet", "--json"])
def test_with_quiet_or_json_a_terminal_is_told_nothing(name, option, screen):
    main([*LONG[name][0], option])
    assert LONG[name][1] not in screen()


@pytest.mark.parametrize("name", ["solve", "compare", "build", "convert"])
def test_a_pipe_is_told_nothing(name, capsys):
    assert main(LONG[name][0]) == 0
    assert capsys.readouterr().err == ""


def test_the_solves_of_an_analysis_show_bound_and_gap(screen):
    with terminal.counting("solves") as tell:
        tell(0, 3, "core")
        History(None)(Progress(1.0, 2.2835e8, 2.2507e8, 0.01437))
    assert "0 of 3 solves done: core" in screen()
    assert "best plan 228,350,000, bound 225,070,000, gap 1.44%" in screen()
    assert watcher.get() is None


def commands(group, path=()):
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*path, name))
        else:
            yield " ".join((*path, name)), command


@pytest.mark.parametrize(
    ("name", "command"), [pytest.param(n, c, id=n) for n, c in commands(get_command(app))]
)
def test_every_command_takes_json_and_quiet(name, command):
    options = {option for p in command.params for option in p.opts}
    assert {"--json", "--quiet", "-q"} <= options
    assert command.help, "and says what it does"
