"""``python -m pse_opt report``: a plan as one HTML file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pse_opt import arguments as arg
from pse_opt import terminal

__all__ = ["report"]

ReportTarget = Annotated[
    Path | None,
    typer.Option("--out", metavar="FILE", help="Default: report.html in the result folder."),
]


def report(
    instance: arg.InstanceName,
    plan: arg.PlanPath,
    model: arg.PlanModel = None,
    settings: arg.Settings = None,
    target: ReportTarget = None,
    as_json: arg.Json = False,
    quiet: arg.Quiet = False,
    plugin: arg.Plugin = None,
) -> None:
    """Write a plan as one HTML file: the answer, costs, maps, inequality, limits, certification.

    The file holds all it needs, prints, and opens on a phone or from a mail.
    """
    from pse_opt.io import load_instance
    from pse_opt.report.page import require_jinja, write_report
    from pse_opt.stored import read_result

    arg.load_plugins(plugin)
    require_jinja()
    default = plan / "report.html" if plan.is_dir() else plan.with_suffix(".html")
    with terminal.working("reading and checking", enabled=not (as_json or quiet)) as tell:
        data = load_instance(instance)
        result = read_result(plan, data, model, arg.overrides(settings))
        told = None if tell is None else lambda part: tell(f"writing the section {part}")
        path = write_report(data, result, target or default, progress=told)
    size = path.stat().st_size
    facts = {"report": str(path), "bytes": size, "verified": result.verified}
    terminal.answer(f"written {path} ({size / 1e6:.1f} MB)", facts, as_json=as_json, quiet=quiet)
    if not result.verified:
        terminal.err.print(str(result.verification))
    raise typer.Exit(0 if result.verified else 5)
