"""The mathematical program of a model as an LP or MPS file, which every solver reads."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pse_opt.errors import InfeasibleError, InputError, Problem, nearest
from pse_opt.formulation.build import build_model
from pse_opt.instance import Instance
from pse_opt.io import as_instance, write_bytes
from pse_opt.policy import Policy, read_policy
from pse_opt.solving.compiled import Compiled, compile_model, paused_collector
from pse_opt.solving.highs import write_program

__all__ = ["Exported", "export_model"]

ENDINGS = (".lp", ".mps")
LONGEST = 255
"""Letters of a name that every reader of LP files takes."""
EXACT = "range, hoover, gini with method pairs or grid, floor, ceiling, worst_mean"


@dataclass(frozen=True)
class Exported:
    """What was written.

    Attributes
    ----------
    path : Path
        The file.
    counts : mapping of str to int
        Variables, binaries, constraints, nonzeros.
    notes : tuple of str
        What the file leaves to its reader.
    """

    path: Path
    counts: Mapping[str, int]
    notes: tuple[str, ...] = ()

    @property
    def sizes(self) -> str:
        """The sizes as words."""
        return ", ".join(f"{number:,} {noun}" for noun, number in self.counts.items())

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        return {"written": str(self.path), "counts": dict(self.counts), "notes": list(self.notes)}


def export_model(
    instance: Instance | str | Path,
    model: str | Path | Mapping[str, Any] | Policy,
    out: str | Path,
    *,
    overrides: Mapping[str, Any] | None = None,
    force: bool = False,
) -> Exported:
    """Write the mixed-integer linear program of a model as a file.

    Names are those of variables and rules with their region, offer and so on:
    ``delivery(clinic,north)``. What readers of such files do not take becomes ``_``; names that
    would then be the same get a number. The objective keeps its constant and its sense.

    Parameters
    ----------
    instance : Instance, str or Path
        The instance.
    model : str, Path, mapping or Policy
        A model document by name, path or content.
    out : str or Path
        A file that ends with ``.lp`` or ``.mps``.
    overrides : mapping, optional
        Dotted keys to values, set on top of the model.
    force : bool
        Replace a file that is there.

    Raises
    ------
    InputError
        The instance or the document is wrong, the ending is not known, there is a file already, or
        the model has rules that no finite number of rows states.
    InfeasibleError
        A rule without variables can never hold.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     found = export_model("tiny-two-districts", "core", f"{folder}/tiny.lp")
    ...     found.counts["binaries"]
    3
    """
    path = Path(out).expanduser()
    _refuse(path, force=force)
    whole = as_instance(instance)
    policy = read_policy(model, overrides)
    with paused_collector():
        m = build_model(whole, policy)  # kept, for it knows the names
        compiled = compile_model(m)
    if compiled is None:
        message = "infeasible: a rule without variables can never hold; solve says which"
        raise InfeasibleError(message)
    _refuse_unending(policy, compiled)
    columns, rows = (
        readable(v.name for v in compiled.columns),
        readable(r.name for r in compiled.rows),
    )
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder) / f"model{path.suffix.lower()}"
        write_program(compiled, columns, rows, written)
        write_bytes(path, written.read_bytes())
    return Exported(path, compiled.counts, tuple(_notes(compiled)))


def _refuse(path: Path, *, force: bool) -> None:
    if path.suffix.lower() not in ENDINGS:
        remedy = nearest(path.suffix.lower(), ENDINGS)
        message = "the name of the file does not tell the format"
        raise InputError([Problem("--out", message, remedy, value=path.name)])
    if path.is_dir() or (path.exists() and not force):
        message = "is a folder" if path.is_dir() else "there is something already"
        remedy = "name another file with --out" + ("" if path.is_dir() else ", or add --force")
        raise InputError([Problem(str(path), message, remedy)])


def _refuse_unending(policy: Policy, compiled: Compiled) -> None:
    """Refuse a model whose rules are added while it is solved: its file would be another model."""
    message = ""
    if compiled.rules:
        message = "it has measures whose rows are added while solving, without an end"
    elif compiled.ratios:
        message = "its objective is a ratio, approached by several programs"
    if message:
        remedy = f"bound a measure that is linear: {EXACT}"
        raise InputError([Problem(policy.name, message, remedy, column="equalization")])


def _notes(compiled: Compiled) -> Iterable[str]:
    if compiled.then:
        yield (
            f"the file has the first goal alone; {len(compiled.then)} more decide among equals, "
            "each solved after the one before"
        )
    if compiled.value is not None:
        yield "the objective is a monotone function of the welfare that results report"


def readable(names: Iterable[str]) -> list[str]:
    """Return names that readers of LP and MPS files take, each of them once.

    Examples
    --------
    >>> readable(["share[a-b,north]", "share[a b,north]", "e1"])
    ['share(a_b,north)', 'share(a_b,north)_2', '_e1']
    """
    taken: dict[str, int] = {}
    found = []
    for name in names:
        plain = re.sub(r"[^A-Za-z0-9_.,()]", "_", name.replace("[", "(").replace("]", ")"))
        plain = re.sub(r",+\)$", ")", plain)  # blank groups and sizes at the end
        plain = plain if re.match(r"(?![eE][0-9])[A-Za-z_]", plain) else f"_{plain}"
        plain = plain[: LONGEST - 10]
        unique = plain
        while unique in taken:
            taken[plain] += 1
            unique = f"{plain}_{taken[plain]}"
        taken.setdefault(unique, 1)
        found.append(unique)
    return found
