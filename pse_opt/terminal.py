"""The terminal: answers on stdout, everything else on stderr, a live line while a solve runs."""

from __future__ import annotations

import io
import os
import shlex
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from pse_opt.errors import Problem

if TYPE_CHECKING:
    from pse_opt.solving.outcome import Progress as Moment

__all__ = [
    "answer",
    "as_lines",
    "count",
    "counting",
    "err",
    "live_progress",
    "money",
    "out",
    "paragraphs",
    "percent",
    "problems",
    "quoted",
    "table",
    "unexpected",
    "warnings",
    "whole",
    "working",
]

SHOWN_WARNINGS = 8


class _Terminal(Console):
    """A console that prints names as they are, and leaves a closed pipe to its caller."""

    def __init__(self, *, stderr: bool = False) -> None:
        super().__init__(stderr=stderr, highlight=False, markup=False, emoji=False)

    def on_broken_pipe(self) -> None:
        """Say so; by default the process would end here, with exit code 1."""
        raise BrokenPipeError


out = _Terminal()
err = _Terminal(stderr=True)


def answer(screen: RenderableType, data: Any, *, as_json: bool, quiet: bool) -> None:
    """Print the answer of a command: a screen, or JSON and nothing else, or nothing.

    A reader that stops reading (``| head``) is no error.
    """
    try:
        if as_json:
            from pse_opt.results import json_text

            encoding = (getattr(sys.stdout, "encoding", None) or "utf-8").lower()
            sys.stdout.write(json_text(data, plain="utf" not in encoding))
            sys.stdout.flush()
        elif not quiet:
            out.print(screen)
            sys.stdout.flush()
    except BrokenPipeError:
        # Python flushes stdout once more on its way out, and would complain then.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def problems(found: Sequence[Problem]) -> None:
    """Print what is wrong with the input, each problem a paragraph."""
    head = "1 problem" if len(found) == 1 else f"{len(found)} problems"
    err.print(Text(f"{head} in the input", style="bold"))
    err.print(paragraphs([str(p) for p in found]))


def warnings(found: Sequence[Problem]) -> None:
    """Print what is doubtful, the first few."""
    for warning in found[:SHOWN_WARNINGS]:
        err.print(Text(f"warning: {warning}", style="yellow"))
    if len(found) > SHOWN_WARNINGS:
        more = f"... and {len(found) - SHOWN_WARNINGS} more warnings; the command check lists all"
        err.print(Text(more, style="yellow"))


def unexpected() -> None:
    """Print the traceback of an error that is ours, unwrapped, to be copied."""
    sys.stderr.write(traceback.format_exc())
    err.print("internal error: this is our fault, not yours. Please report the lines above.")


def paragraphs(lines: Sequence[str]) -> RenderableType:
    """Return lines indented, also where they wrap."""
    return Group(*(Padding(Text(line), (0, 0, 0, 2), expand=False) for line in lines))


def quoted(path: object) -> str:
    """Return a path as a shell wants it."""
    return shlex.quote(str(path))


def as_lines(screen: RenderableType, width: int = 80) -> str:
    """Return a screen as plain text."""
    console = Console(file=io.StringIO(), width=width, highlight=False, markup=False, emoji=False)
    with console.capture() as captured:
        console.print(screen)
    return "\n".join(line.rstrip() for line in captured.get().splitlines())


def table(*columns: str, words: int = 1, space: int = 1) -> Table:
    """Return a plain table: the first columns hold words, to the left; the others numbers."""
    plain = Table(box=None, pad_edge=False, padding=(0, space, 0, 0), header_style="dim")
    for k, name in enumerate(columns):
        text = k < words
        plain.add_column(name, justify="left" if text else "right", no_wrap=not text)
    return plain


def percent(value: float | None, digits: int = 1) -> str:
    """Return a share as a percentage, or a dash where it is not known."""
    return "-" if value is None else f"{100 * value:.{digits}f}%"


def whole(value: float | None) -> str:
    """Return a whole number with thousands separated."""
    return "-" if value is None else f"{value:,.0f}"


def money(value: float | None) -> str:
    """Return an amount of money: whole, or with four digits where it is small."""
    return "-" if value is None else f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.4g}"


def count(amount: int, noun: str) -> str:
    """Return a number of things.

    Examples
    --------
    >>> count(1, "offer"), count(1200, "offer")
    ('1 offer', '1,200 offers')
    """
    return f"{amount:,} {noun}" + ("" if amount == 1 else "s")


@contextmanager
def live_progress(
    console: Console, *, enabled: bool = True, words: str = "reading and building the model"
) -> Iterator[Callable[[Moment], None] | None]:
    """Yield a function that shows incumbent, bound and gap, or None where nobody looks."""
    if not (enabled and console.is_terminal):
        yield None
        return
    with _line(console) as bar:
        task = bar.add_task(words)
        yield lambda moment: bar.update(task, description=_words(moment))


@contextmanager
def working(words: str, *, enabled: bool = True) -> Iterator[Callable[[str], None] | None]:
    """Show on stderr what is being done and since when; yield a function that changes the words.

    Yields None where nobody looks.
    """
    if not (enabled and err.is_terminal):
        yield None
        return
    with _line(err) as bar:
        task = bar.add_task(words)
        yield lambda part: bar.update(task, description=part)


@contextmanager
def counting(
    noun: str, *, enabled: bool = True
) -> Iterator[Callable[[int, int, str], None] | None]:
    """Yield a function told how many of how many are done and which is next, or None.

    What it is told stands in a first line, and in a second one what the solve that runs in this
    process has come to.
    """
    if not (enabled and err.is_terminal):
        yield None
        return
    from pse_opt.solving.history import watcher

    with _line(err) as bar:
        first, second = bar.add_task("reading and solving"), bar.add_task("", visible=False)

        def tell(done: int, of: int, label: str) -> None:
            bar.update(first, description=f"{done} of {of} {noun} done: {label}")
            bar.reset(second, description="", visible=False)

        def watch(moment: Moment) -> None:
            bar.update(second, description=_words(moment), visible=True)

        before = watcher.set(watch)
        try:
            yield tell
        finally:
            watcher.reset(before)


def _line(console: Console) -> Progress:
    """A line with the time that has passed, gone when all is done."""
    columns = (SpinnerColumn("line"), TimeElapsedColumn(), TextColumn("{task.description}"))
    return Progress(*columns, console=console, transient=True, refresh_per_second=4)


def _words(moment: Moment) -> str:
    """One line of at most 60 letters: what a moment of a solve has come to.

    Examples
    --------
    >>> from types import SimpleNamespace as M
    >>> _words(M(objective=2.2835e8, bound=2.2507e8, gap=0.01437))
    'best plan 228,350,000, bound 225,070,000, gap 1.44%'
    >>> _words(M(objective=None, bound=12.3456, gap=None))
    'no plan yet, bound 12.35'
    """
    bound = "" if moment.bound is None else f", bound {_number(moment.bound)}"
    if moment.objective is None:
        return f"no plan yet{bound}"
    gap = "" if moment.gap is None else f", gap {100 * moment.gap:.2f}%"
    return f"best plan {_number(moment.objective)}{bound}{gap}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1e4 else f"{value:,.4g}"
