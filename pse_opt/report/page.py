"""The report: one HTML file with everything in it, for those who decide."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pse_opt.analysis.compare import Comparison
from pse_opt.analysis.frontier_result import Frontier
from pse_opt.errors import InputError, Problem
from pse_opt.instance import Instance
from pse_opt.io import write_text
from pse_opt.report import atlas, certificate, delivery, equality
from pse_opt.report.comparison_page import comparison_sections
from pse_opt.report.frontier_page import frontier_sections
from pse_opt.report.parts import Section
from pse_opt.report.story import Story
from pse_opt.report.words import answer, listed
from pse_opt.solving.result import Result

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["report_html", "require_jinja", "sections", "write_report"]

TELL = Callable[[str], None]
Reported = Result | Frontier | Comparison
"""What a report can be of."""
FOLDED = 12
"""Tables of more rows are folded away until they are wanted."""


def write_report(
    instance: Instance, result: Reported, path: str | Path, *, progress: TELL | None = None
) -> Path:
    """Write a report: one file that opens without a network, prints, and fits phones.

    Parameters
    ----------
    instance : Instance
        The instance the result is of.
    result : Result, Frontier or Comparison
        What :func:`pse_opt.solve`, :func:`pse_opt.frontier` or :func:`pse_opt.compare` returned,
        also without a plan.
    path : str or Path
        The HTML file; replaced when there.
    progress : callable, optional
        Called with the name of each part as it is begun.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        The result is of another instance, jinja2 is not installed, or the file cannot be written.
    """
    path = Path(path)
    if instance.name != result.instance.name:
        message = f"the result is of {result.instance.name}, not of {instance.name}"
        raise InputError([Problem("report", message, "give the instance that was solved")])
    if path.is_dir():
        raise InputError([Problem(str(path), "is a folder", "name a file, such as report.html")])
    text = report_html(result, progress=progress)
    try:
        write_text(path, text)
    except OSError as error:
        message = f"cannot be written: {error.strerror}"
        raise InputError([Problem(str(path), message, "name another file")]) from None
    return path


def require_jinja() -> None:
    """Refuse to go on without jinja2.

    Raises
    ------
    InputError
        It is not installed.
    """
    if importlib.util.find_spec("jinja2") is None:
        remedy = "pip install 'pse-opt[report]'"
        raise InputError([Problem("report", "writing a report needs jinja2", remedy)])


def report_html(result: Reported, *, progress: TELL | None = None) -> str:
    """Return the report of a result, a frontier or a comparison as one HTML document."""
    require_jinja()
    about = result.instance.about
    parts = sections(result, progress=progress)
    kind, model, name = _heading(result)
    page: str = (
        _environment()
        .get_template("report.html")
        .render(
            kind=kind,
            title=about.title or about.name,
            model=model,
            name=f"{result.instance.name}, {name}",
            year=about.year,
            currency=about.currency,
            sections=parts,
            folded=FOLDED,
            style=_file("report.css"),
            script=_file("report.js"),
            version=_version(),
        )
    )
    return page


def _heading(result: Reported) -> tuple[str, str, str]:
    """What a report is of: its kind, what is asked, and the names of the models."""
    if isinstance(result, Comparison):
        names = listed([e.model for e in result.entries])
        return "Report of a comparison", "Mechanisms side by side", f"models {names}"
    policy = result.policy
    if isinstance(result, Frontier):
        kind, goal = "Report of a frontier", "cost" if result.cost else "coverage"
        return kind, f"{goal.capitalize()} against {result.quantity}", f"model {policy.name}"
    return "Report of a plan", policy.title or policy.name, f"model {policy.name}"


def sections(result: Reported, *, progress: TELL | None = None) -> list[Section]:
    """Return the parts of a report in their order."""
    if isinstance(result, Frontier):
        return frontier_sections(result)
    if isinstance(result, Comparison):
        return comparison_sections(result)
    first, last = certificate.asked(result), certificate.method
    if result.plan is None:
        return [first, certificate.without_plan(result), last(result)]
    story = Story(result)
    found = [first, _answer(story)]
    parts: tuple[Callable[[Story], Section], ...] = (
        delivery.who,
        delivery.costs,
        atlas.maps,
        equality.equal,
        equality.limits,
        equality.changes,
    )
    for part in parts:
        if progress is not None:
            progress(part.__name__)
        found.append(part(story))
    return [*found, last(result)]


def _answer(story: Story) -> Section:
    figures = equality.key_figures(story)
    return Section("answer", "The answer", answer(story), tables=[figures], strong=True)


def _environment() -> Environment:
    """Jinja with everything escaped that is not said to be markup of our own."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("pse_opt.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _file(name: str) -> Any:
    from markupsafe import Markup

    text = resources.files("pse_opt.report").joinpath("templates", name).read_text("utf-8")
    return Markup(text)


def _version() -> str:
    from pse_opt import __version__

    return __version__
