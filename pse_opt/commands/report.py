"""``python -m pse_opt report``: a plan, a frontier or a comparison as one HTML file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pse_opt import arguments as arg
from pse_opt import terminal
from pse_opt.errors import InputError, Problem

if TYPE_CHECKING:
    from pse_opt.instance import Instance
    from pse_opt.report.page import Reported

__all__ = ["report"]

Places = Annotated[
    list[str],
    typer.Argument(
        metavar="[INSTANCE] FOLDER",
        help="What solve, frontier or compare wrote, or a CSV table of deliveries; the instance "
        "before it where it is not a shipped one.",
    ),
]
ReportTarget = Annotated[
    Path | None,
    typer.Option("--out", metavar="FILE", help="Default: report.html in the folder."),
]


@arg.grouped
def report(
    places: Places,
    *,
    model: arg.PlanModel = None,
    settings: arg.Settings = None,
    target: ReportTarget = None,
    screen: arg.Screen,
) -> None:
    """Write one HTML file of a plan, a frontier or a comparison: answer, figures, certification.

    The file holds all it needs, prints, and opens on a phone or from a mail. Of a frontier or a
    comparison, give the folder that the command wrote.
    """
    from pse_opt.report.page import require_jinja, write_report

    arg.load_plugins(screen.plugin)
    require_jinja()
    instance, folder = _places(places)
    default = folder / "report.html" if folder.is_dir() else folder.with_suffix(".html")
    with terminal.working("reading and checking", enabled=screen.loud) as tell:
        data, found, verified = _read(instance, folder, model, settings)
        said = None if tell is None else lambda part: tell(f"writing the section {part}")
        path = write_report(data, found, target or default, progress=said)
    size = path.stat().st_size
    told = {"report": str(path), "bytes": size, "verified": verified}
    screen.answer(f"written {path} ({size / 1e6:.1f} MB)", told)
    raise typer.Exit(0 if verified else 5)


def _places(words: list[str]) -> tuple[str, Path]:
    """The instance and the folder; alone, the folder says of which instance it is."""
    from pse_opt.results import instance_of

    if len(words) > 2:
        remedy = "give a folder, or an instance and a folder"
        raise InputError([Problem("report", "more than two arguments", remedy, value=words[2])])
    folder = Path(words[-1])
    if len(words) == 2:
        return words[0], folder
    named = instance_of(folder)
    if named is None:
        message = "holds no result of ours" if folder.exists() else "there is no such folder"
        remedy = "name a folder that solve, frontier or compare wrote, or name the instance first"
        raise InputError([Problem(str(folder), message, remedy)])
    return named, folder


def _read(
    instance: str, folder: Path, model: str | None, settings: list[str] | None
) -> tuple[Instance, Reported, bool]:
    """The instance, what the folder holds, and whether the plans of it are verified."""
    from pse_opt.analysis.frontier_result import Frontier
    from pse_opt.analysis.reading import kind_of, read_analysis
    from pse_opt.io import load_instance
    from pse_opt.results import is_result
    from pse_opt.stored import read_result

    data = load_instance(instance)
    if kind_of(folder) is not None and not is_result(folder):
        if model is not None or settings:
            message = "a frontier or a comparison has its own rules"
            remedy = "leave --model and --set out"
            raise InputError([Problem("report", message, remedy)])
        found = read_analysis(folder, data)
        parts = found.points if isinstance(found, Frontier) else found.entries
        return data, found, all(part.verified is not False for part in parts)
    result = read_result(folder, data, model, arg.overrides(settings))
    if not result.verified:
        terminal.err.print(str(result.verification))
    return data, result, bool(result.verified)
