"""From the name of a problem in a suite to an instance with its model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pse_opt import resources
from pse_opt.best_known import read_best_known
from pse_opt.checksums import checksum, checksums
from pse_opt.errors import InputError, Problem
from pse_opt.formats import FORMATS, Published, entry, load
from pse_opt.formats.points import random_points
from pse_opt.io import load_instance

__all__ = ["known_value", "pose"]


def pose(problem: str, model: str = "", overrides: Mapping[str, Any] | None = None) -> Published:
    """Return the instance of a problem, the model that poses it, and what is set in the model.

    Parameters
    ----------
    problem : str
        ``FORMAT/NAME`` of the catalogue of published problems, ``euclidean/POINTS-SITES-SEED``
        (a p-median of points at random in a square), ``synthetic/needs=1000,seed=1`` (what
        ``build synthetic`` takes), or the name or folder of an instance.
    model : str
        A model document; by default a published problem's own, else ``core``.
    overrides : mapping, optional
        Set on top of what the problem itself sets.
    """
    kind, _, rest = problem.partition("/")
    if kind in FORMATS:
        found = load(problem)
    elif kind == "euclidean":
        found = random_points(*_whole(problem, rest))
    elif kind == "synthetic":
        found = Published(_synthetic(problem, rest), "core")
    else:
        found = Published(load_instance(problem), "core")
    own = {} if model and model != found.model else found.overrides
    return Published(
        found.instance,
        model or found.model,
        {**own, **(overrides or {})},
        found.unit if own is found.overrides else 1.0,
        found.measure if own is found.overrides else None,
    )


def _whole(problem: str, text: str) -> tuple[int, int, int]:
    try:
        points, sites, seed = (int(part) for part in text.split("-"))
    except ValueError:
        remedy = "write euclidean/POINTS-SITES-SEED, such as euclidean/300-10-0"
        raise InputError(
            [Problem("suite", "not a random problem", remedy, value=problem)]
        ) from None
    return points, sites, seed


def _synthetic(problem: str, text: str) -> Any:
    from pse_opt.instance import Instance
    from pse_opt.regional.synthetic import build

    try:
        pairs = [part.split("=") for part in text.split(",") if part]
        options: dict[str, Any] = {k: _number(v) for k, v in pairs}
        about, tables = build(**options)
    except (ValueError, TypeError) as error:
        remedy = "write synthetic/needs=1000,services=2,seed=0"
        found = Problem("suite", f"not a synthetic problem: {error}", remedy, value=problem)
        raise InputError([found]) from None
    return Instance.from_tables(tables, {**about, "name": problem.replace("/", "-")})


def _number(text: str) -> float | int:
    value = float(text)
    return int(value) if value.is_integer() and "." not in text else value


def known_value(problem: str, model: str, overrides: Mapping[str, Any]) -> tuple[float, str] | None:
    """Return the published or best known value of a problem, and ``optimal`` or ``best``."""
    kind = problem.partition("/")[0]
    if kind in FORMATS:
        found = entry(problem)
        same = model in ("", found.model) and not overrides
        return None if found.value is None or not same else (found.value, found.status)
    if overrides or problem not in resources.names("instances", "instance.toml"):
        return None
    folder = resources.share() / "instances" / problem
    record = read_best_known(folder, model or "core")
    if record is None or record.get("tables_sha256") != checksum(checksums(folder)):
        return None
    return float(record["objective"]), "optimal" if record["proven"] else "best"
