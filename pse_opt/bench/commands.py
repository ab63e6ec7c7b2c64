"""``python -m pse_opt bench``: run suites, compare results, make tables of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from pse_opt import arguments as arg
from pse_opt import terminal
from pse_opt.errors import InputError, Problem

if TYPE_CHECKING:
    from pse_opt.bench.cases import Case

__all__ = ["bench"]

Row: TypeAlias = dict[str, Any]

bench = typer.Typer(
    no_args_is_help=True,
    help="Benchmark suites: run them, compare two results, make tables of results.",
)

Results = Annotated[Path, typer.Argument(metavar="RESULTS", help="A folder of results.")]


@bench.command()
@arg.grouped
def run(
    suite: Annotated[str, typer.Argument(metavar="SUITE", help="A suite, or a TOML file.")],
    *,
    target: Annotated[
        Path | None, typer.Option("--out", metavar="FOLDER", help="Default: results/bench-SUITE.")
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option("--group", metavar="NAME", help="These groups alone.")
    ] = None,
    dry: Annotated[bool, arg.flag("--dry-run", text="Say what would be run.")] = False,
    reply: arg.Reply,
) -> None:
    """Run a suite, one process a run; started again it goes on where it stopped.

    Writes header.json, rows.jsonl, results.csv, TABLE.md and figures. Published files are found
    through PSE_OPT_DATA.
    """
    from pse_opt.bench.plots import write_plots
    from pse_opt.bench.runner import HEADER, run_suite
    from pse_opt.bench.suites import read_suite
    from pse_opt.bench.tables import write_results

    chosen = read_suite(suite).only(only)
    if dry:
        cases = chosen.cases()
        lines = "\n".join([*map(str, cases), f"{len(cases)} runs"])
        data = {"runs": [json.loads(c.to_json()) for c in cases]}
        reply.answer(lines, data)
        return
    folder = target or Path("results") / f"bench-{chosen.name}"
    with _telling(enabled=reply.loud) as tell:
        rows = run_suite(chosen, folder, progress=tell)
    header = json.loads((folder / HEADER).read_text(encoding="utf-8"))
    write_results(folder, header, rows)
    write_plots(folder, rows)
    reply.answer(f"{_counted(rows)}\nwritten to {folder}", {"header": header, "rows": rows})


@contextmanager
def _telling(*, enabled: bool) -> Iterator[Callable[[int, int, Case, Row | None], None] | None]:
    """Show which run is going on and since when, and a line for each that has ended."""
    with terminal.working("reading the suite", enabled=enabled) as say:
        if say is None:
            yield None
            return

        def tell(number: int, count: int, case: Case, row: Row | None) -> None:
            if row is None:
                say(f"[{number}/{count}] {case}, at most {case.time_limit:g} s")
            else:
                terminal.err.print(f"[{number}/{count}] {case} {_ended(row)}")

        yield tell


def _ended(row: Row) -> str:
    """How a run ended."""
    from pse_opt.bench.summary import seconds_of
    from pse_opt.bench.tables import figure, share

    gap = "" if row.get("gap") is None else f", gap {share(row['gap'])}"
    off = row["gap_to_published"]
    known = "" if off is None else f", off the known value by {share(off)}"
    seconds, wall = figure(seconds_of(row)), figure(row["wall"])
    return f"{row['status']}{gap}{known}, {seconds} s ({wall} s in all)"


def _counted(rows: list[dict[str, Any]]) -> str:
    from pse_opt.bench.summary import flags, reproduced, solved

    known = [row for row in rows if row["published"] is not None]
    proven = sum(solved(row) for row in rows)
    text = f"{len(rows)} runs, {proven} proven"
    if known:
        text += f"; {sum(map(reproduced, known))} of {len(known)} known values reproduced"
    wrong = [
        f"{row['problem']} {row['runner']}: {'; '.join(f)}"
        for row, f in zip(rows, flags(rows), strict=True)
        if f
    ]
    return "\n".join([text, *wrong])


@bench.command()
@arg.grouped
def compare(
    old: Results,
    new: Results,
    *,
    reply: arg.Reply,
) -> None:
    """Speed-up and change of gaps from OLD to NEW, by group, over the runs both have."""
    from pse_opt.bench.summary import compared
    from pse_opt.bench.tables import figure, share

    found = compared(_rows(old), _rows(new))
    if not found:
        message = "the two results have no runs in common"
        raise InputError([Problem("bench", message, "compare results of the same suite")])
    lines = terminal.table(
        "group", "way", "runs", "seconds", "speed-up", "proven", "mean gap", words=2
    )
    for line in found:
        lines.add_row(
            line["group"],
            line["way"],
            str(line["runs"]),
            f"{figure(line['seconds_old'])} -> {figure(line['seconds_new'])}",
            f"{line['speedup']:.2f}",
            f"{line['solved_old']} -> {line['solved_new']}",
            f"{share(line['gap_old'])} -> {share(line['gap_new'])}",
        )
    worse = [f"{line['group']}: lost {', '.join(line['worse'])}" for line in found if line["worse"]]
    reply.answer(lines, {"groups": found})
    if worse and not reply.as_json:
        terminal.err.print("\n".join(worse))


@bench.command()
def table(
    results: Annotated[list[Path], typer.Argument(metavar="RESULTS", help="Folders of results.")],
    target: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write it there.")
    ] = None,
    as_json: arg.Json = False,
    quiet: arg.Quiet = False,
) -> None:
    """One Markdown table of several results."""
    from pse_opt.bench.tables import markdown
    from pse_opt.io import write_text

    text = markdown([_read(folder) for folder in results])
    if target is not None:
        write_text(target, text)
    if as_json:
        written = None if target is None else str(target)
        terminal.answer("", {"table": text, "written": written}, as_json=True, quiet=True)
    elif target is None and not quiet:
        terminal.out.print(text, soft_wrap=True, end="")


def _rows(folder: Path) -> list[dict[str, Any]]:
    return _read(folder)[1]


def _read(folder: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    from pse_opt.bench.tables import read_results

    try:
        return read_results(folder)
    except (OSError, ValueError, KeyError, TypeError):
        message, remedy = "no results of bench run", "name a folder that bench run wrote"
        raise InputError([Problem(str(folder), message, remedy)]) from None
