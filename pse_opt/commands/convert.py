"""``python -m pse_opt convert`` and ``export``: files of other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pse_opt import arguments as arg
from pse_opt import completion, terminal

__all__ = ["convert", "export"]

Source = Annotated[
    str,
    typer.Argument(
        metavar="SOURCE",
        help="An instance, or a result (folder or workbook).",
        autocompletion=completion.instances,
    ),
]
To = Annotated[
    str | None,
    typer.Option(
        "--to",
        metavar="FORMAT",
        help="folder, excel, geojson, geopackage, parquet or datapackage; default: by the ending.",
        autocompletion=completion.formats,
    ),
]
Out = Annotated[
    Path | None,
    typer.Option("--out", metavar="PATH", help="Default: the name of the source, here."),
]
Whose = Annotated[
    str | None,
    typer.Option(
        "--instance",
        metavar="INSTANCE",
        help="Of a result; default: the one it names.",
        autocompletion=completion.instances,
    ),
]
Over = Annotated[bool, arg.flag("--force", text="Replace what is there.")]
ModelFile = Annotated[
    Path,
    typer.Option("--out", metavar="FILE", help="Ends with .lp or .mps."),
]


@arg.grouped
def convert(
    source: Source,
    *,
    to: To = None,
    target: Out = None,
    instance: Whose = None,
    force: Over = False,
    reply: arg.Reply,
) -> None:
    """Write an instance or a result as a workbook, for maps, for data frames, and back.

    Endings: .xlsx, .geojson, .gpkg, .parquet (a folder), datapackage.json; none: a folder of CSV
    tables. All of them but results on maps are read again, wherever INSTANCE or PLAN is asked for.
    """
    from pse_opt.interchange.convert import convert as run

    with terminal.working("reading and writing", enabled=reply.loud):
        path = run(source, target, to=to, instance=instance, force=force)
    files = sorted(p for p in path.iterdir() if p.is_file()) if path.is_dir() else [path]
    size = sum(p.stat().st_size for p in files)
    told = {"written": str(path), "files": [p.name for p in files], "bytes": size}
    reply.answer(f"written {path} ({size / 1e6:.1f} MB)", told)


@arg.grouped
def export(
    instance: arg.InstanceName,
    *,
    target: ModelFile,
    model: arg.Model = "core",
    settings: arg.Settings = None,
    force: Over = False,
    screen: arg.Screen,
) -> None:
    """Write the mathematical program of a model as an LP or MPS file, for any solver."""
    from pse_opt.interchange.program import export_model
    from pse_opt.policy import read_policy

    arg.load_plugins(screen.plugin)
    policy = read_policy(model, arg.overrides(settings))
    with terminal.working("building the model", enabled=screen.loud):
        found = export_model(instance, policy, target, force=force)
    lines = [f"written {found.path}: " + found.sizes, *found.notes]
    screen.answer("\n".join(lines), found.to_dict())
